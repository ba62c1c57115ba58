"""The compiled parts of long spans against plain arithmetic in Python's own integers and floats."""

import math

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ferraris.hardware.chain import cells, pulses, quadrants
from ferraris.hardware.chain.calibrate import balanced, build, calibrate
from ferraris.hardware.chain.chain import Span
from ferraris.hardware.chain.measure import measure, start
from ferraris.hardware.chain.sensors import heat
from ferraris.hardware.chain.specimen import Seed, Specimen, manufacture
from ferraris.hardware.platform.models import Platform
from ferraris.hardware.world.mains import Environment

WINDOWS = st.lists(st.tuples(st.integers(-(10**15), 10**15), st.integers(1, 80_000)), min_size=1, max_size=12)


@given(WINDOWS, st.integers(10**12, 10**17), st.integers(0, 10**12 - 1), st.integers(0, 10**12))
@example([(49 * 10**12, 49)], 10**12, 0, 0)  # 1/49 of 49 ticks is one tick, in floating point a little less
def test_a_train_has_the_edges_of_its_windows_to_the_last_quantum(
    windows: list[tuple[int, int]], pulse: int, carry: int, tick: int
) -> None:
    energy, ticks = (np.array(column) for column in zip(*windows, strict=True))
    first = tick + np.cumsum(ticks) - ticks
    wanted: list[int] = []
    rest = carry
    for amount, begin, length in zip(energy.tolist(), first.tolist(), ticks.tolist(), strict=True):
        count, after = divmod(rest + abs(amount), pulse)
        # The n-th pulse falls where the running sum passes n pulse energies; whole quanta, rounded down.
        wanted += [begin * 65536 + (n * pulse - rest) * (length * 65536) // abs(amount) for n in range(1, count + 1)]
        rest = after
    assert pulses.train(carry, energy, first, ticks, pulse) == (rest, tuple(wanted))


SIGNED = st.integers(-(10**15), 10**15)


@given(st.lists(st.tuples(SIGNED, SIGNED, st.integers(0, 10**15)), max_size=8))
def test_sums_are_those_of_sorted_windows(windows: list[tuple[int, int, int]]) -> None:
    columns = np.array(windows, dtype=np.int64).reshape(-1, 3, 1)
    active, reactive, apparent = (columns[:, place] for place in range(3))
    wanted = quadrants.sort(active, reactive, apparent).sum(axis=1).T
    assert quadrants.sums(active, reactive, apparent).tolist() == wanted.tolist()


def naive_rises(
    specimen: Specimen, power: list[int], first: int, last: int, rise: list[float], squares: list[int]
) -> tuple[list[list[float]], list[float], list[int]]:
    """Newton's law on cells of ten seconds, a tick-exact sum of squares in each."""
    rises = []
    while first < last:
        end = min(last, (first // 80_000 + 1) * 80_000)
        rises.append(list(rise))
        squares = [s + p * (end - first) for s, p in zip(squares, power, strict=True)]
        if end % 80_000 == 0:
            for channel, tau in enumerate(specimen.heat_s.tolist()):
                kept = float(np.exp(-10.0 / tau)) if tau else 0.0
                settled = specimen.heat_k_per_a2.tolist()[channel] * squares[channel] / (1e6 * 80_000)
                rise[channel] = settled * (1.0 - kept) + rise[channel] * kept
            squares = [0] * len(squares)
        first = end
    return rises, rise, squares


@given(st.integers(0, 300_000), st.integers(1, 900_000), st.floats(0.0, 1e4))
def test_the_course_of_heat_follows_newtons_law(home: Platform, first: int, ticks: int, square_a2: float) -> None:
    specimen = manufacture(home, Seed(0))
    power = heat.squares_of(np.array([0.0, square_a2, 1.0]))
    rise, squares = [0.0, 3.0, 0.0], [0, 10**9, 0]
    found = heat.course(specimen, heat.Heat(tuple(rise), tuple(squares)), power, first, first + ticks)
    wanted, after, left = naive_rises(specimen, power.tolist(), first, first + ticks, rise, squares)
    # The order of two products differs: a few steps of the last place, over at most a dozen cells.
    assert found.rise_k.tolist() == [pytest.approx(row, rel=1e-13) for row in wanted]
    assert found.after.rise_k == pytest.approx(after, rel=1e-13)
    assert found.after.squares == tuple(left)


@given(st.integers(0, 300_000), st.integers(1, 900_000))
def test_pieces_are_the_course_cut_at_the_ends_of_cells(home: Platform, first: int, ticks: int) -> None:
    specimen = manufacture(home, Seed(0))
    square_a2 = np.array([0.0, 900.0, 1.0])
    pieces, after = heat.cut(specimen, heat.fresh(specimen), square_a2, first, first + ticks)
    course = heat.course(specimen, heat.fresh(specimen), heat.squares_of(square_a2), first, first + ticks)
    assert [list(piece.rise_k) for piece in pieces] == course.rise_k.tolist()
    assert after == course.after
    assert [piece.first_tick for piece in pieces] == [first, *(piece.last_tick for piece in pieces[:-1])]
    assert pieces[-1].last_tick == first + ticks


def test_an_empty_span_has_no_cells(home: Platform) -> None:
    specimen = manufacture(home, Seed(0))
    fresh = heat.fresh(specimen)
    assert heat.cut(specimen, fresh, np.zeros(3), 5, 5) == ((), fresh)
    assert heat.course(specimen, fresh, np.zeros(3, dtype=np.int64), 5, 5).rise_k.shape[0] == 0


@given(st.integers(0, 200_000), st.integers(1, 400_000), st.integers(0, 5))
def test_cells_quantise_power_once_and_multiply_it_by_whole_ticks(first: int, ticks: int, seed: int) -> None:
    draws = np.random.default_rng(seed)
    last = first + ticks
    count = -(-last // 80_000) - first // 80_000
    level, slope = draws.normal(0.0, 500.0, (3, 2)), draws.normal(0.0, 0.1, (3, 2))
    sigma, noise, rise = np.array([0.01, 0.02]), draws.normal(size=(count, 2)), draws.random((count, 2))
    found, places = np.empty((3, count, 2), dtype=np.int64), np.empty((2, count), dtype=np.int64)
    cells._quantise(found, places, level, slope, sigma, noise, rise, 3e8, first, last)
    assert places[1].sum() == ticks
    assert (places[0] + places[1]).tolist() == [*places[0, 1:].tolist(), last]
    for cell in range(count):
        for e in range(2):
            watts = [float(level[k, e] + slope[k, e] * rise[cell, e]) for k in range(3)]
            watts[0] += float(noise[cell, e] * sigma[e])
            micro = [round(value * 1e6) for value in watts]
            counts = math.hypot(micro[0], micro[1]) >= 3e8
            length = int(places[1, cell])
            assert found[:, cell, e].tolist() == [value * length if counts else 0 for value in micro]


@given(st.lists(st.integers(1, 700_000), max_size=4), st.integers(0, 3))
def test_a_warm_noisy_meter_counts_the_same_however_long_spans_are_cut(
    home: Platform, cuts: list[int], seed: int
) -> None:
    specimen = manufacture(home, Seed(seed))
    chain = build(home, specimen, calibrate(home, specimen), "phasor", seed=seed)
    mains, end = balanced(home, 60.0, 30.0), 720_001

    def played(bounds: list[int]) -> tuple[list[int], tuple[int, ...]]:
        state, total, edges = start(chain), [0] * 8, ()
        for begin, stop in zip([0, *bounds], [*bounds, end], strict=True):
            state, reading = measure(chain, state, mains, Environment(), Span(begin, stop))
            total = [a + b for a, b in zip(total, reading.total, strict=True)]
            edges += reading.active_pulses
        return total, edges

    whole, pieces = played([]), played(sorted(set(cuts)))
    assert pieces[0] == whole[0]
    assert len(pieces[1]) == len(whole[1])
