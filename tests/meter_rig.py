"""A meter without a bench: `step` is called by hand, with a clock and readings of one's own, and rows are kept."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from bench_rig import TERMS, Terms, configuration
from dlms_rig import converse
from ferraris.firmware.billing.profile import Row, decode_row
from ferraris.firmware.billing.zone import LAST_DAY, When, Zone
from ferraris.firmware.dlms import client, wrapper
from ferraris.firmware.dlms.client import Dialogue
from ferraris.firmware.dlms.host import COMMANDING, Attribute, Method
from ferraris.firmware.dlms.obis import obis
from ferraris.firmware.dlms.results import ActionResult, DataAccessResult
from ferraris.firmware.dlms.wrapper import Frame
from ferraris.firmware.meter import history
from ferraris.firmware.meter.boot import boot
from ferraris.firmware.meter.config import Config, RecordKind, RingId
from ferraris.firmware.meter.events import EventRow, OutageRow, decode_event, decode_outage
from ferraris.firmware.meter.history import HistoryRow
from ferraris.firmware.meter.step import step
from ferraris.pins import Append, Commit, Energies, Inputs, Opened, Output, Reading, Send, SetRtc

SEVEN = 1_795_417_200_000
"""2026-11-23 07:00:00 UTC, a Monday: whole minutes, quarters of an hour and hours end."""
MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000
READER, HEAD_END, CONCENTRATOR = (2, b"open sesame"), (1, b"close sesame"), (3, b"third sesame")
PUBLIC = (16, None)
BERLIN = Zone(-60, 60, When(month=3, day=LAST_DAY, weekday=7, hour=2), When(month=10, day=LAST_DAY, weekday=7, hour=3))


def reading(quanta: int, export: int = 0) -> Reading:
    energies = Energies(active_import=quanta, active_export=export)
    return Reading(0, 1, (energies,), energies, (), None, 50.0, 25.0, (), ())


class Meter:
    """Owns a meter's state, its clock, and every row and record that it has put out, durable at once."""

    def __init__(self, terms: Terms = TERMS, rtc: int = SEVEN) -> None:
        self.config: Config = configuration(terms)
        self.blank = b"\xff" * self.config.layout.geometry.size
        self.state = boot(self.config, self.blank)
        self.rtc = rtc
        self.appended: list[Append] = []
        self.outputs: tuple[Output, ...] = ()
        self.call(rtc, reset_cause="power")

    def call(self, rtc: int | None = None, quanta: int | None = None, **inputs: Any) -> tuple[Output, ...]:
        """One call at a time of the clock, with a reading if there is energy to count."""
        self.rtc = self.rtc if rtc is None else rtc
        measured = inputs.pop("reading", None) if quanta is None else reading(quanta)
        self.state, self.outputs = step(self.config, self.state, self.blank, Inputs(self.rtc, 0, measured, **inputs))
        for output in self.outputs:
            if isinstance(output, Append):
                self.appended.append(output)
            if isinstance(output, SetRtc):
                self.rtc = output.rtc_ms
        return self.outputs

    def die(self) -> None:
        """Lose everything but what is durable: here that is the state's ledger, for every call has committed."""
        fresh = boot(self.config, self.blank)
        kept = {"ledger", "base", "rings", "calendar", "passive", "special_days"}
        self.state = replace(fresh, is_bound=True, **{key: getattr(self.state, key) for key in kept})

    def rows(self, number: RingId = RingId.PROFILE_1) -> list[Row]:
        return [decode_row(each.payload, 4) for each in self.appended if each.ring == number]

    @property
    def events(self) -> list[EventRow]:
        return [decode_event(each.payload) for each in self.appended if each.ring == RingId.EVENTS]

    @property
    def outages(self) -> list[OutageRow]:
        return [decode_outage(each.payload) for each in self.appended if each.ring == RingId.OUTAGES]

    @property
    def closed(self) -> list[HistoryRow]:
        rates = self.config.plan.shape.rates
        return [history.decode_row(each.payload, rates) for each in self.appended if each.ring == RingId.BILLING]

    def codes(self) -> list[int]:
        return [event.code for event in self.events]

    def commits(self) -> list[RecordKind]:
        return [RecordKind(each.kind) for each in self.outputs if isinstance(each, Commit)]


Talk = Callable[[Dialogue[Any]], Any]


def talk(meter: Meter, who: tuple[int, bytes | None] = HEAD_END, port: int = 1) -> Talk:
    """Associate; the time stands still while it talks, unless a command changes it."""
    meter.call(received=((port, Opened("a test")),))

    def exchange(apdu: bytes) -> bytes:
        frame = wrapper.encode(Frame(who[0], 1, apdu))
        outputs = meter.call(received=((port, frame),))
        return b"".join(one.data for one in outputs if isinstance(one, Send))[8:]

    converse(client.associate(who[1], COMMANDING), exchange)
    return lambda dialogue: converse(dialogue, exchange)


def write(hold: Talk, class_id: int, name: str, number: int, value: bytes) -> DataAccessResult:
    found: DataAccessResult = hold(client.write(Attribute(class_id, obis(name), number), value))
    return found


def act(hold: Talk, class_id: int, name: str, number: int, parameter: bytes | None = None) -> ActionResult:
    result: ActionResult = hold(client.act(Method(class_id, obis(name), number), parameter)).result
    return result


def get(hold: Talk, class_id: int, name: str, number: int = 2) -> bytes | DataAccessResult:
    found: bytes | DataAccessResult = hold(client.get(Attribute(class_id, obis(name), number)))
    return found
