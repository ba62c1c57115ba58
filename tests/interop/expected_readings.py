"""What a meter must show, worked out anew from the auditor's account, its platform file and the load at its terminals.

Nothing here uses the meter's own state, COSEM objects or encoders: energies and demand are exact fractions of what the
auditor counted, moments follow from the load, date-times from Python's calendar and time zone database. Values are in
the neutral form of `tests/peers/report.py`. `expected_tables.py` has the tariff and the profiles.
"""

from collections.abc import Callable
from datetime import UTC, datetime, tzinfo
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

from standing_meter import NOW_MS, StandingMeter

from ferraris.bench.auditor.terms import OVER_ALL
from ferraris.pins import QUANTA_PER_MWS, TICKS_PER_SECOND, Energies

Values = dict[tuple[int, str, int], Any]
"""By class, logical name and attribute."""

QUANTA_PER_WH = QUANTA_PER_MWS * 3_600_000
MICRO = 1_000_000
WH, VAH, VARH, W, VAR = 30, 31, 32, 27, 29

ENERGIES: dict[int, tuple[int, Callable[[Energies], int]]] = {
    1: (WH, lambda e: e.active_import),
    2: (WH, lambda e: e.active_export),
    3: (VARH, lambda e: e.reactive_q1 + e.reactive_q2),
    4: (VARH, lambda e: e.reactive_q3 + e.reactive_q4),
    5: (VARH, lambda e: e.reactive_q1),
    6: (VARH, lambda e: e.reactive_q2),
    7: (VARH, lambda e: e.reactive_q3),
    8: (VARH, lambda e: e.reactive_q4),
    9: (VAH, lambda e: e.apparent_import),
    10: (VAH, lambda e: e.apparent_export),
}
"""Energies by OBIS value group C (IEC 62056-6-1, recalled): unit code, and what is added."""

DEMANDS = {1: W, 2: W, 3: VAR, 4: VAR}
"""Demand by value group C likewise."""

UNSPECIFIED = {"octets": "ffffffffffffffffff800000"}
"""A date and time of which nothing is said."""


def octets(data: bytes) -> dict[str, str]:
    """An octet string in neutral form."""
    return {"octets": data.hex()}


def place(meter: StandingMeter) -> tzinfo:
    """Where the meter hangs."""
    return UTC if meter.terms.zone is None else ZoneInfo(str(meter.terms.zone))


