"""From rows and observations to findings, and from findings to the verdict on a class."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

import numpy as np

from ferraris.hardware.platform.models import Platform
from ferraris.verify import rows
from ferraris.verify.finding import Finding, Incomplete, NotApplicable, Outcome, judge
from ferraris.verify.limits import ClassLimits
from ferraris.verify.typetest import plan
from ferraris.verify.typetest.influences import influence_rows
from ferraris.verify.typetest.laboratory import Observation
from ferraris.verify.typetest.plan import AnyCase, Case, Composite, Entry, Row
from ferraris.verify.typetest.points import Point, Task

Observations: TypeAlias = Mapping[Task, Observation]

LOAD_KINDS = "load", "single-phase load", "composite"
"""Rows of load points: with none of them on a seen limit there is no plain pass."""


def entries(limits: ClassLimits, platform: Platform) -> list[Entry]:
    """Every row that a class asks of a platform, and what does not concern it, in the order of a report."""
    found: list[Entry] = [
        *plan.load_rows(limits, platform),
        *plan.difference_rows(limits, platform),
        *plan.starting_rows(limits, platform),
        *plan.no_load_rows(limits, platform),
        *plan.constant_rows(limits, platform),
        *plan.repeatability_rows(limits, platform),
        *plan.composite_rows(limits, platform),
        *influence_rows(limits, platform),
    ]
    order = list(plan.TITLES)
    return sorted(found, key=lambda entry: order.index(kind_of(entry)))


def kind_of(entry: Entry) -> str:
    """Kind of a row, or of what stands in its place."""
    return entry.kind if isinstance(entry, Row) else entry.item


def wanted(found: Iterable[Entry]) -> list[Task]:
    """Every task that the rows need, each once, in their order."""
    return list(dict.fromkeys(task for entry in found if isinstance(entry, Row) for task in plan.tasks(entry)))


# ------------------------------------------------------------------------------------------------ findings


def outcome(entry: Entry, seen: Observations) -> Outcome:
    """The finding of a row: the case that uses most of its limit."""
    if not isinstance(entry, Row):
        return entry
    values = [(value(case, seen), case) for case in entry.cases]
    measured, case = max(values, key=lambda each: _use(*each))
    return Finding(entry.kind, entry.name, measured, case.limit, entry.unit, _evidence(case, seen))


def _use(measured: float, case: AnyCase) -> float:
    """Part of the limit that is used up; of a least value the larger the less there is."""
    return measured / case.limit.value if case.limit.sense == "max" else case.limit.value - measured


def value(case: AnyCase, seen: Observations) -> float:
    """What is held against the limit."""
    match case:
        case Case(task=task, against=against):
            change = seen[task].value - (seen[against].value if against is not None else 0.0)
            return (change if case.signed else abs(change)) / case.per
        case Composite(case=inner):
            return float(rows.composite_of(lambda condition: np.asarray(seen[case.point(condition)].value), inner))


def _evidence(case: AnyCase, seen: Observations) -> str:
    match case:
        case Case(task=task, against=against):
            here = f"{seen[task].value:+.4f} at {_place(task)} ({seen[task].evidence})"
            return here if against is None else f"{here}; {seen[against].value:+.4f} at {against}"
        case Composite(case=inner):
            point = case.point(inner.condition)
            band = " and ".join(f"{air_c:g} °C" for air_c in inner.temperatures)
            changes = f"its changes at {band}, 0.9 and 1.1 Un, 0.98 and 1.02 fn"
            return f"intrinsic {seen[point].value:+.4f} at {point}; with {changes}"


def _place(task: Task) -> str:
    return (
        str(task) if isinstance(task, Point) else str(getattr(task, "point", f"{getattr(task, 'voltage', 1.0):g} Un"))
    )


# ------------------------------------------------------------------------------------------------ several specimens


@dataclass(frozen=True)
class Result:
    """One row over all specimens: the outcome of the worst, and the range of the measured values."""

    outcome: Outcome
    low: float | None
    high: float | None


def results(found: Sequence[Entry], specimens: Sequence[Observations]) -> list[Result]:
    """Worst outcome and spread of every row."""
    return [_result([outcome(entry, seen) for seen in specimens]) for entry in found]


def _result(outcomes: list[Outcome]) -> Result:
    findings = [each for each in outcomes if isinstance(each, Finding)]
    if not findings:
        return Result(outcomes[0], None, None)
    measured = [each.measured for each in findings]
    return Result(min(findings, key=lambda each: each.margin), min(measured), max(measured))


# ------------------------------------------------------------------------------------------------ verdict


class Count(NamedTuple):
    """Rows on one kind of limits."""

    passed: int
    failed: int


class Verdict(NamedTuple):
    """The verdict in words, and what it rests on."""

    words: str
    seen: Count
    recalled: Count
    incomplete: int
    not_applicable: int

    def __str__(self) -> str:
        """One line."""
        gaps = f", {self.incomplete} not judged" if self.incomplete else ""
        return (
            f"{self.words.upper()}: {self.seen.passed} rows pass and {self.seen.failed} fail on seen limits, "
            f"{self.recalled.passed} pass and {self.recalled.failed} fail on recalled limits{gaps}"
        )


def verdict(outcomes: Sequence[Outcome]) -> Verdict:
    """Counts on seen and on recalled limits apart; "pass" alone only where a load row's limit was seen."""
    findings = [each for each in outcomes if isinstance(each, Finding)]
    word: str = judge(outcomes)
    anchored = any(each.item in LOAD_KINDS and each.limit.basis != "recalled" for each in findings)
    if word == "pass" and not anchored:
        word = "pass on recalled limits"
    return Verdict(
        word,
        _count(each for each in findings if each.limit.basis != "recalled"),
        _count(each for each in findings if each.limit.basis == "recalled"),
        sum(isinstance(each, Incomplete) for each in outcomes),
        sum(isinstance(each, NotApplicable) for each in outcomes),
    )


def _count(findings: Iterable[Finding]) -> Count:
    verdicts = [each.verdict for each in findings]
    return Count(verdicts.count("pass"), verdicts.count("fail"))
