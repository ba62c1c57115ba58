"""The magnetising branch of a current transformer: how ratio and phase depend on current, frequency and direct current.

Equivalent circuit, seen from the secondary: the primary current over the turns feeds the magnetising inductance in
parallel with the loop of winding and burden. The core is described by its linkage as a function of magnetising current,
without hysteresis and eddy currents:

    linkage(i) = Lr i + s f(i / (s / (L - Lr))),   f(y) = y / (1 + |y|^m)^(1/m)

L rated inductance, Lr what is left in saturation, s the linkage at which the core saturates, m = SHARPNESS. The form is
Froehlich's (m = 1) with a sharper knee; it is ours, so the range in which it holds is where its knee fits the core.

Two uses. `closed_law` and `measured_law` make a table over the peak linkage of a sine: what inductance and what ratio
the fundamental sees (a describing function; harmonics of the current are taken to see the same). `periodic` solves the
circuit sample by sample for a current with a direct part, where a sine's table means nothing.
"""

from typing import NamedTuple, TypeAlias

import numpy as np
from numba import njit
from numpy.typing import NDArray

from ferraris.hardware.platform.models import CurrentTransformer

Floats: TypeAlias = NDArray[np.float64]

SHARPNESS = 4.0
"""m: the inductance has lost 2 % at 0.4 of the saturation linkage; metallic tape cores have knees of this kind."""

AIR = 1e-3
"""Least part of the rated inductance that is left in saturation: the coil in air (relative permeability of some
thousands before)."""

GRID = 72
"""Points of a closed law, evenly spread over the logarithm of the linkage."""

REACH = (1e-5, 30.0)
"""Least and largest peak linkage of a closed law, in terms of the saturation linkage."""


class Law(NamedTuple):
    """What the fundamental sees at a peak linkage; beyond its ends a law goes on as at its ends.

    linkage_vs   (n,) peak linkage of the secondary, V s, rising
    reluctance   (n,) rated inductance over effective inductance
    ratio        (n,) secondary current over what turns and inductance alone would give
    linear_vs    below this linkage nothing differs from the rated values by more than a millionth
    """

    linkage_vs: Floats
    reluctance: Floats
    ratio: Floats
    linear_vs: float


class Core(NamedTuple):
    """The magnetic circuit of one channel's transformer; tolerances may carry a leading specimen axis.

    turns, loop_ohm    N; winding and burden in series, ohm
    inductance_h       rated magnetising inductance
    saturated_h        inductance left in saturation
    saturation_vs      linkage of saturation
    bias_a_per_t       direct primary current that equals a static induction of 1 T
    """

    turns: Floats
    loop_ohm: Floats
    inductance_h: Floats
    saturated_h: float
    saturation_vs: float
    bias_a_per_t: float
    law: Law


def linkage(current_a: Floats, inductance_h: float, saturated_h: float, saturation_vs: float) -> Floats:
    """Flux linkage at a magnetising current, V s: the formula at the head of this module."""
    y = current_a * (inductance_h - saturated_h) / saturation_vs
    return np.asarray(saturated_h * current_a + saturation_vs * y / (1.0 + np.abs(y) ** SHARPNESS) ** (1.0 / SHARPNESS))


def left_h(ct: CurrentTransformer) -> float:
    """Inductance in saturation, H: what the platform says, at least that of the coil in air."""
    return max(ct.saturated_inductance_h, AIR * ct.magnetising_inductance_h)


def law_of(ct: CurrentTransformer) -> Law:
    """The law of a transformer: measured where it was measured, else closed."""
    return measured_law(ct) if ct.measured else closed_law(ct)


