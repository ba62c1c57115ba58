"""The one loop: hardware, firmware and time joined.

A live meter, a simulated year and a crash test differ only in who says what time it is and what the disk does. The
bench goes from stop to stop: the earliest of the firmware's next wake, the next change of the world, the cap on one
span and the moment asked for. At each it measures, calls `step`, and performs what the meter put out: durable first,
then act, then speak.
"""

import hashlib
from collections.abc import Callable, Sequence
from typing import Any, TypeAlias, assert_never

from ferraris.bench.clock import Clock, rtc_ms, true_ns
from ferraris.bench.front_end import FrontEnd
from ferraris.bench.storage import Part, Storage
from ferraris.firmware.meter.boot import boot
from ferraris.firmware.meter.config import Config
from ferraris.firmware.meter.state import State
from ferraris.firmware.meter.step import snapshot, step
from ferraris.firmware.meter.wake import next_wake
from ferraris.hardware.chain.chain import Span
from ferraris.hardware.physics.nvm import PowerLost
from ferraris.hardware.world.world import World, at
from ferraris.pins import Append, Commit, Hangup, Inputs, LoadCalibration, Output, Reading, Received, Send

SPAN_CAP_NS = 10_000_000_000
"""Longest span measured at once, 10 s: it bounds the memory of the sampled chain and the age of what is shown."""

NANOSECONDS_PER_MS = 1_000_000

Entropy: TypeAlias = Callable[[int], bytes]
"""Random bytes for the n-th call of `step`."""
Words: TypeAlias = tuple[Send | Hangup, ...]
"""What the meter says to its peers."""


def stream(seed: int) -> Entropy:
    """The entropy of a simulation: another 32 bytes at every call, the same ones for the same seed."""
    return lambda call: hashlib.sha256(b"entropy %d %d" % (seed, call)).digest()


