"""Every case in tests/cases runs on every fidelity: an ideal specimen must give the expected powers."""

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ferraris.hardware.chain.calibrate import build, calibrate
from ferraris.hardware.chain.chain import Fidelity, Span
from ferraris.hardware.chain.measure import delivered, measure, start
from ferraris.hardware.chain.specimen import Ideal, manufacture
from ferraris.hardware.platform.load import load
from ferraris.hardware.world.mains import Environment, Steady
from ferraris.pins import TICKS_PER_SECOND

ROOT = Path(__file__).parents[2]
CASES = sorted((ROOT / "tests" / "cases").glob("*.toml"))


def mains_of(case: dict[str, Any]) -> Steady:
    table = case["mains"]

    def phasors(size: str, angle: str) -> np.ndarray:
        return np.array(table[size]) * np.exp(1j * np.radians(np.array(table[angle])))

    current = phasors("current_a", "current_deg")
    orders = np.array(table["orders"], dtype=float)
    return Steady(table["frequency_hz"], orders, phasors("voltage_v", "voltage_deg"), current, current.sum(axis=0))


@dataclass(frozen=True)
class Metered:
    """Mean signed powers over the windows that closed in four seconds, and the display values at the end."""

    active_w: list[float]
    reactive_var: list[float]
    apparent_va: list[float]


def metered(case: dict[str, Any], fidelity: Fidelity) -> Metered:
    """Four seconds after one of settling: at 50 Hz they hold twenty windows, fifty bursts of four cycles."""
    platform = load(ROOT / "platforms" / f"{case['platform']}.toml")
    specimen = manufacture(platform, Ideal())
    chain = build(platform, specimen, calibrate(platform, specimen), fidelity, noise=False)
    mains, state = mains_of(case), start(chain)
    state, _ = measure(chain, state, mains, Environment(), Span(0, TICKS_PER_SECOND))
    first = delivered(state)
    state, reading = measure(chain, state, mains, Environment(), Span(TICKS_PER_SECOND, 5 * TICKS_PER_SECOND))
    micro_ticks = 1e6 * (delivered(state) - first)
    return Metered(
        [(e.active_import - e.active_export) / micro_ticks for e in reading.phases],
        [(e.reactive_q1 + e.reactive_q2 - e.reactive_q3 - e.reactive_q4) / micro_ticks for e in reading.phases],
        [(e.apparent_import + e.apparent_export) / micro_ticks for e in reading.phases],
    )


@pytest.mark.parametrize("fidelity", ["phasor", "sampled", "bitstream"])
@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_case(path: Path, fidelity: Fidelity) -> None:
    case = tomllib.loads(path.read_text(encoding="utf-8"))
    seen, expected = metered(case, fidelity), case["expected"]
    size = np.maximum(np.array(expected.get("apparent_va", np.abs(expected["active_w"]))), 1.0)
    for quantity, values in expected.items():
        off = np.abs(np.array(getattr(seen, quantity)) - values) / size
        assert off.max() <= case["tolerance"][fidelity], (quantity, off)


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_the_expected_active_power_is_that_of_the_tones(path: Path) -> None:
    """The case's own phasors: the sum over tones of Re(U I*) without DC gives the power its source states."""
    case = tomllib.loads(path.read_text(encoding="utf-8"))
    mains = mains_of(case)
    active = np.sum((mains.voltage_v * np.conj(mains.current_a)).real, axis=1)
    assert active == pytest.approx(np.array(case["expected"]["active_w"]), rel=2e-6, abs=1e-6)
