"""The driver of the non-volatile part: it turns the meter's records into bytes on the part."""

from collections.abc import Iterable, Sequence
from typing import Protocol, assert_never, runtime_checkable

from ferraris.firmware.meter.config import RecordKind
from ferraris.firmware.store.codec import extent_of, payload_that_fits
from ferraris.firmware.store.journal import Journal, JournalFullError, append, avoid, compact, headroom
from ferraris.firmware.store.layout import Layout
from ferraris.firmware.store.operations import Erase, Operation, Program, blanks, unread
from ferraris.firmware.store.recovery import Refused, recover
from ferraris.firmware.store.ring import MOST_SKIPPED, Ring, push
from ferraris.firmware.store.ring import row as stored
from ferraris.pins import Append, Commit

MOST_TRIES = 64
"""Places in which one record is tried; each try finds at least one failed grain of 8 bytes more."""


LAST_WORDS = (RecordKind.LEDGER, RecordKind.DELTA)
"""Kinds of record that a meter writes as its supply fails."""
GROWTH = 2
"""A last record may have grown since the ones the journal holds: room is kept for so many times the longest of them."""


class Part(Protocol):
    """The non-volatile part as the bench needs it: the modelled one, or one that is kept in a file."""

    @property
    def view(self) -> memoryview:
        """The whole image, read-only."""
        ...

    def program(self, address: int, data: bytes) -> None:
        """Program bytes; raises `PowerLost` when the supply fails in the middle."""
        ...

    def erase(self, address: int, size: int) -> None:
        """Erase whole sectors; raises `PowerLost` likewise."""
        ...


@runtime_checkable
class Settling(Protocol):
    """A part with cells that may read differently each time it gets power."""

    def power_up(self) -> None:
        """Settle them."""
        ...


def commission(layout: Layout, part: Part, record: Commit) -> None:
    """Write a record into a memory that holds none yet, as a factory does; a memory that holds any is left as it is.

    Raises what the part raises.
    """
    found = recover(layout, part.view)
    if isinstance(found, Refused) or found.records or found.is_damaged:
        return
    storage = Storage(layout, part)
    storage.open()
    storage.commit(record)


class WornOutError(RuntimeError):
    """The part has so many failed cells that a record found no place; what was durable before is still there."""


