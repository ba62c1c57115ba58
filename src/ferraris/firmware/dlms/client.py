"""The other side: a client's dialogues, sans-IO, with the same codec.

A dialogue is a generator: it yields the APDU to send, is sent the APDU that came back, and returns what it learnt.

    dialogue = get(attribute)
    apdu = next(dialogue)
    while True: apdu = dialogue.send(exchange(apdu))     # ends with StopIteration, whose value is the answer

`framed` makes a dialogue of APDUs one of wrapper frames, for a stream that comes in pieces. What one object says no to
is an answer (`DataAccessResult`, `ActionResult`); a meter that refuses the whole request raises `RefusedError`, one
that answers nonsense raises `DlmsError`.

Values go in and come out encoded: `cosem.classes` and its neighbours make them, `axdr.decode` takes them apart. What is
longer than `max_pdu`, the limit that `associate` agreed (0: none), goes in blocks.
"""

from collections.abc import Callable, Generator
from typing import Never, Protocol, TypeAlias, TypeVar

from ferraris.firmware.dlms import acse, axdr, blocks, initiate, wrapper, xdlms, xdlms_action, xdlms_parts, xdlms_set
from ferraris.firmware.dlms.acse import ApplicationContext, AssociationRequest, AssociationResult, Mechanism, Release
from ferraris.firmware.dlms.blocks import Outgoing
from ferraris.firmware.dlms.host import (
    MANAGEMENT_LOGICAL_DEVICE,
    READING,
    ActionAnswer,
    Answer,
    Attribute,
    Method,
    Selection,
)
from ferraris.firmware.dlms.initiate import InitiateRequest, InitiateResponse
from ferraris.firmware.dlms.results import ActionResult, DataAccessResult, DlmsError
from ferraris.firmware.dlms.wrapper import Frame
from ferraris.firmware.dlms.xdlms import (
    GetNext,
    GetNormal,
    GetWithList,
    ResultBlock,
    ResultList,
    ResultNormal,
)
from ferraris.firmware.dlms.xdlms_parts import Block, Item

Learnt = TypeVar("Learnt")
Dialogue: TypeAlias = Generator[bytes, bytes, Learnt]


class Response(Protocol):
    """A response of any service: it has the invoke-id and priority of its request."""

    @property
    def invoke(self) -> int:
        """Octet of invoke-id and priority."""
        ...


Responded = TypeVar("Responded", bound=Response)

INVOKE = 0xC1
"""Invoke-id 1, confirmed, high priority."""


class RefusedError(DlmsError):
    """The meter understood and said no; the text says why."""


def framed(dialogue: Dialogue[Learnt], source: int, destination: int = MANAGEMENT_LOGICAL_DEVICE) -> Dialogue[Learnt]:
    """Hold a dialogue over the wrapper: it yields frames and is sent octets as they arrive, whole frames or pieces.

    While an answer is not whole it yields nothing (b""), which means: wait for more. Raises `DlmsError` where what
    arrives is no single frame from `destination` to `source`.
    """
    apdu = next(dialogue)
    while True:
        arrived = yield wrapper.encode(Frame(source, destination, apdu))
        frames, rest = wrapper.split(arrived)
        while not frames:
            arrived = rest + (yield b"")
            frames, rest = wrapper.split(arrived)
        if rest or [frame[:2] for frame in frames] != [(destination, source)]:
            raise DlmsError(f"one frame from {destination} to {source} was expected, not {arrived.hex()}")
        try:
            apdu = dialogue.send(frames[0].apdu)
        except StopIteration as end:
            learnt: Learnt = end.value
            return learnt


def associate(
    password: bytes | None = None, conformance: int = READING, max_pdu: int = 0xFFFF
) -> Dialogue[InitiateResponse]:
    """Open an association, with low-level security where a password is given; returns what was agreed."""
    context = acse.context_name(ApplicationContext.LOGICAL_NAME)
    proposal = initiate.encode_request(InitiateRequest(conformance, max_pdu))
    mechanism = None if password is None else acse.mechanism_name(Mechanism.LOW)
    apdu = yield acse.encode_request(AssociationRequest(context, proposal, mechanism, password))
    answer = acse.decode_response(apdu)
    if answer.result is not AssociationResult.ACCEPTED:
        raise RefusedError(f"{answer.result.name}: {answer.diagnostic.name}")
    agreed = initiate.decode_response(answer.user_information or b"")
    if not isinstance(agreed, InitiateResponse):
        raise DlmsError("an association was accepted without saying on what terms")
    return agreed


def release() -> Dialogue[None]:
    """Release the association."""
    apdu = yield acse.encode_release(acse.RLRQ, Release())
    acse.decode_release(apdu, acse.RLRE)


