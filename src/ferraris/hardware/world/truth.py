"""What a perfect meter would have read from a recording: sums over the recording's own samples, nothing of the chain.

Over whole cycles of a repeating waveform the mean of u*i over the samples is the exact mean power (Parseval) of the
band-limited waveform they stand for.
"""

from math import sqrt
from typing import NamedTuple, assert_never

import numpy as np

from ferraris.hardware.world.looping import loop
from ferraris.hardware.world.mains import Complexes, Floats, Recorded
from ferraris.hardware.world.recording import Continuous, Cycles, Recording


class PhaseTruth(NamedTuple):
    """One element over the whole time the recording plays once."""

    voltage_v: float
    """RMS voltage with all harmonics and DC, V."""
    current_a: float
    """RMS current with all harmonics and DC, A."""
    active_w: float
    """Mean of u*i, W; includes `dc_w`."""
    dc_w: float
    """The part of it that is mean voltage times mean current, W: a meter that removes DC does not see it."""
    reactive_var: float
    """Reactive power of the fundamental, var, positive inductive."""
    apparent_va: float
    """Mean over time of RMS voltage times RMS current, VA, each RMS without DC and over one piece of the recording: a
    held cycle, or for a continuous recording the whole loop."""


class Truth(NamedTuple):
    """What the recording contains."""

    duration_s: float
    """Time to play it once."""
    frequency_hz: float
    phases: tuple[PhaseTruth, ...]


def truth(recording: Recording, hold_s: float | None = None) -> Truth:
    """Return the exact figures of a recording, as `recordings.play` makes it stand at the terminals."""
    match recording:
        case Continuous():
            return truth_of_loop(loop(recording))
        case Cycles():
            times = recording.hold_s if hold_s is None else np.full(len(recording.hold_s), hold_s)
            count = len(recording.voltage_v)
            phases = tuple(_phase(recording.voltage_v[k], recording.current_a[k], 1, times) for k in range(count))
            return Truth(float(times.sum()), recording.frequency_hz, phases)
        case _:
            assert_never(recording)


def truth_of_loop(recorded: Recorded) -> Truth:
    """Return the exact figures of one loop, whose frequency makes it a whole number of cycles."""
    samples = recorded.voltage_v.shape[1]
    duration_s = samples / recorded.rate_hz
    cycles = round(duration_s * recorded.frequency_hz)
    one = np.ones(1)
    phases = tuple(
        _phase(volts[None], amperes[None], cycles, one)
        for volts, amperes in zip(recorded.voltage_v, recorded.current_a, strict=True)
    )
    return Truth(duration_s, recorded.frequency_hz, phases)


def _phase(volts: Floats, amperes: Floats, cycles: int, times: Floats) -> PhaseTruth:
    """Figures of rows (rows, samples), each of `cycles` cycles, weighted with the time each is held."""
    weights = times / times.sum()
    mean_v, mean_a = volts.mean(axis=1), amperes.mean(axis=1)
    square_v, square_a = (volts**2).mean(axis=1), (amperes**2).mean(axis=1)
    apparent = np.sqrt(np.maximum(square_v - mean_v**2, 0) * np.maximum(square_a - mean_a**2, 0))
    reactive = (fundamental(volts, cycles) * np.conj(fundamental(amperes, cycles))).imag
    return PhaseTruth(
        voltage_v=sqrt(float(weights @ square_v)),
        current_a=sqrt(float(weights @ square_a)),
        active_w=float(weights @ (volts * amperes).mean(axis=1)),
        dc_w=float(weights @ (mean_v * mean_a)),
        reactive_var=float(weights @ reactive),
        apparent_va=float(weights @ apparent),
    )


def fundamental(rows: Floats, cycles: int) -> Complexes:
    """RMS phasor of the tone with `cycles` periods in a row, (rows,): one line of the discrete Fourier transform."""
    count = rows.shape[1]
    turn = np.exp(-2j * np.pi * cycles / count * np.arange(count))
    phasors: Complexes = rows @ turn * (np.sqrt(2) / count)
    return phasors
