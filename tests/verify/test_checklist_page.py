"""docs/checklist.md says what the checklist does: every item, every design rule, every gap of the later sections."""

from pathlib import Path

import pytest
from verify_helpers import GOOD, shipped

from ferraris.verify.checklist import TITLES, check
from ferraris.verify.finding import Finding, Incomplete

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "checklist.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("number", TITLES)
def test_every_item_stands_on_the_page(number: str) -> None:
    assert f"## {number} {TITLES[number]}\n" in PAGE or f"| {number} {TITLES[number]} |" in PAGE


@pytest.mark.parametrize("name", GOOD)
def test_every_design_rule_and_every_gap_is_argued(name: str) -> None:
    found = check(shipped(name))
    rules = {
        o.limit.source.removeprefix("design rule: ")
        for o in found
        if isinstance(o, Finding) and o.limit.basis == "rule"
    }
    assert len(rules) >= 10
    assert [rule for rule in sorted(rules) if f"| {rule} |" not in PAGE] == []
    gaps = [o.part for o in found if isinstance(o, Incomplete) and o.item[0] in "34567"]
    assert [part for part in gaps if part not in PAGE] == []
