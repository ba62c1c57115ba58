"""The tariff as COSEM objects: activity calendar, special days, scripts, register activation and the rate in force.

The passive calendar may be written attribute by attribute and need not make sense meanwhile; it has to as it is
activated. The special days table is one for both calendars: a day whose profile the active calendar does not know
waits for one that does.
"""

import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace

from ferraris.firmware.billing.calendar import Calendar, SpecialDay
from ferraris.firmware.billing.calendar_codec import CalendarError, decode, encode
from ferraris.firmware.billing.demand import QUANTITIES
from ferraris.firmware.dlms import axdr
from ferraris.firmware.dlms.axdr import Data
from ferraris.firmware.dlms.cosem import calendars, registers, scripts
from ferraris.firmware.dlms.cosem.classes import ClassId
from ferraris.firmware.dlms.cosem.registers import Assigned, Mask
from ferraris.firmware.dlms.cosem.scripts import Action, Execution, Reference, Script, Service
from ferraris.firmware.dlms.datetimes import ANY_YEAR, UNSPECIFIED, Date, Time
from ferraris.firmware.dlms.results import DataAccessResult
from ferraris.firmware.meter import accounting, catalogue, clock_object, profiles
from ferraris.firmware.meter.calendar_fields import (
    TARIFF_SCRIPTS,
    day_from,
    season_from,
    shown,
    shown_special_day,
    special_day_from,
    week_from,
)
from ferraris.firmware.meter.config import Config, RecordKind
from ferraris.firmware.meter.history import Reason
from ferraris.firmware.meter.settings import METHOD, changed_setting, given
from ferraris.firmware.meter.table import Call, Done, Getter, Item, Setter, View, constant, item
from ferraris.firmware.meter.turn import with_axis
from ferraris.pins import Commit

CALENDAR = (0, 0, 13, 0, 0, 255)
SPECIAL_DAYS = (0, 0, 11, 0, 0, 255)
BILLING_SCRIPTS = (0, 0, 10, 0, 1, 255)
ACTIVATION = (0, 0, 14, 0, 0, 255)
ACTIVE_RATE = (0, 0, 96, 14, 0, 255)
END_OF_BILLING = (0, 0, 15, 0, 0, 255)
HISTORY = (0, 0, 98, 1, 0, 255)
CLOSE = 1
"""The billing script that closes a period; captured values and reset maxima are one thing here."""
CAPTURE = 2
"""Method of a profile."""

DENIED, REASON, SUCCESS = (
    DataAccessResult.READ_WRITE_DENIED,
    DataAccessResult.OTHER_REASON,
    DataAccessResult.SUCCESS,
)


def items(config: Config) -> Iterator[Item]:
    """Every object of the tariff."""
    yield _calendar()
    yield _special_days()
    yield _tariff_scripts(config)
    yield _billing_scripts()
    yield _schedule(config)
    yield _activation(config)
    yield item(ClassId.DATA, 0, ACTIVE_RATE, {2: lambda view: axdr.unsigned(view.state.ledger.axis.rate)})


# ------------------------------------------------------------------------------------------------ calendar


def _calendar() -> Item:
    setters: dict[int, Setter] = {
        6: _written(6, lambda _, calendar, data: replace(calendar, name=calendars.calendar_name(data))),
        7: _written(
            7, lambda _, calendar, data: replace(calendar, seasons=tuple(map(season_from, calendars.seasons(data))))
        ),
        8: _written(8, lambda _, calendar, data: replace(calendar, weeks=tuple(map(week_from, calendars.weeks(data))))),
        9: _written(9, _with_days),
        10: set_activation,
    }
    getters = {number: _shown(number) for number in range(2, 11)}
    return item(ClassId.ACTIVITY_CALENDAR, 0, CALENDAR, getters, setters=setters, methods={1: activate_now})


def _with_days(config: Config, calendar: Calendar, data: Data) -> Calendar:
    rates = config.plan.shape.rates
    return replace(calendar, days=tuple(day_from(day, rates) for day in calendars.days(data)))


