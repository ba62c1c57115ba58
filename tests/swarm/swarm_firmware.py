"""The real meter on its bench, as the swarm plays it: firmware, memory and protocol, commanded over its pins.

What the meter shows comes from its state and the rows in its memory, in one form with the auditor (`swarm_shown`).
"""

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

from swarm_bench import integer_front_end, world
from swarm_shown import Shown, of_meter
from swarm_story import Story

from bench_rig import Ram
from ferraris.bench.assemble import assemble
from ferraris.bench.auditor.auditor import Auditor
from ferraris.bench.auditor.books import Close, Passive
from ferraris.bench.auditor.terms import Schedule, Tariff, Terms
from ferraris.bench.auditor.terms import Zone as Place
from ferraris.bench.bench import Bench
from ferraris.bench.clock import Clock, rtc_ms, set_to
from ferraris.bench.peer import Credentials, Peer
from ferraris.bench.power import LOST_CLOCK_MS
from ferraris.bench.witness import stream
from ferraris.firmware.billing.axis import Plan
from ferraris.firmware.billing.calendar import Calendar, DayProfile, Season, SpecialDay, Switch, Week
from ferraris.firmware.billing.demand import Window
from ferraris.firmware.billing.ledger import Shape
from ferraris.firmware.billing.profile import row_size
from ferraris.firmware.billing.zone import ANY_YEAR, LAST_DAY, When, Zone
from ferraris.firmware.dlms import axdr, datetimes
from ferraris.firmware.dlms.cosem import calendars, classes
from ferraris.firmware.dlms.cosem.classes import ClassId
from ferraris.firmware.meter import history
from ferraris.firmware.meter.calendar_fields import shown, shown_special_day
from ferraris.firmware.meter.config import Client, Config, Identity, ProfilePlan, RecordKind
from ferraris.firmware.meter.events import EVENT_SIZE, OUTAGE_SIZE
from ferraris.firmware.meter.history import Reason
from ferraris.firmware.store.layout import Geometry, RingSpec, plan
from ferraris.hardware.platform.load import load
from ferraris.pins import POWER_FAIL, RESET_BUTTON, Inputs, Output

PLATFORMS = Path(__file__).resolve().parents[2] / "platforms"
MS = 1_000_000
MANAGER = Client(1, "head end", b"swarm secret", "manager", priority=1)
ROWS, HISTORY, EVENTS, OUTAGES = 2600, 60, 1200, 200
"""So many that no week fills a ring: the auditor forgets nothing."""
CODES = {
    name: code
    for code, name in {
        1: "active_import", 2: "active_export", 5: "reactive_q1", 6: "reactive_q2", 7: "reactive_q3", 8: "reactive_q4",
        9: "apparent_import", 10: "apparent_export",
    }.items()
}  # fmt: skip
"""Value group C of the register that counts a field of `Energies`."""


class Ear:
    """The auditor at the pins, told what the meter accepted as it does so."""

    def __init__(self, auditor: Auditor) -> None:
        self.auditor = auditor
        self.bench: Bench | None = None
        self.loading: Tariff | None = None
        self._activation_s = self._manual_ms = 0

    def observe(self, inputs: Inputs, outputs: tuple[Output, ...]) -> None:
        self.auditor.observe(inputs, outputs)
        assert self.bench is not None
        assert self.bench.state is not None
        axis = self.bench.state.ledger.axis
        if axis.closing == Reason.COMMAND and inputs.received:
            self.auditor.told(Close(inputs.rtc, "command"))
        if inputs.received and axis.activation_s and self.loading is not None:
            self.auditor.told(Passive(self.loading, axis.activation_s * 1000))
            self.loading = None

    def durable(self) -> None:
        self.auditor.durable()

    def power_lost(self) -> None:
        self.auditor.power_lost()


