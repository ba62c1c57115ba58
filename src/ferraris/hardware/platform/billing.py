"""What of billing the factory decides: demand, periods, logs, and who may set the clock. Every key has a default."""

import re
from typing import Annotated, NamedTuple

from pydantic import AfterValidator, Field

from ferraris.hardware.platform import fields
from ferraris.hardware.platform.table import Table

CAPTURED = ("1.0.1.8.0", "1.0.2.8.0", "1.0.3.8.0", "1.0.4.8.0")
"""A+, A-, R+ and R-."""
LAST_DAY = 0
FEWEST_RATES = 4
"""A meter whose tariff has fewer can be given another tariff later: our choice."""

_PERIOD_END = re.compile(r"(?:day (?P<day>[1-9]|1\d|2[0-8])|last day) (?P<hour>[01]\d|2[0-3]):(?P<minute>[0-5]\d)")
_OBIS = re.compile(r"1\.0\.\d{1,3}\.\d{1,3}\.\d{1,3}")


class PeriodEnd(NamedTuple):
    """When billing periods end, in local time; day 0 is the last of the month."""

    day: int
    hour: int
    minute: int


def period_end(text: str) -> PeriodEnd:
    """Read "day 1 00:00" or "last day 23:59"; raises ValueError."""
    found = _PERIOD_END.fullmatch(text)
    if found is None:
        raise ValueError('expected "day 1 00:00", with a day from 1 to 28, or "last day 23:59"')
    return PeriodEnd(int(found["day"] or LAST_DAY), int(found["hour"]), int(found["minute"]))


def _is_period_end(text: str) -> str:
    period_end(text)
    return text


def _are_registers(codes: tuple[str, ...]) -> tuple[str, ...]:
    for code in codes:
        if not _OBIS.fullmatch(code) or any(int(group) > 255 for group in code.split(".")):
            raise ValueError('expected OBIS codes of registers, as "1.0.1.8.0"')
    if len(set(codes)) != len(codes):
        raise ValueError("each register once")
    return codes


Captures = Annotated[tuple[str, ...], Field(min_length=1, max_length=16), AfterValidator(_are_registers)]


class Billing(Table):
    """Demand, billing periods, the second load profile and the logs."""

    rates: Annotated[int | None, Field(ge=1, le=8)] = None
    """Registers for rates that every quantity has; as many as the tariff needs, and at least 4, if left out."""
    demand_period_s: fields.WholeSeconds = Field(alias="demand_period", default=900)
    """Length of a demand period: a divisor of a day. With sliding windows, of one step of the window."""
    demand_periods: Annotated[int, Field(ge=1, le=15)] = 1
    """Demand periods in a window: 1 is block demand, more slide."""
    period_end: Annotated[str, AfterValidator(_is_period_end)] = "day 1 00:00"
    """When billing periods end, in local time: "day 1 00:00", or "last day 23:59"."""
    history: Annotated[int, Field(ge=13, le=400)] = 15
    """Closed billing periods that are kept."""
    reset_lockout_s: fields.WholeSeconds = Field(alias="reset_lockout", default=3600)
    """After a demand reset by command or button, no other one by either for this long."""
    small_shift_s: fields.WholeSeconds = Field(alias="small_shift", default=9)
    """Changes of the clock up to this much interrupt nothing: at most a hundredth of the demand period, or 1 s."""
    long_outage_s: fields.WholeSeconds = Field(alias="long_outage", default=180)
    """Outages from this length on are counted as long."""
    profile_captures: Captures = CAPTURED
    """Registers that load profile 1 captures beside time and status."""
    profile_2_period_s: fields.WholeSeconds = Field(alias="profile_2_period", default=86400)
    """Capture period of load profile 2; "1 d" ends at local midnight."""
    profile_2_days: fields.WholeDays = 93
    """How long load profile 2 reaches back."""
    profile_2_captures: Captures = CAPTURED
    """Registers that load profile 2 captures."""
    event_log: Annotated[int, Field(ge=10, le=100_000)] = 200
    """Events that are kept."""
    outage_log: Annotated[int, Field(ge=10, le=100_000)] = 100
    """Outages that are kept."""


class TimeSource(Table):
    """Somebody who may set the clock, beside the head end: a concentrator, network time through a gateway."""

    name: fields.Name
    """Who, as in "concentrator"."""
    client: Annotated[int, Field(ge=3, le=15)]
    """Its client number."""
    password: str = Field(min_length=8, max_length=64, pattern="^[\x21-\x7e]+$", examples=["change-me"])
    """Its password: 8 to 64 printable ASCII characters."""
    priority: Annotated[int, Field(ge=2, le=9)]
    """The head end has 1, the best. A source waits while a better one has set the clock not long ago."""
    most_s: fields.WholeSeconds = Field(alias="most")
    """It may change a valid clock by at most this."""
    every_s: fields.WholeSeconds = Field(alias="every")
    """It may do so at most once in this time."""
    daily_s: fields.WholeSeconds | None = Field(alias="daily", default=None)
    """It may change it by at most this in a day, what other sources have changed included; twice `most` if left out."""
