"""docs/billing.md, sections 4 to 9, worked out by hand."""

import ast
from dataclasses import replace
from pathlib import Path

import pytest
from auditor_tape import DAY_AND_NIGHT, HOURLY, QUARTER, Tape, utc

import ferraris.bench.auditor
from ferraris.bench.auditor.auditor import Auditor
from ferraris.bench.auditor.books import ClockChange, Outage
from ferraris.bench.auditor.terms import ONE_RATE, Demand, Schedule, Tariff, Terms
from ferraris.pins import Append, Commit, Energies, Inputs, SetRtc

BERLIN = "Europe/Berlin"
PLAIN = Terms(profiles=HOURLY)


# ------------------------------------------------------------------------------------------------ 4


def test_an_outage_leaves_one_row_and_the_next_is_the_period_in_which_power_came_back() -> None:
    tape = Tape(replace(PLAIN, demand=Demand(3600)), "2026-01-14 09:00")
    tape.read("2026-01-14 10:00", 1)
    tape.outage("2026-01-14 10:20", "2026-01-14 13:30", 2)
    for end in ("13:45", "14:00"):
        tape.read(f"2026-01-14 {end}", 2)
    tape.read("2026-01-14 14:15", 0)
    assert tape.rows() == [
        (utc("2026-01-14 10:00"), 1),
        (utc("2026-01-14 11:00"), 3),
        (utc("2026-01-14 14:00"), 7),
    ]
    assert tape.statuses() == [set(), {"POWER_DOWN"}, {"POWER_DOWN"}]


def test_an_outage_that_ends_with_the_period_marks_that_row_alone() -> None:
    tape = Tape(PLAIN, "2026-01-14 09:50")
    tape.outage("2026-01-14 09:55", "2026-01-14 10:00")
    for end in ("10:15", "10:30", "10:45", "11:00"):
        tape.read(f"2026-01-14 {end}", 1)
    assert tape.statuses() == [{"POWER_DOWN"}, set()]


def test_an_outage_over_midnight_and_month_end_leaves_one_daily_row_and_closes_the_month() -> None:
    tape = Tape(replace(PLAIN, zone=BERLIN), "2026-01-30 12:00")
    tape.outage("2026-01-30 12:10", "2026-02-02 12:00", 5)
    assert tape.rows(1) == [(utc("2026-01-30 23:00"), 5)]  # midnight in Berlin
    [closed] = tape.account().history
    assert (closed.stamp, closed.reason) == (utc("2026-01-31 23:00"), "schedule")


def test_an_outage_over_the_change_to_summer_time_leaves_the_rows_of_standard_time() -> None:
    tape = Tape(
        replace(PLAIN, zone=BERLIN, profiles=(replace(HOURLY[0], period_s=7200), HOURLY[1])), "2026-03-28 23:10"
    )
    tape.outage("2026-03-28 23:12", "2026-03-29 22:30", 5)
    # two-hour periods of winter time end at odd hours UTC; the day of 23 hours ended at 22:00 UTC
    assert tape.rows(0) == [(utc("2026-03-29 01:00"), 5)]
    assert tape.statuses(0) == [{"POWER_DOWN", "DAYLIGHT_SAVING"}]
    assert tape.rows(1) == [(utc("2026-03-29 22:00"), 5)]


def test_summer_time_is_told_of_the_stamp() -> None:
    tape = Tape(replace(PLAIN, zone=BERLIN, demand=Demand(3600)), "2026-10-24 23:30")
    tape.read("2026-10-25 00:00")
    tape.read("2026-10-25 01:00")  # 02:00 of winter time: the instant of the change is winter already
    assert tape.statuses() == [{"DAYLIGHT_SAVING"}, set()]


def test_a_row_holds_the_billed_total_and_the_registers_of_the_rates() -> None:
    captures = (("active_import", 0), ("active_export", 0), ("active_import", 2))
    terms = Terms(2, "per_phase", rates=(1, 2), profiles=(replace(HOURLY[0], captures=captures),), demand=Demand(3600))
    tape = Tape(terms, "2026-01-14 10:01")
    tape.bring("2026-01-14 11:00", (Energies(5), Energies(0, 3)), Energies(2))
    assert tape.account().rows[0][0].values == (5, 3, 0)


