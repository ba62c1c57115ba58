"""The decisions on outages: by hand arithmetic, and each turned by what it says would turn it."""

from math import exp, log
from pathlib import Path

import pytest

from ferraris.hardware.platform.load import load as load_platform
from ferraris.hardware.platform.models import Absent, Platform
from ferraris.plan import decisions, outage
from ferraris.plan.decision import Decision
from ferraris.plan.requirements import Requirements, RequirementsError, loads

FILES = Path(__file__).parents[2] / "requirements"
HOUSE = (FILES / "house.toml").read_text(encoding="utf-8")
HOME = load_platform(FILES.parent / "platforms/home-1p.toml")
FLAWED = load_platform(FILES.parent / "platforms/flawed-1p.toml")


def house(*changes: tuple[str, str]) -> Requirements:
    text = HOUSE
    for old, new in changes:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    return loads(text, "house.toml")


def decided(wanted: Requirements, platform: Platform = HOME) -> tuple[Decision, Decision]:
    assert wanted.outages is not None
    return outage.decide(platform, wanted, wanted.outages)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('mean = "1.5 h"', "mean = 1.5", "outages.mean: found 1.5, expected"),
        ("per_year = 2.0", "per_year = 0.0", "outages.per_year: found 0"),
        ('longest = "36 h"', 'longst = "36 h"', "outages.longst: unknown key, did you mean 'longest'?"),
        ("tolerated_losses = 0.1", "tolerated_losses = -1.0", "outages.tolerated_losses: found -1"),
    ],
)
def test_what_is_wrong_with_an_outage_profile_is_said_in_one_line(old: str, new: str, words: str) -> None:
    with pytest.raises(RequirementsError) as error:
        house((old, new))
    assert any(line.startswith("house.toml: ") and words in line for line in error.value.problems), error.value


def test_a_site_that_states_no_outages_gets_the_first_three_answers() -> None:
    block = HOUSE[HOUSE.index("[outages]") : HOUSE.index("[design]")]
    assert len(decisions.decide(HOME, house((block, "")))) == 3


def test_the_longest_outage_named_goes_before_the_usual_ones() -> None:
    """30 outages of 1.5 h on average, a tenth of a lost clock: 1.5 ln(300) = 8.56 h, less than the 36 h named."""
    assert decided(house())[0].choice == "36 h"
    usual = decided(house(('longest = "36 h"', 'longest = "1 h"')))[0]
    assert usual.choice == "8.556 h"
    assert usual.margin.value == pytest.approx(decided(house())[0].margin.value + 36.0 - 1.5 * log(300.0))


def test_lost_clocks_are_those_of_outages_longer_than_the_hold_up() -> None:
    wanted = house()
    assert wanted.outages is not None
    assert outage.lost_clocks(wanted.outages, 15.0, 0.0) == 30.0
    assert outage.lost_clocks(wanted.outages, 15.0, 3.0) == pytest.approx(30.0 * exp(-2.0))
    needed = outage.required_h(wanted.outages.model_copy(update={"longest_s": 1.0}), 15.0)
    assert outage.lost_clocks(wanted.outages, 15.0, needed) == pytest.approx(0.1)


def test_an_outage_longer_than_the_store_lasts_leaves_a_negative_margin() -> None:
    held = decided(house())[0]
    limit_h = 36.0 + held.margin.value
    assert held.changes[0] == f"an outage longer than {limit_h:.4g} h: a larger store than the design's"
    over = decided(house(('longest = "36 h"', f'longest = "{limit_h + 1:.6f} h"')))[0]
    assert over.margin.value == pytest.approx(-1.0, abs=1e-3)
    assert over.options[2].against == ("1 h short",)


def test_the_security_domain_hangs_on_the_same_store() -> None:
    """The clock takes 0.9 uA at most; as much again leaves less than the whole, and more than a third of it."""
    key = 'longest = "36 h"'
    alone = decided(house())[0]
    shared = decided(house((key, f'security_current = "0.9 uA"\n{key}')))[0]
    held = [36.0 + each.margin.value for each in (alone, shared)]
    assert held[0] / 3 < held[1] < held[0]


def test_the_store_is_judged_at_the_hottest_air_of_the_site() -> None:
    """A capacitor's leakage doubles every 20 K, so a cooler site leaves more."""
    cooler = house(('temperature = "-25..55 degC"', 'temperature = "-25..20 degC"'))
    assert decided(cooler)[0].margin.value > decided(house())[0].margin.value + 1.0


def test_without_a_store_every_outage_loses_the_clock() -> None:
    bare = HOME.model_copy(update={"backup": Absent(kind="none", because="set by the head end")})
    held = decided(house(), bare)[0]
    assert held.margin.value == -36.0
    assert held.options[2].values == (0.0, 30.0)
    assert held.changes == ("a design with a store for its clock",)


def test_what_is_not_saved_is_half_an_interval_for_each_outage() -> None:
    """4500 kWh in 8750 h, 5 s, 2 outages a year, 0.30 a kWh."""
    saved = decided(house())[1]
    assert saved.choice == "a commit at the alarm"
    assert saved.options[1].values == (pytest.approx(4500.0 / 8750.0 * 5.0 / 3600.0 * 2 * 0.30),)


def test_a_supply_that_dies_too_soon_leaves_the_periodic_commits() -> None:
    needed = int(decided(house())[1].because.rsplit(maxsplit=1)[1])
    for platform in (FLAWED, HOME.model_copy(update={"supply": None})):
        saved = decided(house(), platform)[1]
        assert saved.choice == "periodic commits alone"
        assert saved.margin.value == -needed
        assert saved.options[0].against == (f"{needed} bytes short",)
