"""Section 3: clock, backup, time sources, outage; what has no model yet is named, never passed."""

from collections.abc import Callable, Iterator

from ferraris.hardware.chain.specimen import REFERENCE_C
from ferraris.hardware.physics import supply
from ferraris.hardware.platform.models import Absent, Clock, Platform
from ferraris.hardware.platform.supply import Supply
from ferraris.hardware.platform.timekeeping import Crystal, LithiumCell, Supercapacitor
from ferraris.verify import clock_rate, hold_up, ledger
from ferraris.verify.checklist.registry import item
from ferraris.verify.clock_rate import Rate, Unstated
from ferraris.verify.finding import Finding, Incomplete, Limit, NotApplicable, Outcome
from ferraris.verify.hold_up import State
from ferraris.verify.ratings import rating, rule

# ------------------------------------------------------------------------------------------------ 3.1

STANDARD = "IEC 62054-21: 0.5 s a day at 23 °C, 0.15 s a day for each kelvin from it (recalled)"
IN_SERVICE = "in service the same limits hold, contributions added as the root of their squared sum"


@item("3.1", "Clock accuracy over temperature and life")
def clock_accuracy(platform: Platform) -> Iterator[Outcome]:
    """Gain or loss in a day: new with everything on its worst side, at the end of its life as the root sum square."""
    clock = platform.clock
    if clock is None:
        yield Incomplete("3.1", "clock: the platform file has no table [clock]")
        return
    try:
        reference, service = (_rates(platform, clock, years) for years in (0.0, clock.life_years))
    except Unstated as gap:
        yield Incomplete("3.1", str(gap))
        return
    yield from _new(reference)
    yield from _aged(service, clock.life_years)
    if isinstance(clock, Crystal):
        yield from _trim(platform, clock)


def _rates(platform: Platform, clock: Clock, years: float) -> list[Rate]:
    """Rate at the reference temperature, then at each temperature in service from the lowest on."""
    swing_v = clock_rate.swing_v(platform, clock)
    places = (REFERENCE_C, *clock_rate.temperatures(platform))
    return [clock_rate.rate(clock, each, years, swing_v) for each in places]


def _told(rates: list[Rate], margin: Callable[[Rate], float]) -> list[Rate]:
    """The reference temperature, both ends, and the place with the least margin where it is none of these."""
    ends = [rates[0], rates[1], rates[-1]]
    tightest = min(rates, key=margin)
    return ends if margin(tightest) == min(map(margin, ends)) else [*ends, tightest]


def _new(rates: list[Rate]) -> Iterator[Finding]:
    for each in _told(rates, lambda rate: rate.limit_s - rate.worst_s):
        limit = Limit(each.limit_s, STANDARD, "recalled")
        evidence = f"all contributions on one side: {each}; root of the squared sum {each.likely_s:.3f} s/day"
        yield Finding("3.1", f"clock at {each.crystal_c:g} °C, new", each.worst_s, limit, "s/day", evidence)


def _aged(rates: list[Rate], years: float) -> Iterator[Finding]:
    for each in _told(rates, lambda rate: rate.limit_s - rate.likely_s):
        quantity = f"clock at {each.crystal_c:g} °C, after {years:g} years"
        evidence = f"root of the squared sum of {each}; all on one side {each.worst_s:.3f} s/day"
        yield Finding("3.1", quantity, each.likely_s, rule(each.limit_s, IN_SERVICE), "s/day", evidence)


def _trim(platform: Platform, clock: Crystal) -> Iterator[Finding]:
    """The register must reach what cut, load and temperature together ask of it; else it stays at its end."""
    if clock.trim is None:
        return
    needed = clock_rate.correction_ppm(clock, clock.trim, clock_rate.temperatures(platform))
    limit = rating(platform, "clock.trim.range", clock.trim.range_ppm)
    evidence = (
        f"{clock.frequency_hz / 1000:g} kHz crystal: cut {clock.tolerance_ppm:g} ppm, load "
        f"{clock_rate.pulling_ppm(clock):.3g} ppm, and its parabola, all tolerances at their worst"
    )
    yield Finding("3.1", "correction asked of the trim register", needed, limit, "ppm", evidence)


# ------------------------------------------------------------------------------------------------ 3.2

RESERVE = Limit(36.0, "IEC 62054-21: operation reserve of 36 h (recalled)", "recalled", "min")


@item("3.2", "Backup energy for the clock")
def clock_backup(platform: Platform) -> Iterator[Outcome]:
    """Time the clock runs without mains, new and at the end of its life, hot and cold; life; voltages at the clock."""
    clock, store = platform.clock, platform.backup
    if isinstance(store, Absent):
        yield NotApplicable("3.2", "store for the clock", store.because)
    elif store is None:
        yield Incomplete("3.2", "backup: the platform file has no table [backup]")
    elif clock is None:
        yield Incomplete("3.2", "backup: without a table [clock] nobody knows what it has to feed")
    else:
        yield from _hold_up(platform, clock, store)
        yield _life(platform, clock, store)
        yield from _voltages(platform, clock, store)


