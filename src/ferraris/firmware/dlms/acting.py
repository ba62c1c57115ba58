"""The ACTION service: one method, several, with long parameters and long answers block by block.

Parameters come as long values of SET do (see `writing`); an answer that does not fit goes out as a long value of GET
does (see `reading`). A method is called once, when the whole parameter is there. Where its answer cannot be told, the
result still is: the data give way to the reason "other reason".

How a transfer is broken off (a normal response with the reason) is recalled from the Green Book, 9.3.7; unverified.
"""

from typing import NamedTuple, TypeAlias, assert_never

from ferraris.firmware.dlms import axdr, blocks, xdlms_action, xdlms_parts
from ferraris.firmware.dlms.axdr import AxdrError, Data, Tag
from ferraris.firmware.dlms.blocks import Incoming, Outgoing
from ferraris.firmware.dlms.host import ActionAnswer, Host, Method, Session
from ferraris.firmware.dlms.initiate import Conformance
from ferraris.firmware.dlms.reading import MAXIMUM_ANSWERS
from ferraris.firmware.dlms.results import ActionResult, DataAccessResult, DlmsError
from ferraris.firmware.dlms.xdlms_action import (
    ActionBlock,
    ActionFirstBlock,
    ActionListAndFirstBlock,
    ActionNext,
    ActionNormal,
    ActionReceived,
    ActionRequest,
    ActionResultBlock,
    ActionResultList,
    ActionResultNormal,
    ActionWithList,
)
from ferraris.firmware.dlms.xdlms_parts import Block


class Calling(NamedTuple):
    """A long parameter, or the parameters of a list, on their way to the meter."""

    methods: tuple[Method, ...]
    is_list: bool
    value: Incoming = Incoming()


class Returning(NamedTuple):
    """A long answer on its way to the client."""

    value: Outgoing


Transfer: TypeAlias = Calling | Returning


class Delivery(NamedTuple):
    """What goes out now, and the transfer that goes on."""

    apdu: bytes
    transfer: Transfer | None = None


def act(request: ActionRequest, session: Session, transfer: Transfer | None, host: Host) -> Delivery:
    """Serve a decoded ACTION request in an open association.

    Parameters under way live on only through `ActionBlock`, an answer under way only through `ActionNext`.
    """
    if _needed(request) & ~session.conformance:
        return Delivery(blocks.NOT_NEGOTIATED)
    match request:
        case ActionNormal(invoke, method, parameter):
            return _deliver_one(invoke, _call(method, parameter, session, host), session)
        case ActionWithList(invoke, methods, parameters):
            return _call_list(invoke, methods, parameters, session, host)
        case ActionNext(invoke, number):
            return _continue(invoke, number, transfer, session)
        case ActionFirstBlock() | ActionListAndFirstBlock() | ActionBlock():
            return _take_block(request, session, transfer, host)
        case _:
            assert_never(request)


def _take_block(
    request: ActionFirstBlock | ActionListAndFirstBlock | ActionBlock,
    session: Session,
    transfer: Transfer | None,
    host: Host,
) -> Delivery:
    match request:
        case ActionFirstBlock(invoke, method, block):
            return _gather(invoke, Calling((method,), is_list=False), block, session, host)
        case ActionListAndFirstBlock(invoke, methods, block):
            return _gather(invoke, Calling(methods, is_list=True), block, session, host)
        case ActionBlock(invoke, block):
            if not isinstance(transfer, Calling):
                return _break_off(invoke, ActionResult.NO_LONG_ACTION_IN_PROGRESS)
            return _gather(invoke, transfer, block, session, host)
        case _:
            assert_never(request)


def _needed(request: ActionRequest) -> Conformance:
    """Say which services a form of ACTION needs, all of them."""
    needed = Conformance.ACTION
    if isinstance(request, ActionWithList | ActionListAndFirstBlock):
        needed |= Conformance.MULTIPLE_REFERENCES
    if not isinstance(request, ActionNormal | ActionWithList):
        needed |= Conformance.BLOCK_TRANSFER_WITH_ACTION
    return needed


def _call(method: Method, parameter: Data | None, session: Session, host: Host) -> ActionAnswer:
    """Ask the meter; null-data is no parameter, as in a list there is no other way to give none."""
    given = None if parameter is None or parameter.tag is Tag.NULL_DATA else parameter
    return host.act(session, method, given)


