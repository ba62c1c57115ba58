"""COSEM date-time: twelve octets, each field of which can be left unspecified (IEC 62056-6-2; Blue Book 4.1.6.1).

The deviation is minutes from LOCAL TIME TO UTC: local time plus deviation is UTC, so Central European Time has -60
(FFC4) and its summer time -120 (FF88). Meters of several makers have it the other way round; we follow the standard.

Instants are integers: milliseconds of UTC since 1970-01-01, the unit of the meter's own clock.
"""

import struct
from calendar import monthrange
from datetime import datetime, timedelta
from enum import Enum, IntFlag
from functools import lru_cache
from typing import NamedTuple

from ferraris.firmware.dlms.results import DlmsError

ANY = 0xFF
"""A field of one octet that is not specified."""
ANY_YEAR = 0xFFFF
ANY_DEVIATION = -0x8000
LAST_DAY = 0xFE
SECOND_LAST_DAY = 0xFD
OCTETS = 12

EARLIEST_MS = -(1 << 62)
LATEST_MS = 1 << 62
"""Bounds for "no limit": beyond every instant that a date-time can name."""

_LAYOUT = struct.Struct(">HBBBBBBBhB")
_DATE = struct.Struct(">HBBB")
_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001  # a plain calendar: every instant here is UTC
_MILLISECOND = timedelta(milliseconds=1)
_CALENDAR = range((datetime.min - _EPOCH).days, (datetime.max - _EPOCH).days + 1)  # noqa: DTZ901  # as _EPOCH
"""Days from 1970-01-01 that have a date: the years 1 to 9999."""


class ClockStatus(IntFlag):
    """Status octet of a date-time (IEC 62056-6-2, clock status; recalled, unverified beyond the DST bit)."""

    INVALID_VALUE = 0x01
    DOUBTFUL_VALUE = 0x02
    DIFFERENT_CLOCK_BASE = 0x04
    INVALID_CLOCK_STATUS = 0x08
    DAYLIGHT_SAVING_ACTIVE = 0x80


class DateTime(NamedTuple):
    """The fields as they travel."""

    year: int = ANY_YEAR
    month: int = ANY
    day: int = ANY
    weekday: int = ANY
    """1 is Monday, 7 is Sunday."""
    hour: int = ANY
    minute: int = ANY
    second: int = ANY
    hundredths: int = ANY
    deviation: int = ANY_DEVIATION
    """Minutes from local time to UTC."""
    status: int = 0


UNSPECIFIED = DateTime()
"""No date and no time: every field left open."""


class Date(NamedTuple):
    """A date on its own, five octets; the fields as in a date-time."""

    year: int = ANY_YEAR
    month: int = ANY
    day: int = ANY
    weekday: int = ANY


class Time(NamedTuple):
    """A time of day on its own, four octets; the fields as in a date-time."""

    hour: int = ANY
    minute: int = ANY
    second: int = ANY
    hundredths: int = ANY


class Edge(Enum):
    """Which instant a date-time with unspecified fields stands for: the first that fits it, or the last."""

    FIRST = 0
    LAST = 1


def pack(moment: DateTime) -> bytes:
    """Encode the fields to their twelve octets."""
    return _LAYOUT.pack(*moment)


def unpack(octets: bytes) -> DateTime:
    """Decode twelve octets. Raises `DlmsError` for another number of octets; the fields are not judged."""
    if len(octets) != OCTETS:
        raise DlmsError(f"a date-time has {OCTETS} octets, not {len(octets)}")
    return DateTime(*_LAYOUT.unpack(octets))


def pack_date(date: Date) -> bytes:
    """Encode a date to its five octets."""
    return _DATE.pack(*date)


def unpack_date(octets: bytes) -> Date:
    """Decode five octets. Raises `DlmsError` for another number of octets; the fields are not judged."""
    if len(octets) != _DATE.size:
        raise DlmsError(f"a date has {_DATE.size} octets, not {len(octets)}")
    return Date(*_DATE.unpack(octets))


def pack_time(time: Time) -> bytes:
    """Encode a time of day to its four octets."""
    return bytes(time)


def unpack_time(octets: bytes) -> Time:
    """Decode four octets. Raises `DlmsError` for another number of octets; the fields are not judged."""
    if len(octets) != len(Time()):
        raise DlmsError(f"a time has {len(Time())} octets, not {len(octets)}")
    return Time(*octets)


