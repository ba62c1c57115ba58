"""What the mains do to the meter's supply: the one place that knows whether a meter rides through or dies.

The supply has no hold-up here: a meter dies with its mains and starts as they return. Whoever models the supply
replaces these two functions; the rest of a scenario asks `Bench.state` whether the meter lives.
"""

from ferraris.bench.bench import Bench
from ferraris.hardware.world.world import CutMains, RestoreMains, apply


def cut(bench: Bench) -> None:
    """Let the mains go, now."""
    bench.world = apply(bench.world, CutMains())
    bench.cut_power()


def restore(bench: Bench) -> None:
    """Let the mains come back, now; raises what `Bench.switch_on` raises."""
    bench.world = apply(bench.world, RestoreMains())
    if bench.state is None:
        bench.switch_on(bench.now_ns)
