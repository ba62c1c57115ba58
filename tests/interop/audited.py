"""What the auditor must know of a platform, and what it is told while the meter lives."""

from ferraris.bench.auditor.auditor import Auditor
from ferraris.bench.auditor.books import Close
from ferraris.bench.auditor.terms import DAY_S, ONE_RATE, OVER_ALL, Demand, Profile, Schedule, Tariff, Terms
from ferraris.bench.bench import Bench
from ferraris.firmware.meter.config import RecordKind
from ferraris.firmware.meter.history import Reason
from ferraris.hardware.platform import tariff as tariffs
from ferraris.hardware.platform.billing import period_end
from ferraris.hardware.platform.models import Platform
from ferraris.pins import Inputs, Output

LEDGERS = frozenset({int(RecordKind.LEDGER), int(RecordKind.DELTA)})
QUADRANTS = {1: ("active_import",), 2: ("active_export",), 3: ("reactive_q1", "reactive_q2"),
             4: ("reactive_q3", "reactive_q4")}  # fmt: skip
"""What the auditor counts of each captured register: value group C."""
CAPTURED = tuple((name, OVER_ALL) for names in QUADRANTS.values() for name in names)


def terms_of(platform: Platform) -> Terms:
    """The settings of a platform whose profiles capture the four energies; its zone is UTC or that of Berlin."""
    billing, end = platform.billing, period_end(platform.billing.period_end)
    energies = tuple(f"1.0.{code}.8.0" for code in QUADRANTS)
    assert billing.profile_captures == billing.profile_2_captures == energies
    assert billing.profile_2_period_s == DAY_S
    return Terms(
        elements=platform.elements,
        netting=platform.firmware.netting,
        zone=zone_of(platform),
        tariff=tariff_of(platform.tariff),
        rates=tuple(range(1, platform.rates + 1)),
        demand=Demand(billing.demand_period_s, billing.demand_periods),
        profiles=(Profile(platform.firmware.profile_period_s, CAPTURED), Profile(DAY_S, CAPTURED)),
        schedule=Schedule(end.day or "last", end.hour, end.minute),
        small_shift_s=billing.small_shift_s,
        long_outage_s=billing.long_outage_s,
        lock_out_s=billing.reset_lockout_s,
        kinds=LEDGERS,
    )


def zone_of(platform: Platform) -> str | None:
    """A key of the time zone database; the platform's rule is that of Central European Time where it has one."""
    zone = platform.firmware.zone
    if zone is None:
        return None
    assert (zone.standard_min, zone.daylight_s) == (60, 3600)
    return "Europe/Berlin"


def tariff_of(found: tariffs.Tariff | None) -> Tariff:
    """A tariff file's tables in the auditor's words."""
    if found is None:
        return ONE_RATE
    numbers = {name: number for number, name in enumerate(found.head.rates, 1)}
    return Tariff(
        seasons=tuple(sorted((*_date(each.start)[1:], each.week) for each in found.seasons.values())),
        weeks={name: tuple(day or "" for day in week.named()) for name, week in found.weeks.items()},
        days={
            name: tuple(sorted((_second(time), numbers[rate]) for time, rate in day.items()))
            for name, day in found.days.items()
        },
        special=tuple((*_date(date), day) for date, day in found.special.items()),
        fallback=numbers[found.head.fallback],
    )


def _date(text: str) -> tuple[int | None, int, int]:
    """Year, month and day of "12-25" or "2027-03-26"."""
    *year, month, day = map(int, text.split("-"))
    return (year[0] if year else None), month, day


def _second(text: str) -> int:
    hour, minute, *second = map(int, text.split(":"))
    return hour * 3600 + minute * 60 + (second[0] if second else 0)


class Ear:
    """The auditor at the pins of a bench; it is told of a close by command as the meter accepts it."""

    def __init__(self, auditor: Auditor, bench: Bench) -> None:
        self.auditor = auditor
        self.bench = bench

    def observe(self, inputs: Inputs, outputs: tuple[Output, ...]) -> None:
        self.auditor.observe(inputs, outputs)
        assert self.bench.state is not None
        if self.bench.state.ledger.axis.closing == Reason.COMMAND and inputs.received:
            self.auditor.told(Close(inputs.rtc, "command"))

    def durable(self) -> None:
        self.auditor.durable()

    def power_lost(self) -> None:
        self.auditor.power_lost()
