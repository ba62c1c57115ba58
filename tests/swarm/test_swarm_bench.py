"""The hardware's side of a week: energies and mains are those of the story, whichever chain measures them."""

import numpy as np
import pytest
from swarm_bench import integer_front_end, world
from swarm_story import TICKS_PER_MS, WINDOW_MS, Load, Story, reading
from swarm_weeks import week

from ferraris.bench.auditor.terms import Terms
from ferraris.hardware.chain.chain import Span
from ferraris.hardware.world.mains import Environment
from ferraris.hardware.world.world import at


def test_the_integer_front_end_hands_over_the_loads_of_the_story() -> None:
    story = week(3)
    front_end = integer_front_end(story)
    now = at(world(story), 0)
    first = front_end.start(front_end.tick_at(0))
    assert front_end.tick_at(3_600_000_000_000) == 3_600_000 * TICKS_PER_MS
    _, read = front_end.measure(first, now.mains, Environment(), Span(0, 28_800_000))
    assert read == reading(story.loads, 0, 28_800_000)


@pytest.mark.parametrize("elements", [1, 3])
def test_the_world_draws_the_loads_of_the_story_from_their_windows_on(elements: int) -> None:
    powers = tuple((1_500_000 - 1_000_000 * element, 250_000 * element) for element in range(elements))
    loads = (Load(0, ((0, 0),) * elements), Load(5, powers))
    drawn = world(Story(0, Terms(elements), 0, loads, ()))
    change_ns = 5 * WINDOW_MS * 1_000_000
    assert at(drawn, 0).until_ns == change_ns
    mains = at(drawn, change_ns).mains
    complex_power = np.sum(mains.voltage_v * np.conj(mains.current_a), axis=1)  # RMS phasors: S = U I*, IEEE 1459
    for found, (active_mw, reactive_mvar) in zip(complex_power, powers, strict=True):
        assert found == pytest.approx((active_mw + 1j * reactive_mvar) / 1000)
