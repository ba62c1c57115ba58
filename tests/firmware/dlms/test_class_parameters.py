"""Attributes and parameters of the classes that are commanded, against octets written out from their definitions."""

from collections.abc import Callable
from contextlib import suppress

import pytest
from dlms_host import octets
from hypothesis import given
from hypothesis import strategies as st
from test_axdr import values

from ferraris.firmware.dlms import axdr, datetimes
from ferraris.firmware.dlms.axdr import Data
from ferraris.firmware.dlms.cosem import calendars, clocks, parameters, registers, scripts
from ferraris.firmware.dlms.cosem.calendars import Calendar, Day, Season, SpecialDay, Switch, Week
from ferraris.firmware.dlms.cosem.classes import Unit
from ferraris.firmware.dlms.cosem.clocks import Preset
from ferraris.firmware.dlms.cosem.registers import Assigned, Demand, Mask
from ferraris.firmware.dlms.cosem.scripts import Action, Crossing, Execution, Monitored, Reference, Script, Service
from ferraris.firmware.dlms.datetimes import Date, DateTime, Time
from ferraris.firmware.dlms.obis import obis
from ferraris.firmware.dlms.results import DlmsError

NOON = DateTime(2026, 7, 1, 3, 12, 0, 0, 0, -120, 0x80)
NOON_OCTETS = "090C 07EA0701030C000000FF8880"
NEVER = "090C FFFFFFFFFFFFFFFFFF800000"
TABLE = obis("0.0.10.0.100.255")
TABLE_OCTETS = "0906 00000A0064FF"
CHRISTMAS = SpecialDay(1, Date(0xFFFF, 12, 25), 7)
CHRISTMAS_OCTETS = "0203 120001 0905 FFFF0C19FF 1107"
SUMMER = Season(b"S", DateTime(0xFFFF, 4, 1), b"W")
WEEK = Week(b"W", (1, 1, 1, 1, 1, 2, 3))
DAY = Day(1, (Switch(Time(6, 0, 0, 0), TABLE, 1), Switch(Time(22, 30, 0, 0), TABLE, 2)))
SEASONS = "0101 0203 0901 53 090C FFFF0401FFFFFFFFFF800000 0901 57"
WEEKS = "0101 0208 0901 57 1101 1101 1101 1101 1101 1102 1103"
DAYS = f"0101 0202 1101 0102 0203 0904 06000000 {TABLE_OCTETS} 120001 0203 0904 161E0000 {TABLE_OCTETS} 120002"


# ---------------------------------------------------------------- attributes


def test_an_extended_register_has_a_status_and_a_capture_time() -> None:
    assert registers.extended_register(axdr.double_long_unsigned(5), 0, Unit.WATT, axdr.unsigned(1), NOON) == {
        2: octets("0600000005"),
        3: octets("0202 0F00 161B"),
        4: octets("1101"),
        5: octets(NOON_OCTETS),
    }


def test_a_demand_register_has_two_averages_and_its_periods() -> None:
    demand = Demand(900, 3, NOON)
    assert registers.demand_register(axdr.long_unsigned(7), axdr.long_unsigned(8), 1, Unit.WATT, demand) == {
        2: octets("120007"),
        3: octets("120008"),
        4: octets("0202 0F01 161B"),
        5: octets("00"),
        6: octets(NOON_OCTETS),
        7: octets(NEVER),
        8: octets("0600000384"),
        9: octets("120003"),
    }


def test_a_register_activation_has_registers_and_masks() -> None:
    shown = registers.register_activation([Assigned(3, obis("1.0.1.8.1.255"))], [Mask(b"RATE1", (1, 2))], b"RATE1")
    assert shown == {
        2: octets("0101 0202 120003 0906 0100010801FF"),
        3: octets("0101 0202 0905 5241544531 0102 1101 1102"),
        4: octets("0905 5241544531"),
    }
    assert registers.assigned(axdr.decode(octets("0202 120003 0906 0100010801FF"))).class_id == 3
    assert registers.mask(axdr.decode(octets("0202 0905 5241544531 0102 1101 1102"))) == Mask(b"RATE1", (1, 2))


def test_a_script_table_has_scripts_of_actions() -> None:
    action = Action(Service.EXECUTE, 70, obis("0.0.96.3.10.255"), 1, axdr.integer(0))
    assert scripts.script_table([Script(1, (action,)), Script(2, ())]) == {
        2: octets("0102 0202 120001 0101 0205 1602 120046 0906 000060030AFF 0F01 0F00 0202 120002 0100")
    }


