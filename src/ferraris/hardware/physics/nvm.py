"""The non-volatile memory part: FRAM, EEPROM or NOR flash, with a supply that can fail between any two bytes.

What a part does with bytes, and what a failing supply leaves behind:

    FRAM     each byte is written as it arrives; a cut leaves the bytes before it new and the others old
    EEPROM   the bytes of one write go to the array page by page, all bytes of a page at once; a cut leaves every byte
             that was being written old, new, erased or anything
    NOR      programming only clears bits, byte after byte; only erasing a whole sector sets them; a cut leaves the
             byte being programmed with some of its bits cleared, and a sector being erased with anything

A cut without a `tear_seed` is the tidy one (rising order, whole bytes, nothing undefined), so that "after every single
byte" has a meaning on each technology; with a seed, what is undefined on the real part is drawn from it.

Sources: FM25V10 data sheet 001-84499 (bytes are written as they are transferred; seen); FM25W256 data sheet,
"Endurance" (cycles count per row of 8 bytes; seen; that reads wear FRAM as well is not modelled); M95256 data sheet,
"Cycling with error correction code" (cycles count per group of 4 bytes; seen); NOR flash recalled, unverified.
"""

import hashlib
from collections.abc import Iterator
from typing import Literal, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

Technology: TypeAlias = Literal["fram", "eeprom", "nor"]

ERASE_STEPS = 8
"""An erase can be cut at this many moments; each counts as much as one programmed byte in `supply`."""

_WEAR_UNIT = {"fram": 8, "eeprom": 4}
"""Bytes that wear together; on NOR flash it is the sector."""
_DELIVERED = {"fram": 0x00, "eeprom": 0xFF, "nor": 0xFF}
"""What a new part reads as: EEPROM and flash erased; FRAM undefined, zeros taken for it (unverified)."""
_BLANK = 0xFF


class PowerLost(Exception):  # noqa: N818 - the supply's failure is an event of the experiment, not an error of ours
    """The supply failed in the middle of an operation; the part holds what the cut left."""


class Sheet(Protocol):
    """The part's figures, as the platform's memory table gives them."""

    @property
    def technology(self) -> Technology:
        """Kind of memory."""
        ...

    @property
    def size_bytes(self) -> int:
        """Capacity."""
        ...

    @property
    def page_bytes(self) -> int:
        """Most bytes that one write programs."""
        ...

    @property
    def erase_bytes(self) -> int:
        """Bytes of a sector; 0 where bytes are overwritten."""
        ...

    @property
    def write_s(self) -> float:
        """Time to program one page, s."""
        ...

    @property
    def erase_s(self) -> float:
        """Time to erase one sector, s."""
        ...

    @property
    def write_j(self) -> float:
        """Energy to program one byte, J."""
        ...

    @property
    def endurance_cycles(self) -> float:
        """Times a cell can be written (or erased, on NOR flash)."""
        ...


