"""When a bench calls the meter: always in time, or, if it is patient, without the commits that nobody sees."""

from ferraris.bench.clock import Clock, rtc_ms, true_ns
from ferraris.firmware.meter.config import Config
from ferraris.firmware.meter.state import State
from ferraris.firmware.meter.wake import next_boundary, next_wake


def wake_ns(config: Config, state: State, clock: Clock, *, patient: bool) -> int:
    """True time, ns, at which the meter asks to be called; a patient bench waits for its boundaries."""
    return true_ns(clock, (next_boundary if patient else next_wake)(config, state))


def skipped_ns(config: Config, state: State, clock: Clock, measured_ns: int, stop_ns: int) -> int | None:
    """When the last commit before a stop would have been, ns; None if it was not skipped or does not matter.

    It does where the stop is not the meter's own: the world, or somebody who drives the bench, may take its power.
    """
    if stop_ns == wake_ns(config, state, clock, patient=True):
        return None
    shown_ms = rtc_ms(clock, stop_ns)
    commit_ns = true_ns(clock, shown_ms - shown_ms % config.commit_ms)
    return commit_ns if measured_ns < commit_ns < stop_ns else None


def commits_before(config: Config, clock: Clock, stop_ns: int, end_ns: int) -> bool:
    """Whether the meter's next commit after a stop, where the clock shows a whole interval, is not after `end_ns`."""
    shown_ms = rtc_ms(clock, stop_ns)
    return true_ns(clock, shown_ms - shown_ms % config.commit_ms + config.commit_ms) <= end_ns
