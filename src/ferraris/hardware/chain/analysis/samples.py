"""The waveforms that the metrology sees, and blocks of 10 or 12 whole cycles of them.

`samples` gives the calibrated, filtered samples of a stretch of time, the same that the metering kernel multiplies and
adds. `synchronous` puts them on a grid that has 200 points in every cycle whatever the frequency, so that every sum
over a block is over whole cycles, as IEC 61000-4-7 asks of a harmonics instrument (recalled).
"""

from dataclasses import replace
from functools import lru_cache
from typing import NamedTuple, TypeAlias, assert_never

import numpy as np
from numpy.typing import NDArray

from ferraris.hardware.chain import bitstream, fir, sampled
from ferraris.hardware.chain.bitstream import BitstreamState
from ferraris.hardware.chain.chain import Chain, Span
from ferraris.hardware.chain.sampled import SampledState
from ferraris.hardware.world.mains import Environment, Mains
from ferraris.pins import TICKS_PER_SECOND, Reading

Floats: TypeAlias = NDArray[np.float64]
Sampling: TypeAlias = SampledState | BitstreamState

POINTS_PER_CYCLE = 200
"""A multiple of four (a quarter period is whole), and 40 harmonics stay far below half of it."""

BLOCK_S = 0.2
"""Nominal length of a block: 10 cycles of 50 Hz, 12 of 60 Hz (IEC 61000-4-30, 4.4, recalled)."""

LIVE_V = 2.0
"""Below this RMS a voltage cannot be timed."""

REACH = 16
"""Samples on either side that an interpolated value rests on."""

STEEPNESS = 14.0
"""Of the Kaiser window: with 32 samples, good to 1e-7 up to 2.8 kHz at 8 kS/s (Kaiser's design formula, recalled)."""

FINE = 4096
"""Steps of the kernel's table between two samples; linear in between, which errs by less than 1e-7."""

SEARCH_HZ = (35.0, 75.0)


class Blocks(NamedTuple):
    """Consecutive blocks of whole cycles.

    values        (B, C, M) V and A, channels U1..Un, I1..In [, IN]; M = cycles * POINTS_PER_CYCLE
    frequency_hz  (B,) as the meter's own clock counts it; nominal where no voltage can be timed
    cycles        in one block
    timed         False where the nominal frequency had to serve
    """

    values: Floats
    frequency_hz: Floats
    cycles: int
    timed: bool


def samples(
    chain: Chain, state: Sampling, mains: Mains, environment: Environment, span: Span
) -> tuple[Sampling, Reading, Floats]:
    """Measure a span, and return beside the reading what the metrology multiplied and added: (ticks, C), V and A.

    As in the metering kernel a value belongs to the moment fir.CENTRE ticks before its tick.
    """
    match state:
        case SampledState():
            behind, codes = sampled.codes(chain, state, mains, environment, span)
            pieces = list(codes)
            after, reading = sampled.meter(chain, behind, pieces, environment, span)
            return after, reading, _filtered(chain, environment, [state.carry.frames, *pieces])
        case BitstreamState():
            converted, codes = bitstream.codes(chain, state, mains, environment, span)
            pieces = list(codes)
            metered, reading = sampled.meter(chain, converted.metered, pieces, environment, span)
            waves = _filtered(chain, environment, [state.metered.carry.frames, *pieces])
            return replace(converted, metered=metered), reading, waves
    assert_never(state)


def _filtered(chain: Chain, environment: Environment, codes: list[Floats]) -> Floats:
    """The metrology filter and its scale; codes (TAPS - 1 + N, C) in pieces, result (N, C) in V and A."""
    taps, frames = sampled.taps(chain, environment), np.concatenate(codes)
    count = len(frames) - (fir.TAPS - 1)
    out = np.zeros((count, frames.shape[1]))
    for k in range(fir.TAPS):
        begin = fir.TAPS - 1 - k
        out += taps[k] * frames[begin : begin + count]
    return out


