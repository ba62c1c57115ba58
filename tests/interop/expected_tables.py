"""What a meter must show of its tariff, its profiles and its logs: see `expected_readings.py`."""

from typing import Any

from audited import QUADRANTS
from expected_readings import DEMANDS, ENERGIES, UNSPECIFIED, Values, at, octets, ratio, status, whole_w
from standing_meter import CLOSED_S, SHIFTED_S, SWITCHED_ON_MS, StandingMeter

from ferraris.bench.auditor.terms import OVER_ALL
from ferraris.pins import QUANTA_PER_MWS, Energies

PROFILE_1, PROFILE_2, HISTORY = "1.0.99.1.0.255", "1.0.99.2.0.255", "0.0.98.1.0.255"
EVENTS, OUTAGES = "0.0.99.98.0.255", "1.0.99.97.0.255"
BITS = {"POWER_DOWN": 0x80, "CLOCK_ADJUSTED": 0x20, "DAYLIGHT_SAVING": 8, "DATA_NOT_VALID": 4, "CLOCK_INVALID": 2}
REASONS = {"schedule": 1, "command": 2, "button": 3}
CLOCK = [8, "0.0.1.0.0.255", 2, 0]
SUMMER_MS = 1_774_746_000_000
"""2026-03-29 01:00:00 UTC."""

Rows = list[list[Any]]


def name(text: str) -> bytes:
    """Six value groups as octets."""
    return bytes(map(int, text.split(".")))


def named(text: str) -> dict[str, str]:
    return octets(name(text))


# ------------------------------------------------------------------------------------------------ tariff


def tariff(meter: StandingMeter) -> Values:
    """Calendar, special days, scripts, schedule and register activation, from the tables of the tariff file."""
    given, rates = meter.platform.tariff, range(1, len(meter.terms.rates) + 1)
    run = {rate: [rate, [[1, 6, named("0.0.14.0.0.255"), 4, mask(rate)]]] for rate in rates}
    close = [1, [[2, 7, named(HISTORY), 2, 0]]]
    calendar = _calendar(meter)
    special = {} if given is None else given.special
    days = [] if given is None else list(given.days)
    return {
        **{(20, "0.0.13.0.0.255", 2 + at): value for at, value in enumerate((*calendar, *calendar))},
        (20, "0.0.13.0.0.255", 10): UNSPECIFIED,
        (11, "0.0.11.0.0.255", 2): [
            [index, octets(_date(date)), days.index(day) + 1] for index, (date, day) in enumerate(special.items(), 1)
        ]
        or None,  # gurux shows an empty array as nothing
        (9, "0.0.10.0.100.255", 2): [run[rate] for rate in rates],
        (9, "0.0.10.0.1.255", 2): [close],
        (22, "0.0.15.0.0.255", 2): [named("0.0.10.0.1.255"), 1],
        (22, "0.0.15.0.0.255", 3): 1,
        (22, "0.0.15.0.0.255", 4): [[octets(bytes((0, 0, 0, 0))), octets(bytes((255, 255, 255, 1, 255)))]],
        **_activation(meter),
    }


def mask(rate: int) -> dict[str, str]:
    return octets(f"RATE{rate}".encode())


def _calendar(meter: StandingMeter) -> list[Any]:
    """Name, seasons, weeks and day profiles."""
    given = meter.platform.tariff
    if given is None:
        day = [[1, [[octets(bytes(4)), named("0.0.10.0.100.255"), 1]]]]
        always = octets(bytes.fromhex("FFFF FF FF FF FF FF FF 00 8000 00"))
        return [octets(b"SINGLE"), [[octets(b"all"), always, octets(b"all")]], [[octets(b"all"), *[1] * 7]], day]
    ids = {day: number for number, day in enumerate(given.days, 1)}
    rates = {rate: number for number, rate in enumerate(given.head.rates, 1)}
    seasons = [
        [octets(label.encode()), octets(_season(one.start)), octets(one.week.encode())]
        for label, one in given.seasons.items()
    ]
    weeks = [[octets(label.encode()), *(ids[day or ""] for day in week.named())] for label, week in given.weeks.items()]
    profiles = [
        [ids[label], [[octets(_time(time)), named("0.0.10.0.100.255"), rates[rate]] for time, rate in day.items()]]
        for label, day in given.days.items()
    ]
    return [octets(given.head.name.encode()), seasons, weeks, profiles]


