"""The fundamental frequency, taken from the waveform itself: headers are sometimes wrong."""

from math import isfinite, pi
from pathlib import Path

import numpy as np

from ferraris.hardware.world.mains import Complexes, Floats
from ferraris.hardware.world.recording import HIGHEST_HZ, LOWEST_HZ, RecordingError

DISAGREEMENT_HZ = 0.5
"""Header and waveform further apart than this: the user is told."""
ROUNDS = 8


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
    if not isfinite(found) or not LOWEST_HZ <= found <= HIGHEST_HZ:
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
    """Phase advance between two adjoining blocks of equally many whole cycles, iterated.

    If f is right, the fundamental turns by 2*pi*f*M/rate between blocks M samples apart; what is left over corrects f.
    Because M is a whole number of cycles, harmonics leak into both blocks alike and do not move the result.
    """
    found = coarse_hz
    for _ in range(ROUNDS):
        cycles = int(len(volts) * found / rate_hz / 2 + 1e-6)
        block = min(round(cycles * rate_hz / found), len(volts) // 2)
        if cycles < 1:
            return float("nan")
        turn = np.exp(-2j * pi * found / rate_hz * np.arange(2 * block))
        turned: Complexes = volts[: 2 * block] * turn
        left_over = float(np.angle(turned[block:].sum() * np.conj(turned[:block].sum())))
        found += left_over / (2 * pi * block / rate_hz)
        if not LOWEST_HZ / 2 < found < HIGHEST_HZ * 2:
            return float("nan")
    return found
