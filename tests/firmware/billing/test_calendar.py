"""The rate in force, against the rules of docs/billing.md read afresh over the database's local time."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from calendars import BERLIN, HOME, PLACES, calendars
from hypothesis import given, settings
from hypothesis import strategies as st

from ferraris.firmware.billing.calendar import (
    Calendar,
    DayProfile,
    Season,
    SpecialDay,
    Switch,
    Week,
    flat,
    next_change,
    rate_at,
)
from ferraris.firmware.billing.calendar_check import problems
from ferraris.firmware.billing.zone import LAST_DAY, When, Zone


def naive_rate(calendar: Calendar, shown: datetime) -> int:
    """Rule 2, one sentence after another, on what a wall clock shows; nothing but the tables is shared."""
    second = shown.hour * 3600 + shown.minute * 60 + shown.second
    specials = [each for each in calendar.special_days if names(each.date, shown)]
    dated = [each for each in specials if each.date.year != 0xFFFF] or specials
    if dated:
        day_id = min(dated, key=lambda each: each.index).day_id
    else:
        day_id = next(w for w in calendar.weeks if w.name == naive_week(calendar, shown)).days[shown.weekday()]
    switches = next(each for each in calendar.days if each.day_id == day_id).switches
    passed = [each.rate for each in switches if each.second_of_day <= second]
    return passed[-1] if passed else switches[-1].rate


def naive_week(calendar: Calendar, shown: datetime) -> bytes:
    def start(season: Season) -> tuple[int, ...]:
        month, day, _, hour, minute, _ = season.start[1:]
        return month, day, hour % 255, minute % 255

    now = (shown.month, shown.day, shown.hour, shown.minute)
    ordered = sorted(calendar.seasons, key=start)
    begun = [each for each in ordered if start(each) <= now]
    return (begun or ordered)[-1].week  # before the first of the year the last of the year before goes on


def names(date: When, shown: datetime) -> bool:
    if date.year not in {0xFFFF, shown.year} or date.month not in {0xFF, shown.month}:
        return False
    if date.weekday != 0xFF:
        return shown.isoweekday() == date.weekday and date.day <= shown.day < date.day + 7
    if date.day == LAST_DAY:
        return (shown + timedelta(days=1)).day == 1
    return date.day == shown.day


def wall(place: str, utc_s: int) -> datetime:
    return datetime.fromtimestamp(utc_s, ZoneInfo(place)).replace(tzinfo=None)


def utc(*moment: int) -> int:
    return int(datetime(*moment, tzinfo=UTC).timestamp())  # type: ignore[misc,arg-type]


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("year", [2027, 2028])
def test_every_quarter_of_an_hour_of_a_year_has_the_rate_of_the_table(place: str, year: int) -> None:
    for at in range(utc(year, 1, 1), utc(year + 1, 1, 1), 900):
        assert rate_at(HOME, PLACES[place], at) == naive_rate(HOME, wall(place, at)), wall(place, at)


@pytest.mark.parametrize(
    "day", [(2027, 3, 28), (2027, 10, 31), (2027, 10, 1), (2027, 12, 25), (2028, 12, 25), (2028, 2, 29)]
)
def test_every_minute_of_a_special_day_and_of_a_day_of_23_or_25_hours_and_the_second_before(
    day: tuple[int, int, int],
) -> None:
    for minute in range(utc(*day) - 3600 * 2, utc(*day) + 3600 * 25, 60):
        for at in (minute - 1, minute):
            assert rate_at(HOME, BERLIN, at) == naive_rate(HOME, wall("Europe/Berlin", at))


@given(calendars(), st.sampled_from(sorted(PLACES)), st.integers(utc(2026, 1, 1), utc(2029, 1, 1)))
def test_any_calendar_at_any_instant(calendar: Calendar, place: str, at: int) -> None:
    assert rate_at(calendar, PLACES[place], at) == naive_rate(calendar, wall(place, at))


CHANGES = st.sampled_from([utc(2027, 3, 28, 1), utc(2027, 10, 31, 1), utc(2027, 4, 3, 16), utc(2027, 10, 2, 16)])


@settings(max_examples=60, deadline=None)
@given(
    calendars(),
    st.sampled_from(sorted(PLACES)),
    st.integers(utc(2026, 1, 1), utc(2029, 1, 1)) | st.tuples(CHANGES, st.integers(-90000, 7200)).map(sum),
)
def test_the_next_change_is_exact_within_a_day_and_never_late(calendar: Calendar, place: str, at: int) -> None:
    zone = PLACES[place]
    found = next_change(calendar, zone, at)
    now = naive_rate(calendar, wall(place, at))
    assert at < found <= at + 2 * 86400
    if found <= at + 86400:
        assert naive_rate(calendar, wall(place, found)) != now
    # Rates change at whole seconds of a switch, a season or a day: those are looked at, and every 97 s between.
    looks = sorted({*range(at, found, 97), *range(max(at, found - 60), found), *edges(calendar, place, at, found)})
    assert all(naive_rate(calendar, wall(place, look)) == now for look in looks)


def edges(calendar: Calendar, place: str, begin: int, end: int) -> set[int]:
    """Every instant in [begin, end) at which the wall clock stands on a switch."""
    seconds = {0, 7200, 54000} | {each.second_of_day for day in calendar.days for each in day.switches}
    first = wall(place, begin).replace(hour=0, minute=0, second=0)
    shown = (first + timedelta(days=k, seconds=second) for k in range(3) for second in seconds)
    zoned = (each.replace(tzinfo=ZoneInfo(place), fold=fold) for each in shown for fold in (0, 1))
    return {at for each in zoned if begin <= (at := int(each.timestamp())) < end}


def test_a_walk_from_change_to_change_meets_every_change_of_a_year() -> None:
    year = range(utc(2026, 12, 31, 23), utc(2027, 12, 31, 23), 1800)  # every switch and season of HOME is on it
    rates = [naive_rate(HOME, wall("Europe/Berlin", at)) for at in year]
    expected = [at for at, before, rate in zip(year[1:], rates, rates[1:], strict=False) if rate != before]
    found, at = [], year[0]
    while (at := next_change(HOME, BERLIN, at)) < year[-1]:
        found += [at] if rate_at(HOME, BERLIN, at) != rate_at(HOME, BERLIN, at - 1) else []
    assert found == expected


def test_before_the_first_switch_of_a_day_its_own_last_one_holds() -> None:
    sunday = utc(2027, 6, 5, 22)  # 00:00 in Berlin: the day before had another profile or none, it does not matter
    assert [rate_at(HOME, BERLIN, sunday + s) for s in (0, 8999, 9000, 79199, 79200)] == [4, 4, 1, 1, 4]


def test_a_special_day_of_this_year_beats_one_of_every_year_and_the_lowest_index_the_others() -> None:
    noon = [rate_at(HOME, BERLIN, utc(year, 12, 25, 16, 30)) for year in (2027, 2028)]
    assert noon == [3, 1]  # 17:30: the working day with its peak; the day of rest, index 1, not the feast, index 3


def test_a_season_can_start_at_noon() -> None:
    friday = [rate_at(HOME, BERLIN, utc(2027, 10, 1, 10, minute)) for minute in (29, 30)]
    assert friday == [1, 2]


def test_the_repeated_hour_is_read_twice_and_the_skipped_one_not_at_all() -> None:
    night = DayProfile(1, (Switch(0, 1), Switch(2 * 3600 + 1800, 2), Switch(3 * 3600, 1)))
    calendar = Calendar(b"", (Season(b"", When(), b""),), (Week(b"", (1,) * 7),), (night,), rates=2)
    two = [at for at in range(utc(2027, 10, 30, 22), utc(2027, 10, 31, 23), 60) if rate_at(calendar, BERLIN, at) == 2]
    assert len(two) == 60  # minutes: half an hour, twice
    assert not [
        at for at in range(utc(2027, 3, 27, 23), utc(2027, 3, 28, 22), 60) if rate_at(calendar, BERLIN, at) == 2
    ]


def test_one_rate_is_one_rate_and_is_asked_for_seldom() -> None:
    at = utc(2027, 1, 1)
    assert rate_at(flat(b"ONE"), BERLIN, at) == 1
    assert at + 86400 <= next_change(flat(b"ONE"), BERLIN, at) <= at + 2 * 86400
    assert problems(flat(b"ONE")) == ()


def test_a_calendar_that_leads_nowhere_has_its_fallback() -> None:
    for broken in (
        Calendar(b"", (), (), (), rates=4, fallback=3),
        Calendar(b"", (Season(b"", When(), b"x"),), (), (), rates=4, fallback=3),
        Calendar(b"", (Season(b"", When(), b""),), (Week(b"", (7,) * 7),), (DayProfile(7, ()),), rates=4, fallback=3),
        Calendar(b"", (), (), (), (SpecialDay(1, When(), 9),), rates=4, fallback=3),
    ):
        assert rate_at(broken, BERLIN, utc(2027, 1, 1)) == 3
        assert next_change(broken, BERLIN, utc(2027, 1, 1)) > utc(2027, 1, 1)


@given(calendars(), st.integers(-(1 << 63), 1 << 63))
def test_no_clock_raises(calendar: Calendar, at: int) -> None:
    assert 1 <= rate_at(calendar, BERLIN, at) <= calendar.rates
    assert at < next_change(calendar, Zone(), at) <= at + 2 * 86400


@given(calendars())
def test_a_calendar_put_together_with_care_has_no_problems(calendar: Calendar) -> None:
    assert problems(calendar) == ()
