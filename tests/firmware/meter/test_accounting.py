"""The rules of docs/billing.md, one by one, as the meter tells them in its rows: nothing here is asked of its state."""

from dataclasses import replace

from bench_rig import TERMS, Terms
from ferraris.firmware.billing.calendar import Calendar, DayProfile, Season, Switch, Week
from ferraris.firmware.billing.demand import Maximum
from ferraris.firmware.billing.ledger import RingRow
from ferraris.firmware.billing.profile import Row, Status, encode_row
from ferraris.firmware.billing.zone import When
from ferraris.firmware.dlms import axdr
from ferraris.firmware.dlms.cosem import classes
from ferraris.firmware.dlms.datetimes import local
from ferraris.firmware.dlms.results import ActionResult, DataAccessResult
from ferraris.firmware.meter.config import RecordKind, RingId
from ferraris.firmware.meter.events import Event
from ferraris.firmware.meter.wake import next_wake
from ferraris.pins import POWER_FAIL, QUANTA_PER_MWS, RESET_BUTTON, Append, Commit, Edge, SetRtc
from meter_rig import DAY, HEAD_END, HOUR, MINUTE, SEVEN, Meter, act, talk, write

MWS = QUANTA_PER_MWS
S = 1000
CLOCK, SCRIPTS = "0.0.1.0.0.255", "0.0.10.0.1.255"
TWO_RATES = Calendar(
    b"TWO", (Season(b"s", When(), b"w"),), (Week(b"w", (1,) * 7),),
    (DayProfile(1, (Switch(0, 1), Switch(7 * 3600 + 30, 2))),), rates=2, fallback=2,
)  # fmt: skip
"""Rate 2 from half a minute past seven."""
HOURLY = replace(TERMS, billing=When(minute=0, second=0), profile_period_ms=900_000, profile_2_s=3600)


def set_clock(meter: Meter, new_ms: int) -> DataAccessResult:
    return write(talk(meter), 8, CLOCK, 2, classes.date_time(local(new_ms)))


def close(meter: Meter) -> ActionResult:
    return act(talk(meter), 9, SCRIPTS, 1, axdr.long_unsigned(1))


def stamps(meter: Meter, number: RingId = RingId.PROFILE_1) -> list[int]:
    return [row.stamp_s * 1000 - SEVEN for row in meter.rows(number)]


