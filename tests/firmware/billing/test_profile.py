"""The load profile captures at the ends of clock periods, and a row survives its stored form."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ferraris.firmware.billing import profile
from ferraris.firmware.billing.registers import Counters, Register

QUARTER = 900_000


def ms(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() * 1000)


def test_a_quarter_of_an_hour_ends_at_the_quarters_of_the_clock() -> None:
    assert profile.next_boundary(ms("2026-11-23T07:14:59.999"), QUARTER) == ms("2026-11-23T07:15:00")
    assert profile.next_boundary(ms("2026-11-23T07:15:00"), QUARTER) == ms("2026-11-23T07:30:00")
    assert profile.boundary(ms("2026-11-23T07:15:00"), QUARTER) == ms("2026-11-23T07:15:00")


@given(st.integers(0, 4 * 10**12), st.integers(0, 10**8), st.integers(1, 10**8))
def test_a_capture_is_due_exactly_when_a_period_ended_in_between(before: int, passed: int, period: int) -> None:
    ends = (before + passed) // period - before // period
    assert profile.is_due(before, before + passed, period) == (ends > 0)


def test_a_row_holds_the_registers_that_bill() -> None:
    registers = [Register(mws) for mws in (5, 6, 10, 20, 300, 400, 7, 8)]
    row = profile.capture(ms("2026-11-23T07:15:00"), profile.Status.POWER_DOWN, Counters(*registers))
    assert row == (ms("2026-11-23T07:15:00") // 1000, 0x80, 5, 6, 30, 700)


ROWS = st.builds(
    profile.Row,
    st.integers(-(2**63), 2**63 - 1),
    st.sampled_from(profile.Status),
    *[st.integers(0, 2**64 - 1)] * 4,
)


@given(ROWS)
def test_a_row_survives_its_stored_form(row: profile.Row) -> None:
    payload = profile.encode_row(row)
    assert len(payload) == profile.ROW_SIZE
    assert profile.decode_row(payload) == row


def test_a_row_of_another_size_is_an_error() -> None:
    with pytest.raises(ValueError, match="36 bytes"):
        profile.decode_row(bytes(36))
