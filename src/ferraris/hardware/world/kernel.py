"""The inner loop of `resample`, compiled; imported only when a waveform is evaluated: Numba is slow to load."""

import numpy as np
from numba import njit

from ferraris.hardware.world.mains import Floats

TURN = 2.0**64


@njit(cache=True, nogil=True)  # type: ignore[misc,unused-ignore]
def interpolate(
    grid: Floats, points: int, offset: np.uint64, step: np.uint64, polynomials: Floats, out: Floats
) -> None:
    """out[k, c] = sum over j of weight_j(fraction) * grid[whole + j, c] at the place offset + k*step of the loop.

    grid (points + width, channels), places in 2**-64 of a loop (they wrap), polynomials (degree + 1, width),
    out (count, channels). No fastmath: every value is the same sum in the same order.
    """
    degrees, width = polynomials.shape
    channels = out.shape[1]
    weights = np.empty(width)
    scale = points / TURN
    place = offset
    for k in range(out.shape[0]):
        position = float(place) * scale
        whole = int(position)
        z = 2.0 * (position - whole) - 1.0
        for j in range(width):
            weights[j] = polynomials[0, j]
        for degree in range(1, degrees):
            for j in range(width):
                weights[j] = weights[j] * z + polynomials[degree, j]
        for c in range(channels):
            out[k, c] = 0.0
        for j in range(width):
            for c in range(channels):
                out[k, c] += weights[j] * grid[whole + j, c]
        place += step
