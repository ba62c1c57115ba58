"""What a meter was told to do, as the auditor needs it: plain data, nothing of the firmware's.

Rates are numbered from 1; in keys the number 0 stands for "over all rates", as value group E of an OBIS code does.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

from ferraris.pins import Energies

Zone: TypeAlias = str | int | None
"""A key of the time zone database, or minutes east of UTC all the year round, or None: UTC."""

OVER_ALL = 0
"""The key of a register or maximum over all rates."""

DAY_S = 86_400


@dataclass(frozen=True)
class Tariff:
    """A calendar: local time to rate.

    seasons    (month, day, week) each holds from that day on, round the year
    weeks      seven names of days for each name of a week, Monday first
    days       (second of the local day, rate) for each name of a day, in rising order
    special    (year or None for every year, month, day, name of a day): goes before the week; the first that fits
    fallback   the rate while the clock is not valid
    """

    seasons: tuple[tuple[int, int, str], ...]
    weeks: Mapping[str, tuple[str, ...]]
    days: Mapping[str, tuple[tuple[int, int], ...]]
    special: tuple[tuple[int | None, int, int, str], ...] = ()
    fallback: int = 1

    def __post_init__(self) -> None:
        assert self.seasons, "a calendar without a season has no rate"
        assert list(self.seasons) == sorted(self.seasons), "seasons in rising order"
        assert {week for _, _, week in self.seasons} <= set(self.weeks), "a season names a week that is not there"
        named = {day for week in self.weeks.values() for day in week} | {day for *_, day in self.special}
        assert named <= set(self.days), "a week or a special day names a day that is not there"
        assert all(len(week) == 7 for week in self.weeks.values()), "a week has seven days"
        assert all(list(day) == sorted(day) and day for day in self.days.values()), "switches in rising order"

    def rates(self) -> set[int]:
        """Every rate that this calendar can put in force."""
        return {rate for day in self.days.values() for _, rate in day} | {self.fallback}


ONE_RATE = Tariff(((1, 1, "week"),), {"week": ("day",) * 7}, {"day": ((0, 1),)})
"""A calendar that never switches."""


@dataclass(frozen=True)
class Demand:
    """A window of `count` sub-periods of `period_s` seconds."""

    period_s: int = 900
    count: int = 1


@dataclass(frozen=True)
class Profile:
    """A load profile: its period, and (field of `Energies`, rate or `OVER_ALL`) for each register it captures."""

    period_s: int
    captures: tuple[tuple[str, int], ...] = (("active_import", OVER_ALL), ("active_export", OVER_ALL))

    def __post_init__(self) -> None:
        assert {name for name, _ in self.captures} <= set(Energies._fields), "unknown quantity"


@dataclass(frozen=True)
class Schedule:
    """When billing periods end, in local time: on a day of every month, or on every last one.

    day   1 to 31 (a month that lacks it has no end), "last" for the last day of the month, None for every day
    """

    day: int | Literal["last"] | None = 1
    hour: int = 0
    minute: int = 0


@dataclass(frozen=True)
class Terms:
    """Everything the auditor must know of a meter's settings.

    elements        measuring elements (phases)
    netting         which total the rates, demand and profiles count
    rates           every rate that has a register
    small_shift_s   a clock change of at most so much is a shift
    long_outage_s   an outage of at least so much is a long one
    lock_out_s      after a close by hand no other one by hand for so long
    kinds           kinds of `Commit` that hold all that the meter must remember; None: any kind does
    """

    elements: int = 1
    netting: Literal["vector", "per_phase"] = "vector"
    zone: Zone = None
    tariff: Tariff = ONE_RATE
    rates: tuple[int, ...] = (1,)
    demand: Demand = Demand()
    profiles: tuple[Profile, ...] = (Profile(900), Profile(DAY_S))
    schedule: Schedule | None = Schedule()
    small_shift_s: int = 60
    long_outage_s: int = 180
    lock_out_s: int = 0
    kinds: frozenset[int] | None = None

    def __post_init__(self) -> None:
        assert self.tariff.rates() <= set(self.rates), "the calendar has a rate without a register"
        assert self.demand.period_s > 0
        assert self.demand.count > 0
