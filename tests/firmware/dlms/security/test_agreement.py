"""Curves, key agreement and signatures against RFC 5903, RFC 6979 and the Green Book's tables; hostile keys."""

import hashlib

import pytest
from green_book import CLIENT, SERVER, octets
from hypothesis import given, settings
from hypothesis import strategies as st

from ferraris.firmware.dlms.results import DlmsError
from ferraris.firmware.dlms.security import curves, kdf, signatures
from ferraris.firmware.dlms.security.suites import DecipheringError, Suite

P256, P384 = Suite.P256_AES_128, Suite.P384_AES_256
CURVED = st.sampled_from([P256, P384])

# RFC 5903 8.1
I_PRIVATE = octets("C88F01F510D9AC3F70A292DAA2316DE544E9AAB8AFE84049C62A9C57862D1433")
I_POINT = octets(
    "DAD0B65394221CF9B051E1FECA5787D098DFE637FC90B9EF945D0C3772581180"
    "5271A0461CDB8252D61F1C456FA3E59AB1F45B33ACCF5F58389E0577B8990BB3"
)
R_PRIVATE = octets("C6EF9C5D78AE012A011164ACB397CE2088685D8F06BF9BE0B283AB46476BEE53")
R_POINT = octets(
    "D12DFB5289C8D4F81208B70270398C342296970A0BCCB74C736FC7554494BF63"
    "56FBF3CA366CC23E8157854C13C58D6AAC23F046ADA30F8353E74F33039872AB"
)
SHARED = octets("D6840F6B42F6EDAFD13116E0E12565202FEF8E9ECE7DCE03812464D04B9442DE")


def test_the_exchange_of_rfc_5903_on_p256() -> None:
    assert curves.public_of(P256, I_PRIVATE) == I_POINT
    assert curves.public_of(P256, R_PRIVATE) == R_POINT
    assert kdf.shared_secret(P256, I_PRIVATE, R_POINT) == SHARED
    assert kdf.shared_secret(P256, R_PRIVATE, I_POINT) == SHARED


# Green Book, tables of key agreement, as EnergyICT's protocol tests quote them (keys and Z)
EPHEMERAL_SERVER = octets("34A8C23A34DBB519D09B245754C85A6CFE05D14A063EFA5AA41545AA8241EFAE")
EPHEMERAL_CLIENT_POINT = octets(
    "2914D60E10AB705F62ED6CC349D7CB99B9AB3F3978E59278C7AF595B3AF98794"
    "1372DAB6D5AF1FA867E134167E6F23DE664A6693E05F43414611058D1B48F894"
)
ONE_PASS_CLIENT = octets("47DAB03842E5B6E74828EF4F449B378D7DD1A5DAE1FFCA5AE0B0BE0AD18EC57E")
ONE_PASS_CLIENT_POINT = octets(
    "C323C2BD45711DE4688637D919F92E9DB8FB2DFC213A88D21C9DC8DCBA917D81"
    "70511DE1BADB360D50058F794B0960AE11FA28D392CFF907A62D13E3357B1DC0"
)
STATIC_SERVER = octets("AAD3FD0732E991CF52A74C66C1F2827DDC53522A2E0A169D7C4FFCC0FB5D6A4D")
STATIC_CLIENT = octets("A51C16FF5C498FCC89323D4A9267CD71BF81FD6F6A891CD240DA7F3D6F283E65")
ONE_PASS_SERVER_POINT = octets(
    "6439724714B47CD9CB988897D8424AB946DCD083D37A954637616011B9C23787"
    "73295F0F850D8DAFD1BBE9FE666E53E4F097CD10B38B69622152724A90987444"
)


@pytest.mark.parametrize(
    ("private", "point", "secret"),
    [
        (EPHEMERAL_SERVER, EPHEMERAL_CLIENT_POINT, "C1CF8FE7891AEF3617D7190795E61FE6C24EFC3CCA2E08469BAD1A225CE6EA08"),
        (STATIC_SERVER, ONE_PASS_CLIENT_POINT, "0D4385BA0DD756CBCAB9887EB538396EE8F090A14C1079B4359F115B977F4615"),
        (STATIC_CLIENT, ONE_PASS_SERVER_POINT, "2B4302DC49790E2E78D990CFB52ED6E2F273DECE441A2D95E4301B93812A9FAC"),
    ],
)
def test_the_green_books_shared_secrets(private: bytes, point: bytes, secret: str) -> None:
    assert kdf.shared_secret(P256, private, point) == octets(secret)


