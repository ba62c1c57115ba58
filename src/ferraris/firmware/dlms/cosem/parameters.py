"""What a client sends to be set, or gives to a method: from `Data` to plain values.

Each function takes what was decoded and gives the value that its name says. Every one raises `DlmsError` for another
type, another number of members, or a value out of range; a host answers type-unmatched to that. Types are those of the
Blue Book (recalled; what Gurux sends is of these types, see tests/interop), and no other is taken in their place.
"""

from collections.abc import Callable
from typing import TypeVar

from ferraris.firmware.dlms import datetimes
from ferraris.firmware.dlms.axdr import Data, Tag
from ferraris.firmware.dlms.datetimes import ANY, ANY_DEVIATION, ANY_YEAR, Date, DateTime, Time
from ferraris.firmware.dlms.results import DlmsError

Element = TypeVar("Element")

FURTHEST_DEVIATION = 14 * 60
"""Minutes: no place on earth is further from UTC. (The Blue Book is said to stop at 720; unverified.)"""

_SPECIAL_DAYS = frozenset({datetimes.LAST_DAY, datetimes.SECOND_LAST_DAY, ANY})
_SPECIAL_MONTHS = frozenset({0xFD, 0xFE, ANY})
"""End and begin of daylight saving time, any month."""


def number(data: Data, tag: Tag, low: int | None = None, high: int | None = None) -> int:
    """Give a whole number of one type, from `low` to `high` where they are given, both included."""
    if data.tag is not tag or not isinstance(data.value, int):
        raise DlmsError(f"{tag.name} is expected, not {data.tag.name}")
    if (low is not None and data.value < low) or (high is not None and data.value > high):
        raise DlmsError(f"{data.value} is not between {low} and {high}")
    return data.value


def flag(data: Data) -> bool:
    """Give a boolean."""
    if data.tag is not Tag.BOOLEAN or not isinstance(data.value, bool):
        raise DlmsError(f"BOOLEAN is expected, not {data.tag.name}")
    return data.value


def octets(data: Data, size: int | None = None) -> bytes:
    """Give the octets of an octet-string, `size` of them where that is given."""
    if data.tag is not Tag.OCTET_STRING or not isinstance(data.value, bytes):
        raise DlmsError(f"OCTET_STRING is expected, not {data.tag.name}")
    if size is not None and len(data.value) != size:
        raise DlmsError(f"{size} octets are expected, not {len(data.value)}")
    return data.value


def logical_name(data: Data) -> bytes:
    """Give a logical name: six octets."""
    return octets(data, 6)


def members(data: Data, count: int) -> tuple[Data, ...]:
    """Give the members of a structure that has `count` of them."""
    if data.tag is not Tag.STRUCTURE or not isinstance(data.value, tuple) or len(data.value) != count:
        raise DlmsError(f"a structure of {count} members is expected")
    return _inner(data)


def elements(data: Data, decode: Callable[[Data], Element], most: int) -> tuple[Element, ...]:
    """Give the elements of an array, at most `most` of them, each decoded."""
    if data.tag is not Tag.ARRAY or not isinstance(data.value, tuple):
        raise DlmsError(f"ARRAY is expected, not {data.tag.name}")
    if len(data.value) > most:
        raise DlmsError(f"{len(data.value)} elements, at most {most} are taken")
    return tuple(decode(element) for element in _inner(data))


def _inner(data: Data) -> tuple[Data, ...]:
    assert isinstance(data.value, tuple)
    return tuple(member for member in data.value if isinstance(member, Data))


# ---------------------------------------------------------------- dates and times


def date_time(data: Data) -> DateTime:
    """Give a date-time whose fields may be left open, as an octet-string or, as some clients send it, as date-time."""
    moment = datetimes.unpack(_octets_or(data, Tag.DATE_TIME))
    _check_date(Date(*moment[:4]))
    _check_time(Time(*moment[4:8]))
    if moment.deviation != ANY_DEVIATION and abs(moment.deviation) > FURTHEST_DEVIATION:
        raise DlmsError(f"a deviation of {moment.deviation} minutes")
    return moment


def instant(data: Data) -> DateTime:
    """Give a date-time that names one second: only weekday, hundredths and deviation may be left open."""
    moment = date_time(data)
    fields = (moment.month, moment.day, moment.hour, moment.minute, moment.second)
    if moment.year == ANY_YEAR or ANY in fields:
        raise DlmsError("year, month, day, hour, minute and second have to be given")
    datetimes.utc_ms(moment)  # raises for the 30th of February, and for the days and months that are not numbers
    return moment


def date(data: Data) -> Date:
    """Give a date whose fields may be left open."""
    found = datetimes.unpack_date(_octets_or(data, Tag.DATE))
    _check_date(found)
    return found


def time(data: Data) -> Time:
    """Give a time of day whose fields may be left open."""
    found = datetimes.unpack_time(_octets_or(data, Tag.TIME))
    _check_time(found)
    return found


def _octets_or(data: Data, tag: Tag) -> bytes:
    return data.value if data.tag is tag and isinstance(data.value, bytes) else octets(data)


def _check_date(found: Date) -> None:
    _check("month", found.month, (1, 12), _SPECIAL_MONTHS)
    _check("day", found.day, (1, 31), _SPECIAL_DAYS)
    _check("weekday", found.weekday, (1, 7))


def _check_time(found: Time) -> None:
    for name, last in (("hour", 23), ("minute", 59), ("second", 59), ("hundredths", 99)):
        _check(name, getattr(found, name), (0, last))


def _check(name: str, field: int, bounds: tuple[int, int], special: frozenset[int] = frozenset({ANY})) -> None:
    if not bounds[0] <= field <= bounds[1] and field not in special:
        raise DlmsError(f"{name} {field}: {bounds[0]} to {bounds[1]}, or left open")
