"""The store that carries the clock, as it stands: how long it still lasts, what an outage leaves, how it recovers.

A store is built with drawn tolerances at an age; its reserve is a voltage or a charge, made anew at the ends of outages
only. Laws are those of `backup`, with which item 3.2 judges the same store at its worst.
"""

from dataclasses import dataclass
from math import exp, expm1
from typing import TypeAlias, assert_never

from ferraris.hardware.draws import Corner, Deviates, Draw
from ferraris.hardware.physics import backup
from ferraris.hardware.platform.models import Absent, Clock, Platform
from ferraris.hardware.platform.timekeeping import LithiumCell, Supercapacitor

STATED_C = 20.0
"""Temperature at which makers state leakage and self-discharge, degC."""
SECONDS_PER_HOUR = 3600.0
WORST = Corner({"backup.capacitance": -1.0, "backup.voltage": -1.0, "clock.backup_current": 1.0})
"""The corner that ends first."""


@dataclass(frozen=True)
class Capacitor:
    """One double-layer capacitor at an age.

    capacitance_f  F; leakage_siemens at 20 degC, S, twice as much every leakage_doubling_k
    full_v         to which it is charged, V; last_v where the clock ends, diode and series resistance above it, V
    load_a         of the clock and what hangs beside it, A
    recharge_s     time constant of charging, s
    """

    capacitance_f: float
    leakage_siemens: float
    leakage_doubling_k: float
    full_v: float
    last_v: float
    load_a: float
    recharge_s: float


@dataclass(frozen=True)
class Cell:
    """One lithium cell at an age.

    full_ah        what can still be drawn, Ah
    loss_per_year  share of what is left that goes in a year at 20 degC, twice as much every loss_doubling_k
    open_v         voltage without load, V
    load_a         of the clock and what hangs beside it, A
    """

    full_ah: float
    loss_per_year: float
    loss_doubling_k: float
    open_v: float
    load_a: float


Store: TypeAlias = Capacitor | Cell


@dataclass(frozen=True)
class Reserve:
    """What a store holds: V of a capacitor, Ah of a cell; `lost` once it has run out, until somebody sets the clock."""

    holds: float
    lost: bool = False


def manufacture_store(platform: Platform, draw: Draw, years: float = 0.0) -> Store | None:
    """Build the store of one meter with the tolerances that `draw` supplies, after so many years in service.

    None for a platform without a store or without a clock. A cell has by then given what its `unpowered_share` says.
    """
    clock, table = platform.clock, platform.backup
    if clock is None or table is None or isinstance(table, Absent):
        return None
    z = Deviates(draw)
    load_a = clock.backup_a.nominal + float(z("clock.backup_current")) * clock.backup_a.tolerance + table.other_a
    match table:
        case Supercapacitor():
            return _capacitor(table, load_a, z, years)
        case LithiumCell():
            return _cell(table, clock, load_a, years)
    assert_never(table)


def full(store: Store) -> Reserve:
    """A store that has been on the mains for long."""
    match store:
        case Capacitor():
            return Reserve(store.full_v)
        case Cell():
            return Reserve(store.full_ah)
    assert_never(store)


def time_left_s(store: Store, reserve: Reserve, air_c: float) -> float:
    """Time until the clock is lost if the mains fail now and stay away, s; zero if it is lost already."""
    if reserve.lost:
        return 0.0
    match store:
        case Capacitor():
            leak = _leak(store, air_c)
            return backup.hold_up_s(store.capacitance_f, reserve.holds, store.last_v, store.load_a, leak)
        case Cell():
            years = backup.cell_years(reserve.holds, store.load_a, _loss(store, air_c))
            return years * backup.HOURS_PER_YEAR * SECONDS_PER_HOUR
    assert_never(store)


def after_outage(store: Store, reserve: Reserve, outage_s: float, air_c: float) -> Reserve:
    """What is left after so long without mains; `lost` if that was longer than it lasts.

    Two outages without a recharge between them are one of both lengths.
    """
    lost = outage_s >= time_left_s(store, reserve, air_c)
    match store:
        case Capacitor():
            return Reserve(_discharged_v(store, reserve.holds, outage_s, air_c), lost)
        case Cell():
            years = outage_s / SECONDS_PER_HOUR / backup.HOURS_PER_YEAR
            return Reserve(backup.cell_left_ah(reserve.holds, store.load_a, _loss(store, air_c), years), lost)
    assert_never(store)


