"""Sorting into quadrants, both nettings, and pulse edges."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from waves import distorted

from ferraris.hardware.chain import pulses, quadrants
from ferraris.hardware.chain.calibrate import build, calibrate
from ferraris.hardware.chain.chain import Span
from ferraris.hardware.chain.measure import measure, start
from ferraris.hardware.chain.specimen import Ideal, manufacture
from ferraris.hardware.platform.models import Platform
from ferraris.hardware.world.mains import Environment, Steady
from ferraris.pins import Energies

ENERGY = st.integers(-(10**14), 10**14)


@pytest.mark.parametrize(
    ("phi_deg", "field"),
    [(30.0, "reactive_q1"), (150.0, "reactive_q2"), (-150.0, "reactive_q3"), (-30.0, "reactive_q4")],
)
def test_quadrants_are_those_of_the_standard(phi_deg: float, field: str) -> None:
    """Lagging import is Q1; lagging by more than 90 degrees exports active energy: Q2; and so on round the circle."""
    p, q = np.cos(np.radians(phi_deg)), np.sin(np.radians(phi_deg))
    row = quadrants.energies(quadrants.sort(np.array(round(1e9 * p)), np.array(round(1e9 * q)), np.array(10**9)))
    assert getattr(row, field) == abs(round(1e9 * q))
    assert sum(row[2:6]) == abs(round(1e9 * q))
    assert (row.active_import > 0) == (p > 0)
    assert (row.active_export > 0) == (p < 0)
    assert (row.apparent_export > 0) == (p < 0)


@pytest.mark.parametrize(
    ("p", "q", "fields"),
    [
        (0, 7, {"reactive_q1": 7, "apparent_import": 9}),
        (0, -7, {"reactive_q4": 7, "apparent_import": 9}),
        (5, 0, {"active_import": 5, "apparent_import": 9}),
        (-5, 0, {"active_export": 5, "apparent_export": 9}),
        (0, 0, {"apparent_import": 9}),
    ],
)
def test_on_the_axes_nought_counts_as_import(p: int, q: int, fields: dict[str, int]) -> None:
    """A pure reactance imports: its reactive and apparent energy are on the side of import, in Q1 and Q4."""
    assert quadrants.energies(quadrants.sort(np.array(p), np.array(q), np.array(9))) == Energies(**fields)


@given(p=ENERGY, q=ENERGY, s=st.integers(0, 10**14))
def test_sorting_loses_and_invents_nothing(p: int, q: int, s: int) -> None:
    row = quadrants.energies(quadrants.sort(np.array(p), np.array(q), np.array(s)))
    assert min(row) >= 0
    assert row.active_import - row.active_export == p
    assert row.reactive_q1 + row.reactive_q2 - row.reactive_q3 - row.reactive_q4 == q
    assert row.apparent_import + row.apparent_export == s


@pytest.mark.parametrize("fidelity", ["phasor", "sampled"])
def test_one_phase_generation_bills_differently_by_netting(shop: Platform, fidelity: str) -> None:
    """2 A into L1 and L2, 3 A out of L3: the vector total imports 1 A's worth, the sum of imports is 4 A's worth."""
    base = distorted(3, 50.0, 230.0, 1.0, 0.0, highest=1)
    current = base.current_a * np.array([[2.0], [2.0], [-3.0]])
    mains = Steady(50.0, base.orders, base.voltage_v, current, current.sum(axis=0))
    specimen = manufacture(shop, Ideal())
    chain = build(shop, specimen, calibrate(shop, specimen), fidelity, noise=False)  # type: ignore[arg-type]
    _, reading = measure(chain, start(chain), mains, Environment(), Span(0, 80_000))
    imports = sum(phase.active_import for phase in reading.phases)
    exports = sum(phase.active_export for phase in reading.phases)
    assert imports / reading.total.active_import == pytest.approx(4.0, rel=1e-4)
    assert exports / reading.total.active_import == pytest.approx(3.0, rel=1e-4)
    assert reading.total.active_export == 0


@given(st.lists(st.tuples(st.integers(0, 10**13), st.integers(1, 4000)), max_size=20), st.integers(1, 10**12))
def test_pulses_count_all_energy_and_rise_in_time(windows: list[tuple[int, int]], pulse: int) -> None:
    pulse = max(pulse, 10**10)
    carry, tick, found = 0, 0, []
    for energy, ticks in windows:
        carry, edges = pulses.edges(carry, energy, tick, ticks, pulse)
        tick += ticks
        assert 0 <= carry < pulse
        found.extend(edges)
    assert len(found) * pulse + carry == sum(energy for energy, _ in windows)
    assert found == sorted(found)
    assert all(0 <= edge <= tick * pulses.Q16 for edge in found)


@pytest.mark.parametrize("fidelity", ["phasor", "sampled"])
def test_edges_time_the_power_to_a_millionth_within_seconds(home: Platform, fidelity: str) -> None:
    """23 kW at 1000 imp/kWh is 6.389 pulses a second: the time from edge to edge gives the power back."""
    mains = distorted(1, 50.0, 230.0, 60.0, 0.0, highest=1)
    specimen = manufacture(home, Ideal())
    chain = build(home, specimen, calibrate(home, specimen), fidelity, noise=False)  # type: ignore[arg-type]
    _, reading = measure(chain, start(chain), mains, Environment(), Span(0, 80_000))
    edges = reading.active_pulses[10:]
    seconds = (edges[-1] - edges[0]) / pulses.Q16 / 8000.0
    power = (len(edges) - 1) * 3.6e6 / home.meter.constant_imp_per_kwh / seconds
    assert power == pytest.approx(230.0 * 60.0, rel=5e-6)


@pytest.mark.parametrize("fidelity", ["phasor", "sampled"])
def test_below_the_creep_threshold_nothing_counts_and_above_it_everything(home: Platform, fidelity: str) -> None:
    specimen = manufacture(home, Ideal())
    chain = build(home, specimen, calibrate(home, specimen), fidelity, noise=False)  # type: ignore[arg-type]
    threshold_a = chain.creep_w / home.meter.un_v
    for factor, counts in ((0.99, False), (1.01, True)):
        mains = distorted(1, 50.0, home.meter.un_v, factor * threshold_a, 0.0, highest=1)
        _, reading = measure(chain, start(chain), mains, Environment(), Span(0, 16_000))
        assert (reading.phases[0] != Energies()) == counts
