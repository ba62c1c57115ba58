"""The same findings as JSON for programs and as a table for people."""

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from math import floor, log10
from textwrap import wrap
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

WIDTH = 119
_WIDTHS = 56, 13, 16, 11
"""Columns: quantity, measured, limit, margin; the verdict closes the line."""


def as_table(outcomes: Sequence[Outcome], titles: Mapping[str, str]) -> str:
    """An aligned table, one block per item, 119 columns at most, closed by the counts.

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
            cells = (
                f"{number(measured)} {unit}",
                bound,
                ("+" if outcome.margin >= 0 else "") + number(outcome.margin, 3),
                outcome.verdict + mark,
            )
            return _wrapped(quantity, cells)
        case Incomplete(_, part):
            return _sentence(f"incomplete: {part}")
        case NotApplicable(_, part, reason):
            return _sentence(f"not applicable: {part}: {reason}")
    assert_never(outcome)


def _sentence(text: str) -> list[str]:
    return wrap(text, WIDTH, initial_indent="    ", subsequent_indent="        ")


def _wrapped(quantity: str, cells: Sequence[str]) -> list[str]:
    """A row; a quantity too long for its column gets a line of its own."""
    first, *rest = _WIDTHS
    tail = "".join(f"{cell:>{width}}" for cell, width in zip(cells[:3], rest, strict=False)) + f"  {cells[3]}"
    if len(quantity) <= first:
        return [f"    {quantity:<{first}}{tail}"]
    return [f"    {quantity}", f"    {'':<{first}}{tail}"]


def number(value: float, digits: int = 4) -> str:
    """So many significant digits; an exponent only below a millionth and from ten million on."""
    if value == 0:
        return "0"
    if not 1e-6 <= abs(value) < 1e7:
        return f"{value:.{digits - 1}e}"
    decimals = max(digits - 1 - floor(log10(abs(value))), 0)
    text = f"{value:.{decimals}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


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
    if recalled(outcomes):
        lines.append(
            "Recalled limits are quoted from memory and unverified; a verdict that rests on them is no better."
        )
    return "\n".join(lines)
