"""The axis of time: which boundaries a meter has passed, and when it must be called for the next (docs/billing.md).

Everything here is a pure function of the plan, of where the ledger stands and of the clock.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum
from typing import NamedTuple

from ferraris.firmware.billing.calendar import Calendar, next_change, rate_at
from ferraris.firmware.billing.demand import Window
from ferraris.firmware.billing.ledger import Shape
from ferraris.firmware.billing.schedule import next_pass, passes
from ferraris.firmware.billing.standing import Axis
from ferraris.firmware.billing.zone import DAY_S, When, Zone, boundary, next_boundary

MOST_CLOSES = 4
"""Billing periods closed in one measuring call, so that the record of it stays small; the next follows at once."""


@dataclass(frozen=True)
class Plan:
    """What of billing the factory decides."""

    shape: Shape
    zone: Zone
    window: Window
    profile_s: tuple[int, int]
    """Capture periods of the two load profiles, s."""
    billing: When
    """When billing periods end, in local time."""
    small_shift_ms: int
    """The clock may be changed by this much without anything ending."""
    long_outage_s: int
    """An outage of this length or more is counted as long."""
    lockout_ms: int
    """After a close by command or button, no other one by command or button for this long."""


LOOKS_BACK_S = (3 * 3600, 2 * DAY_S, 400 * DAY_S, 400 * 366 * DAY_S)
"""How far back the latest end of a billing period is looked for: most schedules have one in the nearest of these."""
MOST_SKIPPED = 12_000
"""More ends than a schedule can have in such a look where the nearer one had none."""


class Kind(IntEnum):
    """What ends at a boundary, in the order in which boundaries at the same instant are passed."""

    DEMAND = 0
    PROFILE_1 = 1
    PROFILE_2 = 2
    BILLING = 3
    ACTIVATION = 4


class Boundary(NamedTuple):
    """One that has been reached."""

    at_s: int
    kind: Kind


def reached(plan: Plan, axis: Axis, now_ms: int) -> list[Boundary]:
    """The boundaries in (passed, now] that mean something, in the order in which to pass them.

    Of demand and of a load profile the first alone: later ones were spent without power (rules 3 and 4). Where more
    billing periods ended than one call closes, nothing after the last of them is reached yet.
    """
    passed_s, now_s = axis.passed_ms // 1000, now_ms // 1000
    closes = () if axis.clock_invalid else passes(plan.zone, plan.billing, passed_s, now_s, MOST_CLOSES)
    limit_s = closes[-1] if len(closes) == MOST_CLOSES else now_s
    found = [Boundary(at_s, Kind.BILLING) for at_s in closes]
    if not axis.backlog:
        found += [each for each in _periodic(plan, passed_s) if each.at_s <= limit_s]
    # An activation is due by the clock itself: no later because the clock was set back a little.
    if 0 < axis.activation_s <= limit_s and not axis.clock_invalid:
        found.append(Boundary(max(axis.activation_s, passed_s), Kind.ACTIVATION))
    return sorted(found)


def _periodic(plan: Plan, passed_s: int) -> Iterator[Boundary]:
    yield Boundary(next_boundary(plan.zone, passed_s, plan.window.period_s), Kind.DEMAND)
    for kind, period_s in zip((Kind.PROFILE_1, Kind.PROFILE_2), plan.profile_s, strict=True):
        yield Boundary(next_boundary(plan.zone, passed_s, period_s), kind)


def idle_periods(plan: Plan, after_s: int, until_s: int) -> tuple[int, int]:
    """Demand sub-periods that ended in (after, until] without power: how many, and when the last one ended."""
    last_s = boundary(plan.zone, until_s, plan.window.period_s)
    return max(0, (last_s - after_s) // plan.window.period_s), last_s


def passed_ms(found: list[Boundary], now_ms: int) -> int:
    """Up to where boundaries have been passed once those found have been."""
    closes = [each.at_s for each in found if each.kind is Kind.BILLING]
    return closes[-1] * 1000 if len(closes) == MOST_CLOSES else now_ms


def rate(plan: Plan, calendar: Calendar, axis: Axis, now_ms: int) -> int:
    """The rate that is in force from now on; without a clock or a tariff to go by, the fallback."""
    if axis.clock_invalid or axis.tariff_lost:
        return calendar.fallback
    return rate_at(calendar, plan.zone, now_ms // 1000)


def closes_between(plan: Plan, after_s: int, until_s: int) -> tuple[int, ...]:
    """The ends of billing periods in (after, until], as many as one call closes."""
    return passes(plan.zone, plan.billing, after_s, until_s, MOST_CLOSES)


def latest_close(plan: Plan, after_s: int, until_s: int) -> int | None:
    """The last end of a billing period in (after, until]; None if there is none."""
    for back_s in LOOKS_BACK_S:
        found = passes(plan.zone, plan.billing, max(after_s, until_s - back_s), until_s, MOST_SKIPPED)
        if found:
            return found[-1]
    return None


def next_due_ms(plan: Plan, calendar: Calendar, axis: Axis) -> int:
    """The clock at which the meter must be called next for the sake of billing, ms; in the past where it is late."""
    if axis.jumped_from_ms or axis.closing or axis.setting or axis.backlog:
        return axis.last_ms
    if axis.rate != rate(plan, calendar, axis, axis.last_ms):
        return axis.last_ms  # the calendar itself was changed
    passed_s = axis.passed_ms // 1000
    due = [each.at_s for each in _periodic(plan, passed_s)]
    if not axis.clock_invalid:
        due += [axis.activation_s] if axis.activation_s else []
        due.append(next_change(calendar, plan.zone, axis.last_ms // 1000))
        close_s = next_pass(plan.zone, plan.billing, passed_s)
        due += [] if close_s is None else [close_s]
    return min(due) * 1000
