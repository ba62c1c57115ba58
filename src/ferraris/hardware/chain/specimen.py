"""Manufacture: draw every tolerance of a platform once, for one meter or for a whole batch.

A tolerance is named after its place in the platform file ("current.line.resistance"); where a meter has several such
parts, the element is appended ("current.line.resistance.L2"). What a draw supplies is the deviate z in [-1, 1]: the
value
becomes nominal + z * tolerance. `Seed` draws z from a normal distribution with sigma = 1/3, cut at the tolerance (the
usual assumption that a tolerance is three sigma of a controlled process; an assumption, not a maker's statement).
"""

import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeAlias, assert_never

import numpy as np
from numpy.typing import NDArray

from ferraris.hardware.platform.models import Absent, CurrentTransformer, Platform, Shunt

Floats: TypeAlias = NDArray[np.float64]
REFERENCE_C = 23.0
"""Reference temperature of the accuracy standards, degC (IEC 62053-21 Table 9, recalled: 23 degC +- 2 K)."""

SIGMA_PER_TOLERANCE = 1.0 / 3.0


@dataclass(frozen=True)
class Nominal:
    """Every part exactly as its data sheet's nominal value, with its systematic imperfections."""


@dataclass(frozen=True)
class Ideal:
    """No tolerance, no phase error, no drift, no noise, no crosstalk: what only mathematics can build."""


@dataclass(frozen=True)
class Seed:
    """Parts drawn at random. `count` gives a leading specimen axis of that length, None a single meter."""

    seed: int
    count: int | None = None


@dataclass(frozen=True)
class Corner:
    """Chosen deviates by tolerance name; a name without element applies to all of them, others stay nominal.

    An array of shape (S,) in place of a number makes a batch of S corners.
    """

    deviates: Mapping[str, float | Floats] = field(default_factory=dict)


Draw: TypeAlias = Nominal | Ideal | Seed | Corner


@dataclass(frozen=True, eq=False)
class Specimen:
    """One manufactured meter, or a batch of S: arrays of shape (..., channels), channels = U1..Un, I1..In [, IN].

    sensitivity      (..., C) volts at the converter's pin per volt or ampere at the terminals, at 23 degC and DC
    drift_per_k      (..., C) relative change of sensitivity per kelvin
    lead_s           (..., C) L/R time constant of a shunt, s (adds phase lead); 0 otherwise
    corner_rad_s     (..., C) (Rw + Rb)/Lm of a current transformer, rad/s (a high pass); 0 otherwise
    corner_per_k     (..., C) relative change of that corner per kelvin
    filter_s         (..., C) RC of the anti-alias filter, s
    gain             (..., C) converter codes (1.0 = full scale peak) per volt at the pin, at 23 degC
    gain_per_k       (..., C) relative change of that gain per kelvin, reference drift included
    offset           (..., C) converter offset, as a code
    noise            (C,) RMS noise of one sample at the decimator's output, as a code
    crosstalk        (..., E) part of the voltage pin's signal that appears at the current pin of the same element
    clock_ppm        (...) error of the sample clock; positive means it runs fast
    """

    elements: int
    neutral: bool
    sensitivity: Floats
    drift_per_k: Floats
    lead_s: Floats
    corner_rad_s: Floats
    corner_per_k: Floats
    filter_s: Floats
    gain: Floats
    gain_per_k: Floats
    offset: Floats
    noise: Floats
    crosstalk: Floats
    clock_ppm: Floats
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


class Deviates:
    """Answers z for a tolerance name; remembers the names asked so that a budget can list the contributors."""

    def __init__(self, draw: Draw) -> None:
        self.draw = draw
        self.names: list[str] = []

    def __call__(self, name: str, element: str = "") -> Floats:
        """Deviate of one tolerance of one element, shape () or (S,)."""
        self.names.append(name)
        match self.draw:
            case Nominal() | Ideal():
                return np.zeros(())
            case Corner(deviates):
                return np.asarray(deviates.get(f"{name}.{element}", deviates.get(name, 0.0)), dtype=np.float64)
            case Seed(seed, count):
                return _drawn(seed, f"{name}.{element}", count)
        assert_never(self.draw)


def _drawn(seed: int, stream: str, count: int | None) -> Floats:
    """Normal deviates with sigma 1/3, redrawn beyond +-1; the stream's name, not the order of calls, decides them."""
    generator = np.random.Generator(np.random.Philox(key=[seed & 0xFFFF_FFFF_FFFF_FFFF, zlib.crc32(stream.encode())]))
    size = 1 if count is None else count
    deviates = generator.normal(0.0, SIGMA_PER_TOLERANCE, size)
    while (outside := np.abs(deviates) > 1.0).any():
        deviates[outside] = generator.normal(0.0, SIGMA_PER_TOLERANCE, int(outside.sum()))
    return deviates[0] * np.ones(()) if count is None else deviates


@dataclass(frozen=True)
class _Sensor:
    """Values of one channel's sensor, each of shape () or (S,)."""

    sensitivity: Floats
    drift_per_k: Floats
    lead_s: Floats
    corner_rad_s: Floats
    corner_per_k: Floats


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


