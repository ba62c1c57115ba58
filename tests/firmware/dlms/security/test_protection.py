"""Protection against the Green Book's examples, published GCM test cases, a naive GHASH, and flipped bits."""

import struct

import green_book
import pytest
from green_book import COUNTER, GET_CLOCK, INITIATE, KEYS, SERVER, keys_for, octets
from hypothesis import given
from hypothesis import strategies as st

from ferraris.firmware.dlms.results import DlmsError
from ferraris.firmware.dlms.security import protection
from ferraris.firmware.dlms.security.protection import Keys, nonce, protect, unprotect
from ferraris.firmware.dlms.security.suites import Control, DecipheringError, Suite, control_octet

BOTH = Control(Suite.AES_128)
CONTROLS = st.builds(
    Control, st.sampled_from(Suite), st.booleans(), st.booleans(), st.booleans(), st.just(False)
).filter(lambda control: control.authenticated or control.encrypted)
AUTHENTICATED = CONTROLS.filter(lambda control: control.authenticated)
COUNTERS = st.integers(0, 0xFFFFFFFF)


# ---------------------------------------------------------------- published examples


@pytest.mark.parametrize("how", green_book.PROTECTED_CLOCK)
def test_the_green_books_get_request_is_protected_to_the_octet(how: tuple[bool, bool]) -> None:
    control = Control(Suite.AES_128, *how)
    body = green_book.PROTECTED_CLOCK[how][7:]
    assert protect(KEYS, control, SERVER, COUNTER, GET_CLOCK) == body
    assert unprotect(KEYS, control, SERVER, COUNTER, body) == GET_CLOCK


def test_the_green_books_initiate_request_is_protected_to_the_octet() -> None:
    body = green_book.CIPHERED_INITIATE[7:]
    assert protect(KEYS, BOTH, SERVER, COUNTER, INITIATE) == body
    assert unprotect(KEYS, BOTH, SERVER, COUNTER, body) == INITIATE


LONG_PLAIN = (
    "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72"
    "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39"
)
LONG_CIPHER_128 = (
    "42831ec2217774244b7221b784d0d49ce3aa212f2c02a4e035c17e2329aca12e"
    "21d514b25466931c7d8f6a5aac84aa051ba30b396a0aac973d58e091"
)
LONG_CIPHER_256 = (
    "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa"
    "8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662"
)
GCM = [  # McGrew and Viega, "The Galois/Counter Mode of Operation", appendix B, cases 1, 2, 4, 13, 14 and 16
    # key, nonce, plain text, associated data, ciphertext, tag
    ("00" * 16, "00" * 12, "", "", "", "58e2fccefa7e3061367f1d57a4e7455a"),
    ("00" * 16, "00" * 12, "00" * 16, "", "0388dace60b6a392f328c2b971b2fe78", "ab6e47d42cec13bdf53a67b21257bddf"),
    (
        "feffe9928665731c6d6a8f9467308308",
        "cafebabefacedbaddecaf888",
        LONG_PLAIN,
        "feedfacedeadbeeffeedfacedeadbeefabaddad2",
        LONG_CIPHER_128,
        "5bc94fbc3221a5db94fae95ae7121a47",
    ),
    ("00" * 32, "00" * 12, "", "", "", "530f8afbc74536b9a963b4f1c4cb738b"),
    ("00" * 32, "00" * 12, "00" * 16, "", "cea7403d4d606b6e074ec5d3baf39d18", "d0d1c8a799996bf0265b98b5d48ab919"),
    (
        "feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308",
        "cafebabefacedbaddecaf888",
        LONG_PLAIN,
        "feedfacedeadbeeffeedfacedeadbeefabaddad2",
        LONG_CIPHER_256,
        "76fc6ece0f4e1768cddf8853bb2d551b",
    ),
]


@pytest.mark.parametrize(("key", "start", "plain", "associated", "cipher", "tag"), GCM)
def test_published_gcm_cases_with_the_tag_cut_to_96_bits(
    key: str, start: str, plain: str, associated: str, cipher: str, tag: str
) -> None:
    given_, wanted = (octets(key), octets(start), octets(associated)), octets(cipher + tag[:24])
    assert protection._sealed(*given_, octets(plain)) == wanted
    assert protection._opened(*given_, octets(cipher), octets(tag[:24])) == octets(plain)
    assert protection._keystream(octets(key), octets(start), octets(plain)) == octets(cipher)


# ---------------------------------------------------------------- a model that is read beside the standard


def multiply(one: int, other: int) -> int:
    """Product in GF(2^128) bit by bit (NIST SP 800-38D algorithm 1)."""
    product, shifted = 0, other
    for bit in range(127, -1, -1):
        if one >> bit & 1:
            product ^= shifted
        shifted = shifted >> 1 ^ (0xE1 << 120 if shifted & 1 else 0)
    return product


def naive_tag(key: bytes, start: bytes, associated: bytes, cipher: bytes) -> bytes:
    """GHASH over associated data and ciphertext, masked by counter block 1 (NIST SP 800-38D algorithms 2 and 4)."""
    subkey = int.from_bytes(protection_block(key, bytes(16)), "big")
    padded = b"".join(part + bytes(-len(part) % 16) for part in (associated, cipher))
    padded += struct.pack(">QQ", 8 * len(associated), 8 * len(cipher))
    state = 0
    for at in range(0, len(padded), 16):
        state = multiply(state ^ int.from_bytes(padded[at : at + 16], "big"), subkey)
    mask = int.from_bytes(protection_block(key, start + b"\x00\x00\x00\x01"), "big")
    return (state ^ mask).to_bytes(16, "big")[:12]


