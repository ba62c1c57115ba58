"""What a platform file says of its clock and of what keeps it running through an outage."""

from typing import Annotated, Literal

from pydantic import Field

from ferraris.hardware.platform import fields
from ferraris.hardware.platform.table import PartTable, Table


class Trim(Table):
    """Digital correction of a crystal's rate by adding and dropping clock cycles."""

    step_ppm: fields.Deviation = Field(alias="step")
    """Smallest change of rate; what is left after trimming is half of it."""
    range_ppm: fields.Deviation = Field(alias="range")
    """Largest correction to either side; fixed and temperature-dependent parts add up in it."""
    temperature_c: fields.Celsius = Field(alias="temperature", default=23.0)
    """Temperature at which production measures the crystal and takes its error off."""
    compensation: Literal["none", "nominal", "individual"]
    """Temperature: not followed, by the data sheet's parabola, or by that of each crystal, measured in production."""
    sensor_error_k: fields.Kelvins | None = Field(alias="sensor_error", default=None)
    """How far the thermometer may be off, the distance from thermometer to crystal included; with compensation only."""


class Crystal(PartTable):
    """A tuning-fork crystal with the oscillator and the counter that make a clock of it."""

    kind: Literal["crystal"]
    """This clock counts a crystal's oscillations."""
    frequency_hz: fields.Hertz = Field(alias="frequency")
    """Nominal frequency."""
    tolerance_ppm: fields.Deviation = Field(alias="tolerance")
    """How far a delivered crystal may be off at its turnover temperature, with the load it is specified for."""
    parabola_ppm_per_k2: fields.CurvatureTolerance = Field(alias="parabola")
    """Parabolic coefficient k of k (T - T0)²; negative."""
    turnover_c: fields.CelsiusTolerance = Field(alias="turnover")
    """Turnover temperature T0, at which the crystal is quickest."""
    load_f: fields.Farads = Field(alias="load")
    """Load capacitance the crystal is specified for."""
    motional_f: fields.Farads = Field(alias="motional_capacitance")
    """Motional capacitance C1."""
    shunt_f: fields.Farads = Field(alias="shunt_capacitance")
    """Shunt capacitance C0."""
    ageing_first_year_ppm: fields.Deviation = Field(alias="ageing_first_year")
    """Change of rate in the first year, to either side."""
    ageing_life_ppm: fields.Deviation | None = Field(alias="ageing_life", default=None)
    """Change over the whole life, where the maker states it; otherwise it follows from the first year."""
    capacitor_f: fields.FaradsTolerance = Field(alias="capacitors")
    """Each of the two capacitors from the crystal's pins to ground, fitted or on chip."""
    stray_f: fields.FaradsTolerance = Field(alias="stray")
    """What tracks and pins add between the two pins."""
    supply_sensitivity_ppm_per_v: fields.VoltageCoefficient = Field(alias="supply_sensitivity")
    """Change of rate per volt of the clock's supply."""
    supply_v: fields.SupplyRange = Field(alias="supply")
    """Supply voltages at which the clock keeps time."""
    backup_a: fields.AmperesTolerance = Field(alias="backup_current")
    """What the clock draws on backup; the upper end of the tolerance holds over temperature."""
    life_years: fields.Years = Field(alias="life")
    """Years in service that clock and backup are judged for."""
    trim: Trim | None = None
    """How the rate is trimmed; leave it out where the crystal runs as delivered."""


class Tcxo(PartTable):
    """A temperature-compensated oscillator or clock module, whose maker states one accuracy over a range."""

    kind: Literal["tcxo"]
    """This clock compensates its temperature itself."""
    accuracy: Annotated[tuple[tuple[fields.Operating, fields.Deviation], ...], Field(min_length=1)]
    """Pairs of temperature range and accuracy in it, initial error included."""
    soldering_ppm: fields.Deviation = Field(alias="soldering", default=0.0)
    """Shift by soldering, which the accuracy as delivered does not know."""
    trim_step_ppm: fields.Deviation | None = Field(alias="trim_step", default=None)
    """Step of the offset register, where production takes the shift by soldering off with it."""
    ageing_first_year_ppm: fields.Deviation = Field(alias="ageing_first_year")
    """Change of rate in the first year, to either side."""
    ageing_life_ppm: fields.Deviation | None = Field(alias="ageing_life", default=None)
    """Change over the whole life, where the maker states it; otherwise it follows from the first year."""
    supply_sensitivity_ppm_per_v: fields.VoltageCoefficient = Field(alias="supply_sensitivity", default=0.0)
    """Change of rate per volt of the clock's supply."""
    supply_v: fields.SupplyRange = Field(alias="supply")
    """Supply voltages at which the clock keeps time."""
    backup_a: fields.AmperesTolerance = Field(alias="backup_current")
    """What the clock draws on backup; the upper end of the tolerance holds over temperature."""
    life_years: fields.Years = Field(alias="life")
    """Years in service that clock and backup are judged for."""


