"""Section 2: current sensors, signal range and bandwidth, voltage divider."""

from collections.abc import Iterator
from math import sqrt
from typing import NamedTuple

from ferraris.hardware.chain.specimen import REFERENCE_C
from ferraris.hardware.physics import divider, heat
from ferraris.hardware.platform.models import Absent, CurrentSensor, CurrentTransformer, Platform, Rogowski, Shunt
from ferraris.verify import signals
from ferraris.verify.checklist.registry import item
from ferraris.verify.finding import Finding, Incomplete, Limit, NotApplicable, Outcome
from ferraris.verify.limits import ClassLimits, of_class, transitional_a
from ferraris.verify.ratings import rating, rule

EXTENDED_UN = 1.15
"""Upper end of the extended operating range in terms of Un (IEC 62052-11, recalled)."""

LOST_NEUTRAL = sqrt(3.0)
"""With the neutral lost, a phase voltage can rise to the line voltage."""


def _classes(platform: Platform) -> list[ClassLimits]:
    """Limits of every class the platform claims; item 1.1 reports those without a table."""
    found = (of_class(name, platform.meter.connection) for name in platform.meter.classes)
    return [limits for limits in found if limits]


# ------------------------------------------------------------------------------------------------ 2.1


class _Place(NamedTuple):
    """Where a current sensor sits: its table in the platform file, and what the report calls it."""

    key: str
    name: str


LINE = _Place("current.line", "line")
NEUTRAL = _Place("current.neutral", "neutral")


@item("2.1", "Current sensors: continuous, short-circuit, heat, linearity")
def current_sensors(platform: Platform) -> Iterator[Outcome]:
    """Heat, short-circuit, saturation and DC tolerance of each sensor against its ratings and the class."""
    yield from _sensor(platform, platform.current.line, LINE)
    yield from _direct_current(platform)
    match platform.current.neutral:
        case Absent(because=because):
            yield NotApplicable("2.1", "neutral current sensor", because)
        case sensor:
            yield from _sensor(platform, sensor, NEUTRAL)
    yield Incomplete("2.1", "terminal temperature rise and conductor fit: no model of the terminal block")


def _sensor(platform: Platform, sensor: CurrentSensor, place: _Place) -> Iterator[Outcome]:
    match sensor:
        case Shunt():
            yield from _shunt(platform, sensor, place)
        case CurrentTransformer():
            yield from _transformer(platform, sensor, place)
        case Rogowski():
            yield _conductor(platform, sensor, place, "Rogowski coil")
            yield from _self_heating(platform, 0.0) if place is LINE else ()
    yield from _short_circuit(platform, sensor, place)


def _shunt(platform: Platform, shunt: Shunt, place: _Place) -> Iterator[Outcome]:
    meter, resistance = platform.meter, sum(shunt.resistance)
    power = heat.joule_w(meter.current.max_a, resistance)
    rise = heat.rise_k(power, shunt.thermal_resistance_k_per_w)
    evidence = f"I²R at {meter.current.max_a:g} A in {1e6 * resistance:.4g} µΩ, its upper tolerance"
    limit = rating(platform, f"{place.key}.power_rating", shunt.power_rating_w)
    yield Finding("2.1", f"{place.name} shunt: power at Imax", power, limit, "W", evidence)
    hottest = meter.temperature.high + meter.enclosure_rise_k + rise
    evidence = f"{meter.temperature.high:g} °C air + {meter.enclosure_rise_k:g} K enclosure + {rise:.3g} K own, at Imax"
    limit = rating(platform, f"{place.key}.max_temperature", shunt.max_c)
    yield Finding("2.1", f"{place.name} shunt: element temperature at Imax", hottest, limit, "°C", evidence)
    if place is LINE:
        yield from _self_heating(platform, 1e-4 * sum(map(abs, shunt.tempco_ppm_per_k)) * rise)


def _transformer(platform: Platform, ct: CurrentTransformer, place: _Place) -> Iterator[Outcome]:
    meter = platform.meter
    yield _conductor(platform, ct, place, "CT")
    loop, lowest_hz = ct.winding_ohm + sum(ct.burden), 0.98 * meter.frequency_hz
    flux = heat.flux_linkage_vs(meter.current.max_a, ct.turns, loop, lowest_hz)
    evidence = f"√2 I/N (Rw + Rb) / ω with {loop:.4g} Ω at {lowest_hz:g} Hz, upper tolerance of the burden"
    limit = rating(platform, f"{place.key}.saturation", ct.saturation_vs)
    yield Finding("2.1", f"{place.name} CT: peak flux linkage at Imax", flux, limit, "V·s", evidence)
    if place is LINE:
        yield from _self_heating(platform, 0.0)
        yield Incomplete("2.1", "line CT: own heat and linearity: no thermal resistance and no core curve of it")


