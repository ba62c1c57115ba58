"""The checklist on the shipped platforms, and on variations that each break one thing."""

import re
import time
from math import log10, pi, sqrt
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from verify_helpers import GOOD, PLATFORMS, altered, finding, shipped

from ferraris.hardware.platform.models import Absent, Shunt
from ferraris.units import CurrentRange, Range, Toleranced
from ferraris.verify.checklist import TITLES, check
from ferraris.verify.checklist.registry import ITEMS
from ferraris.verify.finding import Finding, Incomplete, NotApplicable, Outcome, judge

SENSING = "2.1", "2.2", "2.3"


def outcomes(platform: Any, *items: str) -> tuple[Outcome, ...]:
    """Outcomes of some items alone."""
    return tuple(outcome for item in items for outcome in ITEMS[item].judge(platform))


def failed(found: tuple[Outcome, ...]) -> set[str]:
    return {outcome.item for outcome in found if outcome.verdict == "fail"}


@pytest.mark.parametrize("name", GOOD)
def test_the_good_platforms_fail_nothing(name: str) -> None:
    found = check(shipped(name))
    assert [outcome for outcome in found if outcome.verdict == "fail"] == []
    for item in ("1.1", "1.2", "1.3"):
        assert judge([outcome for outcome in found if outcome.item == item]) == "pass"


def test_the_flawed_platform_fails_exactly_the_items_its_file_names() -> None:
    text = (PLATFORMS / "flawed-1p.toml").read_text(encoding="utf-8")
    named = set(re.findall(r"^#   (\d\.\d) ", text, flags=re.MULTILINE))
    assert named >= {"1.2", "2.1", "2.2", "2.3"}
    assert failed(check(shipped("flawed-1p"))) == named


def test_every_item_is_judged_in_order_and_progress_is_told() -> None:
    told: list[tuple[str, int, int]] = []
    found = check(shipped("home-1p"), lambda *step: told.append(step))
    assert list(dict.fromkeys(outcome.item for outcome in found)) == list(TITLES)
    assert [done for _, done, _ in told] == list(range(26))
    assert {total for *_, total in told} == {26}
    assert told[0][0].startswith("1.1 ")


def test_what_has_no_model_is_incomplete_and_names_it() -> None:
    found = check(shipped("home-1p"))
    later = [outcome for outcome in found if outcome.item[0] in "4567"]
    assert len({outcome.item for outcome in later}) == 16
    assert all(isinstance(outcome, Incomplete) and len(outcome.part) > 20 for outcome in later)


def test_the_verdict_is_the_same_every_time() -> None:
    assert check(shipped("shop-3p")) == check(shipped("shop-3p"))


def test_home_is_judged_for_both_of_its_classes() -> None:
    quantities = [o.quantity for o in outcomes(shipped("home-1p"), "1.1") if isinstance(o, Finding)]
    assert {name for name in ("B", "1", "C") if any(f"class {name} " in text for text in quantities)} == {"B", "1"}


def test_a_check_takes_seconds_not_minutes() -> None:
    started = time.process_time()
    check(shipped("shop-3p"))
    assert time.process_time() - started < 5.0


# ------------------------------------------------------------------------------------------------ section 1


def test_a_class_without_a_table_is_incomplete() -> None:
    home = altered(shipped("home-1p"), meter__classes=("0.1S",))
    found = outcomes(home, "1.1")
    assert found == (Incomplete("1.1", "class 0.1S: no table of its limits"),)


def test_a_meter_that_is_too_good_for_its_parts_fails_its_class() -> None:
    """A drift of 100 ppm/K at both ends of the power path is ten times the coefficient of class 0.2S."""
    feeder = altered(shipped("feeder-3p-ct"), adc__reference_drift_ppm_per_k=Toleranced(50.0, 0.0))
    assert finding(outcomes(feeder, "1.1"), "1.1", "temperature coefficient, PF 1").verdict == "fail"


