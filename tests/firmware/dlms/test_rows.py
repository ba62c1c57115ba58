"""The quick way to encode rows and date-times gives what the slow way gives."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ferraris.firmware.dlms import axdr, datetimes
from ferraris.firmware.dlms.axdr import Tag
from ferraris.firmware.dlms.cosem import classes, rows

SLOW = {
    Tag.UNSIGNED: (axdr.unsigned, st.integers(0, 255)),
    Tag.LONG: (axdr.long, st.integers(-0x8000, 0x7FFF)),
    Tag.DOUBLE_LONG_UNSIGNED: (axdr.double_long_unsigned, st.integers(0, 2**32 - 1)),
    Tag.LONG64_UNSIGNED: (axdr.long64_unsigned, st.integers(0, 2**64 - 1)),
    rows.CLOCK: (axdr.octet_string, st.binary(min_size=12, max_size=12)),
}


@given(st.lists(st.sampled_from(list(SLOW)), min_size=1, max_size=8), st.data())
def test_a_row_from_a_template_is_the_structure_of_its_cells(tags: list[Tag], data: st.DataObject) -> None:
    columns = tuple(data.draw(st.lists(st.sampled_from(range(len(tags))), max_size=8)))
    encoder = rows.row_encoder(tuple(tags), columns)
    table = [tuple(data.draw(SLOW[tag][1]) for tag in tags) for _ in range(3)]
    slow = classes.buffer([[SLOW[tags[column]][0](row[column]) for column in columns] for row in table])  # type: ignore[arg-type]
    assert rows.buffer([encoder(row) for row in table]) == slow


@pytest.mark.parametrize("columns", [1, 127, 128, 148, 256])
def test_a_row_may_have_more_columns_than_a_length_of_one_octet_can_say(columns: int) -> None:
    # 148: the billing history of a meter with eight rates. A-XDR: from 128 on the octet 0x80 + n goes before n octets.
    row = rows.row_encoder((Tag.UNSIGNED,) * columns, tuple(range(columns)))((7,) * columns)
    count = bytes((columns,)) if columns < 128 else b"\x81" + bytes((columns,)) if columns < 256 else b"\x82\x01\x00"
    assert row == b"\x02" + count + b"\x11\x07" * columns


def test_a_number_out_of_range_is_no_row() -> None:
    with pytest.raises(struct.error):
        rows.row_encoder((Tag.UNSIGNED,), (0,))((256,))


@given(st.integers(-(2**60), 2**60) | st.integers(0, 2**42), st.integers(-900, 900), st.integers(0, 255))
def test_a_local_date_time_joined_from_parts_is_the_one_packed_whole(utc: int, deviation: int, status: int) -> None:
    assert datetimes.pack_local(utc, deviation, status) == datetimes.pack(datetimes.local(utc, deviation, status))


def test_the_first_quarter_hour_of_2026_in_berlin() -> None:
    assert datetimes.pack_local(1_767_225_600_000 - 2_700_000, -60) == bytes.fromhex("07EA0101 04 000F0000 FFC4 00")
