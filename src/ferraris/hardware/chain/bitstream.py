"""The bitstream fidelity: every bit of the delta-sigma modulators, then the metrology of `sampled`.

The terminal signals through sensors and filter, without the decimator's droop, are worked out on knots some tens of
kilohertz apart, on an absolute grid; a cubic through them gives the modulators' input at each step (a straight line
would lose 0.013 % at 8 kS/s: never a straight line). The real decimator makes the droop. White noise of the data sheet,
which holds that of the modulator, is added to the codes: it is the same as in `sampled` for the same seed.

A code belongs to the tick in the middle of the decimator's window, as in `sampled`, so a change of the mains shows up
to a tick and a half early.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from ferraris.hardware.chain import modulator, operating, sampled, synthesis
from ferraris.hardware.chain.chain import Chain, Span, tick_period_fs
from ferraris.hardware.chain.lanes import LANES
from ferraris.hardware.chain.noise import block_noise
from ferraris.hardware.chain.sensors import heat
from ferraris.hardware.world.mains import Environment, Mains, Steady
from ferraris.pins import TICKS_PER_SECOND, Reading

Floats: TypeAlias = NDArray[np.float64]

PAGE_TICKS = 500
"""Knots are worked out for so many ticks at once; a whole number of pages makes a noise block."""

FEWEST_CELLS = 8
"""Knots per tick, at least: 64 kHz."""

KNOTS_PER_CYCLE = 32
"""Of the fastest tone: the cubic is then within 3.4e-5 of its amplitude, and within 1e-11 of a 50 Hz fundamental's."""

FASTEST_RECORDED_HZ = 8000.0
"""A recording's own spectrum is taken to be negligible above this when knots are chosen."""

DELAY_STEPS = 2.0
"""Delay of the modulator's own loop, steps (its first integrator follows the input with a time constant of two)."""


@dataclass(frozen=True, eq=False)
class BitstreamState:
    """What the bitstream fidelity carries from span to span."""

    metered: sampled.SampledState
    converter: modulator.Memory


def start(chain: Chain, tick: int = 0) -> BitstreamState:
    """State at power-on, at an absolute tick; raises ValueError for a converter that this fidelity cannot run."""
    decimation, channels = chain.specimen.decimation, chain.specimen.channels
    if decimation % FEWEST_CELLS or decimation > modulator.MOST:
        raise ValueError(
            f"adc.decimation: found {decimation}, the bitstream fidelity needs a multiple of {FEWEST_CELLS} "
            f"up to {modulator.MOST}"
        )
    if channels > LANES:
        raise ValueError(f"{channels} converter channels, the bitstream fidelity has {LANES}")
    return BitstreamState(sampled.start(chain, tick), modulator.fresh(decimation))


def measure(
    chain: Chain, state: BitstreamState, mains: Mains, environment: Environment, span: Span
) -> tuple[BitstreamState, Reading]:
    """One span of a single specimen at constant mains."""
    after, found = codes(chain, state, mains, environment, span)
    metered, reading = sampled.meter(chain, after.metered, found, environment, span)
    return replace(after, metered=metered), reading


def codes(
    chain: Chain, state: BitstreamState, mains: Mains, environment: Environment, span: Span
) -> tuple[BitstreamState, Iterator[Floats]]:
    """Converter codes of a span, piece by piece, each (ticks, C), full scale = 1; and the state after it.

    The converter's memory in that state is right once the last piece was taken.
    """
    warm, after = heat.cut(
        chain.specimen, state.metered.heat, operating.square_a2(mains, chain.specimen), span.first_tick, span.last_tick
    )
    converter = modulator.copy(state.converter)
    found = (
        _converted(chain, converter, mains, environment, first, last, rise_k)
        for begin, end, rise_k in warm
        for first, last in sampled.pieces(Span(begin, end), PAGE_TICKS)
    )
    return BitstreamState(replace(state.metered, heat=after), converter), found