def test_limits_at_the_temperature_ends_are_row_plus_coefficient() -> None:
    """Class 1 at -40 degC, PF 1: 1.0 % + 0.05 %/K x 63 K = 4.15 %; at 70 degC 1.0 + 0.05 x 47 = 3.35 %."""
    found = finding(outcomes(shipped("home-1p"), "1.1"), "1.1", "class 1 at -40 °C and 70 °C, 0.5 to 100 A, PF 1")
    assert round(found.limit.value, 9) in {4.15, 3.35}


def test_a_range_beyond_the_temperature_bands_is_a_gap() -> None:
    arctic = altered(shipped("home-1p"), meter__temperature=Range(-50.0, 70.0))
    assert [o.part[:17] for o in outcomes(arctic, "1.1") if isinstance(o, Incomplete)] == ["class B composite"]


def test_temperature_coefficient_by_hand() -> None:
    """A shunt of 50 ppm/K, and nothing else that drifts: 0.005 %/K."""
    steady = altered(
        plain_home(),
        current__line__tempco_ppm_per_k=Toleranced(50.0),
        voltage__tracking_ppm_per_k=0.0,
        adc__gain_drift_ppm_per_k=Toleranced(0.0),
        adc__reference_drift_ppm_per_k=Toleranced(0.0),
    )
    found = finding(outcomes(steady, "1.1"), "1.1", "class B temperature coefficient, PF 1")
    assert found.measured == pytest.approx(0.005, rel=0.01)


def test_a_stated_starting_current_above_the_class_fails() -> None:
    home = altered(shipped("home-1p"), firmware__start_a=0.021)
    found = finding(outcomes(home, "1.1"), "1.1", "class B stated starting current")
    assert (found.measured, found.verdict) == (pytest.approx(0.0042), "fail")


def test_yield_is_about_what_the_normal_law_says() -> None:
    """Drifts of 300 ppm/K (sigma 98.7) in U and I, over 48 K: sigma 0.670 %; one phase may err by 0.3 + 0.48 = 0.78 %.

    P(|z| < 0.78/0.670) = 0.756 for that row alone; the balanced row (0.387 % against 0.68 %, 0.92) takes a little more.
    """
    wide = altered(shipped("feeder-3p-ct"), adc__gain_drift_ppm_per_k=Toleranced(0.0, 300.0))
    found = finding(outcomes(wide, "1.1"), "1.1", "yield")
    assert 0.756 * 0.92 - 0.05 < found.measured < 0.756 + 0.01
    assert found.verdict == "fail"


def test_channels_are_counted_against_the_converter() -> None:
    home = shipped("home-1p")
    assert outcomes(altered(home, adc__channels=3), "1.2")[0].verdict == "pass"
    assert outcomes(altered(home, adc__channels=2), "1.2")[0].verdict == "fail"
    bare = altered(home, adc__channels=2, current__neutral=Absent(kind="none", because="flat roof"))
    found = outcomes(bare, "1.2")
    assert found[0].verdict == "pass"
    assert found[1] == NotApplicable("1.2", "neutral current channel", "flat roof")


def test_functions_without_a_budget_leave_the_ledger_open() -> None:
    home = altered(shipped("home-1p"), firmware__budgets=())
    gaps = [outcome.part for outcome in outcomes(home, "1.3") if isinstance(outcome, Incomplete)]
    assert [gap.split(":")[0] for gap in gaps] == ["metrology", "tamper", "control", "communication"]


