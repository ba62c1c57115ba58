"""The rows of a type test: for each requirement of a class the cases to measure, and the limit of each."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import cycle
from math import ceil
from typing import TypeAlias

from ferraris.hardware.platform.models import Meter, Platform
from ferraris.verify import rows
from ferraris.verify.accuracy import Condition
from ferraris.verify.finding import Incomplete, Limit, NotApplicable
from ferraris.verify.limits import Bound, ClassLimits, Energy, Range
from ferraris.verify.rows import CompositeCase
from ferraris.verify.typetest.points import Constant, NoLoad, Point, Repeats, Starting, Task, of_condition

TITLES = {
    "load": "Error at load points",
    "single-phase load": "One element loaded, all voltages on",
    "difference": "One element loaded against balanced load",
    "starting": "Starting current",
    "no-load": "No load",
    "constant": "Meter constant",
    "repeatability": "Repeatability",
    "composite": "Composite error at rated operating conditions",
    "temperature": "Temperature coefficient",
    "voltage": "Voltage",
    "severe voltage": "Severe voltage",
    "frequency": "Frequency",
    "sequence": "Reversed phase sequence",
    "unbalance": "Interrupted phases",
    "fifth harmonic": "5th harmonic in voltage and current",
    "odd harmonics": "Odd harmonics in the current (90° phase-fired)",
    "sub-harmonics": "Sub-harmonics in the current (bursts)",
    "half wave": "DC and even harmonics in the current (half wave)",
    "high-order harmonics": "High-order harmonics, 15 to 40 times the mains frequency",
    "2 to 150 kHz": "Disturbing currents, 2 to 150 kHz",
    "self-heating": "Self-heating",
    "magnetic": "Magnetic induction",
}
"""Kinds of rows in the order of a report."""

MOST_PULSES = 1
"""Without load a meter may give at most one pulse (French arrêté of 1 August 2013, annex 3, seen for class D)."""

NO_LOAD_UN = 1.15
FEWEST_CONSTANT_PULSES = 100


@dataclass(frozen=True)
class Case:
    """One result and its limit: the size of an error, or of its change against another point.

    against  the change from this point counts, not the error itself
    per      the change is divided by this (kelvin, for a coefficient)
    signed   the value keeps its sign: only too much is limited
    """

    task: Task
    limit: Limit
    against: Point | None = None
    per: float = 1.0
    signed: bool = False


@dataclass(frozen=True)
class Composite:
    """A composite error at one load point and temperature band."""

    case: CompositeCase
    energy: Energy
    element: int

    @property
    def limit(self) -> Limit:
        """Of the band."""
        return self.case.limit

    def point(self, condition: Condition) -> Point:
        """The point that stands for a condition of this case."""
        return of_condition(condition, self.energy, self.element)


AnyCase: TypeAlias = Case | Composite


@dataclass(frozen=True)
class Row:
    """One line of the report: every case must keep its limit; the one that uses most of it is shown."""

    kind: str
    name: str
    unit: str
    cases: tuple[AnyCase, ...]


Entry: TypeAlias = Row | Incomplete | NotApplicable
"""A row, or why there is none."""


def tasks(row: Row) -> Iterator[Task]:
    """Everything a row needs measured."""
    for case in row.cases:
        match case:
            case Case(task=task, against=against):
                yield task
                if against is not None:
                    yield against
            case Composite(case=inner):
                yield case.point(inner.condition)
                yield from (case.point(other) for others in rows.disturbed(inner) for other in others)


def at(meter: Meter, times: float, of: str) -> float:
    """A current such as 0.1 Iref in A, not beyond what the meter is for."""
    return min(max(rows.amperes(Bound(times, of), meter), meter.current.min_a), meter.current.max_a)


# ------------------------------------------------------------------------------------------------ load rows


def load_rows(limits: ClassLimits, platform: Platform) -> Iterator[Row]:
    """Load points of the class, in both directions; those of one element for each element in turn."""
    for where, limit in limits.loads:
        if not rows.applies(where, platform):
            continue
        elements: tuple[int | None, ...] = tuple(range(platform.elements)) if where.single_phase else (None,)
        for export in (False, True):
            cases = tuple(
                Case(Point(current, where.factor, limits.energy, export, loaded), limit)
                for loaded in elements
                for current in rows.currents_a(where, platform.meter)
            )
            kind = "single-phase load" if where.single_phase else "load"
            yield Row(kind, f"{_span(where, platform.meter, limits.energy)}, {_way(export)}", "%", cases)


def _span(where: Range, meter: Meter, energy: Energy) -> str:
    low, high = rows.span_a(where, meter)
    return f"{low:.3g} to {high:.3g} A, {factor_name(energy)} {where.factor}"


def _way(export: bool) -> str:
    return "export" if export else "import"


def difference_rows(limits: ClassLimits, platform: Platform) -> Iterator[Entry]:
    """Each element alone against all of them, at Iref."""
    limit = limits.influences.get(("single-phase difference", "1"))
    if limit is None:
        return
    if platform.elements == 1:
        yield NotApplicable("difference", "single-phase load", "the meter has one element")
        return
    balanced = Point(at(platform.meter, 1.0, "Iref"), energy=limits.energy)
    cases = tuple(Case(replace(balanced, loaded=e), limit, balanced) for e in range(platform.elements))
    yield Row("difference", "each element at Iref against balanced load", "%", cases)


# ------------------------------------------------------------------------------------------------ thresholds


def starting_rows(limits: ClassLimits, platform: Platform) -> Iterator[Row]:
    """At the stated starting current, or at that of the class where it is smaller: a pulse in time, both directions."""
    share, meter = limits.currents["starting current over Iref"], platform.meter
    current = min(platform.firmware.start_a, share.value * meter.current.ref_a)
    limit = Limit(1.0, limits.starting.source, limits.starting.basis, "min")
    for export in (False, True):
        point = Point(current, energy=limits.energy, export=export)
        cases = (Case(Starting(point, limits.starting.value), limit),)
        name = f"pulses within {limits.starting.value:g} times the exact time, {current:.3g} A, {_way(export)}"
        yield Row("starting", name, "pulses", cases)


def no_load_rows(limits: ClassLimits, platform: Platform) -> Iterator[Row]:
    """Shortest test C 10^6 / (k m Un Imax) minutes, k imp/kWh, m elements (IEC 62053-21 clause 8.3.2, recalled)."""
    meter = platform.meter
    active = limits.energy == "active"
    k = meter.constant_imp_per_kwh if active else meter.reactive_constant_imp_per_kvarh
    minutes = limits.no_load.value * 1e6 / (k * platform.elements * meter.un_v * meter.current.max_a)
    limit = Limit(float(MOST_PULSES), limits.no_load.source, limits.no_load.basis)
    task = NoLoad(limits.energy, NO_LOAD_UN, 60.0 * minutes)
    yield Row("no-load", f"pulses at {NO_LOAD_UN:g} Un within {minutes:.3g} min", "pulses", (Case(task, limit),))


def constant_rows(limits: ClassLimits, platform: Platform) -> Iterator[Row]:
    """Pulses against registers at Imax, long enough that half a pulse is half of the limit."""
    smallest = min((load.limit for load in limits.loads), key=lambda limit: limit.value)
    limit = _part(limits.constant, smallest)
    pulses = max(ceil(100.0 / limit.value), FEWEST_CONSTANT_PULSES)
    task = Constant(Point(platform.meter.current.max_a, energy=limits.energy), pulses)
    yield Row("constant", f"test output against registers, {pulses} pulses", "%", (Case(task, limit),))


def _part(share: Limit, whole: Limit) -> Limit:
    """A part of another limit; recalled when either is."""
    basis = "recalled" if "recalled" in {share.basis, whole.basis} else share.basis
    return Limit(share.value * whole.value, f"{share.value:g} of {whole.value:g} %: {share.source}", basis)


def repeatability_rows(limits: ClassLimits, platform: Platform) -> Iterator[Row]:
    """Standard deviation at the low end of the first row of each of PF 1 and 0.5, and at Iref."""
    meter, seen = platform.meter, set()
    for where, limit in limits.loads:
        if where.single_phase or not rows.applies(where, platform) or where.factor in seen or where.factor[-1:] == "c":
            continue
        seen.add(where.factor)
        low = rows.currents_a(where, meter)[0]
        case = Case(Repeats(Point(low, where.factor, limits.energy)), _part(limits.repeatability, limit))
        yield Row("repeatability", f"{low:.3g} A, {factor_name(limits.energy)} {where.factor}", "%", (case,))


def factor_name(energy: Energy) -> str:
    """What the factors of a class are called."""
    return "PF" if energy == "active" else "sin φ"


# ------------------------------------------------------------------------------------------------ composite error


def composite_rows(limits: ClassLimits, platform: Platform) -> Iterator[Row]:
    """Composite error in every temperature band; where one element is loaded, the elements take turns."""
    for row in rows.composite_rows(limits, platform):
        turns = cycle(range(platform.elements))
        cases = tuple(Composite(case, limits.energy, next(turns)) for case in row.cases)
        yield Row("composite", row.name.split(", ", 1)[1], "%", cases)