def _season(start: str) -> bytes:
    """A start of every year at midnight, of which no weekday and no deviation is said."""
    month, day = map(int, start.split("-"))
    return bytes((0xFF, 0xFF, month, day, 0xFF, 0, 0, 0, 0, 0x80, 0x00, 0))


def _date(text: str) -> bytes:
    *year, month, day = map(int, text.split("-"))
    return (year[0] if year else 0xFFFF).to_bytes(2, "big") + bytes((month, day, 0xFF))


def _time(text: str) -> bytes:
    hour, minute = map(int, text.split(":"))
    return bytes((hour, minute, 0, 0))


def _activation(meter: StandingMeter) -> Values:
    """Which registers count at which rate: all energies, then all maxima, rate by rate."""
    rates, each = len(meter.terms.rates), len(ENERGIES) + len(DEMANDS)
    assigned = [
        [class_id, named(f"1.0.{code}.{group}.{rate}.255")]
        for rate in range(1, rates + 1)
        for class_id, group, codes in ((3, 8, ENERGIES), (4, 6, DEMANDS))
        for code in codes
    ]
    masks = [[mask(rate + 1), list(range(rate * each + 1, (rate + 1) * each + 1))] for rate in range(rates)]
    shown = [assigned, masks, mask(meter.account.rate)]
    return {(6, "0.0.14.0.0.255", number): value for number, value in enumerate(shown, 2)}


# ------------------------------------------------------------------------------------------------ profiles


def columns(meter: StandingMeter) -> dict[str, list[list[Any]]]:
    """What each profile captures."""
    places = [(code, rate) for code in DEMANDS for rate in (OVER_ALL, *meter.terms.rates)]
    energies = [[3, f"1.0.{code}.8.0.255", 2, 0] for code in QUADRANTS]
    maxima = [[4, f"1.0.{code}.6.{rate}.255", attribute, 0] for code, rate in places for attribute in (2, 5)]
    return {
        PROFILE_1: [CLOCK, _data("0.0.96.10.1.255"), *energies],
        PROFILE_2: [CLOCK, _data("0.0.96.10.2.255"), *energies],
        HISTORY: [
            CLOCK,
            *map(_data, ("0.128.96.10.0.255", "0.128.0.1.1.255", "0.0.0.1.0.255")),
            *([3, f"1.0.{code}.8.{rate}.255", 2, 0] for code, rate in places),
            *maxima,
            *([3, f"1.0.{code}.2.{rate}.255", 2, 0] for code, rate in places),
        ],
        EVENTS: [
            CLOCK,
            _data("0.0.96.11.0.255"),
            *(_data(f"0.128.96.11.{e}.255") for e in (1, 2, 3)),
            _data("0.128.96.10.0.255"),
        ],
        OUTAGES: [CLOCK, *map(_data, ("0.128.96.7.19.255", "0.0.96.7.19.255", "0.128.96.10.0.255"))],
    }


def _data(text: str) -> list[Any]:
    return [1, text, 2, 0]


