"""The metrology arithmetic of the sampled fidelity as one Numba loop: what a metering SoC does with every sample.

For each tick: one FIR per channel (droop, fractional delay and scale to volts and amperes in the same taps), products,
sums, and a rotating reference for the fundamental. Measuring windows of about 200 ms open and close at rising zero
crossings of a low-passed voltage, interpolated between samples; sums that must cover whole cycles get trapezoid end
pieces, and energy counts every tick exactly once whether or not a crossing is found.

Everything carried from call to call sits in `Carry`, so a run may be cut between any two ticks.
"""

from typing import Any, NamedTuple, TypeAlias

import numpy as np
from numba import njit
from numpy.typing import NDArray

from ferraris.hardware.chain.fir import TAPS
from ferraris.pins import TICKS_PER_SECOND

Floats: TypeAlias = NDArray[np.float64]
Integers: TypeAlias = NDArray[np.int64]

WINDOW_S = 0.2
"""Ten cycles of 50 Hz, twelve of 60 Hz: the basic interval of IEC 61000-4-30."""

TIMEOUT_TICKS = 2400
"""A window without enough crossings closes after 300 ms: longer than ten cycles of 40 Hz."""

LOW_PASS = 1.0 - np.exp(-2.0 * np.pi * 50.0 / TICKS_PER_SECOND)
"""One-pole coefficient (50 Hz), used twice: harmonics may not add crossings."""

ARM_V = 2.0
"""The low-passed voltage must have been below -ARM_V before a rising crossing counts."""

# scalars carried, by position
REFERENCE, SLOW_A, SLOW_B, ARMED, START, FREQUENCY, CYCLES, COSINE, SINE, LOCKED = range(10)
# columns of the window table before the per-channel ones
OPENED, CLOSED, HERTZ, FIRST, LAST, TUNED = range(6)
COLUMNS = 6


CHUNK = 512
"""Ticks filtered at a time: few enough to stay in the processor's nearest cache."""


class Carry(NamedTuple):
    """State of the arithmetic between two calls; every array is owned by the caller and changed in place.

    frames    (TAPS - 1, C) codes before the next tick
    previous  (C) filtered values of the last tick
    steady    (C) DC of each channel as last measured, for the crossing detector only
    sums      (5, C) running sums over the window: x, x^2, x cos, x sin (with end pieces), x (whole ticks)
    energy    (E) running sum of products, micro-units per tick
    scalars   (10,) see the names above
    window    (1,) first tick of the open window
    """

    frames: Floats
    previous: Floats
    steady: Floats
    sums: Floats
    energy: Integers
    scalars: Floats
    window: Integers


def fresh(channels: int, elements: int, tick: int) -> Carry:
    """State at power-on."""
    scalars = np.zeros(10)
    scalars[COSINE] = 1.0
    scalars[START] = tick
    return Carry(
        frames=np.zeros((TAPS - 1, channels)),
        previous=np.zeros(channels),
        steady=np.zeros(channels),
        sums=np.zeros((5, channels)),
        energy=np.zeros(elements, np.int64),
        scalars=scalars,
        window=np.array([tick], np.int64),
    )


def copy(carry: Carry) -> Carry:
    """A copy that may be changed."""
    return Carry(
        frames=carry.frames.copy(),
        previous=carry.previous.copy(),
        steady=carry.steady.copy(),
        sums=carry.sums.copy(),
        energy=carry.energy.copy(),
        scalars=carry.scalars.copy(),
        window=carry.window.copy(),
    )


def rows(ticks: int) -> int:
    """Upper bound for the number of windows that close within so many ticks: one per cycle of 80 Hz while unlocked."""
    return ticks // 100 + 2


@njit(cache=True, nogil=True)  # type: ignore[misc,unused-ignore]
def _end_piece(before: float, now: float, part: float) -> float:
    """Integral over the first `part` of a tick, less half of the sample that opens it (trapezoid rule)."""
    return before * (part - 0.5) + 0.5 * part * part * (now - before)


