"""Whole numbers of any size as bytes: seven bits a byte, small ones in one; the form of everything billing stores.

The last byte of a number has its highest bit clear (LEB128). Signed numbers are folded: 0, -1, 1, -2 become 0, 1, 2, 3.
"""

from collections.abc import Iterable
from functools import lru_cache

MOST_BYTES = 20
"""A number of more bytes is refused: 140 bits hold every energy and every time of a meter."""


class NumbersError(ValueError):
    """Bytes that are no such numbers; the message says why."""


def pack(numbers: Iterable[int]) -> bytes:
    """Signed whole numbers, one after the other."""
    return b"".join(map(_packed, numbers))


@lru_cache(maxsize=1024)
def _packed(number: int) -> bytes:
    """One number; kept, since of the two hundred numbers of a ledger hardly twenty change between two records."""
    rest = number << 1 if number >= 0 else ~(number << 1)
    packed = bytearray()
    while rest > 0x7F:
        packed.append(rest & 0x7F | 0x80)
        rest >>= 7
    packed.append(rest)
    return bytes(packed)


def unpack(packed: bytes) -> list[int]:
    """All numbers in these bytes; raises `NumbersError` for a number that does not end, or has no end in sight."""
    numbers, value, shift = [], 0, 0
    for byte in packed:
        value |= (byte & 0x7F) << shift
        if byte & 0x80:
            shift += 7
            if shift >= 7 * MOST_BYTES:
                raise NumbersError(f"a number of more than {MOST_BYTES} bytes")
            continue
        numbers.append(value >> 1 if not value & 1 else ~(value >> 1))
        value = shift = 0
    if shift:
        raise NumbersError("the last number is cut off")
    return numbers
