"""Proofs against the Green Book's example and naive models, and the attacks on high-level authentication."""

import hashlib

import pytest
from green_book import CLIENT, KEYS, SERVER, octets
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from ferraris.firmware.dlms.acse import Mechanism
from ferraris.firmware.dlms.results import DlmsError
from ferraris.firmware.dlms.security import curves, hls, signatures
from ferraris.firmware.dlms.security.hls import Exchange, Identity, Side
from ferraris.firmware.dlms.security.suites import DecipheringError, Suite
from ferraris.firmware.dlms.security.vault import Kind, MemoryVault, number

SECRET = b"0123456789abcdef"
PRIVATE = {suite: curves.generate(suite, bytes(range(56))) for suite in (Suite.P256_AES_128, Suite.P384_AES_256)}
VAULT = (
    MemoryVault()
    .put(number(Kind.UNICAST), KEYS.encryption)
    .put(number(Kind.AUTHENTICATION), KEYS.authentication)
    .put(number(Kind.SECRET), SECRET)
    .put(number(Kind.SIGNING), PRIVATE[Suite.P256_AES_128])
)
POINT = curves.public_of(Suite.P256_AES_128, PRIVATE[Suite.P256_AES_128])
EXAMPLE = Exchange(CLIENT, SERVER, b"K56iVagY", b"P6wRJ21F")
LONG = Exchange(CLIENT, SERVER, bytes(range(32)), bytes(range(32, 64)))
MECHANISMS = [
    Identity(Mechanism.HIGH, Suite.AES_128),
    Identity(Mechanism.HIGH_GMAC, Suite.AES_128),
    Identity(Mechanism.HIGH_GMAC, Suite.P256_AES_128),
    Identity(Mechanism.HIGH_SHA256, Suite.AES_128),
    Identity(Mechanism.HIGH_ECDSA, Suite.P256_AES_128),
]
GMAC = MECHANISMS[1]

# ---------------------------------------------------------------- examples and models


def test_the_green_books_gmac_example_both_ways() -> None:
    to_server = octets("10000000011A52FE7DD3E72748973C1E28")
    to_client = octets("1001234567FE1466AFB3DBCD4F9389E2B7")
    assert hls.prove(VAULT, GMAC, EXAMPLE, Side.CLIENT, 1) == to_server
    assert hls.prove(VAULT, GMAC, EXAMPLE, Side.SERVER, 0x01234567) == to_client
    assert hls.verify(VAULT, GMAC, EXAMPLE, Side.CLIENT, to_server) == 1
    assert hls.verify(VAULT, GMAC, EXAMPLE, Side.SERVER, to_client) == 0x01234567


def test_sha_256_hashes_secret_titles_and_challenges_in_the_order_of_the_standard() -> None:
    identity = Identity(Mechanism.HIGH_SHA256, Suite.AES_128)
    client = hashlib.sha256(SECRET + CLIENT + SERVER + b"P6wRJ21F" + b"K56iVagY").digest()
    server = hashlib.sha256(SECRET + SERVER + CLIENT + b"K56iVagY" + b"P6wRJ21F").digest()
    assert hls.prove(VAULT, identity, EXAMPLE, Side.CLIENT) == client
    assert hls.prove(VAULT, identity, EXAMPLE, Side.SERVER) == server


@pytest.mark.parametrize("suite", PRIVATE)
def test_ecdsa_signs_titles_and_challenges_in_the_order_of_the_standard(suite: Suite) -> None:
    identity = Identity(Mechanism.HIGH_ECDSA, suite)
    vault = VAULT.put(number(Kind.SIGNING), PRIVATE[suite])
    point = curves.public_of(suite, PRIVATE[suite])
    signed = CLIENT + SERVER + LONG.from_server + LONG.from_client
    signatures.verify(suite, point, signed, hls.prove(vault, identity, LONG, Side.CLIENT))
    signed = SERVER + CLIENT + LONG.from_client + LONG.from_server
    signatures.verify(suite, point, signed, hls.prove(vault, identity, LONG, Side.SERVER))


def test_aes_encrypts_the_challenge_as_fips_197_does() -> None:
    """FIPS-197 appendix B, with its plain text as the challenge."""
    vault = VAULT.put(number(Kind.SECRET), octets("2B7E151628AED2A6ABF7158809CF4F3C"))
    exchange = EXAMPLE._replace(from_server=octets("3243F6A8885A308D313198A2E0370734"))
    proof = hls.prove(vault, Identity(Mechanism.HIGH, Suite.AES_128), exchange, Side.CLIENT)
    assert proof == octets("3925841D02DC09FBDC118597196A0B32")


def test_the_control_octet_of_a_gmac_proof_carries_the_suite() -> None:
    assert hls.prove(VAULT, MECHANISMS[2], EXAMPLE, Side.CLIENT, 1)[0] == 0x11
    with pytest.raises(DlmsError, match="suite 1 begins with 11, not 10"):
        hls.verify(VAULT, MECHANISMS[2], EXAMPLE, Side.CLIENT, hls.prove(VAULT, GMAC, EXAMPLE, Side.CLIENT, 1))


CHALLENGES = st.binary(min_size=32, max_size=64)


