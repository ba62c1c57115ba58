"""One year of a tariff, worked out exactly from one change of rate to the next, in local days of 23, 24 or 25 hours."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from ferraris.bench.tariff import calendar_of, zone_of
from ferraris.firmware.billing.calendar import Calendar, day_id_at, next_change, rate_at
from ferraris.firmware.billing.zone import DAY_S, Zone, deviation, instants, local, next_boundary, next_transition
from ferraris.hardware.platform.models import Platform


class Run(NamedTuple):
    """A stretch of one rate within a day, cut where the deviation changes: instants of UTC, s."""

    begin: int
    end: int
    rate: int


class Day(NamedTuple):
    """One local day."""

    date: date
    day_id: int | None
    """Its day profile; that of its end where a season begins within it."""
    runs: tuple[Run, ...]

    @property
    def seconds(self) -> int:
        """Its length."""
        return self.runs[-1].end - self.runs[0].begin


@dataclass(frozen=True)
class Year:
    """A year with the tables it follows from, and their names as the file has them."""

    year: int
    calendar: Calendar
    zone: Zone
    rates: tuple[str, ...]
    profiles: dict[int, str]
    """Name of each day id."""
    days: tuple[Day, ...]

    def seconds(self, rate: int) -> int:
        """How long a rate is in force in the year."""
        return sum(run.end - run.begin for day in self.days for run in day.runs if run.rate == rate)


def year_of(platform: Platform, year: int) -> Year:
    """Work out a year (1970 to 2200) of a platform's tariff."""
    calendar, zone, tariff = calendar_of(platform.tariff), zone_of(platform), platform.tariff
    rates = ("all",) if tariff is None else tariff.head.rates
    names = ["every"] if tariff is None else list(tariff.days)
    profiles = {profile.day_id: name for profile, name in zip(calendar.days, names, strict=True)}
    return Year(year, calendar, zone, rates, profiles, tuple(_days(calendar, zone, year)))


def _days(calendar: Calendar, zone: Zone, year: int) -> Iterator[Day]:
    (begin, *_), (last, *_) = instants(zone, year, 1, 1, 0), instants(zone, year + 1, 1, 1, 0)
    while begin < last:
        end = next_boundary(zone, begin, DAY_S)
        yield Day(
            date(*local(zone, begin)[:3]), day_id_at(calendar, zone, end - 1), tuple(_runs(calendar, zone, begin, end))
        )
        begin = end


def _runs(calendar: Calendar, zone: Zone, begin: int, end: int) -> Iterator[Run]:
    while begin < end:
        change = next_transition(zone, begin)
        stop = min(next_change(calendar, zone, begin), end, end if change is None else change)
        yield Run(begin, stop, rate_at(calendar, zone, begin))
        begin = stop


def clock(second: int) -> str:
    """A second of the day as "06:00", with its seconds where it has any."""
    minutes, seconds = divmod(second, 60)
    return f"{minutes // 60:02}:{minutes % 60:02}" + (f":{seconds:02}" if seconds else "")


def stretch(zone: Zone, run: Run) -> tuple[int, int]:
    """Local seconds of the day at which a run begins and ends, the end as the clock shows it just before."""
    begin = local(zone, run.begin).second_of_day
    return begin, begin + run.end - run.begin


def offset(zone: Zone, utc_s: int) -> str:
    """How far local time is ahead of UTC, as "UTC+02:00"."""
    return ahead(deviation(zone, utc_s))


def ahead(deviation_min: int) -> str:
    """A deviation (minutes from local time to UTC) as "UTC+02:00"."""
    minutes = -deviation_min
    return f"UTC{'-' if minutes < 0 else '+'}{abs(minutes) // 60:02}:{abs(minutes) % 60:02}"
