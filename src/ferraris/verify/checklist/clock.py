"""Section 3: clock, backup, time sources, outage; the last two on a running meter."""

from collections.abc import Callable, Iterator

from ferraris.firmware.store.layout import LayoutError
from ferraris.hardware.chain.specimen import REFERENCE_C, Nominal
from ferraris.hardware.physics import supply
from ferraris.hardware.platform.models import Absent, Clock, Platform
from ferraris.hardware.platform.supply import Supply
from ferraris.hardware.platform.timekeeping import Crystal, LithiumCell, Supercapacitor
from ferraris.verify import clock_rate, hold_up, ledger, outages, time_setting
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


# ------------------------------------------------------------------------------------------------ 3.3


NONE_REFUSED = "nobody without a source's own password may change a clock that bills"
EVERY_CHANGE = "every change is told with old time, new time and who asked"
ORDER = "what a better source has set, or a source may not do, stays undone"


@item("3.3", "Time sources and their authentication")
def time_sources(platform: Platform) -> Iterator[Outcome]:
    """Everybody tries to set the clock of a running meter, with real messages; what changed, and what the log says."""
    try:
        found = time_setting.attempt(platform)
    except LayoutError as error:
        yield Incomplete("3.3", f"running meter: {error}")
        return
    if not found.sources:
        yield Incomplete("3.3", "firmware.management_password and firmware.time_source: nobody may set the clock")
        return
    named = ", ".join(f"{each.name} {each.priority}" for each in found.sources)
    at_least_one, none = rule(1, "without a source the clock drifts for ever", "min"), rule(0, NONE_REFUSED)
    yield Finding("3.3", "sources of time with a priority", len(found.sources), at_least_one, "", named)
    evidence = "each asked for a few seconds, the worst first"
    refused = found.accepted.count(None)
    yield Finding(
        "3.3", "sources that cannot set the clock", refused, rule(0, "a source is there to be used"), "", evidence
    )
    evidence = f"{len(found.strangers)} attempts: public client, readers, and a wrong password for every client"
    yield Finding("3.3", "changes made without a source's password", _made(found.strangers), none, "", evidence)
    evidence = f"old time, new time and client of {_made(found.accepted)} changes, stamped before and after"
    yield Finding(
        "3.3", "events missing of changes made", time_setting.unlogged(found), rule(0, EVERY_CHANGE), "", evidence
    )
    missing = time_setting.unlogged_refusals(found)
    yield Finding("3.3", "events missing of changes refused", missing, rule(0, EVERY_CHANGE), "", "attempts of sources")
    yield from _order(found)


def _order(found: time_setting.Attempts) -> Iterator[Outcome]:
    """Priorities and limits, where the platform has sources that differ in them."""
    if found.overruled:
        evidence = "a lower source asked after its own waiting time, while the better one's time held"
        quantity = "changes made against a better source"
        yield Finding("3.3", quantity, _made(found.overruled), rule(0, ORDER), "", evidence)
    else:
        yield NotApplicable("3.3", "order of sources", "no source is below another that holds")
    if found.beyond:
        evidence = f"{time_setting.BEYOND_MS / 1000:g} s more than the source's `most`"
        yield Finding("3.3", "changes made beyond a source's limit", _made(found.beyond), rule(0, ORDER), "", evidence)


def _made(tries: time_setting.Tries) -> int:
    return len(tries) - tries.count(None)


# ------------------------------------------------------------------------------------------------ 3.4

COMMIT = "the last commit must fit into what the bulk holds after the alarm"
SEEN = "the alarm must come while the bulk still carries the running load"


@item("3.4", "Behaviour at outage and return")
def outage(platform: Platform) -> Iterator[Outcome]:
    """What the dying supply can program, new and worn, hot and cold; what a running meter has after two outages."""
    if platform.supply is None:
        yield Incomplete("3.4", "supply: the platform file has no table [supply]")
        return
    try:
        yield from _last_gasp(platform, platform.supply)
        found = outages.suffer(platform)
    except LayoutError as error:
        yield Incomplete("3.4", f"running meter: {error}")
        return
    yield from _lost(platform, found)
    yield from _kept(found)


LOSES = "no more than the front end had not handed over, and what the last commit could not save"
KEPT = "an outage changes nothing that was counted or written"


def _lost(platform: Platform, found: outages.Outages) -> Iterator[Finding]:
    """Energy of each outage, with the last commit where the nominal supply can make it."""
    saves = supply.programmable_bytes(platform, 0.0, supply.STATED_C, Nominal()) >= ledger.last_gasp_bytes(platform)
    longest_s = outages.WINDOW_S + (0.0 if saves else platform.firmware.commit_s)
    evidence = f"{found.load_w:.4g} W before; " + (
        "the last commit was made" if saves else "no last commit is possible"
    )
    for lost_wh, lasts_s in zip(found.lost_wh, outages.LASTS_S, strict=True):
        limit = rule(found.load_w * longest_s / 3600.0, LOSES)
        yield Finding("3.4", f"energy lost in an outage of {lasts_s:g} s", lost_wh, limit, "Wh", evidence)


def _kept(found: outages.Outages) -> Iterator[Finding]:
    what = {
        "registers that differ after an outage": (found.registers, "against the last commit before it"),
        "parts of tariff and billing period that differ": (found.tariff, "against a twin whose mains never failed"),
        "rows missing in profiles and history": (found.rows_missing, "of periods that had power, and of the month"),
        "rows too many, or changed": (found.rows_odd, "periods wholly without power have none"),
        "entries missing in power-fail log and event log": (found.events_missing, "start, end, and both events"),
    }
    for quantity, (count, evidence) in what.items():
        yield Finding("3.4", quantity, count, rule(0, KEPT), "", f"10 s, and a night over midnight; {evidence}")


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
