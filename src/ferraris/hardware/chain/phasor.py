"""The closed form: what the chain measures from phasors, without a single sample.

For years, corners and Monte Carlo. Every array may carry a leading specimen axis. Clipping is not in this model: a
signal beyond full scale is for `sampled` (and for the headroom findings of the checklist).
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from ferraris.hardware.chain import cells, fir, operating
from ferraris.hardware.chain.account import account
from ferraris.hardware.chain.cells import Levels
from ferraris.hardware.chain.chain import Chain, Span, chip_c, per_code
from ferraris.hardware.chain.sensors import heat
from ferraris.hardware.chain.sensors.heat import COLD, Heat
from ferraris.hardware.chain.transfer import is_small
from ferraris.hardware.world.mains import Environment, Mains, Recorded
from ferraris.pins import TICKS_PER_SECOND, Instant, Reading

Floats: TypeAlias = NDArray[np.float64]
Integers: TypeAlias = NDArray[np.int64]
Complexes: TypeAlias = NDArray[np.complex128]

CELL_TICKS = heat.CELL_TICKS
"""Noise of the power is drawn once per cell of this many ticks (10 s), so that cutting time does not change it; the
sensors' own heat is stepped on the same cells."""


class Powers(NamedTuple):
    """What a chain measures in the steady state; (..., E) per element, (..., C) per channel.

    active_w, reactive_var, apparent_va   per element; reactive from the fundamental alone
    rms                                   per channel, V or A
    active_sigma_w                        standard deviation of active power averaged over one noise cell
    voltage_deg, current_deg              angles of the fundamental against the first voltage
    """

    active_w: Floats
    reactive_var: Floats
    apparent_va: Floats
    rms: Floats
    active_sigma_w: Floats
    voltage_deg: Floats
    current_deg: Floats
    frequency_hz: float


class _Heard(NamedTuple):
    frequency_hz: Floats
    codes: NDArray[np.complex128]
    fundamental: int


def _heard(point: operating.Point, mains: Mains) -> _Heard:
    """The AC tones below the converter's Nyquist rate; DC is left out, since the metrology removes it."""
    frequency = point.frequency_hz
    kept = frequency > 0.0
    if isinstance(mains, Recorded):
        kept &= frequency < TICKS_PER_SECOND / 2
    codes = point.codes
    if not kept.all():
        frequency, codes = frequency[kept], codes[..., kept]
    fundamental = int(np.argmin(np.abs(frequency - mains.frequency_hz))) if frequency.size else 0
    return _Heard(frequency, codes, fundamental)


def powers(chain: Chain, mains: Mains, environment: Environment, rise_k: operating.Rise = ()) -> Powers:
    """Steady-state powers that this chain measures from this mains: shape (..., E), W, var, VA.

    P = sum over tones of Re(U I*), Q = Im(U1 I1*) of the fundamental, S = Urms Irms, each after the sensors, the
    converter, the metrology filter and the calibration constants. The definitions are those of IEEE 1459-2010
    (recalled). Sensors are as cold as the air, or `rise_k` (one per channel, K) above it; several such rises are a
    batch.
    """
    specimen, constants = chain.specimen, chain.calibration
    heard = _heard(operating.point(specimen, mains, environment, rise_k), mains)
    response, passed = _filter(chain, heard.frequency_hz)
    metered = heard.codes * response * per_code(chain, environment)[..., None]
    count = specimen.elements
    u, i = metered[..., :count, :], metered[..., count : 2 * count, :]
    square = noise_square(chain)
    noise = square * passed
    rms = np.sqrt(np.maximum((np.abs(metered) ** 2).sum(axis=-1) + noise - constants.noise_square, 0.0))
    active = (u * i.conj()).real.sum(axis=-1) - constants.active_w
    u1, i1 = _fundamentals(u, i, heard)
    return Powers(
        active_w=active,
        reactive_var=(u1 * i1.conj()).imag - constants.reactive_var,
        apparent_va=rms[..., :count] * rms[..., count : 2 * count],
        rms=rms,
        active_sigma_w=_active_sigma(chain, rms, square),
        voltage_deg=_angle(u1, u1[..., :1]),
        current_deg=_angle(i1, u1[..., :1]),
        frequency_hz=_frequency(chain, mains, rms[..., :count]),
    )


