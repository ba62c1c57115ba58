"""The closed form: what the chain measures from phasors, without a single sample.

For years, corners and Monte Carlo. Every array may carry a leading specimen axis. Clipping is not in this model: a
signal beyond full scale is for `sampled` (and for the headroom findings of the checklist).
"""

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from ferraris.hardware.chain import fir, operating, quadrants
from ferraris.hardware.chain.account import Amounts, account
from ferraris.hardware.chain.chain import Chain, Span, chip_c, per_code
from ferraris.hardware.chain.noise import gaussian_cells
from ferraris.hardware.chain.sensors import heat
from ferraris.hardware.chain.sensors.heat import COLD, Heat
from ferraris.hardware.world.mains import Environment, Mains, Recorded
from ferraris.pins import TICKS_PER_SECOND, Instant, Reading

Floats: TypeAlias = NDArray[np.float64]
Integers: TypeAlias = NDArray[np.int64]

CELL_TICKS = heat.CELL_TICKS
"""Noise of the power is drawn once per cell of this many ticks (10 s), so that cutting time does not change it; the
sensors' own heat is stepped on the same cells."""

MICRO = 1e6


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
    frequency = frequency[kept]
    fundamental = int(np.argmin(np.abs(frequency - mains.frequency_hz))) if frequency.size else 0
    return _Heard(frequency, point.codes[..., kept], fundamental)


def powers(chain: Chain, mains: Mains, environment: Environment, rise_k: tuple[float, ...] = ()) -> Powers:
    """Steady-state powers that this chain measures from this mains: shape (..., E), W, var, VA.

    P = sum over tones of Re(U I*), Q = Im(U1 I1*) of the fundamental, S = Urms Irms, each after the sensors, the
    converter, the metrology filter and the calibration constants. The definitions are those of IEEE 1459-2010
    (recalled). Sensors are as cold as the air, or `rise_k` (one per channel, K) above it.
    """
    specimen, constants = chain.specimen, chain.calibration
    heard = _heard(operating.point(specimen, mains, environment, rise_k), mains)
    taps = fir.taps_for(constants.delay_ticks, specimen.decimation)
    response = fir.response(taps, heard.frequency_hz)
    metered = heard.codes * response * per_code(chain, environment)[..., None]
    count = specimen.elements
    u, i = metered[..., :count, :], metered[..., count : 2 * count, :]
    noise = noise_square(chain) * np.sum(taps**2, axis=-1)
    rms = np.sqrt(np.maximum(np.sum(np.abs(metered) ** 2, axis=-1) + noise - constants.noise_square, 0.0))
    active = np.sum((u * np.conj(i)).real, axis=-1) - constants.active_w
    u1, i1 = _fundamentals(u, i, heard)
    return Powers(
        active_w=active,
        reactive_var=(u1 * np.conj(i1)).imag - constants.reactive_var,
        apparent_va=rms[..., :count] * rms[..., count : 2 * count],
        rms=rms,
        active_sigma_w=_active_sigma(chain, rms),
        voltage_deg=_angle(u1, u1[..., :1]),
        current_deg=_angle(i1, u1[..., :1]),
        frequency_hz=_frequency(chain, mains, rms[..., :count]),
    )


def _fundamentals(
    u: NDArray[np.complex128], i: NDArray[np.complex128], heard: _Heard
) -> tuple[NDArray[np.complex128], NDArray[np.complex128]]:
    if heard.frequency_hz.size == 0:
        nothing = np.zeros(u.shape[:-1], dtype=np.complex128)
        return nothing, nothing
    return u[..., heard.fundamental], i[..., heard.fundamental]


def _angle(phasor: NDArray[np.complex128], reference: NDArray[np.complex128]) -> Floats:
    return np.asarray(np.degrees(np.angle(phasor * np.conj(reference))))


def _frequency(chain: Chain, mains: Mains, voltages: Floats) -> float:
    """Frequency as the meter's own sample clock counts it; 0 without voltage."""
    if float(np.max(voltages)) < 1.0:
        return 0.0
    return float(mains.frequency_hz / (1.0 + 1e-6 * np.mean(chain.specimen.clock_ppm)))


def noise_square(chain: Chain) -> Floats:
    """Mean square noise of each channel in V^2 or A^2, one sample, before the metrology filter."""
    level = chain.specimen.noise if chain.noise else np.zeros_like(chain.specimen.noise)
    quantisation = 2.0 ** (1 - chain.specimen.bits) / np.sqrt(12.0)
    return np.asarray((level**2 + quantisation**2) * chain.calibration.per_code**2)


