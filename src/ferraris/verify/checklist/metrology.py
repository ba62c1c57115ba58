"""Section 1: accuracy class and error budget, channels, processing, memory and ports."""

from collections.abc import Iterator, Sequence
from functools import partial

import numpy as np

from ferraris.hardware.platform.models import Absent, Platform
from ferraris.verify import accuracy, ledger, rows
from ferraris.verify.accuracy import REFERENCE_C, Condition, Laboratory
from ferraris.verify.checklist.registry import item
from ferraris.verify.finding import Finding, Incomplete, NotApplicable, Outcome
from ferraris.verify.limits import ClassLimits, of_class
from ferraris.verify.ratings import rating, rule
from ferraris.verify.rows import CompositeRow, Row

# ------------------------------------------------------------------------------------------------ 1.1

SHARES = 5
"""Contributors named, largest first."""

YIELD = 0.99
"""Lower end of the 95 % interval of the yield that a line should reach."""


@item("1.1", "Accuracy class, error budget, drift, linearity")
def accuracy_class(platform: Platform) -> Iterator[Outcome]:
    """Load rows, temperature, composite error, contributors and yield, for every class the platform claims."""
    connection = platform.meter.connection
    known = {name: of_class(name, connection) for name in platform.meter.classes}
    yield from (
        Incomplete("1.1", f"class {name}: no table of its limits") for name, limits in known.items() if not limits
    )
    classes = [limits for limits in known.values() if limits]
    tables = [rows.reference_rows(limits, platform) + rows.temperature_rows(limits, platform) for limits in classes]
    if not classes:
        return
    laboratory = accuracy.furnish(platform, _corner_conditions(platform, tables))
    for limits, table in zip(classes, tables, strict=True):
        yield from _class(laboratory, limits, table)


def _corner_conditions(platform: Platform, tables: Sequence[Sequence[Row]]) -> list[Condition]:
    """Where corners are sought: every condition of every row, and the same at both ends of the operating range."""
    tried = {condition for table in tables for row in table for condition in row.conditions}
    ends = {each._replace(air_c=air_c) for each in tried for air_c in platform.meter.temperature}
    return sorted(tried | ends)


def _class(laboratory: Laboratory, limits: ClassLimits, table: Sequence[Row]) -> Iterator[Outcome]:
    platform = laboratory.platform
    composites = rows.composite_rows(limits, platform)
    yield from (_row(laboratory, row) for row in table)
    yield from (_composite(laboratory, row) for row in composites)
    yield from (_coefficient(laboratory, limits, factor) for factor in ("1", "0.5i"))
    yield _starting(platform, limits)
    yield from _contributors(laboratory, limits, table)
    yield _yield(laboratory, limits, table, composites)


def _row(laboratory: Laboratory, row: Row) -> Finding:
    found = accuracy.worst(laboratory, row.conditions)
    return Finding("1.1", row.name, found.size, row.limit, "%", _evidence(found.drawn, found.corner, found.where))


def _evidence(drawn: float, corner: float, where: Condition) -> str:
    return (
        f"phasor fidelity: {drawn:+.4f} % the worst of {accuracy.DRAWN} meters drawn with seed {accuracy.SEED}, "
        f"{corner:+.4f} % the worst corner of all tolerances; at {where}"
    )


def _composite(laboratory: Laboratory, row: CompositeRow) -> Finding:
    sizes = [
        tuple(float(np.max(rows.composite(batch, each, row.temperatures))) for batch in _batches(laboratory))
        for each in row.conditions
    ]
    worst = max(range(len(sizes)), key=lambda k: max(sizes[k]))
    drawn, corner = sizes[worst]
    evidence = (
        _evidence(drawn, corner, row.conditions[worst]) + "; intrinsic, temperature, voltage and frequency squared"
    )
    return Finding("1.1", row.name, max(drawn, corner), row.limit, "%", evidence)


def _batches(laboratory: Laboratory) -> tuple[accuracy.Batch, accuracy.Batch]:
    return laboratory.drawn, laboratory.corners