def _conductor(platform: Platform, sensor: CurrentTransformer | Rogowski, place: _Place, what: str) -> Finding:
    limit, imax = rating(platform, f"{place.key}.max_continuous", sensor.max_continuous_a), platform.meter.current.max_a
    return Finding("2.1", f"{place.name} {what}: continuous current", imax, limit, "A", "Imax of the nameplate")


def _self_heating(platform: Platform, own_percent: float) -> Iterator[Outcome]:
    """Error shift of the warm meter against the cold one at Imax, % per class.

    own_percent  what the sensor's own heat adds to what the warmer enclosure does to the whole chain
    """
    chain = signals.warming_change(platform)
    evidence = (
        f"{own_percent:.3g} % by the sensor's own heat, {chain.percent:.3g} % by the enclosure's: {chain.evidence}"
    )
    for limits in _classes(platform):
        limit = limits.influences["self-heating", "1"]
        quantity = f"class {limits.name} self-heating drift at Imax"
        yield Finding("2.1", quantity, own_percent + chain.percent, limit, "%", evidence)


def _short_circuit(platform: Platform, sensor: CurrentSensor, place: _Place) -> Iterator[Outcome]:
    limit = rating(platform, f"{place.key}.max_energy", sensor.max_energy_a2s)
    asked = [limits.short_time for limits in _classes(platform)]
    for times, duration_s in sorted({(short.times_imax, short.duration_s) for short in asked}):
        let_through = heat.let_through_a2s(times * platform.meter.current.max_a, duration_s)
        quantity = f"{place.name} sensor: I²t of {times:g} Imax for {1000 * duration_s:g} ms"
        by = {f"{s.source} ({s.basis})" for s in asked if (s.times_imax, s.duration_s) == (times, duration_s)}
        evidence = f"adiabatic; overcurrent asked for by {'; '.join(sorted(by))}"
        yield Finding("2.1", quantity, let_through, limit, "A²s", evidence)


def _direct_current(platform: Platform) -> Iterator[Outcome]:
    """Half-wave rectified current of Imax/sqrt(2): its DC part saturates a core that is not made for it."""
    asking = [limits.name for limits in _classes(platform) if limits.half_wave]
    match platform.current.line:
        case Shunt() | Rogowski():
            yield NotApplicable("2.1", "DC tolerance of the line sensor", "it has no core")
        case CurrentTransformer(dc_tolerant_a=tolerant) if asking:
            half_wave = platform.meter.current.max_a / sqrt(2.0)
            direct = f"{heat.half_wave_dc_a(half_wave):.4g} A"
            evidence = f"half wave of class {', '.join(asking)}, DC part {direct}; it is kept up to the maker's figure"
            limit = rating(platform, "current.line.dc_tolerant", tolerant)
            yield Finding("2.1", "line CT: half-wave current Imax/√2", half_wave, limit, "A", evidence)
        case CurrentTransformer():
            why = f"no class claimed ({', '.join(platform.meter.classes)}) asks it of this connection"
            yield NotApplicable("2.1", "DC tolerance of the line sensor", why)


# ------------------------------------------------------------------------------------------------ 2.2

CREST_RESERVE = 1.2
"""Overload above Imax that may not clip, as a factor on a sine's crest."""

SIGMAS = 5.0
HARMONIC = 40
GAIN_AT_HARMONIC = 1.0 / sqrt(2.0)
FOLDED_DB = 20.0


@item("2.2", "Signal range, overload and bandwidth")
def signal_range(platform: Platform) -> Iterator[Outcome]:
    """Signals at Ist, Imin and Imax against full scale and noise; phase, gain and aliasing over frequency."""
    yield from _designation(platform)
    yield from _full_scale(platform)
    yield from _noise(platform)
    yield from _frequency(platform)
    yield from _bandwidth(platform)


def _designation(platform: Platform) -> Iterator[Outcome]:
    """Ratios between the currents of the nameplate that the classes demand."""
    meter = platform.meter
    named = {"Iref": meter.current.ref_a, "Itr": transitional_a(meter.current.ref_a, meter.connection)}
    named |= {"Imin": meter.current.min_a, "Imax": meter.current.max_a}
    for limits in _classes(platform):
        for kind, limit in limits.currents.items():
            top, _, bottom = kind.partition(" over ")
            if top in named:
                ratio = named[top] / named[bottom]
                yield Finding("2.2", f"class {limits.name} {kind}", ratio, limit, "", "currents of the nameplate")


