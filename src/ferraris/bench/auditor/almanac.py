"""Local time, rates, and the ends of periods, by the library's calendar: `datetime` and `zoneinfo`.

Times are milliseconds of UTC since 1970-01-01. `zoneinfo` reads the time zone database of the computer (IANA).
"""

import calendar
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo

from ferraris.bench.auditor.terms import DAY_S, Schedule, Tariff, Zone

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MS = timedelta(milliseconds=1)


def place(zone: Zone) -> tzinfo:
    """The zone as the library knows it; raises `ZoneInfoNotFoundError` where the computer's database lacks it."""
    match zone:
        case None:
            return UTC
        case int():
            return timezone(timedelta(minutes=zone))
        case str():
            return ZoneInfo(zone)


def local(zone: Zone, ms: int) -> datetime:
    """What a clock on the wall shows."""
    return (EPOCH + ms * MS).astimezone(place(zone))


def instant(moment: datetime) -> int:
    """Milliseconds of UTC of a time with a zone; the earlier one where the wall clock shows it twice."""
    return (moment - EPOCH) // MS


def is_summer(zone: Zone, ms: int) -> bool:
    """Whether an instant lies in summer time."""
    return bool(local(zone, ms).dst())


def rate_at(tariff: Tariff, zone: Zone, ms: int) -> int:
    """The rate of the table at an instant (billing.md, 2)."""
    now = local(zone, ms)
    switches = tariff.days[_day_of(tariff, now.date())]
    second = now.hour * 3600 + now.minute * 60 + now.second
    passed = [rate for start, rate in switches if start <= second]
    return passed[-1] if passed else switches[-1][1]


def _day_of(tariff: Tariff, today: date) -> str:
    """The name of the day profile: a special day's, or that of the weekday in the season."""
    for wanted in (today.year, None):  # one that names the year goes before one of every year
        for year, month, day, name in tariff.special:
            if (year, month, day) == (wanted, today.month, today.day):
                return name
    begun = [week for month, day, week in tariff.seasons if (month, day) <= (today.month, today.day)]
    week = begun[-1] if begun else tariff.seasons[-1][2]  # before the first of the year the last one still holds
    return tariff.weeks[week][today.weekday()]


def next_multiple(zone: Zone, period_s: int, ms: int) -> int:
    """The first whole multiple of a period of local standard time after an instant (billing.md, 3 and 4)."""
    there = local(zone, ms)
    standard = ((there.utcoffset() or timedelta()) - (there.dst() or timedelta())) // MS
    period = period_s * 1000
    return ((ms + standard) // period + 1) * period - standard


def next_end(zone: Zone, period_s: int, ms: int) -> int:
    """The first end of a capture period after an instant: days end at local midnight (billing.md, 4)."""
    if period_s != DAY_S:
        return next_multiple(zone, period_s, ms)
    return _next_on(Schedule(None), zone, ms)


def next_close(schedule: Schedule, zone: Zone, ms: int) -> int:
    """The first end of a billing period by schedule after an instant (billing.md, 5)."""
    return _next_on(schedule, zone, ms)


def _next_on(schedule: Schedule, zone: Zone, ms: int) -> int:
    today = local(zone, ms).date()
    while True:
        if _fits(schedule, today) and (end := _wall(zone, today, schedule.hour, schedule.minute)) > ms:
            return end
        today += timedelta(days=1)


def _fits(schedule: Schedule, today: date) -> bool:
    if schedule.day == "last":
        return today.day == calendar.monthrange(today.year, today.month)[1]
    return schedule.day in {None, today.day}


@lru_cache(maxsize=4096)
def _wall(zone: Zone, day: date, hour: int, minute: int) -> int:
    return instant(datetime(day.year, day.month, day.day, hour, minute, tzinfo=place(zone)))
