"""Calibrate as a production line does: gain at unity power factor, phase at 60 degrees, offset at low current.

The line's reference is taken as exact here, and each point as long enough for noise to vanish. The phase of every
current channel against its voltage comes from the power error at 60 degrees lagging, where 1 mrad is 0.17 % of the
power.
"""

from dataclasses import replace
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from ferraris.hardware.chain import fir, phasor
from ferraris.hardware.chain.chain import Calibration, Chain, Fidelity, Modulator, chip_c
from ferraris.hardware.chain.specimen import REFERENCE_C, Specimen
from ferraris.hardware.platform.models import Platform
from ferraris.hardware.world.mains import Environment, Steady
from ferraris.pins import QUANTA_PER_MWS, TICKS_PER_SECOND

Floats: TypeAlias = NDArray[np.float64]

REFERENCE = Environment(air_c=REFERENCE_C)
LAG_DEG = 60.0
MWS_PER_KWH = 3_600_000_000


def balanced(
    platform: Platform,
    current_a: float,
    phi_deg: float = 0.0,
    frequency_hz: float | None = None,
    voltage_v: float | None = None,
) -> Steady:
    """Balanced sinusoidal load: the same current in every element, lagging by `phi_deg` (negative: leading)."""
    elements = platform.elements
    turns = np.exp(-2j * np.pi * np.arange(elements) / 3.0)[:, None]
    voltage = (platform.meter.un_v if voltage_v is None else voltage_v) * turns
    current = current_a * np.exp(-1j * np.radians(phi_deg)) * turns
    neutral = current.sum(axis=0)
    frequency = platform.meter.frequency_hz if frequency_hz is None else frequency_hz
    return Steady(frequency, np.array([1.0]), voltage, current, neutral)


def calibrate(platform: Platform, specimen: Specimen) -> Calibration:
    """Constants for one specimen or a whole batch; points at Un, Iref and Imin, 23 degC, nominal frequency."""
    specimen = replace(specimen, mounting=np.ones_like(specimen.mounting))  # the line mounts its sensors rightly
    chain = build(platform, specimen, design_values(specimen), "phasor", noise=False)
    for _ in range(3):  # delay and offset each move the gain a little: by the third pass they have settled
        chain = _with(chain, _set_gain(platform, chain))
        chain = _with(chain, _set_phase(platform, chain))
        chain = _with(chain, _set_offset(platform, chain))
    return replace(
        _set_noise_floor(chain), drift_per_k=np.zeros_like(specimen.sensitivity), chip_c=chip_c(specimen, REFERENCE)
    )


def compensate(platform: Platform, specimen: Specimen, calibration: Calibration, warm_c: float) -> Calibration:
    """The same constants with a linear temperature correction of every channel, found at a second temperature.

    At Un and Iref, unity power factor and `warm_c` (degC) the line reads how far voltages and powers have moved, and
    what the chip's own thermometer shows: the quotient is the coefficient. Neither an offset nor an error of the
    thermometer's degree matters then, since the same thermometer is used afterwards. What stays is the sensors' own
    heat, which the chip does not feel, and drift that is not linear.
    """
    straight = replace(specimen, mounting=np.ones_like(specimen.mounting))
    plain = replace(calibration, drift_per_k=np.zeros(()), chip_c=chip_c(specimen, REFERENCE))
    chain = build(platform, straight, plain, "phasor", noise=False)
    warm = Environment(air_c=warm_c)
    kelvin = chip_c(specimen, warm) - plain.chip_c
    count, current = specimen.elements, platform.meter.current.ref_a
    point = balanced(platform, current)
    point = replace(point, neutral_a=np.array([current + 0j]))
    cold, hot = phasor.powers(chain, point, REFERENCE), phasor.powers(chain, point, warm)
    channels = hot.rms / cold.rms
    power = (hot.active_w + calibration.active_w) / (cold.active_w + calibration.active_w)
    channels[..., count : 2 * count] = power / channels[..., :count]
    return replace(plain, drift_per_k=(channels - 1.0) / kelvin[..., None])