def test_a_special_days_table_has_dates_with_day_profiles() -> None:
    assert calendars.special_days([CHRISTMAS]) == {2: octets(f"0101 {CHRISTMAS_OCTETS}")}
    assert calendars.special_day_table(axdr.decode(octets(f"0101 {CHRISTMAS_OCTETS}"))) == (CHRISTMAS,)


def test_an_activity_calendar_has_the_active_and_the_passive_one() -> None:
    active = Calendar(b"A", (SUMMER,), (WEEK,), (DAY,))
    assert calendars.activity_calendar(active, Calendar(b"P"), NOON) == {
        2: octets("0901 41"),
        3: octets(SEASONS),
        4: octets(WEEKS),
        5: octets(DAYS),
        6: octets("0901 50"),
        7: octets("0100"),
        8: octets("0100"),
        9: octets("0100"),
        10: octets(NOON_OCTETS),
    }


def test_a_schedule_has_a_script_and_execution_times() -> None:
    assert scripts.single_action_schedule(Reference(TABLE, 1), [Execution(Time(0, 0, 0, 0), Date(day=1))]) == {
        2: octets(f"0202 {TABLE_OCTETS} 120001"),
        3: octets("1601"),
        4: octets("0101 0202 0904 00000000 0905 FFFFFF01FF"),
    }


def test_a_register_monitor_has_thresholds_and_what_they_lead_to() -> None:
    shown = scripts.register_monitor(
        [axdr.long(5)], Monitored(3, obis("1.0.1.7.0.255"), 2), [Crossing(Reference(TABLE, 1))]
    )
    assert shown == {
        2: octets("0101 100005"),
        3: octets("0203 120003 0906 0100010700FF 0F02"),
        4: octets(f"0101 0202 0202 {TABLE_OCTETS} 120001 0202 0906 000000000000 120000"),
    }
    assert scripts.thresholds(axdr.decode(shown[2]), axdr.Tag.LONG) == (5,)


def test_a_disconnect_control_has_output_state_and_mode() -> None:
    assert scripts.disconnect_control(True, scripts.ControlState.CONNECTED, 4) == {
        2: octets("0301"),
        3: octets("1601"),
        4: octets("1604"),
    }


# ---------------------------------------------------------------- what a client sends


@pytest.mark.parametrize(
    ("decode", "hexadecimal", "value"),
    [
        (clocks.time, NOON_OCTETS, NOON),
        (clocks.time, "19 07EA0701030C000000FF8880", NOON),  # date-time instead of octet-string
        (clocks.time, "090C 07EA0701FF0C0000FF800000", DateTime(2026, 7, 1, 0xFF, 12, 0, 0)),
        (clocks.time_zone, "10FFC4", -60),
        (clocks.daylight_saving_change, "090C FFFF03FE0702000000800000", DateTime(0xFFFF, 3, 0xFE, 7, 2, 0, 0, 0)),
        (clocks.daylight_saving_deviation, "0F3C", 60),
        (clocks.daylight_saving_enabled, "0301", True),
        (clocks.preset, f"0203 {NOON_OCTETS} {NOON_OCTETS} {NOON_OCTETS}", Preset(NOON, NOON, NOON)),
        (clocks.shift, "10FFF6", -10),
        (clocks.shift, "100384", 900),
        (calendars.special_day, CHRISTMAS_OCTETS, CHRISTMAS),
        (calendars.special_day_number, "12FFFF", 0xFFFF),
        (calendars.calendar_name, "0901 50", b"P"),
        (calendars.seasons, SEASONS, (SUMMER,)),
        (calendars.weeks, WEEKS, (WEEK,)),
        (calendars.days, DAYS, (DAY,)),
        (calendars.activation_time, NEVER, datetimes.UNSPECIFIED),
        (scripts.script_identifier, "120003", 3),
        (scripts.reference, f"0202 {TABLE_OCTETS} 120001", Reference(TABLE, 1)),
        (
            scripts.executions,
            "0101 0202 0904 00000000 0905 FFFFFF01FF",
            (Execution(Time(0, 0, 0, 0), Date(day=1)),),
        ),
        (scripts.control_mode, "1606", 6),
        (registers.period, "0600000384", 900),
        (registers.number_of_periods, "120003", 3),
        (registers.mask_name, "0901 41", b"A"),
    ],
)
def test_what_is_set_or_given_to_a_method_is_read(
    decode: Callable[[Data], object], hexadecimal: str, value: object
) -> None:
    assert decode(axdr.decode(octets(hexadecimal))) == value


