"""How long an APDU may get, and what that means for long values in either direction.

A value that does not fit is cut into blocks, numbered from 1. Blocks that come in have to be numbered without a gap,
and what they add up to is bounded: a client cannot make us hold more than `MAXIMUM_VALUE` octets.
"""

from typing import NamedTuple

from ferraris.firmware.dlms import xdlms
from ferraris.firmware.dlms.host import Session
from ferraris.firmware.dlms.initiate import Conformance
from ferraris.firmware.dlms.results import ServiceError, StateError
from ferraris.firmware.dlms.wrapper import MAXIMUM_LENGTH
from ferraris.firmware.dlms.xdlms import ExceptionResponse
from ferraris.firmware.dlms.xdlms_parts import Block

MAXIMUM_BLOCK_PDU = 8192
"""Octets of an APDU with a block, however much the client would take: what one connection costs us stays bounded."""

MAXIMUM_VALUE = 1 << 16
"""Octets of a value or parameter that comes in blocks; the longest thing a meter is told is a calendar of some KiB."""

NOT_NEGOTIATED = xdlms.encode_exception(
    ExceptionResponse(StateError.SERVICE_NOT_ALLOWED, ServiceError.SERVICE_NOT_SUPPORTED)
)
TOO_LONG = xdlms.encode_exception(
    ExceptionResponse(StateError.SERVICE_NOT_ALLOWED, ServiceError.OPERATION_NOT_POSSIBLE)
)
"""For a list whose answers do not fit and cannot come in blocks."""


class Outgoing(NamedTuple):
    """A long value on its way to the client."""

    octets: bytes
    sent: int = 0
    """Octets delivered so far."""
    block: int = 0
    """Number of the last block delivered."""


class Incoming(NamedTuple):
    """A long value on its way to the meter: what has come of it."""

    octets: bytes = b""
    block: int = 0
    """Number of the last block that came."""


def room(session: Session, transfer: Conformance) -> int:
    """Octets an APDU may have: what the client takes (0: no limit), and what we send where `transfer` is agreed.

    transfer  the kind of block transfer that a longer answer would need
    """
    limit = session.client_max_pdu or MAXIMUM_LENGTH
    return min(limit, MAXIMUM_BLOCK_PDU) if session.conformance & transfer else limit


def block_octets(limit: int, overhead: int) -> int:
    """Octets of data that fit into a block APDU of at most `limit` octets: overhead and length come off first."""
    rest = limit - overhead
    for length_octets, most in ((1, 0x7F), (2, 0xFF), (3, 0xFFFF)):
        if rest - length_octets <= most:
            return rest - length_octets
    raise AssertionError(f"an APDU of {limit} octets")


def cut(value: Outgoing, size: int) -> tuple[Block, Outgoing | None]:
    """Cut the next block of at most `size` octets off a long value; returns it and what remains of the value."""
    end = value.sent + size
    last = end >= len(value.octets)
    block = Block(last, value.block + 1, value.octets[value.sent : end])
    return block, None if last else Outgoing(value.octets, end, block.number)
