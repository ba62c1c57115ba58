"""One record in memory: a body that says what it is, and a mark, programmed afterwards, that says it is whole.

      0      1      2         4              8       10                    n*8          n*8 + 8
      +------+------+---------+--------------+-------+---------~-----+-----+-----+------------+
      | 0xA5 | kind | length  |   sequence   | check | payload ...   | pad | CRC | CRC again  |
      +------+------+---------+--------------+-------+---------~-----+-----+-----+------------+
      |<-------------------------- body, first ------------------------->|<- mark, second --->|

All integers are big-endian. `check` (CRC-16/CCITT of the 8 bytes before it) tells whether the length can be trusted;
CRC-32 covers the whole body. Both start from a value made of the realm (a bank's generation, or the number of a ring)
and of the address, so bytes left over from an earlier use of the place, or programmed in the wrong place, are never
taken for a record: with another generation at the same address the CRC of the same bytes is always another.

Why the mark is apart. The body is programmed completely before the mark is begun. A record that a failing supply tore
therefore has no complete mark (its two halves differ by a constant), and a record that was whole once and is spoilt now
has one. Tears and damage cannot be confused, in whatever order the part programs the bytes of one page; and as one half
of the mark is enough to prove the body, a spoilt mark costs nothing. The mark has a group of 8 bytes to itself because
EEPROMs with error correction rewrite all bytes of a group of four (ST M95256 data sheet, "Cycling with error correction
code", seen).
"""

import zlib
from binascii import crc_hqx
from collections.abc import Callable
from enum import Enum
from struct import Struct
from typing import NamedTuple

from ferraris.firmware.store.operations import GRAIN, Program, is_blank, is_uniform

MOST_PAYLOAD = 0xFFFF
MOST_SEQUENCE = 0x7FFF_FFFF
"""68 years at a record each second; anything beyond it in memory is not a sequence number."""

_MAGIC = 0xA5
_HEAD = Struct(">BBHI")
_CHECK = Struct(">H")
_HEADER = Struct(">BBHIH")
"""Head and check in one."""
_HEADER_SIZE = _HEADER.size
_MARK = Struct(">II")
_PLACE = Struct(">II")
_BETWEEN_HALVES = 0xC3A5_96B4
"""The halves of a mark differ by this. No two bytes of 0x00, 0xFF or ASCII differ by any byte of it, so neither blank
grains, nor grains half blanked, nor torn pieces of common payloads look like a mark."""


class Record(NamedTuple):
    """A whole record."""

    kind: int
    sequence: int
    payload: bytes


class State(Enum):
    """What stands at a place in memory where a record may begin."""

    WHOLE = "a whole record"
    VACANT = "nothing"
    TORN = "a record whose programming was never finished"
    DAMAGED = "a finished record whose bytes have changed"
    UNREADABLE = "bytes that do not say where a record would end"


class Found(NamedTuple):
    """What `examine` found: `record` if whole; `kind` and `extent` as far as the header can be trusted."""

    state: State
    extent: int = 0
    """Bytes from the start of the record to the end of its mark; 0 if unknown."""
    record: Record | None = None
    kind: int | None = None
    is_marked: bool = True
    """Of a whole record: both halves of its mark hold. One is enough; the other was torn, or has changed since."""


class _Header(NamedTuple):
    kind: int
    length: int
    sequence: int


def extent_of(length: int) -> int:
    """Bytes of memory that a record with `length` bytes of payload takes."""
    return _round_up(_HEADER_SIZE + length) + _MARK.size


def payload_that_fits(extent: int) -> int:
    """Longest payload of a record that takes no more than `extent` bytes of memory; negative if there is none."""
    return extent // GRAIN * GRAIN - _MARK.size - _HEADER_SIZE


def encode(realm: int, address: int, record: Record, extent: int = 0) -> tuple[Program, Program]:
    """Body and mark of a record that begins at `address`, stretched to `extent` bytes if one is given."""
    kind, sequence, payload = record
    least = extent_of(len(payload))
    extent = extent or least
    assert least <= extent, "the payload is longer than its place"
    assert len(payload) <= MOST_PAYLOAD
    assert 0 <= sequence <= MOST_SEQUENCE
    start = start_of(realm, address)
    head = _HEAD.pack(_MAGIC, kind, len(payload), sequence)
    body = (head + _CHECK.pack(crc_hqx(head, start & 0xFFFF)) + payload).ljust(extent - GRAIN, b"\0")
    crc = zlib.crc32(body, start)
    mark = _MARK.pack(crc, crc ^ _BETWEEN_HALVES)
    return Program(address, body), Program(address + extent - GRAIN, mark)


