"""The stored form of a calendar: what goes in comes out, and bytes that nobody made are refused."""

from dataclasses import replace

import pytest
from calendars import HOME, calendars
from hypothesis import given
from hypothesis import strategies as st

from ferraris.firmware.billing.calendar import (
    LONGEST_NAME,
    MOST_DAYS,
    MOST_SEASONS,
    MOST_SPECIAL_DAYS,
    MOST_SWITCHES,
    MOST_WEEKS,
    Calendar,
    DayProfile,
    Season,
    SpecialDay,
    Switch,
    Week,
    flat,
)
from ferraris.firmware.billing.calendar_codec import LARGEST, CalendarError, decode, encode
from ferraris.firmware.billing.zone import When


@given(calendars())
def test_what_goes_in_comes_out(calendar: Calendar) -> None:
    assert decode(encode(calendar)) == calendar


def test_the_layout_is_the_one_stated() -> None:
    # version, rates, fallback, four counts; "ONE"; season "" from any date, week ""; week ""; day 0 with 1 switch
    stated = "01 01 01 01 01 01 00  03 4f4e45  00 ffff ffffffffffff 00  00 00000000000000  00 01 00000001"
    assert encode(flat(b"ONE")) == bytes.fromhex(stated)


def test_the_largest_calendar_has_the_size_stated() -> None:
    name = b"x" * LONGEST_NAME
    full = Calendar(
        name,
        (Season(name, When(), name),) * MOST_SEASONS,
        (Week(name, (0,) * 7),) * MOST_WEEKS,
        (DayProfile(0, (Switch(86399, 8),) * MOST_SWITCHES),) * MOST_DAYS,
        (SpecialDay(0xFFFF, When(), 0),) * MOST_SPECIAL_DAYS,
    )
    assert len(encode(full)) == LARGEST
    assert decode(encode(full)) == full


def test_a_calendar_of_tables_that_do_not_fit_is_kept_all_the_same() -> None:
    broken = replace(HOME, weeks=(), fallback=200)
    assert decode(encode(broken)) == broken


def test_a_calendar_cut_anywhere_is_refused_and_so_is_one_byte_more() -> None:
    whole = encode(HOME)
    for size in range(len(whole)):
        with pytest.raises(CalendarError):
            decode(whole[:size])
    with pytest.raises(CalendarError, match="1 of them too many"):
        decode(whole + b"\0")


@given(st.binary(max_size=200) | st.tuples(st.just(b"\x01"), st.binary(max_size=200)).map(b"".join))
def test_bytes_that_nobody_made_are_refused_or_are_what_encode_would_make(payload: bytes) -> None:
    try:
        found = decode(payload)
    except CalendarError:
        return
    assert encode(found) == payload


@given(st.data())
def test_a_flipped_bit_is_refused_or_gives_what_encode_would_make(data: st.DataObject) -> None:
    whole = bytearray(encode(HOME))
    bit = data.draw(st.integers(0, 8 * len(whole) - 1))
    whole[bit // 8] ^= 1 << bit % 8
    try:
        found = decode(bytes(whole))
    except CalendarError:
        return
    assert encode(found) == bytes(whole)


def test_a_second_that_no_day_has_is_refused() -> None:
    payload = bytearray(encode(flat(b"ONE")))
    payload[-4:] = (86400 << 8 | 1).to_bytes(4, "big")
    with pytest.raises(CalendarError, match="no time of day"):
        decode(bytes(payload))