@pytest.mark.parametrize(
    ("decode", "hexadecimal"),
    [
        (clocks.time, NEVER),  # no time at all
        (clocks.time, "090C 07EA021EFF0C000000FF8880"),  # 30 February
        (clocks.time, "090C 07EA0701030C003C00FF8880"),  # second 60
        (clocks.time, "090C 07EA07010318000000FF8880"),  # hour 24
        (clocks.time, "090C 07EA0701080C000000FF8880"),  # weekday 8
        (clocks.time, "090C 07EA0701030C000064FF8880"),  # hundredths 100
        (clocks.time, "090C 07EA0701030C000000 7FFF 80"),  # deviation 32767
        (clocks.time, "090C 07EAFD01030C000000FF8880"),  # end of daylight saving is no month of an instant
        (clocks.time, "090C 07EA07FF030C000000FF8880"),
        (clocks.time, "090B 07EA0701030C000000FF88"),
        (clocks.time, "06 00000000"),
        (clocks.time_zone, "0FC4"),  # integer, not long
        (clocks.time_zone, "100349"),  # 841 minutes
        (clocks.time_zone, "10FCB7"),
        (clocks.daylight_saving_deviation, "0F79"),  # 121 minutes
        (clocks.daylight_saving_deviation, "0F87"),
        (clocks.daylight_saving_enabled, "1101"),
        (clocks.shift, "100385"),  # 901 s
        (clocks.shift, "10FC7B"),
        (clocks.shift, "120001"),
        (clocks.preset, f"0202 {NOON_OCTETS} {NOON_OCTETS}"),
        (clocks.preset, f"0203 {NOON_OCTETS} {NOON_OCTETS} {NEVER}"),
        (calendars.special_day, "0203 120001 0905 FFFF0D19FF 1107"),  # month 13
        (calendars.special_day, "0203 120001 0905 FFFF0C20FF 1107"),  # day 32
        (calendars.special_day, "0203 120001 0905 FFFF0C0019 1107"),  # day 0
        (calendars.special_day, "0203 1101 0905 FFFF0C19FF 1107"),
        (calendars.special_day, "0202 120001 0905 FFFF0C19FF"),
        (calendars.weeks, "0101 0207 0901 57 1101 1101 1101 1101 1101 1102"),  # six days
        (calendars.days, "0101 0202 1101 0101 0203 0904 18000000 0906 00000A0064FF 120001"),  # hour 24
        (calendars.days, "0101 0202 1101 0101 0203 0904 06000000 0905 00000A0064 120001"),  # five octets of name
        (calendars.seasons, "0201 0203 0901 53 090C FFFF0401FFFFFFFFFF800000 0901 57"),  # structure for array
        (scripts.script_identifier, "1103"),
        (scripts.control_mode, "1607"),
        (scripts.executions, "0101 0202 0904 003C0000 0905 FFFFFF01FF"),  # minute 60
        (registers.period, "0600000000"),
        (registers.number_of_periods, "120000"),
        (registers.mask, "0202 0905 5241544531 0101 1100"),  # registers count from 1
    ],
)
def test_another_type_or_a_value_out_of_range_is_refused(decode: Callable[[Data], object], hexadecimal: str) -> None:
    with pytest.raises(DlmsError):
        decode(axdr.decode(octets(hexadecimal)))


@pytest.mark.parametrize(
    ("decode", "element", "most"),
    [
        (calendars.special_day_table, CHRISTMAS_OCTETS, calendars.MOST_SPECIAL_DAYS),
        (calendars.weeks, WEEKS[4:], calendars.MOST_WEEKS),
        (calendars.seasons, SEASONS[4:], calendars.MOST_SEASONS),
        (calendars.days, "0202 1101 0100", calendars.MOST_DAYS),
        (scripts.executions, "0202 0904 00000000 0905 FFFFFF01FF", scripts.MOST_EXECUTIONS),
    ],
)
def test_no_more_elements_are_taken_than_the_limit(
    decode: Callable[[Data], tuple[object, ...]], element: str, most: int
) -> None:
    assert len(decode(axdr.decode(axdr.array([octets(element)] * most)))) == most
    with pytest.raises(DlmsError, match="at most"):
        decode(axdr.decode(axdr.array([octets(element)] * (most + 1))))


