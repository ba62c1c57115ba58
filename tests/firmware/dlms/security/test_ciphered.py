"""Envelopes against published octets, round trips and hostile octets."""

import green_book
import pytest
from green_book import CLIENT, COUNTER, SERVER, octets
from hypothesis import given
from hypothesis import strategies as st

from ferraris.firmware.dlms.results import DlmsError
from ferraris.firmware.dlms.security.ciphered import decode, encode, signed_octets
from ferraris.firmware.dlms.security.envelopes import (
    AgreedKey,
    Content,
    Envelope,
    Family,
    GeneralCiphered,
    Header,
    IdentifiedKey,
    KeyCiphered,
    Plain,
    ServiceCiphered,
    Signed,
    WrappedKey,
    check_service,
    family_of,
)
from ferraris.firmware.dlms.security.suites import Control, Suite

CLOCK = green_book.PROTECTED_CLOCK[True, True]
CONTENT = Content(Control(Suite.AES_128), COUNTER, CLOCK[7:])

TAGS = [  # plain, glo-, ded-: IEC 62056-5-3 as pydlms-client and another open decoder list them
    (0x01, 0x21, 0x41), (0x08, 0x28, 0x48), (0x0E, 0x2E, 0x4E), (0xC0, 0xC8, 0xD0), (0xC1, 0xC9, 0xD1),
    (0xC2, 0xCA, 0xD2), (0xC3, 0xCB, 0xD3), (0xC4, 0xCC, 0xD4), (0xC5, 0xCD, 0xD5), (0xC7, 0xCF, 0xD7),
]  # fmt: skip


@pytest.mark.parametrize(("plain", "glo", "ded"), TAGS)
def test_every_service_has_its_two_envelopes(plain: int, glo: int, ded: int) -> None:
    service = Plain(plain)
    assert encode(ServiceCiphered(service, False, CONTENT))[0] == glo
    assert encode(ServiceCiphered(service, True, CONTENT))[0] == ded
    assert family_of(bytes((glo,))) is Family.SERVICE_GLOBAL
    assert family_of(bytes((ded,))) is Family.SERVICE_DEDICATED
    assert family_of(bytes((plain,))) is Family.PLAIN


def test_the_table_of_services_is_complete() -> None:
    assert [tag for tag, _, _ in TAGS] == sorted(Plain)
    assert family_of(b"") is Family.PLAIN


@pytest.mark.parametrize(
    ("apdu", "envelope"),
    [
        (CLOCK, ServiceCiphered(Plain.GET_REQUEST, False, CONTENT)),
        (
            green_book.PROTECTED_CLOCK[False, True],
            ServiceCiphered(
                Plain.GET_REQUEST, False, Content(Control(Suite.AES_128, authenticated=False), COUNTER, CLOCK[7:20])
            ),
        ),
        (
            green_book.CIPHERED_INITIATE,
            ServiceCiphered(Plain.INITIATE_REQUEST, False, CONTENT._replace(body=green_book.CIPHERED_INITIATE[7:])),
        ),
        (octets("DB08 4D4D4D0000BC614E 1E") + CLOCK[2:], GeneralCiphered(SERVER, False, CONTENT)),
        (octets("DC08 4D4D4D0000BC614E 1E") + CLOCK[2:], GeneralCiphered(SERVER, True, CONTENT)),
        (octets("DB00 1E") + CLOCK[2:], GeneralCiphered(b"", False, CONTENT)),
        (  # layout of the Green Book's ASN.1: five octet strings, key-info, content
            octets("DD 08 0102030405060708 08 4D4D4D0000BC614E 08 4D4D4D0000000001 00 00 01 02 01 02 00 1E")
            + CLOCK[2:],
            KeyCiphered(Header(octets("0102030405060708"), SERVER, CLIENT), AgreedKey(b"\x02", b""), CONTENT),
        ),
        (
            octets("DD 00 08 4D4D4D0000BC614E 00 00 00 01 00 01 1E") + CLOCK[2:],
            KeyCiphered(Header(b"", SERVER, b""), IdentifiedKey(1), CONTENT),
        ),
        (
            octets("DD 00 08 4D4D4D0000BC614E 00 00 00 01 01 00 02 AABB 1E") + CLOCK[2:],
            KeyCiphered(Header(b"", SERVER, b""), WrappedKey(0, octets("AABB")), CONTENT),
        ),
        (
            octets("DD 00 08 4D4D4D0000BC614E 00 00 00 00 1E") + CLOCK[2:],
            KeyCiphered(Header(b"", SERVER, b""), None, CONTENT),
        ),
        (
            octets("DF 01 07 08 4D4D4D0000BC614E 08 4D4D4D0000000001 00 00 02 C001 03 112233"),
            Signed(Header(b"\x07", SERVER, CLIENT), octets("C001"), octets("112233")),
        ),
    ],
)
def test_published_layouts_read_and_write(apdu: bytes, envelope: Envelope) -> None:
    assert decode(apdu) == envelope
    assert encode(envelope) == apdu


