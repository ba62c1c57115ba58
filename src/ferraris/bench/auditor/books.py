"""What has been counted so far: values only, so that falling back to what was durable is keeping an old one.

Energies are whole quanta of the pins (uwt and the like), never rounded; `whole` gives the meter's units.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal, NamedTuple, TypeAlias

from ferraris.bench.auditor.terms import Demand, Tariff
from ferraris.pins import QUANTA_PER_MWS, TICKS_PER_SECOND, Energies

QUANTA_PER_WH = QUANTA_PER_MWS * 1000 * 3600
"""Micro-watt-ticks in one watt-hour (and micro-var-ticks in one varh)."""

Four: TypeAlias = tuple[int, int, int, int]
"""A+, A-, R+ = Q1 + Q2, R- = Q3 + Q4 (billing.md, 3), quanta."""
NOTHING: Four = (0, 0, 0, 0)

Status: TypeAlias = Literal["POWER_DOWN", "CLOCK_ADJUSTED", "CLOCK_INVALID", "DAYLIGHT_SAVING", "DATA_NOT_VALID"]
Reason: TypeAlias = Literal["schedule", "command", "button"]


def whole(quanta: int) -> int:
    """Whole watt-hours (or varh, VAh), as a meter shows them."""
    return quanta // QUANTA_PER_WH


def add(one: Energies, other: Energies) -> Energies:
    """Field by field."""
    return Energies(*map(sum, zip(one, other, strict=True)))


def mean_w(demand: Demand, window: int) -> Fraction:
    """Demand, W or var: a window's quanta over the whole of the window (billing.md, 3)."""
    return Fraction(window, 1_000_000 * TICKS_PER_SECOND * demand.count * demand.period_s)


@dataclass(frozen=True)
class Registers:
    """Energies since the first start: per element, both totals, and the billed total by rate."""

    phases: tuple[Energies, ...]
    vector: Energies
    per_phase: Energies
    rates: Mapping[int, Energies]


@dataclass(frozen=True)
class Maximum:
    """The largest energy of a window since the last reset, quanta, and the end of it; nothing yet: 0 and None."""

    window: int = 0
    stamp: int | None = None


Maxima: TypeAlias = Mapping[int, tuple[Maximum, ...]]
"""Four for each rate, and four for `OVER_ALL`."""


@dataclass(frozen=True)
class Row:
    """A row of a load profile: its stamp, its status, the captured registers in quanta."""

    stamp: int
    status: frozenset[Status]
    values: tuple[int, ...]


@dataclass(frozen=True)
class Closed:
    """A row of the billing history; `cumulative` does not contain the maxima of the row yet.

    is_valid   whether the clock was (billing.md, 7: the mark stands in every row and record)
    """

    stamp: int
    reason: Reason
    registers: Registers
    maxima: Maxima
    cumulative: Mapping[int, Four]
    is_valid: bool = True


@dataclass(frozen=True)
class Outage:
    """From the latest clock in the memory to the clock at boot, ms; `is_valid`: whether the clock at boot is."""

    start: int
    end: int
    is_long: bool
    is_valid: bool = True

    @property
    def duration_ms(self) -> int:
        """How long it was by the meter's clock, ms."""
        return self.end - self.start


@dataclass(frozen=True)
class ClockChange:
    """The clock was set from `old` to `new`, ms."""

    old: int
    new: int


@dataclass(frozen=True)
class Close:
    """A close by hand was accepted when the clock showed `at`."""

    at: int
    reason: Reason


@dataclass(frozen=True)
class Passive:
    """A passive calendar, and the clock at which it becomes the active one."""

    tariff: Tariff
    activation: int


class Book(NamedTuple):
    """One load profile: its rows, the end of its period, and what the next row must say (until when it must)."""

    rows: tuple[Row, ...]
    end: int
    marks: Mapping[Status, int]


class Books(NamedTuple):
    """All of it, after a measuring call.

    last            the clock at that call
    is_valid        whether the clock is
    valid_until     the clock when it was lost; None while it is valid, and where it never was
    rate            the rate in force
    window, sub     finished sub-periods that the window still holds, and the one in progress
    energy          of the window at the latest end of a sub-period
    demand_end      where the sub-period in progress ends; the profiles' and the schedule's ends likewise
    by_hand         the clock at the latest close by command or button
    pending         clock changes and closes that wait for the reading in progress, in order
    passed          names of the boundaries passed in this call
    """

    last: int
    is_valid: bool
    valid_until: int | None
    tariff: Tariff
    passive: Passive | None
    rate: int
    registers: Registers
    window: tuple[Four, ...]
    sub: Four
    energy: Four
    demand_end: int
    maxima: Maxima
    cumulative: Mapping[int, Four]
    profiles: tuple[Book, ...]
    close_end: int | None
    history: tuple[Closed, ...]
    by_hand: int | None
    outages: tuple[Outage, ...]
    changes: tuple[ClockChange, ...]
    pending: tuple[ClockChange | Close, ...]
    passed: tuple[str, ...]
