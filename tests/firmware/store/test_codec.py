"""Records: their bytes against a decoder written from the drawing, every flipped bit, and leftovers of earlier uses."""

import struct
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ferraris.firmware.store.codec import Record, State, encode, examine, extent_of, payload_that_fits

REALM, ADDRESS = 5, 64
RECORD = Record(3, 1000, b"registers of a meter")


def image(record: Record, extent: int = 0, size: int = 256) -> bytearray:
    memory = bytearray(b"\xff" * size)
    for address, data in encode(REALM, ADDRESS, record, extent):
        memory[address : address + len(data)] = data
    return memory


def crc(data: bytes, start: int, polynomial: int, width: int, *, reflected: bool) -> int:
    """A CRC bit by bit, as textbooks have it; nothing shared with zlib or binascii."""
    register = start
    for byte in data:
        for bit in range(8) if reflected else range(7, -1, -1):
            incoming = byte >> bit & 1
            outgoing = register & 1 if reflected else register >> (width - 1) & 1
            register = register >> 1 if reflected else register << 1 & (1 << width) - 1
            register ^= polynomial if incoming ^ outgoing else 0
    return register


def crc32(data: bytes, start: int) -> int:
    return crc(data, start ^ 0xFFFFFFFF, 0xEDB88320, 32, reflected=True) ^ 0xFFFFFFFF


@given(st.integers(1, 255), st.integers(0, 2**31 - 1), st.binary(max_size=60))
def test_the_bytes_are_those_of_the_drawing(kind: int, sequence: int, payload: bytes) -> None:
    memory = bytes(image(Record(kind, sequence, payload)))[ADDRESS:]
    start = crc32(struct.pack(">II", REALM, ADDRESS), 0)
    magic, stored_kind, length, stored_sequence, check = struct.unpack(">BBHIH", memory[:10])
    assert (magic, stored_kind, length, stored_sequence) == (0xA5, kind, len(payload), sequence)
    assert check == crc(memory[:8], start & 0xFFFF, 0x1021, 16, reflected=False)
    assert memory[10 : 10 + length] == payload
    at = (10 + length + 7) // 8 * 8
    right = crc32(memory[:at], start)
    assert struct.unpack(">II", memory[at : at + 8]) == (right, right ^ 0xC3A596B4)
    assert set(memory[at + 8 :]) <= {0xFF}


@given(st.integers(1, 255), st.integers(0, 2**31 - 1), st.binary(max_size=60), st.integers(0, 5))
def test_what_was_encoded_is_found(kind: int, sequence: int, payload: bytes, spare: int) -> None:
    record = Record(kind, sequence, payload)
    extent = extent_of(len(payload)) + 8 * spare
    found = examine(memoryview(image(record, extent)), REALM, ADDRESS, 256, extent)
    assert (found.state, found.record, found.is_marked) == (State.WHOLE, record, True)


def flipped(memory: bytearray, begin: int, end: int) -> Iterator[memoryview]:
    for bit in range(8 * begin, 8 * end):
        changed = bytearray(memory)
        changed[bit // 8] ^= 1 << bit % 8
        yield memoryview(changed)


@pytest.mark.parametrize("extent", [0, extent_of(len(RECORD.payload))])
def test_a_flipped_bit_is_always_seen_and_a_flip_in_the_mark_costs_nothing(extent: int) -> None:
    size = extent_of(len(RECORD.payload))
    body = list(flipped(image(RECORD), ADDRESS, ADDRESS + size - 8))
    mark = list(flipped(image(RECORD), ADDRESS + size - 8, ADDRESS + size))
    states = {examine(memory, REALM, ADDRESS, 256, extent).state for memory in body}
    assert states == ({State.DAMAGED} if extent else {State.DAMAGED, State.UNREADABLE})
    found = [examine(memory, REALM, ADDRESS, 256, extent) for memory in mark]
    assert all(f.record == RECORD and not f.is_marked for f in found)


def test_a_record_cut_before_its_mark_is_torn_and_not_damaged() -> None:
    size = extent_of(len(RECORD.payload))
    whole = image(RECORD)
    for kept in range(10, size - 4):
        cut = whole[: ADDRESS + kept] + b"\xff" * (256 - ADDRESS - kept)
        assert examine(memoryview(cut), REALM, ADDRESS, 256).state is State.TORN


@given(st.integers(0, 2**32 - 1), st.integers(0, 15))
def test_a_leftover_of_another_generation_or_place_is_no_record(realm: int, place: int) -> None:
    found = examine(memoryview(image(RECORD)), realm, ADDRESS, 256)
    assert (found.record is None) == (realm != REALM)
    moved = bytearray(b"\xff" * 256)
    moved[place * 8 : place * 8 + 80] = image(RECORD)[ADDRESS : ADDRESS + 80]
    assert (examine(memoryview(moved), REALM, place * 8, 256).record is None) == (place * 8 != ADDRESS)


@given(st.integers(0, 70_000))
def test_the_longest_payload_that_fits_fits_and_one_more_byte_does_not(extent: int) -> None:
    longest = payload_that_fits(extent)
    assert longest < 0 or extent_of(longest) <= extent
    assert extent_of(max(longest, -1) + 1) > extent


@given(st.binary(min_size=80, max_size=80), st.integers(0, 9), st.sampled_from([0, 24, 80]))
def test_any_bytes_are_examined_without_an_error_and_none_are_a_record(content: bytes, place: int, extent: int) -> None:
    extent = extent if place * 8 + extent <= 80 else 0
    assert examine(memoryview(content), REALM, place * 8, 80, extent).record is None
