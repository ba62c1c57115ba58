"""From the mains to code phasors, with everything that depends on the state of affairs: amplitude, heat, field, age.

`transfer` is the linear small-signal chain. What is not linear is brought to it here as an operating point: the
specimen whose sensitivities and corners are those that hold at these currents and temperatures, and the currents as the
sensors see them. Every fidelity takes its tones from `point`, so all of them rest on the same laws.
"""

from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache, partial
from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from ferraris.hardware.chain import transfer
from ferraris.hardware.chain.sensors import core as magnetics
from ferraris.hardware.chain.sensors.core import Core
from ferraris.hardware.chain.specimen import REFERENCE_C, Specimen
from ferraris.hardware.world.mains import Environment, Mains, Recorded, Steady

Floats: TypeAlias = NDArray[np.float64]
Complexes: TypeAlias = NDArray[np.complex128]

ABSOLUTE_MEAN = 8.0 / (3.0 * np.pi)
"""Describing function of |x|: fundamental of x |x| over that of x, per unit of peak (Fourier's integral)."""

BIASED = 1e-3
"""Linkage of a direct current, in terms of saturation, from which a core is solved sample by sample."""

DEEP = 0.35
"""Peak linkage, in terms of saturation, from which a core is solved sample by sample: below it the describing function
is good to 0.001 degrees."""

SAMPLES_PER_CYCLE = 1024


class Terminals(NamedTuple):
    """The mains as tones, (F,) frequencies in Hz and (E, F) or (F,) RMS phasors; at 0 Hz the direct value."""

    frequency_hz: Floats
    voltage: Complexes
    current: Complexes
    neutral: Complexes


class Point(NamedTuple):
    """Code phasors (..., C, F), RMS, at (F,) frequencies in Hz; at 0 Hz the direct value."""

    frequency_hz: Floats
    codes: Complexes


@lru_cache(maxsize=16)
def terminals(mains: Mains) -> Terminals:
    """The tones of a mains: those of a steady one as they are, those of a recording its Fourier series."""
    match mains:
        case Steady():
            return Terminals(
                mains.orders * mains.frequency_hz, mains.voltage_v + 0j, mains.current_a + 0j, mains.neutral_a + 0j
            )
        case Recorded():
            scale = series_scale(mains)
            frequency = np.asarray(np.fft.rfftfreq(mains.voltage_v.shape[1], 1.0 / mains.rate_hz), dtype=np.float64)
            return Terminals(
                frequency,
                np.fft.rfft(mains.voltage_v, axis=-1) * scale,
                np.fft.rfft(mains.current_a, axis=-1) * scale,
                np.fft.rfft(mains.neutral_a) * scale,
            )


