"""A lost neutral: by hand arithmetic."""

import numpy as np
import pytest

from ferraris.hardware.world.mains import Steady
from ferraris.hardware.world.neutral import without_neutral
from ferraris.hardware.world.world import LoseNeutral, RestoreNeutral, apply, at, constant

TURNS = np.exp(-2j * np.pi * np.arange(3) / 3.0)[:, None]


def loaded(*ohms: float) -> Steady:
    voltage = 230.0 * TURNS
    current = voltage / np.array(ohms)[:, None]
    return Steady(50.0, np.array([1.0]), voltage, current, current.sum(axis=0))


def test_equal_loads_do_not_notice() -> None:
    mains = loaded(10.0, 10.0, 10.0)
    assert without_neutral(mains).voltage_v == pytest.approx(mains.voltage_v, abs=1e-9)


def test_beside_a_short_circuit_the_others_stand_at_the_voltage_between_phases() -> None:
    lost = without_neutral(loaded(1e-6, 100.0, 100.0))
    assert np.abs(lost.voltage_v[:, 0]) == pytest.approx([0.0, 398.37, 398.37], abs=0.01)


def test_two_loads_in_series_share_the_voltage_between_phases() -> None:
    """10 and 30 ohm across 398.37 V, nothing on the third: 99.6 V and 298.8 V, and 9.96 A through both."""
    lost = without_neutral(loaded(10.0, 30.0, 1e12))
    assert np.abs(lost.voltage_v[:2, 0]) == pytest.approx([99.59, 298.78], abs=0.01)
    assert np.abs(lost.current_a[:2, 0]) == pytest.approx([9.959, 9.959], abs=0.001)
    assert lost.current_a.sum() == pytest.approx(0.0, abs=1e-6)
    assert lost.neutral_a == pytest.approx([0.0])


def test_a_single_phase_is_refused() -> None:
    one = Steady(50.0, np.array([1.0]), np.array([[230.0 + 0j]]), np.array([[1.0 + 0j]]), np.array([1.0 + 0j]))
    with pytest.raises(ValueError, match="single phase"):
        without_neutral(one)


def test_the_neutral_of_a_world_can_be_lost_and_restored() -> None:
    mains = loaded(10.0, 30.0, 1e12)
    lost = apply(constant(mains), LoseNeutral())
    assert np.abs(at(lost, 0).mains.voltage_v[:2, 0]) == pytest.approx([99.59, 298.78], abs=0.01)
    assert at(apply(lost, RestoreNeutral()), 0).mains is mains
