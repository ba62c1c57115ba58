"""Questions 9 and 4: how long clock and security domain must be held up, and what must be saved as the mains fail.

Outages come at the site's rate and last an exponentially distributed time about its mean: an assumption of ours, the
simplest that two figures of a network operator allow. The longest outage that the site names goes before it.
"""

from math import exp, log
from typing import NamedTuple

from ferraris.hardware.physics import supply
from ferraris.hardware.platform.models import Absent, Clock, Platform
from ferraris.hardware.platform.timekeeping import LithiumCell, Supercapacitor
from ferraris.plan.decision import Decision, Figure, Option
from ferraris.plan.requirements import Outages, Requirements
from ferraris.verify import hold_up, ledger
from ferraris.verify.hold_up import HOUR_S, State

COMMIT, PERIODIC = "a commit at the alarm", "periodic commits alone"


class HeldUp(NamedTuple):
    """How long the design's store carries clock and security domain at its worst place, h."""

    new: float
    aged: float


def decide(platform: Platform, requirements: Requirements, outages: Outages) -> tuple[Decision, Decision]:
    """The two answers for a site that states its outages; `platform` is the design whose store and supply are used."""
    return _held(platform, requirements, outages), _saved(platform, requirements, outages)


# ------------------------------------------------------------------------------------------------ hold-up


def required_h(outages: Outages, years: float) -> float:
    """Hold-up that is needed, h: the longest outage named, and no more lost clocks than tolerated.

    N e^(-t/m) = N0, so t = m ln(N/N0), with N outages while the meter stays, m their mean, N0 lost clocks tolerated.
    """
    rarely_s = outages.mean_s * log(max(outages.per_year * years / outages.tolerated_losses, 1.0))
    return max(outages.longest_s, rarely_s) / HOUR_S


def lost_clocks(outages: Outages, years: float, held_h: float) -> float:
    """Clocks expected to be lost while the meter stays: N e^(-t/m)."""
    return outages.per_year * years * exp(-held_h * HOUR_S / outages.mean_s)


def held_up(platform: Platform, requirements: Requirements, outages: Outages) -> HeldUp:
    """The design's store in the site's climate, new and when the meter goes; nothing without store or clock."""
    clock, store = platform.clock, platform.backup
    if clock is None or store is None or isinstance(store, Absent):
        return HeldUp(0.0, 0.0)
    loaded = store.model_copy(update={"other_a": store.other_a + outages.security_a})
    return HeldUp(*(_worst_h(clock, loaded, requirements, years) for years in (0.0, requirements.costs.years)))


def _worst_h(clock: Clock, store: Supercapacitor | LithiumCell, requirements: Requirements, years: float) -> float:
    return min(hold_up.hours(clock, store, State(years, air_c)) for air_c in requirements.site.temperature)


def _held(platform: Platform, requirements: Requirements, outages: Outages) -> Decision:
    years = requirements.costs.years
    needed = required_h(outages, years)
    held = held_up(platform, requirements, outages)
    named = outages.longest_s / HOUR_S
    because = (
        f"the longest outage named lasts {named:.4g} h"
        if needed == named
        else f"more than {outages.tolerated_losses:g} lost clocks in {years:g} years are expected with less"
    )
    return Decision(
        question="how long must clock and security domain be held up?",
        choice=f"{needed:.4g} h",
        because=because,
        margin=Figure("hold-up of the design's store less what is needed", held.aged - needed, "h", "item 3.2's law"),
        figures=(
            Figure("outages while the meter stays", outages.per_year * years, "", "requirements"),
            Figure("lost clocks expected with the design", lost_clocks(outages, years, held.aged), "", "N e^(-t/m)"),
            Figure("current of the security domain", outages.security_a * 1e6, "µA", "requirements"),
        ),
        changes=_held_changes(outages, years, held),
        headings=("hold-up, h", "lost clocks"),
        options=tuple(
            Option(name, (hours, lost_clocks(outages, years, hours)), _short(hours, needed))
            for name, hours in (("no store", 0.0), ("the design's, new", held.new), ("the design's, worn", held.aged))
        ),
    )


def _held_changes(outages: Outages, years: float, held: HeldUp) -> tuple[str, ...]:
    """The longest outage, and the mean, that the design's store would just do for."""
    if held.aged <= 0.0:
        return ("a design with a store for its clock",)
    often = log(max(outages.per_year * years / outages.tolerated_losses, 1.0))
    mean = (f"a mean outage above {held.aged / often:.4g} h: a larger store than the design's",) if often else ()
    return (f"an outage longer than {held.aged:.4g} h: a larger store than the design's", *mean)


def _short(hours: float, needed: float) -> tuple[str, ...]:
    return () if hours >= needed else (f"{needed - hours:.4g} h short",)


# ------------------------------------------------------------------------------------------------ what is saved


def unbilled_per_year(platform: Platform, requirements: Requirements, outages: Outages) -> float:
    """What outages cost in a year if only the periodic commits are there: on average half an interval each.

    Mean power of the site x half the commit interval x outages x price; in the site's currency.
    """
    hours = sum(band.seconds for band in requirements.bands) / HOUR_S
    half_h = platform.firmware.commit_s / 2.0 / HOUR_S
    return requirements.energy_kwh / hours * half_h * outages.per_year * requirements.costs.per_kwh


def able_bytes(platform: Platform, requirements: Requirements) -> int:
    """Bytes that the design's dying supply can program at the site's worst, when the meter goes; 0 without [supply]."""
    if platform.supply is None:
        return 0
    ends = requirements.site.temperature
    return min(supply.programmable_bytes(platform, requirements.costs.years, air_c) for air_c in ends)


def _saved(platform: Platform, requirements: Requirements, outages: Outages) -> Decision:
    needed, able = ledger.last_gasp_bytes(platform), able_bytes(platform, requirements)
    cost = unbilled_per_year(platform, requirements, outages)
    unit = f"{requirements.costs.currency}/y"
    fits = able >= needed
    return Decision(
        question="what must be saved as the mains fail?",
        choice=COMMIT if fits else PERIODIC,
        because=f"the dying supply can program {able} bytes, one commit needs {needed}",
        margin=Figure("bytes that can be programmed less those of a commit", able - needed, "B", "item 3.4's law"),
        figures=(
            Figure("outages in a year", outages.per_year, "", "requirements"),
            Figure("unbilled with periodic commits alone", cost, unit, "mean power x half the interval"),
        ),
        changes=(_turns(needed, fits=fits),),
        headings=(f"unbilled energy, {unit}",),
        options=(Option(COMMIT, (0.0,), () if fits else (f"{needed - able} bytes short",)), Option(PERIODIC, (cost,))),
    )


def _turns(needed: int, *, fits: bool) -> str:
    few, other = ("fewer than", PERIODIC) if fits else ("at least", COMMIT)
    return f"a dying supply that can program {few} {needed} bytes: {other}"
