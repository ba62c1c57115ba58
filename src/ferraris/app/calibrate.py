"""`ferraris calibrate`: one specimen through the production line: its points, its constants, its residual curve."""

import json
from pathlib import Path
from typing import Any

import click
import numpy as np

from ferraris.app.report.page import Section, page, paragraph, table
from ferraris.app.report.plots import Series, error_curve
from ferraris.app.show import UserError, check_target, write_file, write_report
from ferraris.hardware.chain import calibrate as exact
from ferraris.hardware.chain import fir
from ferraris.hardware.chain.chain import Calibration
from ferraris.hardware.chain.constants import board, encode
from ferraris.hardware.chain.production import LINE, Line, Residual, calibrate, residual
from ferraris.hardware.chain.specimen import REFERENCE_C, Seed, Specimen, element_names, manufacture
from ferraris.hardware.platform.load import load
from ferraris.hardware.platform.models import Platform
from ferraris.units import DURATION, SHARE, TEMPERATURE, UnitError, parse
from ferraris.verify.limits import of_class
from ferraris.verify.rows import span_a

LEAST_WARMING_K = 10.0
"""Least step to the second temperature of a line: over less, its own errors would pass for drift."""

HEADINGS = ["current, A", "PF", "before, %", "after, %"]


def show_calibration(
    path: Path,
    *,
    seed: int,
    reference: str | None,
    point: str | None,
    warm: str | None,
    out: Path | None,
    report: Path | None,
    as_json: bool,
) -> None:
    """Print what the line does to the specimen drawn from `seed`; raises what bad input raises."""
    check_target(out)
    check_target(report)
    platform = load(path)
    line = _line(platform, reference, point, warm)
    specimen = manufacture(platform, Seed(seed))
    constants = calibrate(platform, specimen, Seed(seed), line)
    curve = residual(platform, specimen, constants)
    whole = encode(constants, specimen)
    if out is not None:
        write_file(out, whole)
    if report is not None:
        write_report(report, _page(platform, seed, line, specimen, constants, curve))
    document = _document(platform, seed, line, constants, curve, whole)
    document["notes"] = notes(platform, specimen, constants, curve)
    click.echo(
        json.dumps(document, indent=2)
        if as_json
        else _text(platform, seed, line, specimen, constants, curve, len(whole))
    )
    if outside(platform, curve):
        raise SystemExit(1)


def _line(platform: Platform, reference: str | None, point: str | None, warm: str | None) -> Line:
    try:
        share = LINE.power_share if reference is None else parse(reference, SHARE)
        seconds = LINE.point_s if point is None else parse(point, DURATION)
        warm_c = None if warm is None else parse(warm, TEMPERATURE)
    except UnitError as error:
        raise UserError(str(error)) from error
    if not (0.0 <= share <= 0.1 and seconds > 0.0):
        raise UserError("--reference and --point: expected a share of at most 10 % and a duration above 0 s")
    if warm_c is not None:
        _check_warm(platform, warm_c)
    return Line(power_share=share, voltage_share=share, point_s=seconds, warm_c=warm_c)


def _check_warm(platform: Platform, warm_c: float) -> None:
    low, high = platform.meter.temperature
    if not low <= warm_c <= high or abs(warm_c - REFERENCE_C) < LEAST_WARMING_K:
        raise UserError(
            f"--warm: found {warm_c:g} °C, expected a temperature of the operating range, {low:g} to {high:g} °C, "
            f"at least {LEAST_WARMING_K:g} K from {REFERENCE_C:g} °C"
        )


def at_end(platform: Platform, specimen: Specimen, constants: Calibration) -> list[str]:
    """Names of the channels whose phase correction has no way left."""
    ends = fir.at_end(constants.delay_ticks)
    return [name for name, end in zip(_channels(platform, specimen), ends, strict=True) if end]


def outside(platform: Platform, curve: list[Residual]) -> list[str]:
    """One line for each class that the platform claims and the calibrated meter misses, with its worst point."""
    found = []
    for name in platform.meter.classes:
        over = [
            (abs(each.after_percent) - limit, each, limit) for each in curve if (limit := _limit(platform, name, each))
        ]
        miss, each, limit = max(over, default=(0.0, None, 0.0), key=lambda one: one[0])
        if each is not None and miss > 0.0:
            found.append(
                f"outside class {name}: {each.after_percent:+.4f} % at {each.current_a:.4g} A, PF {each.factor}, "
                f"allowed ±{limit:g} %"
            )
    return found


def _limit(platform: Platform, name: str, at: Residual) -> float | None:
    """Limit of a class on a balanced load at reference conditions, %; None where its table says nothing."""
    table = of_class(name, platform.meter.connection)
    for where, limit in table.loads if table else ():
        low, high = span_a(where, platform.meter)
        if (
            where.factor == at.factor
            and not where.single_phase
            and low <= at.current_a * (1.0 + 1e-9)
            and (at.current_a * (1.0 - 1e-9) <= high if where.closed else at.current_a * (1.0 + 1e-9) < high)
        ):
            return limit.value
    return None


def notes(platform: Platform, specimen: Specimen, constants: Calibration, curve: list[Residual]) -> list[str]:
    """What the user has to know about this meter: corrections that ran out, classes that are missed."""
    stuck = [f"phase correction at its end: {name}" for name in at_end(platform, specimen, constants)]
    return stuck + outside(platform, curve)


