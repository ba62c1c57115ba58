"""From the mains to code phasors, with everything that depends on the state of affairs: amplitude, heat, field, age.

`transfer` is the linear small-signal chain. What is not linear is brought to it here as an operating point: the
specimen whose sensitivities and corners are those that hold at these currents and temperatures, and the currents as the
sensors see them. Every fidelity takes its tones from `point`, so all of them rest on the same laws.
"""

from dataclasses import replace
from functools import lru_cache
from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from ferraris.hardware.chain import transfer
from ferraris.hardware.chain.sensors import core as magnetics
from ferraris.hardware.chain.sensors import saturation
from ferraris.hardware.chain.specimen import REFERENCE_C, Specimen
from ferraris.hardware.world.mains import Environment, Mains, Recorded, Steady

Floats: TypeAlias = NDArray[np.float64]
Complexes: TypeAlias = NDArray[np.complex128]
Rise: TypeAlias = tuple[float, ...] | tuple[tuple[float, ...], ...]

ABSOLUTE_MEAN = 8.0 / (3.0 * np.pi)
"""Describing function of |x|: fundamental of x |x| over that of x, per unit of peak (Fourier's integral)."""


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
    currents = (np.abs(seen.current) ** 2).sum(axis=-1)
    neutral = [(np.abs(seen.neutral) ** 2).sum()] if specimen.neutral else []
    return np.concatenate([np.zeros(specimen.elements), currents, neutral])


def point(
    specimen: Specimen,
    mains: Mains,
    environment: Environment,
    rise_k: Rise = (),
    *,
    decimated: bool = True,
) -> Point:
    """What stands at the converter, tone by tone, at constant mains and surroundings.

    rise_k     own heating of each channel's sensor over the air, K, or a batch of them; empty: as cold as the air
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
    facing = np.ones(specimen.channels)
    facing[[count + e for e in environment.field_turned]] = -1.0
    false = (facing * specimen.pickup_a_per_t)[..., None] * tone
    neutral = seen.neutral + false[..., 2 * count, :] if specimen.neutral else seen.neutral
    return seen._replace(current=seen.current + false[..., count : 2 * count, :], neutral=neutral)


def _heated(specimen: Specimen, environment: Environment, rise_k: Rise) -> Specimen:
    """Sensitivities at the sensors' own temperature and age; `transfer` itself goes as far as the air."""
    is_single = specimen.sensitivity.ndim == 1
    return (_kept_heated if is_single else _heat)(specimen, environment, rise_k)


def _heat(specimen: Specimen, environment: Environment, rise_k: Rise) -> Specimen:
    level = specimen.sensitivity
    if np.any(rise_k):
        air = specimen.drift_per_k * (environment.air_c - REFERENCE_C)
        level = level * (1.0 + specimen.drift_per_k * np.array(rise_k) / (1.0 + air))
    if environment.service:
        level = level * (1.0 + specimen.ageing * environment.service)
    return specimen if level is specimen.sensitivity else replace(specimen, sensitivity=level)


_kept_heated = lru_cache(maxsize=16)(_heat)
"""The same specimen again for the same heat: so that what is kept of it is found again."""


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
    sensitivity, corner = specimen.sensitivity, specimen.corner_rad_s
    waves: dict[int, Complexes] = {}
    for place, core in cores:
        primary = seen.neutral if place == 2 * count else seen.current[..., place - count, :]
        core = _warmed(core, specimen, place, environment.air_c - REFERENCE_C)  # noqa: PLW2901 - the same, warm
        strength = magnetics.equivalent_a(primary, seen.frequency_hz, fundamental_hz)
        if saturation.needs_waves(core, seen.frequency_hz, primary, strength, fundamental_hz, environment):
            waves[place] = saturation.through(core, seen.frequency_hz, primary, fundamental_hz, environment)
            corner = _times(corner, place, np.zeros(()))
        else:
            reluctance, ratio = magnetics.operating(core, strength, 2.0 * np.pi * fundamental_hz)
            corner, sensitivity = _times(corner, place, reluctance), _times(sensitivity, place, ratio)
    if sensitivity is not specimen.sensitivity or corner is not specimen.corner_rad_s:
        specimen = replace(specimen, sensitivity=sensitivity, corner_rad_s=corner)
    neutral = waves.get(2 * count, seen.neutral)[..., None, :]
    if not waves:
        return specimen, seen.current, neutral
    currents = [waves.get(count + e, seen.current[..., e, :]) for e in range(count)]
    return specimen, np.stack(np.broadcast_arrays(*currents), axis=-2), neutral


def _times(values: Floats, place: int, factor: Floats) -> Floats:
    """Values (..., C) with one channel multiplied; the same array where that changes nothing, as at small currents."""
    if (factor == 1.0).all():
        return values
    changed = values.copy()
    changed[..., place] *= factor
    return changed


def _warmed(core: magnetics.Core, specimen: Specimen, place: int, kelvin: float) -> magnetics.Core:
    """A core and its loop so many kelvin above 23 degC: other permeability, other resistance of copper."""
    weaker = 1.0 + specimen.corner_per_k[..., place] * kelvin
    loop = 1.0 + specimen.loop_per_k[..., place] * kelvin
    return core._replace(inductance_h=core.inductance_h / weaker, loop_ohm=core.loop_ohm * loop)