def test_damage_marks_the_next_row_of_each_profile() -> None:
    tape = Tape(replace(PLAIN, demand=Demand(3600)), "2026-01-14 22:30")
    tape.damage()
    tape.read("2026-01-14 23:00")
    tape.read("2026-01-15 00:00")
    assert tape.statuses(0) == [{"DATA_NOT_VALID"}, set()]
    assert tape.statuses(1) == [{"DATA_NOT_VALID"}]


# ------------------------------------------------------------------------------------------------ 5


def test_a_close_takes_everything_down_and_resets_the_maxima_into_the_cumulative_demand() -> None:
    tape = Tape(replace(PLAIN, tariff=DAY_AND_NIGHT, rates=(1, 2, 3)), "2026-01-31 23:30")
    tape.read("2026-01-31 23:45", 9)
    tape.read("2026-02-01 00:00", 4)
    tape.read("2026-02-01 00:15", 5)
    tape.read("2026-02-01 00:17", 6)
    tape.close("2026-02-01 00:20")
    tape.read("2026-02-01 00:20", 1)
    first, second = tape.account().history
    assert (first.stamp, first.reason, first.registers.vector.active_import) == (utc("2026-02-01"), "schedule", 13)
    assert (first.maxima[0][0].window, first.maxima[2][0].window, first.maxima[1][0].window) == (9, 9, 0)
    assert first.maxima[0][0].stamp == utc("2026-01-31 23:45")
    assert (first.cumulative[0][0], second.cumulative[0][0]) == (0, 9)  # as it stood when the row was written
    assert (second.reason, second.registers.rates[2].active_import, second.maxima[0][0].window) == ("command", 25, 5)
    assert tape.account().cumulative[0][0] == 14
    assert tape.maximum() == (0, None)
    assert tape.windows() == (5, 7)  # the sub-period in progress goes on


def test_energy_before_a_command_is_billed_before_it() -> None:
    tape = Tape(PLAIN, "2026-01-14 10:01")
    tape.close("2026-01-14 10:05")
    tape.read("2026-01-14 10:05:00.002", 8)  # began before the command
    tape.read("2026-01-14 10:06", 1)
    [closed] = tape.account().history
    assert (closed.stamp, closed.registers.vector.active_import) == (utc("2026-01-14 10:05"), 8)


def test_the_button_closes_unless_it_is_locked_out() -> None:
    tape = Tape(replace(PLAIN, lock_out_s=60, demand=Demand(3600)), "2026-01-14 10:00:01")
    for second in (10, 11, 20):
        tape.press(f"2026-01-14 10:00:{second}")
    tape.press("2026-01-14 10:01:09.999")
    tape.press("2026-01-14 10:01:10")
    found = [(closed.stamp, closed.reason) for closed in tape.account().history]
    assert found == [(utc("2026-01-14 10:00:10"), "button"), (utc("2026-01-14 10:01:10"), "button")]


def test_letting_the_button_go_is_no_second_press() -> None:
    tape = Tape(PLAIN, "2026-01-14 10:01")
    tape.press("2026-01-14 10:02")
    assert len(tape.account().history) == 1


@pytest.mark.parametrize("new", ["09:00", "15:00"])
def test_setting_the_clock_does_not_unlock(new: str) -> None:
    tape = Tape(replace(PLAIN, lock_out_s=60), "2026-01-14 10:01")
    tape.press("2026-01-14 10:02")
    tape.set_clock("2026-01-14 10:02:01", f"2026-01-14 {new}")
    tape.read(f"2026-01-14 {new}")
    tape.press(f"2026-01-14 {new}:58.999")
    assert len(tape.account().history) == 1
    tape.press(f"2026-01-14 {new}:59")
    assert len(tape.account().history) == 2


def test_a_command_is_obeyed_in_its_place_in_time() -> None:
    tape = Tape(PLAIN, "2026-01-14 10:01")
    tape.close("2026-01-14 10:15:01")  # the boundary before it was not called for yet
    tape.read("2026-01-14 10:15:01", 8)
    [closed] = tape.account().history
    assert (closed.maxima[0][0].window, closed.maxima[0][0].stamp) == (8, utc("2026-01-14 10:15"))


