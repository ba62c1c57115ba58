"""The wiring check finds each fault that is built, and stays silent on healthy installations over a wide range."""

from dataclasses import replace
from itertools import permutations, product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ferraris.hardware.chain.analysis.quantities import analyse, corrections
from ferraris.hardware.chain.analysis.samples import samples, synchronous
from ferraris.hardware.chain.analysis.terminals import NAMES, Terminals, WiringFinding, terminals
from ferraris.hardware.chain.analysis.wiring import check_wiring
from ferraris.hardware.chain.calibrate import build, calibrate
from ferraris.hardware.chain.chain import Span
from ferraris.hardware.chain.measure import start
from ferraris.hardware.chain.sampled import SampledState
from ferraris.hardware.chain.specimen import Nominal, manufacture
from ferraris.hardware.platform.models import Platform
from ferraris.hardware.world.loads import ConstantPower, Load, Motor, PvExport, Rectifier, Resistive, at_power_factor
from ferraris.hardware.world.mains import Steady
from ferraris.hardware.world.source import Source, three_phase
from ferraris.hardware.world.world import ReverseWires, World, apply, at, household

TURNS = np.exp(-2j * np.pi * np.arange(3) / 3)


def mains_of(world: World) -> Steady:
    mains = at(world, 10**12).mains
    assert isinstance(mains, Steady)
    return mains


def seen_in(mains: Steady, *, neutral: bool = False, un_v: float = 230.0) -> Terminals:
    """Fundamental phasors that stand at the terminals."""
    line = int(np.flatnonzero(mains.orders == 1.0)[0])
    measured = complex(mains.neutral_a[line]) if neutral else None
    return Terminals(mains.voltage_v[:, line], mains.current_a[:, line], measured, un_v, 0.02)


def loaded(*loads: Load, source: Source | None = None) -> Terminals:
    return seen_in(mains_of(household(source or three_phase(), *loads)))


def faults(seen: Terminals) -> list[WiringFinding]:
    return [finding for finding in check_wiring(seen) if finding.level == "fault"]


def only_fault(seen: Terminals) -> WiringFinding:
    found = faults(seen)
    assert len(found) == 1, found
    return found[0]


HEALTHY_LAGS = [(0.0, 0.0, 0.0), (10.0, 20.0, 5.0), (35.0, 35.0, 35.0), (45.0, 30.0, 40.0), (-10.0, 15.0, 0.0)]


def balanced(lag_deg: tuple[float, ...], size_a: tuple[float, ...] = (5.0, 5.0, 5.0)) -> Terminals:
    current = np.array(size_a) * TURNS * np.exp(-1j * np.radians(lag_deg))
    return Terminals(230.0 * TURNS, current, None, 230.0, 0.02)


# ------------------------------------------------------------------------------------------------ faults


@pytest.mark.parametrize("lag", HEALTHY_LAGS)
@pytest.mark.parametrize("pair", [(0, 1), (1, 2), (0, 2)])
def test_exchanged_currents_are_named(lag: tuple[float, ...], pair: tuple[int, int]) -> None:
    seen = balanced(lag, (5.0, 8.0, 3.0))
    swapped = seen.current.copy()
    swapped[list(pair)] = seen.current[list(reversed(pair))]
    finding = only_fault(seen._replace(current=swapped))
    assert finding.subject == "swapped phases"
    assert f"the currents of {NAMES[pair[0]]} and {NAMES[pair[1]]} are exchanged" in finding.says
    assert "then the lags would be" in finding.evidence


@pytest.mark.parametrize("lag", HEALTHY_LAGS)
@pytest.mark.parametrize("pair", [(0, 1), (1, 2), (0, 2)])
def test_exchanged_voltages_are_told_from_exchanged_currents(lag: tuple[float, ...], pair: tuple[int, int]) -> None:
    """With two voltages exchanged the sequence of the voltages turns as well."""
    seen = balanced(lag)
    swapped = seen.voltage.copy()
    swapped[list(pair)] = seen.voltage[list(reversed(pair))]
    finding = only_fault(seen._replace(voltage=swapped))
    assert f"the voltages of {NAMES[pair[0]]} and {NAMES[pair[1]]} are exchanged" in finding.says


