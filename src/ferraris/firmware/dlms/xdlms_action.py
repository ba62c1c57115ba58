"""The ACTION service with logical names, in all its forms (Green Book 9.3, recalled; octets checked against gosem).

Blocks go both ways: a long parameter to the meter (`ActionFirstBlock`, `ActionBlock`, each answered with its number),
what a method returns to the client (`ActionResultBlock`, each asked for by the number of the one before).

Decoders raise `DlmsError` and nothing else.
"""

import struct
from enum import IntEnum
from typing import NamedTuple, TypeAlias, assert_never

from ferraris.firmware.dlms import axdr, xdlms
from ferraris.firmware.dlms import xdlms_parts as parts
from ferraris.firmware.dlms.axdr import AxdrError, Data
from ferraris.firmware.dlms.host import ActionAnswer, Method
from ferraris.firmware.dlms.results import ActionResult, DlmsError
from ferraris.firmware.dlms.xdlms import Tag
from ferraris.firmware.dlms.xdlms_parts import Block

_METHOD = struct.Struct(">H6sb")

BLOCK_OVERHEAD = 8
"""Octets of an ACTION response with a block before the length of the block."""


class RequestForm(IntEnum):
    """Second octet of an ACTION request."""

    NORMAL = 1
    NEXT = 2
    WITH_LIST = 3
    FIRST_BLOCK = 4
    LIST_AND_FIRST_BLOCK = 5
    BLOCK = 6


class ResponseForm(IntEnum):
    """Second octet of an ACTION response."""

    NORMAL = 1
    BLOCK = 2
    WITH_LIST = 3
    NEXT = 4


class ActionNormal(NamedTuple):
    """Request to call one method."""

    invoke: int
    method: Method
    parameter: Data | None = None


class ActionNext(NamedTuple):
    """Request for the block after this one of what a method returns."""

    invoke: int
    number: int


class ActionWithList(NamedTuple):
    """Request to call several methods; parameters in the same order, null-data where a method needs none."""

    invoke: int
    methods: tuple[Method, ...]
    parameters: tuple[Data, ...]


class ActionFirstBlock(NamedTuple):
    """Request to call one method, and the first block of its long parameter."""

    invoke: int
    method: Method
    block: Block


class ActionListAndFirstBlock(NamedTuple):
    """Request to call several methods; blocks are cut from `xdlms_parts.encode_values` of the parameters."""

    invoke: int
    methods: tuple[Method, ...]
    block: Block


class ActionBlock(NamedTuple):
    """A further block of parameters."""

    invoke: int
    block: Block


ActionRequest: TypeAlias = (
    ActionNormal | ActionNext | ActionWithList | ActionFirstBlock | ActionListAndFirstBlock | ActionBlock
)


class ActionResultNormal(NamedTuple):
    """Response: what became of the method, and what it returns."""

    invoke: int
    answer: ActionAnswer


class ActionResultBlock(NamedTuple):
    """Response with a block of what was returned: the data of one method that succeeded, or `encode_answers`.

    That one method's blocks hold its data alone, without a result, is how pydlms reads them; the standard was not seen.
    """

    invoke: int
    block: Block


class ActionResultList(NamedTuple):
    """Response with one answer for each method of a list."""

    invoke: int
    answers: tuple[ActionAnswer, ...]


class ActionReceived(NamedTuple):
    """Response to a block of parameters that is not the last: it has come."""

    invoke: int
    number: int


ActionResponse: TypeAlias = ActionResultNormal | ActionResultBlock | ActionResultList | ActionReceived


# ---------------------------------------------------------------- requests


def encode_request(request: ActionRequest) -> bytes:
    """Encode an ACTION request of any form."""
    match request:
        case ActionNormal(invoke, method, parameter):
            given = b"\x00" if parameter is None else b"\x01" + axdr.encode(parameter)
            return _head(RequestForm.NORMAL, invoke) + _METHOD.pack(*method) + given
        case ActionNext(invoke, number):
            return _head(RequestForm.NEXT, invoke) + number.to_bytes(4, "big")
        case ActionWithList(invoke, methods, parameters):
            return _head(RequestForm.WITH_LIST, invoke) + _methods(methods) + parts.encode_values(parameters)
        case ActionFirstBlock(invoke, method, block):
            return _head(RequestForm.FIRST_BLOCK, invoke) + _METHOD.pack(*method) + parts.encode_block(block)
        case ActionListAndFirstBlock(invoke, methods, block):
            return _head(RequestForm.LIST_AND_FIRST_BLOCK, invoke) + _methods(methods) + parts.encode_block(block)
        case ActionBlock(invoke, block):
            return _head(RequestForm.BLOCK, invoke) + parts.encode_block(block)
        case _:
            assert_never(request)


def _head(form: RequestForm, invoke: int) -> bytes:
    return bytes((Tag.ACTION_REQUEST, form, invoke))


def _methods(methods: tuple[Method, ...]) -> bytes:
    return axdr.length(len(methods)) + b"".join(_METHOD.pack(*method) for method in methods)


def decode_request(apdu: bytes) -> ActionRequest:
    """Decode an ACTION request of any form. Raises `DlmsError`."""
    return parts.decode(apdu, Tag.ACTION_REQUEST, "an ACTION request", _body)


