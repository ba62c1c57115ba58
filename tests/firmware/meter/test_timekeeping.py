"""Who may set the clock, to what and how often; whoever may not is told so, and the log keeps the attempt."""

from contextlib import suppress

import pytest

from ferraris.firmware.dlms import axdr
from ferraris.firmware.dlms.client import RefusedError
from ferraris.firmware.dlms.cosem import classes
from ferraris.firmware.dlms.datetimes import local
from ferraris.firmware.dlms.results import ActionResult, DataAccessResult
from ferraris.firmware.meter.events import Event
from ferraris.pins import SetRtc
from meter_rig import CONCENTRATOR, DAY, HEAD_END, HOUR, MINUTE, PUBLIC, READER, SEVEN, Meter, act, talk, write

CLOCK = "0.0.1.0.0.255"
OK, NO = DataAccessResult.SUCCESS, DataAccessResult.OTHER_REASON
Who = tuple[int, bytes | None]


def ask(meter: Meter, who: Who, new_ms: int) -> DataAccessResult:
    """A client sets the clock; what the meter has to do at once after that is done."""
    found = write(talk(meter, who), 8, CLOCK, 2, classes.date_time(local(new_ms)))
    meter.call()
    return found


@pytest.mark.parametrize("who", [PUBLIC, READER])
def test_public_and_reading_clients_cannot_set_the_clock_by_any_way(who: Who) -> None:
    meter = Meter()
    hold = talk(meter, who)
    before = len(meter.appended)
    for attempt in (
        lambda: write(hold, 8, CLOCK, 2, classes.date_time(local(SEVEN + HOUR))),
        lambda: act(hold, 8, CLOCK, 6, axdr.long(60)),
        lambda: act(hold, 8, CLOCK, 3, axdr.integer(0)),
    ):
        with suppress(RefusedError):  # the service itself was not agreed
            assert attempt() not in {OK, ActionResult.SUCCESS}
        assert not [each for each in meter.outputs if isinstance(each, SetRtc)]
    assert meter.rtc == SEVEN
    assert len(meter.appended) == before


def test_a_wrong_password_opens_nothing() -> None:
    with pytest.raises(RefusedError):
        talk(Meter(), (HEAD_END[0], b"wrong sesame"))


def test_the_head_end_may_set_any_plausible_time_and_no_other() -> None:
    earliest, latest = 1_577_836_800_000, 4_102_444_800_000  # 2020-01-01, 2100-01-01
    for new_ms, expected in ((earliest - 10, NO), (earliest, OK), (latest - 10, OK), (latest, NO), (0, NO)):
        meter = Meter()
        assert ask(meter, HEAD_END, new_ms) is expected
        assert meter.rtc == (new_ms if expected is OK else SEVEN)


def test_a_refused_attempt_is_logged_with_time_shown_time_asked_for_and_client() -> None:
    meter = Meter()
    assert ask(meter, CONCENTRATOR, SEVEN + HOUR) is NO
    event = meter.events[-1]
    assert (event.code, event.stamp_ms, event.old, event.new, event.client) == (
        Event.CLOCK_REFUSED, SEVEN, SEVEN, SEVEN + HOUR, 3,
    )  # fmt: skip
    assert meter.state.ledger.axis.clock_changes == 0


@pytest.mark.parametrize(("change_ms", "expected"), [(120_000, OK), (-120_000, OK), (120_010, NO), (-120_010, NO)])
def test_a_source_changes_the_clock_by_no_more_than_its_limit(change_ms: int, expected: DataAccessResult) -> None:
    assert ask(Meter(), CONCENTRATOR, SEVEN + change_ms) is expected


def test_a_source_sets_the_clock_once_in_its_interval() -> None:
    meter = Meter()
    assert ask(meter, CONCENTRATOR, SEVEN + MINUTE) is OK
    meter.call(SEVEN + HOUR)
    assert ask(meter, CONCENTRATOR, meter.rtc + 10) is NO
    meter.call(SEVEN + MINUTE + HOUR)
    assert ask(meter, CONCENTRATOR, meter.rtc + 10) is OK


def test_limited_sources_change_the_clock_by_no_more_than_their_limit_in_a_day_whatever_the_direction() -> None:
    meter = Meter()
    for number, (change_ms, expected) in enumerate(
        ((120_000, OK), (-120_000, OK), (60_010, NO), (60_000, OK), (10, NO))
    ):
        meter.call(SEVEN + 2 * HOUR * (number + 1))
        assert ask(meter, CONCENTRATOR, meter.rtc + change_ms) is expected, number
    meter.call(SEVEN + 17 * HOUR)  # midnight, UTC
    assert ask(meter, CONCENTRATOR, meter.rtc + 10) is OK


def test_refusals_of_one_client_are_logged_once_a_minute_so_that_nobody_floods_the_log() -> None:
    meter = Meter()
    for second in (0, 1, 59, 60, 61):
        meter.call(SEVEN + second * 1000)
        assert ask(meter, CONCENTRATOR, meter.rtc + HOUR) is NO
    stamps = [event.stamp_ms - SEVEN for event in meter.events if event.code == Event.CLOCK_REFUSED]
    assert stamps == [0, 60_000]


def test_a_worse_source_waits_while_a_better_one_has_set_the_clock_and_a_better_one_never_waits() -> None:
    meter = Meter()
    assert ask(meter, CONCENTRATOR, SEVEN + 10) is OK
    assert ask(meter, HEAD_END, SEVEN + 20) is OK
    meter.call(SEVEN + 20 + DAY - 1)
    assert ask(meter, CONCENTRATOR, meter.rtc + 10) is NO, "source_hold is a day here"
    meter.call(SEVEN + 20 + DAY)
    assert ask(meter, CONCENTRATOR, meter.rtc + 10) is OK


def test_a_clock_that_is_not_valid_may_be_set_by_any_source_by_any_amount() -> None:
    meter = Meter()
    assert ask(meter, HEAD_END, SEVEN + 10) is OK
    meter.die()
    meter.call(0, reset_cause="power", clock_lost=True)
    assert ask(meter, CONCENTRATOR, SEVEN + 100 * DAY) is OK
    assert meter.state.ledger.axis.clock_invalid == 0
    meter.die()
    meter.call(0, reset_cause="power", clock_lost=True)
    assert ask(meter, CONCENTRATOR, 0) is NO, "but to no time that cannot be"


def test_setting_the_time_that_it_shows_changes_nothing() -> None:
    meter = Meter()
    before = len(meter.appended)
    assert ask(meter, HEAD_END, SEVEN) is OK
    assert len(meter.appended) == before
    assert meter.state.ledger.axis.clock_changes == 0