def closed_law(ct: CurrentTransformer) -> Law:
    """Inductance that a sine of linkage sees, from initial permeability through the knee into saturation.

    Below the knee: 1/L(l) = 1/L + (1/Li - 1/L) / (1 + l/lk), so that 1/L is half-way at the knee lk (Rayleigh's rise of
    permeability with flux, without its hysteresis). In saturation: fundamental of the magnetising current at a
    sinusoidal linkage, over that linkage. Source: describing function by Fourier's integral; the linkage of a
    transformer is sinusoidal as long as the loop's voltage is.
    """
    peak = ct.saturation_vs * np.geomspace(*REACH, GRID)
    angle = (np.arange(64) + 0.5) * np.pi / 128.0
    wave = peak[:, None] * np.sin(angle)
    current = _magnetising(wave, ct.magnetising_inductance_h, left_h(ct), ct.saturation_vs)
    fundamental = np.mean(2.0 * current * np.sin(angle), axis=-1)
    reluctance = ct.magnetising_inductance_h * fundamental / peak
    linear_vs = float(np.interp(1e-6, reluctance - 1.0, peak))
    if ct.initial_inductance_h is not None and ct.knee_vs is not None:
        rise = ct.magnetising_inductance_h / ct.initial_inductance_h - 1.0
        reluctance = reluctance + rise / (1.0 + peak / ct.knee_vs)
        linear_vs = 0.0
    return Law(peak, np.asarray(reluctance), np.ones(GRID), linear_vs)


def _magnetising(wave: Floats, inductance_h: float, saturated_h: float, saturation_vs: float) -> Floats:
    """Magnetising current at a positive linkage, by bisection: the linkage rises with the current."""
    low, high = wave / inductance_h, wave / saturated_h
    for _ in range(80):
        middle = 0.5 * (low + high)
        below = linkage(middle, inductance_h, saturated_h, saturation_vs) < wave
        low, high = np.where(below, middle, low), np.where(below, high, middle)
    return np.asarray(0.5 * (low + high))


def measured_law(ct: CurrentTransformer) -> Law:
    """Ratio and phase measured against current at one frequency, made a law of linkage so that it holds at another.

    At each point the phase b gives the effective inductance, R/(w L) = tan b, and what is left of the ratio error e
    after cos b is a matter of turns: k = (1 + e)/cos b. The current I stands for the peak linkage
    sqrt(2) R (1 + e) I/(N w). Permeability follows flux, not current: at another frequency the same current has another
    place in the table. Holds while hysteresis and eddy losses are small against the magnetising current. Between points
    linear over the logarithm of linkage.
    """
    assert ct.measured_hz is not None, "checked when the platform was loaded"
    current, error, lead = (np.array(column) for column in zip(*ct.measured, strict=True))
    omega, loop = 2.0 * np.pi * ct.measured_hz, ct.winding_ohm + ct.burden.nominal
    peak = np.sqrt(2.0) * loop * (1.0 + error) * current / (ct.turns * omega)
    reluctance = ct.magnetising_inductance_h * omega * np.tan(lead) / loop
    return Law(peak, reluctance, (1.0 + error) / np.cos(lead), 0.0)


def look_up(law: Law, peak_vs: Floats) -> tuple[Floats, Floats]:
    """Reluctance and ratio at peak linkages of any shape."""
    place = np.log(np.maximum(peak_vs, 1e-30))
    grid = np.log(law.linkage_vs)
    return np.interp(place, grid, law.reluctance), np.interp(place, grid, law.ratio)


def operating(core: Core, primary_a: Floats, omega: float) -> tuple[Floats, Floats]:
    """Reluctance and ratio at an RMS primary current of one frequency, both (...).

    The linkage follows from the secondary current, and that from the linkage: I/N |jw/(jw + wc)| R/w, found by damped
    iteration. Other tones are to be put into `primary_a` by `equivalent_a`.
    """
    free = np.sqrt(2.0) * primary_a / core.turns * core.loop_ohm / omega
    one = np.ones_like(free)
    if free.max(initial=0.0) < core.law.linear_vs:
        return one, one
    corner = core.loop_ohm / core.inductance_h / omega
    damping = one
    for _ in range(30):
        reluctance, ratio = look_up(core.law, free * damping)
        damping = np.sqrt(damping * ratio / np.hypot(1.0, corner * reluctance))
    return reluctance, ratio


