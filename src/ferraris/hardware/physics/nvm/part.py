"""What a part does with bytes, and what a failing supply leaves behind.

    FRAM     each byte is written as it arrives; a cut leaves the bytes before it new and the others old
    EEPROM   the bytes of one write go to the array page by page, all bytes of a page at once; a cut leaves every byte
             that was being written old, new, erased or anything
    NOR      programming only clears bits, byte after byte; only erasing a whole sector sets them; a cut leaves the
             byte being programmed with some of its bits cleared, and a sector being erased with anything

A cut without a `tear_seed` is the tidy one (rising order, whole bytes, nothing undefined), so that "after every single
byte" has a meaning on each technology; with a seed, what is undefined on the real part is drawn from it, and of one
write that spans pages (or one erase that spans sectors) any of them may have been done first, as a buffering controller
does. One operation is finished before the next begins in any case.

Sources: FM25V10 data sheet 001-84499 (bytes are written as they are transferred; seen); FM25W256 data sheet,
"Endurance" (cycles count per row of 8 bytes; seen; that reads wear FRAM as well is not modelled); M95256 data sheet,
"Cycling with error correction code" (cycles count per group of 4 bytes; seen); NOR flash recalled, unverified.
"""

import hashlib
from collections.abc import Iterator, Sequence
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from ferraris.hardware.physics.nvm.faults import Cells, Faults
from ferraris.hardware.physics.nvm.retention import Retention, equivalent_years, lost_share
from ferraris.hardware.physics.nvm.sheet import Sheet
from ferraris.hardware.physics.nvm.wear import Wear, WearOut

ERASE_STEPS = 8
"""An erase can be cut at this many moments; each counts as much as one programmed byte in `supply`."""

_WEAR_UNIT = {"fram": 8, "eeprom": 4}
"""Bytes that wear together; on NOR flash it is the sector."""
_DELIVERED = {"fram": 0x00, "eeprom": 0xFF, "nor": 0xFF}
"""What a new part reads as: EEPROM and flash erased; FRAM undefined, zeros taken for it (unverified)."""
_BLANK = 0xFF
_T = TypeVar("_T")


class PowerLost(Exception):  # noqa: N818 - the supply's failure is an event of the experiment, not an error of ours
    """The supply failed in the middle of an operation; the part holds what the cut left."""


