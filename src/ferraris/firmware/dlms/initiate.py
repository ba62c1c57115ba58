"""xDLMS negotiation: InitiateRequest, InitiateResponse and confirmedServiceError, which ride inside AARQ and AARE.

Layout checked against the Green Book examples 01000000065F1F0400007E1F04B0 and 0800065F1F040000501F01F40007.
"""

import struct
from enum import IntFlag
from typing import NamedTuple

from ferraris.firmware.dlms import axdr
from ferraris.firmware.dlms.axdr import AxdrError
from ferraris.firmware.dlms.results import DlmsError, InitiateError

INITIATE_REQUEST = 0x01
INITIATE_RESPONSE = 0x08
CONFIRMED_SERVICE_ERROR = 0x0E
DLMS_VERSION = 6
VAA_NAME_LN = 0x0007
"""What a server says for its name where objects are addressed by logical names."""
MINIMUM_PDU = 12
"""Smallest maximum PDU size a client may propose; 0 means no limit (Green Book, as quoted in Gurux.DLMS.Net PR 11)."""

_CONFORMANCE_TAG = b"\x5f\x1f\x04\x00"
"""[APPLICATION 31] in BER inside A-XDR: tag of two octets, four octets, no unused bits."""


class Conformance(IntFlag):
    """The 24 bits of the conformance block, first bit (bit 0 of the standard) on top (seen in GuruxDLMS.c and u9n)."""

    GENERAL_PROTECTION = 1 << 22
    GENERAL_BLOCK_TRANSFER = 1 << 21
    READ = 1 << 20
    WRITE = 1 << 19
    UNCONFIRMED_WRITE = 1 << 18
    ATTRIBUTE_0_WITH_SET = 1 << 15
    PRIORITY_MANAGEMENT = 1 << 14
    ATTRIBUTE_0_WITH_GET = 1 << 13
    BLOCK_TRANSFER_WITH_GET = 1 << 12
    BLOCK_TRANSFER_WITH_SET = 1 << 11
    BLOCK_TRANSFER_WITH_ACTION = 1 << 10
    MULTIPLE_REFERENCES = 1 << 9
    INFORMATION_REPORT = 1 << 8
    DATA_NOTIFICATION = 1 << 7
    ACCESS = 1 << 6
    PARAMETERIZED_ACCESS = 1 << 5
    GET = 1 << 4
    SET = 1 << 3
    SELECTIVE_ACCESS = 1 << 2
    EVENT_NOTIFICATION = 1 << 1
    ACTION = 1 << 0


class InitiateRequest(NamedTuple):
    """What a client proposes."""

    conformance: int
    client_max_pdu: int
    dlms_version: int = DLMS_VERSION
    dedicated_key: bytes | None = None
    response_allowed: bool = True
    quality_of_service: int | None = None


class InitiateResponse(NamedTuple):
    """What was agreed."""

    conformance: int
    server_max_pdu: int
    dlms_version: int = DLMS_VERSION
    vaa_name: int = VAA_NAME_LN
    quality_of_service: int | None = None


class ConfirmedServiceError(NamedTuple):
    """A refusal: which service failed (1 is initiate), in which group of reasons (6 is initiate), and why."""

    service: int
    group: int
    reason: int


def refusal(reason: InitiateError) -> ConfirmedServiceError:
    """Make the refusal of a negotiation."""
    return ConfirmedServiceError(1, 6, reason)


def encode_request(request: InitiateRequest) -> bytes:
    """Encode an InitiateRequest."""
    key = b"\x00" if request.dedicated_key is None else b"\x01" + _counted(request.dedicated_key)
    allowed = b"\x00" if request.response_allowed else b"\x01\x00"  # DEFAULT TRUE: a 0 usage octet means the default
    return b"".join(
        (
            bytes((INITIATE_REQUEST,)),
            key,
            allowed,
            _optional_octet(request.quality_of_service),
            bytes((request.dlms_version,)),
            _conformance(request.conformance),
            struct.pack(">H", request.client_max_pdu),
        )
    )


