"""The fundamental frequency, taken from the waveform itself: headers are sometimes wrong."""

from math import isfinite, pi
from pathlib import Path

import numpy as np

from ferraris.hardware.world.mains import Complexes, Floats
from ferraris.hardware.world.recording import HIGHEST_HZ, LOWEST_HZ, RecordingError

DISAGREEMENT_HZ = 0.5
"""Header and waveform further apart than this: the user is told."""
ROUNDS = 8
SMALLEST_SHARE = 0.1
"""The fundamental carries at least this share of the mean square, or it is none (our choice)."""


def fundamental_hz(path: Path, volts: Floats, rate_hz: float, header_hz: float | None) -> tuple[float, tuple[str, ...]]:
    """Return the fundamental of a voltage (samples,) in Hz, and what the user should know about it.

    Two cycles are needed. With less the header must say it: RecordingError when it does not, when the voltage is zero,
    or when there is no fundamental between LOWEST_HZ and HIGHEST_HZ.
    """
    if not np.any(volts - volts.mean()):
        raise RecordingError(f"{path}: the first voltage is constant: there is no frequency in it; is the map right?")
    seconds = len(volts) / rate_hz
    if header_hz is not None and seconds < 2.2 / header_hz and LOWEST_HZ <= header_hz <= HIGHEST_HZ:
        return header_hz, (f"too short to measure its frequency: {header_hz:g} Hz taken from the file's header",)
    if seconds < 2 / LOWEST_HZ:
        raise RecordingError(
            f"{path}: {seconds:.4f} s long, expected at least two cycles, or a frequency in the header"
        )
    found = _refined(volts, rate_hz, _coarse(volts, rate_hz))
    if not isfinite(found) or not LOWEST_HZ <= found <= HIGHEST_HZ or _share(volts, rate_hz / found) < SMALLEST_SHARE:
        raise RecordingError(f"{path}: no fundamental between {LOWEST_HZ:g} and {HIGHEST_HZ:g} Hz in the first voltage")
    if header_hz is not None and abs(header_hz - found) > DISAGREEMENT_HZ:
        return found, (f"its header says {header_hz:g} Hz, its waveform is {found:.3f} Hz: the waveform counts",)
    return found, ()


def _coarse(volts: Floats, rate_hz: float) -> float:
    """Largest line of a windowed, four times zero-padded spectrum inside the allowed range, Hz."""
    size = 1 << (4 * len(volts) - 1).bit_length()
    spectrum = np.abs(np.fft.rfft((volts - volts.mean()) * np.hanning(len(volts)), size))
    lines_hz = np.fft.rfftfreq(size, 1 / rate_hz)
    spectrum[(lines_hz < LOWEST_HZ) | (lines_hz > HIGHEST_HZ)] = 0
    return float(lines_hz[int(np.argmax(spectrum))])


def _refined(volts: Floats, rate_hz: float, coarse_hz: float) -> float:
    """Median phase advance of the fundamental between cycles that lie a quarter of the recording apart, iterated.

    If f is right, the phase of a cycle, counted at f, is the same everywhere; what it turns by corrects f. Each phase
    is taken over one whole cycle, so harmonics leak into all of them alike; and the median does not follow the jump of
    a fault, as fewer than half of the pairs lie on both sides of it.
    """
    found = coarse_hz
    for _ in range(ROUNDS):
        phasors = _cycle_phasors(volts, rate_hz / found)
        apart = max(len(phasors) // 4, 1)
        if len(phasors) < 2:
            return float("nan")
        turns = np.angle(phasors[apart:] * np.conj(phasors[:-apart])) / (2 * pi)
        found += float(np.median(turns)) * found / apart
        if not LOWEST_HZ / 2 < found < HIGHEST_HZ * 2:
            return float("nan")
    return found


def _share(volts: Floats, period: float) -> float:
    """Share of the mean square (without DC) that the tone with this period, in samples, has in single cycles."""
    magnitude = np.abs(_cycle_phasors(volts, period)) / round(period)
    return float(2 * np.mean(magnitude**2) / np.var(volts))


def _cycle_phasors(volts: Floats, period: float) -> Complexes:
    """Phasor of every whole cycle of `period` samples, all counted from the first sample, (cycles,)."""
    length = round(period)
    starts = np.round(np.arange(0, len(volts) - length + 1, period)).astype(int)
    starts = starts[starts + length <= len(volts)]
    turned = np.concatenate([[0], np.cumsum(volts * np.exp(-2j * pi / period * np.arange(len(volts))))])
    phasors: Complexes = turned[starts + length] - turned[starts]
    return phasors