def _body(form: int, invoke: int, apdu: bytes, start: int) -> tuple[ActionRequest, int]:
    match form:
        case RequestForm.NORMAL:
            return _normal(invoke, apdu, start)
        case RequestForm.NEXT:
            number, position = parts.number_from(apdu, start)
            return ActionNext(invoke, number), position
        case RequestForm.WITH_LIST:
            return _list(invoke, apdu, start)
        case RequestForm.FIRST_BLOCK:
            method, position = _method_from(apdu, start)
            block, position = parts.block_from(apdu, position)
            return ActionFirstBlock(invoke, method, block), position
        case RequestForm.LIST_AND_FIRST_BLOCK:
            methods, position = parts.sequence_from(apdu, start, _method_from)
            block, position = parts.block_from(apdu, position)
            return ActionListAndFirstBlock(invoke, methods, block), position
        case RequestForm.BLOCK:
            block, position = parts.block_from(apdu, start)
            return ActionBlock(invoke, block), position
    raise DlmsError(f"an ACTION request has no form {form}")


def _normal(invoke: int, apdu: bytes, start: int) -> tuple[ActionNormal, int]:
    method, position = _method_from(apdu, start)
    (given,), position = axdr.take(apdu, position, 1)
    if not given:
        return ActionNormal(invoke, method), position
    parameter, position = axdr.decode_from(apdu, position)
    return ActionNormal(invoke, method, parameter), position


def _list(invoke: int, apdu: bytes, start: int) -> tuple[ActionWithList, int]:
    methods, position = parts.sequence_from(apdu, start, _method_from)
    parameters, position = parts.sequence_from(apdu, position, axdr.decode_from)
    if len(methods) != len(parameters):
        raise DlmsError(f"{len(methods)} methods and {len(parameters)} parameters")
    return ActionWithList(invoke, methods, parameters), position


def _method_from(apdu: bytes, start: int) -> tuple[Method, int]:
    descriptor, position = axdr.take(apdu, start, _METHOD.size)
    return Method(*_METHOD.unpack(descriptor)), position


# ---------------------------------------------------------------- responses


def encode_response(response: ActionResponse) -> bytes:
    """Encode an ACTION response of any form."""
    match response:
        case ActionResultNormal(invoke, answer):
            return bytes((Tag.ACTION_RESPONSE, ResponseForm.NORMAL, invoke)) + encode_answer(answer)
        case ActionResultBlock(invoke, block):
            return bytes((Tag.ACTION_RESPONSE, ResponseForm.BLOCK, invoke)) + parts.encode_block(block)
        case ActionResultList(invoke, answers):
            return bytes((Tag.ACTION_RESPONSE, ResponseForm.WITH_LIST, invoke)) + encode_answers(answers)
        case ActionReceived(invoke, number):
            return struct.pack(">BBBI", Tag.ACTION_RESPONSE, ResponseForm.NEXT, invoke, number)
        case _:
            assert_never(response)


def encode_answer(answer: ActionAnswer) -> bytes:
    """Encode one answer: the result, and 00 or 01 with what is returned."""
    if answer.data is None:
        return bytes((answer.result, 0))
    return bytes((answer.result, 1)) + xdlms.encode_answer(answer.data)


def encode_answers(answers: tuple[ActionAnswer, ...]) -> bytes:
    """Encode a list of answers with their number in front; this is what a list's blocks are cut from, too."""
    return axdr.length(len(answers)) + b"".join(encode_answer(answer) for answer in answers)


def decode_response(apdu: bytes) -> ActionResponse:
    """Decode an ACTION response of any form. Raises `DlmsError`."""
    return parts.decode(apdu, Tag.ACTION_RESPONSE, "an ACTION response", _response)


def _response(form: int, invoke: int, apdu: bytes, start: int) -> tuple[ActionResponse, int]:
    match form:
        case ResponseForm.NORMAL:
            answer, position = _answer_from(apdu, start)
            return ActionResultNormal(invoke, answer), position
        case ResponseForm.BLOCK:
            block, position = parts.block_from(apdu, start)
            return ActionResultBlock(invoke, block), position
        case ResponseForm.WITH_LIST:
            answers, position = parts.sequence_from(apdu, start, _answer_from)
            return ActionResultList(invoke, answers), position
        case ResponseForm.NEXT:
            number, position = parts.number_from(apdu, start)
            return ActionReceived(invoke, number), position
    raise DlmsError(f"an ACTION response has no form {form}")


def decode_answers(octets: bytes) -> tuple[ActionAnswer, ...]:
    """Decode a list of answers with their number in front. Raises `DlmsError`."""
    try:
        answers, position = parts.sequence_from(octets, 0, _answer_from)
    except AxdrError as error:
        raise DlmsError(f"list of answers: {error}") from error
    parts.ended(octets, position)
    return answers


def _answer_from(octets: bytes, start: int) -> tuple[ActionAnswer, int]:
    (result, returns), position = axdr.take(octets, start, 2)
    try:
        found = ActionResult(result)
    except ValueError as error:
        raise DlmsError(str(error)) from error
    if not returns:
        return ActionAnswer(found), position
    data, position = xdlms.answer_from(octets, position)
    return ActionAnswer(found, data), position
