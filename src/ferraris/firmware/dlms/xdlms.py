"""xDLMS services with logical names: GET in all its forms, and the exception response (Green Book 9.3, 9.5).

A request and a response each begin with the tag of the service, the form, and the octet of invoke-id and priority,
which a response gives back as it came. Data stay encoded here: what they mean is for whoever asked. SET is in
`xdlms_set`, ACTION in `xdlms_action`, what the three have in common in `xdlms_parts`.

Decoders raise `DlmsError` and nothing else.
"""

import struct
from enum import IntEnum
from typing import NamedTuple, TypeAlias

from ferraris.firmware.dlms import axdr
from ferraris.firmware.dlms.axdr import AxdrError
from ferraris.firmware.dlms.host import Answer, Attribute, Selection
from ferraris.firmware.dlms.results import DataAccessResult, DlmsError, ServiceError, StateError
from ferraris.firmware.dlms.xdlms_parts import (
    Item,
    encode_item,
    encode_items,
    ended,
    item_from,
    items_from,
    number_from,
    sequence_from,
)

_BLOCK = struct.Struct(">BBB?IB")
BLOCK_OVERHEAD = _BLOCK.size
"""Octets of a GET response with a data block before the length of the block."""


class Tag(IntEnum):
    """First octet of an APDU."""

    GET_REQUEST = 0xC0
    SET_REQUEST = 0xC1
    ACTION_REQUEST = 0xC3
    GET_RESPONSE = 0xC4
    SET_RESPONSE = 0xC5
    ACTION_RESPONSE = 0xC7
    EXCEPTION_RESPONSE = 0xD8


class Form(IntEnum):
    """Second octet of a GET request or response."""

    NORMAL = 1
    NEXT = 2
    """In a request: the next block, please."""
    BLOCK = 2
    """In a response: a data block."""
    WITH_LIST = 3


class GetNormal(NamedTuple):
    """Request for one attribute."""

    invoke: int
    attribute: Attribute
    selection: Selection | None = None


class GetNext(NamedTuple):
    """Request for the block after this one."""

    invoke: int
    block: int


class GetWithList(NamedTuple):
    """Request for several attributes; the answers come in the same order."""

    invoke: int
    items: tuple[Item, ...]


GetRequest: TypeAlias = GetNormal | GetNext | GetWithList


class ResultNormal(NamedTuple):
    """Response with one value or the reason why there is none."""

    invoke: int
    answer: Answer


class ResultBlock(NamedTuple):
    """Response with one block of a long value, or the reason why it breaks off."""

    invoke: int
    last: bool
    block: int
    answer: Answer


class ResultList(NamedTuple):
    """Response with one answer for each item of a request with list."""

    invoke: int
    answers: tuple[Answer, ...]


GetResponse: TypeAlias = ResultNormal | ResultBlock | ResultList


class ExceptionResponse(NamedTuple):
    """The answer to an APDU that cannot be served at all."""

    state: StateError
    service: ServiceError
    counter: int | None = None
    """The expected invocation counter, with `INVOCATION_COUNTER_ERROR` only."""


# ---------------------------------------------------------------- requests


def encode_request(request: GetRequest) -> bytes:
    """Encode a GET request of any form."""
    match request:
        case GetNormal(invoke, attribute, selection):
            return bytes((Tag.GET_REQUEST, Form.NORMAL, invoke)) + encode_item(attribute, selection)
        case GetNext(invoke, block):
            return struct.pack(">BBBI", Tag.GET_REQUEST, Form.NEXT, invoke, block)
        case GetWithList(invoke, items):
            return bytes((Tag.GET_REQUEST, Form.WITH_LIST, invoke)) + encode_items(items)


def decode_request(apdu: bytes) -> GetRequest:
    """Decode a GET request of any form. Raises `DlmsError`."""
    try:
        return _request(apdu)
    except AxdrError as error:
        raise DlmsError(f"GET request: {error}") from error


def _request(apdu: bytes) -> GetRequest:
    (tag, form, invoke), position = axdr.take(apdu, 0, 3)
    if tag != Tag.GET_REQUEST:
        raise DlmsError(f"tag {tag:02X} is not a GET request")
    if form == Form.NORMAL:
        (attribute, selection), position = item_from(apdu, position)
        ended(apdu, position)
        return GetNormal(invoke, attribute, selection)
    if form == Form.NEXT:
        number, position = number_from(apdu, position)
        ended(apdu, position)
        return GetNext(invoke, number)
    if form == Form.WITH_LIST:
        items, position = items_from(apdu, position)
        ended(apdu, position)
        return GetWithList(invoke, items)
    raise DlmsError(f"a GET request has no form {form}")


