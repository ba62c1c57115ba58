"""The two renderers show the same findings and hide none."""

import json

import pytest

from ferraris.verify.finding import Basis, Finding, Incomplete, Limit, NotApplicable, Outcome
from ferraris.verify.render import WIDTH, as_json, as_table, number


def make(basis: Basis, measured: float = 0.25, quantity: str = "error, 5 A") -> Finding:
    return Finding("1.1", quantity, measured, Limit(1.0, "Table 6", basis), "%", "corners")


OUTCOMES: tuple[Outcome, ...] = (
    make("seen"),
    make("recalled", 1.5),
    make("rule"),
    make("platform", quantity="a quantity whose name is far too long to stand in one column with its numbers"),
    NotApplicable("1.2", "neutral channel", "three phases give it by summation " * 5),
    Incomplete("3.1", "no model of the crystal"),
)


def test_json_has_the_agreed_keys_for_every_outcome() -> None:
    rows = json.loads(as_json(OUTCOMES))["findings"]
    assert len(rows) == len(OUTCOMES)
    for row in rows:
        assert {"item", "quantity", "measured", "limit", "margin", "unit", "verdict", "evidence"} <= row.keys()
    assert {key: rows[0][key] for key in ("item", "quantity", "measured", "limit", "margin", "unit", "verdict")} == {
        "item": "1.1",
        "quantity": "error, 5 A",
        "measured": 0.25,
        "limit": 1.0,
        "margin": 0.75,
        "unit": "%",
        "verdict": "pass",
    }
    assert [row["verdict"] for row in rows] == ["pass", "fail", "pass", "pass", "not applicable", "incomplete"]
    assert [row.get("seen") for row in rows] == [True, False, True, True, None, None]
    assert rows[5]["measured"] is rows[5]["limit"] is rows[5]["margin"] is None


def test_table_stays_inside_its_width() -> None:
    assert max(map(len, as_table(OUTCOMES, {"1.1": "Accuracy", "1.2": "Channels"}).splitlines())) <= WIDTH


def test_table_says_that_a_verdict_rests_on_recalled_limits() -> None:
    lines = as_table(OUTCOMES, {"1.1": "Accuracy", "3.1": "Clock"}).splitlines()
    assert lines[0] == "1.1 Accuracy: FAIL, on recalled limits"
    assert "3.1 Clock: INCOMPLETE" in lines
    assert [line for line in lines if line.endswith("fail (recalled)")] == [lines[2]]


def test_table_counts_seen_and_recalled_apart() -> None:
    text = as_table(OUTCOMES, {})
    assert "3 pass, 1 fail, 1 incomplete, 1 not applicable" in text
    assert "  1 pass, 0 fail on published limits and ratings that were seen" in text
    assert "  0 pass, 1 fail on published limits and ratings only recalled" in text
    assert "  1 pass, 0 fail on design rules of this project" in text


def test_columns_line_up() -> None:
    lines = [line for line in as_table(OUTCOMES, {}).splitlines() if "≤" in line]
    assert len(lines) == 4
    assert len({line.rindex("%") for line in lines}) == 1


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0"),
        (1.0, "1"),
        (100.0, "100"),
        (90000.0, "90000"),
        (0.0235912, "0.02359"),
        (0.00003343, "0.00003343"),
        (-0.97499, "-0.975"),
        (1e14, "1.000e+14"),
        (3.456e-7, "3.456e-07"),
        (9.99996, "10"),
    ],
)
def test_numbers_keep_four_significant_digits(value: float, text: str) -> None:
    assert number(value) == text
