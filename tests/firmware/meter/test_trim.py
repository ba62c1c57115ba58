"""The correction of the clock against the same law in fractions, its steps and its ends."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ferraris.firmware.meter.trim import TrimPlan, correction_ppb

FINE = TrimPlan(0, -34_000, 25_000, 0, 10**9)


def test_a_crystal_is_helped_most_where_it_is_furthest_from_its_turnover() -> None:
    """0.034 ppm/K^2 x 65^2 K^2 = 143.65 ppm at -40 degC; x 60^2 = 122.4 ppm at 85 degC."""
    assert [correction_ppb(FINE, at) for at in (25_000, -40_000, 85_000)] == [0, 143_650, 122_400]


def test_without_curvature_the_temperature_does_not_matter() -> None:
    plan = TrimPlan(-20_000, 0, 0, 1_000_000, 240_000)
    assert {correction_ppb(plan, at) for at in range(-40_000, 85_000, 1000)} == {-20_000}


@pytest.mark.parametrize(("asked", "given"), [(1400, 1000), (1500, 2000), (-1400, -1000), (-1600, -2000)])
def test_it_goes_to_the_nearest_step(asked: int, given: int) -> None:
    assert correction_ppb(TrimPlan(asked, 0, 0, 1_000_000, 240_000), 0) == given


def test_fixed_and_temperature_parts_stop_together_at_the_end_of_the_range() -> None:
    """MSP430's 240 ppm: 150 and 143.65 ppm are too much together, though not alone."""
    assert correction_ppb(TrimPlan(150_000, -34_000, 25_000, 1_000_000, 240_000), -40_000) == 240_000
    assert correction_ppb(TrimPlan(-390_000, -34_000, 25_000, 1_000_000, 240_000), -40_000) == -240_000


@given(
    st.integers(-300_000, 300_000),
    st.integers(-60_000, 0),
    st.integers(15_000, 35_000),
    st.integers(1, 30_500_000),
    st.integers(-55_000, 125_000),
)
def test_it_is_the_parabola_to_half_a_step(fixed: int, curvature: int, turnover: int, step: int, at: int) -> None:
    kelvins = Fraction(at - turnover, 1000)
    exact_ppb = fixed - Fraction(curvature, 1000) * kelvins**2
    found = correction_ppb(TrimPlan(fixed, curvature, turnover, step, 10**9), at)
    assert abs(found - exact_ppb) <= Fraction(step, 2000) + 1  # half a step, and the answer in whole ppb
