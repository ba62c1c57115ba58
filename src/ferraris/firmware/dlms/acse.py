"""ACSE: opening and releasing an association - AARQ, AARE, RLRQ, RLRE (ISO/IEC 8650-1 in BER, Green Book 9.4.2).

Decoders are liberal in what a client may add (titles, qualifiers, invocation identifiers are skipped) and strict in
form. They raise `DlmsError` and nothing else.
"""

from enum import IntEnum
from typing import NamedTuple, TypeVar

from ferraris.firmware.dlms import ber
from ferraris.firmware.dlms.results import DlmsError

AARQ = 0x60
AARE = 0x61
RLRQ = 0x62
RLRE = 0x63

_DLMS_UA = bytes.fromhex("6085740508")
"""joint-iso-ccitt(2) country(16) country-name(756) identified-organisation(5) DLMS-UA(8)."""


_Names = TypeVar("_Names", bound=IntEnum)


class ApplicationContext(IntEnum):
    """Last arc of an application-context-name: how objects are addressed, and whether APDUs may be ciphered."""

    LOGICAL_NAME = 1
    SHORT_NAME = 2
    LOGICAL_NAME_CIPHERED = 3
    SHORT_NAME_CIPHERED = 4


class Mechanism(IntEnum):
    """Last arc of an authentication-mechanism-name."""

    LOWEST = 0
    LOW = 1
    HIGH = 2
    HIGH_MD5 = 3
    HIGH_SHA1 = 4
    HIGH_GMAC = 5
    HIGH_SHA256 = 6
    HIGH_ECDSA = 7


class AssociationResult(IntEnum):
    """Outcome in an AARE."""

    ACCEPTED = 0
    REJECTED_PERMANENT = 1
    REJECTED_TRANSIENT = 2


class Diagnostic(IntEnum):
    """Reason in an AARE, from the service user (numbers checked against three public codecs)."""

    NULL = 0
    NO_REASON_GIVEN = 1
    APPLICATION_CONTEXT_NOT_SUPPORTED = 2
    MECHANISM_NOT_RECOGNISED = 11
    MECHANISM_REQUIRED = 12
    AUTHENTICATION_FAILURE = 13
    AUTHENTICATION_REQUIRED = 14


class ProviderDiagnostic(IntEnum):
    """Reason in an AARE, from the service provider."""

    NULL = 0
    NO_REASON_GIVEN = 1
    NO_COMMON_ACSE_VERSION = 2


class AssociationRequest(NamedTuple):
    """AARQ. Names are whole object identifiers as octets, so that an unknown one can still be reported."""

    application_context: bytes
    user_information: bytes | None = None
    mechanism: bytes | None = None
    authentication: bytes | None = None
    """The password, or the challenge of a high-level mechanism."""
    calling_title: bytes | None = None
    version_1: bool = True
    """Whether the client speaks version 1 of ACSE, the only one there is."""


class AssociationResponse(NamedTuple):
    """AARE."""

    application_context: bytes
    result: AssociationResult
    diagnostic: Diagnostic | ProviderDiagnostic
    user_information: bytes | None = None
    mechanism: bytes | None = None
    authentication: bytes | None = None
    responding_title: bytes | None = None


class Release(NamedTuple):
    """RLRQ or RLRE: reason (0 is normal) and xDLMS user information, both optional."""

    reason: int | None = 0
    user_information: bytes | None = None


def context_name(context: ApplicationContext) -> bytes:
    """Object identifier of an application context, as the octets of its contents."""
    return _DLMS_UA + bytes((1, context))


def mechanism_name(mechanism: Mechanism) -> bytes:
    """Object identifier of an authentication mechanism, as the octets of its contents."""
    return _DLMS_UA + bytes((2, mechanism))


# ---------------------------------------------------------------- association


def encode_request(request: AssociationRequest) -> bytes:
    """Encode an AARQ."""
    parts = [] if request.version_1 else [_NO_COMMON_VERSION]
    parts.append(_named(0xA1, request.application_context))
    if request.calling_title is not None:
        parts.append(ber.element(0xA6, ber.element(ber.OCTET_STRING, request.calling_title)))
    if request.mechanism is not None:
        parts += (_AUTHENTICATION_UNIT[0x8A], ber.element(0x8B, request.mechanism))
    if request.authentication is not None:
        parts.append(_authentication(0xAC, request.authentication))
    parts.append(_user_information(request.user_information))
    return ber.element(AARQ, b"".join(parts))


def encode_response(response: AssociationResponse) -> bytes:
    """Encode an AARE."""
    source = 0xA1 if isinstance(response.diagnostic, Diagnostic) else 0xA2
    parts = [
        _named(0xA1, response.application_context),
        ber.element(0xA2, _integer(response.result)),
        ber.element(0xA3, ber.element(source, _integer(response.diagnostic))),
    ]
    if response.responding_title is not None:
        parts.append(ber.element(0xA4, ber.element(ber.OCTET_STRING, response.responding_title)))
    if response.mechanism is not None:
        parts += (_AUTHENTICATION_UNIT[0x88], ber.element(0x89, response.mechanism))
    if response.authentication is not None:
        parts.append(_authentication(0xAA, response.authentication))
    parts.append(_user_information(response.user_information))
    return ber.element(AARE, b"".join(parts))


