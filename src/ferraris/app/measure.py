"""`ferraris measure`: what a meter reads from a recording, beside the truth computed from the recording itself.

The meter settles first, then measures whole repetitions of the recording. Energy is compared over exactly the ticks the
meter delivered it for; RMS, reactive and apparent figures are means over its windows against the recording's own
figures.
"""

import json
from dataclasses import asdict, dataclass, replace
from math import ceil, sqrt
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

import click
import numpy as np
from numpy.typing import NDArray

from ferraris.app import snapshot_show
from ferraris.app.measure_notes import notes_on
from ferraris.app.recorded import recording_for
from ferraris.app.show import Progress, UserError, check_target, write_report
from ferraris.app.snapshot import STRETCH_S, Snapshot, take
from ferraris.hardware.chain import fir
from ferraris.hardware.chain.analysis.samples import samples
from ferraris.hardware.chain.calibrate import build, calibrate
from ferraris.hardware.chain.chain import Chain, Fidelity, Span, tick_at, tick_ns, tick_period_fs
from ferraris.hardware.chain.measure import ChainState, delivered, measure, start
from ferraris.hardware.chain.phasor import PhasorState
from ferraris.hardware.chain.specimen import Nominal, Seed, element_names, manufacture
from ferraris.hardware.platform.load import load
from ferraris.hardware.platform.models import Platform
from ferraris.hardware.world.energy import active_energy_j
from ferraris.hardware.world.recording import Recording
from ferraris.hardware.world.recordings import play
from ferraris.hardware.world.truth import PhaseTruth, Truth, truth
from ferraris.hardware.world.world import World, at
from ferraris.pins import TICKS_PER_SECOND, Instant, Reading

Floats: TypeAlias = NDArray[np.float64]

SETTLE_S = 2.0
"""The meter runs this long before anything is compared."""
SHORTEST_S = 20.0
"""A short recording is repeated until at least this much time was measured."""
LONGEST_S = 3600.0
"""A recording that lasts longer is measured for so long, unless --seconds asks for more."""
OF_THE_WHOLE = {"voltage", "current", "reactive power (fundamental)", "apparent power"}
"""Quantities whose truth is known of the whole recording only, not of a part of it."""
STEP_TICKS = 400
"""The meter is asked this often (20 times a second), so that each of its windows is seen once."""
LEAST_S = 0.5
"""The shortest stretch that holds a block of cycles."""
JOULES_PER_QUANTUM = 1e-6 / TICKS_PER_SECOND


@dataclass(frozen=True)
class Compared:
    """One quantity of one element: metered, true, and the error in per cent of the truth (None where it is nought)."""

    element: str
    quantity: str
    unit: str
    metered: float
    truth: float
    error_percent: float | None


class Source(NamedTuple):
    """A recording and how long each of its cycles is held, s (None: as the file says)."""

    recording: Recording
    hold_s: float | None


class Run(NamedTuple):
    """What one measurement collected: signed energy and true energy per element, and each window's display values."""

    active_j: tuple[float, ...]
    true_j: tuple[float, ...]
    seconds: float
    windows: tuple[tuple[float, tuple[Instant, ...], float], ...]
    fidelity: Fidelity = "sampled"
    waves: Floats = np.zeros((0, 0))
    """Samples (N, C) in V and A of the stretch whose quantities are shown."""


class Result(NamedTuple):
    """Everything there is to show."""

    platform: Platform
    recording: Recording
    run: Run
    truth: Truth
    rows: list[Compared]
    notes: list[str]
    snapshot: Snapshot


def measure_recording(
    platform_path: Path,
    recording_path: Path,
    *,
    channel_map: str | None,
    scale: str | None,
    hold_s: float | None,
    seconds: float | None,
    seed: int | None,
    as_json: bool,
    fidelity: Fidelity = "sampled",
    at_s: float = 0.0,
    report: Path | None = None,
) -> None:
    """Print the comparison and the quantities; raises the reader's and loader's errors."""
    check_target(report)
    platform = load(platform_path)
    recording = recording_for(platform, recording_path, channel_map, scale)
    true = truth(recording, hold_s)
    stretch = _stretch(_length(true, seconds), at_s)
    chain = _chain(platform, seed, fidelity)
    progress = Progress(f"measuring {recording_path.name}")
    try:
        run = _run(chain, play(recording, hold_s), Source(recording, hold_s), stretch, progress)
    finally:
        progress.close()
    notes = notes_on(chain, platform, recording, true) + _partial(run, true)
    snapshot = take(platform, chain, run.waves, at_s)
    result = Result(platform, recording, run, true, compare(platform, run, true), notes, snapshot)
    if report is not None:
        from ferraris.app.measure_report import measure_page

        write_report(report, measure_page(result))
    click.echo(_json(result) if as_json else _table(result))


