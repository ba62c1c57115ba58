"""Modulator and decimator: the vector code against plain arithmetic, a naive model, and published figures."""

from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from numba import njit

from ferraris.hardware.chain import modulator
from ferraris.hardware.chain.lanes import LANES

REFERENCE = 4.0
"""Knots are a quarter of the input."""


def knots_of(signal: np.ndarray) -> np.ndarray:
    """(n,) or (n, C) input over the reference, as `convert` takes it."""
    columns = signal[:, None] if signal.ndim == 1 else signal
    out = np.zeros((len(columns), LANES))
    out[:, : columns.shape[1]] = columns / REFERENCE
    return out


def converted(knots: np.ndarray, cells: int, decimation: int, channels: int = 1) -> np.ndarray:
    ticks = (len(knots) - modulator.AROUND) // cells
    out = np.empty((ticks, channels))
    modulator.convert(knots, cells, decimation, 1.0 / decimation**3, modulator.fresh(decimation), out)
    return out


def sine(ticks: int, cells: int, amplitude: float, cycles_per_tick: float) -> np.ndarray:
    at = (np.arange(ticks * cells + modulator.AROUND) - 1) / cells
    return amplitude * np.sin(2.0 * np.pi * cycles_per_tick * at)


@pytest.mark.parametrize(("cells", "decimation"), [(8, 128), (8, 512), (16, 256), (64, 64), (8, 2048)])
def test_vector_and_plain_arithmetic_agree_to_the_last_bit(
    cells: int, decimation: int, rng: np.random.Generator
) -> None:
    ticks, channels = 60, 7
    knots = knots_of(rng.uniform(-0.8, 0.8, (ticks * cells + modulator.AROUND, channels)))
    fast, plain = modulator.fresh(decimation), modulator.fresh(decimation)
    by_lanes, by_channel = np.empty((ticks, channels)), np.empty((ticks, channels))
    for first, last in ((0, 1), (1, 33), (33, ticks)):
        cut = knots[first * cells : last * cells + modulator.AROUND]
        modulator.convert(cut, cells, decimation, 1.0, fast, by_lanes[first:last])
    modulator.convert_plain(knots, cells, decimation, 1.0, plain, by_channel)
    assert np.array_equal(by_lanes, by_channel)
    assert np.array_equal(fast.integrators[:, :channels], plain.integrators[:, :channels])


def test_the_compiled_plain_converter_is_what_its_python_says() -> None:
    knots = knots_of(sine(4, 8, 0.6, 0.05))
    compiled, interpreted = np.empty((4, 2)), np.empty((4, 2))
    arguments: dict[str, Any] = {"keep": 0.999, "dither": 0.25, "seed": 5, "first_tick": 70}
    modulator.convert_plain(knots, 8, 64, 1.0, modulator.fresh(64), compiled, **arguments)
    modulator.convert_plain.py_func(knots, 8, 64, 1.0, modulator.fresh(64), interpreted, **arguments)
    assert np.array_equal(compiled, interpreted)


@njit(nogil=True)  # type: ignore[misc]
def naive(signal: np.ndarray, state: np.ndarray, sums: np.ndarray, decimation: int, out: np.ndarray) -> None:
    """Textbook: x1 += (u - y)/2, x2 += (x1 - y)/2, y = sign x2; three 64-bit integrators that wrap, then three combs.

    state (2,) doubles, sums (6,) int64. With x1 = 2 v1 and x2 = v2 + constant delays the bits are those of the code.
    """
    for tick in range(out.size):
        for step in range(decimation):
            y = 1 if state[1] >= 0.0 else -1
            x1 = state[0] + 0.5 * (signal[tick * decimation + step] - y)
            state[1] += 0.5 * (state[0] - y)
            state[0] = x1
            sums[0] += y
            sums[1] += sums[0]
            sums[2] += sums[1]
        value = sums[2]
        for comb in range(3, 6):
            value, sums[comb] = value - sums[comb], value
        out[tick] = value


def test_a_minute_is_bit_exact_against_textbook_integrators_and_combs_in_int64() -> None:
    """0.05 of full scale of DC, under which a cascade in floating point is off by 4.9 after a minute, and a sine."""
    decimation, ticks, chunks = 128, 4000, 120
    at = np.arange(ticks * decimation + modulator.AROUND) - 1
    signal = 0.05 + 0.5 * np.sin(2.0 * np.pi * 25.0 * at / (ticks * decimation))
    signal = np.rint(signal * 2.0**30) / 2.0**30  # dyadic: no rounding differs between x1/2 and x1
    knots = knots_of(signal)
    memory, state, sums = modulator.fresh(decimation), np.zeros(2), np.zeros(6, np.int64)
    codes, counts = np.empty((ticks, 1)), np.empty(ticks, np.int64)
    for _ in range(chunks):
        modulator.convert(knots, decimation, decimation, 1.0, memory, codes)
        naive(signal[1:], state, sums, decimation, counts)
        assert np.array_equal(codes[:, 0], counts)
    assert abs(int(sums[2])) > 2**50, "the integrators grew far beyond what a tick's sums reach"


