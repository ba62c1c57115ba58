"""A tariff comes over the wire, attribute by attribute, and becomes the active one."""

import pytest

from bench_rig import TERMS, Ram, rig
from ferraris.bench.peer import Credentials, Peer
from ferraris.firmware.dlms import axdr
from ferraris.firmware.dlms.client import RefusedError
from ferraris.firmware.dlms.cosem import calendars, classes
from ferraris.firmware.dlms.cosem.calendars import Calendar, Day, Season, SpecialDay, Switch, Week
from ferraris.firmware.dlms.datetimes import UNSPECIFIED, Date, DateTime, Time, local
from ferraris.firmware.dlms.obis import obis
from ferraris.firmware.dlms.results import ActionResult, DataAccessResult
from ferraris.firmware.meter.events import Event
from meter_rig import HEAD_END, HOUR, MINUTE, READER, SEVEN, Meter, Talk, act, get, talk, write

CALENDAR, SPECIAL, RATE = "0.0.13.0.0.255", "0.0.11.0.0.255", "0.0.96.14.0.255"
SCRIPTS = obis("0.0.10.0.100.255")
OK = DataAccessResult.SUCCESS
DAY = Day(7, (Switch(Time(0, 0, 0, 0), SCRIPTS, 1), Switch(Time(7, 30, 0, 0), SCRIPTS, 2)))
NEW = Calendar(
    b"NEW",
    (Season(b"year", DateTime(0xFFFF, 1, 1, 0xFF, 0, 0, 0, 0), b"week"),),
    (Week(b"week", (7, 7, 7, 7, 7, 7, 7)),),
    (DAY,),
)
"""Rate 2 from half past seven on; the meter of these tests hangs in UTC."""
TABLES = calendars.activity_calendar(NEW, NEW)


def load(hold: Talk, *numbers: int) -> list[DataAccessResult]:
    return [write(hold, 20, CALENDAR, number, TABLES[number]) for number in numbers]


def rate(meter: Meter) -> int:
    answer = get(talk(meter), 1, RATE)
    assert isinstance(answer, bytes)
    return answer[1]


def activation(at_ms: int) -> bytes:
    return classes.date_time(local(at_ms))


@pytest.mark.parametrize("order", [(6, 7, 8, 9), (9, 8, 7, 6)])
def test_the_passive_calendar_is_written_in_any_order_and_read_back_and_the_active_one_stays(
    order: tuple[int, ...],
) -> None:
    meter = Meter()
    hold = talk(meter)
    active = [get(hold, 20, CALENDAR, number) for number in (2, 3, 4, 5)]
    assert load(hold, *order) == [OK] * 4
    assert [get(hold, 20, CALENDAR, number) for number in (6, 7, 8, 9)] == [TABLES[n] for n in (6, 7, 8, 9)]
    assert [get(hold, 20, CALENDAR, number) for number in (2, 3, 4, 5)] == active
    told = [(event.new, event.client) for event in meter.events if event.code == Event.PARAMETER_CHANGED]
    assert told == [(number, HEAD_END[0]) for number in order]


def test_activated_now_it_decides_from_the_measuring_call_that_follows() -> None:
    meter = Meter(rtc=SEVEN + 40 * MINUTE)
    hold = talk(meter)
    load(hold, 6, 7, 8, 9)
    assert act(hold, 20, CALENDAR, 1, axdr.integer(0)) is ActionResult.SUCCESS
    meter.call()
    assert rate(meter) == 2
    assert get(talk(meter), 20, CALENDAR, 2) == TABLES[6]
    event = next(event for event in meter.events if event.code == Event.TARIFF_ACTIVATED)
    assert (event.old, event.new) == (1, 2)


def test_at_its_activation_time_and_not_before_the_passive_calendar_becomes_the_active_one() -> None:
    meter = Meter(rtc=SEVEN + 40 * MINUTE)
    hold = talk(meter)
    load(hold, 6, 7, 8, 9)
    assert write(hold, 20, CALENDAR, 10, activation(SEVEN + HOUR)) is OK
    assert get(hold, 20, CALENDAR, 10) == activation(SEVEN + HOUR)
    meter.call(SEVEN + HOUR - 1)
    assert rate(meter) == 1
    meter.call(SEVEN + HOUR)
    assert rate(meter) == 2
    assert get(talk(meter), 20, CALENDAR, 10) == classes.date_time(UNSPECIFIED), "it is done"


def test_an_activation_time_that_is_left_open_means_never() -> None:
    meter = Meter()
    hold = talk(meter)
    load(hold, 6, 7, 8, 9)
    write(hold, 20, CALENDAR, 10, activation(SEVEN + HOUR))
    assert write(hold, 20, CALENDAR, 10, classes.date_time(UNSPECIFIED)) is OK
    meter.call(SEVEN + 2 * HOUR)
    assert rate(meter) == 1


@pytest.mark.parametrize("missing", [7, 8, 9])
def test_a_calendar_whose_names_lead_nowhere_is_not_activated(missing: int) -> None:
    meter = Meter(rtc=SEVEN + 40 * MINUTE)
    hold = talk(meter)
    load(hold, *({7, 8, 9} - {missing}))
    before = get(hold, 20, CALENDAR, 2)
    assert act(hold, 20, CALENDAR, 1, axdr.integer(0)) is not ActionResult.SUCCESS
    assert write(hold, 20, CALENDAR, 10, activation(SEVEN + HOUR)) is not OK
    meter.call(SEVEN + HOUR)
    assert rate(meter) == 1
    assert get(talk(meter), 20, CALENDAR, 2) == before