STRINGS = st.binary(max_size=200)
TITLES = st.binary(min_size=8, max_size=8)
CONTROLS = st.builds(Control, st.sampled_from(Suite), *[st.booleans()] * 4)
CONTENTS = st.builds(Content, CONTROLS, st.integers(0, 0xFFFFFFFF), st.binary(min_size=12, max_size=300))
HEADERS = st.builds(Header, STRINGS, TITLES, TITLES | st.just(b""), STRINGS, STRINGS)
OCTET = st.integers(0, 255)
KEYS = st.none() | st.one_of(
    st.builds(IdentifiedKey, OCTET), st.builds(WrappedKey, OCTET, STRINGS), st.builds(AgreedKey, STRINGS, STRINGS)
)
ENVELOPES = st.one_of(
    st.builds(ServiceCiphered, st.sampled_from(Plain), st.booleans(), CONTENTS),
    st.builds(GeneralCiphered, TITLES | st.just(b""), st.booleans(), CONTENTS),
    st.builds(KeyCiphered, HEADERS, KEYS, CONTENTS),
    st.builds(Signed, HEADERS, STRINGS, st.binary(min_size=1, max_size=96)),
)


@given(ENVELOPES)
def test_every_envelope_comes_back_as_it_was(envelope: Envelope) -> None:
    assert decode(encode(envelope)) == envelope


@given(ENVELOPES, st.data())
def test_cut_short_or_with_octets_behind_it_is_refused(envelope: Envelope, data: st.DataObject) -> None:
    apdu = encode(envelope)
    with pytest.raises(DlmsError):
        decode(apdu[: data.draw(st.integers(0, len(apdu) - 1))])
    with pytest.raises(DlmsError):
        decode(apdu + data.draw(st.binary(min_size=1, max_size=3)))


FIRST = st.sampled_from([0x21, 0x28, 0x41, 0xC8, 0xCC, 0xD0, 0xDB, 0xDC, 0xDD, 0xDF])


@given(st.one_of(st.binary(max_size=60), st.builds(lambda tag, rest: bytes((tag,)) + rest, FIRST, st.binary())))
def test_hostile_octets_raise_only_our_error(apdu: bytes) -> None:
    try:
        envelope = decode(apdu)
    except DlmsError:
        return
    # Lengths may be written longer than need be (81 05), so octets need not come back; their meaning must.
    assert decode(encode(envelope)) == envelope


@pytest.mark.parametrize(
    ("hexadecimal", "text"),
    [
        ("C8 1E 30 01234567", "30 octets wanted"),
        ("C8 05 30 01234567", "0 octets are too few for a tag"),
        ("C8 10 30 01234567 0102030405060708090A0B", "11 octets are too few for a tag"),
        ("C8 06 33 01234567 00", "names suite 3"),
        ("C8 04 20 012345", "5 octets wanted"),
        ("C8 06 20 01234567 00 FF", "1 octets after the end"),
        ("DB 07 4D4D4D0000BC61 06 20 01234567 00", "a system title has 8 octets, this one has 7"),
        ("DD 00 00 00 00 00 00 06 20 01234567 00", "a system title has 8 octets, this one has 0"),
        ("DD 00 08 4D4D4D0000BC614E 00 00 00 02 06 20 01234567 00", "present \\(1\\) or not \\(0\\), not 2"),
        ("DD 00 08 4D4D4D0000BC614E 00 00 00 01 03 00 06 20 01234567 00", "agreed \\(2\\), not 3"),
        ("DF 00 08 4D4D4D0000BC614E 00 00 00 02 C001 00", "without a signature"),
        ("C0 01 00", "tag C0 is no protected APDU"),
        ("E0 01 00", "tag E0 is no protected APDU"),
        ("", "1 octets wanted"),
    ],
)
def test_what_lies_is_refused_with_a_reason(hexadecimal: str, text: str) -> None:
    with pytest.raises(DlmsError, match=text):
        decode(octets(hexadecimal))


@given(st.sampled_from(Plain), st.sampled_from(Plain))
def test_an_envelope_holds_only_the_service_it_names(named: Plain, found: Plain) -> None:
    envelope = ServiceCiphered(named, False, CONTENT)
    if named is found:
        check_service(envelope, bytes((found, 1)))
        return
    with pytest.raises(DlmsError, match=f"inside an envelope for {named:02X}"):
        check_service(envelope, bytes((found, 1)))


def test_an_empty_apdu_is_of_no_service() -> None:
    with pytest.raises(DlmsError, match="tag none inside"):
        check_service(ServiceCiphered(Plain.GET_REQUEST, False, CONTENT), b"")


def test_the_signature_covers_length_and_value_of_every_field() -> None:
    header = Header(b"\x07", SERVER, CLIENT, b"", b"\x01\x02")
    covered = octets("01 07 08 4D4D4D0000BC614E 08 4D4D4D0000000001 00 02 0102 02 C001")
    assert signed_octets(header, octets("C001")) == covered
