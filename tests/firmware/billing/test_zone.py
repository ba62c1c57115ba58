"""Local time against the computer's own time zone database, and boundaries against a walk over it."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ferraris.firmware.billing.zone import (
    DAY_S,
    LAST_DAY,
    SECOND_LAST_DAY,
    Local,
    When,
    Zone,
    boundary,
    days_of,
    deviation,
    fits_day,
    instants,
    is_daylight,
    local,
    next_boundary,
    next_transition,
    reach,
)

SUNDAY = 7
BERLIN = Zone(-60, 60, When(month=3, day=LAST_DAY, weekday=7, hour=2), When(month=10, day=LAST_DAY, weekday=7, hour=3))
LONDON = Zone(0, 60, When(month=3, day=LAST_DAY, weekday=7, hour=1), When(month=10, day=LAST_DAY, weekday=7, hour=2))
NEW_YORK = Zone(300, 60, When(month=3, day=8, weekday=7, hour=2), When(month=11, day=1, weekday=7, hour=2))
SYDNEY = Zone(-600, 60, When(month=10, day=1, weekday=7, hour=2), When(month=4, day=1, weekday=7, hour=3))
KATHMANDU = Zone(-345)

# Years in which the database has had today's rule throughout; it ends its explicit table in 2037 and goes on by rule.
PLACES = {
    "Europe/Berlin": (BERLIN, 1996),
    "Europe/London": (LONDON, 1996),
    "America/New_York": (NEW_YORK, 2007),
    "Australia/Sydney": (SYDNEY, 2009),
    "Asia/Kathmandu": (KATHMANDU, 1987),
}
LAST_YEAR = 2200
ALL = pytest.mark.parametrize("place", PLACES)


def utc(year: int, month: int = 1, day: int = 1, hour: int = 0, minute: int = 0, second: int = 0) -> int:
    return int(datetime(year, month, day, hour, minute, second, tzinfo=UTC).timestamp())


def wall(place: str, utc_s: int) -> datetime:
    return datetime.fromtimestamp(utc_s, ZoneInfo(place))


def expected(place: str, utc_s: int) -> Local:
    shown = wall(place, utc_s)
    second = shown.hour * 3600 + shown.minute * 60 + shown.second
    return Local(shown.year, shown.month, shown.day, shown.isoweekday(), second)


def offset_min(place: str, utc_s: int) -> int:
    offset = wall(place, utc_s).utcoffset()
    assert offset is not None
    return int(offset.total_seconds()) // 60


@st.composite
def places_and_instants(draw: st.DrawFn) -> tuple[str, int]:
    place = draw(st.sampled_from(sorted(PLACES)))
    return place, draw(st.integers(utc(PLACES[place][1] + 1), utc(LAST_YEAR)))


@ALL
def test_every_hour_around_every_change_is_that_of_the_database(place: str) -> None:
    zone, first = PLACES[place]
    at: int | None = utc(first + 1)
    changes = 0
    while (at := next_transition(zone, at)) is not None and at < utc(LAST_YEAR):  # type: ignore[arg-type]
        changes += 1
        for near in (at - 7200, at - 3600, at - 1, at, at + 1, at + 3599, at + 3600, at + 7200):
            assert local(zone, near) == expected(place, near)
            assert deviation(zone, near) == -offset_min(place, near)
        assert offset_min(place, at - 1) != offset_min(place, at)
    assert changes == (0 if place == "Asia/Kathmandu" else 2 * (LAST_YEAR - first - 1))


@given(places_and_instants())
def test_any_instant_is_that_of_the_database(drawn: tuple[str, int]) -> None:
    place, at = drawn
    zone = PLACES[place][0]
    assert local(zone, at) == expected(place, at)
    assert is_daylight(zone, at) == bool(wall(place, at).dst())


@given(places_and_instants())
def test_an_instant_is_among_those_its_local_time_means(drawn: tuple[str, int]) -> None:
    place, at = drawn
    year, month, day, _, second = local(PLACES[place][0], at)
    found = instants(PLACES[place][0], year, month, day, second)
    shown = datetime(year, month, day, tzinfo=ZoneInfo(place)) + timedelta(seconds=second)
    folds = {int(shown.replace(fold=fold).timestamp()) for fold in (0, 1)}
    assert found == tuple(sorted(folds))


@pytest.mark.parametrize(
    ("zone", "skipped", "end", "repeated", "first"),
    [  # by hand: 2027-03-28 01:00 UTC, 2027-10-31 00:30 UTC; 2027-10-02 16:00 UTC, 2027-04-03 15:30 UTC
        (BERLIN, (2027, 3, 28), utc(2027, 3, 28, 1), (2027, 10, 31), utc(2027, 10, 31, 0, 30)),
        (SYDNEY, (2027, 10, 3), utc(2027, 10, 2, 16), (2027, 4, 4), utc(2027, 4, 3, 15, 30)),
    ],
)
def test_spring_skips_half_past_two_and_autumn_has_it_twice(
    zone: Zone, skipped: tuple[int, int, int], end: int, repeated: tuple[int, int, int], first: int
) -> None:
    half_past_two = 2 * 3600 + 1800
    assert instants(zone, *skipped, half_past_two) == ()
    assert reach(zone, (utc(*skipped) + half_past_two)) == end
    assert instants(zone, *repeated, half_past_two) == (first, first + 3600)


def test_a_date_that_is_none_means_no_instant() -> None:
    assert instants(BERLIN, 2027, 2, 29, 0) == ()
    assert instants(BERLIN, 2028, 2, 29, 0) == (utc(2028, 2, 28, 23),)


@ALL
def test_a_day_ends_at_local_midnight_whatever_its_length(place: str) -> None:
    zone = PLACES[place][0]
    midnight = datetime(2027, 1, 1, tzinfo=ZoneInfo(place))
    at, lengths = int(midnight.timestamp()), set()
    for k in range(1, 366):
        then = int((midnight + timedelta(days=k)).timestamp())
        assert next_boundary(zone, at, DAY_S) == next_boundary(zone, then - 1, DAY_S) == then
        assert boundary(zone, at, DAY_S) == boundary(zone, then - 1, DAY_S) == at
        lengths.add((then - at) // 3600)
        at = then
    assert lengths == ({24} if place == "Asia/Kathmandu" else {23, 24, 25})


@given(places_and_instants(), st.sampled_from([60, 300, 900, 1800, 3600, 7200, 6 * 3600, 12 * 3600]))
def test_other_periods_end_at_whole_multiples_of_standard_time(drawn: tuple[str, int], period_s: int) -> None:
    place, at = drawn
    zone = PLACES[place][0]
    end = boundary(zone, at, period_s)
    standard = datetime.fromtimestamp(end, UTC) + timedelta(minutes=-zone.deviation_min)
    assert (standard.hour * 3600 + standard.minute * 60 + standard.second) % period_s == 0
    assert end <= at < end + period_s == next_boundary(zone, at, period_s)


def test_a_period_of_an_hour_in_kathmandu_ends_at_a_quarter_past_of_utc() -> None:
    assert next_boundary(KATHMANDU, utc(2027, 1, 1), 3600) == utc(2027, 1, 1, 0, 15)


# A rule that turns the clock back over midnight: 30 March 00:30 of summer is 29 March 23:30 of standard time.
OVER_MIDNIGHT = Zone(0, 60, When(month=9, day=1, hour=0), When(month=3, day=30, hour=0, minute=30))


def test_a_midnight_that_is_skipped_or_repeated_is_passed_once() -> None:
    gap = utc(2027, 9, 1)  # 00:00 to 01:00 are skipped
    assert next_boundary(OVER_MIDNIGHT, gap - 1, DAY_S) == boundary(OVER_MIDNIGHT, gap + 5, DAY_S) == gap
    first = utc(2027, 3, 29, 23)  # 00:00 of summer; half an hour later it is 23:30 again
    assert boundary(OVER_MIDNIGHT, first + 1800 + 60, DAY_S) == first
    assert next_boundary(OVER_MIDNIGHT, first + 1800 + 60, DAY_S) == utc(2027, 3, 31)


@pytest.mark.parametrize(
    ("when", "days"),
    [  # from a calendar of 2027 and 2028
        (When(month=3, day=LAST_DAY, weekday=SUNDAY), ["2027-03-28"]),
        (When(month=3, day=SECOND_LAST_DAY, weekday=SUNDAY), ["2027-03-21"]),
        (When(month=2, day=LAST_DAY), ["2027-02-28"]),
        (When(month=2, day=SECOND_LAST_DAY), ["2027-02-27"]),
        (When(month=2, day=29), []),
        (When(month=11, day=1, weekday=4), ["2027-11-04"]),
        (When(month=11, day=22, weekday=4), ["2027-11-25"]),
        (When(month=12, day=29, weekday=SUNDAY), ["2028-01-02"]),
        (When(month=5, weekday=1), ["2027-05-03", "2027-05-10", "2027-05-17", "2027-05-24", "2027-05-31"]),
        (When(year=2028, month=2, day=29), []),
        (When(month=13, day=1), []),
        (When(month=1, day=1, weekday=8), []),
        (When(month=1, day=0), []),
    ],
)
def test_wildcards_of_a_date_name_these_days_of_2027(when: When, days: list[str]) -> None:
    named = [
        (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(days=day)).strftime("%Y-%m-%d") for day in days_of(when, 2027)
    ]
    assert named == days
    assert all(fits_day(when, day) for day in days_of(when, 2027))


def test_a_rule_that_names_its_years_holds_in_them_only() -> None:
    once = Zone(-60, 60, When(2027, 3, 28, hour=2), When(2030, 10, 27, hour=3))
    assert [is_daylight(once, utc(year, 7)) for year in (2026, 2027, 2028, 2030, 2031)] == [
        False,
        True,
        True,
        True,
        False,
    ]
    assert not is_daylight(once, utc(2030, 12))
    assert next_transition(once, utc(1990)) == utc(2027, 3, 28, 1)
    assert next_transition(once, utc(2031)) is None


def test_without_a_beginning_or_an_end_there_is_no_summer_time() -> None:
    for zone in (
        Zone(-60, 60, BERLIN.begin, None),
        Zone(-60, 60, None, BERLIN.end),
        Zone(-60, 0, BERLIN.begin, BERLIN.end),
    ):
        assert deviation(zone, utc(2027, 7)) == -60
        assert next_transition(zone, utc(2027, 7)) is None


FIELDS = st.integers(0, 255) | st.just(255)
WHENS = st.builds(When, st.integers(0, 65535) | st.just(65535), FIELDS, FIELDS, FIELDS, FIELDS, FIELDS, FIELDS)
ZONES = st.builds(Zone, st.integers(-1440, 1440), st.integers(-120, 120), st.none() | WHENS, st.none() | WHENS)


@example(BERLIN, 1 << 62, 900)
@example(BERLIN, -(1 << 62), DAY_S)
@given(ZONES, st.integers(-(1 << 63), 1 << 63), st.sampled_from([1, 900, DAY_S]))
def test_no_clock_and_no_rule_raises(zone: Zone, at: int, period_s: int) -> None:
    local(zone, at)
    assert boundary(zone, at, period_s) <= at < next_boundary(zone, at, period_s)
    following = next_transition(zone, at)
    assert following is None or following > at


def test_beyond_the_calendar_the_rule_goes_on() -> None:
    cycle = 400 * 365 * DAY_S + 97 * DAY_S
    far = 1_000_000 * cycle
    assert local(BERLIN, utc(2027, 7) + far)[1:] == local(BERLIN, utc(2027, 7))[1:]
    assert deviation(BERLIN, utc(2027, 7) + far) == -120
    assert deviation(BERLIN, utc(2027, 1) - far) == -60
