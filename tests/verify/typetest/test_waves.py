"""Waveforms of the type test against their definitions in the time domain, and powers against the integral of v i."""

from dataclasses import replace

import numpy as np
import pytest
from verify_helpers import shipped

from ferraris.hardware.world.mains import Steady
from ferraris.verify.typetest.points import Point, Tone
from ferraris.verify.typetest.waves import GATES, SINE, gated, spectra, terminals, true_power

SHOP, HOME = shipped("shop-3p"), shipped("home-1p")
STEPS = 40_000


def drawn(mains: Steady, cycles: int = 4) -> tuple[np.ndarray, np.ndarray]:
    """Voltages and currents in the time domain, (E, steps), summed tone by tone."""
    turns = 2.0 * np.pi * cycles * np.arange(STEPS) / STEPS
    size = np.where(mains.orders == 0.0, 1.0, np.sqrt(2.0))
    wheel = np.exp(1j * np.outer(mains.orders, turns))
    return ((mains.voltage_v * size) @ wheel).real, ((mains.current_a * size) @ wheel).real


@pytest.mark.parametrize("name", ["half wave", "phase-fired", "burst"])
def test_a_gated_sine_is_the_sine_where_it_conducts_and_nought_elsewhere(name: str) -> None:
    gate = GATES[name]  # type: ignore[index]
    theta = 2.0 * np.pi * gate.cycles * (np.arange(STEPS) + 0.5) / STEPS
    conducts = np.any([(a < theta) & (theta < b) for a, b in gate.conducting], axis=0)
    wanted = np.sqrt(2.0) * np.sin(theta) * conducts
    series = sum(
        (c.real if order == 0.0 else np.sqrt(2.0) * (c * np.exp(1j * order * theta)).real)
        for order, c in gated(gate).items()
    )
    # the series ends: near a jump it rings, over the whole period little is missing
    assert np.sqrt(np.mean((series - wanted) ** 2)) < (0.06 if name == "phase-fired" else 0.002)
    assert np.mean(wanted**2) == pytest.approx(0.5, abs=1e-3)  # each conducts half of the power


def test_the_fifth_harmonic_carries_four_per_cent() -> None:
    """IEC 62053-21 (recalled): 10 % voltage, 40 % current, in phase: P = 1.04 P1."""
    plain, distorted = Point(50.0), Point(50.0, wave="fifth harmonic")
    powers = [true_power(terminals(HOME, point), "active") for point in (plain, distorted)]
    assert powers[0] == pytest.approx(230.0 * 50.0)
    assert powers[1] == pytest.approx(1.04 * powers[0])


def test_the_fifth_harmonic_rises_through_nought_with_the_fundamental() -> None:
    u, i = drawn(terminals(SHOP, Point(50.0, wave="fifth harmonic")), cycles=1)
    for e in range(3):
        for wave in (u[e], i[e]):
            rising = np.flatnonzero((wave <= 0.0) & (np.roll(wave, -1) > 0.0)) / STEPS * 360.0
            sine = (90.0 * 3 + 120.0 * e) % 360.0  # phasor at -120 e degrees, cosine reference
            assert np.min(np.abs((rising - sine + 180.0) % 360.0 - 180.0)) < 0.05


@pytest.mark.parametrize(
    "point",
    [
        Point(5.0, "0.5i"),
        Point(5.0, "0.8c", export=True),
        Point(5.0, loaded=1),
        Point(5.0, interrupted=(0, 2)),
        Point(5.0, reversed_sequence=True),
        Point(50.0, wave="fifth harmonic"),
        Point(100.0, wave="half wave"),
        Point(2.5, "0.5i", wave="phase-fired"),
        Point(2.5, wave="burst"),
        Point(5.0, tone=Tone(7.25, voltage=0.02)),
        Point(5.0, tone=Tone(40.5, current_a=0.5)),
    ],
    ids=str,
)
def test_the_reference_is_the_integral_of_v_i(point: Point) -> None:
    mains = terminals(SHOP, point)
    u, i = drawn(mains)
    assert true_power(mains, "active") == pytest.approx(float(np.sum(np.mean(u * i, axis=1))), rel=1e-9)


def test_half_wave_current_has_the_rms_that_the_standard_names() -> None:
    """A half wave of Imax has Imax/sqrt 2 RMS and a mean of sqrt 2 Imax/pi."""
    _, i = drawn(terminals(HOME, Point(100.0, wave="half wave")), cycles=1)
    assert np.sqrt(np.mean(i**2)) == pytest.approx(100.0 / np.sqrt(2.0), rel=1e-4)
    assert np.mean(i) == pytest.approx(100.0 * np.sqrt(2.0) / np.pi, rel=1e-9)


def test_reversed_sequence_is_negative_sequence() -> None:
    turn = np.exp(2j * np.pi / 3.0)
    u = terminals(SHOP, Point(5.0, reversed_sequence=True)).voltage_v[:, 0]
    positive, negative = u[0] + turn * u[1] + turn**2 * u[2], u[0] + turn**2 * u[1] + turn * u[2]
    assert abs(positive) < 1e-9
    assert abs(negative) == pytest.approx(3 * 230.0)


def test_reactive_reference_is_u_i_sine() -> None:
    lagging = Point(5.0, "0.5i", energy="reactive")
    assert true_power(terminals(HOME, lagging), "reactive") == pytest.approx(230.0 * 5.0 * 0.5)
    assert true_power(terminals(HOME, replace(lagging, export=True)), "reactive") == pytest.approx(-230.0 * 5.0 * 0.5)


def test_a_plain_wave_is_one_tone() -> None:
    assert spectra("sine") == (SINE, SINE)
