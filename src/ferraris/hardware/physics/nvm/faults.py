"""Cells that do not do what they are told: stuck ones, flipped ones, and those that read differently at each power-up.

A bit is numbered from the first byte's lowest. How cells fail on real parts: FRAM imprints and loses polarisation,
EEPROM and flash trap charge in the oxide until a cell no longer erases, and a write that was cut leaves charge near the
threshold of the read amplifier, so that the bit reads as either (recalled, unverified).
"""

import hashlib
from typing import NamedTuple


class Faults(NamedTuple):
    """How many bits of a part have failed so far, by kind."""

    stuck: int = 0
    """Bits that read the same whatever is written; those of worn cells among them."""
    worn: int = 0
    """Bits that stuck because their cells were written too often."""
    unsettled: int = 0
    """Bits that are drawn anew at each power-up, until they are written."""
    flipped: int = 0
    """Bits that were turned over once, and hold what is written to them."""
    lost: int = 0
    """Bits whose charge was lost over the years; they too hold what is written to them."""


class Cells:
    """Owns the failed cells of one part, and imposes them on its image."""

    def __init__(self, seed: int) -> None:
        """A part without a fault."""
        self._seed = seed
        self._stuck: dict[int, bool] = {}
        self._unsettled: set[int] = set()
        self._masks: dict[int, tuple[int, int]] = {}
        self._power_ups = 0
        self.worn = self.flipped = self.lost = 0

    @property
    def faults(self) -> Faults:
        """Counts by kind."""
        return Faults(len(self._stuck), self.worn, len(self._unsettled), self.flipped, self.lost)

    def stick(self, image: bytearray, bit: int, *, value: bool) -> None:
        """From now on the bit reads as `value`."""
        self._stuck[bit] = value
        both, either = self._masks.get(bit // 8, (0xFF, 0x00))
        mask = 1 << bit % 8
        self._masks[bit // 8] = (both & ~mask, either & ~mask | mask * value)
        self.hold(image, bit // 8, 1)

    def unsettle(self, image: bytearray, bit: int) -> None:
        """The bit reads as it happens to, now and after each power-up, until it is written."""
        self._unsettled.add(bit)
        self._resolve(image, bit)

    def power_up(self, image: bytearray) -> None:
        """Draw what unsettled bits read as until the next power-up."""
        self._power_ups += 1
        for bit in sorted(self._unsettled):
            self._resolve(image, bit)

    def hold(self, image: bytearray, address: int, size: int) -> None:
        """After these bytes were written: unsettled bits are settled, stuck ones are as ever."""
        if self._unsettled:
            self._unsettled -= {bit for bit in self._unsettled if address <= bit // 8 < address + size}
        self.impose(image, address, size)

    def impose(self, image: bytearray, address: int, size: int) -> None:
        """Let the stuck bits among these bytes read as they do."""
        for byte, (both, either) in self._masks.items():
            if address <= byte < address + size:
                image[byte] = image[byte] & both | either

    def _resolve(self, image: bytearray, bit: int) -> None:
        draw = hashlib.blake2b(b"%d %d %d" % (self._seed, self._power_ups, bit), digest_size=1).digest()[0] & 1
        image[bit // 8] = image[bit // 8] & ~(1 << bit % 8) | draw << bit % 8
        both, either = self._masks.get(bit // 8, (0xFF, 0x00))
        image[bit // 8] = image[bit // 8] & both | either
