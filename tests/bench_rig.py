"""A meter for tests: small memory, a front end of pure integers, and cuts of time."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache

from hypothesis import strategies as st

from ferraris.bench.bench import Bench
from ferraris.bench.clock import Clock
from ferraris.bench.front_end import FrontEnd
from ferraris.bench.storage import Part
from ferraris.bench.witness import stream
from ferraris.firmware.billing.axis import Plan
from ferraris.firmware.billing.calendar import Calendar, flat
from ferraris.firmware.billing.demand import Window
from ferraris.firmware.billing.ledger import Shape
from ferraris.firmware.billing.profile import row_size
from ferraris.firmware.billing.zone import UTC, When, Zone
from ferraris.firmware.meter import history
from ferraris.firmware.meter.config import Client, Config, Identity, ProfilePlan
from ferraris.firmware.meter.events import EVENT_SIZE, OUTAGE_SIZE
from ferraris.firmware.store.layout import Geometry, RingSpec, plan
from ferraris.hardware.chain.chain import Span
from ferraris.hardware.world.mains import Environment, Mains
from ferraris.hardware.world.world import World
from ferraris.pins import Commit, Energies, Inputs, Instant, Opened, Output, Reading, Received

SECOND = 10**9
WINDOW = 1600
"""Ticks of one measuring window of the integer front end: 200 ms."""
TICK_NS = 125_000
RTC_MS = 1_795_417_199_300
"""2026-11-23 06:59:59.300 UTC: a quarter of an hour ends soon after, and nothing lies on a whole second."""


class Ram:
    """A memory part that takes every byte at once; what a real part does is tested where it is modelled."""

    def __init__(self, size: int) -> None:
        self.image = bytearray(b"\xff" * size)
        self.view = memoryview(self.image).toreadonly()

    def program(self, address: int, data: bytes) -> None:
        self.image[address : address + len(data)] = data

    def erase(self, address: int, size: int) -> None:
        self.image[address : address + size] = b"\xff" * size


def window(number: int, phase: int) -> Energies:
    """The energies of one window of one phase: any integers will do, as long as they never repeat in step."""
    value = (number * 2_654_435_761 + phase * 40_503 + 12_345) % 4_000_000_007
    quadrant = (number // 7 + phase) % 4
    reactive = [value * 400 if q == quadrant else 0 for q in range(4)]
    active = (value * 1000, 0) if quadrant in {0, 3} else (0, value * 1000)
    apparent = (value * 1100, 0) if quadrant in {0, 3} else (0, value * 1100)
    return Energies(*active, *reactive, *apparent)


def total(windows: Iterable[Energies]) -> Energies:
    """Field by field."""
    return Energies(*(sum(column) for column in zip(*windows, strict=True)))


@lru_cache(maxsize=1 << 16)
def until(number: int, phase: int) -> Energies:
    """The energies of all windows of a phase before this one."""
    return total((until(number - 1, phase), window(number - 1, phase))) if number else Energies()


def between(first: int, last: int, phase: int) -> Energies:
    """The energies of the windows [first, last) of a phase."""
    for number in range(0, last, 100):  # in steps that the interpreter's stack allows
        until(number, phase)
    return Energies(*(late - early for late, early in zip(until(last, phase), until(first, phase), strict=True)))


def integer_front_end(elements: int) -> FrontEnd[int]:
    """A front end whose energies are a pure function of the numbers of the windows that close."""
    shown = tuple(Instant(230.0 + p, 10.0 + p, 1150.0 - 2000.0 * p, 1990.0, 2300.0) for p in range(elements))

    def measure(tick: int, mains: Mains, environment: Environment, span: Span) -> tuple[int, Reading]:
        assert span.first_tick == tick, "spans follow each other without gap or overlap"
        closed = tick // WINDOW, span.last_tick // WINDOW
        phases = tuple(between(*closed, phase) for phase in range(elements))
        return span.last_tick, Reading(*span, phases, between(*closed, 9), shown, None, 50.0, 30.0, (), ())

    return FrontEnd(lambda tick: tick, measure, lambda t_ns: -(-t_ns // TICK_NS), lambda tick: tick * TICK_NS)


FRAM = Geometry(32_768)
PASSWORD = b"open sesame"
ENERGIES = ((1, 8, 0), (2, 8, 0), (3, 8, 0), (4, 8, 0))
"""What both load profiles capture."""
ONE_RATE = flat(b"rig")
MINUTES = Window(60, 1)
MONTHLY = When(day=1, hour=0, minute=0, second=0)


@dataclass(frozen=True)
class Terms:
    """What a test wants of its meter."""

    elements: int = 1
    commit_ms: int = 20_000
    profile_period_ms: int = 60_000
    rows: int = 8
    geometry: Geometry = FRAM
    journal: int = 8192
    profile_2_s: int = 300
    rates: int = 2
    window: Window = MINUTES
    zone: Zone = UTC
    calendar: Calendar = ONE_RATE
    billing: When = MONTHLY
    lockout_ms: int = 3_600_000
    small_shift_ms: int = 30_000


TERMS = Terms()


def configuration(terms: Terms = TERMS) -> Config:
    profiles = ProfilePlan(terms.rows, ENERGIES), ProfilePlan(4, ENERGIES)
    rings = [
        RingSpec(row_size(4), terms.rows),
        RingSpec(row_size(4), 4),
        RingSpec(history.row_size(terms.rates), 3),
        RingSpec(EVENT_SIZE, 20),
        RingSpec(OUTAGE_SIZE, 5),
    ]
    return Config(
        identity=Identity("FER", "00000042", "rig", "0"),
        elements=terms.elements,
        has_neutral_sensor=False,
        un_v=Fraction(230),
        imax_a=Fraction(100),
        netting="vector",
        transformers=None,
        commit_ms=terms.commit_ms,
        plan=Plan(
            shape=Shape(terms.elements, terms.rates, terms.window.periods),
            zone=terms.zone,
            window=terms.window,
            profile_s=(terms.profile_period_ms // 1000, terms.profile_2_s),
            billing=terms.billing,
            small_shift_ms=terms.small_shift_ms,
            long_outage_s=180,
            lockout_ms=terms.lockout_ms,
        ),
        calendar=terms.calendar,
        profiles=profiles,
        history_rows=3,
        event_rows=20,
        outage_rows=5,
        clients=(
            Client(2, "reader", PASSWORD, "reader"),
            Client(1, "head end", b"close sesame", "manager", priority=1),
            Client(3, "concentrator", b"third sesame", "timekeeper", 2, 120_000, 3_600_000, 300_000),
        ),
        layout=plan(terms.geometry, rings, terms.journal),
        source_hold_ms=86_400_000,
    )


def rig(terms: Terms = TERMS, part: Part | None = None, drift_ppb: int = 0, world: World | None = None) -> Bench:
    """A bench with the integer front end, not switched on."""
    part = part or Ram(terms.geometry.size)
    clock = Clock(0, RTC_MS, drift_ppb)
    return Bench(configuration(terms), integer_front_end(terms.elements), world or World(), part, clock, stream(1))


class Listener:
    """A witness that remembers what crossed the pins."""

    def __init__(self) -> None:
        self.calls: list[tuple[Inputs, tuple[Output, ...]]] = []

    @property
    def committed(self) -> list[int]:
        """The kinds of all records, in order."""
        return [each.kind for _, outputs in self.calls for each in outputs if isinstance(each, Commit)]

    def observe(self, inputs: Inputs, outputs: tuple[Output, ...]) -> None:
        self.calls.append((inputs, outputs))

    def durable(self) -> None:
        pass

    def power_lost(self) -> None:
        pass


@dataclass(frozen=True)
class Cut:
    """One call on the bench: go to a time, measuring up to it or only bringing bytes."""

    at_ns: int
    delivers: bool
    received: tuple[Received, ...]


RECEIVED = st.lists(
    st.tuples(st.integers(1, 2), st.one_of(st.just(Opened("a peer")), st.binary(max_size=12))), max_size=2
).map(tuple)


def cuts(end_ns: int, most: int = 12) -> st.SearchStrategy[list[Cut]]:
    """Any way of cutting the time up to `end_ns`, with bytes of strangers thrown in."""
    cut = st.builds(Cut, st.integers(0, end_ns), st.booleans(), RECEIVED)
    return st.lists(cut, max_size=most).map(lambda found: sorted(found, key=lambda one: one.at_ns))


def play(bench: Bench, way: Sequence[Cut], end_ns: int) -> Bench:
    """Switch on and go to `end_ns` by way of the cuts."""
    bench.switch_on(0)
    for cut in way:
        if cut.delivers:
            bench.deliver(cut.at_ns, cut.received)
        else:
            bench.advance(cut.at_ns, cut.received)
    bench.advance(end_ns)
    return bench
