"""The GET service: one value, several, or a long one block by block.

What does not fit into one APDU of the client is cut into blocks, numbered from 1. The client asks for the next block by
the number of the last one it got; another number aborts the transfer, and so does any other request. The value is the
snapshot taken when it was asked for.
"""

from typing import NamedTuple

from ferraris.firmware.dlms import blocks, xdlms
from ferraris.firmware.dlms.blocks import Outgoing
from ferraris.firmware.dlms.host import Answer, Attribute, Host, Selection, Session
from ferraris.firmware.dlms.initiate import Conformance
from ferraris.firmware.dlms.results import DataAccessResult
from ferraris.firmware.dlms.xdlms import (
    GetNext,
    GetNormal,
    GetRequest,
    GetWithList,
    ResultBlock,
    ResultList,
    ResultNormal,
)

MAXIMUM_ANSWERS = 4 << 20
"""Octets that the answers to one request with list may add up to; an item beyond it is refused."""


class Delivery(NamedTuple):
    """What goes out now, and what of a long value remains."""

    apdu: bytes
    transfer: Outgoing | None = None


def read(request: GetRequest, session: Session, transfer: Outgoing | None, host: Host) -> Delivery:
    """Serve a decoded GET request in an open association. A transfer under way lives on only through `GetNext`."""
    if not session.conformance & _needed(request):
        return Delivery(blocks.NOT_NEGOTIATED)
    match request:
        case GetNormal(invoke, attribute, selection):
            return _deliver_one(invoke, _value(attribute, selection, session, host), session)
        case GetWithList(invoke, _):
            return _deliver_list(invoke, _values(request, session, host), session)
        case GetNext():
            return _continue(request, session, transfer)


def _needed(request: GetRequest) -> Conformance:
    if isinstance(request, GetWithList):
        return Conformance.MULTIPLE_REFERENCES
    if isinstance(request, GetNext):
        return Conformance.BLOCK_TRANSFER_WITH_GET
    return Conformance.GET


def _value(attribute: Attribute, selection: Selection | None, session: Session, host: Host) -> Answer:
    """Ask the meter, unless the question itself needs a service that was not negotiated."""
    if selection is not None and not session.conformance & Conformance.SELECTIVE_ACCESS:
        return DataAccessResult.OTHER_REASON
    if attribute.number == 0:  # all attributes at once: we never negotiate it
        return DataAccessResult.READ_WRITE_DENIED
    return host.get(session, attribute, selection)


def _values(request: GetWithList, session: Session, host: Host) -> tuple[Answer, ...]:
    """Answer the items in their order, each on its own: one that fails does not take the others with it."""
    answers: list[Answer] = []
    octets = 0
    for attribute, selection in request.items:
        answer = _value(attribute, selection, session, host)
        if isinstance(answer, bytes):
            octets += len(answer)
            if octets > MAXIMUM_ANSWERS:
                answer = DataAccessResult.TEMPORARY_FAILURE
        answers.append(answer)
    return tuple(answers)


def _deliver_one(invoke: int, answer: Answer, session: Session) -> Delivery:
    apdu = xdlms.encode_response(ResultNormal(invoke, answer))
    if len(apdu) <= _room(session):
        return Delivery(apdu)
    if isinstance(answer, DataAccessResult) or not session.conformance & Conformance.BLOCK_TRANSFER_WITH_GET:
        return Delivery(xdlms.encode_response(ResultNormal(invoke, DataAccessResult.OTHER_REASON)))
    return _next(invoke, Outgoing(answer), session)


def _deliver_list(invoke: int, answers: tuple[Answer, ...], session: Session) -> Delivery:
    apdu = xdlms.encode_response(ResultList(invoke, answers))
    if len(apdu) <= _room(session):
        return Delivery(apdu)
    if not session.conformance & Conformance.BLOCK_TRANSFER_WITH_GET:
        return Delivery(blocks.TOO_LONG)
    return _next(invoke, Outgoing(xdlms.encode_answers(answers)), session)


def _continue(request: GetNext, session: Session, transfer: Outgoing | None) -> Delivery:
    """Send the next block, or say why there is none; then the transfer is over (Green Book 9.3.5, recalled)."""
    if transfer is None:
        return _break_off(request, DataAccessResult.NO_LONG_GET_IN_PROGRESS)
    if request.block != transfer.block:
        return _break_off(request, DataAccessResult.DATA_BLOCK_NUMBER_INVALID)
    return _next(request.invoke, transfer, session)


def _break_off(request: GetNext, reason: DataAccessResult) -> Delivery:
    return Delivery(xdlms.encode_response(ResultBlock(request.invoke, True, request.block, reason)))


def _next(invoke: int, value: Outgoing, session: Session) -> Delivery:
    """Send the next block of a long value."""
    block, remaining = blocks.cut(value, blocks.block_octets(_room(session), xdlms.BLOCK_OVERHEAD))
    return Delivery(xdlms.encode_response(ResultBlock(invoke, *block)), remaining)


def _room(session: Session) -> int:
    return blocks.room(session, Conformance.BLOCK_TRANSFER_WITH_GET)
