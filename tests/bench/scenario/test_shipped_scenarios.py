"""Every shipped scenario is a test: it loads, and what it expects holds."""

from pathlib import Path

import pytest

from ferraris.bench import bench as benches
from ferraris.bench.scenario.load import load, loads
from ferraris.bench.scenario.run import plan, run
from ferraris.hardware.platform.load import load as load_platform
from ferraris.hardware.platform.models import Platform

ROOT = Path(__file__).parents[3]
SCENARIOS = sorted((ROOT / "scenarios").glob("*.toml"))
HOME = load_platform(ROOT / "platforms" / "home-1p.toml")

COARSE = {"day", "dst-autumn", "dst-spring", "leap-day", "month", "year"}
"""Scenarios in which nobody looks between two quarters of an hour: they are played in long spans."""
SLOW = {"month", "year"}


def platform_for(name: str, monkeypatch: pytest.MonkeyPatch) -> Platform:
    if name not in COARSE:
        return HOME
    monkeypatch.setattr(benches, "SPAN_CAP_NS", 900 * 10**9)
    return HOME.model_copy(update={"firmware": HOME.firmware.model_copy(update={"commit_s": 900})})


def marked(path: Path) -> object:
    marks = [pytest.mark.slow] if path.stem in SLOW else []
    return pytest.param(path, id=path.stem, marks=marks)


def test_at_least_twelve_scenarios_are_shipped() -> None:
    assert len(SCENARIOS) >= 12
    assert {path.stem for path in SCENARIOS} >= COARSE


@pytest.mark.parametrize("path", SCENARIOS, ids=lambda path: path.stem)
def test_every_shipped_scenario_is_well_formed(path: Path) -> None:
    scenario = load(path) if "tariff-change" not in path.stem else loads(path.read_text(encoding="utf-8"))
    assert scenario.expects
    assert plan(HOME, scenario, path.name).entries


@pytest.mark.parametrize("path", [marked(path) for path in SCENARIOS])
def test_what_a_shipped_scenario_expects_holds(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    outcome = run(platform_for(path.stem, monkeypatch), load(path), name=path.name)
    assert [finding for _, finding in outcome.findings if not finding.holds] == []
    assert outcome.findings
