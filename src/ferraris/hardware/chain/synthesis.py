"""Converter codes for the sampled fidelity: the terminal signals through sensors, filter and decimator, tick by tick.

Codes are made in whole blocks on an absolute grid and cut afterwards, so that a tick has the same code whoever asks for
it and however time is cut. Phases are worked out in integers (nanohertz times femtoseconds), because a float that
counts seconds loses the phase of a harmonic within a year.
"""

from functools import lru_cache
from typing import NamedTuple, TypeAlias, assert_never

import numpy as np
from numba import njit
from numpy.typing import NDArray

from ferraris.hardware.chain import operating
from ferraris.hardware.chain.chain import FEMTO_PER_NANO, FEMTOSECONDS, Chain, tick_period_fs
from ferraris.hardware.chain.noise import block_noise
from ferraris.hardware.world.mains import Environment, Mains, Recorded, Steady
from ferraris.hardware.world.resample import Prepared, evaluate, prepare

Floats: TypeAlias = NDArray[np.float64]

BLOCK_TICKS = 4000
"""Ticks per block: half a second."""

NANO = 1_000_000_000
TURN = NANO * FEMTOSECONDS
"""Nanohertz times femtoseconds in one whole cycle."""


@lru_cache(maxsize=8)
def block(chain: Chain, mains: Mains, environment: Environment, index: int, rise_k: tuple[float, ...] = ()) -> Floats:
    """Codes of one block, shape (BLOCK_TICKS, C), full scale = 1: signal, offset, noise, clipping, quantisation.

    rise_k  own heating of each channel's sensor over the air, K; empty: as cold as the air
    """
    specimen = chain.specimen
    period = tick_period_fs(chain)
    times = Lattice(index * BLOCK_TICKS * period, period, BLOCK_TICKS)
    codes = waves(chain, mains, environment, times, decimated=True, rise_k=rise_k)
    noisy = chain.noise and bool(specimen.noise.any())
    normal = block_noise(chain.seed, index, BLOCK_TICKS if noisy else 0, specimen.channels)
    digitise(codes, specimen.offset, specimen.noise, normal, 2.0 ** (specimen.bits - 1))
    return codes


@njit(cache=True, nogil=True)  # type: ignore[misc,unused-ignore]
def digitise(codes: Floats, offset: Floats, noise: Floats, normal: NDArray[np.float32], steps: float) -> None:
    """Add offset and noise, clip to the converter's range and round to its steps, in place.

    codes (N, C) full scale = 1; offset, noise (C,); normal (N, C) or empty; steps = 2^(bits - 1). Two's complement: the
    highest code is one step short of full scale.
    """
    noisy = normal.shape[0] > 0
    for n in range(codes.shape[0]):
        for c in range(codes.shape[1]):
            x = codes[n, c] + offset[c]
            if noisy:
                x += noise[c] * normal[n, c]
            codes[n, c] = min(max(np.rint(x * steps), -steps), steps - 1.0) / steps


class Lattice(NamedTuple):
    """Times on which waveforms are wanted: start_fs + k * step_fs, k = 0 ... points - 1, in true femtoseconds."""

    start_fs: int
    step_fs: int
    points: int


def waves(
    chain: Chain,
    mains: Mains,
    environment: Environment,
    times: Lattice,
    *,
    decimated: bool,
    rise_k: tuple[float, ...] = (),
) -> Floats:
    """Code-scaled waveforms of every channel, shape (points, C), before offset, noise and clipping.

    decimated  True: with the decimator's droop, as codes come; False: as the modulator sees them
    rise_k     own heating of each channel's sensor over the air, K; empty: as cold as the air
    """
    match mains:
        case Steady():
            return _steady(_phasors(chain, mains, environment, decimated, rise_k), mains.origin_ns, times)
        case Recorded():
            prepared = _prepared(chain, mains, environment, decimated, rise_k)
            start_fs = times.start_fs - mains.origin_ns * FEMTO_PER_NANO
            return np.ascontiguousarray(evaluate(prepared, start_fs, times.step_fs, times.points).T)
    assert_never(mains)


@lru_cache(maxsize=16)
def _phasors(
    chain: Chain, mains: Steady, environment: Environment, decimated: bool, rise_k: tuple[float, ...]
) -> operating.Point:
    """Code phasors of every channel and tone, (C, F), scaled so that x = Re(phasor * rotation)."""
    frequency, codes = operating.point(chain.specimen, mains, environment, rise_k, decimated=decimated)
    return operating.Point(frequency, codes * np.where(frequency == 0.0, 1.0, np.sqrt(2.0)))


def _steady(point: operating.Point, origin_ns: int, times: Lattice) -> Floats:
    nanohertz = [round(frequency * NANO) for frequency in point.frequency_hz.tolist()]
    elapsed = times.start_fs - origin_ns * FEMTO_PER_NANO
    angle = np.array([2.0 * np.pi * ((f * elapsed) % TURN / TURN) for f in nanohertz])
    step = np.array([2.0 * np.pi * ((f * times.step_fs) % TURN / TURN) for f in nanohertz])
    start = point.codes * np.exp(1j * angle)
    out = np.empty((times.points, start.shape[0]))
    rotate(np.ascontiguousarray(start.real.T), np.ascontiguousarray(start.imag.T), np.cos(step), np.sin(step), out)
    return out


@njit(cache=True, nogil=True)  # type: ignore[misc,unused-ignore]
def rotate(real: Floats, imaginary: Floats, cosine: Floats, sine: Floats, out: Floats) -> None:
    """Sum of rotating phasors: out[n, c] = sum over tones t of Re((real + j imaginary)[t, c] * exp(j n step[t])).

    real, imaginary (T, C), cosine and sine of each tone's step per tick (T,), out (N, C). The rotation is a recurrence;
    over one block its error stays under 1e-12.
    """
    tones, channels = real.shape
    x, y = np.ones(tones), np.zeros(tones)
    for n in range(out.shape[0]):
        for c in range(channels):
            out[n, c] = 0.0
        for t in range(tones):
            for c in range(channels):
                out[n, c] += real[t, c] * x[t] - imaginary[t, c] * y[t]
            turned = x[t] * cosine[t] - y[t] * sine[t]
            y[t] = y[t] * cosine[t] + x[t] * sine[t]
            x[t] = turned


@lru_cache(maxsize=8)
def _prepared(
    chain: Chain, mains: Recorded, environment: Environment, decimated: bool, rise_k: tuple[float, ...]
) -> Prepared:
    """A recorded loop with every line of its spectrum through its channel."""
    codes = operating.point(chain.specimen, mains, environment, rise_k, decimated=decimated).codes
    return prepare(codes / operating.series_scale(mains), mains.voltage_v.shape[1], mains.rate_hz)