def decode_request(apdu: bytes) -> AssociationRequest:
    """Decode an AARQ. Raises `DlmsError`."""
    fields = _fields(apdu, AARQ)
    return AssociationRequest(
        application_context=ber.only(_required(fields, 0xA1), ber.OBJECT_IDENTIFIER),
        user_information=_unwrapped(fields, 0xBE),
        mechanism=fields.get(0x8B),
        authentication=_authentication_from(fields, 0xAC),
        calling_title=_unwrapped(fields, 0xA6),
        version_1=_speaks_version_1(fields.get(0x80)),
    )


def decode_response(apdu: bytes) -> AssociationResponse:
    """Decode an AARE. Raises `DlmsError`."""
    fields = _fields(apdu, AARE)
    return AssociationResponse(
        application_context=ber.only(_required(fields, 0xA1), ber.OBJECT_IDENTIFIER),
        result=_one_of(AssociationResult, _required(fields, 0xA2)),
        diagnostic=_diagnostic(_required(fields, 0xA3)),
        user_information=_unwrapped(fields, 0xBE),
        mechanism=fields.get(0x89),
        authentication=_authentication_from(fields, 0xAA),
        responding_title=_unwrapped(fields, 0xA4),
    )


# ---------------------------------------------------------------- release


def encode_release(tag: int, release: Release) -> bytes:
    """Encode an RLRQ or RLRE, as the tag says."""
    reason = b"" if release.reason is None else ber.element(0x80, bytes((release.reason,)))
    return ber.element(tag, reason + _user_information(release.user_information))


def decode_release(apdu: bytes, tag: int) -> Release:
    """Decode an RLRQ or RLRE, `62 00` included. Raises `DlmsError`."""
    fields = _fields(apdu, tag)
    reason = fields.get(0x80)
    if reason is not None and len(reason) != 1:
        raise DlmsError("the reason of a release has one octet")
    return Release(None if reason is None else reason[0], _unwrapped(fields, 0xBE))


# ---------------------------------------------------------------- parts

_AUTHENTICATION_UNIT = {tag: ber.element(tag, b"\x07\x80") for tag in (0x88, 0x8A)}
"""ACSE requirements: a bit string of one bit, "authentication"."""


_NO_COMMON_VERSION = ber.element(0x80, b"\x07\x00")
"""Protocol versions: a bit string of one bit, version 1, not set."""


def _integer(value: int) -> bytes:
    return ber.element(ber.INTEGER, bytes((value,)))


def _named(tag: int, identifier: bytes) -> bytes:
    return ber.element(tag, ber.element(ber.OBJECT_IDENTIFIER, identifier))


def _authentication(tag: int, value: bytes) -> bytes:
    return ber.element(tag, ber.element(0x80, value))


def _user_information(octets: bytes | None) -> bytes:
    return b"" if octets is None else ber.element(0xBE, ber.element(ber.OCTET_STRING, octets))


def _fields(apdu: bytes, tag: int) -> dict[int, bytes]:
    """Take an APDU apart into its fields by tag. A field given twice is an error: neither counts."""
    fields: dict[int, bytes] = {}
    for field, contents in ber.elements(ber.only(apdu, tag)):
        if field in fields:
            raise DlmsError(f"field {field:02X} comes twice")
        fields[field] = contents
    return fields


def _required(fields: dict[int, bytes], tag: int) -> bytes:
    if tag not in fields:
        raise DlmsError(f"field {tag:02X} is missing")
    return fields[tag]


def _unwrapped(fields: dict[int, bytes], tag: int) -> bytes | None:
    """Give the octet string inside an optional field."""
    return None if tag not in fields else ber.only(fields[tag], ber.OCTET_STRING)


def _authentication_from(fields: dict[int, bytes], tag: int) -> bytes | None:
    """Give an authentication value: characters (80), or a bit string (81) behind its count of unused bits."""
    if tag not in fields:
        return None
    found = list(ber.elements(fields[tag]))
    if len(found) != 1 or found[0][0] not in {0x80, 0x81}:
        raise DlmsError("an authentication value is one string of characters or bits")
    form, value = found[0]
    return value if form == 0x80 else value[1:]


def _speaks_version_1(protocol_version: bytes | None) -> bool:
    """Look at the bit string of protocol versions; version 1 is its first bit, and the default."""
    if protocol_version is None:
        return True
    return len(protocol_version) >= 2 and bool(protocol_version[1] & 0x80)


def _diagnostic(octets: bytes) -> Diagnostic | ProviderDiagnostic:
    found = list(ber.elements(octets))
    if len(found) != 1 or found[0][0] not in {0xA1, 0xA2}:
        raise DlmsError("a diagnostic comes from the service user or the provider")
    source, contents = found[0]
    return _one_of(Diagnostic, contents) if source == 0xA1 else _one_of(ProviderDiagnostic, contents)


def _one_of(names: type[_Names], octets: bytes) -> _Names:
    """Read an INTEGER that has to be one of the names."""
    value = ber.small_integer(octets)
    try:
        return names(value)
    except ValueError as error:
        raise DlmsError(str(error)) from error
