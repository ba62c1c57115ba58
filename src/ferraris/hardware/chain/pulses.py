"""Pulse edges with sub-sample times.

A pulse output that followed instantaneous power would jitter by the power's double-frequency ripple (1.6 ms at
50 Hz), so the energy of each closed window is released evenly over as many ticks as the window lasted, and an edge
falls wherever the running sum passes a multiple of the pulse energy. Edges carry the time inside the window they came
from: against a real output they are early by one window (200 ms), a constant that cancels in every interval.
"""

from typing import TypeAlias

import numpy as np
from numba import njit
from numpy.typing import NDArray

Integers: TypeAlias = NDArray[np.int64]

Q16 = 65536


def edges(carry: int, energy: int, first_tick: int, ticks: int, pulse: int) -> tuple[int, tuple[int, ...]]:
    """Release `energy` (>= 0, uwt) evenly over `ticks` from `first_tick`; `carry` is what the last pulse left over.

    Returns the new carry, 0 <= carry < pulse, and the edge times in q16 ticks. All in integers, so that it does not
    matter how a long window is reported. Errors: asserts a positive pulse energy.
    """
    assert pulse > 0, "a pulse must stand for some energy"
    assert energy >= 0, "pulses count absolute energy"
    count, rest = divmod(carry + energy, pulse)
    if count == 0:
        return rest, ()
    start, length = first_tick * Q16, ticks * Q16
    return rest, tuple(start + (n * pulse - carry) * length // energy for n in range(1, count + 1))


def train(carry: int, energy: Integers, first: Integers, ticks: Integers, pulse: int) -> tuple[int, tuple[int, ...]]:
    """Edges of a row of windows: energy (W,) signed, first and ticks (W,); the output counts absolute energy.

    The same as `edges` window by window, in 64 bits. Errors: asserts that their sum and the lengths leave room for it.
    """
    assert pulse > 0, "a pulse must stand for some energy"
    amounts = np.abs(energy)
    count, rest = divmod(carry + int(amounts.sum()), pulse)
    if count == 0:
        return rest, ()
    found = np.empty(count, dtype=np.int64)
    _release(found, carry, amounts, first, ticks, pulse)
    return rest, tuple(found.tolist())


@njit(cache=True, nogil=True)  # type: ignore[misc,unused-ignore]
def _release(found: Integers, carry: int, amounts: Integers, first: Integers, ticks: Integers, pulse: int) -> None:
    """Fill `found` with the edges of all windows.

    A quotient in floating point is at most one off, since it is far below 2^51. Its remainder is then small, so it is
    right although the products it is made of may wrap.
    """
    at = 0
    level = pulse - carry
    for window in range(amounts.size):
        amount, start, length = int(amounts[window]), int(first[window]) * Q16, int(ticks[window]) * Q16
        while level <= amount:
            quotient = int(float(level) / float(amount) * float(length))
            rest = level * length - quotient * amount
            found[at] = start + quotient - (rest < 0) + (rest >= amount)
            at += 1
            level += pulse
        level -= amount
