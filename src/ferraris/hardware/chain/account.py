"""From the signed energies of windows or cells to what a `Reading` carries: quadrants, both totals, pulse edges.

Every fidelity ends here, so that the same energies are sorted, netted and pulsed in the same way however they were
found.
"""

from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from ferraris.hardware.chain import pulses, quadrants
from ferraris.hardware.chain.chain import Chain
from ferraris.pins import Energies

Integers: TypeAlias = NDArray[np.int64]


class Amounts(NamedTuple):
    """Energies of W windows (or cells) that follow each other, as integers.

    first, ticks               (W,) where each begins, and how long it is
    active, reactive, apparent (W, E) signed uwt, signed uvar-tick, uVA-tick
    total_apparent             (W,) uVA-tick of the vector total
    """

    first: Integers
    ticks: Integers
    active: Integers
    reactive: Integers
    apparent: Integers
    total_apparent: Integers


class Accounted(NamedTuple):
    """What a reading says of them, and what the last pulses left over."""

    phases: tuple[Energies, ...]
    total: Energies
    active_carry: int
    active_edges: tuple[int, ...]
    reactive_carry: int
    reactive_edges: tuple[int, ...]


def account(chain: Chain, active_carry: int, reactive_carry: int, amounts: Amounts) -> Accounted:
    """Sort, net and pulse; the carries are those of the span before."""
    first, ticks, active, reactive, apparent, total_apparent = amounts
    signed_p, signed_q = active.sum(axis=1), reactive.sum(axis=1)
    phases = quadrants.sums(active, reactive, apparent)
    total = quadrants.sums(signed_p[:, None], signed_q[:, None], total_apparent[:, None])
    return Accounted(
        tuple(Energies(*row) for row in phases.tolist()),
        Energies(*total[0].tolist()),
        *pulses.train(active_carry, signed_p, first, ticks, chain.active_pulse_uwt),
        *pulses.train(reactive_carry, signed_q, first, ticks, chain.reactive_pulse_uwt),
    )