@pytest.mark.parametrize("shift", [1, 2])
def test_currents_moved_on_by_one_phase_are_at_least_asked_about(shift: int) -> None:
    seen = balanced((5.0, 10.0, 0.0), (5.0, 6.0, 7.0))
    found = check_wiring(seen._replace(current=np.roll(seen.current, shift)))
    assert len(found) == 1
    assert "moved on by one phase" in found[0].says


@pytest.mark.parametrize("element", [0, 1, 2])
@pytest.mark.parametrize("power_factor", [0.6, 0.8, 0.85])
def test_a_reversed_current_circuit_before_motors_is_a_fault(element: int, power_factor: float) -> None:
    world = apply(household(three_phase(), Motor((2000.0,) * 3, power_factor)), ReverseWires(element))
    finding = only_fault(seen_in(mains_of(world)))
    assert f"the current circuit of {NAMES[element]} is reversed" in finding.says


@pytest.mark.parametrize("element", [0, 1, 2])
def test_the_neutral_sensor_proves_a_reversed_circuit_before_heaters(element: int) -> None:
    """At unity power factor a generator looks the same; but the neutral carries what the right signs add up to."""
    world = household(three_phase(), Resistive((2000.0, 1500.0, 2500.0)))
    reversed_world = apply(world, ReverseWires(element))
    assert not check_wiring(seen_in(mains_of(world), neutral=True))
    finding = only_fault(seen_in(mains_of(reversed_world), neutral=True))
    assert f"the current circuit of {NAMES[element]} is reversed" in finding.says
    (asked,) = check_wiring(seen_in(mains_of(reversed_world)))
    assert asked.level == "question"
    assert NAMES[element] in asked.says


def test_reversed_sequence_of_everything_keeps_the_energies() -> None:
    source = Source((230.0,) * 3, (0.0, 120.0, -120.0))
    finding = only_fault(loaded(Motor((2000.0,) * 3, 0.8), source=source))
    assert finding.subject == "phase sequence"


@pytest.mark.parametrize("lag", [0.0, 30.0, 60.0])
def test_voltage_transformers_in_delta(lag: float) -> None:
    """Each element gets U12, U23, U31: sqrt(3) larger and 30 degrees ahead."""
    seen = balanced((lag,) * 3)
    delta = seen.voltage - np.roll(seen.voltage, -1)
    assert only_fault(seen._replace(voltage=delta)).subject == "delta transformers"
    assert only_fault(seen._replace(voltage=seen.voltage / np.sqrt(3.0))).subject == "delta transformers"


def test_current_transformers_in_delta_are_asked_about() -> None:
    """I1 - I3 and so on: 30 degrees ahead, and nothing is left for the neutral."""
    seen = balanced((0.0,) * 3)
    (asked,) = check_wiring(seen._replace(current=seen.current - np.roll(seen.current, -1)))
    assert (asked.level, asked.subject) == ("question", "delta transformers")


@pytest.mark.parametrize("high", [0, 1, 2])
def test_a_high_leg_delta_is_named(high: int) -> None:
    """120/240 V four-wire delta: 120, 208, 120 V at 0, 90, 180 degrees."""
    voltage = np.roll(np.array([208.0j, -120.0, 120.0]), high)
    finding = only_fault(Terminals(voltage, voltage / 50.0, None, 120.0, 0.02))
    assert finding.subject == "delta supply"
    assert NAMES[high] in finding.says


@pytest.mark.parametrize("element", [0, 1, 2])
def test_a_reversed_voltage_transformer(element: int) -> None:
    seen = balanced((20.0,) * 3)
    turned = seen.voltage.copy()
    turned[element] *= -1
    assert f"voltage circuit of {NAMES[element]} is reversed" in only_fault(seen._replace(voltage=turned)).says


@pytest.mark.parametrize("power", [(3000.0, 1000.0, 1000.0), (3000.0, 500.0, 1500.0), (100.0, 2000.0, 2000.0)])
def test_a_missing_neutral_moves_the_star_point(power: tuple[float, ...]) -> None:
    """Millman: without a neutral the star point stands at sum(Y E) / sum(Y)."""
    admittance = np.array(power) / 230.0**2
    grid = 230.0 * TURNS
    star = (admittance @ grid) / admittance.sum()
    voltage = grid - star
    finding = only_fault(Terminals(voltage, admittance * voltage, None, 230.0, 0.02))
    assert finding.subject == "neutral"


