"""The one loop: hardware, firmware and time joined.

A live meter, a simulated year and a crash test differ only in who says what time it is and what the disk does. The
bench goes from stop to stop: the earliest of the firmware's next wake, the next change of the world, the next crossing
of the power supply, the cap on one span and the moment asked for. At each it measures, calls `step`, and performs what
the meter put out: durable first, then act, then speak.
"""

from collections.abc import Callable, Sequence
from typing import Any, assert_never

from ferraris.bench.clock import Clock, rtc_ms, set_to
from ferraris.bench.front_end import FrontEnd, joined
from ferraris.bench.patience import commits_before, skipped_ns, wake_ns
from ferraris.bench.power import LOST_CLOCK_MS, Power, drained
from ferraris.bench.rate import Rate
from ferraris.bench.storage import Part, Storage
from ferraris.bench.witness import Entropy, Trace, Witness, Words
from ferraris.firmware.billing.calendar import Calendar
from ferraris.firmware.billing.ledger import Ledger
from ferraris.firmware.meter.boot import boot
from ferraris.firmware.meter.config import Config
from ferraris.firmware.meter.state import State
from ferraris.firmware.meter.step import snapshot, step
from ferraris.hardware.chain.chain import Span
from ferraris.hardware.physics.nvm import PowerLost
from ferraris.hardware.world.world import Moment, World, at
from ferraris.pins import (
    POWER_FAIL,
    Append,
    Commit,
    Edge,
    Hangup,
    Inputs,
    LoadCalibration,
    Output,
    Reading,
    Received,
    Send,
    SetRtc,
    TrimRtc,
)

SPAN_CAP_NS = 10_000_000_000
"""Longest span measured at once, 10 s: it bounds the memory of the sampled chain and the age of what is shown."""

NANOSECONDS_PER_MS = 1_000_000

DURABLE = (Commit, Append)
SPOKEN = (Send, Hangup)
"""As tuples: asking for a union is slow, and this is asked for every output."""


