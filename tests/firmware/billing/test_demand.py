"""Demand against a naive model: a list of sub-periods and no cleverness; docs/billing.md, rule 3."""

from hypothesis import given
from hypothesis import strategies as st

from ferraris.firmware.billing import demand as demands
from ferraris.firmware.billing.demand import Demand, Maximum, Window
from ferraris.pins import Energies

ONE = st.tuples(*(st.integers(0, 1000) for _ in range(4)))
PERIODS = st.lists(st.tuples(st.lists(ONE, max_size=3), st.integers(1, 3)), min_size=1, max_size=12)
"""Readings of each sub-period, and the rate in force as it ends."""


def played(periods: list[tuple[list[tuple[int, ...]], int]], window: Window) -> Demand:
    found = demands.zero(3)
    for number, (readings, rate) in enumerate(periods, 1):
        for each in readings:
            found = demands.count(found, each)
        found = demands.end(found, window, number * window.period_s, rate)
    return found


@given(PERIODS, st.integers(1, 4))
def test_the_window_is_the_sum_of_the_last_sub_periods_and_a_maximum_is_the_first_largest_one(
    periods: list[tuple[list[tuple[int, ...]], int]], count: int
) -> None:
    window = Window(900, count)
    found = played(periods, window)
    for quantity in range(4):
        sums = [sum(each[quantity] for each in readings) for readings, _ in periods]
        windows = [sum(sums[max(0, end - count) : end]) for end in range(1, len(sums) + 1)]
        assert found.last[quantity] == windows[-1]
        for rate in (0, 1, 2, 3):
            judged = [(energy, -900 * at) for at, energy in enumerate(windows, 1) if rate in {0, periods[at - 1][1]}]
            largest, ended = max((pair for pair in judged if pair[0]), default=(0, 0))
            assert found.maxima[quantity][rate] == Maximum(largest, -ended)


def test_demand_is_never_overstated_after_the_first_start() -> None:
    # One sub-period of three is known: its energy counts over the whole window, not over a third of it.
    found = demands.end(demands.count(demands.zero(1), (900, 0, 0, 0)), Window(300, 3), 300, 1)
    assert (found.last[0], Window(300, 3).length_s) == (900, 900)


def test_the_same_again_is_not_more_and_keeps_the_time_of_the_first() -> None:
    found = played([([(5, 0, 0, 0)], 1)] * 3, Window(900, 1))
    assert found.maxima[0][0] == Maximum(5, 900)


@given(PERIODS, st.integers(1, 4), st.integers(1, 9))
def test_sub_periods_without_power_count_nothing_and_make_no_maximum(
    periods: list[tuple[list[tuple[int, ...]], int]], count: int, idle: int
) -> None:
    window = Window(900, count)
    before = played(periods, window)
    after = demands.idle(before, window, idle, (len(periods) + idle) * 900)
    sums = [tuple(sum(each[q] for each in readings) for q in range(4)) for readings, _ in periods]
    window_sums = [*sums, *([(0,) * 4] * idle)][-count:]
    assert after.last == tuple(sum(column) for column in zip(*window_sums, strict=True))
    assert (after.maxima, after.cumulative) == (before.maxima, before.cumulative)
    assert after.last_ended_s == after.began_s == (len(periods) + idle) * 900


@given(PERIODS)
def test_a_reset_takes_the_maxima_and_the_sub_period_in_progress_goes_on(
    periods: list[tuple[list[tuple[int, ...]], int]],
) -> None:
    window = Window(900, 1)
    before = played(periods, window)
    once = demands.reset(demands.count(before, (1, 2, 3, 4)))
    assert once.current == (1, 2, 3, 4)
    assert all(each == Maximum() for row in once.maxima for each in row)
    assert demands.reset(once).cumulative == once.cumulative, "nothing has been measured since"
    again = demands.reset(demands.end(once, window, 99_000, 2))
    for quantity, added in enumerate((1, 2, 3, 4)):
        taken = [each.quanta for each in before.maxima[quantity]]
        assert once.cumulative[quantity] == tuple(taken)
        assert again.cumulative[quantity] == (taken[0] + added, taken[1], taken[2] + added, taken[3])


def test_after_a_jump_of_the_clock_nothing_of_the_window_counts() -> None:
    window = Window(900, 3)
    found = demands.forget(demands.count(played([([(7, 0, 0, 0)], 1)] * 3, window), (5, 0, 0, 0)), 77)
    ended = demands.end(demands.count(found, (1, 0, 0, 0)), window, 900, 1)
    assert (found.began_s, ended.last[0]) == (77, 1)
    assert ended.maxima[0][0] == Maximum(21, 2700), "maxima stay"


def test_reactive_demand_is_of_the_quadrants_above_and_below() -> None:
    total = Energies(1, 2, 10, 200, 3000, 40_000, 5, 6)
    assert demands.quantities(total) == (1, 2, 210, 43_000)
