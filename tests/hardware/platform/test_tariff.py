"""The door of the tariff file and of the zone: what loads, and one clear line for what does not."""

from pathlib import Path

import pytest

from ferraris.hardware.platform import tariff as models
from ferraris.hardware.platform.load import PlatformError, load, load_tariff, loads, loads_tariff
from ferraris.hardware.platform.localtime import Yearly, read_standard, read_yearly
from ferraris.hardware.platform.template import new_platform
from ferraris.units import UnitError

PLATFORMS = Path(__file__).parents[3] / "platforms"
HOME = (PLATFORMS / "tariffs/home-4.toml").read_text(encoding="utf-8")


def problems(text: str) -> list[str]:
    with pytest.raises(PlatformError) as caught:
        loads_tariff(text, "home.toml")
    lines = str(caught.value).splitlines()
    assert all(line.startswith("home.toml: ") for line in lines)
    return [line.removeprefix("home.toml: ") for line in lines]


@pytest.mark.parametrize("path", sorted((PLATFORMS / "tariffs").glob("*.toml")), ids=lambda path: path.stem)
def test_a_shipped_tariff_loads_and_is_named_like_its_file(path: Path) -> None:
    assert load_tariff(path).head.name == path.stem.upper()


def test_a_platform_carries_its_tariff() -> None:
    assert load(PLATFORMS / "home-1p.toml").tariff == loads_tariff(HOME)
    assert load(PLATFORMS / "feeder-3p-ct.toml").tariff is None


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        (
            'fallback = "day"',
            'fallback = "dya"',
            "tariff.fallback: found 'dya', which is no rate of this file: did you",
        ),
        ('fallback = "day"', "", "tariff.fallback: missing, expected a value"),
        (
            'fallback = "day"',
            'fallbak = "day"\nfallback = "day"',
            "tariff.fallbak: unknown key, did you mean 'fallback'?",
        ),
        (
            '"peak", "holiday"]',
            '"peak", "peak", "holiday"]',
            "tariff.rates: found 'night', 'day', 'peak', 'peak', 'holi",
        ),
        (
            '"17:00" = "peak"',
            '"17:00" = "peek"',
            "days.winter_workday.17:00: found 'peek', which is no rate of this file: did you mean 'peak'?",
        ),
        (
            '"17:00" = "peak"',
            '"17:60" = "peak"',
            "days.winter_workday: found the time '17:60', expected one such as '06:00'",
        ),
        (
            '"17:00" = "peak", "20:00" = "day"',
            '"20:00" = "day", "17:00" = "peak"',
            "days.winter_workday.17:00: found after '20:00', expected times that rise through the day",
        ),
        (
            '"17:00" = "peak", "20:00" = "day"',
            '"17:00" = "peak", "17:00:00" = "day"',
            "days.winter_workday.17:00:00: found again, expected times that rise through the day",
        ),
        ('"17:00" = "peak"', '"17:00" = 3', "days.winter_workday.17:00: found 3, expected a valid string"),
        (
            'default = "summer_workday", ',
            "",
            "weeks.summer: found no day profile for monday, tuesday, wednesday, thursd",
        ),
        (
            'default = "summer_workday"',
            'default = "workday"',
            "weeks.summer.default: found 'workday', which is no day profile of this file: did you mean '",
        ),
        (
            'default = "summer_workday"',
            'default = "summer_workday", mondy = "weekend"',
            "weeks.summer.mondy: unknown key, did you mean 'monday'?",
        ),
        ('from = "04-01"', 'from = "04-31"', "seasons.summer.from: found '04-31', expected a date of every year such"),
        ('from = "04-01"', 'from = "02-29"', "seasons.summer.from: found '02-29', expected a date of every year such"),
        ('from = "04-01"', 'from = "2027-04-01"', "seasons.summer.from: found '2027-04-01', expected a date of every"),
        ('from = "04-01"', 'from = "10-01"', "seasons.winter.from: found '10-01', the day on which 'summer' begins"),
        (
            'week = "summer"',
            'week = "sumer"',
            "seasons.summer.week: found 'sumer', which is no week of this file: did y",
        ),
        (
            'week = "summer" }',
            'week = "summer", until = "x" }',
            "seasons.summer.until: unknown key, expected one of from",
        ),
        ('"05-01" =', '"02-30" =', "special: found the date '02-30', expected one such as '12-25' or '2027-03-26'"),
        ('"05-01" =', '"2027-02-29" =', "special: found the date '2027-02-29', expected one such as '12-25'"),
        ('"05-01" = "holiday"', '"05-01" = "feast"', "special.05-01: found 'feast', which is no day profile of this"),
        ('"05-01" = "holiday"', '"05-01" = ["holiday"]', "special.05-01: found ('holiday',), expected a valid string"),
        ("[seasons]", "[season]", "season: unknown key, did you mean 'seasons'?"),
        ('name = "HOME-4"', 'name = "' + 33 * "x" + '"', "tariff.name: found "),
        (
            'name = "HOME-4"',
            'name = "' + 17 * "ü" + '"',
            "tariff.name: found the name 'üüüüüüüüüüüüüüüüü', expected 1 to 32",
        ),
    ],
)
def test_one_line_says_what_is_wrong(old: str, new: str, line: str) -> None:
    assert HOME.count(old) == 1, HOME.count(old)
    assert any(each.startswith(line) for each in problems(HOME.replace(old, new)))