class Bench:
    """Owns everything of one meter that changes: its part, its front end, its firmware's state, and the time.

    state         the firmware's state, or None while the meter is without power
    now_ns        true time of the latest call of `step`
    measured_ns   true time up to which the front end has sampled
    world         may be replaced at any time: it holds from `measured_ns` on
    clock         what the meter's clock shows; it also runs while the meter is without power
    power         the supply behind the mains; None: the meter is switched on and off by hand
    rate          how the clock's crystal follows temperature, trim and age; None: it keeps the rate it has
    span_cap_ns   longest span measured at once, ns
    patient       skip the calls that nobody sees: commits after which the meter was not without power before the next,
                  and those at which nothing but the load changes
    on_durable    called with the meter's clock, ms, after records were programmed and before anything is said
    witness       sees everything that crosses the pins
    """

    def __init__(
        self, config: Config, front_end: FrontEnd[Any], world: World, part: Part, clock: Clock, entropy: Entropy
    ) -> None:
        """Put a meter together, without power: `switch_on` starts it."""
        self.config = config
        self.front_end = front_end
        self.world = world
        self.clock = clock
        self.entropy = entropy
        self.storage = Storage(config.layout, part)
        self.state: State | None = None
        self.power: Power | None = None
        self.rate: Rate | None = None
        self.span_cap_ns = SPAN_CAP_NS
        self.patient = False
        self.on_durable: Callable[[int], None] | None = None
        self.witness: Witness | None = None
        self.now_ns = 0
        self.measured_ns = 0
        self.edges: tuple[tuple[str, bool], ...] = ()
        self._held: Reading | None = None
        self._wake: tuple[Ledger, Calendar, Clock, int] | None = None
        self._seen: tuple[World, int, Moment] | None = None
        self._booted_ns = 0
        self._chain: Any = None
        self._tick = 0
        self._calls = 0
        self._trace: Trace | None = Trace()

    @property
    def trace(self) -> str:
        """A digest of everything that crossed the pins so far: equal runs have equal traces."""
        assert self._trace is not None, "a bench that was told to keep no trace"
        return self._trace.digest

    def untraced(self) -> None:
        """Keep no digest: a long simulation that nobody replays is quicker without."""
        self._trace = None

    def switch_on(self, at_ns: int, reset_cause: str = "power", *, clock_lost: bool = False) -> Words:
        """Give the meter power at a true time.

        Raises `BootRefusedError` if its memory is unusable, and `ConstantsError` if the front end refuses the
        calibration constants in it; the meter is then without power, and not a byte of its memory has changed.
        """
        assert self.state is None, "the meter has power already"
        assert at_ns >= self.now_ns, "time runs forwards"
        self.storage.power_up()
        state = boot(self.config, self.storage.view)
        if state.constants is not None and self.front_end.load is not None:
            self.front_end.load(state.constants)  # refuses before the first step makes anything durable
        self.storage.open()
        self.state = state
        self.now_ns = self.measured_ns = self._booted_ns = at_ns
        self._tick = self.front_end.tick_at(at_ns)
        self._chain = self.front_end.start(self._tick)
        if self.power is not None:
            self.power.started(at_ns)
        self._watch_world(at_ns)
        return self._step(reset_cause=reset_cause, clock_lost=clock_lost)

    def switch_off(self) -> None:
        """Take the power away as a shut-down does: the ledger is made durable first."""
        self._hand_over()
        if self.state is not None:
            self._perform((snapshot(self.config, self.state),))
        self.cut_power()

    def cut_power(self) -> None:
        """Take the power away between two bytes: everything that is not in the part is gone."""
        if self.state is not None and self.witness is not None:
            self.witness.power_lost()
        self.state = self._chain = self._held = None

    def press(self, pin: str, *, level: bool) -> None:
        """Change a digital input; the meter sees it at its next measuring call, which `advance` makes."""
        self.edges = (*self.edges, (pin, level))

    def advance(self, until_ns: int, received: Sequence[Received] = ()) -> Words:
        """Go on to a true time, measuring all of it; what was received is heard at the end.

        Returns everything the meter said on the way. A meter without power only lets the time pass, until its supply
        starts it again.
        """
        words = self._run(until_ns, finish=True)
        return words + self._hear(until_ns, received) if received else words

    def deliver(self, at_ns: int, received: Sequence[Received]) -> Words:
        """Bring received bytes at a true time; only what is due before is measured, so that a peer need not wait.

        What a command makes due at once, such as the end of what a clock that was set interrupted, is done as well.
        """
        words = self._run(at_ns, finish=False) + self._hear(at_ns, received)
        return words + self._run(at_ns, finish=False)

    def next_stop_ns(self) -> int:
        """The true time to which the bench would go by itself; a meter without power and supply goes nowhere."""
        stops = [self.measured_ns + self.span_cap_ns if self.state is not None else self.now_ns + SPAN_CAP_NS]
        if self.state is not None:
            stops += [self._wake_ns(self.state), self._at(self.measured_ns).until_ns]
        elif self.power is not None:
            stops = [self._at(self.now_ns).until_ns]
        stops += [] if self.power is None else [self.power.next_ns()]
        stops += [] if self.rate is None else [self.rate.next_ns]
        return max(min(stops), self.now_ns)

    def _wake_ns(self, state: State) -> int:
        """When the firmware wants to be called; it depends on ledger and calendar alone, and a GET changes neither."""
        found = self._wake
        if found is None or not (found[0] is state.ledger and found[1] is state.calendar and found[2] is self.clock):
            asked_ns = wake_ns(self.config, state, self.clock, patient=self.patient)
            self._wake = found = state.ledger, state.calendar, self.clock, asked_ns
        return found[3]

    def _run(self, until_ns: int, *, finish: bool) -> Words:
        """Go from stop to stop while they are not after `until_ns`, and to `until_ns` itself if asked to finish."""
        assert until_ns >= self.now_ns, "time runs forwards"
        self._watch_world(self.now_ns)
        words: Words = ()
        while (self.state or self.power) and (stop_ns := self.next_stop_ns()) <= until_ns:
            if self._is_quiet(stop_ns, until_ns):
                self._hold(stop_ns)
            else:
                words += self._visit(stop_ns)
        if finish and self.state is not None and (self.measured_ns < until_ns or self.edges):
            words += self._visit(until_ns)
        self.now_ns = max(self.now_ns, until_ns)
        return words

    def _visit(self, stop_ns: int) -> Words:
        """Go to a stop, by way of the last commit before it if that was skipped and may matter."""
        words: Words = ()
        if self.patient and self.state is not None:
            commit_ns = skipped_ns(self.config, self.state, self.clock, self.measured_ns, stop_ns)
            if commit_ns is not None:
                words += self._go(commit_ns)
        return words + self._go(stop_ns)

    def _is_quiet(self, stop_ns: int, until_ns: int) -> bool:
        """Whether a patient bench need not call the firmware at this stop: nothing but the load changes there.

        The next commit must lie before the world changes again, and before the caller may do anything to the meter: so
        that it can still be made if it turns out to matter.
        """
        if not self.patient or self.state is None or self.edges:
            return False
        before, after = self._at(self.measured_ns), self._at(stop_ns)
        if before.until_ns != stop_ns or before.environment is not after.environment:
            return False
        others = [self._wake_ns(self.state), self.measured_ns + self.span_cap_ns]
        others += [] if self.rate is None else [self.rate.next_ns]
        others += [] if self.power is None else [self.power.next_ns()]
        calm = self.power is None or self.power.is_calm(after.mains)
        quiet_ns = min(after.until_ns, until_ns)
        return calm and stop_ns < min(others) and commits_before(self.config, self.clock, stop_ns, quiet_ns)

    def _hold(self, to_ns: int) -> None:
        """Measure to a stop, and keep the reading for the next call."""
        self._held = self._measured(to_ns)
        self.now_ns = max(self.now_ns, to_ns)
        self._watch_world(to_ns)

    def _hand_over(self) -> Words:
        """Give the firmware what was held back for it."""
        held, self._held = self._held, None
        return () if held is None else self._step(held)

    def _measured(self, to_ns: int) -> Reading | None:
        """What was measured up to a true time since the latest call that took a reading."""
        held, self._held = self._held, None
        reading = self._measure(to_ns)
        return joined(held, reading) if held is not None and reading is not None else reading or held

    def _go(self, to_ns: int) -> Words:
        """Measure to a stop, let the supply do what it does there, and let the firmware deal with it."""
        event = None if self.power is None else self.power.pass_to(to_ns)
        words: Words = ()
        if self.state is not None:
            words = self._call(to_ns, event)
        elif event == "boot":
            self.now_ns = max(self.now_ns, to_ns)
            words = self._restart(to_ns)
        self.now_ns = max(self.now_ns, to_ns)
        self._watch_world(to_ns)
        return words

    def _call(self, to_ns: int, event: str | None) -> Words:
        """A measuring call; a meter whose supply drops out makes none."""
        if event == "dead":
            self._die(to_ns)
            return ()
        reading = self._measured(to_ns)
        self.now_ns = max(self.now_ns, to_ns)
        if event in {"alarm", "recovered"}:
            self.press(POWER_FAIL, level=event == "alarm")
        return self._step(reading)

    def _die(self, at_ns: int) -> None:
        assert self.power is not None
        self.cut_power()
        self.power.died(at_ns)

    def _restart(self, at_ns: int) -> Words:
        assert self.power is not None
        lost = self.power.lost_clock(at_ns)
        if lost:
            self.clock = set_to(self.clock, at_ns, LOST_CLOCK_MS)
        return self.switch_on(at_ns, clock_lost=lost)

    def _at(self, t_ns: int) -> Moment:
        """The world at a true time; asked several times at every stop."""
        if self._seen is None or self._seen[0] is not self.world or not self._seen[1] <= t_ns < self._seen[2].until_ns:
            self._seen = self.world, t_ns, at(self.world, t_ns)
        return self._seen[2]

    def _watch_world(self, at_ns: int) -> None:
        """Let supply and clock feel what the world is from now on."""
        if self.power is None and self.rate is None:
            return
        moment = self._at(at_ns)
        if self.power is not None:
            self.power.feel(at_ns, moment.mains, moment.environment.air_c)
        if self.rate is not None:
            on_mains = self.state is not None
            self.clock = self.rate.feel(self.clock, at_ns, moment.environment.air_c, on_mains=on_mains)

    def _hear(self, at_ns: int, received: Sequence[Received]) -> Words:
        words = self._hand_over()
        self.now_ns = max(self.now_ns, at_ns)
        return words + self._step(received=tuple(received)) if self.state is not None else words

    def _measure(self, to_ns: int) -> Reading | None:
        """Sample up to a true time at which the world has not changed yet; None if no tick fell into the stretch."""
        moment = self._at(self.measured_ns)
        span = Span(self._tick, self.front_end.tick_at(to_ns))
        self.measured_ns = max(self.measured_ns, to_ns)
        if span.first_tick >= span.last_tick:
            return None
        self._chain, reading = self.front_end.measure(self._chain, moment.mains, moment.environment, span)
        self._tick = span.last_tick
        return reading

    def _step(
        self,
        reading: Reading | None = None,
        received: tuple[Received, ...] = (),
        reset_cause: str = "",
        *,
        clock_lost: bool = False,
    ) -> Words:
        """Call the firmware once and perform what it puts out."""
        assert self.state is not None
        uptime_ms = (self.now_ns - self._booted_ns) // NANOSECONDS_PER_MS
        edges = () if received else tuple(Edge(pin, level, uptime_ms) for pin, level in self.edges)
        self.edges = self.edges if received else ()
        inputs = Inputs(
            rtc=rtc_ms(self.clock, self.now_ns),
            uptime_ms=uptime_ms,
            reading=reading,
            received=received,
            edges=edges,
            entropy=self.entropy(self._calls),
            reset_cause=reset_cause,
            clock_lost=clock_lost,
            supply_v=0.0 if self.power is None else self.power.volts(self.now_ns),
        )
        self._calls += 1
        self.state, outputs = step(self.config, self.state, self.storage.view, inputs)
        if self._trace is not None:
            self._trace.add(inputs, outputs)
        if self.witness is not None:
            self.witness.observe(inputs, outputs)
        return self._perform(outputs)

    def _perform(self, outputs: Sequence[Output]) -> Words:
        """Do what the meter put out, durable first; if the power fails on the way, nothing is said any more."""
        if not outputs:
            return ()
        try:
            self._make_durable([output for output in outputs if isinstance(output, DURABLE)])
        except PowerLost:
            if self.power is None:
                self.cut_power()
            else:
                self._die(self.now_ns)
            return ()
        for output in outputs:
            if not isinstance(output, DURABLE):
                self._act(output)
        return tuple(each for each in outputs if isinstance(each, SPOKEN))

    def _act(self, output: Output) -> None:
        match output:
            case LoadCalibration():
                assert self.front_end.load is not None, "a front end that takes no constants gets none"
                self.front_end = self.front_end.load(output.constants)
            case SetRtc():
                self.clock = set_to(self.clock, self.now_ns, output.rtc_ms)
            case TrimRtc():
                if self.rate is not None:
                    self.clock = self.rate.trim(self.clock, self.now_ns, output.ppb)
            case Commit() | Append() | Send() | Hangup():
                pass
            case _:
                assert_never(output)

    def _make_durable(self, records: Sequence[Commit | Append]) -> None:
        if not records:
            return
        with drained(self.power, self.storage.part, self.now_ns):
            self.storage.keep(records)
        if self.witness is not None:
            self.witness.durable()
        if self.power is None or self.power.state.fed:
            self.storage.tidy()
        if self.on_durable is not None:
            self.on_durable(rtc_ms(self.clock, self.now_ns))
