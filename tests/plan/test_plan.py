"""The decisions against hand arithmetic, and each turned by what it says would turn it."""

import json
from math import sqrt
from pathlib import Path

import pytest
from click.testing import CliRunner

from ferraris.app.cli import main
from ferraris.hardware.platform.load import load as load_platform
from ferraris.hardware.platform.models import Platform
from ferraris.plan import decisions, grade, sensor, service
from ferraris.plan.decision import Decision
from ferraris.plan.requirements import Requirements, RequirementsError, load, loads
from ferraris.plan.variant import CREST, conditions, sensors, variant, with_sensor
from ferraris.verify.signals import highest_ohm

FILES = Path(__file__).parents[2] / "requirements"
HOUSE = (FILES / "house.toml").read_text(encoding="utf-8")


def house(*changes: tuple[str, str]) -> Requirements:
    text = HOUSE
    for old, new in changes:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    return loads(text, "house.toml")


@pytest.fixture(scope="module")
def home() -> Platform:
    return load_platform(FILES.parent / "platforms/home-1p.toml")


def planned(platform: Platform, requirements: Requirements) -> tuple[Platform, service.Service]:
    connected, _ = service.decide(requirements)
    return variant(platform, requirements, connected), connected


# ------------------------------------------------------------------------------------------------ requirements


@pytest.mark.parametrize("name", ["house", "shop", "feeder"])
def test_the_examples_load_and_name_a_design_that_exists(name: str) -> None:
    found = load(FILES / f"{name}.toml")
    assert load_platform(FILES / found.design.platform).meter.un_v == found.site.un_v


