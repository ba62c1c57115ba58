"""Where a meter stands on the axis of time: a part of the ledger, which makes it durable with all that bills."""

from typing import NamedTuple


class Axis(NamedTuple):
    """Where on the axis of time the meter stands; times are ms of UTC since 1970-01-01, by the meter's clock."""

    last_ms: int = 0
    """The clock at the latest measuring call; 0 before the first in the life of a meter."""
    passed_ms: int = 0
    """Boundaries up to here have been passed. Later than `last_ms` after the clock was set back a little."""
    jumped_from_ms: int = 0
    """What the clock showed when it was made to jump, until the measuring call that deals with it; else 0."""
    jumped_to_ms: int = 0
    """What it showed then."""
    closing: int = 0
    """Reason of a close that was commanded since the latest measuring call; the reading in progress goes before it."""
    closing_s: int = 0
    """Its stamp."""
    closing_client: int = 0
    """Who commanded it."""
    closing_after_jump: int = 0
    """1 if the clock had jumped before it was commanded."""
    setting: int = 0
    """1 from the record of a clock change to the next measuring call: after an outage in between nobody knows which
    of two times the clock shows."""
    backlog: int = 0
    """1 while more billing periods ended in an outage than one call closes: the next call goes on at `passed_ms`."""
    clock_invalid: int = 0
    """1 after the clock was lost, until it is set."""
    rate: int = 1
    """The rate in force."""
    status_1: int = 0
    """Status bits that the next row of load profile 1 will carry, beside those of its own moment."""
    status_2: int = 0
    """The same for load profile 2."""
    outage_end_ms: int = 0
    """End of the latest outage: a row stamped before it leaves its mark to the next one as well."""
    adjusted_ms: int = 0
    """The time to which the clock was changed last; likewise."""
    activation_client: int = 0
    """Client that decided when."""
    activation_s: int = 0
    """When the passive calendar becomes the active one, s; 0: never."""
    closes: int = 0
    """Billing periods closed so far."""
    closed_s: int = 0
    """Stamp of the latest close."""
    scheduled_s: int = 0
    """Stamp of the latest close by schedule: after a clock was set back, the same end is not closed twice in a row."""
    manual_ms: int = 0
    """When a command or the button closed a period last; 0: never."""
    outages: int = 0
    long_outages: int = 0
    dips: int = 0
    """Alarms of the supply that passed without an outage."""
    trusted_s: int = 0
    """Where the clock is not valid, and until a jump is dealt with: the last clock that was; 0: none ever was."""
    clock_changes: int = 0
    set_ms: int = 0
    """When the clock was last set, by the new time; 0: never."""
    set_by: int = 0
    """Client that set it."""
    moved_day: int = 0
    """Day of UTC on which a source of time other than the head end changed the clock last."""
    moved_ms: int = 0
    """By how much such sources have changed it on that day, whatever the direction."""
    calendar_crc: int = 0
    """CRC-32 of the record of the active calendar; 0: it is the factory's."""
    special_crc: int = 0
    """CRC-32 of the record of the special days; 0: they are the factory's."""
    tariff_lost: int = 0
    """1 where the memory has lost the active calendar, 2 the special days, until they are loaded again."""
