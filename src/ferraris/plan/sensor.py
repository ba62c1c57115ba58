"""Question 3, shunt, current transformer or Rogowski coil.

Every sensor of the catalogue that may measure what is billed is put before the design's converter and judged: does it
survive, does it keep the class over the whole range, and what do its heat and the spread of its errors cost while the
meter stays. The cheapest in the end that stands up to all of it is chosen; what does not survive is not measured.
"""

from math import inf
from typing import NamedTuple, assert_never

import numpy as np

from ferraris.hardware.chain.specimen import Seed
from ferraris.hardware.physics.heat import joule_w, let_through_a2s
from ferraris.hardware.platform.models import CurrentTransformer, Platform, Rogowski, Shunt
from ferraris.plan.decision import Decision, Figure, Option
from ferraris.plan.requirements import Requirements
from ferraris.plan.service import Service
from ferraris.plan.variant import Sensor, conditions, for_billing, sensors, with_sensor
from ferraris.verify import accuracy
from ferraris.verify.accuracy import SEED, Batch, production
from ferraris.verify.limits import of_class
from ferraris.verify.signals import channels, power_scatter
from ferraris.verify.table import table

SIGMAS = 5.0
NOISE_SHARE = 0.5
"""Five sigma of the noise stay under half the power at starting current, as item 2.2 of the checklist asks."""
DRAWN = 200
"""Meters drawn with each sensor: the mean of their errors is known to 5 %."""


class Accuracy(NamedTuple):
    """What the meter does with one sensor.

    per_year    money that the mean of the drawn meters' errors is worth, without sign
    percent_95  error weighted with energy that 95 % of the meters stay under, %
    use         part of the class limit that the worst corner takes (1 is all)
    """

    per_year: float
    percent_95: float
    use: float


class Candidate(NamedTuple):
    """One sensor in this meter.

    loss_per_year   money for its heat
    price           of the sensing of all phases
    accuracy        None if it does not survive
    against         what rules it out
    """

    name: str
    sensor: Sensor
    loss_per_year: float
    price: float
    accuracy: Accuracy | None
    against: tuple[str, ...]

    def whole(self, years: float) -> float:
        """Price, heat and error over the years; more than any other if there is no accuracy."""
        if self.accuracy is None:
            return inf
        return self.price + years * (self.loss_per_year + self.accuracy.per_year)


def resistance_ohm(sensor: Sensor) -> float:
    """What the line current flows through."""
    match sensor:
        case Shunt():
            return sensor.resistance.nominal
        case CurrentTransformer() | Rogowski():
            return sensor.primary_ohm
    assert_never(sensor)


def continuous_a(sensor: Sensor) -> float:
    """Continuous current that the sensor allows: sqrt(P/R) of a shunt."""
    match sensor:
        case Shunt():
            return float(np.sqrt(sensor.power_rating_w / sensor.resistance.nominal))
        case CurrentTransformer() | Rogowski():
            return sensor.max_continuous_a
    assert_never(sensor)


def judge(platform: Platform, requirements: Requirements, service: Service, grade: str, name: str) -> Candidate:
    """One sensor of the catalogue in the planned meter."""
    sensor, costs = sensors()[name], requirements.costs
    built = with_sensor(platform, sensor)
    loss_kwh = sum(
        service.elements * joule_w(at.current_a, resistance_ohm(sensor)) * band.seconds / 3.6e6
        for (at, _), band in zip(conditions(requirements, service), requirements.bands, strict=True)
    )
    price = service.elements * {"shunt": costs.shunt, "ct": costs.ct, "rogowski": costs.rogowski}[sensor.kind]
    against = _against(built, requirements, service, sensor)
    found = None if against else _accuracy(built, requirements, service, grade)
    if found is not None and found.use > 1.0:
        against = (f"takes {100 * found.use:.0f} % of the limits of class {grade}",)
    return Candidate(name, sensor, loss_kwh * costs.per_kwh, price, found, against)


def _accuracy(built: Platform, requirements: Requirements, service: Service, grade: str) -> Accuracy:
    errors = np.abs(_weighted_errors(built, requirements, service))
    per_year = requirements.costs.per_kwh * requirements.energy_kwh * float(errors.mean()) / 100.0
    return Accuracy(per_year, float(np.quantile(errors, 0.95)), _use(built, grade))


def _weighted_errors(built: Platform, requirements: Requirements, service: Service) -> accuracy.Floats:
    """Error of a year's energy of each drawn meter, %, shape (S,)."""
    batch = Batch(built, production(built, Seed(SEED, DRAWN)))
    loads = conditions(requirements, service)
    total = sum(energy for _, energy in loads)
    return np.asarray(sum(batch.error(at) * energy for at, energy in loads) / total)


def _use(built: Platform, grade: str) -> float:
    """Part of a limit that the worst corner of all tolerances takes, at reference conditions and over temperature."""
    limits = of_class(grade, built.meter.connection)
    assert limits is not None, "decided before"
    cases = table(limits, built).cases()
    alone = accuracy.one_at_a_time(built)
    corners = accuracy.cornered(alone, sorted({case.condition for case in cases}))
    return max(float(np.abs(corners.error(case.condition)).max()) / case.limit.value for case in cases)


