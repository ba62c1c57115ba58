"""The SET service with logical names, in all its forms (Green Book 9.3, recalled; octets checked against gosem).

A value that fits into one APDU travels whole. A longer one is cut into blocks that are acknowledged one by one by their
numbers; its octets make sense when the last has come. With list, the attributes come first and then as many values.

Decoders raise `DlmsError` and nothing else.
"""

import struct
from enum import IntEnum
from typing import NamedTuple, TypeAlias, assert_never

from ferraris.firmware.dlms import axdr, xdlms
from ferraris.firmware.dlms import xdlms_parts as parts
from ferraris.firmware.dlms.axdr import Data
from ferraris.firmware.dlms.host import Attribute, Selection
from ferraris.firmware.dlms.results import DataAccessResult, DlmsError
from ferraris.firmware.dlms.xdlms import Tag
from ferraris.firmware.dlms.xdlms_parts import Block, Item


class RequestForm(IntEnum):
    """Second octet of a SET request."""

    NORMAL = 1
    FIRST_BLOCK = 2
    BLOCK = 3
    WITH_LIST = 4
    LIST_AND_FIRST_BLOCK = 5


class ResponseForm(IntEnum):
    """Second octet of a SET response."""

    NORMAL = 1
    BLOCK = 2
    LAST_BLOCK = 3
    LAST_BLOCK_WITH_LIST = 4
    WITH_LIST = 5


class SetNormal(NamedTuple):
    """Request to give one attribute a value."""

    invoke: int
    attribute: Attribute
    selection: Selection | None
    value: Data


class SetFirstBlock(NamedTuple):
    """Request to give one attribute a long value, and the first block of it."""

    invoke: int
    attribute: Attribute
    selection: Selection | None
    block: Block


class SetBlock(NamedTuple):
    """A further block of a long value."""

    invoke: int
    block: Block


class SetWithList(NamedTuple):
    """Request to give several attributes their values, which stand in the same order."""

    invoke: int
    items: tuple[Item, ...]
    values: tuple[Data, ...]


class SetListAndFirstBlock(NamedTuple):
    """The same for values that are long together; blocks are cut from `xdlms_parts.encode_values`."""

    invoke: int
    items: tuple[Item, ...]
    block: Block


SetRequest: TypeAlias = SetNormal | SetFirstBlock | SetBlock | SetWithList | SetListAndFirstBlock


class SetResult(NamedTuple):
    """Response: what became of it."""

    invoke: int
    result: DataAccessResult


class SetReceived(NamedTuple):
    """Response to a block that is not the last: it has come."""

    invoke: int
    number: int


class SetLast(NamedTuple):
    """Response to the last block, or to one that breaks a transfer off: what became of the value."""

    invoke: int
    result: DataAccessResult
    number: int


class SetListLast(NamedTuple):
    """Response to the last block of a list: what became of each value."""

    invoke: int
    results: tuple[DataAccessResult, ...]
    number: int


class SetListResult(NamedTuple):
    """Response to a list: what became of each value."""

    invoke: int
    results: tuple[DataAccessResult, ...]


SetResponse: TypeAlias = SetResult | SetReceived | SetLast | SetListLast | SetListResult


# ---------------------------------------------------------------- requests


def encode_request(request: SetRequest) -> bytes:
    """Encode a SET request of any form."""
    match request:
        case SetNormal(invoke, attribute, selection, value):
            body = parts.encode_item(attribute, selection) + axdr.encode(value)
            return _head(RequestForm.NORMAL, invoke) + body
        case SetFirstBlock(invoke, attribute, selection, block):
            body = parts.encode_item(attribute, selection) + parts.encode_block(block)
            return _head(RequestForm.FIRST_BLOCK, invoke) + body
        case SetBlock(invoke, block):
            return _head(RequestForm.BLOCK, invoke) + parts.encode_block(block)
        case SetWithList(invoke, items, values):
            return _head(RequestForm.WITH_LIST, invoke) + parts.encode_items(items) + parts.encode_values(values)
        case SetListAndFirstBlock(invoke, items, block):
            body = parts.encode_items(items) + parts.encode_block(block)
            return _head(RequestForm.LIST_AND_FIRST_BLOCK, invoke) + body
        case _:
            assert_never(request)


