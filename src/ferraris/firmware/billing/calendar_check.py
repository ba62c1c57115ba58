"""What makes an activity calendar unfit to be activated: references that lead nowhere, doubles, times that are none."""

from collections.abc import Iterator
from itertools import pairwise

from ferraris.firmware.billing.calendar import (
    LONGEST_NAME,
    MOST_DAYS,
    MOST_RATES,
    MOST_SEASONS,
    MOST_SPECIAL_DAYS,
    MOST_SWITCHES,
    MOST_WEEKS,
    Calendar,
    Season,
)
from ferraris.firmware.billing.zone import ANY, ANY_YEAR, DAY_S, When, days_of


def problems(calendar: Calendar) -> tuple[str, ...]:
    """What makes a calendar unfit to be activated, one line each, table and entry first."""
    return (
        *_sizes(calendar),
        *_rates(calendar),
        *_days(calendar),
        *_weeks(calendar),
        *_seasons(calendar),
        *_special(calendar),
    )


def _sizes(calendar: Calendar) -> Iterator[str]:
    for name, entries, least, most in (
        ("seasons", calendar.seasons, 1, MOST_SEASONS),
        ("weeks", calendar.weeks, 1, MOST_WEEKS),
        ("days", calendar.days, 1, MOST_DAYS),
        ("special days", calendar.special_days, 0, MOST_SPECIAL_DAYS),
    ):
        if not least <= len(entries) <= most:
            yield f"{name}: found {len(entries)} entries, expected {least} to {most}"
    for label in (calendar.name, *(each.name for each in calendar.seasons), *(each.name for each in calendar.weeks)):
        if len(label) > LONGEST_NAME:
            yield f"name: found {len(label)} octets, expected {LONGEST_NAME} at most"


def _rates(calendar: Calendar) -> Iterator[str]:
    if not 1 <= calendar.rates <= MOST_RATES:
        yield f"rates: found {calendar.rates}, expected 1 to {MOST_RATES}"
    if not 1 <= calendar.fallback <= calendar.rates:
        yield f"fallback: found rate {calendar.fallback}, expected 1 to {calendar.rates}"


def _days(calendar: Calendar) -> Iterator[str]:
    yield from _doubled("day", [each.day_id for each in calendar.days])
    for day_id, switches in calendar.days:
        if not 1 <= len(switches) <= MOST_SWITCHES:
            yield f"day {day_id}: found {len(switches)} switches, expected 1 to {MOST_SWITCHES}"
        for second, rate in switches:
            if not 1 <= rate <= calendar.rates:
                yield f"day {day_id}: found rate {rate}, expected 1 to {calendar.rates}"
            if not 0 <= second < DAY_S:
                yield f"day {day_id}: found a switch at second {second}, expected 0 to {DAY_S - 1}"
        if any(late.second_of_day <= early.second_of_day for early, late in pairwise(switches)):
            yield f"day {day_id}: found switches out of order, expected each one later than the one before"


def _weeks(calendar: Calendar) -> Iterator[str]:
    known = {each.day_id for each in calendar.days}
    yield from _doubled("week", [_shown(each.name) for each in calendar.weeks])
    for name, days in calendar.weeks:
        if len(days) != 7:
            yield f"week {_shown(name)}: found {len(days)} days, expected 7"
        yield from (
            f"week {_shown(name)}: found day {each}, which is in no table" for each in sorted(set(days) - known)
        )


def _seasons(calendar: Calendar) -> Iterator[str]:
    known = {each.name for each in calendar.weeks}
    yield from _doubled("season", [_shown(each.name) for each in calendar.seasons])
    for name, start, week in calendar.seasons:
        if week not in known:
            yield f"season {_shown(name)}: found week {_shown(week)}, which is in no table"
        if not _in_every_year(start) and start.year == ANY_YEAR:
            yield f"season {_shown(name)}: found a start that some years do not have, expected one of every year"
        if not _is_time(start):
            yield f"season {_shown(name)}: found a time of day that is none, expected at most 23:59:59"
        if start.year != ANY_YEAR:
            yield f"season {_shown(name)}: found a start in {start.year}, expected one that leaves the year open"
    yield from _together(calendar.seasons)


def _together(seasons: tuple[Season, ...]) -> Iterator[str]:
    """Two seasons that start on the same day of the year 2000, one hiding the other."""
    starts: dict[tuple[int, ...], bytes] = {}
    for name, start, _ in seasons:
        days = days_of(start, 2000)
        if days and days in starts:
            yield f"season {_shown(name)}: found the start of season {_shown(starts[days])}, expected one of its own"
        starts.setdefault(days, name)


def _special(calendar: Calendar) -> Iterator[str]:
    known = {each.day_id for each in calendar.days}
    yield from _doubled("special day", [each.index for each in calendar.special_days])
    for each in calendar.special_days:
        if each.day_id not in known:
            yield f"special day {each.index}: found day {each.day_id}, which is in no table"
        if not any(days_of(each.date, year) for year in _some_years(each.date)):
            yield f"special day {each.index}: found a date that is in no calendar"


def _some_years(date: When) -> range:
    return range(2000, 2004) if date.year == ANY_YEAR else range(date.year, date.year + 1)


def _in_every_year(start: When) -> bool:
    return all(days_of(start, year) for year in (2000, 2001))


def _is_time(when: When) -> bool:
    limits = ((when.hour, 24), (when.minute, 60), (when.second, 60))
    return all(field == ANY or field < limit for field, limit in limits)


def _doubled(what: str, names: list[int] | list[str]) -> Iterator[str]:
    seen: set[int | str] = set()
    for name in names:
        if name in seen:
            yield f"{what} {name}: found twice, expected once"
        seen.add(name)


def _shown(name: bytes) -> str:
    return repr(name.decode("ascii", "backslashreplace"))
