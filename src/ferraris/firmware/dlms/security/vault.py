"""Where the keys are: the `Vault` every other module asks, and the one that keeps them in the firmware's own memory.

A key has a number and never comes out: whoever has the vault can use a key, not read it. What changes keys returns the
vault as it is then, so that a vault in memory is a value like the rest of the state; a secure element returns itself.

The meter keeps its keys in its memory as `MemoryVault.sealed` gives them: wrapped under a key of the device.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from types import MappingProxyType
from typing import Protocol, Self

from ferraris.firmware.dlms.results import DlmsError
from ferraris.firmware.dlms.security import curves, kdf, keywrap, protection, signatures
from ferraris.firmware.dlms.security.protection import Keys
from ferraris.firmware.dlms.security.suites import TAG_OCTETS, Control, DecipheringError, Suite

SETS = 16
"""Key sets there can be: one for each security setup."""
_KINDS = 16


class Kind(IntEnum):
    """What a key of a set is for; 0 to 3 are the key_id of Security setup (so in pydlms-client; Blue Book not seen)."""

    UNICAST = 0
    BROADCAST = 1
    AUTHENTICATION = 2
    MASTER = 3
    DEDICATED = 4
    """Of one association, sent by the client when it opens it."""
    SESSION = 5
    """Of one message: wrapped or agreed on in it."""
    SECRET = 6
    """Shared secret of high-level authentication by AES or SHA-256."""
    SIGNING = 7
    AGREEMENT = 8
    EPHEMERAL = 9


def number(kind: Kind, key_set: int = 0) -> int:
    """Give the number of a key, one octet: its set and what it is for."""
    assert 0 <= key_set < SETS
    return key_set * _KINDS + kind


class Vault(Protocol):
    """Uses keys by their numbers. Raises `DlmsError` where there is no such key or it does not suit the suite."""

    def protect(
        self, key: int, authentication: int, control: Control, title: bytes, counter: int, apdu: bytes, header: bytes
    ) -> bytes:
        """As `protection.protect`."""

    def unprotect(
        self, key: int, authentication: int, control: Control, title: bytes, counter: int, body: bytes, header: bytes
    ) -> bytes:
        """As `protection.unprotect`."""

    def mac(self, key: int, authentication: int, control: Control, title: bytes, counter: int, message: bytes) -> bytes:
        """Give the tag of a message that is authenticated only: GMAC over SC ‖ AK ‖ message."""

    def digest(self, key: int, message: bytes) -> bytes:
        """SHA-256 of secret ‖ message."""

    def blocks(self, key: int, message: bytes) -> bytes:
        """AES-128 of each block of 16 octets by itself, the message filled up with zeros."""

    def sign(self, suite: Suite, key: int, message: bytes) -> bytes:
        """As `signatures.sign`."""

    def public(self, suite: Suite, key: int) -> bytes:
        """Give the point X ‖ Y of a private key."""

    def wrap(self, suite: Suite, master: int, key: int) -> bytes:
        """Wrap a key for somebody who has the master key."""

    def unwrap(self, suite: Suite, master: int, wrapped: bytes, key: int) -> Self:
        """Unwrap a key and keep it under a number; what was there is overwritten only if all is well."""

    def generate(self, suite: Suite, key: int, entropy: bytes) -> Self:
        """Make a private key out of fresh randomness (`curves.generate`) and keep it under a number."""

    def agree(self, suite: Suite, private: int, point: bytes, information: bytes, key: int) -> Self:
        """Derive a key with another's point (`kdf`) and keep it under a number."""

    def put(self, key: int, octets: bytes) -> Self:
        """Keep a key that came in plain: a dedicated key inside a ciphered InitiateRequest, or the factory's."""

    def erase(self, key: int) -> Self:
        """Forget a key; one that is not there is no error."""


