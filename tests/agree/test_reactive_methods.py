"""Reactive power by other methods errs as published; ours, from the fundamental, does not.

Small reference implementations of what meters have used: a quarter of a period as a fixed delay, a Hilbert filter, the
power triangle. Samples are ideal, 8 kS/s, exactly periodic in the stretch that is averaged. The figures of each method
are elementary: a delay of T samples turns a tone of f by 360 f T / 8000 degrees and by no other rule.
"""

import numpy as np
import pytest

from ferraris.hardware.chain.analysis.quantities import analyse
from ferraris.hardware.chain.analysis.samples import synchronous

RATE = 8000
SECONDS = 4


def load(frequency_hz: float, phi_deg: float, fifth: bool = False) -> tuple[np.ndarray, np.ndarray, float]:
    """Voltage, current lagging by phi (with the fifth harmonics of IEC 62053-21 if asked), reactive power of the first.

    The fifth: 10 % in the voltage, 40 % in the current, in phase with each other.
    """
    at = 2.0 * np.pi * frequency_hz * np.arange(SECONDS * RATE + 400) / RATE
    phi = np.radians(phi_deg)
    u, i = np.sqrt(2.0) * 230.0 * np.sin(at), np.sqrt(2.0) * 5.0 * np.sin(at - phi)
    if fifth:
        u += np.sqrt(2.0) * 23.0 * np.sin(5.0 * at)
        i += np.sqrt(2.0) * 2.0 * np.sin(5.0 * (at - phi))
    return u, i, 230.0 * 5.0 * float(np.sin(phi))


def by_fixed_quarter(u: np.ndarray, i: np.ndarray) -> float:
    """Voltage 40 samples ago, a quarter of 20 ms, times current now."""
    return float(np.mean(u[360 : 360 + SECONDS * RATE] * i[400 : 400 + SECONDS * RATE]))


def by_hilbert(u: np.ndarray, i: np.ndarray, taps: int, window: np.ndarray) -> float:
    """Linear-phase Hilbert filter, 2/(pi k) on odd places; its delay is put on the current too."""
    k = np.arange(taps) - taps // 2
    ideal = np.where(k % 2 != 0, 2.0 / (np.pi * np.where(k == 0, 1, k)), 0.0)
    turned = np.convolve(u, ideal * window, mode="valid")
    count = SECONDS * RATE - RATE // 5
    return float(np.mean(turned[:count] * i[taps // 2 : taps // 2 + count]))


def by_triangle(u: np.ndarray, i: np.ndarray) -> float:
    """sqrt(S^2 - P^2): no sign, and every harmonic in it."""
    u, i = u[: SECONDS * RATE], i[: SECONDS * RATE]
    return float(np.sqrt(np.mean(u * u) * np.mean(i * i) - np.mean(u * i) ** 2))


def by_us(u: np.ndarray, i: np.ndarray) -> float:
    found = analyse(synchronous(np.stack([u, i], axis=1), 1, 50.0), 1)
    return float(found.phases.reactive_var[0])


def error_percent(found: float, exact: float) -> float:
    return 100.0 * (found / exact - 1.0)


@pytest.mark.parametrize(
    ("frequency_hz", "at_90", "at_30"),
    [(45.0, -1.2, 25.9), (49.0, -0.05, 5.4), (50.0, 0.0, 0.0), (51.0, -0.05, -5.5), (55.0, -1.2, -28.0),
     (60.0, -4.9, -58.0), (65.0, -10.9, -90.0)],
)  # fmt: skip
def test_a_fixed_quarter_period_is_unusable_off_nominal(frequency_hz: float, at_90: float, at_30: float) -> None:
    for phi_deg, published in ((90.0, at_90), (30.0, at_30)):
        u, i, exact = load(frequency_hz, phi_deg)
        assert error_percent(by_fixed_quarter(u, i), exact) == pytest.approx(
            published, abs=0.6 if phi_deg < 90 else 0.06
        )
        assert error_percent(by_us(u, i), exact) == pytest.approx(0.0, abs=1e-4)


@pytest.mark.parametrize(("taps", "at_least"), [(161, 13.0), (321, 0.3)])
@pytest.mark.parametrize("window", [np.ones, np.hamming, np.blackman], ids=["none", "hamming", "blackman"])
def test_a_hilbert_filter_at_8_ks_per_s_is_too_short_for_50_hz(taps: int, at_least: float, window: np.ufunc) -> None:
    """Errors of some -13 % with 161 taps and -3 % with 321 are published; how much, and its sign, is the window's.

    Whatever the window, it is the filter's gain at 50 Hz, so the same at every power factor.
    """
    errors = []
    for phi_deg in (90.0, 30.0):
        u, i, exact = load(50.0, phi_deg)
        errors.append(error_percent(by_hilbert(u, i, taps, window(taps)), exact))
        assert error_percent(by_us(u, i), exact) == pytest.approx(0.0, abs=1e-4)
    assert abs(errors[0]) > at_least
    assert errors[1] == pytest.approx(errors[0], abs=1e-3)


def test_with_a_fifth_harmonic_delay_and_triangle_count_what_the_fundamental_is_not() -> None:
    """phi = 60 degrees: IEC 62053-24 asks for the fundamental alone, and only that is right."""
    u, i, exact = load(50.0, 60.0, fifth=True)
    assert abs(error_percent(by_fixed_quarter(u, i), exact)) == pytest.approx(4.0, abs=0.1)
    assert error_percent(by_triangle(u, i), exact) == pytest.approx(9.6, abs=1.0)
    assert error_percent(by_us(u, i), exact) == pytest.approx(0.0, abs=1e-4)


def test_the_triangle_knows_no_sign() -> None:
    u, i, exact = load(50.0, -30.0)
    assert exact < 0.0
    assert by_triangle(u, i) == pytest.approx(-exact)
    assert by_us(u, i) == pytest.approx(exact)
