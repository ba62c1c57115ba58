"""`ferraris check`: the design against the planning checklist."""

from pathlib import Path

import click

from ferraris.app.show import Progress
from ferraris.hardware.platform.models import Platform


def check_platform(path: Path, *, as_json: bool) -> int:
    """Print the findings of a platform file; 1 if any of them fails, else 0."""
    from ferraris.hardware.platform.load import load

    text, failed = judge(load(path), path.name, as_json=as_json)
    click.echo(text)
    return int(failed)


def judge(platform: Platform, label: str, *, as_json: bool = False) -> tuple[str, bool]:
    """The findings as text, and whether any of them fails; shows progress on a terminal."""
    from ferraris.verify.checklist import TITLES, check
    from ferraris.verify.render import as_json as json_text
    from ferraris.verify.render import as_table

    progress = Progress(f"checking {label}")
    try:
        outcomes = check(platform, lambda item, done, count: progress(done / count, item))
    finally:
        progress.close()
    failed = any(outcome.verdict == "fail" for outcome in outcomes)
    return json_text(outcomes) if as_json else as_table(outcomes, TITLES), failed
