"""Signals on their way to the converter: levels, noise, and what frequency does to them."""

from collections.abc import Iterator
from functools import lru_cache
from math import log10, sqrt
from typing import NamedTuple

import numpy as np

from ferraris.hardware.chain import fir, transfer
from ferraris.hardware.chain.calibrate import balanced, build, calibrate
from ferraris.hardware.chain.chain import Chain
from ferraris.hardware.chain.phasor import powers
from ferraris.hardware.chain.specimen import REFERENCE_C, Nominal, Seed, manufacture
from ferraris.hardware.physics import divider
from ferraris.hardware.platform.models import Absent, CurrentSensor, CurrentTransformer, Platform, Rogowski, Shunt
from ferraris.hardware.world.mains import Environment
from ferraris.pins import TICKS_PER_SECOND
from ferraris.verify.accuracy import SEED, Condition, error_percent, production

HIGHEST_HZ = 150_000.0
"""Upper end of the band of conducted disturbances, 2 to 150 kHz."""

HARMONIC_BAND_HZ = 2000.0
BATCH = 200
"""Meters drawn to find the spread over frequency, which few tolerances govern."""


# ------------------------------------------------------------------------------------------------ levels


class Channel(NamedTuple):
    """Largest signal of one kind of channel at the converter's pins."""

    name: str
    point: str
    at: str
    peak_v: float
    gain: int


def channels(platform: Platform, voltage_times: float) -> Iterator[Channel]:
    """Peaks of a sine at `voltage_times` Un and at Imax, every tolerance pushing upward."""
    adc, meter = platform.adc, platform.meter
    volts = voltage_times * meter.un_v
    peak = voltage_peak_v(platform, voltage_times)
    yield Channel("voltage channel", f"{voltage_times:g} Un", f"√2 x {volts:.4g} V", peak, adc.gain_voltage)
    sensors = (("line channel", platform.current.line, adc.gain_line),)
    for name, sensor, gain in (*sensors, ("neutral channel", platform.current.neutral, adc.gain_neutral)):
        if not isinstance(sensor, Absent):
            peak = sqrt(2.0) * meter.current.max_a * highest_ohm(sensor) * (1.0 + adc.gain_tolerance)
            yield Channel(name, "Imax", f"√2 x {meter.current.max_a:g} A", peak, gain)


def voltage_peak_v(platform: Platform, times_un: float) -> float:
    """Peak at the voltage pin for so many times Un, V: upper arm low, lower arm high, converter gain high."""
    arm, adc = platform.voltage, platform.adc
    upper = arm.upper_count * (arm.upper.nominal - arm.upper.tolerance)
    ratio = divider.ratio(upper, sum(arm.lower), adc.input_ohm)
    return sqrt(2.0) * times_un * platform.meter.un_v * ratio * (1.0 + adc.gain_tolerance)


def highest_ohm(sensor: CurrentSensor) -> float:
    """Output volts per primary ampere at the upper tolerance."""
    match sensor:
        case Shunt():
            return sum(sensor.resistance)
        case CurrentTransformer():
            fewest = sensor.turns * max(1.0 - sensor.ratio_tolerance, 1e-6)  # a file may say 100 %
            return sum(sensor.burden) / fewest
        case Rogowski():
            return sum(sensor.sensitivity_v_per_a)


# ------------------------------------------------------------------------------------------------ noise


@lru_cache(maxsize=8)
def _nominal(platform: Platform) -> Chain:
    """The nominal meter, calibrated, with its noise."""
    specimen = manufacture(platform, Nominal())
    return build(platform, specimen, calibrate(platform, specimen), "phasor", seed=SEED, noise=True)


def power_scatter(platform: Platform, current_a: float) -> float:
    """Standard deviation of active power averaged over 10 s, as a share of it, at unity power factor. Dimensionless."""
    seen = powers(_nominal(platform), balanced(platform, current_a), Environment(REFERENCE_C))
    sigma = float(np.sqrt(np.sum(seen.active_sigma_w**2)))
    return sigma / (platform.elements * platform.meter.un_v * current_a)


