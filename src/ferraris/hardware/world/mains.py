"""What stands at the meter's terminals: voltages and currents as phasors or as a periodic recording.

Two descriptions, one meaning. `Steady` is a set of tones that lasts until the world changes; `Recorded` is one whole
loop of sampled waveforms that repeats for ever. Every fidelity accepts both.

Signs and angles. A tone is x(t) = sqrt(2) * Re(X * exp(j*2*pi*order*f*(t - origin))), X an RMS phasor. Current is
counted positive into the load (import), so an inductive load has a current phasor that lags: Q = Im(U * conj(I)) > 0.
"""

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

NANOSECONDS = 1_000_000_000
Complexes: TypeAlias = NDArray[np.complex128]
Floats: TypeAlias = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Steady:
    """Tones at multiples of one base frequency.

    frequency_hz  base frequency f, Hz; the fundamental is the tone with order 1
    orders        (n,) multiples of f, ascending; usually integers, order 0 is DC (real: the DC value)
    voltage_v     (elements, n) complex RMS, V, phase to neutral
    current_a     (elements, n) complex RMS, A
    neutral_a     (n,) complex RMS, A: current that returns through the neutral conductor
    origin_ns     the true time at which every phasor's angle is as given
    """

    frequency_hz: float
    orders: Floats
    voltage_v: Complexes
    current_a: Complexes
    neutral_a: Complexes
    origin_ns: int = 0


@dataclass(frozen=True, eq=False)
class Recorded:
    """One loop of recorded waveforms, repeated for ever; already scaled to volts and amperes at the terminals.

    rate_hz       samples per second of the arrays (any float)
    frequency_hz  fundamental found in the data, Hz
    voltage_v     (elements, samples) V
    current_a     (elements, samples) A
    neutral_a     (samples,) A
    origin_ns     true time of the first sample of one loop
    """

    rate_hz: float
    frequency_hz: float
    voltage_v: Floats
    current_a: Floats
    neutral_a: Floats
    origin_ns: int = 0


Mains: TypeAlias = Steady | Recorded


@dataclass(frozen=True)
class Environment:
    """What surrounds the meter."""

    air_c: float = 23.0
    """Air temperature at the meter, degC."""
    alternating_field_t: float = 0.0
    """RMS induction at mains frequency at the meter, T, in the direction that the sensors take up best."""
    field_deg: float = 0.0
    """Angle of that induction against the tone reference, degrees; 0 adds to a current in phase with the voltage."""
    field_turned: tuple[int, ...] = ()
    """Elements (0 is the first) whose sensors face that induction the other way round: they take it up negated."""
    static_field_t: float = 0.0
    """Static induction at the current sensors, T: a magnet laid against the case."""
    service: float = 0.0
    """Part of the meter's design life that has passed since it was calibrated, 0 to 1: ageing is in proportion."""


def elements(mains: Mains) -> int:
    """Number of measuring elements (phases) the mains has."""
    return int(mains.voltage_v.shape[0])
