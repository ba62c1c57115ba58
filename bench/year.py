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
from pathlib import Path
from typing import NamedTuple

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


def world_of(platform, days, seed=1):
    """One piece of mains for each quarter of an hour of at most a year, cut by the outages; then the same again."""
    import numpy as np

    from ferraris.hardware.world.mains import Steady
    from ferraris.hardware.world.world import World, sequence

    days = min(days, YEAR_DAYS)
    orders, volts = np.array([1.0]), np.array([[platform.meter.un_v + 0j]])
    nothing = np.zeros((1, 1), complex)
    dark = Steady(platform.meter.frequency_hz, orders, nothing, nothing, nothing[0])
    powers = wandering_w(seed)

    def loaded():
        amperes = np.array([[next(powers) * (1 - 0.3j) / platform.meter.un_v]])
        return Steady(platform.meter.frequency_hz, orders, volts, amperes, amperes[0])

    steps = [(number * STEP_S * SECOND_NS, True) for number in range(days * DAY_S // STEP_S)]
    cuts = [(at, False) for at, _ in outages(days, seed)] + [(at + length, True) for at, length in outages(days, seed)]
    times = sorted(steps + cuts)
    pieces, is_on = [], True
    gaps = {at: length for at, length in outages(days, seed)}
    dark_until = 0
    for (at, is_start), (end, _) in zip(times, [*times[1:], (days * DAY_S * SECOND_NS, True)], strict=True):
        if not is_start:
            dark_until = at + gaps[at]
        is_on = at >= dark_until
        if end > at:
            pieces.append((end - at, loaded() if is_on else dark))
    return World(sequence(pieces))


# ------------------------------------------------------------------------------------------------ one run


def simulate(days: int, *, patient: bool) -> Run:
    """Run so many days in this process."""
    from ferraris.bench.assemble import assemble
    from ferraris.bench.clock import Clock
    from ferraris.hardware.physics.nvm import NvmPart
    from ferraris.hardware.platform.load import load

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
    return Run(
        seconds, made_s, peak, bench.state.ledger.axis.outages, bench.state.rings[0].next, digest(bench, patient)
    )


def digest(bench, patient: bool) -> str:
    """Of everything that must not change because the simulation became quicker."""
    seen = [repr(bench.state.ledger)]
    from ferraris.firmware.store import ring

    for held in bench.state.rings:
        for sequence in range(held.first, held.next):
            seen.append(repr(ring.row(bench.config.layout, held, bench.storage.view, sequence)))
    if not patient:
        seen.append(bytes(bench.storage.view).hex())
    return hashlib.sha256("\n".join(seen).encode()).hexdigest()[:16]


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


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--days", type=int, default=0)
    parser.add_argument("--every-commit", action="store_true")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--longer", action="store_true")
    chosen = parser.parse_args()
    if not chosen.days:
        rows(
            lambda name, value, asked, unit: print(f"{name:<58} {value:>10.3g} {unit:<12} {asked}", flush=True),
            1.0 if chosen.longer else SHARE,
        )
        return
    found = simulate(chosen.days, patient=not chosen.every_commit)
    print(json.dumps(found._asdict()) if chosen.json else found)


if __name__ == "__main__":
    main()
