"""The types at the seams of the chain: a calibration, a chain ready to measure, a span of ticks, and the tick clock."""

from dataclasses import dataclass, field
from typing import Literal, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from ferraris.hardware.chain.specimen import REFERENCE_C, Specimen
from ferraris.hardware.world.mains import Environment
from ferraris.pins import TICKS_PER_SECOND

Floats: TypeAlias = NDArray[np.float64]
Fidelity: TypeAlias = Literal["phasor", "sampled", "bitstream"]

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
    drift_per_k     (..., C) change of codes per kelvin of the chip's own thermometer, divided out again
    chip_c          (...) what that thermometer showed when the gain was set, degC
    """

    per_code: Floats
    delay_ticks: Floats
    active_w: Floats
    reactive_var: Floats
    noise_square: Floats
    drift_per_k: Floats = field(default_factory=lambda: np.zeros(()))
    chip_c: Floats = field(default_factory=lambda: np.array(REFERENCE_C))


class Modulator(NamedTuple):
    """Design of the delta-sigma modulators, for the bitstream fidelity alone.

    headroom  the modulator's reference over the converter's full scale: a second-order loop overloads near its own
              reference. 0.8 of it is what isolated modulators state as their linear range (AD7403: 250 of 320 mV,
              recalled); the amplifier in front stops at `modulator.LIMIT` of full scale, so the loop never overloads
    gain      of the integrators' amplifiers at DC; inf forgets nothing
    dither    peak of the uniform dither at the quantiser over the reference
    """

    headroom: float = 1.25
    gain: float = float("inf")
    dither: float = 0.0


@dataclass(frozen=True, eq=False)
class Chain:
    """One calibrated meter (or a batch, phasor only) with everything `measure` needs.

    creep_w             an element below this power counts nothing, W (of sqrt(P^2 + Q^2))
    active_pulse_uwt    energy of one active pulse, uwt
    reactive_pulse_uwt  energy of one reactive pulse, uvar-tick
    seed                names the noise streams
    noise               False silences noise and nothing else
    modulator           what the bitstream fidelity converts with
    """

    fidelity: Fidelity
    specimen: Specimen
    calibration: Calibration
    creep_w: float
    active_pulse_uwt: int
    reactive_pulse_uwt: int
    seed: int = 0
    noise: bool = True
    modulator: Modulator = field(default_factory=Modulator)


def chip_c(specimen: Specimen, environment: Environment) -> Floats:
    """What the chip's own thermometer shows, degC: the air's temperature with an offset and an error of its degree."""
    over = environment.air_c - REFERENCE_C
    return np.asarray(REFERENCE_C + specimen.chip_offset_k + over * (1.0 + specimen.chip_gain))


def per_code(chain: Chain, environment: Environment) -> Floats:
    """Volts or amperes per code, (..., C), as the firmware corrects them for temperature."""
    constants = chain.calibration
    if not constants.drift_per_k.any():
        return constants.per_code
    kelvin = chip_c(chain.specimen, environment) - constants.chip_c
    return np.asarray(constants.per_code / (1.0 + constants.drift_per_k * kelvin[..., None]))


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