def buffers(meter: StandingMeter) -> dict[str, Rows]:
    """All rows of every profile."""
    return {
        PROFILE_1: load_rows(meter, 0),
        PROFILE_2: load_rows(meter, 1),
        HISTORY: [_closed(meter, number) for number in range(len(meter.account.history))],
        EVENTS: events(meter),
        OUTAGES: [
            [at(meter, one.end), at(meter, one.start), one.duration_ms // 1000, status(meter, one.end)]
            for one in meter.account.outages
        ],
    }


def load_rows(meter: StandingMeter, number: int) -> Rows:
    """Rows of a load profile: energies are kept as whole mWs and shown as completed Wh."""
    found = []
    for row in meter.account.rows[number]:
        values = iter(row.values)
        sums = [sum(next(values) // QUANTA_PER_MWS for _ in names) for names in QUADRANTS.values()]
        bits = sum(BITS[one] for one in row.status)
        found.append([at(meter, row.stamp), bits, *(_shown_mws(meter, mws) for mws in sums)])
    return found


def _shown_mws(meter: StandingMeter, mws: int) -> int:
    return int(mws * ratio(meter) / 3_600_000)


def _closed(meter: StandingMeter, number: int) -> list[Any]:
    """A row of the billing history; the auditor's cumulative demand is without the maxima of the row."""
    row = meter.account.history[number]
    billed = row.registers.vector if meter.platform.firmware.netting == "vector" else row.registers.per_phase
    sets = {OVER_ALL: billed, **row.registers.rates}
    places = [(place, code, rate) for place, code in enumerate(DEMANDS) for rate in (OVER_ALL, *meter.terms.rates)]
    energies = [_shown_mws(meter, _picked(code, sets[rate]) // QUANTA_PER_MWS) for _, code, rate in places]
    maxima: list[Any] = []
    for place, _, rate in places:
        maximum = row.maxima[rate][place]
        maxima += [whole_w(meter, maximum.window), at(meter, maximum.stamp or 0)]
    cumulative = [
        whole_w(meter, row.cumulative[rate][place] + row.maxima[rate][place].window) for place, _, rate in places
    ]
    head = [at(meter, row.stamp), status(meter, row.stamp), REASONS[row.reason], number + 1]
    return [*head, *energies, *maxima, *cumulative]


def _picked(code: int, counted: Energies) -> int:
    return ENERGIES[code][1](counted)


def events(meter: StandingMeter) -> Rows:
    """The event log, told by the story of the standing meter."""
    first, second = meter.account.outages
    by_hand, scheduled = meter.account.history
    (change,) = meter.account.changes
    assert by_hand.stamp == SWITCHED_ON_MS + CLOSED_S * 1000
    assert change.old == SWITCHED_ON_MS + SHIFTED_S * 1000
    deviations = [[_event(meter, SUMMER_MS, 3, -60, -120, 0)]] if meter.terms.zone else []
    return [
        *(row for rows in deviations for row in rows),
        *_power(meter, first),
        *_power(meter, second),
        _event(meter, by_hand.stamp, 128, 2, 1, 1),
        _event(meter, change.old, 4, change.old, change.new, 1),
        _event(meter, change.new, 5, change.old, change.new, 1),
        _event(meter, scheduled.stamp, 128, 1, 2, 0),
    ]


def _power(meter: StandingMeter, outage: Any) -> Rows:
    """The event log has the long ones only."""
    if not outage.is_long:
        return []
    start_s, end_s = outage.start // 1000, outage.end // 1000
    return [_event(meter, start_s * 1000, 1, start_s, end_s, 0), _event(meter, end_s * 1000, 2, start_s, end_s, 0)]


def _event(meter: StandingMeter, stamp_ms: int, *rest: int) -> list[Any]:
    return [at(meter, stamp_ms), *rest, status(meter, stamp_ms)]


def profiles(meter: StandingMeter) -> Values:
    """Everything of the profiles but their buffers."""
    billing, held = meter.platform.billing, buffers(meter)
    day_s, period_s = 86_400, meter.platform.firmware.profile_period_s
    sizes = {
        PROFILE_1: (period_s, meter.platform.firmware.profile_days * day_s // period_s),
        PROFILE_2: (day_s, billing.profile_2_days),
        HISTORY: (0, billing.history),
        EVENTS: (0, billing.event_log),
        OUTAGES: (0, billing.outage_log),
    }
    found = Values()
    for text, (period, rows) in sizes.items():
        captured = [[one[0], named(one[1]), *one[2:]] for one in columns(meter)[text]]
        shown = [captured, period, 1, [0, octets(bytes(6)), 0, 0], min(len(held[text]), rows), rows]
        found |= {(7, text, number): value for number, value in enumerate(shown, 3)}
    return found
