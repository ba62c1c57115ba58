"""The meter under test and the stop-watch: errors from the times of pulse edges, as a laboratory takes them.

The meter is a finished specimen with its noise; all that the laboratory sees are its test outputs, its registers and
the nameplate. Pulses are counted over a whole number of pulse intervals; reference energy is the exact power times the
time between the first edge and the last.
"""

import zlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import ceil
from typing import assert_never

import numpy as np

from ferraris.firmware.billing import registers
from ferraris.hardware.chain import production
from ferraris.hardware.chain.bitstream import BitstreamState
from ferraris.hardware.chain.calibrate import build
from ferraris.hardware.chain.chain import Chain, Fidelity, Span, tick_period_fs
from ferraris.hardware.chain.measure import ChainState, measure, start
from ferraris.hardware.chain.phasor import PhasorState
from ferraris.hardware.chain.sampled import SampledState
from ferraris.hardware.chain.specimen import Draw, Nominal, Seed, manufacture
from ferraris.hardware.platform.models import Platform
from ferraris.hardware.world.mains import Environment, Steady
from ferraris.pins import TICKS_PER_SECOND, Energies, Reading
from ferraris.verify.limits import Energy
from ferraris.verify.typetest.points import Constant, NoLoad, Point, Repeats, Starting, Task
from ferraris.verify.typetest.waves import environment, terminals, true_power

SETTLE_S = 1.0
"""The load stands this long before anything is timed: the measuring windows have locked by then."""

SHORTEST_S = 3.0
"""An error is taken over at least this much time, and over at least one pulse interval."""

BURST_S = 120.0
"""Over bursts the power of successive windows differs; this many of them make that negligible (0.02 %)."""

PATIENCE = 4.0
"""After this many times the expected time the laboratory stops waiting for pulses: one element of three that runs
backwards leaves a third of them."""

Q16 = 65536
FEMTO = 1e-15
JOULES_PER_KWH = 3.6e6


@dataclass(frozen=True)
class Observation:
    """What one task gave: a value (error in % where the task is a point) and how it came about."""

    value: float
    evidence: str


@dataclass(frozen=True)
class Bench:
    """One specimen on the test bench."""

    platform: Platform
    chain: Chain


def mount(platform: Platform, seed: int | None, fidelity: Fidelity) -> Bench:
    """A meter as it leaves the production line; nominal parts and an exact line where `seed` is None."""
    draw: Draw = Nominal() if seed is None else Seed(seed)
    specimen = manufacture(platform, draw)
    constants = production.calibrate(platform, specimen, draw)
    return Bench(platform, build(platform, specimen, constants, fidelity, seed=seed or 0))


def observe_all(bench: Bench, tasks: Sequence[Task]) -> list[Observation]:
    """Every task in turn."""
    return [observe(bench, task) for task in tasks]


def observe(bench: Bench, task: Task) -> Observation:
    """Set up and measure one task; each has noise of its own, decided by the specimen and by what is asked."""
    own = zlib.crc32(repr(task).encode())
    bench = replace(bench, chain=replace(bench.chain, seed=(bench.chain.seed << 32) | own))
    match task:
        case Point():
            return _error(bench, task)
        case Repeats():
            return _scatter(bench, task)
        case Starting():
            return _starting(bench, task)
        case NoLoad():
            return _no_load(bench, task)
        case Constant():
            return _constant(bench, task)
    assert_never(task)


# ------------------------------------------------------------------------------------------------ a run


@dataclass
class Run:
    """A meter under load: what its outputs and registers have shown since the stop-watch was made ready."""

    chain: Chain
    mains: Steady
    surroundings: Environment
    energy: Energy
    state: ChainState
    tick: int = 0
    edges: tuple[int, ...] = ()
    signed: int = 0
    """Registered import minus export, uwt: tells the direction."""

    def on(self, seconds: float) -> Reading:
        """Let time pass, s."""
        last = self.tick + ceil(seconds * TICKS_PER_SECOND)
        self.state, reading = measure(self.chain, self.state, self.mains, self.surroundings, Span(self.tick, last))
        self.tick = last
        self.edges += reading.active_pulses if self.energy == "active" else reading.reactive_pulses
        self.signed += _net(reading.total, self.energy)
        return reading

    def arm(self) -> None:
        """Forget what was shown, and leave the meter one quantum before a pulse, so that no time is lost waiting."""
        self.edges, self.signed = (), 0
        self.due(self.chain.active_pulse_uwt - 1, self.chain.reactive_pulse_uwt - 1)

    def due(self, active: int, reactive: int) -> None:
        """Set what the pulse outputs have gathered towards their next pulses, quanta."""
        self.state = _due(self.state, active, reactive)

    def edge_s(self, number: int) -> float:
        """True time of an edge, s: q16 ticks through the specimen's own sample clock."""
        return self.edges[number] / Q16 * tick_period_fs(self.chain) * FEMTO


def _net(total: Energies, energy: Energy) -> int:
    if energy == "active":
        return total.active_import - total.active_export
    return total.reactive_q1 + total.reactive_q2 - total.reactive_q3 - total.reactive_q4


def _due(state: ChainState, active: int, reactive: int) -> ChainState:
    match state:
        case BitstreamState():
            return replace(state, metered=replace(state.metered, active_carry=active, reactive_carry=reactive))
        case PhasorState():
            return replace(state, active_carry=active, reactive_carry=reactive)
        case SampledState():
            return replace(state, active_carry=active, reactive_carry=reactive)
    assert_never(state)


def _begin(bench: Bench, point: Point) -> Run:
    mains, surroundings = terminals(bench.platform, point), environment(point)
    tick, state = _soaked(bench.chain, mains, surroundings, ceil(point.soak_s * TICKS_PER_SECOND))
    run = Run(bench.chain, mains, surroundings, point.energy, state, tick)
    run.on(SETTLE_S)
    run.arm()
    return run