@pytest.mark.parametrize("element", [0, 1, 2])
def test_a_missing_voltage_says_whether_current_flows_uncounted(element: int) -> None:
    seen = balanced((20.0,) * 3)
    voltage = seen.voltage.copy()
    voltage[element] = 0.02 * 230.0
    finding = only_fault(seen._replace(voltage=voltage))
    assert NAMES[element] in finding.says
    assert "not counted" in finding.says
    current = seen.current.copy()
    current[element] = 0.0
    assert "not counted" not in only_fault(seen._replace(voltage=voltage, current=current)).says


def test_two_elements_at_one_conductor() -> None:
    seen = balanced((20.0,) * 3)
    voltage = seen.voltage[[0, 0, 2]]
    assert "L1 and L2 are connected to the same conductor" in only_fault(seen._replace(voltage=voltage)).says


def test_a_reversed_neutral_sensor() -> None:
    world = household(three_phase(), Resistive((3000.0, 1000.0, 500.0)))
    seen = seen_in(mains_of(world), neutral=True)
    assert seen.neutral is not None
    assert "neutral's current sensor is reversed" in only_fault(seen._replace(neutral=-seen.neutral)).says


def test_current_that_leaves_past_the_neutral_is_asked_about() -> None:
    one = Terminals(np.array([230.0 + 0j]), np.array([10.0 + 0j]), 4.0 + 0j, 230.0, 0.02)
    (asked,) = check_wiring(one)
    assert (asked.level, asked.subject) == ("question", "neutral")
    assert not check_wiring(one._replace(neutral=10.0 + 0j))


def test_a_single_phase_without_voltage_and_one_that_feeds_in() -> None:
    one = Terminals(np.array([230.0 + 0j]), np.array([-10.0 + 0j]), None, 230.0, 0.02)
    assert [finding.subject for finding in check_wiring(one)] == ["direction"]
    assert only_fault(one._replace(voltage=np.array([0j]))).subject == "voltage"


# ------------------------------------------------------------------------------------------------ no false alarm

powers = st.tuples(*(st.floats(100.0, 8000.0) for _ in range(3)))
factors = st.floats(0.5, 1.0)


@settings(max_examples=60, deadline=None)
@given(powers)
def test_heaters_are_healthy(power: tuple[float, float, float]) -> None:
    assert not check_wiring(loaded(Resistive(power)))


@settings(max_examples=60, deadline=None)
@given(powers, factors)
def test_motors_are_healthy(power: tuple[float, float, float], power_factor: float) -> None:
    assert not check_wiring(loaded(Motor(power, power_factor)))


@settings(max_examples=60, deadline=None)
@given(powers, powers, factors)
def test_heaters_beside_motors_are_healthy(
    heat: tuple[float, float, float], motor: tuple[float, float, float], power_factor: float
) -> None:
    assert not check_wiring(loaded(Resistive(heat), Motor(motor, power_factor)))


@settings(max_examples=60, deadline=None)
@given(powers)
def test_rectifiers_are_healthy(power: tuple[float, float, float]) -> None:
    assert not check_wiring(loaded(Rectifier(power)))


@settings(max_examples=60, deadline=None)
@given(st.floats(100.0, 8000.0), st.floats(0.8, 1.0))
def test_capacitive_loads_are_no_fault(power: float, power_factor: float) -> None:
    assert not faults(loaded(at_power_factor((power,) * 3, power_factor, leading=True)))


@settings(max_examples=60, deadline=None)
@given(powers, st.floats(0.0, 10000.0), st.floats(0.9, 1.0), st.booleans(), st.integers(0, 2))
def test_generation_on_one_phase_is_no_fault(
    heat: tuple[float, float, float], sun: float, power_factor: float, absorbs: bool, phase: int
) -> None:
    share = tuple(sun if k == phase else 0.0 for k in range(3))
    assert not faults(loaded(Resistive(heat), PvExport(share, power_factor, absorbs)))


