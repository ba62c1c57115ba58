"""The neutral conductor breaks between the star point of the loads and the source: the star point floats.

Each phase's load is taken as an admittance, tone by tone: Y_k = I_k / U_k. The star point moves to the mean of the
phase voltages weighted by them: Un = sum Y_k U_k / sum Y_k (Millman's theorem; Kirchhoff's current law at the star
point). What a phase of the meter then sees is U_k - Un; the currents sum to nothing. With one phase shorted the others
stand at the voltage between phases, sqrt(3) times the phase voltage. Holds for linear loads; a load that holds its
power, or a rectifier, draws otherwise, and current at a tone without voltage is left as it is.
"""

from dataclasses import replace

import numpy as np

from ferraris.hardware.world.mains import Complexes, Steady


def without_neutral(mains: Steady) -> Steady:
    """Return the mains as they stand once the neutral is lost; needs at least two elements."""
    if mains.voltage_v.shape[0] < 2:
        raise ValueError("a single phase has nothing left without its neutral: cut the mains instead")
    admittance = _admittance(mains.voltage_v, mains.current_a)
    total = admittance.sum(axis=0)
    loaded = np.abs(total) > 1e-12
    star = np.where(loaded, (admittance * mains.voltage_v).sum(axis=0) / np.where(loaded, total, 1.0), 0.0)
    voltage = mains.voltage_v - star
    current = np.where(np.abs(admittance) > 0.0, admittance * voltage, mains.current_a)
    return replace(mains, voltage_v=voltage, current_a=current, neutral_a=np.zeros_like(mains.neutral_a))


def _admittance(voltage: Complexes, current: Complexes) -> Complexes:
    live = np.abs(voltage) > 1e-9
    return np.where(live, current / np.where(live, voltage, 1.0), 0.0)
