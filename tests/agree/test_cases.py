"""Every case in tests/cases runs on every fidelity: an ideal specimen must give the expected powers."""

import tomllib
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ferraris.hardware.chain.calibrate import build, calibrate
from ferraris.hardware.chain.chain import Fidelity, Span
from ferraris.hardware.chain.measure import measure, start
from ferraris.hardware.chain.specimen import Ideal, manufacture
from ferraris.hardware.platform.load import load
from ferraris.hardware.world.mains import Environment, Steady
from ferraris.pins import TICKS_PER_SECOND, Reading

ROOT = Path(__file__).parents[2]
CASES = sorted((ROOT / "tests" / "cases").glob("*.toml"))


def mains_of(case: dict[str, Any]) -> Steady:
    table = case["mains"]

    def phasors(size: str, angle: str) -> np.ndarray:
        return np.array(table[size]) * np.exp(1j * np.radians(np.array(table[angle])))

    current = phasors("current_a", "current_deg")
    orders = np.array(table["orders"], dtype=float)
    return Steady(table["frequency_hz"], orders, phasors("voltage_v", "voltage_deg"), current, current.sum(axis=0))


def read(case: dict[str, Any], fidelity: Fidelity) -> Reading:
    platform = load(ROOT / "platforms" / f"{case['platform']}.toml")
    specimen = manufacture(platform, Ideal())
    chain = build(platform, specimen, calibrate(platform, specimen), fidelity, noise=False)
    mains, state = mains_of(case), start(chain)
    state, _ = measure(chain, state, mains, Environment(), Span(0, TICKS_PER_SECOND))
    return measure(chain, state, mains, Environment(), Span(TICKS_PER_SECOND, 4 * TICKS_PER_SECOND))[1]


@pytest.mark.parametrize("fidelity", ["phasor", "sampled"])
@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_case(path: Path, fidelity: Fidelity) -> None:
    case = tomllib.loads(path.read_text(encoding="utf-8"))
    reading, expected = read(case, fidelity), case["expected"]
    for element, instant in enumerate(reading.instant):
        allowed = case["tolerance"][fidelity] * max(expected["apparent_va"][element], 1.0)
        assert instant.active_w == pytest.approx(expected["active_w"][element], abs=allowed)
        assert instant.reactive_var == pytest.approx(expected["reactive_var"][element], abs=allowed)
        assert instant.apparent_va == pytest.approx(expected["apparent_va"][element], abs=allowed)