def test_the_green_books_one_pass_point_belongs_to_its_key() -> None:
    assert curves.public_of(P256, ONE_PASS_CLIENT) == ONE_PASS_CLIENT_POINT


@pytest.mark.parametrize(
    ("secret", "parties", "key"),
    [  # Green Book, table of the one-pass scheme, as an open Rust codec quotes it
        (
            "0D4385BA0DD756CBCAB9887EB538396EE8F090A14C1079B4359F115B977F4615",
            # here "client" is the title ending in BC614E
            (SERVER, CLIENT),
            "59A71FD81C929A86A99438DA17A66C05",
        ),
        (
            "2B4302DC49790E2E78D990CFB52ED6E2F273DECE441A2D95E4301B93812A9FAC",
            (CLIENT, SERVER),
            "F0184BDA9466BFA4601A64A7EF46504A",
        ),
    ],
)
def test_the_green_books_one_pass_keys(secret: str, parties: tuple[bytes, bytes], key: str) -> None:
    assert kdf.derive(P256, octets(secret), kdf.one_pass(*parties)) == octets(key)


def test_the_information_of_the_static_scheme_is_that_of_the_open_c_example() -> None:
    """Quoted there as one string, with titles and transaction of letters."""
    whole = octets("6085740508030043545430303030300836303739433330414142434445464748")
    information = kdf.static(b"CTT00000", b"ABCDEFGH", b"6079C30A")
    assert octets("60857405080300") + information == whole


def test_suite_2_derives_256_bits_with_sha_384() -> None:
    information = kdf.ephemeral(CLIENT, SERVER)
    expected = hashlib.sha384(octets("00000001") + SHARED + octets("60857405080301") + CLIENT + SERVER).digest()[:32]
    assert kdf.derive(P384, SHARED, information) == expected


@given(CURVED, st.binary(min_size=56, max_size=56), st.binary(min_size=56, max_size=56))
@settings(max_examples=30)
def test_both_sides_agree_and_a_third_does_not(suite: Suite, ours: bytes, theirs: bytes) -> None:
    one, other = curves.generate(suite, ours), curves.generate(suite, theirs)
    secret = kdf.shared_secret(suite, one, curves.public_of(suite, other))
    assert secret == kdf.shared_secret(suite, other, curves.public_of(suite, one))
    third = curves.generate(suite, bytes(56))
    assert secret != kdf.shared_secret(suite, third, curves.public_of(suite, other)) or third == one


@pytest.mark.parametrize("suite", [P256, P384])
def test_keys_span_the_curve_and_nothing_beyond(suite: Suite) -> None:
    """The order is the library's own: a private key one below it exists, and the order itself is none."""
    order = curves.curve(suite).group_order
    size = order.bit_length() // 8
    assert curves.generate(suite, bytes(size + 8)) == (1).to_bytes(size, "big")
    assert curves.generate(suite, (order - 2).to_bytes(size + 8, "big")) == (order - 1).to_bytes(size, "big")
    assert curves.generate(suite, (order - 1).to_bytes(size + 8, "big")) == (1).to_bytes(size, "big")
    curves.private_key(suite, (order - 1).to_bytes(size, "big"))
    for number in (0, order):
        with pytest.raises(DlmsError, match="no private key"):
            curves.private_key(suite, number.to_bytes(size, "big"))


def test_too_little_entropy_is_refused() -> None:
    with pytest.raises(DlmsError, match="takes 40 octets of entropy"):
        curves.generate(P256, bytes(39))


@given(CURVED, st.binary(max_size=100))
def test_what_is_no_point_of_the_curve_is_refused(suite: Suite, point: bytes) -> None:
    with pytest.raises(DlmsError):
        kdf.shared_secret(suite, curves.generate(suite, bytes(56)), point)


