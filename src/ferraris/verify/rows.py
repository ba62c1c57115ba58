"""Rows of the accuracy tables for one meter: the conditions to try and the limit on their worst error."""

from collections.abc import Callable, Iterable
from typing import NamedTuple

import numpy as np

from ferraris.hardware.chain.specimen import REFERENCE_C
from ferraris.hardware.platform.models import Meter, Platform
from ferraris.verify.accuracy import Batch, Case, Condition, Floats
from ferraris.verify.finding import Limit
from ferraris.verify.limits import BANDS_C, Bound, ClassLimits, Range, transitional_a

POINTS = 4
"""Currents tried in a row that spans decades, evenly spaced in their logarithm, both ends included."""

UN_CHANGES = 0.9, 1.1
HZ_CHANGES = 0.98, 1.02
"""Rated operating conditions of Directive 2014/32/EU, Annex V (seen)."""


class Row(NamedTuple):
    """One row of a table: every case must keep its limit."""

    name: str
    cases: tuple[Case, ...]


class CompositeCase(NamedTuple):
    """A load point with the temperatures of one band, and the limit on the composite error there, %."""

    condition: Condition
    temperatures: tuple[float, ...]
    limit: Limit


class CompositeRow(NamedTuple):
    """One row of composite errors, over all temperature bands that the meter's operating range touches."""

    name: str
    cases: tuple[CompositeCase, ...]


def applies(where: Range, platform: Platform) -> bool:
    """Single-phase rows concern polyphase meters only; a row may also lie outside the meter's currents."""
    low, high = span_a(where, platform.meter)
    return low < high and (platform.elements > 1 or not where.single_phase)


def span_a(where: Range, meter: Meter) -> tuple[float, float]:
    """Currents of a row in A, not beyond what the meter is for."""
    return max(amperes(where.low, meter), meter.current.min_a), min(amperes(where.high, meter), meter.current.max_a)


def amperes(bound: Bound, meter: Meter) -> float:
    """A current of the tables in a meter's own A."""
    named = {
        "Iref": meter.current.ref_a,
        "Itr": transitional_a(meter.current.ref_a, meter.connection),
        "Imin": meter.current.min_a,
        "Imax": meter.current.max_a,
    }
    return bound.times * named[bound.of]


def currents_a(where: Range, meter: Meter) -> tuple[float, ...]:
    """Currents to try: log-spaced over the row; an open upper end belongs to the next row and is left out."""
    low, high = span_a(where, meter)
    if where.closed:
        return tuple(float(current) for current in np.geomspace(low, high, POINTS))
    return low, float(np.sqrt(low * high))


def conditions(where: Range, meter: Meter) -> tuple[Condition, ...]:
    """What to try of a row, at reference conditions."""
    return tuple(Condition(current, where.factor, where.single_phase) for current in currents_a(where, meter))


def _name(where: Range, meter: Meter) -> str:
    low, high = span_a(where, meter)
    one = ", one phase" if where.single_phase else ""
    return f"{low:.3g} to {high:.3g} A, PF {where.factor}{one}"


def reference_rows(limits: ClassLimits, platform: Platform) -> list[Row]:
    """The load rows of a class at reference conditions."""
    meter = platform.meter
    return [
        Row(
            f"class {limits.name} error, {_name(where, meter)}",
            tuple(Case(condition, limit) for condition in conditions(where, meter)),
        )
        for where, limit in limits.loads
        if applies(where, platform)
    ]


def temperature_rows(limits: ClassLimits, platform: Platform) -> list[Row]:
    """The same rows at both ends of the operating range: limit of the row plus temperature coefficient x difference.

    Only for classes without composite limits, which say it better.
    """
    meter = platform.meter
    if limits.composites:
        return []
    ends = " and ".join(f"{air_c:g} °C" for air_c in meter.temperature)
    return [
        Row(
            f"class {limits.name} at {ends}, {_name(where, meter)}",
            tuple(
                Case(
                    condition._replace(air_c=air_c),
                    allowance(limits, limit, where.factor, abs(air_c - REFERENCE_C)),
                )
                for condition in conditions(where, meter)
                for air_c in meter.temperature
            ),
        )
        for where, limit in limits.loads
        if applies(where, platform)
    ]


def allowance(limits: ClassLimits, limit: Limit, factor: str, kelvin: float) -> Limit:
    """A limit at reference conditions and what the temperature coefficient allows on top, so many kelvins away."""
    return _widened(limit, _coefficient(limits, factor), kelvin)


def _coefficient(limits: ClassLimits, factor: str) -> Limit:
    """Temperature coefficient of a power factor; capacitive loads are held to the inductive one."""
    return limits.influences["temperature coefficient", "1" if factor == "1" else "0.5i"]


def _widened(limit: Limit, coefficient: Limit, kelvin: float) -> Limit:
    basis = "recalled" if "recalled" in {limit.basis, coefficient.basis} else limit.basis
    source = f"{limit.source}; plus {coefficient.value:g} %/K over {kelvin:g} K ({coefficient.source})"
    return Limit(limit.value + coefficient.value * kelvin, source, basis)


def composite_rows(limits: ClassLimits, platform: Platform) -> list[CompositeRow]:
    """The composite rows of a class in every temperature band that the meter's operating range touches."""
    found = [
        CompositeRow(
            f"class {limits.name} composite, {_name(where, platform.meter)}",
            tuple(
                CompositeCase(condition, temperatures, limit)
                for limit, segments in zip(band_limits, BANDS_C, strict=True)
                if (temperatures := _temperatures(segments, platform))
                for condition in conditions(where, platform.meter)
            ),
        )
        for where, band_limits in limits.composites
        if applies(where, platform)
    ]
    return [row for row in found if row.cases]


def beyond_bands(platform: Platform) -> bool:
    """Whether part of the operating range lies outside every temperature band, where no composite limit is given."""
    low, high = platform.meter.temperature
    edges = [edge for band in BANDS_C for segment in band for edge in segment]
    return low < min(edges) or high > max(edges)


def _temperatures(segments: Iterable[tuple[float, float]], platform: Platform) -> tuple[float, ...]:
    """Ends of the parts of a band that lie in the operating range, degC, rising."""
    low, high = platform.meter.temperature
    ends = {edge for a, b in segments if a <= high and b >= low for edge in (max(a, low), min(b, high))}
    return tuple(sorted(ends))


def disturbed(case: CompositeCase) -> tuple[tuple[Condition, ...], ...]:
    """The conditions that each influence alone brings about: temperature, voltage, frequency."""
    condition = case.condition
    return (
        tuple(condition._replace(air_c=air_c) for air_c in case.temperatures),
        tuple(condition._replace(voltage=voltage) for voltage in UN_CHANGES),
        tuple(condition._replace(frequency=frequency) for frequency in HZ_CHANGES),
    )


def composite(batch: Batch, case: CompositeCase) -> Floats:
    """Composite error of every meter of a batch, %, shape (S,)."""
    return composite_of(batch.error, case)


def composite_of(error: Callable[[Condition], Floats], case: CompositeCase) -> Floats:
    """Composite error, %: sqrt(e^2 + dT^2 + dU^2 + df^2), from a way to find the error under a condition.

    Each d is the largest change of the error that one influence brings, the others at reference. Source: EN 50470-3
    (recalled); the directive itself leaves the formula to the standard.
    """
    intrinsic = error(case.condition)
    changes = [np.max([np.abs(error(other) - intrinsic) for other in others], axis=0) for others in disturbed(case)]
    return np.asarray(np.sqrt(intrinsic**2 + sum(change**2 for change in changes)))
