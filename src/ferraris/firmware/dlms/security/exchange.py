"""Taking a protected APDU in and sending one out: every check in its order, in one place.

    envelope → titles → policy → counter → key → tag (→ signature) → service → counter taken

What came in is judged by what it claims before any key is touched, and no octet of it is believed before the tag holds.
A reply goes out in the kind of envelope its request came in. Compose `receive` and `send` with the server; nothing else
of the package need be called for an exchange, but `hls` while an association opens.
"""

from typing import NamedTuple, assert_never

from ferraris.firmware.dlms.results import DlmsError, ServiceError, StateError
from ferraris.firmware.dlms.security import ciphered, counters, keying, signatures
from ferraris.firmware.dlms.security.counters import CounterError, Link, Received
from ferraris.firmware.dlms.security.envelopes import (
    Content,
    Family,
    GeneralCiphered,
    Header,
    KeyCiphered,
    KeyInformation,
    Plain,
    ServiceCiphered,
    Signed,
    check_service,
    family_of,
)
from ferraris.firmware.dlms.security.keying import Keyed, Peer, Scheme
from ferraris.firmware.dlms.security.suites import Control, DecipheringError, Suite
from ferraris.firmware.dlms.security.vault import Kind, Vault, number
from ferraris.firmware.dlms.xdlms import ExceptionResponse


class PolicyError(DlmsError):
    """Protection that is well-formed and not good enough, or not meant for us."""


class Context(NamedTuple):
    """What is agreed between two sides: everything but the keys, which are in the vault."""

    suite: Suite
    own: bytes
    """Our system title."""
    peer: bytes
    """The other side's: of the AARQ, the AARE or a certificate."""
    key_set: int = 0
    encrypted: bool = True
    """Whether APDUs must be encrypted. That they are authenticated is always demanded: an APDU without a tag can be
    changed on its way by anyone."""
    signed: bool = False
    """Whether APDUs must be signed as well."""
    broadcast: bool = False
    """Whether APDUs under the broadcast key are taken: whoever has one meter of a group has that key."""
    keys: Peer = Peer()
    bare_header: bool = False
    """Whether the fields of general-ciphering are left out of what is authenticated, as some peers do. The Green Book
    includes them (figure 84, as quoted). One form or the other, never either."""


class Opened(NamedTuple):
    """An APDU that is what its sender sent, for us, under the agreed protection, and for the first time."""

    apdu: bytes
    family: Family
    received: Received
    """Counters with this one taken; to be committed before the reply leaves."""
    header: Header | None = None
    """Of general-ciphering: a reply gives its transaction identifier back."""


class _Claim(NamedTuple):
    """What a ciphered envelope says of itself."""

    family: Family
    title: bytes
    content: Content
    key: int
    """Number of the key in the vault."""
    header: Header | None = None
    brought: KeyInformation | None = None
    """What general-ciphering says of its key."""


def receive(context: Context, vault: Vault, received: Received, apdu: bytes) -> Opened:
    """Open a protected APDU.

    Raises `PolicyError`, `CounterError`, `DecipheringError` or another `DlmsError`; `refusal` words each of them for
    the sender. After any error everything is as it was before.
    """
    envelope = ciphered.decode(apdu)
    signed = isinstance(envelope, Signed)
    if isinstance(envelope, Signed):
        envelope = ciphered.decode(_verified(context, envelope))
        if isinstance(envelope, Signed):
            raise PolicyError("a signed APDU inside a signed APDU")
    claim = _claim(context, envelope)
    link = _judge(context, received, claim)
    plain = _deciphered(context, vault, claim)
    if isinstance(envelope, ServiceCiphered):
        check_service(envelope, plain)
    if family_of(plain) is Family.GENERAL_SIGNING:
        inner = ciphered.decode(plain)
        assert isinstance(inner, Signed)
        plain, signed = _verified(context, inner), True
    if family_of(plain) is not Family.PLAIN:
        raise PolicyError("a protected APDU inside a protected APDU")
    if context.signed and not signed:
        raise PolicyError("the APDU is not signed")
    return Opened(plain, claim.family, counters.accept(received, link, claim.content.counter), claim.header)


