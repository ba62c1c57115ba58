"""Waveforms with harmonics, and the exact integral of their power: the reference the tests measure against."""

import numpy as np

from ferraris.hardware.world.mains import Steady


def distorted(
    elements: int, frequency_hz: float, un_v: float, current_a: float, phi_deg: float, highest: int = 13
) -> Steady:
    """Odd harmonics to the 13th: voltage falling from 3 %, current from 30 %, every element shifted by 120 degrees."""
    orders = np.arange(1, highest + 1, 2).astype(float)
    shift = np.exp(-2j * np.pi * np.outer(np.arange(elements), orders) / 3.0)
    upper = orders > 1
    voltage = un_v * np.where(upper, 0.09 / orders, 1.0) * np.exp(0.4j * orders * upper)
    current = current_a * np.where(upper, 0.9 / orders, np.exp(-1j * np.radians(phi_deg)))
    current = current * np.exp(-0.8j * orders * upper)
    i = current * shift
    return Steady(frequency_hz, orders, voltage * shift, i, i.sum(axis=0))


def exact_energy_j(mains: Steady, element: int, first_s: float, last_s: float) -> float:
    """Integral of v(t) i(t) dt between two times by the closed form of every pair of tones: no sampling anywhere.

    sqrt(2)Re(U e^jat) sqrt(2)Re(I e^jbt) = Re(U I* e^j(a-b)t) + Re(U I e^j(a+b)t).
    """
    omega = 2.0 * np.pi * mains.frequency_hz * mains.orders

    def integral(phasor: complex, w: float) -> float:
        if w == 0.0:
            return float(phasor.real) * (last_s - first_s)
        return float((phasor * (np.exp(1j * w * last_s) - np.exp(1j * w * first_s)) / (1j * w)).real)

    total = 0.0
    for u, a in zip(mains.voltage_v[element], omega, strict=True):
        for i, b in zip(mains.current_a[element], omega, strict=True):
            total += integral(u * np.conj(i), a - b) + integral(u * i, a + b)
    return total