@pytest.mark.parametrize(
    "text", ["", "[tariff]", "days = 3", "[days]\nx = 3", "[weeks]\n'a\\nb' = 3", "[weeks.x.y.z]\n"]
)
def test_whatever_the_text_holds_each_problem_is_one_line(text: str) -> None:
    assert problems(text)


def test_names_that_break_lines_are_shown_in_one() -> None:
    for line in problems(HOME.replace("weekend = {", '"a\\nb" = { "06:00" = "x" }\nweekend = {')):
        assert line.startswith("days.'a\\nb'.06:00: found 'x', which is no rate")


def test_the_29th_of_february_can_be_a_special_day() -> None:
    assert "02-29" in loads_tariff(HOME.replace('"05-01" =', '"02-29" =')).special


def test_what_a_file_may_hold_is_what_a_meter_has_room_for() -> None:
    from ferraris.firmware.billing import calendar

    for name in ("MOST_RATES", "MOST_SEASONS", "MOST_WEEKS", "MOST_DAYS", "MOST_SWITCHES", "MOST_SPECIAL_DAYS"):
        assert getattr(models, name) == getattr(calendar, name)
    assert models.LONGEST_NAME == calendar.LONGEST_NAME


# ------------------------------------------------------------------------------------------------ the platform's keys

ZONE = """
[firmware.zone]
standard = "UTC+01:00"
daylight = "60 min"
begin = "last sunday of march 02:00"
end = "last sunday of october 03:00"
"""


def test_a_tariff_that_is_not_there_is_named_with_its_key(tmp_path: Path) -> None:
    path = tmp_path / "p.toml"
    path.write_text(
        new_platform("p").replace("[firmware]", '[firmware]\ntariff = "tariffs/none.toml"'), encoding="utf-8"
    )
    with pytest.raises(PlatformError) as caught:
        load(path)
    assert str(caught.value) == (
        "p.toml: firmware.tariff: found 'tariffs/none.toml', expected a tariff file, its path relative to this file"
    )


def test_a_mistake_in_the_tariff_names_the_tariff_file(tmp_path: Path) -> None:
    (tmp_path / "t.toml").write_text(HOME.replace('"17:00" = "peak"', '"17:00" = "peek"'), encoding="utf-8")
    path = tmp_path / "p.toml"
    path.write_text(new_platform("p").replace("[firmware]", '[firmware]\ntariff = "t.toml"'), encoding="utf-8")
    with pytest.raises(PlatformError, match=r"\At\.toml: days\.winter_workday\.17:00: found 'peek'"):
        load(path)


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        ('"UTC+01:00"', '"CET"', "firmware.zone.standard: found 'CET', expected a standard time such as 'UTC+01:00'"),
        ('"UTC+01:00"', '"UTC+15:00"', "firmware.zone.standard: found 'UTC+15:00', expected a standard time such as"),
        (
            '"last sunday of march 02:00"',
            '"last sonntag of march 02:00"',
            "firmware.zone.begin: found 'last sonntag of",
        ),
        (
            '"last sunday of march 02:00"',
            '"02-30 02:00"',
            "firmware.zone.begin: found '02-30 02:00', expected a moment",
        ),
        (
            'begin = "last sunday of march 02:00"\n',
            "",
            "firmware.zone.begin: missing, expected together with daylight and",
        ),
        ('"60 min"', '"90 s"', "firmware.zone.daylight: found 90 s, expected whole minutes, 120 at most"),
        ('"last sunday of october 03:00"', '"last sunday of march 02:00"', "firmware.zone.end: found the same moment"),
        ('"UTC+01:00"', '"UTC+01:00"\ndst = 1', "firmware.zone.dst: unknown key"),
    ],
)
def test_a_zone_that_cannot_be_is_refused_in_one_line(old: str, new: str, line: str) -> None:
    assert ZONE.count(old) == 1
    with pytest.raises(PlatformError) as caught:
        loads(
            new_platform("p").replace("\n[[firmware.budget]]", ZONE.replace(old, new) + "\n[[firmware.budget]]", 1), "p"
        )
    assert str(caught.value).startswith(f"p: {line}"), str(caught.value)
    assert "\n" not in str(caught.value)


def test_texts_of_the_zone_mean_what_they_say() -> None:
    assert [read_standard(text) for text in ("UTC", "UTC+05:45", "UTC-03:30")] == [0, 345, -210]
    assert read_yearly("last sunday of march 02:00") == Yearly(3, 0, 7, 7200)
    assert read_yearly("second sunday of march 02:00") == Yearly(3, 8, 7, 7200)
    assert read_yearly("03-21 23:59:30") == Yearly(3, 21, None, 86370)
    for text in (3, "", "sunday", "fifth sunday of march 02:00", "last sunday of march 24:00", "UTC", "03-21"):
        with pytest.raises(UnitError):
            read_yearly(text)