def _converted(
    chain: Chain,
    converter: modulator.Memory,
    mains: Mains,
    environment: Environment,
    first: int,
    last: int,
    rise_k: tuple[float, ...],
) -> Floats:
    """Codes of the ticks [first, last) of one page; `converter` is changed in place."""
    page, place = divmod(first, PAGE_TICKS)
    cells = cells_for(mains, chain.specimen.decimation)
    whole = _knots(chain, mains, environment, page, cells, rise_k)
    knots = whole[place * cells : (place + last - first) * cells + modulator.AROUND]
    found = _bits(chain, converter, knots, cells, first, last - first)
    _digitise(chain, found, first)
    return found


def _bits(chain: Chain, converter: modulator.Memory, knots: Floats, cells: int, first_tick: int, count: int) -> Floats:
    """What the decimators put out for `count` ticks."""
    specimen, design = chain.specimen, chain.modulator
    scale = design.headroom / specimen.decimation**3
    found = np.empty((count, specimen.channels))
    if np.isinf(design.gain) and design.dither == 0.0:
        modulator.convert(knots, cells, specimen.decimation, scale, converter, found)
    else:
        keep, dither = 1.0 - 1.0 / design.gain, design.dither if chain.noise else 0.0
        modulator.convert_plain(
            knots, cells, specimen.decimation, scale, converter, found, keep, dither, chain.seed, first_tick
        )
    return found


def cells_for(mains: Mains, decimation: int) -> int:
    """Knots per tick: enough for the fastest tone, at most one per modulator step (where the cubic is exact)."""
    fastest = (
        float(mains.orders.max(initial=0.0)) * mains.frequency_hz
        if isinstance(mains, Steady)
        else min(mains.rate_hz / 2.0, FASTEST_RECORDED_HZ)
    )
    cells = FEWEST_CELLS
    while cells * TICKS_PER_SECOND < KNOTS_PER_CYCLE * fastest and decimation % (2 * cells) == 0:
        cells *= 2
    return cells


@lru_cache(maxsize=8)
def _knots(
    chain: Chain, mains: Mains, environment: Environment, page: int, cells: int, rise_k: tuple[float, ...]
) -> Floats:
    """Modulator input of one page, (PAGE_TICKS * cells + AROUND, LANES), as `modulator.convert` takes it.

    The decimator's window of tick n is centred on it when the last of its three ticks of bits begins half a tick and a
    step after tick n; the input is early by the modulator's own delay.
    """
    period, decimation = tick_period_fs(chain), chain.specimen.decimation
    shift = round(period * (0.5 + (DELAY_STEPS - 0.5) / decimation))
    spacing = round(period / cells)
    begin = page * PAGE_TICKS * period + shift - spacing
    times = synthesis.Lattice(begin, spacing, PAGE_TICKS * cells + modulator.AROUND)
    waves = synthesis.waves(chain, mains, environment, times, decimated=False, rise_k=rise_k)
    return modulator.knots(waves, chain.specimen.offset, chain.modulator.headroom)


def _digitise(chain: Chain, found: Floats, first: int) -> None:
    """White noise, the limits of the code and its steps, in place."""
    specimen = chain.specimen
    steps = 2.0 ** (specimen.bits - 1)
    noisy = chain.noise and bool(specimen.noise.any())
    normal = _noise(chain.seed, first, len(found), specimen.channels) if noisy else np.zeros((0, 0), np.float32)
    synthesis.digitise(found, np.zeros(specimen.channels), specimen.noise, normal, steps)


def _noise(seed: int, first: int, count: int, channels: int) -> NDArray[np.float32]:
    block, place = divmod(first, synthesis.BLOCK_TICKS)
    return _noise_block(seed, block, channels)[place : place + count]


@lru_cache(maxsize=2)
def _noise_block(seed: int, block: int, channels: int) -> NDArray[np.float32]:
    return block_noise(seed, block, synthesis.BLOCK_TICKS, channels)
