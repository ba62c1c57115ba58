"""A small meter for the server's tests, and a way to hold a whole dialogue with it in memory."""

from collections.abc import Callable, Generator
from typing import TypeVar

from ferraris.firmware.dlms import axdr, client, server, wrapper
from ferraris.firmware.dlms.acse import Mechanism
from ferraris.firmware.dlms.axdr import Data, Tag
from ferraris.firmware.dlms.cosem import classes, objects, selection
from ferraris.firmware.dlms.cosem.classes import ClassId, Column, Unit
from ferraris.firmware.dlms.cosem.objects import Access, AttributeRight, Entry, callable_methods, readable, writable
from ferraris.firmware.dlms.datetimes import DateTime, local
from ferraris.firmware.dlms.host import COMMANDING, ActionAnswer, Answer, Attribute, Method, Policy, Selection, Session
from ferraris.firmware.dlms.obis import obis
from ferraris.firmware.dlms.results import ActionResult, DataAccessResult
from ferraris.firmware.dlms.server import Connection
from ferraris.firmware.dlms.wrapper import Frame

PUBLIC, READER, COMMANDER = 16, 2, 32
PASSWORD = b"12345678"
START_MS = 1_767_225_600_000  # 2026-01-01T00:00:00Z
PERIOD_MS = 900_000

CLOCK = Attribute(ClassId.CLOCK, obis("0.0.1.0.0.255"), 2)
NAME = Attribute(ClassId.DATA, obis("0.0.42.0.0.255"), 2)
ENERGY = Attribute(ClassId.REGISTER, obis("1.0.1.8.0.255"), 2)
PROFILE = Attribute(ClassId.PROFILE_GENERIC, obis("1.0.99.1.0.255"), 2)
NOTE = Attribute(ClassId.DATA, obis("0.0.96.50.0.255"), 2)
SCRIPTS = Attribute(ClassId.SCRIPT_TABLE, obis("0.0.10.0.100.255"), 2)
EXECUTE = Method(ClassId.SCRIPT_TABLE, SCRIPTS.logical_name, 1)
ECHO = Method(ClassId.SCRIPT_TABLE, SCRIPTS.logical_name, 2)
"""No method of the standard: gives its parameter back as often as `SmallMeter.echoes` says."""
ASSOCIATION = Attribute(ClassId.ASSOCIATION_LN, obis("0.0.40.0.0.255"), 2)

COLUMNS = (Column(*CLOCK), Column(ClassId.DATA, obis("0.0.96.10.1.255"), 2), Column(*ENERGY))

ENTRIES = (
    Entry(ClassId.CLOCK, 0, CLOCK.logical_name, readable(9)),
    Entry(ClassId.DATA, 0, NAME.logical_name, readable(2)),
    Entry(ClassId.REGISTER, 0, ENERGY.logical_name, readable(3)),
    Entry(ClassId.PROFILE_GENERIC, 1, PROFILE.logical_name, (AttributeRight(2, selectors=(1, 2)), *readable(8, 3))),
    Entry(ClassId.DATA, 0, NOTE.logical_name, (*readable(1), writable(2), writable(3, Access.WRITE))),
    Entry(ClassId.SCRIPT_TABLE, 0, SCRIPTS.logical_name, readable(1), callable_methods(1, 2)),
    Entry(ClassId.ASSOCIATION_LN, 1, ASSOCIATION.logical_name, (*readable(6), *readable(9, 8))),  # 7 is the secret
)
PUBLIC_NAMES = {CLOCK.logical_name, NAME.logical_name, ASSOCIATION.logical_name}

Learnt = TypeVar("Learnt")


METER = {entry.logical_name: entry for entry in ENTRIES}


def shown_to(session: Session) -> dict[bytes, Entry]:
    """What an association lists."""
    return {name: entry for name, entry in METER.items() if session.client != PUBLIC or name in PUBLIC_NAMES}


