"""Protecting an APDU with AES-GCM, and taking the protection off again (Green Book 9.2.3.3.7 and 9.2.7.2.4).

The nonce is the sender's system title and its invocation counter, so a counter must never come twice under one key
(`counters` sees to that). What is authenticated beside the ciphertext:

    authenticated and encrypted      SC ‖ AK ‖ header
    authenticated only               SC ‖ AK ‖ header ‖ APDU
    encrypted only                   nothing: there is no tag

The header is that of general-ciphering, and empty in every other envelope. Encryption without authentication is in the
standard and is kept for reading what such meters send: whoever can change octets on the way changes the APDU unnoticed.
"""

import hmac
from typing import NamedTuple

from ferraris.firmware.dlms.results import DlmsError
from ferraris.firmware.dlms.security.suites import (
    COUNTER_OCTETS,
    SUITES,
    TAG_OCTETS,
    Control,
    DecipheringError,
    check_title,
    control_octet,
)

_FIRST_BLOCK = (2).to_bytes(4, "big")
"""GCM with a nonce of 96 bits encrypts from counter block 2 on: block 1 masks the tag (NIST SP 800-38D 7.1)."""


class Keys(NamedTuple):
    """A block cipher key and the authentication key, each as long as the suite asks."""

    encryption: bytes
    authentication: bytes


def nonce(title: bytes, counter: int) -> bytes:
    """Join system title and invocation counter to the 12 octets that must never come twice under one key."""
    check_title(title)
    return title + counter.to_bytes(COUNTER_OCTETS, "big")


def protect(keys: Keys, control: Control, title: bytes, counter: int, apdu: bytes, header: bytes = b"") -> bytes:
    """Protect an APDU of ours: the octets that follow the security header SC ‖ IC.

    `title` is the sender's, `header` the encoded fields of general-ciphering. Raises `DlmsError` for keys of the wrong
    length and for protection that is none or that we do not have (compression).
    """
    _check(keys, control)
    start = nonce(title, counter)
    if not control.authenticated:
        return _keystream(keys.encryption, start, apdu)
    if control.encrypted:
        return _sealed(keys.encryption, start, _associated(keys, control, header), apdu)
    return apdu + _sealed(keys.encryption, start, _associated(keys, control, header, apdu), b"")


def unprotect(keys: Keys, control: Control, title: bytes, counter: int, body: bytes, header: bytes = b"") -> bytes:
    """Take the protection off; `title` is the sender's.

    Raises `DecipheringError` when the tag does not fit or is cut short, `DlmsError` as `protect` does. Nothing of an
    APDU whose tag does not fit is returned. What protection is good enough is for the caller to decide, before.
    """
    _check(keys, control)
    start = nonce(title, counter)
    if not control.authenticated:
        return _keystream(keys.encryption, start, body)
    if len(body) < TAG_OCTETS:
        raise DecipheringError(f"{len(body)} octets are too few for a tag of {TAG_OCTETS}")
    text, tag = body[:-TAG_OCTETS], body[-TAG_OCTETS:]
    if control.encrypted:
        return _opened(keys.encryption, start, _associated(keys, control, header), text, tag)
    expected = _sealed(keys.encryption, start, _associated(keys, control, header, text), b"")
    if not hmac.compare_digest(expected, tag):
        raise DecipheringError("the authentication tag does not fit")
    return text


def _check(keys: Keys, control: Control) -> None:
    octets = SUITES[control.suite].key_octets
    if len(keys.encryption) != octets or len(keys.authentication) != octets:
        raise DlmsError(f"suite {int(control.suite)} takes keys of {octets} octets")
    if control.compressed:
        raise DlmsError("compressed APDUs (V.44) are not supported")
    if not (control.authenticated or control.encrypted):
        raise DlmsError("security control without authentication and without encryption protects nothing")


def _associated(keys: Keys, control: Control, header: bytes, apdu: bytes = b"") -> bytes:
    return bytes((control_octet(control),)) + keys.authentication + header + apdu


def _sealed(key: bytes, start: bytes, associated: bytes, text: bytes) -> bytes:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    full = AESGCM(key).encrypt(start, text, associated)  # ciphertext ‖ 16 octets of tag
    return full[: len(text) + TAG_OCTETS]


def _opened(key: bytes, start: bytes, associated: bytes, text: bytes, tag: bytes) -> bytes:
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.ciphers import Cipher
    from cryptography.hazmat.primitives.ciphers.algorithms import AES
    from cryptography.hazmat.primitives.ciphers.modes import GCM

    # The one-shot interface wants all 16 octets of a tag; this one takes a shorter one when told how short it may be.
    decryptor = Cipher(AES(key), GCM(start, tag, min_tag_length=TAG_OCTETS)).decryptor()
    decryptor.authenticate_additional_data(associated)
    plain = decryptor.update(text)
    try:
        return plain + decryptor.finalize()
    except InvalidTag:
        raise DecipheringError("the authentication tag does not fit") from None


def _keystream(key: bytes, start: bytes, text: bytes) -> bytes:
    from cryptography.hazmat.primitives.ciphers import Cipher
    from cryptography.hazmat.primitives.ciphers.algorithms import AES
    from cryptography.hazmat.primitives.ciphers.modes import CTR

    encryptor = Cipher(AES(key), CTR(start + _FIRST_BLOCK)).encryptor()
    return encryptor.update(text) + encryptor.finalize()