@given(st.sampled_from(MECHANISMS), CHALLENGES, CHALLENGES, st.sampled_from(Side), st.integers(0, 0xFFFFFFFF))
@settings(max_examples=60)
def test_each_side_proves_to_the_other(
    identity: Identity, from_client: bytes, from_server: bytes, side: Side, counter: int
) -> None:
    assume(from_client != from_server)
    exchange = Exchange(CLIENT, SERVER, from_client, from_server)
    proof = hls.prove(VAULT, identity, exchange, side, counter)
    found = hls.verify(VAULT, identity, exchange, side, proof, POINT)
    assert found == (counter if identity.mechanism is Mechanism.HIGH_GMAC else None)


# ---------------------------------------------------------------- attacks


@pytest.mark.parametrize("identity", MECHANISMS)
def test_a_reflected_challenge_is_refused_by_whoever_proves_or_checks(identity: Identity) -> None:
    reflected = LONG._replace(from_server=LONG.from_client)
    for attempt in (
        lambda: hls.prove(VAULT, identity, reflected, Side.CLIENT, 1),
        lambda: hls.verify(VAULT, identity, reflected, Side.CLIENT, bytes(17), POINT),
    ):
        with pytest.raises(DlmsError, match="the same challenge"):
            attempt()


@pytest.mark.parametrize("identity", MECHANISMS)
def test_a_proof_sent_back_to_its_sender_proves_nothing(identity: Identity) -> None:
    proof = hls.prove(VAULT, identity, LONG, Side.CLIENT, 1)
    with pytest.raises(DecipheringError):
        hls.verify(VAULT, identity, LONG, Side.SERVER, proof, POINT)


@pytest.mark.parametrize("identity", MECHANISMS[1:])
def test_the_servers_own_title_reflected_is_refused(identity: Identity) -> None:
    with pytest.raises(DlmsError, match="the same system title"):
        hls.verify(VAULT, identity, LONG._replace(client=SERVER), Side.CLIENT, bytes(17), POINT)


@pytest.mark.parametrize("identity", MECHANISMS[1:])
def test_a_proof_of_another_title_is_refused(identity: Identity) -> None:
    proof = hls.prove(VAULT, identity, LONG, Side.CLIENT, 1)
    with pytest.raises(DecipheringError):
        hls.verify(VAULT, identity, LONG._replace(client=b"HES00001"), Side.CLIENT, proof, POINT)


@pytest.mark.parametrize("identity", MECHANISMS)
def test_a_proof_replayed_against_a_fresh_challenge_is_refused(identity: Identity) -> None:
    proof = hls.prove(VAULT, identity, LONG, Side.CLIENT, 1)
    with pytest.raises(DecipheringError):
        hls.verify(VAULT, identity, LONG._replace(from_server=bytes(32)), Side.CLIENT, proof, POINT)


@pytest.mark.parametrize("octets_", [0, 7, 65, 200])
@pytest.mark.parametrize("identity", MECHANISMS)
def test_challenges_outside_the_standards_lengths_are_refused(identity: Identity, octets_: int) -> None:
    with pytest.raises(DlmsError, match="to 64 octets"):
        hls.check_exchange(identity, LONG._replace(from_client=bytes(octets_)))
    with pytest.raises(DlmsError, match="to 64 octets"):
        hls.check_exchange(identity, LONG._replace(from_server=bytes(octets_)))


def test_a_signed_challenge_is_at_least_32_octets_long() -> None:
    with pytest.raises(DlmsError, match="a challenge has 32 to 64 octets, this one has 31"):
        hls.check_challenge(Mechanism.HIGH_ECDSA, bytes(31))
    hls.check_challenge(Mechanism.HIGH_ECDSA, bytes(32))
    hls.check_challenge(Mechanism.HIGH_GMAC, bytes(8))
    hls.check_challenge(Mechanism.HIGH_GMAC, bytes(64))


@given(st.sampled_from(MECHANISMS), st.integers(0, 511))
@settings(max_examples=60)
def test_any_flipped_bit_of_a_proof_is_refused(identity: Identity, bit: int) -> None:
    proof = bytearray(hls.prove(VAULT, identity, LONG, Side.CLIENT, 1))
    proof[bit // 8 % len(proof)] ^= 1 << bit % 8
    with pytest.raises(DlmsError):
        hls.verify(VAULT, identity, LONG, Side.CLIENT, bytes(proof), POINT)


@given(st.sampled_from(MECHANISMS), st.binary(max_size=100), CHALLENGES, st.binary(max_size=80))
@settings(max_examples=60)
def test_hostile_proofs_raise_only_our_error(
    identity: Identity, proof: bytes, from_client: bytes, point: bytes
) -> None:
    with pytest.raises(DlmsError):
        hls.verify(VAULT, identity, LONG._replace(from_client=from_client), Side.CLIENT, proof, point)


def test_challenges_are_the_entropy_that_was_given() -> None:
    assert hls.challenge(Mechanism.HIGH_GMAC, bytes(range(40))) == bytes(range(16))
    assert hls.challenge(Mechanism.HIGH_ECDSA, bytes(range(40))) == bytes(range(32))
    with pytest.raises(DlmsError, match="takes 16 octets of entropy, 15 are there"):
        hls.challenge(Mechanism.HIGH_GMAC, bytes(15))


@pytest.mark.parametrize("mechanism", [Mechanism.HIGH_MD5, Mechanism.HIGH_SHA1, Mechanism.LOW])
def test_broken_hashes_are_not_offered(mechanism: Mechanism) -> None:
    assert mechanism not in hls.OFFERED
    with pytest.raises(DlmsError, match="is not offered"):
        hls.verify(VAULT, Identity(mechanism, Suite.AES_128), LONG, Side.CLIENT, b"")