def test_a_close_that_was_accepted_and_made_durable_survives_an_outage() -> None:
    tape = Tape(PLAIN, "2026-01-14 10:01")
    tape.close("2026-01-14 10:02")
    tape.die()
    tape.boot("2026-01-14 10:05")
    assert [closed.stamp for closed in tape.account().history] == [utc("2026-01-14 10:02")]


def test_the_schedule_is_never_locked_out() -> None:
    tape = Tape(replace(PLAIN, lock_out_s=3600), "2026-01-31 23:58")
    tape.press("2026-01-31 23:59")
    tape.read("2026-02-01 00:00")
    assert [closed.reason for closed in tape.account().history] == ["button", "schedule"]


def test_a_command_accepted_in_the_lock_out_time_is_complained_of() -> None:
    tape = Tape(replace(PLAIN, lock_out_s=60), "2026-01-14 10:01")
    tape.close("2026-01-14 10:02")
    tape.read("2026-01-14 10:02")
    assert tape.auditor.complaints == []
    tape.close("2026-01-14 10:03")
    tape.read("2026-01-14 10:03")
    assert tape.auditor.complaints == []
    tape.close("2026-01-14 10:03:59.999")
    [line] = tape.auditor.complaints
    assert line.endswith("a close by command within the lock-out time")


def test_several_periods_that_ended_in_an_outage_are_closed_one_after_another() -> None:
    daily = Tape(replace(PLAIN, schedule=Schedule(None)), "2026-01-14 10:00")
    daily.outage("2026-01-14 10:01", "2026-01-17 10:00", 3)
    stamps = [closed.stamp for closed in daily.account().history]
    assert stamps == [utc("2026-01-15"), utc("2026-01-16"), utc("2026-01-17")]
    assert [closed.maxima[0][0].window for closed in daily.account().history] == [3, 0, 0]
    long = Tape(replace(PLAIN, schedule=Schedule(None)), "2026-01-14 10:00")
    long.outage("2026-01-14 10:01", "2026-03-14 10:00")
    assert len(long.account().history) == 59
    assert long.account().history[-1].stamp == utc("2026-03-14")


# ------------------------------------------------------------------------------------------------ 6


def test_a_shift_ends_nothing() -> None:
    tape = Tape(PLAIN, "2026-01-14 10:01")
    tape.set_clock("2026-01-14 10:05", "2026-01-14 10:05:30")
    tape.read("2026-01-14 10:05:30", 2)
    tape.read("2026-01-14 10:15", 3)
    assert tape.account().changes == (ClockChange(utc("2026-01-14 10:05"), utc("2026-01-14 10:05:30")),)
    assert (tape.rows(), tape.windows()) == ([], (5, 0))
    for end in ("10:30", "10:45", "11:00"):
        tape.read(f"2026-01-14 {end}", 1)
    assert tape.statuses() == [{"CLOCK_ADJUSTED"}]


def test_a_shift_back_over_a_boundary_does_not_pass_it_again() -> None:
    tape = Tape(PLAIN, "2026-01-31 23:50")
    tape.read("2026-02-01 00:00", 1)
    tape.set_clock("2026-02-01 00:00:20", "2026-01-31 23:59:30")
    tape.read("2026-01-31 23:59:30", 2)
    tape.read("2026-02-01 00:00", 4)
    tape.read("2026-02-01 00:15", 8)
    assert [stamp for stamp, _ in tape.rows()] == [utc("2026-02-01")]
    assert len(tape.account().history) == 1
    assert tape.windows() == (14, 0)  # longer by 50 s


def test_a_shift_forward_over_a_boundary_passes_it_and_marks_both_rows() -> None:
    tape = Tape(replace(PLAIN, demand=Demand(3600)), "2026-01-14 09:50")
    tape.set_clock("2026-01-14 09:59:40", "2026-01-14 10:00:40")
    tape.read("2026-01-14 10:00:40", 2)
    tape.read("2026-01-14 11:00", 3)
    assert tape.rows() == [(utc("2026-01-14 10:00"), 2), (utc("2026-01-14 11:00"), 5)]
    assert tape.statuses() == [{"CLOCK_ADJUSTED"}, {"CLOCK_ADJUSTED"}]