def series_scale(mains: Recorded) -> Floats:
    """Factor from numpy's spectrum of one loop to RMS phasors, (F,)."""
    samples = mains.voltage_v.shape[1]
    scale = np.full(samples // 2 + 1, np.sqrt(2.0) / samples)
    scale[0] = 1.0 / samples
    return scale


def square_a2(mains: Mains, specimen: Specimen) -> Floats:
    """Mean square current through each channel's sensor, (C,), A^2; 0 for voltage channels."""
    seen = terminals(mains)
    currents = np.sum(np.abs(seen.current) ** 2, axis=-1)
    neutral = [np.sum(np.abs(seen.neutral) ** 2)] if specimen.neutral else []
    return np.concatenate([np.zeros(specimen.elements), currents, neutral])


def point(
    specimen: Specimen,
    mains: Mains,
    environment: Environment,
    rise_k: tuple[float, ...] = (),
    *,
    decimated: bool = True,
) -> Point:
    """What stands at the converter, tone by tone, at constant mains and surroundings.

    rise_k     own heating of each channel's sensor over the air, K; empty: as cold as the air
    decimated  False leaves out the decimator's droop: what a modulator sees
    """
    seen = _widened(terminals(mains), specimen, mains.frequency_hz, environment)
    seen = _in_field(seen, specimen, mains.frequency_hz, environment)
    here = _stressed(_heated(specimen, environment, rise_k), seen.voltage)
    here, current, neutral = _magnetised(here, seen, mains.frequency_hz, environment)
    codes = transfer.codes(
        here, seen.frequency_hz, seen.voltage, current, neutral, environment.air_c, decimated=decimated
    )
    if specimen.ripple.any():
        place = _nearest(seen.frequency_hz, 2.0 * mains.frequency_hz)
        droop = transfer.sinc3_droop(seen.frequency_hz[place], specimen.decimation) if decimated else 1.0
        codes[..., place] += specimen.ripple * droop
    return Point(seen.frequency_hz, codes)


def _nearest(frequency_hz: Floats, wanted_hz: float) -> int:
    return int(np.argmin(np.abs(frequency_hz - wanted_hz)))


def _widened(seen: Terminals, specimen: Specimen, fundamental_hz: float, environment: Environment) -> Terminals:
    """The same tones, and empty ones where the meter's surroundings add something the mains do not have."""
    wanted = [2.0 * fundamental_hz] if specimen.ripple.any() else []
    wanted += [fundamental_hz] if environment.alternating_field_t else []
    spacing = 0.01 if seen.frequency_hz.size < 1000 else fundamental_hz  # a recording's own lines are close enough
    for frequency in wanted:
        if seen.frequency_hz.size == 0 or np.min(np.abs(seen.frequency_hz - frequency)) > spacing:
            place = int(np.searchsorted(seen.frequency_hz, frequency))
            added = [np.insert(phasors, place, 0.0, axis=-1) for phasors in seen[1:]]
            seen = Terminals(np.insert(seen.frequency_hz, place, frequency), *added)
    return seen


def _in_field(seen: Terminals, specimen: Specimen, fundamental_hz: float, environment: Environment) -> Terminals:
    """Add the false current that an alternating induction makes in each current sensor."""
    if not environment.alternating_field_t:
        return seen
    count = specimen.elements
    induction = environment.alternating_field_t * np.exp(1j * np.radians(environment.field_deg))
    tone = (np.arange(seen.frequency_hz.size) == _nearest(seen.frequency_hz, fundamental_hz)) * induction
    false = specimen.pickup_a_per_t[..., None] * tone
    neutral = seen.neutral + false[..., 2 * count, :] if specimen.neutral else seen.neutral
    return seen._replace(current=seen.current + false[..., count : 2 * count, :], neutral=neutral)


def _heated(specimen: Specimen, environment: Environment, rise_k: tuple[float, ...]) -> Specimen:
    """Sensitivities at the sensors' own temperature and age; `transfer` itself goes as far as the air."""
    level = specimen.sensitivity
    if any(rise_k):
        air = specimen.drift_per_k * (environment.air_c - REFERENCE_C)
        level = level * (1.0 + specimen.drift_per_k * np.array(rise_k) / (1.0 + air))
    if environment.service:
        level = level * (1.0 + specimen.ageing * environment.service)
    return specimen if level is specimen.sensitivity else replace(specimen, sensitivity=level)


def _stressed(specimen: Specimen, voltage: Complexes) -> Specimen:
    """Voltage coefficient of the divider: u (1 + k |u|) has k 8/(3 pi) of the peak in its fundamental.

    The third harmonic it makes (a fifth of that) is left out; harmonics see the fundamental's gain.
    """
    if not specimen.per_volt.any():
        return specimen
    peak = np.sqrt(2.0 * np.sum(np.abs(voltage) ** 2, axis=-1))
    rest = specimen.channels - specimen.elements
    change = specimen.per_volt * ABSOLUTE_MEAN * np.concatenate([peak, np.zeros(rest)])
    return replace(specimen, sensitivity=specimen.sensitivity * (1.0 + change))


def _magnetised(
    specimen: Specimen, seen: Terminals, fundamental_hz: float, environment: Environment
) -> tuple[Specimen, Complexes, Complexes]:
    """Transformers at their operating point: corners and ratios, or currents as a saturated core lets them through."""
    count = specimen.elements
    cores = [(place, each) for place, each in enumerate(specimen.cores) if each is not None]
    sensitivity, corner = specimen.sensitivity.copy(), specimen.corner_rad_s.copy()
    currents = [seen.current[..., e, :] for e in range(count)]
    neutral = seen.neutral
    for place, core in cores:
        primary = neutral if place == 2 * count else currents[place - count]
        warm = 1.0 + specimen.corner_per_k[..., place] * (environment.air_c - REFERENCE_C)
        core = core._replace(inductance_h=core.inductance_h / warm)  # noqa: PLW2901 - the core as warm as it is
        if _needs_waves(core, seen.frequency_hz, primary, fundamental_hz, environment):
            through = _through(core, seen.frequency_hz, primary, fundamental_hz, environment)
            corner[..., place] = 0.0
            if place == 2 * count:
                neutral = through
            else:
                currents[place - count] = through
        else:
            strength = magnetics.equivalent_a(primary, seen.frequency_hz, fundamental_hz)
            reluctance, ratio = magnetics.operating(core, strength, 2.0 * np.pi * fundamental_hz)
            corner[..., place] *= reluctance
            sensitivity[..., place] *= ratio
    if not cores:
        return specimen, seen.current, seen.neutral[..., None, :]
    return (
        replace(specimen, sensitivity=sensitivity, corner_rad_s=corner),
        np.stack(np.broadcast_arrays(*currents), axis=-2),
        neutral[..., None, :],
    )


def _direct_a(frequency_hz: Floats, primary: Complexes, core: Core, environment: Environment) -> Floats:
    """Direct primary current, and what a static induction is worth in it."""
    zero = np.flatnonzero(frequency_hz == 0.0)
    direct = primary[..., zero].real.sum(axis=-1) if zero.size else np.zeros(primary.shape[:-1])
    return np.asarray(direct + core.bias_a_per_t * environment.static_field_t)


def _needs_waves(
    core: Core, frequency_hz: Floats, primary: Complexes, fundamental_hz: float, environment: Environment
) -> bool:
    """Whether a sine's table would mislead: direct current in the core, or near saturation beyond what was measured."""
    if _period(frequency_hz, fundamental_hz) is None:
        return False
    direct = np.abs(_direct_a(frequency_hz, primary, core, environment)) / core.turns
    if float(np.max(direct * core.inductance_h)) > BIASED * core.saturation_vs:
        return True
    strength = magnetics.equivalent_a(primary, frequency_hz, fundamental_hz)
    peak = float(np.max(np.sqrt(2.0) * strength / core.turns * core.loop_ohm)) / (2.0 * np.pi * fundamental_hz)
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


def _through(
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
    found = np.polynomial.chebyshev.chebvander((place - middle) / half, NODES - 1) @ weights
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
    orders = np.rint(where.frequency_hz / where.base_hz).astype(np.int64)
    cycles = max(1, round(where.fundamental_hz / where.base_hz))
    points = 1 << int(max(SAMPLES_PER_CYCLE * cycles, 4 * int(orders.max(initial=1))) - 1).bit_length()
    spectrum = np.zeros(points // 2 + 1, dtype=np.complex128)
    np.add.at(spectrum, orders, np.where(orders == 0, primary.real + 0j, primary / np.sqrt(2.0)) * points)
    drive = (np.fft.irfft(spectrum, points) + bias_a) / turns
    magnetising = np.empty(points)
    step_s = 1.0 / (where.base_hz * points)
    magnetics.periodic(drive, step_s, loop_ohm, inductance_h, core.saturated_h, core.saturation_vs, magnetising)
    passed = np.fft.rfft(drive - magnetising)[orders] * (turns / points)
    return np.asarray(np.where(orders == 0, 0.0, passed * np.sqrt(2.0)))
