"""Which boundaries have been reached, by a model that looks at every second (docs/billing.md)."""

from dataclasses import replace

from calendars import BERLIN, HOME
from hypothesis import given
from hypothesis import strategies as st

from bench_rig import configuration
from ferraris.firmware.billing import axis as axes
from ferraris.firmware.billing.axis import MOST_CLOSES, Boundary, Kind, Plan
from ferraris.firmware.billing.calendar import rate_at
from ferraris.firmware.billing.standing import Axis
from ferraris.firmware.billing.zone import When, local

PLAN: Plan = replace(
    configuration().plan, zone=BERLIN, profile_s=(60, 86_400), billing=When(hour=7, minute=30, second=0)
)
SEVEN = 1_795_417_200
"""2026-11-23 07:00:00 UTC, 08:00 in Berlin."""
NEAR = st.integers(SEVEN - 90_000, SEVEN + 90_000)


def first(after_s: int, until_s: int, period_s: int) -> list[int]:
    """The first whole multiple of a period in local standard time; of a day, midnight."""
    return [at for at in range(after_s + 1, until_s + 1) if (at + 3600) % period_s == 0][:1]


@given(NEAR, st.integers(0, 4000), st.integers(0, 999))
def test_of_demand_and_each_profile_the_first_boundary_is_reached_and_every_close(
    passed_s: int, seconds: int, rest_ms: int
) -> None:
    now_s = passed_s + seconds
    periods = {Kind.DEMAND: 60, Kind.PROFILE_1: 60, Kind.PROFILE_2: 86_400}
    expected = [Boundary(at, kind) for kind, period in periods.items() for at in first(passed_s, now_s, period)]
    closes = [at for at in range(passed_s + 1, now_s + 1) if local(BERLIN, at).second_of_day == 27_000]
    expected += [Boundary(at, Kind.BILLING) for at in closes]
    axis = Axis(last_ms=passed_s * 1000, passed_ms=passed_s * 1000)
    assert axes.reached(PLAN, axis, now_s * 1000 + rest_ms) == sorted(expected)


def test_at_one_instant_demand_goes_first_then_profiles_billing_activation() -> None:
    plan = replace(PLAN, profile_s=(60, 300), billing=When(minute=0, second=0))
    axis = Axis(last_ms=SEVEN * 1000 - 5000, passed_ms=SEVEN * 1000 - 5000, activation_s=SEVEN)
    found = axes.reached(plan, axis, SEVEN * 1000)
    assert [each.at_s for each in found] == [SEVEN] * 5
    assert [each.kind for each in found] == [
        Kind.DEMAND, Kind.PROFILE_1, Kind.PROFILE_2, Kind.BILLING, Kind.ACTIVATION,
    ]  # fmt: skip


def test_one_call_closes_so_many_periods_and_the_next_goes_on_with_the_rest() -> None:
    hourly = replace(PLAN, billing=When(minute=0, second=0))
    axis, now_ms, stamps = Axis(last_ms=SEVEN * 1000, passed_ms=SEVEN * 1000), (SEVEN + 10 * 3600 + 60) * 1000, []
    calls = 0
    while axis.passed_ms < now_ms:
        found = axes.reached(hourly, axis, now_ms)
        stamps += [each.at_s for each in found if each.kind is Kind.BILLING]
        passed_ms = axes.passed_ms(found, now_ms)
        axis = axis._replace(passed_ms=passed_ms, last_ms=now_ms, backlog=int(passed_ms < now_ms))
        calls += 1
        assert not axis.backlog or axes.next_due_ms(hourly, HOME, axis) <= now_ms, "it asks to be called at once"
    assert stamps == [SEVEN + hour * 3600 for hour in range(1, 11)]
    assert calls == -(-10 // MOST_CLOSES)


@given(NEAR, st.integers(0, 90_000))
def test_an_invalid_clock_closes_no_period_activates_nothing_and_runs_at_the_fallback(passed_s: int, step: int) -> None:
    axis = Axis(last_ms=passed_s * 1000, passed_ms=passed_s * 1000, clock_invalid=1, activation_s=passed_s + 1)
    found = axes.reached(PLAN, axis, (passed_s + step) * 1000)
    assert {each.kind for each in found} <= {Kind.DEMAND, Kind.PROFILE_1, Kind.PROFILE_2}


@given(NEAR)
def test_a_meter_that_is_called_when_it_asks_never_reaches_over_a_boundary_or_a_rate(start_s: int) -> None:
    plan = replace(PLAN, window=PLAN.window._replace(period_s=43_200), profile_s=(43_200, 86_400))
    axis = Axis(last_ms=start_s * 1000, passed_ms=start_s * 1000)
    axis = axis._replace(rate=axes.rate(plan, HOME, axis, start_s * 1000))
    for _ in range(20):
        axis = axis._replace(rate=rate_at(HOME, BERLIN, axis.last_ms // 1000))
        due_s, last_s = axes.next_due_ms(plan, HOME, axis) // 1000, axis.last_ms // 1000
        assert last_s < due_s <= last_s + 43_200
        assert all(each.at_s == due_s for each in axes.reached(plan, axis, due_s * 1000))
        assert len({rate_at(HOME, BERLIN, at) for at in range(last_s, due_s, 60)}) == 1, "and rates end at it, too"
        rate = axes.rate(plan, HOME, axis, due_s * 1000)
        axis = axis._replace(last_ms=due_s * 1000, passed_ms=due_s * 1000, rate=rate)


def test_what_was_passed_already_is_not_passed_again_after_the_clock_went_back_a_little() -> None:
    axis = Axis(last_ms=SEVEN * 1000 - 20_000, passed_ms=SEVEN * 1000 + 10_000)
    assert axes.reached(PLAN, axis, SEVEN * 1000 + 5000) == []
    assert {each.at_s for each in axes.reached(PLAN, axis, SEVEN * 1000 + 60_000)} == {SEVEN + 60}


@given(NEAR, st.integers(0, 9000))
def test_idle_sub_periods_are_those_whose_end_lies_in_the_gap(after_s: int, gap: int) -> None:
    after_s -= after_s % 60  # the end of a sub-period
    ended, last_s = axes.idle_periods(PLAN, after_s, after_s + gap)
    ends = [at for at in range(after_s + 1, after_s + gap + 1) if at % 60 == 0]
    assert ended == len(ends)
    assert last_s == (ends[-1] if ends else after_s)
