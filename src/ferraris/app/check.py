"""`ferraris check`: the design against the planning checklist."""

from pathlib import Path

import click

from ferraris.app.show import Progress


def check_platform(path: Path, *, as_json: bool) -> int:
    """Print the findings of a platform file; 1 if any of them fails, else 0."""
    from ferraris.hardware.platform.load import load
    from ferraris.verify.checklist import TITLES, check
    from ferraris.verify.render import as_json as json_text
    from ferraris.verify.render import as_table

    platform = load(path)
    progress = Progress(f"checking {path.name}")
    try:
        outcomes = check(platform, lambda label, done, count: progress(done / count, label))
    finally:
        progress.close()
    click.echo(json_text(outcomes) if as_json else as_table(outcomes, TITLES))
    return int(any(outcome.verdict == "fail" for outcome in outcomes))
