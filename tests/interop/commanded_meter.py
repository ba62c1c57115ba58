"""A meter of our server that does what it is told and keeps a record: one object of each class that is commanded."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread

from ferraris.app.live_server import LiveServer
from ferraris.firmware.dlms import axdr, server
from ferraris.firmware.dlms.acse import Mechanism
from ferraris.firmware.dlms.axdr import Data
from ferraris.firmware.dlms.cosem import calendars, classes, objects, registers, scripts
from ferraris.firmware.dlms.cosem.calendars import Calendar, Day, Season, SpecialDay, Switch, Week
from ferraris.firmware.dlms.cosem.classes import Attributes, ClassId, Unit
from ferraris.firmware.dlms.cosem.objects import Entry, callable_methods, readable, writable
from ferraris.firmware.dlms.cosem.registers import Assigned, Demand, Mask
from ferraris.firmware.dlms.cosem.scripts import Action, Crossing, Execution, Monitored, Reference, Script, Service
from ferraris.firmware.dlms.datetimes import Date, DateTime, Time
from ferraris.firmware.dlms.host import COMMANDING, ActionAnswer, Answer, Attribute, Method, Policy, Selection, Session
from ferraris.firmware.dlms.obis import obis, written
from ferraris.firmware.dlms.results import ActionResult, DataAccessResult
from ferraris.pins import Closed, Hangup, Opened, Output, Send

PASSWORD = "12345678"
SECONDS = 10
"""Longest the server may take to start or stop, s."""

NOW = DateTime(2026, 7, 1, 3, 12, 0, 0, 0, -120, 0x80)
TARIFF_SCRIPTS = obis("0.0.10.0.100.255")
ENERGY_1 = obis("1.0.1.8.1.255")
CALENDAR = Calendar(
    b"BASE",
    (
        Season(b"SUMMER", DateTime(0xFFFF, 4, 1, 0xFF, 0, 0, 0, 0), b"WORK"),
        Season(b"WINTER", DateTime(0xFFFF, 10, 1, 0xFF, 0, 0, 0, 0), b"WORK"),
    ),
    (Week(b"WORK", (1, 1, 1, 1, 1, 2, 2)),),
    (
        Day(1, (Switch(Time(6, 0, 0, 0), TARIFF_SCRIPTS, 1), Switch(Time(22, 0, 0, 0), TARIFF_SCRIPTS, 2))),
        Day(2, (Switch(Time(0, 0, 0, 0), TARIFF_SCRIPTS, 2),)),
    ),
)
TOLD = Action(Service.EXECUTE, 6, obis("0.0.14.0.0.255"), 1, axdr.integer(0))

OBJECTS: dict[tuple[int, str], Attributes] = {
    (ClassId.DATA, "0.0.96.50.0.255"): classes.data(axdr.octet_string(b"nothing yet")),
    (ClassId.EXTENDED_REGISTER, "1.0.1.6.0.255"): registers.extended_register(
        axdr.double_long_unsigned(1234), 0, Unit.WATT, axdr.unsigned(0), NOW
    ),
    (ClassId.DEMAND_REGISTER, "1.0.1.4.0.255"): registers.demand_register(
        axdr.double_long_unsigned(7), axdr.double_long_unsigned(8), 0, Unit.WATT,
        Demand(900, 3, NOW, NOW, axdr.unsigned(0)),
    ),
    (ClassId.REGISTER_ACTIVATION, "0.0.14.0.0.255"): registers.register_activation(
        [Assigned(ClassId.REGISTER, ENERGY_1)], [Mask(b"RATE1", (1,)), Mask(b"RATE2", ())], b"RATE1"
    ),
    (ClassId.CLOCK, "0.0.1.0.0.255"): classes.clock(
        NOW, -60, DateTime(0xFFFF, 3, 0xFE, 7, 2, 0, 0, 0), DateTime(0xFFFF, 10, 0xFE, 7, 3, 0, 0, 0), 60, True
    ),
    (ClassId.SCRIPT_TABLE, "0.0.10.0.100.255"): scripts.script_table([Script(1, (TOLD,)), Script(2, (TOLD,))]),
    (ClassId.SPECIAL_DAYS_TABLE, "0.0.11.0.0.255"): calendars.special_days(
        [SpecialDay(1, Date(0xFFFF, 12, 25), 2), SpecialDay(2, Date(2026, 4, 6, 1), 2)]
    ),
    (ClassId.ACTIVITY_CALENDAR, "0.0.13.0.0.255"): calendars.activity_calendar(
        CALENDAR, CALENDAR._replace(name=b"NEXT"), NOW
    ),
    (ClassId.REGISTER_MONITOR, "0.0.16.1.0.255"): scripts.register_monitor(
        [axdr.double_long_unsigned(5000)], Monitored(ClassId.REGISTER, ENERGY_1, 2),
        [Crossing(Reference(TARIFF_SCRIPTS, 1), Reference(TARIFF_SCRIPTS, 2))],
    ),
    (ClassId.SINGLE_ACTION_SCHEDULE, "0.0.15.0.0.255"): scripts.single_action_schedule(
        Reference(obis("0.0.10.0.1.255"), 1), [Execution(Time(0, 0, 0, 0), Date(day=1))]
    ),
    (ClassId.DISCONNECT_CONTROL, "0.0.96.3.10.255"): scripts.disconnect_control(
        True, scripts.ControlState.CONNECTED, 4
    ),
}  # fmt: skip

LISTED: dict[bytes, Entry] = {
    obis(name): Entry(
        class_id, 0, obis(name),
        (*readable(1), *(writable(number) for number in attributes)), callable_methods(1, 2, 3, 4, 5, 6),
    )
    for (class_id, name), attributes in OBJECTS.items()
}  # fmt: skip
OWN = obis("0.0.40.0.0.255")
LISTED[OWN] = Entry(ClassId.ASSOCIATION_LN, 1, OWN, readable(2))


class CommandedMeter:
    """Keeps what is set, and writes down what it is told: set or act, class, name, number, octets."""

    def __init__(self) -> None:
        self.values = {
            Attribute(class_id, obis(name), number): value
            for (class_id, name), attributes in OBJECTS.items()
            for number, value in attributes.items()
        }
        self.told: list[tuple[str, int, str, int, bytes | None]] = []

    def policy(self, client: int) -> Policy | None:
        return Policy(Mechanism.LOW, PASSWORD.encode(), COMMANDING) if client == 2 else None

    def get(self, session: Session, attribute: Attribute, selection: Selection | None) -> Answer:  # noqa: ARG002
        if attribute.number == 1:
            return classes.logical_name(attribute.logical_name)
        if attribute.logical_name == OWN:
            return objects.object_list(LISTED.values())
        return self.values.get(attribute, DataAccessResult.READ_WRITE_DENIED)

    def set(self, session: Session, attribute: Attribute, selection: Selection | None, value: Data) -> DataAccessResult:  # noqa: ARG002
        refused = objects.verdict(LISTED, LISTED, attribute, objects.Access.WRITE)
        if refused is not None:
            return refused
        self.values[attribute] = axdr.encode(value)
        self._record("set", attribute, value)
        return DataAccessResult.SUCCESS

    def act(self, session: Session, method: Method, parameter: Data | None) -> ActionAnswer:  # noqa: ARG002
        refused = objects.act_verdict(LISTED, LISTED, method)
        if refused is not None:
            return ActionAnswer(refused)
        self._record("act", method, parameter)
        returns = method.class_id == ClassId.DATA and parameter is not None
        return ActionAnswer(ActionResult.SUCCESS, axdr.encode(parameter) if returns and parameter else None)

    def _record(self, verb: str, asked: Attribute | Method, given: Data | None) -> None:
        encoded = None if given is None else axdr.encode(given)
        self.told.append((verb, asked.class_id, written(asked.logical_name), asked.number, encoded))


@contextmanager
def serving(meter: CommandedMeter) -> Iterator[int]:
    """Answer on a free TCP port of this computer."""
    connections: dict[int, server.Connection] = {}

    def received(port: int, event: Opened | bytes | Closed) -> tuple[Output, ...]:
        match event:
            case Opened():
                connections[port] = server.connect()
            case Closed():
                connections.pop(port, None)
            case bytes():
                connections[port], reply, close = server.receive(connections[port], event, meter)
                return (Send(port, reply), *((Hangup(port),) if close else ()))
        return ()

    loop = asyncio.new_event_loop()
    thread = Thread(target=loop.run_forever)
    thread.start()
    live = LiveServer(received)
    try:
        yield asyncio.run_coroutine_threadsafe(live.start(port=0), loop).result(SECONDS)
    finally:
        asyncio.run_coroutine_threadsafe(live.stop(), loop).result(SECONDS)
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()
