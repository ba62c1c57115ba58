"""The command line: one verb, one function. Nothing heavy is imported before a verb needs it, so that --help is quick.

Exit codes: 0 done; 1 a design check, a type test or an expectation failed; 2 wrong input or usage (one line on
standard error says what and where); 130 stopped by Ctrl-C.
"""

import sys
from collections.abc import Callable
from functools import wraps
from math import isfinite
from pathlib import Path
from typing import Any

import click

from ferraris import __version__


class Finite(click.FloatRange):
    """A range of numbers that "nan" does not slip through: it compares as neither too small nor too large."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:  # noqa: ANN401
        """Return the number, or fail as click does."""
        number = float(super().convert(value, param, ctx))
        if not isfinite(number):
            self.fail(f"{value!r} is not a finite number", param, ctx)
        return number


PLATFORM = click.argument("platform", type=click.Path(path_type=Path))
REPORT = click.option(
    "--report", type=click.Path(path_type=Path), default=None, help="Also write one self-contained HTML page."
)
JSON = click.option("--json", "as_json", is_flag=True, help="Print one JSON document instead of text.")
MAP = click.option(
    "--map",
    "channel_map",
    metavar="U1=NAME,...",
    help="Which channel of the recording feeds which terminal (name or number).",
)
SCALE = click.option(
    "--scale",
    metavar="U=FACTOR,...",
    help="Bring the recording to the meter's terminals: factors (U=0.1) or ratios to divide by (U=2400/230,I=800/5).",
)

HOLD = click.option(
    "--hold",
    "hold_s",
    type=Finite(0.02, 86400.0),
    default=None,
    help="Seconds each cycle of a file of single cycles is held.",
)


class WrongInputError(click.ClickException):
    """Something the user gave cannot be used; shown as one line, exit code 2."""

    exit_code = 2

    def show(self, file: Any = None) -> None:  # noqa: ANN401 - click's own signature
        """Write the line to standard error."""
        click.echo(f"ferraris: {self.format_message()}", err=True, file=file)


def forgiving(command: Callable[..., None]) -> Callable[..., None]:
    """Turn the errors that bad input raises into one clear line; anything else is a defect and keeps its traceback."""

    @wraps(command)
    def run(*arguments: Any, **options: Any) -> None:  # noqa: ANN401
        from ferraris.app.errors import expected_errors

        try:
            command(*arguments, **options)
        except expected_errors() as error:
            raise WrongInputError(str(error)) from error

    return run


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="ferraris")
def main() -> None:
    """A smart electricity meter as software.

    Describe a meter in one TOML file; check the design by simulating its hardware, measure recordings with it, and run
    it as a live meter that DLMS/COSEM clients read.
    """


@main.command()
@PLATFORM
@JSON
@forgiving
def check(platform: Path, as_json: bool) -> None:
    """Judge PLATFORM against the planning checklist; exit 1 when something fails."""
    from ferraris.app.check import check_platform

    sys.exit(check_platform(platform, as_json=as_json))


@main.command()
@PLATFORM
@click.argument("recording", type=click.Path(path_type=Path))
@MAP
@SCALE
@HOLD
@click.option(
    "--seconds",
    type=Finite(1.0, 86400.0),
    default=None,
    help="Length of the measurement (default: at least 20 s, whole loops).",
)
@click.option(
    "--seed",
    type=click.IntRange(0),
    default=None,
    help="Measure with a specimen drawn from this seed instead of a nominal one.",
)
@click.option(
    "--fidelity",
    type=click.Choice(["sampled", "bitstream"]),
    default="sampled",
    show_default=True,
    help="Sample by sample, or every bit of the modulators.",
)
@click.option(
    "--at",
    "at_s",
    type=Finite(0.0, 86400.0),
    default=0.0,
    show_default=True,
    help="Second of the measurement at which the 3 s begin whose quantities are shown.",
)
@REPORT
@JSON
@forgiving
def measure(platform: Path, recording: Path, **options: Any) -> None:  # noqa: ANN401
    """Show what PLATFORM reads from RECORDING beside the truth, every quantity it measures, and its wiring."""
    from ferraris.app.measure import measure_recording

    measure_recording(platform, recording, **options)


@main.command()
@PLATFORM
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=4059,
    show_default=True,
    help="TCP port on 127.0.0.1; 0 takes a free one.",
)
@click.option(
    "--rate",
    type=Finite(0.01, 10000.0),
    default=1.0,
    show_default=True,
    help="How much faster than the computer's clock the meter's time runs.",
)
@click.option(
    "--nvm",
    type=click.Path(path_type=Path),
    default=None,
    help="The meter's memory (default: PLATFORM's name with .nvm, in this folder); a restart continues from it.",
)
@click.option(
    "--seed",
    type=click.IntRange(0),
    default=0,
    show_default=True,
    help="Seed of the specimen's tolerances and of its noise.",
)
@click.option(
    "--load",
    type=click.Path(path_type=Path),
    default=None,
    help="Recording to play at the terminals (default: a household of three loads).",
)
@MAP
@SCALE
@HOLD
@click.option(
    "--fidelity",
    type=click.Choice(["sampled", "bitstream", "phasor"]),
    default="sampled",
    show_default=True,
    help="Sample by sample, every bit of the modulators, or closed form (light).",
)
@click.option("--no-check", is_flag=True, help="Start at once, without the design check.")
@forgiving
def run(platform: Path, **options: Any) -> None:  # noqa: ANN401
    """Run PLATFORM as a live meter that DLMS/COSEM clients can read; Ctrl-C ends it with nothing lost."""
    from ferraris.app.run import run_platform

    sys.exit(run_platform(platform, **options))


@main.command()
@PLATFORM
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True, help="Which specimen.")
@click.option("--reference", metavar="SHARE", help='Tolerance of the line\'s reference, as "0.02 %".')
@click.option("--point", metavar="TIME", help='Time for each point, as "10 s".')
@click.option("--warm", metavar="TEMPERATURE", help='Find temperature constants in a second pass at "55 degC".')
@click.option("--out", type=click.Path(path_type=Path), help="Write the constants as the meter stores them.")
@REPORT
@JSON
@forgiving
def calibrate(platform: Path, **options: Any) -> None:  # noqa: ANN401
    """Calibrate a specimen of PLATFORM as a production line does; show points, constants and what error is left."""
    from ferraris.app.calibrate import show_calibration

    show_calibration(platform, **options)


@main.command()
@PLATFORM
@click.option("--current", metavar="CURRENT", help='Load current, as "5 A" (default: Iref).')
@click.option("--pf", "factor", default="1", show_default=True, help='Power factor: "1", "0.5i" or "0.8c".')
@click.option("--air", metavar="TEMPERATURE", help='Air around the meter, as "55 degC" (default: 23 degC).')
@click.option("--class", "class_name", metavar="CLASS", help="Accuracy class (default: the first PLATFORM claims).")
@click.option(
    "--specimens",
    type=click.IntRange(0, 100_000),
    default=10_000,
    show_default=True,
    help="Meters drawn for the yield; 0 leaves it out.",
)
@click.option("--seed", type=click.IntRange(0), default=1, show_default=True, help="Names the drawn meters.")
@REPORT
@JSON
@forgiving
def budget(platform: Path, **options: Any) -> None:  # noqa: ANN401
    """Show what each tolerance of PLATFORM contributes to its error at one load, and what a line will yield."""
    from ferraris.app.budget import show_budget

    show_budget(platform, **options)


@main.command()
@PLATFORM
@click.argument("case", type=click.Path(path_type=Path))
@click.option("--out", type=click.Path(path_type=Path), required=True, help="Folder to write: new, or empty.")
@click.option(
    "--seconds",
    type=Finite(1.0, 3600.0),
    default=10.0,
    show_default=True,
    help="Length of the codes after one second of settling.",
)
@click.option(
    "--seed", type=click.IntRange(0), default=None, help="A specimen drawn from this seed, not a nominal one."
)
@click.option(
    "--fidelity",
    type=click.Choice(["sampled", "bitstream"]),
    default="bitstream",
    show_default=True,
    help="Codes from a behavioural converter, or from every bit of the modulators.",
)
@click.option("--noise/--no-noise", default=True, show_default=True, help="The converter's noise.")
@forgiving
def vectors(platform: Path, case: Path, out: Path, **options: Any) -> None:  # noqa: ANN401
    """Write converter codes of CASE as PLATFORM makes them, with the expected energies, to test other firmware."""
    from ferraris.app.vectors import write_vectors

    write_vectors(platform, case, out, **options)


@main.command()
@PLATFORM
@click.option(
    "--class",
    "classes",
    multiple=True,
    help="Class of active energy: 0.2S 0.5S 0.5 1 2 A B C D; may be repeated (default: those the platform claims).",
)
@click.option("--reactive", multiple=True, help="Class of reactive energy to test as well: 0.5S 1S 1 2 3.")
@click.option(
    "--fidelity",
    type=click.Choice(["phasor", "sampled", "bitstream"]),
    default="sampled",
    show_default=True,
    help="How the meter is simulated.",
)
@click.option(
    "--seeds", type=click.IntRange(1), default=1, show_default=True, help="Specimens to test, drawn from seeds 1 to N."
)
@click.option("--report", type=click.Path(path_type=Path), default=None, help="Write an HTML report to this file.")
@JSON
@forgiving
def typetest(platform: Path, **options: Any) -> None:  # noqa: ANN401
    """Type-test PLATFORM as a laboratory does, row by row against its class; exit 1 when a row fails."""
    from ferraris.app.typetest import type_test

    sys.exit(type_test(platform, **options))


@main.command()
@PLATFORM
@click.option("--year", type=click.IntRange(1970, 2200), default=None, help="Which year (default: this one).")
@REPORT
@JSON
@forgiving
def tariff(platform: Path, **options: Any) -> None:  # noqa: ANN401
    """Show the calendar of PLATFORM's tariff: rates by day and hour, hours of each in a year, days of 23 and 25 h."""
    from ferraris.app.tariff import show_tariff

    show_tariff(platform, **options)


