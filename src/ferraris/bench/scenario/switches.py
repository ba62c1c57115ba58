"""When the meter switched its rate: to the call of the firmware, which no head end that reads now and then could tell.

What is expected is judged from what is read; this is for the transcript and the page alone.
"""

from itertools import pairwise
from typing import NamedTuple

from ferraris.bench.bench import Bench
from ferraris.pins import Inputs, Output


class Switch(NamedTuple):
    """From this moment on (ns after the start) a rate is in force; None: the meter has no power."""

    at_ns: int
    rate: int | None


class RateWatch:
    """Owns the switches of a bench's meter so far, in order of time; the bench's witness.

    Attributes:
        switches: the first is that of the first call of the firmware; each differs from the one before.
    """

    def __init__(self, bench: Bench) -> None:
        """Nothing has been seen yet."""
        self._bench = bench
        self.switches: list[Switch] = []

    def observe(self, inputs: Inputs, outputs: tuple[Output, ...]) -> None:
        """One call of the firmware, which may have switched the rate."""
        del inputs, outputs
        assert self._bench.state is not None, "a meter without power calls nothing"
        self._note(self._bench.state.ledger.axis.rate)

    def durable(self) -> None:
        """What that call had to be made durable is: no rate switches here."""

    def power_lost(self) -> None:
        """The meter has no rate now."""
        self._note(None)

    def _note(self, rate: int | None) -> None:
        if not self.switches or self.switches[-1].rate != rate:
            self.switches.append(Switch(self._bench.now_ns, rate))


def told(switches: list[Switch]) -> list[tuple[int, str]]:
    """The switches in words, each with its moment, ns after the start; an outage alone is none."""
    known = [each for each in switches if each.rate is not None]
    return [
        (after.at_ns, f"rate {before.rate} → {after.rate}")
        for before, after in pairwise(known)
        if before.rate != after.rate
    ]
