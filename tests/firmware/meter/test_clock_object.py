"""The clock over the wire: its six methods, and local time in the hours that summer time doubles and skips."""

from dataclasses import replace

import pytest

from bench_rig import TERMS
from ferraris.firmware.dlms import axdr, datetimes
from ferraris.firmware.dlms.cosem import classes
from ferraris.firmware.dlms.datetimes import ANY_DEVIATION, DateTime, local
from ferraris.firmware.dlms.results import ActionResult, DataAccessResult
from ferraris.pins import SetRtc
from meter_rig import BERLIN, HOUR, MINUTE, SEVEN, Meter, act, get, talk, write

CLOCK = "0.0.1.0.0.255"
S = 1000
FIRST_TWO_THIRTY = 1_792_888_200_000
"""2026-10-25 00:30 UTC: 02:30 in Berlin, summer time; an hour later it is 02:30 again."""
SKIPPED = 1_774_747_800_000
"""2026-03-29 01:30 UTC: 03:30 in Berlin; 02:30 was skipped."""


def set_by(meter: Meter, number: int, parameter: bytes = axdr.integer(0)) -> tuple[ActionResult, list[int]]:
    """Call a method; what it set the clock to."""
    result = act(talk(meter), 8, CLOCK, number, parameter)
    found = [each.rtc_ms for each in meter.outputs if isinstance(each, SetRtc)]
    meter.call()
    return result, found


@pytest.mark.parametrize(
    ("number", "shown", "expected"),
    [
        (1, 7 * MINUTE + 29 * S, 0), (1, 7 * MINUTE + 31 * S, 15 * MINUTE), (1, 7 * MINUTE + 30 * S, 15 * MINUTE),
        (2, 29 * S, 0), (2, 31 * S, MINUTE), (2, 61 * S, MINUTE),
        (3, 29_990, 0), (3, 30_000, MINUTE), (3, 89 * S, MINUTE),
    ],
)  # fmt: skip
def test_methods_1_to_3_go_to_the_nearest_quarter_capture_period_or_minute(
    number: int, shown: int, expected: int
) -> None:
    assert set_by(Meter(rtc=SEVEN + shown), number) == (ActionResult.SUCCESS, [SEVEN + expected])


@pytest.mark.parametrize("seconds", [-900, -1, 1, 900])
def test_method_6_shifts_by_at_most_a_quarter_of_an_hour(seconds: int) -> None:
    assert set_by(Meter(), 6, axdr.long(seconds)) == (ActionResult.SUCCESS, [SEVEN + seconds * S])


@pytest.mark.parametrize("parameter", [axdr.long(901), axdr.long(-901), axdr.integer(5), axdr.NULL])
def test_method_6_takes_nothing_else(parameter: bytes) -> None:
    result, found = set_by(Meter(), 6, parameter)
    assert result is not ActionResult.SUCCESS
    assert found == []


def preset(time: int, first: int, last: int) -> bytes:
    return axdr.structure(*(classes.date_time(local(SEVEN + each)) for each in (time, first, last)))


@pytest.mark.parametrize(("called", "is_in_time"), [(9, False), (10, True), (20, True), (21, False)])
def test_methods_5_and_4_set_a_time_that_was_kept_within_its_interval(called: int, *, is_in_time: bool) -> None:
    meter = Meter()
    assert set_by(meter, 5, preset(HOUR, 10 * S, 20 * S)) == (ActionResult.SUCCESS, [])
    meter.call(SEVEN + called * S)
    result, found = set_by(meter, 4)
    assert (result is ActionResult.SUCCESS, found) == (is_in_time, [SEVEN + HOUR] if is_in_time else [])


def test_method_4_without_a_kept_time_is_refused() -> None:
    assert set_by(Meter(), 4) == (ActionResult.OTHER_REASON, [])


def berlin(rtc: int) -> Meter:
    return Meter(replace(TERMS, zone=BERLIN), rtc)


def shown(utc_ms: int, zone_min: int, *, says: bool = True, status: int = 0) -> bytes:
    found = local(utc_ms, zone_min, status)
    return classes.date_time(found if says else found._replace(deviation=ANY_DEVIATION))


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        # With its deviation a time means one instant; without it, the status says which of the two.
        (shown(FIRST_TWO_THIRTY, -120), FIRST_TWO_THIRTY),
        (shown(FIRST_TWO_THIRTY + HOUR, -60), FIRST_TWO_THIRTY + HOUR),
        (shown(FIRST_TWO_THIRTY, -120, says=False, status=0x80), FIRST_TWO_THIRTY),
        (shown(FIRST_TWO_THIRTY + HOUR, -60, says=False), FIRST_TWO_THIRTY + HOUR),
        # An hour before and after there is only one.
        (shown(FIRST_TWO_THIRTY - HOUR, -120, says=False), FIRST_TWO_THIRTY - HOUR),
        (shown(FIRST_TWO_THIRTY + 2 * HOUR, -60, says=False, status=0x80), FIRST_TWO_THIRTY + 2 * HOUR),
    ],
    ids=["summer", "winter", "status summer", "status winter", "before", "after"],
)
def test_local_time_in_the_hour_that_autumn_repeats(value: bytes, expected: int) -> None:
    meter = berlin(FIRST_TWO_THIRTY - 5 * HOUR)
    assert write(talk(meter), 8, CLOCK, 2, value) is DataAccessResult.SUCCESS
    assert meter.rtc == expected


@pytest.mark.parametrize(("rtc", "octets"), [
    (FIRST_TWO_THIRTY, "07EA0A19 07 021E0000 FF88 80"), (FIRST_TWO_THIRTY + HOUR, "07EA0A19 07 021E0000 FFC4 00"),
    (SKIPPED - HOUR, "07EA031D 07 011E0000 FFC4 00"), (SKIPPED, "07EA031D 07 031E0000 FF88 80"),
])  # fmt: skip
def test_the_same_local_time_is_shown_with_another_deviation_and_status(rtc: int, octets: str) -> None:
    assert get(talk(berlin(rtc)), 8, CLOCK) == b"\x09\x0c" + bytes.fromhex(octets)


@pytest.mark.parametrize("change", [{"year": 0xFFFF}, {"month": 0xFF}, {"day": 0xFF}, {"hour": 0xFF}, {"second": 0xFF}])
def test_a_time_that_leaves_something_open_is_refused(change: dict[str, int]) -> None:
    meter = Meter()
    value = classes.date_time(local(SEVEN + HOUR)._replace(**change))
    assert write(talk(meter), 8, CLOCK, 2, value) is DataAccessResult.TYPE_UNMATCHED
    assert meter.rtc == SEVEN


def test_weekday_and_hundredths_may_be_left_open() -> None:
    meter = Meter()
    moment: DateTime = local(SEVEN + HOUR)._replace(weekday=0xFF, hundredths=0xFF)
    assert write(talk(meter), 8, CLOCK, 2, classes.date_time(moment)) is DataAccessResult.SUCCESS
    assert meter.rtc == SEVEN + HOUR


def test_a_clock_that_was_lost_says_that_its_value_is_not_valid() -> None:
    meter = Meter()
    meter.die()
    meter.call(0, reset_cause="power", clock_lost=True)
    answer = get(talk(meter), 8, CLOCK)
    assert isinstance(answer, bytes)
    assert datetimes.unpack(answer[2:]).status == 0x01
