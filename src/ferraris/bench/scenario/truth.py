"""What really flowed: the energy at the meter's terminals, from the world alone.

P = sum over phases and orders of Re(U * conj(I)) with RMS phasors; it is constant between two changes of the world, so
its integral is a sum of products. The signs of the phases are netted vectorially, as a total is.
"""

from typing import NamedTuple

import numpy as np

from ferraris.hardware.world.mains import Steady
from ferraris.hardware.world.world import World, at


class Flowed(NamedTuple):
    """True active energy since the start, J."""

    imported_j: float = 0.0
    exported_j: float = 0.0


def power_w(world: World, t_ns: int) -> float:
    """The true active power of all phases at a moment, W; positive is import. The world must be one of tones."""
    mains = at(world, t_ns).mains
    assert isinstance(mains, Steady), "a scenario's world is made of tones"
    return float(np.sum(np.real(mains.voltage_v * np.conj(mains.current_a))))


def flow(so_far: Flowed, world: World, first_ns: int, last_ns: int) -> Flowed:
    """Add what flows from first_ns to last_ns while nothing is done to the world."""
    imported_j, exported_j = so_far
    now_ns = first_ns
    while now_ns < last_ns:
        until_ns = min(at(world, now_ns).until_ns, last_ns)
        energy_j = power_w(world, now_ns) * (until_ns - now_ns) * 1e-9
        imported_j, exported_j = imported_j + max(energy_j, 0.0), exported_j + max(-energy_j, 0.0)
        now_ns = until_ns
    return Flowed(imported_j, exported_j)
