"""Manufacture of one channel's sensor: from the platform's table and the deviates of its tolerances to numbers."""

from dataclasses import dataclass, field
from typing import TypeAlias, assert_never

import numpy as np
from numpy.typing import NDArray

from ferraris.hardware.chain.sensors.core import Core, law_of, left_h
from ferraris.hardware.draws import Deviates
from ferraris.hardware.platform.models import CurrentSensor, CurrentTransformer, Platform, Rogowski, Shunt

Floats: TypeAlias = NDArray[np.float64]


def _nothing() -> Floats:
    return np.zeros(())


@dataclass(frozen=True, eq=False)
class Sensor:
    """Values of one channel's sensor, each of shape () or (S,); see `Specimen` for what they mean."""

    sensitivity: Floats
    drift_per_k: Floats = field(default_factory=_nothing)
    lead_s: Floats = field(default_factory=_nothing)
    corner_rad_s: Floats = field(default_factory=_nothing)
    corner_per_k: Floats = field(default_factory=_nothing)
    loop_per_k: Floats = field(default_factory=_nothing)
    position: Floats = field(default_factory=_nothing)
    ageing: Floats = field(default_factory=_nothing)
    per_volt: Floats = field(default_factory=_nothing)
    pickup_a_per_t: Floats = field(default_factory=_nothing)
    heat_k_per_a2: Floats = field(default_factory=_nothing)
    heat_s: float = 0.0
    core: Core | None = None


def divider(platform: Platform, z: Deviates, name: str) -> Sensor:
    """Resistive divider: ratio = Rl / (Ru + Rl), Rl in parallel with the converter's input resistance.

    Drift of the ratio is the tracking of upper against lower resistors; their common temperature coefficient cancels.
    The voltage coefficient k of each of n upper resistors lowers the ratio by k/n per volt at the terminals.
    """
    parts = platform.voltage
    upper = parts.upper_count * (parts.upper.nominal + z("voltage.upper", name) * parts.upper.tolerance)
    bare = parts.lower.nominal + z("voltage.lower", name) * parts.lower.tolerance
    lower = bare * platform.adc.input_ohm / (bare + platform.adc.input_ohm)
    return Sensor(
        sensitivity=lower / (upper + lower),
        drift_per_k=1e-6 * parts.tracking_ppm_per_k * z("voltage.tracking", name),
        ageing=1e-6 * z.spread("voltage.ageing", name, parts.ageing_ppm),
        per_volt=np.asarray(-1e-6 * parts.voltage_coefficient_ppm_per_v / parts.upper_count),
    )


def current_sensor(sensor: CurrentSensor, z: Deviates, place: str, name: str) -> Sensor:
    """The sensor of one current channel; `place` is its table in the platform file, `name` its element."""
    match sensor:
        case Shunt():
            return _shunt(sensor, z, place, name)
        case CurrentTransformer():
            return _current_transformer(sensor, z, place, name)
        case Rogowski():
            return _rogowski(sensor, z, place, name)
    assert_never(sensor)


def _shunt(shunt: Shunt, z: Deviates, place: str, name: str) -> Sensor:
    """A shunt gives R at DC and R + j w L at w: time constant L/R. Its heat is I^2 R through its thermal resistance."""
    resistance = shunt.resistance.nominal + z(f"{place}.resistance", name) * shunt.resistance.tolerance
    tempco = shunt.tempco_ppm_per_k.nominal + z(f"{place}.tempco", name) * shunt.tempco_ppm_per_k.tolerance
    heats = 0.0 if shunt.thermal_time_s is None else shunt.thermal_resistance_k_per_w
    return Sensor(
        sensitivity=resistance,
        drift_per_k=1e-6 * tempco,
        lead_s=shunt.inductance_h / resistance,
        pickup_a_per_t=np.asarray(shunt.field_pickup_a_per_t or 0.0),
        heat_k_per_a2=resistance * heats,
        heat_s=shunt.thermal_time_s or 0.0,
    )


def _current_transformer(ct: CurrentTransformer, z: Deviates, place: str, name: str) -> Sensor:
    """A transformer gives Rb/N above its corner (Rw + Rb)/Lm; below it the magnetising current takes over.

    The copper of the winding warms the loop: by the winding's share in the loop times copper's coefficient. The drift
    of the burden is ppm and left out of the loop.
    """
    burden = ct.burden.nominal + z(f"{place}.burden", name) * ct.burden.tolerance
    turns = ct.turns * (1.0 + ct.ratio_tolerance * z(f"{place}.ratio", name))
    inductance = ct.magnetising_inductance_h * (1.0 + ct.inductance_tolerance * z(f"{place}.inductance", name))
    drift = ct.burden_tempco_ppm_per_k
    core = Core(
        turns=np.asarray(turns),
        loop_ohm=np.asarray(ct.winding_ohm + burden),
        inductance_h=np.asarray(inductance),
        saturated_h=left_h(ct),
        saturation_vs=ct.saturation_vs,
        bias_a_per_t=ct.field_bias_a_per_t or 0.0,
        law=law_of(ct),
    )
    return Sensor(
        sensitivity=burden / turns,
        drift_per_k=1e-6 * (drift.nominal + z(f"{place}.burden_tempco", name) * drift.tolerance),
        corner_rad_s=(ct.winding_ohm + burden) / inductance,
        corner_per_k=np.asarray(-ct.tempco_inductance_per_k),
        loop_per_k=np.asarray(ct.winding_tempco_per_k * ct.winding_ohm / (ct.winding_ohm + burden)),
        pickup_a_per_t=np.asarray(ct.field_pickup_a_per_t or 0.0),
        core=core,
    )


def _rogowski(coil: Rogowski, z: Deviates, place: str, name: str) -> Sensor:
    """A Rogowski coil with its integrator: e = M di/dt, and the integrator's w0/(jw + wc) with w0 the rated w.

    Together M w0 jw/(jw + wc): the sensitivity at the rated frequency, and the high pass of the leak. The integrator's
    time constant is in the gain (tolerance, tempco) where it is analog; a digital one has neither.
    """
    rated = coil.sensitivity_v_per_a
    sensitivity = rated.nominal + z(f"{place}.sensitivity", name) * rated.tolerance
    integrator = 1.0 + z.spread(f"{place}.integrator", name, coil.integrator_tolerance)
    own, after = coil.tempco_ppm_per_k, coil.integrator_tempco_ppm_per_k
    coil_drift = own.nominal + z.spread(f"{place}.tempco", name, own.tolerance)
    drift = coil_drift - after.nominal - z.spread(f"{place}.integrator_tempco", name, after.tolerance)
    return Sensor(
        sensitivity=np.asarray(sensitivity / integrator),
        drift_per_k=np.asarray(1e-6 * drift),
        corner_rad_s=np.asarray(2.0 * np.pi * coil.integrator_corner_hz / integrator),
        position=z.spread(f"{place}.position", name, coil.position_error),
        pickup_a_per_t=np.asarray(coil.field_pickup_a_per_t or 0.0),
    )
