"""A transformer whose core is biased or near saturation: what passes it, solved through one period of the mains."""

from collections.abc import Callable
from functools import lru_cache, partial
from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from ferraris.hardware.chain.sensors import core as magnetics
from ferraris.hardware.chain.sensors.core import Core
from ferraris.hardware.world.mains import Environment

Floats: TypeAlias = NDArray[np.float64]
Complexes: TypeAlias = NDArray[np.complex128]

BIASED = 1e-3
"""Linkage of a direct current, in terms of saturation, from which a core is solved sample by sample."""

DEEP = 0.35
"""Peak linkage, in terms of saturation, from which a core is solved sample by sample: below it the describing function
is good to 0.001 degrees."""

SAMPLES_PER_CYCLE = 512
"""Steps of the trapezoid rule through one cycle."""


def _direct_a(frequency_hz: Floats, primary: Complexes, core: Core, environment: Environment) -> Floats:
    """Direct primary current, and what a static induction is worth in it."""
    zero = np.flatnonzero(frequency_hz == 0.0)
    direct = primary[..., zero].real.sum(axis=-1) if zero.size else np.zeros(primary.shape[:-1])
    return np.asarray(direct + core.bias_a_per_t * environment.static_field_t)


def needs_waves(
    core: Core,
    frequency_hz: Floats,
    primary: Complexes,
    strength_a: Floats,
    fundamental_hz: float,
    environment: Environment,
) -> bool:
    """Whether a sine's table would mislead: direct current in the core, or near saturation beyond what was measured.

    strength_a  what `equivalent_a` makes of the primary current, A
    """
    is_far = _is_biased(core, frequency_hz, primary, environment) or _is_deep(core, strength_a, fundamental_hz)
    return is_far and _period(frequency_hz, fundamental_hz) is not None


def _is_biased(core: Core, frequency_hz: Floats, primary: Complexes, environment: Environment) -> bool:
    if not environment.static_field_t and (frequency_hz > 0.0).all():
        return False
    direct = np.abs(_direct_a(frequency_hz, primary, core, environment)) / core.turns
    return float(np.max(direct * core.inductance_h)) > BIASED * core.saturation_vs


def _is_deep(core: Core, strength_a: Floats, fundamental_hz: float) -> bool:
    peak = float((np.sqrt(2.0) * strength_a / core.turns * core.loop_ohm).max()) / (2.0 * np.pi * fundamental_hz)
    measured = core.law.linkage_vs.size != magnetics.GRID
    return peak > max(DEEP * core.saturation_vs, float(core.law.linkage_vs[-1]) if measured else 0.0)


def _period(frequency_hz: Floats, fundamental_hz: float) -> float | None:
    """Highest frequency, Hz, of which every tone is a multiple: the fundamental over 1 to 16, or a recording's line."""
    if frequency_hz.size > 2 and frequency_hz[0] == 0.0 and np.ptp(np.diff(frequency_hz)) < 1e-9 * frequency_hz[-1]:
        return float(frequency_hz[1])
    for part in range(1, 17):
        orders = frequency_hz / fundamental_hz * part
        if np.max(np.abs(orders - np.rint(orders)), initial=0.0) < 1e-6:
            return fundamental_hz / part
    return None


def through(
    core: Core, frequency_hz: Floats, primary: Complexes, fundamental_hz: float, environment: Environment
) -> Complexes:
    """Current that passes the transformer, primary-referred, at the tones of the mains: (..., F).

    The core is solved through one whole period. Harmonics that it makes where the mains have no tone are dropped; with
    a voltage that has none there either, they carry no power. A batch is solved at NODES inductances and a little to
    either side in turns and resistance, and every meter lies between: second order in their small tolerances.
    """
    base = _period(frequency_hz, fundamental_hz)
    assert base is not None, "asked before"
    bias = core.bias_a_per_t * environment.static_field_t
    solve = partial(_solved, core, _Tones(frequency_hz, base, fundamental_hz), bias)
    values = np.broadcast_arrays(core.turns, core.loop_ohm, core.inductance_h)
    tones = primary.reshape(-1, primary.shape[-1])
    assert np.ptp(tones, axis=0).max(initial=0.0) == 0.0, "one mains for the whole batch"
    if values[0].ndim == 0:
        return solve(tones[0], *(float(each) for each in values))
    return _between(partial(solve, tones[0]), *values)