def _chain(platform: Platform, seed: int | None, fidelity: Fidelity) -> Chain:
    specimen = manufacture(platform, Nominal() if seed is None else Seed(seed))
    return build(platform, specimen, calibrate(platform, specimen), fidelity, seed=seed or 0)


def _length(true: Truth, seconds: float | None) -> float:
    """As long as asked, or the fewest whole repetitions that last SHORTEST_S, but not over LONGEST_S."""
    if seconds is not None:
        return seconds
    return min(true.duration_s * ceil(SHORTEST_S / true.duration_s), LONGEST_S)


def _partial(run: Run, true: Truth) -> list[str]:
    """Say so where less than the recording was measured: then only energy and power compare."""
    if not _is_partial(run, true):
        return []
    note = (
        f"only {run.seconds:.0f} s of {true.duration_s:.0f} s were measured: voltage, current, reactive and "
        "apparent power are known of the whole recording only and show no error; --seconds measures more"
    )
    return [note]


def _is_partial(run: Run, true: Truth) -> bool:
    return run.seconds < 0.99 * true.duration_s


class _Stretch(NamedTuple):
    """Time measured, and how far into it the stretch begins whose quantities are shown, s."""

    length_s: float
    at_s: float


def _stretch(length_s: float, at_s: float) -> _Stretch:
    if at_s + LEAST_S > length_s:
        raise UserError(
            f"--at {at_s:g}: {length_s:g} s are measured, expected at most {length_s - LEAST_S:g}; "
            "--seconds measures more"
        )
    return _Stretch(length_s, at_s)


def _run(chain: Chain, world: World, source: Source, stretch: _Stretch, progress: Progress) -> Run:
    settled, state = _go(chain, start(chain), world, 0, round(SETTLE_S * 1e9))
    first = delivered(state)
    elements = chain.specimen.elements
    active, windows, tick = [0] * elements, [], settled
    end = tick_at(chain, round((SETTLE_S + stretch.length_s) * 1e9))
    show = Span(*(tick_at(chain, round((SETTLE_S + stretch.at_s + more) * 1e9)) for more in (0.0, STRETCH_S)))
    waves: list[Floats] = []
    while tick < end:
        before = delivered(state)
        tick, state, reading = _next(chain, state, world, tick, end, waves if tick in range(*show) else None)
        for e, energies in enumerate(reading.phases):
            active[e] += energies.active_import - energies.active_export
        if (closed := delivered(state)) > before:
            windows.append((float(closed - before), reading.instant, reading.frequency_hz))
            progress((tick - settled) / (end - settled))
    last = delivered(state)
    begin_s, end_s = (_sampled_at(chain, edge) for edge in (first, last))
    true_j = active_energy_j(source.recording, source.hold_s, begin_s, end_s)
    return Run(
        tuple(value * JOULES_PER_QUANTUM for value in active),
        tuple(true_j.tolist()),
        (last - first) / TICKS_PER_SECOND,
        tuple(windows),
        chain.fidelity,
        np.concatenate(waves),
    )


def _sampled_at(chain: Chain, tick: int) -> float:
    """True time, s, of the edge before a tick: a sample stands for the tick around it, and the filter delays it."""
    return (tick - 0.5 - fir.CENTRE) * tick_period_fs(chain) * 1e-15


