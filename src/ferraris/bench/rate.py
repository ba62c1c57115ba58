"""How fast the meter's clock runs: its crystal in the air of the moment, on its rail or its backup, and trimmed."""

from ferraris.bench.clock import Clock, at_rate
from ferraris.hardware.physics.time_base import TimeBase, drift_ppb

NS_PER_YEAR = 31_557_600_000_000_000
REFRESH_NS = 30 * 86_400_000_000_000
"""The crystal ages: its rate is worked out anew at least this often, 30 days."""


class Rate:
    """Owns what decides the rate of one clock.

    next_ns   true time at which the rate has to be worked out again though nothing else has changed
    """

    def __init__(self, base: TimeBase, rail_v: float, backup_v: float, years: float = 0.0, trim_ppb: int = 0) -> None:
        """A clock that is `years` old at true time 0 and was trimmed by `trim_ppb` in production.

        rail_v, backup_v  what it runs on with and without mains, V
        """
        self._base = base
        self._rail_v = rail_v
        self._backup_v = backup_v
        self._years = years
        self._trim_ppb = trim_ppb
        self._felt: tuple[float, bool] | None = None
        self.next_ns = 0

    def feel(self, clock: Clock, t_ns: int, air_c: float, *, on_mains: bool) -> Clock:
        """The clock as it goes on in this air; the same where nothing has changed."""
        if self._felt == (air_c, on_mains) and t_ns < self.next_ns:
            return clock
        self._felt = air_c, on_mains
        return self._rated(clock, t_ns)

    def trim(self, clock: Clock, t_ns: int, trim_ppb: int) -> Clock:
        """The clock as it goes on when its register is asked for another correction."""
        self._trim_ppb = trim_ppb
        return self._rated(clock, t_ns) if self._felt is not None else clock

    def _rated(self, clock: Clock, t_ns: int) -> Clock:
        assert self._felt is not None
        air_c, on_mains = self._felt
        self.next_ns = t_ns - t_ns % REFRESH_NS + REFRESH_NS
        years = self._years + t_ns / NS_PER_YEAR
        volts = self._rail_v if on_mains else self._backup_v
        return at_rate(clock, t_ns, drift_ppb(self._base, air_c, volts, years, self._trim_ppb))
