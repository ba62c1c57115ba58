"""Item 1.1: what the accuracy laboratory says about each class that a platform claims."""

from collections.abc import Iterator, Sequence
from math import hypot

import numpy as np

from ferraris.hardware.chain import fir
from ferraris.hardware.chain.specimen import REFERENCE_C
from ferraris.hardware.platform.models import Platform
from ferraris.pins import TICKS_PER_SECOND
from ferraris.verify import accuracy, rows
from ferraris.verify.accuracy import DRAWN, SEED, Condition, Laboratory
from ferraris.verify.finding import Finding, Incomplete, Outcome
from ferraris.verify.limits import ClassLimits, of_class
from ferraris.verify.ratings import rule
from ferraris.verify.rows import CompositeCase, CompositeRow, Row
from ferraris.verify.table import Table, kept, table

ITEM = "1.1"

SHARES = 5
"""Contributors named, largest first."""

YIELD = 0.99
"""Lower end of the 95 % interval of the yield that a line should reach."""


def judge(platform: Platform) -> Iterator[Outcome]:
    """Load rows, temperature, composite error, linearity, contributors and yield, for every class claimed."""
    known = {name: of_class(name, platform.meter.connection) for name in platform.meter.classes}
    yield from (Incomplete(ITEM, f"class {name}: no table of its limits") for name in known if not known[name])
    every = [table(limits, platform) for limits in known.values() if limits]
    tables = [each for each in every if each.rows]
    idle = [each.limits.name for each in every if not each.rows]
    yield from (Incomplete(ITEM, f"class {name}: no row of its table lies between Imin and Imax") for name in idle)
    if not tables:
        return
    tried = {case.condition for each in tables for case in each.cases()}
    laboratory = accuracy.furnish(platform, sorted(tried))
    yield _phase(laboratory)
    for each in tables:
        yield from _class(laboratory, each)


def _class(laboratory: Laboratory, whole: Table) -> Iterator[Outcome]:
    yield from (_row(laboratory, row) for row in whole.rows)
    yield from (_composite(laboratory, row) for row in whole.composites)
    if whole.limits.composites and rows.beyond_bands(laboratory.platform):
        yield Incomplete(
            ITEM, f"class {whole.limits.name} composite: the operating range leaves the bands, -40 to 70 °C"
        )
    yield from _coefficients(laboratory, whole.limits)
    yield _linearity(laboratory, whole)
    yield _starting(laboratory.platform, whole.limits)
    yield from _contributors(laboratory, whole)
    yield _yield(laboratory, whole)


# ------------------------------------------------------------------------------------------------ errors


def _row(laboratory: Laboratory, row: Row) -> Finding:
    found = accuracy.worst(laboratory, row.cases)
    evidence = _evidence(found.drawn, found.corner, found.case.condition)
    return Finding(ITEM, row.name, found.size, found.case.limit, "%", evidence)


def _evidence(drawn: float, corner: float, where: Condition) -> str:
    return (
        f"phasor fidelity: {drawn:+.4f} % the worst of {DRAWN} meters drawn with seed {SEED}, "
        f"{corner:+.4f} % the worst corner of all tolerances; at {where}"
    )


def _composite(laboratory: Laboratory, row: CompositeRow) -> Finding:
    """The case of the row that uses most of its limit."""

    def size(case: CompositeCase) -> tuple[float, float]:
        return float(rows.composite(laboratory.drawn, case).max()), float(
            rows.composite(laboratory.corners, case).max()
        )

    sizes = {case: size(case) for case in row.cases}
    case = max(sizes, key=lambda each: max(sizes[each]) / each.limit.value)
    band = " and ".join(f"{air_c:g} °C" for air_c in case.temperatures)
    evidence = (
        f"{_evidence(*sizes[case], case.condition)}; root of the squared sum of intrinsic error and of its changes "
        f"at {band}, at 0.9 and 1.1 Un and at 0.98 and 1.02 fn"
    )
    return Finding(ITEM, row.name, max(sizes[case]), case.limit, "%", evidence)


def _coefficients(laboratory: Laboratory, limits: ClassLimits) -> Iterator[Outcome]:
    ends = [air_c for air_c in laboratory.platform.meter.temperature if abs(air_c - REFERENCE_C) >= 1.0]
    if not ends:
        yield Incomplete(
            ITEM, f"class {limits.name} temperature coefficient: no end of the operating range is off 23 °C"
        )
        return
    yield from (_coefficient(laboratory, limits, factor, ends) for factor in ("1", "0.5i"))


