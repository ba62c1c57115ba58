"""The world: what stands at the meter's terminals at any time, as a pure function of true time.

`World` says what happens, `at(world, t_ns)` says what is: the mains and the environment at t_ns, and `until_ns`, the
first moment at which they may be different. `apply(world, stimulus)` gives the world after something was done to it.

Time begins at t_ns = 0. Every `Steady` of one world has the same origin, so its angles go on from one segment to the
next without a jump wherever the frequency stays the same.
"""

from bisect import bisect_right
from dataclasses import dataclass, field, replace
from functools import lru_cache
from itertools import accumulate
from typing import NamedTuple, TypeAlias, assert_never

import numpy as np

from ferraris.hardware.world.loads import FOREVER_NS, Acting, Load, acting, add, draw, phases, place
from ferraris.hardware.world.mains import Environment, Mains, Recorded, Steady, elements
from ferraris.hardware.world.neutral import without_neutral
from ferraris.hardware.world.source import Source, single_phase, voltages


@dataclass(frozen=True)
class Grid:
    """A source and the loads behind the meter; each load has as many phases as the source."""

    source: Source = field(default_factory=single_phase)
    loads: tuple[Load, ...] = ()

    def __post_init__(self) -> None:
        """Refuse a load with another number of phases than the source."""
        expected = len(self.source.voltages_v)
        for load in self.loads:
            if phases(load) != expected:
                raise ValueError(f"load for {phases(load)} phase(s) on a source with {expected}: {load}")


@dataclass(frozen=True, eq=False)
class Playlist:
    """One `Mains` after another, then from the start again.

    mains    what plays
    ends_ns  when each of them ends, counted from the start of the list, strictly rising; the last is the length
    """

    mains: tuple[Mains, ...]
    ends_ns: tuple[int, ...]

    def __post_init__(self) -> None:
        """Refuse an empty list or a piece without length."""
        rising = all(a < b for a, b in zip((0, *self.ends_ns), self.ends_ns, strict=False))
        if not self.mains or len(self.mains) != len(self.ends_ns) or not rising:
            raise ValueError("playlist: expected at least one piece, each with a length of at least 1 ns")


Supply: TypeAlias = Grid | Playlist | Steady | Recorded


@dataclass(frozen=True, eq=False)
class World:
    """Everything outside the meter.

    mains_on            False after `CutMains`: no voltage, no current
    neutral_on          False after `LoseNeutral`: the star point of linear loads floats; for three phases of tones
    reversed_elements   elements (from 0) whose current wires are swapped: their current changes sign
    """

    supply: Supply = field(default_factory=Grid)
    environment: Environment = field(default_factory=Environment)
    mains_on: bool = True
    neutral_on: bool = True
    reversed_elements: frozenset[int] = frozenset()


class Moment(NamedTuple):
    """The world from the asked time on: unchanged until `until_ns` (exclusive), which is later than the asked time."""

    mains: Mains
    environment: Environment
    until_ns: int


@dataclass(frozen=True)
class CutMains:
    """All voltages, and with them all currents, become zero."""


@dataclass(frozen=True)
class RestoreMains:
    """The mains come back as if they had never been away."""


@dataclass(frozen=True)
class LoseNeutral:
    """The neutral conductor breaks before the star point of the loads."""


@dataclass(frozen=True)
class RestoreNeutral:
    """The neutral conductor is whole again."""


@dataclass(frozen=True)
class ReverseWires:
    """Swap the two wires of one element's current circuit (element counted from 0); a second time swaps them back."""

    element: int


@dataclass(frozen=True)
class SetAir:
    """The air at the meter takes another temperature, degC."""

    air_c: float


Stimulus: TypeAlias = CutMains | RestoreMains | LoseNeutral | RestoreNeutral | ReverseWires | SetAir


def constant(mains: Mains, environment: Environment | None = None) -> World:
    """Return a world in which the same mains stand for ever."""
    return World(mains, environment or Environment())


def household(source: Source, *loads: Load) -> World:
    """Return a world of one source and its loads."""
    return World(Grid(source, loads))


def sequence(pieces: list[tuple[int, Mains]]) -> Playlist:
    """Make a playlist from (duration_ns, mains) pairs."""
    return Playlist(tuple(mains for _, mains in pieces), tuple(accumulate(duration for duration, _ in pieces)))