def read_whole(memory: bytes | memoryview, address: int, end: int, start: int, extent: int = 0) -> Record | None:
    """The record at `address` whose mark holds in both halves; None for anything else, which `examine` looks into.

    The quick way for what is nearly always there. `start` is `start_of` the place; `extent` as for `examine`.
    """
    if address + _HEADER_SIZE + GRAIN > end:
        return None
    magic, kind, length, sequence, check = _HEADER.unpack_from(memory, address)
    least = -(-(_HEADER_SIZE + length) // GRAIN) * GRAIN + GRAIN
    extent = extent or least
    at = address + extent - GRAIN
    if magic != _MAGIC or least > extent or at + GRAIN > end or sequence > MOST_SEQUENCE:
        return None
    body = bytes(memory[address:at])
    crc = zlib.crc32(body, start)
    if _MARK.unpack_from(memory, at) != (crc, crc ^ _BETWEEN_HALVES) or crc_hqx(body[:8], start & 0xFFFF) != check:
        return None
    return Record(kind, sequence, body[_HEADER_SIZE : _HEADER_SIZE + length])


def slot_reader(extent: int) -> Callable[[bytes, int, int], tuple[int, int]]:
    """A reader of slots of one size: kind and sequence of what `read_whole` would return, kind 0 where it returns None.

    Recovery calls it for every slot there is, so it unpacks once and makes no payload.
    """
    unpack, size = Struct(f">BBHIH{extent - GRAIN - _HEADER_SIZE}xII").unpack_from, extent - GRAIN
    longest = payload_that_fits(extent)

    def read(content: bytes, at: int, start: int) -> tuple[int, int]:
        magic, kind, length, sequence, check, first, second = unpack(content, at)
        crc = zlib.crc32(content[at : at + size], start)
        is_body = crc == first and magic == _MAGIC and length <= longest and sequence <= MOST_SEQUENCE
        if is_body and second == crc ^ _BETWEEN_HALVES and check == crc_hqx(content[at : at + 8], start & 0xFFFF):
            return kind, sequence
        return 0, 0

    return read


def examine(memory: memoryview, realm: int, address: int, end: int, extent: int = 0) -> Found:
    """What stands at `address`, for any bytes whatever; looks no further than `end`.

    Give `extent` where every record has the same known size (slots of a ring); then nothing is ever `UNREADABLE`.
    """
    start = start_of(realm, address)
    header = _read_header(memory, address, end, start)
    if extent:
        return _judge(memory, address, extent, header, start)
    if header is None:
        state = State.VACANT if is_blank(memory[address : min(address + _HEADER_SIZE, end)]) else State.UNREADABLE
        return Found(state)
    return _judge(memory, address, extent_of(header.length), header, start)


def has_complete_mark(memory: memoryview, address: int) -> bool:
    """Whether the grain at `address` holds two halves of one mark, give or take two bits: a record was once finished.

    With a bit of the mark flipped and another of it or of the body, the record must not pass for one that was cut off.
    """
    first, second = _MARK.unpack_from(memory, address)
    return int(first ^ second ^ _BETWEEN_HALVES).bit_count() <= 2


def _judge(memory: memoryview, address: int, extent: int, header: _Header | None, start: int) -> Found:
    at = address + extent - _MARK.size
    body = memory[address:at]
    right = _mark_of(body, start)
    kind = header.kind if header else None
    halves = _MARK.unpack_from(memory, at)
    if header and extent_of(header.length) <= extent and (halves[0] == right[0] or halves[1] == right[1]):
        payload = bytes(body[_HEADER_SIZE : _HEADER_SIZE + header.length])
        return Found(State.WHOLE, extent, Record(header.kind, header.sequence, payload), kind, halves == right)
    if is_uniform(memory[address : address + extent]):
        return Found(State.VACANT, extent)
    return Found(State.DAMAGED if has_complete_mark(memory, at) else State.TORN, extent, None, kind)


def _mark_of(body: bytes | memoryview, start: int) -> tuple[int, int]:
    """The two halves of a body's mark."""
    crc = zlib.crc32(body, start)
    return crc, crc ^ _BETWEEN_HALVES


def _read_header(memory: memoryview, address: int, end: int, start: int) -> _Header | None:
    """The header at `address`, if it passes its check and leaves the record inside `end`."""
    if address + _HEADER_SIZE + _MARK.size > end or memory[address] != _MAGIC:
        return None
    head = memory[address : address + _HEAD.size]
    if _CHECK.unpack_from(memory, address + _HEAD.size)[0] != crc_hqx(head, start & 0xFFFF):
        return None
    _, kind, length, sequence = _HEAD.unpack(head)
    fits = address + extent_of(length) <= end and sequence <= MOST_SEQUENCE
    return _Header(kind, length, sequence) if fits else None


def start_of(realm: int, address: int) -> int:
    """From where the CRCs of a record begin; no two uses of one place begin alike."""
    return zlib.crc32(_PLACE.pack(realm, address))


def _round_up(size: int) -> int:
    return -(-size // GRAIN) * GRAIN
