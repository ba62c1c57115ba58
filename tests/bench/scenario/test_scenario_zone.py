"""Local times of a scenario against the time zone database's rule for Berlin."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ferraris.bench.scenario.zone import CENTRAL_EUROPE, read, written

BERLIN = ZoneInfo("Europe/Berlin")


@given(st.integers(1_000_000_000, 2_500_000_000))
def test_an_instant_is_written_as_the_time_zone_database_has_it(utc_s: int) -> None:
    there = datetime.fromtimestamp(utc_s, BERLIN)
    assert written(CENTRAL_EUROPE, 1000 * utc_s) == there.isoformat(sep=" ")


@given(st.integers(1_000_000_000, 2_500_000_000))
def test_what_is_written_reads_back(utc_s: int) -> None:
    assert read(CENTRAL_EUROPE, written(CENTRAL_EUROPE, 1000 * utc_s)) == 1000 * utc_s


def test_a_time_without_offset_is_local() -> None:
    expected = datetime(2027, 7, 1, 10, 0, tzinfo=UTC).timestamp()
    assert read(CENTRAL_EUROPE, "2027-07-01 12:00") == 1000 * expected
    assert read(CENTRAL_EUROPE, "2027-07-01 10:00:00Z") == 1000 * expected


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("2027-03-28 02:30:00", "which the change to summer time skips"),
        ("2027-10-31 02:30:00", "expected an offset behind it: .*02:00 or .*01:00"),
        ("2027-02-29 12:00:00", "expected a date of the calendar"),
        ("noon", "expected a time such as"),
        ("1066-10-14 09:00:00", "expected a year from"),
    ],
)
def test_a_time_that_is_none_is_refused_with_what_would_be_right(text: str, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        read(CENTRAL_EUROPE, text)


def test_an_offset_tells_the_two_hours_of_autumn_apart() -> None:
    first, second = (read(CENTRAL_EUROPE, f"2027-10-31 02:30:00{offset}") for offset in ("+02:00", "+01:00"))
    assert second - first == 3_600_000