def test_processor_time_is_metrology_and_every_budget() -> None:
    """63 MAC x 8 kS/s x 20 cycles at 80 MHz are 0.126; the budgets add theirs."""
    home = altered(shipped("home-1p"), soc__cpu_hz=80e6, soc__cycles_per_mac=20.0)
    others = sum(budget.cpu_share for budget in home.firmware.budgets)
    assert others > 0.05
    assert finding(outcomes(home, "1.3"), "1.3", "processor time").measured == pytest.approx(0.126 + others)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"soc__cpu_hz": 2e6}, "processor time"),
        ({"soc__ram_bytes": 16384}, "RAM"),
        ({"soc__flash_bytes": 65536}, "flash"),
        ({"nvm__size_bytes": 393216}, "non-volatile"),
        ({"nvm__endurance_cycles": 1e5}, "journal"),
        ({"soc__uart": 1}, "UART"),
        ({"soc__gpio": 3}, "GPIO"),
    ],
)
def test_a_resource_that_is_short_fails_its_own_finding(changes: dict[str, Any], words: str) -> None:
    found = outcomes(altered(shipped("home-1p"), **changes), "1.3")
    assert [o.quantity for o in found if isinstance(o, Finding) and o.verdict == "fail"] == [
        finding(found, "1.3", words).quantity
    ]


# ------------------------------------------------------------------------------------------------ section 2


def plain_home() -> Any:
    """home-1p with a shunt and a divider whose every figure stands here."""
    shunt = Shunt(
        kind="shunt", resistance="150 uohm ± 2 %", tempco="50 ppm/K ± 10 ppm/K", inductance="1 nH", power_rating="3 W",
        thermal_resistance="20 K/W", max_energy="100000 A2s", max_temperature="150 degC",
    )  # fmt: skip
    home = altered(shipped("home-1p"), current__line=shunt, meter__enclosure_rise_k=10.0)
    return altered(
        home,
        voltage__upper=Toleranced(300e3, 3e3),
        voltage__upper_count=3,
        voltage__lower=Toleranced(1e3, 10.0),
        voltage__tracking_ppm_per_k=10.0,
        voltage__ageing_ppm=200.0,
        voltage__resistor_power_w=0.125,
        voltage__resistor_voltage_v=150.0,
        voltage__clamp_v=3.0,
        voltage__clamp_leakage_a=1e-7,
        adc__input_ohm=1e12,
        adc__gain_tolerance=0.01,
        adc__gain_line=32,
        adc__full_scale_v=1.2,
    )


def test_heat_of_the_shunt_by_hand() -> None:
    """100 A in 153 uohm: 1.53 W, 30.6 K of its own, 70 + 10 + 30.6 = 110.6 degC."""
    found = outcomes(plain_home(), "2.1")
    assert finding(found, "2.1", "line shunt: power").measured == pytest.approx(1.53)
    assert finding(found, "2.1", "element temperature").measured == pytest.approx(110.6)


def test_self_heating_is_own_heat_and_enclosure_heat() -> None:
    """60 ppm/K x 30.6 K = 0.1836 % by the shunt's own heat; 10 K of enclosure adds at most what every drift sums to."""
    home = plain_home()
    adc = home.adc
    found = finding(outcomes(home, "2.1"), "2.1", "class B self-heating")
    around = (
        60.0
        + home.voltage.tracking_ppm_per_k
        + 2 * (sum(map(abs, adc.gain_drift_ppm_per_k)) + sum(map(abs, adc.reference_drift_ppm_per_k)))
    )
    assert 0.1836 < found.measured < 0.1836 + 1e-4 * around * 10.0


def test_short_circuit_by_hand() -> None:
    """30 x 100 A for 10 ms are 90 000 A2s; 20 x 6 A for 0.5 s are 7200 A2s."""
    assert finding(outcomes(plain_home(), "2.1"), "2.1", "line sensor: I²t").measured == pytest.approx(90e3)
    assert finding(outcomes(shipped("feeder-3p-ct"), "2.1"), "2.1", "line sensor: I²t").measured == pytest.approx(7200)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"current__line__power_rating_w": 1.5}, "line shunt: power"),
        ({"current__line__max_c": 110.0}, "element temperature"),
        ({"current__line__max_energy_a2s": 80e3}, "line sensor: I²t"),
        ({"current__neutral__max_continuous_a": 99.0}, "neutral CT: continuous"),
        ({"current__neutral__saturation_vs": 1e-3}, "neutral CT: peak flux"),
    ],
)
def test_a_sensor_beyond_its_rating_fails_its_own_finding(changes: dict[str, Any], words: str) -> None:
    found = outcomes(altered(plain_home(), **changes), "2.1")
    assert [o.quantity for o in found if o.verdict == "fail"] == [finding(found, "2.1", words).quantity]


