"""Our metrology beside pqopen-lib, an independent power meter (MIT), on the same samples: powers and harmonics.

Each run has three different waveforms on the three elements of an ideal meter. What our kernel multiplied
and added is handed to the other program in a file; it finds its own cycles and its own powers.
"""

import importlib.util
import json
import os
import subprocess
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

import numpy as np
import pytest

from ferraris.hardware.chain.analysis.quantities import analyse
from ferraris.hardware.chain.analysis.samples import samples, synchronous
from ferraris.hardware.chain.calibrate import build, calibrate
from ferraris.hardware.chain.chain import Span
from ferraris.hardware.chain.measure import delivered
from ferraris.hardware.chain.sampled import start
from ferraris.hardware.chain.specimen import Ideal, manufacture
from ferraris.hardware.platform.load import load
from ferraris.hardware.world.mains import Environment, Steady
from ferraris.pins import TICKS_PER_SECOND

REPO = Path(__file__).resolve().parents[2]
POWER_HZ = (50.0, 49.9, 50.2, 49.5, 51.0, 60.0, 59.8)
"""One run of a minute each; at 50 Hz and 60 Hz a fixed window would do, at the others it would not."""
HARMONICS_OF = 2048
HARMONIC_CYCLES = (11, 12, 13, 13, 14, 15, 16)
"""One run of ten seconds each, at the frequency of which so many cycles are 2048 samples: 43 to 62.5 Hz. The other
program brings its intervals to a power of two by linear interpolation, which weakens its harmonics; it is asked where
it need not interpolate."""
HIGHEST = 40


def load_installer() -> ModuleType:
    spec = importlib.util.spec_from_file_location("install_peers", REPO / "scripts" / "install_peers.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def pqopen() -> Path:
    installer = load_installer()
    try:
        found: Path = installer.install("pqopen")
    except installer.InstallError as error:
        if os.environ.get("CI"):
            pytest.fail(f"continuous integration must have the peer: {error}")
        pytest.skip(f"the peer cannot be installed here: {error}")
    return found


class Run(NamedTuple):
    """What went in, our mean powers, our samples (ticks, C), and what the other program found in them."""

    mains: Steady
    active_w: np.ndarray
    waves: np.ndarray
    theirs: dict[str, Any]


def waveforms(run: int, frequency_hz: float) -> Steady:
    """Three elements with harmonics of their own: sizes, angles and power factors differ from run to run (seeded)."""
    generator = np.random.default_rng(20261123 + run)
    orders = np.concatenate([[1.0], np.sort(generator.choice(np.arange(2.0, 31.0), 6, replace=False))])
    turned = np.exp(-2j * np.pi * np.arange(3) / 3.0)
    phi = generator.uniform(-75.0, 75.0, 3) + np.where(generator.uniform(size=3) < 0.2, 180.0, 0.0)
    shares = np.where(orders > 1.0, 1.0 / orders, 0.0)
    angles = np.exp(2j * np.pi * generator.uniform(size=(2, 3, orders.size)))
    voltage = 230.0 * 0.2 * shares * angles[0]
    current = 1.2 * shares * generator.uniform(1.0, 12.0, (3, 1)) * angles[1]
    voltage[:, 0] = generator.uniform(207.0, 253.0, 3) * turned
    current[:, 0] = generator.uniform(1.0, 12.0, 3) * turned * np.exp(-1j * np.radians(phi))
    return Steady(frequency_hz, orders, voltage, current, current.sum(axis=0))


def metered(mains: Steady, seconds: int) -> tuple[np.ndarray, np.ndarray]:
    """Mean power of each element, and the samples of so many seconds, (ticks, C)."""
    platform = load(REPO / "platforms" / "shop-3p.toml")
    specimen = manufacture(platform, Ideal())
    chain = build(platform, specimen, calibrate(platform, specimen), "sampled", noise=False)
    state, _, _ = samples(chain, start(chain), mains, Environment(), Span(0, TICKS_PER_SECOND))
    asked = Span(TICKS_PER_SECOND, (1 + seconds) * TICKS_PER_SECOND)
    after, reading, waves = samples(chain, state, mains, Environment(), asked)
    ticks = delivered(after) - delivered(state)
    return np.array([(e.active_import - e.active_export) * 1e-6 / ticks for e in reading.phases]), waves


def compared(pqopen: Path, folder: Path, asked: list[tuple[float, int, int, int]]) -> list[Run]:
    """Both programs on runs of (frequency, cycles to an interval, harmonics, seconds)."""
    ours, file = [], {}
    for k, (frequency_hz, cycles, harmonics, seconds) in enumerate(asked):
        mains = waveforms(k, frequency_hz)
        active, waves = metered(mains, seconds)
        ours.append((mains, active, waves))
        numbers = {"rate": 8000.0, "frequency": frequency_hz, "cycles": cycles, "harmonics": harmonics}
        file |= {f"{name}_{k}": np.array(value) for name, value in numbers.items()}
        file |= {f"u_{k}": waves[:, :3].T, f"i_{k}": waves[:, 3:6].T}
    np.savez(folder / "waves.npz", **file)
    program = [str(pqopen), str(REPO / "tests" / "peers" / "pqopen_meter.py"), str(folder / "waves.npz")]
    done = subprocess.run(program, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    return [Run(*own, theirs) for own, theirs in zip(ours, json.loads(done.stdout), strict=True)]


def test_mean_power_over_a_minute_agrees_within_10_ppm(pqopen: Path, tmp_path: Path) -> None:
    """21 waveforms; the truth is the sum over tones, errors are in terms of apparent power."""
    asked = [(f, 10 if f < 55.0 else 12, 0, 60) for f in POWER_HZ]
    for run in compared(pqopen, tmp_path, asked):
        mains, theirs = run.mains, np.array(run.theirs["active_w"])
        exact = np.sum((mains.voltage_v * np.conj(mains.current_a)).real, axis=1)
        apparent = np.linalg.norm(mains.voltage_v, axis=1) * np.linalg.norm(mains.current_a, axis=1)
        assert (np.abs(run.active_w - theirs) / apparent).max() < 1e-5, mains.frequency_hz
        assert (np.abs(run.active_w - exact) / apparent).max() < 5e-6, mains.frequency_hz


def test_harmonics_agree_within_two_hundredths_of_a_percent(pqopen: Path, tmp_path: Path) -> None:
    """21 waveforms, orders 1 to 40, in terms of the fundamental as IEC 61000-4-7 states errors (recalled)."""
    asked = [(cycles * 8000.0 / HARMONICS_OF, cycles, HIGHEST, 10) for cycles in HARMONIC_CYCLES]
    for run in compared(pqopen, tmp_path, asked):
        nominal = 50.0 if run.mains.frequency_hz < 55.0 else 60.0
        found = analyse(synchronous(run.waves, 3, nominal, 25), 3).spectrum
        for own, key in ((np.abs(found.voltage), "voltage_v"), (np.abs(found.current), "current_a")):
            off = np.abs(own - np.array(run.theirs[key]))[:, 1:] / own[:, 1:2]
            assert off.max() < 2e-4, (key, run.mains.frequency_hz, np.unravel_index(off.argmax(), off.shape))
