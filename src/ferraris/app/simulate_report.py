"""The page of `ferraris simulate --report`: expectations, the course of power, rates and outages, energy, the clock."""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from math import nan
from typing import TypeAlias

from ferraris.app.report.course import Column, Course, Lane, Stretch, columns, curves
from ferraris.app.report.page import Cell, Marked, Section, page, paragraph, table
from ferraris.app.report.plots import Axis, Series
from ferraris.app.report.svg import COLOURS
from ferraris.bench.scenario.record import Sample
from ferraris.bench.scenario.run import Outcome
from ferraris.bench.scenario.switches import Switch
from ferraris.bench.scenario.timeline import NS
from ferraris.bench.scenario.transcript import Line, moment, span
from ferraris.bench.scenario.zone import instants, local, written

HOUR_S, DAY_S = 3600, 86_400
MOST_COLUMNS = 62
MOST_LINES = 400
"""Lines of the transcript that the page shows; of a longer one it shows the beginning and the end."""
MOST_TICKS = 9
RATES_UP_TO_S = 3600
"""Rates are drawn where samples lie no further apart: bands of a year would be one colour."""
WH_PER_KWH = 1000.0

Period: TypeAlias = Callable[[datetime], tuple[int, ...]]
_PERIODS: tuple[tuple[int, str, Period], ...] = (
    (HOUR_S, "hour", lambda wall: (wall.year, wall.month, wall.day, wall.hour)),
    (DAY_S, "day", lambda wall: (wall.year, wall.month, wall.day)),
    (30 * DAY_S, "month", lambda wall: (wall.year, wall.month)),
    (365 * DAY_S, "year", lambda wall: (wall.year,)),
)


def simulate_page(outcome: Outcome) -> str:
    """One self-contained HTML document."""
    made, samples = outcome.timeline, outcome.samples
    failed = sum(not finding.holds for _, finding in outcome.findings)
    count = len(outcome.findings)
    says = f"{count - failed} of {count} expectations hold." if count else "Nothing was expected."
    return page(
        outcome.scenario.heading.name,
        [
            Section("Expectations", [_expectations(outcome)]),
            Section("Course", _course(outcome)),
            Section("Energy", _energy(outcome)),
            Section("Clock", _clock(outcome)),
            Section("Transcript", _transcript(outcome)),
        ],
        summary=f"{outcome.scenario.heading.about} {says}".strip(),
        facts={
            "platform": outcome.platform.meter.name,
            "start": written(made.zone, made.start_ms),
            "lasts": span(made.end_ns / NS),
            "fidelity": outcome.fidelity,
            "specimen": "nominal" if outcome.seed is None else f"seed {outcome.seed}",
            "outages": str(len(outcome.outages)),
            "import": _kwh(samples[-1].import_wh),
            "true import": _kwh(outcome.flowed.imported_j / 3600.0),
        },
    )


def _unbroken(text: str) -> str:
    """A short text that stays on one line."""
    return text.replace(" ", "\u00a0").replace("-", "\u2011")


def _kwh(energy_wh: float | None) -> str:
    return "–" if energy_wh is None else f"{energy_wh / WH_PER_KWH:.3f} kWh"


def _expectations(outcome: Outcome) -> str:
    if not outcome.findings:
        return paragraph("The scenario expects nothing.", "quiet")
    rows: list[list[Cell]] = [
        [
            Marked("✓\u00a0holds", "pass") if finding.holds else Marked("✗\u00a0FAILS", "fail"),
            _unbroken(written(outcome.timeline.zone, outcome.timeline.utc_ms(at_ns))[:19]),
            finding.what,
            finding.measured,
            _unbroken(finding.expected),
        ]
        for at_ns, finding in outcome.findings
    ]
    return table(["", "at", "what", "measured", "expected"], rows)


# ------------------------------------------------------------------------------------------------ the time axis


def time_axis(outcome: Outcome) -> Course:
    """Seconds since the start, with local times or dates at round ones."""
    end_s = outcome.timeline.end_ns / NS
    steps = (900, HOUR_S, 3 * HOUR_S, 6 * HOUR_S, DAY_S, 2 * DAY_S, 7 * DAY_S)
    step = next((s for s in steps if end_s / s <= MOST_TICKS), None)
    ticks = _months(outcome) if step is None else _even(outcome, step)
    return Course(0.0, end_s, ticks, "local time" if step is not None and step < DAY_S else "date")


