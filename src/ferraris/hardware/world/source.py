"""The grid in front of the meter: frequency, and per phase a voltage, an angle and harmonics."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from ferraris.hardware.world.mains import Complexes, Floats

LOWEST_HZ = 45.0
HIGHEST_HZ = 65.0


class Harmonic(NamedTuple):
    """One harmonic of the voltage, the same in every phase when counted from that phase's own fundamental."""

    order: float
    """Multiple of the fundamental; 0 is DC (then `angle_deg` has no meaning and `ratio` carries the sign)."""
    ratio: float
    """RMS as a fraction of the fundamental's RMS."""
    angle_deg: float = 0.0
    """theta in u(t) = sqrt(2)*U1*[cos(a) + ratio*cos(order*a + theta)], a the angle of the fundamental."""


class Tones(NamedTuple):
    """Phasors on a common list of orders: orders (n,), phasors (elements, n) complex RMS."""

    orders: Floats
    phasors: Complexes


@dataclass(frozen=True)
class Source:
    """An ideal voltage source, phase to neutral: one phase (1p2w) or three (3p4w).

    voltages_v    RMS of the fundamental of each phase, V
    angles_deg    angle of the fundamental of each phase, degrees, at the origin of time
    frequency_hz  45 to 65 Hz
    nominal_v     Un of the installation, V: the voltage for which loads state their power
    """

    voltages_v: tuple[float, ...] = (230.0,)
    angles_deg: tuple[float, ...] = (0.0,)
    frequency_hz: float = 50.0
    harmonics: tuple[Harmonic, ...] = ()
    nominal_v: float = 230.0

    def __post_init__(self) -> None:
        """Refuse what no grid is: wrong frequency, wrong number of phases, a harmonic given twice."""
        if not LOWEST_HZ <= self.frequency_hz <= HIGHEST_HZ:
            raise ValueError(f"source: frequency {self.frequency_hz} Hz, expected {LOWEST_HZ:g} to {HIGHEST_HZ:g} Hz")
        if len(self.voltages_v) not in {1, 3} or len(self.angles_deg) != len(self.voltages_v):
            raise ValueError("source: expected one voltage and angle (1p2w) or three of each (3p4w)")
        if min(self.voltages_v) < 0 or self.nominal_v <= 0:
            raise ValueError("source: voltages are RMS values and may not be negative, nominal_v must be positive")
        orders = [1.0, *(harmonic.order for harmonic in self.harmonics)]
        if len(set(orders)) != len(orders) or min(orders) < 0:
            raise ValueError("source: each harmonic order may stand once, is not 1 and not negative")


def single_phase(nominal_v: float = 230.0, frequency_hz: float = 50.0, harmonics: tuple[Harmonic, ...] = ()) -> Source:
    """One phase and neutral at nominal voltage."""
    return Source((nominal_v,), (0.0,), frequency_hz, harmonics, nominal_v)


def three_phase(nominal_v: float = 230.0, frequency_hz: float = 50.0, harmonics: tuple[Harmonic, ...] = ()) -> Source:
    """Three phases and neutral, balanced, in positive sequence; `nominal_v` is phase to neutral."""
    return Source((nominal_v,) * 3, (0.0, -120.0, 120.0), frequency_hz, harmonics, nominal_v)


def voltages(source: Source) -> Tones:
    """Return the voltage phasors of every phase, orders ascending.

    A harmonic of order h in phase p has the angle h*angle_p + theta: so triplen harmonics come out as zero sequence
    and the fifth as negative sequence, as on a real grid with equal phases.
    """
    content = sorted((Harmonic(1.0, 1.0), *source.harmonics))
    orders = np.array([harmonic.order for harmonic in content])
    ratios = np.array([harmonic.ratio for harmonic in content])
    theta = np.radians([harmonic.angle_deg for harmonic in content])
    angle = np.outer(np.radians(source.angles_deg), orders) + np.where(orders == 0, 0.0, theta)
    magnitude = np.outer(source.voltages_v, ratios)
    return Tones(orders, magnitude * np.exp(1j * angle))
