"""Rows of influence quantities: how far one of them alone may move the error.

Currents and waveforms of each test are those of IEC 62053-21 and -22, of OIML R 46 where only that knows the test, and
of CLC/TR 50579 for 2 to 150 kHz; where no clause was seen the procedure is recalled.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from ferraris.hardware.platform.models import CurrentTransformer, Platform, Rogowski, Shunt
from ferraris.verify.finding import Incomplete, Limit, NotApplicable
from ferraris.verify.limits import ClassLimits
from ferraris.verify.typetest.plan import Case, Entry, Row, at, factor_name
from ferraris.verify.typetest.points import Point, Tone

FACTORS = "1", "0.5i"

COEFFICIENT_SPAN_K = 20.0
"""A temperature coefficient is the mean over this much (IEC 62053-21 clause 8.2, recalled)."""

CHANGES = {"voltage": (0.9, 1.1), "severe voltage": (0.8, 0.85, 1.15), "low voltage": (0.7, 0.5, 0.2)}
"""In terms of Un."""

FREQUENCIES = 0.98, 1.02

HIGH_ORDERS = 15.2, 19.7, 25.3, 30.2, 34.8, 39.7
"""Sweep of OIML R 46: asynchronous tones from 15 to 40 times the mains frequency, first 0.02 Un, then 0.1 Itr."""
HIGH_VOLTAGE = 0.02
HIGH_CURRENT = 0.1

BANDS_HZ = (
    (2.0, 1.0, (2000.0, 3150.0, 7950.0, 8050.0, 15950.0, 24050.0)),
    (1.0, 0.5, (31950.0, 48050.0, 64050.0, 100050.0, 150000.0)),
)
"""CLC/TR 50579 (scope, seen): 2 A up to 30 kHz and 1 A above for direct connection, 2 % and 1 % of Imax behind
transformers; here as (A, ratio to the first, frequencies). Most of these fold onto 50 Hz at 8000 samples a second."""
OF_IMAX = 0.02

HEATING_S = 3600.0
"""Imax stands this long before the second error is taken (IEC 62053-21: at least an hour)."""

DC_FIELD_T = 0.05
"""Static induction at the sensor. The standards lay an electromagnet of 1000 ampere-turns on the case (recalled), some
200 mT at its face; behind the cover about a quarter of that is left (estimate, unverified)."""
AC_FIELD_T = 0.5e-3
"""Alternating induction of external origin (IEC 62053-21 and -22: 0.5 mT)."""


def influence_rows(limits: ClassLimits, platform: Platform) -> Iterator[Entry]:
    """Every influence that the class limits, in the order of a report."""
    yield from _temperature(limits, platform)
    for kind in ("voltage", "severe voltage"):
        yield from _voltage(limits, platform, kind)
    yield from _low_voltage(limits, platform)
    yield from _frequency(limits, platform)
    yield from _polyphase(limits, platform)
    yield from _waves(limits, platform)
    yield from _tones(limits, platform)
    yield from _heating(limits, platform)
    yield from _magnetic(limits, platform)


def _limit(limits: ClassLimits, kind: str, factor: str = "1") -> Limit | None:
    return limits.influences.get((kind, factor))


def _loads(limits: ClassLimits, platform: Platform, factor: str) -> list[Point]:
    """A low current (twice as much at low power factor), Iref and Imax."""
    meter = platform.meter
    low = at(meter, 0.1 if factor == "1" else 0.2, "Iref")
    currents = dict.fromkeys((low, at(meter, 1.0, "Iref"), meter.current.max_a))
    return [Point(current, factor, limits.energy) for current in currents]


def _row(kind: str, name: str, limit: Limit, changes: Sequence[tuple[Point, Point]]) -> Row:
    return Row(kind, name, "%", tuple(Case(point, limit, against) for point, against in changes))


# ------------------------------------------------------------------------------------------------ air and supply


def _temperature(limits: ClassLimits, platform: Platform) -> Iterator[Entry]:
    """Mean coefficient over 20 K at both ends of the operating range and around 23 degC."""
    low, high = platform.meter.temperature
    span = min(COEFFICIENT_SPAN_K, high - low)
    if span < 1.0:
        yield Incomplete("temperature", "the operating range is narrower than 1 K")
        return
    starts = sorted({low, high - span, min(max(23.0 - span / 2, low), high - span)})
    for factor in FACTORS:
        limit = _limit(limits, "temperature coefficient", factor)
        if limit is None:
            continue
        cases = tuple(
            Case(replace(point, air_c=start + span), limit, replace(point, air_c=start), per=span)
            for point in _loads(limits, platform, factor)[:2]
            for start in starts
        )
        yield Row(
            "temperature",
            f"over {span:g} K from {low:g} to {high:g} °C, {factor_name(limits.energy)} {factor}",
            "%/K",
            cases,
        )


def _voltage(limits: ClassLimits, platform: Platform, kind: str) -> Iterator[Row]:
    for factor in FACTORS:
        limit = _limit(limits, kind, factor)
        if limit is None:
            continue
        loads = _loads(limits, platform, factor)
        points = loads if kind == "voltage" else loads[1:2]
        changes = [(replace(point, voltage=times), point) for point in points for times in CHANGES[kind]]
        times = ", ".join(f"{value:g}" for value in CHANGES[kind])
        yield _row(kind, f"{times} Un, {factor_name(limits.energy)} {factor}", limit, changes)


def _low_voltage(limits: ClassLimits, platform: Platform) -> Iterator[Row]:
    """Below 0.8 Un the error may lie between +10 and -100 %."""
    limit = _limit(limits, "low voltage")
    if limit is not None:
        base = Point(at(platform.meter, 1.0, "Iref"), energy=limits.energy)
        cases = tuple(Case(replace(base, voltage=u), limit, signed=True) for u in CHANGES["low voltage"])
        yield Row("severe voltage", "error below 0.8 Un, not above", "%", cases)


def _frequency(limits: ClassLimits, platform: Platform) -> Iterator[Row]:
    for factor in FACTORS:
        limit = _limit(limits, "frequency", factor)
        if limit is not None:
            loads = _loads(limits, platform, factor)
            changes = [(replace(point, frequency=times), point) for point in loads for times in FREQUENCIES]
            yield _row("frequency", f"0.98 and 1.02 fn, {factor_name(limits.energy)} {factor}", limit, changes)


# ------------------------------------------------------------------------------------------------ three phases


def _polyphase(limits: ClassLimits, platform: Platform) -> Iterator[Entry]:
    kinds = (("reversed sequence", "sequence"), ("unbalance", "unbalance"))
    for kind, item in kinds:
        limit = _limit(limits, kind)
        if limit is None:
            continue
        if platform.elements == 1:
            yield NotApplicable(item, kind, "the meter has one element")
        elif kind == "unbalance":
            yield _interrupted(limits, platform, limit)
        else:
            base = Point(at(platform.meter, 0.1, "Iref"), energy=limits.energy)
            yield _row(item, "L2 and L3 exchanged, 0.1 Iref", limit, [(replace(base, reversed_sequence=True), base)])


def _interrupted(limits: ClassLimits, platform: Platform, limit: Limit) -> Row:
    base = Point(at(platform.meter, 1.0, "Iref"), energy=limits.energy)
    gone = [(0,), (1,), (2,), (0, 1), (1, 2), (0, 2)]
    return _row(
        "unbalance",
        "one or two phases without voltage, Iref",
        limit,
        [(replace(base, interrupted=g), base) for g in gone],
    )


# ------------------------------------------------------------------------------------------------ waveforms


def _waves(limits: ClassLimits, platform: Platform) -> Iterator[Entry]:
    """Distorted load against a sine of the same current; the half wave is the sine of Imax, rectified."""
    meter = platform.meter
    plain = {
        "fifth harmonic": Point(at(meter, 0.5, "Imax"), wave="fifth harmonic"),
        "odd harmonics": Point(at(meter, 0.5, "Iref"), wave="phase-fired"),
        "sub-harmonics": Point(at(meter, 0.5, "Iref"), wave="burst"),
    }
    for kind, point in plain.items():
        limit = _limit(limits, kind)
        if limit is not None:
            yield _row(kind, str(point), limit, [(point, replace(point, wave="sine"))])
    if limits.half_wave is not None:
        half = Point(meter.current.max_a, wave="half wave")
        name = f"half wave of {meter.current.max_a / 2**0.5:.3g} A RMS (Imax/√2)"
        yield _row("half wave", name, limits.half_wave, [(half, replace(half, wave="sine"))])
    elif limits.energy == "active":
        yield NotApplicable("half wave", "DC and even harmonics", "the class asks it of directly connected meters only")


def _tones(limits: ClassLimits, platform: Platform) -> Iterator[Entry]:
    """Tones above the 15th harmonic.

    A coil with a digital integrator hands the converter the derivative, in which such tones are tens to thousands of
    times as large against the fundamental. The chain joins coil and integrator in one transfer function before the
    converter, so it cannot see them clip: no model, and no pass.
    """
    meter, line = platform.meter, platform.current.line
    high, khz = _limit(limits, "high-order harmonics"), _limit(limits, "2 to 150 kHz")
    if isinstance(line, Rogowski) and line.integrator == "digital":
        for kind, limit in (("high-order harmonics", high), ("2 to 150 kHz", khz)):
            if limit is not None:
                yield Incomplete(kind, "no model: clipping of a coil's derivative before its digital integrator")
        return
    if high is not None:
        itr = at(meter, 1.0, "Itr")
        base = Point(itr)
        for name, tones in (
            (f"{HIGH_VOLTAGE:g} Un in the voltage, Itr", [Tone(order, voltage=HIGH_VOLTAGE) for order in HIGH_ORDERS]),
            (
                f"{HIGH_CURRENT:g} Itr in the current, Itr",
                [Tone(order, 0.0, HIGH_CURRENT * itr) for order in HIGH_ORDERS],
            ),
        ):
            yield _row("high-order harmonics", name, high, [(replace(base, tone=tone), base) for tone in tones])
    if khz is not None:
        base = Point(at(meter, 1.0, "Iref"))
        largest = OF_IMAX * meter.current.max_a
        for direct_a, part, frequencies in BANDS_HZ:
            size = direct_a if meter.connection == "direct" else part * largest
            tones = [Tone(f / meter.frequency_hz, 0.0, size) for f in frequencies]
            name = f"{size:.3g} A, {frequencies[0] / 1000:g} to {frequencies[-1] / 1000:g} kHz, at Iref"
            yield _row("2 to 150 kHz", name, khz, [(replace(base, tone=tone), base) for tone in tones])


# ------------------------------------------------------------------------------------------------ heat and magnets


def _heating(limits: ClassLimits, platform: Platform) -> Iterator[Entry]:
    """The error after an hour at Imax against that of a cold meter.

    What warms is the sensor itself, where its thermal time constant is known, and everything else by the stated rise of
    the air inside, taken as reached. A transformer's burden and core belong to that air.
    """
    meter, line = platform.meter, platform.current.line
    if isinstance(line, Shunt) and line.thermal_time_s is None:
        yield Incomplete("self-heating", "no model: the shunt states no thermal time constant")
        return
    for factor in FACTORS:
        limit = _limit(limits, "self-heating", factor)
        if limit is not None:
            cold = Point(meter.current.max_a, factor, limits.energy)
            warm = replace(cold, soak_s=HEATING_S, air_c=cold.air_c + meter.enclosure_rise_k)
            where = f"{meter.enclosure_rise_k:g} K inside, {factor_name(limits.energy)} {factor}"
            name = f"Imax for {HEATING_S / 60.0:g} min, {where}"
            yield _row("self-heating", name, limit, [(warm, cold)])


def _magnetic(limits: ClassLimits, platform: Platform) -> Iterator[Entry]:
    steady, alternating = _limit(limits, "DC magnetic induction"), _limit(limits, "AC magnetic induction")
    if steady is not None:
        yield _magnet(platform, steady)
    if alternating is None:
        return
    if platform.current.line.field_pickup_a_per_t is None:
        yield Incomplete("magnetic", "AC induction: no model: the sensor does not state what it picks up")
        return
    base = Point(at(platform.meter, 1.0, "Iref"))
    fields = [
        replace(base, alternating_t=AC_FIELD_T, field_deg=angle, field_turned=turned)
        for angle, turned in field_directions(platform.elements)
    ]
    name = f"{1e3 * AC_FIELD_T:g} mT alternating, worst direction and phase, Iref"
    yield _row("magnetic", name, alternating, [(field, base) for field in fields])


def field_directions(elements: int) -> list[tuple[float, tuple[int, ...]]]:
    """Phases of the coil's current against U1, degrees, and sensors that face its field the other way round.

    One field in which all three sensors stand alike makes three equal false currents, whose power is nought: the
    voltages' sum is. The worst of three has one sensor turned, L1 say, and the phase of U1: U1 - U2 - U3 = 2 U1, two
    thirds of what a field in step with every voltage would do. Which sensor that is hangs on where the coil lies, so
    each is tried, and both signs of the current.
    """
    turned: list[tuple[int, ...]] = [()] if elements == 1 else [(e,) for e in range(elements)]
    return [
        (120.0 * ((elements - e) % elements) + sign, each) for e, each in enumerate(turned) for sign in (0.0, 180.0)
    ]


def _magnet(platform: Platform, limit: Limit) -> Entry:
    """A magnet biases the core of a transformer; nothing else in the path of the current has one."""
    line = platform.current.line
    if not isinstance(line, CurrentTransformer):
        return NotApplicable("magnetic", "DC induction", "the sensor has no core that a magnet could saturate")
    if line.field_bias_a_per_t is None:
        return Incomplete("magnetic", "DC induction: no model: the transformer does not state what a magnet is worth")
    base = Point(at(platform.meter, 1.0, "Iref"))
    name = f"{1e3 * DC_FIELD_T:g} mT static, Iref"
    return _row("magnetic", name, limit, [(replace(base, static_t=DC_FIELD_T), base)])
