"""How wrong a platform's clock can run: each contribution at a temperature and an age, and their sums."""

from collections.abc import Iterator, Mapping
from itertools import product
from math import ceil, hypot
from typing import NamedTuple, assert_never

from ferraris.hardware.chain.specimen import REFERENCE_C
from ferraris.hardware.physics import crystal
from ferraris.hardware.platform.models import Absent, Clock, Platform
from ferraris.hardware.platform.timekeeping import Crystal, LithiumCell, Supercapacitor, Tcxo, Trim
from ferraris.units import Toleranced

DAILY_S = 0.5
DAILY_S_PER_K = 0.15
"""IEC 62054-21, crystal-controlled time switches: 0.5 s a day at 23 degC, 0.15 s a day and kelvin (both recalled)."""


class Unstated(ValueError):  # noqa: N818 - a gap in the platform, not an error of ours
    """The maker states no accuracy at this temperature."""


class Rate(NamedTuple):
    """Rate error of a clock at one temperature, as contributions to either side, ppm."""

    crystal_c: float
    parts: Mapping[str, float]

    @property
    def worst_s(self) -> float:
        """All contributions on one side, s/day."""
        return crystal.seconds_per_day(sum(self.parts.values()))

    @property
    def likely_s(self) -> float:
        """Contributions as independent ones add up, root of their squared sum, s/day."""
        return crystal.seconds_per_day(hypot(*self.parts.values()))

    @property
    def limit_s(self) -> float:
        """What the standard lets a clock gain or lose in a day at this temperature, s."""
        return DAILY_S + DAILY_S_PER_K * abs(self.crystal_c - REFERENCE_C)

    def __str__(self) -> str:
        """Contributions in words, largest first."""
        order = sorted(self.parts.items(), key=lambda each: -each[1])
        return ", ".join(f"{name} {ppm:.3g} ppm" for name, ppm in order if ppm > 0)


def rate(clock: Clock, crystal_c: float, years: float, swing_v: float) -> Rate:
    """Contributions at a temperature of the crystal after some years; raises `Unstated`.

    swing_v  between the highest and the lowest supply that the clock sees, V
    """
    first, life = clock.ageing_first_year_ppm, clock.ageing_life_ppm
    aged = crystal.ageing_ppm(first, years) if life is None else life * years / clock.life_years
    shared = {"supply": abs(clock.supply_sensitivity_ppm_per_v) * swing_v, "ageing": aged}
    return Rate(crystal_c, _own(clock, crystal_c) | shared)


def _own(clock: Clock, crystal_c: float) -> dict[str, float]:
    match clock:
        case Crystal():
            return _crystal(clock, crystal_c)
        case Tcxo():
            return _module(clock, crystal_c)
    assert_never(clock)


def _crystal(clock: Crystal, crystal_c: float) -> dict[str, float]:
    if clock.trim is None:
        temperature = max(abs(crystal.parabola_ppm(*corner, crystal_c)) for corner in corners(clock))
        return {"temperature": temperature, "cut": clock.tolerance_ppm, "load": pulling_ppm(clock)}
    return {
        "temperature": _since_trimming(clock, clock.trim, crystal_c),
        "trimming": clock.trim.step_ppm / 2.0,
    }


def _module(clock: Tcxo, crystal_c: float) -> dict[str, float]:
    """An offset register takes the shift by soldering off, down to half its step."""
    stated = {"accuracy": _stated(clock, crystal_c)}
    if clock.trim_step_ppm is None:
        return stated | {"soldering": clock.soldering_ppm}
    return stated | {"trimming": clock.trim_step_ppm / 2.0}


def _stated(clock: Tcxo, crystal_c: float) -> float:
    stated = [ppm for where, ppm in clock.accuracy if where.low <= crystal_c <= where.high]
    if not stated:
        raise Unstated(f"clock: its maker states no accuracy at {crystal_c:g} °C")
    return min(stated)


def _ends(value: Toleranced) -> tuple[float, float]:
    return value.nominal - value.tolerance, value.nominal + value.tolerance


def corners(clock: Crystal) -> Iterator[tuple[float, float]]:
    """The four extreme parabolas, as (k, T0): the error is linear in k, and since trimming also in T0."""
    return product(_ends(clock.parabola_ppm_per_k2), _ends(clock.turnover_c))


def pulling_ppm(clock: Crystal) -> float:
    """Largest deviation by the load, all of its tolerances at their ends, ppm."""
    loads = (crystal.load_f(*pair) for pair in product(_ends(clock.capacitor_f), _ends(clock.stray_f)))
    return max(abs(crystal.pulling_ppm(clock.motional_f, clock.shunt_f, load, clock.load_f)) for load in loads)


def _since_trimming(clock: Crystal, trim: Trim, crystal_c: float) -> float:
    """Largest rate that temperature adds after trimming and compensation, over the corners and the sensor's error."""
    error_k = trim.sensor_error_k or 0.0
    left = (
        crystal.since_trimming_ppm(*corner, crystal_c, trim.temperature_c)
        - _correction(clock, trim, corner, crystal_c + shown_k)
        for corner in corners(clock)
        for shown_k in (-error_k, 0.0, error_k)
    )
    return max(map(abs, left))


def _correction(clock: Crystal, trim: Trim, corner: tuple[float, float], shown_c: float) -> float:
    """What the firmware takes off at the temperature its sensor shows."""
    match trim.compensation:
        case "none":
            return 0.0
        case "nominal":
            nominal = clock.parabola_ppm_per_k2.nominal, clock.turnover_c.nominal
            return crystal.since_trimming_ppm(*nominal, shown_c, trim.temperature_c)
        case "individual":
            return crystal.since_trimming_ppm(*corner, shown_c, trim.temperature_c)
    assert_never(trim.compensation)


def correction_ppm(clock: Crystal, trim: Trim, temperatures: tuple[float, ...]) -> float:
    """Largest correction that trimming and compensation together can ask of the register, ppm."""
    reached = (trim.temperature_c,) if trim.compensation == "none" else (*temperatures, trim.temperature_c)
    bend = max(abs(crystal.parabola_ppm(*corner, each)) for corner in corners(clock) for each in reached)
    return clock.tolerance_ppm + pulling_ppm(clock) + bend


def swing_v(platform: Platform, clock: Clock) -> float:
    """Between the highest and the lowest supply, V; the mains rail is taken to stand where a full store does."""
    match platform.backup:
        case Supercapacitor() | LithiumCell() as store:
            return max(store_voltage(store) - store.minimum_v, 0.0)
        case Absent() | None:
            return clock.supply_v.high - clock.supply_v.low
    assert_never(platform.backup)


def store_voltage(store: Supercapacitor | LithiumCell) -> float:
    """Highest voltage of a full store, V."""
    match store:
        case Supercapacitor():
            return store.charged_v.nominal + store.charged_v.tolerance
        case LithiumCell():
            return store.open_v
    assert_never(store)


def temperatures(platform: Platform) -> tuple[float, ...]:
    """Temperatures of the clock in service, every kelvin: the operating range, and inside the case at Imax."""
    low, high = platform.meter.temperature.low, platform.meter.temperature.high + platform.meter.enclosure_rise_k
    return (low, *(float(each) for each in range(ceil(low), ceil(high))), high)
