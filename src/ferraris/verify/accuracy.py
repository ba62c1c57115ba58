"""The accuracy laboratory: batches of manufactured meters, and the error each makes under a condition.

Three batches answer three questions. `drawn` (many meters at random): what will the production line deliver? `corners`
(all tolerances at the ends that hurt most): how bad can it get? `alone` (one tolerance at its end, the others nominal):
who is to blame? Errors are those of the phasor fidelity without noise, in percent of the exact energy at the terminals;
what clipping takes from a sine is added in closed form. What the production line gets wrong is a tolerance like those
of the parts (chain/production).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from ferraris.hardware.chain import production as line
from ferraris.hardware.chain import transfer
from ferraris.hardware.chain.calibrate import balanced, build
from ferraris.hardware.chain.chain import Chain
from ferraris.hardware.chain.phasor import powers
from ferraris.hardware.chain.specimen import REFERENCE_C, Corner, Draw, Seed, manufacture, tolerances
from ferraris.hardware.platform.models import Platform
from ferraris.hardware.world.mains import Environment, Steady
from ferraris.verify.finding import Limit
from ferraris.verify.limits import phase_deg

Floats: TypeAlias = NDArray[np.float64]

SEED = 1
DRAWN = 1000
"""Meters drawn for yield: enough to tell 99 % from 98 % (95 % interval of +-0.6 % there)."""


HOPELESS = 1e9
"""Error, %, of a specimen that has no meaningful reading."""


class Condition(NamedTuple):
    """One state of load and surroundings; currents are RMS and sinusoidal."""

    current_a: float
    factor: str
    single_phase: bool = False
    air_c: float = REFERENCE_C
    voltage: float = 1.0
    """In terms of Un."""
    frequency: float = 1.0
    """In terms of the reference frequency."""

    def __str__(self) -> str:
        """How a report names it."""
        off = [f"{self.voltage:g} Un"] * (self.voltage != 1.0) + [f"{self.frequency:g} fn"] * (self.frequency != 1.0)
        one = ["one phase loaded"] * self.single_phase
        return ", ".join([f"{self.current_a:.4g} A", f"PF {self.factor}", *one, f"{self.air_c:g} °C", *off])


def mains(platform: Platform, condition: Condition) -> Steady:
    """What stands at the terminals under a condition; single-phase load is in the first element."""
    whole = balanced(
        platform,
        condition.current_a,
        phase_deg(condition.factor),
        platform.meter.frequency_hz * condition.frequency,
        platform.meter.un_v * condition.voltage,
    )
    if not condition.single_phase:
        return whole
    loaded = np.zeros_like(whole.current_a)
    loaded[0] = whole.current_a[0]
    return replace(whole, current_a=loaded, neutral_a=loaded.sum(axis=0))


def error_percent(platform: Platform, chain: Chain, condition: Condition) -> Floats:
    """Error of the registered active energy, % of the true one, shape of the chain's batch: () or (S,).

    Elements under the creep threshold count nothing; a fast sample clock counts more ticks and so more energy. A
    specimen that cannot be calibrated (a tolerance of 100 % left it without a signal) errs by `HOPELESS`.
    """
    with np.errstate(all="ignore"):
        errors = _error_percent(platform, chain, condition)
    return np.asarray(np.nan_to_num(errors, nan=HOPELESS, posinf=HOPELESS, neginf=-HOPELESS))


def _error_percent(platform: Platform, chain: Chain, condition: Condition) -> Floats:
    terminals = mains(platform, condition)
    seen = powers(chain, terminals, Environment(condition.air_c))
    active = seen.active_w * unclipped(chain, terminals, condition.air_c)
    awake = np.hypot(active, seen.reactive_var) >= chain.creep_w
    registered = np.where(awake, active, 0.0).sum(axis=-1) * (1.0 + 1e-6 * chain.specimen.clock_ppm)
    true = float(np.sum((terminals.voltage_v * np.conj(terminals.current_a)).real))
    return np.asarray(100.0 * (registered / true - 1.0))


def unclipped(chain: Chain, terminals: Steady, air_c: float) -> Floats:
    """Part of each element's sinusoidal power that passes the converter's full scale unclipped, shape (..., E)."""
    frequency = np.array([terminals.frequency_hz])
    phasors = terminals.voltage_v, terminals.current_a, terminals.neutral_a
    peak = np.sqrt(2.0) * np.abs(transfer.codes(chain.specimen, frequency, *phasors, air_c))[..., 0]
    gain, count = saturation_gain(peak), chain.specimen.elements
    return np.asarray(gain[..., :count] * gain[..., count : 2 * count])


def saturation_gain(peak: Floats) -> Floats:
    """Fundamental of a sine of the given peak, clipped at 1, over that of the sine itself: 1 up to a peak of 1.

    (2/pi) (asin x + x sqrt(1 - x^2)), x = 1/peak. Harmonics that clipping makes carry no energy at a sinusoidal
    voltage. Source: describing function of a saturation (Gelb and Vander Velde, Multiple-Input Describing Functions,
    1968, recalled).
    """
    x = 1.0 / np.maximum(peak, 1.0)
    return np.asarray(2.0 / np.pi * (np.arcsin(x) + x * np.sqrt(1.0 - x * x)))


def production(platform: Platform, draw: Draw) -> Chain:
    """Manufacture and calibrate a batch: what leaves the line."""
    with np.errstate(all="ignore"):
        specimen = manufacture(platform, draw)
        return build(platform, specimen, line.calibrate(platform, specimen, draw), "phasor", noise=False)


@dataclass(frozen=True, eq=False)
class Batch:
    """A calibrated batch that remembers what it was asked."""

    platform: Platform
    chain: Chain
    known: dict[Condition, Floats] = field(default_factory=dict)

    def error(self, condition: Condition) -> Floats:
        """Errors of every meter of the batch under a condition, %, shape (S,)."""
        if condition not in self.known:
            self.known[condition] = error_percent(self.platform, self.chain, condition)
        return self.known[condition]


@dataclass(frozen=True, eq=False)
class Laboratory:
    """The three batches of one platform; `contributors` name the rows of `alone` (see `one_at_a_time`)."""

    platform: Platform
    drawn: Batch
    corners: Batch
    alone: Batch
    contributors: tuple[str, ...]


class Case(NamedTuple):
    """A condition and the limit on the error under it, %."""

    condition: Condition
    limit: Limit


class Worst(NamedTuple):
    """The case that comes closest to its limit: the largest error of both populations there, %, with their sign."""

    drawn: float
    corner: float
    case: Case

    @property
    def size(self) -> float:
        """The larger of the two, without its sign."""
        return max(abs(self.drawn), abs(self.corner))

    @property
    def use(self) -> float:
        """Part of the limit that is used up."""
        return self.size / self.case.limit.value


def furnish(platform: Platform, conditions: Sequence[Condition]) -> Laboratory:
    """Build the three batches; the corners are the worst ones of each of the conditions, both signs."""
    alone = one_at_a_time(platform)
    drawn = Batch(platform, production(platform, Seed(SEED, DRAWN)))
    return Laboratory(platform, drawn, cornered(alone, conditions), alone, tuple(contributors(platform)))


def contributors(platform: Platform) -> dict[str, tuple[str, ...]]:
    """Contributor -> tolerance keys of the chain that move together.

    All phases move alike, which is worst for a balanced load. What every channel has of its own (amplifier, filter) is
    split into voltage and current channels, since alike in both it would cancel.
    """
    elements = range(1, platform.elements + 1)
    found: dict[str, tuple[str, ...]] = {}
    for name in (*tolerances(platform), *line.TOLERANCES):
        if name.startswith("current.neutral"):
            continue
        if name in {"adc.gain", "adc.gain_drift", "adc.offset"} or name.startswith("filter."):
            found[f"{name} (voltage)"] = tuple(f"{name}.UL{n}" for n in elements)
            found[f"{name} (current)"] = tuple(f"{name}.IL{n}" for n in elements)
        else:
            found[name] = (name,)
    return found


def one_at_a_time(platform: Platform) -> Batch:
    """A batch of 2 K + 1 meters: nominal, then each of K contributors at its upper and at its lower end."""
    parts = contributors(platform)
    count = 2 * len(parts) + 1
    deviates: dict[str, Floats] = {}
    for k, keys in enumerate(parts.values()):
        ends = np.zeros(count)
        ends[2 * k + 1], ends[2 * k + 2] = 1.0, -1.0
        deviates |= dict.fromkeys(keys, ends)
    return Batch(platform, production(platform, Corner(deviates)))


def cornered(alone: Batch, conditions: Iterable[Condition]) -> Batch:
    """The worst corners of all tolerances for each of the conditions, both signs, from a one-at-a-time batch."""
    signs = np.concatenate([_worst_signs(alone.error(condition)) for condition in conditions])
    parts = contributors(alone.platform)
    corner = {key: signs[:, k] for k, keys in enumerate(parts.values()) for key in keys}
    return Batch(alone.platform, production(alone.platform, Corner(corner)))


def _worst_signs(errors: Floats) -> Floats:
    """Deviates (2, K) that drive the error up and down most, from the errors of a one-at-a-time batch."""
    up = np.where(errors[1::2] >= errors[2::2], 1.0, -1.0)
    return np.stack([up, -up])


def worst(laboratory: Laboratory, cases: Iterable[Case]) -> Worst:
    """The case in which any drawn meter or corner uses most of its limit."""
    found = [
        Worst(
            _largest(laboratory.drawn.error(each.condition)), _largest(laboratory.corners.error(each.condition)), each
        )
        for each in cases
    ]
    return max(found, key=lambda each: each.use)


def _largest(errors: Floats) -> float:
    return float(errors[np.argmax(np.abs(errors))])


def shares(laboratory: Laboratory, condition: Condition) -> dict[str, float]:
    """Contributor -> largest change of the error it makes alone, %, largest first."""
    errors = laboratory.alone.error(condition)
    change = np.abs(errors[1:] - errors[0])
    sizes = np.maximum(change[0::2], change[1::2])
    order = np.argsort(-sizes)
    return {laboratory.contributors[k]: float(sizes[k]) for k in order}


class Yield(NamedTuple):
    """How many of the drawn meters keep every limit, and what that says about the line."""

    good: int
    of: int
    low: float
    high: float


def interval(good: int, of: int) -> Yield:
    """Two-sided 95 % interval of a proportion by Wilson's score, without continuity correction.

    (p + z^2/2n -+ z sqrt(p(1-p)/n + z^2/4n^2)) / (1 + z^2/n), z = 1.959964. Holds for any n, also at p = 0 and 1.
    Source: E. B. Wilson, J. Am. Stat. Assoc. 22 (1927) 209 (recalled).
    """
    z, p = 1.959963984540054, good / of
    middle, spread = p + z * z / (2 * of), z * (p * (1 - p) / of + z * z / (4 * of * of)) ** 0.5
    scale = 1 + z * z / of
    return Yield(good, of, max((middle - spread) / scale, 0.0), min((middle + spread) / scale, 1.0))
