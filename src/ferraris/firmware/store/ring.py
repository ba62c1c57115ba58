"""A ring of rows (a load profile, a log): fixed slots, the newest row replaces the oldest.

`Ring` is three numbers: the rows themselves stay in memory and are read by `row`. Pushing programs the new row into a
slot that was blanked beforehand, and then blanks the next turn of slots, so a row never waits for an erase while the
supply is dying, and a power cut costs at most the row being written and rows that were due to go.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from ferraris.firmware.store.codec import (
    Found,
    Record,
    State,
    encode,
    examine,
    read_whole,
    slot_reader,
    start_of,
)
from ferraris.firmware.store.damage import Damage
from ferraris.firmware.store.layout import Layout, RingPlan
from ferraris.firmware.store.operations import BLANK, GRAIN, Erase, Operation, Program, is_blank

_BLANK_GRAIN = bytes([BLANK]) * GRAIN
_VACANT = Found(State.VACANT)

ROW = 1
"""The record kind of a row. A row of kind ROW + n was written after n slots in front of it had not read back."""

MOST_SKIPPED = 0xFF - ROW
"""Slots in a row that can be passed over; a part with more of them is worn out."""

_REALM = 0x8000_0000
"""Realms of rings begin here, so that none is ever a generation of the journal."""


@dataclass(frozen=True)
class Ring:
    """Which rows a ring holds: those with `first` <= sequence < `next`, less what damage took."""

    index: int
    """Which of the layout's rings this is."""
    first: int = 0
    """Sequence of the oldest row."""
    next: int = 0
    """Sequence of the row that will be pushed next."""
    ready: bool = False
    """The slot for the next row is known to be blank. Never after a reset: an erase that was cut can read as blank."""

    def __len__(self) -> int:
        """Number of rows, counting those that damage took."""
        return self.next - self.first


def push(layout: Layout, ring: Ring, payload: bytes, skipped: int = 0) -> tuple[Ring, tuple[Operation, ...]]:
    """Add a row: the ring afterwards, and what must be programmed. The journal must have been begun before.

    The row is durable when its two program operations are done; the rest prepares the place of later rows. `skipped`
    tells how many slots directly before were given up because this row did not read back from them.
    """
    assert 0 <= skipped <= MOST_SKIPPED
    plan = layout.rings[ring.index]
    sequence = ring.next
    place = plan.slot_address(sequence % plan.slots)
    row_written = encode(_REALM + ring.index, place, Record(ROW + skipped, sequence, payload), plan.extent)
    after = advance(layout, ring)
    prepares = _blank_turn(layout, plan, sequence) if not ring.ready and sequence % plan.turn == 0 else ()
    follows = _blank_turn(layout, plan, sequence + 1) if (sequence + 1) % plan.turn == 0 else ()
    return after, (*prepares, *row_written, *follows)


def advance(layout: Layout, ring: Ring) -> Ring:
    """The ring after one row more, as `push` gives it, without making the bytes."""
    plan = layout.rings[ring.index]
    first, sequence, is_ready = ring.first, ring.next, ring.ready
    if not is_ready and sequence % plan.turn == 0:  # inside a turn the slot was found blank, and its rows stay
        first = _make_room(plan, first, sequence)
    sequence += 1
    if sequence % plan.turn == 0:
        first = _make_room(plan, first, sequence)
    return Ring(ring.index, first, sequence, ready=True)


def follow(layout: Layout, ring: Ring, memory: bytes | memoryview) -> Ring:
    """The ring carried on over rows that memory holds beyond it: where a slot was skipped, its row is in the next."""
    plan = layout.rings[ring.index]
    while True:
        address = plan.slot_address(ring.next % plan.slots)
        start = start_of(_REALM + ring.index, address)
        record = read_whole(memory, address, address + plan.extent, start, plan.extent)
        if record is None or record.sequence != ring.next:
            return ring
        ring = advance(layout, ring)


def row(layout: Layout, ring: Ring, memory: bytes | memoryview, sequence: int) -> bytes | None:
    """The row with this sequence, or None if the ring does not hold it or its bytes have changed."""
    if not ring.first <= sequence < ring.next:
        return None
    plan = layout.rings[ring.index]
    address = plan.slot_address(sequence % plan.slots)
    start = start_of(_REALM + ring.index, address)
    record = read_whole(memory, address, address + plan.extent, start, plan.extent)
    if record is None:  # half of the mark may still hold
        record = _look(plan, ring.index, memoryview(memory), sequence % plan.slots).record
    return record.payload if record and record.sequence == sequence else None


def recover_ring(layout: Layout, index: int, memory: memoryview) -> tuple[Ring, tuple[Damage, ...], tuple[Damage, ...]]:
    """Find a ring's rows in any bytes whatever: the ring, the damage, and the writes that a cut left unfinished."""
    plan = layout.rings[index]
    slots = _read_slots(plan, index, memory)
    newest = max(slots.rows, default=-1)
    upcoming = _after(plan, slots, newest)
    first = min((s for s in slots.rows if s > newest - plan.slots), default=upcoming)
    damage: list[Damage] = []
    torn: list[Damage] = []
    for item, is_torn in _complaints(plan, index, slots, range(first, upcoming)):
        (torn if is_torn else damage).append(item)
    upcoming = _writable(plan, memory, upcoming)
    return Ring(index, min(first, upcoming), upcoming), tuple(damage), tuple(torn)


