"""When the meter must be called next, in its own time."""

from ferraris.firmware.billing.axis import next_due_ms
from ferraris.firmware.meter.config import Config
from ferraris.firmware.meter.state import State


def next_wake(config: Config, state: State) -> int:
    """The clock value, ms, at which the next commit or boundary is due; in the past where one is overdue.

    Counted from the last measuring call: a call that only brought bytes does not take a boundary over.
    """
    return min(next_commit(config, state), next_boundary(config, state))


def next_commit(config: Config, state: State) -> int:
    """The clock value, ms, at which the ledger is made durable next though nothing else is due."""
    last_ms = state.ledger.axis.last_ms
    return last_ms - last_ms % config.commit_ms + config.commit_ms


def next_boundary(config: Config, state: State) -> int:
    """The clock value, ms, of the next boundary, or of a call that is due for another reason than a commit."""
    return next_due_ms(config.plan, state.calendar, state.ledger.axis)