def _shown(number: int) -> Getter:
    return lambda view: _attributes(view)[number]


def _attributes(view: View) -> Mapping[int, bytes]:
    state = view.state
    activation_s = state.ledger.axis.activation_s
    activation = profiles.local(view.config, activation_s * 1000) if activation_s else UNSPECIFIED
    return calendars.activity_calendar(shown(state.calendar), shown(state.passive), activation)


def _written(number: int, change: Callable[[Config, Calendar, Data], Calendar]) -> Setter:
    """Write an attribute of the passive calendar, if the memory takes it; the meter has its own number of rates."""

    def write(call: Call, data: Data) -> Done:
        state = call.turn.state
        found = change(call.config, state.passive, data)
        rates = call.config.plan.shape.rates
        found = replace(found, rates=rates, fallback=min(state.calendar.fallback, rates), special_days=())
        payload = _storable(found)
        if payload is None:
            return Done(call.turn, REASON)
        turn = call.turn._replace(
            state=replace(state, passive=found),
            records=(*call.turn.records, Commit(RecordKind.PASSIVE_CALENDAR, payload)),
        )
        return changed_setting(call, turn, ClassId.ACTIVITY_CALENDAR, number)

    return write


def _storable(calendar: Calendar) -> bytes | None:
    """The stored form of a calendar; None where the memory has no room for so much of it."""
    try:
        payload = encode(calendar)
        return payload if decode(payload) == calendar else None
    except CalendarError:
        return None


def set_activation(call: Call, data: Data) -> Done:
    """Set when the passive calendar becomes the active one; a date and time that is left open means never."""
    found = calendars.activation_time(data)
    if found.year == ANY_YEAR:
        return changed_setting(call, with_axis(call.turn, activation_s=0), ClassId.ACTIVITY_CALENDAR, 10)
    at_s = clock_object.instant(call.config, found) // 1000
    if at_s <= 0 or accounting.unfit(call.config, call.turn.state.passive):
        return Done(call.turn, REASON)
    turn = with_axis(call.turn, activation_s=at_s, activation_client=call.client)
    return changed_setting(call, turn, ClassId.ACTIVITY_CALENDAR, 10)


def activate_now(call: Call, _: Data | None) -> Done:
    """Make the passive calendar the active one, at once."""
    if accounting.unfit(call.config, call.turn.state.passive):
        return Done(call.turn, REASON)
    now_s = call.turn.state.rtc_ms // 1000
    return Done(with_axis(call.turn, activation_s=now_s, activation_client=call.client), SUCCESS)


# ------------------------------------------------------------------------------------------------ special days


def _special_days() -> Item:
    def table(view: View) -> bytes:
        return calendars.special_days([shown_special_day(day) for day in view.state.special_days])[2]

    def write(call: Call, data: Data) -> Done:
        return _with_special_days(call, [special_day_from(day) for day in calendars.special_day_table(data)], 2)

    def insert(call: Call, data: Data | None) -> Done:
        day = special_day_from(calendars.special_day(given(data)))
        others = [each for each in call.turn.state.special_days if each.index != day.index]
        return _with_special_days(call, [*others, day], METHOD + calendars.INSERT)

    def delete(call: Call, data: Data | None) -> Done:
        index = calendars.special_day_number(given(data))
        days = call.turn.state.special_days
        others = [each for each in days if each.index != index]
        if len(others) == len(days):
            return Done(call.turn, REASON)
        return _with_special_days(call, others, METHOD + calendars.DELETE)

    methods = {calendars.INSERT: insert, calendars.DELETE: delete}
    return item(ClassId.SPECIAL_DAYS_TABLE, 0, SPECIAL_DAYS, {2: table}, setters={2: write}, methods=methods)