def _claim(context: Context, envelope: ServiceCiphered | GeneralCiphered | KeyCiphered) -> _Claim:
    """Say whose and under which key an envelope claims to be."""
    match envelope:
        case ServiceCiphered(_, dedicated, content):
            family = Family.SERVICE_DEDICATED if dedicated else Family.SERVICE_GLOBAL
            return _Claim(family, context.peer, content, _known_key(context, content.control, dedicated=dedicated))
        case GeneralCiphered(title, dedicated, content):
            family = Family.GENERAL_DEDICATED if dedicated else Family.GENERAL_GLOBAL
            key = _known_key(context, content.control, dedicated=dedicated)
            return _Claim(family, title or context.peer, content, key)
        case KeyCiphered(header, brought, content):
            if brought is None:
                key = _known_key(context, content.control)
            else:
                key = keying.key_number(context.key_set, brought)
            return _Claim(Family.GENERAL_CIPHERING, header.originator, content, key, header, brought)
    assert_never(envelope)


def _known_key(context: Context, control: Control, *, dedicated: bool = False) -> int:
    if dedicated and control.broadcast:
        raise PolicyError("a dedicated key is not a broadcast key")
    kind = Kind.DEDICATED if dedicated else Kind.BROADCAST if control.broadcast else Kind.UNICAST
    return number(kind, context.key_set)


def _judge(context: Context, received: Received, claim: _Claim) -> Link:
    """Check everything that needs no key; gives the link the counter belongs to."""
    control = claim.content.control
    _check_parties(context, claim.title, claim.header.recipient if claim.header else context.own)
    _check_protection(context, control)
    broadcast = claim.key == number(Kind.BROADCAST, context.key_set)
    if broadcast != control.broadcast:
        raise PolicyError("the control octet names another key than the message")
    if broadcast and not context.broadcast:
        raise PolicyError("the broadcast key is not taken here")
    link = Link(claim.title, claim.key)
    counters.check(received, link, claim.content.counter)
    return link


def _check_parties(context: Context, originator: bytes, recipient: bytes) -> None:
    if originator != context.peer or originator == context.own:
        raise PolicyError(f"the sender {originator.hex().upper()} is not the one this association is with")
    if recipient not in {context.own, b""}:
        raise PolicyError(f"the recipient {recipient.hex().upper()} is somebody else")


def _check_protection(context: Context, control: Control) -> None:
    if control.suite is not context.suite:
        raise PolicyError(f"suite {int(control.suite)} where suite {int(context.suite)} is agreed")
    if not control.authenticated:
        raise PolicyError("the APDU is not authenticated")
    if context.encrypted and not control.encrypted:
        raise PolicyError("the APDU is not encrypted")


def _deciphered(context: Context, vault: Vault, claim: _Claim) -> bytes:
    control, counter, body = claim.content
    header = b"" if claim.header is None else _header_octets(context, claim.header)
    if claim.header is not None and claim.brought is not None:
        vault = keying.establish(vault, context.suite, context.key_set, context.keys, claim.header, claim.brought)
    authentication = number(Kind.AUTHENTICATION, context.key_set)
    try:
        return vault.unprotect(claim.key, authentication, control, claim.title, counter, body, header)
    finally:
        vault.erase(number(Kind.SESSION, context.key_set))


def _verified(context: Context, envelope: Signed) -> bytes:
    header, apdu, signature = envelope
    _check_parties(context, header.originator, header.recipient)
    signatures.verify(context.suite, context.keys.signing, ciphered.signed_octets(header, apdu), signature)
    return apdu


def _header_octets(context: Context, header: Header) -> bytes:
    return b"" if context.bare_header else ciphered.header_octets(header)


