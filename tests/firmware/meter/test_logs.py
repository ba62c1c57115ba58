"""Ranges of profiles and logs where time is not simple: the hour that autumn repeats, and a clock that was set back."""

from dataclasses import replace
from functools import lru_cache

from bench_rig import RTC_MS, SECOND, TERMS, rig
from ferraris.bench.bench import Bench
from ferraris.bench.clock import Clock
from ferraris.bench.peer import Credentials, Peer
from ferraris.firmware.dlms import axdr, datetimes
from ferraris.firmware.dlms.axdr import Data, Tag
from ferraris.firmware.dlms.cosem import classes
from ferraris.firmware.dlms.datetimes import ANY_DEVIATION, DateTime, local
from ferraris.firmware.dlms.host import Selection
from ferraris.firmware.dlms.obis import obis
from meter_rig import BERLIN, HEAD_END, HOUR, MINUTE

CLOCK, PROFILE, EVENTS, OUTAGES = "0.0.1.0.0.255", "1.0.99.1.0.255", "0.0.99.98.0.255", "1.0.99.97.0.255"
HALF_HOURS = replace(TERMS, zone=BERLIN, rows=20, profile_period_ms=30 * MINUTE)
MIDNIGHT = 1_792_879_200_000
"""2026-10-24 22:00 UTC: midnight in Berlin; at 03:00 summer time, 01:00 UTC, it is 02:00 again."""


@lru_cache
def night() -> Bench:
    """A meter that has lived through the night in which summer time ends: a row each half hour to 05:00."""
    bench = rig(HALF_HOURS)
    bench.clock = Clock(0, MIDNIGHT)
    bench.switch_on(0)
    bench.advance(6 * 3600 * SECOND)
    return bench


def moment(found: DateTime) -> Data:
    return Data(Tag.OCTET_STRING, datetimes.pack(found))


def between(bench: Bench, name: str, first: DateTime, last: DateTime) -> list[list[axdr.Value]]:
    """The rows of a range, as the head end reads them."""
    column = (
        Data(Tag.LONG_UNSIGNED, 8), Data(Tag.OCTET_STRING, obis(CLOCK)), Data(Tag.INTEGER, 2),
        Data(Tag.LONG_UNSIGNED, 0),
    )  # fmt: skip
    wanted = Data(Tag.STRUCTURE, (Data(Tag.STRUCTURE, column), moment(first), moment(last), Data(Tag.ARRAY, ())))
    with Peer(bench, Credentials(*HEAD_END)) as peer:
        answer = peer.get(7, obis(name), 2, Selection(1, wanted))
    assert isinstance(answer.value, tuple)
    return [[cell.value for cell in row.value] for row in answer.value if isinstance(row, Data)]  # type: ignore[union-attr]


def hours(rows: list[list[axdr.Value]]) -> list[float]:
    """The stamps of rows, hours of UTC after `MIDNIGHT`."""
    found = [datetimes.utc_ms(datetimes.unpack(row[0])) for row in rows if isinstance(row[0], bytes)]
    return [(each - MIDNIGHT) / HOUR for each in found]


def naive(hour: int, minute: int) -> DateTime:
    return DateTime(2026, 10, 25, 0xFF, hour, minute, 0, 0, ANY_DEVIATION)


def test_the_repeated_hour_is_two_hours_to_a_range_that_says_its_deviation() -> None:
    bench = night()
    summer = [local(MIDNIGHT + 2 * HOUR, -120), local(MIDNIGHT + 2 * HOUR + 30 * MINUTE, -120)]
    winter = [local(MIDNIGHT + 3 * HOUR, -60), local(MIDNIGHT + 3 * HOUR + 30 * MINUTE, -60)]
    assert [each[4:6] for each in summer] == [each[4:6] for each in winter] == [(2, 0), (2, 30)]
    assert hours(between(bench, PROFILE, *summer)) == [2, 2.5]
    assert hours(between(bench, PROFILE, *winter)) == [3, 3.5]


def test_a_range_in_local_time_holds_both_of_the_repeated_hours() -> None:
    assert hours(between(night(), PROFILE, naive(2, 0), naive(2, 30))) == [2, 2.5, 3, 3.5]


def test_a_range_in_local_time_means_the_deviation_of_then_and_not_of_now() -> None:
    # Read in winter time: one o'clock of that night was in summer time, four o'clock was not.
    bench = night()
    assert hours(between(bench, PROFILE, naive(1, 0), naive(1, 30))) == [1, 1.5]
    assert hours(between(bench, PROFILE, naive(4, 0), naive(4, 30))) == [5, 5.5]


def test_the_change_itself_is_in_the_event_log_with_both_deviations() -> None:
    (row,) = between(night(), EVENTS, naive(0, 0), naive(5, 0))
    assert row[1:4] == [3, -120, -60]
    assert hours([row]) == [3]


def set_back() -> Bench:
    """A meter whose clock was set back by three minutes, six minutes after its start."""
    bench = rig(replace(TERMS, rows=20))
    bench.switch_on(0)
    bench.advance(360 * SECOND)
    value = classes.date_time(local(RTC_MS + 180_000))
    with Peer(bench, Credentials(*HEAD_END)) as peer:
        assert peer.set(8, obis(CLOCK), 2, value).is_success
    bench.advance(720 * SECOND)
    return bench


def test_after_the_clock_was_set_back_a_range_has_both_rows_of_each_minute_in_the_order_in_which_they_came() -> None:
    bench, base = set_back(), 1_795_417_200_000
    rows = between(bench, PROFILE, local(base + 4 * MINUTE), local(base + 5 * MINUTE))
    stamps = [datetimes.utc_ms(datetimes.unpack(row[0])) - base for row in rows if isinstance(row[0], bytes)]
    assert stamps == [4 * MINUTE, 5 * MINUTE, 4 * MINUTE, 5 * MINUTE]
    energies = [row[2] for row in rows]
    assert energies == sorted(energies), "registers only rise, whatever the clock does"  # type: ignore[type-var]
    assert energies[1] != energies[2]


def test_both_ends_of_a_clock_change_are_found_where_each_of_them_stands() -> None:
    bench = set_back()
    (old,) = between(bench, EVENTS, local(RTC_MS + 359_000), local(RTC_MS + 361_000))
    (new,) = between(bench, EVENTS, local(RTC_MS + 179_000), local(RTC_MS + 181_000))
    assert (old[1], new[1]) == (4, 5)
    assert old[2:5] == new[2:5] == [RTC_MS + 360_000, RTC_MS + 180_000, 1]


def test_an_outage_is_found_by_its_end() -> None:
    bench = rig()
    bench.switch_on(0)
    bench.advance(30 * SECOND)
    bench.cut_power()
    bench.switch_on(100 * SECOND)
    ended = RTC_MS // 1000 * 1000 + 100_000
    (row,) = between(bench, OUTAGES, local(ended), local(ended + 1000))
    assert row[2] == 79, "from the commit at 07:00:20 to 07:01:39.3"
    assert between(bench, OUTAGES, local(ended - 90_000), local(ended - 10)) == []
