"""True time and the meter's clock: nanoseconds of the world against milliseconds that a crystal counts."""

from dataclasses import dataclass

PARTS = 1_000_000_000
"""Drift is counted in parts per 10^9, so that all of this is integer arithmetic and every cut of time agrees."""

NANOSECONDS_PER_MS = 1_000_000

ATTOSECONDS_PER_MS = PARTS * NANOSECONDS_PER_MS
"""A nanosecond of true time moves the clock by (10^9 + drift) attoseconds: whole ones, so nothing is ever rounded."""


@dataclass(frozen=True)
class Clock:
    """A clock that showed `origin_ms` at true time `origin_ns` and has run fast by `drift_ppb` ever since.

    origin_ns   true time, ns
    origin_ms   what the clock showed then, ms of UTC since 1970-01-01
    drift_ppb   nanoseconds gained per second (negative: lost)
    origin_as   what it had counted beyond that millisecond, attoseconds, from 0 to below 10^15
    """

    origin_ns: int
    origin_ms: int
    drift_ppb: int = 0
    origin_as: int = 0

    def __post_init__(self) -> None:
        assert self.drift_ppb > -PARTS, "a clock that stands still or runs backwards"
        assert 0 <= self.origin_as < ATTOSECONDS_PER_MS, "a remainder of a whole millisecond or more"


def rtc_ms(clock: Clock, t_ns: int) -> int:
    """What the clock shows at true time `t_ns`: the milliseconds it has completed."""
    return _shown(clock, t_ns)[0]


def true_ns(clock: Clock, shown_ms: int) -> int:
    """The first true time, ns, at which the clock shows `shown_ms`: the inverse of `rtc_ms`.

    Before `origin_ns` it tells when the clock would have shown it, had it always run as it does now.
    """
    missing = (shown_ms - clock.origin_ms) * ATTOSECONDS_PER_MS - clock.origin_as
    return clock.origin_ns - (-missing // (PARTS + clock.drift_ppb))


def at_rate(clock: Clock, t_ns: int, drift_ppb: int) -> Clock:
    """The clock that shows the same at `t_ns`, to the last attosecond, and runs fast by `drift_ppb` from there on."""
    shown_ms, beyond_as = _shown(clock, t_ns)
    return Clock(t_ns, shown_ms, drift_ppb, beyond_as)


def set_to(clock: Clock, t_ns: int, shown_ms: int) -> Clock:
    """The clock set at `t_ns`: it begins the millisecond `shown_ms` there and runs on at its own rate."""
    return Clock(t_ns, shown_ms, clock.drift_ppb)


def _shown(clock: Clock, t_ns: int) -> tuple[int, int]:
    """Whole milliseconds, and the attoseconds beyond them."""
    beyond = clock.origin_as + (t_ns - clock.origin_ns) * (PARTS + clock.drift_ppb)
    whole, rest = divmod(beyond, ATTOSECONDS_PER_MS)
    return clock.origin_ms + whole, rest
