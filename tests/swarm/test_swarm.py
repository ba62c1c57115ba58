"""Drawn weeks: two naive readings of docs/billing.md agree, and each rule that is broken on purpose is found."""

import itertools
from collections import Counter
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from swarm_meters import maker
from swarm_model import FAULTS, WALLS, Model
from swarm_runner import differences, play
from swarm_story import WEEK_MS, WINDOW_TICKS, Dip, Load, Outage, reading
from swarm_weeks import week

from ferraris.bench.auditor.almanac import is_summer, local
from ferraris.bench.auditor.auditor import Auditor
from ferraris.pins import Energies

BLOCKS = [range(first, first + 5) for first in range(0, 20, 5)]
"""The slice of every test run; `make swarm` plays a thousand."""


@pytest.mark.parametrize("seeds", BLOCKS, ids=lambda seeds: f"seeds {seeds.start} to {seeds.stop - 1}")
def test_meter_and_auditor_agree_to_the_integer(seeds: range) -> None:
    """The firmware on its bench, and the second naive meter."""
    for name in ("firmware", "model"):
        failed = {seed: found for seed in seeds if (found := play(week(seed), maker(name)))}
        assert failed == {}, name


TELLING = {
    "doubled boundary": 6,
    "short window": 4,
    "maximum without power": 13,
    "outage ends demand": 4,
    "kept window": 5,
    "invalid schedule": 18,
    "one close": 11,
    "late close": 11,
    "lost activation": 5,
    "no leap day": 9,
    "short is long": 4,
    "first season": 5,
}
"""A week that is known to find the fault is tried first: that saves time, and decides nothing."""


@pytest.mark.parametrize("fault", FAULTS)
def test_a_broken_rule_is_found_by_some_week(fault: str) -> None:
    """Not by its crash but by what it counts; the same weeks agree when nothing is broken (the test above)."""
    assert any(play(week(seed), maker("model", fault)) for seed in (TELLING.get(fault, 0), *range(100)))


def test_a_seed_is_a_week() -> None:
    assert week(7) == week(7)
    assert week(7) != week(8)


def test_events_follow_each_other_and_every_kind_happens() -> None:
    kinds: Counter[str] = Counter()
    for seed in range(100):
        story = week(seed)
        kinds.update(type(event).__name__ for event in story.events)
        ends = [event.at + (event.for_ms if isinstance(event, Outage | Dip) else 0) for event in story.events]
        starts = [event.at for event in story.events] + [story.end]
        assert all(end < start for end, start in zip(ends, starts[1:], strict=True)), seed
        assert story.end == WEEK_MS
    assert {"Outage", "Dip", "SetClock", "CloseBilling", "Press", "LoadCalendar", "Look"} == set(kinds)
    assert min(kinds.values()) >= 50


def test_weeks_lie_over_leap_days_year_ends_and_both_changes_of_summer_time() -> None:
    days, changes = set(), set()
    for seed in range(200):
        story = week(seed)
        moments = [local(story.terms.zone, story.start + hour * 3_600_000) for hour in range(7 * 24)]
        days |= {(moment.month, moment.day) for moment in moments}
        summers = [moment.dst() for moment in moments]
        changes |= {(a, b) for a, b in itertools.pairwise(summers) if a != b}
    assert {(2, 29), (12, 31), (1, 1), (4, 30)} <= days
    hour = timedelta(hours=1)
    assert changes == {(timedelta(0), hour), (hour, timedelta(0))}


LOADS = (Load(0, ((1_000, 0),)), Load(3, ((-2_001, 5),)), Load(4, ((3_003, -7),)))


@given(st.lists(st.integers(0, 10 * WINDOW_TICKS), max_size=5))
def test_energies_do_not_depend_on_the_cuts(cuts: list[int]) -> None:
    ticks = [0, *sorted(cuts), 10 * WINDOW_TICKS]
    parts = [reading(LOADS, *span).total for span in itertools.pairwise(ticks)]
    # 3 windows of 1 W, one of -2.001 W, six of 3.003 W; 1 W for a window of 1600 ticks is 1.6e9 uwt
    active = (3 * 1_600_000_000 + 6 * 4_804_800_000, 3_201_600_000)
    assert tuple(map(sum, zip(*parts, strict=True)))[:2] == active


@pytest.mark.parametrize("zone", WALLS, ids=str)
@given(st.integers(1_600_000_000, 2_100_000_000))
def test_the_models_walls_show_what_the_time_zone_database_says(zone: str | int | None, second: int) -> None:
    ms, wall = second * 1000, WALLS[zone]
    there = local(zone, ms)
    assert wall.local(ms) == ms + there.utcoffset() // timedelta(milliseconds=1)
    assert wall.summer(ms) == is_summer(zone, ms)
    if there.fold == 0 and local(zone, ms - 3_600_000).hour != there.hour:
        assert wall.utc(wall.local(ms)) == ms


def test_a_difference_is_told_with_its_place() -> None:
    story = week(0)
    auditor = Auditor(story.terms)
    meter = Model(story, auditor)
    meter.switch_on(0, loses_clock=False)
    shown, expected = meter.account(1_000_000), auditor.account()
    assert differences(shown, expected) == []
    meter.memory.energy["vector", 0, Energies._fields[1]] += 1
    [line] = differences(meter.account(1_000_001), auditor.account())
    assert line.startswith("registers.vector.active_export: meter ")
    auditor.complaints.append("late")
    assert play(week(0), meter_that_complains) == [f"at {first_look(0)} ms: clock 0: a call that should have been at 0"]


def first_look(seed: int) -> int:
    return next(event.at for event in week(seed).events if type(event).__name__ == "Look")


def meter_that_complains(story: object, auditor: Auditor) -> Model:
    auditor.complaints.append("clock 0: a call that should have been at 0")
    return Model(story, auditor)
