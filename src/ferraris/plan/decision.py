"""What an answer looks like: which, why, with what margin, and what would change it."""

from typing import NamedTuple


class Figure(NamedTuple):
    """A number behind a decision, with the law or model it comes from."""

    name: str
    value: float
    unit: str
    source: str


class Option(NamedTuple):
    """One of the things that could be chosen: its figures side by side with the others', and what speaks against it.

    A figure is None where it was not worth finding: what cannot survive has no accuracy.
    """

    name: str
    values: tuple[float | None, ...]
    against: tuple[str, ...] = ()


class Decision(NamedTuple):
    """One question answered.

    margin      how far the deciding figure is from the point where the answer would turn; negative: not met
    changes     what would change the answer, each with the number at which it would
    headings    what the values of the options mean, with their unit
    """

    question: str
    choice: str
    because: str
    margin: Figure
    figures: tuple[Figure, ...]
    changes: tuple[str, ...]
    headings: tuple[str, ...]
    options: tuple[Option, ...]
