"""The three security suites, and the security control octet that names one in every protected APDU.

Source: DLMS UA 1000-2 (Green Book) 9.2.3.7 and 9.2.7.2.4, as quoted by two open descriptions that agree with each other
and with two clients we exchange octets with; the book itself was not seen.
"""

from enum import IntEnum
from types import MappingProxyType
from typing import NamedTuple

from ferraris.firmware.dlms.results import DlmsError

TITLE_OCTETS = 8
"""A system title: three letters of the manufacturer and five octets that make it unique (Green Book 4.3.4)."""
TAG_OCTETS = 12
"""The authentication tag is cut to its first 96 bits in every suite (Green Book 9.2.3.3.7.4)."""
COUNTER_OCTETS = 4


class DecipheringError(DlmsError):
    """A protected message that does not hold what it promises: tag, signature, wrapped key, certificate or proof."""


class Suite(IntEnum):
    """Security suite identifier, the low four bits of the control octet."""

    AES_128 = 0
    """AES-GCM-128, AES-128 key wrap; no public keys, no compression."""
    P256_AES_128 = 1
    """As 0, and ECDSA and ECDH on P-256 with SHA-256, compression after V.44."""
    P384_AES_256 = 2
    """AES-GCM-256, AES-256 key wrap, ECDSA and ECDH on P-384 with SHA-384, compression after V.44."""


class Parameters(NamedTuple):
    """What a suite is made of."""

    key_octets: int
    """Length of an encryption, authentication or master key."""
    coordinate_octets: int
    """Length of one coordinate of its curve, of a private key, and of half a signature; 0 without a curve."""
    curve: str
    digest: str
    """Name of the hash as `hashlib` knows it; empty without public keys."""
    algorithm: bytes
    """AlgorithmID of its AES-GCM in key derivation, the contents of an object identifier; empty without a curve."""


SUITES = MappingProxyType(
    {
        Suite.AES_128: Parameters(16, 0, "", "", b""),
        Suite.P256_AES_128: Parameters(16, 32, "secp256r1", "sha256", bytes.fromhex("60857405080300")),
        Suite.P384_AES_256: Parameters(32, 48, "secp384r1", "sha384", bytes.fromhex("60857405080301")),
    }
)
"""Algorithm identifiers: seen alike in an open Rust codec (whose test is the Green Book's table of one-pass
Diffie-Hellman), in Gurux's Java and in pydlms-client."""

_AUTHENTICATED = 0x10
_ENCRYPTED = 0x20
_BROADCAST = 0x40
_COMPRESSED = 0x80
_SUITE = 0x0F


class Control(NamedTuple):
    """The security control octet: which suite, and what was done to the APDU."""

    suite: Suite
    authenticated: bool = True
    encrypted: bool = True
    broadcast: bool = False
    """Key set: the global broadcast key instead of the unicast key."""
    compressed: bool = False


def control_octet(control: Control) -> int:
    """Encode the control octet."""
    bits = _AUTHENTICATED * control.authenticated | _ENCRYPTED * control.encrypted
    return control.suite | bits | _BROADCAST * control.broadcast | _COMPRESSED * control.compressed


def control_from(octet: int) -> Control:
    """Decode the control octet. Raises `DlmsError` for a suite nobody has defined."""
    number = octet & _SUITE
    if number not in SUITES:
        raise DlmsError(f"security control {octet:02X} names suite {number}, there are 0, 1 and 2")
    return Control(
        Suite(number),
        bool(octet & _AUTHENTICATED),
        bool(octet & _ENCRYPTED),
        bool(octet & _BROADCAST),
        bool(octet & _COMPRESSED),
    )


def curve_parameters(suite: Suite) -> Parameters:
    """Give the parameters of a suite that has a curve. Raises `DlmsError` for suite 0."""
    parameters = SUITES[suite]
    if not parameters.coordinate_octets:
        raise DlmsError(f"suite {int(suite)} has no public keys, suites 1 and 2 have")
    return parameters


def check_title(title: bytes) -> None:
    """Raise `DlmsError` unless this can be a system title."""
    if len(title) != TITLE_OCTETS:
        raise DlmsError(f"a system title has {TITLE_OCTETS} octets, this one has {len(title)}")
