"""The journal: the latest payload of every kind of record, kept by appending and never by changing in place.

A bank of the journal:

      +--------+--------------------+----------+-----~----+--------------~---------------+---------+--------+
      | head   | snapshot:          | record   |  ...     | blank                        | closing | head   |
      |        | latest of each kind|          |          |                              | note    | again  |
      +--------+--------------------+----------+-----~----+--------------~---------------+---------+--------+
          2              1            4 and on                                                5        3

When a record no longer fits, the latest record of every kind is copied into the other bank under the next generation
(1), and only a head, written last, makes that bank the valid one (2, and 3 a copy of it, far from the first); then the
old bank is closed with a note that names its successor (5), so that the loss of a whole bank cannot pass for an old
state. A power cut anywhere leaves the old bank valid or the new one.
"""

from collections.abc import Mapping
from struct import Struct
from types import MappingProxyType
from typing import NamedTuple

from ferraris.firmware.store.codec import Record, encode, extent_of, payload_that_fits
from ferraris.firmware.store.layout import HEAD_PAYLOAD, Layout, blank
from ferraris.firmware.store.operations import GRAIN, Operation, Program

HEAD = 0
"""The record kind of heads and closing notes; records proper have kinds 1 to 255."""
HEAD_REALM = 0xFFFF_FFFF
"""Heads cannot be bound to the generation they announce; their address still binds them to their place."""

_HEAD = Struct(">III")
assert _HEAD.size == HEAD_PAYLOAD


class JournalFullError(ValueError):
    """The latest records of all kinds together are longer than a bank."""


class Head(NamedTuple):
    """What stands at the head of a bank; in a closing note, of the bank that follows."""

    generation: int
    sequence: int
    """Of the bank's first record."""
    fingerprint: int
    """Of the layout."""


_NOTHING: Mapping[int, bytes] = MappingProxyType({})


class Journal(NamedTuple):
    """Where the journal stands. Made by `recover`, carried on by `append`."""

    generation: int = 0
    """Rises by one with every compaction; 0 is a part that was never written."""
    sequence: int = 0
    """Of the next record; rises by one with every record, copies included."""
    position: int = 0
    """Address of the next record."""
    latest: Mapping[int, bytes] = _NOTHING
    """The latest good payload of every kind."""
    is_open: bool = False
    """From `position` on the bank is blank, so a record can be appended."""
    is_spoilt: bool = False
    """The bank holds damaged records: leave it with the next record."""
    can_close: bool = True
    """The place of the closing note is blank, as it should be; flash cannot program it otherwise."""
    borrowed: tuple[int, ...] = ()
    """Kinds whose only good record stands in the other bank, which must not be blanked before they are copied."""
    worn: frozenset[int] = frozenset()
    """Addresses of grains that did not read back since the reset: no record is put there."""


def append(layout: Layout, journal: Journal, kind: int, payload: bytes) -> tuple[Journal, tuple[Operation, ...]]:
    """Make a record the latest of its kind: the journal afterwards, and what must be programmed.

    The record is durable when all operations are done, and a cut at any byte before leaves the one before it the
    latest. `JournalFullError` if the latest records of all kinds would not fit one bank together.
    """
    assert 1 <= kind <= 255, f"record kind {kind}"
    rescue: tuple[Operation, ...] = ()
    if journal.borrowed:
        journal, rescue = _give_back(layout, journal)
    if not journal.is_open or journal.is_spoilt or not _has_room(layout, journal, payload):
        journal, operations = compact(layout, _with_latest(journal, kind, payload))
    else:
        journal, operations = _write(journal, kind, payload)
    return journal, rescue + operations