@settings(max_examples=60, deadline=None)
@given(powers, st.floats(0.0, 15000.0), st.floats(0.9, 1.0), st.booleans())
def test_generation_on_three_phases_is_no_fault(
    heat: tuple[float, float, float], sun: float, power_factor: float, absorbs: bool
) -> None:
    assert not faults(loaded(Resistive(heat), PvExport((sun / 3,) * 3, power_factor, absorbs)))


@settings(max_examples=60, deadline=None)
@given(powers, factors, st.floats(0.0, 10000.0), st.integers(0, 2))
def test_generation_on_one_phase_beside_motors_is_no_fault(
    motor: tuple[float, float, float], power_factor: float, sun: float, phase: int
) -> None:
    share = tuple(sun if k == phase else 0.0 for k in range(3))
    assert not faults(loaded(Motor(motor, power_factor), PvExport(share)))


@settings(max_examples=60, deadline=None)
@given(st.floats(100.0, 8000.0), st.integers(0, 2), factors)
def test_a_load_on_one_phase_only_is_healthy(power: float, phase: int, power_factor: float) -> None:
    share = tuple(power if k == phase else 0.0 for k in range(3))
    assert not check_wiring(loaded(at_power_factor(share, power_factor)))


@settings(max_examples=60, deadline=None)
@given(st.floats(100.0, 8000.0), st.sampled_from(list(permutations(range(3), 2))), st.floats(0.7, 1.0))
def test_a_load_between_two_phases_is_no_fault(power: float, pair: tuple[int, int], power_factor: float) -> None:
    """A welder or heater on line-to-line voltage: one current runs 30 degrees ahead, the other behind."""
    a, b = pair
    voltage = 230.0 * TURNS
    flow = np.conj(power * (1 + 1j * np.tan(np.arccos(power_factor))) / (voltage[a] - voltage[b]))
    current = np.zeros(3, dtype=complex)
    current[a], current[b] = flow, -flow
    assert not faults(Terminals(voltage, current, 0j, 230.0, 0.02))


@settings(max_examples=60, deadline=None)
@given(st.lists(st.floats(0.93, 1.07), min_size=3, max_size=3), powers)
def test_unequal_grid_voltages_are_healthy(ratio: list[float], power: tuple[float, float, float]) -> None:
    source = Source(tuple(230.0 * x for x in ratio), (0.0, -120.0, 120.0))
    assert not check_wiring(loaded(Resistive(power), source=source))


def test_no_load_is_healthy() -> None:
    assert not check_wiring(loaded(ConstantPower((0.0,) * 3)))


def test_hardly_any_wrong_wiring_of_three_current_circuits_passes_in_silence() -> None:
    """Of the 47 wrong wirings one leaves angles that are those of an ordinary load, and no angle can tell."""
    seen = balanced((25.0, 30.0, 20.0), (5.0, 6.0, 4.0))
    silent = [
        (order, sign)
        for order, sign in product(permutations(range(3)), product((1, -1), repeat=3))
        if not check_wiring(seen._replace(current=seen.current[list(order)] * np.array(sign)))
    ]
    # moved on by one phase and all reversed: turned by 240 - 180 = 60 degrees, 25 lagging goes to 35 leading
    assert silent == [((0, 1, 2), (1, 1, 1)), ((1, 2, 0), (-1, -1, -1))]


def test_the_check_works_on_what_a_meter_measures(shop: Platform) -> None:
    """From the world through the chain: two currents exchanged, distorted load, a nominal meter with noise."""
    mains = mains_of(household(three_phase(), Rectifier((500.0, 700.0, 900.0)), Motor((1000.0,) * 3, 0.8)))
    swapped = replace(mains, current_a=mains.current_a[[1, 0, 2]])
    specimen = manufacture(shop, Nominal())
    chain = build(shop, specimen, calibrate(shop, specimen), "sampled")
    environment = at(household(three_phase()), 0).environment
    for stage, expected in ((mains, []), (swapped, ["swapped phases"])):
        state = start(chain)
        assert isinstance(state, SampledState)
        _, _, waves = samples(chain, state, stage, environment, Span(0, 8000))
        found = analyse(synchronous(waves[4000:], 3, 50.0), 3, corrections(chain))
        subjects = [finding.subject for finding in check_wiring(terminals(found, 230.0, 0.02))]
        assert subjects == expected
