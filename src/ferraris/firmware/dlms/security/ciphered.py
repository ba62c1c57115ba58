"""The codec of protected APDUs: glo-* and ded-*, and the four general envelopes.

Nothing is deciphered here; the codec only says what is claimed: which service, whose title, which control octet and
counter, which key. It is strict both ways: no octets after the end, no length that lies, no tag cut short. Decoders
raise `DlmsError` and nothing else.

Source: ASN.1 of the Green Book 9.5 as an open description quotes it; pydlms-client lays them out alike.
"""

from typing import assert_never

from ferraris.firmware.dlms import axdr
from ferraris.firmware.dlms.axdr import AxdrError
from ferraris.firmware.dlms.results import DlmsError
from ferraris.firmware.dlms.security.envelopes import (
    DEDICATED_TAGS,
    GLOBAL_TAGS,
    SERVICES,
    AgreedKey,
    Content,
    Envelope,
    Family,
    General,
    GeneralCiphered,
    Header,
    IdentifiedKey,
    KeyCiphered,
    KeyInformation,
    ServiceCiphered,
    Signed,
    WrappedKey,
)
from ferraris.firmware.dlms.security.suites import (
    COUNTER_OCTETS,
    TAG_OCTETS,
    check_title,
    control_from,
    control_octet,
)

# ---------------------------------------------------------------- encode


def encode(envelope: Envelope) -> bytes:
    """Encode any envelope."""
    match envelope:
        case ServiceCiphered(service, dedicated, content):
            tags = DEDICATED_TAGS if dedicated else GLOBAL_TAGS
            return bytes((tags[service],)) + _string(_content(content))
        case GeneralCiphered(title, dedicated, content):
            tag = General.DEDICATED if dedicated else General.GLOBAL
            return bytes((tag,)) + _string(title) + _string(_content(content))
        case KeyCiphered(header, key, content):
            return bytes((General.CIPHERING,)) + header_octets(header) + _key(key) + _string(_content(content))
        case Signed(header, apdu, signature):
            return bytes((General.SIGNING,)) + header_octets(header) + _string(apdu) + _string(signature)
    assert_never(envelope)


def header_octets(header: Header) -> bytes:
    """Encode the fields general-ciphering and general-signing begin with; both protect them in this form."""
    return b"".join(_string(field) for field in header)


def signed_octets(header: Header, apdu: bytes) -> bytes:
    """Give what the signature of general-signing covers: length and value of each field before it.

    The Green Book says so in words (9.2.7.2.5, quoted by an open description); peers that leave out the length of the
    content, as Gurux and pydlms-client do unless told otherwise, do not verify ours.
    """
    return header_octets(header) + _string(apdu)


def _string(octets: bytes) -> bytes:
    return axdr.length(len(octets)) + octets


def _content(content: Content) -> bytes:
    security_header = bytes((control_octet(content.control),)) + content.counter.to_bytes(COUNTER_OCTETS, "big")
    return security_header + content.body


def _key(key: KeyInformation | None) -> bytes:
    match key:
        case None:
            return b"\x00"
        case IdentifiedKey(number):
            return bytes((1, 0, number))
        case WrappedKey(wrapping, octets):
            return bytes((1, 1, wrapping)) + _string(octets)
        case AgreedKey(parameters, octets):
            return b"\x01\x02" + _string(parameters) + _string(octets)
    assert_never(key)


# ---------------------------------------------------------------- decode


def decode(apdu: bytes) -> Envelope:
    """Decode any envelope. Raises `DlmsError`, also for an APDU that is in none."""
    try:
        return _envelope(apdu)
    except AxdrError as error:
        raise DlmsError(f"protected APDU: {error}") from error


def _envelope(apdu: bytes) -> Envelope:
    (tag,), position = axdr.take(apdu, 0, 1)
    if tag in SERVICES:
        service, family = SERVICES[tag]
        content = _content_from(*_string_from(apdu, position), end=len(apdu))
        return ServiceCiphered(service, family is Family.SERVICE_DEDICATED, content)
    if tag in {General.GLOBAL, General.DEDICATED}:
        title, position = _string_from(apdu, position)
        if title:
            check_title(title)
        content = _content_from(*_string_from(apdu, position), end=len(apdu))
        return GeneralCiphered(title, tag == General.DEDICATED, content)
    if tag == General.CIPHERING:
        header, position = _header_from(apdu, position)
        key, position = _key_from(apdu, position)
        return KeyCiphered(header, key, _content_from(*_string_from(apdu, position), end=len(apdu)))
    if tag == General.SIGNING:
        return _signed_from(apdu, position)
    raise DlmsError(f"tag {tag:02X} is no protected APDU")


def _string_from(octets: bytes, start: int) -> tuple[bytes, int]:
    size, position = axdr.length_from(octets, start)
    return axdr.take(octets, position, size)


def _content_from(octets: bytes, position: int, *, end: int) -> Content:
    if position != end:
        raise DlmsError(f"{end - position} octets after the end")
    header, start = axdr.take(octets, 0, 1 + COUNTER_OCTETS)
    control = control_from(header[0])
    body = octets[start:]
    if control.authenticated and len(body) < TAG_OCTETS:
        raise DlmsError(f"{len(body)} octets are too few for a tag of {TAG_OCTETS}")
    return Content(control, int.from_bytes(header[1:], "big"), body)


def _header_from(octets: bytes, start: int) -> tuple[Header, int]:
    fields = []
    position = start
    for _ in Header._fields:
        field, position = _string_from(octets, position)
        fields.append(field)
    header = Header(*fields)
    check_title(header.originator)
    if header.recipient:
        check_title(header.recipient)
    return header, position


def _key_from(octets: bytes, start: int) -> tuple[KeyInformation | None, int]:
    (present,), position = axdr.take(octets, start, 1)
    if present == 0:
        return None, position
    if present != 1:
        raise DlmsError(f"key-info is present (1) or not (0), not {present}")
    (choice, first), after = axdr.take(octets, position, 2)
    if choice == 0:
        return IdentifiedKey(first), after
    if choice == 1:
        wrapped, position = _string_from(octets, after)
        return WrappedKey(first, wrapped), position
    if choice == 2:
        parameters, position = _string_from(octets, position + 1)
        data, position = _string_from(octets, position)
        return AgreedKey(parameters, data), position
    raise DlmsError(f"key-info is identified (0), wrapped (1) or agreed (2), not {choice}")


def _signed_from(octets: bytes, start: int) -> Signed:
    header, position = _header_from(octets, start)
    apdu, position = _string_from(octets, position)
    signature, position = _string_from(octets, position)
    if position != len(octets):
        raise DlmsError(f"{len(octets) - position} octets after the end")
    if not signature:
        raise DlmsError("general-signing without a signature")
    return Signed(header, apdu, signature)
