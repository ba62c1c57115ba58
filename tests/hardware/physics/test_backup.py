"""Laws of capacitors and cells: published examples, hand arithmetic, and step-by-step discharge."""

from math import log

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ferraris.hardware.physics import backup

HOUR = 3600.0
MICRO = 1e-6


@pytest.mark.parametrize(
    ("farads", "drop_v", "load_a", "hours"), [(15e-3, 0.6, 500e-9, 5.0), (30e-3, 2.2, 110e-9, 167.0)]
)
def test_constant_current_as_two_published_examples_have_it(
    farads: float, drop_v: float, load_a: float, hours: float
) -> None:
    found = backup.hold_up_s(farads, 1.0 + drop_v, 1.0, load_a, 0.0) / HOUR
    assert found == pytest.approx(hours, rel=0.005)


def test_resistive_load_as_in_the_application_note() -> None:
    """Without a constant current t = R C ln(U1/U2): 1 F through 1 Mohm from 5.0 to 2.0 V lasts 10.6 days."""
    found = backup.hold_up_s(1.0, 5.0, 2.0, 0.0, 1e-6)
    assert found == pytest.approx(1e6 * log(2.5))
    assert found / 86400 == pytest.approx(10.6, abs=0.05)


@given(st.floats(1e-3, 10.0), st.floats(2.0, 5.5), st.floats(0.1, 1.9), st.floats(1e-9, 1e-4), st.floats(0.0, 1e-4))
def test_hold_up_is_what_stepping_through_the_discharge_finds(
    farads: float, first_v: float, last_v: float, load_a: float, siemens: float
) -> None:
    """Integral of C dU / (I + G U) over 400 slices, midpoint rule."""
    slice_v = (first_v - last_v) / 400
    middles = (last_v + (k + 0.5) * slice_v for k in range(400))
    stepped = sum(farads * slice_v / (load_a + siemens * volts) for volts in middles)
    assert backup.hold_up_s(farads, first_v, last_v, load_a, siemens) == pytest.approx(stepped, rel=1e-3)


def test_a_store_below_the_end_voltage_holds_nothing() -> None:
    assert backup.hold_up_s(1.0, 1.5, 1.6, MICRO, 0.0) == 0.0


def test_a_third_of_a_farad_new_and_cool_against_worn_and_hot() -> None:
    """0.33 F, 5.0 to 1.6 V, 1.5 uA: 113 h new at 25 degC, 23 h at the end of its life at 60 degC.

    With 2 uA of leakage at 5 V that doubles every 20 K and with wear, 30 % of the capacitance gone.
    """
    fresh = backup.leakage_siemens(2 * MICRO, 5.0, 72 * HOUR, 0.5)
    new = backup.hold_up_s(0.33, 5.0, 1.6, 1.5 * MICRO, fresh) / HOUR
    assert new == pytest.approx(113.0, abs=0.5)
    hot = backup.worn(fresh, 2.0, 1.0) * backup.doublings(60.0 - 25.0, 20.0)
    old = backup.hold_up_s(backup.worn(0.33, 0.7, 1.0), 5.0, 1.6, 1.5 * MICRO, hot) / HOUR
    assert old == pytest.approx(23.0, abs=0.5)


def test_leakage_falls_with_the_root_of_time_on_charge_and_doubles_with_heat() -> None:
    assert backup.leakage_siemens(8 * MICRO, 4.0, 72 * HOUR, 0.5) == pytest.approx(2 * MICRO)
    assert backup.leakage_siemens(8 * MICRO, 4.0, 4 * 72 * HOUR, 0.5) == pytest.approx(MICRO)
    assert backup.leakage_siemens(8 * MICRO, 4.0, 4 * 72 * HOUR, 0.0) == pytest.approx(2 * MICRO)
    assert backup.doublings(40.0, 20.0) == 4.0
    assert backup.doublings(-20.0, 20.0) == 0.5


def test_a_thousand_hours_at_seventy_degrees_are_less_than_a_year_at_forty() -> None:
    """2^3 x 1000 h at the rated voltage; each 0.2 V less doubles it, but the law is not carried further than 1 V."""
    life = backup.capacitor_life_s(1000 * HOUR, -30.0, 0.0, 0.2)
    assert life == pytest.approx(8000 * HOUR)
    assert backup.capacitor_life_s(1000 * HOUR, -30.0, 0.4, 0.2) == pytest.approx(4 * life)
    assert backup.capacitor_life_s(1000 * HOUR, -30.0, 3.0, 0.2) == pytest.approx(32 * life)


def test_wear_is_a_straight_line_that_ends_at_nothing() -> None:
    assert [backup.worn(10.0, 0.7, used) for used in (0.0, 0.5, 1.0, 5.0)] == pytest.approx([10.0, 8.5, 7.0, 0.0])
    assert backup.worn(30.0, 3.0, 0.5) == pytest.approx(60.0)


@pytest.mark.parametrize(
    ("load_a", "loss", "years"), [(10e-6, 0.01, 10.4), (3e-6, 0.01, 31.1), (3e-6, 0.02, 27.4), (10e-6, 0.0, 10.95)]
)
def test_life_of_a_half_aa_cell(load_a: float, loss: float, years: float) -> None:
    """1.2 Ah, 80 % of it usable: 10 uA for 10 years, 3 uA for 27 to 31 by self-discharge; 0.96 Ah / 10 uA = 10.95 y."""
    assert backup.cell_years(0.96, load_a, loss) == pytest.approx(years, rel=0.003)


@given(st.floats(0.01, 20.0), st.floats(1e-9, 1e-3), st.floats(0.0, 0.3), st.floats(0.0, 0.9))
@example(1.0, 0.00027830801610199095, 5e-324, 0.0)
def test_what_is_left_after_that_life_is_the_reserve(
    capacity_ah: float, load_a: float, loss: float, share: float
) -> None:
    reserve_ah = share * capacity_ah
    years = backup.cell_years(capacity_ah, load_a, loss, reserve_ah)
    left_ah = backup.cell_left_ah(capacity_ah, load_a, loss, years)
    assert left_ah == pytest.approx(reserve_ah, rel=1e-6, abs=1e-9 * capacity_ah)


def test_a_cell_that_holds_no_more_than_the_reserve_is_at_its_end() -> None:
    assert backup.cell_years(1.0, MICRO, 0.01, 1.0) == 0.0
    assert backup.cell_left_ah(1.0, 1.0, 0.01, 1.0) == 0.0


def test_a_milliampere_through_a_passivated_cell_drops_six_tenths_of_a_volt() -> None:
    assert backup.cell_v(3.6, 1e-3, 600.0) == pytest.approx(3.0)
