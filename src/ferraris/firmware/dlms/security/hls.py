"""High-level authentication: both sides prove that they have the key, each with the challenge the other has set.

The client sends CtoS in the AARQ and the server StoC in the AARE; then the client sends f(StoC), and the server checks
it and answers f(CtoS). Whoever proves puts its own title and the challenge it was set first:

    mechanism      f(challenge), of the client
    2  (AES)       AES-128(secret, StoC) by blocks, filled up with zeros; left to the maker by the standard, this is
                   what Gurux and pydlms-client do alike (IS 15959: recalled)
    5  (GMAC)      SC ‖ IC ‖ GMAC(SC ‖ AK ‖ StoC) under the global unicast key; nonce: own title ‖ IC
    6  (SHA-256)   SHA-256(secret ‖ title-C ‖ title-S ‖ StoC ‖ CtoS)
    7  (ECDSA)     signature over title-C ‖ title-S ‖ StoC ‖ CtoS

Order in 6 and 7: table 42 of the Green Book as an open description quotes it, and a C library's buffer layout; Gurux
and pydlms-client do the same. Mechanisms 3 and 4 (MD5, SHA-1) are not offered.
"""

import hmac
from enum import Enum
from typing import NamedTuple

from ferraris.firmware.dlms.acse import Mechanism
from ferraris.firmware.dlms.results import DlmsError
from ferraris.firmware.dlms.security import signatures
from ferraris.firmware.dlms.security.suites import (
    COUNTER_OCTETS,
    TAG_OCTETS,
    Control,
    DecipheringError,
    Suite,
    check_title,
    control_octet,
)
from ferraris.firmware.dlms.security.vault import Kind, Vault, number

SHORTEST, LONGEST = 8, 64
"""Octets of a challenge (IEC 62056-5-3 table 32 as pydlms-client cites it)."""
SHORTEST_SIGNED = 32
"""Octets of the shortest challenge of mechanism 7 (likewise)."""
USUAL = 16
"""Octets of the challenges we set where 32 are not asked for; some meters take no other (recalled)."""
OFFERED = frozenset({Mechanism.HIGH, Mechanism.HIGH_GMAC, Mechanism.HIGH_SHA256, Mechanism.HIGH_ECDSA})
"""Mechanisms these functions can carry out."""


class Side(Enum):
    """Who proves."""

    CLIENT = "client"
    SERVER = "server"


class Exchange(NamedTuple):
    """Titles and challenges of both sides."""

    client: bytes
    server: bytes
    from_client: bytes
    """CtoS."""
    from_server: bytes
    """StoC."""


class Identity(NamedTuple):
    """How a side proves: mechanism, suite, and the key set of the vault."""

    mechanism: Mechanism
    suite: Suite
    key_set: int = 0


def challenge(mechanism: Mechanism, entropy: bytes) -> bytes:
    """Make a challenge out of fresh randomness. Raises `DlmsError` when there is too little of it."""
    octets = SHORTEST_SIGNED if mechanism is Mechanism.HIGH_ECDSA else USUAL
    if len(entropy) < octets:
        raise DlmsError(f"a challenge takes {octets} octets of entropy, {len(entropy)} are there")
    return entropy[:octets]


def check_challenge(mechanism: Mechanism, received: bytes) -> None:
    """Raise `DlmsError` for a challenge of a length the standard does not allow."""
    shortest = SHORTEST_SIGNED if mechanism is Mechanism.HIGH_ECDSA else SHORTEST
    if not shortest <= len(received) <= LONGEST:
        raise DlmsError(f"a challenge has {shortest} to {LONGEST} octets, this one has {len(received)}")


def check_exchange(identity: Identity, exchange: Exchange) -> None:
    """Raise `DlmsError` for an exchange in which one side could answer with the other's words.

    Equal challenges or equal titles would let f(StoC) be sent back as f(CtoS).
    """
    check_challenge(identity.mechanism, exchange.from_client)
    check_challenge(identity.mechanism, exchange.from_server)
    if hmac.compare_digest(exchange.from_client, exchange.from_server):
        raise DlmsError("both sides set the same challenge")
    if identity.mechanism is Mechanism.HIGH:  # needs no titles: it is older than they are
        return
    check_title(exchange.client)
    check_title(exchange.server)
    if exchange.client == exchange.server:
        raise DlmsError("both sides have the same system title")


