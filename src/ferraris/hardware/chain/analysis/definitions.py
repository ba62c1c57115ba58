"""Definitions of power quantities as pure functions of RMS phasors and RMS values.

Angles: a phasor X stands for x(t) = sqrt(2) Re(X exp(j w t)); current is counted into the load, so Q = Im(U I*) > 0 for
an inductive load. Everything is without DC, which a meter removes. Arrays may carry leading axes of any shape.

IEEE 1459-2010 stands for IEEE Std 1459-2010, "Definitions for the Measurement of Electric Power Quantities Under
Sinusoidal, Nonsinusoidal, Balanced, or Unbalanced Conditions"; its text is recalled, not seen. The single-phase
resolution is held to that standard's own worked example.
"""

from typing import Literal, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

Floats: TypeAlias = NDArray[np.float64]
Complexes: TypeAlias = NDArray[np.complex128]
Direction: TypeAlias = Literal["import", "export", "none"]
Character: TypeAlias = Literal["inductive", "capacitive", "resistive"]

TURN = np.exp(2j * np.pi / 3.0)
"""The operator a of symmetrical components: a third of a turn forwards."""


class Resolution(NamedTuple):
    """Powers of one element, resolved as IEEE 1459-2010, 3.1.2 (recalled); W, var, VA or ratios, each of shape (...).

    `harmonic` means all orders but the fundamental together.
    """

    active_w: Floats
    fundamental_w: Floats
    harmonic_w: Floats
    fundamental_var: Floats
    budeanu_var: Floats
    apparent_va: Floats
    fundamental_va: Floats
    nonfundamental_va: Floats
    current_distortion_var: Floats
    voltage_distortion_var: Floats
    harmonic_va: Floats
    harmonic_distortion_var: Floats
    nonactive_var: Floats
    power_factor: Floats
    fundamental_power_factor: Floats
    voltage_thd: Floats
    current_thd: Floats


def root_square(values: Floats | Complexes) -> Floats:
    """Root of the sum of squared magnitudes over the last axis: the RMS value of a sum of tones (Parseval)."""
    return np.asarray(np.sqrt(np.sum(np.abs(values) ** 2, axis=-1)))


def ratio(part: Floats, whole: Floats) -> Floats:
    """`part` over `whole`, and 0 where the whole is nought."""
    whole = np.asarray(whole, dtype=np.float64)
    return np.asarray(np.where(whole != 0.0, part / np.where(whole != 0.0, whole, 1.0), 0.0))


def resolve(voltage: Complexes, current: Complexes) -> Resolution:
    """Resolution of one element's power from RMS phasors (..., H) in V and A, the fundamental first.

    P = sum Re(U_h I_h*)                  S = U I = sqrt(sum U_h^2) sqrt(sum I_h^2)       N = sqrt(S^2 - P^2)
    Q1 = Im(U_1 I_1*)                     QB = sum Im(U_h I_h*)  (Budeanu)                S_N = sqrt(S^2 - S_1^2)
    D_I = U_1 I_H    D_V = U_H I_1        S_H = U_H I_H                                   D_H = sqrt(S_H^2 - P_H^2)
    Source: IEEE 1459-2010, 3.1.2.1 to 3.1.2.16 (recalled). Range: periodic signals; here U_H and I_H are without DC,
    where the standard counts DC among the harmonics.
    """
    power = voltage * np.conj(current)
    active, budeanu = power.real.sum(axis=-1), power.imag.sum(axis=-1)
    u1, i1 = np.abs(voltage[..., 0]), np.abs(current[..., 0])
    uh, ih = root_square(voltage[..., 1:]), root_square(current[..., 1:])
    apparent, first, rest = np.hypot(u1, uh) * np.hypot(i1, ih), u1 * i1, uh * ih
    harmonic = active - power[..., 0].real
    return Resolution(
        active_w=active,
        fundamental_w=power[..., 0].real,
        harmonic_w=harmonic,
        fundamental_var=power[..., 0].imag,
        budeanu_var=budeanu,
        apparent_va=apparent,
        fundamental_va=first,
        nonfundamental_va=remainder(apparent, first),
        current_distortion_var=u1 * ih,
        voltage_distortion_var=uh * i1,
        harmonic_va=rest,
        harmonic_distortion_var=remainder(rest, harmonic),
        nonactive_var=remainder(apparent, active),
        power_factor=ratio(active, apparent),
        fundamental_power_factor=ratio(power[..., 0].real, first),
        voltage_thd=ratio(uh, u1),
        current_thd=ratio(ih, i1),
    )


def remainder(whole: Floats | float, part: Floats | float) -> Floats:
    """What stands at right angles to a part of a whole: sqrt(whole^2 - part^2), 0 where rounding makes it negative."""
    return np.asarray(np.sqrt(np.maximum(np.square(whole) - np.square(part), 0.0)))


