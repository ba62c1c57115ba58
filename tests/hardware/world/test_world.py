"""The world is a pure function of time that goes on without a jump."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ferraris.hardware.world.loads import (
    FOREVER_NS,
    ConstantPower,
    Cycled,
    Daily,
    Motor,
    PvExport,
    Rectifier,
    Resistive,
)
from ferraris.hardware.world.mains import Environment, Recorded, Steady
from ferraris.hardware.world.source import Harmonic, Source, single_phase, three_phase, voltages
from ferraris.hardware.world.world import (
    CutMains,
    Grid,
    Playlist,
    RestoreMains,
    ReverseWires,
    SetAir,
    World,
    apply,
    at,
    constant,
    household,
    sequence,
)

BUSY = household(
    three_phase(harmonics=(Harmonic(5, 0.03, 170.0),)),
    Daily(Rectifier((100.0, 50.0, 0.0)), (0.5, 1.0, 0.25), day_s=60.0),
    Cycled(Motor((200.0,) * 3, inrush=6.0), 10.0, 4.0, 1.0),
    PvExport((500.0, 0.0, 0.0), 0.95),
)


def steady(frequency_hz: float = 50.0, amperes: float = 1.0) -> Steady:
    one = np.array([[230.0 + 0j]])
    return Steady(frequency_hz, np.array([1.0]), one, one / 230 * amperes, one[0] / 230 * amperes)


def wave(mains: Steady, t_ns: int) -> np.ndarray:
    """Instantaneous voltages, by the definition in mains.py."""
    angle = 2 * np.pi * mains.orders * mains.frequency_hz * (t_ns - mains.origin_ns) / 1e9
    return np.sqrt(2) * (mains.voltage_v * np.exp(1j * angle)).real.sum(axis=1)


def same(one: Steady, other: Steady) -> bool:
    return all(
        np.array_equal(getattr(one, name), getattr(other, name))
        for name in ("orders", "voltage_v", "current_a", "neutral_a")
    )


@given(st.integers(0, 10**12), st.floats(0, 1, exclude_max=True))
def test_nothing_changes_before_until(t_ns: int, part: float) -> None:
    moment = at(BUSY, t_ns)
    assert moment.until_ns > t_ns
    later = at(BUSY, t_ns + int(part * (moment.until_ns - t_ns)))
    assert later.until_ns == moment.until_ns
    assert same(moment.mains, later.mains)


def test_the_order_of_questions_does_not_matter() -> None:
    times = list(range(0, 60_000_000_000, 777_777_777))
    forward = [at(BUSY, t).mains for t in times]
    backward = [at(BUSY, t).mains for t in reversed(times)]
    assert all(same(a, b) for a, b in zip(forward, reversed(backward), strict=True))


def test_the_voltage_goes_on_without_a_jump_when_loads_change() -> None:
    t_ns = at(BUSY, 0).until_ns
    np.testing.assert_allclose(wave(at(BUSY, t_ns - 1).mains, t_ns), wave(at(BUSY, t_ns).mains, t_ns))


def test_several_loads_add_their_powers_and_the_neutral_returns_their_sum() -> None:
    world = household(three_phase(), ConstantPower((100.0, 200.0, 300.0)), Resistive((1000.0, 0.0, 0.0)))
    mains = at(world, 5).mains
    power = (mains.voltage_v * np.conj(mains.current_a)).real.sum(axis=1)
    np.testing.assert_allclose(power, [1100, 200, 300])
    np.testing.assert_allclose(mains.neutral_a, mains.current_a.sum(axis=0))


def test_a_balanced_load_leaves_the_neutral_empty() -> None:
    assert abs(at(household(three_phase(), Resistive((500.0,) * 3)), 0).mains.neutral_a[0]) < 1e-12


def test_a_house_without_loads_has_voltage_and_no_current_for_ever() -> None:
    moment = at(World(), 10**18)
    assert moment.until_ns == FOREVER_NS
    assert abs(moment.mains.voltage_v[0, 0]) == 230
    assert not moment.mains.current_a.any()


def test_equal_harmonics_form_the_sequences_of_a_real_grid() -> None:
    a = np.exp(2j * np.pi / 3)
    tones = voltages(three_phase(harmonics=(Harmonic(3, 0.1), Harmonic(5, 0.1, 33.0), Harmonic(7, 0.1))))
    zero = tones.phasors.sum(axis=0) / 3
    positive = (np.array([1, a, a**2]) @ tones.phasors) / 3
    negative = (np.array([1, a**2, a]) @ tones.phasors) / 3
    share = np.abs([zero, positive, negative]).T
    np.testing.assert_allclose(share, [[0, 230, 0], [23, 0, 0], [0, 0, 23], [0, 23, 0]], atol=1e-9)


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ({"frequency_hz": 44.9}, "frequency"),
        ({"frequency_hz": float("nan")}, "frequency"),
        ({"voltages_v": (230.0, 230.0), "angles_deg": (0.0, 180.0)}, "one voltage"),
        ({"angles_deg": (0.0, 120.0, 240.0)}, "one voltage"),
        ({"voltages_v": (-1.0,)}, "negative"),
        ({"harmonics": (Harmonic(5, 0.1), Harmonic(5, 0.2))}, "order"),
        ({"harmonics": (Harmonic(1, 0.1),)}, "order"),
    ],
)
def test_an_impossible_source_is_refused(arguments: dict[str, Any], complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        Source(**arguments)


def test_a_load_for_three_phases_is_refused_on_one() -> None:
    with pytest.raises(ValueError, match="3 phase"):
        Grid(single_phase(), (Resistive((1.0, 1.0, 1.0)),))


def test_a_playlist_plays_in_order_and_begins_again() -> None:
    pieces = [(3, steady(amperes=1)), (5, steady(amperes=2)), (2, steady(amperes=3))]
    world = World(sequence(pieces))
    heard = [abs(at(world, t).mains.current_a[0, 0]) for t in range(23)]
    assert heard == pytest.approx(([1] * 3 + [2] * 5 + [3] * 2) * 2 + [1] * 3)
    assert [at(world, t).until_ns for t in (0, 2, 3, 9, 10, 12, 13)] == [3, 3, 8, 10, 13, 13, 18]


@pytest.mark.parametrize("ends", [(), (0, 5), (5, 5), (5,)])
def test_a_playlist_without_length_is_refused(ends: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="playlist"):
        Playlist((steady(), steady()), ends)


@pytest.mark.parametrize("world", [BUSY, constant(steady()), World(sequence([(7, steady()), (8, steady())]))])
def test_cut_mains_means_no_voltage_and_no_current_until_restored(world: World) -> None:
    dark = at(apply(world, CutMains()), 3)
    assert not dark.mains.voltage_v.any()
    assert not dark.mains.current_a.any()
    assert dark.mains.voltage_v.shape[0] == at(world, 3).mains.voltage_v.shape[0]
    lit = at(apply(apply(world, CutMains()), RestoreMains()), 3)
    assert same(lit.mains, at(world, 3).mains)


def test_reversed_wires_turn_one_current_and_turning_twice_is_nothing() -> None:
    before = at(BUSY, 0).mains
    world = apply(BUSY, ReverseWires(1))
    after = at(world, 0).mains
    np.testing.assert_array_equal(after.current_a, before.current_a * np.array([[1], [-1], [1]]))
    np.testing.assert_array_equal(after.voltage_v, before.voltage_v)
    assert same(at(apply(world, ReverseWires(1)), 0).mains, before)
    with pytest.raises(ValueError, match="no element 3"):
        apply(BUSY, ReverseWires(3))


def test_reversed_wires_turn_a_recording_too_and_keep_it_one_object() -> None:
    samples = np.arange(8.0)[None]
    world = apply(constant(Recorded(400.0, 50.0, samples, samples, samples[0])), ReverseWires(0))
    np.testing.assert_array_equal(at(world, 0).mains.current_a, -samples)
    assert at(world, 0).mains is at(world, 10**9).mains  # so that what was prepared from it can be kept


def test_the_air_changes_and_nothing_else() -> None:
    moment = at(apply(constant(steady(), Environment(5.0)), SetAir(-25.0)), 0)
    assert moment.environment == Environment(-25.0)
