"""The sampled fidelity: converter codes at 8 kS/s through the metrology kernel, for live meters and type tests."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from ferraris.hardware.chain import fir, kernel, operating, quadrants, synthesis
from ferraris.hardware.chain.account import Amounts, account
from ferraris.hardware.chain.chain import Chain, Span, chip_c, per_code
from ferraris.hardware.chain.sensors import heat
from ferraris.hardware.chain.sensors.heat import COLD, Heat
from ferraris.hardware.world.mains import Environment, Mains
from ferraris.pins import Instant, Reading

Floats: TypeAlias = NDArray[np.float64]
Integers: TypeAlias = NDArray[np.int64]

MICRO = 1e6


@dataclass(frozen=True, eq=False)
class SampledState:
    """What the sampled fidelity carries from span to span."""

    carry: kernel.Carry
    tick: int = 0
    active_carry: int = 0
    reactive_carry: int = 0
    instant: tuple[Instant, ...] = ()
    neutral_a: float | None = None
    frequency_hz: float = 0.0
    heat: Heat = COLD


class Windows(NamedTuple):
    """Closed measuring windows, W of them: signed integer energies (W, E) and display values."""

    first: Integers
    ticks: Integers
    active: Integers
    reactive: Integers
    apparent: Integers
    rms: Floats
    fundamental: NDArray[np.complex128]
    frequency_hz: Floats


def start(chain: Chain, tick: int = 0) -> SampledState:
    """State at power-on, at an absolute tick."""
    specimen = chain.specimen
    return SampledState(
        carry=kernel.fresh(specimen.channels, specimen.elements, tick),
        tick=tick,
        heat=heat.fresh(specimen),
    )


def measure(
    chain: Chain, state: SampledState, mains: Mains, environment: Environment, span: Span
) -> tuple[SampledState, Reading]:
    """One span of a single specimen at constant mains."""
    after, found = codes(chain, state, mains, environment, span)
    return meter(chain, after, found, environment, span)


def codes(
    chain: Chain, state: SampledState, mains: Mains, environment: Environment, span: Span
) -> tuple[SampledState, Iterable[Floats]]:
    """Converter codes of a span, piece by piece, each (ticks, C), and the state with the sensors' heat after it."""
    warm, after = heat.cut(chain.specimen, state.heat, operating.square_a2(mains, chain.specimen), *span)
    found = (
        _codes(chain, mains, environment, *piece, rise_k)
        for first, last, rise_k in warm
        for piece in pieces(Span(first, last), synthesis.BLOCK_TICKS)
    )
    return replace(state, heat=after), found


def meter(
    chain: Chain, state: SampledState, codes: Iterable[Floats], environment: Environment, span: Span
) -> tuple[SampledState, Reading]:
    """Run the converter's codes of one span, piece by piece, each (ticks, C), through the metrology."""
    assert state.tick == span.first_tick, "spans follow each other without gap or overlap"
    assert chain.specimen.batch == (), "a batch is for the phasor fidelity"
    carry = kernel.copy(state.carry)
    kernel_taps, tick, found = taps(chain, environment), span.first_tick, []
    for piece in codes:
        if (windows := _run(chain, carry, kernel_taps, piece, tick)) is not None:
            found.append(windows)
        tick += len(piece)
    assert tick == span.last_tick, "codes for every tick of the span"
    return _reading(chain, replace(state, carry=carry, tick=span.last_tick), found, environment, span)


