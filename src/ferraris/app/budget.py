"""`ferraris budget`: what each tolerance contributes to the error at one load, and what a line will yield."""

import json
from pathlib import Path
from typing import Any

import click

from ferraris.app.report.bars import Bar, ranked_bars
from ferraris.app.report.page import Section, page, paragraph, table
from ferraris.app.show import Progress, UserError, check_target, write_report
from ferraris.hardware.chain.specimen import REFERENCE_C
from ferraris.hardware.platform.load import load
from ferraris.hardware.platform.models import Platform
from ferraris.units import CURRENT, TEMPERATURE, UnitError, parse
from ferraris.verify.accuracy import Condition, Yield
from ferraris.verify.budget import Budget, Fault, Run, budget, yields
from ferraris.verify.limits import CLASSES, ClassLimits, of_class, phase_deg
from ferraris.verify.render import number

SHOWN = 12
"""Contributions printed; the JSON document has all of them."""
NEGLIGIBLE = 1e-6
"""A contribution of less than this, %, is not shown."""


def show_budget(
    path: Path,
    *,
    current: str | None,
    factor: str,
    air: str | None,
    class_name: str | None,
    specimens: int,
    seed: int,
    report: Path | None,
    as_json: bool,
) -> None:
    """Print the budget and the yield of a platform file; raises what bad input raises."""
    check_target(report)
    platform = load(path)
    limits = _limits(platform, class_name)
    found = budget(platform, _condition(platform, current, factor, air), limits)
    run = _run(platform, limits, specimens, seed) if specimens else None
    if report is not None:
        write_report(report, as_page(platform, limits, found, run))
    text = json.dumps(as_document(platform, limits, found, run), indent=2, ensure_ascii=False)
    click.echo(text if as_json else as_text(platform, limits, found, run))


def _limits(platform: Platform, name: str | None) -> ClassLimits:
    """The class asked for, or the first the platform claims."""
    wanted = name or platform.meter.classes[0]
    limits = of_class(wanted, platform.meter.connection)
    if limits is None:
        raise UserError(f"--class: found {wanted!r}, expected one of {', '.join(CLASSES)}")
    return limits


def _condition(platform: Platform, current: str | None, factor: str, air: str | None) -> Condition:
    meter = platform.meter
    try:
        amperes = meter.current.ref_a if current is None else parse(current, CURRENT)
        air_c = REFERENCE_C if air is None else parse(air, TEMPERATURE)
    except UnitError as error:
        raise UserError(str(error)) from error
    if not 0.0 < amperes <= meter.current.max_a:
        raise UserError(f"--current: found {current!r}, expected more than 0 A and at most {meter.current.max_a:g} A")
    low, high = meter.temperature
    if not low <= air_c <= high:
        raise UserError(f"--air: found {air!r}, expected {low:g} to {high:g} degC, the meter's operating range")
    return Condition(amperes, checked_factor(factor), air_c=air_c)


def checked_factor(factor: str) -> str:
    """A power factor as the tables write it: "1", "0.5i", "0.8c"."""
    sense = factor[-1:] if factor[-1:] in {"i", "c"} else ""
    try:
        value = float(factor.removesuffix(sense))
    except ValueError:
        value = 0.0
    if not 0.0 < value <= 1.0 or (value < 1.0 and not sense):
        raise UserError(f'--pf: found {factor!r}, expected "1", "0.5i" (inductive) or "0.8c" (capacitive)')
    return f"{value:g}{sense}" if value < 1.0 else "1"


def _run(platform: Platform, limits: ClassLimits, specimens: int, seed: int) -> Run | None:
    progress = Progress("building")
    try:
        return yields(platform, limits, specimens, seed, progress)
    finally:
        progress.close()


# ------------------------------------------------------------------------------------------------ text


def as_text(platform: Platform, limits: ClassLimits, found: Budget, run: Run | None) -> str:
    """The ranking with bars of characters, the sums, the margin and the yield."""
    shares = [share for share in found.shares if share.size > NEGLIGIBLE]
    longest = max((share.size for share in shares), default=1.0)
    lines = [f"{platform.meter.name}, class {limits.name}, {_load(platform, found.condition)}", ""]
    lines += [
        f"  {share.name:<32}{number(share.size, 3):>9} %  {'#' * max(round(40 * share.size / longest), 1)}"
        for share in shares[:SHOWN]
    ]
    if len(shares) > SHOWN:
        lines.append(f"  and {len(shares) - SHOWN} smaller ones")
    lines += ["", *(f"  {name:<32}{value:>9} %" for name, value in _sums(found)), *_limit_lines(found)]
    return "\n".join([*lines, "", *yield_lines(limits, run)])


def _load(platform: Platform, condition: Condition) -> str:
    return f"{condition} ({phase_deg(condition.factor):+.1f}° at {platform.meter.un_v:g} V)"


