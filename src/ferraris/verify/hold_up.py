"""How long a platform's store carries the clock: new and worn, hot and cold, every tolerance on its bad side."""

from typing import NamedTuple, assert_never

from ferraris.hardware.physics import backup
from ferraris.hardware.platform.models import Clock
from ferraris.hardware.platform.timekeeping import LithiumCell, Supercapacitor

HOUR_S = 3600.0
STATED_C = 20.0
"""Temperature at which makers state leakage and self-discharge."""


class State(NamedTuple):
    """Age of the store and temperature of the outage."""

    years: float
    air_c: float


def load_a(clock: Clock, store: Supercapacitor | LithiumCell) -> float:
    """What is drawn during an outage, at most, A."""
    return clock.backup_a.nominal + clock.backup_a.tolerance + store.other_a


def hours(clock: Clock, store: Supercapacitor | LithiumCell, state: State) -> float:
    """Time from mains to the end of the clock, h."""
    load = load_a(clock, store)
    match store:
        case Supercapacitor():
            return capacitor_hours(store, load, state)
        case LithiumCell():
            left_ah = backup.cell_left_ah(
                usable_ah(store), mean_a(store, load), loss(store, store.service_c), state.years
            )
            return backup.cell_years(left_ah, load, loss(store, state.air_c)) * backup.HOURS_PER_YEAR
    assert_never(store)


def life_years(clock: Clock, store: Supercapacitor | LithiumCell) -> float:
    """Years until the capacitor is worn out, or the cell cannot carry the outage or outlives its maker's time."""
    match store:
        case Supercapacitor():
            return capacitor_life_years(store)
        case LithiumCell():
            load = load_a(clock, store)
            reserve_ah = load * store.hold_up_s / HOUR_S
            drawn = backup.cell_years(usable_ah(store), mean_a(store, load), loss(store, store.service_c), reserve_ah)
            return min(drawn, store.stated_life_years)
    assert_never(store)


# ------------------------------------------------------------------------------------------------ capacitor


def capacitor_life_years(store: Supercapacitor) -> float:
    """Life at the service temperature and the highest voltage it is charged to."""
    lower_v = store.rated_v - (store.charged_v.nominal + store.charged_v.tolerance)
    warmer_k = store.service_c - store.rated_life_c
    life_s = backup.capacitor_life_s(store.rated_life_s, warmer_k, lower_v, store.life_doubling_v)
    return life_s / HOUR_S / backup.HOURS_PER_YEAR


def capacitor_hours(store: Supercapacitor, load: float, state: State) -> float:
    """Time a capacitor carries the load; it starts from its own voltage and ends that of clock, diode and ESR above."""
    used = state.years / capacitor_life_years(store)
    new_f = store.capacitance_f.nominal - store.capacitance_f.tolerance
    fresh_siemens = backup.leakage_siemens(store.leakage_a, store.rated_v, store.charged_s, store.leakage_decay)
    capacitance_f = backup.worn(new_f, 1.0 - store.worn_capacitance, used)
    esr_ohm = backup.worn(store.esr_ohm, store.worn_esr, used)
    siemens = backup.worn(fresh_siemens, store.worn_leakage, used)
    siemens *= backup.doublings(state.air_c - STATED_C, store.leakage_doubling_k)
    first_v = store.charged_v.nominal - store.charged_v.tolerance
    last_v = store.minimum_v + store.diode_drop_v + load * esr_ohm
    return backup.hold_up_s(capacitance_f, first_v, last_v, load, siemens) / HOUR_S


# ------------------------------------------------------------------------------------------------ cell


def usable_ah(store: LithiumCell) -> float:
    """What can be drawn from a new cell, Ah."""
    return store.capacity_ah * store.usable_share


def mean_a(store: LithiumCell, load: float) -> float:
    """Current averaged over its life: it is drawn only while there is no mains."""
    return load * store.unpowered_share


def loss(store: LithiumCell, air_c: float) -> float:
    """Share of what is left that goes by itself in a year at this temperature."""
    return store.self_discharge_per_year * backup.doublings(air_c - STATED_C, store.self_discharge_doubling_k)


def cell_at_clock_v(store: LithiumCell, load: float) -> float:
    """Voltage that reaches the clock as the mains fail, through the cell's film and the diode, V."""
    return backup.cell_v(store.open_v, load, store.passivation_ohm) - store.diode_drop_v