@main.command()
@PLATFORM
@click.argument("scenario", type=click.Path(path_type=Path))
@click.option("--until", metavar="TIME", help='End so long after the start, as "1y" (default: as the scenario says).')
@click.option("--seed", type=click.IntRange(0), help="Names specimen, noise and wandering loads (default: nominal).")
@click.option(
    "--fidelity",
    type=click.Choice(["phasor", "sampled"]),
    default="phasor",
    show_default=True,
    help="Closed form (years), or sample by sample (minutes).",
)
@REPORT
@JSON
@forgiving
def simulate(platform: Path, scenario: Path, **options: Any) -> None:  # noqa: ANN401
    """Play SCENARIO on PLATFORM: outages, loads, commands, and what the meter must show; exit 1 when it does not."""
    from ferraris.app.simulate import simulate as play

    sys.exit(play(platform, scenario, **options))


@main.command()
@click.argument("requirements", type=click.Path(path_type=Path))
@REPORT
@JSON
@forgiving
def plan(requirements: Path, **options: Any) -> None:  # noqa: ANN401
    """Decide what meter a site needs: how many phases, which class, which current sensor, each with its numbers."""
    from ferraris.app.plan import show_plan

    show_plan(requirements, **options)


@main.command()
@click.argument("name")
@click.option("--force", is_flag=True, help="Overwrite an existing file.")
@forgiving
def new(name: str, force: bool) -> None:
    """Write NAME.toml, a commented platform file to start from."""
    from ferraris.app.new import write_new

    write_new(name, force=force)


@main.command()
@forgiving
def schema() -> None:
    """Print the JSON schema of a platform file, for editors."""
    import json

    from ferraris.hardware.platform.schema import schema as platform_schema

    click.echo(json.dumps(platform_schema(), indent=2, ensure_ascii=False))


if __name__ == "__main__":
    main()
