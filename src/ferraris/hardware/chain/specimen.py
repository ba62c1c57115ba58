"""Manufacture: draw every tolerance of a platform once, for one meter or for a whole batch (names: see draws)."""

from dataclasses import dataclass, replace
from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from ferraris.hardware.chain.sensors.core import Core
from ferraris.hardware.chain.sensors.make import Sensor, current_sensor, divider
from ferraris.hardware.draws import Corner, Deviates, Draw, Ideal, Nominal, Seed
from ferraris.hardware.platform.models import Absent, Platform

__all__ = [
    "REFERENCE_C",
    "Corner",
    "Deviates",
    "Draw",
    "Ideal",
    "Nominal",
    "Seed",
    "Specimen",
    "element_names",
    "manufacture",
    "noise_code",
    "tolerances",
]

Floats: TypeAlias = NDArray[np.float64]
REFERENCE_C = 23.0
"""Reference temperature of the accuracy standards, degC (IEC 62053-21 Table 9, recalled: 23 degC +- 2 K)."""


@dataclass(frozen=True, eq=False)
class Specimen:
    """One manufactured meter, or a batch of S: arrays of shape (..., channels), channels = U1..Un, I1..In [, IN].

    sensitivity      (..., C) volts at the converter's pin per volt or ampere at the terminals, at 23 degC and DC
    drift_per_k      (..., C) relative change of sensitivity per kelvin
    lead_s           (..., C) L/R time constant of a shunt, s (adds phase lead); 0 otherwise
    corner_rad_s     (..., C) (Rw + Rb)/Lm of a current transformer, the leak of a Rogowski coil's integrator, rad/s
                     (a high pass); 0 otherwise
    corner_per_k     (..., C) relative change of that corner per kelvin by what the inductance does
    loop_per_k       (..., C) the same by what the copper of the winding does: change of Rw + Rb per kelvin
    filter_s         (..., C) RC of the anti-alias filter, s
    gain             (..., C) converter codes (1.0 = full scale peak) per volt at the pin, at 23 degC
    gain_per_k       (..., C) relative change of that gain per kelvin, reference drift included
    offset           (..., C) converter offset, as a code
    noise            (C,) RMS noise of one sample at the decimator's output, as a code
    crosstalk        (..., E) part of the voltage pin's signal that appears at the current pin of the same element
    clock_ppm        (...) error of the sample clock; positive means it runs fast
    delay_s          (..., C) how late a channel samples, s
    mounting         (..., C) 1 where a sensor sits as it did at calibration; -1 the wrong way round; between: moved
    ageing           (..., C) relative change of code per terminal unit over the whole design life
    per_volt         (..., C) relative change of sensitivity per volt at the terminals (instantaneous)
    ripple           (C,) RMS of the supply's ripple at twice the mains frequency, as a code
    pickup_a_per_t   (..., C) false current per tesla of induction at mains frequency
    heat_k_per_a2    (..., C) own heating in the end, K per A^2
    heat_s           (C,) time constant of that heating, s; 0 where there is none
    chip_offset_k    (...) offset of the on-chip temperature sensor at 23 degC, K
    chip_gain        (...) relative error of its degree
    cores            (C) magnetic circuit of a transformer; None for other sensors
    """

    elements: int
    neutral: bool
    sensitivity: Floats
    drift_per_k: Floats
    lead_s: Floats
    corner_rad_s: Floats
    corner_per_k: Floats
    loop_per_k: Floats
    filter_s: Floats
    gain: Floats
    gain_per_k: Floats
    offset: Floats
    noise: Floats
    crosstalk: Floats
    clock_ppm: Floats
    delay_s: Floats
    mounting: Floats
    ageing: Floats
    per_volt: Floats
    ripple: Floats
    pickup_a_per_t: Floats
    heat_k_per_a2: Floats
    heat_s: Floats
    chip_offset_k: Floats
    chip_gain: Floats
    cores: tuple[Core | None, ...]
    decimation: int
    bits: int

    @property
    def channels(self) -> int:
        """Number of converter channels in use."""
        return int(self.sensitivity.shape[-1])

    @property
    def batch(self) -> tuple[int, ...]:
        """Shape of the leading specimen axis: () for one meter, (S,) for a batch."""
        return tuple(self.sensitivity.shape[:-1])


class _Channel(NamedTuple):
    """Where a channel's values come from: its sensor, its name in tolerances, its amplifier's gain, its mounting."""

    sensor: Sensor
    label: str
    pga: int
    sign: float


def manufacture(platform: Platform, draw: Draw) -> Specimen:
    """Build one meter (or a batch) of a platform with the tolerances that `draw` supplies."""
    deviates = Deviates(draw)
    specimen = _assemble(platform, deviates)
    return _idealised(specimen) if isinstance(draw, Ideal) else specimen


def tolerances(platform: Platform) -> tuple[str, ...]:
    """Names of every tolerance that `manufacture` draws for this platform, in first-use order."""
    deviates = Deviates(Nominal())
    _assemble(platform, deviates)
    return tuple(dict.fromkeys(deviates.names))


def _channels(platform: Platform, z: Deviates) -> list[_Channel]:
    names, current, adc = element_names(platform.elements), platform.current, platform.adc

    def sign(name: str) -> float:
        return -1.0 if name in current.reversed else 1.0

    found = [_Channel(divider(platform, z, name), f"U{name}", adc.gain_voltage, 1.0) for name in names]
    for name in names:
        sensor = current_sensor(current.line, z, "current.line", name)
        found.append(_Channel(sensor, f"I{name}", adc.gain_line, sign(name)))
    if not isinstance(current.neutral, Absent):
        sensor = current_sensor(current.neutral, z, "current.neutral", "N")
        found.append(_Channel(sensor, "IN", adc.gain_neutral, sign("N")))
    return found