def _assemble(platform: Platform, z: Deviates) -> Specimen:
    names = element_names(platform.elements)
    line, neutral = platform.current.line, platform.current.neutral
    sensors = [_divider(platform, z, name) for name in names]
    sensors += [_current_sensor(line, z, "current.line", name) for name in names]
    pga = [platform.adc.gain_voltage] * len(names) + [platform.adc.gain_line] * len(names)
    labels = [f"U{n}" for n in names] + [f"I{n}" for n in names]
    if not isinstance(neutral, Absent):
        sensors.append(_current_sensor(neutral, z, "current.neutral", "N"))
        pga.append(platform.adc.gain_neutral)
        labels.append("IN")
    return Specimen(
        elements=len(names),
        neutral=not isinstance(neutral, Absent),
        sensitivity=_stack([s.sensitivity for s in sensors]),
        drift_per_k=_stack([s.drift_per_k for s in sensors]),
        lead_s=_stack([s.lead_s for s in sensors]),
        corner_rad_s=_stack([s.corner_rad_s for s in sensors]),
        corner_per_k=_stack([s.corner_per_k for s in sensors]),
        filter_s=_stack([_filter(platform, z, label) for label in labels]),
        gain=_stack([_gain(platform, z, label, g) for label, g in zip(labels, pga, strict=True)]),
        gain_per_k=_stack([_gain_drift(platform, z, label) for label in labels]),
        offset=_stack([_offset(platform, z, label, g) for label, g in zip(labels, pga, strict=True)]),
        noise=np.array([noise_code(platform, g) for g in pga]),
        crosstalk=_stack([np.asarray(platform.adc.crosstalk * z("adc.crosstalk", n)) for n in names]),
        clock_ppm=np.asarray(platform.adc.clock_tolerance_ppm * z("adc.clock")),
        decimation=platform.adc.decimation,
        bits=platform.adc.bits,
    )


def element_names(elements: int) -> tuple[str, ...]:
    """Names of the phases: L1, or L1 to L3."""
    return tuple(f"L{k + 1}" for k in range(elements))


def _stack(columns: list[Floats]) -> Floats:
    """Columns of shape () or (S,) side by side along a last axis."""
    return np.stack(np.broadcast_arrays(*columns), axis=-1).astype(np.float64)


def _divider(platform: Platform, z: Deviates, name: str) -> _Sensor:
    """Resistive divider: ratio = Rl / (Ru + Rl), Rl in parallel with the converter's input resistance.

    Drift of the ratio is the tracking of upper against lower resistors; their common temperature coefficient cancels.
    """
    divider = platform.voltage
    upper = divider.upper_count * (divider.upper.nominal + z("voltage.upper", name) * divider.upper.tolerance)
    bare = divider.lower.nominal + z("voltage.lower", name) * divider.lower.tolerance
    lower = bare * platform.adc.input_ohm / (bare + platform.adc.input_ohm)
    drift = 1e-6 * divider.tracking_ppm_per_k * z("voltage.tracking", name)
    zero = np.zeros(())
    return _Sensor(lower / (upper + lower), drift, zero, zero, zero)


def _current_sensor(sensor: Shunt | CurrentTransformer, z: Deviates, place: str, name: str) -> _Sensor:
    match sensor:
        case Shunt():
            return _shunt(sensor, z, place, name)
        case CurrentTransformer():
            return _current_transformer(sensor, z, place, name)
    assert_never(sensor)


def _shunt(shunt: Shunt, z: Deviates, place: str, name: str) -> _Sensor:
    """A shunt gives R at DC and R + j w L at w: time constant L/R."""
    resistance = shunt.resistance.nominal + z(f"{place}.resistance", name) * shunt.resistance.tolerance
    tempco = shunt.tempco_ppm_per_k.nominal + z(f"{place}.tempco", name) * shunt.tempco_ppm_per_k.tolerance
    zero = np.zeros(())
    return _Sensor(resistance, 1e-6 * tempco, shunt.inductance_h / resistance, zero, zero)


def _current_transformer(ct: CurrentTransformer, z: Deviates, place: str, name: str) -> _Sensor:
    """A transformer gives Rb/N above its corner (Rw + Rb)/Lm; below it the magnetising current takes over."""
    burden = ct.burden.nominal + z(f"{place}.burden", name) * ct.burden.tolerance
    turns = ct.turns * (1.0 + ct.ratio_tolerance * z(f"{place}.ratio", name))
    inductance = ct.magnetising_inductance_h * (1.0 + ct.inductance_tolerance * z(f"{place}.inductance", name))
    tempco = (
        ct.burden_tempco_ppm_per_k.nominal + z(f"{place}.burden_tempco", name) * ct.burden_tempco_ppm_per_k.tolerance
    )
    return _Sensor(
        burden / turns,
        1e-6 * tempco,
        np.zeros(()),
        (ct.winding_ohm + burden) / inductance,
        np.asarray(-ct.tempco_inductance_per_k),
    )


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


def _idealised(specimen: Specimen) -> Specimen:
    """The same nominal sensitivities with everything that is imperfect set to nought."""
    zero = np.zeros_like(specimen.sensitivity)
    return Specimen(
        elements=specimen.elements,
        neutral=specimen.neutral,
        sensitivity=specimen.sensitivity,
        drift_per_k=zero,
        lead_s=zero,
        corner_rad_s=zero,
        corner_per_k=zero,
        filter_s=zero,
        gain=specimen.gain,
        gain_per_k=zero,
        offset=zero,
        noise=np.zeros_like(specimen.noise),
        crosstalk=np.zeros_like(specimen.crosstalk),
        clock_ppm=np.zeros_like(specimen.clock_ppm),
        decimation=specimen.decimation,
        bits=specimen.bits,
    )
