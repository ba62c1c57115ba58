"""`ferraris typetest`: the rows of a class on one or several specimens, by as many processes as there are cores."""

import json
import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from functools import lru_cache
from multiprocessing import get_context
from pathlib import Path
from typing import Any, NamedTuple

import click

from ferraris.app.show import Progress, UserError, check_target, write_report
from ferraris.hardware.chain.chain import Fidelity
from ferraris.hardware.platform.load import load
from ferraris.hardware.platform.models import Platform
from ferraris.verify.finding import Finding
from ferraris.verify.limits import CLASSES, REACTIVE_CLASSES, ClassLimits, of_class
from ferraris.verify.render import as_json as findings_json
from ferraris.verify.render import as_table
from ferraris.verify.typetest import judge, laboratory
from ferraris.verify.typetest.judge import Result, Verdict
from ferraris.verify.typetest.laboratory import Observation
from ferraris.verify.typetest.plan import TITLES, Entry
from ferraris.verify.typetest.points import Point, Task

BATCH = 6
"""Tasks handed to a process at a time: few enough that all finish together."""


class Tested(NamedTuple):
    """One class tested: its rows with the worst outcome of each, and what every specimen showed."""

    limits: ClassLimits
    entries: list[Entry]
    results: list[Result]
    specimens: list[dict[Task, Observation]]

    @property
    def verdict(self) -> Verdict:
        """Over the worst outcome of each row."""
        return judge.verdict([each.outcome for each in self.results])

    @property
    def title(self) -> str:
        """Such as "class B" or "reactive class 2"."""
        return f"{'reactive ' if self.limits.energy == 'reactive' else ''}class {self.limits.name}"


def type_test(
    path: Path,
    classes: Sequence[str],
    reactive: Sequence[str],
    fidelity: Fidelity,
    seeds: int,
    report: Path | None,
    *,
    as_json: bool,
) -> int:
    """Print the type test of a platform file; 1 if a row of any class fails, else 0."""
    check_target(report)
    platform = load(path)
    wanted = _limits(platform, classes or platform.meter.classes, reactive)
    tested = run(platform, wanted, fidelity, seeds, f"type test of {path.name}")
    click.echo(_json(platform, tested, fidelity) if as_json else text(platform, tested, fidelity))
    if report is not None:
        from ferraris.app.typetest_report import page_of

        write_report(report, page_of(platform, tested, fidelity))
    return int(any(each.verdict.words == "fail" for each in tested))


def _limits(platform: Platform, classes: Sequence[str], reactive: Sequence[str]) -> list[ClassLimits]:
    """Tables of the classes asked for; raises `UserError` for one that has none."""
    connection = platform.meter.connection
    found = {f"class {name}": of_class(name, connection) for name in classes}
    found |= {f"reactive class {name}": of_class(name, connection, "reactive") for name in reactive}
    missing = [name for name, limits in found.items() if limits is None]
    if missing:
        known = f"{', '.join(CLASSES)}; reactive {', '.join(REACTIVE_CLASSES)}"
        raise UserError(f"{missing[0]}: no table of its limits; there are {known}")
    return [limits for limits in found.values() if limits is not None]


# ------------------------------------------------------------------------------------------------ running


def run(
    platform: Platform, wanted: Sequence[ClassLimits], fidelity: Fidelity, seeds: int, label: str = "type test"
) -> list[Tested]:
    """Test specimens 1 to `seeds`; the result does not depend on how many processes share the work."""
    plans = [judge.entries(limits, platform) for limits in wanted]
    tasks = judge.wanted(entry for plan in plans for entry in plan)
    progress = Progress(label)
    try:
        with _workers(platform, fidelity) as pool:
            seen = _observed(pool, tasks, seeds, progress)
    finally:
        progress.close()
    return [Tested(limits, plan, judge.results(plan, seen), seen) for limits, plan in zip(wanted, plans, strict=True)]


