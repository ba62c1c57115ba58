"""Section 1: accuracy class and error budget, channels, processing, memory and ports."""

from collections.abc import Iterator
from functools import partial

from ferraris.firmware.store.layout import LayoutError
from ferraris.hardware.platform.models import Absent, Platform
from ferraris.verify import class_findings, ledger
from ferraris.verify.checklist.registry import item
from ferraris.verify.finding import Finding, Incomplete, NotApplicable, Outcome
from ferraris.verify.ratings import rating, rule

# ------------------------------------------------------------------------------------------------ 1.1


@item("1.1", "Accuracy class, error budget, drift, linearity")
def accuracy_class(platform: Platform) -> Iterator[Outcome]:
    """Load rows, temperature, composite error, contributors and yield, for every class the platform claims."""
    return class_findings.judge(platform)


# ------------------------------------------------------------------------------------------------ 1.2


@item("1.2", "Voltage, current and neutral channels")
def channels(platform: Platform) -> Iterator[Outcome]:
    """Channels that the service needs against those that the converter samples at the same time."""
    limit = rating(platform, "adc.channels", platform.adc.channels)
    used = ledger.total(platform, "channels")
    yield Finding("1.2", "converter channels in use", used, limit, "", ledger.users(platform, "channels"))
    if isinstance(platform.current.neutral, Absent):
        yield NotApplicable("1.2", "neutral current channel", platform.current.neutral.because)


# ------------------------------------------------------------------------------------------------ 1.3

CPU_SHARE = 0.7
MEMORY_SHARE = 0.9
SERVICE_YEARS = 20.0
FUNCTIONS = "metrology", "tamper", "control", "communication"
"""Functions the source document names; each needs a budget in the platform file before the ledger is whole."""

cpu_rule = partial(rule, CPU_SHARE, "30 % of the processor's time stays free for peaks and for later firmware")
memory_rule = partial(rule, MEMORY_SHARE, "a tenth of every memory stays free for later firmware")


@item("1.3", "Processing, memory and ports")
def resources(platform: Platform) -> Iterator[Outcome]:
    """The resource ledger: processor time, memories, wear and ports of everything that is declared or computed."""
    yield _cpu(platform)
    yield from _memories(platform)
    try:
        yield from _storage(platform)
    except LayoutError as error:
        yield Incomplete("1.3", f"non-volatile memory: no layout to judge, {error}")
    yield from _ports(platform)
    declared = {budget.name for budget in platform.firmware.budgets}
    yield from (
        Incomplete("1.3", f"{name}: no model of it yet and no [[firmware.budget]] that states its share")
        for name in FUNCTIONS
        if name not in declared
    )


def _cpu(platform: Platform) -> Finding:
    evidence = (
        f"{ledger.users(platform, 'cpu')}; metrology: {ledger.macs_per_sample(platform)} multiply-accumulates per "
        f"sample at 8 kS/s, {platform.soc.cycles_per_mac:g} cycles each"
    )
    return Finding("1.3", "share of processor time in use", ledger.total(platform, "cpu"), cpu_rule(), "", evidence)


def _memories(platform: Platform) -> Iterator[Outcome]:
    offered = {"ram": ("RAM", platform.soc.ram_bytes), "flash": ("flash", platform.soc.flash_bytes)}
    for kind, (words, size) in offered.items():
        share, evidence = ledger.total(platform, kind) / size, f"{ledger.users(platform, kind)}; of {size} B"
        yield Finding("1.3", f"share of {words} in use", share, memory_rule(), "", evidence)


def _storage(platform: Platform) -> Iterator[Outcome]:
    """Room and wear of the non-volatile part, on the meter's own layout; raises `LayoutError` if there is none."""
    ledger.storage_layout(platform)
    firmware, used = platform.firmware, ledger.total(platform, "nvm")
    evidence = (
        f"{ledger.users(platform, 'nvm')}; of {platform.nvm.size_bytes} B; journal and {firmware.profile_days} days of "
        f"load profile 1 every {firmware.profile_period_s} s, profile 2, history and logs in the meter's own layout"
    )
    limit = rule(1.0, "it must fit; the layout already keeps a quarter of the part for the journal")
    yield Finding("1.3", "share of non-volatile memory in use", used / platform.nvm.size_bytes, limit, "", evidence)
    yield from _wear(platform)


def _wear(platform: Platform) -> Iterator[Outcome]:
    limit = rating(platform, "nvm.endurance", platform.nvm.endurance_cycles)
    evidence = (
        f"a commit every {platform.firmware.commit_s} s and a profile row every {platform.firmware.profile_period_s} s"
    )
    wear = ledger.wear(platform, SERVICE_YEARS)
    for region, cycles in wear.items():
        quantity = f"cycles of the busiest cell of the {region} in {SERVICE_YEARS:g} years"
        yield Finding("1.3", quantity, cycles, limit, "", evidence)


def _ports(platform: Platform) -> Iterator[Outcome]:
    for kind, words in {"uart": "UART", "spi": "SPI", "i2c": "I²C", "gpio": "GPIO"}.items():
        limit = rating(platform, f"soc.{kind}", int(getattr(platform.soc, kind)))
        used, by = ledger.total(platform, kind), ledger.users(platform, kind)
        yield Finding("1.3", f"{words} ports in use", used, limit, "", by)
