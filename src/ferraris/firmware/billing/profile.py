"""Load profiles: what a row holds, and what marks it as different from an undisturbed one.

Rows have one fixed size for each profile and live in a ring of the non-volatile memory. When one is due is
`billing.axis`'s to say (docs/billing.md, rule 4).
"""

from enum import IntFlag
from functools import lru_cache
from struct import Struct
from typing import NamedTuple


class Status(IntFlag):
    """What marks a row as different from an undisturbed one.

    The layout of these bits is the companion specification's to choose; this one follows the AMR profile status of
    DSMR/IDIS (recalled, unverified).
    """

    CRITICAL_ERROR = 0x01
    CLOCK_INVALID = 0x02
    DATA_NOT_VALID = 0x04
    DAYLIGHT_SAVING = 0x08
    CLOCK_ADJUSTED = 0x20
    POWER_DOWN = 0x80


class Row(NamedTuple):
    """One captured row."""

    stamp_s: int
    """The end of the period: seconds of UTC since 1970-01-01."""
    status: Status
    values: tuple[int, ...]
    """What the captured objects showed, in the units in which the meter keeps them."""


@lru_cache(maxsize=64)
def _layout(columns: int) -> Struct:
    """Seconds have 64 bits: 32 would end in the year 2106, and a wrong clock must not end a meter."""
    return Struct(f"<qB{columns}q")


def row_size(columns: int) -> int:
    """Bytes of a row with so many values."""
    return _layout(columns).size


def encode_row(row: Row) -> bytes:
    """The stored form of a row."""
    return _layout(len(row.values)).pack(row.stamp_s, row.status, *row.values)


def decode_row(payload: bytes, columns: int) -> Row:
    """A row from its stored form; raises ValueError for bytes of another size."""
    if len(payload) != row_size(columns):
        raise ValueError(f"a profile row of {len(payload)} bytes, expected {row_size(columns)}")
    stamp_s, status, *values = _layout(columns).unpack(payload)
    return Row(stamp_s, Status(status), tuple(values))
