"""What the meter shows of the moment: powers, voltages, currents, as whole numbers of a scaler's steps.

Signs. Power is positive at import. The code of an import shows the import alone and that of an export the export alone,
netted over the phases in the way in which this meter bills. The power factor is P/S, negative at export, and 1 without
load.
"""

from collections.abc import Sequence
from fractions import Fraction
from math import hypot
from typing import NamedTuple

from ferraris.firmware.meter.config import Netting
from ferraris.pins import Instant


class Powers(NamedTuple):
    """The powers of one phase, or of all phases netted: W, var and VA, every one of them >= 0."""

    active_import: float
    active_export: float
    reactive_import: float
    reactive_export: float
    apparent_import: float
    apparent_export: float


def of_phase(instant: Instant) -> Powers:
    """The powers of one phase; S is the product of RMS voltage and RMS current."""
    return _powers(instant.active_w, instant.reactive_var, instant.apparent_va)


def of_all(phases: Sequence[Instant], netting: Netting) -> Powers:
    """The powers of the whole meter, netted as asked.

    Vector: the signed sums, and S = sqrt(P^2 + Q^2) of them. Per phase: the sums of the phases' imports and exports.
    A single phase has nothing to net: its total is its own, U * I included (docs/decisions/0004-netting.md).
    """
    if len(phases) == 1:
        return of_phase(phases[0])
    if netting == "vector":
        active, reactive = signed(phases)
        return _powers(active, reactive, hypot(active, reactive))
    return Powers(*map(sum, zip(*map(of_phase, phases), strict=True)))


def signed(phases: Sequence[Instant]) -> tuple[float, float]:
    """The signed sums of P, W, and Q, var."""
    return sum(phase.active_w for phase in phases), sum(phase.reactive_var for phase in phases)


def _powers(active_w: float, reactive_var: float, apparent_va: float) -> Powers:
    imports = active_w >= 0.0
    return Powers(
        active_import=max(active_w, 0.0),
        active_export=max(-active_w, 0.0),
        reactive_import=max(reactive_var, 0.0),
        reactive_export=max(-reactive_var, 0.0),
        apparent_import=apparent_va if imports else 0.0,
        apparent_export=0.0 if imports else apparent_va,
    )


def power_factor(active_w: float, apparent_va: float) -> float:
    """P/S in [-1, 1]; 1 where there is no load to have one."""
    return max(-1.0, min(1.0, active_w / apparent_va)) if apparent_va > 0.0 else 1.0


def steps(value: float, ratio: Fraction, scaler: int) -> int:
    """A quantity at the terminals as whole steps of 10^scaler on the side that `ratio` leads to, rounded to nearest."""
    return round(value * float(ratio) * 10.0**-scaler)