def recharged(store: Store, reserve: Reserve, mains_s: float) -> Reserve:
    """The reserve after so long on the mains: U = Uf - (Uf - U0) e^(-t/T). A primary cell is not charged.

    Source: charging through a resistance. That the clock was lost stays so: a full store does not know the time.
    """
    match store:
        case Capacitor():
            missing_v = (store.full_v - reserve.holds) * exp(-mains_s / store.recharge_s)
            return Reserve(store.full_v - missing_v, reserve.lost)
        case Cell():
            return reserve
    assert_never(store)


def store_v(store: Store, reserve: Reserve) -> float:
    """Voltage of the store, V; a lithium cell keeps its own to the end."""
    match store:
        case Capacitor():
            return reserve.holds
        case Cell():
            return 0.0 if reserve.holds <= 0.0 else store.open_v
    assert_never(store)


def _discharged_v(store: Capacitor, volts: float, seconds: float, air_c: float) -> float:
    """U = U0 - (I/C t) (1 - e^-x)/x - U0 (1 - e^-x) with x = G t/C: the same equation as `backup.hold_up_s`.

    Below zero it is zero. The clock goes on drawing its current after it has lost the time, as long as there is any.
    """
    x = _leak(store, air_c) * seconds / store.capacitance_f
    share = -expm1(-x)
    drawn_v = store.load_a * seconds / store.capacitance_f * (share / x if x > 0.0 else 1.0)
    return max(volts - drawn_v - volts * share, 0.0)


def _leak(store: Capacitor, air_c: float) -> float:
    return store.leakage_siemens * backup.doublings(air_c - STATED_C, store.leakage_doubling_k)


def _loss(store: Cell, air_c: float) -> float:
    return store.loss_per_year * backup.doublings(air_c - STATED_C, store.loss_doubling_k)


# ------------------------------------------------------------------------------------------------ manufacture


def _capacitor(table: Supercapacitor, load_a: float, z: Deviates, years: float) -> Capacitor:
    """Wear goes by the highest voltage it is charged to, as item 3.2 takes it."""
    below_v = table.rated_v - (table.charged_v.nominal + table.charged_v.tolerance)
    warmer_k = table.service_c - table.rated_life_c
    life_s = backup.capacitor_life_s(table.rated_life_s, warmer_k, below_v, table.life_doubling_v)
    used = years * backup.HOURS_PER_YEAR * SECONDS_PER_HOUR / life_s
    new_f = table.capacitance_f.nominal + float(z("backup.capacitance")) * table.capacitance_f.tolerance
    leakage = backup.leakage_siemens(table.leakage_a, table.rated_v, table.charged_s, table.leakage_decay)
    esr_ohm = backup.worn(table.esr_ohm, table.worn_esr, used)
    return Capacitor(
        capacitance_f=backup.worn(new_f, 1.0 - table.worn_capacitance, used),
        leakage_siemens=backup.worn(leakage, table.worn_leakage, used),
        leakage_doubling_k=table.leakage_doubling_k,
        full_v=table.charged_v.nominal + float(z("backup.voltage")) * table.charged_v.tolerance,
        last_v=table.minimum_v + table.diode_drop_v + load_a * esr_ohm,
        load_a=load_a,
        recharge_s=table.recharge_s,
    )


def _cell(table: LithiumCell, clock: Clock, load_a: float, years: float) -> Cell:
    """What it has given so far is reckoned with the most that the clock draws, as item 3.2 takes it."""
    most_a = clock.backup_a.nominal + clock.backup_a.tolerance + table.other_a
    rate = table.self_discharge_per_year
    served = rate * backup.doublings(table.service_c - STATED_C, table.self_discharge_doubling_k)
    usable_ah = table.capacity_ah * table.usable_share
    return Cell(
        full_ah=backup.cell_left_ah(usable_ah, most_a * table.unpowered_share, served, years),
        loss_per_year=rate,
        loss_doubling_k=table.self_discharge_doubling_k,
        open_v=table.open_v,
        load_a=load_a,
    )
