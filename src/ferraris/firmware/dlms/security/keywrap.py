"""AES key wrap (RFC 3394): how a new key travels under the master key, in both AES-128 and AES-256."""

from ferraris.firmware.dlms.results import DlmsError
from ferraris.firmware.dlms.security.suites import SUITES, DecipheringError, Suite

_OVERHEAD = 8
"""Octets that wrapping adds: the integrity check value (RFC 3394 2.2.3)."""


def wrap(suite: Suite, master: bytes, key: bytes) -> bytes:
    """Wrap a key of the suite under its master key; 8 octets longer. Raises `DlmsError` for keys of another length."""
    from cryptography.hazmat.primitives.keywrap import aes_key_wrap

    _check(suite, master, key)
    return aes_key_wrap(master, key)


def unwrap(suite: Suite, master: bytes, wrapped: bytes) -> bytes:
    """Unwrap a key of the suite.

    Raises `DecipheringError` when the integrity check fails: another master key, or octets that were changed; and
    `DlmsError` for lengths that cannot be.
    """
    from cryptography.hazmat.primitives.keywrap import InvalidUnwrap, aes_key_unwrap

    octets = SUITES[suite].key_octets + _OVERHEAD
    if len(wrapped) != octets:
        raise DlmsError(f"a wrapped key of suite {int(suite)} has {octets} octets, this one has {len(wrapped)}")
    _check(suite, master)
    try:
        return aes_key_unwrap(master, wrapped)
    except InvalidUnwrap:
        raise DecipheringError("the wrapped key does not fit the master key") from None


def _check(suite: Suite, *keys: bytes) -> None:
    octets = SUITES[suite].key_octets
    if any(len(key) != octets for key in keys):
        raise DlmsError(f"suite {int(suite)} takes keys of {octets} octets")