def _coefficient(laboratory: Laboratory, limits: ClassLimits, factor: str) -> Finding:
    """Mean temperature coefficient from 23 degC to either end of the operating range, at Iref and at a tenth of it."""
    platform = laboratory.platform
    reference = platform.meter.current.ref_a
    worst, where = 0.0, Condition(reference, factor)
    for start in (Condition(0.1 * reference, factor), Condition(reference, factor)):
        for air_c in platform.meter.temperature:
            hot = start._replace(air_c=air_c)
            change = [np.abs(batch.error(hot) - batch.error(start)).max() for batch in _batches(laboratory)]
            slope = float(max(change)) / abs(air_c - REFERENCE_C)
            worst, where = max((worst, where), (slope, hot))
    limit = limits.influences["temperature coefficient", factor]
    evidence = f"phasor fidelity: worst of {accuracy.DRAWN} drawn meters and all corners, from 23 °C to {where}"
    return Finding("1.1", f"class {limits.name} temperature coefficient, PF {factor}", worst, limit, "%/K", evidence)


def _starting(platform: Platform, limits: ClassLimits) -> Finding:
    limit = limits.currents["starting current over Iref"]
    measured = platform.firmware.start_a / platform.meter.current.ref_a
    quantity = f"class {limits.name} stated starting current over Iref"
    return Finding("1.1", quantity, measured, limit, "", "firmware.start over Iref of the nameplate")


def _contributors(laboratory: Laboratory, limits: ClassLimits, table: Sequence[Row]) -> Iterator[Outcome]:
    """The largest contributors, at the condition that comes closest to its limit."""
    platform = laboratory.platform
    hottest = [(accuracy.worst(laboratory, row.conditions), row.limit) for row in table]
    found, limit = max(hottest, key=lambda pair: pair[0].size / pair[1].value)
    ends = (found.where, *(found.where._replace(air_c=air_c) for air_c in platform.meter.temperature))
    where = max(ends, key=lambda each: sum(accuracy.shares(laboratory, each).values()))
    evidence = f"phasor fidelity: this tolerance at either end, all others nominal, at {where}"
    for name, size in list(accuracy.shares(laboratory, where).items())[:SHARES]:
        yield Finding("1.1", f"class {limits.name} share of {name}", size, limit, "%", evidence)


def _yield(
    laboratory: Laboratory, limits: ClassLimits, table: Sequence[Row], composites: Sequence[CompositeRow]
) -> Finding:
    drawn = laboratory.drawn
    good = np.ones(accuracy.DRAWN, dtype=np.bool_)
    for row in table:
        for each in row.conditions:
            good &= np.abs(drawn.error(each)) <= row.limit.value
    for across in composites:
        for each in across.conditions:
            good &= rows.composite(drawn, each, across.temperatures) <= across.limit.value
    found = accuracy.interval(int(good.sum()), accuracy.DRAWN)
    limit = rule(YIELD, "at most one meter in a hundred to rework, with 95 % confidence", "min")
    evidence = (
        f"{found.good} of {found.of} meters drawn with seed {accuracy.SEED} keep every row above; "
        f"95 % interval {found.low:.4f} to {found.high:.4f} (Wilson)"
    )
    return Finding("1.1", f"class {limits.name} yield, lower end of the 95 % interval", found.low, limit, "", evidence)


# ------------------------------------------------------------------------------------------------ 1.2


@item("1.2", "Voltage, current and neutral channels")
def channels(platform: Platform) -> Iterator[Outcome]:
    """Channels that the service needs against those that the converter samples at the same time."""
    need = ledger.channels(platform)
    evidence = f"{need.voltage} voltage, {need.current} line current, {need.neutral} neutral"
    limit = rating(platform, "adc.channels", platform.adc.channels)
    yield Finding("1.2", "converter channels in use", need.total, limit, "", evidence)
    if isinstance(platform.current.neutral, Absent):
        yield NotApplicable("1.2", "neutral current channel", platform.current.neutral.because)


# ------------------------------------------------------------------------------------------------ 1.3