class _Filter(NamedTuple):
    """Response of the metrology filter (..., C, F), and what it leaves of the square of white noise (..., C)."""

    response: Complexes
    passed: Floats


def _filter(chain: Chain, frequency_hz: Floats) -> _Filter:
    if is_small(chain.specimen, frequency_hz):
        return _kept_filter(chain, frequency_hz.tobytes())
    taps = fir.taps_for(chain.calibration.delay_ticks, chain.specimen.decimation)
    return _Filter(fir.response(taps, frequency_hz), np.sum(taps**2, axis=-1))


@lru_cache(maxsize=16)
def _kept_filter(chain: Chain, frequencies: bytes) -> _Filter:
    taps = fir.taps_for(chain.calibration.delay_ticks, chain.specimen.decimation)
    return _Filter(fir.response(taps, np.frombuffer(frequencies)), np.sum(taps**2, axis=-1))


def _fundamentals(
    u: NDArray[np.complex128], i: NDArray[np.complex128], heard: _Heard
) -> tuple[NDArray[np.complex128], NDArray[np.complex128]]:
    if heard.frequency_hz.size == 0:
        nothing = np.zeros(u.shape[:-1], dtype=np.complex128)
        return nothing, nothing
    return u[..., heard.fundamental], i[..., heard.fundamental]


def _angle(phasor: NDArray[np.complex128], reference: NDArray[np.complex128]) -> Floats:
    return np.asarray(np.degrees(np.angle(phasor * reference.conj())))


def _frequency(chain: Chain, mains: Mains, voltages: Floats) -> float:
    """Frequency as the meter's own sample clock counts it; 0 without voltage."""
    if voltages.max() < 1.0:
        return 0.0
    return float(mains.frequency_hz / (1.0 + 1e-6 * chain.specimen.clock_ppm.mean()))


def noise_square(chain: Chain) -> Floats:
    """Mean square noise of each channel in V^2 or A^2, one sample, before the metrology filter."""
    level = chain.specimen.noise if chain.noise else np.zeros_like(chain.specimen.noise)
    quantisation = 2.0 ** (1 - chain.specimen.bits) / np.sqrt(12.0)
    return np.asarray((level**2 + quantisation**2) * chain.calibration.per_code**2)


def _active_sigma(chain: Chain, rms: Floats, square: Floats) -> Floats:
    """Var(mean of u*i over N samples) = (U^2 var(i) + I^2 var(u)) / N for white noise and N much over one period."""
    if not chain.noise:
        return np.zeros((*rms.shape[:-1], chain.specimen.elements))
    count = chain.specimen.elements
    u, i = rms[..., :count], rms[..., count : 2 * count]
    variance = u**2 * square[..., count : 2 * count] + i**2 * square[..., :count]
    return np.asarray(np.sqrt(variance / CELL_TICKS))


@dataclass(frozen=True)
class PhasorState:
    """What the phasor fidelity carries from span to span: where it is, what the last pulses left over, how warm."""

    tick: int = 0
    active_carry: int = 0
    reactive_carry: int = 0
    heat: Heat = COLD


def start(chain: Chain, tick: int = 0) -> PhasorState:
    """State at power-on, at an absolute tick."""
    return PhasorState(tick, heat=heat.fresh(chain.specimen))


def measure(
    chain: Chain, state: PhasorState, mains: Mains, environment: Environment, span: Span
) -> tuple[PhasorState, Reading]:
    """One span of a single specimen at constant mains; energies are exact integers, power times ticks."""
    assert state.tick == span.first_tick, "spans follow each other without gap or overlap"
    assert chain.specimen.batch == (), "a batch has no single reading: use powers()"
    steady = _steady(chain, mains, environment)
    warm = heat.course(chain.specimen, state.heat, steady.heats, *span)
    return _reading(chain, state, steady, warm, span)


