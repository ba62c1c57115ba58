"""The planning checklist: seven files, one per section, and `check`, which asks them all."""

from collections.abc import Callable
from typing import TypeAlias

from ferraris.hardware.platform.models import Platform
from ferraris.verify.checklist import clock, communication, disconnect, metrology, power, sensing, tamper
from ferraris.verify.checklist.registry import ITEMS
from ferraris.verify.finding import Outcome

Progress: TypeAlias = Callable[[str, int, int], None]
"""Called before each item with its number and title, how many are done, and how many there are."""

_SECTIONS = metrology, sensing, clock, tamper, communication, disconnect, power
"""In the order of the source document, which is the order in which they registered their items."""

TITLES = {number: ITEMS[number].title for number in sorted(ITEMS)}
"""Item number -> title."""


def check(platform: Platform, progress: Progress | None = None) -> tuple[Outcome, ...]:
    """Judge a platform against every item, in order; deterministic, a few seconds, most of them for item 1.1."""
    outcomes: list[Outcome] = []
    for done, number in enumerate(TITLES):
        entry = ITEMS[number]
        if progress:
            progress(f"{number} {entry.title}", done, len(TITLES))
        found = list(entry.judge(platform))
        assert found, f"item {number} says nothing"
        assert all(outcome.item == number for outcome in found), f"item {number} speaks for another"
        outcomes.extend(found)
    return tuple(outcomes)
