"""What a platform file says, as frozen models: one class per table, SI units inside.

The key in the file carries no unit, because its value does (`un = "230 V"`); the attribute carries it (`un_v`).
Values that no part can have are refused here; a design that is merely bad loads, and the checklist judges it.
"""

from typing import Annotated, Literal, TypeAlias

from pydantic import AfterValidator, Field, PrivateAttr

from ferraris.hardware.platform import fields
from ferraris.hardware.platform.billing import FEWEST_RATES, Billing, TimeSource
from ferraris.hardware.platform.localtime import LocalTime
from ferraris.hardware.platform.provenance import Source
from ferraris.hardware.platform.supply import Supply
from ferraris.hardware.platform.table import PartTable, Table
from ferraris.hardware.platform.tariff import Tariff
from ferraris.hardware.platform.timekeeping import Crystal, LithiumCell, Supercapacitor, Tcxo
from ferraris.units import Toleranced

SAMPLES_PER_SECOND = 8000
"""Rate at which the metering front end delivers samples, S/s; modulator frequency over decimation must give it."""

COPPER_PER_K = 0.00393
"""Temperature coefficient of annealed copper, per kelvin, at 20 degC (IEC 60028; recalled, unverified)."""


def _one_of_each(values: tuple[str, ...]) -> tuple[str, ...]:
    if len(set(values)) != len(values):
        raise ValueError("each class once")
    return values


class Meter(Table):
    """What the nameplate says."""

    name: fields.Name
    """Name of the design."""
    manufacturer: str = Field(pattern="^[A-Z]{3}$", examples=["FER"])
    """Three capital letters, as registered with the FLAG Association."""
    serial: str = Field(pattern="^[0-9A-Za-z]{1,16}$", examples=["00000001"])
    """Serial number, up to 16 letters and digits."""
    service: Literal["1p2w", "3p4w"]
    """Single phase two wires, or three phases four wires."""
    connection: Literal["direct", "transformer"]
    """Whether the line current itself, or that of current transformers outside the meter, flows through it."""
    un_v: fields.Volts = Field(alias="un")
    """Reference voltage Un, phase to neutral, at the meter's terminals."""
    current: fields.Nameplate
    """Imin-Iref(Imax) at the meter's terminals; Iref is In where transformers are used."""
    frequency_hz: fields.MainsHertz = Field(alias="frequency")
    """Reference frequency."""
    classes: Annotated[tuple[fields.ActiveClass, ...], Field(min_length=1), AfterValidator(_one_of_each)]
    """Accuracy classes for active energy that the design is judged against."""
    constant_imp_per_kwh: fields.Impulses = Field(alias="constant")
    """Active test output: pulses per kilowatt-hour at the meter's terminals."""
    reactive_constant_imp_per_kvarh: fields.ReactiveImpulses = Field(alias="reactive_constant")
    """Reactive test output: pulses per kilovar-hour at the meter's terminals."""
    temperature: fields.Operating
    """Specified operating range of the air around the meter."""
    enclosure_rise_k: fields.Kelvins = Field(alias="enclosure_rise")
    """How much warmer the air inside is than outside, in the end, at Imax."""


class Transformers(Table):
    """Instrument transformers outside a transformer-connected meter."""

    vt: fields.VoltageRatio
    """Voltage transformers: rated primary and secondary, phase to phase."""
    ct: fields.CurrentRatio
    """Current transformers: rated primary and secondary."""
    registers: Literal["primary", "secondary"]
    """Which side the standard OBIS codes show; the other side can be read too."""


class Divider(PartTable):
    """The resistive voltage divider of every voltage channel."""

    upper: fields.OhmsTolerance
    """One resistor of the upper arm."""
    upper_count: fields.Several
    """How many of them stand in series."""
    lower: fields.OhmsTolerance
    """The lower arm."""
    tempco_ppm_per_k: fields.DriftTolerance = Field(alias="tempco")
    """Temperature coefficient that all resistors share; it cancels in the ratio."""
    tracking_ppm_per_k: fields.Drift = Field(alias="tracking")
    """How far the coefficients of upper and lower arm may lie apart; it does not cancel."""
    resistor_power_w: fields.Watts = Field(alias="resistor_power")
    """Power rating of one upper resistor at 70 degC."""
    resistor_voltage_v: fields.Volts = Field(alias="resistor_voltage")
    """Limiting element voltage of one upper resistor, RMS."""
    ageing_ppm: fields.Deviation = Field(alias="ageing")
    """Change of the ratio over the meter's life."""
    voltage_coefficient_ppm_per_v: fields.VoltageCoefficient = Field(alias="voltage_coefficient", default=0.0)
    """Change of one upper resistor per volt across it; below 0.1 ppm/V in thin film, so left out there."""
    clamp_v: fields.Volts | None = Field(alias="clamp_level", default=None)
    """Level to which the clamp at the converter's pin limits a surge; leave it out where no clamp is fitted."""
    clamp_leakage_a: fields.AmperesOrZero = Field(alias="clamp_leakage", default=0.0)
    """Leakage of the clamp at the hottest operating temperature."""