WARM_K = 10.0
"""Rise at which a warm meter is worked out; every rise between is a straight line, since its sensitivity is one."""


class _Steady(NamedTuple):
    """What stands as long as the mains and the environment do.

    heats  (C,) what heats the sensors, as `heat.squares_of` has it
    cold   per element, what the display shows of a cold meter
    hot    at `WARM_K`
    """

    levels: Levels
    heats: Integers
    cold: tuple[Instant, ...]
    hot: tuple[Instant, ...]
    neutral_a: float | None
    frequency_hz: float
    chip_c: float


@lru_cache(maxsize=256)
def _steady(chain: Chain, mains: Mains, environment: Environment) -> _Steady:
    specimen = chain.specimen
    if specimen.heat_s.any():
        both = powers(chain, mains, environment, ((0.0,) * specimen.channels, (WARM_K,) * specimen.channels))
        cold, hot = (_one_of(both, place) for place in range(2))
    else:
        cold = hot = powers(chain, mains, environment)
    level, warm = (np.array([each.active_w, each.reactive_var, each.apparent_va]) for each in (cold, hot))
    return _Steady(
        levels=Levels(level, (warm - level) / WARM_K, cold.active_sigma_w),
        heats=heat.squares_of(operating.square_a2(mains, specimen)),
        cold=instants(cold, specimen.elements),
        hot=instants(hot, specimen.elements),
        neutral_a=float(cold.rms[-1]) if specimen.neutral else None,
        frequency_hz=cold.frequency_hz,
        chip_c=float(chip_c(specimen, environment)),
    )


def _one_of(batch: Powers, place: int) -> Powers:
    *arrays, frequency_hz = batch
    return Powers._make((*(array[place] for array in arrays), frequency_hz))


def _shown(cold: Instant, hot: Instant, share: float) -> Instant:
    """What the display shows between a cold and a hot meter, `share` of the way."""
    return cold._replace(
        current_a=cold.current_a + share * (hot.current_a - cold.current_a),
        active_w=cold.active_w + share * (hot.active_w - cold.active_w),
        reactive_var=cold.reactive_var + share * (hot.reactive_var - cold.reactive_var),
        apparent_va=cold.apparent_va + share * (hot.apparent_va - cold.apparent_va),
    )


def _reading(
    chain: Chain, state: PhasorState, steady: _Steady, warm: heat.Course, span: Span
) -> tuple[PhasorState, Reading]:
    amounts = cells.quantised(chain, steady.levels, warm.rise_k, span)
    found = account(chain, state.active_carry, state.reactive_carry, amounts)
    count = chain.specimen.elements
    shares = [rise / WARM_K for rise in warm.rise_k[-1, count : 2 * count].tolist()] if warm.rise_k.size else ()
    instant = tuple(map(_shown, steady.cold, steady.hot, shares)) if shares else steady.cold
    reading = Reading(
        first_tick=span.first_tick,
        last_tick=span.last_tick,
        phases=found.phases,
        total=found.total,
        instant=instant,
        neutral_a=steady.neutral_a,
        frequency_hz=steady.frequency_hz,
        chip_c=steady.chip_c,
        active_pulses=found.active_edges,
        reactive_pulses=found.reactive_edges,
    )
    return PhasorState(span.last_tick, found.active_carry, found.reactive_carry, warm.after), reading


def instants(seen: Powers, elements: int) -> tuple[Instant, ...]:
    """The display values of one specimen, element by element."""
    return tuple(
        Instant(
            voltage_v=float(seen.rms[e]),
            current_a=float(seen.rms[elements + e]),
            active_w=float(seen.active_w[e]),
            reactive_var=float(seen.reactive_var[e]),
            apparent_va=float(seen.apparent_va[e]),
            voltage_deg=float(seen.voltage_deg[e]),
            current_deg=float(seen.current_deg[e]),
        )
        for e in range(elements)
    )
