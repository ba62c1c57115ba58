"""The decisions in their order; each rests on the ones before it."""

from ferraris.hardware.platform.models import Platform
from ferraris.plan import grade, outage, sensor, service
from ferraris.plan.decision import Decision
from ferraris.plan.requirements import Requirements, RequirementsError
from ferraris.plan.variant import variant

UN_APART = 0.15
"""A divider serves voltages that are this close to its own: 220, 230 and 240 V, but not 120 V."""


def decide(platform: Platform, requirements: Requirements) -> tuple[Decision, ...]:
    """Answer the first three questions for a site, and those on outages where it states them.

    `platform` is the design whose converter, store and supply are used.

    Raises RequirementsError where the site's voltage is not the design's.
    """
    if abs(platform.meter.un_v / requirements.site.un_v - 1.0) > UN_APART:
        found, wanted = f"{requirements.site.un_v:g} V", f"{platform.meter.un_v:g} V"
        raise RequirementsError(requirements.site.name, [f"site.un: found {found}, the design measures {wanted}"])
    connected, first = service.decide(requirements)
    planned = variant(platform, requirements, connected)
    chosen, second = grade.decide(planned, requirements, connected)
    third = sensor.decide(planned, requirements, connected, chosen)
    stated = requirements.outages
    return first, second, third, *(() if stated is None else outage.decide(platform, requirements, stated))
