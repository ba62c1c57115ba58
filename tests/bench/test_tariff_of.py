"""From the names of a tariff file to the meter's tables: what a planner wrote is what the meter charges."""

from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ferraris.bench.tariff import calendar_of, zone_of
from ferraris.firmware.billing.calendar import flat, rate_at
from ferraris.firmware.billing.calendar_check import problems
from ferraris.firmware.billing.calendar_codec import decode, encode
from ferraris.firmware.billing.zone import Zone, deviation
from ferraris.hardware.platform.load import load, load_tariff, loads_tariff

PLATFORMS = Path(__file__).parents[2] / "platforms"
TARIFFS = sorted((PLATFORMS / "tariffs").glob("*.toml"))


@pytest.mark.parametrize("path", TARIFFS, ids=lambda path: path.stem)
def test_a_shipped_tariff_makes_a_calendar_without_problems(path: Path) -> None:
    calendar = calendar_of(load_tariff(path))
    assert problems(calendar) == ()
    assert decode(encode(calendar)) == calendar


@pytest.mark.parametrize(
    ("moment", "rate"),
    [  # read from home-4.toml by eye
        ("2027-01-04 05:59", "night"),  # a Monday
        ("2027-01-04 06:00", "day"),
        ("2027-01-04 17:00", "peak"),
        ("2027-07-05 17:00", "day"),
        ("2027-01-03 07:59", "night"),  # a Sunday
        ("2027-12-25 12:00", "holiday"),
        ("2027-03-26 12:00", "holiday"),
        ("2026-03-26 12:00", "day"),
        ("2028-04-17 23:00", "night"),
    ],
)
def test_the_household_is_charged_what_its_file_says(moment: str, rate: str) -> None:
    platform = load(PLATFORMS / "home-1p.toml")
    at = int(datetime.fromisoformat(moment).replace(tzinfo=ZoneInfo("Europe/Berlin")).timestamp())
    assert platform.tariff is not None
    assert platform.tariff.head.rates[rate_at(calendar_of(platform.tariff), zone_of(platform), at) - 1] == rate


def test_the_zone_of_the_household_is_that_of_berlin() -> None:
    zone = zone_of(load(PLATFORMS / "home-1p.toml"))
    for at in range(
        int(datetime(2027, 1, 1, tzinfo=UTC).timestamp()), int(datetime(2028, 1, 1, tzinfo=UTC).timestamp()), 1800
    ):
        offset = datetime.fromtimestamp(at, ZoneInfo("Europe/Berlin")).utcoffset()
        assert offset is not None
        assert -deviation(zone, at) * 60 == offset.total_seconds()


def test_without_a_tariff_and_a_zone_there_is_one_rate_and_utc() -> None:
    platform = load(PLATFORMS / "feeder-3p-ct.toml")
    assert zone_of(platform) == Zone()
    assert calendar_of(platform.tariff) == flat(b"SINGLE")


NAMES = st.text("abcdefghij-_ÄÖ", min_size=1, max_size=8)


@given(st.data())
def test_whatever_loads_makes_a_calendar_without_problems(data: st.DataObject) -> None:
    draw = data.draw
    rates = draw(st.lists(NAMES, min_size=1, max_size=8, unique=True))
    days, weeks = (draw(st.lists(NAMES, min_size=1, max_size=4, unique=True)) for _ in range(2))
    rate, day, week = st.sampled_from(rates), st.sampled_from(days), st.sampled_from(weeks)
    times = st.lists(st.integers(0, 1439), min_size=1, max_size=5, unique=True).map(sorted)
    starts = draw(st.lists(st.dates(), min_size=1, max_size=4, unique_by=lambda each: f"{each:%m-%d}"))
    lines = ["[tariff]", 'name = "T"', f"rates = {rates}", f'fallback = "{draw(rate)}"', "[days]"]
    for name in days:
        switches = ", ".join(f'"{t // 60:02}:{t % 60:02}" = "{draw(rate)}"' for t in draw(times))
        lines.append(f'"{name}" = {{ {switches} }}')
    lines += ["[weeks]", *(f'"{name}" = {{ default = "{draw(day)}", friday = "{draw(day)}" }}' for name in weeks)]
    lines += ["[seasons]"]
    for place, start in enumerate(each for each in starts if f"{each:%m-%d}" != "02-29"):
        lines.append(f's{place} = {{ from = "{start:%m-%d}", week = "{draw(week)}" }}')
    lines += ["s = { from = '06-15', week = '" + draw(week) + "' }"] if lines[-1] == "[seasons]" else []
    lines += ["[special]", *(f'"{each.isoformat()}" = "{draw(day)}"' for each in set(starts))]
    assert problems(calendar_of(loads_tariff("\n".join(lines)))) == ()