def _with_special_days(call: Call, days: list[SpecialDay], how: int) -> Done:
    """Replace the special days; what the memory had lost of them is known again."""
    found = tuple(sorted(days, key=lambda day: day.index))
    state = call.turn.state
    payload = _storable(replace(state.passive, special_days=found))
    if payload is None or len({day.index for day in found}) < len(found):
        return Done(call.turn, REASON)
    turn = call.turn._replace(
        state=replace(state, special_days=found, calendar=accounting.effective(state.calendar, found)),
        records=(*call.turn.records, Commit(RecordKind.SPECIAL_DAYS, payload)),
    )
    lost = state.ledger.axis.tariff_lost & ~accounting.SPECIAL_DAYS_LOST
    turn = with_axis(turn, special_crc=zlib.crc32(payload), tariff_lost=lost)
    return changed_setting(call, turn, ClassId.SPECIAL_DAYS_TABLE, how)


# ------------------------------------------------------------------------------------------------ scripts, rates


def mask_name(rate: int) -> bytes:
    """Name of the mask under which the registers of a rate count."""
    return b"RATE%d" % rate


def _tariff_scripts(config: Config) -> Item:
    """Script n makes rate n the one in force. The calendar runs them; nobody else may, or the rate would not be its."""
    table = [
        Script(
            rate,
            (
                Action(
                    Service.WRITE,
                    ClassId.REGISTER_ACTIVATION,
                    bytes(ACTIVATION),
                    4,
                    axdr.octet_string(mask_name(rate)),
                ),
            ),
        )
        for rate in range(1, config.plan.shape.rates + 1)
    ]
    return item(ClassId.SCRIPT_TABLE, 0, TARIFF_SCRIPTS, {2: constant(scripts.script_table(table)[2])})


def _billing_scripts() -> Item:
    """Script 1 closes the billing period: a row of the history, then the demand reset."""
    table = [
        Script(CLOSE, (Action(Service.EXECUTE, ClassId.PROFILE_GENERIC, bytes(HISTORY), CAPTURE, axdr.integer(0)),))
    ]

    def execute(call: Call, data: Data | None) -> Done:
        if scripts.script_identifier(given(data)) != CLOSE:
            return Done(call.turn, REASON)
        turn, done = accounting.close_by_hand(call.config, call.turn, Reason.COMMAND, call.client)
        return Done(turn, SUCCESS if done else DataAccessResult.TEMPORARY_FAILURE)

    getter = constant(scripts.script_table(table)[2])
    return item(ClassId.SCRIPT_TABLE, 0, BILLING_SCRIPTS, {2: getter}, methods={scripts.EXECUTE: execute})


def _schedule(config: Config) -> Item:
    """When billing periods end; the factory decided it."""
    when = config.plan.billing
    execution = Execution(
        Time(when.hour, when.minute, when.second, 0), Date(when.year, when.month, when.day, when.weekday)
    )
    attributes = scripts.single_action_schedule(Reference(bytes(BILLING_SCRIPTS), CLOSE), [execution])
    getters = {number: constant(value) for number, value in attributes.items()}
    return item(ClassId.SINGLE_ACTION_SCHEDULE, 0, END_OF_BILLING, getters)


def _activation(config: Config) -> Item:
    """Which registers count at which rate: those of energy, and the maxima of demand."""
    rates = range(1, config.plan.shape.rates + 1)
    assigned = [(rate, each) for rate in rates for each in _registers_of(rate)]
    masks = [
        Mask(mask_name(rate), tuple(place for place, (of, _) in enumerate(assigned, 1) if of == rate)) for rate in rates
    ]

    def getter(number: int) -> Getter:
        return lambda view: registers.register_activation(
            [each for _, each in assigned], masks, mask_name(view.state.ledger.axis.rate)
        )[number]

    return item(ClassId.REGISTER_ACTIVATION, 0, ACTIVATION, {number: getter(number) for number in (2, 3, 4)})


def _registers_of(rate: int) -> Iterator[Assigned]:
    for code in catalogue.ENERGY_PICKS:
        yield Assigned(ClassId.REGISTER, bytes((1, 0, code, 8, rate, 255)))
    for code in range(1, len(QUANTITIES) + 1):
        yield Assigned(ClassId.EXTENDED_REGISTER, bytes((1, 0, code, 6, rate, 255)))
