"""The bitstream fidelity beside the other two; cadence independence and replay bit by bit, noise on."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from waves import distorted

from ferraris.hardware.chain import bitstream, phasor
from ferraris.hardware.chain.calibrate import build, calibrate
from ferraris.hardware.chain.chain import Chain, Modulator, Span
from ferraris.hardware.chain.measure import delivered, measure, start
from ferraris.hardware.chain.specimen import Ideal, Nominal, Seed, manufacture
from ferraris.hardware.platform.models import Platform
from ferraris.hardware.world.mains import Environment, Mains, Recorded, Steady
from ferraris.pins import Reading

TICKS = 6_000
LOAD = distorted(3, 50.0, 230.0, 5.0, 25.0)


@pytest.fixture(scope="session")
def noisy(shop: Platform) -> Chain:
    specimen = manufacture(shop, Seed(7))
    return build(shop, specimen, calibrate(shop, specimen), "bitstream", seed=11, noise=True)


def run(chain: Chain, cuts: list[int]) -> list[Reading]:
    state, readings = start(chain), []
    for first, last in pairwise(cuts):
        state, reading = measure(chain, state, LOAD, Environment(), Span(first, last))
        readings.append(reading)
    return readings


def totals(readings: list[Reading]) -> list[int]:
    rows = [[*reading.total, *(value for phase in reading.phases for value in phase)] for reading in readings]
    return [sum(column) for column in zip(*rows, strict=True)]


@settings(max_examples=8, deadline=None)
@given(cuts=st.sets(st.integers(1, TICKS - 1), max_size=12))
def test_cadence_independence(noisy: Chain, cuts: set[int]) -> None:
    assert totals(run(noisy, [0, *sorted(cuts), TICKS])) == totals(run(noisy, [0, TICKS]))


def test_cadence_independence_with_dither_and_finite_gain(noisy: Chain) -> None:
    worn = replace(noisy, modulator=Modulator(gain=1e4, dither=0.3))
    whole = totals(run(worn, [0, 3000]))
    assert totals(run(worn, [0, 1, 499, 500, 1733, 3000])) == whole
    assert whole != totals(run(noisy, [0, 3000]))


def test_replay_and_another_seed(noisy: Chain) -> None:
    assert run(noisy, [0, 2500, TICKS]) == run(noisy, [0, 2500, TICKS])
    assert totals(run(noisy, [0, TICKS])) != totals(run(replace(noisy, seed=12), [0, TICKS]))


def test_measuring_changes_no_state_it_was_given(noisy: Chain) -> None:
    state, _ = measure(noisy, start(noisy), LOAD, Environment(), Span(0, 700))
    first = measure(noisy, state, LOAD, Environment(), Span(700, 4000))[1]
    assert measure(noisy, state, LOAD, Environment(), Span(700, 4000))[1] == first


def codes_of(chain: Chain, mains: Mains, ticks: int) -> np.ndarray:
    _, found = bitstream.codes(chain, bitstream.start(chain), mains, Environment(), Span(0, ticks))
    return np.concatenate(list(found))


def quiet(platform: Platform, fidelity: str) -> Chain:
    specimen = manufacture(platform, Nominal())
    return build(platform, specimen, calibrate(platform, specimen), fidelity, noise=False)  # type: ignore[arg-type]


@pytest.mark.parametrize("highest", [1, 13])
def test_codes_are_those_of_sampled_but_for_the_modulators_own_noise(shop: Platform, highest: int) -> None:
    """Same ticks, same place in time: at a ratio of 512 the loop's noise to 4 kHz is 126 dB under full scale."""
    from ferraris.hardware.chain import synthesis

    mains = distorted(3, 50.0, 230.0, 5.0, 25.0, highest=highest)
    chain = quiet(shop, "bitstream")
    exact = synthesis.block(chain, mains, Environment(), 0)[4:2000]
    error = codes_of(chain, mains, 2000)[4:] - exact
    assert np.abs(error).max() < 2e-5
    assert error.std() < 2e-6


def test_a_tone_far_above_the_output_rate_folds_as_the_decimator_lets_it(home: Platform) -> None:
    """20.3 kHz of 115 V on the voltage: folded to 3.7 kHz by 8 kS/s, weakened by the decimator's third-order zero."""
    from ferraris.hardware.chain import synthesis

    orders = np.array([1.0, 406.0])
    mains = Steady(50.0, orders, np.array([[230.0, 115.0]]) + 0j, np.array([[5.0, 0.0]]) + 0j, np.zeros(2, complex))
    chain = quiet(home, "bitstream")
    assert bitstream.cells_for(mains, 512) * 8000 >= 32 * 20300
    exact = synthesis.block(chain, mains, Environment(), 0)[4:2000, 0]
    alone = synthesis.block(chain, Steady(50.0, orders[:1], mains.voltage_v[:, :1], mains.current_a[:, :1],
                                          mains.neutral_a[:1]), Environment(), 0)[4:2000, 0]  # fmt: skip
    seen = codes_of(chain, mains, 2000)[4:, 0]
    assert (exact - alone).std() > 1e-4, "the folded tone is there"
    assert (seen - exact).std() < 0.02 * (exact - alone).std()