def equivalent_a(current: NDArray[np.complex128], frequency_hz: Floats, fundamental_hz: float) -> Floats:
    """RMS current of the fundamental frequency that makes the RMS linkage of all tones: I^2 = sum (I_k f1/f_k)^2.

    current (..., F) RMS, frequency_hz (F,); DC is left out. Returns (...).
    """
    alternates = frequency_hz > 0.0
    weight = np.where(alternates, fundamental_hz / np.where(alternates, frequency_hz, 1.0), 0.0)
    return np.asarray(np.sqrt((np.abs(current * weight) ** 2).sum(axis=-1)))


@njit(cache=True, nogil=True)  # type: ignore[misc,unused-ignore]
def _linkage(current: float, inductance: float, saturated: float, saturation: float) -> float:
    y = current * (inductance - saturated) / saturation
    return float(saturated * current + saturation * y / (1.0 + abs(y) ** 4) ** 0.25)


@njit(cache=True, nogil=True)  # type: ignore[misc,unused-ignore]
def _slope(current: float, inductance: float, saturated: float, saturation: float) -> float:
    y = current * (inductance - saturated) / saturation
    return float(saturated + (inductance - saturated) / (1.0 + abs(y) ** 4) ** 1.25)


@njit(cache=True, nogil=True)  # type: ignore[misc,unused-ignore]
def _step(wanted: float, guess: float, half: float, inductance: float, saturated: float, saturation: float) -> float:
    """Current at which linkage + half * current is as wanted: Newton inside a bracket."""
    bound = wanted / (saturated + half)
    low, high = min(0.0, bound), max(0.0, bound)
    current = min(max(guess, low), high)
    small = 1e-12 * saturation / inductance
    for _ in range(100):
        miss = _linkage(current, inductance, saturated, saturation) + half * current - wanted
        if miss > 0.0:
            high = current
        else:
            low = current
        after = current - miss / (_slope(current, inductance, saturated, saturation) + half)
        if not low <= after <= high:
            after = 0.5 * (low + high)
        if abs(after - current) <= 1e-12 * abs(after) + small:
            return after
        current = after
    return current


@njit(cache=True, nogil=True)  # type: ignore[misc,unused-ignore]
def periodic(
    drive: Floats, step_s: float, loop_ohm: float, inductance: float, saturated: float, saturation: float, out: Floats
) -> int:
    """Periodic magnetising current of a transformer whose primary current repeats: dl/dt = R (i1/N - im).

    drive   (n,) primary current over turns through one period, A
    step_s  time between two of them
    out     (n,) receives the magnetising current, A
    Returns the number of passes through the period. Trapezoid rule, error (w step)^2/12 of the magnetising current;
    the start is found by Newton's rule on the current after one period (shooting).
    Source: Faraday's law on the equivalent circuit; shooting as in Aprille and Trick, Proc. IEEE 60 (1972) 108
    (recalled).
    """
    n = drive.size
    half = 0.5 * step_s * loop_ohm
    start = float(np.mean(drive))
    small = 1e-11 * np.max(np.abs(drive))
    for turn in range(60):
        now, gain = start, 1.0
        for k in range(n):
            out[k] = now
            push = half * (drive[k] + drive[(k + 1) % n])
            wanted = _linkage(now, inductance, saturated, saturation) - half * now + push
            after = _step(wanted, now, half, inductance, saturated, saturation)
            gain *= (_slope(now, inductance, saturated, saturation) - half) / (
                _slope(after, inductance, saturated, saturation) + half
            )
            now = after
        miss = now - start
        if abs(miss) <= small:
            return turn + 1
        start += miss / (1.0 - gain) if gain < 1.0 else miss
    return 60