class _Slots(NamedTuple):
    """What a ring's slots hold."""

    rows: Mapping[int, int]
    """Kind of every whole row that stands where it belongs, by sequence."""
    odd: Mapping[int, Found]
    """By slot: everything that is neither such a row nor vacant, and rows of which half the mark holds."""


def _read_slots(plan: RingPlan, index: int, memory: memoryview) -> _Slots:
    """Read every slot; those that hold what nearly all hold, a row or nothing, in the quickest way."""
    content = bytes(memory[plan.address : plan.address + plan.size])
    rows: dict[int, int] = {}
    odd: dict[int, Found] = {}
    vacant = (bytes([BLANK]) * plan.extent, bytes(plan.extent))
    read, count = slot_reader(plan.extent), plan.slots
    for slot, (at, start) in enumerate(_places(plan, index)):
        if content.startswith(vacant, at):
            continue
        kind, sequence = read(content, at, start)
        if kind and sequence % count == slot:
            rows[sequence] = kind
            continue
        odd[slot] = found = _look(plan, index, memory, slot)
        if found.record and found.record.sequence % count == slot:
            rows[found.record.sequence] = found.record.kind
    return _Slots(rows, odd)


@lru_cache(maxsize=16)
def _places(plan: RingPlan, index: int) -> tuple[tuple[int, int], ...]:
    """Of every slot its offset in the ring, and from where the CRC of its row begins."""
    addresses = (plan.slot_address(slot) for slot in range(plan.slots))
    return tuple((address - plan.address, start_of(_REALM + index, address)) for address in addresses)


def _look(plan: RingPlan, index: int, memory: memoryview, slot: int) -> Found:
    address = plan.slot_address(slot)
    return examine(memory, _REALM + index, address, address + plan.extent, plan.extent)


def _after(plan: RingPlan, slots: _Slots, newest: int) -> int:
    """The sequence after the newest row: finished rows that were damaged since count, they were promised."""
    upcoming = newest + 1
    for _ in range(plan.slots):
        if not _was_finished(plan, slots, upcoming):
            break
        upcoming += 1
    return upcoming


def _was_finished(plan: RingPlan, slots: _Slots, sequence: int) -> bool:
    """Whether the slot holds a finished row that was spoilt, and not an old one that was being erased.

    An erase that was cut leaves more than one slot of its turn spoilt; damage leaves the rest of the turn blank.
    """
    slot = sequence % plan.slots
    if slots.odd.get(slot, _VACANT).state is not State.DAMAGED:
        return False
    others = range(slot + 1, slot - slot % plan.turn + plan.turn)
    taken = {*slots.odd, *(row % plan.slots for row in slots.rows)} if others else set()
    return slot % plan.turn != 0 or taken.isdisjoint(others)


def _complaints(plan: RingPlan, index: int, slots: _Slots, held: range) -> Iterator[tuple[Damage, bool]]:
    """What is not as it should be, each with whether a cut or a skip explains it; `held` are the ring's sequences."""
    upcoming = held.stop
    ahead = range(upcoming, upcoming - upcoming % plan.turn + plan.turn)
    skipped = {n for sequence, kind in slots.rows.items() for n in range(sequence - (kind - ROW), sequence)}
    missing = {sequence % plan.slots for sequence in held if sequence not in slots.rows}
    for slot in sorted(missing | slots.odd.keys()):
        found = slots.odd.get(slot, _VACANT)
        sequence = upcoming - 1 - (upcoming - 1 - slot) % plan.slots  # the latest that may stand in this slot
        is_whole = _is_whole(plan, slot, found)
        if is_whole and found.is_marked:
            continue
        # A row that is whole lacks nothing, and on flash a torn slot stays behind until its sector is erased.
        is_ahead = sequence + plan.slots in ahead
        explained = is_ahead or is_whole or sequence in skipped or (found.state is State.TORN and plan.turn > 1)
        what = "a mark of which one half holds" if found.record else found.state.value
        yield (
            Damage(f"ring {index}", plan.slot_address(slot), what, ROW, sequence if sequence >= 0 else None),
            explained,
        )


def _is_whole(plan: RingPlan, slot: int, found: Found) -> bool:
    """Whether the slot holds a whole row that belongs there."""
    return found.record is not None and found.record.sequence % plan.slots == slot


def _writable(plan: RingPlan, memory: memoryview, upcoming: int) -> int:
    """The first sequence from `upcoming` on whose slot is blank, or will be blanked because a turn begins with it."""
    while upcoming % plan.turn:
        address = plan.slot_address(upcoming % plan.slots)
        if is_blank(memory[address : address + plan.extent]):
            break
        upcoming += 1
    return upcoming


def _make_room(plan: RingPlan, first: int, upcoming: int) -> int:
    """The oldest row that is left when the turn of the next row has been blanked."""
    begin = upcoming - upcoming % plan.turn
    return min(max(first, begin + plan.turn - plan.slots), upcoming)


def _blank_turn(layout: Layout, plan: RingPlan, sequence: int) -> tuple[Operation, ...]:
    """Blank the turn that begins with this sequence; where bytes are rewritten, the mark goes first.

    Without its mark the old row can no more be mistaken for one that was finished and then spoilt.
    """
    address = plan.slot_address(sequence % plan.slots)
    if layout.geometry.erase:
        return (Erase(address, plan.chunk),)
    mark = address + plan.extent - GRAIN
    return Program(mark, _BLANK_GRAIN), Program(address, _BLANK_GRAIN * (plan.extent // GRAIN - 1))