def test_a_recording_gives_the_codes_of_the_tones_it_holds(home: Platform) -> None:
    steady = distorted(1, 50.0, 230.0, 5.0, 40.0, highest=9)
    at = np.arange(512) / (512 * 50.0)
    rotation = np.exp(2j * np.pi * 50.0 * np.outer(steady.orders, at))
    waves = [np.sqrt(2.0) * (table @ rotation).real for table in (steady.voltage_v, steady.current_a)]
    recorded = Recorded(512 * 50.0, 50.0, waves[0], waves[1], np.sqrt(2.0) * (steady.neutral_a @ rotation).real)
    chain = quiet(home, "bitstream")
    assert codes_of(chain, recorded, 1000)[4:] == pytest.approx(codes_of(chain, steady, 1000)[4:], abs=2e-5)


@pytest.mark.parametrize(("frequency_hz", "phi_deg"), [(45.0, 60.0), (50.0, 0.0), (65.0, -37.0)])
@pytest.mark.parametrize("meter", ["shop", "feeder"])
def test_phasor_and_bitstream_agree_within_10_ppm_on_nominal_specimens(
    meter: str, frequency_hz: float, phi_deg: float, request: pytest.FixtureRequest
) -> None:
    platform: Platform = request.getfixturevalue(meter)
    chain = quiet(platform, "bitstream")
    mains = distorted(3, frequency_hz, platform.meter.un_v, platform.meter.current.ref_a, phi_deg)
    closed = phasor.powers(chain, mains, Environment())
    state, _ = measure(chain, start(chain), mains, Environment(), Span(0, 4000))
    first = delivered(state)
    state, reading = measure(chain, state, mains, Environment(), Span(4000, 28_000))
    for element, energies in enumerate(reading.phases):
        power = (energies.active_import - energies.active_export) * 1e-6 / (delivered(state) - first)
        assert power == pytest.approx(closed.active_w[element], rel=1e-5)


def test_energy_at_a_thousandth_of_the_range_is_not_lost_in_the_loop(home: Platform) -> None:
    """60 mA of 60 A on an ideal specimen without dither: no dead zone."""
    specimen = manufacture(home, Ideal())
    chain = build(home, specimen, calibrate(home, specimen), "bitstream", noise=False)
    mains = distorted(1, 50.0, 230.0, 0.06, 60.0, highest=1)
    state, _ = measure(chain, start(chain), mains, Environment(), Span(0, 8000))
    first = delivered(state)
    state, reading = measure(chain, state, mains, Environment(), Span(8000, 48_000))
    power = reading.phases[0].active_import * 1e-6 / (delivered(state) - first)
    assert power == pytest.approx(230.0 * 0.06 * 0.5, rel=1e-4)


def test_a_converter_that_cannot_be_run_is_refused_by_name(noisy: Chain) -> None:
    odd = replace(noisy, specimen=replace(noisy.specimen, decimation=500))
    with pytest.raises(ValueError, match=r"adc\.decimation: found 500"):
        start(odd)


def with_adc(platform: Platform, **keys: float) -> Platform:
    return platform.model_copy(update={"adc": platform.adc.model_copy(update=keys)})


def test_a_platforms_leaking_integrators_lose_two_parts_in_their_gain(shop: Platform) -> None:
    """y = u/(1 + 2/A): with A = 1000 every channel reads 1/1.002, and a power its square."""
    whole, leaking = (
        codes_of(quiet(each, "bitstream"), LOAD, 2400) for each in (shop, with_adc(shop, integrator_gain=1e3))
    )
    ratio = np.sqrt(np.mean(leaking[800:] ** 2, axis=0) / np.mean(whole[800:] ** 2, axis=0))
    assert ratio == pytest.approx(np.full(6, 1.0 / 1.002), abs=2e-5)


def test_a_platforms_dither_reaches_its_modulators_and_leaves_the_gain_alone(shop: Platform) -> None:
    dithered = with_adc(shop, dither=0.3)
    specimen = manufacture(shop, Ideal())
    plain, shaken = (
        codes_of(build(each, specimen, calibrate(shop, specimen), "bitstream", seed=3), LOAD, 2400)
        for each in (shop, dithered)
    )
    assert not np.array_equal(plain, shaken)
    assert np.mean(shaken[800:] ** 2, axis=0) == pytest.approx(np.mean(plain[800:] ** 2, axis=0), rel=1e-4)