def encode_response(response: InitiateResponse) -> bytes:
    """Encode an InitiateResponse."""
    return b"".join(
        (
            bytes((INITIATE_RESPONSE,)),
            _optional_octet(response.quality_of_service),
            bytes((response.dlms_version,)),
            _conformance(response.conformance),
            struct.pack(">HH", response.server_max_pdu, response.vaa_name),
        )
    )


def encode_error(error: ConfirmedServiceError) -> bytes:
    """Encode a confirmedServiceError."""
    return bytes((CONFIRMED_SERVICE_ERROR, *error))


def decode_request(octets: bytes) -> InitiateRequest:
    """Decode an InitiateRequest. Raises `DlmsError`."""
    try:
        return _request(octets)
    except AxdrError as error:
        raise DlmsError(f"InitiateRequest: {error}") from error


def _request(octets: bytes) -> InitiateRequest:
    position = _tagged(octets, INITIATE_REQUEST)
    key = None
    has_key, position = _flag(octets, position)
    if has_key:
        size, position = axdr.length_from(octets, position)
        key, position = axdr.take(octets, position, size)
    allowed = True
    says_allowed, position = _flag(octets, position)
    if says_allowed:
        allowed, position = _flag(octets, position)
    quality, position = _optional(octets, position)
    (version,), position = axdr.take(octets, position, 1)
    conformance, position = _conformance_from(octets, position)
    size, position = _number(octets, position)
    _ended(octets, position)
    return InitiateRequest(conformance, size, version, key, allowed, quality)


def decode_response(octets: bytes) -> InitiateResponse | ConfirmedServiceError:
    """Decode what a server answered to an InitiateRequest. Raises `DlmsError`."""
    try:
        if octets[:1] == bytes((CONFIRMED_SERVICE_ERROR,)):
            fields, position = axdr.take(octets, 1, 3)
            _ended(octets, position)
            return ConfirmedServiceError(*fields)
        return _response(octets)
    except AxdrError as error:
        raise DlmsError(f"InitiateResponse: {error}") from error


def _response(octets: bytes) -> InitiateResponse:
    position = _tagged(octets, INITIATE_RESPONSE)
    quality, position = _optional(octets, position)
    (version,), position = axdr.take(octets, position, 1)
    conformance, position = _conformance_from(octets, position)
    size, position = _number(octets, position)
    name, position = _number(octets, position)
    _ended(octets, position)
    return InitiateResponse(conformance, size, version, name, quality)


def _counted(octets: bytes) -> bytes:
    return axdr.length(len(octets)) + octets


def _optional_octet(value: int | None) -> bytes:
    return b"\x00" if value is None else bytes((1, value))


def _conformance(bits: int) -> bytes:
    return _CONFORMANCE_TAG + bits.to_bytes(3, "big")


def _tagged(octets: bytes, tag: int) -> int:
    if octets[:1] != bytes((tag,)):
        raise DlmsError(f"tag {tag:02X} expected")
    return 1


def _flag(octets: bytes, start: int) -> tuple[bool, int]:
    (octet,), end = axdr.take(octets, start, 1)
    return octet != 0, end


def _optional(octets: bytes, start: int) -> tuple[int | None, int]:
    there, position = _flag(octets, start)
    if not there:
        return None, position
    (value,), position = axdr.take(octets, position, 1)
    return value, position


def _conformance_from(octets: bytes, start: int) -> tuple[int, int]:
    tag, position = axdr.take(octets, start, len(_CONFORMANCE_TAG))
    if tag != _CONFORMANCE_TAG:
        raise DlmsError(f"conformance block expected, found {tag.hex()}")
    bits, end = axdr.take(octets, position, 3)
    return int.from_bytes(bits, "big"), end


def _number(octets: bytes, start: int) -> tuple[int, int]:
    part, end = axdr.take(octets, start, 2)
    return int.from_bytes(part, "big"), end


def _ended(octets: bytes, position: int) -> None:
    if position != len(octets):
        raise DlmsError(f"{len(octets) - position} octets after the end")
