"""A meter whose short life meets every kind of record and row, and its death at any byte or output of that life."""

import zlib
from collections.abc import Callable
from copy import copy
from dataclasses import dataclass, replace
from typing import Self

from bench_rig import SECOND, Terms, configuration, integer_front_end
from ferraris.bench.auditor import terms as told
from ferraris.bench.auditor.auditor import Auditor
from ferraris.bench.auditor.books import Close, Passive
from ferraris.bench.bench import Bench
from ferraris.bench.clock import Clock, rtc_ms, set_to
from ferraris.bench.front_end import FrontEnd
from ferraris.bench.peer import Credentials, Peer
from ferraris.bench.storage import commission
from ferraris.bench.witness import Words, stream
from ferraris.firmware.billing.calendar import Calendar, DayProfile, Season, SpecialDay, Switch, Week
from ferraris.firmware.billing.demand import Window
from ferraris.firmware.billing.ledger import Ledger, decode
from ferraris.firmware.billing.zone import When
from ferraris.firmware.dlms import axdr, datetimes
from ferraris.firmware.dlms.cosem import calendars, classes
from ferraris.firmware.dlms.cosem.classes import ClassId
from ferraris.firmware.meter.boot import boot
from ferraris.firmware.meter.calendar_fields import shown, shown_special_day
from ferraris.firmware.meter.config import Config, RecordKind
from ferraris.firmware.meter.history import Reason
from ferraris.firmware.meter.trim import TrimPlan
from ferraris.firmware.store import ring
from ferraris.firmware.store.layout import Geometry
from ferraris.firmware.store.operations import Erase, Operation
from ferraris.firmware.store.recovery import Recovered, recover
from ferraris.hardware.physics.nvm import ERASE_STEPS, NvmPart
from ferraris.hardware.world.world import World
from ferraris.pins import POWER_FAIL, RESET_BUTTON, Append, Commit, Inputs, Output, SetRtc
from memory_rig import Figures, Recorder, timeless

START_MS = 1_795_417_199_300
"""2026-11-23 06:59:59.300 UTC, a Monday."""
LOST_MS = 946_684_800_000
HEAD_END = Credentials(1, b"close sesame")
CONCENTRATOR = Credentials(3, b"third sesame")
CLOCK, CALENDAR, DAYS, SCRIPTS = (bytes((0, 0, c, 0, e, 255)) for c, e in ((1, 0), (13, 0), (11, 0), (10, 1)))
_BODY = b"constants of the front end, whatever they mean"
CONSTANTS = _BODY + zlib.crc32(_BODY).to_bytes(4, "little")
ACTIVATION_S = START_MS // 1000 + 181
"""07:03:00."""


SHEETS = {
    "fram": timeless("fram", 9216, 1, 0),
    "eeprom": timeless("eeprom", 9216, 64, 0),
    "nor": timeless("nor", 12_288, 256, 512),
}

FLAT = Calendar(
    b"flat", (Season(b"all", When(), b"week"),), (Week(b"week", (1,) * 7),), (DayProfile(1, (Switch(0, 1),)),), rates=2
)
SWITCHING = Calendar(
    b"two",
    (Season(b"all", When(), b"week"),),
    (Week(b"week", (2,) * 7),),
    (DayProfile(2, (Switch(0, 1), Switch(7 * 3600 + 240, 2))), DayProfile(3, (Switch(0, 2),))),
    rates=2,
)
"""Rate 2 from 07:04:00 on, and on special days all day."""
CHRISTMAS = SpecialDay(1, When(month=12, day=25), 3)


def config_of(sheet: Figures) -> Config:
    """The firmware's constants: a commit each minute, a row each minute, another one every five, a close at 07:02."""
    terms = Terms(
        commit_ms=60_000,
        rows=6,
        geometry=Geometry(sheet.size_bytes, sheet.page_bytes, sheet.erase_bytes),
        journal=4096,
        calendar=FLAT,
        billing=When(hour=7, minute=2, second=0),
        window=Window(60, 2),
        lockout_ms=60_000,
    )
    trim = TrimPlan(
        fixed_ppb=1000, curvature_ppt_per_k2=0, turnover_millicelsius=25_000, step_ppt=1000, range_ppb=10**6
    )
    return replace(configuration(terms), needs_calibration=True, trim=trim)


def audited() -> told.Terms:
    """The same, as the auditor is told."""
    return told.Terms(
        rates=(1, 2),
        demand=told.Demand(60, 2),
        profiles=(told.Profile(60), told.Profile(300)),
        schedule=told.Schedule(None, 7, 2),
        small_shift_s=30,
        long_outage_s=180,
        lock_out_s=60,
        kinds=frozenset({int(RecordKind.LEDGER), int(RecordKind.DELTA)}),
    )