def test_rule_1_a_reading_counts_at_the_rate_and_in_the_periods_in_which_it_began() -> None:
    meter = Meter(replace(TERMS, calendar=TWO_RATES))
    meter.call(SEVEN + MINUTE, 5 * MWS)  # reaches over the switch at half past and ends with the minute
    meter.call(SEVEN + MINUTE + 1, 7 * MWS)
    first, second = meter.state.ledger.rates
    assert (first.active_import.mws, second.active_import.mws) == (5, 7)
    assert meter.rows()[0].values[0] == 5
    assert meter.state.ledger.demand.maxima[0][0] == Maximum(5 * MWS, (SEVEN + MINUTE) // 1000)


def test_rule_2_without_a_valid_clock_the_rate_is_the_fallback_until_the_clock_is_set() -> None:
    meter = Meter(replace(TERMS, calendar=TWO_RATES))
    meter.die()
    meter.call(0, reset_cause="power", clock_lost=True)
    assert meter.state.ledger.axis.rate == 2
    assert set_clock(meter, SEVEN + 10 * S) is DataAccessResult.SUCCESS
    meter.call()
    assert meter.state.ledger.axis.rate == 1


def test_rule_3_a_sub_period_that_ends_in_an_outage_is_judged_with_its_nominal_end() -> None:
    meter = Meter()
    meter.call(SEVEN + 30 * S, 9 * MWS)
    meter.die()
    meter.call(SEVEN + HOUR + 5 * S, reset_cause="power")
    demand = meter.state.ledger.demand
    assert demand.maxima[0][0] == Maximum(9 * MWS, (SEVEN + MINUTE) // 1000)
    assert (demand.last[0], demand.last_ended_s) == (0, (SEVEN + HOUR) // 1000), "the last minute was without power"


def test_rule_4_an_outage_leaves_one_row_for_the_period_it_interrupted_and_says_so_in_the_next_as_well() -> None:
    meter = Meter()
    meter.call(SEVEN + 30 * S, MWS)
    meter.die()
    meter.call(SEVEN + HOUR + 5 * S, reset_cause="power")
    meter.call(SEVEN + HOUR + MINUTE, MWS)
    meter.call(SEVEN + HOUR + 2 * MINUTE, MWS)
    assert stamps(meter) == [MINUTE, HOUR + MINUTE, HOUR + 2 * MINUTE]
    assert [row.status for row in meter.rows()] == [Status.POWER_DOWN, Status.POWER_DOWN, 0]
    assert [row.values[0] for row in meter.rows()] == [1, 2, 3]


def test_rule_5_a_close_writes_the_registers_and_maxima_resets_demand_and_is_counted() -> None:
    meter = Meter(HOURLY)
    meter.call(SEVEN + MINUTE, 4 * MWS)
    meter.call(SEVEN + HOUR, 2 * MWS)
    (row,) = meter.closed
    maximum = Maximum(4 * MWS, (SEVEN + MINUTE) // 1000)
    assert (row.stamp_s * 1000, row.reason, row.closes) == (SEVEN + HOUR, 1, 1)
    assert row.energies[0] == (6, 6, 0)
    assert row.maxima[0] == (maximum, maximum, Maximum())
    assert row.cumulative[0] == (4 * MWS, 4 * MWS, 0)
    assert meter.state.ledger.demand.maxima[0][0] == Maximum()
    assert meter.state.ledger.axis.closes == 1


def test_rule_5_periods_that_ended_in_an_outage_are_closed_one_after_another_each_with_its_own_stamp() -> None:
    meter = Meter(HOURLY)
    meter.call(SEVEN + 30 * S, 3 * MWS)
    meter.die()
    meter.call(SEVEN + 10 * HOUR + 5 * S, reset_cause="power")
    calls = 1
    while next_wake(meter.config, meter.state) <= meter.rtc:
        meter.call(meter.rtc + 1, MWS)
        calls += 1
    assert [row.stamp_s * 1000 - SEVEN for row in meter.closed] == [hour * HOUR for hour in range(1, 11)]
    assert [row.closes for row in meter.closed] == list(range(1, 11))
    assert meter.closed[0].maxima[0][0] == Maximum(3 * MWS, (SEVEN + MINUTE) // 1000)
    assert meter.closed[1].maxima[0][0] == Maximum(), "the reset came with the close before"
    assert calls > 1, "more than one call closes"


def test_rule_5_a_close_by_command_comes_after_the_reading_in_progress_with_the_stamp_of_the_command() -> None:
    meter = Meter()
    meter.call(SEVEN + 10 * S)
    meter.rtc += 5 * S
    assert close(meter) is ActionResult.SUCCESS
    assert meter.closed == []
    assert next_wake(meter.config, meter.state) <= meter.rtc, "the meter asks to be called at once"
    meter.call(meter.rtc + 1, 8 * MWS)
    (row,) = meter.closed
    assert (row.stamp_s * 1000, row.reason, row.energies[0][0]) == (SEVEN + 15 * S, 2, 8)
    event = meter.events[-1]
    assert (event.code, event.old, event.new, event.client) == (Event.PERIOD_CLOSED, 2, 1, HEAD_END[0])


def test_rule_5_another_close_by_hand_is_refused_for_the_lock_out_and_told_and_the_schedule_is_not() -> None:
    meter = Meter(replace(HOURLY, lockout_ms=2 * HOUR))
    meter.call(SEVEN + MINUTE, edges=(Edge(RESET_BUTTON, True, 0),))
    assert [row.reason for row in meter.closed] == [3]
    meter.rtc = SEVEN + 2 * MINUTE
    assert close(meter) is ActionResult.TEMPORARY_FAILURE
    refused = meter.events[-1]
    assert (refused.code, refused.new) == (Event.CLOSE_REFUSED, 2 * HOUR - MINUTE)
    meter.call(SEVEN + HOUR, MWS)
    meter.call(SEVEN + 2 * HOUR + MINUTE - 1, edges=(Edge(RESET_BUTTON, True, 0),))
    assert [row.reason for row in meter.closed] == [3, 1, 1]
    meter.call(SEVEN + 2 * HOUR + MINUTE, edges=(Edge(RESET_BUTTON, True, 0),))
    assert [row.reason for row in meter.closed] == [3, 1, 1, 3]


def test_rule_5_setting_the_clock_does_not_unlock() -> None:
    meter = Meter()
    assert close(meter) is ActionResult.SUCCESS
    meter.call()
    set_clock(meter, SEVEN + 2 * HOUR)
    meter.call()
    meter.call(SEVEN + 3 * HOUR - 1)
    assert close(meter) is ActionResult.TEMPORARY_FAILURE
    meter.call(SEVEN + 3 * HOUR)
    assert close(meter) is ActionResult.SUCCESS


def test_rule_6_a_change_is_recorded_with_old_and_new_time_and_who_before_the_clock_is_set() -> None:
    meter = Meter()
    assert set_clock(meter, SEVEN + 20 * S) is DataAccessResult.SUCCESS
    kinds = [type(each) for each in meter.outputs]
    assert kinds.index(Commit) < kinds.index(Append) < kinds.index(SetRtc)
    old, new = meter.events[-2:]
    assert (old.code, old.stamp_ms, old.old, old.new, old.client) == (4, SEVEN, SEVEN, SEVEN + 20 * S, 1)
    assert (new.code, new.stamp_ms, new.old, new.new, new.client) == (5, SEVEN + 20 * S, SEVEN, SEVEN + 20 * S, 1)


def test_rule_6_a_shift_back_passes_no_boundary_twice_and_the_next_row_says_so() -> None:
    meter = Meter()
    meter.call(SEVEN + MINUTE, MWS)
    set_clock(meter, SEVEN + 40 * S)
    for second in (41, 59, 60, 61, 119, 120):
        meter.call(SEVEN + second * S, MWS)
    assert stamps(meter) == [MINUTE, 2 * MINUTE]
    assert [row.status for row in meter.rows()] == [0, Status.CLOCK_ADJUSTED]
    assert meter.rows()[1].values[0] == 7


def test_rule_6_a_jump_ends_demand_and_rows_at_the_old_time_and_begins_anew_at_the_new() -> None:
    meter = Meter()
    meter.call(SEVEN + 20 * S, 5 * MWS)
    meter.rtc += 10 * S
    set_clock(meter, SEVEN + HOUR + 30 * S)
    meter.call(meter.rtc, MWS)  # began before the jump
    meter.call(SEVEN + HOUR + MINUTE, MWS)
    assert stamps(meter) == [30 * S, HOUR + MINUTE]
    assert [row.status for row in meter.rows()] == [Status.CLOCK_ADJUSTED, Status.CLOCK_ADJUSTED]
    assert [row.values[0] for row in meter.rows()] == [6, 7]
    assert stamps(meter, RingId.PROFILE_2) == [30 * S]
    assert meter.state.ledger.demand.maxima[0][0] == Maximum(6 * MWS, SEVEN // 1000 + 30)


def test_rule_6_after_a_jump_back_boundaries_are_passed_again_but_the_period_closed_last_is_not_closed_again() -> None:
    meter = Meter(replace(TERMS, billing=When(minute=1, second=0)))
    meter.call(SEVEN + MINUTE, MWS)
    meter.call(SEVEN + 2 * MINUTE, MWS)
    set_clock(meter, SEVEN)
    meter.call(meter.rtc, MWS)
    meter.call(SEVEN + MINUTE, MWS)
    assert stamps(meter) == [MINUTE, 2 * MINUTE, 2 * MINUTE, MINUTE]
    assert [row.stamp_s * 1000 - SEVEN for row in meter.closed] == [MINUTE], (
        "but the end closed last is not closed again"
    )


def test_rule_6_of_the_billing_periods_that_a_jump_goes_over_one_is_closed_with_the_stamp_of_the_last() -> None:
    meter = Meter(HOURLY)
    meter.call(SEVEN + 20 * S, 5 * MWS)
    set_clock(meter, SEVEN + 3 * HOUR + 30 * S)
    meter.call(meter.rtc, MWS)
    assert [(row.stamp_s * 1000 - SEVEN, row.reason, row.energies[0][0]) for row in meter.closed] == [(3 * HOUR, 1, 6)]
    meter.call(SEVEN + 4 * HOUR, MWS)
    assert [row.stamp_s * 1000 - SEVEN for row in meter.closed] == [3 * HOUR, 4 * HOUR]


def test_rule_6_a_cut_between_the_record_of_a_change_and_the_next_call_leaves_a_clock_that_is_not_valid() -> None:
    meter = Meter()
    set_clock(meter, SEVEN + HOUR)
    meter.die()
    meter.call(SEVEN + HOUR + 5 * S, reset_cause="power")  # whatever it shows: nobody knows which of the two it is
    assert meter.state.ledger.axis.clock_invalid == 1
    assert Event.CLOCK_INVALID in meter.codes()
    assert meter.outages[-1].duration_s == -1


def test_rule_7_a_clock_that_was_lost_goes_on_from_the_latest_time_and_says_so_until_it_is_set() -> None:
    meter = Meter(HOURLY)
    meter.call(SEVEN + 30 * MINUTE, MWS)
    meter.die()
    meter.call(946_684_800_000, reset_cause="power", clock_lost=True)
    assert meter.rtc == SEVEN + 30 * MINUTE, "and the clock is set to it"
    for quarter in (3, 4, 5):
        meter.call(SEVEN + quarter * 15 * MINUTE, MWS)
    assert meter.closed == [], "the schedule closes nothing"
    assert all(row.status & Status.CLOCK_INVALID for row in meter.rows()[2:])
    assert set_clock(meter, SEVEN + 5 * 15 * MINUTE + S) is DataAccessResult.SUCCESS
    meter.call(meter.rtc, MWS)
    meter.call(SEVEN + 6 * 15 * MINUTE, MWS)
    assert not meter.rows()[-1].status & Status.CLOCK_INVALID
    assert stamps(meter)[-2:] == [5 * 15 * MINUTE, 6 * 15 * MINUTE], "it was a jump, though by a second only"
    assert meter.rows()[-2].status & Status.CLOCK_ADJUSTED
    assert [row.stamp_s * 1000 - SEVEN for row in meter.closed] == [HOUR], "one end was missed meanwhile"


def test_rule_8_an_alarm_commits_once_and_an_outage_is_logged_with_start_end_and_duration() -> None:
    meter = Meter()
    meter.call(SEVEN + 5 * S, 3 * MWS, edges=(Edge(POWER_FAIL, True, 0),))
    assert meter.commits() == [RecordKind.DELTA]
    meter.call(SEVEN + 6 * S, MWS)
    assert meter.commits() == [], "it has nothing to spare for a second"
    meter.die()
    meter.call(SEVEN + 186 * S, reset_cause="power")
    outage = meter.outages[0]
    start_s, end_s = SEVEN // 1000 + 6, SEVEN // 1000 + 186
    assert outage[:3] == (start_s, end_s, 180)
    told = [(event.code, event.stamp_ms // 1000, event.old, event.new) for event in meter.events]
    assert (1, start_s, start_s, end_s) in told
    assert (2, end_s, start_s, end_s) in told
    assert (meter.state.ledger.axis.outages, meter.state.ledger.axis.long_outages) == (1, 1)


def test_rule_8_an_outage_a_second_shorter_is_not_long() -> None:
    meter = Meter()
    meter.die()
    meter.call(SEVEN + 179 * S, reset_cause="power")
    assert (meter.state.ledger.axis.outages, meter.state.ledger.axis.long_outages) == (1, 0)


def test_an_alarm_that_passes_without_an_outage_is_a_dip() -> None:
    meter = Meter()
    meter.call(SEVEN + S, edges=(Edge(POWER_FAIL, True, 0),))
    meter.call(SEVEN + 2 * S, edges=(Edge(POWER_FAIL, False, 0),))
    assert (meter.state.ledger.axis.dips, meter.outages) == (1, [])


def test_rows_that_an_outage_kept_out_of_their_rings_are_written_exactly_once() -> None:
    meter = Meter()
    meter.die()
    payload = encode_row(Row(SEVEN // 1000 - 60, Status(0), (1, 2, 3, 4)))
    meter.state = replace(meter.state, unwritten=(RingRow(RingId.PROFILE_1, 0, payload),))
    meter.call(SEVEN + S, reset_cause="power")
    assert [each.payload for each in meter.appended if each.ring == RingId.PROFILE_1] == [payload]
    assert [event.new for event in meter.events if event.code == Event.ROW_WRITTEN_AGAIN] == [1]
    meter.call(SEVEN + MINUTE, MWS)
    assert stamps(meter) == [-MINUTE, MINUTE]


def test_rule_9_a_passive_calendar_that_makes_no_sense_is_not_activated_and_the_log_says_so() -> None:
    meter = Meter()
    broken = replace(TWO_RATES, weeks=())
    axis = meter.state.ledger.axis._replace(activation_s=SEVEN // 1000 + 30)
    meter.state = replace(meter.state, passive=broken, ledger=replace(meter.state.ledger, axis=axis))
    before = meter.state.calendar
    meter.call(SEVEN + 30 * S, MWS)
    assert (meter.state.calendar, meter.state.ledger.axis.activation_s) == (before, 0)
    assert meter.codes()[-1] == Event.TARIFF_REFUSED


def test_rule_9_an_activation_that_passes_in_an_outage_is_done_when_power_returns() -> None:
    meter = Meter(Terms(calendar=replace(TWO_RATES, days=(DayProfile(1, (Switch(0, 1),)),))))
    axis = meter.state.ledger.axis._replace(activation_s=(SEVEN + HOUR) // 1000)
    meter.state = replace(meter.state, passive=TWO_RATES, ledger=replace(meter.state.ledger, axis=axis))
    meter.die()
    meter.call(SEVEN + DAY, reset_cause="power")
    assert meter.state.ledger.axis.rate == 1, "07:00 of the next day: before the switch"
    meter.call(SEVEN + DAY + 30 * S)
    assert meter.state.ledger.axis.rate == 2
    assert Event.TARIFF_ACTIVATED in meter.codes()
