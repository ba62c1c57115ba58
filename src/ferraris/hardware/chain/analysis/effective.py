"""Apparent power of three phases: arithmetic, vector, and the effective apparent power of IEEE 1459 with its parts."""

from collections.abc import Callable
from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from ferraris.hardware.chain.analysis.definitions import line_to_line, remainder, root_square, sequences

Floats: TypeAlias = NDArray[np.float64]
Complexes: TypeAlias = NDArray[np.complex128]


class Effective(NamedTuple):
    """Effective quantities of a three-phase, four-wire element, all orders but DC; V, A, W, var, VA."""

    voltage_v: float
    current_a: float
    apparent_va: float
    """Se = 3 Ve Ie: what a balanced resistive load at the same losses could draw."""
    fundamental_va: float
    """Se1, from the fundamentals alone."""
    nonfundamental_va: float
    """SeN = sqrt(Se^2 - Se1^2)."""
    current_distortion_var: float
    """DeI = 3 Ve1 IeH."""
    voltage_distortion_var: float
    """DeV = 3 VeH Ie1."""
    harmonic_va: float
    """SeH = 3 VeH IeH."""
    positive_w: float
    """P1+, active power of the positive sequence of the fundamental."""
    positive_var: float
    """Q1+."""
    positive_va: float
    """S1+ = 3 V1+ I1+."""
    unbalance_va: float
    """SU1 = sqrt(Se1^2 - S1+^2): what unbalance of the fundamental costs."""


def arithmetic_va(apparent_va: Floats) -> float:
    """Arithmetic apparent power: the sum of the phases' U I. Source: IEEE 1459-2010, 3.2.2.5 (recalled)."""
    return float(np.sum(apparent_va))


def vector_va(active_w: Floats, reactive_var: Floats) -> float:
    """Vector apparent power |sum P + j sum Q1|. Source: IEEE 1459-2010, 3.2.2.6 (recalled).

    Difference: Q is the fundamental's and distortion is left out, as the meter's registers have it.
    """
    return float(np.hypot(np.sum(active_w), np.sum(reactive_var)))


def effective_voltage(phases: Floats, between: Floats) -> Floats:
    """Ve = sqrt((3 (Va^2 + Vb^2 + Vc^2) + Vab^2 + Vbc^2 + Vca^2) / 18) from RMS values (..., 3), V.

    Source: IEEE 1459-2010, 3.2.2.8 (recalled), with equal losses of the star and the delta part.
    """
    return np.asarray(np.sqrt((3.0 * np.sum(np.square(phases), -1) + np.sum(np.square(between), -1)) / 18.0))


def effective_current(phases: Floats, neutral: Floats) -> Floats:
    """Ie = sqrt((Ia^2 + Ib^2 + Ic^2 + In^2) / 3) from RMS values (..., 3) and (...), A.

    Source: IEEE 1459-2010, 3.2.2.8 (recalled), with a neutral conductor as thick as the others.
    """
    return np.asarray(np.sqrt((np.sum(np.square(phases), -1) + np.square(neutral)) / 3.0))


def effective(voltage: Complexes, current: Complexes) -> Effective:
    """Effective quantities from RMS phasors (3, H), the fundamental first; the neutral carries the sum of the currents.

    Source: IEEE 1459-2010, 3.2.3 (recalled). Range: three phases and neutral, periodic signals, DC left out.
    """
    voltages = _parts(lambda tones: effective_voltage(root_square(tones), root_square(line_to_line(tones))), voltage)
    currents = _parts(lambda tones: effective_current(root_square(tones), root_square(tones.sum(axis=0))), current)
    (ve, ve1, veh), (ie, ie1, ieh) = voltages, currents
    u, i = sequences(voltage[:, 0])[1], sequences(current[:, 0])[1]
    positive = 3.0 * u * i.conjugate()
    return Effective(
        voltage_v=ve,
        current_a=ie,
        apparent_va=3.0 * ve * ie,
        fundamental_va=3.0 * ve1 * ie1,
        nonfundamental_va=float(remainder(3.0 * ve * ie, 3.0 * ve1 * ie1)),
        current_distortion_var=3.0 * ve1 * ieh,
        voltage_distortion_var=3.0 * veh * ie1,
        harmonic_va=3.0 * veh * ieh,
        positive_w=positive.real,
        positive_var=positive.imag,
        positive_va=abs(positive),
        unbalance_va=float(remainder(3.0 * ve1 * ie1, abs(positive))),
    )


def _parts(law: Callable[[Complexes], Floats], tones: Complexes) -> tuple[float, float, float]:
    """One law for all orders, the fundamental, and the harmonics without it."""
    return float(law(tones)), float(law(tones[:, :1])), float(law(tones[:, 1:]))