@contextmanager
def _workers(platform: Platform, fidelity: Fidelity) -> Iterator[ProcessPoolExecutor]:
    """Processes that know the platform; started afresh, not forked: numba's threads do not survive a fork."""
    count = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    with ProcessPoolExecutor(count, get_context("spawn"), _prepare, (platform, fidelity)) as pool:
        yield pool


_SUBJECT: list[tuple[Platform, Fidelity]] = []
"""Of a worker process: what it tests."""


def _prepare(platform: Platform, fidelity: Fidelity) -> None:
    _SUBJECT[:] = [(platform, fidelity)]


@lru_cache(maxsize=4)
def _bench(seed: int) -> laboratory.Bench:
    """The specimen of a seed on this process's bench."""
    [(platform, fidelity)] = _SUBJECT
    return laboratory.mount(platform, seed, fidelity)


def _observe(batch: tuple[int, list[Task]]) -> list[Observation]:
    seed, tasks = batch
    return laboratory.observe_all(_bench(seed), tasks)


def _observed(
    pool: ProcessPoolExecutor, tasks: list[Task], seeds: int, progress: Progress
) -> list[dict[Task, Observation]]:
    """Of each specimen the long tasks first, each on its own; then its load points in batches."""
    long = [[task] for task in tasks if not isinstance(task, Point)]
    points = [task for task in tasks if isinstance(task, Point)]
    parts = long + [points[k : k + BATCH] for k in range(0, len(points), BATCH)]
    batches = [(seed, part) for seed in range(1, seeds + 1) for part in parts]
    found: list[dict[Task, Observation]] = [{} for _ in range(seeds)]
    for number, ((seed, part), observations) in enumerate(zip(batches, pool.map(_observe, batches), strict=True), 1):
        found[seed - 1] |= dict(zip(part, observations, strict=True))
        progress(number / len(batches))
    return found


# ------------------------------------------------------------------------------------------------ showing


def text(platform: Platform, tested: Sequence[Tested], fidelity: Fidelity) -> str:
    """The tables of every class, each closed by its verdict."""
    return "\n\n".join(_block(platform, each, fidelity) for each in tested)


def _block(platform: Platform, tested: Tested, fidelity: Fidelity) -> str:
    specimens = len(tested.specimens)
    heading = f"{platform.meter.name}, {tested.title}: {specimens} specimen{'s' * (specimens > 1)} at {fidelity}"
    table = as_table([each.outcome for each in tested.results], TITLES)
    spread = _spread(tested.results) if specimens > 1 else []
    return "\n".join([heading, "", table, *spread, str(tested.verdict)])


def _spread(results: Sequence[Result]) -> list[str]:
    """Range of each row over the specimens."""
    lines = ["spread over the specimens:"]
    for outcome, low, high in ((each.outcome, each.low, each.high) for each in results):
        if isinstance(outcome, Finding) and low is not None and high is not None:
            name = f"{TITLES[outcome.item]}, {outcome.quantity}"
            lines.append(f"    {name}: {low:.4g} to {high:.4g} {outcome.unit}")
    return [*lines, ""]


def _json(platform: Platform, tested: Sequence[Tested], fidelity: Fidelity) -> str:
    """One document: a list of classes, each with verdict, findings and every point that was measured."""
    document = {"platform": platform.meter.name, "fidelity": fidelity, "classes": [_class(each) for each in tested]}
    return json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False)


def _class(tested: Tested) -> dict[str, Any]:
    findings = json.loads(findings_json(each.outcome for each in tested.results))["findings"]
    for row, result in zip(findings, tested.results, strict=True):
        row |= {"lowest": result.low, "highest": result.high}
    verdict = tested.verdict
    return {
        "class": tested.limits.name,
        "energy": tested.limits.energy,
        "verdict": verdict.words,
        "seen": verdict.seen._asdict(),
        "recalled": verdict.recalled._asdict(),
        "incomplete": verdict.incomplete,
        "findings": findings,
        "points": [
            {"seed": seed, "point": str(task), "error_percent": seen.value, "evidence": seen.evidence}
            for seed, observations in enumerate(tested.specimens, 1)
            for task, seen in observations.items()
            if isinstance(task, Point)
        ],
    }
