"""Cycles of every group of cells that wear together, and the bits that stick when there have been too many.

Counting is put off: a write notes its range, and the notes are added up when somebody asks, or as soon as a group could
have reached its life. Adding to an array at every write costs more than the write.
"""

import hashlib
from collections.abc import Iterator
from math import log, sqrt
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

MOST_NOTES = 1 << 14
"""Different ranges that are noted before they are added up."""


class WearOut(NamedTuple):
    """How cells go beyond their endurance: no bit sticks before it, and one after the other soon after.

    The cycles from the endurance to a group's first stuck bit, and from each to the next, are drawn from a Rayleigh
    distribution with the mode `spread` x endurance. Endurance in a data sheet is a promise for all cells of all parts,
    so real cells last several times as long; the distribution is ours, chosen to rise from nothing.
    """

    spread: float = 0.2


class Wear:
    """Owns the cycle counts of one part; bytes of a unit wear together."""

    def __init__(self, size: int, unit: int, endurance: float, seed: int, law: WearOut) -> None:
        """A part that was never written."""
        self._unit = unit
        self._endurance = endurance
        self._seed = seed
        self._law = law
        self._cycles: NDArray[np.uint64] = np.zeros(-(-size // unit), np.uint64)
        self._notes: dict[tuple[int, int], int] = {}
        self._lives: dict[int, tuple[int, float]] = {}
        self._quiet = int(min(endurance, 2**62))
        """Writes that are left before any group can reach its life: a write adds at most one cycle to a group."""

    @property
    def cycles(self) -> NDArray[np.uint64]:
        """(units,) times each group was written or erased."""
        for (first, last), count in self._notes.items():
            self._cycles[first : last + 1] += np.uint64(count)
        self._notes.clear()
        return self._cycles

    def note(self, address: int, size: int) -> bool:
        """Count one write; whether a group may have reached its life."""
        place = address // self._unit, (address + size - 1) // self._unit
        notes = self._notes
        notes[place] = notes.get(place, 0) + 1
        self._quiet -= 1
        if len(notes) > MOST_NOTES:
            _ = self.cycles
        return self._quiet < 0

    def add(self, address: int, size: int, count: int) -> None:
        """Count so many writes at once, as an experiment does that begins with a worn part."""
        self.cycles[address // self._unit : (address + size - 1) // self._unit + 1] += np.uint64(count)
        self._quiet = -1

    def worn(self) -> Iterator[tuple[int, bool]]:
        """The bits that have stuck since the last time, each with the value it reads as."""
        cycles = self.cycles
        ends = []
        for group in np.flatnonzero(cycles >= self._endurance).tolist():
            count, life = self._lives.get(group) or (0, self._endurance + self._stretch(group, 0))
            while cycles[group] >= life:
                yield self._bit(group, count)
                count += 1
                life += self._stretch(group, count)
            self._lives[group] = count, life
            ends.append(life - float(cycles[group]))
        within = cycles[cycles < self._endurance]
        if within.size:
            ends.append(self._endurance - float(within.max()))
        self._quiet = int(min(*ends, 2.0**62, 2.0**62))

    def _stretch(self, group: int, count: int) -> float:
        """Cycles until the next bit of a group sticks."""
        share = (self._draw(group, count, b"life") + 0.5) / 2**64
        return max(self._law.spread * self._endurance * sqrt(-2.0 * log(share)), 1.0)

    def _bit(self, group: int, count: int) -> tuple[int, bool]:
        draw = self._draw(group, count, b"bit")
        return group * self._unit * 8 + (draw >> 1) % (self._unit * 8), bool(draw & 1)

    def _draw(self, group: int, count: int, what: bytes) -> int:
        digest = hashlib.blake2b(b"%s %d %d %d" % (what, self._seed, group, count), digest_size=8).digest()
        return int.from_bytes(digest, "big")