@njit(cache=True, nogil=True)  # type: ignore[misc,unused-ignore]
def _close(carry: Any, value: Floats, tick: int, part: float, row: Floats, energy: Integers, found: bool) -> None:  # noqa: ANN401 - a NamedTuple to Numba
    """Write the window that ends `part` of a tick after tick - 1 into `row`, and open the next one."""
    s = carry.scalars
    channels = value.size
    cosine, sine = s[COSINE], s[SINE]
    turn = 2.0 * np.pi * s[FREQUENCY] / TICKS_PER_SECOND
    past_cosine = cosine * np.cos(turn) + sine * np.sin(turn)
    past_sine = sine * np.cos(turn) - cosine * np.sin(turn)
    row[OPENED], row[CLOSED] = s[START], tick - 1 + part
    row[HERTZ] = s[CYCLES] * TICKS_PER_SECOND / (row[CLOSED] - row[OPENED]) if found else 0.0
    row[FIRST], row[LAST] = carry.window[0], tick
    row[TUNED] = s[FREQUENCY]
    for c in range(channels):
        before, now = carry.previous[c], value[c]
        ends = (
            _end_piece(before, now, part),
            _end_piece(before * before, now * now, part),
            _end_piece(before * past_cosine, now * cosine, part),
            _end_piece(before * past_sine, now * sine, part),
        )
        for k in range(4):
            row[COLUMNS + k * channels + c] = carry.sums[k, c] + ends[k]
        row[COLUMNS + 4 * channels + c] = carry.sums[4, c]
        # the next window starts with what the end piece left of this tick, in its own reference: cos 1, sin 0 at `tick`
        shift = 2.0 * np.pi * row[HERTZ] / TICKS_PER_SECOND
        carry.sums[0, c] = -ends[0]
        carry.sums[1, c] = -ends[1]
        carry.sums[2, c] = -_end_piece(before * np.cos(shift), now, part)
        carry.sums[3, c] = -_end_piece(-before * np.sin(shift), 0.0, part)
        carry.sums[4, c] = 0.0
    for e in range(energy.size):
        energy[e] = carry.energy[e]
        carry.energy[e] = 0
    carry.window[0] = tick
    s[START] = row[CLOSED]
    s[FREQUENCY] = row[HERTZ]
    s[CYCLES] = 0.0
    s[COSINE], s[SINE] = 1.0, 0.0


@njit(cache=True, nogil=True)  # type: ignore[misc,unused-ignore]
def _restart(carry: Any, value: Floats, tick: int, part: float) -> None:  # noqa: ANN401
    """Begin the cycle sums at a first crossing; energy and whole-tick sums since power-on stay."""
    s = carry.scalars
    for c in range(value.size):
        before, now = carry.previous[c], value[c]
        carry.sums[0, c] = -_end_piece(before, now, part)
        carry.sums[1, c] = -_end_piece(before * before, now * now, part)
        carry.sums[2, c] = 0.0
        carry.sums[3, c] = 0.0
    s[START], s[CYCLES], s[LOCKED] = tick - 1 + part, 0.0, 1.0


@njit(cache=True, nogil=True)  # type: ignore[misc,unused-ignore]
def _lose(carry: Any, row: Floats, channels: int, elements: int) -> None:  # noqa: ANN401
    """After a time-out: watch the strongest voltage from now on, and wait for a first crossing."""
    s = carry.scalars
    best = 0
    for e in range(elements):
        if row[COLUMNS + channels + e] > row[COLUMNS + channels + best]:
            best = e
    s[REFERENCE], s[LOCKED], s[ARMED] = best, 0.0, 0.0


@njit(cache=True, nogil=True)  # type: ignore[misc,unused-ignore]
def filtered(frames: Floats, taps: Floats) -> Floats:
    """One FIR per channel: frames (TAPS - 1 + N, C), taps (TAPS, C), result (C, N), each channel in one piece.

    Channel by channel, because a processor then takes several ticks at once; the sum of a tick is in order of the taps.
    """
    channels = frames.shape[1]
    count = frames.shape[0] - (TAPS - 1)
    out = np.zeros((channels, count))
    line = np.empty(frames.shape[0])
    for c in range(channels):
        for n in range(frames.shape[0]):
            line[n] = frames[n, c]
        for first in range(0, count, CHUNK):
            values = out[c, first : min(first + CHUNK, count)]
            for k in range(TAPS):
                weight = taps[k, c]
                past = line[first + TAPS - 1 - k :]
                for n in range(values.size):
                    values[n] += weight * past[n]
    return out