def _sums(found: Budget) -> list[tuple[str, str]]:
    return [
        ("nominal error", number(found.nominal, 3)),
        ("root sum square (3 sigma)", number(found.root_sum_square, 3)),
        ("nominal and root sum square", number(found.expected, 3)),
        ("worst corner of all", number(found.worst, 3)),
    ]


def _limit_lines(found: Budget) -> list[str]:
    if found.limit is None:
        return ["  the class says nothing at this load"]
    basis = "" if found.limit.basis != "recalled" else " (recalled)"
    margins = [f"{number(found.margin(used) or 0.0, 3)} %" for used in (found.expected, found.worst)]
    return [
        f"  {'limit' + basis:<32}{number(found.limit.value, 4):>9} %  {found.limit.source}",
        f"  margin {margins[0]} over the root sum square, {margins[1]} over the worst corner",
    ]


def _percent(good: Yield) -> str:
    interval = f"95 % interval {100 * good.low:.2f} to {100 * good.high:.2f} %, Wilson"
    return f"{100 * good.good / good.of:.2f} % ({interval})"


def yield_lines(limits: ClassLimits, run: Run | None) -> list[str]:
    """The yield in words, with the tolerance that costs most of it."""
    if run is None:
        return [f"no yield: no meters drawn, or no row of class {limits.name} lies between Imin and Imax"]
    good = run.passed
    lines = [
        f"yield of class {run.name}: {good.good} of {good.of} drawn meters keep every row, {_percent(good)}",
        f"tightest: {100 * run.use:.0f} % of the limit of {run.tightest.limit.value:g} % at {run.tightest.condition}",
    ]
    if run.fault is not None:
        case = run.fault.case
        error = f"{number(run.fault.error_percent, 3)} % where {case.limit.value:g} % is allowed"
        return [*lines, f"the nominal meter itself fails, at {case.condition}: {error}; no tolerance is to blame"]
    costly = [cost for cost in run.costs if cost.share > 0.0][:3]
    if costly:
        lines.append(f"{costly[0].name} costs most: {100 * costly[0].share:.2f} % of the meters would pass without it")
        lines += [f"  then {cost.name}, {100 * cost.share:.2f} %" for cost in costly[1:]]
    else:
        lines.append("no tolerance costs any yield")
    return lines


# ------------------------------------------------------------------------------------------------ JSON and HTML


def as_document(platform: Platform, limits: ClassLimits, found: Budget, run: Run | None) -> dict[str, Any]:
    """Everything as one JSON object; errors in %."""
    limit = found.limit
    document: dict[str, Any] = {
        "platform": platform.meter.name,
        "class": limits.name,
        "condition": found.condition._asdict(),
        "nominal": found.nominal,
        "contributions": [share._asdict() | {"size": share.size} for share in found.shares],
        "root_sum_square": found.root_sum_square,
        "worst": found.worst,
        "limit": None if limit is None else limit._asdict(),
        "margin": {"expected": found.margin(found.expected), "worst": found.margin(found.worst)},
        "yield": None,
    }
    if run is not None:
        document["yield"] = {
            **run.passed._asdict(),
            "confidence": 0.95,
            "costs": [cost._asdict() for cost in run.costs],
            "nominal_fails_at": None if run.fault is None else _fault_document(run.fault),
            "tightest": {"condition": run.tightest.condition._asdict(), "use": run.use},
        }
    return document


def _fault_document(fault: Fault) -> dict[str, Any]:
    case = fault.case
    return {"condition": case.condition._asdict(), "error": fault.error_percent, "limit": case.limit.value}


def as_page(platform: Platform, limits: ClassLimits, found: Budget, run: Run | None) -> str:
    """One self-contained HTML page."""
    bars = [Bar(share.name, share.size) for share in found.shares if share.size > NEGLIGIBLE]
    limit = None if found.limit is None else (f"limit of class {limits.name}", found.limit.value)
    chart = ranked_bars("Contribution of each tolerance alone", "%", bars)
    sums = [Bar(name, abs(float(value))) for name, value in _sums(found)]
    together = ranked_bars("All of them together, against the class", "%", sums, limit=limit)
    rows = [(share.name, share.low_percent, share.high_percent) for share in found.shares if share.size > NEGLIGIBLE]
    sections = [
        Section("Budget", [chart, together, *(paragraph(line.strip()) for line in _limit_lines(found))]),
        Section("Yield", [paragraph(line) for line in yield_lines(limits, run)] + _cost_chart(run)),
        Section("Every tolerance", [table(["tolerance", "at its lower end, %", "at its upper end, %"], rows)]),
    ]
    summary = f"Class {limits.name} at {_load(platform, found.condition)}."
    return page(f"Error budget of {platform.meter.name}", sections, summary=summary)


def _cost_chart(run: Run | None) -> list[str]:
    costs = [Bar(cost.name, 100.0 * cost.share) for cost in run.costs if cost.share > 0.0] if run else []
    return [ranked_bars("Yield each tolerance costs", "%", costs)] if costs else []
