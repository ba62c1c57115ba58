"""Foreign code deciphers what we cipher, and we what it ciphers: suites 0, 1, 2, envelopes, message keys, proofs.

Each peer gets all its jobs in one process, and its answers in one document (`tests/peers/jobs.py`).
"""

import json
import subprocess
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import foreign
import pytest
from foreign import Peer

from ferraris.firmware.dlms.acse import Mechanism
from ferraris.firmware.dlms.security import certificates, curves, exchange, hls, keying, keywrap
from ferraris.firmware.dlms.security.certificates import Issuer, Role, Validity
from ferraris.firmware.dlms.security.counters import NOTHING
from ferraris.firmware.dlms.security.envelopes import Family, Header
from ferraris.firmware.dlms.security.exchange import Context
from ferraris.firmware.dlms.security.hls import Exchange, Identity, Side
from ferraris.firmware.dlms.security.keying import Scheme
from ferraris.firmware.dlms.security.suites import SUITES, Suite
from ferraris.firmware.dlms.security.vault import Kind, MemoryVault, number

METER, HEAD_END = b"FER\x00\x00\x00\x00\x01", b"HES\x00\x00\x00\x00\x01"
APDUS = [
    bytes.fromhex(one) for one in ("C001C100080000010000FF0200", "C401C1000C07EA0B1903010000FF800000", "C701C10000")
]
COUNTER = 0x01020304
TRANSACTION = bytes(range(1, 9))
SERVICE = [Family.SERVICE_GLOBAL, Family.SERVICE_DEDICATED, Family.GENERAL_GLOBAL, Family.GENERAL_DEDICATED]
MESSAGE_KEYS = [  # as the peer calls them: kind, scheme
    (Scheme.IDENTIFIED, "identified", 1), (Scheme.WRAPPED, "wrapped", 1), (Scheme.ONE_PASS, "agreed", 1),
    (Scheme.STATIC, "agreed", 2),
]  # fmt: skip
ENTROPY = bytes(range(100, 164))
SECRET = b"0123456789abcdef"
CURVED = [Suite.P256_AES_128, Suite.P384_AES_256]


class Keys(NamedTuple):
    """Raw keys of a suite, for both sides; private ones of ours and the peer's."""

    symmetric: dict[Kind, bytes]
    ours: tuple[bytes, bytes]
    theirs: tuple[bytes, bytes]


def keys(suite: Suite) -> Keys:
    size = SUITES[suite].key_octets
    kinds = (Kind.UNICAST, Kind.AUTHENTICATION, Kind.DEDICATED, Kind.MASTER)
    symmetric = {kind: bytes(range(10 * at, 10 * at + size)) for at, kind in enumerate(kinds, 1)}
    if suite is Suite.AES_128:
        return Keys(symmetric, (b"", b""), (b"", b""))
    made = [curves.generate(suite, bytes(range(seed, seed + 56))) for seed in (1, 2, 3, 4)]
    return Keys(symmetric, (made[0], made[1]), (made[2], made[3]))


def meter(suite: Suite, **changed: Any) -> tuple[Context, MemoryVault]:
    """Our side."""
    held = keys(suite)
    vault = MemoryVault().put(number(Kind.SECRET), SECRET)
    for kind, octets in held.symmetric.items():
        vault = vault.put(number(kind), octets)
    context = Context(suite, METER, HEAD_END, **changed)
    if suite is Suite.AES_128:
        return context, vault
    vault = vault.put(number(Kind.SIGNING), held.ours[0]).put(number(Kind.AGREEMENT), held.ours[1])
    peer = keying.Peer(*(curves.public_of(suite, one) for one in held.theirs))
    return context._replace(keys=peer), vault


def job(do: str, suite: Suite, **given: Any) -> dict[str, Any]:
    """A job for the peer, which is the head end."""
    held = keys(suite)
    made: dict[str, Any] = {
        "do": do, "suite": int(suite), "own": HEAD_END, "peer": METER, "counter": COUNTER, "secret": SECRET,
        "encryption": held.symmetric[Kind.UNICAST], "authentication": held.symmetric[Kind.AUTHENTICATION],
        "dedicated": held.symmetric[Kind.DEDICATED], "master": held.symmetric[Kind.MASTER], "transaction": TRANSACTION,
    }  # fmt: skip
    if suite is not Suite.AES_128:
        points = [curves.public_of(suite, one) for one in held.ours]
        made |= dict(zip(("signing", "agreement"), held.theirs, strict=True))
        made |= dict(zip(("peer_signing", "peer_agreement"), points, strict=True))
    made |= given
    return {name: value.hex() if isinstance(value, bytes) else value for name, value in made.items()}


