"""The same findings as JSON for programs and as a table for people."""

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from typing import Any, assert_never

from ferraris.verify.finding import Basis, Finding, Incomplete, NotApplicable, Outcome, judge, recalled

BASIS_WORDS: Mapping[Basis, str] = {
    "seen": "on published limits and ratings that were seen",
    "recalled": "on published limits and ratings only recalled",
    "platform": "on ratings the platform file states",
    "rule": "on design rules of this project",
}


# ------------------------------------------------------------------------------------------------ JSON


def as_json(outcomes: Iterable[Outcome]) -> str:
    """`{"findings": [...]}`: one object per outcome, two spaces of indent.

    Keys item, quantity, measured, limit, margin, unit, verdict, evidence are always there; what has no number has null.
    `sense`, `basis` and `source` tell how to read the limit and where it is from.
    """
    return json.dumps(
        {"findings": [_row(outcome) for outcome in outcomes]}, indent=2, ensure_ascii=False, allow_nan=False
    )


def _row(outcome: Outcome) -> dict[str, Any]:
    match outcome:
        case Finding(item, quantity, measured, limit, unit, evidence):
            return {
                **_core(item, quantity, outcome.verdict, evidence),
                "measured": measured,
                "limit": limit.value,
                "margin": outcome.margin,
                "unit": unit,
                "sense": limit.sense,
                "basis": limit.basis,
                "seen": limit.basis != "recalled",
                "source": limit.source,
            }
        case Incomplete(item, part):
            return _core(item, part, outcome.verdict, "")
        case NotApplicable(item, part, reason):
            return _core(item, part, outcome.verdict, reason)
    assert_never(outcome)


def _core(item: str, quantity: str, verdict: str, evidence: str) -> dict[str, Any]:
    numbers = {"measured": None, "limit": None, "margin": None, "unit": ""}
    return {"item": item, "quantity": quantity, **numbers, "verdict": verdict, "evidence": evidence}


# ------------------------------------------------------------------------------------------------ table

_WIDTHS = 52, 14, 16, 14, 12
"""Columns: quantity, measured, limit, margin, verdict."""


def as_table(outcomes: Sequence[Outcome], titles: Mapping[str, str]) -> str:
    """An aligned table, one block per item, 110 columns wide, closed by the counts.

    titles  item id -> title, for the heading of each block
    """
    blocks = [
        _block(item, titles.get(item, ""), list(group))
        for item, group in groupby(outcomes, key=lambda outcome: outcome.item)
    ]
    return "\n".join([*blocks, summary(outcomes)])


def _block(item: str, title: str, outcomes: Sequence[Outcome]) -> str:
    verdict = judge(outcomes).upper() + (", on recalled limits" if recalled(outcomes) else "")
    return "\n".join([f"{item} {title}: {verdict}", *(line for outcome in outcomes for line in _lines(outcome)), ""])


def _lines(outcome: Outcome) -> list[str]:
    match outcome:
        case Finding(_, quantity, measured, limit, unit):
            bound = f"{'≤' if limit.sense == 'max' else '≥'} {number(limit.value)} {unit}"
            mark = "" if limit.basis != "recalled" else " (recalled)"
            cells = f"{number(measured)} {unit}", bound, f"{outcome.margin:+.3g}", outcome.verdict + mark
            return _wrapped(quantity, cells)
        case Incomplete(_, part):
            return [f"    incomplete: {part}"]
        case NotApplicable(_, part, reason):
            return [f"    not applicable: {part}: {reason}"]
    assert_never(outcome)


def _wrapped(quantity: str, cells: Sequence[str]) -> list[str]:
    """A row; a quantity too long for its column gets a line of its own."""
    first, *rest = _WIDTHS
    tail = "".join(f"{cell:>{width}}" for cell, width in zip(cells[:3], rest, strict=False)) + f"  {cells[3]}"
    if len(quantity) <= first:
        return [f"    {quantity:<{first}}{tail}"]
    return [f"    {quantity}", f"    {'':<{first}}{tail}"]


def number(value: float) -> str:
    """Four significant digits, never with an exponent between a millionth and ten million."""
    if value == 0:
        return "0"
    if not 1e-6 <= abs(value) < 1e7:
        return f"{value:.3e}"
    digits = f"{value:.4g}" if abs(value) < 1e4 else f"{value:.0f}"
    return f"{value:.9f}".rstrip("0") if "e" in digits else digits


def summary(outcomes: Sequence[Outcome]) -> str:
    """How many findings passed and failed, counted apart by where their limits come from."""
    verdicts = Counter(outcome.verdict for outcome in outcomes)
    findings = [outcome for outcome in outcomes if isinstance(outcome, Finding)]
    lines = [
        ", ".join(f"{verdicts[verdict]} {verdict}" for verdict in ("pass", "fail", "incomplete", "not applicable"))
    ]
    for basis, words in BASIS_WORDS.items():
        counts = Counter(finding.verdict for finding in findings if finding.limit.basis == basis)
        if counts:
            lines.append(f"  {counts['pass']} pass, {counts['fail']} fail {words}")
    return "\n".join(lines)
