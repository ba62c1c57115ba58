"""A power supply as the mains fail: the energy of its bulk capacitor, its alarm, its death and its return.

The bench asks for the next crossing and jumps there. Energy is counted in femtojoules, which are microwatts times
nanoseconds: whole numbers, so that nothing is rounded however time is cut. A state is made anew only where something
changes, never because somebody looked.
"""

from dataclasses import dataclass, replace
from math import ceil, floor, sqrt
from typing import Literal, NamedTuple, TypeAlias

from ferraris.hardware.draws import Corner, Deviates, Draw
from ferraris.hardware.physics.backup import worn
from ferraris.hardware.platform.models import Nvm, Platform
from ferraris.hardware.platform.supply import Supply

FJ_PER_J = 1e15
UW_PER_W = 1e6
NS_PER_S = 1e9
STATED_C = 20.0
"""Temperature at which makers state capacitance, degC."""
WORST = Corner({"supply.bulk": -1.0, "supply.voltage": -1.0})
"""The corner with the least energy."""

Kind: TypeAlias = Literal["alarm", "dead", "recovered", "restart"]


@dataclass(frozen=True)
class PowerSupply:
    """One manufactured supply at an age and a temperature. Energies count from the voltage of dropping out.

    capacitance_f  bulk, F
    minimum_v      at which the regulators drop out, V
    full_fj        energy of the full bulk; restart_fj that at the restart voltage
    load_uw        taken from the bulk while running; failing_uw after the alarm; both at least 1
    recharge_uw    surplus of the mains
    detect_ns      from the failure of the mains to the alarm
    boot_ns        from leaving reset to the first measurement
    dropout        share of Un below which the mains do not feed; pickup from which they do again
    efficiency     of the regulators
    """

    capacitance_f: float
    minimum_v: float
    full_fj: int
    restart_fj: int
    load_uw: int
    failing_uw: int
    recharge_uw: int
    detect_ns: int
    boot_ns: int
    dropout: float
    pickup: float
    efficiency: float


@dataclass(frozen=True)
class SupplyState:
    """How a supply stood at `since_ns`; from there it goes on by itself until the mains change or it crosses something.

    energy_fj   of the bulk then
    fed         whether the mains feed it, and changed_ns since when they do or do not
    alarm       level of the power-fail pin
    running     False from dropping out until the restart
    """

    since_ns: int
    energy_fj: int
    changed_ns: int
    fed: bool = True
    alarm: bool = False
    running: bool = True


class Crossing(NamedTuple):
    """Something that will happen if the mains stay as they are."""

    t_ns: int
    kind: Kind


# ------------------------------------------------------------------------------------------------ laws


def bulk_j(capacitance_f: float, volts: float, minimum_v: float) -> float:
    """Energy that a capacitor gives from one voltage down to another: C/2 (U1^2 - U2^2), J; not below zero.

    Source: energy of a charged capacitor. Under constant power, which switching regulators take, U^2 falls linearly.
    """
    return max(capacitance_f / 2.0 * (volts * volts - minimum_v * minimum_v), 0.0)


def cold_f(capacitance_f: float, loss: float, air_c: float, coldest_c: float) -> float:
    """Capacitance of an aluminium electrolytic in the cold, F: a straight line from 20 degC to its loss at the coldest.

    Source: makers' curves fall slowly and then faster, so this understates it in between (recalled, unverified).
    """
    if air_c >= STATED_C or coldest_c >= STATED_C:
        return capacitance_f
    return capacitance_f * (1.0 - loss * min((STATED_C - air_c) / (STATED_C - coldest_c), 1.0))


def power_supply(platform: Platform, draw: Draw, years: float = 0.0, air_c: float = STATED_C) -> PowerSupply | None:
    """Build the supply of one meter at an age and a temperature; None for a platform without a table [supply]."""
    if platform.supply is None:
        return None
    table, z = platform.supply, Deviates(draw)
    new_f = table.bulk_f.nominal + float(z("supply.bulk")) * table.bulk_f.tolerance
    aged_f = worn(new_f, 1.0 - table.worn, years / table.life_years)
    full_v = table.full_v.nominal + float(z("supply.voltage")) * table.full_v.tolerance
    return _supply(table, cold_f(aged_f, table.cold_loss, air_c, platform.meter.temperature.low), full_v)


def _supply(table: Supply, capacitance_f: float, full_v: float) -> PowerSupply:
    full_fj = floor(bulk_j(capacitance_f, full_v, table.minimum_v) * FJ_PER_J)
    restart_fj = floor(bulk_j(capacitance_f, table.restart_v, table.minimum_v) * FJ_PER_J)
    return PowerSupply(
        capacitance_f=capacitance_f,
        minimum_v=table.minimum_v,
        full_fj=full_fj,
        restart_fj=min(restart_fj, full_fj),
        load_uw=ceil(table.load_w / table.efficiency * UW_PER_W),
        failing_uw=ceil(table.failing_load_w / table.efficiency * UW_PER_W),
        recharge_uw=ceil(table.recharge_w * UW_PER_W),
        detect_ns=round(table.detect_s * NS_PER_S),
        boot_ns=round(table.boot_s * NS_PER_S),
        dropout=table.dropout,
        pickup=table.pickup,
        efficiency=table.efficiency,
    )


# ------------------------------------------------------------------------------------------------ the machine


def switched_on(supply: PowerSupply, t_ns: int) -> SupplyState:
    """A supply that has been on the mains for long: full, running, no alarm."""
    return SupplyState(t_ns, supply.full_fj, t_ns)