def _coefficient(laboratory: Laboratory, limits: ClassLimits, factor: str, ends: Sequence[float]) -> Finding:
    """Mean temperature coefficient from 23 degC to either end of the operating range, at Iref and at a tenth of it."""
    meter = laboratory.platform.meter
    starts = [Condition(share * meter.current.ref_a, factor) for share in (0.1, 1.0)]
    slopes = {
        start._replace(air_c=air_c): _change(laboratory, start, air_c) / abs(air_c - REFERENCE_C)
        for start in starts
        for air_c in ends
    }
    where = max(slopes, key=lambda each: slopes[each])
    limit = limits.influences["temperature coefficient", factor]
    evidence = f"phasor fidelity: worst of {DRAWN} drawn meters and all corners, from {REFERENCE_C:g} °C to {where}"
    return Finding(
        ITEM, f"class {limits.name} temperature coefficient, PF {factor}", slopes[where], limit, "%/K", evidence
    )


def _change(laboratory: Laboratory, start: Condition, air_c: float) -> float:
    hot = start._replace(air_c=air_c)
    return max(
        float(np.abs(batch.error(hot) - batch.error(start)).max()) for batch in (laboratory.drawn, laboratory.corners)
    )


def _linearity(laboratory: Laboratory, whole: Table) -> Finding:
    """Span of one meter's error curve over the currents of the row that reaches Imax, at unity power factor."""
    load = next(
        each
        for each in whole.limits.loads
        if each.where.closed and each.where.factor == "1" and not each.where.single_phase
    )
    points = rows.conditions(load.where, laboratory.platform.meter)
    curves = np.array([laboratory.drawn.error(point) for point in points])
    span = float(np.max(curves.max(axis=0) - curves.min(axis=0)))
    limit = rule(load.limit.value, "a curve may not span more than the limit on either side of it")
    low, high = points[0].current_a, points[-1].current_a
    evidence = (
        f"phasor fidelity: span of the error from {low:.3g} to {high:.3g} A, worst of {DRAWN} drawn meters; "
        "sensors are taken as linear"
    )
    return Finding(ITEM, f"class {whole.limits.name} linearity, PF 1", span, limit, "%", evidence)


def _starting(platform: Platform, limits: ClassLimits) -> Finding:
    limit = limits.currents["starting current over Iref"]
    measured = platform.firmware.start_a / platform.meter.current.ref_a
    quantity = f"class {limits.name} stated starting current over Iref"
    return Finding(ITEM, quantity, measured, limit, "", "firmware.start over Iref of the nameplate")


def _phase(laboratory: Laboratory) -> Finding:
    """Largest phase correction that calibration put into a current channel: at the end of the reach it was cut off."""
    used = max(
        float(np.abs(batch.chain.calibration.delay_ticks).max()) for batch in (laboratory.drawn, laboratory.corners)
    )
    us_per_tick = 1e6 / TICKS_PER_SECOND
    limit = rule(fir.END * us_per_tick, "beyond its reach the metrology filter corrects no more")
    evidence = f"largest delay that calibration set, of {DRAWN} drawn meters and all corners"
    return Finding(ITEM, "phase correction of a current channel", used * us_per_tick, limit, "us", evidence)


# ------------------------------------------------------------------------------------------------ budget and yield


def _contributors(laboratory: Laboratory, whole: Table) -> Iterator[Outcome]:
    """The error budget in the case that uses most of its limit: the largest contributors, and all of them together."""
    condition, limit = accuracy.worst(laboratory, whole.cases()).case
    shares = accuracy.shares(laboratory, condition)
    evidence = f"phasor fidelity: this tolerance alone at its worse end, all others nominal, at {condition}"
    name = whole.limits.name
    for contributor, size in list(shares.items())[:SHARES]:
        yield Finding(ITEM, f"class {name} share of {contributor}", size, limit, "%", evidence)
    total = hypot(*shares.values())
    evidence = f"{len(shares)} contributors, at {condition}"
    yield Finding(ITEM, f"class {name} root sum square of all shares", total, limit, "%", evidence)


def _yield(laboratory: Laboratory, whole: Table) -> Finding:
    good = int(kept(laboratory.drawn, whole).sum())
    found = accuracy.interval(good, DRAWN)
    limit = rule(YIELD, "at most one meter in a hundred to rework, with 95 % confidence", "min")
    evidence = (
        f"{found.good} of {found.of} meters drawn with seed {SEED} keep every row; "
        f"95 % interval {found.low:.4f} to {found.high:.4f} (Wilson)"
    )
    return Finding(ITEM, f"class {whole.limits.name} yield, low end of 95 % interval", found.low, limit, "", evidence)
