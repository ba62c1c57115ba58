"""A-XDR, the encoding of COSEM data (IEC 61334-6; the type tags are those of IEC 62056-6-2, `Data`).

Two halves. Encoders are functions from a plain value to its octets, so that a reply is joined from octets without an
object per value: `structure(octet_string(name), long_unsigned(7))`. The decoder is for what comes from outside: it
gives `Data`, a tag with its value, and `encode` is its inverse.

The decoder is strict: nothing may be left over, lengths must fit what is there, nesting is limited. Whatever octets
it is given, it returns or raises `AxdrError`; it never raises anything else.
"""

import struct
from collections.abc import Callable, Iterable, Sequence
from enum import IntEnum
from functools import partial
from typing import Any, NamedTuple, TypeAlias

MAXIMUM_DEPTH = 16
"""Nesting a decoder follows: twice what any interface class defined so far needs; hostile input nests for thousands."""


class AxdrError(ValueError):
    """The octets are not a whole, well-formed A-XDR value."""


class Tag(IntEnum):
    """Choice tags of `Data` (seen: gosem axdr, cosemlib, GuruxDLMS.c agree; IEC 62056-6-2 itself not seen)."""

    NULL_DATA = 0
    ARRAY = 1
    STRUCTURE = 2
    BOOLEAN = 3
    BIT_STRING = 4
    DOUBLE_LONG = 5
    DOUBLE_LONG_UNSIGNED = 6
    FLOATING_POINT = 7
    OCTET_STRING = 9
    VISIBLE_STRING = 10
    UTF8_STRING = 12
    BCD = 13
    INTEGER = 15
    LONG = 16
    UNSIGNED = 17
    LONG_UNSIGNED = 18
    COMPACT_ARRAY = 19
    LONG64 = 20
    LONG64_UNSIGNED = 21
    ENUM = 22
    FLOAT32 = 23
    FLOAT64 = 24
    DATE_TIME = 25
    DATE = 26
    TIME = 27
    DELTA_INTEGER = 28
    DELTA_LONG = 29
    DELTA_DOUBLE_LONG = 30
    DELTA_UNSIGNED = 31
    DELTA_LONG_UNSIGNED = 32
    DELTA_DOUBLE_LONG_UNSIGNED = 33
    DONT_CARE = 255


class Bits(NamedTuple):
    """A bit string: `size` bits, first bit in the top bit of the first octet; unused bits of the last octet are 0."""

    size: int
    octets: bytes


class CompactArray(NamedTuple):
    """A compact array as it travels: the octets of its type description and of its contents (see `compact.expand`)."""

    description: bytes
    contents: bytes


class Data(NamedTuple):
    """One decoded value. What `value` is follows from the tag; an array or structure holds a tuple of `Data`."""

    tag: Tag
    value: "Value" = None


Value: TypeAlias = bool | int | float | bytes | str | Bits | CompactArray | tuple[Data, ...] | None

NUMBERS = {
    Tag.DOUBLE_LONG: struct.Struct(">i"),
    Tag.DOUBLE_LONG_UNSIGNED: struct.Struct(">I"),
    Tag.FLOATING_POINT: struct.Struct(">f"),
    Tag.BCD: struct.Struct(">b"),
    Tag.INTEGER: struct.Struct(">b"),
    Tag.LONG: struct.Struct(">h"),
    Tag.UNSIGNED: struct.Struct(">B"),
    Tag.LONG_UNSIGNED: struct.Struct(">H"),
    Tag.LONG64: struct.Struct(">q"),
    Tag.LONG64_UNSIGNED: struct.Struct(">Q"),
    Tag.ENUM: struct.Struct(">B"),
    Tag.FLOAT32: struct.Struct(">f"),
    Tag.FLOAT64: struct.Struct(">d"),
    Tag.DELTA_INTEGER: struct.Struct(">b"),
    Tag.DELTA_LONG: struct.Struct(">h"),
    Tag.DELTA_DOUBLE_LONG: struct.Struct(">i"),
    Tag.DELTA_UNSIGNED: struct.Struct(">B"),
    Tag.DELTA_LONG_UNSIGNED: struct.Struct(">H"),
    Tag.DELTA_DOUBLE_LONG_UNSIGNED: struct.Struct(">I"),
}
"""Types of a fixed number of octets that hold one number."""