SWITCHING_TOLD = told.Tariff(
    ((1, 1, "week"),),
    {"week": ("work",) * 7},
    {"work": ((0, 1), (7 * 3600 + 240, 2)), "rest": ((0, 2),)},
    ((None, 12, 25, "rest"),),
)


def front_end_with_constants() -> FrontEnd[int]:
    """The front end of integers; it takes the constants, and measures the same without."""
    plain = integer_front_end(1)
    return replace(plain, load=lambda _: front_end_with_constants())


class Ear:
    """The auditor at the pins. It falls back to what the memory holds as the meter dies, whole records or not."""

    def __init__(self) -> None:
        self.auditor = Auditor(audited())
        self.bench: Life | None = None
        self.outputs: tuple[Output, ...] = ()
        self.is_doubtful = False
        """The supply failed between the record of a clock change and the call that followed."""

    def beside(self, bench: "Life") -> Self:
        """The same auditor at the pins of a copy of the meter."""
        other = copy(self)
        other.auditor, other.bench = copy(self.auditor), bench
        return other

    def observe(self, inputs: Inputs, outputs: tuple[Output, ...]) -> None:
        assert self.bench is not None
        assert self.bench.state is not None
        self.outputs = outputs
        sets = any(isinstance(each, SetRtc) for each in outputs)
        self.is_doubtful |= bool(inputs.reset_cause) and sets and not inputs.clock_lost
        self.auditor.observe(inputs, outputs)
        axis = self.bench.state.ledger.axis
        if axis.closing == Reason.COMMAND and inputs.received:
            self.auditor.told(Close(inputs.rtc, "command"))
        if inputs.received and axis.activation_s and self.bench.is_loading:
            self.auditor.told(Passive(SWITCHING_TOLD, axis.activation_s * 1000))
            self.bench.is_loading = False

    def durable(self) -> None:
        self.auditor.durable()

    def power_lost(self) -> None:
        bench = self.bench
        assert bench is not None
        memory = bench.storage.view
        if bench.performing and holds_record(bench.config, memory, bench.performing, self.outputs):
            self.auditor.durable()
        self.auditor.power_lost()


@dataclass(frozen=True)
class Moment:
    """One call of the firmware, before what it put out was performed."""

    bench: "Life"
    image: bytes
    outputs: tuple[Output, ...]
    old: Ledger
    """Of the latest commit."""

    @property
    def new(self) -> Ledger:
        assert self.bench.state is not None
        return self.bench.state.ledger


class Life(Bench):
    """A bench that remembers its moments, and can be copied at each of them."""

    sheet: Figures
    moments: list[Moment] | None = None
    durable_ledger: Ledger | None = None
    performing: Ledger | None = None
    """The ledger of the call whose outputs are being performed."""
    is_loading = False

    def _perform(self, outputs: tuple[Output, ...]) -> Words:  # type: ignore[override]
        assert self.state is not None
        is_committed = any(isinstance(one, Commit) and one.kind in {1, 4} for one in outputs)
        if self.moments is not None:
            old = self.durable_ledger or boot(self.config, self.storage.view).ledger
            self.moments.append(Moment(self.beside(bytes(self.storage.view)), bytes(self.storage.view), outputs, old))
        if is_committed:
            self.performing = self.state.ledger
        words = super()._perform(outputs)
        if is_committed and self.state is not None:
            self.durable_ledger = self.performing
        self.performing = None
        return words

    def beside(self, image: bytes, tear_seed: int | None = None) -> "Life":
        """The same meter at the same moment, on another part that holds these bytes."""
        other = copy(self)
        other.moments = None
        other.storage = copy(self.storage)
        other.storage.part = NvmPart(self.sheet, image, tear_seed)
        if isinstance(self.witness, Ear):
            other.witness = self.witness.beside(other)
        return other


def born(technology: str) -> Life:
    """A meter that leaves the factory."""
    sheet = SHEETS[technology]
    config, part = config_of(sheet), NvmPart(sheet)
    commission(config.layout, part, Commit(RecordKind.CALIBRATION, CONSTANTS))
    bench = Life(config, front_end_with_constants(), World(), part, Clock(0, START_MS), stream(1))
    bench.sheet = sheet
    bench.untraced()
    ear = Ear()
    bench.witness, ear.bench = ear, bench
    return bench


# ------------------------------------------------------------------------------------------------ the life


def live(bench: Bench) -> None:
    """A quarter of an hour by the meter's clock, with everything that can be written in it."""
    bench.switch_on(0)
    for seconds, happens in LIFE:
        bench.advance(seconds * SECOND)
        happens(bench)


