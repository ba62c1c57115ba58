"""What the firmware asks of its memory part: bytes to program and sectors to erase."""

from collections.abc import Iterable
from typing import NamedTuple, TypeAlias, assert_never

BLANK = 0xFF
"""What an erased byte reads as, on flash by physics and on the other parts because we write it."""


class Program(NamedTuple):
    """Write `data` from `address` on, in rising order of addresses."""

    address: int
    data: bytes


class Erase(NamedTuple):
    """Return `size` bytes from `address` on to 0xFF; both are multiples of the part's erase size."""

    address: int
    size: int


Operation: TypeAlias = Program | Erase
"""Operations are performed in the order given, each one finished before the next begins."""


GRAIN = 8
"""Records begin, and marks lie, at multiples of this many bytes; no write ever touches the grain of another record."""

_ALL_READ: frozenset[int] = frozenset()


def unread(memory: memoryview, operation: Operation) -> frozenset[int]:
    """Addresses of the grains that do not read as this operation, now finished, should have left them."""
    match operation:
        case Program(address, data):
            size = len(data)
        case Erase(address, size):
            data = bytes([BLANK]) * size
        case _:
            assert_never(operation)
    held = bytes(memory[address : address + size])
    if held == data:
        return _ALL_READ
    spoilt = (address + place for place in range(size) if held[place] != data[place])
    return frozenset(byte // GRAIN * GRAIN for byte in spoilt)


def blanks(operation: Operation) -> bool:
    """Whether the operation leaves nothing but blank space; no record and no part of one does."""
    return isinstance(operation, Erase) or is_blank(operation.data)


def programmed(operations: Iterable[Operation]) -> int:
    """Number of bytes that these operations program (an erase programs none)."""
    return sum(len(operation.data) for operation in operations if isinstance(operation, Program))


def is_blank(memory: bytes | memoryview) -> bool:
    """Whether every byte reads as erased."""
    return bytes(memory).count(BLANK) == len(memory)


def is_uniform(memory: bytes | memoryview) -> bool:
    """Whether every byte is 0xFF, or every byte is 0x00: how parts are delivered, and how erased ranges read."""
    content = bytes(memory)
    return content.count(BLANK) == len(content) or content.count(0) == len(content)
