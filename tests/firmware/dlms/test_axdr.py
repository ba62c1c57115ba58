"""The A-XDR codec: published octets, round trips, and strictness against whatever comes."""

import struct
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ferraris.firmware.dlms import axdr, compact
from ferraris.firmware.dlms.axdr import AxdrError, Bits, CompactArray, Data, Tag


def numbers() -> st.SearchStrategy[Data]:
    """Every number type over its whole range; floats as the octets can hold them."""
    kinds = []
    for tag, layout in axdr.NUMBERS.items():
        if layout.format in {">f", ">d"}:
            kinds.append(st.floats(width=layout.size * 8, allow_nan=False).map(lambda x, tag=tag: Data(tag, x)))
            continue
        signed = layout.format[1:].islower()
        low, high = (
            (-(1 << layout.size * 8 - 1), (1 << layout.size * 8 - 1) - 1) if signed else (0, 256**layout.size - 1)
        )
        kinds.append(st.integers(low, high).map(lambda n, tag=tag: Data(tag, n)))
    return st.one_of(kinds)


def leaves() -> st.SearchStrategy[Data]:
    return st.one_of(
        numbers(),
        st.just(Data(Tag.NULL_DATA)),
        st.just(Data(Tag.DONT_CARE)),
        st.booleans().map(lambda b: Data(Tag.BOOLEAN, b)),
        st.binary(max_size=300).map(lambda b: Data(Tag.OCTET_STRING, b)),
        st.text(st.characters(max_codepoint=255), max_size=150).map(lambda t: Data(Tag.VISIBLE_STRING, t)),
        st.text(max_size=60).map(lambda t: Data(Tag.UTF8_STRING, t)),
        st.binary(max_size=20).map(lambda b: Data(Tag.BIT_STRING, Bits(8 * len(b), b))),
        st.binary(min_size=12, max_size=12).map(lambda b: Data(Tag.DATE_TIME, b)),
        st.binary(min_size=5, max_size=5).map(lambda b: Data(Tag.DATE, b)),
        st.binary(min_size=4, max_size=4).map(lambda b: Data(Tag.TIME, b)),
        st.binary(max_size=40).map(lambda b: Data(Tag.COMPACT_ARRAY, CompactArray(b"\x02\x02\x12\x11", b))),
    )


def values() -> st.SearchStrategy[Data]:
    return st.recursive(
        leaves(),
        lambda inner: st.builds(
            Data, st.sampled_from([Tag.ARRAY, Tag.STRUCTURE]), st.lists(inner, max_size=5).map(tuple)
        ),
        max_leaves=20,
    )


@given(values())
def test_every_value_comes_back_as_it_was(value: Data) -> None:
    assert axdr.decode(axdr.encode(value)) == value


@given(values(), st.data())
def test_every_strict_part_of_a_value_is_refused(value: Data, data: st.DataObject) -> None:
    encoded = axdr.encode(value)
    with pytest.raises(AxdrError):
        axdr.decode(encoded[: data.draw(st.integers(0, len(encoded) - 1))])


@given(values(), st.binary(min_size=1, max_size=4))
def test_nothing_may_follow_a_value(value: Data, more: bytes) -> None:
    with pytest.raises(AxdrError):
        axdr.decode(axdr.encode(value) + more)


@given(st.binary(max_size=400))
def test_any_octets_give_a_value_or_an_axdr_error(octets: bytes) -> None:
    try:
        value = axdr.decode(octets)
    except AxdrError:
        return
    assert axdr.decode(axdr.encode(value)) == value or "nan" in repr(value)


@pytest.mark.parametrize(
    ("hexadecimal", "value"),
    [
        # DSMR and Kamstrup telegrams as captured by amsreader users (scaler_unit of Wh and of A x 0.01)
        ("02020F00161B", Data(Tag.STRUCTURE, (Data(Tag.INTEGER, 0), Data(Tag.ENUM, 27)))),
        ("02020FFF1621", Data(Tag.STRUCTURE, (Data(Tag.INTEGER, -1), Data(Tag.ENUM, 33)))),
        ("06000001F5", Data(Tag.DOUBLE_LONG_UNSIGNED, 501)),
        ("10FFFE", Data(Tag.LONG, -2)),
        ("0906010001 0700FF", Data(Tag.OCTET_STRING, bytes((1, 0, 1, 7, 0, 255)))),
        ("0500000045", Data(Tag.DOUBLE_LONG, 69)),  # gosem getResponse_test
        ("0405F8", Data(Tag.BIT_STRING, Bits(5, b"\xf8"))),
        ("0301", Data(Tag.BOOLEAN, True)),
        ("03FF", Data(Tag.BOOLEAN, True)),
        ("00", Data(Tag.NULL_DATA)),
    ],
)
def test_octets_seen_elsewhere_decode_to_what_they_mean(hexadecimal: str, value: Data) -> None:
    assert axdr.decode(bytes.fromhex(hexadecimal)) == value