def local(utc_ms: int, deviation: int = 0, status: int = 0) -> DateTime:
    """Write an instant as the local date-time whose deviation (minutes from local time to UTC) is given.

    An instant outside the years 1 to 9999 has no date: it is left unspecified, with the status "invalid value".
    """
    day, time_ms = divmod(utc_ms - deviation * 60_000, 86_400_000)
    if day not in _CALENDAR:
        return UNSPECIFIED._replace(deviation=deviation, status=status | ClockStatus.INVALID_VALUE)
    minutes, minute_ms = divmod(time_ms, 60_000)
    hour, minute = divmod(minutes, 60)
    second, milliseconds = divmod(minute_ms, 1000)
    return DateTime(*_date(day), hour, minute, second, milliseconds // 10, deviation, status)


def pack_local(utc_ms: int, deviation: int = 0, status: int = 0) -> bytes:
    """Give the octets of `local`, joined from parts that rows of a profile share: day, time of day, and the rest."""
    day, time_ms = divmod(utc_ms - deviation * 60_000, 86_400_000)
    date = _date_octets(day)
    if date is None:
        return pack(local(utc_ms, deviation, status))
    if deviation or status:
        return date + _time_octets(time_ms) + struct.pack(">hB", deviation, status)
    return date + _time_octets(time_ms) + b"\x00\x00\x00"


@lru_cache(maxsize=64)
def _date_octets(day: int) -> bytes | None:
    return _DATE.pack(*_date(day)) if day in _CALENDAR else None


@lru_cache(maxsize=2048)
def _time_octets(time_ms: int) -> bytes:
    return pack(local(time_ms))[5:9]


@lru_cache(maxsize=64)
def _date(day: int) -> tuple[int, int, int, int]:
    """Year, month, day and weekday of a day counted from 1970-01-01. Rows of a profile share their days."""
    date = _EPOCH + timedelta(days=day)
    return date.year, date.month, date.day, date.isoweekday()


def utc_ms(moment: DateTime, edge: Edge = Edge.FIRST, assumed_deviation: int = 0) -> int:
    """Give the instant of a date-time, ms of UTC; unspecified fields take their first or last value, as `edge` says.

    assumed_deviation stands in where the date-time leaves its own unspecified. The weekday and the status are not
    looked at. An unspecified year means no limit: `EARLIEST_MS` or `LATEST_MS`. Raises `DlmsError` for a date or time
    that no calendar has.
    """
    if moment.year == ANY_YEAR:
        return EARLIEST_MS if edge is Edge.FIRST else LATEST_MS
    month = _specified(moment.month, (1, 12), edge)
    try:
        date = datetime(moment.year, month, _day(moment, month, edge))  # noqa: DTZ001  # local time of the date-time
    except ValueError as error:
        raise DlmsError(f"not a date: {error}") from error
    deviation = assumed_deviation if moment.deviation == ANY_DEVIATION else moment.deviation
    return (date - _EPOCH) // _MILLISECOND + _time_ms(moment, edge) + deviation * 60_000


def _time_ms(moment: DateTime, edge: Edge) -> int:
    """Milliseconds since midnight. Raises `DlmsError` for an impossible time of day."""
    hour = _specified(moment.hour, (0, 23), edge)
    minute = _specified(moment.minute, (0, 59), edge)
    second = _specified(moment.second, (0, 59), edge)
    hundredths = _specified(moment.hundredths, (0, 99), edge)
    if hour > 23 or minute > 59 or second > 59 or hundredths > 99:
        raise DlmsError(f"not a time of day: {hour}:{minute}:{second}.{hundredths}")
    rest = 9 if moment.hundredths == ANY and edge is Edge.LAST else 0  # the last instant, not the last hundredth
    return ((hour * 60 + minute) * 60 + second) * 1000 + hundredths * 10 + rest


def _day(moment: DateTime, month: int, edge: Edge) -> int:
    """Day of the month. Raises `ValueError` as `datetime` does, for a month or day that does not exist."""
    if moment.day == LAST_DAY:
        return monthrange(moment.year, month)[1]
    if moment.day == SECOND_LAST_DAY:
        return monthrange(moment.year, month)[1] - 1
    if moment.day == ANY and edge is Edge.LAST:
        return monthrange(moment.year, month)[1]
    return _specified(moment.day, (1, 31), edge)


def _specified(field: int, bounds: tuple[int, int], edge: Edge) -> int:
    return bounds[edge.value] if field == ANY else field
