"""The SET service: one attribute, several, or a long value block by block.

A block that is not the last is acknowledged by its number. The meter is asked when the last one is there, once; a block
of another number, one too many octets or any other request ends the transfer, and nothing has been set.

How a transfer is broken off (last-datablock with the reason) is recalled from the Green Book, 9.3.6; unverified.
"""

from typing import NamedTuple, assert_never

from ferraris.firmware.dlms import axdr, blocks, xdlms_parts, xdlms_set
from ferraris.firmware.dlms.axdr import AxdrError, Data
from ferraris.firmware.dlms.blocks import Incoming
from ferraris.firmware.dlms.host import Host, Session
from ferraris.firmware.dlms.initiate import Conformance
from ferraris.firmware.dlms.results import DataAccessResult, DlmsError
from ferraris.firmware.dlms.xdlms_parts import Block, Item
from ferraris.firmware.dlms.xdlms_set import (
    SetBlock,
    SetFirstBlock,
    SetLast,
    SetListAndFirstBlock,
    SetListLast,
    SetListResult,
    SetNormal,
    SetReceived,
    SetRequest,
    SetResult,
    SetWithList,
)


class Writing(NamedTuple):
    """A long value, or the values of a list, on their way to the meter."""

    items: tuple[Item, ...]
    is_list: bool
    value: Incoming = Incoming()


class Delivery(NamedTuple):
    """What goes out now, and the transfer that goes on."""

    apdu: bytes
    transfer: Writing | None = None


def write(request: SetRequest, session: Session, transfer: Writing | None, host: Host) -> Delivery:
    """Serve a decoded SET request in an open association. A transfer under way lives on only through `SetBlock`."""
    if _needed(request) & ~session.conformance:
        return Delivery(blocks.NOT_NEGOTIATED)
    match request:
        case SetNormal(invoke, attribute, selection, value):
            result = _set((attribute, selection), value, session, host)
            return Delivery(xdlms_set.encode_response(SetResult(invoke, result)))
        case SetWithList():
            return _write_list(request, session, host)
        case SetFirstBlock() | SetListAndFirstBlock() | SetBlock():
            return _take_block(request, session, transfer, host)
        case _:
            assert_never(request)


def _take_block(
    request: SetFirstBlock | SetListAndFirstBlock | SetBlock, session: Session, transfer: Writing | None, host: Host
) -> Delivery:
    match request:
        case SetFirstBlock(invoke, attribute, selection, block):
            return _gather(invoke, Writing(((attribute, selection),), is_list=False), block, session, host)
        case SetListAndFirstBlock(invoke, items, block):
            if not _results_fit(SetListLast(invoke, _refusals(items), block.number), session):
                return Delivery(blocks.TOO_LONG)
            return _gather(invoke, Writing(items, is_list=True), block, session, host)
        case SetBlock(invoke, block):
            if transfer is None:
                return _break_off(invoke, block, DataAccessResult.NO_LONG_SET_IN_PROGRESS)
            return _gather(invoke, transfer, block, session, host)
        case _:
            assert_never(request)


def _needed(request: SetRequest) -> Conformance:
    """Say which services a form of SET needs, all of them."""
    needed = Conformance.SET
    if isinstance(request, SetWithList | SetListAndFirstBlock):
        needed |= Conformance.MULTIPLE_REFERENCES
    if isinstance(request, SetFirstBlock | SetBlock | SetListAndFirstBlock):
        needed |= Conformance.BLOCK_TRANSFER_WITH_SET
    return needed


def _set(item: Item, value: Data, session: Session, host: Host) -> DataAccessResult:
    """Ask the meter, unless the request itself needs a service that was not negotiated."""
    attribute, selection = item
    if selection is not None and not session.conformance & Conformance.SELECTIVE_ACCESS:
        return DataAccessResult.OTHER_REASON
    if attribute.number == 0:  # all attributes at once: we never negotiate it
        return DataAccessResult.READ_WRITE_DENIED
    return host.set(session, attribute, selection, value)


def _set_all(
    items: tuple[Item, ...], values: tuple[Data, ...], session: Session, host: Host
) -> tuple[DataAccessResult, ...]:
    """Set the items in their order, each on its own: one that fails does not take the others with it."""
    return tuple(_set(item, value, session, host) for item, value in zip(items, values, strict=True))


def _write_list(request: SetWithList, session: Session, host: Host) -> Delivery:
    """Set a list, but only if what became of it can be told."""
    invoke, items, values = request
    if not _results_fit(SetListResult(invoke, _refusals(items)), session):
        return Delivery(blocks.TOO_LONG)
    return Delivery(xdlms_set.encode_response(SetListResult(invoke, _set_all(items, values, session, host))))


def _refusals(items: tuple[Item, ...]) -> tuple[DataAccessResult, ...]:
    return (DataAccessResult.OTHER_REASON,) * len(items)


def _results_fit(response: SetListResult | SetListLast, session: Session) -> bool:
    limit = blocks.room(session, Conformance.BLOCK_TRANSFER_WITH_SET)
    return len(xdlms_set.encode_response(response)) <= limit


def _gather(invoke: int, transfer: Writing, block: Block, session: Session, host: Host) -> Delivery:
    """Put a block behind those that came before it; the last one sets the value."""
    if block.number != transfer.value.block + 1:
        return _break_off(invoke, block, DataAccessResult.DATA_BLOCK_NUMBER_INVALID)
    octets = transfer.value.octets + block.octets
    if len(octets) > blocks.MAXIMUM_VALUE:
        return _break_off(invoke, block, DataAccessResult.LONG_SET_ABORTED)
    if not block.last:
        received = xdlms_set.encode_response(SetReceived(invoke, block.number))
        return Delivery(received, transfer._replace(value=Incoming(octets, block.number)))
    values = _values(transfer, octets)
    if values is None:
        return _break_off(invoke, block, DataAccessResult.TYPE_UNMATCHED)
    results = _set_all(transfer.items, values, session, host)
    if transfer.is_list:
        return Delivery(xdlms_set.encode_response(SetListLast(invoke, results, block.number)))
    return Delivery(xdlms_set.encode_response(SetLast(invoke, results[0], block.number)))


def _values(transfer: Writing, octets: bytes) -> tuple[Data, ...] | None:
    """Decode what the blocks add up to: as many values as there are items, else None."""
    try:
        values = xdlms_parts.decode_values(octets) if transfer.is_list else (axdr.decode(octets),)
    except (AxdrError, DlmsError):
        return None
    return values if len(values) == len(transfer.items) else None


def _break_off(invoke: int, block: Block, reason: DataAccessResult) -> Delivery:
    return Delivery(xdlms_set.encode_response(SetLast(invoke, reason, block.number)))