# ---------------------------------------------------------------- GET


def get(attribute: Attribute, selection: Selection | None = None) -> Dialogue[Answer]:
    """Read one attribute, in blocks where it is long."""
    response = yield from _get(GetNormal(INVOKE, attribute, selection))
    if isinstance(response, ResultNormal):
        return response.answer
    if isinstance(response, ResultBlock):
        return (yield from _collect(response))
    raise DlmsError("one attribute was asked for, a list came")


def get_list(items: tuple[Item, ...]) -> Dialogue[tuple[Answer, ...]]:
    """Read several attributes at once; the answers are in the same order."""
    response = yield from _get(GetWithList(INVOKE, items))
    if isinstance(response, ResultList):
        return response.answers
    if isinstance(response, ResultBlock):
        octets = yield from _collect(response)
        if isinstance(octets, bytes):
            return xdlms.decode_answers(octets)
        raise RefusedError(octets.name)
    raise DlmsError("a list was asked for, one value came")


def _collect(block: ResultBlock) -> Dialogue[Answer]:
    """Fetch the remaining blocks; they have to be numbered from 1 without a gap."""
    parts: list[bytes] = []
    while True:
        if isinstance(block.answer, DataAccessResult):
            return block.answer
        parts.append(block.answer)
        if block.block != len(parts):
            raise DlmsError(f"block {block.block} came, {len(parts)} was expected")
        if block.last:
            return b"".join(parts)
        response = yield from _get(GetNext(INVOKE, block.block))
        if not isinstance(response, ResultBlock):
            raise DlmsError("a block was asked for, something else came")
        block = response


def _get(request: xdlms.GetRequest) -> Dialogue[xdlms.GetResponse]:
    return _ask(xdlms.encode_request(request), xdlms.decode_response)


# ---------------------------------------------------------------- SET


def write(
    attribute: Attribute, value: bytes, selection: Selection | None = None, max_pdu: int = 0
) -> Dialogue[DataAccessResult]:
    """Give one attribute an encoded value; returns what became of it."""
    whole = xdlms_set.encode_request(xdlms_set.SetNormal(INVOKE, attribute, selection, axdr.decode(value)))
    response = yield from _upload_set(
        whole, lambda block: xdlms_set.SetFirstBlock(INVOKE, attribute, selection, block), value, max_pdu
    )
    if isinstance(response, xdlms_set.SetResult | xdlms_set.SetLast):
        return response.result
    raise DlmsError("one attribute was set, the answer is to something else")


def write_list(
    items: tuple[Item, ...], values: tuple[bytes, ...], max_pdu: int = 0
) -> Dialogue[tuple[DataAccessResult, ...]]:
    """Give several attributes their encoded values at once; the results are in the same order."""
    decoded = tuple(axdr.decode(value) for value in values)
    whole = xdlms_set.encode_request(xdlms_set.SetWithList(INVOKE, items, decoded))
    response = yield from _upload_set(
        whole,
        lambda block: xdlms_set.SetListAndFirstBlock(INVOKE, items, block),
        xdlms_parts.encode_values(decoded),
        max_pdu,
    )
    if isinstance(response, xdlms_set.SetListResult | xdlms_set.SetListLast):
        return response.results
    if isinstance(response, xdlms_set.SetLast):
        raise RefusedError(response.result.name)
    raise DlmsError("a list was set, the answer is to something else")


def _upload_set(
    whole: bytes,
    first: Callable[[Block], xdlms_set.SetFirstBlock | xdlms_set.SetListAndFirstBlock],
    value: bytes,
    max_pdu: int,
) -> Dialogue[xdlms_set.SetResponse]:
    def encode(block: Block) -> bytes:
        return xdlms_set.encode_request(xdlms_set.SetBlock(INVOKE, block))

    apdus = _apdus(whole, lambda block: xdlms_set.encode_request(first(block)), encode, value, max_pdu)
    return _upload(apdus, xdlms_set.decode_response)


# ---------------------------------------------------------------- ACTION


def act(method: Method, parameter: bytes | None = None, max_pdu: int = 0) -> Dialogue[ActionAnswer]:
    """Call one method with an encoded parameter; returns what became of it and what it returned."""
    given = None if parameter is None else axdr.decode(parameter)
    whole = xdlms_action.encode_request(xdlms_action.ActionNormal(INVOKE, method, given))
    response = yield from _upload_action(
        whole, lambda block: xdlms_action.ActionFirstBlock(INVOKE, method, block), parameter or b"", max_pdu
    )
    if isinstance(response, xdlms_action.ActionResultBlock):
        return (yield from _collect_action(response))
    if isinstance(response, xdlms_action.ActionResultNormal):
        return response.answer
    raise DlmsError("one method was called, the answer is to something else")


