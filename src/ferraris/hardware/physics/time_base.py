"""A specimen of the clock: what runs its counter, with every tolerance drawn once, and the register that trims it.

Laws are those of `crystal`; item 3.1 of the checklist adds up the same contributions at their worst. Rates are
relative, positive runs fast.
"""

from dataclasses import dataclass, replace
from math import inf
from typing import NamedTuple, TypeAlias, assert_never

from ferraris.hardware.draws import Deviates, Draw, Ideal
from ferraris.hardware.physics import crystal
from ferraris.hardware.platform.models import Absent, Clock, Platform
from ferraris.hardware.platform.timekeeping import Crystal, LithiumCell, Supercapacitor, Tcxo, Trim
from ferraris.units import Range, Toleranced

PPB_PER_PPM = 1000.0
TRIMMED_C = 23.0
"""Temperature at which the shift of a module by soldering is measured, degC; the platform has no key for it."""


class Parabola(NamedTuple):
    """A tuning-fork crystal's own k, ppm/K^2, and T0, degC."""

    k_ppm_per_k2: float
    turnover_c: float


class Stated(NamedTuple):
    """A module that is off by the same share, -1 to 1, of what its maker states for each range of temperature, ppm."""

    accuracy: tuple[tuple[Range, float], ...]
    share: float


Temperature: TypeAlias = Parabola | Stated


class Register(NamedTuple):
    """What adds and drops cycles: its step and its range to either side, ppm; a step of 0 is infinitely fine."""

    step_ppm: float
    range_ppm: float


class Ageing(NamedTuple):
    """Change of rate: in the first year, or in the whole life where the maker states that, ppm, either sign."""

    first_year_ppm: float
    life_ppm: float | None
    life_years: float


@dataclass(frozen=True)
class TimeBase:
    """One manufactured clock.

    temperature      how the rate follows the temperature of the crystal
    fixed_ppm        cut and pulling of a crystal, shift of a module by soldering
    supply_ppm_per_v change of rate per volt
    rail_v           supply on the mains, at which the line measures and makers state, V
    ageing           change over the years
    thermometer_k    how much too high the thermometer shows that compensation goes by, K
    trimmed_c        temperature at which the line measures it, degC
    register         None where nothing can be trimmed
    """

    temperature: Temperature
    fixed_ppm: float
    supply_ppm_per_v: float
    rail_v: float
    ageing: Ageing
    thermometer_k: float = 0.0
    trimmed_c: float = TRIMMED_C
    register: Register | None = None


def manufacture_time_base(platform: Platform, draw: Draw) -> TimeBase | None:
    """Build the clock of one meter with the tolerances that `draw` supplies; None for a platform without one.

    The draw is that of a single meter: a `Seed` without count, corners that are numbers.
    """
    if platform.clock is None:
        return None
    base = _made(platform, platform.clock, Deviates(draw))
    return _ideal(base) if isinstance(draw, Ideal) else base


def drift_ppb(base: TimeBase, crystal_c: float, supply_v: float, years: float, trim_ppb: int) -> int:
    """How fast the clock runs, parts per 10^9, rounded to a whole one.

    crystal_c  temperature of the crystal, degC
    supply_v   at the clock, V
    years      since it was made
    trim_ppb   what the register is asked for; it goes to its nearest step and not beyond its range
    """
    return round(_natural_ppm(base, crystal_c, supply_v, years) * PPB_PER_PPM + trimmed_ppb(base.register, trim_ppb))


def trimmed_ppb(register: Register | None, asked_ppb: int) -> float:
    """What the register makes of a request, parts per 10^9: fixed and temperature parts are in it and saturate as one.

    Source: TI SLAU367P, real-time clock of the MSP430 (seen): offset and temperature correction add up and stop at the
    end of the range. Nothing where there is no register.
    """
    if register is None:
        return 0.0
    most = register.range_ppm * PPB_PER_PPM
    if register.step_ppm == 0.0:
        return min(max(float(asked_ppb), -most), most)
    step = register.step_ppm * PPB_PER_PPM
    reach = most // step if most < inf else inf
    return min(max(round(asked_ppb / step), -reach), reach) * step


def production_trim_ppb(base: TimeBase) -> int:
    """What the line programs, parts per 10^9: the rate that it measures at its own temperature, taken off.

    Not rounded to the register's step: temperature's part is added later, and the register rounds the sum once. Of a
    module it takes the shift by soldering off alone, as item 3.1 does. Nothing where there is no register.
    """
    if base.register is None:
        return 0
    match base.temperature:
        case Parabola():
            measured = _natural_ppm(base, base.trimmed_c, base.rail_v, 0.0)
        case Stated():
            measured = base.fixed_ppm
        case _ as never:
            assert_never(never)
    return -round(measured * PPB_PER_PPM)


def shown_c(base: TimeBase, crystal_c: float) -> float:
    """What the thermometer that compensation goes by shows, degC."""
    return crystal_c + base.thermometer_k


