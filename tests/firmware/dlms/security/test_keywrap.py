"""Key wrap against RFC 3394, and everything that must not unwrap."""

import pytest
from green_book import octets
from hypothesis import given
from hypothesis import strategies as st

from ferraris.firmware.dlms.results import DlmsError
from ferraris.firmware.dlms.security.keywrap import unwrap, wrap
from ferraris.firmware.dlms.security.suites import SUITES, DecipheringError, Suite

MASTER = octets("000102030405060708090A0B0C0D0E0F")
KEY = octets("00112233445566778899AABBCCDDEEFF")

PUBLISHED = [
    (Suite.AES_128, MASTER, KEY, "1FA68B0A8112B447AEF34BD8FB5A7B829D3E862371D2CFE5"),  # RFC 3394 4.1
    (
        Suite.P384_AES_256,
        MASTER + octets("101112131415161718191A1B1C1D1E1F"),
        KEY + octets("000102030405060708090A0B0C0D0E0F"),
        "28C9F404C4B810F4CBCCB35CFB87F8263F5786E2D80ED326CBC7F0E71A99F43BFB988B9B7A02DD21",  # RFC 3394 4.6
    ),
]


@pytest.mark.parametrize(("suite", "master", "key", "wrapped"), PUBLISHED)
def test_published_keys_wrap_and_unwrap(suite: Suite, master: bytes, key: bytes, wrapped: str) -> None:
    assert wrap(suite, master, key) == octets(wrapped)
    assert unwrap(suite, master, octets(wrapped)) == key


@given(st.sampled_from(Suite), st.binary(min_size=32, max_size=32), st.integers(0, 319))
def test_any_flipped_bit_and_any_other_master_key_is_refused(suite: Suite, drawn: bytes, bit: int) -> None:
    size = SUITES[suite].key_octets
    master, key = drawn[:size], drawn[::-1][:size]
    wrapped = bytearray(wrap(suite, master, key))
    with pytest.raises(DecipheringError, match="does not fit the master key"):
        unwrap(suite, bytes((master[0] ^ 1, *master[1:])), bytes(wrapped))
    wrapped[bit // 8 % len(wrapped)] ^= 1 << bit % 8
    with pytest.raises(DecipheringError, match="does not fit the master key"):
        unwrap(suite, master, bytes(wrapped))


@given(st.sampled_from(Suite), st.binary(max_size=50))
def test_hostile_octets_raise_only_our_error(suite: Suite, wrapped: bytes) -> None:
    with pytest.raises(DlmsError):
        unwrap(suite, bytes(SUITES[suite].key_octets), wrapped)


def test_lengths_that_are_not_the_suites_are_refused() -> None:
    with pytest.raises(DlmsError, match="suite 2 takes keys of 32 octets"):
        wrap(Suite.P384_AES_256, bytes(32), KEY)
    with pytest.raises(DlmsError, match="suite 0 takes keys of 16 octets"):
        unwrap(Suite.AES_128, bytes(15), bytes(24))
    with pytest.raises(DlmsError, match="a wrapped key of suite 0 has 24 octets, this one has 40"):
        unwrap(Suite.AES_128, MASTER, bytes(40))