def act_list(calls: tuple[tuple[Method, bytes | None], ...], max_pdu: int = 0) -> Dialogue[tuple[ActionAnswer, ...]]:
    """Call several methods at once; the answers are in the same order."""
    methods = tuple(method for method, _ in calls)
    parameters = tuple(axdr.decode(axdr.NULL if given is None else given) for _, given in calls)
    whole = xdlms_action.encode_request(xdlms_action.ActionWithList(INVOKE, methods, parameters))
    value = xdlms_parts.encode_values(parameters)
    response = yield from _upload_action(
        whole, lambda block: xdlms_action.ActionListAndFirstBlock(INVOKE, methods, block), value, max_pdu
    )
    if isinstance(response, xdlms_action.ActionResultList):
        return response.answers
    if isinstance(response, xdlms_action.ActionResultBlock):
        collected = yield from _collect_action(response)
        if isinstance(collected.data, bytes):
            return xdlms_action.decode_answers(collected.data)
        raise RefusedError(collected.result.name)
    if isinstance(response, xdlms_action.ActionResultNormal):
        raise RefusedError(response.answer.result.name)
    raise DlmsError("methods were called, the answer is to something else")


def _upload_action(
    whole: bytes,
    first: Callable[[Block], xdlms_action.ActionFirstBlock | xdlms_action.ActionListAndFirstBlock],
    value: bytes,
    max_pdu: int,
) -> Dialogue[xdlms_action.ActionResponse]:
    def encode(block: Block) -> bytes:
        return xdlms_action.encode_request(xdlms_action.ActionBlock(INVOKE, block))

    apdus = _apdus(whole, lambda block: xdlms_action.encode_request(first(block)), encode, value, max_pdu)
    return _upload(apdus, xdlms_action.decode_response)


def _collect_action(response: xdlms_action.ActionResponse) -> Dialogue[ActionAnswer]:
    """Fetch the remaining blocks of an answer; they have to be numbered from 1 without a gap."""
    parts: list[bytes] = []
    while isinstance(response, xdlms_action.ActionResultBlock):
        last, number, octets = response.block
        parts.append(octets)
        if number != len(parts):
            raise DlmsError(f"block {number} came, {len(parts)} was expected")
        if last:
            return ActionAnswer(ActionResult.SUCCESS, b"".join(parts))
        response = yield from _ask(
            xdlms_action.encode_request(xdlms_action.ActionNext(INVOKE, number)), xdlms_action.decode_response
        )
    if isinstance(response, xdlms_action.ActionResultNormal):
        return response.answer
    raise DlmsError("a block was asked for, something else came")


# ---------------------------------------------------------------- what they have in common


def _apdus(
    whole: bytes, first: Callable[[Block], bytes], following: Callable[[Block], bytes], value: bytes, max_pdu: int
) -> list[bytes]:
    """Give the request in one APDU where that fits, else in one for each block."""
    if not max_pdu or len(whole) <= max_pdu:
        return [whole]
    apdus: list[bytes] = []
    remaining: Outgoing | None = Outgoing(value)
    while remaining is not None:
        make = following if apdus else first
        overhead = len(make(Block(False, 0, b""))) - 1
        block, remaining = blocks.cut(remaining, max(1, blocks.block_octets(max_pdu, overhead)))
        apdus.append(make(block))
    return apdus


def _upload(apdus: list[bytes], decode: Callable[[bytes], Responded]) -> Dialogue[Responded]:
    """Send all blocks; returns the response to the last, or to the one at which the meter broke off."""
    for number, apdu in enumerate(apdus, 1):
        response = yield from _ask(apdu, decode)
        if not isinstance(response, xdlms_set.SetReceived | xdlms_action.ActionReceived):
            return response
        if response.number != number:
            raise DlmsError(f"block {number} was sent, {response.number} is said to have come")
    raise DlmsError("the last block was answered as if more had to come")


def _ask(apdu: bytes, decode: Callable[[bytes], Responded]) -> Dialogue[Responded]:
    answer = yield apdu
    if answer[:1] == bytes((xdlms.Tag.EXCEPTION_RESPONSE,)):
        _refused(answer)
    response = decode(answer)
    if response.invoke != apdu[2]:
        raise DlmsError(f"the answer to {apdu[2]:02X} came as {response.invoke:02X}")
    return response


def _refused(apdu: bytes) -> Never:
    state, service, _ = xdlms.decode_exception(apdu)
    raise RefusedError(f"{state.name}: {service.name}")
