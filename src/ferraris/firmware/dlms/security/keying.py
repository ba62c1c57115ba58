"""The key of one message: how general-ciphering names, brings or agrees on it, from both ends.

A key that came in a message is kept in the vault only as long as the message is open. The ephemeral point of the
one-pass scheme is signed by the originator over X ‖ Y (IEC 62056-5-3:2023 annex I.2 as pydlms-client reads it;
Gurux.NET is said to sign another form, which is refused here).
"""

from enum import Enum
from typing import NamedTuple, assert_never

from ferraris.firmware.dlms.results import DlmsError
from ferraris.firmware.dlms.security import kdf, signatures
from ferraris.firmware.dlms.security.envelopes import AgreedKey, Header, IdentifiedKey, KeyInformation, WrappedKey
from ferraris.firmware.dlms.security.suites import SUITES, Suite, check_title, curve_parameters
from ferraris.firmware.dlms.security.vault import Kind, Vault, number

_ONE_PASS = b"\x01"
_STATIC = b"\x02"
_MASTER = 0
"""The only key-encrypting key there is in a WrappedKey (Green Book table 21, as quoted)."""


class Scheme(Enum):
    """Where the key of a message comes from."""

    IDENTIFIED = 0
    """Both sides have it: the global unicast key."""
    WRAPPED = 1
    """It travels under the master key."""
    ONE_PASS = 2
    """C(1e,1s): the originator's ephemeral key and the recipient's static one."""
    STATIC = 3
    """C(0e,2s): both static keys and the transaction identifier."""


class Peer(NamedTuple):
    """Public keys of the other side, points X ‖ Y, as its certificates give them; empty where there is none."""

    signing: bytes = b""
    agreement: bytes = b""


class Keyed(NamedTuple):
    """A vault that holds the key of a message, and under which number."""

    vault: Vault
    key: int


def key_number(key_set: int, key: KeyInformation) -> int:
    """Give the number of the key a received message names. Raises `DlmsError` for one that is no key of messages."""
    match key:
        case IdentifiedKey(Kind.UNICAST | Kind.BROADCAST as kind):
            return number(Kind(kind), key_set)
        case IdentifiedKey(other):
            raise DlmsError(f"the identified key is unicast (0) or broadcast (1), not {other}")
        case WrappedKey() | AgreedKey():
            return number(Kind.SESSION, key_set)
    assert_never(key)


def establish(vault: Vault, suite: Suite, key_set: int, peer: Peer, header: Header, key: KeyInformation) -> Vault:
    """Get hold of the key a received message names: the vault that has it, under `key_number`.

    Raises `DecipheringError` when a wrapped key or a signature does not fit, `DlmsError` for what we do not have.
    """
    session = number(Kind.SESSION, key_set)
    match key:
        case IdentifiedKey():
            return vault
        case WrappedKey(wrapping, octets):
            if wrapping != _MASTER:
                raise DlmsError(f"keys are wrapped by the master key (0), not {wrapping}")
            return vault.unwrap(suite, number(Kind.MASTER, key_set), octets, session)
        case AgreedKey(parameters, octets):
            point, information = _agreement(suite, peer, header, parameters, octets)
            return vault.agree(suite, number(Kind.AGREEMENT, key_set), point, information, session)
    assert_never(key)


def _agreement(suite: Suite, peer: Peer, header: Header, parameters: bytes, octets: bytes) -> tuple[bytes, bytes]:
    """Give the originator's point, once its signature is checked, and the information for the derivation."""
    check_title(header.recipient)
    if parameters == _STATIC:
        if octets:
            raise DlmsError("the static scheme carries no key data")
        return peer.agreement, _static(header)
    if parameters != _ONE_PASS:
        raise DlmsError(f"key agreement is one-pass (01) or static (02), not {parameters.hex() or 'nothing'}")
    size = 2 * curve_parameters(suite).coordinate_octets
    point = octets[:size]
    signatures.verify(suite, peer.signing, point, octets[size:])
    return point, kdf.one_pass(header.originator, header.recipient)


def offer(
    vault: Vault, suite: Suite, key_set: int, peer: Peer, header: Header, scheme: Scheme, entropy: bytes = b""
) -> tuple[Keyed, KeyInformation]:
    """Get hold of a key for a message of ours, and say in the message which.

    WRAPPED takes fresh randomness of a key's length, ONE_PASS that of `curves.generate`. Raises `DlmsError`.
    """
    session = number(Kind.SESSION, key_set)
    match scheme:
        case Scheme.IDENTIFIED:
            return Keyed(vault, number(Kind.UNICAST, key_set)), IdentifiedKey(Kind.UNICAST)
        case Scheme.WRAPPED:
            octets = SUITES[suite].key_octets
            if len(entropy) < octets:
                raise DlmsError(f"a key of suite {int(suite)} takes {octets} octets of entropy")
            keyed = vault.put(session, entropy[:octets])
            wrapped = keyed.wrap(suite, number(Kind.MASTER, key_set), session)
            return Keyed(keyed, session), WrappedKey(_MASTER, wrapped)
        case Scheme.ONE_PASS:
            ephemeral = number(Kind.EPHEMERAL, key_set)
            made = vault.generate(suite, ephemeral, entropy)
            point = made.public(suite, ephemeral)
            signature = made.sign(suite, number(Kind.SIGNING, key_set), point)
            information = kdf.one_pass(header.originator, header.recipient)
            agreed = made.agree(suite, ephemeral, peer.agreement, information, session).erase(ephemeral)
            return Keyed(agreed, session), AgreedKey(_ONE_PASS, point + signature)
        case Scheme.STATIC:
            own = number(Kind.AGREEMENT, key_set)
            return Keyed(vault.agree(suite, own, peer.agreement, _static(header), session), session), AgreedKey(
                _STATIC, b""
            )
    assert_never(scheme)


def _static(header: Header) -> bytes:
    if not header.transaction:
        raise DlmsError("the static scheme needs a transaction identifier: it is its nonce")
    return kdf.static(header.originator, header.recipient, header.transaction)
