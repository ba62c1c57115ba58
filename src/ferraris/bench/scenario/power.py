"""Mains and meter: what a scenario does to the world, and to a meter whose platform has no supply.

A bench with a supply (`Bench.power`) decides when the meter dies and starts; without one the meter dies with its mains
and starts as they return. A scenario asks only whether the meter answers.
"""

from ferraris.bench.bench import Bench
from ferraris.hardware.world.world import CutMains, RestoreMains, apply

LONGEST_SPAN_NS = 3_600_000_000_000
"""Longest span of a simulation in closed form, one hour: the meter's own boundaries end most of them earlier."""


def cut(bench: Bench) -> None:
    """Let the mains go, now."""
    bench.world = apply(bench.world, CutMains())
    if bench.power is None:
        bench.cut_power()


def restore(bench: Bench) -> None:
    """Let the mains come back, now; raises what `Bench.switch_on` raises."""
    bench.world = apply(bench.world, RestoreMains())
    if bench.state is None and bench.power is None:
        bench.switch_on(bench.now_ns)


def make_quick(bench: Bench) -> None:
    """Let it go in long steps, and leave out the commits that nobody sees."""
    bench.span_cap_ns = LONGEST_SPAN_NS
    bench.patient = True
