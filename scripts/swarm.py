# ruff: noqa: INP001  a script, not a package
"""Play drawn weeks on a meter with the auditor listening; they must agree to the integer.

Usage: python scripts/swarm.py [--weeks 1000] [--first 0] [--jobs 2] [--meter firmware]
       python scripts/swarm.py --seed 42          what happened in this week, and where the two differ

docs/swarm.md tells how to read a failure.
"""

import sys
from argparse import ArgumentParser, Namespace
from functools import partial
from multiprocessing import Pool
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "src"), str(ROOT / "tests"), str(ROOT / "tests" / "swarm")]

from swarm_meters import MAKERS, maker  # noqa: E402
from swarm_model import FAULTS  # noqa: E402
from swarm_runner import play  # noqa: E402
from swarm_story import Outage, SetClock, Story  # noqa: E402
from swarm_weeks import week  # noqa: E402

from ferraris.bench.auditor.almanac import local  # noqa: E402  the path stands first

MOST_SHOWN = 10
"""Failing seeds that are printed with their differences; of the others only the number."""


def main() -> int:
    """Exit code 0 if every week agreed, 1 if not."""
    asked = arguments()
    if asked.seed is not None:
        return replay(asked.seed, asked.meter, asked.fault)
    seeds = range(asked.first, asked.first + asked.weeks)
    failed = 0
    with Pool(asked.jobs) as pool:
        for seed, found in pool.imap_unordered(partial(one, asked.meter, asked.fault), seeds, chunksize=4):
            failed += bool(found)
            if found and failed <= MOST_SHOWN:
                print(f"seed {seed}: {found[0]}", flush=True)
    print(f"{len(seeds)} weeks from seed {asked.first}, {failed} failed")
    return int(failed > 0)


def arguments() -> Namespace:
    """What was asked for."""
    parser = ArgumentParser(description="weeks drawn from seeds: meter against auditor")
    parser.add_argument("--weeks", type=int, default=1000)
    parser.add_argument("--first", type=int, default=0, help="first seed")
    parser.add_argument("--jobs", type=int, default=2, help="processes")
    parser.add_argument("--seed", type=int, help="play this week alone and tell its story")
    parser.add_argument("--meter", choices=MAKERS, default="firmware")
    parser.add_argument("--fault", choices=FAULTS, default="", metavar="NAME", help="break the model on purpose")
    return parser.parse_args()


def one(meter: str, fault: str, seed: int) -> tuple[int, list[str]]:
    """A seed and what differs; an exception counts as a difference, for the seed must be told."""
    try:
        return seed, play(week(seed), maker(meter, fault))
    except Exception as error:  # noqa: BLE001  whatever it is, the seed replays it with its traceback
        return seed, [f"{type(error).__name__}: {error}"]


def replay(seed: int, meter: str, fault: str) -> int:
    """Print a week as a table of true time, clock and event, then what differs."""
    story = week(seed)
    tell(story)
    found = play(story, maker(meter, fault))
    print(*(found or ["meter and auditor agree"]), sep="\n")
    return int(bool(found))


def tell(story: Story) -> None:
    """The clock is what it would be if no clock were lost for longer or shorter than the outage."""
    print(story.terms)
    offset = story.start
    for event in story.events:
        print(f"{event.at:>12} ms  {local(story.terms.zone, event.at + offset):%a %Y-%m-%d %H:%M:%S.%f %z}  {event}")
        match event:
            case SetClock(by_ms=by_ms):
                offset += by_ms
            case Outage(for_ms=for_ms, loses_clock=True):
                offset -= for_ms
            case _:
                pass


if __name__ == "__main__":
    sys.exit(main())