class Bench:
    """Owns everything of one meter that changes: its part, its front end, its firmware's state, and the time.

    state         the firmware's state, or None while the meter is without power
    now_ns        true time of the latest call of `step`
    measured_ns   true time up to which the front end has sampled
    world         may be replaced at any time: it holds from `measured_ns` on
    on_durable    called with the meter's clock, ms, after records were programmed and before anything is said
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
        self.on_durable: Callable[[int], None] | None = None
        self.now_ns = 0
        self.measured_ns = 0
        self._booted_ns = 0
        self._chain: Any = None
        self._tick = 0
        self._calls = 0
        self._trace = hashlib.sha256()

    @property
    def trace(self) -> str:
        """A digest of everything that crossed the pins so far: equal runs have equal traces."""
        return self._trace.hexdigest()

    def switch_on(self, at_ns: int, reset_cause: str = "power") -> Words:
        """Give the meter power at a true time.

        Raises `BootRefusedError` if its memory is unusable, and `ConstantsError` if the front end refuses the
        calibration constants in it; the meter is then without power, and not a byte of its memory has changed.
        """
        assert self.state is None, "the meter has power already"
        assert at_ns >= self.now_ns, "time runs forwards"
        state = boot(self.config, self.storage.view)
        if state.constants is not None and self.front_end.load is not None:
            self.front_end.load(state.constants)  # refuses before the first step makes anything durable
        self.storage.open()
        self.state = state
        self.now_ns = self.measured_ns = self._booted_ns = at_ns
        self._tick = self.front_end.tick_at(at_ns)
        self._chain = self.front_end.start(self._tick)
        return self._step(reset_cause=reset_cause)

    def switch_off(self) -> None:
        """Take the power away as a shut-down does: the registers are made durable first."""
        if self.state is not None:
            self._perform((snapshot(self.state),))
        self.cut_power()

    def cut_power(self) -> None:
        """Take the power away between two bytes: everything that is not in the part is gone."""
        self.state = self._chain = None

    def advance(self, until_ns: int, received: Sequence[Received] = ()) -> Words:
        """Go on to a true time, measuring all of it; what was received is heard at the end.

        Returns everything the meter said on the way. A meter without power only lets the time pass.
        """
        words = self._run(until_ns, finish=True)
        return words + self._hear(until_ns, received) if received else words

    def deliver(self, at_ns: int, received: Sequence[Received]) -> Words:
        """Bring received bytes at a true time; only what is due before is measured, so that a peer need not wait."""
        return self._run(at_ns, finish=False) + self._hear(at_ns, received)

    def next_stop_ns(self) -> int:
        """The true time to which the bench would go by itself; a meter without power goes nowhere."""
        if self.state is None:
            return self.now_ns + SPAN_CAP_NS
        wake_ns = true_ns(self.clock, next_wake(self.config, self.state))
        return min(wake_ns, at(self.world, self.measured_ns).until_ns, self.measured_ns + SPAN_CAP_NS)

    def _run(self, until_ns: int, *, finish: bool) -> Words:
        """Go from stop to stop while they are not after `until_ns`, and to `until_ns` itself if asked to finish."""
        assert until_ns >= self.now_ns, "time runs forwards"
        words: Words = ()
        while self.state is not None and (stop_ns := self.next_stop_ns()) <= until_ns:
            words += self._go(stop_ns)
        if finish and self.state is not None and self.measured_ns < until_ns:
            words += self._go(until_ns)
        self.now_ns = max(self.now_ns, until_ns)
        return words

    def _go(self, to_ns: int) -> Words:
        """Measure to a stop and let the firmware deal with it."""
        reading = self._measure(to_ns)
        self.now_ns = max(self.now_ns, to_ns)
        return self._step(reading)

    def _hear(self, at_ns: int, received: Sequence[Received]) -> Words:
        self.now_ns = max(self.now_ns, at_ns)
        return self._step(received=tuple(received)) if self.state is not None else ()

    def _measure(self, to_ns: int) -> Reading | None:
        """Sample up to a true time at which the world has not changed yet; None if no tick fell into the stretch."""
        moment = at(self.world, self.measured_ns)
        span = Span(self._tick, self.front_end.tick_at(to_ns))
        self.measured_ns = to_ns
        if span.first_tick == span.last_tick:
            return None
        self._chain, reading = self.front_end.measure(self._chain, moment.mains, moment.environment, span)
        self._tick = span.last_tick
        return reading

    def _step(
        self, reading: Reading | None = None, received: tuple[Received, ...] = (), reset_cause: str = ""
    ) -> Words:
        """Call the firmware once and perform what it puts out."""
        assert self.state is not None
        inputs = Inputs(
            rtc=rtc_ms(self.clock, self.now_ns),
            uptime_ms=(self.now_ns - self._booted_ns) // NANOSECONDS_PER_MS,
            reading=reading,
            received=received,
            entropy=self.entropy(self._calls),
            reset_cause=reset_cause,
        )
        self._calls += 1
        self.state, outputs = step(self.config, self.state, self.storage.view, inputs)
        self._trace.update(repr((inputs, outputs)).encode())
        return self._perform(outputs)

    def _perform(self, outputs: Sequence[Output]) -> Words:
        """Do what the meter put out, durable first; if the power fails on the way, nothing is said any more."""
        try:
            self._make_durable([output for output in outputs if isinstance(output, Commit | Append)])
        except PowerLost:
            self.cut_power()
            return ()
        for output in outputs:
            if isinstance(output, LoadCalibration):
                self._load(output)
        return tuple(output for output in outputs if isinstance(output, Send | Hangup))

    def _load(self, constants: LoadCalibration) -> None:
        assert self.front_end.load is not None, "a front end that takes no constants gets none"
        self.front_end = self.front_end.load(constants.constants)

    def _make_durable(self, records: Sequence[Commit | Append]) -> None:
        for record in records:
            match record:
                case Commit():
                    self.storage.commit(record)
                case Append():
                    self.storage.append(record)
                case _:
                    assert_never(record)
        if records and self.on_durable is not None:
            self.on_durable(rtc_ms(self.clock, self.now_ns))
