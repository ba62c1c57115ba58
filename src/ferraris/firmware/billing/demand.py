"""Demand: energy over a window of time, its maxima, and what a reset leaves of them.

A window is `periods` sub-periods; it moves on by one at the end of each (docs/billing.md, rule 3). Everything is kept
as energy, in quanta of the pins, and turned into power only to be shown, so nothing is rounded before it is compared.
"""

from dataclasses import dataclass, replace
from operator import add
from typing import NamedTuple, TypeAlias

from ferraris.pins import Energies

Quanta: TypeAlias = tuple[int, ...]
"""One energy for each of `QUANTITIES`, in quanta of the pins."""

QUANTITIES = ("active_import", "active_export", "reactive_import", "reactive_export")
"""What demand is kept of: A+, A-, R+, R- of the billed total."""

NOTHING: Quanta = (0,) * len(QUANTITIES)


class Window(NamedTuple):
    """How demand is averaged."""

    period_s: int
    """Length of a sub-period, s."""
    periods: int
    """Sub-periods in a window; 1 is block demand."""

    @property
    def length_s(self) -> int:
        """Length of the window, s."""
        return self.period_s * self.periods


class Maximum(NamedTuple):
    """The largest window of a billing period; none yet if both are zero."""

    quanta: int = 0
    ended_s: int = 0
    """End of the sub-period with which the window ended: seconds of UTC since 1970-01-01."""


Row: TypeAlias = tuple[Maximum, ...]
"""Maxima of one quantity: over all, then for each rate."""


@dataclass(frozen=True)
class Demand:
    """Where demand stands."""

    current: Quanta
    """Energy of the sub-period in progress."""
    ended: tuple[Quanta, ...]
    """Sub-periods of the window that have ended, oldest first; as many as are known, at most a window's."""
    last: Quanta
    """Energy of the latest whole window."""
    last_ended_s: int
    """When it ended; 0 if none did."""
    began_s: int
    """When the sub-period in progress began."""
    maxima: tuple[Row, ...]
    """For each quantity."""
    cumulative: tuple[Quanta, ...]
    """For each quantity, as `maxima`: the sum of the maxima that resets took."""


def zero(rates: int) -> Demand:
    """The demand of a new meter."""
    return Demand(
        current=NOTHING,
        ended=(),
        last=NOTHING,
        last_ended_s=0,
        began_s=0,
        maxima=((Maximum(),) * (1 + rates),) * len(QUANTITIES),
        cumulative=((0,) * (1 + rates),) * len(QUANTITIES),
    )


def quantities(total: Energies) -> Quanta:
    """What a reading's billed total adds to demand: R+ is Q1 + Q2, R- is Q3 + Q4."""
    reactive = total.reactive_q1 + total.reactive_q2, total.reactive_q3 + total.reactive_q4
    return total.active_import, total.active_export, *reactive


def count(demand: Demand, energy: Quanta) -> Demand:
    """Add the energy of a reading to the sub-period in progress."""
    current = tuple(map(add, demand.current, energy))
    return Demand(
        current, demand.ended, demand.last, demand.last_ended_s, demand.began_s, demand.maxima, demand.cumulative
    )


def end(demand: Demand, window: Window, at_s: int, rate: int) -> Demand:
    """End the sub-period in progress and judge the window: a larger one is the maximum over all and of its rate."""
    ended = (*demand.ended, demand.current)[-window.periods :]
    energy = tuple(map(sum, zip(*ended, strict=True)))
    maxima = tuple(_judged(row, Maximum(quanta, at_s), rate) for row, quanta in zip(demand.maxima, energy, strict=True))
    return Demand(NOTHING, ended, energy, at_s, at_s, maxima, demand.cumulative)


def _judged(row: Row, found: Maximum, rate: int) -> Row:
    if found.quanta <= min(row[0].quanta, row[rate].quanta):
        return row
    return tuple(found if place in {0, rate} and found.quanta > held.quanta else held for place, held in enumerate(row))


def idle(demand: Demand, window: Window, ended: int, at_s: int) -> Demand:
    """Let sub-periods pass that were wholly without power, the last of them ended at `at_s`; they make no maximum."""
    known = (*demand.ended, *((NOTHING,) * min(ended, window.periods)))[-window.periods :]
    energy = tuple(map(sum, zip(*known, strict=True)))
    return replace(demand, ended=known, last=energy, last_ended_s=at_s, began_s=at_s)


def forget(demand: Demand, at_s: int) -> Demand:
    """Begin a new window: of what was before, nothing counts."""
    return replace(demand, current=NOTHING, ended=(), began_s=at_s)


def reset(demand: Demand) -> Demand:
    """Take the maxima into the cumulative demand; the sub-period in progress goes on."""
    return replace(
        demand,
        maxima=tuple((Maximum(),) * len(row) for row in demand.maxima),
        cumulative=tuple(
            tuple(total + maximum.quanta for total, maximum in zip(totals, row, strict=True))
            for totals, row in zip(demand.cumulative, demand.maxima, strict=True)
        ),
    )


def in_progress(demand: Demand, window: Window) -> Quanta:
    """Energy of the window that the sub-period in progress would complete, so far."""
    known = (*demand.ended, demand.current)[-window.periods :]
    return tuple(map(sum, zip(*known, strict=True)))
