"""Recovery: from any bytes whatever to a journal and rings that can be carried on, or to a clear refusal.

What may have happened to the bytes, and how each is told from the others:

    nothing was ever written    the part is uniformly 0xFF or 0x00: a valid beginning
    a write was cut off         the last record has no complete mark and only blank space follows: normal after an
                                outage, listed in `torn`
    bytes have changed          a record has a complete mark but not its CRC, or records follow it: listed in `damage`,
                                and the record before it of the same kind stands in
    a whole bank was lost       the closing note of the bank before it names it: listed in `damage`
    both banks were lost        `Refused`
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import chain
from types import MappingProxyType
from typing import NamedTuple

from ferraris.firmware.store.codec import (
    Found,
    State,
    examine,
    extent_of,
    has_complete_mark,
    read_whole,
    start_of,
)
from ferraris.firmware.store.damage import Damage
from ferraris.firmware.store.journal import HEAD, HEAD_REALM, Head, Journal, read_head
from ferraris.firmware.store.layout import HEAD_SIZE, Layout
from ferraris.firmware.store.operations import BLANK, GRAIN, is_blank, is_uniform
from ferraris.firmware.store.ring import Ring, recover_ring


class Refused(NamedTuple):
    """The memory holds something, but no bank of it can be used; nothing must be written over it."""

    reason: str


@dataclass(frozen=True)
class Recovered:
    """Everything that a memory part still knows."""

    journal: Journal
    rings: tuple[Ring, ...]
    damage: tuple[Damage, ...]
    """What was spoilt after it had been written: the meter raises an event and marks its data."""
    torn: tuple[Damage, ...]
    """Writes that a power cut left unfinished; nothing that was promised is missing."""

    @property
    def records(self) -> Mapping[int, bytes]:
        """The latest good payload of every kind of record."""
        return self.journal.latest

    @property
    def is_damaged(self) -> bool:
        """Whether anything shown may be older than what was once durable."""
        return bool(self.damage)


def recover(layout: Layout, memory: bytes | memoryview) -> Recovered | Refused:
    """Read a whole memory part. Total: no bytes raise anything, and no record is returned whose CRC does not hold."""
    view = memoryview(memory)
    if len(view) != layout.geometry.size:
        return Refused(f"the memory has {len(view)} bytes, the layout is for {layout.geometry.size}")
    heads = _read_heads(layout, view)
    if any(head.fingerprint != layout.fingerprint for head in heads):
        return Refused("the memory was laid out for other rings or another journal")
    if heads:
        found = _read_journal(layout, view, max(heads))
    elif _never_begun(layout, view):
        found = _Scan()
    else:
        return Refused("the memory is not blank, but neither bank of its journal has a readable head")
    return _with_rings(layout, view, found)


@dataclass
class _Scan:
    """What reading a bank has found so far."""

    journal: Journal = field(default_factory=Journal)
    damage: list[Damage] = field(default_factory=list)
    torn: list[Damage] = field(default_factory=list)


def _with_rings(layout: Layout, view: memoryview, found: _Scan) -> Recovered:
    rings = [recover_ring(layout, index, view) for index in range(len(layout.rings))]
    return Recovered(
        found.journal,
        tuple(ring for ring, _, _ in rings),
        tuple(chain(found.damage, *(damage for _, damage, _ in rings))),
        tuple(chain(found.torn, *(torn for _, _, torn in rings))),
    )


# ------------------------------------------------------------------------------------------------ banks and heads


def _read_heads(layout: Layout, view: memoryview) -> list[Head]:
    """The heads of both banks, from whichever copy can be read."""
    copies = (_head_at(view, bank, address) for bank in (0, 1) for address in layout.head_addresses(bank))
    return [head for head in copies if head]


def _head_at(view: memoryview, bank: int, address: int) -> Head | None:
    """The head at an address, if it is whole and its generation belongs to this bank."""
    record = _examine_head(view, address).record
    head = read_head(record.payload) if record and record.kind == HEAD else None
    return head if head and head.generation % 2 == bank and head.generation else None


def _examine_head(view: memoryview, address: int) -> Found:
    return examine(view, HEAD_REALM, address, address + HEAD_SIZE, HEAD_SIZE)


def _never_begun(layout: Layout, view: memoryview) -> bool:
    """Whether the part is as delivered, or the very first record was cut off before its bank became valid.

    The first generation goes to bank 1 and touches nothing else; its snapshot is one record, and its heads come last.
    """
    begin = layout.bank_address(1)
    others_untouched = is_uniform(view[:begin]) and is_uniform(view[begin + layout.bank :])
    first, second = (_examine_head(view, address).state for address in layout.head_addresses(1))
    headless = first in {State.VACANT, State.TORN} and second in {State.VACANT, State.TORN}
    return others_untouched and headless and _read_bank(layout, view, Head(1, 0, 0)).journal.sequence <= 1


def _read_journal(layout: Layout, view: memoryview, head: Head) -> _Scan:
    """Read the newest bank; where it is damaged, the bank before it may still know what was lost."""
    scan = _read_bank(layout, view, head)
    _check_heads(layout, view, head, scan)
    _check_closing(layout, view, head, scan)
    if scan.damage:
        _borrow(layout, view, head, scan)
    scan.journal = scan.journal._replace(is_spoilt=bool(scan.damage or scan.torn))
    return scan


def _check_heads(layout: Layout, view: memoryview, head: Head, scan: _Scan) -> None:
    """Report a copy of the head that is not as programmed; the second is begun when the first is finished."""
    places = layout.head_addresses(head.generation)
    first, second = (_examine_head(view, place) for place in places)
    was_second_begun = second.state is not State.VACANT
    if not (first.record and first.is_marked):
        flaw = Damage(_bank_name(head), places[0], f"first copy of the head: {_what(first)}")
        (scan.damage if was_second_begun else scan.torn).append(flaw)
    if not (second.record and second.is_marked):
        flaw = Damage(_bank_name(head), places[1], f"second copy of the head: {_what(second)}")
        (scan.damage if second.state is State.DAMAGED else scan.torn).append(flaw)


def _check_closing(layout: Layout, view: memoryview, head: Head, scan: _Scan) -> None:
    """A finished closing note under the newest head that can be read: the bank that followed is lost."""
    address = layout.closing(head.generation)
    scan.journal = scan.journal._replace(can_close=is_blank(view[address : address + HEAD_SIZE]))
    if _examine_head(view, address).state in {State.WHOLE, State.DAMAGED}:
        what = "the next bank, with everything since, cannot be read"
        scan.damage.append(Damage(_bank_name(head), address, what))


def _borrow(layout: Layout, view: memoryview, head: Head, scan: _Scan) -> None:
    """Take kinds that damage left without any good record from the bank of the generation before."""
    before = [h for h in _read_heads(layout, view) if h.generation == head.generation - 1]
    if not before:
        return
    older = _read_bank(layout, view, before[0]).journal.latest
    latest = scan.journal.latest
    borrowed = tuple(sorted(older.keys() - latest.keys()))
    scan.journal = scan.journal._replace(latest=MappingProxyType({**older, **latest}), borrowed=borrowed)


# ------------------------------------------------------------------------------------------------ records of a bank


def _read_bank(layout: Layout, view: memoryview, head: Head) -> _Scan:
    """Read record after record to the blank space behind the last, over damaged ones where more follow."""
    generation, position, end = head.generation, layout.first_record(head.generation), layout.closing(head.generation)
    scan, latest, sequence = _Scan(), dict[int, bytes](), head.sequence
    while True:
        position, sequence = _read_run(view, generation, range(position, end), sequence, latest)
        found = examine(view, generation, position, end)
        flaw = Damage(_bank_name(head), position, _what(found), found.kind, sequence)
        if found.record and found.record.sequence >= sequence and found.record.kind != HEAD:
            _check_record(flaw, found, view[position + found.extent : end], scan)
            latest[found.record.kind] = found.record.payload
            position, sequence = position + found.extent, found.record.sequence + 1
            continue
        is_open = found.state is State.VACANT and is_blank(view[position:end])
        onward = None if is_open else _next_record(view, generation, range(position + GRAIN, end, GRAIN), sequence)
        if onward is None:
            break
        # Sequences rise by one: if the next is the one expected, no record is missing, the place was passed over.
        (scan.torn if onward[1] == sequence else scan.damage).append(flaw)
        position, sequence = onward
    if not is_open:
        written = _written(view[position:end])
        is_open = _was_finished(found, view[position : position + written])
        is_again = _is_again(found, sequence, latest) and is_blank(view[position + found.extent : end])
        (scan.damage if is_open and not is_again else scan.torn).append(flaw)
        position += written
    scan.journal = Journal(generation, sequence, position, MappingProxyType(latest), is_open)
    return scan


def _read_run(
    view: memoryview, generation: int, place: range, sequence: int, latest: dict[int, bytes]
) -> tuple[int, int]:
    """Read records as long as nothing about them is odd; where the first odd one stands, and its sequence."""
    position, end = place.start, place.stop
    while True:
        record = read_whole(view, position, end, start_of(generation, position))
        if record is None or record.sequence != sequence or record.kind == HEAD:
            return position, sequence
        latest[record.kind] = record.payload
        position, sequence = position + extent_of(len(record.payload)), sequence + 1


def _is_again(found: Found, sequence: int, latest: Mapping[int, bytes]) -> bool:
    """Whether the record before was written once more: it had not read back at first, and now it does."""
    again = found.record
    return again is not None and again.sequence == sequence - 1 and latest.get(again.kind) == again.payload


def _check_record(flaw: Damage, found: Found, rest: memoryview, scan: _Scan) -> None:
    """Report what is wrong about a whole record, if anything: a gap before it, or its mark.

    The last record's mark may have been cut off in its second half; one that others follow must have been finished.
    """
    if found.record and found.record.sequence != flaw.sequence:
        scan.damage.append(flaw._replace(what="the record before is missing", kind=None))
    if not found.is_marked:
        (scan.torn if is_blank(rest) else scan.damage).append(flaw)


def _next_record(view: memoryview, realm: int, places: range, sequence: int) -> tuple[int, int] | None:
    """Address and sequence of the first whole record in these places that is not older than `sequence`."""
    for address in places:
        record = examine(view, realm, address, places.stop).record
        if record and record.sequence >= sequence:
            return address, record.sequence
    return None


def _written(tail: memoryview) -> int:
    """Bytes of a bank's tail up to the end of the last grain that is not blank."""
    return -(-len(bytes(tail).rstrip(bytes([BLANK]))) // GRAIN) * GRAIN


def _was_finished(found: Found, written: memoryview) -> bool:
    """Whether what stands last in a bank was once a finished record; behind it the bank is as blank as it should be.

    A torn record is the last thing ever written to its bank, so nothing follows it and no mark of it is complete. Where
    its header does not say how long it is, its mark may stand in any grain: bits behind it may have turned over, too.
    """
    if found.state is State.TORN:
        return len(written) > found.extent
    return found.state is State.DAMAGED or any(has_complete_mark(written, at) for at in range(0, len(written), GRAIN))


def _what(found: Found) -> str:
    return "a mark of which one half holds" if found.record else found.state.value


def _bank_name(head: Head) -> str:
    return f"bank {head.generation % 2}"
