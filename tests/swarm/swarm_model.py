"""A second naive meter, written from docs/billing.md another way than the auditor: it proves the swarm.

Where the auditor keeps the end of every period, this one keeps the highest clock that was passed and asks which ends
lie between; its summer time is a rule of arithmetic, not a database; its registers are one counter. It is called at
every whole quarter of an hour, or five minutes where a period is so short: all boundaries of the swarm's terms lie on
them. Each of `FAULTS` breaks one rule on purpose.
"""

from collections import Counter
from copy import copy
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cache
from math import gcd
from typing import Any

from swarm_story import TICKS_PER_MS, Story, reading

from ferraris.bench.auditor.auditor import Account, Auditor
from ferraris.bench.auditor.books import ClockChange, Close, Closed, Maximum, Outage, Passive, Registers, Row
from ferraris.bench.auditor.terms import Schedule, Tariff
from ferraris.pins import POWER_FAIL, RESET_BUTTON, Commit, Edge, Energies, Inputs, SetRtc

FAULTS = {
    "new rate": "a reading that ends at a switch counts at the new rate",
    "late reading": "a reading that ends at a boundary counts beyond it",
    "lost row": "no row for the period that an outage interrupted",
    "rows without power": "a row for every period of an outage",
    "doubled boundary": "boundaries are passed again after a shift back",
    "short window": "a sub-period too few in a sliding window",
    "long window": "a sub-period too many in a sliding window",
    "equal maximum": "the same again moves a maximum's stamp",
    "new rate's maximum": "a maximum belongs to the rate after the boundary",
    "maximum without power": "a sub-period wholly without power makes a maximum",
    "outage ends demand": "an outage ends the sub-period in progress",
    "kept window": "a jump does not forget the window",
    "jump without row": "a jump writes no row",
    "shift as jump": "every clock change is a jump",
    "jump as shift": "no clock change is a jump",
    "strict shift": "a change by exactly the limit is a jump",
    "no summer": "the tariff follows standard time",
    "days in standard time": "a period of one day ends at midnight of standard time",
    "hours in summer time": "capture periods follow summer time",
    "no fallback": "the table's rate while the clock is not valid",
    "invalid schedule": "the schedule closes by an invalid clock",
    "one close": "an outage over several period ends closes once",
    "closed again": "a period end that a small shift back repeats is closed twice",
    "one close too few": "a jump over the end of a period closes nothing",
    "every missed close": "a jump over several ends of periods closes each",
    "late close": "a period end in an outage is stamped with the return of power",
    "kept maxima": "a close does not reset the maxima",
    "cumulative forgotten": "a close drops the maxima instead of adding them",
    "billing first": "billing before demand at the same instant",
    "no lock-out": "the lock-out time is ignored",
    "kept energy": "what was not committed survives an outage",
    "early activation": "a passive calendar is active as soon as it is loaded",
    "lost activation": "a passive calendar whose time passes in an outage is never activated",
    "no leap day": "the calendar has no 29 February",
    "last day is the 30th": "the last day of the month is taken to be the 30th",
    "no power-down mark": "a row does not say that there was an outage",
    "no clock mark": "a row does not say that the clock was changed",
    "short is long": "an outage counts as long beyond the limit only",
    "unmarked record": "the record of an outage does not say that the clock is not valid",
    "wrong quadrant": "R+ is Q1 + Q4",
    "other netting": "the rates count the total that is not billed",
    "special days ignored": "a special day is an ordinary one",
    "first season": "before the first season of the year the first one holds",
}

HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS
GRID_MS = 900_000
ORDINAL_OF_1970 = date(1970, 1, 1).toordinal()


@cache
def last_sunday(year: int, month: int) -> int:
    """01:00 UTC of the last Sunday of a month of 31 days, ms."""
    day = date(year, month, 31)
    day -= timedelta(days=(day.weekday() + 1) % 7)
    return (day.toordinal() - ORDINAL_OF_1970) * DAY_MS + HOUR_MS


