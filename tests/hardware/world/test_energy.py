"""Energy of a recording between two times, against calculus."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ferraris.hardware.world.energy import active_energy_j, held, integral
from ferraris.hardware.world.recording import Continuous, Cycles
from ferraris.hardware.world.truth import truth

RATE, HERTZ = 10_000.0, 50.0


def power(t: np.ndarray) -> np.ndarray:
    """u i of 230 V and 5 A in phase: 1150 (1 - cos 2wt)."""
    return 1150.0 * (1.0 - np.cos(4 * np.pi * HERTZ * t))


def exact_j(first_s: float, last_s: float) -> float:
    w = 4 * np.pi * HERTZ
    return 1150.0 * ((last_s - first_s) - (np.sin(w * last_s) - np.sin(w * first_s)) / w)


@given(first=st.floats(0.0, 5.0), length=st.floats(0.0, 5.0))
def test_integral_between_any_two_times(first: float, length: float) -> None:
    """Trapezoid on 200 samples a cycle: the error of a part of a cycle is below h^2/12 * max p''."""
    product = power(np.arange(200) / RATE)[None]
    bound = 1150.0 * (4 * np.pi * HERTZ) ** 2 / RATE**2 / 12 / HERTZ
    assert integral(product, RATE, first, first + length)[0] == pytest.approx(
        exact_j(first, first + length), abs=2 * bound
    )


def test_whole_loops_of_a_recording_carry_its_mean_power() -> None:
    t = np.arange(4000) / RATE
    volts, amperes = np.sin(2 * np.pi * HERTZ * t)[None], np.cos(2 * np.pi * HERTZ * t - 0.7)[None]
    recording = Continuous("waves", RATE, HERTZ, volts, amperes, amperes[0])
    true = truth(recording)
    energy = active_energy_j(recording, None, 0.1, 0.1 + 3 * true.duration_s)[0]
    assert energy == pytest.approx(true.phases[0].active_w * 3 * true.duration_s, rel=1e-9)


def test_held_cycles_follow_each_other_and_start_again() -> None:
    cycles = Cycles("c", 10_000.0, 50.0, *np.ones((2, 1, 3, 200)), np.ones((3, 200)), np.array([1.0, 2.0, 0.5]))
    pieces = list(held(cycles, None, 0.25, 8.0))
    assert [row for row, _, _ in pieces] == [0, 1, 2, 0, 1, 2, 0]
    assert pieces[0][1] == 0.25
    assert pieces[-1][2] == 8.0
    assert all(a[2] == b[1] for a, b in pairwise(pieces))
    assert sum(end - begin for _, begin, end in pieces) == pytest.approx(7.75)


def test_energy_of_held_cycles_is_each_power_times_its_time() -> None:
    u = 325.0 * np.sin(2 * np.pi * np.arange(200) / 200)
    volts = np.stack([u, u])[None]
    amperes = np.stack([u / 100.0, u / 50.0])[None]
    cycles = Cycles("c", 10_000.0, 50.0, volts, amperes, amperes[0], np.array([1.0, 1.0]))
    first, second = 325.0**2 / 200.0, 325.0**2 / 100.0
    assert active_energy_j(cycles, 4.0, 0.0, 6.0)[0] == pytest.approx(4.0 * first + 2.0 * second, rel=1e-9)