def rail_v(platform: Platform, clock: Clock) -> float:
    """Supply of the clock on the mains, V: that of a full store, else the most it bears (as item 3.1 has it)."""
    match platform.backup:
        case Supercapacitor() as store:
            return store.charged_v.nominal + store.charged_v.tolerance
        case LithiumCell() as store:
            return store.open_v
        case Absent() | None:
            return clock.supply_v.high
    assert_never(platform.backup)


# ------------------------------------------------------------------------------------------------ rate


def _natural_ppm(base: TimeBase, crystal_c: float, supply_v: float, years: float) -> float:
    supply = base.supply_ppm_per_v * (supply_v - base.rail_v)
    return _temperature_ppm(base.temperature, crystal_c) + base.fixed_ppm + supply + _aged_ppm(base.ageing, years)


def _temperature_ppm(temperature: Temperature, crystal_c: float) -> float:
    match temperature:
        case Parabola(k, turnover_c):
            return crystal.parabola_ppm(k, turnover_c, crystal_c)
        case Stated(accuracy, share):
            return share * stated_ppm(accuracy, crystal_c)
    assert_never(temperature)


def stated_ppm(accuracy: tuple[tuple[Range, float], ...], crystal_c: float) -> float:
    """The maker's accuracy in the narrowest range that holds a temperature, ppm; outside all of them the coarsest."""
    holds = [ppm for where, ppm in accuracy if where.low <= crystal_c <= where.high]
    return min(holds) if holds else max(ppm for _, ppm in accuracy)


def _aged_ppm(ageing: Ageing, years: float) -> float:
    if ageing.life_ppm is None:
        return crystal.ageing_ppm(ageing.first_year_ppm, years)
    return ageing.life_ppm * years / ageing.life_years


# ------------------------------------------------------------------------------------------------ manufacture


def _made(platform: Platform, clock: Clock, z: Deviates) -> TimeBase:
    match clock:
        case Crystal():
            return _crystal(platform, clock, z)
        case Tcxo():
            return _module(platform, clock, z)
    assert_never(clock)


def _crystal(platform: Platform, clock: Crystal, z: Deviates) -> TimeBase:
    load = crystal.load_f(
        _drawn(z, "clock.capacitors", clock.capacitor_f),
        _drawn(z, "clock.stray", clock.stray_f),
    )
    pulled = crystal.pulling_ppm(clock.motional_f, clock.shunt_f, load, clock.load_f)
    parabola = Parabola(
        _drawn(z, "clock.parabola", clock.parabola_ppm_per_k2),
        _drawn(z, "clock.turnover", clock.turnover_c),
    )
    base = TimeBase(
        temperature=parabola,
        fixed_ppm=_spread(z, "clock.tolerance", clock.tolerance_ppm) + pulled,
        supply_ppm_per_v=clock.supply_sensitivity_ppm_per_v,
        rail_v=rail_v(platform, clock),
        ageing=_ageing(clock, z),
    )
    return base if clock.trim is None else _trimmable(base, clock.trim, z)


def _trimmable(base: TimeBase, trim: Trim, z: Deviates) -> TimeBase:
    return replace(
        base,
        thermometer_k=_spread(z, "clock.trim.sensor_error", trim.sensor_error_k or 0.0),
        trimmed_c=trim.temperature_c,
        register=Register(trim.step_ppm, trim.range_ppm),
    )


def _module(platform: Platform, clock: Tcxo, z: Deviates) -> TimeBase:
    step = clock.trim_step_ppm
    return TimeBase(
        temperature=Stated(clock.accuracy, _spread(z, "clock.accuracy", 1.0)),
        fixed_ppm=_spread(z, "clock.soldering", clock.soldering_ppm),
        supply_ppm_per_v=clock.supply_sensitivity_ppm_per_v,
        rail_v=rail_v(platform, clock),
        ageing=_ageing(clock, z),
        # No key tells the range of a module's register: it reaches what it is there for, and a step more.
        register=None if step is None else Register(step, clock.soldering_ppm + step),
    )


def _ageing(clock: Clock, z: Deviates) -> Ageing:
    """One deviate for both figures: they are of one process."""
    first = _spread(z, "clock.ageing", clock.ageing_first_year_ppm)
    life = None if clock.ageing_life_ppm is None else _spread(z, "clock.ageing", clock.ageing_life_ppm)
    return Ageing(first, life, clock.life_years)


def _drawn(z: Deviates, name: str, value: Toleranced) -> float:
    return value.nominal + _spread(z, name, value.tolerance)


def _spread(z: Deviates, name: str, tolerance: float) -> float:
    return float(z(name)) * tolerance


def _ideal(base: TimeBase) -> TimeBase:
    """The same clock without any error."""
    return replace(
        base,
        temperature=Parabola(0.0, base.trimmed_c),
        fixed_ppm=0.0,
        supply_ppm_per_v=0.0,
        ageing=Ageing(0.0, None, base.ageing.life_years),
        thermometer_k=0.0,
    )
