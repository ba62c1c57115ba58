"""The closed form's energies: power in every cell of time, quantised once and multiplied by whole ticks.

Cells lie on an absolute grid, that of the noise and of the sensors' heat: so however time is cut into spans, the
integers add up to the same.
"""

import math
from typing import NamedTuple, TypeAlias

import numpy as np
from numba import njit
from numpy.typing import NDArray

from ferraris.hardware.chain import quadrants
from ferraris.hardware.chain.account import Amounts
from ferraris.hardware.chain.chain import Chain, Span
from ferraris.hardware.chain.noise import gaussian_cells
from ferraris.hardware.chain.sensors.heat import CELL_TICKS

Floats: TypeAlias = NDArray[np.float64]
Integers: TypeAlias = NDArray[np.int64]

MICRO = 1e6
"""Microwatts in a watt: the step to which power is rounded."""


class Levels(NamedTuple):
    """Powers while the mains stand, W, var, VA.

    level    (3, E) active, reactive and apparent power of the cold meter
    slope    (3, E) what each of them gains with a kelvin of the current sensor; 0 where none has a thermal model
    sigma_w  (E,) standard deviation of active power averaged over one cell
    """

    level: Floats
    slope: Floats
    sigma_w: Floats


def quantised(chain: Chain, levels: Levels, rise_k: Floats, span: Span) -> Amounts:
    """Signed integer energies of the cells that a span touches, at the rises (N, C) of `heat.course`, K."""
    count, cells = chain.specimen.elements, len(rise_k)
    first = span.first_tick // CELL_TICKS
    noise = gaussian_cells(chain.seed, first, first + cells, count)
    rise = rise_k[:, count : 2 * count] if rise_k.shape[1] else np.zeros((cells, count))
    found, places = np.empty((3, cells, count), dtype=np.int64), np.empty((2, cells), dtype=np.int64)
    _quantise(found, places, *levels, noise, rise, chain.creep_w * MICRO, *span)
    (starts, ticks), (active, reactive, apparent) = places, found
    total = _total_apparent(active, reactive, apparent, ticks)
    return Amounts(starts, ticks, active, reactive, apparent, total)


@njit(cache=True, nogil=True)  # type: ignore[misc,unused-ignore]
def _quantise(
    found: Integers,
    places: Integers,
    level: Floats,
    slope: Floats,
    sigma: Floats,
    noise: Floats,
    rise: Floats,
    threshold: float,
    first: int,
    last: int,
) -> None:
    """Fill `found` (3, N, E) and `places` (2, N), cell after cell. A year has three million cells: hence compiled."""
    for cell in range(places.shape[1]):
        end = min(last, (first // CELL_TICKS + 1) * CELL_TICKS)
        places[0, cell], places[1, cell] = first, end - first
        for element in range(sigma.size):
            warm = rise[cell, element]
            active = level[0, element] + slope[0, element] * warm + noise[cell, element] * sigma[element]
            reactive = level[1, element] + slope[1, element] * warm
            apparent = level[2, element] + slope[2, element] * warm
            p, q, s = np.rint(active * MICRO), np.rint(reactive * MICRO), np.rint(apparent * MICRO)
            ticks = end - first if math.hypot(p, q) >= threshold else 0
            found[0, cell, element] = int(p) * ticks
            found[1, cell, element] = int(q) * ticks
            found[2, cell, element] = int(s) * ticks
        first = end


def _total_apparent(active: Integers, reactive: Integers, apparent: Integers, ticks: Integers) -> Integers:
    """The total's apparent energy of cells (N, E), rounded per tick so that a cell cut in two gives the same sum."""
    if apparent.shape[1] == 1:
        return apparent[:, 0]
    each = ticks[:, None]
    return quadrants.total_apparent(active // each, reactive // each, apparent // each) * ticks
