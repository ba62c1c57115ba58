"""How recovery tells what it found."""

from typing import NamedTuple


class Damage(NamedTuple):
    """A place in memory that is not as it should be."""

    place: str
    """Part of the layout: "journal", "bank 1", "ring 0"."""
    address: int
    what: str
    """In words."""
    kind: int | None = None
    """Kind of the record that stood there, if the place still tells."""
    sequence: int | None = None
    """Sequence of the record or row that is missing, as far as its neighbours tell."""
