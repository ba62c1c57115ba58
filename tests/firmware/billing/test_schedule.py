"""Passes of a date with wildcards against a walk, second by second or minute by minute, over the database's time."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ferraris.firmware.billing.schedule import next_pass, passes
from ferraris.firmware.billing.zone import ANY, LAST_DAY, SECOND_LAST_DAY, When, Zone
from ferraris.firmware.billing.zone import UTC as UTC_ZONE

BERLIN = Zone(-60, 60, When(month=3, day=LAST_DAY, weekday=7, hour=2), When(month=10, day=LAST_DAY, weekday=7, hour=3))
SYDNEY = Zone(-600, 60, When(month=10, day=1, weekday=7, hour=2), When(month=4, day=1, weekday=7, hour=3))
PLACES = {"Europe/Berlin": BERLIN, "Australia/Sydney": SYDNEY}
SPRING, AUTUMN = datetime(2027, 3, 28, tzinfo=UTC), datetime(2027, 10, 31, tzinfo=UTC)


def utc(*moment: int) -> int:
    return int(datetime(*moment, tzinfo=UTC).timestamp())  # type: ignore[misc,arg-type]


def fits(when: When, shown: datetime) -> bool:
    """The wildcards read afresh: each field against what the wall clock shows."""
    days = ((shown.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)).day
    match when.day, when.weekday:
        case (255, 255):
            day = True
        case (254, 255):
            day = shown.day == days
        case (253, 255):
            day = shown.day == days - 1
        case (number, 255):
            day = shown.day == number
        case (255, weekday):
            day = shown.isoweekday() == weekday
        case (254, weekday):
            day = shown.isoweekday() == weekday and shown.day > days - 7
        case (253, weekday):
            day = shown.isoweekday() == weekday and days - 14 < shown.day <= days - 7
        case (number, weekday):
            day = shown.isoweekday() == weekday and number <= shown.day < number + 7
    fields = (
        (when.month, shown.month),
        (when.hour, shown.hour),
        (when.minute, shown.minute),
        (when.second, shown.second),
    )
    return day and all(wanted in {ANY, found} for wanted, found in fields) and when.year in {0xFFFF, shown.year}


def walked(place: str, when: When, from_s: int, until_s: int, step: int) -> Iterator[int]:
    """Local times that the wall clock reaches for the first time, skipped ones counting where the gap ends."""
    furthest = datetime.fromtimestamp(from_s, ZoneInfo(place)).replace(tzinfo=None)
    for at in range(from_s + step, until_s + 1, step):
        shown = datetime.fromtimestamp(at, ZoneInfo(place)).replace(tzinfo=None)
        passed = False
        while furthest < shown:
            furthest += timedelta(seconds=step)
            passed |= fits(when, furthest)
        if passed:
            yield at


MINUTES = st.builds(
    When,
    year=st.sampled_from([0xFFFF, 0xFFFF, 2027]),
    month=st.sampled_from([ANY, 3, 4, 10, 11]),
    day=st.sampled_from([ANY, ANY, LAST_DAY, SECOND_LAST_DAY, 1, 3, 4, 28, 30]) | st.integers(1, 24),
    weekday=st.sampled_from([ANY, ANY, 7, 1]),
    hour=st.sampled_from([ANY, 0, 1, 2, 3, 23]),
    minute=st.sampled_from([ANY, 0, 30, 59]),
    second=st.just(0),
).filter(lambda when: when.weekday == ANY or when.day >= 0xFD or when.day <= 22)  # without going into the next month


@given(
    st.sampled_from(sorted(PLACES)),
    MINUTES,
    st.sampled_from([utc(2027, 3, 27, 20), utc(2027, 4, 3, 3), utc(2027, 10, 2, 3), utc(2027, 10, 30, 20)]),
)
def test_passes_are_those_of_a_walk_minute_by_minute(place: str, when: When, start: int) -> None:
    end = start + 36 * 3600
    assert list(passes(PLACES[place], when, start, end, 100_000)) == list(walked(place, when, start, end, 60))


@pytest.mark.parametrize("change", [SPRING, AUTUMN], ids=["spring", "autumn"])
@pytest.mark.parametrize("when", [When(), When(hour=2, minute=30), When(second=17), When(hour=2, second=59)])
def test_passes_are_those_of_a_walk_second_by_second(change: datetime, when: When) -> None:
    start, end = int(change.timestamp()) - 600, int(change.timestamp()) + 3 * 3600
    assert list(passes(BERLIN, when, start, end, 100_000)) == list(walked("Europe/Berlin", when, start, end, 1))


def test_the_first_of_the_month_at_midnight_passes_twelve_times_a_year() -> None:
    found = passes(
        BERLIN, When(day=1, hour=0, minute=0, second=0), utc(2026, 12, 31, 23) - 1, utc(2027, 12, 31, 22), 24
    )
    berlin = ZoneInfo("Europe/Berlin")
    assert found == tuple(int(datetime(2027, month, 1, tzinfo=berlin).timestamp()) for month in range(1, 13))


def test_a_time_that_spring_skips_passes_at_the_end_of_the_gap() -> None:
    half_past_two = When(hour=2, minute=30, second=0)
    assert next_pass(BERLIN, half_past_two, utc(2027, 3, 27, 12)) == utc(2027, 3, 28, 1)
    assert next_pass(BERLIN, half_past_two, utc(2027, 3, 28, 1)) == utc(2027, 3, 29, 0, 30)


def test_a_time_that_autumn_repeats_passes_once_the_first_time() -> None:
    half_past_two = When(hour=2, minute=30, second=0)
    assert next_pass(BERLIN, half_past_two, utc(2027, 10, 30, 12)) == utc(2027, 10, 31, 0, 30)
    assert next_pass(BERLIN, half_past_two, utc(2027, 10, 31, 0, 30)) == utc(2027, 11, 1, 1, 30)


def test_leap_days_pass_in_leap_years_and_not_in_2100() -> None:
    leap = When(month=2, day=29, hour=0, minute=0, second=0)
    years = [2024, 2028, 2096, 2104]
    assert [next_pass(UTC_ZONE, leap, utc(year, 2, 29) - 1) for year in years] == [utc(year, 2, 29) for year in years]
    assert next_pass(UTC_ZONE, leap, utc(2096, 2, 29)) == utc(2104, 2, 29)
    assert next_pass(UTC_ZONE, When(month=2, day=LAST_DAY, hour=0, minute=0, second=0), utc(2099, 3, 1)) == utc(
        2100, 2, 28
    )


def test_a_date_of_december_that_falls_into_january_passes_there() -> None:
    sunday = When(
        month=12, day=29, weekday=7, hour=0, minute=0, second=0
    )  # 2028-01-02 is the first Sunday from then on
    assert next_pass(UTC_ZONE, sunday, utc(2028, 1, 1)) == utc(2028, 1, 2)


@pytest.mark.parametrize(
    "when",
    [When(month=2, day=30), When(2027, 2, 29), When(hour=24), When(minute=60), When(month=13), When(2020), When(day=0)],
)
def test_what_never_fits_never_passes(when: When) -> None:
    assert next_pass(BERLIN, when, utc(2027, 1, 1)) is None
    assert passes(BERLIN, when, utc(2027, 1, 1), utc(2037, 1, 1), 24) == ()


def test_no_more_passes_than_asked_for_and_none_at_the_beginning() -> None:
    hourly = When(minute=0, second=0)
    start = utc(2027, 1, 1)
    assert passes(UTC_ZONE, hourly, start, utc(2028, 1, 1), 3) == (start + 3600, start + 7200, start + 10800)
    assert passes(UTC_ZONE, hourly, start, start + 3600, 24) == (start + 3600,)
    assert passes(UTC_ZONE, hourly, start, start + 3599, 24) == ()


FIELDS = st.integers(0, 255) | st.just(255)
WHENS = st.builds(When, st.integers(0, 65535) | st.just(65535), FIELDS, FIELDS, FIELDS, FIELDS, FIELDS, FIELDS)
ZONES = st.builds(Zone, st.integers(-1440, 1440), st.integers(-120, 120), st.none() | WHENS, st.none() | WHENS)


@given(ZONES, WHENS, st.integers(-(1 << 63), 1 << 63))
def test_whatever_the_rule_a_pass_lies_ahead(zone: Zone, when: When, after_s: int) -> None:
    found = next_pass(zone, when, after_s)
    assert found is None or found > after_s
