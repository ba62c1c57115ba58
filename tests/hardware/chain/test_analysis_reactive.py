"""Reactive power by five methods on the same samples of an ideal meter: only the fundamental's holds everywhere.

The other methods are written out here as meters use them; expected errors are computed by hand from their definitions.
"""

import numpy as np
import pytest

from ferraris.hardware.chain.analysis.quantities import Quantities, analyse
from ferraris.hardware.chain.analysis.samples import samples, synchronous
from ferraris.hardware.chain.calibrate import build, calibrate
from ferraris.hardware.chain.chain import Chain, Span
from ferraris.hardware.chain.sampled import start
from ferraris.hardware.chain.specimen import Ideal, manufacture
from ferraris.hardware.platform.models import Platform
from ferraris.hardware.world.mains import Environment, Steady

RATE = 8000
QUARTER_OF_50_HZ = 40
VOLTAGE_V, CURRENT_A = 230.0, 5.0


@pytest.fixture(scope="module")
def chain(request: pytest.FixtureRequest) -> Chain:
    home: Platform = request.getfixturevalue("home")
    specimen = manufacture(home, Ideal())
    return build(home, specimen, calibrate(home, specimen), "sampled", noise=False)


def waves(chain: Chain, hertz: float, lag_deg: float, fifth: bool = False) -> np.ndarray:
    """Two seconds of voltage and current (N, 2); `fifth` adds U5 = 10 %, I5 = 40 %, leading it by 60 deg."""
    orders = np.array([1.0, 5.0])
    voltage = VOLTAGE_V * np.array([[1.0, 0.10 if fifth else 0.0]])
    current = CURRENT_A * np.array([[1.0, 0.40 if fifth else 0.0]]) * np.exp(1j * np.radians([-lag_deg, 60.0]))
    mains = Steady(hertz, orders, voltage + 0j, current, current[0])
    state, _, _ = samples(chain, start(chain), mains, Environment(), Span(0, RATE))
    return samples(chain, state, mains, Environment(), Span(RATE, 3 * RATE))[2][:, :2]


def synchronous_quantities(found: np.ndarray) -> Quantities:
    return analyse(synchronous(found, 1, 50.0), 1)


def fixed_delay(found: np.ndarray, delay: int = QUARTER_OF_50_HZ) -> float:
    """Mean of u(t - 5 ms) i(t) over a second: a quarter period of 50 Hz, whatever the frequency is."""
    u, i = found[1000 - delay : 9000 - delay, 0], found[1000:9000, 1]
    return float(u @ i) / len(i)


def hilbert(found: np.ndarray, taps: int) -> float:
    """Voltage turned by a Hamming-windowed Hilbert transformer of so many taps, over a second."""
    n = np.arange(taps) - (taps - 1) // 2
    kernel = np.where(n % 2 != 0, 2.0 / (np.pi * np.where(n == 0, 1, n)), 0.0) * np.hamming(taps)
    turned = np.convolve(found[:, 0], kernel, mode="same")
    return float(turned[1000:9000] @ found[1000:9000, 1]) / 8000


def triangle(found: np.ndarray) -> float:
    """sqrt(S^2 - P^2): no sign, and all distortion counts as reactive."""
    phases = synchronous_quantities(found).phases
    return float(np.sqrt(phases.apparent_va[0] ** 2 - phases.active_w[0] ** 2))


def error_percent(measured: float, lag_deg: float) -> float:
    return 100.0 * (measured / (VOLTAGE_V * CURRENT_A * np.sin(np.radians(lag_deg))) - 1.0)


@pytest.mark.parametrize("lag", [90.0, 30.0])
@pytest.mark.parametrize("hertz", [45.0, 49.0, 50.0, 51.0, 55.0])
def test_the_fundamental_and_the_tracked_quarter_period_hold_at_every_frequency(
    chain: Chain, hertz: float, lag: float
) -> None:
    phases = synchronous_quantities(waves(chain, hertz, lag)).phases
    assert error_percent(phases.reactive_var[0], lag) == pytest.approx(0.0, abs=0.001)
    assert error_percent(phases.quarter_var[0], lag) == pytest.approx(0.0, abs=0.001)


# UI cos(phi - w 5 ms) over UI sin(phi), by hand: 90 degrees is cos(delta), 30 degrees opens up
FIXED = [
    (45.0, 90.0, -1.23), (49.0, 90.0, -0.05), (50.0, 90.0, 0.0), (51.0, 90.0, -0.05), (55.0, 90.0, -1.23),
    (45.0, 30.0, 25.9), (49.0, 30.0, 5.4), (50.0, 30.0, 0.0), (51.0, 30.0, -5.5), (55.0, 30.0, -28.3),
]  # fmt: skip


@pytest.mark.parametrize(("hertz", "lag", "expected"), FIXED)
def test_a_fixed_quarter_period_is_unusable_off_nominal_frequency(
    chain: Chain, hertz: float, lag: float, expected: float
) -> None:
    assert error_percent(fixed_delay(waves(chain, hertz, lag)), lag) == pytest.approx(expected, abs=0.06)


def test_a_hilbert_transformer_at_8_ks_is_far_too_short_at_line_frequency(chain: Chain) -> None:
    """Its gain at 50 Hz, from its own taps: 161 taps (20 ms) miss by 15.6 %, 321 taps still by 0.4 %."""
    found = waves(chain, 50.0, 90.0)
    assert error_percent(hilbert(found, 161), 90.0) == pytest.approx(-15.6, abs=0.1)
    assert error_percent(hilbert(found, 321), 90.0) == pytest.approx(0.39, abs=0.05)


def test_the_triangle_holds_for_sines_and_has_no_sign(chain: Chain) -> None:
    assert error_percent(triangle(waves(chain, 50.0, 30.0)), 30.0) == pytest.approx(0.0, abs=0.002)
    assert triangle(waves(chain, 50.0, -30.0)) > 0.0


def test_with_the_fifth_harmonic_only_the_fundamental_stays_right(chain: Chain) -> None:
    """U5 = 10 %, I5 = 40 %, phi1 = 60, phi5 = -60 degrees; per unit of UI of the fundamental, by hand:

    P = 0.5 + 0.04 * 0.5, S^2 = 1.01 * 1.16: the triangle gives 0.949, Q1 is 0.866, so +9.6 %; a quarter period adds
    0.04 sin(-60 deg), which is -4.0 % of Q1.
    """
    found = waves(chain, 50.0, 60.0, fifth=True)
    phases = synchronous_quantities(found).phases
    assert error_percent(phases.reactive_var[0], 60.0) == pytest.approx(0.0, abs=0.001)
    assert error_percent(phases.quarter_var[0], 60.0) == pytest.approx(-4.0, abs=0.01)
    assert error_percent(triangle(found), 60.0) == pytest.approx(9.6, abs=0.05)
