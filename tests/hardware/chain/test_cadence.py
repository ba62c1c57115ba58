"""However time is cut into spans, the energies are the same integers; the same seed gives the same readings."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from waves import distorted

from ferraris.hardware.chain.calibrate import build, calibrate
from ferraris.hardware.chain.chain import Chain, Span
from ferraris.hardware.chain.measure import measure, start
from ferraris.hardware.chain.specimen import Seed, manufacture
from ferraris.hardware.platform.models import Platform
from ferraris.hardware.world.mains import Environment
from ferraris.pins import Reading

TICKS = 24_000
LOADS = {
    "sampled": distorted(3, 50.0, 230.0, 5.0, 25.0),
    "phasor": distorted(3, 49.7, 231.0, 0.4, -60.0),
}


@pytest.fixture(scope="session", params=["sampled", "phasor"])
def noisy(request: pytest.FixtureRequest, shop: Platform) -> Chain:
    specimen = manufacture(shop, Seed(7))
    return build(shop, specimen, calibrate(shop, specimen), request.param, seed=11, noise=True)


def run(chain: Chain, cuts: list[int]) -> list[Reading]:
    state, readings = start(chain), []
    for first, last in pairwise(cuts):
        state, reading = measure(chain, state, LOADS[chain.fidelity], Environment(), Span(first, last))
        readings.append(reading)
    return readings


def totals(readings: list[Reading]) -> list[int]:
    rows = [[*reading.total, *(value for phase in reading.phases for value in phase)] for reading in readings]
    return [sum(column) for column in zip(*rows, strict=True)]


@settings(max_examples=25, deadline=None)
@given(cuts=st.sets(st.integers(1, TICKS - 1), max_size=30))
def test_cadence_independence(noisy: Chain, cuts: set[int]) -> None:
    whole = run(noisy, [0, TICKS])
    pieces = run(noisy, [0, *sorted(cuts), TICKS])
    assert totals(pieces) == totals(whole)
    assert sum(len(r.active_pulses) for r in pieces) == len(whole[0].active_pulses)
    assert sum(totals(whole)) > 0


def test_replay(noisy: Chain) -> None:
    assert run(noisy, [0, 5000, TICKS]) == run(noisy, [0, 5000, TICKS])


def test_another_seed_is_another_run(noisy: Chain) -> None:
    from dataclasses import replace

    assert totals(run(noisy, [0, TICKS])) != totals(run(replace(noisy, seed=12), [0, TICKS]))


def test_measuring_changes_no_state_it_was_given(noisy: Chain) -> None:
    state = start(noisy)
    mains = LOADS[noisy.fidelity]
    first = measure(noisy, state, mains, Environment(), Span(0, 9000))[1]
    again = measure(noisy, state, mains, Environment(), Span(0, 9000))[1]
    assert first == again


def test_noise_on_energy_is_of_the_size_the_closed_form_predicts(shop: Platform) -> None:
    """Sampled noise of mean power against phasor's sigma: chi-square of 40 stretches within its 5-sigma band."""
    from ferraris.hardware.chain import phasor

    specimen = manufacture(shop, Seed(7))
    calibration = calibrate(shop, specimen)
    mains = distorted(3, 50.0, 230.0, 0.2, 0.0)
    quiet = build(shop, specimen, calibration, "phasor", noise=True)
    sigma = phasor.powers(quiet, mains, Environment()).active_sigma_w * np.sqrt(phasor.CELL_TICKS / 16_000)
    chain = build(shop, specimen, calibration, "sampled", seed=5, noise=True)
    state = start(chain)
    state, _ = measure(chain, state, mains, Environment(), Span(0, 16_000))
    energies = []
    for k in range(1, 41):
        state, reading = measure(chain, state, mains, Environment(), Span(16_000 * k, 16_000 * (k + 1)))
        energies.append([phase.active_import * 1e-6 / 16_000 for phase in reading.phases])
    ratio = np.std(energies, axis=0, ddof=1) / sigma
    assert (np.abs(ratio - 1.0) < 5.0 / np.sqrt(2 * 39)).all(), ratio
