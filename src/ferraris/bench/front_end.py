"""The metering front end as the bench drives it: a chain, whatever its fidelity, behind five calls."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from operator import add
from typing import Generic, Self, TypeVar

from ferraris.hardware.chain.chain import Chain, Span, tick_at, tick_ns
from ferraris.hardware.chain.constants import decode
from ferraris.hardware.chain.measure import ChainState, measure, start
from ferraris.hardware.world.mains import Environment, Mains
from ferraris.pins import Energies, Reading

ChainMemory = TypeVar("ChainMemory")


@dataclass(frozen=True)
class FrontEnd(Generic[ChainMemory]):
    """Five calls.

    start     the front end's memory when it is switched on at a tick
    measure   the memory and the reading after a span of ticks during which the mains did not change
    tick_at   number of ticks sampled before a true time, ns
    tick_ns   true time of a tick, ns
    load      the same front end with other calibration constants, raises `ConstantsError`; None: it takes none
    """

    start: Callable[[int], ChainMemory]
    measure: Callable[[ChainMemory, Mains, Environment, Span], tuple[ChainMemory, Reading]]
    tick_at: Callable[[int], int]
    tick_ns: Callable[[int], int]
    load: Callable[[bytes], Self] | None = None


def front_end(chain: Chain) -> FrontEnd[ChainState]:
    """A chain as a front end."""
    return FrontEnd(
        start=partial(start, chain),
        measure=partial(measure, chain),
        tick_at=partial(tick_at, chain),
        tick_ns=partial(tick_ns, chain),
        load=lambda constants: front_end(replace(chain, calibration=decode(constants, chain.specimen))),
    )


def joined(first: Reading, second: Reading) -> Reading:
    """Two readings that follow each other as one: what counts is added, what is shown is the later one's."""
    return second._replace(
        first_tick=first.first_tick,
        phases=tuple(map(_added, first.phases, second.phases)),
        total=_added(first.total, second.total),
        active_pulses=first.active_pulses + second.active_pulses,
        reactive_pulses=first.reactive_pulses + second.reactive_pulses,
    )


def _added(first: Energies, second: Energies) -> Energies:
    return Energies(*map(add, first, second))
