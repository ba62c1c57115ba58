"""An ideal specimen measures what calculus says; a nominal one measures the same at both fidelities."""

import numpy as np
import pytest
from waves import distorted, exact_energy_j

from ferraris.hardware.chain import fir, phasor
from ferraris.hardware.chain.calibrate import build, calibrate
from ferraris.hardware.chain.chain import Chain, Span, tick_period_fs
from ferraris.hardware.chain.measure import measure, start
from ferraris.hardware.chain.specimen import Draw, Ideal, Nominal, manufacture
from ferraris.hardware.platform.models import Platform
from ferraris.hardware.world.mains import Environment, Mains, Steady
from ferraris.pins import TICKS_PER_SECOND, Energies

SETTLE = TICKS_PER_SECOND
TEN_SECONDS = 10 * TICKS_PER_SECOND
QUANTUM_J = 1e-6 / TICKS_PER_SECOND


def chain_of(platform: Platform, draw: Draw, fidelity: str = "sampled", *, noise: bool = False) -> Chain:
    specimen = manufacture(platform, draw)
    return build(platform, specimen, calibrate(platform, specimen), fidelity, noise=noise)  # type: ignore[arg-type]


def net(energies: Energies) -> tuple[int, int]:
    """Signed active and reactive quanta."""
    return (
        energies.active_import - energies.active_export,
        energies.reactive_q1 + energies.reactive_q2 - energies.reactive_q3 - energies.reactive_q4,
    )


def metered(chain: Chain, mains: Mains, air_c: float = 23.0) -> tuple[list[tuple[int, int]], int, int]:
    """Signed energies per element over ten seconds after settling, and the ticks their windows cover."""
    environment = Environment(air_c=air_c)
    state = start(chain)
    state, _ = measure(chain, state, mains, environment, Span(0, SETTLE))
    opened = int(state.carry.window[0])  # type: ignore[union-attr]
    state, reading = measure(chain, state, mains, environment, Span(SETTLE, SETTLE + TEN_SECONDS))
    return [net(e) for e in reading.phases], opened, int(state.carry.window[0])  # type: ignore[union-attr]


@pytest.mark.parametrize("frequency_hz", [45.0, 47.3, 50.0, 52.5, 60.0, 65.0])
@pytest.mark.parametrize("phi_deg", [0.0, 60.0, -60.0])
@pytest.mark.parametrize("meter", ["home", "shop"])
def test_ideal_specimen_measures_the_exact_integral_within_5_ppm(
    meter: str, frequency_hz: float, phi_deg: float, request: pytest.FixtureRequest
) -> None:
    platform: Platform = request.getfixturevalue(meter)
    mains = distorted(platform.elements, frequency_hz, platform.meter.un_v, 10.0, phi_deg)
    chain = chain_of(platform, Ideal())
    energies, first, last = metered(chain, mains)
    tick_s = tick_period_fs(chain) * 1e-15
    # a sample stands for the tick around it, and the metrology filter delays by CENTRE ticks: the ticks [first, last)
    # carry the energy of [first - 1/2, last - 1/2) of time, so much earlier
    begin, end = ((tick - 0.5 - fir.CENTRE) * tick_s for tick in (first, last))
    for element, (active, _) in enumerate(energies):
        truth = exact_energy_j(mains, element, begin, end)
        assert active * QUANTUM_J == pytest.approx(truth, rel=5e-6)


@pytest.mark.parametrize("frequency_hz", [45.0, 50.0, 65.0])
@pytest.mark.parametrize("phi_deg", [30.0, 90.0, -90.0, 150.0])
def test_reactive_energy_is_that_of_the_fundamental_alone(home: Platform, frequency_hz: float, phi_deg: float) -> None:
    mains = distorted(1, frequency_hz, home.meter.un_v, 10.0, phi_deg)
    [(_, reactive)], first, last = metered(chain_of(home, Ideal()), mains)
    fundamental_var = home.meter.un_v * 10.0 * np.sin(np.radians(phi_deg))
    assert reactive * 1e-6 / (last - first) == pytest.approx(fundamental_var, rel=2e-6)


