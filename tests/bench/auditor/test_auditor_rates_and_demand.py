"""docs/billing.md, sections 1 to 3, worked out by hand."""

from dataclasses import replace
from fractions import Fraction

import pytest
from auditor_tape import DAY_AND_NIGHT, HOURLY, QUARTER, Tape, energies, utc

from ferraris.bench.auditor.almanac import instant, local, next_close, next_end, next_multiple, place, rate_at
from ferraris.bench.auditor.books import QUANTA_PER_WH, mean_w, whole
from ferraris.bench.auditor.terms import Demand, Schedule, Tariff, Terms

BERLIN = "Europe/Berlin"
SWITCHING = Terms(zone=BERLIN, tariff=DAY_AND_NIGHT, rates=(1, 2, 3), profiles=HOURLY)


# ------------------------------------------------------------------------------------------------ 1


def test_a_reading_counts_at_the_rate_at_which_it_began() -> None:
    tape = Tape(SWITCHING, "2026-01-14 20:50")  # 21:50 in Berlin, rate 1 until 22:00
    tape.read("2026-01-14 21:00", 7)  # ends at the switch: still rate 1
    tape.read("2026-01-14 21:05", 2)
    assert tape.rate_registers() == {1: 7, 2: 2, 3: 0}


def test_a_reading_counts_in_the_periods_in_which_it_began() -> None:
    tape = Tape(SWITCHING, "2026-01-14 20:50")
    tape.read("2026-01-14 21:00", 7)
    tape.read("2026-01-14 21:15", 2)
    assert tape.rows() == [(utc("2026-01-14 21:00"), 7)]
    assert tape.windows() == (2, 0)
    assert tape.maximum() == (7, utc("2026-01-14 21:00"))
    assert (tape.maximum(1), tape.maximum(2)) == ((7, utc("2026-01-14 21:00")), (2, utc("2026-01-14 21:15")))


def test_at_one_instant_demand_comes_before_the_profiles_and_billing_last() -> None:
    tape = Tape(Terms(profiles=HOURLY), "2026-01-31 23:50")
    tape.read("2026-02-01 00:00", 9)
    [closed] = tape.account().history
    assert closed.maxima[0][0].window == 9  # the window that ended was evaluated before the close
    assert tape.maximum() == (0, None)
    assert tape.rows(0) == tape.rows(1) == [(utc("2026-02-01"), 9)]


def test_a_reading_over_a_boundary_or_a_switch_is_complained_of() -> None:
    tape = Tape(replace(SWITCHING, demand=Demand(3600)), "2026-01-14 20:50")
    tape.read("2026-01-14 21:00:00.001")
    tape.read("2026-01-14 22:00")
    assert tape.auditor.complaints == [
        f"clock {utc('2026-01-14 21:00:00.001')}: a call that should have been at {utc('2026-01-14 21:00')}"
    ]
    table = Tariff(((1, 1, "w"),), {"w": ("d",) * 7}, {"d": ((300, 1), (600, 2))})
    late = Tape(Terms(tariff=table, rates=(1, 2)), "2026-01-14")
    late.read("2026-01-14 00:05:00.001")
    [line] = late.auditor.complaints
    assert line.endswith(f"a reading over the switch of a rate since {utc('2026-01-14')}")


# ------------------------------------------------------------------------------------------------ 2


@pytest.mark.parametrize(
    ("at", "rate"),
    [
        ("2026-01-14 04:59:59.999", 2),  # 05:59 in Berlin: before the day's first switch its last one holds
        ("2026-01-14 05:00", 1),
        ("2026-01-14 20:59:59.999", 1),
        ("2026-01-14 21:00", 2),
        ("2026-07-14 04:00", 1),  # an hour earlier in summer
        ("2026-07-14 20:00", 2),
    ],
)
def test_the_table_is_read_in_local_time(at: str, rate: int) -> None:
    assert rate_at(DAY_AND_NIGHT, BERLIN, utc(at)) == rate


