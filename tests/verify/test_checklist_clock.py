"""Items 3.1 and 3.2: the clock at the corners of its crystal, the store new and worn, by hand arithmetic."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from verify_helpers import GOOD, altered, finding, shipped

from ferraris.hardware.platform.models import Absent, Platform
from ferraris.hardware.platform.timekeeping import Trim
from ferraris.units import Range, Toleranced
from ferraris.verify.checklist.registry import ITEMS
from ferraris.verify.finding import Finding, Incomplete, NotApplicable, Outcome, judge

S_PER_DAY = 0.0864
"""Of one ppm."""


def outcomes(platform: Platform, item: str) -> tuple[Outcome, ...]:
    return tuple(ITEMS[item].judge(platform))


def failed(found: tuple[Outcome, ...]) -> list[str]:
    return [outcome.quantity for outcome in found if isinstance(outcome, Finding) and outcome.verdict == "fail"]


def bare(low_c: float = -40.0, high_c: float = 85.0, **clock: Any) -> Platform:
    """home-1p with a nominal crystal, trimmed at 25 degC without a rest, and nothing else that moves it."""
    trim = Trim(step="0 ppm", range="487 ppm", temperature="25 degC", compensation="none")  # type: ignore[call-arg]
    home = altered(
        shipped("home-1p"),
        meter__temperature=Range(low_c, high_c),
        meter__enclosure_rise_k=0.0,
        clock__parabola_ppm_per_k2=Toleranced(-0.034),
        clock__turnover_c=Toleranced(25.0),
        clock__supply_sensitivity_ppm_per_v=0.0,
        clock__trim=trim,
    )
    return altered(home, **{f"clock__{name}": value for name, value in clock.items()})


def new(platform: Platform, at_c: float) -> Finding:
    return finding(outcomes(platform, "3.1"), "3.1", f"clock at {at_c:g} °C, new")


# ------------------------------------------------------------------------------------------------ shipped designs


@pytest.mark.parametrize("name", GOOD)
@pytest.mark.parametrize("item", ["3.1", "3.2"])
def test_the_good_platforms_pass(name: str, item: str) -> None:
    assert judge(outcomes(shipped(name), item)) == "pass"


@pytest.mark.parametrize("item", ["3.1", "3.2"])
def test_without_their_tables_they_are_incomplete_and_never_pass(item: str) -> None:
    [found] = outcomes(altered(shipped("home-1p"), clock=None, backup=None), item)
    assert isinstance(found, Incomplete)
    [found] = outcomes(altered(shipped("home-1p"), clock=None), item)
    assert isinstance(found, Incomplete)


def test_a_store_left_out_on_purpose_is_not_applicable() -> None:
    without = altered(shipped("home-1p"), backup=Absent(kind="none", because="set by the head end at each return"))
    assert outcomes(without, "3.2") == (
        NotApplicable("3.2", "store for the clock", "set by the head end at each return"),
    )
    assert judge(outcomes(without, "3.1")) == "pass"


# ------------------------------------------------------------------------------------------------ 3.1


@pytest.mark.parametrize(
    ("at_c", "headroom_ppm"), [(-40, -28.5), (-25, 4.1), (-10, 21.4), (45, 30.0), (60, 28.0), (70, 18.0), (85, -9.0)]
)
def test_headroom_of_a_trimmed_crystal_without_compensation(at_c: float, headroom_ppm: float) -> None:
    platform = bare(low_c=min(at_c, 0.0), high_c=max(at_c, 1.0))
    found = new(platform, at_c)
    assert found.margin / S_PER_DAY == pytest.approx(headroom_ppm, abs=0.55)
    assert found.verdict == ("fail" if headroom_ppm < 0 else "pass")


def test_headroom_at_the_reference_temperature() -> None:
    """0.5 s/day are 5.787 ppm; 0.034 x 2^2 = 0.136 ppm are gone two kelvins from the turnover."""
    assert new(bare(), 23.0).margin / S_PER_DAY == pytest.approx(5.787 - 0.136, abs=0.001)


def test_an_untrimmed_crystal_of_twenty_ppm_fails_at_the_reference_temperature() -> None:
    """20 ppm are 1.728 s/day, whatever else it is spared."""
    untrimmed = bare(
        trim=None, turnover_c=Toleranced(23.0), capacitor_f=Toleranced(18e-12), stray_f=Toleranced(3.5e-12)
    )
    found = new(untrimmed, 23.0)
    assert (found.measured, found.verdict) == (pytest.approx(1.728), "fail")


def test_the_load_pulls_a_crystal_that_nobody_trims() -> None:
    """2 x 17.1 pF and 2.5 pF are 11.05 pF: 3 fF/2 x (1/12.85 pF - 1/14.3 pF) = 11.84 ppm beside the cut's 20."""
    assert new(bare(trim=None, turnover_c=Toleranced(23.0)), 23.0).measured / S_PER_DAY == pytest.approx(
        31.84, abs=0.01
    )


