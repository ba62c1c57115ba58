"""Pulse edges with sub-sample times.

A pulse output that followed instantaneous power would jitter by the power's double-frequency ripple (1.6 ms at
50 Hz), so the energy of each closed window is released evenly over as many ticks as the window lasted, and an edge
falls wherever the running sum passes a multiple of the pulse energy. Edges carry the time inside the window they came
from: against a real output they are early by one window (200 ms), a constant that cancels in every interval.
"""

from typing import TypeAlias

import numpy as np
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
    """Edges of a row of windows: energy (W,) signed, first and ticks (W,); the output counts absolute energy."""
    found: list[int] = []
    for amount, start, length in zip(energy.tolist(), first.tolist(), ticks.tolist(), strict=True):
        carry, edge_times = edges(carry, abs(amount), start, length, pulse)
        found.extend(edge_times)
    return carry, tuple(found)
