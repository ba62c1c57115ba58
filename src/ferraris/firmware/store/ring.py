"""A ring of rows (a load profile, a log): fixed slots, the newest row replaces the oldest.

`Ring` is three numbers: the rows themselves stay in memory and are read by `row`. Pushing programs the new row into a
slot that was blanked beforehand, and then blanks the next turn of slots, so a row never waits for an erase while the
supply is dying, and a power cut costs at most the row being written and rows that were due to go.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from ferraris.firmware.store.codec import GRAIN, Found, Record, State, encode, examine
from ferraris.firmware.store.damage import Damage
from ferraris.firmware.store.layout import Layout, RingPlan
from ferraris.firmware.store.operations import BLANK, Erase, Operation, Program, is_blank

ROW = 1
"""The record kind of every row."""

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


def push(layout: Layout, ring: Ring, payload: bytes) -> tuple[Ring, tuple[Operation, ...]]:
    """Add a row: the ring afterwards, and what must be programmed. The journal must have been begun before.

    The row is durable when the second program operation is done; the rest prepares the place of later rows.
    """
    plan = layout.rings[ring.index]
    place = plan.slot_address(ring.next % plan.slots)
    operations: list[Operation] = []
    if not ring.ready and ring.next % plan.turn == 0:  # inside a turn the slot was found blank, and its rows stay
        ring = _make_room(plan, ring)
        operations += _blank_turn(layout, plan, ring.next)
    operations += encode(_REALM + ring.index, place, Record(ROW, ring.next, payload), plan.extent)
    ring = replace(ring, next=ring.next + 1, ready=True)
    if ring.next % plan.turn == 0:
        ring = _make_room(plan, ring)
        operations += _blank_turn(layout, plan, ring.next)
    return ring, tuple(operations)


def after(layout: Layout, ring: Ring) -> Ring:
    """The ring after one more row, without the row: what a firmware may know before the row is programmed."""
    plan = layout.rings[ring.index]
    if not ring.ready and ring.next % plan.turn == 0:
        ring = _make_room(plan, ring)
    ring = replace(ring, next=ring.next + 1, ready=True)
    return _make_room(plan, ring) if ring.next % plan.turn == 0 else ring


def row(layout: Layout, ring: Ring, memory: bytes | memoryview, sequence: int) -> bytes | None:
    """The row with this sequence, or None if the ring does not hold it or its bytes have changed."""
    if not ring.first <= sequence < ring.next:
        return None
    plan = layout.rings[ring.index]
    found = _look(plan, ring.index, memoryview(memory), sequence % plan.slots)
    return found.record.payload if found.record and found.record.sequence == sequence else None


def recover_ring(layout: Layout, index: int, memory: memoryview) -> tuple[Ring, tuple[Damage, ...], tuple[Damage, ...]]:
    """Find a ring's rows in any bytes whatever: the ring, the damage, and the writes that a cut left unfinished."""
    plan = layout.rings[index]
    slots = [_look(plan, index, memory, slot) for slot in range(plan.slots)]
    rows = {f.record.sequence for slot, f in enumerate(slots) if f.record and _is_whole(plan, slot, f)}
    newest = max(rows, default=-1)
    upcoming = _after(plan, slots, newest)
    first = min((s for s in rows if s > newest - plan.slots), default=upcoming)
    damage: list[Damage] = []
    torn: list[Damage] = []
    for item, is_torn in _complaints(plan, index, slots, range(first, upcoming)):
        (torn if is_torn else damage).append(item)
    upcoming = _writable(plan, memory, upcoming)
    return Ring(index, min(first, upcoming), upcoming), tuple(damage), tuple(torn)


def _look(plan: RingPlan, index: int, memory: memoryview, slot: int) -> Found:
    address = plan.slot_address(slot)
    return examine(memory, _REALM + index, address, address + plan.extent, plan.extent)


def _after(plan: RingPlan, slots: list[Found], newest: int) -> int:
    """The sequence after the newest row: finished rows that were damaged since count, they were promised."""
    upcoming = newest + 1
    for _ in range(plan.slots):
        if not _was_finished(plan, slots, upcoming):
            break
        upcoming += 1
    return upcoming


def _was_finished(plan: RingPlan, slots: list[Found], sequence: int) -> bool:
    """Whether the slot holds a finished row that was spoilt, and not an old one that was being erased.

    An erase that was cut leaves more than one slot of its turn spoilt; damage leaves the rest of the turn blank.
    """
    slot = sequence % plan.slots
    others = range(slot + 1, slot - slot % plan.turn + plan.turn)
    being_erased = slot % plan.turn == 0 and any(slots[other].state is not State.VACANT for other in others)
    return slots[slot].state is State.DAMAGED and not being_erased


def _complaints(plan: RingPlan, index: int, slots: list[Found], held: range) -> Iterator[tuple[Damage, bool]]:
    """What is not as it should be, each with whether a power cut explains it; `held` are the sequences of the ring."""
    upcoming = held.stop
    turn_end = upcoming - upcoming % plan.turn + plan.turn
    ahead = {sequence % plan.slots for sequence in range(upcoming, turn_end)}
    for slot, found in enumerate(slots):
        sequence = upcoming - 1 - (upcoming - 1 - slot) % plan.slots  # the latest that may stand in this slot
        if _is_fine(plan, slot, found, sequence in held):
            continue
        # A row that is whole lacks nothing, and on flash a torn slot stays behind until its sector is erased.
        explained = slot in ahead or _is_whole(plan, slot, found) or (found.state is State.TORN and plan.turn > 1)
        what = "a mark of which one half holds" if found.record else found.state.value
        yield (
            Damage(f"ring {index}", plan.slot_address(slot), what, ROW, sequence if sequence >= 0 else None),
            explained,
        )


def _is_fine(plan: RingPlan, slot: int, found: Found, is_held: bool) -> bool:
    if found.record:
        return found.is_marked and _is_whole(plan, slot, found)
    return found.state is State.VACANT and not is_held


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


def _make_room(plan: RingPlan, ring: Ring) -> Ring:
    """Forget the rows that blanking the turn of the next row will take."""
    begin = ring.next - ring.next % plan.turn
    return replace(ring, first=min(max(ring.first, begin + plan.turn - plan.slots), ring.next))


def _blank_turn(layout: Layout, plan: RingPlan, sequence: int) -> tuple[Operation, ...]:
    """Blank the turn that begins with this sequence; where bytes are rewritten, the mark goes first.

    Without its mark the old row can no more be mistaken for one that was finished and then spoilt.
    """
    address = plan.slot_address(sequence % plan.slots)
    if layout.geometry.erase:
        return (Erase(address, plan.chunk),)
    mark = address + plan.extent - GRAIN
    return Program(mark, bytes([BLANK]) * GRAIN), Program(address, bytes([BLANK]) * (plan.extent - GRAIN))
