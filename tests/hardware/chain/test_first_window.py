"""Nothing is shown as measured before the first measuring window has closed, however the time before is cut."""

from itertools import pairwise

import pytest
from waves import distorted

from ferraris.hardware.chain.calibrate import build, calibrate
from ferraris.hardware.chain.chain import Fidelity, Span
from ferraris.hardware.chain.measure import delivered, measure, start
from ferraris.hardware.chain.specimen import Nominal, manufacture
from ferraris.hardware.platform.models import Platform
from ferraris.hardware.world.mains import Environment
from ferraris.pins import Instant

START = 4000
"""Tick of power-on: any."""


@pytest.mark.parametrize("fidelity", ["sampled", "bitstream"])
@pytest.mark.parametrize("cuts", [(3999,), (7, 1200), (100,) * 39])
def test_there_are_display_values_exactly_from_the_first_closed_window_on(
    home: Platform, fidelity: Fidelity, cuts: tuple[int, ...]
) -> None:
    specimen = manufacture(home, Nominal())
    chain = build(home, specimen, calibrate(home, specimen), fidelity, noise=False)
    mains, state, seen = distorted(1, 50.0, 230.0, 5.0, 25.0), start(chain, START), []
    edges = [START + sum(cuts[:count]) for count in range(len(cuts) + 1)]
    opened = delivered(state)
    for span in pairwise([*edges, START + 8000]):
        state, reading = measure(chain, state, mains, Environment(), Span(*span))
        has_closed = reading.total.active_import > 0 or delivered(state) > max(opened, START)
        seen.append(bool(reading.instant))
        assert seen[-1] == (has_closed or any(seen[:-1]))
        assert Instant() not in reading.instant
        assert seen[-1] or (reading.neutral_a, reading.frequency_hz) == (None, 0.0)
    assert seen[-1]