def points(platform: Platform, line: Line) -> list[tuple[str, str]]:
    """What the line does, step by step."""
    meter = platform.meter
    un, current, low = meter.un_v, meter.current.ref_a, meter.current.min_a
    found = [
        ("gain", f"{un:g} V, {current:g} A, PF 1: voltage from RMS, current from power"),
        ("phase", f"{un:g} V, {current:g} A, PF 0.5 inductive: delay of the current channels"),
        ("offset", f"{un:g} V, {low:g} A, PF 1 and 90°: what is read too much"),
    ]
    if line.warm_c is not None:
        found.append(("temperature", f"{un:g} V, {current:g} A, PF 1 again at {line.warm_c:g} °C: drift per kelvin"))
    return found


def described(line: Line) -> str:
    """The line in one sentence."""
    return (
        f"reference {1e2 * line.power_share:g} % and {1e6 * line.phase_rad:g} µrad, {line.point_s:g} s for each point, "
        f"23 °C ± {line.air_k:g} K"
    )


def _channels(platform: Platform, specimen: Specimen) -> list[str]:
    names = element_names(platform.elements)
    return [f"U {n}" for n in names] + [f"I {n}" for n in names] + ["I N"] * specimen.neutral


def _rows(platform: Platform, specimen: Specimen, constants: Calibration) -> list[tuple[str, float, float, float]]:
    """Channel, volts or amperes per code, delay in us, correction in ppm/K."""
    drift = np.broadcast_to(1e6 * constants.drift_per_k, constants.per_code.shape)
    delay = constants.delay_ticks * 125.0
    rows = zip(_channels(platform, specimen), constants.per_code, delay, drift, strict=True)
    return [(name, float(gain), float(late), float(ppm)) for name, gain, late, ppm in rows]


def _text(
    platform: Platform,
    seed: int,
    line: Line,
    specimen: Specimen,
    constants: Calibration,
    curve: list[Residual],
    size: int,
) -> str:
    lines = [f"{platform.meter.name}, specimen {seed}, front end {board(specimen):08x}", f"line: {described(line)}", ""]
    lines += [f"  {name:<12}{what}" for name, what in points(platform, line)]
    lines += ["", f"  {'channel':<10}{'V or A per code':>18}{'delay, us':>12}{'ppm/K':>10}"]
    rows = _rows(platform, specimen, constants)
    lines += [f"  {name:<10}{gain:>18.9g}{late:>12.3f}{ppm:>10.2f}" for name, gain, late, ppm in rows]
    names = element_names(platform.elements)
    offsets = zip(names, constants.active_w, constants.reactive_var, strict=True)
    lines += [f"  offset {name:<3}{watts:>+18.6f} W{var:>+12.6f} var" for name, watts, var in offsets]
    lines += [f"  {size} bytes with version and checksum", ""]
    lines.append("  " + "".join(f"{heading:>13}" for heading in HEADINGS))
    lines += [
        f"  {each.current_a:>13.4g}{each.factor:>13}{each.before_percent:>+13.4f}{each.after_percent:>+13.4f}"
        for each in curve
    ]
    worst = max(curve, key=lambda each: abs(each.after_percent))
    lines += ["", f"  largest left: {worst.after_percent:+.4f} % at {worst.current_a:.4g} A, PF {worst.factor}"]
    lines += [f"  {note}" for note in notes(platform, specimen, constants, curve)]
    return "\n".join(lines)


def _document(
    platform: Platform, seed: int, line: Line, constants: Calibration, curve: list[Residual], whole: bytes
) -> dict[str, Any]:
    return {
        "platform": platform.meter.name,
        "seed": seed,
        "line": vars(line),
        "points": [{"name": name, "what": what} for name, what in points(platform, line)],
        "constants": {name: np.asarray(value).tolist() for name, value in vars(constants).items()},
        "bytes": whole.hex(),
        "residual": [each._asdict() for each in curve],
    }


def _page(
    platform: Platform, seed: int, line: Line, specimen: Specimen, constants: Calibration, curve: list[Residual]
) -> str:
    factors = dict.fromkeys(each.factor for each in curve)
    left = [
        Series(
            f"PF {factor}",
            [each.current_a for each in curve if each.factor == factor],
            [each.after_percent for each in curve if each.factor == factor],
            "marked",
        )
        for factor in factors
    ]
    rows = [(f"{each.current_a:.4g}", each.factor, each.before_percent, each.after_percent) for each in curve]
    sections = [
        Section("The line", [paragraph(described(line)), table(["point", "what"], points(platform, line))]),
        Section("Residual error", [error_curve("Error left after calibration", left, []), table(HEADINGS, rows)]),
        Section(
            "Constants",
            [table(["channel", "V or A per code", "delay, us", "ppm/K"], _rows(platform, specimen, constants))],
        ),
    ]
    summary = f"Specimen {seed}, front end {board(specimen):08x}, at {exact.REFERENCE.air_c:g} °C. "
    summary += "; ".join(notes(platform, specimen, constants, curve))
    return page(f"Calibration of {platform.meter.name}", sections, summary=summary)
