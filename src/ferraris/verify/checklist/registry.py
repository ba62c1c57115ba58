"""The register of the checklist's items: one decorated function each, keyed by the source document's own numbers."""

from collections.abc import Callable, Iterable
from typing import NamedTuple, TypeAlias

from ferraris.hardware.platform.models import Platform
from ferraris.verify.finding import Outcome

Judge: TypeAlias = Callable[[Platform], Iterable[Outcome]]


class Item(NamedTuple):
    """One item of the checklist."""

    number: str
    title: str
    judge: Judge


ITEMS: dict[str, Item] = {}
"""Filled by `item` as the files of the sections are imported."""


def item(number: str, title: str) -> Callable[[Judge], Judge]:
    """Make a function the judge of an item; it yields outcomes that carry the same number."""

    def register(judge: Judge) -> Judge:
        assert number not in ITEMS, f"item {number} has two judges"
        ITEMS[number] = Item(number, title, judge)
        return judge

    return register
