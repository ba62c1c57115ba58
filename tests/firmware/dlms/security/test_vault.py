"""The vault: keys are used and never shown, and a sealed vault opens on its own device only."""

import green_book
import pytest
from green_book import COUNTER, GET_CLOCK, KEYS, SERVER, octets
from hypothesis import given
from hypothesis import strategies as st

from ferraris.firmware.dlms.results import DlmsError
from ferraris.firmware.dlms.security.suites import Control, DecipheringError, Suite
from ferraris.firmware.dlms.security.vault import Kind, MemoryVault, number, unsealed

UNICAST, AUTHENTICATION = number(Kind.UNICAST), number(Kind.AUTHENTICATION)
VAULT = MemoryVault().put(UNICAST, KEYS.encryption).put(AUTHENTICATION, KEYS.authentication)


def test_it_protects_with_keys_by_number() -> None:
    control = Control(Suite.AES_128)
    body = green_book.PROTECTED_CLOCK[True, True][7:]
    assert VAULT.protect(UNICAST, AUTHENTICATION, control, SERVER, COUNTER, GET_CLOCK, b"") == body
    assert VAULT.unprotect(UNICAST, AUTHENTICATION, control, SERVER, COUNTER, body, b"") == GET_CLOCK


def test_keys_of_different_sets_and_kinds_have_different_numbers() -> None:
    numbers = [number(kind, key_set) for kind in Kind for key_set in range(16)]
    assert len(set(numbers)) == len(numbers)
    assert max(numbers) < 256
    assert [int(kind) for kind in (Kind.UNICAST, Kind.BROADCAST, Kind.AUTHENTICATION, Kind.MASTER)] == [0, 1, 2, 3]


def test_no_key_is_shown() -> None:
    for shown in (repr(VAULT), str(VAULT), f"{VAULT}"):
        assert shown == "MemoryVault(2 keys)"
    public = {name for name in dir(VAULT) if not name.startswith("_")}
    uses = {"protect", "unprotect", "mac", "digest", "blocks", "sign", "public", "wrap", "sealed"}
    changes = {"unwrap", "generate", "agree", "put", "erase"}
    assert public == uses | changes


def test_a_key_that_is_not_there_is_named() -> None:
    with pytest.raises(DlmsError, match="no master key in set 3"):
        VAULT.wrap(Suite.AES_128, number(Kind.MASTER, 3), UNICAST)
    with pytest.raises(DlmsError, match="no unicast key in set 0"):
        VAULT.erase(UNICAST).wrap(Suite.AES_128, AUTHENTICATION, UNICAST)


def test_a_key_travels_wrapped_and_a_wrong_one_changes_nothing() -> None:
    """The wrapped key is that of RFC 3394 4.1."""
    master = number(Kind.MASTER)
    vault = VAULT.put(master, octets("000102030405060708090A0B0C0D0E0F"))
    wrapped = octets("1FA68B0A8112B447AEF34BD8FB5A7B829D3E862371D2CFE5")
    changed = vault.unwrap(Suite.AES_128, master, wrapped, UNICAST)
    assert changed == vault.put(UNICAST, octets("00112233445566778899AABBCCDDEEFF"))
    assert changed.wrap(Suite.AES_128, master, UNICAST) == wrapped
    with pytest.raises(DecipheringError):
        vault.unwrap(Suite.AES_128, master, wrapped[:-1] + b"\x00", UNICAST)
    assert vault == VAULT.put(master, octets("000102030405060708090A0B0C0D0E0F"))


@given(st.dictionaries(st.integers(0, 255), st.binary(max_size=64), max_size=6), st.integers(0, 3000))
def test_a_sealed_vault_opens_on_its_device_and_nowhere_else(keys: dict[int, bytes], bit: int) -> None:
    device = bytes(range(32))
    vault = MemoryVault()
    for key, value in keys.items():
        vault = vault.put(key, value)
    sealed = vault.sealed(device)
    assert unsealed(device, sealed) == vault
    assert not any(value in sealed for value in keys.values() if len(value) > 4)
    with pytest.raises(DecipheringError):
        unsealed(bytes(32), sealed)
    damaged = bytearray(sealed)
    damaged[bit // 8 % len(damaged)] ^= 1 << bit % 8
    with pytest.raises(DecipheringError):
        unsealed(device, bytes(damaged))


def test_a_device_key_has_a_length_of_aes() -> None:
    with pytest.raises(DlmsError, match="16 or 32 octets, this one has 5"):
        VAULT.sealed(b"short")


def test_two_vaults_agree_on_a_key_neither_has_shown() -> None:
    suite, session, ours, information = Suite.P256_AES_128, number(Kind.SESSION), number(Kind.EPHEMERAL), b"titles"
    one = VAULT.generate(suite, ours, bytes(range(40)))
    other = VAULT.generate(suite, ours, bytes(range(1, 41)))
    agreed = one.agree(suite, ours, other.public(suite, ours), information, session)
    opened = other.agree(suite, ours, one.public(suite, ours), information, session)
    control = Control(suite)
    body = agreed.protect(session, AUTHENTICATION, control, SERVER, 1, b"hello", b"")
    assert opened.unprotect(session, AUTHENTICATION, control, SERVER, 1, body, b"") == b"hello"


def test_a_secret_for_aes_is_filled_up_with_zeros_behind_and_never_cut() -> None:
    secret = number(Kind.SECRET)
    short, filled = VAULT.put(secret, b"short"), VAULT.put(secret, b"short" + bytes(11))
    assert short.blocks(secret, b"challenge") == filled.blocks(secret, b"challenge" + bytes(7))
    with pytest.raises(DlmsError, match="at most 16 octets, this one has 17"):
        VAULT.put(secret, bytes(17)).blocks(secret, b"challenge")
