"""What a week looks like from the hardware's side: a front end of pure integers, or a world for the real chain."""

from functools import lru_cache

from swarm_story import TICKS_PER_MS, WINDOW_MS, Load, Story, reading

from ferraris.bench.front_end import FrontEnd
from ferraris.hardware.chain.chain import Span
from ferraris.hardware.world.loads import ConstantPower
from ferraris.hardware.world.mains import Environment, Mains
from ferraris.hardware.world.source import single_phase, three_phase
from ferraris.hardware.world.world import World, at, household, sequence
from ferraris.pins import Reading

MS = 1_000_000
TICK_NS = MS // TICKS_PER_MS
AFTER_NS = 10**15
"""How long the last load stays: longer than any week."""


def integer_front_end(story: Story) -> FrontEnd[int]:
    """It hands over the story's own loads, whatever the mains of the bench are."""

    def measure(tick: int, mains: Mains, environment: Environment, span: Span) -> tuple[int, Reading]:
        assert span.first_tick == tick, "spans follow each other without gap or overlap"
        return span.last_tick, reading(story.loads, span.first_tick, span.last_tick)

    return FrontEnd(lambda tick: tick, measure, lambda t_ns: -(-t_ns // TICK_NS), lambda tick: tick * TICK_NS)


def world(story: Story) -> World:
    """A source that never fails, with the story's loads: for the fidelities that measure mains."""
    starts = [load.window * WINDOW_MS * MS for load in story.loads]
    ends = [*starts[1:], starts[-1] + AFTER_NS]
    spans = [end - start for start, end in zip(starts, ends, strict=True)]
    return World(sequence([(span, _mains(load)) for span, load in zip(spans, story.loads, strict=True)]))


@lru_cache(maxsize=256)
def _mains(load: Load) -> Mains:
    source = single_phase() if len(load.powers) == 1 else three_phase()
    watts, vars_ = (tuple(part / 1000 for part in column) for column in zip(*load.powers, strict=True))
    return at(household(source, ConstantPower(watts, vars_)), 0).mains
