"""When the meter must be called next, in its own time."""

from ferraris.firmware.billing.profile import next_boundary
from ferraris.firmware.meter.config import Config
from ferraris.firmware.meter.state import State


def next_wake(config: Config, state: State) -> int:
    """The clock value, ms, at which the next commit or capture is due.

    Counted from the last call that measured: a call that only brought bytes does not take a boundary over.
    """
    periods_ms = (config.commit_ms, config.profile_period_ms)
    return min(next_boundary(state.accounted_ms, period_ms) for period_ms in periods_ms)