@pytest.mark.parametrize(
    "switch",
    [
        Switch(Time(0, 0, 0, 0), SCRIPTS, 3),  # the meter has two rates
        Switch(Time(0, 0, 0, 0), SCRIPTS, 0),
        Switch(Time(24, 0, 0, 0), SCRIPTS, 1),
        Switch(Time(0, 0, 0, 0), obis("0.0.10.0.1.255"), 1),  # the script that closes billing periods
    ],
    ids=["no such rate", "rate 0", "24 o'clock", "another script"],
)
def test_a_switch_that_no_rate_can_follow_is_refused_and_changes_nothing(switch: Switch) -> None:
    hold = talk(Meter())
    load(hold, 9)
    value = calendars.activity_calendar(replace_days(Day(1, (switch,))), NEW)[5]
    assert write(hold, 20, CALENDAR, 9, value) is DataAccessResult.TYPE_UNMATCHED
    assert get(hold, 20, CALENDAR, 9) == TABLES[9]


def replace_days(day: Day) -> Calendar:
    return Calendar(NEW.name, NEW.seasons, NEW.weeks, (day,))


def test_special_days_are_inserted_replaced_and_deleted_by_their_index() -> None:
    hold = talk(Meter())
    one, other, again = (
        SpecialDay(4, Date(2026, 12, 25), 1),
        SpecialDay(2, Date(0xFFFF, 1, 1), 1),
        SpecialDay(4, Date(2026, 12, 26), 7),
    )

    def table(*days: SpecialDay) -> bytes:
        return calendars.special_days(days)[2]

    def inserted(day: SpecialDay) -> bytes:
        return axdr.encode(axdr.decode(table(day)).value[0])  # type: ignore[index]

    assert act(hold, 11, SPECIAL, 1, inserted(one)) is ActionResult.SUCCESS
    assert act(hold, 11, SPECIAL, 1, inserted(other)) is ActionResult.SUCCESS
    assert get(hold, 11, SPECIAL) == table(other, one)
    assert act(hold, 11, SPECIAL, 1, inserted(again)) is ActionResult.SUCCESS
    assert get(hold, 11, SPECIAL) == table(other, again)
    assert act(hold, 11, SPECIAL, 2, axdr.long_unsigned(2)) is ActionResult.SUCCESS
    assert get(hold, 11, SPECIAL) == table(again)
    assert act(hold, 11, SPECIAL, 2, axdr.long_unsigned(2)) is not ActionResult.SUCCESS


def test_a_special_day_waits_for_the_calendar_that_has_its_profile() -> None:
    meter = Meter(rtc=SEVEN + 40 * MINUTE)
    hold = talk(meter)
    flat = Day(9, (Switch(Time(0, 0, 0, 0), SCRIPTS, 1),))
    today = SpecialDay(1, Date(2026, 11, 23), 9)
    assert write(hold, 11, SPECIAL, 2, calendars.special_days([today])[2]) is OK
    load(hold, 6, 7, 8)
    both = calendars.activity_calendar(Calendar(b"", NEW.seasons, NEW.weeks, (DAY, flat)), NEW)[5]
    assert write(hold, 20, CALENDAR, 9, both) is OK
    act(hold, 20, CALENDAR, 1, axdr.integer(0))
    meter.call()
    assert rate(meter) == 1, "without the special day it would be 2"
    unknown = SpecialDay(1, Date(2026, 11, 23), 99)
    assert write(talk(meter), 11, SPECIAL, 2, calendars.special_days([unknown])[2]) is OK
    meter.call(meter.rtc + 1000)
    assert rate(meter) == 2, "a day whose profile nobody knows changes nothing"


def test_the_reading_client_may_write_and_call_nothing() -> None:
    meter = Meter()
    before = meter.state
    hold = talk(meter, READER)
    with pytest.raises(RefusedError):
        write(hold, 20, CALENDAR, 6, TABLES[6])
    with pytest.raises(RefusedError):
        act(hold, 20, CALENDAR, 1, axdr.integer(0))
    assert (meter.state.passive, meter.state.special_days) == (before.passive, before.special_days)


def test_both_calendars_special_days_and_activation_survive_a_restart() -> None:
    part = Ram(TERMS.geometry.size)
    bench = rig(part=part)
    bench.switch_on(0)
    day = calendars.special_days([SpecialDay(1, Date(2026, 12, 24), 7)])[2]
    with Peer(bench, Credentials(*HEAD_END)) as peer:
        for number in (6, 7, 8, 9):
            assert peer.set(20, obis(CALENDAR), number, TABLES[number]).is_success
        assert peer.set(11, obis(SPECIAL), 2, day).is_success
        assert peer.set(20, obis(CALENDAR), 10, activation(SEVEN + HOUR)).is_success
    bench.cut_power()
    again = rig(part=part)
    again.switch_on(1_000_000_000)
    with Peer(again, Credentials(*HEAD_END)) as peer:
        kept = {number: axdr.encode(peer.get(20, obis(CALENDAR), number)) for number in (6, 7, 8, 9, 10)}
        assert kept == {number: TABLES[number] for number in (6, 7, 8, 9)} | {10: activation(SEVEN + HOUR)}
        assert axdr.encode(peer.get(11, obis(SPECIAL), 2)) == day
        assert peer.act(20, obis(CALENDAR), 1, axdr.integer(0)).is_success
    again.advance(2_000_000_000)
    again.cut_power()
    third = rig(part=part)
    third.switch_on(3_000_000_000)
    assert third.state is not None
    assert third.state.calendar.name == b"NEW"
    assert [each.day_id for each in third.state.calendar.special_days] == [7]
