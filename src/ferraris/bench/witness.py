"""What the bench has around it: chance that can be repeated, what the meter says, and somebody who sees everything."""

import hashlib
from collections.abc import Callable
from typing import Protocol, TypeAlias

from ferraris.pins import Hangup, Inputs, Output, Send

Entropy: TypeAlias = Callable[[int], bytes]
"""Random bytes for the n-th call of `step`."""
Words: TypeAlias = tuple[Send | Hangup, ...]
"""What the meter says to its peers."""


class Witness(Protocol):
    """Somebody who sees everything that crosses the pins, as the auditor does."""

    def observe(self, inputs: Inputs, outputs: tuple[Output, ...]) -> None:
        """One call of `step`."""
        ...

    def durable(self) -> None:
        """What that call had to be made durable is."""
        ...

    def power_lost(self) -> None:
        """The meter died: what was not durable is gone."""
        ...


def stream(seed: int) -> Entropy:
    """The entropy of a simulation: another 32 bytes at every call, the same ones for the same seed."""
    return lambda call: hashlib.sha256(b"entropy %d %d" % (seed, call)).digest()


class Trace:
    """Owns a digest of everything that crossed the pins."""

    def __init__(self) -> None:
        """Nothing has crossed them yet."""
        self._sum = hashlib.sha256()

    def add(self, inputs: Inputs, outputs: tuple[Output, ...]) -> None:
        """One call of `step`."""
        self._sum.update(repr((inputs, outputs)).encode())

    @property
    def digest(self) -> str:
        """The digest so far, in hexadecimal digits."""
        return self._sum.hexdigest()
