"""Energy of a recording between two times, integrated from its own samples: the truth a meter is held against.

Nothing here knows the chain, its filters or its band limit: products of the recorded voltage and current at their
native rate, integrated by the trapezoid rule, which for whole periods of a repeating waveform is exact up to half that
rate.
"""

from collections.abc import Iterator

import numpy as np

from ferraris.hardware.world.looping import loop
from ferraris.hardware.world.mains import Floats
from ferraris.hardware.world.recording import Continuous, Cycles, Recording


def integral(product: Floats, rate_hz: float, first_s: float, last_s: float) -> Floats:
    """Integrate a repeating product (elements, samples) from first_s to last_s; (elements,) in units times seconds."""
    return _cumulative(product, rate_hz, last_s) - _cumulative(product, rate_hz, first_s)


def _cumulative(product: Floats, rate_hz: float, t_s: float) -> Floats:
    """Integral from 0 to t_s: whole loops, whole samples by the trapezoid rule, and a part of one sample."""
    samples = product.shape[-1]
    loops, rest = divmod(t_s * rate_hz, samples)
    whole = int(rest)
    part = rest - whole
    closed = np.concatenate([product, product[:, :1]], axis=1)
    panels = 0.5 * (closed[:, 1:] + closed[:, :-1])
    left, right = closed[:, whole], closed[:, min(whole + 1, samples)]
    inside = part * (left + 0.5 * part * (right - left))
    return np.asarray((loops * panels.sum(axis=1) + panels[:, :whole].sum(axis=1) + inside) / rate_hz)


def active_energy_j(recording: Recording, hold_s: float | None, first_s: float, last_s: float) -> Floats:
    """True active energy of each element, J, while `play(recording, hold_s)` plays from first_s to last_s."""
    match recording:
        case Continuous():
            looped = loop(recording)
            return integral(looped.voltage_v * looped.current_a, recording.rate_hz, first_s, last_s)
        case Cycles():
            total = np.zeros(recording.voltage_v.shape[0])
            product = recording.voltage_v * recording.current_a
            rate_hz = recording.frequency_hz * product.shape[-1]
            for row, begin_s, end_s in held(recording, hold_s, first_s, last_s):
                total += integral(product[:, row], rate_hz, begin_s, end_s)
            return total


def held(cycles: Cycles, hold_s: float | None, first_s: float, last_s: float) -> Iterator[tuple[int, float, float]]:
    """Which row plays from when to when between two times: (row, begin_s, end_s)."""
    times_s = cycles.hold_s if hold_s is None else np.full(len(cycles.hold_s), hold_s)
    ends_s = np.cumsum(times_s)
    length_s = float(ends_s[-1])
    now_s = first_s
    while now_s < last_s:
        laps, inside = divmod(now_s, length_s)
        row = min(int(np.searchsorted(ends_s, inside, side="right")), len(ends_s) - 1)
        until_s = min(laps * length_s + float(ends_s[row]), last_s)
        if until_s <= now_s:  # a rounding error away from the end of a row
            until_s = float(np.nextafter(now_s, np.inf))
        yield row, now_s, until_s
        now_s = until_s