class Filter(PartTable):
    """The anti-alias low-pass, one resistor and one capacitor, in every channel."""

    resistance: fields.OhmsTolerance
    """Series resistor."""
    capacitance: fields.FaradsTolerance
    """Capacitor to ground; its tolerance becomes a phase error between channels."""


class Shunt(PartTable):
    """A resistor in the line whose voltage drop is measured."""

    kind: Literal["shunt"]
    """This sensor is a shunt."""
    resistance: fields.OhmsTolerance
    """Resistance between the sense terminals."""
    tempco_ppm_per_k: fields.DriftTolerance = Field(alias="tempco")
    """Temperature coefficient including the copper between the sense terminals."""
    inductance_h: fields.HenriesOrZero = Field(alias="inductance")
    """Inductance of the sense loop; its phase error rises with frequency."""
    power_rating_w: fields.Watts = Field(alias="power_rating")
    """Continuous power the maker allows."""
    thermal_resistance_k_per_w: fields.KelvinsPerWatt = Field(alias="thermal_resistance")
    """From the element to the air inside the enclosure."""
    max_energy_a2s: fields.AmpereSquareSeconds = Field(alias="max_energy")
    """I²t of a short-circuit that the element survives unchanged."""
    max_c: fields.Celsius = Field(alias="max_temperature")
    """Hottest temperature of the element."""
    thermal_time_s: fields.Seconds | None = Field(alias="thermal_time", default=None)
    """Time constant of the element's own heating; without it, self-heating has no model."""
    field_pickup_a_per_t: fields.Pickup | None = Field(alias="field_pickup", default=None)
    """False current that an induction at mains frequency makes in the sense loop, in the worst direction."""


class CurrentTransformer(PartTable):
    """A current transformer inside the meter, with its burden."""

    kind: Literal["ct"]
    """This sensor is a current transformer."""
    turns: fields.Positive
    """Secondary turns for one primary turn."""
    burden: fields.OhmsTolerance
    """Resistor across the secondary; its voltage is measured."""
    burden_tempco_ppm_per_k: fields.DriftTolerance = Field(alias="burden_tempco")
    """Temperature coefficient of the burden."""
    winding_ohm: fields.OhmsOrZero = Field(alias="winding")
    """Resistance of the secondary winding at 23 degC."""
    winding_tempco_per_k: fields.PerKelvin = Field(alias="winding_tempco", default=COPPER_PER_K)
    """Relative change of the winding's resistance per kelvin; that of copper unless stated."""
    magnetising_inductance_h: fields.Henries = Field(alias="magnetising_inductance")
    """Magnetising inductance seen from the secondary, at rated current: phase error is about (winding + burden)/wL."""
    ratio_tolerance: fields.Share
    """How far the ratio may lie from the number of turns."""
    inductance_tolerance: fields.Share
    """How far the magnetising inductance may lie from its nominal value."""
    saturation_vs: fields.VoltSeconds = Field(alias="saturation")
    """Flux linkage of the secondary at which the core saturates."""
    dc_tolerant_a: fields.AmperesOrZero = Field(alias="dc_tolerant")
    """RMS of a half-wave primary current up to which the maker states the class is kept; "0 A": not tolerant."""
    max_continuous_a: fields.Amperes = Field(alias="max_continuous")
    """Continuous primary current the maker allows."""
    max_energy_a2s: fields.AmpereSquareSeconds = Field(alias="max_energy")
    """I²t of a short-circuit that the primary conductor survives."""
    primary_ohm: fields.OhmsOrZero = Field(alias="primary")
    """Resistance of the primary conductor; it heats the meter."""
    tempco_inductance_per_k: fields.PerKelvin = Field(alias="tempco_inductance")
    """Relative change of the magnetising inductance per kelvin."""
    initial_inductance_h: fields.Henries | None = Field(alias="initial_inductance", default=None)
    """Magnetising inductance at vanishing flux; without it, permeability does not depend on flux below saturation."""
    knee_vs: fields.VoltSeconds | None = Field(alias="knee", default=None)
    """Peak flux linkage at which the inductance lies half-way from its initial to its rated value."""
    saturated_inductance_h: fields.HenriesOrZero = Field(alias="saturated_inductance", default=0.0)
    """Inductance that is left in saturation: that of a second core of low permeability, if there is one."""
    measured: tuple[tuple[fields.Amperes, fields.SignedShare, fields.PhaseLead], ...] = ()
    """Measured errors: primary current, ratio error, phase lead; rising current; with this winding and burden."""
    measured_hz: fields.Hertz | None = Field(alias="measured_frequency", default=None)
    """Frequency at which they were measured."""
    field_pickup_a_per_t: fields.Pickup | None = Field(alias="field_pickup", default=None)
    """False primary current that an induction at mains frequency makes, in the worst direction."""
    field_bias_a_per_t: fields.Pickup | None = Field(alias="field_bias", default=None)
    """Direct primary current that biases the core as much as a static induction, in the worst direction."""