CPU_SHARE = 0.7
MEMORY_SHARE = 0.8
SERVICE_YEARS = 20.0
FUNCTIONS = "metrology", "tamper", "control", "communication"
"""Functions the source document names; each needs a budget in the platform file before the ledger is whole."""

cpu_rule = partial(rule, CPU_SHARE, "30 % of the processor's time stays free for peaks and for later firmware")
memory_rule = partial(rule, MEMORY_SHARE, "20 % of every memory stays free for later firmware")


@item("1.3", "Processing, memory and ports")
def resources(platform: Platform) -> Iterator[Outcome]:
    """The resource ledger: processor time, memories, wear and ports of everything that is declared or computed."""
    yield _cpu(platform)
    yield from _memories(platform)
    yield from _wear(platform)
    yield from _ports(platform)
    declared = {budget.name for budget in platform.firmware.budgets}
    yield from (
        Incomplete("1.3", f"{name}: no model of it yet and no [[firmware.budget]] that states its share")
        for name in FUNCTIONS
        if name not in declared
    )


def _budgets(platform: Platform) -> str:
    return ", ".join(budget.name for budget in platform.firmware.budgets) or "no budgets"


def _cpu(platform: Platform) -> Finding:
    metrology = ledger.metrology_cpu_share(platform)
    others = sum(budget.cpu_share for budget in platform.firmware.budgets)
    evidence = (
        f"metrology {metrology:.3f} ({ledger.macs_per_sample(platform)} multiply-accumulates per sample at 8 kS/s, "
        f"{platform.soc.cycles_per_mac:g} cycles each), declared budgets {others:.3f} ({_budgets(platform)})"
    )
    return Finding("1.3", "share of processor time in use", metrology + others, cpu_rule(), "", evidence)


def _memories(platform: Platform) -> Iterator[Outcome]:
    budgets, soc = platform.firmware.budgets, platform.soc
    stored = ledger.storage_bytes(platform)
    evidence = f"budgets of {_budgets(platform)}"
    ram, flash = sum(b.ram_bytes for b in budgets), sum(b.flash_bytes for b in budgets)
    yield Finding("1.3", "share of RAM in use", ram / soc.ram_bytes, memory_rule(), "", evidence)
    yield Finding("1.3", "share of flash in use", flash / soc.flash_bytes, memory_rule(), "", evidence)
    used, firmware = stored + sum(b.nvm_bytes for b in budgets), platform.firmware
    evidence = (
        f"journal and {firmware.profile_days} days of load profile every {firmware.profile_period_s} s "
        f"in the meter's own layout ({stored} B), and {evidence}; of {platform.nvm.size_bytes} B"
    )
    limit = rule(1.0, "it must fit; the layout already keeps a quarter of the part for the journal")
    yield Finding("1.3", "share of non-volatile memory in use", used / platform.nvm.size_bytes, limit, "", evidence)


def _wear(platform: Platform) -> Iterator[Outcome]:
    limit = rating(platform, "nvm.endurance", platform.nvm.endurance_cycles)
    evidence = (
        f"a commit every {platform.firmware.commit_s} s and a profile row every {platform.firmware.profile_period_s} s"
    )
    wear = ledger.wear(platform, SERVICE_YEARS)
    for region, cycles in zip(("journal", "load profile"), wear, strict=True):
        quantity = f"cycles of the busiest cell of the {region} in {SERVICE_YEARS:g} years"
        yield Finding("1.3", quantity, cycles, limit, "", evidence)


def _ports(platform: Platform) -> Iterator[Outcome]:
    def used(kind: str) -> int:
        return sum(int(getattr(budget, kind)) for budget in platform.firmware.budgets)

    for kind, words in {"uart": "UART", "spi": "SPI", "i2c": "I²C", "gpio": "GPIO"}.items():
        limit = rating(platform, f"soc.{kind}", int(getattr(platform.soc, kind)))
        yield Finding("1.3", f"{words} ports in use", used(kind), limit, "", f"budgets of {_budgets(platform)}")
