"""`ferraris plan`: the decisions of a planner for one site, with their numbers."""

import json
from pathlib import Path
from typing import Any

import click

from ferraris.app.report.bars import Bar, ranked_bars
from ferraris.app.report.page import Cell, Section, bullets, page, paragraph, table
from ferraris.app.show import check_target, write_report
from ferraris.hardware.platform.load import load as load_platform
from ferraris.plan.decision import Decision, Option
from ferraris.plan.decisions import decide
from ferraris.plan.requirements import Requirements, load
from ferraris.verify.render import number


def show_plan(path: Path, *, report: Path | None, as_json: bool) -> None:
    """Print the decisions for a requirements file; raises what bad input raises."""
    check_target(report)
    requirements = load(path)
    platform = load_platform(path.parent / requirements.design.platform)
    decisions = decide(platform, requirements)
    if report is not None:
        write_report(report, _page(requirements, decisions))
    document = [_document(decision) for decision in decisions]
    text = json.dumps({"site": requirements.site.name, "decisions": document}, indent=2, ensure_ascii=False)
    click.echo(text if as_json else _text(requirements, decisions))


def _text(requirements: Requirements, decisions: tuple[Decision, ...]) -> str:
    blocks = [f"{requirements.site.name}: {number(requirements.energy_kwh)} kWh a year"]
    return "\n\n".join([*blocks, *(_block(place, decision) for place, decision in enumerate(decisions, 1))])


def _block(place: int, decision: Decision) -> str:
    margin = decision.margin
    lines = [
        f"{place}. {decision.question} {decision.choice}",
        f"   why: {decision.because}",
        f"   margin: {number(margin.value)} {margin.unit} {margin.name} ({margin.source})",
        *(f"   {each.name}: {number(each.value)} {each.unit} ({each.source})" for each in decision.figures),
        *(f"   would change it: {change}" for change in decision.changes),
        f"   {'':<24}" + "".join(f"{heading:>34}" for heading in decision.headings[:1]) + _more(decision.headings[1:]),
    ]
    return "\n".join([*lines, *(_option(option) for option in decision.options)])


def _more(headings: tuple[str, ...]) -> str:
    return "".join(f"{heading:>16}" for heading in headings)


def _option(option: Option) -> str:
    first, *rest = ("-" if value is None else number(value) for value in option.values)
    cells = f"   {option.name:<24}{first:>34}" + "".join(f"{value:>16}" for value in rest)
    return "\n".join([cells, *(f"       but: {reason}" for reason in option.against)])


def _document(decision: Decision) -> dict[str, Any]:
    return {
        **decision._asdict(),
        "margin": decision.margin._asdict(),
        "figures": [each._asdict() for each in decision.figures],
        "options": [
            {"name": each.name, "against": each.against, **dict(zip(decision.headings, each.values, strict=True))}
            for each in decision.options
        ],
    }


def _page(requirements: Requirements, decisions: tuple[Decision, ...]) -> str:
    sections = [_section(place, decision) for place, decision in enumerate(decisions, 1)]
    summary = f"{number(requirements.energy_kwh)} kWh a year at {requirements.site.un_v:g} V."
    return page(f"Plan for {requirements.site.name}", sections, summary=summary)


def _section(place: int, decision: Decision) -> Section:
    margin = decision.margin
    rows = [(each.name, number(each.value), each.unit, each.source) for each in (margin, *decision.figures)]
    options: list[list[Cell]] = [[each.name, *each.values, "; ".join(each.against)] for each in decision.options]
    bars = [
        Bar(each.name, each.values[0], "warn" if each.against else "pass")
        for each in decision.options
        if each.values[0] is not None
    ]
    return Section(
        f"{place}. {decision.question} {decision.choice}",
        [
            paragraph(decision.because),
            table(["figure", "value", "unit", "from"], rows, caption=f"Margin: {margin.name}"),
            ranked_bars(decision.headings[0], "", bars),
            table(["option", *decision.headings, "against it"], options),
            paragraph("What would change the answer:"),
            bullets(decision.changes),
        ],
    )
