"""Bench rows of a simulated year: home-1p with its tariff of four rates, a load that wanders, fifty outages.

Every run is a process of its own, so that its peak of memory is its own, and is counted in processor time. Alone:

    python bench/year.py --days 365                   one year, commits that nobody sees left out
    python bench/year.py --days 365 --every-commit    the same with every commit made
    python bench/year.py --longer                     1, 5 and 20 whole years one after the other
"""

import argparse
import hashlib
import json
import random
import resource
import subprocess
import sys
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import numpy as np

from ferraris.bench.assemble import assemble
from ferraris.bench.bench import Bench
from ferraris.bench.clock import Clock
from ferraris.firmware.store import ring
from ferraris.hardware.physics.nvm import NvmPart
from ferraris.hardware.platform.load import load
from ferraris.hardware.platform.models import Platform
from ferraris.hardware.world.mains import Mains, Steady
from ferraris.hardware.world.world import World, sequence

ROOT = Path(__file__).parents[1]
HOME = ROOT / "platforms" / "home-1p.toml"
START_MS = 1_767_225_600_000
"""2026-01-01 00:00 UTC."""
SECOND_NS = 1_000_000_000
STEP_S, YEAR_DAYS, DAY_S = 900, 365, 86_400
OUTAGES = 50
"""In a year; from seconds to hours, evenly on a scale of decades."""
SHORTEST_S, LONGEST_S = 1.0, 6 * 3600.0
LEAST_W, MOST_W, STRIDE_W = 50.0, 6000.0, 300.0
SHARE = 0.05
"""What is run of 1, 5 and 20 years where nobody asks for the whole: a twentieth."""

Row = Callable[[str, float, str, str], None]


class Run(NamedTuple):
    """What a run took: processor time of the simulation and of all before it, s; peak of memory, MiB."""

    seconds: float
    made_s: float
    mib: float
    outages: int
    rows: int
    digest: str


# ------------------------------------------------------------------------------------------------ the world


def wandering_w(seed: int) -> Iterator[float]:
    """A load that takes a random step every quarter of an hour, W: never twice the same."""
    chance = random.Random(seed)
    power_w = 400.0
    while True:
        yield power_w
        power_w = min(max(power_w + chance.uniform(-STRIDE_W, STRIDE_W) - 0.05 * (power_w - 500.0), LEAST_W), MOST_W)


def outages(days: int, seed: int) -> list[tuple[int, int]]:
    """Start and length, ns, fifty a year, one in each equal share of the time: so no two of them meet."""
    chance = random.Random(seed)
    count = max(1, round(OUTAGES * days / YEAR_DAYS))
    share_s = days * DAY_S / count
    found = []
    for number in range(count):
        length_s = SHORTEST_S * (LONGEST_S / SHORTEST_S) ** chance.random()
        start_s = (number + 0.1 + 0.5 * chance.random()) * share_s
        found.append((round(start_s * SECOND_NS), round(length_s * SECOND_NS)))
    return found


def world_of(platform: Platform, days: int, seed: int = 1) -> World:
    """One piece of mains for each quarter of an hour of at most a year, cut by the outages; then the same again."""
    days = min(days, YEAR_DAYS)
    un_v, hertz = platform.meter.un_v, platform.meter.frequency_hz
    volts, nothing = np.array([[un_v + 0j]]), np.zeros((1, 1), complex)
    dark = Steady(hertz, np.array([1.0]), nothing, nothing, nothing[0])
    powers, gone = wandering_w(seed), outages(days, seed)
    times = {number * STEP_S * SECOND_NS for number in range(days * DAY_S // STEP_S)}
    times |= {at for at, _ in gone} | {at + length for at, length in gone}
    pieces: list[tuple[int, Mains]] = []
    for at, end in pairwise([*sorted(times), days * DAY_S * SECOND_NS]):
        if any(begin <= at < begin + length for begin, length in gone):
            pieces.append((end - at, dark))
            continue
        amperes = np.array([[next(powers) * (1 - 0.3j) / un_v]])
        pieces.append((end - at, Steady(hertz, np.array([1.0]), volts, amperes, amperes[0])))
    return World(sequence(pieces))


# ------------------------------------------------------------------------------------------------ one run


def simulate(days: int, *, patient: bool) -> Run:
    """Run so many days in this process."""
    platform = load(HOME)
    platform = platform.model_copy(update={"firmware": platform.firmware.model_copy(update={"commit_s": 60})})
    world = world_of(platform, days)
    bench = assemble(platform, world, NvmPart(platform.nvm), Clock(0, START_MS), fidelity="phasor", board=True)
    bench.span_cap_ns, bench.patient = 10**18, patient
    bench.untraced()
    made_s = spent_s()
    bench.switch_on(0)
    bench.advance(days * DAY_S * SECOND_NS)
    seconds = spent_s() - made_s
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    assert bench.state is not None
    return Run(seconds, made_s, peak, bench.state.ledger.axis.outages, bench.state.rings[0].next, digest(bench))


def digest(bench: Bench) -> str:
    """Of everything that must not change because the simulation became quicker; a patient bench's journal may."""
    assert bench.state is not None
    layout, view = bench.config.layout, bench.storage.view
    kept = [(n, ring.row(layout, held, view, n)) for held in bench.state.rings for n in range(held.first, held.next)]
    seen = repr((bench.state.ledger, kept)).encode() + (b"" if bench.patient else bytes(view))
    return hashlib.sha256(seen).hexdigest()[:16]


def spent_s() -> float:
    """Processor time of this process so far, s."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


# ------------------------------------------------------------------------------------------------ rows


def measured(days: int, *, patient: bool = True) -> Run:
    """Run so many days in a process of their own."""
    command = [sys.executable, __file__, "--days", str(days), "--json", *([] if patient else ["--every-commit"])]
    found = subprocess.run(command, check=True, capture_output=True, text=True, cwd=ROOT)
    return Run(**json.loads(found.stdout))


def rows(row: Row, share: float = SHARE) -> None:
    """A year, a month with every commit made, and what a year costs in the course of 1, 5 and 20 of them."""
    year = measured(YEAR_DAYS)
    row("simulated year, 15 min steps, 50 outages", year.seconds, "under 20 on one core", "s")
    row("the same, peak of memory", year.mib, "under 500", "MiB")
    month = measured(30, patient=False)
    row("a year with every commit made, from 30 days", month.seconds * YEAR_DAYS / 30, "", "s")
    first = measured(round(YEAR_DAYS * share))
    row(f"{share:g} of 1 year, a year's worth", first.seconds / share, "", "s")
    for years in (5, 20):
        longer = measured(round(years * YEAR_DAYS * share))
        ratio = longer.seconds / first.seconds * round(YEAR_DAYS * share) / round(years * YEAR_DAYS * share)
        row(f"{share:g} of {years} years: cost of a day over that in 1 year", ratio, "near 1", "x")
        row("the same, peak of memory", longer.mib, "under 500", "MiB")


def show(name: str, value: float, asked: str, unit: str) -> None:
    print(f"{name:<58} {value:>10.3g} {unit:<12} {asked}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--days", type=int, default=0)
    parser.add_argument("--every-commit", action="store_true")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--longer", action="store_true")
    chosen = parser.parse_args()
    if not chosen.days:
        rows(show, 1.0 if chosen.longer else SHARE)
        return
    found = simulate(chosen.days, patient=not chosen.every_commit)
    print(json.dumps(found._asdict()) if chosen.json else found)


if __name__ == "__main__":
    main()