def apply(world: World, stimulus: Stimulus) -> World:
    """Return the world after the stimulus."""
    match stimulus:
        case CutMains():
            return replace(world, mains_on=False)
        case RestoreMains():
            return replace(world, mains_on=True)
        case LoseNeutral():
            if count_elements(world) < 2:
                raise ValueError("a single phase has nothing left without its neutral: cut the mains instead")
            return replace(world, neutral_on=False)
        case RestoreNeutral():
            return replace(world, neutral_on=True)
        case ReverseWires():
            if not 0 <= stimulus.element < count_elements(world):
                raise ValueError(f"no element {stimulus.element}: this world has {count_elements(world)}")
            return replace(world, reversed_elements=world.reversed_elements ^ {stimulus.element})
        case SetAir():
            return replace(world, environment=replace(world.environment, air_c=stimulus.air_c))
        case _:
            assert_never(stimulus)


def count_elements(world: World) -> int:
    """Return the number of phases the world has."""
    match world.supply:
        case Grid():
            return len(world.supply.source.voltages_v)
        case Playlist():
            return elements(world.supply.mains[0])
        case Steady() | Recorded():
            return elements(world.supply)
        case _:
            assert_never(world.supply)


def at(world: World, t_ns: int) -> Moment:
    """Return what stands at the terminals at t_ns >= 0, and until when; a pure function."""
    assert t_ns >= 0, "the world begins at t_ns = 0"
    mains, until_ns = _supplied(world.supply, t_ns)
    if not world.mains_on:
        return Moment(_dead(mains), world.environment, FOREVER_NS)
    if not world.neutral_on:
        mains = _starless(mains)
    if world.reversed_elements:
        mains = _reversed(mains, world.reversed_elements)
    return Moment(mains, world.environment, until_ns)


def _supplied(supply: Supply, t_ns: int) -> tuple[Mains, int]:
    """Mains of a healthy, rightly wired supply."""
    match supply:
        case Grid():
            return _loaded(supply, t_ns)
        case Playlist():
            length_ns = supply.ends_ns[-1]
            start_ns = t_ns - t_ns % length_ns
            piece = bisect_right(supply.ends_ns, t_ns - start_ns)
            return supply.mains[piece], start_ns + supply.ends_ns[piece]
        case Steady() | Recorded():
            return supply, FOREVER_NS
        case _:
            assert_never(supply)


def _loaded(grid: Grid, t_ns: int) -> tuple[Mains, int]:
    """What the source and all its loads make together."""
    now = tuple(acting(load, t_ns) for load in grid.loads)
    until_ns = min((one.until_ns for one in now), default=FOREVER_NS)
    return _steady(grid.source, tuple(one._replace(until_ns=0) for one in now)), until_ns


@lru_cache(maxsize=256)
def _steady(source: Source, now: tuple[Acting, ...]) -> Steady:
    """Put source and loads on one list of orders; cached: loads in the same state give the same object."""
    voltage = voltages(source)
    current = add([draw(one, voltage, source.nominal_v) for one in now], len(source.voltages_v))
    orders = np.union1d(voltage.orders, current.orders)
    volts, amperes = place(voltage, orders), place(current, orders)
    return Steady(source.frequency_hz, orders, volts, amperes, amperes.sum(axis=0))


@lru_cache(maxsize=1024)
def _dead(mains: Mains) -> Steady:
    """No voltage and no current on as many elements."""
    count = elements(mains)
    nothing = np.zeros((count, 1), dtype=complex)
    return Steady(mains.frequency_hz, np.array([1.0]), nothing, nothing, nothing[0])


@lru_cache(maxsize=1024)
def _starless(mains: Mains) -> Mains:
    """The mains without neutral; a recording tells no load apart from its source, so it stays as it was recorded."""
    return without_neutral(mains) if isinstance(mains, Steady) else mains


@lru_cache(maxsize=1024)
def _reversed(mains: Mains, swapped: frozenset[int]) -> Mains:
    """Turn the sign of the current of some elements; the neutral conductor is not touched."""
    sign = np.array([-1.0 if element in swapped else 1.0 for element in range(elements(mains))])
    return replace(mains, current_a=mains.current_a * sign[:, None])
