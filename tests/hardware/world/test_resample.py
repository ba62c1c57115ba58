"""A loop of samples is evaluated between its samples exactly, the same at every tick whatever block it is asked in."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ferraris.hardware.world.kernel import interpolate
from ferraris.hardware.world.resample import FEMTOSECONDS, evaluate, kernel_polynomials, prepare, resample

TICK_FS = 125_003_750_000  # 8 kS/s with an oscillator 30 ppm slow
SAMPLES = 1601


def noise() -> np.ndarray:
    return np.random.default_rng(7).normal(size=(3, SAMPLES))


NOISY = prepare(np.fft.rfft(noise()), SAMPLES, 8000.0)


@pytest.mark.parametrize(("samples", "rate_hz"), [(8000, 8000.0), (4001, 10_000.0), (500, 30_000.0), (160, 8000.0)])
@pytest.mark.parametrize("target_hz", [0.0, 50.0, 1000.0, 2500.0, 3200.0])
def test_a_tone_is_what_it_is_between_the_samples(samples: int, rate_hz: float, target_hz: float) -> None:
    """The brief figure is 1e-6 of the amplitude; the method is good to 1e-8."""
    cycles = round(target_hz * samples / rate_hz)
    tone_hz = cycles * rate_hz / samples
    loop = 325 * np.cos(2 * np.pi * cycles * np.arange(samples) / samples + 0.7)[None]
    start_s, step_s, count = 3.21, 125.00375e-6, 2000
    values = resample(loop, rate_hz, start_s, step_s, count)[0]
    times = start_s + step_s * np.arange(count)
    np.testing.assert_allclose(values, 325 * np.cos(2 * np.pi * tone_hz * times + 0.7), atol=325 * 2e-8)


def test_every_line_below_half_the_rate_comes_through() -> None:
    """Against the Fourier series summed term by term."""
    values = evaluate(NOISY, 987_654_321, TICK_FS, 200)
    lines = np.fft.rfft(noise()) / SAMPLES
    place = (Fraction(987_654_321, FEMTOSECONDS) * 8000 / SAMPLES) % 1
    turns = float(place) + np.arange(200) * (TICK_FS / FEMTOSECONDS * 8000 / SAMPLES)
    series = np.exp(2j * np.pi * np.outer(np.arange(lines.shape[1]), turns))
    naive = 2 * (lines @ series).real - lines[:, :1].real
    np.testing.assert_allclose(values, naive, atol=1e-7)


def test_a_year_later_the_phase_is_still_right() -> None:
    loop = np.cos(2 * np.pi * 10 * np.arange(1600) / 1600)[None]  # 10 cycles in 0.2 s
    prepared = prepare(np.fft.rfft(loop), 1600, 8000.0)
    start = 365 * 86_400 * FEMTOSECONDS // TICK_FS * TICK_FS
    exact = Fraction(start, FEMTOSECONDS) * 50 % 1
    assert evaluate(prepared, start, TICK_FS, 1)[0, 0] == pytest.approx(np.cos(2 * np.pi * float(exact)), abs=1e-6)


@settings(max_examples=50)
@given(st.integers(-(10**12), 10**12), st.lists(st.integers(1, 40), min_size=1, max_size=6))
def test_a_tick_has_one_value_to_the_last_bit_however_time_is_cut(first_tick: int, blocks: list[int]) -> None:
    whole = evaluate(NOISY, first_tick * TICK_FS, TICK_FS, sum(blocks))
    starts = np.cumsum([0, *blocks[:-1]]).tolist()
    pieces = [
        evaluate(NOISY, (first_tick + start) * TICK_FS, TICK_FS, count)
        for start, count in zip(starts, blocks, strict=True)
    ]
    assert np.array_equal(whole, np.hstack(pieces))


def test_the_loop_repeats() -> None:
    """Two loops of 200.125 ms later, on ticks that are samples, the samples come back."""
    values = evaluate(NOISY, 0, FEMTOSECONDS // 8000, 2 * SAMPLES)
    np.testing.assert_allclose(values[:, :SAMPLES], noise(), atol=1e-7)
    np.testing.assert_allclose(values[:, SAMPLES:], noise(), atol=1e-7)


def test_times_before_the_first_sample_belong_to_the_loop_before() -> None:
    later = evaluate(NOISY, SAMPLES * FEMTOSECONDS // 8000 - 5 * 10**9, 10**9, 5)
    np.testing.assert_allclose(evaluate(NOISY, -5 * 10**9, 10**9, 5), later, atol=1e-7)


def test_nothing_above_the_band_is_left() -> None:
    samples = np.arange(8000)
    low, high = np.cos(2 * np.pi * 50 * samples / 8000), np.cos(2 * np.pi * 3500 * samples / 8000)
    values = resample((low + high)[None], 8000.0, 0.0, 1e-4, 500, band_hz=3200.0)
    np.testing.assert_allclose(values[0], np.cos(2 * np.pi * 50 * np.arange(500) * 1e-4), atol=1e-7)


def test_a_complex_gain_per_line_turns_and_scales_the_tone() -> None:
    samples = 800
    lines = np.fft.rfft(np.cos(2 * np.pi * 5 * np.arange(samples) / samples))[None]
    prepared = prepare(lines * 0.5 * np.exp(1j * np.radians(30)), samples, 8000.0)
    times = np.arange(300) * 1e-4
    expected = 0.5 * np.cos(2 * np.pi * 50 * times + np.radians(30))
    np.testing.assert_allclose(evaluate(prepared, 0, 10**11, 300)[0], expected, atol=1e-8)


def test_the_compiled_kernel_does_what_its_python_says() -> None:
    place, step = np.uint64(2**64 - 2**60), np.uint64(2**58 + 12_345)  # wraps round within the test
    compiled, interpreted = np.empty((64, 3)), np.empty((64, 3))
    interpolate(NOISY.grid, NOISY.points, place, step, kernel_polynomials(), compiled)
    with np.errstate(over="ignore"):
        interpolate.py_func(NOISY.grid, NOISY.points, place, step, kernel_polynomials(), interpreted)
    np.testing.assert_array_equal(compiled, interpreted)