def _soaked(chain: Chain, mains: Steady, surroundings: Environment, ticks: int) -> tuple[int, ChainState]:
    """The meter after so long under load: heat is the same in every fidelity, so the quick one does the waiting."""
    state = start(chain, ticks)
    if not ticks:
        return 0, state
    quick = replace(chain, fidelity="phasor")
    waited, _ = measure(quick, start(quick), mains, surroundings, Span(0, ticks))
    assert isinstance(waited, PhasorState)
    match state:
        case BitstreamState():
            return ticks, replace(state, metered=replace(state.metered, heat=waited.heat))
        case PhasorState():
            return ticks, replace(state, heat=waited.heat)
        case SampledState():
            return ticks, replace(state, heat=waited.heat)
    assert_never(state)


def pulse_j(platform: Platform, energy: Energy) -> float:
    """Energy of one pulse as the nameplate states it, J (var s)."""
    meter = platform.meter
    constants = {"active": meter.constant_imp_per_kwh, "reactive": meter.reactive_constant_imp_per_kvarh}
    return JOULES_PER_KWH / constants[energy]


# ------------------------------------------------------------------------------------------------ errors


def _error(bench: Bench, point: Point) -> Observation:
    run = _begin(bench, point)
    error, evidence = _timed(bench, run, _intervals(bench, run, point))
    return Observation(error, evidence)


def _intervals(bench: Bench, run: Run, point: Point) -> int:
    """Pulse intervals that fill the shortest time."""
    least_s = BURST_S if point.wave == "burst" else SHORTEST_S
    return max(1, ceil(least_s * abs(true_power(run.mains, run.energy)) / pulse_j(bench.platform, run.energy)))


def _timed(bench: Bench, run: Run, intervals: int) -> tuple[float, str]:
    """Error in % from the next `intervals` pulse intervals; -100 % where the meter gives no pulses."""
    power, pulse = true_power(run.mains, run.energy), pulse_j(bench.platform, run.energy)
    expected_s = intervals * pulse / abs(power)
    spent = 0.0
    run.edges, run.signed = run.edges[-1:], 0
    while len(run.edges) < intervals + 1 and spent < PATIENCE * expected_s + SETTLE_S:
        step = 1.02 * expected_s + 0.6 if spent == 0.0 else 0.1 * expected_s + 0.3
        run.on(step)
        spent += step
    last = min(intervals, len(run.edges) - 1)
    if last < 1:
        return -100.0, f"no pulse within {spent:.4g} s"
    seconds = run.edge_s(last) - run.edge_s(0)
    direction = 1.0 if run.signed * power >= 0.0 else -1.0
    error = 100.0 * (direction * last * pulse / (abs(power) * seconds) - 1.0)
    return error, f"{last} pulse interval{'s' * (last > 1)} in {seconds:.6g} s, true power {power:.6g}"


def _scatter(bench: Bench, task: Repeats) -> Observation:
    """Standard deviation of errors taken one after the other, %."""
    run = _begin(bench, task.point)
    intervals = _intervals(bench, run, task.point)
    errors = [_timed(bench, run, intervals)[0] for _ in range(task.count)]
    shown = ", ".join(f"{error:+.4f}" for error in errors)
    return Observation(float(np.std(errors, ddof=1)), f"standard deviation of {shown} %; {intervals} interval(s) each")


# ------------------------------------------------------------------------------------------------ other tests


def _starting(bench: Bench, task: Starting) -> Observation:
    """Pulses at starting current, from rest, until the first one or until time is up."""
    run = _begin(bench, task.point)
    run.due(0, 0)
    exact_s = pulse_j(bench.platform, run.energy) / abs(true_power(run.mains, run.energy))
    limit_s = task.times * exact_s
    for step in (1.1 * exact_s, limit_s - 1.1 * exact_s):
        if not run.edges:
            run.on(step)
    shown = f"first pulse after {run.edge_s(0) - SETTLE_S:.5g} s" if run.edges else f"no pulse within {limit_s:.5g} s"
    return Observation(float(len(run.edges)), f"{shown}; an exact meter needs {exact_s:.5g} s")


def _no_load(bench: Bench, task: NoLoad) -> Observation:
    """Pulses without current; the meter begins one quantum before a pulse, the worst it can do."""
    run = _begin(bench, Point(0.0, energy=task.energy, voltage=task.voltage))
    run.on(task.seconds)
    return Observation(float(len(run.edges)), f"{len(run.edges)} pulses in {task.seconds:.5g} s")


def _constant(bench: Bench, task: Constant) -> Observation:
    """Pulses counted against registers read before and after; half a pulse is gathered at first: counts round."""
    run = _begin(bench, task.point)
    run.due(bench.chain.active_pulse_uwt // 2, bench.chain.reactive_pulse_uwt // 2)
    pulse, power = pulse_j(bench.platform, run.energy), abs(true_power(run.mains, run.energy))
    book = registers.zero(bench.platform.elements)
    for _ in range(ceil(PATIENCE)):
        if len(run.edges) < task.pulses - 1:
            reading = run.on(task.pulses * pulse / power)
            book = registers.add(book, reading.phases, reading.total)
    counters = book.vector
    kinds = counters[:2] if run.energy == "active" else counters[2:6]
    registered = sum(register.mws for register in kinds) / 1000.0
    counted = len(run.edges) * pulse
    value = 100.0 * (counted / registered - 1.0) if registered else -100.0
    return Observation(value, f"{len(run.edges)} pulses, {counted:.8g} Ws; registers {registered:.8g} Ws")
