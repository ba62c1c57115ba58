"""Where everything lies in the memory part.

      0           bank           2 bank                                                size
      +------------+------------+-----------------+-----------------+------------------+
      | bank 0     | bank 1     | ring 0          | ring 1 ...      | unused           |
      +------------+------------+-----------------+-----------------+------------------+

The journal's generation n lives in bank n % 2. A ring is a row of equal slots; the row with sequence s lies in slot
s % slots. Slots that are erased together form a turn: one slot where bytes can be rewritten, a whole sector on flash.
"""

import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from ferraris.firmware.store.codec import MOST_PAYLOAD, extent_of
from ferraris.firmware.store.operations import BLANK, GRAIN, Erase, Operation, Program

VERSION = 1
"""Of the format; part of the fingerprint, so that another format is refused and not misread."""

HEAD_PAYLOAD = 12
HEAD_SIZE = extent_of(HEAD_PAYLOAD)
"""Bytes of one copy of a bank's head, and of the closing note at its end."""


class LayoutError(ValueError):
    """What is asked for does not fit the part; the text says what is missing."""


class Geometry(NamedTuple):
    """What the layout must respect of the part."""

    size: int
    """Bytes."""
    page: int = 1
    """Bytes that one write cycle programs; 0 or 1 where there are no pages (FRAM)."""
    erase: int = 0
    """Bytes of a sector that is erased as one; 0 where bytes can be rewritten without an erase (FRAM, EEPROM)."""


class RingSpec(NamedTuple):
    """What is asked of one ring."""

    payload: int
    """Longest row, bytes."""
    rows: int
    """Rows that must always be kept."""


@dataclass(frozen=True)
class RingPlan:
    """Where the slots of one ring lie."""

    address: int
    extent: int
    """Bytes of a slot."""
    slots: int
    turn: int
    """Slots that are blanked together; `slots` is a multiple of it."""
    chunk: int
    """Bytes of the page or sector that whole slots are packed into."""
    packed: int
    """Slots in one chunk."""

    @property
    def size(self) -> int:
        """Bytes of the whole ring."""
        return -(-self.slots // self.packed) * self.chunk

    @property
    def rows(self) -> int:
        """Rows that are always kept: one turn is blank, ahead of the newest row."""
        return self.slots - self.turn

    def slot_address(self, slot: int) -> int:
        """Address of the first byte of a slot."""
        chunk, place = divmod(slot, self.packed)
        return self.address + chunk * self.chunk + place * self.extent


@dataclass(frozen=True)
class Layout:
    """Everything about places; made by `plan`."""

    geometry: Geometry
    bank: int
    """Bytes of one bank of the journal."""
    rings: tuple[RingPlan, ...]

    @cached_property
    def fingerprint(self) -> int:
        """Stored in every bank's head: memory that was laid out otherwise is refused."""
        places = [(r.address, r.extent, r.slots, r.turn, r.chunk) for r in self.rings]
        return zlib.crc32(repr((VERSION, tuple(self.geometry), self.bank, places)).encode())

    def bank_address(self, generation: int) -> int:
        """Address of the bank in which a generation of the journal lives."""
        return generation % 2 * self.bank

    def head_addresses(self, generation: int) -> tuple[int, int]:
        """Addresses of the two copies of a bank's head: at its ends, so that no one spoilt stretch takes both."""
        address = self.bank_address(generation)
        return address, address + self.bank - HEAD_SIZE

    def first_record(self, generation: int) -> int:
        """Address of a bank's first record, behind the first copy of its head."""
        return self.bank_address(generation) + HEAD_SIZE

    def closing(self, generation: int) -> int:
        """Address of a bank's closing note, in front of the second copy of its head; records end here."""
        return self.bank_address(generation) + self.bank - 2 * HEAD_SIZE

    def movable(self, grains: frozenset[int]) -> frozenset[int]:
        """The grains among these that records can avoid; heads and closing notes have their places."""
        places = [place for bank in (0, 1) for place in (*self.head_addresses(bank), self.closing(bank))]
        return frozenset(g for g in grains if not any(place <= g < place + HEAD_SIZE for place in places))

    def heads_at(self, generation: int, grains: frozenset[int]) -> set[int]:
        """Addresses of the copies of a bank's head that lie on any of these grains."""
        return {at for at in self.head_addresses(generation) if any(at <= grain < at + HEAD_SIZE for grain in grains)}

    @property
    def capacity(self) -> int:
        """Bytes for records in one bank: the latest record of every kind must fit, or the journal is full."""
        return self.bank - 3 * HEAD_SIZE


def plan(geometry: Geometry, rings: Sequence[RingSpec], journal: int) -> Layout:
    """Lay out a journal of at least `journal` bytes, both banks together, and the rings.

    `LayoutError` if they do not fit the part, or if the part's pages and sectors are not multiples of 8 bytes.
    """
    _check(geometry, rings, journal)
    bank = _round_up(-(-journal // 2), max(geometry.page, geometry.erase, GRAIN))
    address, plans = 2 * bank, []
    for spec in rings:
        ring = _plan_ring(geometry, spec, address)
        plans.append(ring)
        address += _round_up(ring.size, max(geometry.page, geometry.erase, GRAIN))
    if address > geometry.size:
        raise LayoutError(f"journal and rings take {address} bytes, the memory part has {geometry.size}")
    return Layout(geometry, bank, tuple(plans))


def blank(geometry: Geometry, address: int, size: int) -> Operation:
    """Return a range to 0xFF in the way the part needs."""
    return Erase(address, size) if geometry.erase else Program(address, bytes([BLANK]) * size)


def _check(geometry: Geometry, rings: Sequence[RingSpec], journal: int) -> None:
    if journal < 8 * HEAD_SIZE:
        raise LayoutError(f"a journal of {journal} bytes is too small, it needs at least {8 * HEAD_SIZE}")
    if (geometry.page > 1 and geometry.page % GRAIN) or geometry.erase % max(geometry.page, GRAIN):
        raise LayoutError(
            f"pages of {geometry.page} and sectors of {geometry.erase} bytes: expected multiples of {GRAIN}"
        )
    for number, spec in enumerate(rings):
        if not (0 < spec.payload <= MOST_PAYLOAD and spec.rows > 0):
            raise LayoutError(f"ring {number}: {spec.rows} rows of {spec.payload} bytes cannot be stored")
        if geometry.erase and extent_of(spec.payload) > geometry.erase:
            raise LayoutError(
                f"ring {number}: a row of {spec.payload} bytes is longer than a sector of {geometry.erase}"
            )


def _plan_ring(geometry: Geometry, spec: RingSpec, address: int) -> RingPlan:
    extent = extent_of(spec.payload)
    chunk = geometry.erase or _chunk(geometry.page, extent)
    packed = chunk // extent
    turn = packed if geometry.erase else 1
    return RingPlan(address, extent, _round_up(spec.rows + turn, turn), turn, chunk, packed)


def _chunk(page: int, extent: int) -> int:
    """Bytes in which whole slots are packed so that no slot that fits a page straddles two."""
    if page <= 1:
        return extent
    return page if extent <= page else _round_up(extent, page)


def _round_up(size: int, step: int) -> int:
    return -(-size // step) * step
