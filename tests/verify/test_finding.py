"""Margin and verdict are arithmetic, never an opinion."""

import pytest

from ferraris.verify.finding import Basis, Finding, Incomplete, Limit, NotApplicable, Sense, judge, recalled


def make(measured: float, limit: float, sense: Sense = "max", basis: Basis = "seen") -> Finding:
    return Finding("1.1", "error", measured, Limit(limit, "a clause", basis, sense), "%", "by hand")


@pytest.mark.parametrize(
    ("measured", "limit", "sense", "margin", "verdict"),
    [
        (0.25, 1.0, "max", 0.75, "pass"),
        (1.5, 1.0, "max", -0.5, "fail"),
        (1.5, 1.0, "min", 0.5, "pass"),
        (0.25, 1.0, "min", -0.75, "fail"),
        (-3.0, -2.0, "max", 1.0, "pass"),
    ],
)
def test_margin_is_the_distance_to_the_limit_on_its_good_side(
    measured: float, limit: float, sense: Sense, margin: float, verdict: str
) -> None:
    found = make(measured, limit, sense)
    assert (found.margin, found.verdict) == (margin, verdict)


@pytest.mark.parametrize("sense", ["max", "min"])
def test_a_value_on_its_limit_passes(sense: Sense) -> None:
    assert make(2.0, 2.0, sense).verdict == "pass"


@pytest.mark.parametrize("bad", [float("nan"), float("inf")])
def test_a_value_that_is_no_number_is_never_judged(bad: float) -> None:
    with pytest.raises(AssertionError):
        make(bad, 1.0)
    with pytest.raises(AssertionError):
        make(1.0, bad)


def test_one_failure_fails_and_one_gap_leaves_incomplete() -> None:
    good, bad = make(0.0, 1.0), make(2.0, 1.0)
    gap, absent = Incomplete("1.1", "no model"), NotApplicable("1.1", "neutral", "none fitted")
    assert judge([good, absent]) == "pass"
    assert judge([good, gap, absent]) == "incomplete"
    assert judge([good, gap, bad]) == "fail"
    assert judge([absent]) == "not applicable"


def test_nothing_found_is_never_a_pass() -> None:
    assert judge([]) == "incomplete"


def test_one_recalled_limit_taints_the_verdict() -> None:
    assert not recalled([make(0.0, 1.0), Incomplete("1.1", "no model")])
    assert recalled([make(0.0, 1.0), make(0.0, 1.0, basis="recalled")])
