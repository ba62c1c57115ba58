"""The record of a run: samples for the report, what changed between two of them, and what the meter's own logs say."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from ferraris.bench.scenario import judge, reading
from ferraris.bench.scenario.reading import Amount, Reader, Row, Stamp, name_of
from ferraris.bench.scenario.timeline import MS_NS, NS, Timeline
from ferraris.bench.scenario.transcript import Line, span
from ferraris.bench.scenario.zone import local, written
from ferraris.firmware.billing.profile import Status
from ferraris.firmware.dlms.client import RefusedError
from ferraris.firmware.dlms.results import DlmsError

STEPS_S = (900, 3600, 21_600, 86_400, 604_800)
LAG_NS = 5 * NS
"""How long after the step a sample is taken: the meter's clock is not exact, its own boundary may be a moment late."""
ASTRAY_S = 1.0
"""A clock that is further from true time than this is worth a word beside what bears its stamp."""
MOST_SAMPLES = 800
"""Samples of one run: as many as a page of the report can show."""
DEMAND = name_of("1.0.1.6.0")
LOAD_PROFILE = name_of("1.0.99.1.0")
EVENT_LOG, POWER_FAIL_LOG = name_of("0.0.99.98.0"), name_of("1.0.99.97.0")
BILLING_LOGS = (name_of("0.0.98.1.0"), name_of("1.0.98.1.0"))
"""Where meters keep their billing history (IEC 62056-6-1; recalled, unverified)."""
ROWS_TOLD = 45
"""Days of a load profile that are told one by one."""


class Outage(NamedTuple):
    """The mains were away, ns after the start."""

    begin_ns: int
    end_ns: int


class Sample(NamedTuple):
    """What the meter showed at a moment; None where it shows no such thing, and everywhere while it has no power.

    rates    import register of every rate, Wh
    demand   the maximum of the billing period so far, W, and its time stamp, ms of UTC
    """

    at_ns: int
    import_wh: float | None = None
    export_wh: float | None = None
    rates: tuple[float, ...] = ()
    rate: int | None = None
    clock_error_s: float | None = None
    demand: tuple[float, int] | None = None


