"""The power of one meter on the bench: its supply behind the world's mains, and the store that carries its clock."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import replace
from functools import lru_cache
from math import sqrt
from typing import Protocol, runtime_checkable

import numpy as np

from ferraris.hardware.physics.reserve import Store, after_outage, full, recharged
from ferraris.hardware.physics.supply import (
    FJ_PER_J,
    NS_PER_S,
    STATED_C,
    PowerSupply,
    bulk_v,
    bytes_for,
    crossed,
    energy_fj,
    fed,
    next_crossing,
    switched_on,
)
from ferraris.hardware.platform.models import Nvm
from ferraris.hardware.world.mains import Mains, Steady

NEVER_NS = 1 << 62
UW_PER_W = 1e6
LOST_CLOCK_MS = 946_684_800_000
"""What a clock shows that has lost its time: 2000-01-01, as clock chips do (recalled, unverified)."""


@runtime_checkable
class Mortal(Protocol):
    """A memory part whose supply can fail, and that counts what programming takes."""

    @property
    def energy_j(self) -> float:
        """Energy that programming took so far, J."""
        ...

    @property
    def time_s(self) -> float:
        """Time that it took, s."""
        ...

    def supply(self, steps: int | None) -> None:
        """Let the supply last for so many more programmed bytes; None is for ever."""
        ...


class Carrier:
    """Owns the state of the store that carries the clock, through outages and the time between them."""

    def __init__(self, store: Store) -> None:
        """A store that has been on the mains for long at true time 0."""
        self._store = store
        self._reserve = full(store)
        self._since_ns = 0

    def left(self, t_ns: int) -> None:
        """The mains left at this time."""
        self._reserve = recharged(self._store, self._reserve, (t_ns - self._since_ns) / NS_PER_S)
        self._since_ns = t_ns

    def returned(self, t_ns: int, air_c: float) -> bool:
        """The mains are back: whether the clock ran all the time. Its counter starts anew if not."""
        found = after_outage(self._store, self._reserve, (t_ns - self._since_ns) / NS_PER_S, air_c)
        self._reserve = replace(found, lost=False)
        self._since_ns = t_ns
        return not found.lost


class Power:
    """Owns the supply's state; told by the bench what the mains are, and asked what happens next."""

    def __init__(
        self, supply: PowerSupply, un_v: float, nvm: Nvm, failing_load_w: float, carrier: Carrier | None = None
    ) -> None:
        """A supply that has been on the mains for long.

        un_v            nominal phase voltage, V
        nvm             the memory part's sheet
        failing_load_w  what runs beside the memory while it is programmed on the bulk, W
        carrier         what carries the clock; None carries it for ever
        """
        self.supply = supply
        self.state = switched_on(supply, 0)
        self._un_v = un_v
        self._nvm = nvm
        self._failing_load_w = failing_load_w
        self._carrier = carrier
        self._air_c = STATED_C
        self._boots_ns = NEVER_NS
        self._is_dark = False

    def started(self, t_ns: int) -> None:
        """The meter starts; by hand where the supply did not start it, which is then taken to be full."""
        if self._boots_ns == NEVER_NS and not self._is_dark:
            self.state = switched_on(self.supply, t_ns)
        self._boots_ns = NEVER_NS
        self._is_dark = False

    def died(self, t_ns: int) -> None:
        """The meter has no power any more, whatever of the bulk is left."""
        self._is_dark = True
        self.state = replace(self.state, since_ns=t_ns, energy_fj=0, running=False)
        if self._carrier is not None:
            self._carrier.left(t_ns)

    def next_ns(self) -> int:
        """True time of the next thing that the supply does if the mains stay as they are."""
        crossing = next_crossing(self.supply, self.state)
        return min(self._boots_ns, NEVER_NS if crossing is None else crossing.t_ns)

    def pass_to(self, t_ns: int) -> str | None:
        """Do the next thing that is due: "alarm", "recovered", "dead" or "boot"; None where that is nothing to tell."""
        crossing = next_crossing(self.supply, self.state)
        if crossing is not None and crossing.t_ns <= t_ns:
            self.state = crossed(self.supply, self.state, crossing)
            match crossing.kind:
                case "restart":
                    self._boots_ns = crossing.t_ns + self.supply.boot_ns
                    return None
                case "dead":
                    self._boots_ns = NEVER_NS
            return crossing.kind
        return "boot" if self._boots_ns <= t_ns else None

    def lost_clock(self, t_ns: int) -> bool:
        """The meter is about to boot: whether its clock lost the time."""
        return self._carrier is not None and not self._carrier.returned(t_ns, self._air_c)

    def feel(self, t_ns: int, mains: Mains, air_c: float) -> None:
        """Let the supply feel what the mains are from now on; what it crosses first comes first.

        The store of the clock takes the whole outage to have been in the air at its end.
        """
        self._air_c = air_c
        if self.next_ns() > t_ns:
            self.state = fed(self.supply, self.state, t_ns, highest_v(mains) / self._un_v)

    def is_calm(self, mains: Mains) -> bool:
        """Whether the meter lives on the mains without an alarm, and would go on so with these."""
        calm = self.state.fed and self.state.running and not self.state.alarm
        return calm and highest_v(mains) / self._un_v >= self.supply.dropout

    def volts(self, t_ns: int) -> float:
        """Voltage of the bulk, V."""
        return bulk_v(self.supply, self.state, t_ns)

    @contextmanager
    def drained_by(self, part: Mortal, t_ns: int) -> Iterator[None]:
        """Program with no more than the bulk holds where the mains do not feed it; what was taken is gone."""
        if self.state.fed:
            yield
            return
        left_fj = energy_fj(self.supply, self.state, t_ns)
        part.supply(bytes_for(left_fj / FJ_PER_J * self.supply.efficiency, self._nvm, self._failing_load_w))
        before_j, before_s = part.energy_j, part.time_s
        try:
            yield
        finally:
            part.supply(None)
            taken_j = part.energy_j - before_j + (part.time_s - before_s) * self._failing_load_w
            taken_fj = round(taken_j / self.supply.efficiency * FJ_PER_J)
            self.state = replace(self.state, since_ns=t_ns, energy_fj=max(left_fj - taken_fj, 0))


def drained(power: Power | None, part: object, t_ns: int) -> AbstractContextManager[None]:
    """Program a part with what its supply holds; one that nobody models holds for ever."""
    if power is None:
        return nullcontext()
    assert isinstance(part, Mortal), "a supply that can fail needs a part that feels it"
    return power.drained_by(part, t_ns)


@lru_cache(maxsize=1024)
def highest_v(mains: Mains) -> float:
    """RMS voltage of the phase that has most: it feeds the supply alone if it must, V."""
    if isinstance(mains, Steady):
        return sqrt((np.abs(mains.voltage_v) ** 2).sum(axis=1).max())
    return sqrt(np.square(mains.voltage_v).mean(axis=1).max())