def test_the_rate_follows_the_table_after_a_shift_back_over_a_switch() -> None:
    tape = Tape(replace(PLAIN, tariff=DAY_AND_NIGHT, rates=(1, 2, 3)), "2026-01-14 21:55")
    tape.read("2026-01-14 22:00", 1)
    tape.set_clock("2026-01-14 22:00:10", "2026-01-14 21:59:40")
    tape.read("2026-01-14 21:59:40", 2)  # began at rate 2
    tape.read("2026-01-14 22:00", 4)  # began at rate 1
    assert tape.rate_registers() == {1: 5, 2: 2, 3: 0}


@pytest.mark.parametrize(("by_ms", "ends"), [(60_000, False), (-60_000, False), (60_001, True), (-60_001, True)])
def test_a_change_of_more_than_the_limit_is_a_jump(by_ms: int, ends: bool) -> None:
    tape = Tape(PLAIN, "2026-01-14 10:01")
    tape.command("2026-01-14 10:05", SetRtc(utc("2026-01-14 10:05") + by_ms))
    tape.read("2026-01-14 10:06:01", 2)
    assert bool(tape.rows()) is ends


def test_a_jump_ends_the_periods_at_the_old_time_and_forgets_the_window() -> None:
    tape = Tape(replace(PLAIN, demand=Demand(QUARTER, 2)), "2026-01-14 10:00")
    tape.read("2026-01-14 10:15", 5)
    tape.set_clock("2026-01-14 10:20", "2026-01-14 12:50")
    tape.read("2026-01-14 12:50:00.003", 2)  # belongs to the old time
    assert tape.maximum() == (7, utc("2026-01-14 10:20"))
    assert tape.rows(0) == tape.rows(1) == [(utc("2026-01-14 10:20"), 7)]
    tape.read("2026-01-14 13:00", 1)
    assert tape.windows() == (1, 1)  # the quarter that began anew, alone in its window
    assert tape.rows(0)[1:] == [(utc("2026-01-14 13:00"), 8)]
    assert tape.statuses() == [{"CLOCK_ADJUSTED"}, {"CLOCK_ADJUSTED"}]


def test_a_jump_over_period_ends_closes_once_and_the_same_end_is_not_closed_again() -> None:
    tape = Tape(PLAIN, "2026-01-31 20:01")
    tape.set_clock("2026-01-31 20:05", "2026-04-01 00:05")
    tape.read("2026-04-01 00:05", 2)
    [closed] = tape.account().history
    assert (closed.stamp, closed.reason, closed.is_valid) == (utc("2026-04-01"), "schedule", True)
    tape.set_clock("2026-04-01 00:06", "2026-03-31 23:50")
    tape.read("2026-03-31 23:50", 1)
    tape.read("2026-04-01 00:00", 4)
    assert len(tape.account().history) == 1


def test_a_clock_set_back_over_two_ends_closes_the_older_one_again() -> None:
    tape = Tape(PLAIN, "2026-01-31 20:01")
    tape.set_clock("2026-01-31 20:05", "2026-02-01 00:05")
    tape.read("2026-02-01 00:05", 2)
    tape.set_clock("2026-02-01 00:06", "2026-03-01 00:05")
    tape.read("2026-03-01 00:05", 4)
    tape.set_clock("2026-03-01 00:06", "2026-01-31 23:50")
    tape.read("2026-01-31 23:50", 8)
    tape.read("2026-02-01 00:00", 16)
    found = [(closed.stamp, closed.registers.vector.active_import) for closed in tape.account().history]
    assert found == [(utc("2026-02-01"), 2), (utc("2026-03-01"), 6), (utc("2026-02-01"), 30)]


def test_a_jump_passes_what_lay_before_it() -> None:
    tape = Tape(PLAIN, "2026-01-14 10:01")
    tape.set_clock("2026-01-14 10:15:01", "2026-01-14 12:50")
    tape.read("2026-01-14 12:50", 8)
    assert tape.maximum() == (8, utc("2026-01-14 10:15"))


def test_setting_the_clock_to_what_it_shows_changes_nothing() -> None:
    tape = Tape(replace(PLAIN, demand=Demand(3600)), "2026-01-14 10:01")
    tape.set_clock("2026-01-14 10:05", "2026-01-14 10:05")
    tape.read("2026-01-14 11:00")
    assert tape.statuses() == [set()]


