"""Every shipped scenario is a test: it loads, and what it expects holds."""

from pathlib import Path

import pytest

from ferraris.bench.scenario.load import load
from ferraris.bench.scenario.run import plan, run
from ferraris.hardware.platform.load import load as load_platform

ROOT = Path(__file__).parents[3]
SCENARIOS = sorted((ROOT / "scenarios").glob("*.toml"))
HOME = load_platform(ROOT / "platforms" / "home-1p.toml")

SLOW = {"month", "year"}
UNTIL_S = {"year": 45 * 86_400.0}
"""Scenarios that are played so far only, with what they expect before: the whole year takes a minute or two."""


def test_at_least_twelve_scenarios_are_shipped_and_those_above_are_among_them() -> None:
    assert len(SCENARIOS) >= 12
    assert {path.stem for path in SCENARIOS} >= {*SLOW, *UNTIL_S}


@pytest.mark.parametrize("path", SCENARIOS, ids=lambda path: path.stem)
def test_every_shipped_scenario_is_well_formed(path: Path) -> None:
    scenario = load(path)
    assert scenario.expects
    assert plan(HOME, scenario, path.name).entries


def marked(path: Path) -> object:
    return pytest.param(path, id=path.stem, marks=[pytest.mark.slow] if path.stem in SLOW else [])


@pytest.mark.parametrize("path", [marked(path) for path in SCENARIOS])
def test_what_a_shipped_scenario_expects_holds(path: Path) -> None:
    outcome = run(HOME, load(path), name=path.name, until_s=UNTIL_S.get(path.stem))
    assert [finding for _, finding in outcome.findings if not finding.holds] == []
    assert outcome.findings