def compact(layout: Layout, journal: Journal) -> tuple[Journal, tuple[Operation, ...]]:
    """Move the latest record of every kind to the other bank; a firmware with time to spare may do it ahead of need."""
    needed = sum(extent_of(len(payload)) for payload in journal.latest.values())
    if needed > layout.capacity:
        raise JournalFullError(f"the latest records take {needed} bytes, a bank of the journal holds {layout.capacity}")
    generation = journal.generation + 1
    head = Head(generation, journal.sequence, layout.fingerprint)
    begin = layout.first_record(generation)
    moved = Journal(generation, journal.sequence, begin, journal.latest, is_open=True, worn=journal.worn)
    operations: list[Operation] = [blank(layout.geometry, layout.bank_address(generation), layout.bank)]
    for kind, payload in sorted(journal.latest.items()):
        moved, copy = _write(moved, kind, payload)
        operations += copy
    if moved.position > layout.closing(generation):
        raise JournalFullError(f"the latest records find no room in a bank with {len(journal.worn)} worn grains")
    for place in layout.head_addresses(generation):
        operations += _write_head(place, head)
    if journal.generation and journal.can_close:
        operations += _write_head(layout.closing(journal.generation), head)
    return moved, tuple(operations)


def avoid(before: Journal, after: Journal, lost: frozenset[int]) -> Journal:
    """Where to try a record again that `append` took from `before` to `after`, but of which grains did not read back.

    In the same bank behind the place that failed; the sequence tells recovery that nothing is missing between. A
    compaction that failed before it was valid is begun anew and steps over the grains.
    """
    again = before._replace(worn=before.worn | lost)
    return again._replace(position=after.position) if after.generation == before.generation else again


def headroom(layout: Layout, journal: Journal) -> int:
    """Longest payload that the journal takes without a compaction, bytes; negative if none. Behind worn grains only.

    A firmware that compacts in quiet times, while this is less than what it must save when the supply fails, never has
    to compact on a dying supply.
    """
    if not journal.is_open or journal.is_spoilt:
        return -1
    end = layout.closing(journal.generation)
    begin = max((grain + GRAIN for grain in journal.worn if journal.position <= grain < end), default=journal.position)
    return payload_that_fits(end - begin)


def read_head(payload: bytes) -> Head | None:
    """The head in a record's payload; None if it has another length."""
    return Head(*_HEAD.unpack(payload)) if len(payload) == HEAD_PAYLOAD else None


def _give_back(layout: Layout, journal: Journal) -> tuple[Journal, tuple[Operation, ...]]:
    """Copy borrowed records into the bank in use before the other bank is blanked.

    Where there is no room for them, compaction copies them all the same; only a power cut in that one compaction could
    then still cost what an earlier damage had already nearly taken.
    """
    operations: list[Operation] = []
    for kind in journal.borrowed if journal.is_open else ():
        payload = journal.latest[kind]
        if _has_room(layout, journal, payload):
            journal, copy = _write(journal, kind, payload)
            operations += copy
    return journal._replace(borrowed=()), tuple(operations)


def _write(journal: Journal, kind: int, payload: bytes) -> tuple[Journal, tuple[Program, ...]]:
    size = extent_of(len(payload))
    position = _unworn(journal.worn, journal.position, size)
    operations = encode(journal.generation, position, Record(kind, journal.sequence, payload))
    latest = MappingProxyType({**journal.latest, kind: payload})
    return journal._replace(sequence=journal.sequence + 1, position=position + size, latest=latest), operations


def _has_room(layout: Layout, journal: Journal, payload: bytes) -> bool:
    size = extent_of(len(payload))
    return _unworn(journal.worn, journal.position, size) + size <= layout.closing(journal.generation)


def _unworn(worn: frozenset[int], position: int, size: int) -> int:
    """The first place from `position` on where so many bytes lie on no worn grain."""
    while worn and (bad := [grain for grain in range(position, position + size, GRAIN) if grain in worn]):
        position = bad[-1] + GRAIN
    return position


def _with_latest(journal: Journal, kind: int, payload: bytes) -> Journal:
    return journal._replace(latest=MappingProxyType({**journal.latest, kind: payload}))


def _write_head(address: int, head: Head) -> tuple[Program, ...]:
    return encode(HEAD_REALM, address, Record(HEAD, head.sequence, _HEAD.pack(*head)))
