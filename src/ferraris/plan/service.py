"""Question 1, when one phase is enough, and when there must be three."""

from math import ceil
from typing import NamedTuple

from ferraris.plan.decision import Decision, Figure, Option
from ferraris.plan.requirements import Band, Requirements

RATED_A = 40.0, 60.0, 80.0, 100.0, 120.0
"""Imax of directly connected meters."""
PRIMARY_A = 50, 75, 100, 150, 200, 250, 300, 400, 500, 600, 750, 800, 1000, 1250, 1500, 2000, 2500, 3000, 4000, 5000
"""Rated primary currents of transformers (IEC 61869-2, recalled)."""
SECONDARY_A = 5.0
SECONDARY_MAX_A = 6.0
"""Imax of a transformer-connected meter: at least 1.2 In (Directive 2014/32/EU, Annex V)."""


class Service(NamedTuple):
    """How the site is connected.

    elements    measuring elements: 1 or 3
    busiest_a   largest current of a phase, A
    ratio       primary over secondary current of transformers in front; 1 where there are none
    imax_a      Imax on the nameplate, A
    """

    elements: int
    busiest_a: float
    ratio: float
    imax_a: float

    @property
    def connection(self) -> str:
        """What the limit tables call it."""
        return "direct" if self.ratio == 1.0 else "transformer"


def apparent_va(band: Band) -> float:
    """Apparent power of a band: S = P / PF."""
    return band.power_w / float(band.factor.rstrip("ic"))


def phase_current_a(requirements: Requirements, band: Band, elements: int) -> float:
    """Current of the busiest phase: S / Un alone, S / (3 Un) and the unbalance on top where there are three."""
    alone = apparent_va(band) / requirements.site.phase_v
    return alone if elements == 1 else alone / 3.0 * (1.0 + requirements.site.unbalance)


def busiest_a(requirements: Requirements, elements: int) -> float:
    """The largest of all bands."""
    return max(phase_current_a(requirements, band, elements) for band in requirements.bands)


def decide(requirements: Requirements) -> tuple[Service, Decision]:
    """One phase unless the current, a load or the operator asks for three."""
    site = requirements.site
    alone, shared = busiest_a(requirements, 1), busiest_a(requirements, 3)
    against = _against_one(requirements, alone)
    service = _connected(requirements, 3 if against else 1)
    fits = Figure("current left of the single-phase service", site.service_limit_a - alone, "A", "S / Un")
    choice = "three phases" if against else "one phase"
    decision = Decision(
        question="one phase or three?",
        choice=f"{choice}, {_how(service)}",
        because="; ".join(against)
        or f"{alone:.3g} A at the peak stay within {site.service_limit_a:g} A of the service",
        margin=fits,
        figures=(
            Figure("peak demand", max(map(apparent_va, requirements.bands)), "VA", "P / PF of the bands"),
            Figure("nameplate Imax", service.imax_a, "A", "next rated current above the busiest phase"),
        ),
        changes=_changes(requirements, alone, bool(against)),
        headings=("busiest phase, A",),
        options=(Option("one phase", (alone,), against), Option("three phases", (shared,))),
    )
    return service, decision


def _against_one(requirements: Requirements, alone: float) -> tuple[str, ...]:
    site, found = requirements.site, []
    if site.three_phase_loads:
        found.append(f"three-phase loads: {', '.join(site.three_phase_loads)}")
    if site.three_phase_billing:
        found.append("the operator bills each phase, or demand over three phases")
    if alone > site.service_limit_a:
        found.append(f"{alone:.4g} A in one phase, {site.service_limit_a:g} A is what the service allows")
    return tuple(found)


def _connected(requirements: Requirements, elements: int) -> Service:
    current = busiest_a(requirements, elements)
    site = requirements.site
    if current <= min(site.direct_limit_a, RATED_A[-1]) and site.voltage_transformers is None:
        return Service(elements, current, 1.0, next(rated for rated in RATED_A if rated >= current))
    needed = current * SECONDARY_A / SECONDARY_MAX_A
    primary = next((rated for rated in PRIMARY_A if rated >= needed), 1000.0 * ceil(needed / 1000.0))
    return Service(elements, current, primary / SECONDARY_A, SECONDARY_MAX_A)


def _how(service: Service) -> str:
    if service.ratio == 1.0:
        return f"the line current itself through a meter for {service.imax_a:g} A"
    return f"behind transformers of {service.ratio * SECONDARY_A:g}/{SECONDARY_A:g} A"


def _changes(requirements: Requirements, alone: float, three: bool) -> tuple[str, ...]:
    site = requirements.site
    edge = site.service_limit_a * site.phase_v / 1e3
    if not three:
        return (f"a peak above {edge:.3g} kVA", "a load that needs three phases", "billing of each phase")
    if alone <= site.service_limit_a:
        return (f"without what is named above one phase would do, up to {edge:.3g} kVA",)
    if site.voltage_transformers is not None:
        return (f"a peak of at most {edge:.3g} kVA: one phase",)
    direct = site.direct_limit_a * 3.0 * site.phase_v / (1.0 + site.unbalance) / 1e3
    return (f"a peak of at most {edge:.3g} kVA: one phase", f"transformers in front are needed above {direct:.4g} kVA")
