"""What a tariff file says: rates, day profiles, weeks, seasons and special days, by name; docs/tariffs.md explains it.

The tables are read as they are written (`Tariff`); what names lead nowhere and what times are none is said by
`contradictions`, in one line each.
"""

import re
from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Annotated, NamedTuple

from pydantic import Field

from ferraris.hardware.platform.localtime import CLOCK, WEEKDAYS, is_date, seconds_of
from ferraris.hardware.platform.problems import nearest, problem
from ferraris.hardware.platform.table import Table
from ferraris.units import shown

MOST_RATES = 8
MOST_SEASONS = 12
MOST_WEEKS = 12
MOST_DAYS = 32
MOST_SWITCHES = 24
MOST_SPECIAL_DAYS = 128
LONGEST_NAME = 32
"""What a meter's memory has room for, as in ferraris.firmware.billing.calendar (a test holds both together)."""

_CLOCK = re.compile(CLOCK)
_DATE = re.compile("(?:([0-9]{4})-)?([0-9]{2})-([0-9]{2})")
_START = re.compile(f"([0-9]{{2}}-[0-9]{{2}})(?: ({CLOCK}))?")
_PLAIN = re.compile(r"[\w:+-]{1,40}")

Label = Annotated[str, Field(min_length=1, max_length=LONGEST_NAME)]


class Head(Table):
    """What the tariff is called, and its rates."""

    name: Label
    """Name of the tariff, as the meter shows it."""
    rates: Annotated[tuple[Label, ...], Field(min_length=1, max_length=MOST_RATES)]
    """Names of the rates; the first one is rate 1, registers and OBIS codes count from there."""
    fallback: str
    """Rate that is charged while the meter does not know the time."""


class WeekPlan(Table):
    """Which day profile each day of the week has."""

    default: str | None = None
    """Day profile of the days that are not named here."""
    monday: str | None = None
    """Day profile of Mondays."""
    tuesday: str | None = None
    """Day profile of Tuesdays."""
    wednesday: str | None = None
    """Day profile of Wednesdays."""
    thursday: str | None = None
    """Day profile of Thursdays."""
    friday: str | None = None
    """Day profile of Fridays."""
    saturday: str | None = None
    """Day profile of Saturdays."""
    sunday: str | None = None
    """Day profile of Sundays."""

    def named(self) -> tuple[str | None, ...]:
        """The day profiles, Monday first; None where neither the day nor `default` is given."""
        return tuple(getattr(self, each) or self.default for each in WEEKDAYS)


class SeasonPlan(Table):
    """From when a season holds, every year, until another one begins."""

    start: str = Field(alias="from", examples=["10-01"])
    """Month and day, "10-01", with a time where it is not midnight: "10-01 06:00"."""
    week: str
    """The week that holds in it."""


class Tariff(Table):
    """One tariff, whole."""

    head: Head = Field(alias="tariff")
    """Name and rates."""
    days: dict[str, dict[str, str]]
    """Day profiles: from each time of day on, which rate."""
    weeks: dict[str, WeekPlan]
    """Weeks: which day profile each day has."""
    seasons: dict[str, SeasonPlan]
    """Seasons: from which day of the year on, which week."""
    special: dict[str, str] = Field(default_factory=dict)
    """Special days: a date of every year ("12-25") or of one ("2027-03-26"), and its day profile."""


class Date(NamedTuple):
    """A date of a special day or of a season's start."""

    year: int | None
    month: int
    day: int
    second_of_day: int = 0


def second_of(text: str) -> int | None:
    """Second of the day, from "06:00" or "06:00:30"; None for what is no time."""
    found = _CLOCK.fullmatch(text)
    return None if found is None else seconds_of(found[1], found[2], found[3])


def date_of(text: str) -> Date | None:
    """A date, from "12-25" or "2027-03-26"; None for what is none. 29 February is one of every year that has it."""
    found = _DATE.fullmatch(text)
    if found is None:
        return None
    year, month, day = (None if each is None else int(each) for each in found.groups())
    assert month is not None and day is not None  # noqa: PT018 (one pattern gives both)
    return Date(year, month, day) if is_date(month, day, year or 2000) and year != 0 else None


def start_of(text: str) -> Date | None:
    """A season's start, from "10-01" or "10-01 06:00"; None for what is none, 29 February included."""
    found = _START.fullmatch(text)
    date = date_of(found[1]) if found is not None else None
    if found is None or date is None or not is_date(date.month, date.day):
        return None
    return date if found[2] is None else date._replace(second_of_day=second_of(found[2]) or 0)