class Supercapacitor(PartTable):
    """A double-layer capacitor that carries the clock through an outage."""

    kind: Literal["supercapacitor"]
    """The store is a double-layer capacitor."""
    capacitance_f: fields.FaradsTolerance = Field(alias="capacitance")
    """Capacitance as delivered."""
    rated_v: fields.Volts = Field(alias="rated_voltage")
    """Highest working voltage; leakage and life are stated at it."""
    esr_ohm: fields.Ohms = Field(alias="esr")
    """Equivalent series resistance as delivered, at most."""
    leakage_a: fields.Amperes = Field(alias="leakage")
    """Leakage after 72 h at the rated voltage and at 20 degC."""
    leakage_doubling_k: fields.SomeKelvins = Field(alias="leakage_doubling")
    """Rise of temperature that doubles the leakage."""
    leakage_decay: fields.Share = 0.0
    """Exponent n of (72 h / t)^n, by which leakage falls while the capacitor stays charged; nothing if left out."""
    rated_life_s: fields.Seconds = Field(alias="rated_life")
    """Life at the rated voltage and the temperature given beside, until the changes given below."""
    rated_life_c: fields.Celsius = Field(alias="rated_life_temperature")
    """Temperature of that life."""
    life_doubling_v: fields.Volts = Field(alias="life_doubling")
    """Reduction of voltage that doubles the life: about 0.2 V for each cell in series."""
    worn_capacitance: fields.Share
    """Share of its capacitance that the part has lost at the end of its life."""
    worn_esr: fields.Positive
    """Series resistance at the end of its life over that as delivered."""
    worn_leakage: fields.Positive
    """Leakage at the end of its life over that as delivered."""
    charged_v: fields.SupplyTolerance = Field(alias="voltage")
    """Voltage to which it is charged."""
    charged_s: fields.Seconds = Field(alias="charged", default=259200.0)
    """How long it has been charged when an outage begins; 72 h if left out."""
    recharge_s: fields.Seconds = Field(alias="recharge", default=1000.0)
    """Time constant of charging; 1000 s if left out, a farad through a kilohm: our choice."""
    minimum_v: fields.Volts = Field(alias="minimum_voltage")
    """Voltage at the clock down to which the store is used."""
    diode_drop_v: fields.VoltsOrZero = Field(alias="diode_drop", default=0.0)
    """Loss in diode or switch between store and clock."""
    other_a: fields.AmperesOrZero = Field(alias="other_load", default=0.0)
    """What else hangs on the store during an outage."""
    service_c: fields.Celsius = Field(alias="service_temperature")
    """Mean temperature of the store over its years in service; it decides how it ages."""
    hold_up_s: fields.Seconds = Field(alias="hold_up")
    """Longest outage through which the clock must run."""


class LithiumCell(PartTable):
    """A primary lithium cell that carries the clock through outages."""

    kind: Literal["lithium"]
    """The store is a primary lithium cell."""
    capacity_ah: fields.AmpereHours = Field(alias="capacity")
    """Nominal capacity."""
    usable_share: fields.SomeShare
    """Share of the capacity that can be drawn at this small current, over temperature and down to the end voltage."""
    self_discharge_per_year: fields.SharePerYear = Field(alias="self_discharge")
    """Share of what is left that is lost in a year at 20 degC."""
    self_discharge_doubling_k: fields.SomeKelvins = Field(alias="self_discharge_doubling")
    """Rise of temperature that doubles the self-discharge."""
    stated_life_years: fields.Years = Field(alias="stated_life")
    """How long the maker lets it serve: seals and electrolyte age whatever is drawn."""
    open_v: fields.Volts = Field(alias="open_voltage")
    """Voltage without load."""
    passivation_ohm: fields.OhmsOrZero = Field(alias="passivation")
    """Resistance of the film on the anode after long storage, at the coldest temperature, when a load is put on."""
    minimum_v: fields.Volts = Field(alias="minimum_voltage")
    """Voltage at the clock down to which the store is used."""
    diode_drop_v: fields.VoltsOrZero = Field(alias="diode_drop", default=0.0)
    """Loss in diode or switch between store and clock."""
    other_a: fields.AmperesOrZero = Field(alias="other_load", default=0.0)
    """What else hangs on the store during an outage."""
    unpowered_share: fields.SomeShare
    """Share of its life that the meter is without mains: storage before mounting and all outages."""
    service_c: fields.Celsius = Field(alias="service_temperature")
    """Mean temperature of the store over its years in service; it decides how much it loses by itself."""
    hold_up_s: fields.Seconds = Field(alias="hold_up")
    """Longest outage through which the clock must run."""
