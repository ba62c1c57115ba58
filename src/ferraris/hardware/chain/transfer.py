"""Complex gain of a channel, from volts or amperes at the terminals to converter codes, at any frequency.

Every fidelity rests on this one function, by way of `operating`: `phasor` multiplies by it, the others synthesise
waveforms with it.
"""

from functools import lru_cache
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from ferraris.hardware.chain.specimen import REFERENCE_C, Specimen
from ferraris.pins import TICKS_PER_SECOND

Floats: TypeAlias = NDArray[np.float64]
Complexes: TypeAlias = NDArray[np.complex128]

MOST_KEPT = 1000
"""Gains up to which they are kept for the next call: recordings and batches have many more."""


def is_small(specimen: Specimen, frequency_hz: Floats) -> bool:
    """Whether what a specimen does at these frequencies is worth keeping; never batches, of which there are many."""
    return bool(specimen.sensitivity.size * frequency_hz.size <= MOST_KEPT)


def sinc3_droop(frequency_hz: Floats, decimation: int) -> Floats:
    """Gain of a third-order sinc decimator to 8 kS/s, without its delay (which is the same for every channel).

    H(f) = [sin(pi f / fs) / (N sin(pi f / (N fs)))]^3, N the decimation ratio, fs the output rate; any f in Hz.
    Source: Hogenauer, IEEE Trans. ASSP 29 (1981), eq. 10 with differential delay 1 (recalled).
    """
    x = np.pi * np.asarray(frequency_hz, dtype=np.float64) / TICKS_PER_SECOND
    below = decimation * np.sin(x / decimation)
    safe = np.where(np.abs(below) < 1e-12, 1.0, below)
    ratio = np.where(np.abs(below) < 1e-12, 1.0, np.sin(x) / safe)
    return np.asarray(ratio**3)


def shunt_lead(omega: Floats, lead_s: Floats) -> Complexes:
    """Impedance of a shunt relative to its resistance: 1 + j w L/R. Lumped inductance; holds to some 100 kHz."""
    return np.asarray(1.0 + 1j * omega * lead_s)


def transformer_high_pass(omega: Floats, corner_rad_s: Floats) -> Complexes:
    """Secondary over ideal secondary current: j w / (j w + wc), wc = (Rw + Rb)/Lm.

    The phase leads by atan(wc / w); linear magnetising branch, no iron loss, no leakage. DC does not pass.
    """
    jw = 1j * omega
    bottom = jw + corner_rad_s
    return np.asarray(np.where(corner_rad_s > 0.0, jw / np.where(bottom == 0.0, 1.0, bottom), 1.0))


def low_pass(omega: Floats, time_s: Floats) -> Complexes:
    """First-order RC: 1 / (1 + j w RC)."""
    return np.asarray(1.0 / (1.0 + 1j * omega * time_s))


def gains(specimen: Specimen, frequency_hz: Floats, air_c: float, *, decimated: bool = True) -> Complexes:
    """Codes (peak full scale = 1) per unit at the terminals, shape (..., C, F) for F frequencies in Hz.

    Parts are at air temperature `air_c` (degC) and see small currents; heat, age and saturation come in `operating`.
    `decimated` False leaves the decimator's droop out: that is the signal a modulator sees.
    """
    if not is_small(specimen, frequency_hz):
        return _gains(specimen, frequency_hz, air_c, decimated)
    return _kept_gains(specimen, frequency_hz.tobytes(), air_c, decimated)


@lru_cache(maxsize=16)
def _kept_gains(specimen: Specimen, frequencies: bytes, air_c: float, decimated: bool) -> Complexes:
    """In a long simulation the currents change at every step, and what they pass through does not."""
    found = _gains(specimen, np.frombuffer(frequencies), air_c, decimated)
    found.setflags(write=False)
    return found


def _gains(specimen: Specimen, frequency_hz: Floats, air_c: float, decimated: bool) -> Complexes:
    omega = 2.0 * np.pi * np.asarray(frequency_hz, dtype=np.float64)
    kelvin = air_c - REFERENCE_C
    level = specimen.mounting * specimen.sensitivity * (1.0 + specimen.drift_per_k * kelvin)
    level = level * specimen.gain * (1.0 + specimen.gain_per_k * kelvin)
    corner = specimen.corner_rad_s * (1.0 + specimen.corner_per_k * kelvin) * (1.0 + specimen.loop_per_k * kelvin)
    response = (
        shunt_lead(omega, specimen.lead_s[..., None])
        * transformer_high_pass(omega, corner[..., None])
        * low_pass(omega, specimen.filter_s[..., None])
    )
    if specimen.delay_s.any():
        response = response * np.exp(-1j * omega * specimen.delay_s[..., None])
    if decimated:
        response = response * sinc3_droop(omega / (2.0 * np.pi), specimen.decimation)
    return np.asarray(level[..., None] * response)


def codes(
    specimen: Specimen,
    frequency_hz: Floats,
    voltage: Complexes,
    current: Complexes,
    neutral: Complexes,
    air_c: float,
    *,
    decimated: bool = True,
) -> Complexes:
    """Code phasors of every channel for the given terminal phasors, shape (..., C, F); crosstalk included.

    voltage and current are (..., E, F) RMS phasors in V and A, neutral is (F,) or (..., 1, F) in A. At order 0 the
    phasor is the DC value.
    Crosstalk couples the voltage pin into the current pin of the same element, before that channel's filter.
    """
    gain = gains(specimen, frequency_hz, air_c, decimated=decimated)
    count = specimen.elements
    u, i = gain[..., :count, :], gain[..., count : 2 * count, :]
    per_pin = specimen.gain[..., count : 2 * count] / specimen.gain[..., :count] * specimen.crosstalk
    leaked = per_pin[..., None] * u * voltage
    parts = [u * voltage, i * current + leaked]
    if specimen.neutral:
        parts.append(gain[..., 2 * count :, :] * neutral)
    return np.concatenate(parts, axis=-2)