# ---------------------------------------------------------------- sending


def has_envelope(family: Family, apdu: bytes) -> bool:
    """Whether an APDU can be sent in this kind: an exception response, for one, has no glo- or ded- form."""
    if family in {Family.SERVICE_GLOBAL, Family.SERVICE_DEDICATED}:
        return apdu[:1] in {bytes((plain,)) for plain in Plain}
    return True


def send(
    context: Context,
    vault: Vault,
    family: Family,
    counter: int,
    apdu: bytes,
    header: Header | None = None,
    scheme: Scheme = Scheme.IDENTIFIED,
    entropy: bytes = b"",
) -> bytes:
    """Protect an APDU of ours under a fresh counter (`counters.draw`). Raises `DlmsError`.

    `header`, `scheme` and `entropy` are for general-ciphering only; its originator must be us.
    """
    control = Control(context.suite, encrypted=context.encrypted)
    dedicated = family in {Family.SERVICE_DEDICATED, Family.GENERAL_DEDICATED}
    keyed = Keyed(vault, _known_key(context, control, dedicated=dedicated))
    match family:
        case Family.SERVICE_GLOBAL | Family.SERVICE_DEDICATED:
            if not has_envelope(family, apdu):
                raise DlmsError(f"tag {apdu[:1].hex().upper() or 'none'} has no {family.value} form")
            content = _protected(context, keyed, control, counter, apdu)
            return ciphered.encode(ServiceCiphered(Plain(apdu[0]), dedicated, content))
        case Family.GENERAL_GLOBAL | Family.GENERAL_DEDICATED:
            content = _protected(context, keyed, control, counter, apdu)
            return ciphered.encode(GeneralCiphered(context.own, dedicated, content))
        case Family.GENERAL_CIPHERING:
            header = header or Header(b"", context.own, context.peer)
            keyed, key = keying.offer(vault, context.suite, context.key_set, context.keys, header, scheme, entropy)
            content = _protected(context, keyed, control, counter, apdu, _header_octets(context, header))
            keyed.vault.erase(number(Kind.SESSION, context.key_set))
            return ciphered.encode(KeyCiphered(header, key, content))
        case Family.PLAIN | Family.GENERAL_SIGNING:
            raise DlmsError(f"{family.value}: nothing to cipher")
    assert_never(family)


def sign(context: Context, vault: Vault, header: Header, apdu: bytes) -> bytes:
    """Sign an APDU of ours, plain (then cipher it) or ciphered. Raises `DlmsError`."""
    signed = ciphered.signed_octets(header, apdu)
    signature = vault.sign(context.suite, number(Kind.SIGNING, context.key_set), signed)
    return ciphered.encode(Signed(header, apdu, signature))


def _protected(
    context: Context, keyed: Keyed, control: Control, counter: int, apdu: bytes, header: bytes = b""
) -> Content:
    keys = keyed.key, number(Kind.AUTHENTICATION, context.key_set)
    return Content(control, counter, keyed.vault.protect(*keys, control, context.own, counter, apdu, header))


def refusal(error: DlmsError) -> ExceptionResponse:
    """Word an error of `receive` for the sender: it learns the expected counter, and nothing of why a tag failed."""
    if isinstance(error, CounterError):
        return ExceptionResponse(StateError.SERVICE_NOT_ALLOWED, ServiceError.INVOCATION_COUNTER_ERROR, error.expected)
    if isinstance(error, DecipheringError):
        return ExceptionResponse(StateError.SERVICE_NOT_ALLOWED, ServiceError.DECIPHERING_ERROR)
    if isinstance(error, PolicyError):
        return ExceptionResponse(StateError.SERVICE_NOT_ALLOWED, ServiceError.OPERATION_NOT_POSSIBLE)
    return ExceptionResponse(StateError.SERVICE_NOT_ALLOWED, ServiceError.OTHER_REASON)
