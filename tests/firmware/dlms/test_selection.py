"""Selective access to a profile, against a naive model that walks over the rows one by one."""

from datetime import UTC, datetime

import pytest
from dlms_host import COLUMNS, PERIOD_MS, PROFILE, START_MS, SmallMeter, Wire, moment
from hypothesis import given
from hypothesis import strategies as st
from test_axdr import values

from ferraris.firmware.dlms import axdr, client, datetimes
from ferraris.firmware.dlms.axdr import Data, Tag
from ferraris.firmware.dlms.cosem import selection
from ferraris.firmware.dlms.cosem.classes import Column
from ferraris.firmware.dlms.cosem.selection import Chosen
from ferraris.firmware.dlms.datetimes import ANY, DateTime
from ferraris.firmware.dlms.host import Selection
from ferraris.firmware.dlms.results import DataAccessResult

TIMES = [START_MS + PERIOD_MS * row for row in range(20)]


def structure(*members: Data) -> Data:
    return Data(Tag.STRUCTURE, members)


def by_entry(first: int, last: int, first_column: int = 1, last_column: int = 0) -> Selection:
    numbers = [Data(Tag.DOUBLE_LONG_UNSIGNED, first), Data(Tag.DOUBLE_LONG_UNSIGNED, last)]
    columns = [Data(Tag.LONG_UNSIGNED, first_column), Data(Tag.LONG_UNSIGNED, last_column)]
    return Selection(selection.BY_ENTRY, structure(*numbers, *columns))


def column(of: Column) -> Data:
    return structure(
        Data(Tag.LONG_UNSIGNED, of.class_id),
        Data(Tag.OCTET_STRING, of.logical_name),
        Data(Tag.INTEGER, of.attribute),
        Data(Tag.LONG_UNSIGNED, of.data_index),
    )


def time(value: DateTime) -> Data:
    return Data(Tag.OCTET_STRING, datetimes.pack(value))


def by_range(first: Data, last: Data, *wanted: Column, restricting: Column = COLUMNS[0]) -> Selection:
    return Selection(
        selection.BY_RANGE,
        structure(column(restricting), first, last, Data(Tag.ARRAY, tuple(column(of) for of in wanted))),
    )


def rows(wanted: Selection, times: list[int] = TIMES, deviation: int = 0) -> list[int]:
    def utc_of(local_ms: int, _: datetimes.Edge) -> int:
        return local_ms + deviation * 60_000

    chosen = selection.select(COLUMNS, len(times), lambda _: times, wanted, utc_of)
    assert isinstance(chosen, Chosen)
    return list(chosen.rows)


# ---------------------------------------------------------------- by entry


@given(st.integers(0, 30), st.integers(0, 30), st.integers(0, 24))
def test_rule_9_entries_count_from_1_include_both_ends_and_0_is_the_last(first: int, last: int, count: int) -> None:
    numbered = [(row + 1, row) for row in range(count)]
    model = [row for number, row in numbered if number >= first and (last == 0 or number <= last)]
    chosen = selection.select(COLUMNS, count, lambda _: TIMES, by_entry(first, last))
    assert isinstance(chosen, Chosen)
    assert list(chosen.rows) == model


@pytest.mark.parametrize(
    ("first", "last", "expected"),
    [
        (1, 4, [0, 1, 2, 3]),
        (1, 1, [0]),
        (20, 0, [19]),
        (5, 4, []),
        (21, 0, []),
        (19, 99, [18, 19]),
        (1, 0, [*range(20)]),
    ],
)
def test_rule_9_counts_that_other_servers_get_wrong(first: int, last: int, expected: list[int]) -> None:
    assert rows(by_entry(first, last)) == expected


@pytest.mark.parametrize(
    ("first", "last", "expected"), [(1, 0, (0, 1, 2)), (0, 0, (0, 1, 2)), (2, 2, (1,)), (2, 3, (1, 2)), (3, 0, (2,))]
)
def test_rule_9_columns_count_like_entries(first: int, last: int, expected: tuple[int, ...]) -> None:
    chosen = selection.select(COLUMNS, 20, lambda _: TIMES, by_entry(1, 2, first, last))
    assert chosen == Chosen(range(2), expected)


@pytest.mark.parametrize(("first", "last"), [(1, 4), (4, 0), (4, 4)])
def test_a_column_beyond_the_last_is_an_error(first: int, last: int) -> None:
    chosen = selection.select(COLUMNS, 20, lambda _: TIMES, by_entry(1, 2, first, last))
    assert chosen is DataAccessResult.OTHER_REASON


# ---------------------------------------------------------------- by range


@given(
    st.lists(st.integers(0, 400), max_size=40).map(lambda minutes: [START_MS + 60_000 * minute for minute in minutes]),
    st.integers(-10, 410),
    st.integers(-10, 410),
    st.sampled_from([0, -60, -120, 330]),
)
def test_rule_9_a_range_includes_both_ends_and_does_not_need_rows_in_order(
    times: list[int], first: int, last: int, deviation: int
) -> None:
    low, high = START_MS + 60_000 * first, START_MS + 60_000 * last
    model = [row for row in range(len(times)) if low <= times[row] <= high]
    wanted = by_range(time(datetimes.local(low, deviation)), time(datetimes.local(high, deviation)))
    assert rows(wanted, times) == model


def test_rule_9_unspecified_fields_of_the_ends_are_tolerated() -> None:
    """As the Python Gurux client sends a naive time: weekday FF, deviation 0000, status 00."""
    first, last = moment("2026-01-01 00:15:00"), moment("2026-01-01 00:45:00")
    assert rows(by_range(time(first), time(last))) == [1, 2, 3]
    coarse = by_range(time(DateTime(2026, 1, 1)), time(DateTime(2026, 1, 1, ANY, 0)))
    assert rows(coarse) == [0, 1, 2, 3]
    assert rows(by_range(time(DateTime()), time(DateTime()))) == [*range(20)]


