"""A tariff file as the writes that load it: attributes of the passive calendar, and the special days table."""

from typing import NamedTuple

from ferraris.bench.tariff import calendar_of
from ferraris.firmware.dlms.cosem import calendars
from ferraris.firmware.dlms.cosem.classes import ClassId
from ferraris.firmware.dlms.obis import obis
from ferraris.firmware.meter.calendar_fields import shown, shown_special_day
from ferraris.hardware.platform.load import loads_tariff

CALENDAR, SPECIAL_DAYS = obis("0.0.13.0.0.255"), obis("0.0.11.0.0.255")
PASSIVE = (6, 7, 8, 9)
"""Attributes of the passive calendar: name, seasons, weeks, days."""


class Written(NamedTuple):
    """One SET."""

    class_id: int
    name: bytes
    attribute: int
    value: bytes


def writes(text: str, name: str) -> tuple[Written, ...]:
    """What a head end writes to load a tariff; raises `PlatformError` for a file that is none.

    The special days hold at once, for the days that the active calendar knows.
    """
    calendar = calendar_of(loads_tariff(text, name))
    attributes = calendars.activity_calendar(shown(calendar), shown(calendar))
    table = calendars.special_days([shown_special_day(day) for day in calendar.special_days])
    return (
        *(Written(ClassId.ACTIVITY_CALENDAR, CALENDAR, number, attributes[number]) for number in PASSIVE),
        Written(ClassId.SPECIAL_DAYS_TABLE, SPECIAL_DAYS, 2, table[2]),
    )
