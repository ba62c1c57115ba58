"""When a date with wildcards passes: the ends of billing periods, "day 1 at 00:00:00" in local time.

A local time that spring skips passes at the end of the gap; one that autumn repeats passes once, the first time. A
field of the time that is left open fits every value: an open second passes every second.
"""

from functools import lru_cache

from ferraris.firmware.billing.zone import ANY, ANY_YEAR, DAY_S, When, Zone, date_of, days_of, reach, reached

_FURTHEST = 9
"""Years looked ahead: from one 29 February to the next there are at most eight (1896 to 1904)."""


def next_pass(zone: Zone, when: When, after_s: int) -> int | None:
    """The first instant after `after_s` (seconds of UTC) whose local time fits; None where none ever does."""
    # The meter asks at every call, and nearly always it is the first one since the day began.
    found = _first_of_day(zone, when, after_s // DAY_S)
    return found if found is None or found > after_s else _next_pass(zone, when, after_s)


@lru_cache(maxsize=64)
def _first_of_day(zone: Zone, when: When, day: int) -> int | None:
    """The first pass after a day (of UTC) began."""
    return _next_pass(zone, when, day * DAY_S)


def _next_pass(zone: Zone, when: When, after_s: int) -> int | None:
    # Local times up to `reached` have passed; the next that fits passes when the clock gets there.
    found = _next_local(when, reached(zone, after_s) + 1)
    return None if found is None else reach(zone, found)


def passes(zone: Zone, when: When, after_s: int, until_s: int, most: int) -> tuple[int, ...]:
    """Every instant in (`after_s`, `until_s`] that fits, ascending; the first `most` of them where there are more."""
    found: list[int] = []
    at = next_pass(zone, when, after_s)
    while at is not None and at <= until_s and len(found) < most:
        found.append(at)
        at = next_pass(zone, when, at)
    return tuple(found)


def _next_local(when: When, from_s: int) -> int | None:
    """The first local second, at or after `from_s`, that fits."""
    today, second = divmod(from_s, DAY_S)
    first = _second_of_day(when, 0)
    if first is None:
        return None
    year = date_of(today)[0]
    # A date of the year before can fall into January (the first Sunday on or after 29 December).
    years = range(year - 1, year + _FURTHEST) if when.year == ANY_YEAR else (when.year,)
    for day in (day for each in years for day in days_of(when, each) if day >= today):
        found = _second_of_day(when, second) if day == today else first
        if found is not None:
            return day * DAY_S + found
    return None


def _second_of_day(when: When, earliest: int) -> int | None:
    """The first second of a day, at or after `earliest`, that fits the time."""
    for hour in _fitting(when.hour, 24):
        if hour * 3600 + 3599 < earliest:
            continue
        for minute in _fitting(when.minute, 60):
            if hour * 3600 + minute * 60 + 59 < earliest:
                continue
            for second in _fitting(when.second, 60):
                found = hour * 3600 + minute * 60 + second
                if found >= earliest:
                    return found
    return None


def _fitting(field: int, size: int) -> range:
    return range(size) if field == ANY else range(field, min(field + 1, size))