def _even(outcome: Outcome, step: int) -> list[tuple[float, str]]:
    made = outcome.timeline
    start_s = made.start_ms // 1000
    offset = -60 * made.zone.deviation_min
    first = -(-(start_s + offset) // step) * step - offset
    form = "%H:%M" if step < DAY_S else "%m-%d"
    return [
        (float(at - start_s), f"{local(made.zone, at):{form}}")
        for at in range(first, start_s + made.end_ns // NS + 1, step)
    ]


def _months(outcome: Outcome) -> list[tuple[float, str]]:
    """The first of every month; of many, only so many are named."""
    made = outcome.timeline
    start_s = made.start_ms // 1000
    wall = local(made.zone, start_s).replace(day=1, hour=0, minute=0, second=0)
    found: list[tuple[float, str]] = []
    while True:
        at = next(iter(instants(made.zone, wall))) - start_s
        if at > made.end_ns // NS:
            break
        found += [(float(at), f"{wall:%Y-%m}")] if at >= 0 else []
        wall = (wall + timedelta(days=32)).replace(day=1)
    every = -(-len(found) // MOST_TICKS) or 1
    return [(at, said if k % every == 0 else "") for k, (at, said) in enumerate(found)]


# ------------------------------------------------------------------------------------------------ figures


def _course(outcome: Outcome) -> list[str]:
    x, samples = time_axis(outcome), outcome.samples
    series = [_power("import", samples, lambda sample: sample.import_wh)]
    if (samples[-1].export_wh or 0.0) > 0.0:
        series.append(_power("export", samples, lambda sample: sample.export_wh))
    lanes = [*_rates(outcome), *_mains(outcome)]
    step_s = (samples[1].at_ns - samples[0].at_ns) / NS if len(samples) > 1 else 0.0
    mean = span(step_s) if len(samples) <= 2 else span((samples[2].at_ns - samples[1].at_ns) / NS)
    title = f"Mean power over {mean}" + (", and every new maximum of demand" if _demand(outcome) else "")
    figure = curves(title, x, Axis("power", "kW", nought=True), series, points=_demand(outcome), lanes=lanes)
    return [figure, *_outages(outcome)]


def _power(name: str, samples: Sequence[Sample], energy: Callable[[Sample], float | None]) -> Series:
    """Mean power between two samples, kW; nothing where the meter could not be read at either."""
    times, values = [], []
    for first, last in pairwise(samples):
        begin, end = energy(first), energy(last)
        hours = (last.at_ns - first.at_ns) / NS / HOUR_S
        times.append(first.at_ns / NS)
        values.append(nan if begin is None or end is None or not hours else (end - begin) / hours / WH_PER_KWH)
    return Series(name, [*times, samples[-1].at_ns / NS], [*values, values[-1] if values else nan])


def _demand(outcome: Outcome) -> Series | None:
    """Maxima as they stood in the samples, each at the end of its own period by the meter's clock."""
    start_ms = outcome.timeline.start_ms
    found = {sample.demand for sample in outcome.samples if sample.demand is not None and sample.demand[0] > 0.0}
    if not found:
        return None
    points = sorted(((at_ms - start_ms) / 1000.0, watts / 1000.0) for watts, at_ms in found)
    return Series("maximum demand", [x for x, _ in points], [y for _, y in points])


def _rates(outcome: Outcome) -> Iterator[Lane]:
    samples = outcome.samples
    if all(sample.rate is None for sample in samples) or len(samples) < 3:
        return
    if (samples[2].at_ns - samples[1].at_ns) / NS > RATES_UP_TO_S:
        return
    stretches: list[Stretch] = []
    for first, last in pairwise((*outcome.switches, Switch(outcome.timeline.end_ns, None))):
        if first.rate is not None:
            mark, hint = f"fill c{(first.rate - 1) % COLOURS}", f"rate {first.rate}"
            stretches.append(Stretch(first.at_ns / NS, last.at_ns / NS, mark, hint))
    yield Lane("rate", stretches)


def _mains(outcome: Outcome) -> Iterator[Lane]:
    if not outcome.outages:
        return
    zone, made = outcome.timeline.zone, outcome.timeline
    yield Lane(
        "outage",
        [
            Stretch(
                one.begin_ns / NS,
                one.end_ns / NS,
                "fill c7",
                f"{written(zone, made.utc_ms(one.begin_ns))}, {span((one.end_ns - one.begin_ns) / NS)}",
            )
            for one in outcome.outages
        ],
    )


def _outages(outcome: Outcome) -> list[str]:
    if not outcome.outages:
        return []
    total_s = sum(one.end_ns - one.begin_ns for one in outcome.outages) / NS
    longest = max(outcome.outages, key=lambda one: one.end_ns - one.begin_ns)
    begin = written(outcome.timeline.zone, outcome.timeline.utc_ms(longest.begin_ns))
    longest_s = (longest.end_ns - longest.begin_ns) / NS
    several = f"; the longest, {span(longest_s)}, from {begin}" if len(outcome.outages) > 1 else f", from {begin}"
    plural = "s" if len(outcome.outages) > 1 else ""
    return [paragraph(f"{len(outcome.outages)} outage{plural}, {span(total_s)} in all{several}.")]


def _energy(outcome: Outcome) -> list[str]:
    """Columns by hour, day or month: the finest that still fits, one colour for each rate."""
    rates = len(outcome.samples[-1].rates)
    made = outcome.timeline
    size, noun, key = next((p for p in _PERIODS if made.end_ns / NS / p[0] <= MOST_COLUMNS), _PERIODS[-1])
    stacks: dict[tuple[int, ...], list[float]] = {}
    edges: dict[tuple[int, ...], tuple[float, float]] = {}
    for first, last in pairwise(sample for sample in outcome.samples if sample.import_wh is not None):
        middle_s = (first.at_ns + last.at_ns) // 2 // NS + made.start_ms // 1000
        period = key(local(made.zone, middle_s))
        before, after = _by_rate(first, rates), _by_rate(last, rates)
        held = stacks.setdefault(period, [0.0] * len(after))
        stacks[period] = [old + (b - a) / WH_PER_KWH for old, a, b in zip(held, before, after, strict=True)]
        begin = edges.get(period, (first.at_ns / NS, 0.0))[0]
        edges[period] = (begin, last.at_ns / NS)
    bars = [Column(*edges[period], values) for period, values in stacks.items()]
    names = [f"rate {k + 1}" for k in range(rates)] or ["import"]
    if not bars or size < (outcome.samples[1].at_ns - outcome.samples[0].at_ns) / NS:
        return [paragraph("Too short for periods.", "quiet")]
    return [columns(f"Active import by the {noun}", time_axis(outcome), Axis("energy", "kWh"), names, bars)]


def _by_rate(sample: Sample, rates: int) -> Sequence[float]:
    return sample.rates if rates and len(sample.rates) == rates else [sample.import_wh or 0.0]


def _clock(outcome: Outcome) -> list[str]:
    times = [sample.at_ns / NS for sample in outcome.samples]
    errors = [nan if sample.clock_error_s is None else sample.clock_error_s for sample in outcome.samples]
    worst = max((abs(error) for error in errors if error == error), default=0.0)  # noqa: PLR0124 (not a number)
    if worst <= 0.01:
        return [paragraph("The clock was never further from true time than the hundredth that it shows.")]
    return [
        curves("Clock error", time_axis(outcome), Axis("error", "s", nought=True), [Series("error", times, errors)])
    ]


def _transcript(outcome: Outcome) -> list[str]:
    lines, zone = list(outcome.lines), outcome.timeline.zone
    left = len(lines) - MOST_LINES
    if left > 0:
        half = MOST_LINES // 2
        skipped = Line(lines[half].at_ms, "scenario", f"… {left} lines are left out here …")
        lines = [*lines[:half], skipped, *lines[-half:]]
    marks = {True: "pass", False: "fail", None: "quiet"}
    rows: list[list[Cell]] = [
        [_unbroken(moment(zone, line)), Marked(line.kind, marks[line.holds]), line.text] for line in lines
    ]
    return [table(["local time", "", "what happened"], rows)]
