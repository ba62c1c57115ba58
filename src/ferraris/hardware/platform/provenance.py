"""Where a platform's values come from."""

from typing import NamedTuple


class Source(NamedTuple):
    """The origin of one value that a platform took from the parts catalogue."""

    key: str
    """The value's key in the platform file, such as "adc.noise"."""
    part: str
    """Name of the part."""
    source: str
    """Document that gives the value, or how it was derived from one."""
    seen: bool
    """True if the document was read for this value."""
    ours: bool = False
    """True if this project chose the value, or if it follows from others; if neither, it is recalled: unverified."""


def recalled(sources: tuple[Source, ...], *keys: str) -> tuple[Source, ...]:
    """Return the sources that were only recalled, of these keys or tables ("adc", "current.line"), or of all."""
    return tuple(each for each in sources if not each.seen and not each.ours and (not keys or _under(each.key, keys)))


def _under(key: str, tables: tuple[str, ...]) -> bool:
    return any(key == table or key.startswith(f"{table}.") for table in tables)
