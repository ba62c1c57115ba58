"""What the factory writes into the firmware: constants of one meter, never changed by `step`."""

from dataclasses import dataclass
from fractions import Fraction
from typing import Literal, TypeAlias

from ferraris.firmware.store.layout import Layout

Netting: TypeAlias = Literal["vector", "per_phase"]
Side: TypeAlias = Literal["primary", "secondary"]

REGISTERS = 1
"""Record kind of the register snapshot in the journal."""

CALIBRATION = 2
"""Record kind of the front end's calibration constants, which the production line writes before the first switch-on."""

OWNER = 3
"""Record kind of the meter's identity, which a meter writes once, before its first registers."""

LOAD_PROFILE = 0
"""Ring of load profile 1."""


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
    profile_period_ms: int
    """Capture period of load profile 1, ms."""
    profile_rows: int
    """Rows the ring of load profile 1 promises to keep."""
    password: bytes
    """Low-level-security password of the reading client."""
    layout: Layout
    """Where the records and rings lie in the non-volatile memory."""
    needs_calibration: bool = False
    """Whether the front end measures with constants from the memory; without them such a meter does not start."""

    def __post_init__(self) -> None:
        assert self.elements in {1, 3}, f"{self.elements} elements"
        assert self.commit_ms > 0, "registers are committed at an interval"
        assert self.profile_period_ms > 0, "a capture period"
        assert self.profile_period_ms % 1000 == 0, "rows are stamped in whole seconds"