def pieces(span: Span, size: int) -> list[tuple[int, int]]:
    """The span cut at the multiples of `size`."""
    inner = range((span.first_tick // size + 1) * size, span.last_tick, size)
    bounds = [span.first_tick, *inner, span.last_tick]
    return [(a, b) for a, b in pairwise(bounds) if b > a]


def _codes(
    chain: Chain, mains: Mains, environment: Environment, first: int, last: int, rise_k: tuple[float, ...]
) -> Floats:
    index = first // synthesis.BLOCK_TICKS
    whole = synthesis.block(chain, mains, environment, index, rise_k)
    return whole[first - index * synthesis.BLOCK_TICKS : last - index * synthesis.BLOCK_TICKS]


def taps(chain: Chain, environment: Environment) -> Floats:
    """Filter taps times volts or amperes per code, (TAPS, C)."""
    unscaled = fir.taps_for(chain.calibration.delay_ticks, chain.specimen.decimation)
    return np.ascontiguousarray((unscaled * per_code(chain, environment)[:, None]).T)


def _run(chain: Chain, carry: kernel.Carry, taps: Floats, codes: Floats, first: int) -> Windows | None:
    specimen = chain.specimen
    frames = np.concatenate([carry.frames, codes])
    room = kernel.rows(len(codes))
    table = np.zeros((room, kernel.COLUMNS + 5 * specimen.channels))
    energies = np.zeros((room, specimen.elements), np.int64)
    closed = kernel.meter(frames, taps, first, carry, specimen.elements, table, energies)
    return evaluate(chain, table[:closed], energies[:closed]) if closed else None


def evaluate(chain: Chain, table: Floats, energies: Integers) -> Windows:
    """Turn the kernel's window sums into powers and integer energies.

    A product of two channels carries the product of their DC parts; it is removed here with the window's own means,
    which is exact, needs no settling and does not touch the power at any line frequency.
    """
    specimen, constants = chain.specimen, chain.calibration
    count, channels = specimen.elements, specimen.channels
    length = (table[:, kernel.CLOSED] - table[:, kernel.OPENED])[:, None]
    ticks = (table[:, kernel.LAST] - table[:, kernel.FIRST]).astype(np.int64)
    sums = table[:, kernel.COLUMNS :].reshape(-1, 5, channels)
    mean = sums[:, 0] / length
    square = np.maximum(sums[:, 1] / length - mean**2 - constants.noise_square, 0.0)
    tuned = (table[:, kernel.TUNED] > 0.0)[:, None]
    fundamental = np.where(tuned, np.sqrt(2.0) / length * (sums[:, 2] - 1j * sums[:, 3]), 0.0)
    reactive_var = (fundamental[:, :count] * np.conj(fundamental[:, count : 2 * count])).imag
    active = energies + _without_dc(mean, sums[:, 4], ticks, count) - _micro(constants.active_w) * ticks[:, None]
    reactive = (_micro(reactive_var - constants.reactive_var) * ticks[:, None]) * tuned
    rms = np.sqrt(square)
    apparent = _micro(rms[:, :count] * rms[:, count : 2 * count]) * ticks[:, None]
    awake = np.hypot(active, reactive) >= chain.creep_w * MICRO * ticks[:, None]
    return Windows(
        first=table[:, kernel.FIRST].astype(np.int64),
        ticks=ticks,
        active=np.where(awake, active, 0),
        reactive=np.where(awake, reactive, 0),
        apparent=np.where(awake, apparent, 0),
        rms=rms,
        fundamental=fundamental,
        frequency_hz=table[:, kernel.HERTZ],
    )


def _micro(value: Floats) -> Integers:
    return np.rint(value * MICRO).astype(np.int64)


def _without_dc(mean: Floats, whole: Floats, ticks: Integers, count: int) -> Integers:
    """Sum of (u - mean u)(i - mean i) minus sum of u i, over the whole ticks of a window."""
    u, i = mean[:, :count], mean[:, count : 2 * count]
    return _micro(ticks[:, None] * u * i - u * whole[:, count : 2 * count] - i * whole[:, :count])


def _reading(
    chain: Chain, state: SampledState, found: list[Windows], environment: Environment, span: Span
) -> tuple[SampledState, Reading]:
    windows = Windows(*(np.concatenate(columns) for columns in zip(*found, strict=True))) if found else None
    if windows is not None:
        state = _shown(chain, state, windows)
    accounted = account(chain, state.active_carry, state.reactive_carry, _amounts(chain, windows))
    reading = Reading(
        first_tick=span.first_tick,
        last_tick=span.last_tick,
        phases=accounted.phases,
        total=accounted.total,
        instant=state.instant,
        neutral_a=state.neutral_a,
        frequency_hz=state.frequency_hz,
        chip_c=float(chip_c(chain.specimen, environment)),
        active_pulses=accounted.active_edges,
        reactive_pulses=accounted.reactive_edges,
    )
    carried = replace(state, active_carry=accounted.active_carry, reactive_carry=accounted.reactive_carry)
    return carried, reading


def _amounts(chain: Chain, windows: Windows | None) -> Amounts:
    """The energies of the closed windows; none where none closed."""
    if windows is None:
        nothing = np.zeros((0, chain.specimen.elements), np.int64)
        return Amounts(nothing[:, 0], nothing[:, 0], nothing, nothing, nothing, nothing[:, 0])
    active, reactive, apparent = windows.active, windows.reactive, windows.apparent
    total = quadrants.total_apparent(active, reactive, apparent)
    return Amounts(windows.first, windows.ticks, active, reactive, apparent, total)


def _shown(chain: Chain, state: SampledState, windows: Windows) -> SampledState:
    """The state with the display values of the last closed window."""
    count = chain.specimen.elements
    seconds = float(windows.ticks[-1]) * MICRO
    phasors, rms = windows.fundamental[-1], windows.rms[-1]
    angle = np.degrees(np.angle(phasors * np.conj(phasors[0])))
    instant = tuple(
        Instant(
            voltage_v=float(rms[e]),
            current_a=float(rms[count + e]),
            active_w=float(windows.active[-1, e]) / seconds,
            reactive_var=float(windows.reactive[-1, e]) / seconds,
            apparent_va=float(rms[e] * rms[count + e]),
            voltage_deg=float(angle[e]),
            current_deg=float(angle[count + e]),
        )
        for e in range(count)
    )
    neutral = float(rms[-1]) if chain.specimen.neutral else None
    return replace(state, instant=instant, neutral_a=neutral, frequency_hz=float(windows.frequency_hz[-1]))
