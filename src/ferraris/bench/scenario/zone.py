"""Local time for the scenario's reader: what a wall clock beside the meter shows, by the rule of its zone."""

import re
from datetime import UTC, datetime, timedelta

from ferraris.firmware.billing import zone as billing
from ferraris.firmware.billing.zone import LAST_DAY, When, Zone, deviation, is_daylight

__all__ = ["CENTRAL_EUROPE", "Zone", "deviation", "instants", "is_daylight", "is_time", "local", "read", "written"]

SUNDAY = 7
_TIME = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)[ T](\d\d):(\d\d)(?::(\d\d))?\s*(Z|[+-]\d\d:\d\d)?", re.ASCII
)  # the digits of other scripts are no dates
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_FIRST_YEAR, _LAST_YEAR = 1971, 2199

CENTRAL_EUROPE = Zone(
    -60,
    60,
    begin=When(month=3, day=LAST_DAY, weekday=SUNDAY, hour=2, minute=0, second=0),
    end=When(month=10, day=LAST_DAY, weekday=SUNDAY, hour=3, minute=0, second=0),
)
"""Central European Time with the Union's summer time (Directive 2000/84/EC, articles 2 and 3; recalled, unverified)."""


def _seconds(moment: datetime) -> int:
    return (moment - _EPOCH) // timedelta(seconds=1)


def local(zone: Zone, utc_s: int) -> datetime:
    """The local date and time at an instant, as a plain calendar shows it (its tzinfo means nothing)."""
    return _EPOCH + timedelta(seconds=utc_s - 60 * deviation(zone, utc_s))


def instants(zone: Zone, wall: datetime) -> tuple[int, ...]:
    """The instants, s of UTC, at which a wall clock shows this: none in the hour that spring skips, two in autumn's."""
    second = _seconds(wall) - _seconds(wall.replace(hour=0, minute=0, second=0))
    return tuple(sorted(billing.instants(zone, wall.year, wall.month, wall.day, second)))


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