# ---------------------------------------------------------------- responses


def encode_response(response: GetResponse) -> bytes:
    """Encode a GET response of any form."""
    match response:
        case ResultNormal(invoke, answer):
            return bytes((Tag.GET_RESPONSE, Form.NORMAL, invoke)) + encode_answer(answer)
        case ResultList(invoke, answers):
            return bytes((Tag.GET_RESPONSE, Form.WITH_LIST, invoke)) + encode_answers(answers)
        case ResultBlock(invoke, last, block, answer):
            failed = isinstance(answer, DataAccessResult)
            head = _BLOCK.pack(Tag.GET_RESPONSE, Form.BLOCK, invoke, last, block, failed)
            if isinstance(answer, DataAccessResult):
                return head + bytes((answer,))
            return head + axdr.length(len(answer)) + answer


def encode_answer(answer: Answer) -> bytes:
    """Encode one result: 00 and the data, or 01 and the reason."""
    if isinstance(answer, DataAccessResult):
        return bytes((1, answer))
    return b"\x00" + answer


def encode_answers(answers: tuple[Answer, ...]) -> bytes:
    """Encode a list of results with their number in front; this is what a list's data blocks are cut from, too."""
    return axdr.length(len(answers)) + b"".join(encode_answer(answer) for answer in answers)


def decode_response(apdu: bytes) -> GetResponse:
    """Decode a GET response of any form. Raises `DlmsError`."""
    try:
        return _response(apdu)
    except AxdrError as error:
        raise DlmsError(f"GET response: {error}") from error


def _response(apdu: bytes) -> GetResponse:
    (tag, form, invoke), position = axdr.take(apdu, 0, 3)
    if tag != Tag.GET_RESPONSE:
        raise DlmsError(f"tag {tag:02X} is not a GET response")
    if form == Form.NORMAL:
        answer, position = answer_from(apdu, position)
        ended(apdu, position)
        return ResultNormal(invoke, answer)
    if form == Form.BLOCK:
        return _block(invoke, apdu, position)
    if form == Form.WITH_LIST:
        return ResultList(invoke, decode_answers(apdu[position:]))
    raise DlmsError(f"a GET response has no form {form}")


def _block(invoke: int, apdu: bytes, start: int) -> ResultBlock:
    head, position = axdr.take(apdu, start, 6)
    last, block, failed = struct.unpack(">?I?", head)
    if failed:
        (octet,), position = axdr.take(apdu, position, 1)
        ended(apdu, position)
        return ResultBlock(invoke, last, block, reason(octet))
    size, position = axdr.length_from(apdu, position)
    data, position = axdr.take(apdu, position, size)
    ended(apdu, position)
    return ResultBlock(invoke, last, block, data)


def decode_answers(octets: bytes) -> tuple[Answer, ...]:
    """Decode a list of results with their number in front. Raises `DlmsError`."""
    try:
        answers, position = sequence_from(octets, 0, answer_from)
    except AxdrError as error:
        raise DlmsError(f"list of results: {error}") from error
    ended(octets, position)
    return answers


def answer_from(octets: bytes, start: int) -> tuple[Answer, int]:
    """Decode one result. Raises `AxdrError` or `DlmsError`."""
    (failed,), position = axdr.take(octets, start, 1)
    if failed:
        (octet,), position = axdr.take(octets, position, 1)
        return reason(octet), position
    _, end = axdr.decode_from(octets, position)
    return octets[position:end], end


def reason(octet: int) -> DataAccessResult:
    """Name a data-access-result. Raises `DlmsError` for a number that is none."""
    try:
        return DataAccessResult(octet)
    except ValueError as error:
        raise DlmsError(str(error)) from error


def encode_exception(response: ExceptionResponse) -> bytes:
    """Encode an exception response."""
    counter = b"" if response.counter is None else response.counter.to_bytes(4, "big")
    return bytes((Tag.EXCEPTION_RESPONSE, response.state, response.service)) + counter


def decode_exception(apdu: bytes) -> ExceptionResponse:
    """Decode an exception response. Raises `DlmsError`."""
    try:
        (tag, state, service), position = axdr.take(apdu, 0, 3)
        found = StateError(state), ServiceError(service)
        counter = None
        if found[1] is ServiceError.INVOCATION_COUNTER_ERROR:
            octets, position = axdr.take(apdu, position, 4)
            counter = int.from_bytes(octets, "big")
    except ValueError as error:
        raise DlmsError(f"exception response: {error}") from error
    if tag != Tag.EXCEPTION_RESPONSE:
        raise DlmsError(f"tag {tag:02X} is not an exception response")
    ended(apdu, position)
    return ExceptionResponse(*found, counter)
