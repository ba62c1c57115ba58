"""True time and the meter's clock: nanoseconds of the world against milliseconds that a crystal counts."""

from dataclasses import dataclass

PARTS = 1_000_000_000
"""Drift is counted in parts per 10^9, so that all of this is integer arithmetic and every cut of time agrees."""

NANOSECONDS_PER_MS = 1_000_000


@dataclass(frozen=True)
class Clock:
    """A clock that showed `origin_ms` at true time `origin_ns` and has run fast by `drift_ppb` ever since.

    origin_ns   true time, ns
    origin_ms   what the clock showed then, ms of UTC since 1970-01-01
    drift_ppb   nanoseconds gained per second (negative: lost)
    """

    origin_ns: int
    origin_ms: int
    drift_ppb: int = 0

    def __post_init__(self) -> None:
        assert self.drift_ppb > -PARTS, "a clock that stands still or runs backwards"


def rtc_ms(clock: Clock, t_ns: int) -> int:
    """What the clock shows at true time `t_ns`: the milliseconds it has completed."""
    elapsed = (t_ns - clock.origin_ns) * (PARTS + clock.drift_ppb)
    return clock.origin_ms + elapsed // (PARTS * NANOSECONDS_PER_MS)


def true_ns(clock: Clock, shown_ms: int) -> int:
    """The first true time, ns, at which the clock shows `shown_ms`: the inverse of `rtc_ms`."""
    elapsed = (shown_ms - clock.origin_ms) * PARTS * NANOSECONDS_PER_MS
    return clock.origin_ns - (-elapsed // (PARTS + clock.drift_ppb))