def _hold_up(platform: Platform, clock: Clock, store: Supercapacitor | LithiumCell) -> Iterator[Finding]:
    required = store.hold_up_s / hold_up.HOUR_S
    yield Finding("3.2", "outage that the design is asked to bridge", required, RESERVE, "h", "backup.hold_up")
    limit = rating(platform, "backup.hold_up", required, "min")
    evidence = (
        f"{hold_up.load_a(clock, store) * 1e6:.3g} µA at most; store aged at {store.service_c:g} °C; "
        f"all tolerances on their bad side"
    )
    for years in (0.0, clock.life_years):
        for air_c in platform.meter.temperature:
            age = f"after {years:g} years" if years else "new"
            found = hold_up.hours(clock, store, State(years, air_c))
            yield Finding("3.2", f"hold-up, {age}, outage at {air_c:g} °C", found, limit, "h", evidence)


def _life(platform: Platform, clock: Clock, store: Supercapacitor | LithiumCell) -> Finding:
    limit = rating(platform, "clock.life", clock.life_years, "min")
    evidence = {
        "supercapacitor": f"until its end-of-life figures, at {store.service_c:g} °C and the voltage it is charged to",
        "lithium": f"until it cannot carry that outage, at {store.service_c:g} °C, or its maker's time is over",
    }[store.kind]
    return Finding("3.2", "life of the store", hold_up.life_years(clock, store), limit, "years", evidence)


def _voltages(platform: Platform, clock: Clock, store: Supercapacitor | LithiumCell) -> Iterator[Finding]:
    low, high = clock.supply_v
    full_v = clock_rate.store_voltage(store)
    if isinstance(store, LithiumCell):
        first_v = hold_up.cell_at_clock_v(store, hold_up.load_a(clock, store))
        limit = rating(platform, "backup.minimum_voltage", store.minimum_v, "min")
        evidence = "open voltage less the load through the film of long storage and the diode"
        yield Finding("3.2", "voltage of the cell as the mains fail", first_v, limit, "V", evidence)
    upper, lower = rating(platform, "clock.supply", high), rating(platform, "clock.supply", low, "min")
    yield Finding("3.2", "voltage at the clock, store full", full_v, upper, "V", "no loss taken off")
    yield Finding("3.2", "voltage at the clock, end of the hold-up", store.minimum_v, lower, "V", "stated end of use")


# ------------------------------------------------------------------------------------------------ 3.3, 3.4


@item("3.3", "Time sources and their authentication")
def time_sources(_: Platform) -> Iterator[Outcome]:
    """Waits for the models named."""
    yield Incomplete("3.3", "time setting: the firmware takes no command that sets the clock yet")


COMMIT = "the last commit must fit into what the bulk holds after the alarm"
SEEN = "the alarm must come while the bulk still carries the running load"


@item("3.4", "Behaviour at outage and return")
def outage(platform: Platform) -> Iterator[Outcome]:
    """Bytes that the dying supply can program, and time until the alarm; new and worn, hot and cold."""
    if platform.supply is None:
        yield Incomplete("3.4", "supply: the platform file has no table [supply]")
    else:
        yield from _last_gasp(platform, platform.supply)
    yield Incomplete("3.4", "tariff state and event log: not kept yet (registers and load profile are)")


def _last_gasp(platform: Platform, table: Supply) -> Iterator[Finding]:
    needed = rule(ledger.last_gasp_bytes(platform), COMMIT, "min")
    for years in (0.0, table.life_years):
        for air_c in platform.meter.temperature:
            made = supply.power_supply(platform, supply.WORST, years, air_c)
            assert made is not None, "the platform has the table"
            when = f"{f'after {years:g} years' if years else 'new'}, at {air_c:g} °C"
            carried_ms, detect_ms = supply.carried_s(made) * 1e3, table.detect_s * 1e3
            evidence = f"least bulk, {made.capacitance_f * 1e6:.4g} µF, from its least voltage; C/2 (U1² - U2²) / P"
            yield Finding(
                "3.4", f"running load carried, {when}", carried_ms, rule(detect_ms, SEEN, "min"), "ms", evidence
            )
            able = supply.programmable_bytes(platform, years, air_c)
            evidence = (
                f"{supply.energy_for_commit_j(made) * 1e3:.3g} mJ after the alarm, a load of "
                f"{table.failing_load_w * 1e3:g} mW beside the memory; mains full before"
            )
            yield Finding("3.4", f"bytes the dying supply can program, {when}", able, needed, "B", evidence)
