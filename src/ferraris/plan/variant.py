"""The meter that is planned, as a platform: the design's converter behind another nameplate and another sensor."""

from math import sqrt
from typing import TypeAlias

from pydantic import TypeAdapter

from ferraris.hardware.platform.catalogue import catalogue, names
from ferraris.hardware.platform.models import (
    CurrentTransformer,
    LineSensor,
    LineSensors,
    Platform,
    Rogowski,
    Shunt,
)
from ferraris.plan.requirements import Requirements
from ferraris.plan.service import SECONDARY_A, Service
from ferraris.units import CurrentRange
from ferraris.verify.accuracy import Condition
from ferraris.verify.signals import highest_ohm

Sensor: TypeAlias = Shunt | CurrentTransformer | Rogowski
_SENSOR: TypeAdapter[Sensor] = TypeAdapter(LineSensor)

CREST = 2.0 * sqrt(2.0)
"""Peak over RMS that must fit at Imax: a sine of twice Imax."""

DIRECT_REF_A = 5.0
MIN_SHARES = {"direct": 0.03, "transformer": 0.01}
"""Imin over Iref that every class accepts: 0.3 Itr (class C) of a direct meter, 0.2 Itr behind transformers."""


def sensors() -> dict[str, Sensor]:
    """Every current sensor of the catalogue by name."""
    return {name: _sensor(name) for name in names("shunt", "ct", "rogowski")}


def for_billing() -> tuple[str, ...]:
    """Names of those that may measure what is billed."""
    return tuple(name for name in sensors() if catalogue()[name].billed)


def _sensor(name: str) -> Sensor:
    part = catalogue()[name]
    return _SENSOR.validate_python({"kind": part.kind} | {key: each.value for key, each in part.values.items()})


def variant(platform: Platform, requirements: Requirements, service: Service, sensor: Sensor | None = None) -> Platform:
    """The planned meter; without a sensor it has that of the design. Only its measuring is of use."""
    site = requirements.site
    ref = DIRECT_REF_A if service.connection == "direct" else SECONDARY_A
    meter = platform.meter.model_copy(
        update={
            "service": "1p2w" if service.elements == 1 else "3p4w",
            "connection": service.connection,
            "un_v": site.un_v,
            "frequency_hz": site.frequency_hz,
            "current": CurrentRange(MIN_SHARES[service.connection] * ref, ref, service.imax_a),
            "temperature": site.temperature,
        }
    )
    changed = platform.model_copy(update={"meter": meter})
    return changed if sensor is None else with_sensor(changed, sensor)


def with_sensor(platform: Platform, sensor: Sensor) -> Platform:
    """Another line sensor, with the largest amplifier gain that leaves the crest factor room at Imax."""
    current = LineSensors.model_construct(line=sensor, neutral=platform.current.neutral, reversed=())
    adc, peak = platform.adc, CREST * platform.meter.current.max_a * highest_ohm(sensor)
    fitting = [gain for gain in adc.gains if gain * peak <= adc.full_scale_v]
    gain = max(fitting, default=min(adc.gains))
    return platform.model_copy(update={"current": current, "adc": adc.model_copy(update={"gain_line": gain})})


def conditions(requirements: Requirements, service: Service) -> list[tuple[Condition, float]]:
    """The load of each band as the meter sees it, and the energy of a year in it, kWh."""
    found = []
    for band in requirements.bands:
        volts_amperes = band.power_w / float(band.factor.rstrip("ic"))
        current = volts_amperes / service.elements / requirements.site.phase_v / service.ratio
        found.append((Condition(current, band.factor), band.power_w * band.seconds / 3.6e6))
    return found