@pytest.mark.parametrize(
    ("count", "hexadecimal"),
    [(0, "00"), (127, "7F"), (128, "8180"), (255, "81FF"), (256, "820100"), (65535, "82FFFF"), (65536, "83010000")],
)
def test_lengths_have_one_octet_below_128_and_say_how_many_follow_above(count: int, hexadecimal: str) -> None:
    assert axdr.length(count) == bytes.fromhex(hexadecimal)
    assert axdr.length_from(bytes.fromhex(hexadecimal), 0) == (count, len(hexadecimal) // 2)


@pytest.mark.parametrize("opening", [b"\x01\x01", b"\x02\x01", b"\x13\x01\x00\x01", b"\x13\x02\x01"])
def test_deep_nesting_is_refused_and_not_followed(opening: bytes) -> None:
    with pytest.raises(AxdrError, match=r"deeper|tag 13"):
        axdr.decode(opening * 5000 + b"\x00")


@pytest.mark.parametrize("count", ["84FFFFFFFF", "83FFFFFF"])
def test_an_announced_count_costs_nothing_until_octets_come(count: str) -> None:
    with pytest.raises(AxdrError, match="announced"):
        axdr.decode(b"\x01" + bytes.fromhex(count))


@pytest.mark.parametrize("hexadecimal", ["08", "0B00", "FE", "0E", "0985", "0980", "04050F", "0C01FF", "138100"])
def test_malformed_octets_are_refused(hexadecimal: str) -> None:
    with pytest.raises(AxdrError):
        axdr.decode(bytes.fromhex(hexadecimal))


@pytest.mark.parametrize(
    ("encoder", "value", "data"),
    [
        (axdr.integer, -128, Data(Tag.INTEGER, -128)),
        (axdr.long, -32768, Data(Tag.LONG, -32768)),
        (axdr.double_long, -5, Data(Tag.DOUBLE_LONG, -5)),
        (axdr.long64, -(1 << 40), Data(Tag.LONG64, -(1 << 40))),
        (axdr.unsigned, 255, Data(Tag.UNSIGNED, 255)),
        (axdr.long_unsigned, 65535, Data(Tag.LONG_UNSIGNED, 65535)),
        (axdr.double_long_unsigned, 1 << 31, Data(Tag.DOUBLE_LONG_UNSIGNED, 1 << 31)),
        (axdr.long64_unsigned, 1 << 63, Data(Tag.LONG64_UNSIGNED, 1 << 63)),
        (axdr.enum, 2, Data(Tag.ENUM, 2)),
        (axdr.float32, 0.5, Data(Tag.FLOAT32, 0.5)),
        (axdr.float64, 0.1, Data(Tag.FLOAT64, 0.1)),
        (axdr.boolean, False, Data(Tag.BOOLEAN, False)),
        (axdr.octet_string, b"ab", Data(Tag.OCTET_STRING, b"ab")),
        (axdr.visible_string, "ab", Data(Tag.VISIBLE_STRING, "ab")),
        (axdr.utf8_string, "µ", Data(Tag.UTF8_STRING, "µ")),
    ],
)
def test_an_encoder_writes_the_type_its_name_says(encoder: Callable[..., bytes], value: object, data: Data) -> None:
    assert axdr.decode(encoder(value)) == data


def test_a_number_out_of_its_range_is_an_error_and_never_wraps() -> None:
    with pytest.raises(struct.error):
        axdr.unsigned(256)
    with pytest.raises(AxdrError, match="INTEGER"):
        axdr.encode(Data(Tag.INTEGER, 128))


@pytest.mark.parametrize(
    "misfit", [Data(Tag.LONG, "x"), Data(Tag.OCTET_STRING, 5), Data(Tag.DATE_TIME, b"x"), Data(Tag.ARRAY, 5)]
)
def test_a_value_that_does_not_fit_its_tag_is_an_axdr_error(misfit: Data) -> None:
    with pytest.raises(AxdrError):
        axdr.encode(misfit)


def test_a_compact_array_spreads_out_to_what_its_description_says() -> None:
    """Two structures of a long-unsigned and an array of two unsigned: contents written by hand, without tags."""
    compacted = axdr.decode(bytes.fromhex("13 0202 12 01000211 08 0102 AA BB 0304 CC DD")).value
    assert isinstance(compacted, CompactArray)
    plain = axdr.decode(bytes.fromhex("0102 0202 120102 0102 11AA 11BB 0202 120304 0102 11CC 11DD"))
    assert compact.expand(compacted) == plain.value


@pytest.mark.parametrize(
    "bomb",
    [
        CompactArray(bytes.fromhex("01FFFF 01FFFF 00"), b"\x00"),  # 2^32 null-data from no octets at all
        CompactArray(bytes.fromhex("0202 01FFFF 00 11"), b"\x01\x01"),
        CompactArray(b"\x00", b"\x00"),
        CompactArray(b"\x12", b"\x00"),
        CompactArray(b"\x11", bytes(70_000)),
    ],
)
def test_a_compact_array_cannot_run_away(bomb: CompactArray) -> None:
    with pytest.raises(AxdrError):
        compact.expand(bomb)


@given(st.binary(min_size=1, max_size=60))
def test_any_compact_array_spreads_out_or_is_refused(octets: bytes) -> None:
    try:
        value = axdr.decode(b"\x13" + octets).value
        assert isinstance(value, CompactArray)
        compact.expand(value)
    except AxdrError:
        pass
