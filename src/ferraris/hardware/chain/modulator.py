"""The delta-sigma converter bit by bit: second-order modulators and a third-order sinc decimator, all channels in step.

The modulator is that of Boser and Wooley, "The design of sigma-delta modulation analog-to-digital converters", IEEE J.
Solid-State Circuits 23(6), 1988 (recalled): two delaying integrators with gains 1/2 and 1/2 and a one-bit quantiser,

    x1 <- x1 + (u - y)/2,    x2 <- x2 + (x1 - y)/2,    y = sign(x2).

In the code v1 = x1/2 and v2 = x2. `convert` runs eight channels in the lanes of one vector; `convert_plain` says the
same in plain arithmetic, to the last bit, and alone knows dither and leaking integrators.

The decimator sums each tick's bits once, twice and three times from zero and joins three ticks afterwards. That is a
cascade of integrators and combs (Hogenauer, IEEE Trans. ASSP 29, 1981), to the last bit, but no sum grows with time: in
floating point the classical form is off by half of full scale after twenty seconds of a small offset.
"""

from typing import Any, NamedTuple, TypeAlias

import numpy as np
from numba import njit
from numpy.typing import NDArray

from ferraris.hardware.chain.lanes import LANES, ORDER, cell

Floats: TypeAlias = NDArray[np.float64]

AROUND = 3
"""Knots needed besides one per cell: one before the first cell and two behind the last."""

MOST = 2048
"""Largest decimation ratio: the sums of one tick are 32-bit integers."""


LIMIT = 1.05
"""Where the amplifier in front of a modulator stops, in full scales."""


class Memory(NamedTuple):
    """What the converter carries from tick to tick; the arrays belong to the caller and are changed in place.

    integrators  (2, LANES) v1 and v2
    ones         (2, ORDER, LANES) sums of the bits of the last two ticks
    """

    integrators: Floats
    ones: NDArray[np.int32]