@pytest.mark.parametrize("level", [-0.7, -0.1, 1e-5, 0.3, 0.8])
def test_direct_input_comes_out_as_it_went_in(level: float) -> None:
    """1e-5 without dither: mean of two seconds within 1e-7 (no dead zone)."""
    codes = converted(np.full((16000 * 8 + modulator.AROUND, LANES), level / REFERENCE), 8, 128)
    assert codes[10:].mean() == pytest.approx(level, abs=1e-7)


def signal_to_noise_db(decimation: int, amplitude: float = 0.7) -> float:
    """Everything but the sine in 0 to 2 kHz, in dB under a full-scale sine, by a windowed spectrum."""
    ticks = 16384
    codes = converted(knots_of(sine(ticks + 16, 8, amplitude, 205.0 / ticks)), 8, decimation)[16:, 0]
    window = 1.0 - np.cos(2.0 * np.pi * np.arange(ticks) / ticks)  # Hann: a whole number of cycles leaks two lines
    spectrum = np.abs(np.fft.rfft(codes * window)) ** 2
    band = np.arange(8, ticks // 4)
    noise = spectrum[band[np.abs(band - 205) > 6]].sum()
    full_scale = spectrum[205 - 6 : 205 + 7].sum() / amplitude**2
    return float(10.0 * np.log10(full_scale / noise))


def test_the_noise_is_that_of_a_second_order_loop() -> None:
    """Dynamic range to 2 kHz of a full-scale sine: 92, 107, 123, 137 dB at ratios 64 to 512, some 15 dB an octave.

    The theory of white quantisation noise (Boser and Wooley 1988, eq. 7, recalled) gives 15 dB an octave and, at a
    ratio of 128 with 4 kHz, 100 dB; tones of a real loop move it by a few dB.
    """
    found = [signal_to_noise_db(decimation) for decimation in (64, 128, 256, 512)]
    assert np.diff(found) == pytest.approx([15.0] * 3, abs=4.0)
    assert found == pytest.approx([92.0, 107.0, 123.0, 137.0], abs=5.0)


def test_amplitude_is_linear_down_to_a_hundred_thousandth() -> None:
    ticks = 16000
    for amplitude in (0.7, 1e-2, 1e-4, 1e-5):
        codes = converted(knots_of(sine(ticks + 16, 8, amplitude, 1.0 / 160.0)), 8, 512)[16:, 0]
        reference = np.exp(-2j * np.pi * np.arange(ticks) / 160.0)
        seen = 2.0 * abs(np.mean(codes * reference))
        assert seen / amplitude == pytest.approx(1.0 - 0.000193, abs=2e-5 + 3e-8 / amplitude)  # sinc3 droop at 50 Hz


def test_an_integrator_of_finite_gain_loses_two_over_its_gain() -> None:
    """DC: the first integrator settles at x1 = y, so 0 = (keep - 1) x1 + (u - y)/2 and y = u / (1 + 2/A): -0.2 %."""
    knots = np.full((8000 * 8 + modulator.AROUND, LANES), 0.4 / REFERENCE)
    codes = np.empty((8000, 1))
    modulator.convert_plain(knots, 8, 128, 1.0 / 128**3, modulator.fresh(128), codes, keep=1.0 - 1e-3)
    assert codes[100:].mean() / 0.4 - 1.0 == pytest.approx(-2e-3, rel=0.05)


def test_dither_depends_on_seed_and_step_alone() -> None:
    knots = knots_of(sine(40, 8, 0.3, 0.01))

    def run(seed: int, cuts: tuple[int, ...]) -> np.ndarray:
        memory, out = modulator.fresh(128), np.empty((40, 1))
        for first, last in pairwise(cuts):
            part = knots[first * 8 : last * 8 + modulator.AROUND]
            modulator.convert_plain(part, 8, 128, 1.0, memory, out[first:last], 1.0, 0.5, seed, first)
        return out

    assert np.array_equal(run(1, (0, 40)), run(1, (0, 7, 8, 40)))
    assert not np.array_equal(run(1, (0, 40)), run(2, (0, 40)))
    assert run(1, (0, 40))[5:] == pytest.approx(run(2, (0, 40))[5:], abs=2e-3 * 128**3)


def test_an_overload_stops_at_the_amplifier_and_leaves_no_trace(rng: np.random.Generator) -> None:
    """A hundred times full scale: the loop stays bounded, and a few ticks later the codes are right again."""
    ticks = 200
    wave = np.concatenate([sine(ticks, 8, 100.0, 0.0625)[: ticks * 8], np.full(ticks * 8 + modulator.AROUND, 0.25)])
    knots = modulator.knots(wave[:, None], np.zeros(1), 1.25)
    assert np.abs(knots).max() == pytest.approx(0.25 * 1.05 / 1.25)
    memory, codes = modulator.fresh(512), np.empty((2 * ticks, 1))
    modulator.convert(knots, 8, 512, 1.25 / 512**3, memory, codes)
    assert 1.05 < np.abs(codes).max() < 1.25
    assert np.abs(memory.integrators).max() < 4.0
    assert codes[ticks + 4 :, 0] == pytest.approx(np.full(ticks - 4, 0.25), abs=1e-4)
