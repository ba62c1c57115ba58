"""The event log's codes, as a table: what happened, in a number that a head end knows.

Codes below 128 are those that makers of IDIS meters share (seen in a public driver's table of the standard event log;
other makers differ). From 128 on they are ours. Every row of the log holds, beside time and code, two numbers that say
more, and who asked for it (client, or 0 for the meter itself).
"""

from enum import IntEnum
from struct import Struct
from typing import NamedTuple


class Event(IntEnum):
    """What happened; `old` and `new` are what the row's two numbers mean."""

    POWER_DOWN = 1
    """Stamped with the start of a long outage (the power-fail log has all of them). old: start, new: end, s."""
    POWER_UP = 2
    """Stamped with its end. old: start, new: end, s."""
    DAYLIGHT_SAVING = 3
    """Summer time began or ended. old, new: deviation, min."""
    CLOCK_OLD = 4
    """The clock was set; stamped with the time before. old, new: ms."""
    CLOCK_NEW = 5
    """The same, stamped with the time after."""
    CLOCK_INVALID = 6
    """The clock was lost: its backup ran out, or it was being set as the supply failed. old: last known time, ms."""
    TARIFF_ACTIVATED = 9
    """The passive calendar became the active one. old: rate before, new: rate after."""
    MEMORY_ERROR = 14
    """Records or rows had changed in memory. new: how many places."""
    PARAMETER_CHANGED = 47
    """A setting was written. old: class of the object, new: attribute, or 256 more than the method that changed it."""
    PERIOD_CLOSED = 128
    """A billing period was closed. old: reason, new: number of closes."""
    CLOSE_REFUSED = 129
    """A close was refused for the lock-out. old: reason, new: ms until it would be granted."""
    CLOCK_REFUSED = 130
    """A clock change was refused. old, new: time shown and time asked for, ms."""
    ROW_WRITTEN_AGAIN = 131
    """Rows that an outage had kept out of their rings were written after it. new: how many."""
    TARIFF_REFUSED = 132
    """The passive calendar was due to become the active one and makes no sense."""
    TARIFF_LOST = 133
    """The memory has lost the active calendar (new: 1) or the special days (2): the fallback rate is in force."""


class EventRow(NamedTuple):
    """One row of the event log."""

    stamp_ms: int
    status: int
    """Profile status bits of that moment, as `billing.profile.Status`."""
    code: int
    old: int
    new: int
    client: int


_EVENT = Struct("<qBHqqB")
EVENT_SIZE = _EVENT.size


def encode_event(row: EventRow) -> bytes:
    """The stored form of a row."""
    return _EVENT.pack(*row)


def decode_event(payload: bytes) -> EventRow:
    """A row from its stored form; raises ValueError for bytes of another size."""
    if len(payload) != EVENT_SIZE:
        raise ValueError(f"an event of {len(payload)} bytes, expected {EVENT_SIZE}")
    return EventRow(*_EVENT.unpack(payload))


class OutageRow(NamedTuple):
    """One row of the power-fail log."""

    start_s: int
    end_s: int
    """Both in seconds of UTC by the meter's clock; the same where the clock was lost."""
    duration_s: int
    """-1 where the clock was lost."""
    status: int


_OUTAGE = Struct("<qqqB")
OUTAGE_SIZE = _OUTAGE.size


def encode_outage(row: OutageRow) -> bytes:
    """The stored form of a row."""
    return _OUTAGE.pack(*row)


def decode_outage(payload: bytes) -> OutageRow:
    """A row from its stored form; raises ValueError for bytes of another size."""
    if len(payload) != OUTAGE_SIZE:
        raise ValueError(f"an outage of {len(payload)} bytes, expected {OUTAGE_SIZE}")
    return OutageRow(*_OUTAGE.unpack(payload))
