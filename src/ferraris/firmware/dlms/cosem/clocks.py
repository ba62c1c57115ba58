"""What a client tells a clock (class 8, IEC 62056-6-2): its attributes, and the parameters of its methods.

`classes.clock` encodes the attributes. Deviations are minutes from local time to UTC, as everywhere. The parameters of
methods 1 to 4 (adjust to quarter, to measuring period, to minute, to preset time) say nothing (integer 0).
Everything here raises `DlmsError` for another type or a value out of range.
"""

from enum import IntEnum
from typing import NamedTuple

from ferraris.firmware.dlms import axdr
from ferraris.firmware.dlms.axdr import Data, Tag
from ferraris.firmware.dlms.cosem import classes, parameters
from ferraris.firmware.dlms.cosem.parameters import FURTHEST_DEVIATION
from ferraris.firmware.dlms.datetimes import DateTime

FURTHEST_SHIFT_S = 900
"""How far `shift_time` may go in either direction, s (Blue Book, class 8 method 6; recalled, unverified)."""

FURTHEST_SAVING = 120
"""Minutes that daylight saving may move a clock, (Blue Book, class 8 attribute 7; recalled, unverified)."""


class ClockMethod(IntEnum):
    """Methods of a clock."""

    ADJUST_TO_QUARTER = 1
    ADJUST_TO_MEASURING_PERIOD = 2
    ADJUST_TO_MINUTE = 3
    ADJUST_TO_PRESET_TIME = 4
    PRESET_ADJUSTING_TIME = 5
    SHIFT_TIME = 6


class Preset(NamedTuple):
    """A time that can be taken over by `ADJUST_TO_PRESET_TIME` while the clock is in the interval of validity."""

    time: DateTime
    valid_from: DateTime
    valid_until: DateTime


def time(data: Data) -> DateTime:
    """Attribute 2: the time to set, to the second."""
    return parameters.instant(data)


def time_zone(data: Data) -> int:
    """Attribute 3: minutes from local standard time to UTC."""
    return parameters.number(data, Tag.LONG, -FURTHEST_DEVIATION, FURTHEST_DEVIATION)


def daylight_saving_change(data: Data) -> DateTime:
    """Attributes 5 and 6: begin or end of daylight saving time, a date-time with wildcards."""
    return parameters.date_time(data)


def daylight_saving_deviation(data: Data) -> int:
    """Attribute 7: minutes."""
    return parameters.number(data, Tag.INTEGER, -FURTHEST_SAVING, FURTHEST_SAVING)


def daylight_saving_enabled(data: Data) -> bool:
    """Attribute 8."""
    return parameters.flag(data)


def preset(data: Data) -> Preset:
    """Parameter of `PRESET_ADJUSTING_TIME`: the time, then begin and end of the interval in which it may be used."""
    return Preset(*(parameters.instant(member) for member in parameters.members(data, 3)))


def encode_preset(value: Preset) -> bytes:
    """Encode the parameter of `PRESET_ADJUSTING_TIME`, for a client."""
    return axdr.structure(*(classes.date_time(moment) for moment in value))


def shift(data: Data) -> int:
    """Parameter of `SHIFT_TIME`: s, at most a quarter of an hour either way."""
    return parameters.number(data, Tag.LONG, -FURTHEST_SHIFT_S, FURTHEST_SHIFT_S)