class Rogowski(PartTable):
    """A coil without a core around the conductor: it gives the current's derivative, which an integrator undoes."""

    kind: Literal["rogowski"]
    """This sensor is a Rogowski coil."""
    sensitivity_v_per_a: fields.TransresistanceTolerance = Field(alias="sensitivity")
    """Voltage of the coil per ampere, at the frequency given beside."""
    sensitivity_hz: fields.Hertz = Field(alias="sensitivity_frequency")
    """Frequency at which the sensitivity holds; it rises in proportion to frequency."""
    tempco_ppm_per_k: fields.DriftTolerance = Field(alias="tempco")
    """Temperature coefficient of the mutual inductance."""
    position_error: fields.Share
    """Change of sensitivity when the conductor lies elsewhere in the coil than at calibration."""
    integrator: Literal["digital", "analog"]
    """Whether integration is done on samples, or by an amplifier before the converter."""
    integrator_corner_hz: fields.Hertz = Field(alias="integrator_corner")
    """Below this frequency the integrator lets its input leak away, so that offset does not run away."""
    integrator_tolerance: fields.Share = 0.0
    """How far an analog integrator's resistance times capacitance may lie from nominal; nothing for a digital one."""
    integrator_tempco_ppm_per_k: fields.DriftTolerance = Field(alias="integrator_tempco", default=Toleranced(0.0))
    """Temperature coefficient of an analog integrator's resistance times capacitance."""
    max_continuous_a: fields.Amperes = Field(alias="max_continuous")
    """Continuous current the conductor through the coil allows."""
    max_energy_a2s: fields.AmpereSquareSeconds = Field(alias="max_energy")
    """I²t of a short-circuit that the conductor survives."""
    primary_ohm: fields.OhmsOrZero = Field(alias="primary")
    """Resistance of the conductor; it heats the meter."""
    field_pickup_a_per_t: fields.Pickup | None = Field(alias="field_pickup", default=None)
    """False current that an induction at mains frequency makes, in the worst direction."""


class Absent(Table):
    """Something this design lacks on purpose."""

    kind: Literal["none"]
    """Nothing is fitted here."""
    because: fields.Reason
    """Why the design can do without it."""


CurrentSensor: TypeAlias = Shunt | CurrentTransformer | Rogowski
LineSensor: TypeAlias = Annotated[CurrentSensor, Field(discriminator="kind")]
NeutralSensor: TypeAlias = Annotated[CurrentSensor | Absent, Field(discriminator="kind")]


Clock: TypeAlias = Annotated[Crystal | Tcxo, Field(discriminator="kind")]
Backup: TypeAlias = Annotated[Supercapacitor | LithiumCell | Absent, Field(discriminator="kind")]


class LineSensors(Table):
    """Where current is measured, and with what."""

    line: LineSensor
    """The sensor of each phase, all alike."""
    neutral: NeutralSensor
    """The sensor in the neutral, or why there is none."""
    reversed: Annotated[tuple[Literal["L1", "L2", "L3", "N"], ...], AfterValidator(_one_of_each)] = ()
    """Sensors that were mounted the wrong way round after calibration."""