class NvmPart:
    """Owns the image of one part, and counts what programming it costs.

    time_s     time spent programming and erasing, s
    energy_j   energy spent programming, J (the platform gives none for erasing)
    cycles     (units,) times each group of cells that wear together was written or erased
    """

    def __init__(self, sheet: Sheet, image: bytes | None = None, tear_seed: int | None = None) -> None:
        """A new part as delivered, or one that holds `image`; `tear_seed` makes cuts untidy."""
        assert image is None or len(image) == sheet.size_bytes, "an image of another size"
        self.sheet = sheet
        self.time_s = 0.0
        self.energy_j = 0.0
        self._image = bytearray(image or bytes([_DELIVERED[sheet.technology]]) * sheet.size_bytes)
        self._wear_unit = _WEAR_UNIT.get(sheet.technology, sheet.erase_bytes)
        self.cycles: NDArray[np.uint64] = np.zeros(-(-sheet.size_bytes // self._wear_unit), np.uint64)
        self._steps: int | None = None
        self._tear_seed = tear_seed
        self._tears = 0

    @property
    def view(self) -> memoryview:
        """The whole image, read-only; it shows later changes."""
        return memoryview(self._image).toreadonly()

    @property
    def life_used(self) -> float:
        """Cycles of the most worn cells over the part's endurance."""
        return float(self.cycles.max()) / self.sheet.endurance_cycles

    def supply(self, steps: int | None) -> None:
        """Let the supply last for so many more programmed bytes (an erased sector counts 8); None is for ever."""
        self._steps = steps

    def program(self, address: int, data: bytes) -> None:
        """Program bytes in rising order, split at pages; raises `PowerLost` where the supply ends."""
        assert 0 <= address <= address + len(data) <= len(self._image), "outside the part"
        for start, piece in _pages(address, data, self.sheet.page_bytes):
            self._program_page(start, piece)

    def erase(self, address: int, size: int) -> None:
        """Erase whole sectors; raises `PowerLost` where the supply ends."""
        sector = self.sheet.erase_bytes
        assert sector, "this part is not erased, it is overwritten"
        assert address % sector == size % sector == 0 <= address + size <= len(self._image), "not whole sectors"
        for start in range(address, address + size, sector):
            self._erase_sector(start, sector)

    def flip(self, bit: int) -> None:
        """Turn one stored bit over, as radiation or lost charge does; `bit` counts from the first byte's lowest."""
        self._image[bit // 8] ^= 1 << bit % 8

    def _program_page(self, address: int, data: bytes) -> None:
        done = self._spend(len(data))
        old = bytes(self._image[address : address + len(data)])
        new = _cleared(old, data) if self.sheet.technology == "nor" else data
        self._image[address : address + done] = new[:done]
        self.energy_j += self.sheet.write_j * done
        self.time_s += self.sheet.write_s * self._page_share(len(data), done)
        if self.sheet.technology != "nor" and done:
            self._wear(address, done)
        if done < len(data):
            self._tear(address, old, new, done)
            raise PowerLost

    def _erase_sector(self, address: int, size: int) -> None:
        done = self._spend(ERASE_STEPS)
        self.time_s += self.sheet.erase_s * done / ERASE_STEPS
        if done:
            self._wear(address, size)
        erased = size * done // ERASE_STEPS
        if done < ERASE_STEPS and done and self._tear_seed is not None:
            self._image[address : address + size] = self._undefined(size)
        else:
            self._image[address : address + erased] = bytes([_BLANK]) * erased
        if done < ERASE_STEPS:
            raise PowerLost

    def _page_share(self, size: int, done: int) -> float:
        """Share of a page's time that a write takes: FRAM takes bytes at the bus's pace, the others a whole cycle."""
        whole = max(self.sheet.page_bytes, 1) if self.sheet.technology == "fram" else size
        return done / whole

    def _spend(self, steps: int) -> int:
        """Take steps from the supply; how many of them it still had."""
        if self._steps is None:
            return steps
        done = min(steps, self._steps)
        self._steps -= done
        return done

    def _wear(self, address: int, size: int) -> None:
        self.cycles[address // self._wear_unit : (address + size - 1) // self._wear_unit + 1] += np.uint64(1)

    def _tear(self, address: int, old: bytes, new: bytes, done: int) -> None:
        """Leave behind what an untidy cut leaves, if the part does not write byte by byte."""
        if self._tear_seed is None or self.sheet.technology == "fram" or not done:
            return
        noise = self._undefined(2 * len(old))
        if self.sheet.technology == "nor":
            self._image[address + done] = old[done] & (new[done] | noise[0])
            return
        choices = zip(old, new, bytes([_BLANK]) * len(old), noise[len(old) :], strict=True)
        torn = bytes(choice[pick % 4] for choice, pick in zip(choices, noise[: len(old)], strict=True))
        self._image[address : address + len(old)] = torn

    def _undefined(self, size: int) -> bytes:
        """Bytes nobody can foretell, yet the same ones for the same seed."""
        self._tears += 1
        return hashlib.shake_128(b"%d %d" % (self._tear_seed or 0, self._tears)).digest(size)


def _pages(address: int, data: bytes, page: int) -> Iterator[tuple[int, bytes]]:
    """The pieces of a write that each lie in one page, with their addresses."""
    start = 0
    while start < len(data):
        end = min(len(data), start + page - (address + start) % page) if page > 1 else len(data)
        yield address + start, data[start:end]
        start = end


def _cleared(old: bytes, data: bytes) -> bytes:
    """What programming flash leaves: a bit that is 0 stays 0."""
    both = int.from_bytes(old, "big") & int.from_bytes(data, "big")
    return both.to_bytes(len(old), "big")