@pytest.mark.parametrize(
    ("at", "rate"),
    [
        ("2026-10-25 00:15", 1),  # 02:15 summer time
        ("2026-10-25 00:30", 2),  # 02:30 summer time
        ("2026-10-25 01:15", 1),  # 02:15 again, winter time: the table is read twice
        ("2026-10-25 01:30", 2),
        ("2026-03-29 00:59:59.999", 1),  # 01:59:59.999
        ("2026-03-29 01:00", 2),  # 03:00: what should have begun at 02:30 holds, 02:00 to 03:00 was never read
    ],
)
def test_autumn_reads_an_hour_twice_and_spring_not_at_all(at: str, rate: int) -> None:
    table = Tariff(((1, 1, "w"),), {"w": ("d",) * 7}, {"d": ((0, 1), (2 * 3600 + 1800, 2))})
    assert rate_at(table, BERLIN, utc(at)) == rate


def test_season_week_and_special_day_are_found_in_this_order() -> None:
    table = Tariff(
        seasons=((4, 1, "summer"), (10, 1, "winter")),
        weeks={"summer": ("a",) * 7, "winter": ("b",) * 5 + ("c",) * 2},
        days={"a": ((0, 1),), "b": ((0, 2),), "c": ((0, 3),), "feast": ((0, 4),)},
        special=((None, 2, 29, "feast"), (2026, 12, 25, "feast")),
    )
    found = {
        day: rate_at(table, None, utc(day))
        for day in ("2026-03-31", "2026-04-01", "2026-10-03", "2026-12-25", "2027-12-25", "2028-02-29", "2028-03-01")
    }
    # 31 March 2026 is a Tuesday of the winter that began in October; 3 October 2026 and 25 December 2027 are Saturdays
    assert found == {
        "2026-03-31": 2,
        "2026-04-01": 1,
        "2026-10-03": 3,
        "2026-12-25": 4,
        "2027-12-25": 3,
        "2028-02-29": 4,
        "2028-03-01": 2,
    }


def test_after_an_outage_over_a_switch_the_rate_is_that_of_the_table() -> None:
    tape = Tape(SWITCHING, "2026-01-14 20:50")
    tape.outage("2026-01-14 20:55", "2026-01-14 21:05", 3)
    tape.read("2026-01-14 21:10", 4)
    assert tape.rate_registers() == {1: 3, 2: 4, 3: 0}


def test_rates_add_up_to_the_total_that_the_netting_bills() -> None:
    # one element imports 5 and another exports 3: netted over the elements 2 import, per phase 5 import and 3 export
    phases, total = (energies(5), energies(0, 3)), energies(2)
    for netting, billed in (("vector", (2, 0)), ("per_phase", (5, 3))):
        tape = Tape(Terms(elements=2, netting=netting, profiles=HOURLY), "2026-01-14 00:01")
        tape.bring("2026-01-14 00:02", phases, total)
        registers = tape.account().registers
        assert registers.rates[1][:2] == billed
        assert (registers.vector[:2], registers.per_phase[:2]) == ((2, 0), (5, 3))
        assert registers.phases == phases
        assert tape.account().current[:2] == billed


# ------------------------------------------------------------------------------------------------ 3


def test_quantities_of_demand_are_import_export_and_the_two_halves_of_reactive() -> None:
    tape = Tape(Terms(), "2026-01-14 00:01")
    tape.bring("2026-01-14 00:15", (parts := energies(1, 2, 10, 20, 300, 400, 7, 8),), parts)
    assert tape.account().energy == (1, 2, 30, 700)


def test_a_sliding_window_adds_its_last_sub_periods_and_divides_by_all_of_it() -> None:
    tape = Tape(Terms(demand=Demand(QUARTER, 3)), "2026-01-14 00:00")
    seen = []
    for minute, value in ((15, 4), (30, 2), (45, 6)):
        tape.read(f"2026-01-14 00:{minute}", value)
        seen.append(tape.windows()[0])
    tape.read("2026-01-14 01:00", 1)
    assert [*seen, tape.windows()[0]] == [4, 6, 12, 9]  # fewer are known at first; then 2 + 6 + 1
    assert tape.maximum() == (12, utc("2026-01-14 00:45"))
    tape.read("2026-01-14 01:01", 5)
    assert tape.windows() == (9, 12)  # the window that ends now: 6 + 1 + 5