def fresh(decimation: int) -> Memory:
    """Memory at power-on: integrators at rest, and as many bits of either sign before, so that the sums are nought.

    decimation  a multiple of 4, which makes these halves whole numbers
    """
    n = decimation
    halves = np.array([n // 2, n * (n + 1) // 4, n * (n + 1) * (n + 2) // 12], np.int32)
    return Memory(np.zeros((2, LANES)), np.tile(-halves[:, None], (2, 1, LANES)))


def copy(memory: Memory) -> Memory:
    """A copy that may be changed."""
    return Memory(memory.integrators.copy(), memory.ones.copy())


@njit(cache=True, nogil=True)  # type: ignore[misc,unused-ignore]
def differences(knots: Floats, k: int, h: float, out: Floats) -> None:
    """Value and forward differences, at steps of `h` cells, of the cubic through knots k - 1 ... k + 2, per lane.

    The cubic runs from knot k to knot k + 1. Error for a sine of w radians per cell: below 0.023 w^4 of its amplitude.
    """
    for c in range(LANES):
        a, b, d, e = knots[k - 1, c], knots[k, c], knots[k + 1, c], knots[k + 2, c]
        slope = (d - a * (1.0 / 3.0) - b * 0.5 - e * (1.0 / 6.0)) * h
        square = (a - (b + b) + d) * (h * h * 0.5)
        cube = (e - a + (b - d) * 3.0) * (h * h * h * (1.0 / 6.0))
        out[0, c] = b
        out[1, c] = slope + square + cube
        out[2, c] = (square + square) + cube * 6.0
        out[3, c] = cube * 6.0


@njit(cache=True, nogil=True)  # type: ignore[misc,unused-ignore]
def _join(ones: Any, decimation: int, scale: float, out: Floats) -> None:  # noqa: ANN401
    """Codes from the sums of each tick and of the two before: ones (ticks + 2, ORDER, LANES), out (ticks, C).

    From integrators that start at zero each tick, the third comb of the cascade gives
    (r - 2 r1 + r2) + N (q1 - q2) + N^2 p2 + N (N + 1)/2 (p1 - p2), which is N^3 when every bit is +1. The sums here
    count each bit that is -1 as -1 and each +1 as nought, so twice as much comes off.
    """
    n = np.int64(decimation)
    square, triangle, full = n * n, n * (n + 1) // 2, n * n * n
    for tick in range(out.shape[0]):
        for c in range(out.shape[1]):
            p1, p2 = np.int64(ones[tick + 1, 0, c]), np.int64(ones[tick, 0, c])
            q1, q2 = np.int64(ones[tick + 1, 1, c]), np.int64(ones[tick, 1, c])
            r, r1, r2 = np.int64(ones[tick + 2, 2, c]), np.int64(ones[tick + 1, 2, c]), np.int64(ones[tick, 2, c])
            whole = (r - 2 * r1 + r2) + n * (q1 - q2) + square * p2 + triangle * (p1 - p2)
            out[tick, c] = (full + 2 * whole) * scale


@njit(cache=True, nogil=True)  # type: ignore[misc,unused-ignore]
def _opened(memory: Any, ticks: int) -> Any:  # noqa: ANN401
    """Room for the sums of so many ticks, with the two before them in front."""
    ones = np.zeros((ticks + 2, ORDER, LANES), np.int32)
    ones[:2] = memory.ones
    return ones


@njit(cache=True, nogil=True)  # type: ignore[misc,unused-ignore]
def convert(knots: Floats, cells: int, decimation: int, scale: float, memory: Any, out: Floats) -> None:  # noqa: ANN401
    """Convert as many ticks as `out` has rows.

    knots  (ticks * cells + AROUND, LANES) modulator input over 4 references, `cells` to a tick, the first a cell early
    scale  what a full count is worth, over decimation^3; decimation at most MOST, a multiple of cells
    out    (ticks, C) codes, C <= LANES
    """
    ticks = out.shape[0]
    ones = _opened(memory, ticks)
    steps = decimation // cells
    integrators, sums, first = memory.integrators.ctypes.data, ones.ctypes.data, knots.ctypes.data
    for k in range(ticks * cells):
        row = sums + (k // cells + 2) * ORDER * LANES * 4
        cell(integrators, row, first + k * LANES * 8, steps, 1.0 / steps)  # type: ignore[call-arg,unused-ignore]
    _join(ones, decimation, scale, out)
    memory.ones[:] = ones[ticks:]


@njit(cache=True, nogil=True)  # type: ignore[misc,unused-ignore]
def _uniform(seed: np.uint64, counter: np.uint64) -> float:
    """A number in [-1, 1) made of seed and counter alone: splitmix64 (Steele, Lea, Flood, OOPSLA 2014; recalled)."""
    z = seed + counter * np.uint64(0x9E3779B97F4A7C15)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    z ^= z >> np.uint64(31)
    return float(z >> np.uint64(11)) * 2.0**-52 - 1.0


@njit(cache=True, nogil=True)  # type: ignore[misc,unused-ignore]
def convert_plain(
    knots: Floats,
    cells: int,
    decimation: int,
    scale: float,
    memory: Any,  # noqa: ANN401 - a NamedTuple to Numba
    out: Floats,
    keep: float = 1.0,
    dither: float = 0.0,
    seed: int = 0,
    first_tick: int = 0,
) -> None:
    """The same as `convert`, step by step and lane by lane, with two imperfections.

    keep    what is left of an integrator's content after one step, 1 - 1/A for an amplifier with finite gain A
    dither  peak of the uniform dither at the quantiser, in references; drawn by seed, tick and step
    """
    ticks = out.shape[0]
    ones = _opened(memory, ticks)
    cubic = np.empty((4, LANES))
    steps = decimation // cells
    for k in range(ticks * cells):
        differences(knots, k + 1, 1.0 / steps, cubic)
        place = first_tick * decimation + k * steps
        row = ones[k // cells + 2]
        for c in range(out.shape[1]):
            v1, v2 = memory.integrators[0, c], memory.integrators[1, c]
            u, first, second = cubic[0, c], cubic[1, c], cubic[2, c]
            for step in range(steps):
                seen = v2
                if dither > 0.0:
                    seen += dither * _uniform(np.uint64(seed), np.uint64((place + step) * LANES + c))
                y = np.copysign(1.0, seen)
                v1, v2 = (v1 * keep + u) - 0.25 * y, (v2 * keep + v1) - 0.5 * y
                row[0, c] -= y < 0.0
                row[1, c] += row[0, c]
                row[2, c] += row[1, c]
                u += first
                first += second
                second += cubic[3, c]
            memory.integrators[0, c], memory.integrators[1, c] = v1, v2
    _join(ones, decimation, scale, out)
    memory.ones[:] = ones[ticks:]


@njit(cache=True, nogil=True)  # type: ignore[misc,unused-ignore]
def knots(codes: Floats, offset: Floats, headroom: float) -> Floats:
    """Scale waveforms (n, C) and offsets (C), full scale = 1, to what `convert` takes: (n, LANES), over 4 references.

    The amplifier in front of the modulator stops at LIMIT of full scale either way (between two knots at such a corner
    the cubic goes up to an eighth further: still inside the modulator's reference).
    """
    out = np.zeros((codes.shape[0], LANES))
    for n in range(codes.shape[0]):
        for c in range(codes.shape[1]):
            out[n, c] = min(max(codes[n, c] + offset[c], -LIMIT), LIMIT) * (0.25 / headroom)
    return out
