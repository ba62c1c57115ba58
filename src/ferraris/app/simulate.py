"""`ferraris simulate`: play a scenario on a platform, print its transcript, judge its expectations."""

import json
from pathlib import Path
from typing import Any

import click

from ferraris.app.show import Progress, UserError, check_target, write_report
from ferraris.app.simulate_report import simulate_page
from ferraris.bench.scenario import load as scenarios
from ferraris.bench.scenario.models import ExpectTable
from ferraris.bench.scenario.run import Outcome, run
from ferraris.bench.scenario.transcript import shown
from ferraris.bench.scenario.zone import written
from ferraris.hardware.platform.load import load
from ferraris.units import DURATION, UnitError, parse

JOULES_PER_WH = 3600.0


def simulate(
    platform_path: Path,
    scenario_path: Path,
    *,
    until: str | None,
    seed: int | None,
    fidelity: Any,  # noqa: ANN401 - one of the literals that click let through
    as_json: bool,
    report: Path | None,
) -> int:
    """Play a scenario; returns the exit code: 0 if all expectations hold, 1 if not. Raises what bad input raises."""
    check_target(report)
    platform, scenario = load(platform_path), scenarios.load(scenario_path)
    progress = Progress(scenario.heading.name)
    try:
        outcome = run(
            platform,
            scenario,
            name=scenario_path.name,
            seed=seed,
            fidelity=fidelity,
            until_s=_until_s(until),
            progress=progress,
        )
    finally:
        progress.close()
    if report is not None:
        write_report(report, simulate_page(outcome))
    click.echo(json.dumps(as_data(outcome), indent=2, ensure_ascii=False) if as_json else transcript(outcome))
    return 0 if outcome.holds else 1


def _until_s(text: str | None) -> float | None:
    if text is None:
        return None
    try:
        seconds = parse(text, DURATION)
    except UnitError as error:
        raise UserError(f"--until: {error}") from None
    if not 0.0 < seconds <= 3.2e9:
        raise UserError(f"--until: found {text!r}, expected more than nothing and at most 100 y")
    return seconds


def transcript(outcome: Outcome) -> str:
    """The transcript, and a verdict below it."""
    lines = [shown(outcome.timeline.zone, line) for line in outcome.lines]
    return "\n".join((*lines, "", verdict(outcome)))


def verdict(outcome: Outcome) -> str:
    """How many expectations hold."""
    count = len(outcome.findings)
    failed = sum(not finding.holds for _, finding in outcome.findings)
    left = _left_out(outcome)
    tail = f"; {left} lie behind the end and were not judged" if left else ""
    return f"{count - failed} of {count} expectations hold{tail}" if count else f"nothing was expected{tail}"


def _left_out(outcome: Outcome) -> int:
    """Expectations that an earlier end left out."""
    judged = sum(isinstance(entry.what, ExpectTable) for entry in outcome.timeline.entries)
    return len(outcome.scenario.expects) - judged


def as_data(outcome: Outcome) -> dict[str, Any]:
    """Everything of the transcript as plain data: times in local time with offset, energies in Wh."""
    made = outcome.timeline

    def local(at_ns: int) -> str:
        return written(made.zone, made.utc_ms(at_ns))

    return {
        "scenario": outcome.scenario.heading.name,
        "platform": outcome.platform.meter.name,
        "fidelity": outcome.fidelity,
        "seed": outcome.seed,
        "start": local(0),
        "end": local(made.end_ns),
        "holds": outcome.holds,
        "expectations": [
            {"at": local(at_ns), **finding._asdict()} for at_ns, finding in outcome.findings
        ],
        "lines": [
            {"at": written(made.zone, line.at_ms), "kind": line.kind, "text": line.text, "holds": line.holds}
            for line in outcome.lines
        ],
        "outages": [{"begin": local(one.begin_ns), "end": local(one.end_ns)} for one in outcome.outages],
        "rates": [{"at": local(each.at_ns), "rate": each.rate} for each in outcome.switches],
        "samples": [{"at": local(each.at_ns), **_sample(each)} for each in outcome.samples],
        "true_import_wh": outcome.flowed.imported_j / JOULES_PER_WH,
        "true_export_wh": outcome.flowed.exported_j / JOULES_PER_WH,
        "trace": outcome.trace,
    }  # fmt: skip


def _sample(sample: Any) -> dict[str, Any]:  # noqa: ANN401 - a Sample, whose fields are what is wanted
    return {name: value for name, value in sample._asdict().items() if name != "at_ns"}
