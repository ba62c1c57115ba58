"""What the factory writes into the firmware: constants of one meter, never changed by `step`."""

from dataclasses import dataclass
from enum import IntEnum
from fractions import Fraction
from typing import Literal, NamedTuple, TypeAlias

from ferraris.firmware.billing.axis import Plan
from ferraris.firmware.billing.calendar import Calendar
from ferraris.firmware.meter.trim import TrimPlan
from ferraris.firmware.store.layout import Layout

Netting: TypeAlias = Literal["vector", "per_phase"]
Role: TypeAlias = Literal["reader", "manager", "timekeeper"]
Side: TypeAlias = Literal["primary", "secondary"]


class RecordKind(IntEnum):
    """Kinds of records in the journal."""

    LEDGER = 1
    """Snapshot of the ledger."""
    CALIBRATION = 2
    """The front end's calibration constants, which the production line writes before the first switch-on."""
    OWNER = 3
    """The meter's identity, which a meter writes once, before its first ledger."""
    DELTA = 4
    """What has changed since the latest snapshot of the ledger."""
    ACTIVE_CALENDAR = 5
    PASSIVE_CALENDAR = 6
    SPECIAL_DAYS = 7


class RingId(IntEnum):
    """The rings of the non-volatile memory."""

    PROFILE_1 = 0
    PROFILE_2 = 1
    BILLING = 2
    EVENTS = 3
    OUTAGES = 4


@dataclass(frozen=True)
class Identity:
    """Who the meter is, as it tells a head end."""

    manufacturer: str
    """Three letters, as the FLAG association assigns them."""
    serial: str
    name: str
    """The type, as printed on the face."""
    firmware: str
    """Version of this firmware."""

    @property
    def logical_device_name(self) -> str:
        """Manufacturer and serial, at most 16 characters (IEC 62056-6-2, recalled: 3-letter FLAG + up to 13)."""
        return self.manufacturer + self.serial[-13:]

    @property
    def owner(self) -> bytes:
        """What binds a memory to this meter: the maker and the whole serial number, which no two meters share."""
        return (self.manufacturer + self.serial).encode()


@dataclass(frozen=True)
class Transformers:
    """The measuring transformers in front of a transformer-connected meter, each ratio as (primary, secondary)."""

    current_a: tuple[Fraction, Fraction]
    voltage_v: tuple[Fraction, Fraction]
    registers: Side
    """Which side the standard OBIS codes show."""

    @property
    def current(self) -> Fraction:
        """Primary amperes per secondary ampere."""
        return self.current_a[0] / self.current_a[1]

    @property
    def voltage(self) -> Fraction:
        """Primary volts per secondary volt."""
        return self.voltage_v[0] / self.voltage_v[1]


class ProfilePlan(NamedTuple):
    """One load profile."""

    rows: int
    """Rows that it promises to keep."""
    captures: tuple[tuple[int, int, int], ...]
    """Value groups C, D and E of the registers that it captures, in the order of its columns."""


class Client(NamedTuple):
    """Who may open an association with a password, beside the public client."""

    number: int
    """The client's wPort."""
    name: str
    password: bytes
    role: Role
    """A reader reads everything, a manager may command as well, a timekeeper may only set the clock."""
    priority: int = 0
    """As a source of time, 1 is the best; 0 is none."""
    most_ms: int = 0
    """It may change a valid clock by at most this; 0: by any amount."""
    every_ms: int = 0
    """It may do so at most once in this time."""
    daily_ms: int = 0
    """All sources that have such limits may change it together by at most this in a day of UTC; 0: no limit."""


PUBLIC_CLIENT = 16


@dataclass(frozen=True, eq=False)
class Config:
    """Everything the firmware is told once. Compared by identity: a meter has one, and tables are kept by it."""

    identity: Identity
    elements: int
    """1 for single phase, 3 for three-phase four-wire."""
    has_neutral_sensor: bool
    un_v: Fraction
    """Nominal phase voltage at the meter's terminals, V."""
    imax_a: Fraction
    """Maximum current at the meter's terminals, A."""
    netting: Netting
    """Which total the standard OBIS codes show."""
    transformers: Transformers | None
    commit_ms: int
    """The registers are made durable at whole multiples of this, ms of the meter's clock."""
    plan: Plan
    """What of billing the factory decided."""
    calendar: Calendar
    """The tariff that the meter leaves the factory with."""
    profiles: tuple[ProfilePlan, ProfilePlan]
    """Load profiles 1 and 2; their periods are the plan's."""
    history_rows: int
    """Closed billing periods that are kept."""
    event_rows: int
    """Rows of the event log."""
    outage_rows: int
    """Rows of the power-fail log."""
    clients: tuple[Client, ...]
    """Who may open an association with a password."""
    layout: Layout
    """Where the records and rings lie in the non-volatile memory."""
    needs_calibration: bool = False
    """Whether the front end measures with constants from the memory; without them such a meter does not start."""

    trim: TrimPlan | None = None
    """How the clock follows temperature; None: it is left alone."""
    source_hold_ms: int = 0
    """After a source of time set the clock, one of lower priority may not for this long."""

    def __post_init__(self) -> None:
        assert self.elements in {1, 3}, f"{self.elements} elements"
        assert self.commit_ms > 0, "registers are committed at an interval"
        assert self.calendar.rates <= self.plan.shape.rates, "a tariff of more rates than there are registers"
        assert len({client.number for client in self.clients} | {PUBLIC_CLIENT}) == len(self.clients) + 1, (
            "one client twice"
        )
