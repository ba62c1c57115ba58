"""Kinds of field that platform tables are made of: a quantity with the bounds that nature sets, a count, a name."""

from typing import Annotated, Literal

from pydantic import Field

from ferraris import units
from ferraris.hardware.platform.quantities import (
    NameplateCurrents,
    Quantity,
    RangeQuantity,
    RatioQuantity,
    ToleranceQuantity,
)
from ferraris.units import CurrentRange, Range, Ratio, Toleranced

ABSOLUTE_ZERO_C = -273.15

Ohms = Annotated[float, Quantity(units.RESISTANCE, above=0.0)]
OhmsOrZero = Annotated[float, Quantity(units.RESISTANCE, low=0.0)]
OhmsTolerance = Annotated[Toleranced, ToleranceQuantity(units.RESISTANCE, above=0.0)]
FaradsTolerance = Annotated[Toleranced, ToleranceQuantity(units.CAPACITANCE, above=0.0)]
VoltsTolerance = Annotated[Toleranced, ToleranceQuantity(units.VOLTAGE)]
DriftTolerance = Annotated[Toleranced, ToleranceQuantity(units.DRIFT, low=-1e5, high=1e5)]
Drift = Annotated[float, Quantity(units.DRIFT, low=0.0, high=1e5)]
PerKelvin = Annotated[float, Quantity(units.SHARE_PER_KELVIN, low=-0.1, high=0.1)]
Amperes = Annotated[float, Quantity(units.CURRENT, above=0.0)]
AmperesOrZero = Annotated[float, Quantity(units.CURRENT, low=0.0)]
Volts = Annotated[float, Quantity(units.VOLTAGE, above=0.0)]
VoltsOrZero = Annotated[float, Quantity(units.VOLTAGE, low=0.0)]
Watts = Annotated[float, Quantity(units.POWER, above=0.0)]
Henries = Annotated[float, Quantity(units.INDUCTANCE, above=0.0)]
HenriesOrZero = Annotated[float, Quantity(units.INDUCTANCE, low=0.0)]
Hertz = Annotated[float, Quantity(units.FREQUENCY, above=0.0)]
MainsHertz = Annotated[float, Quantity(units.FREQUENCY, low=45.0, high=65.0)]
Share = Annotated[float, Quantity(units.SHARE, low=0.0, high=1.0)]
SomeShare = Annotated[float, Quantity(units.SHARE, above=0.0, high=1.0)]
Deviation = Annotated[float, Quantity(units.PARTS_PER_MILLION, low=0.0, high=1e6)]
SignedShare = Annotated[float, Quantity(units.SHARE, low=-1.0, high=1.0)]
VoltageCoefficient = Annotated[float, Quantity(units.SHARE_PER_VOLT, low=-1e4, high=1e4)]
TransresistanceTolerance = Annotated[Toleranced, ToleranceQuantity(units.TRANSRESISTANCE, above=0.0)]
PhaseLead = Annotated[float, Quantity(units.ANGLE, low=0.0, high=1.5)]
Pickup = Annotated[float, Quantity(units.PICKUP, low=0.0)]
AmperesTolerance = Annotated[Toleranced, ToleranceQuantity(units.CURRENT, above=0.0)]
SupplyTolerance = Annotated[Toleranced, ToleranceQuantity(units.VOLTAGE, above=0.0)]
SupplyRange = Annotated[Range, RangeQuantity(units.VOLTAGE, low=0.0)]
Farads = Annotated[float, Quantity(units.CAPACITANCE, above=0.0)]
CurvatureTolerance = Annotated[Toleranced, ToleranceQuantity(units.CURVATURE, low=-1.0, high=1.0)]
CelsiusTolerance = Annotated[Toleranced, ToleranceQuantity(units.TEMPERATURE, low=ABSOLUTE_ZERO_C, high=200.0)]
AmpereHours = Annotated[float, Quantity(units.CHARGE, above=0.0)]
SharePerYear = Annotated[float, Quantity(units.SHARE_PER_YEAR, low=0.0, high=1.0)]
Rejection = Annotated[float, Quantity(units.REJECTION, low=0.0, high=200.0)]
Celsius = Annotated[float, Quantity(units.TEMPERATURE, low=ABSOLUTE_ZERO_C)]
Operating = Annotated[Range, RangeQuantity(units.TEMPERATURE, low=ABSOLUTE_ZERO_C, high=200.0)]
SomeKelvins = Annotated[float, Quantity(units.TEMPERATURE_RISE, above=0.0)]
Kelvins = Annotated[float, Quantity(units.TEMPERATURE_RISE, low=0.0)]
KelvinsPerWatt = Annotated[float, Quantity(units.THERMAL_RESISTANCE, low=0.0)]
AmpereSquareSeconds = Annotated[float, Quantity(units.LET_THROUGH, above=0.0)]
VoltSeconds = Annotated[float, Quantity(units.FLUX_LINKAGE, above=0.0)]
Seconds = Annotated[float, Quantity(units.DURATION, above=0.0)]
SecondsOrZero = Annotated[float, Quantity(units.DURATION, low=0.0)]
WholeSeconds = Annotated[int, Quantity(units.DURATION, low=1.0, high=86400.0, whole=True)]
WholeDays = Annotated[int, Quantity(units.DAYS, low=1.0, high=3653.0, whole=True)]
Years = Annotated[float, Quantity(units.YEARS, above=0.0)]
JoulesPerByte = Annotated[float, Quantity(units.ENERGY_PER_BYTE, low=0.0)]
Bytes = Annotated[int, Quantity(units.MEMORY, low=0.0, high=2.0**32, whole=True)]
SomeBytes = Annotated[int, Quantity(units.MEMORY, low=1.0, high=2.0**32, whole=True)]
Nameplate = Annotated[CurrentRange, NameplateCurrents()]
VoltageRatio = Annotated[Ratio, RatioQuantity(units.VOLTAGE)]
CurrentRatio = Annotated[Ratio, RatioQuantity(units.CURRENT)]
Impulses = Annotated[float, Quantity(units.METER_CONSTANT, above=0.0)]
ReactiveImpulses = Annotated[float, Quantity(units.REACTIVE_CONSTANT, above=0.0)]
Count = Annotated[int, Field(ge=0, le=1_000_000)]
Several = Annotated[int, Field(ge=1, le=1_000_000)]
Positive = Annotated[float, Field(gt=0.0, le=1e18)]

Name = Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[^\x00-\x1f\x7f]+$")]
Reason = Annotated[str, Field(min_length=3, max_length=400)]
PartName = Annotated[str, Field(min_length=1, max_length=64)]
ActiveClass = Literal["A", "B", "C", "D", "0.2S", "0.5S", "0.5", "1", "2"]
