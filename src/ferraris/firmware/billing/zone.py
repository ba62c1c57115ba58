"""Local time: the deviation of the meter's zone from UTC, summer time by rule, and the boundaries of both.

Instants are whole seconds of UTC since 1970-01-01. A deviation is minutes from LOCAL TIME TO UTC, as COSEM has it
(IC 8, time_zone): Central European Time has -60, its summer time -120. Days are numbered from 1970-01-01.

Summer time begins and ends by two dates with wildcards, as in IC 8 (daylight_savings_begin and _end): the beginning is
said in standard local time, the end in summer local time. A zone of which one of the two is missing has no summer time.
The calendar is the Gregorian one for ever, before the year 1 and after the year 9999 too: no clock value, however
silly, raises.
"""

from bisect import bisect_right
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import NamedTuple

ANY_YEAR = 0xFFFF
ANY = 0xFF
"""A field that is left open."""
LAST_DAY = 0xFE
SECOND_LAST_DAY = 0xFD
"""Values of `day` that count from the end of the month (IEC 62056-6-2, date; recalled, unverified)."""

DAY_S = 86400
_CYCLE_YEARS = 400
_CYCLE_DAYS = 146_097
"""Days of 400 Gregorian years; a whole number of weeks, so that weekdays repeat as well."""
_EPOCH = date(1970, 1, 1).toordinal()
_CYCLE = date(2000, 1, 1).toordinal()
_MEAN_YEAR_S = _CYCLE_DAYS * DAY_S // _CYCLE_YEARS


class When(NamedTuple):
    """A date and time in which any field may be left open.

    `day` N with `weekday` W is the first W on or after day N, in the next month where it must; LAST_DAY with W the last
    W of the month, SECOND_LAST_DAY with W the one before it (the wildcards of IEC 62056-6-2; recalled, unverified).
    """

    year: int = ANY_YEAR
    month: int = ANY
    day: int = ANY
    weekday: int = ANY
    """1 is Monday, 7 is Sunday."""
    hour: int = ANY
    minute: int = ANY
    second: int = ANY


@dataclass(frozen=True)
class Zone:
    """Where the meter hangs: minutes from local standard time to UTC, and the rule of its summer time."""

    deviation_min: int = 0
    daylight_min: int = 0
    """How far summer time is ahead of standard time; 0 where there is none."""
    begin: When | None = None
    """In standard local time; a field left open counts as its first value."""
    end: When | None = None
    """In summer local time; before `begin` in the year on the southern hemisphere."""

    def __hash__(self) -> int:
        """Of the numbers only: the caches below ask for it at every step."""
        return hash((self.deviation_min, self.daylight_min))


UTC = Zone()


class Local(NamedTuple):
    """What a clock on the wall shows."""

    year: int
    month: int
    day: int
    weekday: int
    """1 is Monday, 7 is Sunday."""
    second_of_day: int


# ------------------------------------------------------------------------------------------------ calendar


def day_number(year: int, month: int, day: int) -> int | None:
    """Days from 1970-01-01 to this date of any year; None where the calendar has no such date."""
    cycles, rest = divmod(year, _CYCLE_YEARS)
    try:
        ordinal = date(2000 + rest, month, day).toordinal()
    except (ValueError, OverflowError):
        return None
    return ordinal - _EPOCH + (cycles - 5) * _CYCLE_DAYS


def date_of(day: int) -> tuple[int, int, int, int]:
    """Year, month, day and weekday (1 Monday to 7 Sunday) of a day's number."""
    cycles, rest = divmod(day + _EPOCH - _CYCLE, _CYCLE_DAYS)
    found = date.fromordinal(_CYCLE + rest)
    return found.year + _CYCLE_YEARS * cycles, found.month, found.day, found.isoweekday()


@lru_cache(maxsize=1024)
def days_of(when: When, year: int) -> tuple[int, ...]:
    """Numbers of the days that a date names in one year, ascending; one "W on or after" may be in the next."""
    if when.year not in {ANY_YEAR, year}:
        return ()
    months = range(1, 13) if when.month == ANY else (when.month,)
    return tuple(day for month in months for day in _in_month(when, year, month))


