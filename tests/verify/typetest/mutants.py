"""Meters with one thing wrong, and the kinds of rows that notice it."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import lru_cache

import numpy as np
from verify_helpers import altered, shipped

from ferraris.hardware.chain.chain import Chain
from ferraris.hardware.chain.specimen import Seed, manufacture
from ferraris.hardware.platform.models import CurrentTransformer, Platform
from ferraris.hardware.world.mains import Steady
from ferraris.units import Toleranced
from ferraris.verify.finding import Outcome
from ferraris.verify.limits import of_class
from ferraris.verify.typetest import judge, laboratory
from ferraris.verify.typetest.laboratory import Bench

SEED = 1


@lru_cache
def sound(name: str) -> Bench:
    """A shipped meter off the line, measured in closed form."""
    return laboratory.mount(shipped(name), SEED, "phasor")


def with_chain(bench: Bench, change: Callable[[Chain], Chain]) -> Bench:
    return replace(bench, chain=change(bench.chain))


def sensor_reversed(bench: Bench, element: int) -> Bench:
    """The current sensor of one element turned round after calibration."""
    mounting = bench.chain.specimen.mounting.copy()
    mounting[bench.platform.elements + element] *= -1.0
    return with_chain(bench, lambda chain: replace(chain, specimen=replace(chain.specimen, mounting=mounting)))


def burden_halved(bench: Bench) -> Bench:
    """The burdens of all transformers exchanged for half of them after calibration."""
    line = bench.platform.current.line
    assert isinstance(line, CurrentTransformer)
    half = Toleranced(line.burden.nominal / 2.0, line.burden.tolerance / 2.0)
    other = altered(bench.platform, current__line__burden=half)
    specimen = manufacture(other, Seed(SEED))
    return with_chain(bench, lambda chain: replace(chain, specimen=specimen))


def swap_currents(mains: Steady) -> Steady:
    """The current wires of L2 and L3 exchanged on their way into the meter."""
    order = np.array([0, 2, 1])
    return replace(mains, current_a=mains.current_a[order])


def outcomes(bench: Bench, class_name: str) -> list[Outcome]:
    """Every row of a class for one bench."""
    platform: Platform = bench.platform
    limits = of_class(class_name, platform.meter.connection)
    assert limits is not None
    entries = judge.entries(limits, platform)
    seen = {task: laboratory.observe(bench, task) for task in judge.wanted(entries)}
    return [judge.outcome(entry, seen) for entry in entries]


def failing(found: Iterable[Outcome]) -> set[str]:
    return {each.item for each in found if each.verdict == "fail"}
