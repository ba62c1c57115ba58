"""What the factory writes into the firmware: from the platform file to the firmware's own constants."""

from fractions import Fraction
from typing import NamedTuple

from ferraris import __version__
from ferraris.bench.tariff import calendar_of, zone_of
from ferraris.firmware.billing.axis import Plan
from ferraris.firmware.billing.demand import Window
from ferraris.firmware.billing.ledger import Shape
from ferraris.firmware.billing.profile import row_size
from ferraris.firmware.billing.zone import LAST_DAY, When
from ferraris.firmware.meter import captures, history
from ferraris.firmware.meter.config import Client, Config, Identity, ProfilePlan, Transformers
from ferraris.firmware.meter.events import EVENT_SIZE, OUTAGE_SIZE
from ferraris.firmware.store.layout import Geometry, Layout, RingSpec, plan
from ferraris.hardware.platform.billing import period_end
from ferraris.hardware.platform.models import Absent, Platform
from ferraris.units import Ratio

SECONDS_PER_DAY = 86_400
JOURNAL_SHARE = 4
"""A quarter of the part is journal: its records wear the part, so they are spread. The rest holds profiles and logs."""
CLOSES_PER_DAY = 12 / 365.25
EVENTS_PER_DAY, OUTAGES_PER_DAY = 10.0, 1.0
"""How often the logs are taken to be written in a bad place: our assumption, for their wear alone."""
READING_CLIENT = 2
MANAGING_CLIENT = 1


def configure(platform: Platform) -> Config:
    """The firmware's constants for a platform; raises `LayoutError` if its memory part is too small for them.

    Raises `UnknownCaptureError` if a load profile is to capture what this meter does not have.
    """
    config = Config(
        identity=_identity(platform),
        elements=platform.elements,
        has_neutral_sensor=not isinstance(platform.current.neutral, Absent),
        un_v=_exact(platform.meter.un_v),
        imax_a=_exact(platform.meter.current.max_a),
        netting=platform.firmware.netting,
        transformers=_transformers(platform),
        commit_ms=platform.firmware.commit_s * 1000,
        plan=_plan(platform),
        calendar=calendar_of(platform.tariff),
        profiles=_profiles(platform),
        history_rows=platform.billing.history,
        event_rows=platform.billing.event_log,
        outage_rows=platform.billing.outage_log,
        clients=_clients(platform),
        layout=layout(platform),
        needs_calibration=True,
        source_hold_ms=platform.firmware.source_hold_s * 1000,
    )
    for each in config.profiles:
        for code in each.captures:
            captures.source(config, code)
    return config


def _plan(platform: Platform) -> Plan:
    billing = platform.billing
    end = period_end(billing.period_end)
    return Plan(
        shape=Shape(platform.elements, platform.rates, billing.demand_periods),
        zone=zone_of(platform),
        window=Window(billing.demand_period_s, billing.demand_periods),
        profile_s=(platform.firmware.profile_period_s, billing.profile_2_period_s),
        billing=When(day=end.day or LAST_DAY, hour=end.hour, minute=end.minute, second=0),
        small_shift_ms=billing.small_shift_s * 1000,
        long_outage_s=billing.long_outage_s,
        lockout_ms=billing.reset_lockout_s * 1000,
    )


def _profiles(platform: Platform) -> tuple[ProfilePlan, ProfilePlan]:
    first, second = profile_rows(platform)
    billing = platform.billing
    return (
        ProfilePlan(first, tuple(map(_code, billing.profile_captures))),
        ProfilePlan(second, tuple(map(_code, billing.profile_2_captures))),
    )


def _code(text: str) -> tuple[int, int, int]:
    """Value groups C, D and E of "1.0.C.D.E"."""
    _, _, group_c, group_d, group_e = map(int, text.split("."))
    return group_c, group_d, group_e


def _clients(platform: Platform) -> tuple[Client, ...]:
    firmware = platform.firmware
    found = [Client(READING_CLIENT, "reader", firmware.lls_password.encode("ascii"), "reader")]
    if firmware.management_password is not None:
        password = firmware.management_password.encode("ascii")
        found.append(Client(MANAGING_CLIENT, "head end", password, "manager", priority=1))
    for each in firmware.time_sources:
        daily_s = 2 * each.most_s if each.daily_s is None else each.daily_s
        limits = each.priority, each.most_s * 1000, each.every_s * 1000, daily_s * 1000
        found.append(Client(each.client, each.name, each.password.encode("ascii"), "timekeeper", *limits))
    return tuple(found)


def layout(platform: Platform) -> Layout:
    """Where records and rings lie in the platform's memory part; raises `LayoutError` where they do not fit."""
    geometry = Geometry(platform.nvm.size_bytes, platform.nvm.page_bytes, platform.nvm.erase_bytes)
    return plan(geometry, [use.spec for use in rings(platform)], platform.nvm.size_bytes // JOURNAL_SHARE)


class RingUse(NamedTuple):
    """One ring of the memory: what it is for, and how often it is written."""

    name: str
    spec: RingSpec
    rows_per_day: float


def rings(platform: Platform) -> tuple[RingUse, ...]:
    """The rings, in the order of `RingId`."""
    billing = platform.billing
    first, second = profile_rows(platform)
    daily = SECONDS_PER_DAY / platform.firmware.profile_period_s, SECONDS_PER_DAY / billing.profile_2_period_s
    return (
        RingUse("load profile 1", RingSpec(row_size(len(billing.profile_captures)), first), daily[0]),
        RingUse("load profile 2", RingSpec(row_size(len(billing.profile_2_captures)), second), daily[1]),
        RingUse("billing history", RingSpec(history.row_size(platform.rates), billing.history), CLOSES_PER_DAY),
        RingUse("event log", RingSpec(EVENT_SIZE, billing.event_log), EVENTS_PER_DAY),
        RingUse("power-fail log", RingSpec(OUTAGE_SIZE, billing.outage_log), OUTAGES_PER_DAY),
    )


def profile_rows(platform: Platform) -> tuple[int, int]:
    """Rows that the stated days of each load profile take, a begun period counted whole."""
    firmware, billing = platform.firmware, platform.billing
    first = -(-firmware.profile_days * SECONDS_PER_DAY // firmware.profile_period_s)
    return first, -(-billing.profile_2_days * SECONDS_PER_DAY // billing.profile_2_period_s)


def _identity(platform: Platform) -> Identity:
    meter = platform.meter
    return Identity(meter.manufacturer, meter.serial, meter.name, __version__)


def _transformers(platform: Platform) -> Transformers | None:
    if platform.transformers is None:
        return None
    ratios = platform.transformers
    return Transformers(_ratio(ratios.ct), _ratio(ratios.vt), ratios.registers)


def _ratio(ratio: Ratio) -> tuple[Fraction, Fraction]:
    return _exact(ratio.primary), _exact(ratio.secondary)


def _exact(value: float) -> Fraction:
    """The decimal that stands in the platform file, exactly: 57.7 is 577/10 and not its nearest binary fraction."""
    return Fraction(repr(value))