NODES = 5
"""Inductances at which a batch's core is solved."""

ASIDE = 1e-3
"""Relative step in turns and resistance for the slope of the solution."""


def _between(
    solve: Callable[[float, float, float], Complexes], turns: Floats, loop_ohm: Floats, inductance_h: Floats
) -> Complexes:
    """Solutions for a batch from few of them: a polynomial over the logarithm of inductance, straight lines beside."""
    n, r = float(np.mean(turns)), float(np.mean(loop_ohm))
    place = np.log(inductance_h)
    middle, half = 0.5 * float(place.max() + place.min()), 0.5 * float(np.ptp(place)) + 1e-6
    nodes = np.cos(np.pi * (np.arange(NODES) + 0.5) / NODES)
    known = np.stack([solve(n, r, float(np.exp(middle + half * node))) for node in nodes])
    weights = np.linalg.inv(np.polynomial.chebyshev.chebvander(nodes, NODES - 1)) @ known
    found = np.polynomial.chebyshev.chebval((place - middle) / half, weights).T
    at = float(np.exp(middle))
    by_turns = (solve(n * (1 + ASIDE), r, at) - solve(n * (1 - ASIDE), r, at)) / (2 * ASIDE)
    by_loop = (solve(n, r * (1 + ASIDE), at) - solve(n, r * (1 - ASIDE), at)) / (2 * ASIDE)
    return np.asarray(found + (turns / n - 1.0)[..., None] * by_turns + (loop_ohm / r - 1.0)[..., None] * by_loop)


class _Tones(NamedTuple):
    """Where tones lie: their frequencies, the highest one of which all are multiples, the fundamental; Hz."""

    frequency_hz: Floats
    base_hz: float
    fundamental_hz: float


def _solved(
    core: Core, where: _Tones, bias_a: float, primary: Complexes, turns: float, loop_ohm: float, inductance_h: float
) -> Complexes:
    """One transformer with the values given, solved through one period: the current that passes, (F,)."""
    curve = _Curve(turns, loop_ohm, inductance_h, core.saturated_h, core.saturation_vs, bias_a)
    solve = _remembered if primary.size < FEW_TONES else _remembered.__wrapped__
    return solve(curve, where.base_hz, where.fundamental_hz, where.frequency_hz.tobytes(), primary.tobytes())


FEW_TONES = 2000
"""A mains with more tones than this (a recording) is solved anew each time: its spectra would fill the memory."""


class _Curve(NamedTuple):
    turns: float
    loop_ohm: float
    inductance_h: float
    saturated_h: float
    saturation_vs: float
    bias_a: float


@lru_cache(maxsize=256)
def _remembered(curve: _Curve, base_hz: float, fundamental_hz: float, frequencies: bytes, phasors: bytes) -> Complexes:
    """The solution, remembered: a calibration asks for the same few points again and again."""
    primary = np.frombuffer(phasors, dtype=np.complex128)
    orders = np.rint(np.frombuffer(frequencies) / base_hz).astype(np.int64)
    cycles = max(1, round(fundamental_hz / base_hz))
    points = 1 << int(max(SAMPLES_PER_CYCLE * cycles, 4 * int(orders.max(initial=1))) - 1).bit_length()
    spectrum = np.zeros(points // 2 + 1, dtype=np.complex128)
    np.add.at(spectrum, orders, np.where(orders == 0, primary.real + 0j, primary / np.sqrt(2.0)) * points)
    drive = (np.fft.irfft(spectrum, points) + curve.bias_a) / curve.turns
    magnetising, step_s = np.empty(points), 1.0 / (base_hz * points)
    magnetics.periodic(
        drive, step_s, curve.loop_ohm, curve.inductance_h, curve.saturated_h, curve.saturation_vs, magnetising
    )
    passed = np.fft.rfft(drive - magnetising)[orders] * (curve.turns / points)
    return np.asarray(np.where(orders == 0, 0.0, passed * np.sqrt(2.0)))
