"""The types at the seams of the chain: a calibration, a chain ready to measure, a span of ticks, and the tick clock."""

from dataclasses import dataclass
from typing import Literal, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from ferraris.hardware.chain.specimen import Specimen
from ferraris.pins import TICKS_PER_SECOND

Floats: TypeAlias = NDArray[np.float64]
Fidelity: TypeAlias = Literal["phasor", "sampled"]

FEMTOSECONDS = 1_000_000_000_000_000
FEMTO_PER_NANO = 1_000_000


class Span(NamedTuple):
    """The ticks [first_tick, last_tick)."""

    first_tick: int
    last_tick: int


@dataclass(frozen=True, eq=False)
class Calibration:
    """What the production line writes into the metering front end; arrays of shape (..., C) or (..., E).

    per_code        (..., C) volts or amperes RMS per unit of code RMS
    delay_ticks     (..., C) delay that the metrology filter adds to the channel, ticks
    active_w        (..., E) offset subtracted from each element's active power, W
    reactive_var    (..., E) offset subtracted from each element's reactive power, var
    noise_square    (..., C) mean square of the channel's own noise in V^2 or A^2, taken off before the root
    """

    per_code: Floats
    delay_ticks: Floats
    active_w: Floats
    reactive_var: Floats
    noise_square: Floats


@dataclass(frozen=True, eq=False)
class Chain:
    """One calibrated meter (or a batch, phasor only) with everything `measure` needs.

    creep_w             an element below this power counts nothing, W (of sqrt(P^2 + Q^2))
    active_pulse_uwt    energy of one active pulse, uwt
    reactive_pulse_uwt  energy of one reactive pulse, uvar-tick
    seed                names the noise streams
    noise               False silences noise and nothing else
    """

    fidelity: Fidelity
    specimen: Specimen
    calibration: Calibration
    creep_w: float
    active_pulse_uwt: int
    reactive_pulse_uwt: int
    seed: int = 0
    noise: bool = True


def tick_period_fs(chain: Chain) -> int:
    """Length of one tick in true femtoseconds, from the nominal rate and this specimen's clock error."""
    ppm = float(np.asarray(chain.specimen.clock_ppm))
    return round(FEMTOSECONDS / TICKS_PER_SECOND / (1.0 + 1e-6 * ppm))


def tick_at(chain: Chain, t_ns: int) -> int:
    """Number of ticks sampled strictly before true time `t_ns`: the last_tick of a span that ends there."""
    return -(-t_ns * FEMTO_PER_NANO // tick_period_fs(chain))


def tick_ns(chain: Chain, tick: int) -> int:
    """True time of a tick, ns, rounded up to the next whole nanosecond."""
    return -(-tick * tick_period_fs(chain) // FEMTO_PER_NANO)
