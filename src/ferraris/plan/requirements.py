"""What a site needs of its meter, from a TOML file: strict, one clear line per problem, like a platform file."""

import tomllib
from collections.abc import Iterable
from os import PathLike
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from ferraris import units
from ferraris.hardware.platform import fields
from ferraris.hardware.platform.catalogue import frozen
from ferraris.hardware.platform.problems import described
from ferraris.hardware.platform.quantities import Quantity

LARGEST_FILE = 1 << 16
"""Bytes of the largest requirements file that is read; a real one has a thousand or two."""
HOURS_PER_YEAR = 8766.0

YearlySeconds = Annotated[float, Quantity(units.DURATION, above=0.0, high=HOURS_PER_YEAR * 3600.0)]
Money = Annotated[float, Field(ge=0.0, le=1e12, allow_inf_nan=False)]
Factor = Annotated[str, Field(pattern=r"^(1|0\.[0-9]{1,3}[ic])$", examples=["0.95i"])]
Grade = Literal["A", "B", "C", "D"]


class RequirementsError(ValueError):
    """A requirements file that cannot be used; one line per problem, each beginning with the file."""

    def __init__(self, file: str, problems: Iterable[str]) -> None:
        self.problems = tuple(f"{file}: {each}" for each in problems)
        super().__init__("\n".join(self.problems))


class Table(BaseModel):
    """A table of the file: frozen, strict, and closed against unknown keys."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", strict=True, allow_inf_nan=False, use_attribute_docstrings=True
    )


class Site(Table):
    """Where the meter goes."""

    name: fields.Name
    """Name of the site."""
    un_v: fields.Volts = Field(alias="un")
    """Voltage from phase to neutral at the meter's terminals."""
    voltage_transformers: fields.VoltageRatio | None = None
    """Voltage transformers in front of the meter; a site that has them has current transformers, too."""
    frequency_hz: fields.MainsHertz = Field(alias="frequency")
    """Frequency of the mains."""
    temperature: fields.Operating
    """Range of the air around the meter."""
    service_limit_a: fields.Amperes = Field(alias="service_limit")
    """Most that the network operator lets flow in a single-phase service."""
    direct_limit_a: fields.Amperes = Field(alias="direct_limit")
    """Most that may flow through a meter itself; above it, transformers stand in front."""
    fault_current_a: fields.Amperes = Field(alias="fault_current")
    """Prospective short-circuit current at the meter, RMS; a fuse ends it within one half cycle."""
    unbalance: fields.Share
    """How much more than the mean the busiest of three phases carries."""
    three_phase_loads: tuple[fields.Name, ...] = ()
    """Loads that need three phases: motors, lifts, large air conditioners."""
    three_phase_billing: bool = False
    """Whether the operator bills each phase, or demand over three phases."""

    @property
    def phase_v(self) -> float:
        """Voltage from phase to neutral of the mains themselves."""
        ratio = self.voltage_transformers
        return self.un_v if ratio is None else self.un_v * ratio.primary / ratio.secondary


class Band(Table):
    """So many hours in a year the whole site draws this power."""

    power_w: fields.Watts = Field(alias="power")
    """Active power of the whole site."""
    seconds: YearlySeconds = Field(alias="time")
    """Time of the year that it does."""
    factor: Factor = Field(alias="power_factor")
    """Power factor then: "1", "0.95i" inductive, "0.9c" capacitive."""


class Costs(Table):
    """What things cost; all in one currency."""

    currency: Annotated[str, Field(min_length=1, max_length=8)]
    """Name of the currency, for the answer."""
    per_kwh: Annotated[float, Field(gt=0.0, le=1e9)]
    """Price of a kilowatt-hour."""
    tolerated_per_year: Annotated[float, Field(gt=0.0, le=1e12)]
    """What the meter's error may cost in a year, at worst."""
    years: fields.Years
    """Time the meter stays."""
    shunt: Money
    """Price of the current sensing of one phase with a shunt."""
    ct: Money
    """The same with a current transformer."""
    rogowski: Money
    """The same with a Rogowski coil."""


class Design(Table):
    """What the meter is built around."""

    platform: Annotated[str, Field(min_length=1, max_length=400)]
    """Platform file whose divider, converter and filter are taken; its path is relative to this file."""
    least_class: Grade = "A"
    """Class that the law asks for at least."""
    isolated_channels: bool = False
    """Whether each phase has a converter of its own behind insulation, so that shunts can be used in three phases."""


class Outages(Table):
    """How often the site is without mains, for how long, and what may come of it."""

    per_year: Annotated[float, Field(gt=0.0, le=1e5)]
    """Outages in a year."""
    mean_s: fields.Seconds = Field(alias="mean")
    """Mean duration of them."""
    longest_s: fields.Seconds = Field(alias="longest")
    """Longest outage that the clock must bridge, whatever its likelihood."""
    tolerated_losses: Annotated[float, Field(gt=0.0, le=1e5)]
    """Lost clocks tolerated, on average over many meters, in the time the meter stays."""
    security_a: fields.AmperesOrZero = Field(alias="security_current", default=0.0)
    """What the security domain (tamper sensors, keys in RAM) takes from the store beyond what the design states."""


class Requirements(Table):
    """One site, whole."""

    site: Site
    bands: tuple[Band, ...] = Field(alias="load", min_length=1)
    costs: Costs
    design: Design
    outages: Outages | None = None

    @property
    def energy_kwh(self) -> float:
        """Active energy of a year."""
        return sum(band.power_w * band.seconds for band in self.bands) / 3.6e6


def load(path: str | PathLike[str]) -> Requirements:
    """Read a requirements file; raises RequirementsError, whatever the file holds."""
    name = Path(path).name or str(path)
    try:
        with Path(path).open("rb") as file:
            data = file.read(LARGEST_FILE + 1)
    except OSError as error:
        raise RequirementsError(name, [f"cannot be read: {error.strerror or error}"]) from None
    if len(data) > LARGEST_FILE:
        raise RequirementsError(name, [f"found more than {LARGEST_FILE} bytes, expected a TOML file of a thousand"])
    try:
        return loads(data.decode("utf-8-sig"), name)
    except UnicodeDecodeError:
        raise RequirementsError(name, ["found bytes that are not UTF-8, expected a TOML file"]) from None


def loads(text: str, name: str = "requirements") -> Requirements:
    """Read requirements from TOML text; raises RequirementsError."""
    try:
        tree = frozen(tomllib.loads(text))
    except RecursionError:
        raise RequirementsError(name, ["found arrays or tables nested without end"]) from None
    except ValueError as error:
        raise RequirementsError(name, [f"not valid TOML: {error}"]) from None
    try:
        found = Requirements.model_validate(tree)
    except ValidationError as error:
        raise RequirementsError(name, described(error, Requirements)) from None
    hours = sum(band.seconds for band in found.bands) / 3600.0
    if hours > HOURS_PER_YEAR:
        raise RequirementsError(name, [f"load: found {hours:.0f} h in a year, expected at most {HOURS_PER_YEAR:g} h"])
    return found