class Adc(PartTable):
    """The delta-sigma converter with its amplifiers and reference."""

    channels: fields.Several
    """Differential inputs that are sampled at the same time."""
    full_scale_v: fields.Volts = Field(alias="full_scale")
    """Peak input voltage at gain 1."""
    gains: Annotated[tuple[fields.Several, ...], Field(min_length=1)]
    """Gains the amplifier can be set to."""
    gain_voltage: fields.Several
    """Gain of the voltage channels."""
    gain_line: fields.Several
    """Gain of the line-current channels."""
    gain_neutral: fields.Several = 1
    """Gain of the neutral-current channel."""
    bits: Annotated[int, Field(ge=8, le=32)]
    """Bits of an output code."""
    noise_v: fields.Volts = Field(alias="noise")
    """RMS noise referred to the input at gain 1 and 8 kS/s."""
    noise_at_gain: tuple[tuple[fields.Several, fields.Volts], ...] = ()
    """The same at other gains: pairs of gain and RMS noise; a gain not listed is taken to have that of gain 1."""
    offset: fields.VoltsTolerance
    """Offset voltage referred to the input."""
    gain_tolerance: fields.Share
    """How far a channel's gain may lie from its setting, reference included."""
    gain_drift_ppm_per_k: fields.DriftTolerance = Field(alias="gain_drift")
    """Drift of one channel's gain, different for each channel; reference not included."""
    reference_drift_ppm_per_k: fields.DriftTolerance = Field(alias="reference_drift")
    """Drift of the reference, the same for all channels; power moves by twice as much."""
    crosstalk: fields.Share = 0.0
    """Share of a phase's voltage code that appears in the code of its current channel."""
    absolute_max_v: fields.Volts = Field(alias="absolute_max")
    """Voltage at a pin beyond which the converter may be damaged."""
    input_ohm: fields.Ohms = Field(alias="input_resistance")
    """Differential input resistance at gain 1; it loads the divider."""
    clock_tolerance_ppm: fields.Deviation = Field(alias="clock_tolerance")
    """How far the sample clock may lie from its nominal frequency."""
    modulator_hz: fields.Hertz = Field(alias="modulator")
    """Frequency of the modulator."""
    decimation: fields.Several
    """Modulator samples per output code."""
    integrator_gain: Annotated[float, Field(ge=10.0, le=1e9)] | None = None
    """Gain at DC of the amplifiers in the modulator's integrators; without it they do not leak."""
    dither: fields.Share = 0.0
    """Peak of the uniform dither at the modulator's quantiser, as a share of the modulator's reference."""
    delay_tolerance_s: fields.SecondsOrZero = Field(alias="delay_tolerance", default=0.0)
    """How far the sampling instants of two channels may lie apart; nothing where one clock samples all of them."""
    reference_ageing_ppm: fields.Deviation = Field(alias="reference_ageing", default=0.0)
    """Change of the reference over the meter's life."""
    supply_ripple_v: fields.VoltsOrZero = Field(alias="supply_ripple", default=0.0)
    """RMS ripple on the converter's analog supply, at twice the mains frequency."""
    supply_rejection_db: fields.Rejection = Field(alias="supply_rejection", default=200.0)
    """How much of that ripple is kept away from the input at gain 1."""
    chip_offset_k: fields.Kelvins = Field(alias="chip_sensor_offset", default=0.0)
    """How far the on-chip temperature sensor may be off at 23 degC."""
    chip_gain_tolerance: fields.Share = Field(alias="chip_sensor_gain", default=0.0)
    """How far a degree of the on-chip temperature sensor may be off."""


class Soc(PartTable):
    """The processor that runs metrology, billing and communication."""

    name: fields.Name
    """Type."""
    cpu_hz: fields.Hertz = Field(alias="cpu")
    """Clock of the processor."""
    cycles_per_mac: fields.Positive
    """Clock cycles for one multiply-accumulate of 32-bit samples into 64 bits, loads included."""
    ram_bytes: fields.SomeBytes = Field(alias="ram")
    """Static memory."""
    flash_bytes: fields.SomeBytes = Field(alias="flash")
    """Program memory."""
    uart: fields.Count
    """Serial ports."""
    spi: fields.Count
    """SPI ports."""
    i2c: fields.Count
    """I²C ports."""
    gpio: fields.Count
    """Pins for other purposes."""


class Nvm(PartTable):
    """The non-volatile memory for registers, profiles and logs."""

    technology: Literal["fram", "eeprom", "nor"]
    """FRAM, EEPROM or NOR flash."""
    size_bytes: fields.SomeBytes = Field(alias="size")
    """Capacity."""
    page_bytes: fields.SomeBytes = Field(alias="page")
    """Most bytes that one write can program."""
    erase_bytes: fields.Bytes = Field(alias="erase")
    """Smallest block that can be erased; "0 B" where a byte can be overwritten as it is."""
    write_s: fields.SecondsOrZero = Field(alias="write_time")
    """Time to program one page."""
    erase_s: fields.SecondsOrZero = Field(alias="erase_time")
    """Time to erase one block."""
    write_j: fields.JoulesPerByte = Field(alias="write_energy")
    """Energy to program one byte."""
    erase_j: fields.JoulesPerByte = Field(alias="erase_energy", default=0.0)
    """Energy to erase one byte; left out, erasing costs nothing."""
    endurance_cycles: fields.Positive = Field(alias="endurance")
    """Times a byte (or a block, where blocks are erased) can be written."""
    retention_years: fields.Years = Field(alias="retention")
    """Time that data lasts without power."""


