"""Sort the integer energies of measuring windows into import, export and quadrants; shared by all fidelities.

The sign is decided once per window (about 200 ms), element by element for the phases and on the signed sum for the
total. Both nettings are kept because they bill differently: with a one-phase generator the sum of imports is not the
import of the sum, and neither can be recovered from the other afterwards.
"""

from collections.abc import Sequence
from typing import TypeAlias

import numpy as np
from numba import njit
from numpy.typing import NDArray

from ferraris.pins import Energies

Integers: TypeAlias = NDArray[np.int64]


def sort(active: Integers, reactive: Integers, apparent: Integers) -> Integers:
    """Rows of `Energies` for signed window energies.

    active, reactive (...) signed uwt and uvar-tick, apparent (...) non-negative uVA-tick; result (8, ...), all >= 0.
    Apparent energy follows the direction of active power. Zero active power counts as import.
    """
    imported = active >= 0
    inductive = reactive >= 0
    size = np.abs(reactive)
    nought = np.zeros_like(active)
    return np.stack(
        [
            np.where(imported, active, nought),
            np.where(imported, nought, -active),
            np.where(imported & inductive, size, nought),
            np.where(~imported & inductive, size, nought),
            np.where(~imported & ~inductive, size, nought),
            np.where(imported & ~inductive, size, nought),
            np.where(imported, apparent, nought),
            np.where(imported, nought, apparent),
        ]
    )


@njit(cache=True, nogil=True)  # type: ignore[misc,unused-ignore]
def sums(active: Integers, reactive: Integers, apparent: Integers) -> Integers:
    """Sums over the windows of what `sort` makes of (W, E) energies, (E, 8): compiled, a year has millions of them."""
    windows, elements = active.shape
    found = np.zeros((elements, 8), dtype=np.int64)
    for window in range(windows):
        for element in range(elements):
            p, q = active[window, element], reactive[window, element]
            exported = 0 if p >= 0 else 1
            quadrant = 2 + exported if q >= 0 else 5 - exported
            found[element, exported] += abs(p)
            found[element, quadrant] += abs(q)
            found[element, 6 + exported] += apparent[window, element]
    return found


def vector_apparent(active: Integers, reactive: Integers) -> Integers:
    """Apparent energy of the vector total, S = sqrt(P^2 + Q1^2), as an integer."""
    return np.asarray(np.rint(np.hypot(active.astype(np.float64), reactive.astype(np.float64))), dtype=np.int64)


def total_apparent(active: Integers, reactive: Integers, apparent: Integers) -> Integers:
    """Apparent energy of the vector total of windows (W, E), as (W,): of one element U * I, its own; of several vector.

    One element alone has nothing to net, so its meter must not show two apparent energies (decision 4).
    """
    if apparent.shape[1] == 1:
        return apparent[:, 0]
    return vector_apparent(active.sum(axis=1), reactive.sum(axis=1))


def energies(row: Sequence[int] | Integers) -> Energies:
    """An `Energies` of Python integers from eight numbers."""
    return Energies(*(int(value) for value in row))