def date_time(rtc_ms: int, where: tzinfo = UTC) -> dict[str, str]:
    """A moment as the twelve octets of a COSEM date-time: minutes from local time to UTC, 80 in summer time."""
    moment = datetime.fromtimestamp(rtc_ms // 1000, UTC).astimezone(where)
    calendar = [moment.month, moment.day, moment.isoweekday(), moment.hour, moment.minute, moment.second]
    offset, summer = moment.utcoffset(), moment.dst()
    assert offset is not None
    deviation = int(-offset.total_seconds() // 60).to_bytes(2, "big", signed=True)
    tail = bytes([rtc_ms % 1000 // 10]) + deviation + bytes([0x80 if summer else 0])
    return octets(moment.year.to_bytes(2, "big") + bytes(calendar) + tail)


def at(meter: StandingMeter, rtc_ms: int | None) -> dict[str, str]:
    """A moment as this meter shows it; None is none yet."""
    return UNSPECIFIED if rtc_ms is None else date_time(rtc_ms, place(meter))


def ratio(meter: StandingMeter, side: str = "") -> Fraction:
    """Watts on a side of the transformers, or on that which the standard codes show, for one watt at the terminals."""
    transformers = meter.platform.transformers
    if transformers is None or (side or transformers.registers) == "secondary":
        return Fraction(1)
    return Fraction(transformers.ct.primary / transformers.ct.secondary) * Fraction(
        transformers.vt.primary / transformers.vt.secondary
    )


def whole_wh(quanta: int, times: Fraction) -> int:
    """Completed Wh (varh, VAh), seen through transformers of the given ratio."""
    return int(quanta * times / QUANTA_PER_WH)


def whole_w(meter: StandingMeter, quanta: int) -> int:
    """A window's energy as completed W (var) over the whole of the window."""
    window_s = meter.terms.demand.period_s * meter.terms.demand.count
    return int(quanta * ratio(meter) / (MICRO * TICKS_PER_SECOND * window_s))


def channels(meter: StandingMeter) -> list[tuple[int, Energies, str]]:
    """Value group B, the total it shows and on which side (docs/decisions/0005-obis-channels.md)."""
    registers = meter.account.registers
    billed = registers.vector if meter.platform.firmware.netting == "vector" else registers.per_phase
    several, transformed = meter.platform.elements > 1, meter.platform.transformers is not None
    found = [(0, billed, "")]
    for group, side in ((128, "secondary"), (130, "primary")) if transformed else ((128, "secondary"),):
        found += [(group, registers.vector, side)] if several or transformed else []
        found += [(group + 1, registers.per_phase, side)] if several else []
    return found


def energies(meter: StandingMeter) -> Values:
    """Every energy register: totals of every channel, phases, and rates."""
    found: dict[str, tuple[int, int]] = {}
    for group, total, side in channels(meter):
        sets = {(0, OVER_ALL): total}
        if group == 0 or (meter.platform.transformers and group in {128, 130}):
            sets |= {(20 * (n + 1), OVER_ALL): phase for n, phase in enumerate(meter.account.registers.phases)}
        if group == 0:
            sets |= {(0, rate): counted for rate, counted in meter.account.registers.rates.items()}
        for (offset, rate), counted in sets.items():
            for code, (unit, pick) in ENERGIES.items():
                name = f"1.{group}.{code + offset}.8.{rate}.255"
                found[name] = whole_wh(pick(counted), ratio(meter, side)), unit
    return register_values(3, found)


def register_values(class_id: int, found: dict[str, tuple[int, int]]) -> Values:
    """Attributes 2 and 3 of registers that count in whole units."""
    values = {(class_id, name, 2): value for name, (value, _) in found.items()}
    return values | {(class_id, name, 3): [0, unit] for name, (_, unit) in found.items()}


def demands(meter: StandingMeter) -> Values:
    """Running averages, maxima with their times, cumulative demand."""
    account, found = meter.account, Values()
    # The latest quarter of an hour: nothing but a small shift has happened to the clock since.
    ended_ms = NOW_MS - NOW_MS % (meter.terms.demand.period_s * 1000)
    for number, (code, unit) in enumerate(DEMANDS.items()):
        running, last = whole_w(meter, account.current[number]), whole_w(meter, account.energy[number])
        window = [meter.terms.demand.period_s, meter.terms.demand.count]
        shown = [running, last, [0, unit], status(meter, NOW_MS), at(meter, ended_ms), at(meter, ended_ms), *window]
        found |= {(5, f"1.0.{code}.4.0.255", place): value for place, value in enumerate(shown, 2)}
        for rate in (OVER_ALL, *meter.terms.rates):
            maximum = account.maxima[rate][number]
            attributes = [whole_w(meter, maximum.window), [0, unit], None, at(meter, maximum.stamp)]
            found |= {(4, f"1.0.{code}.6.{rate}.255", place): value for place, value in enumerate(attributes, 2)}
            cumulative = whole_w(meter, account.cumulative[rate][number])
            found |= register_values(3, {f"1.0.{code}.2.{rate}.255": (cumulative, unit)})
    return found


def status(meter: StandingMeter, rtc_ms: int) -> int:
    """Status of a moment: summer time, and nothing else, for this clock was never lost."""
    return 8 if datetime.fromtimestamp(rtc_ms / 1000, UTC).astimezone(place(meter)).dst() else 0


def clock(meter: StandingMeter) -> Values:
    """The clock; in Berlin summer time begins on the last Sunday of March at 2 and ends on that of October at 3."""
    berlin = meter.terms.zone is not None
    begin, end = (octets(bytes.fromhex(text)) for text in ("FFFF03FE0702000000800000", "FFFF0AFE0703000000800000"))
    summer = [begin, end, 60, True] if berlin else [UNSPECIFIED, UNSPECIFIED, 0, False]
    shown = [at(meter, NOW_MS), -60 if berlin else 0, 0x80 if berlin else 0, *summer, 1]
    return {(8, "0.0.1.0.0.255", number): value for number, value in enumerate(shown, 2)}


def counts(meter: StandingMeter) -> Values:
    """What happened how often, what the next rows will say, and the latest of the logs."""
    account = meter.account
    latest = account.outages[-1]
    (change,) = account.changes
    assert account.history[-1].reason == "schedule", "and that was the latest event too"
    data = {
        "0.0.96.7.21.255": len(account.outages),
        "0.0.96.7.9.255": sum(one.is_long for one in account.outages),
        "0.128.96.7.0.255": 0,
        "0.128.96.2.1.255": len(account.changes),
        "0.0.0.1.0.255": len(account.history),
        "0.0.0.1.2.255": at(meter, account.history[-1].stamp),
        "0.128.0.1.1.255": 1,
        "0.128.96.7.19.255": at(meter, latest.start),
        "0.0.96.7.19.255": latest.duration_ms // 1000,
        "0.0.96.11.0.255": 128,
        "0.128.96.11.1.255": 1,
        "0.128.96.11.2.255": len(account.history),
        "0.128.96.11.3.255": 0,
        "0.0.96.14.0.255": account.rate,
        "0.0.96.10.1.255": status(meter, NOW_MS),
        # The daily row of the day on which the clock was shifted has been written; nothing is pending.
        "0.0.96.10.2.255": status(meter, NOW_MS),
        "0.128.96.10.0.255": status(meter, NOW_MS),
    }
    assert change.new - change.old == 5_000
    return {(1, name, 2): value for name, value in data.items()}


def identity(meter: StandingMeter) -> Values:
    """Who the meter is, and its transformers."""
    who, transformers = meter.platform.meter, meter.platform.transformers
    data: dict[str, Any] = {
        "0.0.42.0.0.255": octets(f"{who.manufacturer}{who.serial}".encode()),
        "0.0.96.1.0.255": octets(who.serial.encode()),
        "0.0.96.1.1.255": octets(who.manufacturer.encode()),
        "0.0.96.1.2.255": octets(who.name.encode()),
    }
    if transformers is not None:
        ct = Fraction(str(transformers.ct.primary)) / Fraction(str(transformers.ct.secondary))
        vt = Fraction(str(transformers.vt.primary)) / Fraction(str(transformers.vt.secondary))
        shown = {2: ct.numerator, 3: vt.numerator, 5: ct.denominator, 6: vt.denominator}
        data |= {f"1.0.0.4.{group}.255": number for group, number in shown.items()}
    return {(1, name, 2): value for name, value in data.items()}


def moments(meter: StandingMeter) -> dict[str, float]:
    """Instantaneous values that follow from the load alone, by logical name, in V, A, W, var and Hz."""
    volts, times = meter.platform.meter.un_v, float(ratio(meter))
    transformers = meter.platform.transformers
    volts_shown = volts * (transformers.vt.primary / transformers.vt.secondary if times != 1 and transformers else 1)
    found = {"1.0.14.7.0.255": meter.platform.meter.frequency_hz}
    for phase, (power, reactive) in enumerate(zip(meter.power_w, meter.reactive_var, strict=True)):
        code = 20 * phase
        found |= {
            f"1.0.{code + 32}.7.0.255": volts_shown,
            f"1.0.{code + 31}.7.0.255": abs(complex(power, reactive)) * times / volts_shown,
            f"1.0.{code + 21}.7.0.255": max(power, 0.0) * times,
            f"1.0.{code + 22}.7.0.255": max(-power, 0.0) * times,
        }
    return found | {"1.0.1.7.0.255": sum(meter.power_w) * times, "1.0.3.7.0.255": sum(meter.reactive_var) * times}
