"""Own heating of a shunt: power through a thermal resistance into a heat capacity, one time constant.

    tau dr/dt = Rth R I^2 - r        r rise over the air, K

The rise is stepped on an absolute grid of cells, where the mean square current of a cell is known exactly as an integer
(square microamperes times ticks): so it does not depend on how time is cut into spans. Within a cell the sensor keeps
the temperature it had at the cell's start; the cell (10 s) is short against any time constant of a welded shunt.
Source: Newton's law of cooling, first order. Holds where the element's own time constant is much shorter than that of
the terminal block around it, which belongs to the air's temperature.
"""

from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple, TypeAlias

import numpy as np
from numba import njit
from numpy.typing import NDArray

from ferraris.hardware.chain.specimen import Specimen
from ferraris.pins import TICKS_PER_SECOND

Floats: TypeAlias = NDArray[np.float64]
Integers: TypeAlias = NDArray[np.int64]

CELL_TICKS = 80_000
"""Ticks per cell: 10 s."""

SQUARES_PER_A2 = 1_000_000
"""Resolution of a mean square current: 1e-6 A^2."""


class Heat(NamedTuple):
    """Thermal state of a meter.

    rise_k    per channel, rise over the air during the open cell, K; empty where no sensor has a thermal model
    squares   per channel, square current times ticks since the cell began, in 1e-6 A^2 ticks
    """

    rise_k: tuple[float, ...] = ()
    squares: tuple[int, ...] = ()


COLD = Heat()
"""Where no sensor has a thermal model."""


def fresh(specimen: Specimen) -> Heat:
    """A meter that has been without current for long."""
    if not specimen.heat_s.any():
        return COLD
    return Heat((0.0,) * specimen.channels, (0,) * specimen.channels)


def settled_k(specimen: Specimen, square_a2: Floats) -> Floats:
    """Rise in the end, K, shape (..., C), at a mean square current per channel (..., C) in A^2."""
    return np.asarray(specimen.heat_k_per_a2 * square_a2)


class Piece(NamedTuple):
    """The ticks [first_tick, last_tick) during which the sensors stand `rise_k` over the air."""

    first_tick: int
    last_tick: int
    rise_k: tuple[float, ...]


class Course(NamedTuple):
    """What the sensors do while a current stands: the rise in every cell that it touches, and the state after.

    rise_k  (cells, C) K; of no columns where no sensor has a thermal model
    """

    rise_k: Floats
    after: Heat


def squares_of(square_a2: Floats) -> Integers:
    """Mean square currents (C,), A^2, as what a sensor gathers in one tick, 1e-6 A^2."""
    return np.array([round(value * SQUARES_PER_A2) for value in square_a2.tolist()], dtype=np.int64)


def course(specimen: Specimen, heat: Heat, power: Integers, first: int, last: int) -> Course:
    """Heat the sensors during the ticks [first, last) by what `squares_of` made of their currents."""
    cells = _cell_after(last) - first // CELL_TICKS if last > first else 0
    if not heat.rise_k or not cells:
        return Course(np.zeros((cells, 0)), heat)
    rise, squares = np.array(heat.rise_k), np.array(heat.squares, dtype=np.int64)
    rises = np.empty((cells, rise.size))
    _warm(rises, rise, squares, power, *_law(specimen), first, last)
    return Course(rises, Heat(tuple(rise.tolist()), tuple(squares.tolist())))


def cut(specimen: Specimen, heat: Heat, square_a2: Floats, first: int, last: int) -> tuple[tuple[Piece, ...], Heat]:
    """Cut the ticks [first, last) at the ends of cells, and heat the sensors meanwhile: the pieces, the state after.

    square_a2  mean square current per channel (C,), constant in time, A^2
    """
    if not heat.rise_k:
        return (Piece(first, last, ()),) if last > first else (), heat
    rises, after = course(specimen, heat, squares_of(square_a2), first, last)
    inner = range((first // CELL_TICKS + 1) * CELL_TICKS, last, CELL_TICKS)
    bounds = pairwise((first, *inner, last)) if last > first else ()
    pieces = zip(bounds, rises.tolist(), strict=True)
    return tuple(Piece(begin, end, tuple(rise)) for (begin, end), rise in pieces), after


def _cell_after(tick: int) -> int:
    """Number of the first cell that begins at or after a tick."""
    return -(-tick // CELL_TICKS)


@lru_cache(maxsize=64)
def _law(specimen: Specimen) -> tuple[Floats, Floats]:
    """Rise per square that a cell gathered, and what a cell leaves of a rise: both (C,)."""
    decay = [float(np.exp(-CELL_TICKS / TICKS_PER_SECOND / tau)) if tau else 0.0 for tau in specimen.heat_s.tolist()]
    return np.asarray(specimen.heat_k_per_a2 / (SQUARES_PER_A2 * CELL_TICKS)), np.array(decay)


@njit(cache=True, nogil=True)  # type: ignore[misc,unused-ignore]
def _warm(
    rises: Floats, rise: Floats, squares: Integers, power: Integers, scale: Floats, decay: Floats, first: int, last: int
) -> None:
    """Cell after cell; `rise` and `squares` are carried on in place. A year has three million cells: hence compiled."""
    for cell in range(len(rises)):
        end = min(last, (first // CELL_TICKS + 1) * CELL_TICKS)
        for channel in range(rise.size):
            rises[cell, channel] = rise[channel]
            squares[channel] += power[channel] * (end - first)
            if end % CELL_TICKS == 0:
                gained = scale[channel] * squares[channel] * (1.0 - decay[channel])
                rise[channel] = gained + rise[channel] * decay[channel]
                squares[channel] = 0
        first = end
