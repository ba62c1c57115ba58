"""The activity calendar as the meter's memory keeps it: version 1, big-endian, only what is there.

A calendar whose tables do not fit together can be kept, too: a client writes a passive calendar table by table.
`problems` of calendar_check says whether it may be activated.
"""

from collections.abc import Callable, Sized
from struct import Struct
from struct import error as StructError  # noqa: N812 - an exception like any other
from typing import TypeVar

from ferraris.firmware.billing.calendar import (
    LONGEST_NAME,
    MOST_DAYS,
    MOST_SEASONS,
    MOST_SPECIAL_DAYS,
    MOST_SWITCHES,
    MOST_WEEKS,
    Calendar,
    DayProfile,
    Season,
    SpecialDay,
    Switch,
    Week,
)
from ferraris.firmware.billing.zone import DAY_S, When

VERSION = 1
_HEADER = Struct(">BBBBBBB")
_WHEN = Struct(">HBBBBBB")
_WEEK = Struct(">7B")
_DAY = Struct(">BB")
_SWITCH = Struct(">I")
_SPECIAL = Struct(">HHBBBB")
_NAME = 1 + LONGEST_NAME

LARGEST = (
    _HEADER.size
    + _NAME
    + MOST_SEASONS * (2 * _NAME + _WHEN.size)
    + MOST_WEEKS * (_NAME + _WEEK.size)
    + MOST_DAYS * (_DAY.size + MOST_SWITCHES * _SWITCH.size)
    + MOST_SPECIAL_DAYS * _SPECIAL.size
)
"""Bytes of the largest calendar."""

Entry = TypeVar("Entry")


class CalendarError(ValueError):
    """Bytes that are no calendar of this firmware; the message says why."""


def encode(calendar: Calendar) -> bytes:
    """The stored form; raises CalendarError where a table or a name is too long (MOST_..., LONGEST_NAME)."""
    tables = (calendar.seasons, calendar.weeks, calendar.days, calendar.special_days)
    limits = (MOST_SEASONS, MOST_WEEKS, MOST_DAYS, MOST_SPECIAL_DAYS)
    for table, most in zip(tables, limits, strict=True):
        _limited(len(table), most, "entries of a table")
    try:
        return _encoded(calendar, tables)
    except StructError as error:
        raise CalendarError(f"a field that does not fit its octets: {error}") from error


def _encoded(calendar: Calendar, tables: tuple[Sized, ...]) -> bytes:
    parts = [_HEADER.pack(VERSION, calendar.rates, calendar.fallback, *map(len, tables)), _name(calendar.name)]
    parts += [_name(each.name) + _WHEN.pack(*each.start) + _name(each.week) for each in calendar.seasons]
    parts += [_name(each.name) + _WEEK.pack(*each.days) for each in calendar.weeks]
    parts += [_day(each) for each in calendar.days]
    parts += [_special(each) for each in calendar.special_days]
    return b"".join(parts)


def _name(name: bytes) -> bytes:
    _limited(len(name), LONGEST_NAME, "octets of a name")
    return bytes((len(name),)) + name


def _day(profile: DayProfile) -> bytes:
    _limited(len(profile.switches), MOST_SWITCHES, "switches of a day")
    if not all(0 <= second < DAY_S and 0 <= rate <= 0xFF for second, rate in profile.switches):
        raise CalendarError(f"day {profile.day_id} with a switch at no time of day")
    switches = (_SWITCH.pack(second << 8 | rate) for second, rate in profile.switches)
    return _DAY.pack(profile.day_id, len(profile.switches)) + b"".join(switches)


def _special(special: SpecialDay) -> bytes:
    if special.date[4:] != When()[4:]:
        raise CalendarError(f"special day {special.index} with a time of day")
    return _SPECIAL.pack(special.index, *special.date[:4], special.day_id)


class _Reader:
    """A place in the bytes that moves on as values are taken."""

    def __init__(self, payload: bytes) -> None:
        self.payload = payload
        self.place = 0

    def take(self, layout: Struct) -> tuple[int, ...]:
        values = layout.unpack_from(self.payload, self.place)
        self.place += layout.size
        return values

    def name(self) -> bytes:
        (size,) = self.take(Struct(">B"))
        return bytes(self.take(Struct(f">{_limited(size, LONGEST_NAME, 'octets of a name')}B")))


def decode(payload: bytes) -> Calendar:
    """A calendar from its stored form; raises CalendarError for anything `encode` could not have made."""
    reader = _Reader(payload)
    try:
        found = _calendar(reader)
    except StructError:
        raise CalendarError(f"a calendar of {len(payload)} bytes that ends too early") from None
    if reader.place != len(payload):
        raise CalendarError(f"a calendar of {len(payload)} bytes, {len(payload) - reader.place} of them too many")
    return found


def _calendar(reader: _Reader) -> Calendar:
    version, rates, fallback, seasons, weeks, days, specials = reader.take(_HEADER)
    if version != VERSION:
        raise CalendarError(f"a calendar of version {version}, expected {VERSION}")
    return Calendar(
        name=reader.name(),
        seasons=_table(reader, _read_season, seasons, MOST_SEASONS),
        weeks=_table(reader, _read_week, weeks, MOST_WEEKS),
        days=_table(reader, _read_day, days, MOST_DAYS),
        special_days=_table(reader, _read_special, specials, MOST_SPECIAL_DAYS),
        rates=rates,
        fallback=fallback,
    )


def _table(reader: _Reader, read: Callable[[_Reader], Entry], count: int, most: int) -> tuple[Entry, ...]:
    return tuple(read(reader) for _ in range(_limited(count, most, "entries of a table")))


def _limited(count: int, most: int, what: str) -> int:
    if count > most:
        raise CalendarError(f"{count} {what}, expected {most} at most")
    return count


def _read_season(reader: _Reader) -> Season:
    return Season(reader.name(), When(*reader.take(_WHEN)), reader.name())


def _read_week(reader: _Reader) -> Week:
    return Week(reader.name(), reader.take(_WEEK))


def _read_day(reader: _Reader) -> DayProfile:
    day_id, count = reader.take(_DAY)
    switches = (reader.take(_SWITCH)[0] for _ in range(_limited(count, MOST_SWITCHES, "switches of a day")))
    found = tuple(Switch(each >> 8, each & 0xFF) for each in switches)
    if any(each.second_of_day >= DAY_S for each in found):
        raise CalendarError(f"day {day_id} with a switch at no time of day")
    return DayProfile(day_id, found)


def _read_special(reader: _Reader) -> SpecialDay:
    index, year, month, day, weekday, day_id = reader.take(_SPECIAL)
    return SpecialDay(index, When(year, month, day, weekday), day_id)
