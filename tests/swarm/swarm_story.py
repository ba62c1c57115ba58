"""A week of a meter's life as plain data, and what a meter must be able to do so that a week can be played on it.

Story times are true milliseconds since the first switch-on; clock times are the meter's own, milliseconds of UTC.
"""

from bisect import bisect_right
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal, Protocol, TypeAlias

from ferraris.bench.auditor.auditor import Account, Auditor
from ferraris.bench.auditor.terms import Tariff, Terms
from ferraris.pins import Energies, Reading

WINDOW_MS = 200
TICKS_PER_MS = 8
WINDOW_TICKS = WINDOW_MS * TICKS_PER_MS
WEEK_MS = 7 * 86_400_000


@dataclass(frozen=True)
class Outage:
    """No supply; `is_warned`: the hold-up lasted for a commit; `loses_clock`: the backup ran out."""

    at: int
    for_ms: int
    is_warned: bool = True
    loses_clock: bool = False


@dataclass(frozen=True)
class Dip:
    """The supply fails and comes back before the meter dies of it."""

    at: int
    for_ms: int


@dataclass(frozen=True)
class SetClock:
    """A command changes the clock by so much."""

    at: int
    by_ms: int


@dataclass(frozen=True)
class CloseBilling:
    """A command closes the billing period."""

    at: int


@dataclass(frozen=True)
class Press:
    """Somebody presses the reset button."""

    at: int


@dataclass(frozen=True)
class LoadCalendar:
    """A passive calendar with its activation time, a clock time."""

    at: int
    tariff: Tariff
    activation: int


@dataclass(frozen=True)
class Look:
    """Meter and auditor are compared."""

    at: int


Event: TypeAlias = Outage | Dip | SetClock | CloseBilling | Press | LoadCalendar | Look


@dataclass(frozen=True)
class Load:
    """From a window on, the milliwatts and millivars of each element; export is negative."""

    window: int
    powers: tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class Story:
    """A week: everything that happens to one meter.

    start          the clock at the first switch-on
    commit_every   the model need not commit at each call; how often is a real meter's own matter
    chain          what measures on a real bench: the front end of pure integers, or the real chain's phasors
    """

    seed: int
    terms: Terms
    start: int
    loads: tuple[Load, ...]
    events: tuple[Event, ...]
    end: int = WEEK_MS
    commit_every: int = 1
    chain: Literal["integer", "phasor"] = "integer"


class Meter(Protocol):
    """A meter on its bench, without power at first, with an auditor at its pins.

    Times rise from call to call. Each call first lets the meter do what is due up to its time, that included.
    """

    def switch_on(self, at: int, *, loses_clock: bool) -> None:
        """Power returns."""
        ...

    def cut(self, at: int, *, is_warned: bool) -> None:
        """The supply fails for good; the pin `POWER_FAIL` tells only if `is_warned`."""
        ...

    def dip(self, at: int, for_ms: int) -> None:
        """The supply fails, and is back before the meter dies."""
        ...

    def set_clock(self, at: int, by_ms: int) -> None:
        """Command a clock change; the meter obeys."""
        ...

    def close_billing(self, at: int) -> None:
        """Command a close; if the meter accepts it, tell the auditor."""
        ...

    def press(self, at: int) -> None:
        """Press the button; the meter decides."""
        ...

    def load_calendar(self, at: int, tariff: Tariff, activation: int) -> None:
        """Load a passive calendar, and tell the auditor."""
        ...

    def account(self, at: int) -> Account:
        """Measure up to a moment, and tell what the meter shows, in the auditor's words."""
        ...


class Maker(Protocol):
    """Puts a meter for a story together; the auditor listens from the first call on."""

    def __call__(self, story: Story, auditor: Auditor) -> Meter:
        """Without power."""
        ...


# ------------------------------------------------------------------------------------------------ an integer front end


@lru_cache(maxsize=4096)
def _window(active_mw: int, reactive_mvar: int) -> Energies:
    """One window at constant power: 1 mW for one tick is 1000 uwt."""
    active, reactive = abs(active_mw) * 1000 * WINDOW_TICKS, abs(reactive_mvar) * 1000 * WINDOW_TICKS
    imports = active_mw >= 0
    quadrant = (0 if reactive_mvar >= 0 else 3) if imports else (1 if reactive_mvar >= 0 else 2)
    reactives = [reactive if q == quadrant else 0 for q in range(4)]
    sides = (active, 0) if imports else (0, active)
    apparent = (active + reactive, 0) if imports else (0, active + reactive)
    return Energies(*sides, *reactives, *apparent)


def _sum(parts: list[Energies]) -> Energies:
    return parts[0] if len(parts) == 1 else Energies(*map(sum, zip(*parts, strict=True)))


def reading(loads: tuple[Load, ...], first_tick: int, last_tick: int) -> Reading:
    """What a front end of pure integers hands over for [first_tick, last_tick)."""
    first, last = first_tick // WINDOW_TICKS, last_tick // WINDOW_TICKS
    elements = len(loads[0].powers)
    phases: list[list[Energies]] = [[] for _ in range(elements)]
    totals: list[Energies] = []
    number = bisect_right(loads, first, key=lambda load: load.window) - 1
    while first < last:
        ends = loads[number + 1].window if number + 1 < len(loads) else last
        count = min(ends, last) - first
        powers = loads[number].powers
        for element, (active, reactive) in enumerate(powers):
            phases[element].append(_window(active * count, reactive * count))
        totals.append(_window(sum(p for p, _ in powers) * count, sum(q for _, q in powers) * count))
        first, number = first + count, number + 1
    if not totals:
        phases, totals = [[Energies()]] * elements, [Energies()]
    return Reading(first_tick, last_tick, tuple(map(_sum, phases)), _sum(totals), (), None, 50.0, 25.0, (), ())