def _active_sigma(chain: Chain, rms: Floats) -> Floats:
    """Var(mean of u*i over N samples) = (U^2 var(i) + I^2 var(u)) / N for white noise and N much over one period."""
    if not chain.noise:
        return np.zeros((*rms.shape[:-1], chain.specimen.elements))
    count = chain.specimen.elements
    square = noise_square(chain)
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
    warm, after = heat.cut(chain.specimen, state.heat, operating.square_a2(mains, chain.specimen), *span)
    seen, cells = _cells(chain, mains, environment, warm)
    return _reading(chain, replace(state, heat=after), seen, environment, span, cells)


@lru_cache(maxsize=64)
def _cached_powers(chain: Chain, mains: Mains, environment: Environment, rise_k: tuple[float, ...]) -> Powers:
    return powers(chain, mains, environment, rise_k)


WARM_K = 10.0
"""Rise at which a warm meter is worked out; every rise between is a straight line, since its sensitivity is one."""


def _cells(
    chain: Chain, mains: Mains, environment: Environment, warm: tuple[heat.Piece, ...]
) -> tuple[Powers, tuple[Integers, Integers, Integers, Integers]]:
    """Signed integer energies per noise cell and element: power quantised once to uW, times ticks in the cell."""
    seen = _cached_powers(chain, mains, environment, ())
    first, last = (warm[0].first_tick, warm[-1].last_tick) if warm else (0, 0)
    bounds = np.arange(first // CELL_TICKS, -(-last // CELL_TICKS) + 1, dtype=np.int64) * CELL_TICKS
    ticks: Integers = np.diff(np.clip(bounds, first, last)).astype(np.int64)
    count = chain.specimen.elements
    noise = gaussian_cells(chain.seed, first // CELL_TICKS, -(-last // CELL_TICKS), count) * seen.active_sigma_w
    level = np.stack([seen.active_w, seen.reactive_var, seen.apparent_va])[:, None, :]
    if chain.specimen.heat_s.any() and warm:
        hot = _cached_powers(chain, mains, environment, (WARM_K,) * chain.specimen.channels)
        slope = (np.stack([hot.active_w, hot.reactive_var, hot.apparent_va])[:, None, :] - level) / WARM_K
        rise = np.array([piece.rise_k[count : 2 * count] for piece in warm])
        level = level + slope * rise
        seen = _warmed(seen, hot, rise[-1] / WARM_K, count)
    steady = (np.broadcast_to(part, noise.shape) for part in level[1:])
    parts = (level[0] + noise, *steady)
    active, reactive, apparent = (np.rint(part * MICRO).astype(np.int64) for part in parts)
    awake = np.hypot(active, reactive) >= chain.creep_w * MICRO
    active, reactive, apparent = (np.where(awake, power, 0) * ticks[:, None] for power in (active, reactive, apparent))
    return seen, (active, reactive, apparent, ticks)


def _warmed(cold: Powers, hot: Powers, share: Floats, count: int) -> Powers:
    """What the display shows between a cold and a hot meter; share (E,) of the way."""
    rms = cold.rms.copy()
    rms[count : 2 * count] += share * (hot.rms - cold.rms)[count : 2 * count]
    return cold._replace(
        active_w=cold.active_w + share * (hot.active_w - cold.active_w),
        reactive_var=cold.reactive_var + share * (hot.reactive_var - cold.reactive_var),
        apparent_va=cold.apparent_va + share * (hot.apparent_va - cold.apparent_va),
        rms=rms,
    )


def _reading(
    chain: Chain,
    state: PhasorState,
    seen: Powers,
    environment: Environment,
    span: Span,
    cells: tuple[Integers, Integers, Integers, Integers],
) -> tuple[PhasorState, Reading]:
    active, reactive, apparent, ticks = cells
    first = span.first_tick + np.cumsum(ticks) - ticks
    amounts = Amounts(first, ticks, active, reactive, apparent, _total_apparent(active, reactive, apparent, ticks))
    found = account(chain, state.active_carry, state.reactive_carry, amounts)
    reading = Reading(
        first_tick=span.first_tick,
        last_tick=span.last_tick,
        phases=found.phases,
        total=found.total,
        instant=instants(seen, chain.specimen.elements),
        neutral_a=float(seen.rms[-1]) if chain.specimen.neutral else None,
        frequency_hz=seen.frequency_hz,
        chip_c=float(chip_c(chain.specimen, environment)),
        active_pulses=found.active_edges,
        reactive_pulses=found.reactive_edges,
    )
    after = replace(state, tick=span.last_tick, active_carry=found.active_carry, reactive_carry=found.reactive_carry)
    return after, reading


def _total_apparent(active: Integers, reactive: Integers, apparent: Integers, ticks: Integers) -> Integers:
    """The total's apparent energy of cells (N, E), rounded per tick so that a cell cut in two gives the same sum."""
    each = np.maximum(ticks, 1)[:, None]
    return quadrants.total_apparent(active // each, reactive // each, apparent // each) * ticks


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
