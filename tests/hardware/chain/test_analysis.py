"""Quantities from samples: exact for an ideal meter, in step with the registers, and at any line frequency."""

import numpy as np
import pytest
from waves import distorted

from ferraris.hardware.chain import phasor
from ferraris.hardware.chain.analysis.quantities import Quantities, analyse, corrections
from ferraris.hardware.chain.analysis.samples import interpolate, samples, synchronous
from ferraris.hardware.chain.calibrate import build, calibrate
from ferraris.hardware.chain.chain import Chain, Span
from ferraris.hardware.chain.measure import start
from ferraris.hardware.chain.sampled import SampledState
from ferraris.hardware.chain.specimen import Draw, Ideal, Seed, manufacture
from ferraris.hardware.platform.models import Platform
from ferraris.hardware.world.mains import Environment, Steady
from ferraris.pins import Reading

SECOND = 8000


def chain_of(platform: Platform, draw: Draw, *, noise: bool = False) -> Chain:
    specimen = manufacture(platform, draw)
    return build(platform, specimen, calibrate(platform, specimen), "sampled", seed=3, noise=noise)


def waves_of(chain: Chain, mains: Steady, seconds: float) -> tuple[Reading, np.ndarray]:
    """The last reading and the samples of a stretch after one second of settling."""
    state = start(chain)
    assert isinstance(state, SampledState)
    state, _, _ = samples(chain, state, mains, Environment(), Span(0, SECOND))
    _, reading, waves = samples(chain, state, mains, Environment(), Span(SECOND, SECOND + int(seconds * SECOND)))
    return reading, waves


def analysed(chain: Chain, waves: np.ndarray, nominal_hz: float = 50.0) -> Quantities:
    elements = chain.specimen.elements
    return analyse(synchronous(waves, elements, nominal_hz), elements, corrections(chain))


def quantities(chain: Chain, mains: Steady, seconds: float = 1.0, nominal_hz: float = 50.0) -> Quantities:
    return analysed(chain, waves_of(chain, mains, seconds)[1], nominal_hz)


@pytest.mark.parametrize("hertz", [45.0, 49.7, 50.0, 51.3, 60.0, 65.0])
def test_an_ideal_meter_shows_every_quantity_of_a_distorted_load(shop: Platform, hertz: float) -> None:
    mains = distorted(3, hertz, 230.0, 10.0, 40.0)
    found = quantities(chain_of(shop, Ideal()), mains, nominal_hz=60.0 if hertz > 55 else 50.0)
    power = mains.voltage_v * np.conj(mains.current_a)
    assert found.frequency_hz == pytest.approx(hertz, rel=1e-7)
    assert found.phases.active_w == pytest.approx(power.real.sum(axis=1), rel=5e-6)
    assert found.phases.reactive_var == pytest.approx(power.imag[:, 0], rel=5e-6)
    assert found.phases.voltage_v == pytest.approx(np.linalg.norm(mains.voltage_v, axis=1), rel=5e-6)
    assert found.phases.current_a == pytest.approx(np.linalg.norm(mains.current_a, axis=1), rel=5e-6)
    orders = mains.orders.astype(int)
    assert np.abs(found.spectrum.voltage[:, orders]) == pytest.approx(np.abs(mains.voltage_v), rel=2e-4)
    assert np.abs(found.spectrum.current[:, orders]) == pytest.approx(np.abs(mains.current_a), rel=2e-4)
    assert found.spectrum.active_w[:, orders] == pytest.approx(power.real, rel=1e-3, abs=1e-3)
    assert found.resolution.harmonic_w == pytest.approx(power.real[:, 1:].sum(axis=1), rel=1e-3)
    assert found.neutral.computed_a == pytest.approx(float(np.linalg.norm(mains.current_a.sum(axis=0))), rel=2e-4)


def test_angles_of_harmonics_stand_against_the_reference_voltage(shop: Platform) -> None:
    """With the fundamental of the first voltage turned to nought, order h turns h times as far."""
    mains = distorted(3, 50.0, 230.0, 10.0, 40.0)
    turned = Steady(
        50.0,
        mains.orders,
        mains.voltage_v * np.exp(1j * 0.7 * mains.orders),
        mains.current_a * np.exp(1j * 0.7 * mains.orders),
        mains.neutral_a,
    )
    found = quantities(chain_of(shop, Ideal()), turned)
    for order in (3, 5, 13):
        wanted = mains.current_a[1, int(np.flatnonzero(mains.orders == order)[0])]
        assert found.spectrum.current[1, order] == pytest.approx(wanted, rel=2e-3)