class NvmPart:
    """Owns the image of one part, and counts what programming it costs.

    time_s     time spent programming and erasing, s
    energy_j   energy spent programming and erasing, J
    """

    def __init__(
        self,
        sheet: Sheet,
        image: bytes | None = None,
        tear_seed: int | None = None,
        fault_seed: int = 0,
        wear_out: WearOut = WearOut(),  # noqa: B008 - a frozen value
    ) -> None:
        """A new part as delivered, or one that holds `image`.

        `tear_seed` makes cuts untidy; everything else that fails by chance is drawn from `fault_seed`.
        """
        assert image is None or len(image) == sheet.size_bytes, "an image of another size"
        self.sheet = sheet
        self.time_s = 0.0
        self.energy_j = 0.0
        self._image = bytearray(image or bytes([_DELIVERED[sheet.technology]]) * sheet.size_bytes)
        self._is_nor = sheet.technology == "nor"
        self._page, self._write_s, self._write_j = sheet.page_bytes, sheet.write_s, sheet.write_j
        self._byte_s = sheet.write_s / max(sheet.page_bytes, 1) if sheet.technology == "fram" else None
        """FRAM takes bytes at the bus's pace, the others a whole cycle for any part of a page."""
        unit = _WEAR_UNIT.get(sheet.technology, sheet.erase_bytes)
        self._wear = Wear(sheet.size_bytes, unit, sheet.endurance_cycles, fault_seed, wear_out)
        self._cells = Cells(fault_seed)
        self._is_sound = True
        """No cell has failed and nothing has aged: a write needs no second look."""
        self._age_years = 0.0
        self._ages = 0
        self._written_years: NDArray[np.float64] | None = None
        self._fault_seed = fault_seed
        self._steps: int | None = None
        self._tear_seed = tear_seed
        self._tears = 0

    @property
    def view(self) -> memoryview:
        """The whole image, read-only; it shows later changes."""
        return memoryview(self._image).toreadonly()

    @property
    def cycles(self) -> NDArray[np.uint64]:
        """(units,) times each group of cells that wear together was written or erased."""
        return self._wear.cycles

    @property
    def life_used(self) -> float:
        """Cycles of the most worn cells over the part's endurance."""
        return float(self.cycles.max()) / self.sheet.endurance_cycles

    @property
    def faults(self) -> Faults:
        """How many bits have failed so far."""
        return self._cells.faults

    def supply(self, steps: int | None) -> None:
        """Let the supply last for so many more programmed bytes (an erased sector counts 8); None is for ever."""
        self._steps = steps

    def program(self, address: int, data: bytes) -> None:
        """Program bytes in rising order, split at pages; raises `PowerLost` where the supply ends."""
        size = len(data)
        assert 0 <= address <= address + size <= len(self._image), "outside the part"
        if not size:
            return
        if self._steps is not None:
            if self._steps < size:
                self._program_until_cut(address, data)
            self._steps -= size
        end = address + size
        self._image[address:end] = _cleared(self._image[address:end], data) if self._is_nor else data
        self.energy_j += self._write_j * size
        self.time_s += self._byte_s * size if self._byte_s is not None else self._write_s * self._pages(address, end)
        if not self._is_nor and self._wear.note(address, size):
            self._wear_out()
        if not self._is_sound:
            self._hold(address, size)

    def erase(self, address: int, size: int) -> None:
        """Erase whole sectors; raises `PowerLost` where the supply ends."""
        sector = self.sheet.erase_bytes
        assert sector, "this part is not erased, it is overwritten"
        assert address % sector == size % sector == 0 <= address + size <= len(self._image), "not whole sectors"
        starts = range(address, address + size, sector)
        is_cut = self._steps is not None and self._steps < len(starts) * ERASE_STEPS
        for start in self._any_order(starts) if is_cut else starts:
            self._erase_sector(start, sector)

    def flip(self, bit: int) -> None:
        """Turn one stored bit over, as radiation or lost charge does; `bit` counts from the first byte's lowest."""
        self._image[bit // 8] ^= 1 << bit % 8
        self._cells.flipped += 1

    def stick(self, bit: int, *, value: bool) -> None:
        """From now on a bit reads as `value`, whatever is written."""
        self._is_sound = False
        self._cells.stick(self._image, bit, value=value)

    def unsettle(self, bit: int) -> None:
        """A bit reads as it happens to, drawn at each `power_up`, until it is written the next time."""
        self._is_sound = False
        self._cells.unsettle(self._image, bit)

    def power_up(self) -> None:
        """The supply is back: bits that are neither 0 nor 1 read as one of them until it fails again."""
        self._cells.power_up(self._image)

    def wear(self, address: int, size: int, cycles: int) -> None:
        """Age the cells of a range by so many writes at once, without writing."""
        self._wear.add(address, size, cycles)
        self._wear_out()

    def age(self, years: float, celsius: float, law: Retention) -> None:
        """Let so many years pass at a temperature; what was not written since loses charge as `law` says.

        EEPROM and flash cells read as erased without their charge, FRAM cells as the opposite of what they held.
        """
        before = self._age_years
        if self._written_years is None:
            self._written_years = np.full(len(self._image), before)
        self._age_years += equivalent_years(law, years, celsius)
        share = lost_share(law, before - self._written_years, self._age_years - self._written_years)
        self._is_sound, self._ages = False, self._ages + 1
        key = [self._fault_seed & 0xFFFF_FFFF_FFFF_FFFF, self._ages]
        draws = np.random.Generator(np.random.Philox(key=key)).random((len(self._image), 8))
        gone = np.packbits(draws < share[:, None], axis=1, bitorder="little").reshape(-1)
        held = np.frombuffer(self._image, np.uint8).copy()
        after = held ^ gone if self.sheet.technology == "fram" else held | gone
        self._cells.lost += int(np.unpackbits(held ^ after).sum())
        self._image[:] = after.tobytes()
        self._cells.impose(self._image, 0, len(self._image))

    # -------------------------------------------------------------------------------------------- a supply that ends

    def _program_until_cut(self, address: int, data: bytes) -> None:
        """Program page after page as far as the supply lasts, which is not to the end."""
        pieces = list(_pieces(address, data, self._page))
        for start, piece in pieces if self._byte_s is not None else self._any_order(pieces):
            self._program_page(start, piece)

    def _program_page(self, address: int, data: bytes) -> None:
        done = self._spend(len(data))
        old = bytes(self._image[address : address + len(data)])
        new = _cleared(old, data) if self._is_nor else data
        self._image[address : address + done] = new[:done]
        self.energy_j += self._write_j * done
        self.time_s += self._byte_s * done if self._byte_s is not None else self._write_s * done / len(data)
        if not self._is_nor and done and self._wear.note(address, done):
            self._wear_out()
        if done < len(data):
            self._tear(address, old, new, done)
        self._hold(address, len(data) if done else 0)
        if done < len(data):
            raise PowerLost

    def _erase_sector(self, address: int, size: int) -> None:
        done = self._spend(ERASE_STEPS)
        self.time_s += self.sheet.erase_s * done / ERASE_STEPS
        self.energy_j += self.sheet.erase_j * size * done / ERASE_STEPS
        erased = size * done // ERASE_STEPS
        if done < ERASE_STEPS and done and self._tear_seed is not None:
            self._image[address : address + size] = self._undefined(size)
        else:
            self._image[address : address + erased] = bytes([_BLANK]) * erased
        if done and self._wear.note(address, size):
            self._wear_out()
        self._hold(address, size if done else 0)
        if done < ERASE_STEPS:
            raise PowerLost

    def _spend(self, steps: int) -> int:
        """Take steps from the supply; how many of them it still had."""
        if self._steps is None:
            return steps
        done = min(steps, self._steps)
        self._steps -= done
        return done

    def _any_order(self, pieces: Sequence[_T]) -> Sequence[_T]:
        """Pages or sectors of one operation in the order in which an untidy part takes them."""
        if self._tear_seed is None or len(pieces) == 1:
            return pieces
        keys = self._undefined(2 * len(pieces))
        order = sorted(range(len(pieces)), key=lambda place: (keys[2 * place : 2 * place + 2], place))
        return [pieces[place] for place in order]

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

    # -------------------------------------------------------------------------------------------- cells that fail

    def _hold(self, address: int, size: int) -> None:
        """After a write: failed cells are as ever, and what was written is young."""
        if self._is_sound:
            return
        self._cells.hold(self._image, address, size)
        if self._written_years is not None:
            self._written_years[address : address + size] = self._age_years

    def _wear_out(self) -> None:
        for bit, value in self._wear.worn():
            self._cells.worn += 1
            self.stick(bit, value=value)

    def _pages(self, address: int, end: int) -> int:
        """Pages that a write touches."""
        return (end - 1) // self._page - address // self._page + 1 if self._page > 1 else 1


def _pieces(address: int, data: bytes, page: int) -> Iterator[tuple[int, bytes]]:
    """The pieces of a write that each lie in one page, with their addresses."""
    start = 0
    while start < len(data):
        end = min(len(data), start + page - (address + start) % page) if page > 1 else len(data)
        yield address + start, data[start:end]
        start = end


def _cleared(old: bytes | bytearray, data: bytes) -> bytes:
    """What programming flash leaves: a bit that is 0 stays 0."""
    both = int.from_bytes(old, "big") & int.from_bytes(data, "big")
    return both.to_bytes(len(old), "big")