def quarter_period_var(voltage: Floats, current: Floats, cycles: int) -> Floats:
    """Total reactive power by a quarter period: Q = mean of u(t - T/4) i(t).

    voltage, current (..., M): `cycles` whole cycles, M a multiple of 4 * cycles, so that the quarter period follows the
    frequency ("tracked"). It is U1 I1 sin(phi1) for sines; order h adds U_h I_h cos(phi_h - h 90 deg), which is
    sin, -cos, -sin, cos, sin for h = 1 to 5: so it is not the fundamental's Q that IEC 62053-24 asks for (its scope,
    seen). Source: the method of IEC 62053-23 meters (recalled).
    """
    samples = voltage.shape[-1]
    assert samples % (4 * cycles) == 0, "a quarter period is a whole number of samples"
    return np.asarray(np.mean(np.roll(voltage, samples // (4 * cycles), axis=-1) * current, axis=-1))


def sequences(phasors: Complexes) -> tuple[complex, complex, complex]:
    """Zero, positive and negative sequence of three phasors.

    X0 = (Xa + Xb + Xc)/3, X1 = (Xa + a Xb + a^2 Xc)/3, X2 = (Xa + a^2 Xb + a Xc)/3, a = exp(j 120 deg).
    Source: Fortescue, Trans. AIEE 37 (1918), p. 1027 (recalled).
    """
    a, b, c = (complex(x) for x in phasors)
    turn = complex(TURN)
    return (a + b + c) / 3.0, (a + turn * b + turn**2 * c) / 3.0, (a + turn**2 * b + turn * c) / 3.0


def unbalance(phasors: Complexes) -> tuple[float, float]:
    """Negative- and zero-sequence unbalance, |X2/X1| and |X0/X1| (ratios).

    Source: IEC 61000-4-30, 5.7.1 (recalled). Range: X1 not nought; where it is, both come out as 0.
    """
    zero, positive, negative = (abs(x) for x in sequences(phasors))
    return (negative / positive, zero / positive) if positive > 0.0 else (0.0, 0.0)


def line_unbalance(between: Floats) -> float:
    """Negative-sequence unbalance from three line-to-line RMS values alone.

    u2 = sqrt((1 - r)/(1 + r)), r = sqrt(3 - 6 b), b = sum U^4 / (sum U^2)^2. Source: IEC 61000-4-30, 5.7.1 (recalled).
    Range: voltages that can form a triangle, fundamental only; all nought gives 0.
    """
    squares = np.square(np.asarray(between, dtype=np.float64))
    if not squares.any():
        return 0.0
    beta = float(np.sum(squares**2) / np.sum(squares) ** 2)
    root = float(np.sqrt(max(3.0 - 6.0 * beta, 0.0)))
    return float(np.sqrt(max((1.0 - root) / (1.0 + root), 0.0)))


def line_to_line(phases: Complexes) -> Complexes:
    """Voltages U12, U23, U31 of three phase voltages along the first axis."""
    return np.asarray(phases - np.roll(phases, -1, axis=0))


def quadrant(active_w: float, reactive_var: float) -> int:
    """Quadrant 1 to 4: 1 import, Q > 0; 2 export, Q > 0; 3 export, Q < 0; 4 import, Q < 0; 0 where both are nought.

    Source: IEC 62053-23, annex C (recalled); a P or Q of nought counts as positive.
    """
    if active_w == 0.0 and reactive_var == 0.0:
        return 0
    if active_w >= 0.0:
        return 1 if reactive_var >= 0.0 else 4
    return 2 if reactive_var >= 0.0 else 3


def direction(active_w: float, threshold_w: float = 0.0) -> Direction:
    """Direction of energy: "import" for P > 0, "export" for P < 0, "none" within the threshold (W)."""
    if abs(active_w) <= threshold_w:
        return "none"
    return "import" if active_w > 0.0 else "export"


def character(active_w: float, reactive_var: float) -> Character:
    """Whether the current lags (inductive) or leads (capacitive) the voltage as an element of that direction shows it.

    Quadrants 1 and 3 are inductive, 2 and 4 capacitive (IEC 62053-23, annex C, recalled); |Q| below 0.1 % of |P| is
    called resistive (our choice).
    """
    if abs(reactive_var) <= 1e-3 * abs(active_w):
        return "resistive"
    return "inductive" if (active_w >= 0.0) == (reactive_var >= 0.0) else "capacitive"


def rotation(phasors: Complexes) -> str:
    """Phase sequence of three voltages: "L1-L2-L3" or "L1-L3-L2"; "none" where neither component is twice the other."""
    _, positive, negative = (abs(x) for x in sequences(phasors))
    if positive > 2.0 * negative:
        return "L1-L2-L3"
    return "L1-L3-L2" if negative > 2.0 * positive else "none"