class Budget(Table):
    """What one function of the firmware uses of the processor and of the memory: the planner's own estimate."""

    name: fields.Name
    """Function, such as metrology, billing, storage, protocol, tamper, control, communication."""
    ram_bytes: fields.Bytes = Field(alias="ram")
    """Static memory."""
    flash_bytes: fields.Bytes = Field(alias="flash")
    """Program memory."""
    cpu_share: fields.Share = 0.0
    """Share of the processor's time; leave metrology's out, it is computed."""
    nvm_bytes: fields.Bytes = Field(alias="nvm", default=0)
    """Non-volatile memory beside registers and load profile, which are computed."""
    uart: fields.Count = 0
    """Serial ports."""
    spi: fields.Count = 0
    """SPI ports."""
    i2c: fields.Count = 0
    """I²C ports."""
    gpio: fields.Count = 0
    """Other pins."""


class Firmware(Table):
    """What the factory programs into the meter."""

    commit_s: fields.WholeSeconds = Field(alias="commit")
    """How often registers are made durable: the most that a power cut can lose."""
    profile_period_s: fields.WholeSeconds = Field(alias="profile_period")
    """Capture period of the load profile."""
    profile_days: fields.WholeDays
    """How long the load profile reaches back."""
    netting: Literal["vector", "per_phase"]
    """Whether phases that export are set off against phases that import; both totals are kept, this one is billed."""
    start_a: fields.Amperes = Field(alias="start")
    """Starting current stated on the nameplate."""
    creep_fraction: fields.SomeShare
    """Power below which nothing is registered, as a share of the power at starting current."""
    lls_password: str = Field(min_length=8, max_length=64, pattern="^[\x21-\x7e]+$", examples=["change-me"])
    """Password of the reading client (low level security): 8 to 64 printable ASCII characters."""
    management_password: str | None = Field(
        min_length=8, max_length=64, pattern="^[\x21-\x7e]+$", examples=["change-me-too"], default=None
    )
    """Password of the head end's managing client, which sets clock and tariff; left out, nobody can do either."""
    time_sources: tuple[TimeSource, ...] = Field(alias="time_source", default=())
    """Who else may set the clock."""
    source_hold_s: fields.WholeSeconds = Field(alias="source_hold", default=86400)
    """After one of them set the clock, those of lower priority may not for this long."""
    tariff_file: str | None = Field(alias="tariff", default=None, min_length=1, max_length=400)
    """Tariff file, its path relative to this file; without one the meter has one rate (docs/tariffs.md)."""
    zone: LocalTime | None = None
    """Local time, by which rates, billing periods and daily captures go; UTC if left out."""
    budgets: tuple[Budget, ...] = Field(alias="budget", default=())
    """What each function needs of processor, memory and ports."""


class Platform(Table):
    """One design of a smart meter, whole."""

    meter: Meter
    transformers: Transformers | None = None
    voltage: Divider
    filter: Filter
    current: LineSensors
    adc: Adc
    soc: Soc
    nvm: Nvm
    firmware: Firmware
    billing: Billing = Field(default_factory=Billing)
    clock: Clock | None = None
    backup: Backup | None = None
    supply: Supply | None = None
    _sources: tuple[Source, ...] = PrivateAttr(default=())
    _tariff: Tariff | None = PrivateAttr(default=None)

    @property
    def elements(self) -> int:
        """Measuring elements: 1 for "1p2w", 3 for "3p4w"."""
        return {"1p2w": 1, "3p4w": 3}[self.meter.service]

    @property
    def rates(self) -> int:
        """Registers for rates that every quantity has."""
        needed = len(self.tariff.head.rates) if self.tariff else 1
        return max(needed, FEWEST_RATES) if self.billing.rates is None else self.billing.rates

    @property
    def sources(self) -> tuple[Source, ...]:
        """Where each value that came from the catalogue was found, and whether that source was seen or recalled."""
        return self._sources

    @property
    def tariff(self) -> Tariff | None:
        """What the tariff file says; None for a meter with one rate, and where text was read that has no folder."""
        return self._tariff