def step_s(made: Timeline) -> int:
    """How often samples are taken: the shortest step that gives few enough."""
    fitting = (step for step in STEPS_S if made.end_ns // (step * NS) <= MOST_SAMPLES)
    return next(fitting, made.end_ns // NS // MOST_SAMPLES + 1)


def sample(reader: Reader, at_ns: int, made: Timeline) -> Sample:
    """Read one sample."""
    rates = tuple(_wh(reader, name) or 0.0 for name in judge.RATES if name in reader.classes)
    shown_ms = reading.clock(reader).utc_ms
    return Sample(
        at_ns,
        _wh(reader, judge.IMPORT),
        _wh(reader, judge.EXPORT),
        rates,
        reading.rate(reader),
        (shown_ms - made.utc_ms(at_ns)) / 1000.0,
        _demand(reader),
    )


def _wh(reader: Reader, name: bytes) -> float | None:
    if name not in reader.classes:
        return None
    shown = reading.register(reader, name)
    return shown.value / 3600.0 if isinstance(shown, Amount) else None


def _demand(reader: Reader) -> tuple[float, int] | None:
    if DEMAND not in reader.classes:
        return None
    try:
        value, stamp = reading.register(reader, DEMAND), reading.register(reader, DEMAND, 5)
    except (RefusedError, DlmsError):  # no maximum yet
        return None
    return (value.value, stamp.utc_ms) if isinstance(value, Amount) and isinstance(stamp, Stamp) else None


def changes(samples: Sequence[Sample], made: Timeline) -> Iterator[Line]:
    """What the latest sample has that is new: of several new maxima the last."""
    *earlier, now = samples
    known = next((each.demand for each in reversed(earlier) if each.demand is not None), None)
    if not earlier or now.demand is None or now.demand == known:
        return
    watts, stamp_ms = now.demand
    if watts > 0.0:
        text = f"maximum demand {watts / 1000:.3f} kW, stamped {written(made.zone, stamp_ms)}"
        yield Line(_came_ms(earlier[-1], now, stamp_ms, made), "meter", text)


def _came_ms(before: Sample, now: Sample, stamp_ms: int, made: Timeline) -> int:
    """The true time of a stamp: as long ago as the meter's clock says, if that lies between the two samples."""
    came_ms = stamp_ms - round(1000 * (now.clock_error_s or 0.0))
    return came_ms if made.utc_ms(before.at_ns) <= came_ms <= made.utc_ms(now.at_ns) else made.utc_ms(now.at_ns)


# ------------------------------------------------------------------------------------------------ logs


def logs(reader: Reader, samples: Sequence[Sample], made: Timeline) -> list[Line]:
    """What the meter's own logs say, under their own time stamps.

    Where its clock was wrong a line stands at the wrong place between the others, and says so.
    """
    told = [*_events(reader), *_outages(reader), *_billing(reader, made), *_days(reader, made)]
    return [
        Line(row.utc_ms, "meter", f"{text}, by the meter's clock" if _is_astray(row, samples, made) else text)
        for row, text in told
    ]


def _is_astray(row: Row, samples: Sequence[Sample], made: Timeline) -> bool:
    """Whether a row's stamp may be off: its clock was not valid, or was found wrong when it showed about this time."""
    if row.status & Status.CLOCK_INVALID:
        return True
    near_ms = 1000 * step_s(made) + LAG_NS // MS_NS
    wrong = (each for each in samples if abs(each.clock_error_s or 0.0) > ASTRAY_S)
    shown_ms = (made.utc_ms(each.at_ns) + 1000 * (each.clock_error_s or 0.0) for each in wrong)
    return any(abs(shown - row.utc_ms) <= near_ms for shown in shown_ms)


def _rows(reader: Reader, name: bytes) -> Sequence[Row]:
    return tuple(reading.rows(reader, name)) if name in reader.classes else ()


def _events(reader: Reader) -> Iterator[tuple[Row, str]]:
    names = {number: name for name, number in judge.EVENTS.items()}
    for row in _rows(reader, EVENT_LOG):
        number = reading.first_number(row)
        yield row, f"event log: {names.get(number or 0, f'event {number}')}"


def _outages(reader: Reader) -> Iterator[tuple[Row, str]]:
    for row in _rows(reader, POWER_FAIL_LOG):
        lasted_s = reading.first_number(row) or 0
        yield row, f"power-fail log: {'unknown duration' if lasted_s < 0 else span(lasted_s)}"


def _billing(reader: Reader, made: Timeline) -> Iterator[tuple[Row, str]]:
    for name in BILLING_LOGS:
        if name not in reader.classes:
            continue
        captured = reading.columns(reader, name)
        column = captured.find(judge.IMPORT)
        for row in reading.rows(reader, name, captured):
            energy = reading.number_in(row.cells[column]) if column is not None else None
            shown = "" if energy is None else f": A+ {energy} Wh"
            yield row, f"billing period closed {written(made.zone, row.utc_ms)[:10]}{shown}"


def _days(reader: Reader, made: Timeline) -> Iterator[tuple[Row, str]]:
    """One line for each local day of the load profile: how many rows, and how many of them are marked."""
    days: dict[str, list[Row]] = {}
    for row in _rows(reader, LOAD_PROFILE):
        # A row belongs to the day in which its period lies: the one stamped 00:00 ends the day before.
        days.setdefault(f"{local(made.zone, row.utc_ms // 1000 - 1):%Y-%m-%d}", []).append(row)
    for day, found in list(days.items())[-ROWS_TOLD:]:
        marked = {flag: sum(bool(row.status & flag) for row in found) for flag in Status}
        marks = [f"{count} {str(flag.name).lower().replace('_', ' ')}" for flag, count in marked.items() if count]
        text = f"load profile of {day}: {len(found)} rows" + (f", of these {', '.join(marks)}" if marks else "")
        yield found[-1], text