def _call_list(
    invoke: int, methods: tuple[Method, ...], parameters: tuple[Data, ...], session: Session, host: Host
) -> Delivery:
    """Call the methods in their order, each on its own, but only if what became of them can be told."""
    told = ActionAnswer(ActionResult.SUCCESS, DataAccessResult.OTHER_REASON)
    least = xdlms_action.encode_response(ActionResultList(invoke, (told,) * len(methods)))
    if len(least) > _room(session) and not _sends_blocks(session):
        return Delivery(blocks.TOO_LONG)
    answers: list[ActionAnswer] = []
    octets = 0
    for method, parameter in zip(methods, parameters, strict=True):
        answer = _call(method, parameter, session, host)
        octets += len(answer.data) if isinstance(answer.data, bytes) else 0
        answers.append(answer if octets <= MAXIMUM_ANSWERS else _without_data(answer))
    return _deliver_list(invoke, tuple(answers), session)


def _deliver_one(invoke: int, answer: ActionAnswer, session: Session) -> Delivery:
    apdu = xdlms_action.encode_response(ActionResultNormal(invoke, answer))
    if len(apdu) <= _room(session):
        return Delivery(apdu)
    if isinstance(answer.data, bytes) and answer.result is ActionResult.SUCCESS and _sends_blocks(session):
        return _next(invoke, Outgoing(answer.data), session)
    return Delivery(xdlms_action.encode_response(ActionResultNormal(invoke, _without_data(answer))))


def _deliver_list(invoke: int, answers: tuple[ActionAnswer, ...], session: Session) -> Delivery:
    apdu = xdlms_action.encode_response(ActionResultList(invoke, answers))
    if len(apdu) <= _room(session):
        return Delivery(apdu)
    if _sends_blocks(session):
        return _next(invoke, Outgoing(xdlms_action.encode_answers(answers)), session)
    shorter = tuple(_without_data(answer) for answer in answers)
    return Delivery(xdlms_action.encode_response(ActionResultList(invoke, shorter)))


def _without_data(answer: ActionAnswer) -> ActionAnswer:
    """Keep the result of a method and drop what it returns: it has been called, and that must not be lost."""
    return answer if answer.data is None else ActionAnswer(answer.result, DataAccessResult.OTHER_REASON)


def _gather(invoke: int, transfer: Calling, block: Block, session: Session, host: Host) -> Delivery:
    """Put a block behind those that came before it; the last one calls the method."""
    octets = transfer.value.octets + block.octets
    if block.number != transfer.value.block + 1 or len(octets) > blocks.MAXIMUM_VALUE:
        return _break_off(invoke, ActionResult.LONG_ACTION_ABORTED)
    if not block.last:
        received = xdlms_action.encode_response(ActionReceived(invoke, block.number))
        return Delivery(received, transfer._replace(value=Incoming(octets, block.number)))
    parameters = _parameters(transfer, octets)
    if parameters is None:
        return _break_off(invoke, ActionResult.TYPE_UNMATCHED)
    if transfer.is_list:
        return _call_list(invoke, transfer.methods, parameters, session, host)
    return _deliver_one(invoke, _call(transfer.methods[0], parameters[0], session, host), session)


def _parameters(transfer: Calling, octets: bytes) -> tuple[Data, ...] | None:
    """Decode what the blocks add up to: as many parameters as there are methods, else None."""
    try:
        parameters = xdlms_parts.decode_values(octets) if transfer.is_list else (axdr.decode(octets),)
    except (AxdrError, DlmsError):
        return None
    return parameters if len(parameters) == len(transfer.methods) else None


def _continue(invoke: int, number: int, transfer: Transfer | None, session: Session) -> Delivery:
    """Send the next block of an answer, or say why there is none; then the transfer is over."""
    if not isinstance(transfer, Returning):
        return _break_off(invoke, ActionResult.NO_LONG_ACTION_IN_PROGRESS)
    if number != transfer.value.block:
        return _break_off(invoke, ActionResult.LONG_ACTION_ABORTED)
    return _next(invoke, transfer.value, session)


def _next(invoke: int, value: Outgoing, session: Session) -> Delivery:
    """Send the next block of an answer."""
    size = blocks.block_octets(_room(session), xdlms_action.BLOCK_OVERHEAD)
    block, remaining = blocks.cut(value, size)
    apdu = xdlms_action.encode_response(ActionResultBlock(invoke, block))
    return Delivery(apdu, None if remaining is None else Returning(remaining))


def _room(session: Session) -> int:
    return blocks.room(session, Conformance.BLOCK_TRANSFER_WITH_ACTION)


def _sends_blocks(session: Session) -> bool:
    return bool(session.conformance & Conformance.BLOCK_TRANSFER_WITH_ACTION)


def _break_off(invoke: int, reason: ActionResult) -> Delivery:
    return Delivery(xdlms_action.encode_response(ActionResultNormal(invoke, ActionAnswer(reason))))
