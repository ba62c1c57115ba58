"""The report of a type test: error curves inside their limits, and a table for every kind of row; one HTML file."""

from collections.abc import Iterator, Sequence
from itertools import groupby

from ferraris.app.report.page import Cell, Marked, Section, bullets, page, pair, paragraph, table
from ferraris.app.report.plots import Limit as Band
from ferraris.app.report.plots import Series, error_curve
from ferraris.app.typetest import Tested
from ferraris.hardware.chain.chain import Fidelity
from ferraris.hardware.platform.models import Platform
from ferraris.verify import rows
from ferraris.verify.finding import Finding, Outcome
from ferraris.verify.render import number
from ferraris.verify.typetest.judge import Result
from ferraris.verify.typetest.plan import TITLES
from ferraris.verify.typetest.points import Point

MARKS = {"pass": "pass", "fail": "fail", "incomplete": "warn", "not applicable": "quiet"}
SIGNS = {"pass": "✓ pass", "fail": "✗ fail", "incomplete": "? no model", "not applicable": "– not applicable"}


def page_of(platform: Platform, tested: Sequence[Tested], fidelity: Fidelity) -> str:
    """The whole document."""
    meter = platform.meter
    facts = {
        "meter": meter.name,
        "voltage": f"{meter.un_v:g} V",
        "current": f"{meter.current.min_a:g}-{meter.current.ref_a:g}({meter.current.max_a:g}) A, {meter.connection}",
        "constant": f"{meter.constant_imp_per_kwh:g} imp/kWh",
        "fidelity": fidelity,
        "specimens": str(len(tested[0].specimens)),
    }
    sections = [section for each in tested for section in _sections(platform, each)]
    summary = ". ".join(f"{each.title[0].upper()}{each.title[1:]}: {each.verdict}" for each in tested)
    return page(f"Type test of {meter.name}", sections, summary=f"{summary}.", facts=facts)


def _sections(platform: Platform, tested: Tested) -> Iterator[Section]:
    open_points = [_open(each.outcome) for each in tested.results if each.outcome.verdict in {"fail", "incomplete"}]
    if open_points:
        yield Section(f"{_upper(tested.title)}: what fails or could not be judged", [bullets(open_points)])
    yield Section(f"{_upper(tested.title)}: error curves", [*_curves(platform, tested)])
    yield Section(f"{_upper(tested.title)}: every row", [paragraph(str(tested.verdict)), *_tables(tested)])


def _open(outcome: Outcome) -> str:
    title = TITLES[outcome.item]
    if isinstance(outcome, Finding):
        return f"{title}, {outcome.quantity}: {number(outcome.measured)} {outcome.unit}. {outcome.evidence}"
    return f"{title}: {outcome.part}"


def _upper(words: str) -> str:
    return words[0].upper() + words[1:]


# ------------------------------------------------------------------------------------------------ curves


def _curves(platform: Platform, tested: Tested) -> Iterator[str]:
    """Balanced load and one element loaded, for each power factor: inside the limits, and on a scale of its own."""
    limits, meter = tested.limits, platform.meter
    for single in (False, True):
        loads = [
            each for each in limits.loads if each.where.single_phase is single and rows.applies(each.where, platform)
        ]
        for factor in dict.fromkeys(each.where.factor for each in loads):
            bands = [Band(*rows.span_a(w, meter), limit.value) for w, limit in loads if w.factor == factor]
            name = "PF" if limits.energy == "active" else "sin φ"
            title = f"{name} {factor}, {'one element loaded' if single else 'balanced load'}"
            series = _series(tested, factor, single=single)
            yield pair(error_curve(title, series, bands), error_curve(f"{title}, the errors alone", series, []))


def _series(tested: Tested, factor: str, *, single: bool) -> list[Series]:
    """Errors at reference conditions, the first specimen's name for name; of several, each direction of each."""
    found: dict[str, dict[float, float]] = {}
    for seed, observations in enumerate(tested.specimens, 1):
        for task, seen in observations.items():
            if (
                isinstance(task, Point)
                and task.factor == factor
                and _plain(task, tested)
                and single is (task.loaded is not None)
            ):
                way = "export" if task.export else "import"
                name = f"L{task.loaded + 1} {way}" if task.loaded is not None else way
                name = name if len(tested.specimens) == 1 else f"{name}, specimen {seed}"
                found.setdefault(name, {})[task.current_a] = seen.value
    curves = ((name, sorted(points.items())) for name, points in found.items())
    return [Series(name, [a for a, _ in points], [e for _, e in points], "marked") for name, points in curves]


def _plain(point: Point, tested: Tested) -> bool:
    """Whether nothing but the load distinguishes a point from reference conditions."""
    load = Point(point.current_a, point.factor, tested.limits.energy, point.export, point.loaded)
    return point == load


# ------------------------------------------------------------------------------------------------ tables


def _tables(tested: Tested) -> Iterator[str]:
    for kind, group in groupby(tested.results, key=lambda each: each.outcome.item):
        spread = len(tested.specimens) > 1
        headings = ["row", "measured", "limit", "margin", "verdict", "source of the limit"]
        headings = [*headings[:2], "over all specimens", *headings[2:]] if spread else headings
        yield table(headings, [_row(each, spread=spread) for each in group], caption=TITLES[kind])


def _row(result: Result, *, spread: bool) -> list[Cell]:
    outcome = result.outcome
    verdict = Marked(SIGNS[outcome.verdict], MARKS[outcome.verdict])
    if not isinstance(outcome, Finding):
        empty: list[Cell] = [""] * (4 if spread else 3)
        return [outcome.part, *empty, verdict, _why(outcome)]
    limit = outcome.limit
    basis = " (recalled)" if limit.basis == "recalled" else ""
    cells: list[Cell] = [outcome.quantity, _value(outcome.measured, outcome.unit)]
    if spread and result.low is not None and result.high is not None:
        cells.append(f"{number(result.low)} to {number(result.high)}")
    bound = f"{'≤' if limit.sense == 'max' else '≥'}\N{NO-BREAK SPACE}{_value(limit.value, outcome.unit)}"
    return [*cells, bound, number(outcome.margin, 3), verdict, f"{limit.source}{basis}"]


def _value(value: float, unit: str) -> str:
    """A number that stays in one line with its unit."""
    return f"{number(value)}\N{NO-BREAK SPACE}{unit}"


def _why(outcome: Outcome) -> str:
    return getattr(outcome, "reason", "")
