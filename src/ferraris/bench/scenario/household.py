"""The loads of a scenario as the world wants them: their powers at one moment, and when these change next.

The power of a load is its stated power, times the factor of the hour of the local day, times one plus its wandering.
The wandering is a pure function of seed, name and quarter of an hour (a moving average of hashed draws), so that it is
the same however the time is cut.
"""

import hashlib
from collections.abc import Mapping, Sequence
from functools import lru_cache
from math import sqrt

from ferraris.bench.scenario.models import AnyLoad, ConstantLoad, MotorLoad, PvLoad, RectifierLoad, ResistiveLoad
from ferraris.bench.scenario.timeline import MS_NS, NS
from ferraris.bench.scenario.zone import Zone, local
from ferraris.hardware.platform.models import Platform
from ferraris.hardware.world.loads import Cycled, Load, Motor, PvExport, Rectifier, Resistive, at_power_factor
from ferraris.hardware.world.source import Source, single_phase, three_phase
from ferraris.hardware.world.world import Grid

STEP_S = 900
"""Step of the wandering, s."""
MEMORY = 24
"""Draws that one step of the wandering remembers: six hours."""
FADING = 0.8
"""Weight of a draw against the one after it."""
_WEIGHTS = tuple(FADING**k for k in range(MEMORY))
_SPREAD = sqrt(sum(weight * weight for weight in _WEIGHTS) / 3.0)
"""Standard deviation of the weighted sum: one draw is even in -1 to 1, so its variance is 1/3."""


@lru_cache(maxsize=4096)
def _draw(seed: int, name: str, step: int) -> float:
    digest = hashlib.sha256(f"wander {seed} {name} {step}".encode()).digest()
    return int.from_bytes(digest[:7], "big") / 2**55 - 1.0


@lru_cache(maxsize=4096)
def wandering(seed: int, name: str, step: int) -> float:
    """How far a load has wandered in a step, in standard deviations, at most two."""
    total = sum(weight * _draw(seed, name, step - k) for k, weight in enumerate(_WEIGHTS))
    return max(-2.0, min(2.0, total / _SPREAD))


def factor(load: AnyLoad, zone: Zone, seed: int, utc_s: int) -> float:
    """What multiplies a load's stated power at an instant; never below zero."""
    hourly = 1.0 if load.hours is None else load.hours[local(zone, utc_s).hour]
    wander = load.wander * wandering(seed, load.name, utc_s // STEP_S) if load.wander else 0.0
    return hourly * max(0.0, 1.0 + wander)


def next_change_s(loads: Sequence[AnyLoad], utc_s: int) -> int | None:
    """The first instant after this one at which a factor may change; None if none ever does."""
    steps = any(load.wander or load.hours is not None for load in loads)
    return (utc_s // STEP_S + 1) * STEP_S if steps else None  # every zone's hours begin on a quarter of an hour


def source(platform: Platform, share: float = 1.0) -> Source:
    """The grid in front of the meter, at a share of its nominal voltage."""
    make = single_phase if platform.elements == 1 else three_phase
    nominal = make(platform.meter.un_v, platform.meter.frequency_hz)
    voltages = tuple(share * volts for volts in nominal.voltages_v)
    return Source(voltages, nominal.angles_deg, nominal.frequency_hz, nominal.harmonics, nominal.nominal_v)


def grid(
    platform: Platform, loads: Sequence[AnyLoad], powers_w: Mapping[str, float], factors: Sequence[float], share: float
) -> Grid:
    """Source and loads; `powers_w` by the loads' names, `factors` in the order of the loads."""
    made = (
        _load(load, _per_phase(load, powers_w[load.name] * times, platform.elements))
        for load, times in zip(loads, factors, strict=True)
    )
    return Grid(source(platform, share), tuple(made))


def _per_phase(load: AnyLoad, power_w: float, phases: int) -> tuple[float, ...]:
    if load.phase is None:
        return (power_w / phases,) * phases
    return tuple(power_w if k + 1 == load.phase else 0.0 for k in range(phases))


def _load(load: AnyLoad, power_w: tuple[float, ...]) -> Load:
    plain = _plain(load, power_w)
    if load.period_s is None or load.on_s is None:
        return plain
    return Cycled(plain, load.period_s, load.on_s, load.first_s)


def _plain(load: AnyLoad, power_w: tuple[float, ...]) -> Load:
    match load:
        case ResistiveLoad():
            return Resistive(power_w)
        case ConstantLoad():
            return at_power_factor(power_w, load.power_factor)
        case MotorLoad():
            return Motor(power_w, load.power_factor, load.inrush if load.period_s else 1.0)
        case RectifierLoad():
            return Rectifier(power_w)
        case PvLoad():
            return PvExport(power_w, load.power_factor)


def next_change_ns(loads: Sequence[AnyLoad], start_ms: int, now_ns: int) -> int | None:
    """The same as a moment of the scenario, ns after its start."""
    found = next_change_s(loads, (start_ms + now_ns // MS_NS) // 1000)
    return None if found is None else found * NS - start_ms * MS_NS


def source_grid(platform: Platform) -> Grid:
    """The grid without any load."""
    return Grid(source(platform))
