"""Scales: from numbers to places on the paper, linear or logarithmic, and the round numbers written beside them."""

from collections.abc import Iterable
from math import ceil, floor, isfinite, log10
from typing import NamedTuple

from ferraris.app.report.svg import number


class Scale(NamedTuple):
    """`low` is drawn at `start`, `high` at `end` (SVG units; for a vertical axis start lies below end)."""

    low: float
    high: float
    start: float
    end: float
    log: bool = False


def place(scale: Scale, value: float) -> float:
    """Where a value is drawn; a logarithmic scale puts what is not positive at its low end."""
    if scale.log:
        part = (log10(max(value, scale.low)) - log10(scale.low)) / (log10(scale.high) - log10(scale.low))
    else:
        part = (value - scale.low) / (scale.high - scale.low)
    return scale.start + part * (scale.end - scale.start)


def spread(values: Iterable[float], *, log: bool = False, nought: bool = False) -> tuple[float, float]:
    """The range of finite values, widened where it is empty; `nought` takes 0 into it."""
    kept = [v for v in values if isfinite(v) and (v > 0.0 or not log)]
    low, high = (min(kept), max(kept)) if kept else (1.0, 10.0) if log else (0.0, 1.0)
    if nought and not log:
        low, high = min(low, 0.0), max(high, 0.0)
    if low == high:
        return (low / 2.0, high * 2.0) if log else (low - (abs(low) or 1.0) / 2.0, high + (abs(high) or 1.0) / 2.0)
    return low, high


def padded(low: float, high: float) -> tuple[float, float]:
    """A linear range carried on to the next round number on either side; nought stays an end where it was one."""
    step = _step(low, high, 6)
    return floor(low / step + 1e-9) * step, ceil(high / step - 1e-9) * step


def ticks(scale: Scale, about: int = 6) -> list[float]:
    """Round numbers inside a scale: 1, 2, 5 times a power of ten; decades (and 2, 5 where few) when logarithmic."""
    if scale.log:
        return _decades(scale.low, scale.high)
    step = _step(scale.low, scale.high, about)
    first, last = ceil(scale.low / step - 1e-9), floor(scale.high / step + 1e-9)
    return [k * step for k in range(first, last + 1)]


def labels(values: list[float]) -> list[str]:
    """Tick labels: as few digits as tell them apart."""
    return [number(0.0 if abs(v) < 1e-12 * max(map(abs, values), default=1.0) else v) for v in values]


def _step(low: float, high: float, about: int) -> float:
    raw = (high - low) / max(about, 1)
    power = 10.0 ** floor(log10(raw))
    return next(factor * power for factor in (1.0, 2.0, 5.0, 10.0) if factor * power >= raw * (1.0 - 1e-9))


def _decades(low: float, high: float) -> list[float]:
    factors = (1.0, 2.0, 5.0) if log10(high / low) < 4.0 else (1.0,)
    powers = range(floor(log10(low)), ceil(log10(high)) + 1)
    values = [float(f"{factor}e{power}") for power in powers for factor in factors]
    return [v for v in values if low * (1 - 1e-9) <= v <= high * (1 + 1e-9)]