def test_demand_is_energy_over_the_whole_window() -> None:
    # 1 Wh in three sub-periods of 20 minutes is 1 W; 1 Wh in one quarter of an hour is 4 W
    assert mean_w(Demand(1200, 3), QUANTA_PER_WH) == 1
    assert mean_w(Demand(900, 1), QUANTA_PER_WH) == 4
    assert mean_w(Demand(7, 1), 1) == Fraction(1, 7 * 8000 * 1_000_000)
    assert QUANTA_PER_WH == 3600 * 8000 * 1_000_000  # 3600 s of 8000 ticks, a million microwatts
    assert (whole(QUANTA_PER_WH - 1), whole(QUANTA_PER_WH)) == (0, 1)


def test_the_same_again_is_not_more() -> None:
    tape = Tape(Terms(), "2026-01-14 00:00")
    tape.read("2026-01-14 00:15", 4)
    tape.read("2026-01-14 00:30", 4)
    assert tape.maximum() == (4, utc("2026-01-14 00:15"))


def test_sub_periods_end_at_multiples_of_standard_time() -> None:
    # India is 5:30 east: hours end at half past, UTC; in Berlin two-hour periods keep to winter time in summer
    assert next_multiple(330, 3600, utc("2026-01-14 00:00")) == utc("2026-01-14 00:30")
    assert next_multiple(BERLIN, 7200, utc("2026-07-14 00:00")) == utc("2026-07-14 01:00")
    assert next_multiple(BERLIN, 7200, utc("2026-07-14 01:00")) == utc("2026-07-14 03:00")


def test_an_outage_does_not_end_a_sub_period() -> None:
    tape = Tape(Terms(), "2026-01-14 00:00")
    tape.outage("2026-01-14 00:05", "2026-01-14 00:10", 3)
    tape.read("2026-01-14 00:15", 4)
    assert tape.maximum() == (7, utc("2026-01-14 00:15"))


def test_a_sub_period_that_ended_in_an_outage_is_evaluated_with_its_nominal_end() -> None:
    tape = Tape(Terms(demand=Demand(QUARTER, 2)), "2026-01-14 00:00")
    tape.outage("2026-01-14 00:05", "2026-01-14 00:50", 3)  # 0:15 evaluated, 0:30 and 0:45 wholly without power
    assert tape.maximum() == (3, utc("2026-01-14 00:15"))
    assert tape.windows() == (0, 0)


def test_a_sub_period_wholly_without_power_makes_no_maximum_after_a_close_in_the_outage() -> None:
    tape = Tape(Terms(demand=Demand(QUARTER, 2)), "2026-01-31 23:46")
    tape.outage("2026-01-31 23:50", "2026-02-01 00:50", 3)
    # 0:00 makes the maximum 3, the month closes with it; at 0:15 the window still holds the 3, but nothing was on
    assert tape.account().history[0].maxima[0][0].window == 3
    assert tape.maximum() == (0, None)


# ------------------------------------------------------------------------------------------------ the almanac


@pytest.mark.parametrize(
    ("after", "end"),
    [
        ("2026-03-28 23:00", "2026-03-29 22:00"),  # the day of 23 hours
        ("2026-10-24 22:00", "2026-10-25 23:00"),  # the day of 25 hours
        ("2028-02-28 23:00", "2028-02-29 23:00"),
        ("2026-12-30 23:00", "2026-12-31 23:00"),
    ],
)
def test_a_day_ends_at_local_midnight(after: str, end: str) -> None:
    assert next_end(BERLIN, 86_400, utc(after)) == utc(end)


@pytest.mark.parametrize(
    ("schedule", "after", "end"),
    [
        (Schedule(1), "2026-02-10", "2026-03-01"),
        (Schedule("last"), "2028-02-10", "2028-02-29"),
        (Schedule("last", 6, 30), "2027-02-10", "2027-02-28 06:30"),
        (Schedule(31), "2026-04-01", "2026-05-31"),  # April lacks the day
        (Schedule(None, 12), "2026-04-01 12:00", "2026-04-02 12:00"),
    ],
)
def test_the_schedule_is_a_date_with_wildcards(schedule: Schedule, after: str, end: str) -> None:
    assert next_close(schedule, None, utc(after)) == utc(end)


def test_a_wall_clock_time_that_comes_twice_is_the_first_of_the_two() -> None:
    twice = local(BERLIN, 0).replace(year=2026, month=10, day=25, hour=2, minute=30, tzinfo=place(BERLIN))
    assert instant(twice) == utc("2026-10-25 00:30")