def test_a_point_of_another_curve_is_refused() -> None:
    twisted = bytearray(I_POINT)
    twisted[-1] ^= 1
    with pytest.raises(DlmsError, match="no point of the curve of suite 1"):
        kdf.shared_secret(P256, R_PRIVATE, bytes(twisted))
    with pytest.raises(DlmsError, match="no point of the curve of suite 1"):
        kdf.shared_secret(P256, R_PRIVATE, bytes(64))


def test_suite_0_agrees_on_nothing() -> None:
    for attempt in (
        lambda: kdf.shared_secret(Suite.AES_128, I_PRIVATE, R_POINT),
        lambda: kdf.derive(Suite.AES_128, SHARED, b""),
        lambda: signatures.sign(Suite.AES_128, I_PRIVATE, b""),
    ):
        with pytest.raises(DlmsError, match="suite 0 has no public keys"):
            attempt()


# ---------------------------------------------------------------- signatures

SIGNED = [  # RFC 6979 A.2.5 and A.2.6: the hash of the curve's suite, messages "sample" and "test"
    (
        P256,
        "C9AFA9D845BA75166B5C215767B1D6934E50C3DB36E89B127B8A622B120F6721",
        b"sample",
        (
            "EFD48B2AACB6A8FD1140DD9CD45E81D69D2C877B56AAF991C34D0EA84EAF3716"
            "F7CB1C942D657C41D436C7A1B6E29F65F3E900DBB9AFF4064DC4AB2F843ACDA8"
        ),
    ),
    (
        P256,
        "C9AFA9D845BA75166B5C215767B1D6934E50C3DB36E89B127B8A622B120F6721",
        b"test",
        (
            "F1ABB023518351CD71D881567B1EA663ED3EFCF6C5132B354F28D3B0B7D38367"
            "019F4113742A2B14BD25926B49C649155F267E60D3814B4C0CC84250E46F0083"
        ),
    ),
    (
        P384,
        "6B9D3DAD2E1B8C1C05B19875B6659F4DE23C3B667BF297BA9AA47740787137D896D5724E4C70A825F872C9EA60D2EDF5",
        b"sample",
        (
            "94EDBB92A5ECB8AAD4736E56C691916B3F88140666CE9FA73D64C4EA95AD133C81A648152E44ACF96E36DD1E80FABE46"
            "99EF4AEB15F178CEA1FE40DB2603138F130E740A19624526203B6351D0A3A94FA329C145786E679E7B82C71A38628AC8"
        ),
    ),
]


@pytest.mark.parametrize(("suite", "private", "message", "signature"), SIGNED)
def test_the_signatures_of_rfc_6979(suite: Suite, private: str, message: bytes, signature: str) -> None:
    assert signatures.sign(suite, octets(private), message) == octets(signature)
    signatures.verify(suite, curves.public_of(suite, octets(private)), message, octets(signature))


@given(CURVED, st.binary(max_size=40), st.integers(0, 767))
@settings(max_examples=40)
def test_a_flipped_bit_in_signature_message_or_key_is_refused(suite: Suite, message: bytes, bit: int) -> None:
    private = curves.generate(suite, bytes(range(56)))
    point = curves.public_of(suite, private)
    signature = bytearray(signatures.sign(suite, private, message))
    with pytest.raises(DecipheringError):
        signatures.verify(suite, point, message + b"!", bytes(signature))
    with pytest.raises(DecipheringError):
        signatures.verify(suite, curves.public_of(suite, curves.generate(suite, bytes(56))), message, bytes(signature))
    signature[bit // 8 % len(signature)] ^= 1 << bit % 8
    with pytest.raises(DecipheringError):
        signatures.verify(suite, point, message, bytes(signature))


@given(CURVED, st.binary(max_size=100) | st.sampled_from([bytes(64), bytes(96), b"\xff" * 64, b"\xff" * 96]))
def test_hostile_signatures_raise_only_our_error(suite: Suite, signature: bytes) -> None:
    point = curves.public_of(suite, curves.generate(suite, bytes(56)))
    with pytest.raises(DlmsError):
        signatures.verify(suite, point, b"message", signature)
