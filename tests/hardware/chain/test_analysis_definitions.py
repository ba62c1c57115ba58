"""Definitions of power quantities against the worked examples of the standards and against identities."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ferraris.hardware.chain.analysis import definitions, spectrum
from ferraris.hardware.chain.analysis.effective import (
    arithmetic_va,
    effective,
    effective_current,
    effective_voltage,
    vector_va,
)

# IEEE 1459-2010, single-phase nonsinusoidal example (recalled): orders 1, 3, 5, 7
VOLTAGE = np.array([100.0, 8.0, 15.0, 5.0], dtype=complex)
THETA = np.array([30.0, 95.0, -93.0, 92.0])
CURRENT = np.array([100.0, 20.0, 15.0, 10.0]) * np.exp(-1j * np.radians(THETA))

PRINTED = {
    "active_w": 8632.79,
    "fundamental_w": 8660.25,
    "harmonic_w": -27.47,
    "fundamental_var": 5000.00,
    "budeanu_var": 4984.67,
    "apparent_va": 10517.49,
    "fundamental_va": 10000.00,
    "nonfundamental_va": 3258.47,
    "current_distortion_var": 2692.58,
    "voltage_distortion_var": 1772.00,
    "harmonic_va": 477.13,
    "harmonic_distortion_var": 476.34,
    "nonactive_var": 6007.71,
}


@pytest.mark.parametrize("quantity", PRINTED)
def test_the_single_phase_example_of_ieee_1459_to_all_printed_digits(quantity: str) -> None:
    found = float(getattr(definitions.resolve(VOLTAGE, CURRENT), quantity))
    assert round(found, 2) == PRINTED[quantity]


def test_the_ratios_of_the_ieee_1459_example() -> None:
    found = definitions.resolve(VOLTAGE, CURRENT)
    assert round(float(found.power_factor), 4) == 0.8208
    assert round(float(found.fundamental_power_factor), 4) == 0.8660
    assert round(100 * float(found.voltage_thd), 2) == 17.72
    assert round(100 * float(found.current_thd), 2) == 26.93


def test_the_powers_of_each_order_of_the_ieee_1459_example() -> None:
    power = VOLTAGE * np.conj(CURRENT)
    assert [round(p, 2) for p in power.real.tolist()] == [8660.25, -13.94, -11.78, -1.74]
    assert [round(q, 2) for q in power.imag.tolist()] == [5000.00, 159.39, -224.69, 49.97]


@pytest.mark.parametrize(
    ("percent", "printed"), [((73.0, 80.0, 87.0), 5.05), ((152.0, 140.0, 128.0), 4.95), ((100.0, 100.0, 100.0), 0.0)]
)
def test_the_unbalance_examples_of_the_iec(percent: tuple[float, float, float], printed: float) -> None:
    """IEC 62586-2 (recalled): magnitudes in per cent at 120 degrees give u2 = u0 as printed."""
    phases = np.array(percent) * np.exp(np.radians([0.0, -120.0, 120.0]) * 1j)
    negative, zero = definitions.unbalance(phases)
    assert round(100 * negative, 2) == printed
    assert round(100 * zero, 2) == printed
    lines = np.abs(definitions.line_to_line(phases))
    assert 100 * definitions.line_unbalance(lines) == pytest.approx(100 * negative, abs=1e-6)


angles = st.floats(-180.0, 180.0)
sizes = st.floats(0.2, 400.0)


@given(st.lists(st.tuples(sizes, angles), min_size=3, max_size=3))
def test_sequences_add_up_to_the_phases(polar: list[tuple[float, float]]) -> None:
    phases = np.array([size * np.exp(1j * np.radians(angle)) for size, angle in polar])
    zero, positive, negative = definitions.sequences(phases)
    a = np.exp(2j * np.pi / 3)
    again = [zero + positive + negative, zero + a**2 * positive + a * negative, zero + a * positive + a**2 * negative]
    assert np.allclose(again, phases, atol=1e-9)


@given(st.floats(1.0, 400.0), st.floats(0.1, 100.0), angles)
def test_balanced_sinusoidal_load_has_one_apparent_power(voltage: float, current: float, lag: float) -> None:
    """Se = S1+ = vector = arithmetic = 3 U I, and nothing is left for distortion or unbalance (IEEE 1459)."""
    turns = np.exp(-2j * np.pi * np.arange(3) / 3)[:, None]
    found = effective(voltage * turns, current * np.exp(-1j * np.radians(lag)) * turns)
    wanted = 3 * voltage * current
    assert found.apparent_va == pytest.approx(wanted, rel=1e-9)
    assert found.positive_va == pytest.approx(wanted, rel=1e-9)
    assert found.positive_w == pytest.approx(wanted * np.cos(np.radians(lag)), abs=1e-9 * wanted)
    assert found.positive_var == pytest.approx(wanted * np.sin(np.radians(lag)), abs=1e-9 * wanted)
    assert found.unbalance_va <= 1e-4 * wanted
    assert found.nonfundamental_va <= 1e-4 * wanted
    each = np.full(3, voltage * current)
    assert arithmetic_va(each) == pytest.approx(wanted)
    assert vector_va(each * np.cos(np.radians(lag)), each * np.sin(np.radians(lag))) == pytest.approx(wanted)


def test_one_loaded_phase_costs_twice_its_own_apparent_power() -> None:
    """A load on one phase of four wires: Ie = sqrt(2/3) I, so Se = 3 U Ie = sqrt(6) U I (by hand)."""
    turns = np.exp(-2j * np.pi * np.arange(3) / 3)[:, None]
    current = np.array([[10.0 + 0j], [0j], [0j]])
    found = effective(230.0 * turns, current)
    assert found.apparent_va == pytest.approx(np.sqrt(6.0) * 230.0 * 10.0, rel=1e-12)
    assert found.positive_w == pytest.approx(2300.0, rel=1e-12)  # a third of the current in phase with each voltage
    assert found.unbalance_va == pytest.approx(np.sqrt(5.0) * 2300.0, rel=1e-12)


def test_effective_distortion_adds_up_by_squares() -> None:
    """SeN^2 = DeI^2 + DeV^2 + SeH^2 (IEEE 1459-2010, 3.2.3, recalled), for any harmonics and unbalance."""
    rng = np.random.default_rng(1459)
    voltage, current = (rng.normal(size=(3, 7)) + 1j * rng.normal(size=(3, 7)) for _ in range(2))
    found = effective(voltage, current)
    parts = found.current_distortion_var, found.voltage_distortion_var, found.harmonic_va
    assert found.nonfundamental_va == pytest.approx(float(np.linalg.norm(parts)), rel=1e-9)


def test_effective_voltage_of_a_star_is_its_phase_voltage() -> None:
    between = np.full(3, 230.0 * np.sqrt(3.0))
    assert float(effective_voltage(np.full(3, 230.0), between)) == pytest.approx(230.0)
    assert float(effective_current(np.full(3, 5.0), np.float64(0.0))) == pytest.approx(5.0)


@pytest.mark.parametrize("lag", [30.0, 90.0, -60.0])
def test_quarter_period_is_right_for_sines(lag: float) -> None:
    turn = 2 * np.pi * 10 / 2000 * np.arange(2000)
    u, i = np.sqrt(2) * 230 * np.cos(turn), np.sqrt(2) * 5 * np.cos(turn - np.radians(lag))
    wanted = 230 * 5 * np.sin(np.radians(lag))
    assert float(definitions.quarter_period_var(u, i, 10)) == pytest.approx(wanted, rel=1e-12)


def test_quarter_period_counts_the_fifth_harmonic() -> None:
    """U5 = 10 %, I5 = 40 %, phi1 = 60 deg, phi5 = -60 deg: Q5 sin(phi5) is -4.0 % of Q1 (by hand)."""
    turn = 2 * np.pi * 10 / 2000 * np.arange(2000)
    u = np.cos(turn) + 0.10 * np.cos(5 * turn)
    i = np.cos(turn - np.radians(60)) + 0.40 * np.cos(5 * turn + np.radians(60))
    found = float(definitions.quarter_period_var(u, i, 10))
    assert found / (0.5 * np.sin(np.radians(60))) - 1.0 == pytest.approx(-0.040, abs=1e-9)


@pytest.mark.parametrize(
    ("active", "reactive", "number", "character"),
    [
        (5, 3, 1, "inductive"),
        (-5, 3, 2, "capacitive"),
        (-5, -3, 3, "inductive"),
        (5, -3, 4, "capacitive"),
        (0, 0, 0, "resistive"),
        (5, 0, 1, "resistive"),
    ],
)
def test_quadrants(active: float, reactive: float, number: int, character: str) -> None:
    assert definitions.quadrant(active, reactive) == number
    assert definitions.character(active, reactive) == character


def test_direction_has_a_threshold() -> None:
    assert definitions.direction(-5.0) == "export"
    assert definitions.direction(5.0) == "import"
    assert definitions.direction(-5.0, threshold_w=10.0) == "none"


def test_rotation() -> None:
    forward = np.exp(-2j * np.pi * np.arange(3) / 3)
    assert definitions.rotation(forward) == "L1-L2-L3"
    assert definitions.rotation(forward[[0, 2, 1]]) == "L1-L3-L2"
    assert definitions.rotation(np.ones(3, dtype=complex)) == "none"


def test_groups_gather_what_lies_between_harmonics() -> None:
    """A tone of 3 V at 255 Hz next to 4 V at 250 Hz: the line shows 4, subgroup and group of the 5th 5 (3-4-5)."""
    t = np.arange(2000) / 2000 * 0.2
    wave = np.sqrt(2) * (4 * np.cos(2 * np.pi * 250 * t) + 3 * np.cos(2 * np.pi * 255 * t))
    found = spectrum.lines(wave)
    assert abs(spectrum.harmonics(found, 10)[5]) == pytest.approx(4.0)
    assert spectrum.subgroups(found, 10)[5] == pytest.approx(5.0)
    assert spectrum.groups(found, 10)[5] == pytest.approx(5.0)


def test_a_line_half_way_between_two_harmonics_is_shared_by_their_groups() -> None:
    t = np.arange(2000) / 2000 * 0.2
    found = spectrum.lines(np.sqrt(2) * 2 * np.cos(2 * np.pi * 275 * t))
    assert spectrum.groups(found, 10)[5] == pytest.approx(np.sqrt(2.0))
    assert spectrum.groups(found, 10)[6] == pytest.approx(np.sqrt(2.0))
    assert spectrum.subgroups(found, 10)[5] == pytest.approx(0.0, abs=1e-12)


def test_distortion_of_a_square_wave() -> None:
    """Odd harmonics 1/h to the 39th: THD = sqrt(sum 1/h^2) over h = 3, 5 ... 39."""
    size = np.array([0.0, *(1.0 / h if h % 2 else 0.0 for h in range(1, 41))])
    assert float(spectrum.distortion(size)) == pytest.approx(np.sqrt(sum(h**-2 for h in range(3, 40, 2))))
    assert float(spectrum.distortion(np.zeros(41))) == 0.0
