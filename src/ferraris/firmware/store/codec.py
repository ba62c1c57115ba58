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
from enum import Enum
from struct import Struct
from typing import NamedTuple

from ferraris.firmware.store.operations import Program, is_blank, is_uniform

GRAIN = 8
"""Records begin, and marks lie, at multiples of this many bytes; no write ever touches the grain of another record."""

MOST_PAYLOAD = 0xFFFF
MOST_SEQUENCE = 0x7FFF_FFFF
"""68 years at a record each second; anything beyond it in memory is not a sequence number."""

_MAGIC = 0xA5
_HEAD = Struct(">BBHI")
_CHECK = Struct(">H")
_HEADER_SIZE = _HEAD.size + _CHECK.size
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
    extent = extent or extent_of(len(record.payload))
    assert extent_of(len(record.payload)) <= extent, "the payload is longer than its place"
    assert len(record.payload) <= MOST_PAYLOAD
    assert 0 <= record.sequence <= MOST_SEQUENCE
    start = _start(realm, address)
    head = _HEAD.pack(_MAGIC, record.kind, len(record.payload), record.sequence)
    header = head + _CHECK.pack(crc_hqx(head, start & 0xFFFF))
    body = (header + record.payload).ljust(extent - _MARK.size, b"\0")
    return Program(address, body), Program(address + len(body), _MARK.pack(*_mark_of(body, start)))


def examine(memory: memoryview, realm: int, address: int, end: int, extent: int = 0) -> Found:
    """What stands at `address`, for any bytes whatever; looks no further than `end`.

    Give `extent` where every record has the same known size (slots of a ring); then nothing is ever `UNREADABLE`.
    """
    start = _start(realm, address)
    header = _read_header(memory, address, end, start)
    if extent:
        return _judge(memory, address, extent, header, start)
    if header is None:
        state = State.VACANT if is_blank(memory[address : min(address + _HEADER_SIZE, end)]) else State.UNREADABLE
        return Found(state)
    return _judge(memory, address, extent_of(header.length), header, start)


def has_complete_mark(memory: memoryview, address: int) -> bool:
    """Whether the grain at `address` holds two halves of one mark: a record was once finished."""
    first, second = _MARK.unpack_from(memory, address)
    return bool(first ^ second == _BETWEEN_HALVES)


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


def _start(realm: int, address: int) -> int:
    return zlib.crc32(_PLACE.pack(realm, address))


def _round_up(size: int) -> int:
    return -(-size // GRAIN) * GRAIN