class Storage:
    """Owns the part, and knows where its journal and rings stand.

    Everything programmed is read back. A record of the journal that does not read back is written once more behind the
    place, or compaction steps over it; a row goes to the next slot. So a failed cell never eats a record unnoticed.

    The firmware's own `Ring` and the one here are carried on by the same function from the same start; after a slot was
    skipped the firmware's `follow`s. The firmware reads rows by its ring, and the bytes of a row are made here.
    """

    def __init__(self, layout: Layout, part: Part) -> None:
        """Take a part over; `open` must come before the first record."""
        self.layout = layout
        self.part = part
        self.skips = 0
        """Times that something did not read back and was written elsewhere."""
        self._journal = Journal()
        self._rings: tuple[Ring, ...] = ()

    @property
    def view(self) -> memoryview:
        """What the firmware sees of the part."""
        return self.part.view

    def power_up(self) -> None:
        """Let a part whose cells can be unsettled settle them, as every part does when it gets power."""
        if isinstance(self.part, Settling):
            self.part.power_up()

    def open(self) -> None:
        """Find out where journal and rings stand; a memory that cannot be used is the firmware's to refuse."""
        found = recover(self.layout, self.view)
        assert not isinstance(found, Refused), "boot refuses a memory before the driver opens it"
        self._journal, self._rings = found.journal, found.rings

    def keep(self, outputs: Sequence[Commit | Append]) -> None:
        """Make records and rows durable, in their order; raises as `commit` does."""
        for output in outputs:
            match output:
                case Commit():
                    self.commit(output)
                case Append():
                    self.append(output)
                case _:
                    assert_never(output)

    def commit(self, record: Commit) -> None:
        """Make a record durable; raises what the part raises, and then the part must be opened anew.

        `WornOutError` if it found no place that keeps it.
        """
        for _ in range(MOST_TRIES):
            journal, operations = self._plan(record)
            lost = self._write_records(journal, operations)
            if not lost:
                self._journal = journal
                return
            self.skips += 1
            self._journal = avoid(self._journal, journal, lost)
        raise WornOutError(f"the memory part is worn out: a record of kind {record.kind} does not read back anywhere")

    def tidy(self) -> None:
        """Move to the journal's other bank while there is time, if a last record might need it; raises likewise.

        Room is kept for `GROWTH` times the longest last record that the journal holds, but for no more than half of
        what a compaction leaves, so that a small journal is moved at most twice as often. Nothing is done where it
        would not help, or where the next record takes care of it anyway.
        """
        journal = self._journal
        if not journal.is_open or journal.is_spoilt or journal.borrowed:
            return
        room = headroom(self.layout, journal)
        if room >= self._reserve():
            return
        try:
            moved, operations = compact(self.layout, journal)
        except JournalFullError:
            return
        if headroom(self.layout, moved) < self._reserve():  # failed cells in the way
            return
        lost = self._write_records(moved, operations)
        self._journal = avoid(journal, moved, lost) if lost else moved

    def _reserve(self) -> int:
        """Bytes of a payload for which there has to be room, as `headroom` counts them."""
        latest = self._journal.latest
        longest = max((len(latest[kind]) for kind in LAST_WORDS if kind in latest), default=0)
        free = self.layout.capacity - sum(extent_of(len(payload)) for payload in latest.values())
        return min(GROWTH * longest, payload_that_fits(free // 2))

    def append(self, row: Append) -> None:
        """Make a row of a ring durable; raises likewise."""
        ring = self._rings[row.ring]
        for skipped in range(min(MOST_SKIPPED, self.layout.rings[row.ring].rows) + 1):
            ring, operations = push(self.layout, ring, row.payload, skipped)
            self._rings = (*self._rings[: row.ring], ring, *self._rings[row.ring + 1 :])
            is_kept = self._write_row(operations)
            # Half a mark proves the row: then it is there, and a second one would count twice.
            if is_kept or stored(self.layout, ring, self.view, ring.next - 1) == row.payload:
                return
            self.skips += 1
        raise WornOutError(f"the memory part is worn out: a row of ring {row.ring} does not read back anywhere")

    def _plan(self, record: Commit) -> tuple[Journal, tuple[Operation, ...]]:
        try:
            return append(self.layout, self._journal, record.kind, record.payload)
        except JournalFullError as error:
            if self._journal.worn:
                raise WornOutError(f"the memory part is worn out: {error}") from error
            raise

    def _write_records(self, journal: Journal, operations: Iterable[Operation]) -> frozenset[int]:
        """Write what takes the journal to `journal`; stops at grains that do not read back and returns them.

        Heads and closing notes have their places. One copy of a head is enough, but a bank without one is of no use.
        """
        heads_lost = set[int]()
        for operation in operations:
            self._perform(operation)
            lost = unread(self.view, operation)
            if lost and blanks(operation):
                lost -= journal.worn  # known: no record will lie there
            if lost and (movable := self.layout.movable(lost)):
                return movable
            if lost and not blanks(operation):
                heads_lost |= self.layout.heads_at(journal.generation, lost)
            if len(heads_lost) == len(self.layout.head_addresses(journal.generation)):
                raise WornOutError("the memory part is worn out: neither head of the journal's other bank reads back")
        return frozenset()

    def _write_row(self, operations: Iterable[Operation]) -> bool:
        """Write a row and prepare later places; whether the row reads back. Without its body it gets no mark."""
        is_kept = True
        for operation in operations:
            if blanks(operation):
                self._perform(operation)  # what cannot be blanked will not take a row, and that is seen then
            elif is_kept:
                self._perform(operation)
                is_kept = not unread(self.view, operation)
        return is_kept

    def _perform(self, operation: Operation) -> None:
        match operation:
            case Program():
                self.part.program(operation.address, operation.data)
            case Erase():
                self.part.erase(operation.address, operation.size)
            case _:
                assert_never(operation)
