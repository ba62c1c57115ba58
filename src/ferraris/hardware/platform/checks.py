"""Rules that hold between keys: what no meter can be, whatever its quality."""

from collections.abc import Callable, Iterator

from ferraris.hardware.platform.localtime import contradictions_of
from ferraris.hardware.platform.models import SAMPLES_PER_SECOND, Absent, CurrentTransformer, Platform
from ferraris.hardware.platform.problems import problem
from ferraris.hardware.platform.timekeeping import Crystal, Supercapacitor


def contradictions(platform: Platform) -> tuple[str, ...]:
    """Return one problem for each pair of values that cannot both be true."""
    return tuple(each for rule in RULES for each in rule(platform))


def _transformers(platform: Platform) -> Iterator[str]:
    connection, given = platform.meter.connection, platform.transformers is not None
    if connection == "transformer" and not given:
        yield problem(
            "transformers", "missing, expected a table with vt, ct, registers for a meter behind transformers"
        )
    if connection == "direct" and given:
        yield problem("transformers", "found a table, expected none, because meter.connection is 'direct'")


def _gains(platform: Platform) -> Iterator[str]:
    adc = platform.adc
    chosen = {"gain_voltage": adc.gain_voltage, "gain_line": adc.gain_line, "gain_neutral": adc.gain_neutral}
    known = ", ".join(map(str, adc.gains))
    for key, gain in chosen.items():
        if gain not in adc.gains:
            yield problem(f"adc.{key}", f"found {gain}, expected one of the gains the converter has: {known}")
    for gain, _ in adc.noise_at_gain:
        if gain not in adc.gains:
            yield problem("adc.noise_at_gain", f"found a gain of {gain}, expected one of {known}")


def _rate(platform: Platform) -> Iterator[str]:
    rate = platform.adc.modulator_hz / platform.adc.decimation
    if rate != SAMPLES_PER_SECOND:
        right = platform.adc.modulator_hz / SAMPLES_PER_SECOND
        yield problem(
            "adc.decimation",
            f"found {platform.adc.decimation}, which gives {rate:g} S/s, expected {right:g}, for 8000 S/s",
        )


def _memory(platform: Platform) -> Iterator[str]:
    nvm = platform.nvm
    if nvm.size_bytes % nvm.page_bytes:
        yield problem("nvm.page", f"found {nvm.page_bytes} B, expected a divisor of the size, {nvm.size_bytes} B")
    if nvm.technology == "nor" and (nvm.erase_bytes == 0 or nvm.size_bytes % nvm.erase_bytes):
        yield problem("nvm.erase", f"found {nvm.erase_bytes} B, expected a divisor of the size, {nvm.size_bytes} B")
    if nvm.technology != "nor" and nvm.erase_bytes:
        yield problem("nvm.erase", f"found {nvm.erase_bytes} B, expected '0 B', because only NOR flash needs erasing")


def _budgets(platform: Platform) -> Iterator[str]:
    seen: set[str] = set()
    for each in platform.firmware.budgets:
        if each.name in seen:
            yield problem("firmware.budget", f"found {each.name!r} twice, expected each function once")
        seen.add(each.name)


def _profile(platform: Platform) -> Iterator[str]:
    period = platform.firmware.profile_period_s
    if 86400 % period:
        yield problem("firmware.profile_period", f"found {period} s, expected a period that divides the day evenly")


def _start(platform: Platform) -> Iterator[str]:
    start, imax = platform.firmware.start_a, platform.meter.current.max_a
    if start > imax:
        yield problem("firmware.start", f"found {start:g} A, expected a current below Imax, {imax:g} A")


def _cores(platform: Platform) -> Iterator[str]:
    for place, sensor in (("line", platform.current.line), ("neutral", platform.current.neutral)):
        if isinstance(sensor, CurrentTransformer):
            yield from (problem(f"current.{place}.{key}", text) for key, text in _core(sensor))


def _core(ct: CurrentTransformer) -> Iterator[tuple[str, str]]:
    rated = ct.magnetising_inductance_h
    if ct.saturated_inductance_h >= rated:
        yield "saturated_inductance", f"found {ct.saturated_inductance_h:g} H, expected less than {rated:g} H"
    if (ct.initial_inductance_h is None) != (ct.knee_vs is None):
        yield "knee", "expected together with initial_inductance, or neither of them"
    if bool(ct.measured) != (ct.measured_hz is not None):
        yield "measured_frequency", "expected together with measured, or neither of them"
    currents = [current for current, _, _ in ct.measured]
    if currents != sorted(set(currents)):
        yield "measured", "found currents out of order, expected each one larger than the one before"


def _mounting(platform: Platform) -> Iterator[str]:
    fitted = [f"L{k + 1}" for k in range(platform.elements)]
    fitted += [] if isinstance(platform.current.neutral, Absent) else ["N"]
    for name in platform.current.reversed:
        if name not in fitted:
            known = ", ".join(fitted)
            yield problem("current.reversed", f"found {name!r}, expected one of the sensors fitted: {known}")


def _trimming(platform: Platform) -> Iterator[str]:
    if not isinstance(platform.clock, Crystal) or platform.clock.trim is None:
        return
    trim = platform.clock.trim
    if (trim.compensation == "none") != (trim.sensor_error_k is None):
        yield problem("clock.trim.sensor_error", "expected with a compensation of temperature, and only with one")


def _store(platform: Platform) -> Iterator[str]:
    store = platform.backup
    if isinstance(store, Supercapacitor) and store.charged_v.nominal + store.charged_v.tolerance > store.rated_v:
        yield problem("backup.voltage", f"found more than the capacitor bears, {store.rated_v:g} V, tolerance included")


def _supply(platform: Platform) -> Iterator[str]:
    supply = platform.supply
    if supply is None:
        return
    least_v = supply.full_v.nominal - supply.full_v.tolerance
    if not supply.minimum_v < supply.restart_v <= least_v:
        found, low = f"{supply.restart_v:g} V", f"{supply.minimum_v:g} V"
        yield problem(
            "supply.restart_voltage",
            f"found {found}, expected above minimum_voltage, {low}, and at most voltage less its tolerance, "
            f"{least_v:g} V",
        )
    if supply.pickup <= supply.dropout:
        yield problem("supply.pickup", f"found {supply.pickup:g}, expected more than dropout, {supply.dropout:g}")


def _zone(platform: Platform) -> Iterator[str]:
    zone = platform.firmware.zone
    if zone is not None:
        yield from (problem(f"firmware.zone.{key}", text) for key, text in contradictions_of(zone))


def _small_shift(platform: Platform) -> Iterator[str]:
    """A sub-period that a shift back lengthens overstates its demand by as much."""
    billing = platform.billing
    most_s = max(1, billing.demand_period_s // 100)
    if billing.small_shift_s > most_s:
        yield problem(
            "billing.small_shift",
            f"found {billing.small_shift_s} s, expected at most a hundredth of the demand period, {most_s} s",
        )
    if SECONDS_PER_DAY % billing.demand_period_s:
        yield problem("billing.demand_period", f"found {billing.demand_period_s} s, expected a divisor of a day")


SECONDS_PER_DAY = 86_400

RULES: tuple[Callable[[Platform], Iterator[str]], ...] = (
    _transformers,
    _gains,
    _rate,
    _memory,
    _budgets,
    _profile,
    _start,
    _cores,
    _mounting,
    _trimming,
    _store,
    _supply,
    _zone,
    _small_shift,
)