@pytest.mark.parametrize("frequency_hz", [45.0, 50.0, 55.0, 60.0, 65.0])
@pytest.mark.parametrize("phi_deg", [0.0, 60.0, -37.0])
@pytest.mark.parametrize("meter", ["shop", "feeder"])
def test_phasor_and_sampled_agree_within_10_ppm_on_nominal_specimens_with_current_transformers(
    meter: str, frequency_hz: float, phi_deg: float, request: pytest.FixtureRequest
) -> None:
    platform: Platform = request.getfixturevalue(meter)
    chain = chain_of(platform, Nominal())
    mains = distorted(platform.elements, frequency_hz, platform.meter.un_v, platform.meter.current.ref_a, phi_deg)
    closed = phasor.powers(chain, mains, Environment())
    energies, first, last = metered(chain, mains)
    apparent = platform.meter.un_v * platform.meter.current.ref_a
    for element, (active, reactive) in enumerate(energies):
        assert active * 1e-6 / (last - first) == pytest.approx(closed.active_w[element], rel=1e-5)
        assert reactive * 1e-6 / (last - first) == pytest.approx(closed.reactive_var[element], abs=1e-5 * apparent)


def test_the_two_fidelities_show_the_same_display_values(shop: Platform) -> None:
    mains = distorted(3, 50.0, 230.0, 5.0, 25.0)
    shown = {}
    for fidelity in ("phasor", "sampled"):
        chain = chain_of(shop, Nominal(), fidelity)
        state = start(chain)
        state, reading = measure(chain, state, mains, Environment(), Span(0, 2 * TICKS_PER_SECOND))
        shown[fidelity] = reading
    for a, b in zip(shown["phasor"].instant, shown["sampled"].instant, strict=True):
        for one, other in zip(a, b, strict=True):
            assert other == pytest.approx(one, rel=2e-5, abs=2e-3)
    assert shown["sampled"].frequency_hz == pytest.approx(shown["phasor"].frequency_hz, abs=1e-5)


def test_frequency_is_right_within_a_millihertz_in_spite_of_harmonics_and_noise(home: Platform) -> None:
    for frequency_hz in (45.0, 49.37, 50.0, 61.9, 65.0):
        chain = chain_of(home, Ideal(), noise=True)
        state = start(chain)
        _, reading = measure(chain, state, distorted(1, frequency_hz, 230.0, 5.0, 0.0), Environment(), Span(0, 8000))
        assert reading.frequency_hz == pytest.approx(frequency_hz, abs=1e-3)


def test_a_voltage_dip_of_one_phase_moves_the_timing_to_another(shop: Platform) -> None:
    chain = chain_of(shop, Nominal())
    healthy = distorted(3, 50.0, 230.0, 5.0, 0.0)
    lost = Steady(
        50.0, healthy.orders, healthy.voltage_v * np.array([[0.0], [1.0], [1.0]]), healthy.current_a, healthy.neutral_a
    )
    state = start(chain)
    state, _ = measure(chain, state, healthy, Environment(), Span(0, 8000))
    state, _ = measure(chain, state, lost, Environment(), Span(8000, 24000))
    state, reading = measure(chain, state, lost, Environment(), Span(24000, 32000))
    assert reading.frequency_hz == pytest.approx(50.0, abs=1e-3)
    assert reading.instant[0].voltage_v < 1.0
    assert reading.phases[0] == Energies()
    assert reading.phases[1].active_import > 0


def test_without_any_voltage_nothing_is_counted(home: Platform) -> None:
    chain = chain_of(home, Nominal(), noise=True)
    dead = Steady(50.0, np.array([1.0]), np.zeros((1, 1), complex), np.full((1, 1), 5.0 + 0j), np.zeros(1, complex))
    state = start(chain)
    _, reading = measure(chain, state, dead, Environment(), Span(0, 40000))
    assert reading.phases == (Energies(),)
    assert reading.frequency_hz == 0.0


def test_dc_in_a_channel_does_not_move_power_and_is_not_in_the_rms(home: Platform) -> None:
    pure = distorted(1, 50.0, 230.0, 5.0, 30.0)
    orders = np.concatenate([[0.0], pure.orders])
    biased = Steady(
        50.0,
        orders,
        np.c_[np.array([[3.0]]), pure.voltage_v],
        np.c_[np.array([[0.8]]), pure.current_a],
        np.concatenate([[0.0], pure.neutral_a]),
    )
    chain = chain_of(home, Ideal())
    (clean,), first, last = metered(chain, pure)
    (dirty,), first_too, last_too = metered(chain, biased)
    assert dirty[0] / (last_too - first_too) == pytest.approx(clean[0] / (last - first), rel=2e-6)


def test_clipping_costs_energy(home: Platform) -> None:
    gentle, chain = distorted(1, 50.0, 230.0, 10.0, 0.0), chain_of(home, Ideal())
    brutal = distorted(1, 50.0, 230.0, 1000.0, 0.0)
    (a,), first, last = metered(chain, gentle)
    (b,), first_too, last_too = metered(chain, brutal)
    assert b[0] / (last_too - first_too) < 0.9 * 100.0 * a[0] / (last - first)
