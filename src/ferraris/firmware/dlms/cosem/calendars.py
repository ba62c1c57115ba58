"""Tariff calendars: special days and activity calendar (classes 11, 20; IEC 62056-6-2).

Encoders give the attributes by number, without attribute 1; decoders read what a client sets or gives to a method, and
raise `DlmsError` for another shape. Layouts are recalled from the Blue Book and checked against what Gurux and pydlms
read (docs/interop.md). Whether a calendar makes sense (a day named that has no table) is for whoever runs it.
"""

from collections.abc import Sequence
from typing import NamedTuple

from ferraris.firmware.dlms import axdr, datetimes
from ferraris.firmware.dlms.axdr import Data, Tag
from ferraris.firmware.dlms.cosem import classes, parameters
from ferraris.firmware.dlms.cosem.classes import Attributes
from ferraris.firmware.dlms.datetimes import UNSPECIFIED, Date, DateTime, Time

MOST_SPECIAL_DAYS = 256
MOST_SEASONS = 32
MOST_WEEKS = 32
MOST_DAYS = 64
MOST_SWITCHES = 64
"""Elements a client may send of each: what one request can make us hold. The meter behind it may take fewer."""

INSERT = 1
"""Method of class 11: a special day in, or over the one of the same index."""
DELETE = 2
"""Method of class 11: the special day of this index out."""
ACTIVATE_PASSIVE_CALENDAR = 1
"""Method of class 20; its parameter, integer 0, says nothing."""


class SpecialDay(NamedTuple):
    """A date that has a day profile of its own."""

    number: int
    """Index of the entry."""
    date: Date
    day_id: int


class Season(NamedTuple):
    """From when on which week profile holds."""

    name: bytes
    start: DateTime
    week: bytes
    """Name of the week profile."""


class Week(NamedTuple):
    """Which day profile each day of a week has, Monday first."""

    name: bytes
    days: tuple[int, int, int, int, int, int, int]


class Switch(NamedTuple):
    """From which time of day on which script holds."""

    start: Time
    script: bytes
    """Logical name of a script table."""
    selector: int
    """Number of the script in it."""


class Day(NamedTuple):
    """A day profile."""

    day_id: int
    switches: tuple[Switch, ...]


class Calendar(NamedTuple):
    """One of the two calendars, active or passive."""

    name: bytes = b""
    seasons: tuple[Season, ...] = ()
    weeks: tuple[Week, ...] = ()
    days: tuple[Day, ...] = ()


# ---------------------------------------------------------------- encoders


def special_days(days: Sequence[SpecialDay]) -> Attributes:
    """Class 11, Special days table."""
    return {2: axdr.array([encode_special_day(day) for day in days])}


def encode_special_day(day: SpecialDay) -> bytes:
    """Encode one special day: an element of the table, and the parameter of `INSERT`."""
    date = axdr.octet_string(datetimes.pack_date(day.date))
    return axdr.structure(axdr.long_unsigned(day.number), date, axdr.unsigned(day.day_id))


def activity_calendar(active: Calendar, passive: Calendar, activation: DateTime = UNSPECIFIED) -> Attributes:
    """Class 20, Activity calendar; `activation` is when the passive calendar becomes the active one."""
    attributes = dict(enumerate((*_calendar(active), *_calendar(passive)), 2))
    return {**attributes, 10: classes.date_time(activation)}


def _calendar(calendar: Calendar) -> tuple[bytes, bytes, bytes, bytes]:
    return (
        axdr.octet_string(calendar.name),
        axdr.array([_season(season) for season in calendar.seasons]),
        axdr.array([_week(week) for week in calendar.weeks]),
        axdr.array([_day(day) for day in calendar.days]),
    )


def _season(season: Season) -> bytes:
    start = classes.date_time(season.start)
    return axdr.structure(axdr.octet_string(season.name), start, axdr.octet_string(season.week))


def _week(week: Week) -> bytes:
    return axdr.structure(axdr.octet_string(week.name), *(axdr.unsigned(day) for day in week.days))


def _day(day: Day) -> bytes:
    switches = axdr.array([_switch(switch) for switch in day.switches])
    return axdr.structure(axdr.unsigned(day.day_id), switches)


def _switch(switch: Switch) -> bytes:
    start = axdr.octet_string(datetimes.pack_time(switch.start))
    return axdr.structure(start, axdr.octet_string(switch.script), axdr.long_unsigned(switch.selector))


# ---------------------------------------------------------------- decoders


def special_day(data: Data) -> SpecialDay:
    """Parameter of `INSERT`."""
    number, day, day_id = parameters.members(data, 3)
    return SpecialDay(special_day_number(number), parameters.date(day), parameters.number(day_id, Tag.UNSIGNED))


def special_day_number(data: Data) -> int:
    """Parameter of `DELETE`."""
    return parameters.number(data, Tag.LONG_UNSIGNED)


def special_day_table(data: Data) -> tuple[SpecialDay, ...]:
    """Attribute 2 of class 11, the whole table."""
    return parameters.elements(data, special_day, MOST_SPECIAL_DAYS)


def calendar_name(data: Data) -> bytes:
    """Attribute 6 of class 20."""
    return parameters.octets(data)


def seasons(data: Data) -> tuple[Season, ...]:
    """Attribute 7 of class 20."""
    return parameters.elements(data, _season_from, MOST_SEASONS)


def _season_from(data: Data) -> Season:
    name, start, week = parameters.members(data, 3)
    return Season(parameters.octets(name), parameters.date_time(start), parameters.octets(week))


def weeks(data: Data) -> tuple[Week, ...]:
    """Attribute 8 of class 20."""
    return parameters.elements(data, _week_from, MOST_WEEKS)


def _week_from(data: Data) -> Week:
    name, *of_week = parameters.members(data, 8)
    monday, tuesday, wednesday, thursday, friday, saturday, sunday = (
        parameters.number(day, Tag.UNSIGNED) for day in of_week
    )
    return Week(parameters.octets(name), (monday, tuesday, wednesday, thursday, friday, saturday, sunday))


def days(data: Data) -> tuple[Day, ...]:
    """Attribute 9 of class 20."""
    return parameters.elements(data, _day_from, MOST_DAYS)


def _day_from(data: Data) -> Day:
    day_id, switches = parameters.members(data, 2)
    return Day(parameters.number(day_id, Tag.UNSIGNED), parameters.elements(switches, _switch_from, MOST_SWITCHES))


def _switch_from(data: Data) -> Switch:
    start, script, selector = parameters.members(data, 3)
    name = parameters.logical_name(script)
    return Switch(parameters.time(start), name, parameters.number(selector, Tag.LONG_UNSIGNED))


def activation_time(data: Data) -> DateTime:
    """Attribute 10 of class 20: when the passive calendar becomes active; every field left open is never."""
    return parameters.date_time(data)