def _load_tariff(bench: Bench) -> None:
    passive = calendars.activity_calendar(shown(SWITCHING), shown(SWITCHING))
    bench.is_loading = True  # type: ignore[attr-defined]
    with Peer(bench, HEAD_END) as peer:
        for number in (6, 7, 8, 9):
            assert peer.set(ClassId.ACTIVITY_CALENDAR, CALENDAR, number, passive[number]).is_success
        table = calendars.special_days([shown_special_day(CHRISTMAS)])[2]
        assert peer.set(ClassId.SPECIAL_DAYS_TABLE, DAYS, 2, table).is_success
        moment = classes.date_time(datetimes.local(ACTIVATION_S * 1000))
        assert peer.set(ClassId.ACTIVITY_CALENDAR, CALENDAR, 10, moment).is_success


def _set_clock(by_ms: int, who: Credentials = HEAD_END, *, granted: bool = True) -> Callable[[Bench], None]:
    def happens(bench: Bench) -> None:
        wanted = (rtc_ms(bench.clock, bench.now_ns) + by_ms) // 10 * 10
        with Peer(bench, who) as peer:
            reply = peer.set(ClassId.CLOCK, CLOCK, 2, classes.date_time(datetimes.local(wanted)))
        assert reply.is_success == granted, reply

    return happens


def _close(bench: Bench) -> None:
    with Peer(bench, HEAD_END) as peer:
        assert peer.act(ClassId.SCRIPT_TABLE, SCRIPTS, 1, axdr.long_unsigned(1)).is_success


def _press(pin: str, *, level: bool) -> Callable[[Bench], None]:
    def happens(bench: Bench) -> None:
        bench.press(pin, level=level)
        bench.advance(bench.now_ns)

    return happens


def _outage(seconds: int, *, warned: bool = True, clock_lost: bool = False) -> Callable[[Bench], None]:
    def happens(bench: Bench) -> None:
        if warned:
            _press(POWER_FAIL, level=True)(bench)
        bench.cut_power()
        back_ns = bench.now_ns + seconds * SECOND
        bench.advance(back_ns)
        if clock_lost:
            bench.clock = set_to(bench.clock, back_ns, LOST_MS)
        bench.switch_on(back_ns, clock_lost=clock_lost)

    return happens


LIFE: tuple[tuple[int, Callable[[Bench], None]], ...] = (
    (10, _load_tariff),
    (150, _close),
    (200, _set_clock(5_000)),
    (230, _press(RESET_BUTTON, level=True)),
    (240, _press(RESET_BUTTON, level=True)),  # refused: locked out
    (250, _set_clock(600_000)),
    (260, _set_clock(7_200_000, CONCENTRATOR, granted=False)),
    (310, _outage(200)),
    (530, _press(POWER_FAIL, level=True)),
    (531, _press(POWER_FAIL, level=False)),  # a dip
    (560, _outage(30, warned=False)),
    (600, _outage(40, clock_lost=True)),
    (660, _set_clock(700_000)),
    (740, lambda _: None),
)


# ------------------------------------------------------------------------------------------------ looking


def rows(config: Config, rings: tuple[ring.Ring, ...], memory: bytes | memoryview) -> list[dict[int, bytes]]:
    """Every row that each ring can show, by sequence."""
    found = []
    for held in rings:
        read = ((at, ring.row(config.layout, held, memory, at)) for at in range(held.first, held.next))
        found.append({at: row for at, row in read if row is not None})
    return found


def holds_record(config: Config, memory: bytes | memoryview, ledger: Ledger, outputs: tuple[Output, ...]) -> bool:
    """Whether the latest record is the one of these outputs: a ledger that did not change is told by its rows."""
    found = recover(config.layout, memory)
    assert isinstance(found, Recovered)
    if RecordKind.LEDGER not in found.records:
        return False
    stored = decode(found.records[RecordKind.LEDGER], found.records.get(RecordKind.DELTA), config.plan.shape)
    due = [(each.ring, each.payload) for each in outputs if isinstance(each, Append)]
    return stored.ledger == ledger and [(row.ring, row.payload) for row in stored.rows] == due


def operations_of(moment: Moment) -> list[Operation]:
    """What performing a moment's outputs asks of the part."""
    bench = moment.bench.beside(moment.image)
    bench.storage.part = part = Recorder(bench.sheet, moment.image)
    bench._perform(moment.outputs)
    return part.done


def steps_of(sheet: Figures, operation: Operation) -> int:
    """Moments at which the supply can fail in an operation."""
    if isinstance(operation, Erase):
        return operation.size // sheet.erase_bytes * ERASE_STEPS
    return len(operation.data)
