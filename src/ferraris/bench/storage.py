"""The driver of the non-volatile part: it turns the meter's records into bytes on the part."""

from collections.abc import Iterable
from typing import Protocol, assert_never

from ferraris.firmware.store.journal import Journal, append
from ferraris.firmware.store.layout import Layout
from ferraris.firmware.store.operations import Erase, Operation, Program
from ferraris.firmware.store.recovery import Refused, recover
from ferraris.firmware.store.ring import Ring, push
from ferraris.pins import Append, Commit


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


class Storage:
    """Owns the part, and knows where its journal and rings stand.

    The firmware's own `Ring` and the one here are carried on by the same function from the same start, so they are
    always equal: the firmware reads rows by its ring, and the bytes of a row are made here.
    """

    def __init__(self, layout: Layout, part: Part) -> None:
        """Take a part over; `open` must come before the first record."""
        self.layout = layout
        self.part = part
        self._journal = Journal()
        self._rings: tuple[Ring, ...] = ()

    @property
    def view(self) -> memoryview:
        """What the firmware sees of the part."""
        return self.part.view

    def open(self) -> None:
        """Find out where journal and rings stand; a memory that cannot be used is the firmware's to refuse."""
        found = recover(self.layout, self.view)
        assert not isinstance(found, Refused), "boot refuses a memory before the driver opens it"
        self._journal, self._rings = found.journal, found.rings

    def commit(self, record: Commit) -> None:
        """Make a record durable; raises what the part raises, and then the part must be opened anew."""
        self._journal, operations = append(self.layout, self._journal, record.kind, record.payload)
        self._perform(operations)

    def append(self, row: Append) -> None:
        """Make a row of a ring durable; raises likewise."""
        ring, operations = push(self.layout, self._rings[row.ring], row.payload)
        self._rings = (*self._rings[: row.ring], ring, *self._rings[row.ring + 1 :])
        self._perform(operations)

    def _perform(self, operations: Iterable[Operation]) -> None:
        for operation in operations:
            match operation:
                case Program():
                    self.part.program(operation.address, operation.data)
                case Erase():
                    self.part.erase(operation.address, operation.size)
                case _:
                    assert_never(operation)