def _next(
    chain: Chain, state: ChainState, world: World, tick: int, end: int, waves: list[Floats] | None = None
) -> tuple[int, ChainState, Reading]:
    """One step, at most to the moment at which the world changes; its samples are added to `waves`."""
    moment = at(world, tick_ns(chain, tick))
    last = min(tick + STEP_TICKS, end, max(tick_at(chain, moment.until_ns), tick + 1))
    span = Span(tick, last)
    if waves is None or isinstance(state, PhasorState):
        return last, *measure(chain, state, moment.mains, moment.environment, span)
    after, reading, seen = samples(chain, state, moment.mains, moment.environment, span)
    waves.append(seen)
    return last, after, reading


def _go(chain: Chain, state: ChainState, world: World, tick: int, until_ns: int) -> tuple[int, ChainState]:
    end = tick_at(chain, until_ns)
    while tick < end:
        tick, state, _ = _next(chain, state, world, tick, end)
    return tick, state


def compare(platform: Platform, run: Run, true: Truth) -> list[Compared]:
    """Rows of the comparison, element by element, the totals last."""
    rows: list[Compared] = []
    for e, name in enumerate(element_names(platform.elements)):
        rows += _element(name, e, run, true.phases[e])
    energy, exact = sum(run.active_j), sum(run.true_j)
    rows.append(_row("total", "active energy", "Wh", energy / 3600.0, exact / 3600.0))
    weight = sum(ticks for ticks, _, _ in run.windows)
    frequency = sum(ticks * hertz for ticks, _, hertz in run.windows) / weight
    rows.append(_row("total", "frequency", "Hz", frequency, true.frequency_hz))
    if _is_partial(run, true):
        return [replace(row, error_percent=None) if row.quantity in OF_THE_WHOLE else row for row in rows]
    return rows


def _element(name: str, e: int, run: Run, exact: PhaseTruth) -> list[Compared]:
    weight = sum(ticks for ticks, _, _ in run.windows)

    def mean(value: Any) -> float:  # noqa: ANN401 - a getter
        return float(sum(ticks * value(instant[e]) for ticks, instant, _ in run.windows) / weight)

    return [
        _row(name, "voltage", "V", sqrt(mean(lambda i: i.voltage_v**2)), exact.voltage_v),
        _row(name, "current", "A", sqrt(mean(lambda i: i.current_a**2)), exact.current_a),
        _row(name, "active power", "W", run.active_j[e] / run.seconds, run.true_j[e] / run.seconds),
        _row(name, "reactive power (fundamental)", "var", mean(lambda i: i.reactive_var), exact.reactive_var),
        _row(name, "apparent power", "VA", mean(lambda i: i.apparent_va), exact.apparent_va),
        _row(name, "active energy", "Wh", run.active_j[e] / 3600.0, run.true_j[e] / 3600.0),
    ]


def _row(element: str, quantity: str, unit: str, metered: float, exact: float) -> Compared:
    error = None if abs(exact) < 1e-9 else 100.0 * (metered - exact) / abs(exact)
    return Compared(element, quantity, unit, metered, exact, error)


def _table(result: Result) -> str:
    """The comparison and the quantities for people."""
    platform, recording, run, true, rows, notes, snapshot = result
    heading = (
        f"{platform.meter.name} measures {recording.name}: {run.seconds:.1f} s after {SETTLE_S:.0f} s of settling, "
        f"{run.fidelity} fidelity; the recording lasts {true.duration_s:.4g} s and repeats"
    )
    lines = [
        heading,
        *(f"note: {note}" for note in notes),
        f"{'':<7} {'quantity':<29} {'metered':>14} {'truth':>14} {'unit':<4} {'error':>10}",
    ]
    for row in rows:
        error = "" if row.error_percent is None else f"{row.error_percent:+.4f} %"
        lines.append(
            f"{row.element:<7} {row.quantity:<29} {row.metered:>14.6g} {row.truth:>14.6g} {row.unit:<4} {error:>10}"
        )
    return "\n".join([*lines, "", *snapshot_show.lines(snapshot)])


def _json(result: Result) -> str:
    return json.dumps(
        {
            "platform": result.platform.meter.name,
            "recording": result.recording.name,
            "fidelity": result.run.fidelity,
            "measured_s": result.run.seconds,
            "recording_s": result.truth.duration_s,
            "notes": result.notes,
            "results": [asdict(row) for row in result.rows],
            "quantities": snapshot_show.document(result.snapshot),
        },
        indent=2,
        ensure_ascii=False,
    )
