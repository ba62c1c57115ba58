"""What a platform file says of local time: the deviation from UTC, and when summer time begins and ends."""

import re
from datetime import date
from typing import Annotated, Any, NamedTuple

from pydantic import Field, PlainValidator, WithJsonSchema

from ferraris.hardware.platform import fields
from ferraris.hardware.platform.table import Table
from ferraris.units import UnitError

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
MONTHS = (
    "january", "february", "march", "april", "may", "june",
    "july", "august", "september", "october", "november", "december",
)  # fmt: skip
FROM_DAY = {"first": 1, "second": 8, "third": 15, "fourth": 22, "last": 0}
"""The day of the month from which each of these weekdays is looked for; 0 stands for the last of the month."""

CLOCK = "([01][0-9]|2[0-3]):([0-5][0-9])(?::([0-5][0-9]))?"
_STANDARD = re.compile("UTC(?:([+-])([0-9]{2}):([0-5][0-9]))?")
_WEEKLY = re.compile(f"({'|'.join(FROM_DAY)}) ({'|'.join(WEEKDAYS)}) of ({'|'.join(MONTHS)}) {CLOCK}")
_DATED = re.compile(f"([0-9]{{2}})-([0-9]{{2}}) {CLOCK}")
_YEARLY_EXAMPLE = "last sunday of march 02:00"


class Yearly(NamedTuple):
    """A moment of every year in local time."""

    month: int
    day: int
    """Day of the month, or the day from which `weekday` is looked for; 0 for its last."""
    weekday: int | None
    """1 Monday to 7 Sunday; None where the date stands fast."""
    second_of_day: int


def seconds_of(hour: str, minute: str, second: str | None) -> int:
    """Second of the day."""
    return int(hour) * 3600 + int(minute) * 60 + int(second or 0)


def is_date(month: int, day: int, year: int = 2001) -> bool:
    """Whether a date exists in a year; 2001 stands for every one, so that 29 February is none."""
    try:
        date(year, month, day)
    except ValueError:
        return False
    return True


def read_standard(text: object) -> int:
    """Minutes by which standard time is ahead of UTC, from "UTC+01:00"; raises UnitError."""
    found = _STANDARD.fullmatch(text) if isinstance(text, str) else None
    minutes = int(found[2] or 0) * 60 + int(found[3] or 0) if found else 1000
    if found is None or minutes > 14 * 60:
        raise UnitError(text, "a standard time such as 'UTC+01:00', at most 14 h from UTC")
    return -minutes if found[1] == "-" else minutes


def read_yearly(text: object) -> Yearly:
    """A moment of every year, from "last sunday of march 02:00" or "03-21 00:00"; raises UnitError."""
    expected = f"a moment of every year such as {_YEARLY_EXAMPLE!r} or '03-21 00:00'"
    if not isinstance(text, str):
        raise UnitError(text, expected)
    if found := _WEEKLY.fullmatch(text):
        place, weekday, month = found[1], WEEKDAYS.index(found[2]) + 1, MONTHS.index(found[3]) + 1
        return Yearly(month, FROM_DAY[place], weekday, seconds_of(found[4], found[5], found[6]))
    found = _DATED.fullmatch(text)
    if found is None or not is_date(int(found[1]), int(found[2])):
        raise UnitError(text, expected)
    return Yearly(int(found[1]), int(found[2]), None, seconds_of(found[3], found[4], found[5]))


def _text(pattern: str, example: str) -> WithJsonSchema:
    return WithJsonSchema({"type": "string", "pattern": f"^(?:{pattern})$", "examples": [example]})


Standard = Annotated[int, PlainValidator(read_standard), _text(_STANDARD.pattern, "UTC+01:00")]
Moment = Annotated[Yearly, PlainValidator(read_yearly), _text(f"{_WEEKLY.pattern}|{_DATED.pattern}", _YEARLY_EXAMPLE)]


class LocalTime(Table):
    """Where the meter hangs: local standard time, and the rule of summer time where there is one."""

    standard_min: Standard = Field(alias="standard", examples=["UTC+01:00"])
    """How far standard time is ahead of UTC: "UTC+01:00"."""
    daylight_s: fields.WholeSeconds | None = Field(alias="daylight", default=None)
    """How far summer time is ahead of standard time; leave it out, with begin and end, where there is none."""
    begin: Moment | None = None
    """When summer time begins, in standard local time: "last sunday of march 02:00"."""
    end: Moment | None = None
    """When summer time ends, in summer local time: "last sunday of october 03:00"."""


def contradictions_of(zone: LocalTime) -> tuple[tuple[str, str], ...]:
    """Key and text of what cannot be true together."""
    rule: dict[str, Any] = {"daylight": zone.daylight_s, "begin": zone.begin, "end": zone.end}
    missing = [key for key, value in rule.items() if value is None]
    if 0 < len(missing) < 3:
        return tuple((key, "missing, expected together with " + _others(key, rule)) for key in missing)
    if zone.daylight_s is not None and (zone.daylight_s % 60 or zone.daylight_s > 7200):
        return (("daylight", f"found {zone.daylight_s} s, expected whole minutes, 120 at most, such as '60 min'"),)
    if zone.begin is not None and zone.begin == zone.end:
        return (("end", "found the same moment as begin, expected another one"),)
    return ()


def _others(key: str, rule: dict[str, Any]) -> str:
    return " and ".join(each for each in rule if each != key)
