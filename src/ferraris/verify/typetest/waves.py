"""What a point puts on the meter's terminals, and the exact mean power of it.

Switched waves are pieces of a sine that repeat; their Fourier coefficients are in closed form. Whatever their series
leaves out beyond the highest order, the reference leaves out as well: it is the integral of what stands at the
terminals. Waveforms as in IEC 62053-21 annexes A and B (recalled).
"""

from cmath import exp
from dataclasses import dataclass
from math import pi, sqrt
from typing import TypeAlias

import numpy as np

from ferraris.hardware.chain.calibrate import balanced
from ferraris.hardware.platform.models import Platform
from ferraris.hardware.world.mains import Complexes, Environment, Steady
from ferraris.verify.limits import Energy, phase_deg
from ferraris.verify.typetest.points import Point, Wave

Spectrum: TypeAlias = dict[float, complex]
"""Order -> coefficient C of x = sqrt(2) sum of Re(C exp(j order theta)); at theta = 0 the sine rises through nought."""

SINE: Spectrum = {1.0: -1j}


@dataclass(frozen=True)
class Gate:
    """A sine that conducts only for theta in the intervals, every `cycles`; orders are multiples of 1/cycles."""

    cycles: int
    conducting: tuple[tuple[float, float], ...]
    highest: float


GATES: dict[Wave, Gate] = {
    "half wave": Gate(1, ((0.0, pi),), 70.0),
    "phase-fired": Gate(1, ((pi / 2, pi), (3 * pi / 2, 2 * pi)), 79.0),
    "burst": Gate(4, ((0.0, 4 * pi),), 20.0),
}
"""Half wave: DC and even harmonics. Phase-fired: conducts from 5 to 10 ms and 15 to 20 ms at 50 Hz. Burst: 2 cycles on,
2 off. Orders above `highest` carry no power at a sinusoidal voltage; at 50 Hz 79 is below half the sample rate."""

FIFTH_VOLTAGE = 0.10
FIFTH_CURRENT = 0.40
"""Of the fundamental; in phase with it at its rising zero crossing, so that P = 1.04 P1 at unity power factor."""


def gated(gate: Gate) -> Spectrum:
    """Coefficients of a gated sine sqrt(2) sin theta: C_o = (2/T) integral of sin theta exp(-j o theta).

    T = 2 pi cycles is the period. Order 0 is the mean value itself, sqrt(2)/T times the integral.
    """
    period = 2 * pi * gate.cycles
    count = round(gate.highest * gate.cycles)
    found = {k / gate.cycles: 2 / period * _integral(gate, k / gate.cycles) for k in range(1, count + 1)}
    mean = (sqrt(2.0) / period * _integral(gate, 0.0)).real
    whole = {0.0: complex(mean), **found}
    return {order: value for order, value in whole.items() if abs(value) > 1e-12}


def _integral(gate: Gate, order: float) -> complex:
    """Integral of sin theta exp(-j order theta) over the conducting intervals, sin written as two exponentials."""
    return sum(
        ((_turning(1.0 - order, a, b) - _turning(-1.0 - order, a, b)) / 2j for a, b in gate.conducting), start=0j
    )


def _turning(rate: float, a: float, b: float) -> complex:
    """Integral of exp(j rate theta) from a to b."""
    return complex(b - a) if rate == 0.0 else (exp(1j * rate * b) - exp(1j * rate * a)) / (1j * rate)


def spectra(wave: Wave) -> tuple[Spectrum, Spectrum]:
    """Voltage and current of a wave, in terms of the sine's RMS."""
    if wave == "sine":
        return SINE, SINE
    if wave == "fifth harmonic":
        return {**SINE, 5.0: -1j * FIFTH_VOLTAGE}, {**SINE, 5.0: -1j * FIFTH_CURRENT}
    return SINE, gated(GATES[wave])


def terminals(platform: Platform, point: Point) -> Steady:
    """Voltages and currents of a point."""
    meter = platform.meter
    base = balanced(
        platform,
        point.current_a,
        phase_deg(point.factor, point.energy),
        meter.frequency_hz * point.frequency,
        meter.un_v * point.voltage,
    )
    voltage, current = base.voltage_v[:, 0], base.current_a[:, 0] * (-1.0 if point.export else 1.0)
    live = np.array([e not in point.interrupted for e in range(platform.elements)])
    loaded = live & np.array([point.loaded in {None, e} for e in range(platform.elements)])
    voltages, currents = spectra(point.wave)
    orders = sorted({*voltages, *currents, *([point.tone.order] if point.tone else [])})
    u, i = _shaped(voltage * live, voltages, orders), _shaped(current * loaded, currents, orders)
    if point.tone:
        k = orders.index(point.tone.order)
        u[:, k] += live * meter.un_v * point.tone.voltage
        i[:, k] += loaded * point.tone.current_a
    if point.reversed_sequence:
        u[[1, 2]], i[[1, 2]] = u[[2, 1]], i[[2, 1]]
    return Steady(base.frequency_hz, np.array(orders), u, i, i.sum(axis=0))


def _shaped(phasors: Complexes, spectrum: Spectrum, orders: list[float]) -> Complexes:
    """Phasors (E, n): the wave of each element starts where its own fundamental rises through nought."""
    size, lead = np.abs(phasors), np.angle(phasors) + pi / 2
    columns = [size * spectrum.get(order, 0j) * np.exp(1j * order * lead) for order in orders]
    dc = [column.real if order == 0.0 else column for column, order in zip(columns, orders, strict=True)]
    return np.stack(dc, axis=-1).astype(np.complex128)


def environment(point: Point) -> Environment:
    """What surrounds the meter at a point."""
    return Environment(
        air_c=point.air_c,
        alternating_field_t=point.alternating_t,
        field_deg=point.field_deg,
        field_turned=point.field_turned,
        static_field_t=point.static_t,
    )


def true_power(mains: Steady, energy: Energy) -> float:
    """Exact mean of v i over all elements, W: sum of Re(U conj I) over all tones and the product of the DC values.

    Reactive: Im(U conj I) of the fundamental alone, var, as IEC 62053-24 defines it. Exact over whole repetitions,
    since tones of different frequency carry no power together.
    """
    each = mains.voltage_v * np.conj(mains.current_a)
    if energy == "reactive":
        return float(each[:, mains.orders == 1.0].imag.sum())
    return float(each.real.sum())