def test_the_clock_is_as_hot_as_the_air_in_the_case() -> None:
    warm = altered(bare(-25.0, 60.0), meter__enclosure_rise_k=12.0)
    assert new(warm, 72.0).measured / S_PER_DAY == pytest.approx(0.034 * 47.0**2)


def test_the_worst_corner_of_the_parabola_is_taken() -> None:
    """k = -0.040, T0 = 30 degC, at -20 degC: 0.040 x (50^2 - 5^2) = 99 ppm since it was trimmed at 25 degC."""
    wide = bare(-20.0, 45.0, parabola_ppm_per_k2=Toleranced(-0.034, 0.006), turnover_c=Toleranced(25.0, 5.0))
    assert new(wide, -20.0).measured / S_PER_DAY == pytest.approx(99.0)


def test_compensation_by_the_data_sheet_leaves_the_corners_and_by_the_crystal_only_the_sensor() -> None:
    """At 65 degC: nominal 0.034 x 40^2 = 54.4 ppm; corner k = -0.040, T0 = 20: 0.040 x (45^2 - 5^2) = 80 ppm.

    The sensor 1 K off: 0.034 x (41^2 - 40^2) = 2.754 ppm, or 0.040 x (46^2 - 45^2) = 3.64 ppm.
    """
    spread = {"parabola_ppm_per_k2": Toleranced(-0.034, 0.006), "turnover_c": Toleranced(25.0, 5.0)}

    def left(compensation: str) -> float:
        trim = {"trim__compensation": compensation, "trim__sensor_error_k": 1.0}
        return new(bare(-20.0, 65.0, **spread, **trim), 65.0).measured / S_PER_DAY

    assert left("nominal") == pytest.approx(80.0 - 54.4 + 2.754 - 2 * 0.034, abs=0.15)
    assert left("individual") == pytest.approx(3.64, abs=0.01)


def test_trimming_leaves_half_a_step_and_supply_its_swing() -> None:
    """Half of 4 ppm, and 1 ppm/V between 3.366 V on the capacitor and 1.6 V at its end."""
    coarse = bare(trim__step_ppm=4.0, supply_sensitivity_ppm_per_v=-1.0)
    assert new(coarse, 23.0).measured / S_PER_DAY == pytest.approx(0.136 + 2.0 + 1.766, abs=0.001)
    alone = altered(coarse, backup=None)  # then all of what the clock bears: 1.5 to 3.6 V
    assert new(alone, 23.0).measured / S_PER_DAY == pytest.approx(0.136 + 2.0 + 2.1, abs=0.001)


def test_ageing_adds_as_the_root_of_squares_over_its_years() -> None:
    aged = bare(ageing_first_year_ppm=0.0, ageing_life_ppm=6.0)
    found = finding(outcomes(aged, "3.1"), "3.1", "clock at 23 °C, after 15 years")
    assert found.measured / S_PER_DAY == pytest.approx((6.0**2 + 0.136**2) ** 0.5)
    assert (found.verdict, found.limit.basis) == ("fail", "rule")
    assert new(aged, 23.0).measured / S_PER_DAY == pytest.approx(0.136)


def test_a_register_that_cannot_reach_the_cold_end_fails() -> None:
    """20 ppm of cut, no pulling, and 0.034 x 65^2 = 143.65 ppm at -40 degC."""
    short = bare(trim__compensation="nominal", trim__range_ppm=163.0, capacitor_f=Toleranced(18e-12))
    short = altered(short, clock__stray_f=Toleranced(3.5e-12))
    found = finding(outcomes(short, "3.1"), "3.1", "trim register")
    assert (found.measured, found.verdict) == (pytest.approx(163.65), "fail")