FIXED_OCTETS = {Tag.DATE_TIME: 12, Tag.DATE: 5, Tag.TIME: 4}
"""Types of a fixed number of octets that stay octets."""


DESCRIBABLE = frozenset(Tag) - {Tag.ARRAY, Tag.STRUCTURE, Tag.COMPACT_ARRAY}
"""Types that stand alone in the type description of a compact array."""


# ---------------------------------------------------------------- encoders: a plain value in, its octets out


_SHORT_LENGTHS = tuple(bytes((count,)) for count in range(0x80))
"""Ready-made: nearly every length there is."""


def length(count: int) -> bytes:
    """Encode a length or a number of elements: one octet below 128, else 0x80 + the number of octets that follow."""
    if count < 0x80:
        return _SHORT_LENGTHS[count]
    octets = count.to_bytes((count.bit_length() + 7) // 8, "big")
    return bytes((0x80 + len(octets),)) + octets


def _integer_encoder(tag: Tag) -> Callable[[int], bytes]:
    """Make the encoder of one integer type; it raises `struct.error` for a number out of the type's range."""
    return partial(struct.Struct(">B" + NUMBERS[tag].format[1:]).pack, int(tag))


def _float_encoder(tag: Tag) -> Callable[[float], bytes]:
    """Make the encoder of one floating-point type."""
    return partial(struct.Struct(">B" + NUMBERS[tag].format[1:]).pack, int(tag))


double_long = _integer_encoder(Tag.DOUBLE_LONG)
double_long_unsigned = _integer_encoder(Tag.DOUBLE_LONG_UNSIGNED)
integer = _integer_encoder(Tag.INTEGER)
long = _integer_encoder(Tag.LONG)
unsigned = _integer_encoder(Tag.UNSIGNED)
long_unsigned = _integer_encoder(Tag.LONG_UNSIGNED)
long64 = _integer_encoder(Tag.LONG64)
long64_unsigned = _integer_encoder(Tag.LONG64_UNSIGNED)
enum = _integer_encoder(Tag.ENUM)
float32 = _float_encoder(Tag.FLOAT32)
float64 = _float_encoder(Tag.FLOAT64)

NULL = b"\x00"
"""The octet of null-data."""


def boolean(value: bool) -> bytes:
    """Encode a boolean; true travels as 01 (any octet but 00 is read as true)."""
    return b"\x03\x01" if value else b"\x03\x00"


def octet_string(octets: bytes) -> bytes:
    """Encode octets under the tag of an octet-string."""
    return b"\x09" + length(len(octets)) + octets


def visible_string(text: str) -> bytes:
    """Encode ASCII text under the tag of a visible-string; raises `UnicodeEncodeError` for anything else."""
    return b"\x0a" + length(len(text)) + text.encode("ascii")


def utf8_string(text: str) -> bytes:
    """Encode text under the tag of a UTF-8 string."""
    octets = text.encode()
    return b"\x0c" + length(len(octets)) + octets


def bit_string(bits: Bits) -> bytes:
    """Encode a bit string; its length counts bits."""
    return b"\x04" + length(bits.size) + bits.octets


def array(elements: Sequence[bytes]) -> bytes:
    """Join encoded elements to an array."""
    return b"\x01" + length(len(elements)) + b"".join(elements)


def structure(*members: bytes) -> bytes:
    """Join encoded members to a structure."""
    return b"\x02" + length(len(members)) + b"".join(members)


def encode(data: Data) -> bytes:
    """Encode any decoded value; the inverse of `decode`. Raises `AxdrError` where the value does not fit its tag."""
    try:
        return _encode(data)
    except (struct.error, TypeError, ValueError, AttributeError) as error:
        raise AxdrError(f"{data.tag.name}: {error}") from error


def _encode(data: Data) -> bytes:
    tag, value = data
    if tag in NUMBERS:
        return bytes((tag,)) + NUMBERS[tag].pack(value)
    if tag in FIXED_OCTETS:
        return _encode_fixed(tag, value)
    return _ENCODERS[tag](value)


def _encode_fixed(tag: Tag, value: Value) -> bytes:
    if not isinstance(value, bytes) or len(value) != FIXED_OCTETS[tag]:
        raise ValueError(f"needs {FIXED_OCTETS[tag]} octets")
    return bytes((tag,)) + value


def _encode_elements(tag: Tag) -> Callable[[Iterable[Data]], bytes]:
    def encoder(elements: Iterable[Data]) -> bytes:
        encoded = [_encode(element) for element in elements]
        return bytes((tag,)) + length(len(encoded)) + b"".join(encoded)

    return encoder


_ENCODERS: dict[Tag, Callable[[Any], bytes]] = {
    Tag.NULL_DATA: lambda _: NULL,
    Tag.DONT_CARE: lambda _: b"\xff",
    Tag.BOOLEAN: boolean,
    Tag.BIT_STRING: bit_string,
    Tag.OCTET_STRING: octet_string,
    Tag.VISIBLE_STRING: lambda text: b"\x0a" + length(len(text)) + text.encode("latin-1"),
    Tag.UTF8_STRING: utf8_string,
    Tag.COMPACT_ARRAY: lambda value: b"\x13" + value.description + length(len(value.contents)) + value.contents,
    Tag.ARRAY: _encode_elements(Tag.ARRAY),
    Tag.STRUCTURE: _encode_elements(Tag.STRUCTURE),
}
"""By tag; each takes the value its tag demands, a misfit surfaces as an exception that `encode` words."""


# ---------------------------------------------------------------- decoder: octets in, `Data` and the next position out


def decode(octets: bytes) -> Data:
    """Decode exactly one value. Raises `AxdrError` for anything else, trailing octets included."""
    data, end = decode_from(octets, 0)
    if end != len(octets):
        raise AxdrError(f"{len(octets) - end} octets after the end of the value")
    return data


def decode_from(octets: bytes, start: int, depth: int = 0) -> tuple[Data, int]:
    """Decode the value that begins at `start`; returns it and the position after it. Raises `AxdrError`."""
    if start >= len(octets):
        raise AxdrError("the value ends before its tag")
    try:
        tag = Tag(octets[start])
    except ValueError:
        raise AxdrError(f"unknown tag {octets[start]:02X} at octet {start}") from None
    return body_from(tag, octets, start + 1, depth)


def body_from(tag: Tag, octets: bytes, start: int, depth: int = 0) -> tuple[Data, int]:
    """Decode what stands behind a tag; returns the value and the position after it. Raises `AxdrError`."""
    if tag in NUMBERS:
        field = NUMBERS[tag]
        part, end = take(octets, start, field.size)
        return Data(tag, field.unpack(part)[0]), end
    if tag in FIXED_OCTETS:
        part, end = take(octets, start, FIXED_OCTETS[tag])
        return Data(tag, part), end
    return _DECODERS[tag](tag, octets, start, depth)


def take(octets: bytes, start: int, count: int) -> tuple[bytes, int]:
    """Cut `count` octets from `start`; returns them and the position after. Raises `AxdrError` if some are missing."""
    end = start + count
    if end > len(octets):
        raise AxdrError(f"{count} octets wanted at octet {start}, {max(0, len(octets) - start)} are there")
    return octets[start:end], end


def length_from(octets: bytes, start: int) -> tuple[int, int]:
    """Decode a length or number of elements; at most four octets of it. Raises `AxdrError`."""
    (first,), position = take(octets, start, 1)
    if first < 0x80:
        return first, position
    size = first - 0x80
    if not 1 <= size <= 4:
        raise AxdrError(f"a length of {size} octets at octet {start}")
    part, end = take(octets, position, size)
    return int.from_bytes(part, "big"), end


def _elements(tag: Tag, octets: bytes, start: int, depth: int) -> tuple[Data, int]:
    count, position = length_from(octets, start)
    if depth >= MAXIMUM_DEPTH:
        raise AxdrError(f"nested deeper than {MAXIMUM_DEPTH}")
    if count > len(octets) - position:  # every element has at least the octet of its tag
        raise AxdrError(f"{count} elements announced, {len(octets) - position} octets are there")
    elements = []
    for _ in range(count):
        element, position = decode_from(octets, position, depth + 1)
        elements.append(element)
    return Data(tag, tuple(elements)), position


def _nothing(tag: Tag, _octets: bytes, start: int, _depth: int) -> tuple[Data, int]:
    return Data(tag), start


def _boolean(tag: Tag, octets: bytes, start: int, _depth: int) -> tuple[Data, int]:
    (octet,), end = take(octets, start, 1)
    return Data(tag, octet != 0), end


def _bits(tag: Tag, octets: bytes, start: int, _depth: int) -> tuple[Data, int]:
    count, position = length_from(octets, start)
    part, end = take(octets, position, (count + 7) // 8)
    if part and part[-1] & ((1 << (-count % 8)) - 1):
        raise AxdrError(f"unused bits of a bit string are not zero at octet {end - 1}")
    return Data(tag, Bits(count, part)), end


def _string(tag: Tag, octets: bytes, start: int, _depth: int) -> tuple[Data, int]:
    count, position = length_from(octets, start)
    part, end = take(octets, position, count)
    return Data(tag, part), end


def _visible(tag: Tag, octets: bytes, start: int, depth: int) -> tuple[Data, int]:
    """Read text as Latin-1: meters put more than ASCII here, and this way nothing is lost when it is written again."""
    data, end = _string(tag, octets, start, depth)
    assert isinstance(data.value, bytes)
    return Data(tag, data.value.decode("latin-1")), end


def _utf8(tag: Tag, octets: bytes, start: int, depth: int) -> tuple[Data, int]:
    data, end = _string(tag, octets, start, depth)
    assert isinstance(data.value, bytes)
    try:
        return Data(tag, data.value.decode()), end
    except UnicodeDecodeError as error:
        raise AxdrError(f"not UTF-8 at octet {start}: {error.reason}") from error


def _compact(tag: Tag, octets: bytes, start: int, depth: int) -> tuple[Data, int]:
    position = description_end(octets, start, depth)
    contents, end = _string(tag, octets, position, depth)
    assert isinstance(contents.value, bytes)
    return Data(tag, CompactArray(octets[start:position], contents.value)), end


def description_end(octets: bytes, start: int, depth: int) -> int:
    """Find where the type description that begins at `start` ends. Raises `AxdrError`."""
    (octet,), position = take(octets, start, 1)
    if depth >= MAXIMUM_DEPTH:
        raise AxdrError(f"a type description nested deeper than {MAXIMUM_DEPTH}")
    if octet == Tag.ARRAY:
        return description_end(octets, take(octets, position, 2)[1], depth + 1)
    if octet == Tag.STRUCTURE:
        count, position = length_from(octets, position)
        for _ in range(min(count, len(octets))):  # the next `take` raises before an announced count can run away
            position = description_end(octets, position, depth + 1)
        return position
    if octet not in DESCRIBABLE:
        raise AxdrError(f"a type description cannot hold tag {octet:02X}")
    return position


_DECODERS = {
    Tag.NULL_DATA: _nothing,
    Tag.DONT_CARE: _nothing,
    Tag.ARRAY: _elements,
    Tag.STRUCTURE: _elements,
    Tag.BOOLEAN: _boolean,
    Tag.BIT_STRING: _bits,
    Tag.OCTET_STRING: _string,
    Tag.VISIBLE_STRING: _visible,
    Tag.UTF8_STRING: _utf8,
    Tag.COMPACT_ARRAY: _compact,
}