@pytest.mark.parametrize("new", ["10:02:30", "12:00"])
def test_an_outage_right_after_a_change_begins_at_the_new_time(new: str) -> None:
    tape = Tape(PLAIN, "2026-01-14 10:01")
    tape.set_clock("2026-01-14 10:02", f"2026-01-14 {new}")
    tape.die()
    tape.boot("2026-01-14 12:03")
    assert tape.account().outages[0].start == utc(f"2026-01-14 {new}")


# ------------------------------------------------------------------------------------------------ 7


def test_a_lost_clock_goes_on_from_the_latest_time_remembered_at_the_fallback_rate() -> None:
    tape = Tape(replace(PLAIN, tariff=DAY_AND_NIGHT, rates=(1, 2, 3)), "2026-01-31 21:01")
    tape.read("2026-01-31 21:10", 1)
    tape.die()
    tape.boot("1970-01-01", SetRtc(utc("2026-01-31 21:10")), lost=True)
    assert tape.account().outages == (
        Outage(utc("2026-01-31 21:10"), utc("2026-01-31 21:10"), is_long=False, is_valid=False),
    )
    tape.read("2026-01-31 21:15", 2)
    assert tape.rate_registers() == {1: 1, 2: 0, 3: 2}
    for quarter in ("21:30", "21:45", "22:00", "22:15", "22:30", "22:45", "23:00", "23:15", "23:30", "23:45"):
        tape.read(f"2026-01-31 {quarter}")
    tape.read("2026-02-01 00:00")  # the invalid clock passes the month's end
    tape.read("2026-02-01 00:15")
    assert tape.account().history == ()
    assert tape.statuses()[0] == {"POWER_DOWN", "CLOCK_INVALID"}
    assert (tape.account().is_valid, tape.account().changes) == (False, ())
    tape.press("2026-02-01 00:18")
    assert [(closed.reason, closed.is_valid) for closed in tape.account().history] == [("button", False)]
    tape.set_clock("2026-02-01 00:20", "2026-02-01 00:20:10")  # ten seconds, but the clock was not valid: a jump
    tape.read("2026-02-01 00:20:10", 4)
    assert tape.rows()[-1] == (utc("2026-02-01 00:20"), 7)
    assert tape.statuses()[-1] == {"CLOCK_INVALID", "CLOCK_ADJUSTED"}
    for quarter in ("00:30", "00:45", "01:00"):
        tape.read(f"2026-02-01 {quarter}", 8 if quarter == "00:30" else 0)
    assert (tape.rows()[-1], tape.statuses()[-1]) == ((utc("2026-02-01 01:00"), 15), {"CLOCK_ADJUSTED"})
    assert tape.account().is_valid
    assert tape.rate_registers() == {1: 1, 2: 8, 3: 6}
    # the month's end that the clock passed while it was not valid was closed when it was set
    assert [(closed.reason, closed.stamp) for closed in tape.account().history][1:] == [("schedule", utc("2026-02-01"))]


def test_a_clock_that_never_was_valid_closes_nothing_when_it_is_set() -> None:
    tape = Tape(PLAIN, "1970-01-01 00:00", lost=True)
    tape.set_clock("1970-01-01 00:01", "2026-02-01 00:20")
    tape.read("2026-02-01 00:20", 4)
    assert tape.account().history == ()


def test_a_lost_clock_that_is_set_to_anything_else_is_complained_of() -> None:
    tape = Tape(PLAIN, "2026-01-31 21:01")
    tape.die()
    tape.boot("1970-01-01", SetRtc(5), lost=True)
    [line] = tape.auditor.complaints
    assert line == f"clock lost: set to 5, remembered {utc('2026-01-31 21:01')}"


# ------------------------------------------------------------------------------------------------ 8


@pytest.mark.parametrize(("back", "is_long"), [("10:03:59.999", False), ("10:04", True)])
def test_an_outage_is_long_from_the_limit_on(back: str, is_long: bool) -> None:
    tape = Tape(PLAIN, "2026-01-14 09:59")
    tape.read("2026-01-14 10:00")
    tape.outage("2026-01-14 10:01", f"2026-01-14 {back}")
    found = tape.account().outages
    assert found == (Outage(utc("2026-01-14 10:01"), utc(f"2026-01-14 {back}"), is_long),)
    assert (found[0].duration_ms >= 180_000) is is_long