def _assemble(platform: Platform, z: Deviates) -> Specimen:
    names, adc = element_names(platform.elements), platform.adc
    channels = _channels(platform, z)
    sensors = [each.sensor for each in channels]
    ages = 1e-6 * z.spread("adc.reference_ageing", "", adc.reference_ageing_ppm)
    return Specimen(
        elements=len(names),
        neutral=not isinstance(platform.current.neutral, Absent),
        sensitivity=_stack([s.sensitivity for s in sensors]),
        drift_per_k=_stack([s.drift_per_k for s in sensors]),
        lead_s=_stack([s.lead_s for s in sensors]),
        corner_rad_s=_stack([s.corner_rad_s for s in sensors]),
        corner_per_k=_stack([s.corner_per_k for s in sensors]),
        loop_per_k=_stack([s.loop_per_k for s in sensors]),
        filter_s=_stack([_filter(platform, z, each.label) for each in channels]),
        gain=_stack([_gain(platform, z, each.label, each.pga) for each in channels]),
        gain_per_k=_stack([_gain_drift(platform, z, each.label) for each in channels]),
        offset=_stack([_offset(platform, z, each.label, each.pga) for each in channels]),
        noise=np.array([noise_code(platform, each.pga) for each in channels]),
        crosstalk=_stack([np.asarray(adc.crosstalk * z("adc.crosstalk", n)) for n in names]),
        clock_ppm=np.asarray(adc.clock_tolerance_ppm * z("adc.clock")),
        delay_s=_stack([z.spread("adc.delay", each.label, adc.delay_tolerance_s) for each in channels]),
        mounting=_stack([each.sign * (1.0 + each.sensor.position) for each in channels]),
        ageing=_stack([s.ageing - ages for s in sensors]),
        per_volt=_stack([s.per_volt for s in sensors]),
        ripple=np.array([ripple_code(platform, each.pga) for each in channels]),
        pickup_a_per_t=_stack([s.pickup_a_per_t for s in sensors]),
        heat_k_per_a2=_stack([s.heat_k_per_a2 for s in sensors]),
        heat_s=np.array([s.heat_s for s in sensors]),
        chip_offset_k=z.spread("adc.chip_sensor_offset", "", adc.chip_offset_k),
        chip_gain=z.spread("adc.chip_sensor_gain", "", adc.chip_gain_tolerance),
        cores=tuple(s.core for s in sensors),
        decimation=adc.decimation,
        bits=adc.bits,
    )


def element_names(elements: int) -> tuple[str, ...]:
    """Names of the phases: L1, or L1 to L3."""
    return tuple(f"L{k + 1}" for k in range(elements))


def _stack(columns: list[Floats]) -> Floats:
    """Columns of shape () or (S,) side by side along a last axis."""
    return np.stack(np.broadcast_arrays(*columns), axis=-1).astype(np.float64)


def _filter(platform: Platform, z: Deviates, label: str) -> Floats:
    r, c = platform.filter.resistance, platform.filter.capacitance
    return (r.nominal + z("filter.resistance", label) * r.tolerance) * (
        c.nominal + z("filter.capacitance", label) * c.tolerance
    )


def _gain(platform: Platform, z: Deviates, label: str, pga: int) -> Floats:
    return pga / platform.adc.full_scale_v * (1.0 + platform.adc.gain_tolerance * z("adc.gain", label))


def _gain_drift(platform: Platform, z: Deviates, label: str) -> Floats:
    """Channel drift (own to each channel) minus reference drift (common: a rising reference lowers every code)."""
    own, common = platform.adc.gain_drift_ppm_per_k, platform.adc.reference_drift_ppm_per_k
    channel = own.nominal + z("adc.gain_drift", label) * own.tolerance
    reference = common.nominal + z("adc.reference_drift") * common.tolerance
    return np.asarray(1e-6 * (channel - reference))


def _offset(platform: Platform, z: Deviates, label: str, pga: int) -> Floats:
    offset = platform.adc.offset
    return np.asarray((offset.nominal + z("adc.offset", label) * offset.tolerance) * pga / platform.adc.full_scale_v)


def noise_code(platform: Platform, pga: int) -> float:
    """RMS noise of one sample as a code: input-referred noise at that PGA gain times gain over full scale."""
    table = dict(platform.adc.noise_at_gain)
    referred = table.get(pga, platform.adc.noise_v)
    return referred * pga / platform.adc.full_scale_v


def ripple_code(platform: Platform, pga: int) -> float:
    """RMS of the supply's ripple as a code: V 10^(-PSRR/20) at the input, times gain over full scale."""
    adc = platform.adc
    return float(adc.supply_ripple_v * 10.0 ** (-adc.supply_rejection_db / 20.0) * pga / adc.full_scale_v)


_IMPERFECT = (
    "drift_per_k",
    "lead_s",
    "corner_rad_s",
    "corner_per_k",
    "loop_per_k",
    "filter_s",
    "gain_per_k",
    "offset",
    "noise",
    "crosstalk",
    "clock_ppm",
    "delay_s",
    "ageing",
    "per_volt",
    "ripple",
    "pickup_a_per_t",
    "heat_k_per_a2",
    "heat_s",
    "chip_offset_k",
    "chip_gain",
)


def _idealised(specimen: Specimen) -> Specimen:
    """The same nominal sensitivities with everything that is imperfect set to nought."""
    nothing = {name: np.zeros_like(getattr(specimen, name)) for name in _IMPERFECT}
    return replace(specimen, mounting=np.ones_like(specimen.mounting), cores=(None,) * specimen.channels, **nothing)
