"""The stage of a scenario: the bench, what is done to it, and the record of what happened on it."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import TypeAlias, assert_never

from ferraris.bench.assemble import assemble
from ferraris.bench.clock import Clock
from ferraris.bench.peer import Peer, SilentError
from ferraris.bench.scenario import commands, household, judge, power, reading, record, switches
from ferraris.bench.scenario import timeline as timelines
from ferraris.bench.scenario.commands import Times
from ferraris.bench.scenario.judge import Finding, View
from ferraris.bench.scenario.models import (
    CloseBilling,
    Command,
    Expect,
    Invoke,
    LoadTariff,
    LoseNeutral,
    ResetDemand,
    RestoreNeutral,
    ReverseWires,
    Scenario,
    SetAir,
    SetClock,
    SetLoad,
    Write,
)
from ferraris.bench.scenario.reading import Reader
from ferraris.bench.scenario.record import Outage, Sample
from ferraris.bench.scenario.switches import RateWatch
from ferraris.bench.scenario.timeline import MS_NS, NS, Button, Entry, Mains, Timeline, Voltage
from ferraris.bench.scenario.transcript import Kind, Line, span
from ferraris.bench.scenario.truth import Flowed, flow
from ferraris.bench.scenario.zone import written
from ferraris.firmware.dlms.axdr import Data
from ferraris.hardware.chain.chain import Fidelity
from ferraris.hardware.draws import Nominal, Seed
from ferraris.hardware.physics.nvm import NvmPart
from ferraris.hardware.platform.models import Platform
from ferraris.hardware.world import world as worlds
from ferraris.hardware.world.mains import Environment
from ferraris.hardware.world.world import World, apply
from ferraris.pins import RESET_BUTTON
from ferraris.units import TEMPERATURE, render

Progress: TypeAlias = Callable[[float, str], None]
"""Told the share of the time that is done, and the local time."""


def instant(made: Timeline, key: str) -> Callable[[str], int]:
    """What a time of the file means: a function from its text to ms of UTC; `key` stands in its errors."""
    return lambda text: timelines.instant_ms(made.zone, key, text, made.start_ms)


@dataclass
class Circumstances:
    """What the scenario has done to the world so far, and what its head end has learnt of the meter."""

    powers_w: dict[str, float]
    factors: tuple[float, ...] = ()
    share: float = 1.0
    cut_ns: int | None = None
    classes: dict[bytes, int] = field(default_factory=dict)
    scales: dict[bytes, Data] = field(default_factory=dict)


class Stage:
    """Owns the bench, and the record of what happened on it."""

    def __init__(
        self,
        platform: Platform,
        scenario: Scenario,
        made: Timeline,
        seed: int | None,
        fidelity: Fidelity,
    ) -> None:
        self._platform, self._loads, self._made = platform, scenario.loads, made
        self._seed, self._files = seed or 0, dict(scenario.files)
        self._now = Circumstances({load.name: load.power_w for load in scenario.loads})
        self._step_ns = record.step_s(made) * NS
        self.lines: list[Line] = []
        self.findings: list[tuple[int, Finding]] = []
        self.samples: list[Sample] = []
        self.outages: list[Outage] = []
        self.flowed = Flowed()
        world = World(household.source_grid(platform), Environment(air_c=scenario.heading.air_c))
        self.bench = assemble(
            platform,
            world,
            NvmPart(platform.nvm),
            Clock(0, made.start_ms, round(1000 * scenario.heading.drift_ppm)),
            fidelity=fidelity,
            draw=Nominal() if seed is None else Seed(seed),
            seed=self._seed,
            noise=seed is not None,
            board=True,
        )
        if scenario.heading.drift_ppm:
            self.bench.rate = None  # the scenario says how wrong the clock runs
        if fidelity == "phasor":
            power.make_quick(self.bench)
        self.bench.witness = self.watch = RateWatch(self.bench)
        self._refactor(force=True)
        self.bench.switch_on(0)
        self._say("scenario", f"{scenario.heading.name}: {platform.meter.name} is switched on")
        self._sample()

    # ------------------------------------------------------------------------------------------------ time

    def go(self, to_ns: int, progress: Progress | None) -> None:
        """Let the time pass; loads change and samples are taken on the way."""
        while self.bench.now_ns < to_ns:
            now_ns = self.bench.now_ns
            sample_ns = self._next_sample_ns(now_ns)
            change_ns = household.next_change_ns(self._loads, self._made.start_ms, now_ns)
            stop_ns = min(to_ns, sample_ns, to_ns if change_ns is None else change_ns)
            self.flowed = flow(self.flowed, self.bench.world, now_ns, stop_ns)
            self.bench.advance(stop_ns)
            if stop_ns == change_ns:
                self._refactor()
            if stop_ns == sample_ns:
                self._sample()
                if progress is not None:
                    progress(stop_ns / self._made.end_ns, written(self._made.zone, self._made.utc_ms(stop_ns)))

    def _next_sample_ns(self, now_ns: int) -> int:
        """Samples lie just after whole steps of local standard time, so that days are days."""
        offset_ns = (self._made.start_ms - 60_000 * self._made.zone.deviation_min) * MS_NS - record.LAG_NS
        after_ns = max(now_ns, record.LAG_NS)  # nothing has been measured yet in the first seconds
        return ((after_ns + offset_ns) // self._step_ns + 1) * self._step_ns - offset_ns

    def _refactor(self, *, force: bool = False) -> None:
        """Bring the loads up to the hour; the world stays as it is where nothing changes."""
        utc_s = self._made.utc_ms(self.bench.now_ns) // 1000
        factors = tuple(household.factor(load, self._made.zone, self._seed, utc_s) for load in self._loads)
        if force or factors != self._now.factors:
            self._now.factors = factors
            self._rebuild()

    def _rebuild(self) -> None:
        now = self._now
        grid = household.grid(self._platform, self._loads, now.powers_w, now.factors, now.share)
        self.bench.world = replace(self.bench.world, supply=grid)

    # ------------------------------------------------------------------------------------------------ deeds

    def meet(self, entry: Entry) -> None:
        """Do what is due, or judge what is expected."""
        what = entry.what
        match what:
            case Mains():
                self._mains(on=what.on)
            case Voltage():
                self._now.share = what.share
                self._rebuild()
                self._say("mains", f"the voltage is {100 * what.share:g} % of nominal")
            case SetLoad():
                self._now.powers_w[what.load] = what.power_w
                self._rebuild()
                self._say("load", f"{what.load} takes {what.power_w:g} W")
            case LoseNeutral() | RestoreNeutral() | ReverseWires() | SetAir():
                self._stir(what)
            case Button():
                self._press(what)
            case SetClock() | LoadTariff() | ResetDemand() | CloseBilling() | Write() | Invoke():
                self._command(what)
            case _:
                self._judge(what)

    def _mains(self, *, on: bool) -> None:
        if on and self._now.cut_ns is not None:
            begin_ns, self._now.cut_ns = self._now.cut_ns, None
            power.restore(self.bench)
            self.outages.append(Outage(begin_ns, self.bench.now_ns))
            self._say("mains", f"back after {span((self.bench.now_ns - begin_ns) / NS)}")
        elif not on and self._now.cut_ns is None:
            self._now.cut_ns = self.bench.now_ns
            power.cut(self.bench)
            self._say("mains", "gone")

    def _stir(self, what: LoseNeutral | RestoreNeutral | ReverseWires | SetAir) -> None:
        match what:
            case LoseNeutral():
                stimulus, text = worlds.LoseNeutral(), "the neutral is lost"
                self.bench.world = apply(self.bench.world, stimulus)
            case RestoreNeutral():
                self.bench.world, text = apply(self.bench.world, worlds.RestoreNeutral()), "the neutral is whole again"
            case ReverseWires():
                self.bench.world = apply(self.bench.world, worlds.ReverseWires(what.phase - 1))
                text = f"the current wires of phase {what.phase} are swapped"
            case SetAir():
                self.bench.world = apply(self.bench.world, worlds.SetAir(what.air_c))
                text = f"the air is {render(what.air_c, TEMPERATURE)}"
            case _:
                assert_never(what)
        self._say("world", text)

    def _press(self, what: Button) -> None:
        self.bench.press(RESET_BUTTON, level=what.pressed)
        self.bench.advance(self.bench.now_ns)
        if what.pressed:
            self._say("command", "the button is pressed")

    def _command(self, command: Command) -> None:
        instant = timelines.instant_ms
        times = Times(
            lambda text: instant(self._made.zone, command.do, text, self._made.start_ms),
            self._made.utc_ms(self.bench.now_ns),
            self._made.zone,
        )
        text = commands.told(command, times)
        knocking = commands.credentials(self._platform, command.who)
        done = commands.carry_out(self.bench, knocking, command, times, self._files)
        holds = None if command.answer is None else done.is_success == (command.answer == "success")
        self._say("command", f"{command.who}: {text}: {done.text}", holds=holds)
        if holds is not None and command.answer is not None:
            finding = Finding(f"{command.who}: {text}", command.answer, done.text, holds)
            self.findings.append((self.bench.now_ns, finding))

    # ------------------------------------------------------------------------------------------------ readings

    def _judge(self, expect: Expect) -> None:
        held: list[Peer] = []
        view = View(
            lambda: self._reader(held),
            instant(self._made, "expect"),
            self._made.utc_ms(self.bench.now_ns),
            self._made.zone,
            self.flowed,
        )
        finding = judge.judge(expect, view)
        for peer in held:
            peer.__exit__(None, None, None)
        about = f" ({expect.about})" if expect.about else ""
        text = f"{finding.what}: {finding.measured}, expected {finding.expected}{about}"
        self._say("expect", text, holds=finding.holds)
        self.findings.append((self.bench.now_ns, finding))

    def _reader(self, held: list[Peer]) -> Reader:
        """One association for one expectation; raises SilentError."""
        if not held:
            held.append(Peer(self.bench, commands.reading_credentials(self._platform)).__enter__())
        return self._reading(held[0])

    def _reading(self, peer: Peer) -> Reader:
        """An open association with what is known already: the list of objects is read once."""
        self._now.classes = self._now.classes or reading.classes(peer)
        return Reader(peer, self._now.classes, self._now.scales)

    def _sample(self) -> None:
        """Read what the report draws, and tell what has changed since."""
        at_ns = self.bench.now_ns
        try:
            with Peer(self.bench, commands.reading_credentials(self._platform)) as peer:
                taken = record.sample(self._reading(peer), at_ns, self._made)
        except SilentError:
            taken = Sample(at_ns)
        self.samples.append(taken)
        self.lines += record.changes(self.samples, self._made)

    def close(self) -> tuple[tuple[Line, ...], tuple[tuple[int, Finding], ...]]:
        """Read the meter's own logs, and put every line in order of time."""
        if not self.samples or self.samples[-1].at_ns < self.bench.now_ns:
            self._sample()
        if self._now.cut_ns is not None:
            self.outages.append(Outage(self._now.cut_ns, self.bench.now_ns))
        try:
            with Peer(self.bench, commands.reading_credentials(self._platform)) as peer:
                self.lines += record.logs(self._reading(peer), self.samples, self._made)
        except SilentError:
            self._say("meter", "without power: its logs cannot be read")
        self._say("scenario", "the end")
        self.lines += [
            Line(self._made.utc_ms(at_ns), "meter", text) for at_ns, text in switches.told(self.watch.switches)
        ]
        lines = sorted(self.lines, key=lambda line: line.at_ms)
        return tuple(lines), tuple(self.findings)

    def _say(self, kind: Kind, text: str, *, holds: bool | None = None) -> None:
        self.lines.append(Line(self._made.utc_ms(self.bench.now_ns), kind, text, holds))