def _in_month(when: When, year: int, month: int) -> tuple[int, ...]:
    first = day_number(year, month, 1)
    after = day_number(year + month // 12, month % 12 + 1, 1)
    if first is None or after is None:
        return ()
    if when.weekday == ANY:
        days = {ANY: range(first, after), LAST_DAY: (after - 1,), SECOND_LAST_DAY: (after - 2,)}.get(when.day)
        given = day_number(year, month, when.day)
        return tuple(days) if days is not None else () if given is None else (given,)
    if not 1 <= when.weekday <= 7:
        return ()
    match when.day:
        case day if day == ANY:
            return tuple(range(_on_or_after(first, when.weekday), after, 7))
        case day if day in {LAST_DAY, SECOND_LAST_DAY}:
            return (_on_or_after(after - (7 if day == LAST_DAY else 14), when.weekday),)
    given = day_number(year, month, when.day)
    return () if given is None else (_on_or_after(given, when.weekday),)


def _on_or_after(day: int, weekday: int) -> int:
    """The first day of this weekday at or after a day; 1970-01-01 was a Thursday."""
    return day + (weekday - 4 - day) % 7


def fits_day(when: When, day: int) -> bool:
    """Whether a date names this day; its time of day is not looked at."""
    year = date_of(day)[0]
    return day in days_of(when, year) or day in days_of(when, year - 1)


def earliest_second(when: When) -> int:
    """The first second of the day that a time names."""
    hour, minute, second = (0 if field == ANY else field for field in when[4:])
    return hour * 3600 + minute * 60 + second


# ------------------------------------------------------------------------------------------------ summer time


class _Changes(NamedTuple):
    """Instants at which the deviation changes, ascending, and whether each begins summer time."""

    instants: tuple[int, ...]
    begins: tuple[bool, ...]


@lru_cache(maxsize=64)
def _changes(zone: Zone, near: int) -> _Changes:
    """The changes from two years before to three years after `near`, and those that name their year."""
    if zone.begin is None or zone.end is None or zone.daylight_min == 0:
        return _Changes((), ())
    years = sorted({*range(near - 2, near + 4), zone.begin.year, zone.end.year} - {ANY_YEAR})
    summer = zone.deviation_min - zone.daylight_min
    found = [(at, True) for at in _instants_of(zone.begin, years, zone.deviation_min)]
    found += [(at, False) for at in _instants_of(zone.end, years, summer)]
    found.sort()
    before = False
    kept = []
    for at, begins in found:
        if begins != before:
            kept.append((at, begins))
        before = begins
    return _Changes(tuple(at for at, _ in kept), tuple(begins for _, begins in kept))


def _instants_of(when: When, years: list[int], deviation_min: int) -> list[int]:
    days = (days_of(when, year)[:1] for year in years)
    return [day[0] * DAY_S + earliest_second(when) + deviation_min * 60 for day in days if day]


def _around(zone: Zone, utc_s: int) -> _Changes:
    return _changes(zone, 1970 + utc_s // _MEAN_YEAR_S)  # the year or, for some hours at New Year, its neighbour


def is_daylight(zone: Zone, utc_s: int) -> bool:
    """Whether summer time is in force."""
    instants, begins = _around(zone, utc_s)
    place = bisect_right(instants, utc_s)
    return place > 0 and begins[place - 1]


def deviation(zone: Zone, utc_s: int) -> int:
    """Minutes from local time to UTC, summer time included."""
    return zone.deviation_min - (zone.daylight_min if is_daylight(zone, utc_s) else 0)


def next_transition(zone: Zone, utc_s: int) -> int | None:
    """The first instant after `utc_s` at which the deviation changes; None where none follows."""
    instants, _ = _around(zone, utc_s)
    place = bisect_right(instants, utc_s)
    return instants[place] if place < len(instants) else None


# ------------------------------------------------------------------------------------------------ local time


def local_seconds(zone: Zone, utc_s: int) -> int:
    """Seconds that the local clock shows, counted from its own 1970-01-01 00:00."""
    return utc_s - 60 * deviation(zone, utc_s)


def local(zone: Zone, utc_s: int) -> Local:
    """Date and time of day that the local clock shows."""
    day, second = divmod(local_seconds(zone, utc_s), DAY_S)
    return Local(*date_of(day), second)


def instants(zone: Zone, year: int, month: int, day: int, second_of_day: int) -> tuple[int, ...]:
    """The instants at which the local clock shows this: none (spring skips it, or no such date), one, or two."""
    number = day_number(year, month, day)
    return () if number is None else _instants(zone, number * DAY_S + second_of_day)


def _instants(zone: Zone, local_s: int) -> tuple[int, ...]:
    return tuple(sorted({each for each in _readings(zone, local_s) if local_seconds(zone, each) == local_s}))


def _readings(zone: Zone, local_s: int) -> tuple[int, int]:
    """The instants that a local time means if it is read as summer time and as standard time."""
    return local_s + 60 * (zone.deviation_min - zone.daylight_min), local_s + 60 * zone.deviation_min


def reach(zone: Zone, local_s: int) -> int:
    """The first instant at which the local clock reaches this: where spring skips it, the end of the gap."""
    found = _instants(zone, local_s)
    if found:
        return found[0]
    early, late = sorted(_readings(zone, local_s))
    gap = next_transition(zone, early)
    return late if gap is None else min(gap, late)


def reached(zone: Zone, utc_s: int) -> int:
    """The latest local time (as `local_seconds`) reached so far: in autumn's repeated hour it stands still."""
    changes, _ = _around(zone, utc_s)
    place = bisect_right(changes, utc_s)
    now = local_seconds(zone, utc_s)
    return max(now, local_seconds(zone, changes[place - 1] - 1)) if place else now


# ------------------------------------------------------------------------------------------------ boundaries


def boundary(zone: Zone, utc_s: int, period_s: int) -> int:
    """The latest end of a period at or before `utc_s`.

    Periods end at whole multiples of `period_s` (> 0) of local standard time; one of exactly a day ends at local
    midnight, summer time included.
    """
    if period_s == DAY_S:
        return _midnight(zone, reached(zone, utc_s) // DAY_S)
    shift = 60 * zone.deviation_min
    return utc_s - (utc_s - shift) % period_s


def next_boundary(zone: Zone, utc_s: int, period_s: int) -> int:
    """The first end of a period after `utc_s`; periods as in `boundary`."""
    if period_s == DAY_S:
        # Asked at every call of a meter: and nearly always it is the first one since the hour began.
        found = _first_of_hour(zone, utc_s // 3600)
        return found if found > utc_s else _midnight(zone, reached(zone, utc_s) // DAY_S + 1)
    return boundary(zone, utc_s, period_s) + period_s


@lru_cache(maxsize=64)
def _first_of_hour(zone: Zone, hour: int) -> int:
    """The first local midnight after an hour (of UTC) began."""
    return _midnight(zone, reached(zone, hour * 3600) // DAY_S + 1)


@lru_cache(maxsize=256)
def _midnight(zone: Zone, day: int) -> int:
    return reach(zone, day * DAY_S)
