"""A small meter for the server's tests, and a way to hold a whole dialogue with it in memory."""

from collections.abc import Callable, Generator
from typing import TypeVar

from ferraris.firmware.dlms import axdr, client, server, wrapper
from ferraris.firmware.dlms.acse import Mechanism
from ferraris.firmware.dlms.cosem import classes, objects, selection
from ferraris.firmware.dlms.cosem.classes import ClassId, Column, Unit
from ferraris.firmware.dlms.cosem.objects import AttributeRight, Entry, readable
from ferraris.firmware.dlms.datetimes import DateTime, local
from ferraris.firmware.dlms.host import Answer, Attribute, Policy, Selection, Session
from ferraris.firmware.dlms.obis import obis
from ferraris.firmware.dlms.results import DataAccessResult
from ferraris.firmware.dlms.server import Connection
from ferraris.firmware.dlms.wrapper import Frame

PUBLIC, READER = 16, 2
PASSWORD = b"12345678"
START_MS = 1_767_225_600_000  # 2026-01-01T00:00:00Z
PERIOD_MS = 900_000

CLOCK = Attribute(ClassId.CLOCK, obis("0.0.1.0.0.255"), 2)
NAME = Attribute(ClassId.DATA, obis("0.0.42.0.0.255"), 2)
ENERGY = Attribute(ClassId.REGISTER, obis("1.0.1.8.0.255"), 2)
PROFILE = Attribute(ClassId.PROFILE_GENERIC, obis("1.0.99.1.0.255"), 2)
ASSOCIATION = Attribute(ClassId.ASSOCIATION_LN, obis("0.0.40.0.0.255"), 2)

COLUMNS = (Column(*CLOCK), Column(ClassId.DATA, obis("0.0.96.10.1.255"), 2), Column(*ENERGY))

ENTRIES = (
    Entry(ClassId.CLOCK, 0, CLOCK.logical_name, readable(9)),
    Entry(ClassId.DATA, 0, NAME.logical_name, readable(2)),
    Entry(ClassId.REGISTER, 0, ENERGY.logical_name, readable(3)),
    Entry(ClassId.PROFILE_GENERIC, 1, PROFILE.logical_name, (AttributeRight(2, selectors=(1, 2)), *readable(8, 3))),
    Entry(ClassId.ASSOCIATION_LN, 1, ASSOCIATION.logical_name, (*readable(6), *readable(9, 8))),  # 7 is the secret
)
PUBLIC_NAMES = {CLOCK.logical_name, NAME.logical_name, ASSOCIATION.logical_name}

Learnt = TypeVar("Learnt")


class SmallMeter:
    """A host with a clock that stands still, one register, and a profile of as many quarter hours as asked for."""

    def __init__(self, rows: int = 96) -> None:
        self.times = [START_MS + PERIOD_MS * (row + 1) for row in range(rows)]
        self.energy_wh = 123_456

    def capture(self) -> None:
        """Let a quarter of an hour pass."""
        self.energy_wh += 1
        self.times.append(self.times[-1] + PERIOD_MS)

    def policy(self, client: int) -> Policy | None:
        policies = {PUBLIC: Policy(Mechanism.LOWEST), READER: Policy(Mechanism.LOW, PASSWORD)}
        return policies.get(client)

    def get(self, session: Session, attribute: Attribute, selection: Selection | None) -> Answer:
        meter = {entry.logical_name: entry for entry in ENTRIES}
        shown = {name: entry for name, entry in meter.items() if session.client == READER or name in PUBLIC_NAMES}
        refused = objects.verdict(meter, shown, attribute)
        if refused is not None:
            return refused
        if attribute.number == 1:
            return classes.logical_name(attribute.logical_name)
        if attribute == PROFILE:
            return self.buffer(selection)
        if attribute == ASSOCIATION:
            return objects.object_list(shown.values())
        return self.attributes(session, attribute).get(attribute.number, DataAccessResult.READ_WRITE_DENIED)

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
        self.hold(client.associate(PASSWORD if source == READER else None, **terms), source)


def octets(text: str) -> bytes:
    """Hexadecimal with spaces, as protocol documents print it."""
    return bytes.fromhex(text)


def moment(text: str) -> DateTime:
    """ "2026-01-01 00:15:00", UTC."""
    date, time = text.split()
    year, month, day = (int(part) for part in date.split("-"))
    hour, minute, second = (int(part) for part in time.split(":"))
    return DateTime(year, month, day, 0xFF, hour, minute, second, 0, 0, 0)