class Firmware:
    """The meter of `ferraris.firmware` for one story."""

    def __init__(self, story: Story, auditor: Auditor) -> None:
        self.terms = story.terms
        auditor.terms = replace(story.terms, kinds=frozenset({int(RecordKind.LEDGER), int(RecordKind.DELTA)}))
        self.ear = Ear(auditor)
        self.calendars = 0
        self.special: list[tuple[SpecialDay, ...]] = [calendar_of(story.terms.tariff, 0, story.terms).special_days]
        self.bench = _bench(story)
        self.bench.witness = self.ear
        self.ear.bench = self.bench

    def switch_on(self, at: int, *, loses_clock: bool) -> None:
        bench = self.bench
        bench.advance(at * MS)
        if loses_clock:
            bench.clock = set_to(bench.clock, at * MS, LOST_CLOCK_MS)
        bench.switch_on(at * MS, clock_lost=loses_clock)

    def cut(self, at: int, *, is_warned: bool) -> None:
        self.bench.advance(at * MS)
        if is_warned:
            self.bench.press(POWER_FAIL, level=True)
            self.bench.advance(at * MS)
        self.bench.cut_power()

    def dip(self, at: int, for_ms: int) -> None:
        for moment, level in ((at, True), (at + for_ms, False)):
            self.bench.advance(moment * MS)
            self.bench.press(POWER_FAIL, level=level)
            self.bench.advance(moment * MS)

    def press(self, at: int) -> None:
        self.bench.advance(at * MS)
        self.bench.press(RESET_BUTTON, level=True)
        self.bench.advance(at * MS)

    def set_clock(self, at: int, by_ms: int) -> None:
        """A date-time travels in hundredths of a second."""
        self.bench.advance(at * MS)
        wanted = (rtc_ms(self.bench.clock, at * MS) + by_ms) // 10 * 10
        with self._head_end() as peer:
            reply = peer.set(ClassId.CLOCK, bytes((0, 0, 1, 0, 0, 255)), 2, classes.date_time(datetimes.local(wanted)))
            assert reply.is_success, reply.text

    def close_billing(self, at: int) -> None:
        self.bench.advance(at * MS)
        with self._head_end() as peer:
            peer.act(ClassId.SCRIPT_TABLE, bytes((0, 0, 10, 0, 1, 255)), 1, axdr.long_unsigned(1))

    def load_calendar(self, at: int, tariff: Tariff, activation: int) -> None:
        """Attribute by attribute; the special days of the calendars before stay until they are nobody's."""
        self.bench.advance(at * MS)
        self.calendars += 1
        found = calendar_of(tariff, self.calendars, self.terms)
        self.special = [*self.special[-3:], found.special_days]
        passive = calendars.activity_calendar(shown(found), shown(found))
        name = bytes((0, 0, 13, 0, 0, 255))
        with self._head_end() as peer:
            for number in (6, 7, 8, 9):
                assert peer.set(ClassId.ACTIVITY_CALENDAR, name, number, passive[number]).is_success
            days = [shown_special_day(day) for group in self.special for day in group]
            table = calendars.special_days(days)[2]
            assert peer.set(ClassId.SPECIAL_DAYS_TABLE, bytes((0, 0, 11, 0, 0, 255)), 2, table).is_success
            self.ear.loading = tariff
            moment = classes.date_time(datetimes.local(activation // 1000 * 1000))
            assert peer.set(ClassId.ACTIVITY_CALENDAR, name, 10, moment).is_success

    def account(self, at: int) -> Shown:
        self.bench.advance(at * MS)
        return of_meter(self.bench, self.terms)

    def _head_end(self) -> Peer:
        return Peer(self.bench, Credentials(MANAGER.number, MANAGER.password))


# ------------------------------------------------------------------------------------------------ what a factory does


def _bench(story: Story) -> Bench:
    config = configuration(story)
    part = Ram(config.layout.geometry.size)
    clock = Clock(0, story.start)
    if story.chain == "integer":
        bench = Bench(config, integer_front_end(story), world(story), part, clock, stream(story.seed))
    else:
        name = "home-1p" if story.terms.elements == 1 else "shop-3p"
        platform = load(PLATFORMS / f"{name}.toml")
        real = assemble(platform, world(story), Ram(platform.nvm.size_bytes), clock, fidelity="phasor", seed=story.seed)
        bench = Bench(config, real.front_end, world(story), part, clock, stream(story.seed))
    bench.span_cap_ns = 1 << 62
    bench.patient = story.seed % 2 == 0
    bench.untraced()
    return bench


def configuration(story: Story) -> Config:
    """The firmware's constants for a story's terms."""
    terms = story.terms
    rates = len(terms.rates)
    profiles = [tuple((CODES[name], 8, rate) for name, rate in each.captures) for each in terms.profiles]
    rings = [RingSpec(row_size(len(captures)), ROWS) for captures in profiles]
    rings += [
        RingSpec(history.row_size(rates), HISTORY),
        RingSpec(EVENT_SIZE, EVENTS),
        RingSpec(OUTAGE_SIZE, OUTAGES),
    ]
    first, second = (ProfilePlan(ROWS, captures) for captures in profiles)
    return Config(
        identity=Identity("FER", f"{story.seed:08}", "swarm", "0"),
        elements=terms.elements,
        has_neutral_sensor=False,
        un_v=Fraction(230),
        imax_a=Fraction(100),
        netting=terms.netting,
        transformers=None,
        commit_ms=(60_000, 300_000, 900_000)[story.seed % 3],
        plan=Plan(
            shape=Shape(terms.elements, rates, terms.demand.count),
            zone=zone_of(terms.zone),
            window=Window(terms.demand.period_s, terms.demand.count),
            profile_s=(terms.profiles[0].period_s, terms.profiles[1].period_s),
            billing=schedule_of(terms.schedule),
            small_shift_ms=terms.small_shift_s * 1000,
            long_outage_s=terms.long_outage_s,
            lockout_ms=terms.lock_out_s * 1000,
        ),
        calendar=calendar_of(terms.tariff, 0, terms),
        profiles=(first, second),
        history_rows=HISTORY,
        event_rows=EVENTS,
        outage_rows=OUTAGES,
        clients=(MANAGER,),
        layout=plan(Geometry(1 << 20), rings, 65_536),
    )


def zone_of(place: Place) -> Zone:
    """The zones of the swarm's weeks, by the rules of today."""
    march, october = (When(month=month, day=LAST_DAY, weekday=7, minute=0, second=0) for month in (3, 10))
    match place:
        case None:
            return Zone()
        case int():
            return Zone(-place)
        case "Europe/Berlin":
            return Zone(-60, 60, march._replace(hour=2), october._replace(hour=3))
        case "Europe/Lisbon":
            return Zone(0, 60, march._replace(hour=1), october._replace(hour=2))
    raise ValueError(f"no rule for {place}")


def schedule_of(schedule: Schedule | None) -> When:
    """When billing periods end; none: a year that is over."""
    if schedule is None:
        return When(year=1971, month=1, day=1, hour=0, minute=0, second=0)
    found = When(hour=schedule.hour, minute=schedule.minute, second=0)
    match schedule.day:
        case None:
            return found
        case "last":
            return found._replace(day=LAST_DAY)
        case int():
            return found._replace(day=schedule.day)


def calendar_of(tariff: Tariff, number: int, terms: Terms) -> Calendar:
    """A tariff as the firmware keeps it; each calendar numbers its days apart from those before it."""
    ids = {name: 1 + place + 10 * (number % 5) for place, name in enumerate(tariff.days)}
    return Calendar(
        name=b"CAL%d" % number,
        seasons=tuple(
            Season(b"S%d" % place, When(month=month, day=day, hour=0, minute=0, second=0), week.encode())
            for place, (month, day, week) in enumerate(tariff.seasons)
        ),
        weeks=tuple(Week(name.encode(), tuple(ids[day] for day in days)) for name, days in tariff.weeks.items()),
        days=tuple(
            DayProfile(ids[name], tuple(Switch(second, rate) for second, rate in switches))
            for name, switches in tariff.days.items()
        ),
        special_days=tuple(
            SpecialDay(100 * (number % 5) + place, When(ANY_YEAR if year is None else year, month, day), ids[name])
            for place, (year, month, day, name) in enumerate(tariff.special)
        ),
        rates=len(terms.rates),
        fallback=terms.tariff.fallback,
    )
