"""Bench rows of the metrology: modulators, kernel, the whole path at bitstream, and others' programs beside them.

Each figure is the best of several turns in processor time: what is asked is what one core can do.
"""

import importlib.util
import json
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import numpy as np

ROOT = Path(__file__).parents[1]
CHANNELS = 7
TURNS = 12
PQOPEN_SECONDS = 30

Row = Callable[[str, float, str, str], None]


def best(action: Callable[[], object], turns: int = TURNS) -> float:
    """Shortest processor time of one call, s; the first call, which may compile, does not count."""
    action()
    times = []
    for _ in range(turns):
        began = time.thread_time()
        action()
        times.append(time.thread_time() - began)
    return min(times)


def modulator_over_real_time() -> float:
    """One second of 8 kS/s, ratio 128: 1.024 million steps of seven channels."""
    from ferraris.hardware.chain import modulator

    at = (np.arange(8000 * 8 + modulator.AROUND) - 1) / 64000.0
    waves = 0.5 * np.sin(2.0 * np.pi * 50.0 * at[:, None] + np.arange(CHANNELS))
    knots = modulator.knots(waves, np.zeros(CHANNELS), 1.25)
    memory, codes = modulator.fresh(128), np.empty((8000, CHANNELS))
    return 1.0 / best(lambda: modulator.convert(knots, 8, 128, 1.0, memory, codes))


def kernel_over_real_time() -> float:
    """One second of codes, three elements and a neutral channel."""
    from ferraris.hardware.chain import fir, kernel

    frames = codes(1.0)
    taps = np.ascontiguousarray(fir.taps_for(np.linspace(-0.3, 0.3, CHANNELS), 512).T)
    carry, tick = kernel.fresh(CHANNELS, 3, 0), 0
    table, energies = (
        np.zeros((kernel.rows(8000), kernel.COLUMNS + 5 * CHANNELS)),
        np.zeros((kernel.rows(8000), 3), int),
    )

    def second() -> None:
        nonlocal tick
        kernel.meter(frames, taps, tick, carry, 3, table, energies)
        tick += 8000

    return 1.0 / best(second, 60)


def codes(seconds: float) -> np.ndarray:
    """Volts and amperes of a three-phase load, (ticks, CHANNELS), with the ticks the filter needs before."""
    from ferraris.hardware.chain.fir import TAPS

    at = np.arange(round(8000 * seconds) + TAPS - 1) / 8000.0
    size = np.array([325.0] * 3 + [7.0] * 3 + [0.1])
    lag = np.array([0.0, 2.0944, 4.1888, 0.5, 2.5944, 4.6888, 0.0])
    return np.asarray(size * np.sin(2.0 * np.pi * 50.0 * at[:, None] - lag))


def whole_path_over_real_time() -> float:
    """Three phases, noise on, from phasors to energies at the platform's own 4.096 MHz."""
    from ferraris.hardware.chain.calibrate import balanced, build, calibrate
    from ferraris.hardware.chain.chain import Span
    from ferraris.hardware.chain.measure import measure, start
    from ferraris.hardware.chain.specimen import Seed, manufacture
    from ferraris.hardware.platform.load import load
    from ferraris.hardware.world.mains import Environment

    platform = load(ROOT / "platforms" / "shop-3p.toml")
    specimen = manufacture(platform, Seed(1))
    chain = build(platform, specimen, calibrate(platform, specimen), "bitstream", seed=1)
    state, mains, first = start(chain), balanced(platform, 5.0, 30.0), 0

    def ten_seconds() -> None:
        nonlocal state, first
        for _ in range(10):
            state, _ = measure(chain, state, mains, Environment(), Span(first, first + 8000))
            first += 8000

    return 10.0 / best(ten_seconds, 6)


def in_c() -> tuple[float, float] | None:
    """Modulator and metrology over real time, the same loops by gcc; None without gcc."""
    compiler = shutil.which("gcc")
    if compiler is None:
        return None
    with tempfile.TemporaryDirectory() as folder:
        program = f"{folder}/metrology"
        source = str(ROOT / "bench" / "metrology.c")
        subprocess.run([compiler, "-O3", "-march=native", "-o", program, source, "-lm"], check=True)
        done = subprocess.run([program], check=True, capture_output=True, text=True)
    modulator, kernel = done.stdout.split()
    return float(modulator), float(kernel)


def installer() -> ModuleType:
    spec = importlib.util.spec_from_file_location("install_peers", ROOT / "scripts" / "install_peers.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def pqopen_over_real_time() -> float | None:
    """Six channels (it knows no neutral one) without harmonics, in its own process; None if it cannot be installed."""
    peers = installer()
    try:
        python = peers.install("pqopen")
    except peers.InstallError:
        return None
    waves = codes(PQOPEN_SECONDS).T
    numbers = {"rate_0": 8000.0, "frequency_0": 50.0, "cycles_0": 10, "harmonics_0": 0}
    with tempfile.TemporaryDirectory() as folder:
        np.savez(f"{folder}/w.npz", u_0=waves[:3], i_0=waves[3:6], **{k: np.array(v) for k, v in numbers.items()})
        program = [str(python), str(ROOT / "tests" / "peers" / "pqopen_meter.py"), f"{folder}/w.npz"]
        runs = [
            json.loads(subprocess.run(program, check=True, capture_output=True, text=True).stdout) for _ in range(3)
        ]
    return PQOPEN_SECONDS / min(run[0]["seconds"] for run in runs)


def pydsm_rate() -> float | None:
    """Modulator steps per second of one channel; None where pydsm does not install or run."""
    peers = installer()
    try:
        python = peers.install("pydsm")
        done = subprocess.run([str(python), str(ROOT / "bench" / "pydsm_rate.py")], check=True, capture_output=True)
    except (peers.InstallError, subprocess.CalledProcessError):
        return None
    return float(done.stdout)


def rows(row: Row, absent: Callable[[str, str], None]) -> None:
    """Print every figure."""
    modulator, kernel, limit = modulator_over_real_time(), kernel_over_real_time(), in_c()
    row("modulator + sinc3, 7 channels, 1.024 MHz, over real time", modulator, "at least 300 on one core", "x")
    row("metrology kernel, 7 channels, 8 kS/s, over real time", kernel, "at least 1500", "x")
    if limit is None:
        absent("the same loops in C", "no gcc here")
    else:
        row("modulator + sums in C (gcc -O3 -march=native)", limit[0], "the limit line", "x")
        row("metrology in C (gcc -O3 -march=native)", limit[1], "the limit line", "x")
    rival = pydsm_rate()
    if rival is None:
        absent("modulator over pydsm, per channel", "at least 25; pydsm unavailable: it does not install or run here")
    else:
        row("modulator over pydsm, per channel", modulator * 1.024e6 / rival, "at least 25", "x")
    oracle = pqopen_over_real_time()
    if oracle is None:
        absent("metrology over pqopen-lib", "at least 15; pqopen-lib unavailable: it does not install here")
    else:
        row("pqopen-lib, 6 channels, over real time", oracle, "", "x")
        row("metrology over pqopen-lib (feature sets differ)", kernel / oracle, "at least 15", "x")
    row("bitstream chain, 3 phases + noise, over real time", whole_path_over_real_time(), "at least 60", "x")


if __name__ == "__main__":
    rows(
        lambda name, value, asked, unit: print(f"{name:<58} {value:>10.3g} {unit:<12} {asked}", flush=True),
        lambda name, why: print(f"{name:<58} {'-':>10} {'':<12} {why}", flush=True),
    )
    sys.exit(0)