def build(
    platform: Platform,
    specimen: Specimen,
    calibration: Calibration,
    fidelity: Fidelity,
    seed: int = 0,
    noise: bool = True,
) -> Chain:
    """A chain ready to measure, with the platform's creep threshold and pulse constants."""
    start_w = platform.meter.un_v * platform.firmware.start_a
    return Chain(
        fidelity=fidelity,
        specimen=specimen,
        calibration=calibration,
        creep_w=platform.firmware.creep_fraction * start_w,
        modulator=_modulator(platform),
        active_pulse_uwt=_pulse(platform.meter.constant_imp_per_kwh),
        reactive_pulse_uwt=_pulse(platform.meter.reactive_constant_imp_per_kvarh),
        seed=seed,
        noise=noise,
    )


def _modulator(platform: Platform) -> Modulator:
    """The modulators as the platform has them: dither, and integrators that leak."""
    gain = platform.adc.integrator_gain
    return Modulator(gain=float("inf") if gain is None else gain, dither=platform.adc.dither)


def _pulse(impulses_per_kilo: float) -> int:
    return round(MWS_PER_KWH * QUANTA_PER_MWS / impulses_per_kilo)


def _with(chain: Chain, calibration: Calibration) -> Chain:
    return replace(chain, calibration=calibration)


def design_values(specimen: Specimen) -> Calibration:
    """Design values: what the data sheets promise, no correction."""
    channels, elements = specimen.sensitivity, specimen.sensitivity[..., : specimen.elements]
    return Calibration(
        per_code=1.0 / (channels * specimen.gain),
        delay_ticks=np.zeros_like(channels),
        active_w=np.zeros_like(elements),
        reactive_var=np.zeros_like(elements),
        noise_square=np.zeros_like(channels),
    )


def _set_gain(platform: Platform, chain: Chain) -> Calibration:
    """Voltage gain from RMS at Un, current gain from power at Iref and unity power factor, neutral from RMS."""
    current = platform.meter.current.ref_a
    point = balanced(platform, current)
    point = replace(point, neutral_a=np.array([current + 0j]))
    seen = phasor.powers(chain, point, REFERENCE)
    count, un = chain.specimen.elements, platform.meter.un_v
    voltage = un / seen.rms[..., :count]
    factors = [voltage, un * current / (seen.active_w * voltage)]
    if chain.specimen.neutral:
        factors.append(current / seen.rms[..., 2 * count :])
    return replace(chain.calibration, per_code=chain.calibration.per_code * np.concatenate(factors, axis=-1))


def _set_phase(platform: Platform, chain: Chain) -> Calibration:
    """Delay of each current channel from the power error at 60 degrees lagging: P = U I cos(60 - error)."""
    count, current = chain.specimen.elements, platform.meter.current.ref_a
    point = balanced(platform, current, LAG_DEG)
    seen = phasor.powers(chain, point, REFERENCE)
    ratio = np.clip(seen.active_w / (platform.meter.un_v * current), -1.0, 1.0)
    lead_rad = np.radians(LAG_DEG) - np.arccos(ratio)
    ticks = lead_rad / (2.0 * np.pi * platform.meter.frequency_hz) * TICKS_PER_SECOND
    delay = chain.calibration.delay_ticks.copy()
    delay[..., count : 2 * count] = fir.step_of(delay[..., count : 2 * count] + ticks) / fir.DELAY_STEPS
    return replace(chain.calibration, delay_ticks=delay)


def _set_noise_floor(chain: Chain) -> Calibration:
    """Mean square of each channel's own noise after the metrology filter, as a line measures it with open terminals."""
    noisy = replace(chain, noise=True)
    taps = fir.taps_for(chain.calibration.delay_ticks, chain.specimen.decimation)
    return replace(chain.calibration, noise_square=phasor.noise_square(noisy) * np.sum(taps**2, axis=-1))


def _set_offset(platform: Platform, chain: Chain) -> Calibration:
    """Power offsets at Imin: what is read too much there at unity (active) and at 90 degrees (reactive)."""
    low = platform.meter.current.min_a
    active = phasor.powers(chain, balanced(platform, low), REFERENCE)
    reactive = phasor.powers(chain, balanced(platform, low, 90.0), REFERENCE)
    wanted = platform.meter.un_v * low
    return replace(
        chain.calibration,
        active_w=chain.calibration.active_w + active.active_w - wanted,
        reactive_var=chain.calibration.reactive_var + reactive.reactive_var - wanted,
    )