def test_a_transformer_that_bears_no_direct_current_fails_in_a_direct_meter() -> None:
    """Class C asks for Imax/sqrt2 = 70.7 A of half wave; a feeder behind transformers is not asked."""
    shop = altered(shipped("shop-3p"), current__line__dc_tolerant_a=70.0)
    found = finding(outcomes(shop, "2.1"), "2.1", "half-wave")
    assert (found.measured, found.verdict) == (pytest.approx(100 / sqrt(2)), "fail")
    feeder = altered(shipped("feeder-3p-ct"), current__line__dc_tolerant_a=0.0)
    assert failed(outcomes(feeder, "2.1")) == set()


def test_flux_of_the_transformer_by_hand() -> None:
    shop = altered(
        shipped("shop-3p"),
        current__line__turns=2500.0,
        current__line__winding_ohm=30.0,
        current__line__burden=Toleranced(10.0, 0.1),
    )
    found = finding(outcomes(shop, "2.1"), "2.1", "line CT: peak flux")
    assert found.measured == pytest.approx(sqrt(2) * 0.04 * 40.1 / (2 * pi * 49.0))


def test_levels_at_the_converter_by_hand() -> None:
    """Line: sqrt2 x 100 A x 153 uohm x 1.01; voltage: sqrt2 x 264.5 V x 1010/(3 x 297e3 + 1010) x 1.01."""
    found = outcomes(plain_home(), "2.2")
    line = finding(found, "2.2", "line channel: peak")
    assert line.measured == pytest.approx(sqrt(2) * 100 * 153e-6 * 1.01)
    assert line.limit.value == pytest.approx(1.2 / 32)
    assert finding(found, "2.2", "line channel: crest").measured == pytest.approx(1.2 / 32 / (100 * 153e-6 * 1.01))
    voltage = finding(found, "2.2", "voltage channel: peak")
    assert voltage.measured == pytest.approx(sqrt(2) * 264.5 * 1010 / (891e3 + 1010) * 1.01)


def test_level_behind_a_transformer_by_hand() -> None:
    """100 A / (2500 x 0.99) x 10.1 ohm x sqrt2 x 1.01: fewest turns, highest burden, highest gain."""
    shop = altered(
        shipped("shop-3p"),
        current__line__turns=2500.0,
        current__line__ratio_tolerance=0.01,
        current__line__burden=Toleranced(10.0, 0.1),
        adc__gain_tolerance=0.01,
    )
    found = finding(outcomes(shop, "2.2"), "2.2", "line channel: peak")
    assert found.measured == pytest.approx(100 / (2500 * 0.99) * 10.1 * sqrt(2) * 1.01)


def test_noise_at_starting_current_by_hand() -> None:
    """White noise: sigma of the mean product over N samples is U I sqrt(su^2/U^2 + si^2/I^2)/sqrt(N), N = 80 000."""
    home = altered(plain_home(), adc__noise_v=8e-6, adc__noise_at_gain=((32, 0.5e-6),), adc__bits=24)
    found = finding(outcomes(home, "2.2"), "2.2", "noise of P at Ist")
    own_u = 8e-6 / (1e3 / 901e3)
    own_i = 0.5e-6 / 150e-6
    share = sqrt((own_u / 230.0) ** 2 + (own_i / home.firmware.start_a) ** 2) / sqrt(80_000)
    assert found.measured == pytest.approx(5 * share, rel=0.05)


