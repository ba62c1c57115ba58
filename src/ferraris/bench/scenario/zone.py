"""Local time for the scenario's reader: what a wall clock beside the meter shows.

Summer time by the rule of the European Union: from the last Sunday of March 01:00 UTC to the last Sunday of October
01:00 UTC (Directive 2000/84/EC, articles 2 and 3; recalled, unverified).
"""

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache

HOUR_S = 3600
_TIME = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)[ T](\d\d):(\d\d)(?::(\d\d))?\s*(Z|[+-]\d\d:\d\d)?", re.ASCII
)  # the digits of other scripts are no dates
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_FIRST_YEAR, _LAST_YEAR = 1971, 2199


@dataclass(frozen=True)
class Zone:
    """A zone with or without the Union's summer time.

    deviation_min   minutes from local standard time to UTC, the sign of COSEM: Central Europe has -60
    daylight_min    minutes by which summer time is ahead, 0 for none
    """

    deviation_min: int = -60
    daylight_min: int = 60


CENTRAL_EUROPE = Zone()


@lru_cache(maxsize=512)
def _summer(year: int) -> tuple[int, int]:
    """When the summer time of a year begins and ends, s of UTC."""
    return _last_sunday_s(year, 3) + HOUR_S, _last_sunday_s(year, 10) + HOUR_S


def _last_sunday_s(year: int, month: int) -> int:
    last = datetime(year, month, monthrange(year, month)[1], tzinfo=UTC)
    return _seconds(last - timedelta(days=last.isoweekday() % 7))


def _seconds(moment: datetime) -> int:
    return (moment - _EPOCH) // timedelta(seconds=1)


def is_daylight(zone: Zone, utc_s: int) -> bool:
    """Whether summer time holds at an instant, s of UTC."""
    if not zone.daylight_min:
        return False
    begin_s, end_s = _summer((_EPOCH + timedelta(seconds=utc_s)).year)
    return begin_s <= utc_s < end_s


def deviation(zone: Zone, utc_s: int) -> int:
    """Minutes from local time to UTC at an instant: -120 in the summer of Central Europe."""
    return zone.deviation_min - (zone.daylight_min if is_daylight(zone, utc_s) else 0)


def local(zone: Zone, utc_s: int) -> datetime:
    """The local date and time at an instant, as a plain calendar shows it (its tzinfo means nothing)."""
    return _EPOCH + timedelta(seconds=utc_s - 60 * deviation(zone, utc_s))


def instants(zone: Zone, wall: datetime) -> tuple[int, ...]:
    """The instants, s of UTC, at which a wall clock shows this: none in the hour that spring skips, two in autumn's."""
    shown_s = _seconds(wall)
    deviations = sorted({zone.deviation_min, zone.deviation_min - zone.daylight_min})
    return tuple(utc_s for dev in deviations if deviation(zone, utc_s := shown_s + 60 * dev) == dev)


def written(zone: Zone, utc_ms: int) -> str:
    """An instant as local time with its offset, "2027-03-28 01:30:00+01:00"; a part of a second where there is one."""
    utc_s, rest_ms = divmod(utc_ms, 1000)
    offset = -deviation(zone, utc_s)
    sign = "-" if offset < 0 else "+"
    part = f".{rest_ms:03}" if rest_ms else ""
    return f"{local(zone, utc_s):%Y-%m-%d %H:%M:%S}{part}{sign}{abs(offset) // 60:02}:{abs(offset) % 60:02}"


def is_time(text: str) -> bool:
    """Whether a text has the form of a time."""
    return _TIME.fullmatch(text.strip()) is not None


def read(zone: Zone, text: str) -> int:
    """A time with or without offset as ms of UTC.

    Raises ValueError that says what was found and what would be right: no such form, no such date, a local time that
    spring skips, or one that autumn has twice and that names no offset.
    """
    found = _TIME.fullmatch(text.strip())
    if found is None:
        raise ValueError(
            f"found {text!r}, expected a time such as '2027-03-28 01:30:00', with Z or an offset if wanted"
        )
    *fields, offset = found.groups()
    try:
        wall = datetime(*(int(field or 0) for field in fields), tzinfo=UTC)  # type: ignore[misc,arg-type]
    except ValueError as error:
        raise ValueError(f"found {text!r}, expected a date of the calendar ({error})") from None
    if not _FIRST_YEAR <= wall.year <= _LAST_YEAR:
        raise ValueError(f"found {text!r}, expected a year from {_FIRST_YEAR} to {_LAST_YEAR}")
    return 1000 * (_one(zone, wall, text) if offset is None else _seconds(wall) - _offset_s(offset))


def _offset_s(offset: str) -> int:
    if offset == "Z":
        return 0
    seconds = 60 * (60 * int(offset[1:3]) + int(offset[4:6]))
    return -seconds if offset[0] == "-" else seconds


def _one(zone: Zone, wall: datetime, text: str) -> int:
    found = instants(zone, wall)
    if not found:
        raise ValueError(f"found {text!r}, which the change to summer time skips, expected another hour")
    if len(found) > 1:
        offsets = " or ".join(written(zone, 1000 * utc_s)[19:] for utc_s in found)
        raise ValueError(f"found {text!r}, which comes twice on this day, expected an offset behind it: {offsets}")
    return found[0]