def synchronous(waves: Floats, elements: int, nominal_hz: float, blocks: int | None = None) -> Blocks:
    """Cut waves (N, C) into consecutive blocks of whole cycles, at most `blocks`, resampled to whole cycles.

    Raises ValueError where the waves are too short for one block.
    """
    cycles = round(BLOCK_S * nominal_hz)
    voltage = np.ascontiguousarray(waves[:, :elements])
    watched = voltage[:, int(np.argmax(np.std(voltage, axis=0)))]
    timed = float(np.std(watched)) >= LIVE_V
    hertz = _search(watched) if timed else nominal_hz
    position = float(REACH)
    values: list[Floats] = []
    found: list[float] = []
    while blocks is None or len(values) < blocks:
        hertz = _refine(watched, position, hertz, cycles) if timed else hertz
        length = cycles * TICKS_PER_SECOND / hertz
        if position + length + REACH >= len(waves):
            break
        step = length / (cycles * POINTS_PER_CYCLE)
        points = np.asarray(position + step * np.arange(cycles * POINTS_PER_CYCLE), dtype=np.float64)
        values.append(interpolate(waves, points).T)
        found.append(hertz)
        position += length
    if not values:
        raise ValueError(f"{len(waves)} samples are too few for a block of {cycles} cycles at {hertz:.4g} Hz")
    return Blocks(np.array(values), np.array(found), cycles, timed)


def _search(wave: Floats) -> float:
    """Frequency of the strongest line between 35 and 75 Hz, to about 1 Hz."""
    count = min(len(wave), 4096)
    spectrum = np.abs(np.fft.rfft((wave[:count] - wave[:count].mean()) * np.hanning(count), 4 * count))
    lines = np.fft.rfftfreq(4 * count, 1.0 / TICKS_PER_SECOND)
    inside = (lines >= SEARCH_HZ[0]) & (lines <= SEARCH_HZ[1])
    return float(lines[inside][np.argmax(spectrum[inside])])


def _refine(wave: Floats, position: float, hertz: float, cycles: int) -> float:
    """Frequency of the block at `position` from the turn of the fundamental between its two halves.

    A Hann window over a whole number of cycles has its noughts on the harmonics, so they do not disturb; three passes
    bring a guess that is right to 4 Hz to some 1e-9.
    """
    first = int(position)
    for _ in range(3):
        half = round(cycles / 2 * TICKS_PER_SECOND / hertz)
        if first + 2 * half > len(wave):
            return hertz
        turn = np.exp(-2j * np.pi * hertz / TICKS_PER_SECOND * np.arange(2 * half))
        turned = wave[first : first + 2 * half] * turn
        window = np.hanning(half + 1)[:-1]
        one, two = turned[:half] @ window, turned[half:] @ window
        hertz += float(np.angle(two * np.conj(one))) / (2.0 * np.pi * half) * TICKS_PER_SECOND
    return hertz


@lru_cache(maxsize=1)
def _kernel() -> Floats:
    """Weights (FINE + 1, 2 REACH) of the samples around a place, by its fraction of the way from one to the next.

    h(x) = sinc(x) I0(b sqrt(1 - (x/R)^2)) / I0(b), |x| < R; Kaiser (1974), recalled. Each row sums to one.
    """
    distance = np.arange(FINE + 1)[:, None] / FINE - np.arange(1 - REACH, REACH + 1)
    window = np.i0(STEEPNESS * np.sqrt(np.maximum(1.0 - (distance / REACH) ** 2, 0.0))) / np.i0(STEEPNESS)
    weights = np.sinc(distance) * window
    return np.asarray(weights / weights.sum(axis=1, keepdims=True))


def interpolate(waves: Floats, points: Floats) -> Floats:
    """Values (M, C) of band-limited waves (N, C) at fractional places (M,), REACH samples or more from either end."""
    base = np.floor(points).astype(np.int64)
    row, part = np.divmod((points - base) * FINE, 1.0)
    table, index = _kernel(), row.astype(np.int64)
    weights = table[index] + part[:, None] * (table[np.minimum(index + 1, FINE)] - table[index])
    near = np.lib.stride_tricks.sliding_window_view(waves, 2 * REACH, axis=0)[base + 1 - REACH]
    return np.asarray(np.matmul(near, weights[:, :, None])[..., 0])