def _full_scale(platform: Platform) -> Iterator[Outcome]:
    for channel in signals.channels(platform, EXTENDED_UN):
        full_scale = platform.adc.full_scale_v / channel.gain
        evidence = f"{channel.at}, all tolerances upward; full scale {full_scale:.4g} V at gain {channel.gain}"
        limit = rating(platform, "adc.full_scale", full_scale)
        yield Finding("2.2", f"{channel.name}: peak at {channel.point}", channel.peak_v, limit, "V", evidence)
        if channel.name != "voltage channel":
            crest = rule(CREST_RESERVE * sqrt(2.0), f"{CREST_RESERVE:g} x Imax may not clip a sine", "min")
            left = full_scale / (channel.peak_v / sqrt(2.0))
            yield Finding("2.2", f"{channel.name}: crest factor left at Imax", left, crest, "", evidence)


def _noise(platform: Platform) -> Iterator[Outcome]:
    start = platform.firmware.start_a
    evidence = "white noise of both channels through the product, averaged over 10 s (phasor fidelity)"
    share = SIGMAS * signals.power_scatter(platform, start)
    limit = rule(0.5, "five sigma of the noise stay under half the power at starting current")
    yield Finding("2.2", "noise of P at Ist: 5 σ over 10 s, share of P", share, limit, "", evidence)
    threshold = rating(platform, "firmware.creep_fraction", signals.creep_w(platform))
    idle = SIGMAS * signals.idle_scatter_w(platform)
    yield Finding("2.2", "noise of P without load: 5 σ over 10 s", idle, threshold, "W", evidence)
    scatter = 100.0 * signals.power_scatter(platform, platform.meter.current.min_a)
    for limits in _classes(platform):
        repeat, lowest = limits.repeatability, limits.loads[0].limit
        basis = "recalled" if "recalled" in {repeat.basis, lowest.basis} else lowest.basis
        limit = Limit(repeat.value * lowest.value, f"{repeat.value:g} of {lowest.value:g} %: {repeat.source}", basis)
        yield Finding("2.2", f"class {limits.name} repeatability at Imin: σ over 10 s", scatter, limit, "%", evidence)


def _frequency(platform: Platform) -> Iterator[Outcome]:
    """Phase that the line calibrated at one frequency shows at others, as error at PF 0.5."""
    for limits in _classes(platform):
        for factor in ("1", "0.5i"):
            change = signals.frequency_change(platform, factor, (0.98, 1.02))
            limit = limits.influences["frequency", factor]
            quantity = f"class {limits.name} change by frequency ± 2 %, PF {factor}"
            yield Finding("2.2", quantity, change.percent, limit, "%", change.evidence)
        rated = platform.meter.frequency_hz
        wide = signals.frequency_change(platform, "0.5i", (45.0 / rated, 65.0 / rated))
        own = limits.influences["frequency", "0.5i"].value + _inductive(limits).value
        limit = rule(own, "from 45 to 65 Hz the error at PF 0.5 stays within class limit plus frequency influence")
        yield Finding(
            "2.2", f"class {limits.name} change over 45 to 65 Hz, PF 0.5i", wide.percent, limit, "%", wide.evidence
        )


def _inductive(limits: ClassLimits) -> Limit:
    return _main(limits, "0.5i")


def _main(limits: ClassLimits, factor: str) -> Limit:
    """The limit of the balanced row that reaches Imax."""
    wanted = factor, True, False
    return next(
        load.limit for load in limits.loads if (load.where.factor, load.where.closed, load.where.single_phase) == wanted
    )


def _bandwidth(platform: Platform) -> Iterator[Outcome]:
    rated = platform.meter.frequency_hz
    gain = signals.relative_gain(platform, HARMONIC * rated)
    limit = rule(GAIN_AT_HARMONIC, "no channel falls by more than 3 dB up to the 40th harmonic", "min")
    evidence = "sensor, filter and decimator with the metrology filter behind them, worst channel, nominal specimen"
    yield Finding("2.2", f"gain at {HARMONIC * rated:g} Hz against {rated:g} Hz", gain, limit, "", evidence)
    alias = signals.alias_rejection_db(platform)
    evidence = "sensor, filter and decimator at k x 8 kHz ± f up to 150 kHz, worst channel, nominal specimen"
    for limits in _classes(platform):
        need = signals.rejection_for_db(_inductive(limits).value)
        why = "a tone of a tenth of the current, folded on the fundamental, takes under a tenth of the class limit"
        quantity = f"class {limits.name} rejection of tones that fold on the fundamental"
        yield Finding("2.2", quantity, alias.fundamental_db, rule(need, why, "min"), "dB", evidence)
    limit = rule(FOLDED_DB, "a tone of a tenth of the current adds under 1 % to harmonics", "min")
    quantity = "rejection of tones up to 150 kHz that fold below 2 kHz"
    yield Finding("2.2", quantity, alias.band_db, limit, "dB", evidence)


