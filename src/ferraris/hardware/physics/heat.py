"""Currents that heat and cores that saturate: the closed laws behind the current sensors' ratings."""

from math import pi, sqrt


def joule_w(current_a: float, resistance_ohm: float) -> float:
    """Heat of an RMS current in a resistance: P = I^2 R, in W.

    Source: Joule's law. Holds while R is the resistance at the frequencies present (no skin effect).
    """
    return current_a * current_a * resistance_ohm


def rise_k(power_w: float, thermal_resistance_k_per_w: float) -> float:
    """Temperature over the surroundings once it no longer changes: dT = P Rth, in K.

    Source: the steady state of Newton's law of cooling. Rth is the maker's figure for the mounting it names.
    """
    return power_w * thermal_resistance_k_per_w


def let_through_a2s(current_a: float, duration_s: float) -> float:
    """Joule integral of a sinusoidal RMS current over whole half cycles: I^2 t, in A^2 s.

    Source: integral of i^2 dt; adiabatic, so it holds for durations far below the part's thermal time constant.
    """
    return current_a * current_a * duration_s


def half_wave_peak_a(rms_a: float) -> float:
    """Peak of a half-wave rectified sine of the given RMS value: A = 2 I, in A.

    Source: mean of sin^2 over one half of the period is 1/4 over the whole, so I = A/2.
    """
    return 2.0 * rms_a


def half_wave_dc_a(rms_a: float) -> float:
    """DC part of a half-wave rectified sine of the given RMS value: A / pi = 2 I / pi, in A.

    Source: mean of a half-wave rectified sine of peak A is A/pi.
    """
    return 2.0 * rms_a / pi


def flux_linkage_vs(primary_a: float, turns: float, loop_ohm: float, frequency_hz: float) -> float:
    """Peak flux linkage of a transformer's secondary: sqrt(2) (I/N) (Rw + Rb) / (2 pi f), in V s.

    primary_a  RMS of a sinusoidal primary current, A
    turns      secondary turns per primary turn, N
    loop_ohm   winding and burden in series, ohm
    Source: Faraday's law: linkage is the integral of the voltage that the core has to induce. No DC; the magnetising
    current is neglected.
    """
    return sqrt(2.0) * primary_a / turns * loop_ohm / (2.0 * pi * frequency_hz)
