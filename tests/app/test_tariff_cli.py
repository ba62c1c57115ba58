"""The verb tariff as a user meets it: hours counted another way, the odd days, the page, one line for what is wrong."""

import json
from collections import Counter
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from click.testing import CliRunner

from ferraris.app.cli import main
from ferraris.hardware.platform.template import new_platform

HOME = Path(__file__).parents[2] / "platforms/home-1p.toml"


def run(*arguments: str) -> str:
    done = CliRunner().invoke(main, ["tariff", *arguments])
    assert done.exit_code == 0, done.output
    return done.output


def document(*arguments: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(run(*arguments, "--json"))
    return found


def naive(shown: datetime) -> str:
    """home-4.toml read by eye, on what a wall clock in Germany shows in 2027."""
    date = f"{shown:%m-%d}"
    fixed = date in {"01-01", "05-01", "10-03", "12-25", "12-26", "03-26", "03-29", "05-06", "05-17"}
    if shown.hour >= 22 or shown.hour < (8 if shown.weekday() >= 5 and not fixed else 6):
        return "night"
    winter = date < "04-01" or date >= "10-01"
    peak = winter and shown.weekday() < 5 and 17 <= shown.hour < 20
    return "holiday" if fixed else "peak" if peak else "day"


def test_the_hours_of_each_rate_are_those_of_a_count_hour_by_hour() -> None:
    begin = int(datetime(2026, 12, 31, 23, tzinfo=UTC).timestamp())
    shown = (datetime.fromtimestamp(begin + 3600 * k, ZoneInfo("Europe/Berlin")) for k in range(8760))
    counted = Counter(naive(each) for each in shown)
    found = document(str(HOME), "--year", "2027")
    assert {each["name"]: each["hours"] for each in found["rates"]} == counted
    assert sum(each["seconds"] for each in found["rates"]) == 8760 * 3600


def test_the_runs_of_the_days_follow_one_another_without_a_gap() -> None:
    found = document(str(HOME), "--year", "2028")
    runs = [run for day in found["days"] for run in day["runs"]]
    assert all(early["end"] == late["begin"] for early, late in pairwise(runs))
    assert runs[0]["begin"] == int(datetime(2027, 12, 31, 23, tzinfo=UTC).timestamp())
    assert runs[-1]["end"] == int(datetime(2028, 12, 31, 23, tzinfo=UTC).timestamp())
    assert len(found["days"]) == 366
    assert {day["date"]: day["hours"] for day in found["days"] if day["hours"] != 24} == {
        "2028-03-26": 23,
        "2028-10-29": 25,
    }


def test_the_text_spells_out_the_two_odd_days_and_the_special_ones() -> None:
    text = run(str(HOME), "--year", "2027")
    assert "2027-03-28 has 23 hours\n  00:00 to 02:00 UTC+01:00    night             2 h\n  03:00 to 08:00" in text
    assert "2027-10-31 has 25 hours\n  00:00 to 03:00 UTC+02:00    night             3 h\n  02:00 to 08:00" in text
    assert "2027-03-29 monday     holiday" in text
    assert "  january   dccaaaaaccaaaaaccaaaaaccaaaaacc\n" in text
    assert "a winter_workday 111111111111222222222222222222222233333322221111\n" in text
    assert max(map(len, text.splitlines())) <= 100


def test_a_meter_without_a_tariff_has_one_rate_all_the_year() -> None:
    found = document(str(HOME.with_name("feeder-3p-ct.toml")), "--year", "2028")
    assert [(each["name"], each["hours"]) for each in found["rates"]] == [("all", 8784)]
    assert "has 23 hours" not in run(str(HOME.with_name("feeder-3p-ct.toml")), "--year", "2028")


@pytest.mark.parametrize("year", ["1970", "2200"])
def test_the_first_and_the_last_year_can_be_shown(year: str) -> None:
    assert run(str(HOME), "--year", year).startswith(f"home-1p, {year}\n")


def test_the_page_draws_the_year_and_names_every_rate(tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    run(str(HOME.with_name("shop-3p.toml")), "--year", "2027", "--report", str(page))
    text = page.read_text(encoding="utf-8")
    assert text.count("<svg") == 3
    assert text.count('shape-rendering="crispEdges"') == 8
    assert "critical" in text


def test_names_of_a_file_are_text_on_the_page(tmp_path: Path) -> None:
    tariff = HOME.parent / "tariffs/single.toml"
    (tmp_path / "t.toml").write_text(tariff.read_text(encoding="utf-8").replace('"all"', '"<b>"'), encoding="utf-8")
    platform, page = tmp_path / "p.toml", tmp_path / "page.html"
    platform.write_text(new_platform("p").replace("[firmware]", '[firmware]\ntariff = "t.toml"'), encoding="utf-8")
    run(str(platform), "--report", str(page))
    assert "<b>" not in page.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["no-such.toml"], "ferraris: no-such.toml: cannot be read"),
        ([str(HOME), "--report", "/nowhere/at/all.html"], "/nowhere/at/all.html: cannot be written"),
    ],
)
def test_what_is_wrong_is_one_line(arguments: list[str], words: str) -> None:
    done = CliRunner().invoke(main, ["tariff", *arguments])
    assert done.exit_code == 2
    assert words in done.output
    assert done.output.count("\n") == 1


def test_a_year_without_a_calendar_is_refused() -> None:
    done = CliRunner().invoke(main, ["tariff", str(HOME), "--year", "2201"])
    assert done.exit_code == 2
    assert "2201 is not in the range 1970<=x<=2200" in done.output
