"""Mains and meter: what a scenario does to the world, and to a meter whose supply is not modelled.

A bench with a supply of its own (`Bench.power`) decides when the meter dies and starts; without one the meter dies with
its mains and starts as they return. A scenario asks only whether the meter answers.
"""

from ferraris.bench.bench import Bench
from ferraris.hardware.world.world import CutMains, RestoreMains, apply

LONGEST_SPAN_NS = 3_600_000_000_000
"""Longest span of a simulation in closed form, one hour: the meter's own boundaries end most of them earlier."""


def _has_supply(bench: Bench) -> bool:
    return getattr(bench, "power", None) is not None


def cut(bench: Bench) -> None:
    """Let the mains go, now."""
    bench.world = apply(bench.world, CutMains())
    if not _has_supply(bench):
        bench.cut_power()


def restore(bench: Bench) -> None:
    """Let the mains come back, now; raises what `Bench.switch_on` raises."""
    bench.world = apply(bench.world, RestoreMains())
    if bench.state is None and not _has_supply(bench):
        bench.switch_on(bench.now_ns)


def press(bench: Bench, pin: str, *, level: bool) -> bool:
    """Change a digital input, if the bench has a way to; whether it has."""
    button = getattr(bench, "press", None)
    if button is None:
        return False
    button(pin, level=level)
    return True


def make_quick(bench: Bench) -> None:
    """Let a bench that can go in long steps, and leave out the commits that nobody sees."""
    for name, value in (("span_cap_ns", LONGEST_SPAN_NS), ("patient", True)):
        if hasattr(bench, name):
            setattr(bench, name, value)