@dataclass
class Wall:
    """Local time: standard offset, and whether Europe's summer time is kept (all its zones change at 01:00 UTC)."""

    standard: int
    has_summer: bool

    def summer(self, ms: int) -> bool:
        year = date.fromordinal(ms // DAY_MS + ORDINAL_OF_1970).year
        return self.has_summer and last_sunday(year, 3) <= ms < last_sunday(year, 10)

    def local(self, ms: int) -> int:
        return ms + self.standard + self.summer(ms) * HOUR_MS

    def utc(self, local: int) -> int:
        early = local - self.standard - HOUR_MS
        return early if self.has_summer and self.summer(early) else early + HOUR_MS


WALLS = {
    "Europe/Berlin": Wall(HOUR_MS, True),
    "Europe/Lisbon": Wall(0, True),
    None: Wall(0, False),
    330: Wall(330 * 60_000, False),
}


@dataclass
class Memory:
    """What a commit keeps."""

    last: int
    high: int
    tariff: Tariff
    rate: int
    valid: bool = True
    passive: Passive | None = None
    energy: Counter[Any] = field(default_factory=Counter)
    subs: list[Counter[int]] = field(default_factory=lambda: [Counter()])
    window: Counter[int] = field(default_factory=Counter)
    maxima: dict[tuple[int, int], Maximum] = field(default_factory=dict)
    cumulative: Counter[tuple[int, int]] = field(default_factory=Counter)
    rows: list[list[Row]] = field(default_factory=list)
    flags: list[dict[str, int]] = field(default_factory=list)
    history: list[Closed] = field(default_factory=list)
    by_hand: int | None = None
    scheduled: int | None = None
    doubt: int | None = None
    outages: list[Outage] = field(default_factory=list)
    changes: list[ClockChange] = field(default_factory=list)
    jobs: list[tuple[str, int, int]] = field(default_factory=list)

    def kept(self) -> "Memory":
        """A copy that shares only what is never changed."""
        other = copy(self)
        for name, value in vars(self).items():
            if isinstance(value, list | dict):
                setattr(other, name, value.copy())
        other.subs, other.rows, other.flags = (
            [one.copy() for one in many] for many in (self.subs, self.rows, self.flags)
        )
        return other


class Model:
    """Meter, front end, bench and time in one."""

    def __init__(self, story: Story, auditor: Auditor, fault: str = "") -> None:
        assert fault in {"", *FAULTS}
        self.story, self.auditor, self.fault = story, auditor, fault
        self.terms = story.terms
        self.wall = WALLS[self.terms.zone]
        self.now, self.offset, self.measured, self.booted, self.calls = 0, story.start, 0, 0, 0
        periods = [self.terms.demand.period_s, *(profile.period_s for profile in self.terms.profiles)]
        self.grid = gcd(GRID_MS, *(period * 1000 for period in periods))
        self.memory: Memory | None = None
        self.durable: Memory | None = None

    # -------------------------------------------------------------------------------------------- the bench's part

    @property
    def clock(self) -> int:
        return self.now + self.offset

    def run(self, to: int) -> None:
        while self.memory is not None and (wake := self.wake() - self.offset) <= to:
            self.now = wake
            self.call()
        self.now = to

    def wake(self) -> int:
        grid = (self.clock // self.grid + 1) * self.grid
        passive = self.memory.passive if self.memory else None
        return min(grid, passive.activation) if passive and self.clock < passive.activation else grid

    def call(self, edges: tuple[Edge, ...] = (), cause: str = "", *, lost: bool = False, commit: bool = False) -> None:
        span = self.measured * TICKS_PER_MS, self.now * TICKS_PER_MS
        read = reading(self.story.loads, *span) if span[0] < span[1] and not cause else None
        self.measured = self.now
        inputs = Inputs(self.clock, self.now - self.booted, read, (), edges, b"", cause, lost)
        set_to = self.work(inputs)
        self.calls += 1
        commits = commit or bool(edges or cause) or self.calls % self.story.commit_every == 0
        self.hear(inputs, (*([Commit(1, b"")] if commits else []), *([SetRtc(set_to)] if set_to is not None else [])))

    def hear(self, inputs: Inputs, outputs: tuple[Any, ...]) -> None:
        assert self.memory is not None
        self.auditor.observe(inputs, outputs)
        if any(isinstance(one, Commit) for one in outputs):
            self.durable = self.memory.kept()
            self.auditor.durable()
        for one in outputs:
            if isinstance(one, SetRtc):
                self.offset = one.rtc_ms - self.now

    def command(self, *outputs: Any) -> None:
        self.hear(Inputs(self.clock, self.now - self.booted, received=((1, b"a command"),)), (Commit(1, b""), *outputs))

    # -------------------------------------------------------------------------------------------- what a week asks for

    def switch_on(self, at: int, *, loses_clock: bool) -> None:
        self.run(at)
        self.measured = self.booted = at
        self.memory = self.durable.kept() if self.durable else self.virgin()
        self.call(cause="power", lost=loses_clock)

    def cut(self, at: int, *, is_warned: bool) -> None:
        self.run(at)
        if is_warned:
            self.call((Edge(POWER_FAIL, True, self.now - self.booted),))
        if self.fault == "kept energy":
            self.durable = self.memory
        self.memory = None
        self.auditor.power_lost()

    def dip(self, at: int, for_ms: int) -> None:
        self.run(at)
        self.call((Edge(POWER_FAIL, True, self.now - self.booted),))
        self.run(at + for_ms)
        self.call((Edge(POWER_FAIL, False, self.now - self.booted),))

    def set_clock(self, at: int, by_ms: int) -> None:
        self.run(at)
        old, new = self.clock, self.clock + by_ms
        self.memory.changes.append(ClockChange(old, new))
        self.memory.jobs.append(("set", old, new))
        if self.memory.by_hand is not None:
            self.memory.by_hand += by_ms
        self.command(SetRtc(new))
        self.call()

    def close_billing(self, at: int) -> None:
        self.run(at)
        if self.locked(self.clock):
            return
        self.memory.by_hand = self.clock
        self.memory.jobs.append(("command", self.clock, 0))
        self.command()
        self.auditor.told(Close(self.clock, "command"))
        self.call()

    def press(self, at: int) -> None:
        self.run(at)
        self.call((Edge(RESET_BUTTON, True, self.now - self.booted),))

    def load_calendar(self, at: int, tariff: Tariff, activation: int) -> None:
        self.run(at)
        early = self.fault == "early activation"
        self.memory.passive = Passive(tariff, 0 if early else activation)
        self.command()
        self.auditor.told(Passive(tariff, activation))
        self.call()

    def account(self, at: int) -> Account:
        self.run(at)
        self.call()
        m = self.memory
        keys = (0, *self.terms.rates)
        current = sum(m.subs[-self.terms.demand.count :], Counter())
        return Account(
            registers=self.registers(),
            rate=m.rate,
            current=four(current),
            energy=four(m.window),
            maxima=self.maxima(),
            cumulative={key: tuple(m.cumulative[key, q] for q in range(4)) for key in keys},
            rows=tuple(map(tuple, m.rows)),
            history=tuple(m.history),
            outages=tuple(m.outages),
            changes=tuple(m.changes),
            is_valid=m.valid,
        )

    # -------------------------------------------------------------------------------------------- the firmware's part

    def virgin(self) -> Memory:
        two = [[] for _ in self.terms.profiles], [{} for _ in self.terms.profiles]
        new = Memory(self.clock, self.clock, self.terms.tariff, 0, rows=two[0], flags=two[1])
        new.rate = self.rate(new, self.clock)
        return new

    def work(self, inputs: Inputs) -> int | None:
        m, now, set_to = self.memory, inputs.rtc, None
        if inputs.reset_cause and self.durable is None:
            return None
        if self.fault == "new rate":
            m.rate = self.rate(m, now)
        if inputs.reading and self.fault != "late reading":
            self.count(m, inputs.reading)
        self.settle(m)
        if inputs.clock_lost:
            m.doubt = m.last if m.valid else m.doubt
            m.valid, now = False, m.last
            set_to = now
        if inputs.reset_cause:
            self.returned(m, now)
        self.walk(m, now, outage=bool(inputs.reset_cause))
        if inputs.reading and self.fault == "late reading":
            self.count(m, inputs.reading)
        if any(edge.pin == RESET_BUTTON for edge in inputs.edges) and not self.locked(now):
            self.close(m, now, "button")
            m.by_hand = now
        if m.passive and m.valid and now >= m.passive.activation:
            if not (self.fault == "lost activation" and inputs.reset_cause):
                m.tariff = m.passive.tariff
            m.passive = None
        m.rate, m.last = self.rate(m, now), now
        return set_to

    def settle(self, m: Memory) -> None:
        """What was commanded before the reading ended."""
        for kind, at, new in m.jobs:
            self.walk(m, at, outage=False)
            if kind == "set":
                self.change(m, at, new)
            else:
                self.close(m, at, kind)
        m.jobs = []

    def count(self, m: Memory, read: Any) -> None:
        for number, phase in enumerate(read.phases):
            for name, value in zip(Energies._fields, phase, strict=True):
                m.energy["phase", number, name] += value
        vector = dict(zip(Energies._fields, read.total, strict=True))
        phases = dict(zip(Energies._fields, map(sum, zip(*read.phases, strict=True)), strict=True))
        counted = phases if (self.terms.netting == "vector") == (self.fault == "other netting") else vector
        for name in Energies._fields:
            m.energy["vector", 0, name] += vector[name]
            m.energy["per_phase", 0, name] += phases[name]
            m.energy["rate", m.rate, name] += counted[name]
        billed = vector if self.terms.netting == "vector" else phases
        plus = ("reactive_q1", "reactive_q4" if self.fault == "wrong quadrant" else "reactive_q2")
        names = [("active_import",), ("active_export",), plus, ("reactive_q3", "reactive_q4")]
        for quantity, parts in enumerate(names):
            m.subs[-1][quantity] += sum(billed[name] for name in parts)

    def returned(self, m: Memory, now: int) -> None:
        limit = self.terms.long_outage_s * 1000
        late = now - m.last
        is_long = late > limit if self.fault == "short is long" else late >= limit
        m.outages.append(Outage(m.last, now, is_long, self.fault == "unmarked record" or m.valid))
        if self.fault != "no power-down mark":
            for flags in m.flags:
                flags["POWER_DOWN"] = now
        if self.fault == "outage ends demand":
            m.subs.append(Counter())

    def walk(self, m: Memory, now: int, *, outage: bool) -> None:
        """Every end in (high, now], in order of time."""
        if self.fault == "doubled boundary" and not outage:
            m.high = m.last if now > m.last else min(m.high, now)
        found: list[tuple[int, int, int]] = []
        period = self.terms.demand.period_s * 1000
        ends = self.whole(m.high, now, period)
        found += [(ends[0], 0.5 if self.fault == "billing first" else -2, 0)] if ends else []
        for number, profile in enumerate(self.terms.profiles):
            ends_of_rows = self.row_ends(m.high, now, profile.period_s * 1000)
            if self.fault == "lost row" and outage:
                ends_of_rows = []
            if self.fault != "rows without power":
                ends_of_rows = ends_of_rows[:1]
            found += [(end, -1, number) for end in ends_of_rows]
        if self.terms.schedule and (m.valid or self.fault == "invalid schedule"):
            closes = self.closes(self.terms.schedule, m.high, now)
            found += [(end, 0, 0) for end in (closes[:1] if self.fault == "one close" else closes)]
        for end, kind, number in sorted(found):
            if kind in {-2, 0.5}:
                self.end(m, end)
            elif kind == -1:
                self.row(m, number, end)
            else:
                self.scheduled(m, end, now)
        for end in ends[1 : 2 * self.terms.demand.count + 1]:  # later ones: nothing flows, so nothing changes any more
            self.end(m, end, counts=self.fault == "maximum without power")
        m.high = max(m.high, now)

    def scheduled(self, m: Memory, end: int, now: int) -> None:
        if end != m.scheduled or self.fault == "closed again":
            m.scheduled = end
            self.close(m, now if self.fault == "late close" else end, "schedule")

    def whole(self, high: int, now: int, period: int) -> list[int]:
        standard = self.wall.standard
        first, last = (high + standard) // period + 1, (now + standard) // period
        return [number * period - standard for number in range(first, last + 1)]

    def row_ends(self, high: int, now: int, period: int) -> list[int]:
        if period == DAY_MS and self.fault != "days in standard time":
            return self.closes(Schedule(None), high, now)
        if period == HOUR_MS * 4 and self.fault == "hours in summer time":
            ends = range(high // GRID_MS + 1, now // GRID_MS + 1)
            return [end * GRID_MS for end in ends if self.wall.local(end * GRID_MS) % period == 0]
        return self.whole(high, now, period)

    def closes(self, schedule: Schedule, high: int, now: int) -> list[int]:
        days = range(self.wall.local(high) // DAY_MS, self.wall.local(now) // DAY_MS + 1)
        ends = [self.wall.utc(day * DAY_MS + schedule.hour * HOUR_MS + schedule.minute * 60_000) for day in days]
        fits = [self.fits(schedule, date.fromordinal(day + ORDINAL_OF_1970)) for day in days]
        return [end for end, fit in zip(ends, fits, strict=True) if fit and high < end <= now]

    def fits(self, schedule: Schedule, day: date) -> bool:
        if schedule.day == "last":
            return day.day == 30 if self.fault == "last day is the 30th" else (day + timedelta(days=1)).day == 1
        return schedule.day is None or schedule.day == day.day

    def end(self, m: Memory, stamp: int, *, counts: bool = True) -> None:
        size = self.terms.demand.count + (self.fault == "long window") - (self.fault == "short window")
        m.window = sum(m.subs[-max(size, 1) :], Counter())
        m.subs = [*m.subs[-size - 1 :], Counter()]
        rate = self.rate(m, stamp) if self.fault == "new rate's maximum" else m.rate
        for key in (0, rate) if counts else ():
            for quantity in range(4):
                new, old = m.window[quantity], m.maxima.get((key, quantity), Maximum())
                if new > old.window or (self.fault == "equal maximum" and new == old.window > 0):
                    m.maxima[key, quantity] = Maximum(new, stamp)

    def row(self, m: Memory, number: int, stamp: int) -> None:
        flags, values = m.flags[number], []
        status = {*flags} | ({"DAYLIGHT_SAVING"} if self.wall.summer(stamp) else set())
        status |= set() if m.valid else {"CLOCK_INVALID"}
        for name, rate in self.terms.profiles[number].captures:
            key = ("rate", rate, name) if rate else (self.terms.netting, 0, name)
            values.append(m.energy[key])
        m.rows[number].append(Row(stamp, frozenset(status), tuple(values)))
        m.flags[number] = {name: until for name, until in flags.items() if until > stamp}

    def close(self, m: Memory, stamp: int, reason: str) -> None:
        keys = (0, *self.terms.rates)
        cumulative = {key: tuple(m.cumulative[key, q] for q in range(4)) for key in keys}
        m.history.append(Closed(stamp, reason, self.registers(), self.maxima(), cumulative, m.valid))
        if self.fault == "kept maxima":
            return
        if self.fault != "cumulative forgotten":
            m.cumulative.update({key: maximum.window for key, maximum in m.maxima.items()})
        m.maxima = {}

    def change(self, m: Memory, old: int, new: int) -> None:
        marks = self.fault != "no clock mark"
        size, limit = abs(new - old), self.terms.small_shift_s * 1000
        small = size < limit if self.fault == "strict shift" else size <= limit
        small = (small and m.valid and self.fault != "shift as jump") or self.fault == "jump as shift"
        m.last = new
        for flags in m.flags if marks and (old != new or not small) else ():
            flags["CLOCK_ADJUSTED"] = new if small else old
        if small:
            return
        self.end(m, old)
        for number in range(len(m.rows)) if self.fault != "jump without row" else ():
            self.row(m, number, old)
        if marks:
            for flags in m.flags:
                flags["CLOCK_ADJUSTED"] = new
        since, m.valid, m.doubt = (old if m.valid else m.doubt), True, None
        missed = self.closes(self.terms.schedule, since, new) if self.terms.schedule and since is not None else []
        if self.fault == "one close too few":
            missed = []
        for end in missed if self.fault == "every missed close" else missed[-1:]:
            self.scheduled(m, end, new)
        if self.fault != "kept window":
            m.subs = [Counter()]
        m.high = new

    def locked(self, now: int) -> bool:
        by_hand = self.memory.by_hand
        if by_hand is None or self.fault == "no lock-out":
            return False
        return by_hand <= now < by_hand + self.terms.lock_out_s * 1000

    def rate(self, m: Memory, now: int) -> int:
        tariff = m.tariff
        if not m.valid and self.fault != "no fallback":
            return self.terms.tariff.fallback
        local = now + self.wall.standard if self.fault == "no summer" else self.wall.local(now)
        day, second = date.fromordinal(local // DAY_MS + ORDINAL_OF_1970), local % DAY_MS // 1000
        if self.fault == "no leap day" and (day.month, day.day) == (2, 29):
            day += timedelta(days=1)
        switches = dict(tariff.days[self.day(tariff, day)])
        before = [start for start in switches if start <= second]
        return switches[max(before or switches)]

    def day(self, tariff: Tariff, day: date) -> str:
        fits = [
            name
            for year in (day.year, None)
            for y, mo, d, name in tariff.special
            if (y, mo, d) == (year, day.month, day.day)
        ]
        if fits and self.fault != "special days ignored":
            return fits[0]
        week = tariff.seasons[0 if self.fault == "first season" else -1][2]
        for month, first, name in tariff.seasons:
            if month * 100 + first <= day.month * 100 + day.day:
                week = name
        return tariff.weeks[week][day.weekday()]

    # ------------------------------------------------------------------------------------------- in the auditor's words

    def registers(self) -> Registers:
        def of(*key: Any) -> Energies:
            return Energies(*(self.memory.energy[*key, name] for name in Energies._fields))

        phases = tuple(of("phase", number) for number in range(self.terms.elements))
        rates = {rate: of("rate", rate) for rate in self.terms.rates}
        return Registers(phases, of("vector", 0), of("per_phase", 0), rates)

    def maxima(self) -> dict[int, tuple[Maximum, ...]]:
        found = self.memory.maxima
        return {key: tuple(found.get((key, q), Maximum()) for q in range(4)) for key in (0, *self.terms.rates)}


def four(counter: Counter[int]) -> tuple[int, ...]:
    return tuple(counter[quantity] for quantity in range(4))