def _head(form: RequestForm, invoke: int) -> bytes:
    return bytes((Tag.SET_REQUEST, form, invoke))


def decode_request(apdu: bytes) -> SetRequest:
    """Decode a SET request of any form. Raises `DlmsError`."""
    return parts.decode(apdu, Tag.SET_REQUEST, "a SET request", _body)


def _body(form: int, invoke: int, apdu: bytes, start: int) -> tuple[SetRequest, int]:
    match form:
        case RequestForm.NORMAL:
            (attribute, selection), position = parts.item_from(apdu, start)
            value, position = axdr.decode_from(apdu, position)
            return SetNormal(invoke, attribute, selection, value), position
        case RequestForm.FIRST_BLOCK:
            (attribute, selection), position = parts.item_from(apdu, start)
            block, position = parts.block_from(apdu, position)
            return SetFirstBlock(invoke, attribute, selection, block), position
        case RequestForm.BLOCK:
            block, position = parts.block_from(apdu, start)
            return SetBlock(invoke, block), position
        case RequestForm.WITH_LIST:
            return _list(invoke, apdu, start)
        case RequestForm.LIST_AND_FIRST_BLOCK:
            items, position = parts.items_from(apdu, start)
            block, position = parts.block_from(apdu, position)
            return SetListAndFirstBlock(invoke, items, block), position
    raise DlmsError(f"a SET request has no form {form}")


def _list(invoke: int, apdu: bytes, start: int) -> tuple[SetWithList, int]:
    items, position = parts.items_from(apdu, start)
    values, position = parts.sequence_from(apdu, position, axdr.decode_from)
    if len(items) != len(values):
        raise DlmsError(f"{len(items)} attributes and {len(values)} values")
    return SetWithList(invoke, items, values), position


# ---------------------------------------------------------------- responses


def encode_response(response: SetResponse) -> bytes:
    """Encode a SET response of any form."""
    match response:
        case SetResult(invoke, result):
            return bytes((Tag.SET_RESPONSE, ResponseForm.NORMAL, invoke, result))
        case SetReceived(invoke, number):
            return struct.pack(">BBBI", Tag.SET_RESPONSE, ResponseForm.BLOCK, invoke, number)
        case SetLast(invoke, result, number):
            return struct.pack(">BBBBI", Tag.SET_RESPONSE, ResponseForm.LAST_BLOCK, invoke, result, number)
        case SetListLast(invoke, results, number):
            head = bytes((Tag.SET_RESPONSE, ResponseForm.LAST_BLOCK_WITH_LIST, invoke))
            return head + _results(results) + number.to_bytes(4, "big")
        case SetListResult(invoke, results):
            return bytes((Tag.SET_RESPONSE, ResponseForm.WITH_LIST, invoke)) + _results(results)
        case _:
            assert_never(response)


def _results(results: tuple[DataAccessResult, ...]) -> bytes:
    return axdr.length(len(results)) + bytes(results)


def decode_response(apdu: bytes) -> SetResponse:
    """Decode a SET response of any form. Raises `DlmsError`."""
    return parts.decode(apdu, Tag.SET_RESPONSE, "a SET response", _response)


def _response(form: int, invoke: int, apdu: bytes, start: int) -> tuple[SetResponse, int]:
    match form:
        case ResponseForm.NORMAL:
            result, position = _result_from(apdu, start)
            return SetResult(invoke, result), position
        case ResponseForm.BLOCK:
            number, position = parts.number_from(apdu, start)
            return SetReceived(invoke, number), position
        case ResponseForm.LAST_BLOCK:
            result, position = _result_from(apdu, start)
            number, position = parts.number_from(apdu, position)
            return SetLast(invoke, result, number), position
        case ResponseForm.LAST_BLOCK_WITH_LIST:
            results, position = parts.sequence_from(apdu, start, _result_from)
            number, position = parts.number_from(apdu, position)
            return SetListLast(invoke, results, number), position
        case ResponseForm.WITH_LIST:
            results, position = parts.sequence_from(apdu, start, _result_from)
            return SetListResult(invoke, results), position
    raise DlmsError(f"a SET response has no form {form}")


def _result_from(apdu: bytes, start: int) -> tuple[DataAccessResult, int]:
    (octet,), position = axdr.take(apdu, start, 1)
    return xdlms.reason(octet), position