def ask(peer: Peer, asked: list[dict[str, Any]]) -> list[bytes | str]:
    """Give the peer its jobs; answers are octets, or the text of an error."""
    program = foreign.REPO / "tests" / "peers" / f"{peer.name}_cipher.py"
    done = subprocess.run(
        [str(peer.python), str(program)], input=json.dumps(asked), capture_output=True, text=True,
        timeout=foreign.SECONDS, check=False, cwd=program.parent,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    return [bytes.fromhex(one["octets"]) if "octets" in one else one["error"] for one in found]


Check = Callable[[bytes | str], None]
Pairs = list[tuple[dict[str, Any], Check]]


def run(peer: Peer, pairs: Pairs) -> None:
    for answer, (asked, check) in zip(ask(peer, [one for one, _ in pairs]), pairs, strict=True):
        check(answer)
        assert asked


def equals(wanted: bytes) -> Check:
    def check(answer: bytes | str) -> None:
        assert answer == wanted

    return check


def opens(suite: Suite, wanted: bytes, **changed: Any) -> Check:
    """The answer is a protected APDU that we open."""

    def check(answer: bytes | str) -> None:
        assert isinstance(answer, bytes), answer
        assert exchange.receive(*meter(suite, **changed), NOTHING, answer).apdu == wanted

    return check


def refused(answer: bytes | str) -> None:
    assert isinstance(answer, str), "the peer takes what it should not"


# ---------------------------------------------------------------- both peers


def test_each_side_deciphers_what_the_other_ciphers(peer: Peer) -> None:
    pairs: Pairs = []
    for suite in Suite:
        for family in SERVICE:
            for apdu in APDUS:
                ours = exchange.send(*meter(suite), family, COUNTER, apdu)
                pairs.append((job("decipher", suite, family=family.name, apdu=ours), equals(apdu)))
                pairs.append((job("cipher", suite, family=family.name, apdu=apdu), opens(suite, apdu)))
    assert len(pairs) == 72
    run(peer, pairs)


def test_both_cipher_the_same_apdu_to_the_same_octets(peer: Peer) -> None:
    """The peer plays our part: title, keys and counter are ours. So its tag is compared with ours, not only read."""
    pairs: Pairs = []
    for suite in Suite:
        for family in SERVICE:
            ours = exchange.send(*meter(suite), family, COUNTER, APDUS[1])
            named = {"family": family.name, "apdu": APDUS[1], "own": METER, "peer": HEAD_END}
            pairs.append((job("cipher", suite, **named), equals(ours)))
    assert len(pairs) == 12
    run(peer, pairs)


def test_the_peer_refuses_what_was_changed_on_its_way(peer: Peer) -> None:
    if peer.name == "gurux":
        pytest.skip("gurux-dlms 1.0.203 deciphers without looking at the tag")
    pairs: Pairs = []
    for suite in Suite:
        ours = exchange.send(*meter(suite), Family.SERVICE_GLOBAL, COUNTER, APDUS[0])
        changed = [ours[:-1] + bytes((ours[-1] ^ 1,)), ours[:8] + bytes((ours[8] ^ 0x80,)) + ours[9:]]
        pairs += [(job("decipher", suite, family="SERVICE_GLOBAL", apdu=one), refused) for one in changed]
    run(peer, pairs)


EXCHANGE = Exchange(HEAD_END, METER, bytes(range(32)), bytes(range(64, 96)))


def proof(peer_proves: Exchange, side: Side) -> dict[str, Any]:
    """The arguments of the peer's proof: what it was set comes first."""
    client, server, from_client, from_server = peer_proves
    if side is Side.CLIENT:
        return {"own": client, "peer": server, "received": from_server, "set": from_client}
    return {"own": server, "peer": client, "received": from_client, "set": from_server}


SYMMETRIC = [
    (Mechanism.HIGH, Suite.AES_128), (Mechanism.HIGH_GMAC, Suite.AES_128), (Mechanism.HIGH_GMAC, Suite.P256_AES_128),
    (Mechanism.HIGH_GMAC, Suite.P384_AES_256), (Mechanism.HIGH_SHA256, Suite.AES_128),
]  # fmt: skip


def test_both_prove_the_same_by_aes_gmac_and_sha_256(peer: Peer) -> None:
    pairs: Pairs = []
    for mechanism, suite in SYMMETRIC:
        for side in Side:
            ours = hls.prove(meter(suite)[1], Identity(mechanism, suite), EXCHANGE, side, COUNTER)
            pairs.append((job("prove", suite, mechanism=int(mechanism), **proof(EXCHANGE, side)), equals(ours)))
    run(peer, pairs)


def test_each_side_verifies_the_signature_of_the_other(peer: Peer) -> None:
    pairs: Pairs = []
    for suite in CURVED if peer.name == "pydlms" else CURVED[:1]:
        identity = Identity(Mechanism.HIGH_ECDSA, suite)
        context, vault = meter(suite)

        def holds(answer: bytes | str, identity: Identity = identity, point: bytes = context.keys.signing) -> None:
            assert isinstance(answer, bytes), answer
            hls.verify(MemoryVault(), identity, EXCHANGE, Side.CLIENT, answer, point)

        pairs.append((job("prove", suite, mechanism=7, **proof(EXCHANGE, Side.CLIENT)), holds))
        ours = hls.prove(vault, identity, EXCHANGE, Side.SERVER)
        named = {"own": HEAD_END, "peer": METER, "received": EXCHANGE.from_client, "set": EXCHANGE.from_server}
        pairs.append((job("verify", suite, proof=ours, **named), equals(b"")))
        pairs.append((job("verify", suite, proof=ours[:-1] + bytes((ours[-1] ^ 1,)), **named), refused))
    run(peer, pairs)


# ---------------------------------------------------------------- what only pydlms-client can do


@pytest.fixture
def pydlms(peer: Peer) -> Peer:
    if peer.name != "pydlms":
        pytest.skip("asked of pydlms-client only")
    return peer


@pytest.mark.parametrize(("bare", "aad"), [(False, "with-header"), (True, "sc-ak")])
def test_general_ciphering_with_every_key_both_ways(pydlms: Peer, bare: bool, aad: str) -> None:
    pairs: Pairs = []
    header = Header(TRANSACTION, METER, HEAD_END)
    for suite in CURVED:
        for scheme, kind, numbered in MESSAGE_KEYS:
            common = {"family": "GENERAL_CIPHERING", "kind": kind, "scheme": numbered, "aad": aad}
            pairs.append((job("cipher", suite, apdu=APDUS[0], **common), opens(suite, APDUS[0], bare_header=bare)))
            ours = exchange.send(
                *meter(suite, bare_header=bare), Family.GENERAL_CIPHERING, COUNTER, APDUS[1], header, scheme, ENTROPY
            )
            pairs.append((job("decipher", suite, apdu=ours, **common), equals(APDUS[1])))
            other = {**common, "aad": "sc-ak" if aad == "with-header" else "with-header"}
            pairs.append((job("decipher", suite, apdu=ours, **other), refused))
    assert len(pairs) == 24
    run(pydlms, pairs)


def test_general_signing_both_ways(pydlms: Peer) -> None:
    pairs: Pairs = []
    for suite in CURVED:
        context, vault = meter(suite)
        ours = exchange.sign(context, vault, Header(TRANSACTION, METER, HEAD_END), APDUS[1])
        pairs.append((job("opened", suite, apdu=ours), equals(APDUS[1])))
        pairs.append((job("opened", suite, apdu=ours, form="content"), refused))
        ciphered_ = exchange.send(context, vault, Family.GENERAL_GLOBAL, COUNTER, ours)
        pairs.append((job("decipher", suite, apdu=ciphered_, family="GENERAL_GLOBAL"), equals(ours)))

        def takes(answer: bytes | str, suite: Suite = suite) -> None:
            assert isinstance(answer, bytes), answer
            inner = exchange.send(*head_end(suite), Family.GENERAL_GLOBAL, COUNTER, answer)
            assert exchange.receive(*meter(suite, signed=True), NOTHING, inner).apdu == APDUS[0]

        pairs.append((job("sign", suite, apdu=APDUS[0]), takes))
    run(pydlms, pairs)


def head_end(suite: Suite) -> tuple[Context, MemoryVault]:
    """The peer's side in our own code, to put its signed APDU into a cipher."""
    _, vault = meter(suite)
    return Context(suite, HEAD_END, METER), vault


def test_a_key_we_wrap_is_unwrapped(pydlms: Peer) -> None:
    pairs: Pairs = []
    for suite in Suite:
        master = keys(suite).symmetric[Kind.MASTER]
        key = bytes(range(SUITES[suite].key_octets))
        pairs.append((job("unwrap", suite, wrapped=keywrap.wrap(suite, master, key)), equals(key)))
    run(pydlms, pairs)


def test_a_certificate_of_ours_is_read(pydlms: Peer) -> None:
    pairs: Pairs = []
    now = datetime(2026, 3, 25, tzinfo=UTC)
    for suite in CURVED:
        issuer = Issuer("Root", suite, keys(suite).ours[0])
        point = curves.public_of(suite, keys(suite).ours[1])
        validity = Validity(now, now + timedelta(days=1))
        made = certificates.issue(issuer, METER.hex().upper(), Role.SIGNATURE, suite, point, 1, validity)
        pairs.append((job("certificate", suite, certificate=made.der), equals(METER + point)))
    run(pydlms, pairs)