@pytest.mark.parametrize("seed", [1, 2])
def test_quantities_agree_with_the_registers(shop: Platform, seed: int) -> None:
    """A meter with tolerances: P, Q, U and I as the closed form has them and the kernel's windows show, within 10 ppm.

    (The windows' own P is energy over whole ticks, and moves by a part of a tick.)
    """
    chain = chain_of(shop, Seed(seed))
    mains = distorted(3, 50.2, 231.0, 8.0, -35.0)
    reading, waves = waves_of(chain, mains, 2.0)
    found = analysed(chain, waves)
    expected = phasor.powers(chain, mains, Environment())
    for e, shown in enumerate(reading.instant):
        assert found.phases.active_w[e] == pytest.approx(expected.active_w[e], abs=1e-5 * shown.apparent_va)
        assert found.phases.active_w[e] == pytest.approx(shown.active_w, abs=3e-4 * shown.apparent_va)
        assert found.phases.reactive_var[e] == pytest.approx(shown.reactive_var, abs=1e-5 * shown.apparent_va)
        assert found.phases.voltage_v[e] == pytest.approx(shown.voltage_v, rel=1e-5)
        assert found.phases.current_a[e] == pytest.approx(shown.current_a, rel=1e-5)
    assert found.frequency_hz == pytest.approx(reading.frequency_hz, rel=1e-6)


def test_noise_below_the_threshold_does_not_count(home: Platform) -> None:
    mains = Steady(50.0, np.array([1.0]), np.array([[230.0 + 0j]]), np.array([[0j]]), np.array([0j]))
    found = quantities(chain_of(home, Seed(5), noise=True), mains)
    assert not found.phases.counts[0]
    load = Steady(50.0, np.array([1.0]), np.array([[230.0 + 0j]]), np.array([[0.25 + 0j]]), np.array([0.25 + 0j]))
    assert quantities(chain_of(home, Seed(5), noise=True), load).phases.counts[0]


def test_rms_per_cycle_follows_a_dip(home: Platform) -> None:
    """A voltage that changes between two cycles: the cycles before and after show the two levels."""
    t = np.arange(16_000) / SECOND
    size = np.where(t < 1.0, 230.0, 200.0)
    waves = np.stack([np.sqrt(2) * size * np.sin(2 * np.pi * 50 * t), np.zeros_like(t)], axis=1)
    course = analyse(synchronous(waves, 1, 50.0), 1).course.cycle_rms[:, 0]
    assert course[:45] == pytest.approx(230.0, rel=1e-4)
    assert course[-30:] == pytest.approx(200.0, rel=1e-4)


def test_without_a_voltage_the_nominal_frequency_serves() -> None:
    blocks = synchronous(np.zeros((4000, 2)), 1, 60.0)
    assert not blocks.timed
    assert blocks.cycles == 12
    assert analyse(blocks, 1).phases.active_w == pytest.approx(0.0)


def test_too_few_samples_are_refused() -> None:
    with pytest.raises(ValueError, match="too few"):
        synchronous(np.zeros((1000, 2)), 1, 50.0)


@pytest.mark.parametrize("hertz", [50.0, 1234.5, 2600.0])
def test_interpolation_is_good_to_a_millionth_in_the_band(hertz: float) -> None:
    omega = 2 * np.pi * hertz / SECOND
    points = 20.0 + np.linspace(0.0, 100.0, 333)
    found = interpolate(np.cos(omega * np.arange(200))[:, None], points)[:, 0]
    assert found == pytest.approx(np.cos(omega * points), abs=1e-6)


def test_measured_and_computed_neutral_current(home: Platform) -> None:
    """Of 10 A in the line 9 A come back through the neutral: the meter shows both."""
    one = np.array([1.0])
    mains = Steady(50.0, one, np.array([[230.0 + 0j]]), np.array([[10.0 + 0j]]), np.array([9.0 + 0j]))
    neutral = quantities(chain_of(home, Ideal()), mains).neutral
    assert neutral.computed_a == pytest.approx(10.0, rel=1e-5)
    assert neutral.measured_a == pytest.approx(9.0, rel=1e-5)