def prove(vault: Vault, identity: Identity, exchange: Exchange, side: Side, counter: int = 0) -> bytes:
    """Give f(challenge) of a side, with a fresh invocation counter for mechanism 5. Raises `DlmsError`."""
    check_exchange(identity, exchange)
    mechanism, suite, key_set = identity
    title, received = _own(exchange, side)
    if mechanism is Mechanism.HIGH:
        return vault.blocks(number(Kind.SECRET, key_set), received)
    if mechanism is Mechanism.HIGH_GMAC:
        return _gmac(vault, identity, title, counter, received)
    if mechanism is Mechanism.HIGH_SHA256:
        return vault.digest(number(Kind.SECRET, key_set), message(exchange, side))
    if mechanism is Mechanism.HIGH_ECDSA:
        return vault.sign(suite, number(Kind.SIGNING, key_set), message(exchange, side))
    raise DlmsError(f"mechanism {int(mechanism)} is not offered")


def verify(
    vault: Vault, identity: Identity, exchange: Exchange, side: Side, proof: bytes, point: bytes = b""
) -> int | None:
    """Check the proof of a side; `point` is its public signing key, for mechanism 7 only.

    Returns the invocation counter of mechanism 5, else None. It is to be checked like any other, but against what was
    accepted before the APDU that carries the proof: clients draw the proof's counter first and their envelope's second.
    Raises `DecipheringError` when the proof does not hold and `DlmsError` for one that cannot be one.
    """
    check_exchange(identity, exchange)
    if identity.mechanism is Mechanism.HIGH_ECDSA:
        signatures.verify(identity.suite, point, message(exchange, side), proof)
        return None
    counter = proof_counter(identity, proof) if identity.mechanism is Mechanism.HIGH_GMAC else None
    if not hmac.compare_digest(prove(vault, identity, exchange, side, counter or 0), proof):
        raise DecipheringError(f"the {side.value} does not prove to have the key")
    return counter


def proof_counter(identity: Identity, proof: bytes) -> int:
    """Give the counter inside a proof of mechanism 5. Raises `DlmsError` for another form or another suite's."""
    expected = control_octet(Control(identity.suite, encrypted=False))
    if len(proof) != 1 + COUNTER_OCTETS + TAG_OCTETS:
        raise DlmsError(f"a GMAC proof has {1 + COUNTER_OCTETS + TAG_OCTETS} octets, this one has {len(proof)}")
    if proof[0] != expected:
        raise DlmsError(f"a GMAC proof of suite {int(identity.suite)} begins with {expected:02X}, not {proof[0]:02X}")
    return int.from_bytes(proof[1 : 1 + COUNTER_OCTETS], "big")


def message(exchange: Exchange, side: Side) -> bytes:
    """Join titles and challenges as mechanisms 6 and 7 take them: those of the proving side first."""
    client, server, from_client, from_server = exchange
    if side is Side.CLIENT:
        return client + server + from_server + from_client
    return server + client + from_client + from_server


def _own(exchange: Exchange, side: Side) -> tuple[bytes, bytes]:
    """Give the title of a side and the challenge it was set."""
    if side is Side.CLIENT:
        return exchange.client, exchange.from_server
    return exchange.server, exchange.from_client


def _gmac(vault: Vault, identity: Identity, title: bytes, counter: int, received: bytes) -> bytes:
    control = Control(identity.suite, encrypted=False)
    keys = number(Kind.UNICAST, identity.key_set), number(Kind.AUTHENTICATION, identity.key_set)
    tag = vault.mac(*keys, control, title, counter, received)
    return bytes((control_octet(control),)) + counter.to_bytes(COUNTER_OCTETS, "big") + tag
