"""Small memory parts for tests, somebody to write on them, and every image that a power cut can leave."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from ferraris.firmware.store.journal import append
from ferraris.firmware.store.layout import Geometry, Layout, RingSpec, plan
from ferraris.firmware.store.operations import Erase, Operation, Program
from ferraris.firmware.store.recovery import Recovered, recover
from ferraris.firmware.store.ring import push, row
from ferraris.hardware.physics.nvm import ERASE_STEPS, NvmPart, PowerLost, Technology


@dataclass(frozen=True)
class Figures:
    """A part's figures; small, so that every byte can be visited."""

    technology: Technology
    size_bytes: int
    page_bytes: int
    erase_bytes: int
    write_s: float = 5e-3
    erase_s: float = 0.4
    write_j: float = 1e-7
    erase_j: float = 0.0
    endurance_cycles: float = 1e6


def timeless(technology: Technology, size_bytes: int, page_bytes: int, erase_bytes: int) -> Figures:
    """A part that takes neither time nor energy."""
    return Figures(technology, size_bytes, page_bytes, erase_bytes, write_s=0.0, erase_s=0.0, write_j=0.0)


FRAM = Figures("fram", 2048, 1, 0)
EEPROM = Figures("eeprom", 2048, 64, 0)
NOR = Figures("nor", 4096, 64, 512)
PARTS = (FRAM, EEPROM, NOR)
ROW_BYTES = 21
ROWS = 6
SHORT_ROW_BYTES, SHORT_ROWS = 7, 4
"""Of the second ring: rows of another size, so that slots of both lie otherwise in pages and sectors."""


def small_layout(figures: Figures, journal: int = 1024) -> Layout:
    """A journal of two banks of 512 bytes, a ring that promises six rows, and one of four short rows."""
    geometry = Geometry(figures.size_bytes, figures.page_bytes, figures.erase_bytes)
    return plan(geometry, [RingSpec(ROW_BYTES, ROWS), RingSpec(SHORT_ROW_BYTES, SHORT_ROWS)], journal)


class Recorder(NvmPart):
    """A part that remembers what it was asked to do."""

    def __init__(self, figures: Figures, image: bytes) -> None:
        super().__init__(figures, image)
        self.done: list[Operation] = []

    def program(self, address: int, data: bytes) -> None:
        self.done.append(Program(address, bytes(data)))
        super().program(address, data)

    def erase(self, address: int, size: int) -> None:
        self.done.append(Erase(address, size))
        super().erase(address, size)


def perform(part: NvmPart, operations: Iterable[Operation]) -> None:
    """Do what the store asks for; raises `PowerLost` where the part's supply ends."""
    for operation in operations:
        match operation:
            case Program():
                _assert_no_bit_must_rise(part, operation)
                part.program(operation.address, operation.data)
            case Erase():
                part.erase(operation.address, operation.size)


def _assert_no_bit_must_rise(part: NvmPart, operation: Program) -> None:
    """Flash cannot set a bit by programming: whoever asks it to has a bug."""
    if part.sheet.technology == "nor":
        old = part.view[operation.address : operation.address + len(operation.data)]
        assert all(a & b == b for a, b in zip(old, operation.data, strict=True)), f"reprograms {operation.address}"


def read(layout: Layout, memory: bytes | memoryview) -> Recovered:
    """Recover a memory that must not be refused."""
    found = recover(layout, memory)
    assert isinstance(found, Recovered), found
    return found


def rows_of(layout: Layout, found: Recovered, memory: bytes | memoryview, index: int = 0) -> dict[int, bytes | None]:
    """Every row that a ring says it holds."""
    ring = found.rings[index]
    return {sequence: row(layout, ring, memory, sequence) for sequence in range(ring.first, ring.next)}


class Keeper:
    """Writes on a part as a meter does: remembers where journal and rings stand, and nothing else."""

    def __init__(
        self, figures: Figures, image: bytes | None = None, layout: Layout | None = None, found: Recovered | None = None
    ) -> None:
        self.part = NvmPart(figures, image)
        self.layout = layout or small_layout(figures)
        found = found or self.found()
        self.journal, self.rings = found.journal, found.rings

    def commit(self, kind: int, payload: bytes) -> tuple[Operation, ...]:
        self.journal, operations = append(self.layout, self.journal, kind, payload)
        perform(self.part, operations)
        return operations

    def push(self, payload: bytes, index: int = 0) -> tuple[Operation, ...]:
        ring, operations = push(self.layout, self.rings[index], payload)
        self.rings = (*self.rings[:index], ring, *self.rings[index + 1 :])
        perform(self.part, operations)
        return operations

    def found(self) -> Recovered:
        return read(self.layout, self.part.view)

    def rows(self, index: int = 0) -> dict[int, bytes | None]:
        return rows_of(self.layout, self.found(), self.part.view, index)


def steps_of(figures: Figures, operation: Operation) -> int:
    """How many moments there are at which the supply can fail in an operation."""
    if isinstance(operation, Program):
        return len(operation.data)
    return operation.size // figures.erase_bytes * ERASE_STEPS


def cuts(
    figures: Figures, image: bytes, operations: Iterable[Operation], tear_seed: int | None = None
) -> Iterator[bytes]:
    """Every image that a cut during these operations can leave, from "nothing happened" to "all but nothing is left".

    Images that follow each other and are equal (blanking blank bytes) come once.
    """
    before = last = image
    yield before
    for operation in operations:
        for steps in range(1, steps_of(figures, operation) + 1):
            part = NvmPart(figures, before, tear_seed and tear_seed + steps)
            part.supply(steps)
            try:
                perform(part, [operation])
            except PowerLost:
                assert steps < steps_of(figures, operation)
            if (torn := bytes(part.view)) != last:
                yield torn
            last = torn
        before = last
