"""The other side: a client's dialogues, sans-IO, with the same codec.

A dialogue is a generator: it yields the APDU to send, is sent the APDU that came back, and returns what it learnt.

    dialogue = get(attribute)
    apdu = next(dialogue)
    while True: apdu = dialogue.send(exchange(apdu))     # ends with StopIteration, whose value is the answer

A meter that refuses raises `RefusedError`, one that answers nonsense raises `DlmsError`.
"""

from collections.abc import Generator
from typing import Never, TypeAlias, TypeVar

from ferraris.firmware.dlms import acse, initiate, xdlms
from ferraris.firmware.dlms.acse import ApplicationContext, AssociationRequest, AssociationResult, Mechanism, Release
from ferraris.firmware.dlms.host import READING, Answer, Attribute, Selection
from ferraris.firmware.dlms.initiate import InitiateRequest, InitiateResponse
from ferraris.firmware.dlms.results import DataAccessResult, DlmsError
from ferraris.firmware.dlms.xdlms import (
    GetNext,
    GetNormal,
    GetRequest,
    GetWithList,
    ResultBlock,
    ResultList,
    ResultNormal,
)

Learnt = TypeVar("Learnt")
Dialogue: TypeAlias = Generator[bytes, bytes, Learnt]

INVOKE = 0xC1
"""Invoke-id 1, confirmed, high priority."""


class RefusedError(DlmsError):
    """The meter understood and said no; the text says why."""


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


def get(attribute: Attribute, selection: Selection | None = None) -> Dialogue[Answer]:
    """Read one attribute, in blocks where it is long."""
    response = yield from _ask(GetNormal(INVOKE, attribute, selection))
    if isinstance(response, ResultNormal):
        return response.answer
    if isinstance(response, ResultBlock):
        return (yield from _collect(response))
    raise DlmsError("one attribute was asked for, a list came")


def get_list(items: tuple[tuple[Attribute, Selection | None], ...]) -> Dialogue[tuple[Answer, ...]]:
    """Read several attributes at once; the answers are in the same order."""
    response = yield from _ask(GetWithList(INVOKE, items))
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
        response = yield from _ask(GetNext(INVOKE, block.block))
        if not isinstance(response, ResultBlock):
            raise DlmsError("a block was asked for, something else came")
        block = response


def _ask(request: GetRequest) -> Dialogue[xdlms.GetResponse]:
    apdu = yield xdlms.encode_request(request)
    if apdu[:1] == bytes((xdlms.Tag.EXCEPTION_RESPONSE,)):
        _refused(apdu)
    response = xdlms.decode_response(apdu)
    if response.invoke != request.invoke:
        raise DlmsError(f"the answer to {request.invoke:02X} came as {response.invoke:02X}")
    return response


def _refused(apdu: bytes) -> Never:
    state, service, _ = xdlms.decode_exception(apdu)
    raise RefusedError(f"{state.name}: {service.name}")