def test_a_noisy_converter_fails_at_starting_current_and_without_load() -> None:
    loud = altered(plain_home(), adc__noise_v=1e-3, adc__noise_at_gain=((32, 1e-3),))
    found = outcomes(loud, "2.2")
    assert finding(found, "2.2", "noise of P at Ist").verdict == "fail"
    assert finding(found, "2.2", "noise of P without load").verdict == "fail"
    assert finding(found, "2.2", "class B repeatability").verdict == "fail"


def test_aliases_of_a_third_order_sinc_by_hand() -> None:
    """At 7950 Hz the decimator passes (sin(pi f/fs)/(N sin(pi f/(N fs))))^3 = (50/7950)^3 to first order: -132 dB."""
    home = altered(plain_home(), current__line__inductance_h=0.0, filter__capacitance=Toleranced(1e-12))
    found = finding(outcomes(home, "2.2"), "2.2", "class B rejection of tones")
    assert found.measured == pytest.approx(-20 * 3 * log10(50 / 7950), abs=0.5)
    assert found.limit.value == pytest.approx(40.0)


def test_a_capacitor_too_large_takes_the_high_harmonics() -> None:
    """RC of 100 us has its corner at 1.6 kHz: 0.62 at 2 kHz, below 0.707."""
    dull = altered(plain_home(), filter__capacitance=Toleranced(1e-7))
    found = finding(outcomes(dull, "2.2"), "2.2", "gain at 2000 Hz")
    assert found.measured == pytest.approx(1 / sqrt(1 + (2 * pi * 2000 * 1e-4) ** 2), rel=0.05)
    assert found.verdict == "fail"


def test_nameplate_currents_are_held_to_the_ratios_of_the_class() -> None:
    home = plain_home()
    found = finding(outcomes(home, "2.2"), "2.2", "class B Imax over Itr")
    assert (found.measured, found.limit.value, found.limit.sense) == (200.0, 50.0, "min")


def test_stress_of_one_divider_resistor_by_hand() -> None:
    """Three of 300 kohm +-1 %, one high and two low: 303/(303 + 2 x 297) of 264.5 V, and of 398.4 V."""
    found = outcomes(plain_home(), "2.3")
    share = 303.0 / (303.0 + 2 * 297.0)
    assert finding(found, "2.3", "voltage across one resistor at 1.15 Un").measured == pytest.approx(264.5 * share)
    lost = 230 * sqrt(3)
    assert finding(found, "2.3", "voltage across one resistor at lost").measured == pytest.approx(lost * share)
    power = (264.5 / 897e3) ** 2 * 303e3
    assert finding(found, "2.3", "power in one resistor at 1.15 Un").measured == pytest.approx(power)


def test_ratio_moves_by_tracking_and_ageing() -> None:
    """10 ppm/K over 63 K (to -40 degC) + 10 K of enclosure, and 200 ppm: 0.093 %."""
    found = finding(outcomes(plain_home(), "2.3"), "2.3", "class B ratio error over temperature")
    assert found.measured == pytest.approx(1e-4 * (10 * 73 + 200))
    assert found.limit.value == pytest.approx((1.0 + 0.05 * 63) / 3)


def test_clamp_leakage_by_hand() -> None:
    """100 nA through 1 kohm parallel 900 kohm against the peak at Un."""
    found = finding(outcomes(plain_home(), "2.3"), "2.3", "class B ratio error by clamp leakage")
    signal = sqrt(2) * 230 * 1010 / (891e3 + 1010) * 1.01
    assert found.measured == pytest.approx(100 * 1e-7 * (900e3 * 1e3 / 901e3) / signal)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"voltage__clamp_v": 5.0}, "clamp level"),
        ({"voltage__clamp_v": 0.3}, "below the clamp"),
        ({"voltage__clamp_leakage_a": 1e-5}, "leakage"),
        ({"voltage__ageing_ppm": 20e3}, "over temperature and life"),
        ({"voltage__resistor_power_w": 0.01}, "power in one"),
    ],
)
def test_a_divider_that_is_wrong_fails_where_it_is_wrong(changes: dict[str, Any], words: str) -> None:
    found = outcomes(altered(plain_home(), **changes), "2.3")
    wrong = [o.quantity for o in found if isinstance(o, Finding) and o.verdict == "fail"]
    assert wrong
    assert all(words in quantity for quantity in wrong)