def idle_scatter_w(platform: Platform) -> float:
    """Standard deviation of one element's active power without load, averaged over 10 s, W."""
    seen = powers(_nominal(platform), balanced(platform, 0.0), Environment(REFERENCE_C))
    return float(np.max(seen.active_sigma_w))


def creep_w(platform: Platform) -> float:
    """Power of one element below which the meter registers nothing, W."""
    return _nominal(platform).creep_w


# ------------------------------------------------------------------------------------------------ frequency


class Change(NamedTuple):
    """Largest change of the error, and the experiment that found it."""

    percent: float
    evidence: str


@lru_cache(maxsize=8)
def _drawn(platform: Platform) -> Chain:
    return production(platform, Seed(SEED, BATCH))


def frequency_change(platform: Platform, factor: str, frequencies: tuple[float, ...]) -> Change:
    """Largest change of the error at Iref from the reference frequency to any of `frequencies` (in terms of it)."""
    start = Condition(platform.meter.current.ref_a, factor)
    return _change(platform, start, [start._replace(frequency=frequency) for frequency in frequencies])


def warming_change(platform: Platform) -> Change:
    """Largest change of the error at Imax when everything inside gets as warm as the enclosure does there."""
    start = Condition(platform.meter.current.max_a, "1")
    return _change(platform, start, [start._replace(air_c=start.air_c + platform.meter.enclosure_rise_k)])


def _change(platform: Platform, start: Condition, others: list[Condition]) -> Change:
    before = error_percent(platform, _drawn(platform), start)
    found = [(float(np.abs(error_percent(platform, _drawn(platform), each) - before).max()), each) for each in others]
    size, where = max(found)
    return Change(size, f"phasor fidelity: worst of {BATCH} meters drawn with seed {SEED}; at {where}")


def relative_gain(platform: Platform, frequency_hz: float) -> float:
    """Smallest gain of any channel against that at the reference frequency, metrology filter included."""
    chain = _nominal(platform)
    both = np.array([platform.meter.frequency_hz, frequency_hz])
    taps = fir.taps_for(chain.calibration.delay_ticks, chain.specimen.decimation)
    gain = np.abs(transfer.gains(chain.specimen, both, REFERENCE_C) * fir.response(taps, both))
    return float(np.min(gain[:, 1] / gain[:, 0]))


class AliasRejection(NamedTuple):
    """Smallest rejection, dB, of tones that fold on the fundamental, and of tones that fold below 2 kHz."""

    fundamental_db: float
    band_db: float


def alias_rejection_db(platform: Platform) -> AliasRejection:
    """Rejection before sampling, against the gain at the reference frequency, of tones from 6 to 150 kHz.

    A tone at k fs +- f appears at f. What does so with f the fundamental adds to energy; what lands below 2 kHz adds to
    harmonics and RMS values.
    """
    rated = platform.meter.frequency_hz
    multiples = np.arange(TICKS_PER_SECOND, HIGHEST_HZ, TICKS_PER_SECOND)
    offsets = np.linspace(-HARMONIC_BAND_HZ, HARMONIC_BAND_HZ, 81)
    return AliasRejection(
        _rejection_db(platform, np.concatenate([multiples - rated, multiples + rated])),
        _rejection_db(platform, (multiples[:, None] + offsets).ravel()),
    )


def _rejection_db(platform: Platform, tones_hz: transfer.Floats) -> float:
    chain = _nominal(platform)
    here = np.abs(transfer.gains(chain.specimen, np.array([platform.meter.frequency_hz]), REFERENCE_C))
    there = np.abs(transfer.gains(chain.specimen, tones_hz, REFERENCE_C))
    return float(-20.0 * np.log10(np.max(there / here)))


def rejection_for_db(limit_percent: float) -> float:
    """Rejection at which a tone of a tenth of the current takes a tenth of a class limit: -20 lg(limit), dB."""
    return -20.0 * log10(limit_percent / 100.0)