def test_the_energy_of_a_year_is_the_sum_of_its_bands() -> None:
    assert house().energy_kwh == pytest.approx(0.2 * 5500 + 0.8 * 2900 + 3 * 345 + 9 * 5)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('un = "230 V"', "un = 230", "site.un: found 230, expected a voltage such as '230 V'"),
        ('un = "230 V"', 'un = "230 A"', "site.un: found '230 A'"),
        ('name = "house"', 'nam = "house"', "site.nam: unknown key, did you mean 'name'?"),
        ('power_factor = "0.8i"', 'power_factor = "0.8"', "load[0].power_factor: found '0.8'"),
        ('least_class = "A"', 'least_class = "E"', "design.least_class: found 'E'"),
        ("per_kwh = 0.30", "per_kwh = 0", "costs.per_kwh: found 0"),
        ("[costs]", "[cost]", "cost: unknown key, did you mean 'costs'?"),
        ('time = "5500 h"', 'time = "8700 h"', "expected at most 8766 h"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(old: str, new: str, words: str) -> None:
    with pytest.raises(RequirementsError) as error:
        house((old, new))
    assert any(line.startswith("house.toml: ") and words in line for line in error.value.problems), error.value


@pytest.mark.parametrize("content", [b"\xff\xfe", b"a = [", b"", b"[site]\n" * 2])
def test_no_file_raises_anything_else(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "bad.toml"
    path.write_bytes(content)
    with pytest.raises(RequirementsError, match=r"^bad.toml: "):
        load(path)
    with pytest.raises(RequirementsError, match="cannot be read"):
        load(tmp_path / "absent.toml")


# ------------------------------------------------------------------------------------------------ 1: phases


def test_one_phase_is_enough_up_to_the_current_of_the_service() -> None:
    connected, decision = service.decide(house())
    assert (connected.elements, connected.ratio, connected.imax_a) == (1, 1.0, 40.0)
    assert decision.margin.value == pytest.approx(63.0 - 9000.0 / 230.0)
    beyond, _ = service.decide(house(('power = "9 kW"', 'power = "14.6 kW"')))  # 63 A x 230 V = 14.49 kVA
    assert beyond.elements == 3
    assert beyond.busiest_a == pytest.approx(14600.0 / 3 / 230.0 * 1.3)


@pytest.mark.parametrize("key", ['three_phase_loads = ["lift"]', "three_phase_billing = true"])
def test_a_load_or_the_operator_can_ask_for_three(key: str) -> None:
    connected, decision = service.decide(house(('unbalance = "30 %"', f'unbalance = "30 %"\n{key}')))
    assert connected.elements == 3
    assert decision.margin.value > 0.0, "the current alone would not have asked for it"


def test_above_the_direct_limit_transformers_stand_in_front() -> None:
    """90 kW in three phases, 30 % unbalance: 169.6 A; 5/6 of it are 141 A, so 150/5 A."""
    connected, _ = service.decide(house(('power = "9 kW"', 'power = "90 kW"')))
    assert (connected.connection, connected.ratio, connected.imax_a) == ("transformer", 30.0, 6.0)


def test_voltage_transformers_divide_the_current() -> None:
    feeder = load(FILES / "feeder.toml")
    connected, _ = service.decide(feeder)
    assert connected.busiest_a == pytest.approx(650e3 / 0.9 / 3 / 5770.0 * 1.1)
    at, energy = conditions(feeder, connected)[1]
    assert at.current_a == pytest.approx(420e3 / 0.92 / 3 / 5770.0 / connected.ratio)
    assert energy == pytest.approx(420.0 * 3300.0)


# ------------------------------------------------------------------------------------------------ 2: class


def test_the_permitted_error_of_a_class_costs_its_share_of_the_bill(home: Platform) -> None:
    """All bands lie between Itr and Imax: 2, 1 and 0.5 % of 4500 kWh at 0.30."""
    meter, connected = planned(home, house())
    found = {name: grade.exposure(meter, house(), connected, name) for name in ("A", "B", "C")}
    assert [each.percent for each in found.values()] == pytest.approx([2.0, 1.0, 0.5])
    assert found["B"].per_year == pytest.approx(4500.0 * 0.30 * 0.01)


def test_below_imin_the_permitted_error_grows_as_the_current_falls(home: Platform) -> None:
    small = house(('power = "200 W"', 'power = "9.2 W"'))  # 9.2 / 0.8 / 230 = 50 mA, a third of Imin = 0.15 A
    meter, connected = planned(home, small)
    assert meter.meter.current.min_a == pytest.approx(0.15)
    found = grade.exposure(meter, small, connected, "B")
    low, rest = 9.2e-3 * 5500.0, small.energy_kwh - 9.2e-3 * 5500.0
    assert found.percent == pytest.approx((low * 1.5 * 3.0 + rest * 1.0) / small.energy_kwh)


@pytest.mark.parametrize(
    ("tolerated", "chosen"), [("30.0", "A"), ("27.1", "A"), ("26.9", "B"), ("7.0", "C"), ("1.0", "C")]
)
def test_the_coarsest_class_that_is_tolerated_is_chosen(home: Platform, tolerated: str, chosen: str) -> None:
    wanted = house(("tolerated_per_year = 20.0", f"tolerated_per_year = {tolerated}"))
    name, decision = grade.decide(*_apart(planned(home, wanted), wanted))
    assert name == chosen
    bounds = {"A": 27.0, "B": 13.5, "C": 6.75}
    assert decision.margin.value == pytest.approx(float(tolerated) - bounds[chosen])


def _apart(
    pair: tuple[Platform, service.Service], wanted: Requirements
) -> tuple[Platform, Requirements, service.Service]:
    return pair[0], wanted, pair[1]


def test_the_law_can_ask_for_a_finer_class(home: Platform) -> None:
    wanted = house(('least_class = "A"', 'least_class = "C"'))
    assert grade.decide(*_apart(planned(home, wanted), wanted))[0] == "C"


# ------------------------------------------------------------------------------------------------ 3: sensor


def test_the_amplifier_is_set_so_that_twice_imax_fits(home: Platform) -> None:
    meter, _ = planned(home, house())
    for each in sensors().values():
        built = with_sensor(meter, each)
        peak = CREST * meter.meter.current.max_a * highest_ohm(each)
        gains = [gain for gain in built.adc.gains if gain * peak <= built.adc.full_scale_v]
        assert built.adc.gain_line == (max(gains) if gains else min(built.adc.gains))


def test_a_shunt_s_heat_is_paid_for(home: Platform) -> None:
    """P = I²R: 150 uohm at 1.087, 3.661, 13.04 and 39.13 A for the hours of the bands."""
    wanted = house()
    meter, connected = planned(home, wanted)
    found = sensor.judge(meter, wanted, connected, "B", "MANGANIN-150U")
    currents = [200 / 0.8 / 230, 800 / 0.95 / 230, 3000 / 230, 9000 / 230]
    watt_hours = sum(150e-6 * i * i * h for i, h in zip(currents, [5500, 2900, 345, 5], strict=True))
    assert found.loss_per_year == pytest.approx(0.30 * watt_hours / 1000.0)
    assert found.accuracy is not None
    whole = 0.5 + 15.0 * (found.loss_per_year + found.accuracy.per_year)
    assert found.whole(15.0) == pytest.approx(whole)


def test_what_does_not_survive_is_ruled_out_with_its_numbers(home: Platform) -> None:
    wanted = house(('fault_current = "3 kA"', 'fault_current = "7 kA"'))
    meter, connected = planned(home, wanted)
    shunt = sensor.judge(meter, wanted, connected, "B", "MANGANIN-150U")
    assert shunt.against == ("bears 4e+05 A²s, the fault brings 4.9e+05",)  # 7 kA squared for 10 ms
    nano = sensor.judge(meter, house(), connected, "B", "CT-2500-NANO")
    assert nano.against == (f"not DC tolerant up to {40 / sqrt(2):.3g} A of half wave",)
    assert nano.accuracy is None


def test_a_transformer_for_the_neutral_is_not_planned_for_billing(home: Platform) -> None:
    """CT-2500-NANO would be the cheapest of the feeder's; by its catalogue entry it is not for what is billed."""
    feeder = load(FILES / "feeder.toml")
    found = decisions.decide(load_platform(FILES / feeder.design.platform), feeder)[2]
    assert found.choice == "ct: CT-2500-HYBRID"
    names = {option.name for option in found.options}
    assert "CT-2500-NANO" not in names
    assert names == set(sensors()) - {"CT-2500-NANO"}
    meter, connected = planned(home, house())
    assert sensor.judge(meter, house(), connected, "B", "CT-2500-NANO").name == "CT-2500-NANO"  # named, it is judged


def test_three_phases_without_insulation_rule_shunts_out() -> None:
    shop = load(FILES / "shop.toml")
    platform = load_platform(FILES.parent / "platforms/shop-3p.toml")
    meter, connected = planned(platform, shop)
    assert "three potentials" in sensor.judge(meter, shop, connected, "C", "MANGANIN-150U").against[0]


def test_the_house_gets_a_shunt_and_a_costly_shunt_loses_to_a_transformer(home: Platform) -> None:
    first = _third(home, house())
    assert first.choice == "shunt: MANGANIN-150U"
    other = _third(home, house(("shunt = 0.5", "shunt = 4.0")))
    assert other.choice.startswith("ct: ")
    turning = next(each for each in first.options if each.name == other.choice[4:]).values[0]
    assert turning is not None
    assert 0.5 < 0.5 + first.margin.value < 4.0, "the margin says where the answer turns"


def _third(platform: Platform, wanted: Requirements) -> Decision:
    return decisions.decide(platform, wanted)[2]


def test_a_design_for_another_voltage_is_refused() -> None:
    feeder = load_platform(FILES.parent / "platforms/feeder-3p-ct.toml")
    with pytest.raises(RequirementsError, match=r"site\.un: found 230 V, the design measures 57\.7 V"):
        decisions.decide(feeder, house())


# ------------------------------------------------------------------------------------------------ the verb


def test_the_verb_prints_text_json_and_a_page(tmp_path: Path) -> None:
    page = tmp_path / "plan.html"
    done = CliRunner().invoke(main, ["plan", str(FILES / "house.toml"), "--json", "--report", str(page)])
    assert done.exit_code == 0, done.output
    found = json.loads(done.output)
    assert [each["choice"].split(",")[0].split(":")[0] for each in found["decisions"]] == [
        "one phase",
        "class B (IEC 1)",
        "shunt",
        "36 h",
        "a commit at the alarm",
    ]
    assert "<svg" in page.read_text(encoding="utf-8")


def test_the_verb_says_in_one_line_what_is_wrong(tmp_path: Path) -> None:
    path = tmp_path / "bad.toml"
    path.write_text(HOUSE.replace('"230 V"', "230"), encoding="utf-8")
    done = CliRunner().invoke(main, ["plan", str(path)])
    assert done.exit_code == 2
    assert done.output == "ferraris: bad.toml: site.un: found 230, expected a voltage such as '230 V'\n"