DECODERS = [
    clocks.time, clocks.time_zone, clocks.daylight_saving_change, clocks.daylight_saving_deviation,
    clocks.daylight_saving_enabled, clocks.preset, clocks.shift, calendars.special_day, calendars.special_day_number,
    calendars.special_day_table, calendars.calendar_name, calendars.seasons, calendars.weeks, calendars.days,
    calendars.activation_time, scripts.script_identifier, scripts.reference, scripts.executions, scripts.control_mode,
    registers.period, registers.number_of_periods, registers.assigned, registers.mask, registers.mask_name,
    parameters.date, parameters.time,
]  # fmt: skip


@given(values() | st.binary(min_size=12, max_size=12).map(lambda raw: Data(axdr.Tag.OCTET_STRING, raw)))
def test_any_value_is_read_or_refused(data: Data) -> None:
    for decode in DECODERS:
        with suppress(DlmsError):
            decode(data)


NAMES = st.binary(max_size=8)
HOURS = st.integers(0, 23) | st.just(0xFF)
DATES = st.builds(
    Date, st.integers(0, 0xFFFF), st.sampled_from([1, 12, 0xFD, 0xFE, 0xFF]),
    st.sampled_from([1, 31, 0xFD, 0xFE, 0xFF]), st.sampled_from([1, 7, 0xFF]),
)  # fmt: skip
TIMES = st.builds(Time, HOURS, HOURS, HOURS, HOURS)
MOMENTS = st.builds(
    lambda date, time, deviation, status: DateTime(*date, *time, deviation, status),
    DATES, TIMES, st.sampled_from([-840, -60, 0, 840, -0x8000]), st.integers(0, 255),
)  # fmt: skip
OCTET = st.integers(0, 255)
WORD = st.integers(0, 0xFFFF)
SWITCHES = st.builds(Switch, TIMES, st.binary(min_size=6, max_size=6), WORD)
CALENDARS = st.builds(
    Calendar, NAMES,
    st.lists(st.builds(Season, NAMES, MOMENTS, NAMES), max_size=3).map(tuple),
    st.lists(st.builds(Week, NAMES, st.tuples(*[OCTET] * 7)), max_size=3).map(tuple),
    st.lists(st.builds(Day, OCTET, st.lists(SWITCHES, max_size=3).map(tuple)), max_size=3).map(tuple),
)  # fmt: skip


@given(CALENDARS, CALENDARS, MOMENTS)
def test_a_calendar_that_is_shown_can_be_set(active: Calendar, passive: Calendar, activation: DateTime) -> None:
    shown = {
        number: axdr.decode(value) for number, value in calendars.activity_calendar(active, passive, activation).items()
    }
    decoders = (calendars.calendar_name, calendars.seasons, calendars.weeks, calendars.days)
    assert Calendar(*(decode(shown[number]) for number, decode in enumerate(decoders, 2))) == active  # type: ignore[arg-type]
    assert Calendar(*(decode(shown[number]) for number, decode in enumerate(decoders, 6))) == passive  # type: ignore[arg-type]
    assert calendars.activation_time(shown[10]) == activation


@given(st.lists(st.builds(SpecialDay, WORD, DATES, OCTET), max_size=5), st.lists(st.builds(Execution, TIMES, DATES)))
def test_tables_that_are_shown_can_be_set(days: list[SpecialDay], executions: list[Execution]) -> None:
    assert calendars.special_day_table(axdr.decode(calendars.special_days(days)[2])) == tuple(days)
    shown = scripts.single_action_schedule(Reference(), executions)
    assert scripts.executions(axdr.decode(shown[4])) == tuple(executions)


@given(st.binary(max_size=16))
def test_dates_and_times_have_five_and_four_octets(raw: bytes) -> None:
    if len(raw) == 5:
        assert datetimes.pack_date(datetimes.unpack_date(raw)) == raw
    else:
        with pytest.raises(DlmsError):
            datetimes.unpack_date(raw)
    if len(raw) == 4:
        assert datetimes.pack_time(datetimes.unpack_time(raw)) == raw
    else:
        with pytest.raises(DlmsError):
            datetimes.unpack_time(raw)