def test_cut_pulling_and_the_deepest_parabola_share_the_register() -> None:
    """20 ppm, 11.84 ppm, and 0.040 x 70^2 = 196 ppm from 30 degC down to -40."""
    found = finding(outcomes(shipped("home-1p"), "3.1"), "3.1", "trim register")
    assert found.measured == pytest.approx(227.84, abs=0.01)


def test_a_module_has_its_makers_accuracy_and_the_shift_by_soldering() -> None:
    shop = altered(shipped("shop-3p"), clock__supply_sensitivity_ppm_per_v=0.0)
    assert new(shop, -25.0).measured / S_PER_DAY == pytest.approx(3.0 + 0.238 / 2)
    assert new(shop, 23.0).measured / S_PER_DAY == pytest.approx(1.5 + 0.238 / 2)
    assert new(altered(shop, clock__trim_step_ppm=None), 23.0).measured / S_PER_DAY == pytest.approx(1.5 + 2.0)


def test_a_module_outside_its_makers_range_is_a_gap() -> None:
    [found] = outcomes(altered(shipped("shop-3p"), meter__temperature=Range(-50.0, 55.0)), "3.1")
    assert found == Incomplete("3.1", "clock: its maker states no accuracy at -50 °C")


def test_a_place_that_is_tighter_than_both_ends_is_told() -> None:
    """A module of 36 ppm from 40 to 50 degC only: 3.1 s/day at 40 degC, where 0.5 + 0.15 x 17 = 3.05 are allowed."""
    steps = ((Range(-25.0, 39.5), 1.0), (Range(39.5, 50.5), 36.0), (Range(50.5, 85.0), 3.0))
    shop = altered(shipped("shop-3p"), clock__accuracy=steps)
    assert failed(outcomes(shop, "3.1")) == ["clock at 40 °C, new", "clock at 40 °C, after 15 years"]


# ------------------------------------------------------------------------------------------------ 3.2


def store(**backup: Any) -> Platform:
    """home-1p with a capacitor of round figures: 1 F, 3.6 to 1.6 V, 1 uA, no leakage to speak of."""
    figures = {
        "capacitance_f": Toleranced(1.0),
        "leakage_a": 1e-15,
        "esr_ohm": 1e-3,
        "charged_v": Toleranced(3.6),
        "minimum_v": 1.6,
    } | backup
    home = altered(shipped("home-1p"), clock__backup_a=Toleranced(1e-6))
    return altered(home, **{f"backup__{name}": value for name, value in figures.items()})


def hold_up(platform: Platform, age: str, air_c: float) -> float:
    """Hours of one finding."""
    return finding(outcomes(platform, "3.2"), "3.2", f"hold-up, {age}, outage at {air_c:g} °C").measured


def test_a_farad_over_two_volts_feeds_a_microampere_for_555_hours() -> None:
    assert hold_up(store(), "new", -40.0) == pytest.approx(2e6 / 3600)
    assert hold_up(store(capacitance_f=Toleranced(1.0, 0.2)), "new", 70.0) == pytest.approx(0.8 * 2e6 / 3600)
    assert hold_up(store(charged_v=Toleranced(3.5, 0.1)), "new", 70.0) == pytest.approx(1.8e6 / 3600)
    assert hold_up(store(other_a=1e-6), "new", 70.0) == pytest.approx(1e6 / 3600)
    assert hold_up(store(diode_drop_v=0.5, esr_ohm=0.5e6), "new", 70.0) == pytest.approx(1e6 / 3600)


def test_leakage_counts_when_hot() -> None:
    """8 uA at 5.5 V and 20 degC double every 20 K: at 70 degC 5.657 times, G = 8.228 uS.

    C/G ln((3.6 + I/G)/(1.6 + I/G)) = 121.5 ks x ln(3.7215/1.7215) = 93.7 ks.
    """
    leaky = store(leakage_a=8e-6, charged_s=259200.0)
    assert hold_up(leaky, "new", 70.0) == pytest.approx(26.03, abs=0.01)
    assert hold_up(leaky, "new", -40.0) > 300.0


def test_a_worn_capacitor_has_lost_what_its_life_says() -> None:
    """2000 h at 85 degC; at 65 degC 8000 h, 1 V below its rating 5.657 times that: 5.163 years, so x = 2.905."""
    old = store(service_c=65.0, charged_v=Toleranced(4.5), worn_capacitance=0.3)
    assert finding(outcomes(old, "3.2"), "3.2", "life of the store").measured == pytest.approx(5.163, abs=0.001)
    assert hold_up(old, "after 15 years", -40.0) == pytest.approx(2.9e6 / 3600 * (1 - 0.3 * 2.905), rel=0.002)
    assert "life of the store" in failed(outcomes(old, "3.2"))


