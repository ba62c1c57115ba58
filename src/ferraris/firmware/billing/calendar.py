"""The activity calendar: which rate is in force, as a function of local time and of nothing else.

The tables are those of the COSEM classes 20 (activity calendar: seasons, weeks, days) and 11 (special days table); the
rate that a switch names is the selector of the script it runs (class 9). docs/billing.md rule 2 is the law.
"""

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

from ferraris.firmware.billing.zone import (
    ANY_YEAR,
    DAY_S,
    When,
    Zone,
    date_of,
    days_of,
    deviation,
    earliest_second,
    fits_day,
    next_transition,
)

MOST_RATES = 8
MOST_SEASONS = 12
MOST_WEEKS = 12
MOST_DAYS = 32
MOST_SWITCHES = 24
MOST_SPECIAL_DAYS = 128
LONGEST_NAME = 32
"""What the meter's memory has room for: ours to choose, the standard sets no limits."""


class Switch(NamedTuple):
    """From this second of the local day on, this rate."""

    second_of_day: int
    rate: int
    """1 is the first."""


class DayProfile(NamedTuple):
    """The switches of a day, ascending. Before the first one the last one holds."""

    day_id: int
    switches: tuple[Switch, ...]


class Week(NamedTuple):
    """Which day profile each day of the week has."""

    name: bytes
    days: tuple[int, ...]
    """Seven day ids, Monday first."""


class Season(NamedTuple):
    """From this date on, this week; `start` leaves the year open, and an open time is 00:00."""

    name: bytes
    start: When
    week: bytes


@dataclass(frozen=True)
class SpecialDay:
    """A date, the whole local day, that has its own day profile. `date` leaves hour, minute and second open."""

    index: int
    date: When
    day_id: int


@dataclass(frozen=True)
class Calendar:
    """A tariff as the meter keeps it. One with `problems` still answers: what it does not say is `fallback`."""

    name: bytes
    seasons: tuple[Season, ...]
    weeks: tuple[Week, ...]
    days: tuple[DayProfile, ...]
    special_days: tuple[SpecialDay, ...] = ()
    rates: int = 1
    """How many rates there are, 1 to 8."""
    fallback: int = 1
    """The rate while the clock is not valid."""

    def __hash__(self) -> int:
        """Of a few fields only: the caches below ask for it at every step, and a tariff has hundreds of values."""
        return hash((self.name, self.rates, self.fallback, len(self.special_days)))


def flat(name: bytes) -> Calendar:
    """A calendar with one rate, always."""
    return Calendar(name, (Season(b"", When(), b""),), (Week(b"", (0,) * 7),), (DayProfile(0, (Switch(0, 1),)),))


# ------------------------------------------------------------------------------------------------ evaluation


def rate_at(calendar: Calendar, zone: Zone, utc_s: int) -> int:
    """The rate in force at an instant (seconds of UTC), 1 to `calendar.rates` where the calendar has no problems."""
    day, second = divmod(utc_s - 60 * deviation(zone, utc_s), DAY_S)
    starts, rates = timeline(calendar, day)
    return rates[bisect_right(starts, second) - 1]


def next_change(calendar: Calendar, zone: Zone, utc_s: int) -> int:
    """The first instant after `utc_s` at which another rate is in force, if that is within a day.

    If it is not, an instant between one and two days ahead at which to ask again: never later than the change.
    """
    now, at = rate_at(calendar, zone, utc_s), utc_s
    while at < utc_s + DAY_S:
        at = _next_look(calendar, zone, at)
        if rate_at(calendar, zone, at) != now:
            break
    return at


def _next_look(calendar: Calendar, zone: Zone, utc_s: int) -> int:
    """The next step of the day's timeline, midnight, or change of the deviation."""
    day, second = divmod(utc_s - 60 * deviation(zone, utc_s), DAY_S)
    starts, _ = timeline(calendar, day)
    place = bisect_right(starts, second)
    ahead = utc_s + (starts[place] if place < len(starts) else DAY_S) - second
    change = next_transition(zone, utc_s)
    return ahead if change is None else min(ahead, change)


@lru_cache(maxsize=256)
def timeline(calendar: Calendar, day: int) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """The local day of this number (since 1970-01-01): seconds at which its rates begin, the first 0, and the rates."""
    starts: list[int] = []
    rates: list[int] = []
    for second, rate in _steps(calendar, day):
        if not rates or rate != rates[-1]:
            starts.append(second)
            rates.append(rate)
    return tuple(starts), tuple(rates)


def _steps(calendar: Calendar, day: int) -> Iterator[tuple[int, int]]:
    """Second and rate of every switch of a day; a season that starts within the day cuts it."""
    special = _special_day(calendar, day)
    cuts = [0] if special is not None else sorted({0, *_cuts(calendar, day)})
    for begin, end in pairwise((*cuts, DAY_S)):
        switches = _switches(calendar, _day_id(calendar, day, begin) if special is None else special)
        yield begin, _held(switches, begin, calendar.fallback)
        yield from ((each.second_of_day, each.rate) for each in switches if begin < each.second_of_day < end)


def _special_day(calendar: Calendar, day: int) -> int | None:
    """The day id of a special day on this date: one that names its year before one that does not, then by index."""
    found = [each for each in calendar.special_days if fits_day(each.date, day)]
    return min(found, key=lambda each: (each.date.year == ANY_YEAR, each.index)).day_id if found else None


def _cuts(calendar: Calendar, day: int) -> Iterator[int]:
    seconds = (earliest_second(each.start) for each in calendar.seasons if fits_day(each.start, day))
    return (each for each in seconds if each < DAY_S)


def _day_id(calendar: Calendar, day: int, second: int) -> int | None:
    """The day id that season and week give to a moment; None where they give none."""
    season = _season(calendar, day, second)
    week = next((each for each in calendar.weeks if season is not None and each.name == season.week), None)
    return None if week is None else week.days[date_of(day)[3] - 1]


def _season(calendar: Calendar, day: int, second: int) -> Season | None:
    """The season that started last, at or before a moment; of two that start together the first in the table."""
    started = [(_started(each, day, second), each) for each in calendar.seasons]
    known = [(at, each) for at, each in started if at is not None]
    return max(known, key=lambda pair: pair[0])[1] if known else None


def _started(season: Season, day: int, second: int) -> int | None:
    """The latest start of a season at or before a moment, local seconds since 1970-01-01; None if it never started."""
    year = date_of(day)[0]
    after = earliest_second(season.start)
    # A start on 29 February can be eight years back (1904 to 1896).
    years = range(year, year - 9, -1) if season.start.year == ANY_YEAR else (season.start.year,)
    for each in years:
        days = days_of(season.start, each)
        place = bisect_right(days, day if second >= after else day - 1)
        if place:
            return days[place - 1] * DAY_S + after
    return None


def _switches(calendar: Calendar, day_id: int | None) -> tuple[Switch, ...]:
    found = next((each.switches for each in calendar.days if each.day_id == day_id), ())
    return tuple(sorted(found, key=lambda each: each.second_of_day))


def _held(switches: tuple[Switch, ...], second: int, fallback: int) -> int:
    """The rate of the latest switch at or before a second; before the first one, of the last."""
    place = bisect_right(switches, second, key=lambda each: each.second_of_day)
    return switches[place - 1].rate if switches else fallback
