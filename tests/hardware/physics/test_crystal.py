"""Laws of a crystal's rate: published oracles, hand arithmetic, and numerical derivatives."""

from math import log10

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ferraris.hardware.physics import crystal

PICO = 1e-12
FEMTO = 1e-15
K, TURNOVER = -0.034, 25.0


def test_one_ppm_is_86400_millionths_of_a_second_a_day() -> None:
    assert crystal.seconds_per_day(1.0) == pytest.approx(86400e-6)


@pytest.mark.parametrize(
    ("crystal_c", "headroom_ppm"),
    [(-40, -28.5), (-25, 4.1), (-10, 21.4), (23, 5.7), (45, 30.0), (60, 28.0), (70, 18.0), (85, -9.0)],
)
def test_headroom_of_the_bare_parabola_under_the_limit(crystal_c: float, headroom_ppm: float) -> None:
    """Limit 0.5 s/day at 23 degC and 0.15 s/day/K, at 0.0864 s/day for each ppm; the table has a digit or less."""
    limit_ppm = (0.5 + 0.15 * abs(crystal_c - 23.0)) / 0.0864
    found = limit_ppm - abs(crystal.parabola_ppm(K, TURNOVER, crystal_c))
    assert found == pytest.approx(headroom_ppm, abs=0.55)


@pytest.mark.parametrize(("load_pf", "ppm_per_pf"), [(12.5, -8.2), (7.0, -23.4)])
def test_pulling_has_the_published_slope(load_pf: float, ppm_per_pf: float) -> None:
    """S = -C1/2/(C0 + CL)^2 for 3 fF and 1 pF: a picofarad of stray capacitance on a 7 pF part costs 2 s a day."""
    step = 0.01
    ends = [crystal.pulling_ppm(3 * FEMTO, PICO, (load_pf + each) * PICO, load_pf * PICO) for each in (-step, step)]
    assert (ends[1] - ends[0]) / (2 * step) == pytest.approx(ppm_per_pf, abs=0.05)


def test_the_right_load_pulls_nothing_and_too_little_runs_fast() -> None:
    load = crystal.load_f(18 * PICO, 3.5 * PICO)
    assert load == pytest.approx(12.5 * PICO)
    assert crystal.pulling_ppm(3 * FEMTO, PICO, load, load) == 0.0
    assert crystal.pulling_ppm(3 * FEMTO, PICO, 0.9 * load, load) > 0.0


def test_ageing_is_that_of_the_first_year_after_one_and_slows_down() -> None:
    assert crystal.ageing_ppm(3.0, 0.0) == 0.0
    assert crystal.ageing_ppm(3.0, 1.0) == pytest.approx(3.0)
    assert crystal.ageing_ppm(3.0, 2.0) - 3.0 < 0.5
    # any base of the logarithm gives the same: 3 ppm * lg(1 + 15 y/2 d) / lg(1 + 1 y/2 d)
    assert crystal.ageing_ppm(3.0, 15.0) == pytest.approx(3.0 * log10(1 + 15 * 182.625) / log10(1 + 182.625))


@given(st.floats(-0.05, -0.02), st.floats(15.0, 35.0), st.floats(-40.0, 85.0))
def test_trimming_takes_everything_off_at_its_own_temperature(k: float, turnover_c: float, at_c: float) -> None:
    assert crystal.since_trimming_ppm(k, turnover_c, at_c, at_c) == 0.0
    there = crystal.since_trimming_ppm(k, turnover_c, 60.0, at_c)
    assert crystal.since_trimming_ppm(k, turnover_c, at_c, 60.0) == pytest.approx(-there)


def test_a_kelvin_of_sensor_error_at_sixty_degrees_is_two_and_a_half_ppm() -> None:
    """2 k (T - T0) dT = 2 x 0.034 x 35 x 1 = 2.38 ppm."""
    wrong = crystal.parabola_ppm(K, TURNOVER, 60.5) - crystal.parabola_ppm(K, TURNOVER, 59.5)
    assert wrong == pytest.approx(-2.38)
