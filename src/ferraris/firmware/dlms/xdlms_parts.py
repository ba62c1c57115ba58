"""Parts that GET, SET and ACTION have in common: attribute descriptors, lists, data blocks.

What ends in `_from` takes octets and the position where the part begins, and returns it with the position after it.
"""

import struct
from collections.abc import Callable
from typing import NamedTuple, TypeAlias, TypeVar

from ferraris.firmware.dlms import axdr
from ferraris.firmware.dlms.axdr import AxdrError, Data
from ferraris.firmware.dlms.host import Attribute, Selection
from ferraris.firmware.dlms.results import DlmsError

Element = TypeVar("Element")

_ATTRIBUTE = struct.Struct(">H6sb")


class Block(NamedTuple):
    """One block of a long value on its way to the meter, or of what a method returns (DataBlock-SA)."""

    last: bool
    number: int
    """Counts from 1."""
    octets: bytes


Item: TypeAlias = tuple[Attribute, Selection | None]
"""One attribute of a request with list."""


def decode(
    apdu: bytes, tag: int, name: str, body_from: Callable[[int, int, bytes, int], tuple[Element, int]]
) -> Element:
    """Decode an APDU that consists of a tag, the octet of its form, the invoke-id octet and a body. Raises `DlmsError`.

    name        what it is, with its article, for the message
    body_from   takes form, invoke-id octet, APDU and the position of the body; it may raise `AxdrError`
    """
    try:
        (found, form, invoke), position = axdr.take(apdu, 0, 3)
        if found != tag:
            raise DlmsError(f"tag {found:02X} is not {name}")
        element, position = body_from(form, invoke, apdu, position)
    except AxdrError as error:
        raise DlmsError(f"{name.partition(' ')[2]}: {error}") from error
    ended(apdu, position)
    return element


def encode_item(attribute: Attribute, selection: Selection | None) -> bytes:
    """Encode an attribute's descriptor and its selective access."""
    head = _ATTRIBUTE.pack(*attribute)
    if selection is None:
        return head + b"\x00"
    return head + bytes((1, selection.selector)) + axdr.encode(selection.parameter)


def encode_items(items: tuple[Item, ...]) -> bytes:
    """Encode a list of attributes with their number in front."""
    return axdr.length(len(items)) + b"".join(encode_item(*item) for item in items)


def item_from(apdu: bytes, start: int) -> tuple[Item, int]:
    """Decode an attribute's descriptor and its selective access. Raises `AxdrError`."""
    descriptor, position = axdr.take(apdu, start, _ATTRIBUTE.size)
    attribute = Attribute(*_ATTRIBUTE.unpack(descriptor))
    (selected,), position = axdr.take(apdu, position, 1)
    if not selected:
        return (attribute, None), position
    (selector,), position = axdr.take(apdu, position, 1)
    parameter, position = axdr.decode_from(apdu, position)
    return (attribute, Selection(selector, parameter)), position


def items_from(apdu: bytes, start: int) -> tuple[tuple[Item, ...], int]:
    """Decode a list of attributes with their number in front. Raises `AxdrError`."""
    return sequence_from(apdu, start, item_from)


def sequence_from(
    octets: bytes, start: int, element_from: Callable[[bytes, int], tuple[Element, int]]
) -> tuple[tuple[Element, ...], int]:
    """Decode a number of elements and then that many. Raises `AxdrError`."""
    count, position = axdr.length_from(octets, start)
    elements = []
    for _ in range(min(count, len(octets))):  # `take` raises before an announced count can run away
        element, position = element_from(octets, position)
        elements.append(element)
    return tuple(elements), position


def encode_values(values: tuple[Data, ...]) -> bytes:
    """Encode a list of values with their number in front; this is what the blocks of a list are cut from, too."""
    return axdr.length(len(values)) + b"".join(axdr.encode(value) for value in values)


def decode_values(octets: bytes) -> tuple[Data, ...]:
    """Decode a list of values with their number in front. Raises `DlmsError`."""
    try:
        values, position = sequence_from(octets, 0, axdr.decode_from)
    except AxdrError as error:
        raise DlmsError(f"list of values: {error}") from error
    ended(octets, position)
    return values


def encode_block(block: Block) -> bytes:
    """Encode a DataBlock-SA."""
    return struct.pack(">?I", block.last, block.number) + axdr.length(len(block.octets)) + block.octets


def block_from(apdu: bytes, start: int) -> tuple[Block, int]:
    """Decode a DataBlock-SA; any octet but 00 says that it is the last. Raises `AxdrError`."""
    head, position = axdr.take(apdu, start, 5)
    size, position = axdr.length_from(apdu, position)
    octets, position = axdr.take(apdu, position, size)
    return Block(head[0] != 0, int.from_bytes(head[1:], "big"), octets), position


def number_from(apdu: bytes, start: int) -> tuple[int, int]:
    """Decode the number of a block. Raises `AxdrError`."""
    octets, position = axdr.take(apdu, start, 4)
    return int.from_bytes(octets, "big"), position


def ended(apdu: bytes, position: int) -> None:
    """Hold that nothing follows. Raises `DlmsError`."""
    if position != len(apdu):
        raise DlmsError(f"{len(apdu) - position} octets after the end")
