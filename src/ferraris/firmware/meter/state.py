"""What the firmware knows between two calls of `step`; all of it lives in RAM and is rebuilt by `boot`."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ferraris.firmware.billing.calendar import Calendar, SpecialDay
from ferraris.firmware.billing.ledger import Base, Ledger, RingRow
from ferraris.firmware.dlms.server import Connection
from ferraris.firmware.store.ring import Ring
from ferraris.pins import Reading


@dataclass(frozen=True)
class State:
    """The meter's working memory. Long buffers are not here: they are read from the non-volatile memory."""

    ledger: Ledger
    rings: tuple[Ring, ...]
    """Where each ring begins and ends, by `RingId`."""
    calendar: Calendar
    """The active tariff, with the special days whose profiles it knows."""
    passive: Calendar
    """The tariff that takes its place at the ledger's activation time."""
    special_days: tuple[SpecialDay, ...]
    """All special days that were written."""
    base: Base | None = None
    """The latest snapshot of the ledger; None: there is none yet."""
    unwritten: tuple[RingRow, ...] = ()
    """Rows that the latest record promised and that an outage kept out of their rings."""
    appended: tuple[int, ...] = ()
    """Rings that the call before gave a row: where their slots did not take it, they have to be followed."""
    rtc_ms: int = 0
    """The meter's clock at the latest call, ms of UTC since 1970-01-01."""
    preset: tuple[int, int, int] | None = None
    """Time to set the clock to, and the first and last time at which that is allowed, ms (IC 8, preset)."""
    reading: Reading | None = None
    """The latest reading, for everything that is shown and not counted; None until the first after a reset."""
    connections: Mapping[int, Connection] = field(default_factory=dict)
    """What was said so far on every open port."""
    constants: bytes | None = None
    """Calibration constants that the memory held at boot; the front end gets them at the first call."""
    is_bound: bool = False
    """The memory says that it is this meter's; if not, the first call writes it down."""
    damage: int = 0
    """Places in memory that were found changed at boot; an event and the next rows tell it."""
    is_ledger_doubtful: bool = False
    """Some of that damage is in the journal: the ledger may be older than what was once durable."""
    tariff_doubt: int = 0
    """What of the tariff the memory had lost at boot, as `Axis.tariff_lost`."""
    tariff_crcs: tuple[int, int] = (0, 0)
    """Checksums of the records of active calendar and special days, as they were found at boot."""
    unlogged: tuple[int, ...] = ()
    """Classes of objects whose change was durable as the supply failed, and its record in the log was not."""
    refusals: Mapping[tuple[int, int], int] = field(default_factory=dict)
    """When each kind of refusal to each client was last logged, ms."""
    is_failing: bool = False
    """The supply has given the alarm."""
    trim_ppb: int | None = None
    """What the clock was told last to gain or lose; None after a reset."""


def changed(state: State, **changes: Any) -> State:  # noqa: ANN401 - as `replace`, whose values are the fields'
    """The state with other values in some fields.

    What `dataclasses.replace` does, without calling the constructor field by field: measured seven times quicker, and
    every call of `step` needs it several times.
    """
    assert changes.keys() <= _FIELDS, f"no such field: {changes.keys() - _FIELDS}"
    made = object.__new__(State)
    vars(made).update(vars(state), **changes)
    return made


_FIELDS = frozenset(State.__dataclass_fields__)