def test_what_was_not_durable_is_lost_and_the_outage_begins_at_the_latest_durable_call() -> None:
    tape = Tape(PLAIN, "2026-01-14 10:01")
    tape.read("2026-01-14 10:02", 1)
    tape.read("2026-01-14 10:03", 2, durable=False)
    tape.die()
    tape.boot("2026-01-14 10:05")
    assert tape.account().registers.vector.active_import == 1
    assert tape.account().outages[0].start == utc("2026-01-14 10:02")


def test_a_reset_that_is_no_power_failure_is_no_outage() -> None:
    tape = Tape(PLAIN, "2026-01-14 10:01")
    tape.die()
    tape.boot("2026-01-14 10:01:01", cause="watchdog")
    assert tape.account().outages == ()


def test_only_records_that_hold_the_registers_make_them_durable() -> None:
    auditor = Auditor(replace(PLAIN, kinds=frozenset({1})))
    auditor.observe(Inputs(utc("2026-01-14 10:01"), 0, reset_cause="power"), (Commit(1, b""),))
    auditor.durable()
    for outputs in ((Commit(2, b""),), (Append(0, b""),)):
        auditor.observe(Inputs(utc("2026-01-14 10:02"), 0), outputs)
        auditor.durable()
    auditor.power_lost()
    auditor.observe(Inputs(utc("2026-01-14 10:03"), 0, reset_cause="power"), ())
    assert auditor.account().outages[0].start == utc("2026-01-14 10:01")


# ------------------------------------------------------------------------------------------------ 9

OTHER = Tariff(((1, 1, "w"),), {"w": ("d",) * 7}, {"d": ((0, 2),)})
TWO = replace(PLAIN, rates=(1, 2), tariff=ONE_RATE)


def test_a_passive_calendar_is_active_from_its_time_on() -> None:
    tape = Tape(TWO, "2026-01-14 10:01")
    tape.load("2026-01-14 10:02", OTHER, "2026-01-14 10:07")
    tape.read("2026-01-14 10:07", 1)
    tape.read("2026-01-14 10:08", 2)
    assert tape.rate_registers() == {1: 1, 2: 2}


def test_a_passive_calendar_whose_time_passed_in_an_outage_is_active_when_power_returns() -> None:
    tape = Tape(TWO, "2026-01-14 10:01")
    tape.load("2026-01-14 10:02", OTHER, "2026-01-14 10:07")
    tape.outage("2026-01-14 10:03", "2026-01-14 10:08", 1)
    assert tape.account().rate == 2
    tape.read("2026-01-14 10:09", 2)
    assert tape.rate_registers() == {1: 1, 2: 2}


def test_a_call_beyond_the_activation_is_complained_of() -> None:
    tape = Tape(TWO, "2026-01-14 10:01")
    tape.load("2026-01-14 10:02", OTHER, "2026-01-14 10:07")
    tape.read("2026-01-14 10:02")
    tape.read("2026-01-14 10:07:00.001")
    [line] = tape.auditor.complaints
    assert line.endswith(f"a reading over the activation at {utc('2026-01-14 10:07')}")


def test_a_clock_that_is_not_valid_activates_nothing_until_it_is_set() -> None:
    tape = Tape(TWO, "2026-01-14 10:01")
    tape.load("2026-01-14 10:02", replace(OTHER, fallback=2), "2026-01-14 10:07")
    tape.read("2026-01-14 10:02")
    tape.die()
    tape.boot("1970-01-01", SetRtc(utc("2026-01-14 10:02")), lost=True)
    tape.read("2026-01-14 10:08")
    assert tape.account().rate == 1
    tape.set_clock("2026-01-14 10:09", "2026-01-14 10:09")
    tape.read("2026-01-14 10:09")
    assert tape.account().rate == 2


# ------------------------------------------------------------------------------------------------ independence


def test_the_auditor_shares_no_code_with_the_firmware() -> None:
    for path in Path(ferraris.bench.auditor.__file__).parent.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [str(node.module)] if isinstance(node, ast.ImportFrom) else []
            ours = [name for name in names if name.startswith("ferraris")]
            assert all(name == "ferraris.pins" or name.startswith("ferraris.bench.auditor") for name in ours), path