def fed(supply: PowerSupply, state: SupplyState, t_ns: int, share_of_un: float) -> SupplyState:
    """The state when the mains stand at so much of Un from `t_ns` on; what was crossed until then has happened.

    Where that changes nothing the same state comes back. Between dropout and pickup the mains do what they did before.
    """
    state = settled(supply, state, t_ns)
    feeding = share_of_un >= (supply.dropout if state.fed else supply.pickup)
    if feeding == state.fed:
        return state
    return replace(_at(supply, state, t_ns), fed=feeding, changed_ns=t_ns)


def settled(supply: PowerSupply, state: SupplyState, t_ns: int) -> SupplyState:
    """The state after everything that is crossed until `t_ns`, that instant included."""
    while (crossing := next_crossing(supply, state)) is not None and crossing.t_ns <= t_ns:
        state = crossed(supply, state, crossing)
    return state


def next_crossing(supply: PowerSupply, state: SupplyState) -> Crossing | None:
    """What happens next if the mains stay as they are; None if nothing.

    alarm      the mains have not fed for `detect`
    dead       the regulators drop out; without an alarm before it where the bulk was too small or too empty
    recovered  the mains have fed for `detect` and the bulk is at its restart voltage: the alarm is taken back
    restart    the bulk of a dead meter is at its restart voltage
    """
    if state.fed and state.running and not state.alarm:
        return None  # nearly always
    return min(_ahead(supply, state), default=None)


def crossed(supply: PowerSupply, state: SupplyState, crossing: Crossing) -> SupplyState:
    """The state at a crossing that `next_crossing` told."""
    there = _at(supply, state, crossing.t_ns)
    match crossing.kind:
        case "alarm":
            return replace(there, alarm=True)
        case "recovered":
            return replace(there, alarm=False)
        case "dead":
            return replace(there, running=False)
        case "restart":
            return replace(there, running=True, alarm=False)


def energy_fj(supply: PowerSupply, state: SupplyState, t_ns: int) -> int:
    """Energy of the bulk at a time at which nothing has been crossed yet, fJ; from 0 to full."""
    gained = _slope_uw(supply, state) * (t_ns - state.since_ns)
    return min(max(state.energy_fj + gained, 0), supply.full_fj)


def bulk_v(supply: PowerSupply, state: SupplyState, t_ns: int) -> float:
    """Voltage of the bulk, V: U = sqrt(Umin^2 + 2 E/C)."""
    energy_j = energy_fj(supply, state, t_ns) / FJ_PER_J
    return sqrt(supply.minimum_v**2 + 2.0 * energy_j / supply.capacitance_f)


def _slope_uw(supply: PowerSupply, state: SupplyState) -> int:
    """A meter in reset takes nothing: what the mains once put into the bulk stays there."""
    if state.fed:
        return supply.recharge_uw
    if not state.running:
        return 0
    return -(supply.failing_uw if state.alarm else supply.load_uw)


def _ahead(supply: PowerSupply, state: SupplyState) -> list[Crossing]:
    slope = _slope_uw(supply, state)
    debounced = max(state.changed_ns + supply.detect_ns, state.since_ns)
    if state.running and not state.fed:
        dead = Crossing(state.since_ns + -(-state.energy_fj // -slope), "dead")
        return [dead] if state.alarm else [dead, Crossing(debounced, "alarm")]
    if state.fed and (state.alarm or not state.running):
        missing = max(supply.restart_fj - state.energy_fj, 0)
        there = state.since_ns + -(-missing // slope)
        return [Crossing(max(there, debounced), "recovered") if state.running else Crossing(there, "restart")]
    return []


def _at(supply: PowerSupply, state: SupplyState, t_ns: int) -> SupplyState:
    return replace(state, since_ns=t_ns, energy_fj=energy_fj(supply, state, t_ns))


# ------------------------------------------------------------------------------------------------ what it can still do


def carried_s(supply: PowerSupply) -> float:
    """Time that a full bulk carries the running load, s: E/P."""
    return supply.full_fj / supply.load_uw / NS_PER_S


def energy_for_commit_j(supply: PowerSupply) -> float:
    """What the regulators can deliver after the alarm of a failure that found the bulk full, J.

    The energy of the bulk less what the running load takes until the alarm, times the efficiency.
    """
    left_fj = max(supply.full_fj - supply.load_uw * supply.detect_ns, 0)
    return left_fj / FJ_PER_J * supply.efficiency


def programmable_bytes(platform: Platform, years: float, air_c: float, corner: Draw = WORST) -> int:
    """Bytes that the memory part can still program after the alarm, at most all of it; the platform has a [supply].

    Each page costs the part's energy for its bytes, and the failing load for its write time. On a part that writes byte
    by byte a begun page costs its share, on the others all of it.
    """
    supply = power_supply(platform, corner, years, air_c)
    assert supply is not None, "a platform without a table [supply]"
    assert platform.supply is not None, "the same"
    return bytes_for(energy_for_commit_j(supply), platform.nvm, platform.supply.failing_load_w)


def bytes_for(energy_j: float, nvm: Nvm, load_w: float) -> int:
    """Bytes that can be programmed with so much energy while a load runs beside; FRAM by bytes, others by pages."""
    page_j = nvm.page_bytes * nvm.write_j + nvm.write_s * load_w
    if page_j <= 0.0:
        return nvm.size_bytes
    unit = 1 if nvm.technology == "fram" else nvm.page_bytes
    units = floor(energy_j / page_j * (nvm.page_bytes / unit))
    return min(units * unit, nvm.size_bytes)
