"""The metrology filter of one channel: undo the decimator's droop and delay by a fraction of a tick, in one FIR.

Channel phase errors are corrected by delaying one channel against another. A fractional-delay filter that is good at
the fundamental alone damages harmonics (linear interpolation loses 8 % at the 21st), so the taps are designed by
weighted least squares for the wanted delay times the inverse droop over the harmonic band.
"""

from functools import lru_cache
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from ferraris.hardware.chain.transfer import sinc3_droop
from ferraris.pins import TICKS_PER_SECOND

Floats: TypeAlias = NDArray[np.float64]
Complexes: TypeAlias = NDArray[np.complex128]

TAPS = 13
CENTRE = 6
"""Delay of the filter at zero correction, ticks."""

DELAY_STEPS = 1024
"""Delay resolution, steps per tick: 0.12 us, 0.0022 degrees at 50 Hz."""

REACH = 2.5
"""Largest correction either way, ticks: 5.6 degrees at 50 Hz, beyond the 3 to 5 of a DC-tolerant transformer.

At its ends the amplitude is right to 0.1 ppm from 45 to 65 Hz, 0.031 % to the 21st and 0.08 % to the 40th harmonic of
50 Hz (at 1.5 ticks 0.021 % and 0.07 %).
"""

END = REACH - 0.05
"""From here a correction counts as at its end, ticks: a production line's own errors move it by a few thousandths."""

BAND_HZ = 2600.0
"""Design band: to the 40th harmonic of 65 Hz."""

LINE_HZ = (40.0, 70.0)
LINE_WEIGHT = 3000.0
"""Fundamentals live in this band, and carry nearly all of the energy: here the fit is close to an interpolation."""


@lru_cache(maxsize=8)
def table(decimation: int) -> Floats:
    """Taps for every delay step from -REACH to +REACH, shape (steps, TAPS)."""
    grid = np.concatenate([np.linspace(0.0, BAND_HZ, 400), np.linspace(*LINE_HZ, 13)])
    weight = np.where(np.arange(grid.size) < 400, 1.0, LINE_WEIGHT)
    weight[:400] *= 1.0 / (1.0 + (grid[:400] / 700.0) ** 2)
    omega = 2.0 * np.pi * grid / TICKS_PER_SECOND
    basis = weight[:, None] * np.exp(-1j * np.outer(omega, np.arange(TAPS)))
    delays = CENTRE + np.arange(-int(REACH * DELAY_STEPS), int(REACH * DELAY_STEPS) + 1) / DELAY_STEPS
    wanted = (weight / sinc3_droop(grid, decimation))[:, None] * np.exp(-1j * np.outer(omega, delays))
    real = np.concatenate([basis.real, basis.imag])
    target = np.concatenate([wanted.real, wanted.imag])
    taps = np.linalg.lstsq(real, target, rcond=None)[0].T
    taps.setflags(write=False)
    return np.asarray(taps)


def step_of(delay_ticks: Floats) -> NDArray[np.int64]:
    """Nearest delay step, clipped to the filter's reach."""
    steps = np.rint(np.asarray(delay_ticks) * DELAY_STEPS).astype(np.int64)
    return np.asarray(np.clip(steps, -int(REACH * DELAY_STEPS), int(REACH * DELAY_STEPS)))


def at_end(delay_ticks: Floats) -> NDArray[np.bool_]:
    """Whether a correction lies at the end of the reach, where more may have been wanted."""
    return np.asarray(np.abs(np.asarray(delay_ticks)) >= END)


def taps_for(delay_ticks: Floats, decimation: int) -> Floats:
    """Taps for delays of shape (...), result (..., TAPS)."""
    return np.asarray(table(decimation)[step_of(delay_ticks) + int(REACH * DELAY_STEPS)])


def response(taps: Floats, frequency_hz: Floats) -> Complexes:
    """Frequency response of taps (..., TAPS) at F frequencies, shape (..., F), without the common delay CENTRE."""
    omega = 2.0 * np.pi * np.asarray(frequency_hz, dtype=np.float64) / TICKS_PER_SECOND
    kernel = np.exp(-1j * np.outer(np.arange(TAPS) - CENTRE, omega))
    return np.asarray(taps @ kernel)