def protection_block(key: bytes, block: bytes) -> bytes:
    from cryptography.hazmat.primitives.ciphers import Cipher
    from cryptography.hazmat.primitives.ciphers.algorithms import AES
    from cryptography.hazmat.primitives.ciphers.modes import ECB

    return Cipher(AES(key), ECB()).encryptor().update(block)


@given(AUTHENTICATED, COUNTERS, st.binary(max_size=40), st.binary(max_size=20))
def test_the_tag_is_that_of_a_naive_model(control: Control, counter: int, apdu: bytes, header: bytes) -> None:
    keys = keys_for(control.suite)
    body = protect(keys, control, SERVER, counter, apdu, header)
    associated = bytes((control_octet(control),)) + keys.authentication + header
    text = body[:-12]
    hashed = (associated, text) if control.encrypted else (associated + apdu, b"")
    assert body[-12:] == naive_tag(keys.encryption, SERVER + counter.to_bytes(4, "big"), *hashed)
    assert control.encrypted or text == apdu


# ---------------------------------------------------------------- attacks


@given(CONTROLS, COUNTERS, st.binary(max_size=80), st.binary(max_size=20))
def test_what_is_protected_comes_back(control: Control, counter: int, apdu: bytes, header: bytes) -> None:
    keys = keys_for(control.suite)
    body = protect(keys, control, SERVER, counter, apdu, header)
    assert unprotect(keys, control, SERVER, counter, body, header) == apdu


def flipped(value: bytes, bit: int) -> bytes:
    changed = bytearray(value)
    changed[bit // 8 % len(value)] ^= 1 << bit % 8
    return bytes(changed)


@given(AUTHENTICATED, COUNTERS, st.binary(max_size=40), st.integers(0, 2000), st.sampled_from(range(6)))
def test_any_flipped_bit_is_refused(control: Control, counter: int, apdu: bytes, bit: int, where: int) -> None:
    keys = keys_for(control.suite)
    header = b"header"
    parts = [protect(keys, control, SERVER, counter, apdu, header), SERVER, counter.to_bytes(4, "big"), header, *keys]
    parts[where] = flipped(parts[where], bit)
    body, title, received, header, encryption, authentication = parts
    with pytest.raises(DecipheringError):
        unprotect(Keys(encryption, authentication), control, title, int.from_bytes(received, "big"), body, header)


@given(AUTHENTICATED, st.binary(max_size=40), st.sampled_from([0x01, 0x02, 0x10, 0x20, 0x40, 0x80]))
def test_a_flipped_control_bit_never_gives_the_apdu(control: Control, apdu: bytes, bit: int) -> None:
    """Without its authentication bit a message is not checked at all: that is refused before (`exchange`)."""
    from ferraris.firmware.dlms.security.suites import control_from

    body = protect(keys_for(control.suite), control, SERVER, COUNTER, apdu)
    try:
        changed = control_from(control_octet(control) ^ bit)
        found = unprotect(keys_for(changed.suite), changed, SERVER, COUNTER, body)
    except DlmsError:
        return
    assert not changed.authenticated
    assert found != apdu


@given(st.binary(max_size=30), st.integers(1, 12))
def test_a_tag_cut_short_or_left_out_is_refused(apdu: bytes, missing: int) -> None:
    body = protect(KEYS, BOTH, SERVER, COUNTER, apdu)
    with pytest.raises(DecipheringError):
        unprotect(KEYS, BOTH, SERVER, COUNTER, body[:-missing])


@given(st.binary(max_size=60), CONTROLS)
def test_hostile_octets_raise_only_our_error(body: bytes, control: Control) -> None:
    try:
        unprotect(keys_for(control.suite), control, SERVER, COUNTER, body)
    except DlmsError:
        return
    assert not control.authenticated


def test_counters_and_titles_of_the_two_sides_make_different_nonces() -> None:
    assert nonce(SERVER, 1) == octets("4D4D4D0000BC614E00000001")
    assert len({nonce(SERVER, 1), nonce(SERVER, 2), nonce(green_book.CLIENT, 1)}) == 3


@pytest.mark.parametrize(
    ("control", "keys", "text"),
    [
        (Control(Suite.AES_128, authenticated=False, encrypted=False), KEYS, "protects nothing"),
        (Control(Suite.P256_AES_128, compressed=True), KEYS, "V.44"),
        (Control(Suite.P384_AES_256), KEYS, "suite 2 takes keys of 32 octets"),
        (Control(Suite.AES_128), Keys(KEYS.encryption, b""), "suite 0 takes keys of 16 octets"),
    ],
)
def test_protection_that_is_none_or_that_we_do_not_have_is_refused(control: Control, keys: Keys, text: str) -> None:
    with pytest.raises(DlmsError, match=text):
        protect(keys, control, SERVER, COUNTER, GET_CLOCK)
    with pytest.raises(DlmsError, match=text):
        unprotect(keys, control, SERVER, COUNTER, bytes(40))