def _against(built: Platform, requirements: Requirements, service: Service, sensor: Sensor) -> tuple[str, ...]:
    """What rules a sensor out, in words with the numbers."""
    found = []
    continuous = continuous_a(sensor)
    if continuous < service.imax_a:
        found.append(f"bears {continuous:.4g} A, Imax is {service.imax_a:g} A")
    if service.connection == "direct":
        energy = let_through_a2s(requirements.site.fault_current_a, 0.5 / requirements.site.frequency_hz)
        if energy > sensor.max_energy_a2s:
            found.append(f"bears {sensor.max_energy_a2s:.3g} A²s, the fault brings {energy:.3g}")
        half_wave = service.imax_a / np.sqrt(2.0)
        if isinstance(sensor, CurrentTransformer) and sensor.dc_tolerant_a < half_wave:
            found.append(f"not DC tolerant up to {half_wave:.3g} A of half wave")
    if isinstance(sensor, Shunt) and service.elements > 1 and not requirements.design.isolated_channels:
        found.append("shunts of three phases lie at three potentials, the converter has no insulation between them")
    scatter = SIGMAS * power_scatter(built, built.firmware.start_a)
    if scatter > NOISE_SHARE:
        found.append(f"5 σ of its noise over 10 s are {100 * scatter:.0f} % of the power at starting current")
    line = next(each for each in channels(built, 1.0) if each.name == "line channel")
    if line.peak_v > built.adc.full_scale_v / line.gain:
        found.append(f"{line.peak_v:.3g} V at Imax, the converter takes {built.adc.full_scale_v / line.gain:.3g} V")
    return tuple(found)


def decide(platform: Platform, requirements: Requirements, service: Service, grade: str) -> Decision:
    """The sensor that costs least in the end, of those that nothing rules out."""
    costs = requirements.costs
    found = sorted(
        (judge(platform, requirements, service, grade, name) for name in for_billing()),
        key=lambda each: (bool(each.against), each.whole(costs.years), each.name),
    )
    best = found[0]
    rivals = (each for each in found if not each.against and each.sensor.kind != best.sensor.kind)
    rival = next(rivals, None) if not best.against else None
    unit = f"{costs.currency}/y"
    return Decision(
        question="shunt, transformer or Rogowski coil?",
        choice="none of the catalogue" if best.against else f"{best.sensor.kind}: {best.name}",
        because=_because(best, requirements),
        margin=_margin(best, rival, requirements),
        figures=_figures(best, unit),
        changes=() if best.against else _changes(best, rival, requirements),
        headings=(f"over {costs.years:g} y, {costs.currency}", f"heat, {unit}", f"error, {unit}", "% of the limit"),
        options=tuple(_option(each, costs.years) for each in found),
    )


def _option(each: Candidate, years: float) -> Option:
    if each.accuracy is None:
        return Option(each.name, (None, each.loss_per_year, None, None), each.against)
    values = (each.whole(years), each.loss_per_year, each.accuracy.per_year, 100.0 * each.accuracy.use)
    return Option(each.name, values, each.against)


def _margin(best: Candidate, rival: Candidate | None, requirements: Requirements) -> Figure:
    """How much the next kind costs more; where there is no other kind, what is left of the class limit."""
    years, currency = requirements.costs.years, requirements.costs.currency
    if rival is not None:
        ahead = rival.whole(years) - best.whole(years)
        return Figure(f"cheaper than {rival.name}", ahead, currency, f"price, heat and error over {years:g} y")
    left = 0.0 if best.accuracy is None else 100.0 * (1.0 - best.accuracy.use)
    return Figure("left of the class limit; no other kind will do", left, "%", "phasor fidelity, worst corner")


def _figures(best: Candidate, unit: str) -> tuple[Figure, ...]:
    heat = Figure("heat of the sensor", best.loss_per_year, unit, "I²R of the bands x price")
    if best.accuracy is None:
        return (heat,)
    drawn = f"phasor fidelity, {DRAWN} meters"
    return (
        heat,
        Figure("error of the drawn meters", best.accuracy.per_year, unit, f"{drawn}, mean without sign"),
        Figure("error that 95 % stay under", best.accuracy.percent_95, "%", drawn),
        Figure("part of the class limit in use", 100.0 * best.accuracy.use, "%", "phasor fidelity, worst corner"),
    )


def _because(best: Candidate, requirements: Requirements) -> str:
    if best.against:
        return f"every sensor is ruled out; {best.name}: {'; '.join(best.against)}"
    whole = best.whole(requirements.costs.years)
    return (
        f"it bears the current and the fault, keeps the class, and costs {whole:.4g} {requirements.costs.currency} "
        "in the end, less than any other that does"
    )


def _changes(best: Candidate, rival: Candidate | None, requirements: Requirements) -> tuple[str, ...]:
    lines = [f"an Imax above {continuous_a(best.sensor):.4g} A, which is what this sensor bears"]
    allowed = np.sqrt(best.sensor.max_energy_a2s * 2.0 * requirements.site.frequency_hz) / 1e3
    lines.append(f"a fault current above {allowed:.3g} kA for half a cycle")
    if rival is not None:
        ahead = _margin(best, rival, requirements)
        lines.append(f"sensing with a {rival.sensor.kind} that becomes {ahead.value:.4g} {ahead.unit} cheaper")
    if isinstance(best.sensor, Shunt):
        lines.append("three phases without a converter of its own for each")
    return tuple(lines)
