"""From a recording with a beginning and an end to a loop without a seam."""

import numpy as np

from ferraris.hardware.world.mains import Floats, Recorded
from ferraris.hardware.world.recording import Continuous, RecordingError

CLOSED = 6.0
"""A seam counts as closed when its bend is below this many times the RMS bend of the waveform itself (our choice)."""


def loop(recording: Continuous) -> Recorded:
    """Cut a recording to whole cycles and close the seam, so that it can repeat for ever without a step.

    1. The loop is the largest whole number n of cycles that fits, rounded to whole samples; its frequency is n divided
       by its length (within half a sample of the one found).
    2. If all channels close by themselves (`closes`), the samples stay as recorded.
    3. If not, the loop begins a quarter cycle later, and its last quarter cycle fades (raised cosine) into the quarter
       cycle recorded before its beginning; where the recording is too short for that, it gives up one cycle.
    4. A recording of a single cycle has nothing to fade into: the step between its ends is spread evenly over the
       cycle as a ramp of zero mean.
    RecordingError when not even one cycle is there.
    """
    samples = np.vstack([recording.voltage_v, recording.current_a, recording.neutral_a[None]])
    period = recording.rate_hz / recording.frequency_hz
    cycles = int((samples.shape[1] + 0.5) / period)
    if cycles < 1:
        raise RecordingError(f"{recording.name}: shorter than one cycle of {recording.frequency_hz:.2f} Hz")
    looped, cycles = _closed(samples, period, cycles)
    count = len(recording.voltage_v)
    frequency_hz = cycles * recording.rate_hz / looped.shape[1]
    return Recorded(recording.rate_hz, frequency_hz, looped[:count], looped[count : 2 * count], looped[-1])


def _closed(samples: Floats, period: float, cycles: int) -> tuple[Floats, int]:
    """Return the loop and how many cycles it has; see `loop` for the rule."""
    length = min(round(cycles * period), samples.shape[1])
    if closes(samples[:, :length]):
        return samples[:, :length], cycles
    quarter = max(round(period / 4), 1)
    if length + quarter > samples.shape[1]:
        cycles -= 1
        if cycles < 1:
            return ramped(samples[:, :length]), 1
        length = round(cycles * period)
    return faded(samples, length, quarter), cycles


def closes(samples: Floats) -> bool:
    """Tell whether the end of every channel runs on into its beginning: by its second difference, the bend.

    A step or a kink at the seam bends far more than the waveform does elsewhere; noise bends as much everywhere.
    """
    around = np.hstack([samples[:, -2:], samples[:, :2]])
    seam = np.abs(np.diff(around, 2, axis=1)).max(axis=1)
    usual = (
        np.sqrt(np.mean(np.diff(samples, 2, axis=1) ** 2, axis=1)) if samples.shape[1] > 2 else np.zeros(len(samples))
    )
    return bool(np.all(seam <= CLOSED * usual + 1e-12 * np.abs(samples).max(axis=1)))


def faded(samples: Floats, length: int, quarter: int) -> Floats:
    """Cross-fade: loop = samples[quarter : quarter + length], its end blending into samples[: quarter]."""
    looped = samples[:, quarter : quarter + length].copy()
    rising = 0.5 - 0.5 * np.cos(np.pi * (np.arange(quarter) + 0.5) / quarter)
    looped[:, -quarter:] += rising * (samples[:, :quarter] - looped[:, -quarter:])
    return looped


def ramped(samples: Floats) -> Floats:
    """Spread the step between the end (extrapolated by one sample) and the start over the loop; the mean stays."""
    length = samples.shape[1]
    step = 2 * samples[:, -1] - samples[:, -2] - samples[:, 0]
    straight: Floats = samples - step[:, None] * ((np.arange(length) + 0.5) / length - 0.5)
    return straight