# ------------------------------------------------------------------------------------------------ 2.3


@item("2.3", "Voltage divider: power, accuracy, stability, clamp")
def voltage_divider(platform: Platform) -> Iterator[Outcome]:
    """Stress of one upper resistor, movement of the ratio, and what the clamp does to both."""
    yield from _stress(platform)
    yield from _ratio(platform)
    yield from _clamp(platform)
    yield Incomplete("2.3", "coordination with the surge protection: no model of the surge front end yet")


def _stress(platform: Platform) -> Iterator[Outcome]:
    arm, meter = platform.voltage, platform.meter
    tolerance = arm.upper.tolerance / arm.upper.nominal
    evidence = f"one of {arm.upper_count} x {arm.upper.nominal / 1e3:.4g} kΩ, tolerances at their worst"
    for times, when in ((EXTENDED_UN, "1.15 Un"), (LOST_NEUTRAL, "lost neutral")):
        volts = times * meter.un_v
        power = divider.worst_power_w(volts, arm.upper_count, arm.upper.nominal, tolerance)
        limit = rating(platform, "voltage.resistor_power", arm.resistor_power_w)
        yield Finding("2.3", f"power in one resistor at {when}", power, limit, "W", f"{evidence}; {volts:.4g} V")
        share = volts * divider.worst_share(arm.upper_count, tolerance)
        limit = rating(platform, "voltage.resistor_voltage", arm.resistor_voltage_v)
        yield Finding("2.3", f"voltage across one resistor at {when}", share, limit, "V", f"{evidence}; {volts:.4g} V")


def _ratio(platform: Platform) -> Iterator[Outcome]:
    arm = platform.voltage
    kelvin = max(abs(air_c - REFERENCE_C) for air_c in platform.meter.temperature) + platform.meter.enclosure_rise_k
    error = 1e-4 * (arm.tracking_ppm_per_k * kelvin + arm.ageing_ppm)
    evidence = (
        f"tracking {arm.tracking_ppm_per_k:g} ppm/K over {kelvin:.3g} K and {arm.ageing_ppm:g} ppm of ageing; "
        "the common coefficient cancels"
    )
    for limits in _classes(platform):
        limit = _third(limits, platform)
        quantity = f"class {limits.name} ratio error over temperature and life"
        yield Finding("2.3", quantity, error, limit, "%", evidence)


def _third(limits: ClassLimits, platform: Platform) -> Limit:
    """A third of what the class allows at the end of the temperature range; sensor and converter get the others."""
    coefficient = limits.influences["temperature coefficient", "1"].value
    kelvin = max(abs(air_c - REFERENCE_C) for air_c in platform.meter.temperature)
    main = _main(limits, "1").value
    return rule((main + coefficient * kelvin) / 3.0, "a third of the class limit with its temperature allowance")


def _clamp(platform: Platform) -> Iterator[Outcome]:
    arm, adc = platform.voltage, platform.adc
    if arm.clamp_v is None:
        yield Incomplete(
            "2.3",
            "clamp at the converter's pin: the platform file names none, and no surge model says it can do without",
        )
        return
    limit = rating(platform, "adc.absolute_max", adc.absolute_max_v)
    yield Finding("2.3", "clamp level at the converter's pin", arm.clamp_v, limit, "V", "voltage.clamp_level")
    pin = signals.voltage_peak_v(platform, EXTENDED_UN)
    limit = rating(platform, "voltage.clamp_level", arm.clamp_v)
    yield Finding("2.3", "peak at the pin at 1.15 Un, below the clamp", pin, limit, "V", "all tolerances upward")
    source_ohm = divider.parallel_ohm(arm.upper_count * arm.upper.nominal, arm.lower.nominal)
    error = 100.0 * divider.leakage_error(arm.clamp_leakage_a, source_ohm, signals.voltage_peak_v(platform, 1.0))
    evidence = f"{1e9 * arm.clamp_leakage_a:.3g} nA through {source_ohm:.4g} Ω, in phase with the signal at worst"
    for limits in _classes(platform):
        limit = rule(0.1 * _main(limits, "1").value, "a tenth of the class limit")
        yield Finding("2.3", f"class {limits.name} ratio error by clamp leakage", error, limit, "%", evidence)
