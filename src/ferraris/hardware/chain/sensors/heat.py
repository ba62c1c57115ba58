"""Own heating of a shunt: power through a thermal resistance into a heat capacity, one time constant.

    tau dr/dt = Rth R I^2 - r        r rise over the air, K

The rise is stepped on an absolute grid of cells, where the mean square current of a cell is known exactly as an integer
(square microamperes times ticks): so it does not depend on how time is cut into spans. Within a cell the sensor keeps
the temperature it had at the cell's start; the cell (10 s) is short against any time constant of a welded shunt.
Source: Newton's law of cooling, first order. Holds where the element's own time constant is much shorter than that of
the terminal block around it, which belongs to the air's temperature.
"""

from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from ferraris.hardware.chain.specimen import Specimen
from ferraris.pins import TICKS_PER_SECOND

Floats: TypeAlias = NDArray[np.float64]

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


def cut(specimen: Specimen, heat: Heat, square_a2: Floats, first: int, last: int) -> tuple[tuple[Piece, ...], Heat]:
    """Cut the ticks [first, last) at the ends of cells, and heat the sensors meanwhile: the pieces, the state after.

    square_a2  mean square current per channel (C,), constant in time, A^2
    """
    if not heat.rise_k:
        return (Piece(first, last, ()),) if last > first else (), heat
    power = [round(value * SQUARES_PER_A2) for value in square_a2.tolist()]
    decay = [float(np.exp(-CELL_TICKS / TICKS_PER_SECOND / tau)) if tau else 0.0 for tau in specimen.heat_s.tolist()]
    scale = (specimen.heat_k_per_a2 / (SQUARES_PER_A2 * CELL_TICKS)).tolist()
    pieces = []
    while first < last:
        end = min(last, (first // CELL_TICKS + 1) * CELL_TICKS)
        pieces.append(Piece(first, end, heat.rise_k))
        squares = tuple(s + p * (end - first) for s, p in zip(heat.squares, power, strict=True))
        heat = Heat(heat.rise_k, squares)
        if end % CELL_TICKS == 0:
            rises = zip(heat.rise_k, squares, scale, decay, strict=True)
            heat = Heat(tuple(k * s * (1.0 - a) + r * a for r, s, k, a in rises), (0,) * len(squares))
        first = end
    return tuple(pieces), heat