def test_no_clamp_is_a_gap_and_not_a_pass() -> None:
    found = outcomes(altered(plain_home(), voltage__clamp_v=None), "2.3")
    assert any(isinstance(o, Incomplete) and "clamp" in o.part for o in found)
    assert not any(isinstance(o, Finding) and "clamp" in o.quantity for o in found)


def test_ratings_of_recalled_parts_are_recalled_limits() -> None:
    home = shipped("home-1p")
    basis = {source.key: "seen" if source.seen else "recalled" for source in home.sources}
    found = outcomes(home, *SENSING)
    assert finding(found, "2.1", "line shunt: power").limit.basis == basis["current.line.power_rating"]
    assert finding(found, "2.3", "clamp level").limit.basis == basis["adc.absolute_max"]


# ------------------------------------------------------------------------------------------------ any platform


@pytest.mark.parametrize(
    "changes",
    [
        {"meter__temperature": Range(23.0, 23.0)},
        {"meter__temperature": Range(30.0, 70.0)},
        {"meter__temperature": Range(80.0, 90.0)},
        {"meter__temperature": Range(40.0, 40.0)},
        {"meter__current": CurrentRange(5.0, 5.0, 5.0)},
        {"adc__gain_tolerance": 1.0},
        {"current__neutral__ratio_tolerance": 1.0},
        {"nvm__page_bytes": 4},
        {"nvm__size_bytes": 64},
        {"adc__bits": 8, "adc__noise_v": 1.0},
        {"adc__gain_drift_ppm_per_k": Toleranced(1e5, 1e5)},
        {"filter__capacitance": Toleranced(1.0, 0.5)},
        {"adc__input_ohm": 1e-9},
    ],
)
def test_an_absurd_design_is_judged_and_never_a_traceback(changes: dict[str, Any]) -> None:
    found = outcomes(altered(shipped("home-1p"), **changes), "1.1", "1.2", "1.3", *SENSING)
    assert {outcome.item for outcome in found} == {"1.1", "1.2", "1.3", *SENSING}


@given(
    current=st.tuples(*[st.floats(1e-3, 1e3)] * 3).map(sorted),
    gains=st.tuples(*[st.sampled_from([1, 2, 8, 32, 128])] * 3),
    shunt=st.floats(1e-7, 1.0),
    cold=st.floats(-60.0, 100.0),
    warmer=st.floats(0.0, 100.0),
    drift=st.floats(-1e4, 1e4),
    noise=st.floats(1e-12, 1.0),
    spread=st.floats(0.0, 1.0),
)
@settings(max_examples=5, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_every_platform_is_judged(
    current: list[float],
    gains: tuple[int, int, int],
    shunt: float,
    cold: float,
    warmer: float,
    drift: float,
    noise: float,
    spread: float,
) -> None:
    home = altered(
        shipped("home-1p"),
        meter__current=CurrentRange(*current),
        meter__temperature=Range(cold, cold + warmer),
        adc__gain_voltage=gains[0],
        adc__gain_line=gains[1],
        adc__gain_neutral=gains[2],
        adc__gain_drift_ppm_per_k=Toleranced(drift, abs(drift)),
        adc__noise_v=noise,
        adc__gain_tolerance=spread,
        current__line__resistance=Toleranced(shunt, 0.9 * shunt),
    )
    found = outcomes(home, "1.1", "1.2", "1.3", *SENSING)
    assert {outcome.item for outcome in found} == {"1.1", "1.2", "1.3", *SENSING}