@njit(cache=True, nogil=True)  # type: ignore[misc,unused-ignore]
def _accumulate(carry: Any, values: Floats, first: int, last: int, elements: int) -> None:  # noqa: ANN401
    """Add the ticks [first, last) of `values` (C, N) to the running sums, and turn the reference by as many steps."""
    s = carry.scalars
    cos_step = np.cos(2 * np.pi * s[FREQUENCY] / TICKS_PER_SECOND)
    sin_step = np.sin(2 * np.pi * s[FREQUENCY] / TICKS_PER_SECOND)
    cosines, sines = np.empty(last - first), np.empty(last - first)
    cosine, sine = s[COSINE], s[SINE]
    for n in range(last - first):
        cosines[n], sines[n] = cosine, sine
        cosine, sine = cosine * cos_step - sine * sin_step, sine * cos_step + cosine * sin_step
    s[COSINE], s[SINE] = cosine, sine
    for c in range(values.shape[0]):
        plain, square, real, imaginary, whole = carry.sums[:, c]
        line = values[c, first:last]
        for n in range(line.size):
            x = line[n]
            plain += x
            square += x * x
            real += x * cosines[n]
            imaginary += x * sines[n]
            whole += x
        carry.sums[0, c], carry.sums[1, c], carry.sums[2, c] = plain, square, real
        carry.sums[3, c], carry.sums[4, c] = imaginary, whole
        carry.previous[c] = values[c, last - 1]
    for e in range(elements):
        u, i = values[e, first:last], values[elements + e, first:last]
        energy = carry.energy[e]
        for n in range(u.size):
            energy += np.int64(np.rint(u[n] * i[n] * 1e6))
        carry.energy[e] = energy


@njit(cache=True, nogil=True)  # type: ignore[misc,unused-ignore]
def _next_crossing(carry: Any, values: Floats, first: int, tick: int) -> Any:  # noqa: ANN401
    """Look from tick index `first` on for a rising crossing of the watched voltage, or for the time-out.

    Returns its index (the number of ticks if there is none), the part of a tick before it, and whether it is late.
    """
    s = carry.scalars
    watched = int(s[REFERENCE])
    line, steady = values[watched], carry.steady[watched]
    slow_a, slow_b, armed = s[SLOW_A], s[SLOW_B], s[ARMED] > 0.0
    patience = s[START] + TIMEOUT_TICKS - tick
    found, part, late = line.size, 0.0, False
    for n in range(first, line.size):
        before = slow_b
        slow_a += LOW_PASS * (line[n] - steady - slow_a)
        slow_b += LOW_PASS * (slow_a - slow_b)
        armed |= slow_b < -ARM_V
        late = n > patience
        if (armed and before < 0.0 <= slow_b) or late:
            found, part, armed = n, 1.0 if late else -before / (slow_b - before), False
            break
    s[SLOW_A], s[SLOW_B], s[ARMED] = slow_a, slow_b, 1.0 if armed else 0.0
    return found, part, late


@njit(cache=True, nogil=True)  # type: ignore[misc,unused-ignore]
def meter(
    frames: Floats,
    taps: Floats,
    tick: int,
    carry: Any,  # noqa: ANN401 - a NamedTuple to Numba
    elements: int,
    table: Floats,
    energies: Integers,
) -> int:
    """Run the ticks of `frames` through the metrology.

    frames    (TAPS - 1 + N, C) codes, the first TAPS - 1 being the ticks before `tick`
    taps      (TAPS, C) filter taps times volts or amperes per code
    tick      number of the first new tick
    table     (rows, 6 + 5 C) receives one row per closed window; energies (rows, E) their integer products
    Returns the number of windows closed. Changes `carry` in place.

    From crossing to crossing every step is a loop over many ticks of one channel; that is what makes it quick.
    """
    values = filtered(frames, taps)
    channels, count = values.shape
    s = carry.scalars
    value = np.zeros(channels)
    closed, summed, seen = 0, 0, 0
    while seen < count:
        n, part, late = _next_crossing(carry, values, seen, tick)
        seen = n + 1
        if n == count:
            break
        s[CYCLES] += 1.0
        if not late and s[LOCKED] > 0.0 and s[CYCLES] < max(1.0, np.rint(WINDOW_S * s[FREQUENCY])):
            continue
        if n > summed:
            _accumulate(carry, values, summed, n, elements)
            summed = n
        value[:] = values[:, n]
        if late:
            _close(carry, value, tick + n, part, table[closed], energies[closed], False)
            _lose(carry, table[closed], channels, elements)
            closed += 1
        elif s[LOCKED] == 0.0:
            _restart(carry, value, tick + n, part)
        else:
            _close(carry, value, tick + n, part, table[closed], energies[closed], True)
            length = table[closed, CLOSED] - table[closed, OPENED]
            for c in range(channels):
                carry.steady[c] = table[closed, COLUMNS + c] / length
            closed += 1
    if count > summed:
        _accumulate(carry, values, summed, count, elements)
    carry.frames[:] = frames[count:]
    return closed