@dataclass(frozen=True, repr=False)
class MemoryVault:
    """A vault whose keys are in memory, by their numbers."""

    _keys: Mapping[int, bytes] = field(default_factory=lambda: MappingProxyType({}))

    def __repr__(self) -> str:
        return f"MemoryVault({len(self._keys)} keys)"

    def protect(
        self, key: int, authentication: int, control: Control, title: bytes, counter: int, apdu: bytes, header: bytes
    ) -> bytes:
        """Protect an APDU."""
        return protection.protect(self._pair(key, authentication), control, title, counter, apdu, header)

    def unprotect(
        self, key: int, authentication: int, control: Control, title: bytes, counter: int, body: bytes, header: bytes
    ) -> bytes:
        """Take the protection of an APDU off."""
        return protection.unprotect(self._pair(key, authentication), control, title, counter, body, header)

    def mac(self, key: int, authentication: int, control: Control, title: bytes, counter: int, message: bytes) -> bytes:
        """Give the tag of a message that is authenticated only."""
        assert control.authenticated
        assert not control.encrypted
        pair = self._pair(key, authentication)
        return protection.protect(pair, control, title, counter, message)[-TAG_OCTETS:]

    def digest(self, key: int, message: bytes) -> bytes:
        """Hash a secret with a message behind it."""
        return hashlib.sha256(self._key(key) + message).digest()

    def blocks(self, key: int, message: bytes) -> bytes:
        """Encrypt block by block; a secret shorter than a key is filled up with zeros as well."""
        from cryptography.hazmat.primitives.ciphers import Cipher
        from cryptography.hazmat.primitives.ciphers.algorithms import AES
        from cryptography.hazmat.primitives.ciphers.modes import ECB

        secret = self._key(key)
        if len(secret) > 16:
            raise DlmsError(f"a secret for AES-128 has at most 16 octets, this one has {len(secret)}")
        # ECB is what the mechanism is: the message is a challenge of one block, or few, and nothing is hidden by it.
        encryptor = Cipher(AES(secret.ljust(16, b"\x00")), ECB()).encryptor()  # noqa: S305
        return encryptor.update(message + bytes(-len(message) % 16))

    def sign(self, suite: Suite, key: int, message: bytes) -> bytes:
        """Sign a message."""
        return signatures.sign(suite, self._key(key), message)

    def public(self, suite: Suite, key: int) -> bytes:
        """Give the public key of a private one."""
        return curves.public_of(suite, self._key(key))

    def wrap(self, suite: Suite, master: int, key: int) -> bytes:
        """Wrap a key."""
        return keywrap.wrap(suite, self._key(master), self._key(key))

    def unwrap(self, suite: Suite, master: int, wrapped: bytes, key: int) -> "MemoryVault":
        """Unwrap a key and keep it."""
        return self.put(key, keywrap.unwrap(suite, self._key(master), wrapped))

    def generate(self, suite: Suite, key: int, entropy: bytes) -> "MemoryVault":
        """Make a private key."""
        return self.put(key, curves.generate(suite, entropy))

    def agree(self, suite: Suite, private: int, point: bytes, information: bytes, key: int) -> "MemoryVault":
        """Derive a key and keep it."""
        secret = kdf.shared_secret(suite, self._key(private), point)
        return self.put(key, kdf.derive(suite, secret, information))

    def put(self, key: int, octets: bytes) -> "MemoryVault":
        """Keep a key."""
        assert 0 <= key < SETS * _KINDS
        return MemoryVault(MappingProxyType({**self._keys, key: octets}))

    def erase(self, key: int) -> "MemoryVault":
        """Forget a key."""
        return MemoryVault(MappingProxyType({known: octets for known, octets in self._keys.items() if known != key}))

    def sealed(self, device: bytes) -> bytes:
        """Give every key, wrapped under the device's own (RFC 5649), for the memory. Raises `DlmsError`."""
        from cryptography.hazmat.primitives.keywrap import aes_key_wrap_with_padding

        rows = [bytes((key, len(octets))) + octets for key, octets in sorted(self._keys.items())]
        _check_device(device)
        return aes_key_wrap_with_padding(device, bytes((len(rows),)) + b"".join(rows))

    def _key(self, key: int) -> bytes:
        if key not in self._keys:
            raise DlmsError(f"there is no {Kind(key % _KINDS).name.lower()} key in set {key // _KINDS}")
        return self._keys[key]

    def _pair(self, key: int, authentication: int) -> Keys:
        return Keys(self._key(key), self._key(authentication))


def unsealed(device: bytes, octets: bytes) -> MemoryVault:
    """Open what `MemoryVault.sealed` gave. Raises `DecipheringError` for another device's, or changed, octets."""
    from cryptography.hazmat.primitives.keywrap import InvalidUnwrap, aes_key_unwrap_with_padding

    _check_device(device)
    try:
        plain = aes_key_unwrap_with_padding(device, octets)
    except InvalidUnwrap:
        raise DecipheringError("the sealed keys are not this device's, or damaged") from None
    keys, position = {}, 1
    for _ in range(plain[0]):
        key, size = plain[position : position + 2]
        keys[key] = plain[position + 2 : position + 2 + size]
        position += 2 + size
    assert position == len(plain), "what this device sealed is whole"
    return MemoryVault(MappingProxyType(keys))


def _check_device(device: bytes) -> None:
    if len(device) not in {16, 32}:
        raise DlmsError(f"a device key has 16 or 32 octets, this one has {len(device)}")
