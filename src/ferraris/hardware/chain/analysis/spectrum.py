"""Harmonics of synchronous blocks: one line of the Fourier series per harmonic, and the groups of IEC 61000-4-7."""

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Floats: TypeAlias = NDArray[np.float64]
Complexes: TypeAlias = NDArray[np.complex128]

HIGHEST_ORDER = 40


def lines(waves: Floats) -> Complexes:
    """RMS phasors of every line of the Fourier series of waves (..., M), the line at nought being the mean."""
    scale = np.sqrt(2.0) / waves.shape[-1]
    found = np.fft.rfft(waves, axis=-1) * scale
    found[..., 0] /= np.sqrt(2.0)
    return np.asarray(found)


def harmonics(found: Complexes, cycles: int) -> Complexes:
    """Phasors of orders 0 to 40 from the lines of blocks of `cycles` cycles, shape (..., 41)."""
    return np.asarray(found[..., : HIGHEST_ORDER * cycles + 1 : cycles])


def subgroups(found: Complexes, cycles: int) -> Floats:
    """RMS of the harmonic subgroups of orders 0 to 40: a line and its two neighbours; order 0 is the mean alone.

    Source: IEC 61000-4-7:2002, 3.2.4 and 5.6 (recalled).
    """
    power = np.abs(found) ** 2
    middle = np.arange(1, HIGHEST_ORDER + 1) * cycles
    grouped = power[..., middle - 1] + power[..., middle] + power[..., middle + 1]
    return np.asarray(np.sqrt(np.concatenate([power[..., :1], grouped], axis=-1)))


def groups(found: Complexes, cycles: int) -> Floats:
    """RMS of the harmonic groups: all lines up to half way to the next harmonic, the outermost by half.

    Source: IEC 61000-4-7:2002, 3.2.3 (recalled); `cycles` is even.
    """
    power, half = np.abs(found) ** 2, cycles // 2
    middle = np.arange(1, HIGHEST_ORDER + 1)[:, None] * cycles
    weight = np.where(np.abs(np.arange(-half, half + 1)) == half, 0.5, 1.0)
    grouped = power[..., middle + np.arange(-half, half + 1)] @ weight
    return np.asarray(np.sqrt(np.concatenate([power[..., :1], grouped], axis=-1)))


def distortion(magnitudes: Floats) -> Floats:
    """Total harmonic distortion from magnitudes (..., 41): root of the squares of orders 2 to 40 over order 1 (ratio).

    With subgroups it is THDS. Source: IEC 61000-4-7:2002, 3.3 (recalled). 0 where there is no fundamental.
    """
    rest = np.sqrt(np.sum(np.square(magnitudes[..., 2:]), axis=-1))
    first = magnitudes[..., 1]
    return np.asarray(np.where(first > 0.0, rest / np.where(first > 0.0, first, 1.0), 0.0))
