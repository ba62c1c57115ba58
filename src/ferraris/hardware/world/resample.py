"""Band-limited evaluation of a repeating sampled waveform at times of its own choosing; never linear interpolation.

A loop of samples is a finite Fourier series, so its value between two samples is exact and defined. `prepare` puts the
series on a grid twice as fine as it needs, `evaluate` interpolates there with a short bell-shaped kernel whose own
frequency response was divided out of the series beforehand. This is the non-uniform fast Fourier transform of type 2:
Barnett, Magland, af Klinteberg, "A parallel nonuniform fast Fourier transform library based on an 'exponential of
semicircle' kernel", SIAM J. Sci. Comput. 41(5), 2019, sections 2 and 3 (recalled); with a width of 10 grid points and
two-fold oversampling it is good to about 1e-9 of the amplitude, at every frequency up to half the sampling rate.

Time is an integer count of femtoseconds, and a place in the loop a 64-bit fraction of it that wraps by itself. So the
value at a tick depends on that tick alone, to the last bit, whatever block it is asked in; after a year of ticks the
place has moved by less than 1e-8 of the loop.
"""

from fractions import Fraction
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from ferraris.hardware.world.mains import Complexes, Floats

FEMTOSECONDS = 10**15
WIDTH = 10
"""Grid points under the kernel."""
STEEPNESS = 2.30 * WIDTH
"""The paper's choice of beta for two-fold oversampling."""
DEGREE = 15
"""Degree of the polynomials that stand for the kernel between two grid points; their error is below its own."""
NODES = 48
"""Points of the quadrature of the kernel's frequency response."""
TURN = 1 << 64


class Prepared(NamedTuple):
    """A loop ready for `evaluate`.

    grid    (M + WIDTH, channels) the oversampled loop, wrapped round at both ends
    points  M, grid points in one loop
    loop_s  exact length of one loop, seconds
    """

    grid: Floats
    points: int
    loop_s: Fraction


def prepare(spectra: Complexes, samples: int, rate_hz: float, band_hz: float | None = None) -> Prepared:
    """Make a loop evaluable.

    spectra   (channels, samples//2 + 1) what `numpy.fft.rfft` gives for one loop of `samples` samples per channel,
              with any complex gain per line already applied
    rate_hz   samples per second
    band_hz   lines above this frequency are left out; None keeps all but the line at exactly half the rate, whose
              phase a sampled loop does not tell
    """
    lines = np.arange(samples // 2 + 1)
    highest = (samples - 1) // 2 if band_hz is None else min(int(band_hz * samples / rate_hz), (samples - 1) // 2)
    points = _fast_length(max(2 * samples, 2 * WIDTH))
    gain = np.where(lines <= highest, 1.0 / _response(lines / points), 0.0) * (points / samples)
    fine = np.fft.irfft(spectra * gain, points, axis=-1)
    wrapped = np.arange(points + WIDTH) - (WIDTH // 2 - 1)
    return Prepared(np.ascontiguousarray(fine.T[wrapped % points]), points, samples / Fraction(rate_hz))


def evaluate(prepared: Prepared, start_fs: int, step_fs: int, count: int) -> Floats:
    """Return the waveforms at start_fs + k*step_fs, k = 0 ... count - 1, as (channels, count).

    start_fs  time of the first value, femtoseconds after the first sample of the loop; any integer
    step_fs   > 0; all questions on one lattice of times (same step, starts a whole number of steps apart) agree exactly
    """
    from ferraris.hardware.world.kernel import interpolate

    steps, rest_fs = divmod(start_fs, step_fs)
    step = _place(prepared.loop_s, step_fs)
    offset = (_place(prepared.loop_s, rest_fs) + steps * step) % TURN
    out = np.empty((count, prepared.grid.shape[1]))
    interpolate(prepared.grid, prepared.points, np.uint64(offset), np.uint64(step), kernel_polynomials(), out)
    return out.T


def resample(
    samples: Floats, rate_hz: float, start_s: float, step_s: float, count: int, band_hz: float | None = None
) -> Floats:
    """Evaluate looped samples (channels, n) at start_s + k*step_s; (channels, count). Times are rounded to 1 fs."""
    prepared = prepare(np.fft.rfft(samples, axis=-1), samples.shape[-1], rate_hz, band_hz)
    return evaluate(prepared, round(start_s * FEMTOSECONDS), round(step_s * FEMTOSECONDS), count)


def _place(loop_s: Fraction, time_fs: int) -> int:
    """Time as a fraction of the loop, in units of 2**-64, rounded, whole loops dropped."""
    return round(Fraction(time_fs, FEMTOSECONDS) / loop_s * TURN) % TURN


def _fast_length(least: int) -> int:
    """Smallest 2**a * 3**b * 5**c that is even and not below `least`: a length the FFT likes."""
    best = 1 << (least - 1).bit_length()
    fives = 1
    while fives < best:
        threes = fives
        while threes < best:
            needed = -(-least // threes)
            best = min(best, threes << max((needed - 1).bit_length(), 1))
            threes *= 3
        fives *= 5
    return best


def _bell(distance: Floats) -> Floats:
    """Exponential of a semicircle: exp(beta*(sqrt(1 - z^2) - 1)), z = distance/(WIDTH/2), zero outside."""
    z = np.clip(2 * distance / WIDTH, -1, 1)
    bell: Floats = np.exp(STEEPNESS * (np.sqrt(1 - z**2) - 1))
    return bell


def _response(frequency: Floats) -> Floats:
    """Frequency response of the bell, integral of bell(s)*cos(2*pi*frequency*s), frequency in cycles per grid point."""
    nodes, weights = np.polynomial.legendre.leggauss(NODES)
    places = (nodes + 1) * WIDTH / 4
    total = np.zeros(len(frequency))
    for place, weight in zip(places, weights * _bell(places) * WIDTH / 2, strict=True):
        total += weight * np.cos(2 * np.pi * place * frequency)
    return total


def _weight(z: Floats, point: int) -> Floats:
    """Weight of grid point `point` over z in [-1, 1]; see `kernel_polynomials`."""
    return _bell((z + 1) / 2 + WIDTH / 2 - 1 - point)


@lru_cache(maxsize=1)
def kernel_polynomials() -> Floats:
    """Coefficients (DEGREE + 1, WIDTH), highest power first: the weight of each grid point over z in [-1, 1].

    z = 2*fraction - 1, fraction the place between two grid points; point j lies fraction + WIDTH/2 - 1 - j away.
    """
    columns = []
    for point in range(WIDTH):
        series = np.polynomial.Chebyshev.interpolate(_weight, DEGREE, args=(point,))
        columns.append(series.convert(kind=np.polynomial.Polynomial).coef[::-1])
    return np.ascontiguousarray(np.array(columns).T)