# ------------------------------------------------------------------------------------------------ contradictions


def contradictions(tariff: Tariff) -> tuple[str, ...]:
    """One problem for each name that leads nowhere, each time that is none, and each table that is too long."""
    return (*_sizes(tariff), *_rates(tariff), *_days(tariff), *_weeks(tariff), *_seasons(tariff), *_special(tariff))


def _key(*names: str) -> str:
    return ".".join(name if _PLAIN.fullmatch(name) else shown(name, 40) for name in names)


def _known(key: str, name: str, kind: str, known: Mapping[str, object] | tuple[str, ...]) -> Iterator[str]:
    """A problem where a name is not one of those that the file declares."""
    if name not in known:
        near = nearest(name, known)
        hint = f"did you mean {near!r}?" if near else f"expected one of {', '.join(map(shown, known))}"
        yield problem(key, f"found {shown(name)}, which is no {kind} of this file: {hint}")


def _sizes(tariff: Tariff) -> Iterator[str]:
    for key, table, least, most in (
        ("days", tariff.days, 1, MOST_DAYS),
        ("weeks", tariff.weeks, 1, MOST_WEEKS),
        ("seasons", tariff.seasons, 1, MOST_SEASONS),
        ("special", tariff.special, 0, MOST_SPECIAL_DAYS),
    ):
        if not least <= len(table) <= most:
            yield problem(key, f"found {len(table)} entries, expected {least} to {most}")
    names = {"tariff.name": [tariff.head.name], "weeks": list(tariff.weeks), "seasons": list(tariff.seasons)}
    for key, each in ((key, each) for key, group in names.items() for each in group):
        if not 1 <= len(each.encode()) <= LONGEST_NAME or not each.isprintable():
            yield problem(key, f"found the name {shown(each)}, expected 1 to {LONGEST_NAME} printable bytes of UTF-8")


def _rates(tariff: Tariff) -> Iterator[str]:
    rates = tariff.head.rates
    if len(set(rates)) != len(rates):
        yield problem("tariff.rates", f"found {', '.join(map(shown, rates))}, expected each rate once")
    yield from _known("tariff.fallback", tariff.head.fallback, "rate", rates)


def _days(tariff: Tariff) -> Iterator[str]:
    for name, switches in tariff.days.items():
        if not 1 <= len(switches) <= MOST_SWITCHES:
            yield problem(_key("days", name), f"found {len(switches)} switches, expected 1 to {MOST_SWITCHES}")
        for time, rate in switches.items():
            if second_of(time) is None:
                yield problem(_key("days", name), f"found the time {shown(time)}, expected one such as '06:00'")
            yield from _known(_key("days", name, time), rate, "rate", tariff.head.rates)
        yield from _order(name, switches)


def _order(name: str, switches: Mapping[str, str]) -> Iterator[str]:
    times = [(second, text) for text in switches if (second := second_of(text)) is not None]
    for (before, early), (after, late) in pairwise(times):
        if after <= before:
            what = "again" if after == before else f"after {early!r}"
            yield problem(_key("days", name, late), f"found {what}, expected times that rise through the day")


def _weeks(tariff: Tariff) -> Iterator[str]:
    for name, week in tariff.weeks.items():
        given = {day: profile for day in ("default", *WEEKDAYS) if (profile := getattr(week, day)) is not None}
        for day, profile in given.items():
            yield from _known(_key("weeks", name, day), profile, "day profile", tariff.days)
        missing = [day for day in WEEKDAYS if "default" not in given and day not in given]
        if missing:
            yield problem(
                _key("weeks", name), f"found no day profile for {', '.join(missing)}, expected it or a default"
            )


def _seasons(tariff: Tariff) -> Iterator[str]:
    begun: dict[tuple[int, int], str] = {}
    for name, season in tariff.seasons.items():
        yield from _known(_key("seasons", name, "week"), season.week, "week", tariff.weeks)
        start, key = start_of(season.start), _key("seasons", name, "from")
        if start is None:
            yield problem(key, f"found {shown(season.start)}, expected a date of every year such as '10-01'")
            continue
        first = begun.setdefault((start.month, start.day), name)
        if first != name:
            yield problem(key, f"found {season.start!r}, the day on which {shown(first)} begins, expected another one")


def _special(tariff: Tariff) -> Iterator[str]:
    for date, profile in tariff.special.items():
        if date_of(date) is None:
            yield problem("special", f"found the date {shown(date)}, expected one such as '12-25' or '2027-03-26'")
        yield from _known(_key("special", date), profile, "day profile", tariff.days)
