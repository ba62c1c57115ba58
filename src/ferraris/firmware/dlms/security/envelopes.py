"""What travels around a protected APDU: the kinds of envelope, their tags, and the fields of each as values.

Tags are `plain + 8` (glo) and `plain + 16` (ded) for services of the logical-name kind, `plain + 32` and `plain + 64`
for the older ones (so listed in pydlms-client and in another open decoder).
"""

from enum import Enum, IntEnum
from types import MappingProxyType
from typing import NamedTuple, TypeAlias

from ferraris.firmware.dlms.results import DlmsError
from ferraris.firmware.dlms.security.suites import Control


class Plain(IntEnum):
    """First octet of an APDU that has an envelope of its own."""

    INITIATE_REQUEST = 0x01
    INITIATE_RESPONSE = 0x08
    CONFIRMED_SERVICE_ERROR = 0x0E
    GET_REQUEST = 0xC0
    SET_REQUEST = 0xC1
    EVENT_NOTIFICATION = 0xC2
    ACTION_REQUEST = 0xC3
    GET_RESPONSE = 0xC4
    SET_RESPONSE = 0xC5
    ACTION_RESPONSE = 0xC7


class General(IntEnum):
    """First octet of an envelope that takes any APDU."""

    GLOBAL = 0xDB
    DEDICATED = 0xDC
    CIPHERING = 0xDD
    SIGNING = 0xDF


class Family(Enum):
    """Which kind of envelope; a reply comes in the kind its request came in."""

    PLAIN = "not protected"
    SERVICE_GLOBAL = "glo-"
    SERVICE_DEDICATED = "ded-"
    GENERAL_GLOBAL = "general-glo-ciphering"
    GENERAL_DEDICATED = "general-ded-ciphering"
    GENERAL_CIPHERING = "general-ciphering"
    GENERAL_SIGNING = "general-signing"


_LAST_OLD = 0x0F

GLOBAL_TAGS = MappingProxyType({plain: plain + (0x20 if plain <= _LAST_OLD else 0x08) for plain in Plain})
"""Envelope glo-* by the service it takes."""
DEDICATED_TAGS = MappingProxyType({plain: plain + (0x40 if plain <= _LAST_OLD else 0x10) for plain in Plain})
"""Envelope ded-* by the service it takes."""
SERVICES = {
    **{tag: (plain, Family.SERVICE_GLOBAL) for plain, tag in GLOBAL_TAGS.items()},
    **{tag: (plain, Family.SERVICE_DEDICATED) for plain, tag in DEDICATED_TAGS.items()},
}
"""Service and kind by the tag of a service's own envelope."""
_GENERALS = {
    General.GLOBAL: Family.GENERAL_GLOBAL,
    General.DEDICATED: Family.GENERAL_DEDICATED,
    General.CIPHERING: Family.GENERAL_CIPHERING,
    General.SIGNING: Family.GENERAL_SIGNING,
}


class Content(NamedTuple):
    """Ciphered content: security header, and what stands behind it."""

    control: Control
    counter: int
    body: bytes
    """Ciphertext or plain APDU, and the tag if authenticated."""


class ServiceCiphered(NamedTuple):
    """glo-* or ded-*: the sender's title is that of the association."""

    service: Plain
    dedicated: bool
    content: Content


class GeneralCiphered(NamedTuple):
    """general-glo-ciphering or general-ded-ciphering: the sender's title travels along.

    The title may be empty where it is known from the association (seen from Gurux in pre-established associations).
    """

    title: bytes
    dedicated: bool
    content: Content


class Header(NamedTuple):
    """The fields that general-ciphering and general-signing begin with."""

    transaction: bytes
    originator: bytes
    recipient: bytes
    date_time: bytes = b""
    other: bytes = b""


class IdentifiedKey(NamedTuple):
    """A key both sides have: 0 global unicast, 1 global broadcast."""

    number: int


class WrappedKey(NamedTuple):
    """A fresh key, wrapped by another: 0 is the master key."""

    wrapping: int
    octets: bytes


class AgreedKey(NamedTuple):
    """A key to be derived: parameters 01 is one-pass Diffie-Hellman, 02 the static model (`kdf`)."""

    parameters: bytes
    octets: bytes
    """One-pass: the ephemeral point X ‖ Y and its signature r ‖ s. Static: nothing."""


KeyInformation: TypeAlias = IdentifiedKey | WrappedKey | AgreedKey


class KeyCiphered(NamedTuple):
    """general-ciphering: which key is said in the message."""

    header: Header
    key: KeyInformation | None
    content: Content


class Signed(NamedTuple):
    """general-signing: an APDU, plain or ciphered, and the signature r ‖ s over header and APDU."""

    header: Header
    apdu: bytes
    signature: bytes


Envelope: TypeAlias = ServiceCiphered | GeneralCiphered | KeyCiphered | Signed


def family_of(apdu: bytes) -> Family:
    """Say which kind of envelope an APDU is in, by its first octet."""
    first = apdu[0] if apdu else 0
    if first in SERVICES:
        return SERVICES[first][1]
    return _GENERALS[General(first)] if first in _GENERALS else Family.PLAIN


def check_service(envelope: ServiceCiphered, apdu: bytes) -> None:
    """Raise `DlmsError` unless the deciphered APDU is of the service its envelope names."""
    if apdu[:1] != bytes((envelope.service,)):
        raise DlmsError(f"tag {apdu[:1].hex().upper() or 'none'} inside an envelope for {envelope.service:02X}")