def test_an_end_of_null_data_is_no_limit() -> None:
    null = Data(Tag.NULL_DATA)
    assert rows(by_range(null, time(moment("2026-01-01 00:15:00")))) == [0, 1]
    assert rows(by_range(time(moment("2026-01-01 04:30:00")), null)) == [18, 19]


def test_rule_10_the_hour_that_daylight_saving_repeats_is_two_hours() -> None:
    """Central Europe, 25 October 2026: 02:00 to 03:00 local happens with -120 and again with -60."""
    change = int(datetime(2026, 10, 25, tzinfo=UTC).timestamp()) * 1000
    times = [change + PERIOD_MS * row for row in range(13)]  # 00:00 to 03:00 UTC
    two, three = DateTime(2026, 10, 25, ANY, 2, 0, 0, 0), DateTime(2026, 10, 25, ANY, 2, 45, 0, 0)
    summer = by_range(time(two._replace(deviation=-120)), time(three._replace(deviation=-120)))
    winter = by_range(time(two._replace(deviation=-60)), time(three._replace(deviation=-60)))
    assert (rows(summer, times), rows(winter, times)) == ([0, 1, 2, 3], [4, 5, 6, 7])
    assert rows(by_range(time(two), time(three)), times, deviation=-60) == [4, 5, 6, 7]


def test_rule_9_columns_of_a_range_are_named_and_none_named_is_all() -> None:
    null = Data(Tag.NULL_DATA)
    for wanted, expected in (((), (0, 1, 2)), ((COLUMNS[2],), (2,)), ((COLUMNS[2], COLUMNS[0]), (0, 2))):
        assert selection.select(COLUMNS, 1, lambda _: [5], by_range(null, null, *wanted)) == Chosen([0], expected)


def test_rule_9_the_restricting_object_has_to_be_captured() -> None:
    null = Data(Tag.NULL_DATA)
    for stranger in (Column(3, bytes(6), 2), COLUMNS[0]._replace(data_index=1), COLUMNS[0]._replace(attribute=3)):
        for wanted in (by_range(null, null, restricting=stranger), by_range(null, null, stranger)):
            assert selection.select(COLUMNS, 0, lambda _: [], wanted) is DataAccessResult.OTHER_REASON


def test_a_range_can_be_of_any_captured_number() -> None:
    energies = [100, 105, 105, 110]
    wanted = by_range(Data(Tag.LONG_UNSIGNED, 101), Data(Tag.DOUBLE_LONG_UNSIGNED, 105), restricting=COLUMNS[2])
    chosen = selection.select(COLUMNS, 4, lambda number: energies if number == 2 else [], wanted)
    assert chosen == Chosen([1, 2], (0, 1, 2))


# ---------------------------------------------------------------- over the wire, and hostile


def test_both_selectors_work_over_the_wire() -> None:
    meter = SmallMeter(96)
    wire = Wire(meter)
    wire.associate()
    last_two = wire.hold(client.get(PROFILE, by_entry(95, 0, 3, 3)))
    assert isinstance(last_two, bytes)
    assert axdr.decode(last_two) == Data(
        Tag.ARRAY, tuple(structure(Data(Tag.DOUBLE_LONG_UNSIGNED, 123_456 + row)) for row in (94, 95))
    )
    first = by_range(time(moment("2026-01-01 00:00:00")), time(moment("2026-01-01 00:15:00")), COLUMNS[2])
    assert wire.hold(client.get(PROFILE, first)) == bytes.fromhex("0101 0201 06 0001E240")
    nothing = by_range(time(moment("2027-01-01 00:00:00")), time(moment("2026-01-01 00:15:00")))
    assert wire.hold(client.get(PROFILE, nothing)) == b"\x01\x00"


@pytest.mark.parametrize(
    "nonsense",
    [
        Selection(0, Data(Tag.NULL_DATA)),
        Selection(3, by_entry(1, 2).parameter),
        Selection(2, Data(Tag.NULL_DATA)),
        Selection(2, structure(Data(Tag.UNSIGNED, 1))),
        Selection(2, structure(*[Data(Tag.BOOLEAN, True)] * 4)),
        Selection(1, by_entry(1, 2).parameter),
        by_range(time(DateTime(2026, 2, 30)), Data(Tag.NULL_DATA)),
        by_range(Data(Tag.VISIBLE_STRING, "now"), Data(Tag.NULL_DATA)),
    ],
)
def test_a_selection_that_makes_no_sense_is_type_unmatched(nonsense: Selection) -> None:
    assert selection.select(COLUMNS, 20, lambda _: TIMES, nonsense) is DataAccessResult.TYPE_UNMATCHED


@given(st.integers(0, 3), values())
def test_any_selection_gives_rows_or_a_result(selector: int, parameter: Data) -> None:
    chosen = selection.select(COLUMNS, 20, lambda _: TIMES, Selection(selector, parameter))
    assert isinstance(chosen, Chosen | DataAccessResult)


@given(st.integers(0, 400), st.lists(values(), min_size=4, max_size=4))
def test_any_selection_of_the_right_width_gives_rows_or_a_result(seed: int, members: list[Data]) -> None:
    wanted = Selection(1 + seed % 2, structure(*members))
    assert isinstance(selection.select(COLUMNS, 20, lambda _: TIMES, wanted), Chosen | DataAccessResult)
