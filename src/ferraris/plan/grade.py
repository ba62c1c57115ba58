"""Question 2, which accuracy class: what an error may cost in a year, at this load.

The bound is what the class permits at rated operating conditions of 23 degC, band by band, all to the same side: the
most that either party can lose while the meter is in order. The class is the coarsest whose bound is tolerated.
"""

from typing import NamedTuple

from ferraris.hardware.platform.models import Platform
from ferraris.plan.decision import Decision, Figure, Option
from ferraris.plan.requirements import Requirements
from ferraris.plan.service import Service
from ferraris.plan.variant import conditions
from ferraris.verify.accuracy import Condition
from ferraris.verify.budget import limit_at
from ferraris.verify.limits import ClassLimits, of_class

GRADES = ("A", "2"), ("B", "1"), ("C", "0.5S"), ("D", "0.2S")
"""Class of Directive 2014/32/EU and what IEC 62053 calls its like, from coarse to fine."""
AVAILABLE = {"direct": ("A", "B", "C"), "transformer": ("A", "B", "C", "D")}
"""Class D (0.2S) is defined for transformer-connected meters (French order of 1 August 2013, annex 3)."""
WHOLE_PERCENT = 100.0


class Exposure(NamedTuple):
    """What one class permits: money in a year, and the same as a share of the bill, %."""

    name: str
    per_year: float
    percent: float
    recalled: bool


def exposure(platform: Platform, requirements: Requirements, service: Service, name: str) -> Exposure:
    """Sum over the bands of energy x price x permitted error."""
    limits = of_class(name, service.connection)
    assert limits is not None, f"a table of class {name} is part of this package"
    found = [(energy * _permitted(platform, limits, at), energy) for at, energy in conditions(requirements, service)]
    errors, energy = (sum(column) for column in zip(*found, strict=True))
    basis = any(load.limit.basis == "recalled" for load in limits.loads)
    return Exposure(name, requirements.costs.per_kwh * errors / WHOLE_PERCENT, errors / energy, basis)


def _permitted(platform: Platform, limits: ClassLimits, at: Condition) -> float:
    """Permitted error, %, at a load; below Imin it grows as Imin/I (OIML R 46, recalled), up to all of the energy.

    Where a row ends above this current (inductive loads near Imin), the row of unity power factor holds.
    """
    low = platform.meter.current.min_a
    inside = at._replace(current_a=min(max(at.current_a, low), platform.meter.current.max_a))
    limit = limit_at(platform, inside, limits) or limit_at(platform, inside._replace(factor="1"), limits)
    assert limit is not None, "unity power factor has a limit from Imin to Imax"
    return min(limit.value * max(low / at.current_a, 1.0), WHOLE_PERCENT)


def decide(platform: Platform, requirements: Requirements, service: Service) -> tuple[str, Decision]:
    """The coarsest class whose bound is tolerated and that the law accepts; the finest there is where none is."""
    names = AVAILABLE[service.connection]
    found = [exposure(platform, requirements, service, name) for name in names]
    costs = requirements.costs
    lawful = [each for each in found if each.name >= requirements.design.least_class] or found[-1:]
    chosen = next((each for each in lawful if each.per_year <= costs.tolerated_per_year), lawful[-1])
    unit = f"{costs.currency}/y"
    bill = requirements.energy_kwh * costs.per_kwh
    decision = Decision(
        question="which accuracy class?",
        choice=f"class {chosen.name} (IEC {dict(GRADES)[chosen.name]})",
        because=_because(chosen, lawful, requirements, unit),
        margin=Figure(
            "tolerated less permitted error", costs.tolerated_per_year - chosen.per_year, unit, "class limits"
        ),
        figures=(
            Figure("energy of a year", requirements.energy_kwh, "kWh", "bands"),
            Figure("its price", bill, unit, "energy x price"),
            Figure("permitted error", chosen.percent, "%", f"{_basis(chosen)}, weighted with energy"),
        ),
        changes=_changes(found, chosen, requirements),
        headings=(f"permitted error costs, {unit}", "% of the bill"),
        options=tuple(
            Option(f"class {each.name}", (each.per_year, each.percent), _against(each, requirements)) for each in found
        ),
    )
    return chosen.name, decision


def _basis(each: Exposure) -> str:
    return "class limits, partly recalled" if each.recalled else "class limits, seen"


def _because(chosen: Exposure, lawful: list[Exposure], requirements: Requirements, unit: str) -> str:
    tolerated = requirements.costs.tolerated_per_year
    if chosen.per_year > tolerated:
        return f"no class keeps its permitted error under {tolerated:g} {unit}; this one comes closest"
    if chosen is lawful[0]:
        return f"the coarsest class that the law accepts costs at most {chosen.per_year:.4g} {unit}"
    coarser = lawful[lawful.index(chosen) - 1]
    return f"class {coarser.name} may cost {coarser.per_year:.4g} {unit}, more than the {tolerated:g} tolerated"


def _against(each: Exposure, requirements: Requirements) -> tuple[str, ...]:
    found = []
    if each.name < requirements.design.least_class:
        found.append(f"the law asks for class {requirements.design.least_class}")
    if each.per_year > requirements.costs.tolerated_per_year:
        found.append("costs more than tolerated")
    return tuple(found)


def _changes(found: list[Exposure], chosen: Exposure, requirements: Requirements) -> tuple[str, ...]:
    """Energy at which the next class is needed, and what the next finer one would be worth."""
    costs, place = requirements.costs, found.index(chosen)
    scale = costs.tolerated_per_year / chosen.per_year
    lines = []
    if scale > 1.0:
        lines.append(f"more than {requirements.energy_kwh * scale:.4g} kWh a year at this load shape: a finer class")
    if place + 1 < len(found):
        finer = found[place + 1]
        worth = (chosen.per_year - finer.per_year) * costs.years
        lines.append(f"a meter of class {finer.name} that costs less than {worth:.4g} {costs.currency} more pays")
    if place and found[place - 1].name >= requirements.design.least_class:
        coarser = found[place - 1]
        lines.append(f"tolerating {coarser.per_year:.4g} {costs.currency} a year: class {coarser.name}")
    return tuple(lines)