def test_series_resistance_grows_with_wear() -> None:
    """2000 h x 2^5 x 2^2.5 are 41.3 years, so x = 0.363: 0.891 F, and 0.5 Mohm x 1.363 x 1 uA off the 2 V."""
    worn = store(esr_ohm=0.5e6, worn_esr=2.0, worn_capacitance=0.3, service_c=35.0)
    assert hold_up(worn, "after 15 years", -40.0) == pytest.approx(0.891e6 * (2.0 - 0.6816) / 3600, rel=1e-3)


def test_a_shorter_hold_up_than_required_fails_and_so_does_asking_for_too_little() -> None:
    assert "hold-up, new, outage at 70 °C" in failed(outcomes(store(hold_up_s=600 * 3600.0), "3.2"))
    lax = failed(outcomes(store(hold_up_s=24 * 3600.0), "3.2"))
    assert lax == ["outage that the design is asked to bridge"]


def test_voltages_beyond_what_the_clock_bears_fail() -> None:
    assert failed(outcomes(store(charged_v=Toleranced(3.6, 0.1)), "3.2")) == ["voltage at the clock, store full"]
    assert failed(outcomes(store(minimum_v=1.4), "3.2")) == ["voltage at the clock, end of the hold-up"]


def cell(**backup: Any) -> Platform:
    """feeder-3p-ct drawing 10 uA all its life from a cell of 1.2 Ah, 80 % usable, 1 % a year at 20 degC."""
    feeder = altered(shipped("feeder-3p-ct"), clock__backup_a=Toleranced(10e-6))
    figures = {"unpowered_share": 1.0, "service_c": 20.0, "stated_life_years": 99.0, "hold_up_s": 1.0} | backup
    return altered(feeder, **{f"backup__{name}": value for name, value in figures.items()})


def test_a_cell_under_ten_microamperes_lasts_ten_years() -> None:
    found = outcomes(cell(), "3.2")
    life = finding(found, "3.2", "life of the store")
    assert (life.measured, life.verdict) == (pytest.approx(10.39, abs=0.01), "fail")
    assert hold_up(cell(), "after 15 years", -25.0) == 0.0
    assert hold_up(cell(self_discharge_per_year=0.0), "new", 55.0) == pytest.approx(0.96 / 10e-6)


def test_heat_costs_a_cell_its_charge() -> None:
    """1 % a year at 20 degC is 4 % at 40 degC: ln(1 + 0.04 x 0.96/0.08766)/0.04 = 9.08 years."""
    hot = finding(outcomes(cell(service_c=40.0), "3.2"), "3.2", "life of the store")
    assert hot.measured == pytest.approx(9.08, abs=0.01)


def test_no_cell_outlives_its_makers_time() -> None:
    idle = cell(unpowered_share=0.01, stated_life_years=12.0)
    assert finding(outcomes(idle, "3.2"), "3.2", "life of the store").measured == 12.0


def test_a_passivated_cell_dips_below_what_the_clock_needs() -> None:
    """3.6 V - 10 uA x 150 kohm - 0.3 V = 1.8 V under 2.0 V."""
    found = finding(outcomes(cell(passivation_ohm=150e3), "3.2"), "3.2", "voltage of the cell")
    assert (found.measured, found.verdict) == (pytest.approx(1.8), "fail")


# ------------------------------------------------------------------------------------------------ any design


@given(
    st.floats(-0.2, 0.2), st.floats(0.0, 0.2), st.floats(1e-15, 1e-3), st.floats(1e-12, 1e-2), st.floats(-60.0, 120.0)
)
def test_an_absurd_clock_is_judged_and_never_a_traceback(
    k: float, spread: float, leakage_a: float, draw_a: float, service_c: float
) -> None:
    platform = altered(
        shipped("home-1p"),
        clock__parabola_ppm_per_k2=Toleranced(k, spread),
        clock__backup_a=Toleranced(draw_a, 0.0),
        backup__leakage_a=leakage_a,
        backup__service_c=service_c,
    )
    assert {outcome.item for item in ("3.1", "3.2") for outcome in outcomes(platform, item)} == {"3.1", "3.2"}