class SmallMeter:
    """A host with a clock that stands still, one register, and a profile of as many quarter hours as asked for.

    It can be told things: an octet string that is kept (`NOTE`), and which script to run (`EXECUTE`, kept in `ran`).
    """

    def __init__(self, rows: int = 96) -> None:
        self.times = [START_MS + PERIOD_MS * (row + 1) for row in range(rows)]
        self.energy_wh = 123_456
        self.note = b"nothing yet"
        self.ran: list[int] = []
        self.echoes = 1

    def capture(self) -> None:
        """Let a quarter of an hour pass."""
        self.energy_wh += 1
        self.times.append(self.times[-1] + PERIOD_MS)

    def policy(self, client: int) -> Policy | None:
        policies = {
            PUBLIC: Policy(Mechanism.LOWEST),
            READER: Policy(Mechanism.LOW, PASSWORD),
            COMMANDER: Policy(Mechanism.LOW, PASSWORD, COMMANDING),
        }
        return policies.get(client)

    def get(self, session: Session, attribute: Attribute, selection: Selection | None) -> Answer:
        refused = objects.verdict(METER, shown := shown_to(session), attribute)
        if refused is not None:
            return refused
        if attribute.number == 1:
            return classes.logical_name(attribute.logical_name)
        if attribute == PROFILE:
            return self.buffer(selection)
        if attribute == NOTE:
            return axdr.octet_string(self.note)
        if attribute == ASSOCIATION:
            return objects.object_list(shown.values())
        return self.attributes(session, attribute).get(attribute.number, DataAccessResult.READ_WRITE_DENIED)

    def set(self, session: Session, attribute: Attribute, selection: Selection | None, value: Data) -> DataAccessResult:
        refused = objects.verdict(METER, shown_to(session), attribute, Access.WRITE)
        if refused is not None:
            return refused
        if selection is not None:
            return DataAccessResult.OTHER_REASON
        if not isinstance(value.value, bytes):
            return DataAccessResult.TYPE_UNMATCHED
        self.note = value.value
        return DataAccessResult.SUCCESS

    def act(self, session: Session, method: Method, parameter: Data | None) -> ActionAnswer:
        refused = objects.act_verdict(METER, shown_to(session), method)
        if refused is not None:
            return ActionAnswer(refused)
        if method == ECHO:
            return ActionAnswer(ActionResult.SUCCESS, self.echo(parameter))
        if parameter is None or parameter.tag is not Tag.LONG_UNSIGNED or not isinstance(parameter.value, int):
            return ActionAnswer(ActionResult.TYPE_UNMATCHED)
        self.ran.append(parameter.value)
        return ActionAnswer(ActionResult.SUCCESS)

    def echo(self, parameter: Data | None) -> bytes | None:
        return None if parameter is None else axdr.array([axdr.encode(parameter)] * self.echoes)

    def attributes(self, session: Session, attribute: Attribute) -> classes.Attributes:
        match attribute.class_id:
            case ClassId.CLOCK:
                return classes.clock(local(START_MS))
            case ClassId.DATA:
                return classes.data(axdr.octet_string(b"FER0000000000001"))
            case ClassId.REGISTER:
                return classes.register(axdr.double_long_unsigned(self.energy_wh), 0, Unit.WATT_HOUR)
            case ClassId.PROFILE_GENERIC:
                return classes.profile(COLUMNS, PERIOD_MS // 1000, len(self.times), 8640)
            case _:
                return classes.association_ln(session)

    def buffer(self, wanted: Selection | None) -> Answer:
        chosen = selection.select(COLUMNS, len(self.times), lambda _: self.times, wanted)
        if isinstance(chosen, DataAccessResult):
            return chosen
        return classes.buffer([[self.cells(row)[column] for column in chosen.columns] for row in chosen.rows])

    def cells(self, row: int) -> tuple[bytes, ...]:
        return (
            classes.date_time(local(self.times[row])),
            axdr.unsigned(0),
            axdr.double_long_unsigned(self.energy_wh + row),
        )


class Wire:
    """One connection to a small meter, held in memory."""

    def __init__(self, meter: SmallMeter | None = None) -> None:
        self.meter = meter or SmallMeter()
        self.connection: Connection = server.connect()

    def exchange(self, apdu: bytes, source: int = READER, destination: int = 1) -> bytes:
        """Send one APDU; the reply has to be one whole frame with the addresses swapped, or nothing."""
        frame = wrapper.encode(Frame(source, destination, apdu))
        self.connection, octets, close = server.receive(self.connection, frame, self.meter)
        assert not close
        frames, rest = wrapper.split(octets)
        assert not rest
        assert [(reply.source, reply.destination) for reply in frames] in ([(destination, source)], [])
        return frames[0].apdu if frames else b""

    def hold(
        self, dialogue: Generator[bytes, bytes, Learnt], source: int = READER, between: Callable[[], object] = int
    ) -> Learnt:
        """Hold a dialogue of the client's side to its end; `between` is called after each exchange."""
        try:
            apdu = next(dialogue)
            while True:
                apdu = dialogue.send(self.exchange(apdu, source))
                between()
        except StopIteration as end:
            return end.value  # type: ignore[no-any-return]

    def associate(self, source: int = READER, **terms: int) -> None:
        if source == COMMANDER:
            terms = {"conformance": COMMANDING, **terms}
        self.hold(client.associate(None if source == PUBLIC else PASSWORD, **terms), source)


def octets(text: str) -> bytes:
    """Hexadecimal with spaces, as protocol documents print it."""
    return bytes.fromhex(text)


def moment(text: str) -> DateTime:
    """ "2026-01-01 00:15:00", UTC."""
    date, time = text.split()
    year, month, day = (int(part) for part in date.split("-"))
    hour, minute, second = (int(part) for part in time.split(":"))
    return DateTime(year, month, day, 0xFF, hour, minute, second, 0, 0, 0)
