"""Expectations against what a head end reads: does it hold, and the measured value beside the expected one."""

from collections.abc import Callable
from typing import NamedTuple, assert_never

from ferraris import units
from ferraris.bench.peer import SilentError
from ferraris.bench.scenario import reading
from ferraris.bench.scenario.compare import inside, parsed, said, spread, value_of
from ferraris.bench.scenario.models import (
    CountTable,
    Expect,
    ExpectClock,
    ExpectConserved,
    ExpectEvent,
    ExpectRegister,
    ExpectRows,
    ExpectState,
)
from ferraris.bench.scenario.problems import KeyProblemError
from ferraris.bench.scenario.reading import Reader, name_of
from ferraris.bench.scenario.truth import Flowed
from ferraris.bench.scenario.zone import Zone
from ferraris.firmware.billing.profile import Status
from ferraris.firmware.dlms.client import RefusedError
from ferraris.firmware.dlms.datetimes import ClockStatus
from ferraris.firmware.dlms.results import DlmsError

EVENTS = {
    "power down": 1,
    "power up": 2,
    "daylight saving": 3,
    "clock adjusted old": 4,
    "clock adjusted": 5,
    "clock invalid": 6,
    "tariff activated": 9,
    "memory error": 14,
    "parameter changed": 47,
    "period closed": 128,
    "close refused": 129,
    "clock refused": 130,
    "row written again": 131,
}
"""Numbers of the event log by name: the meter's own, which below 128 are those that IDIS meters share."""
IMPORT, EXPORT = name_of("1.0.1.8.0"), name_of("1.0.2.8.0")
RATES = tuple(name_of(f"1.0.1.8.{rate}") for rate in range(1, 9))
WH = 3600.0
"""J in a watt-hour, the last digit of a register."""
KWH = 3.6e6


class View(NamedTuple):
    """What a judge may look at, at one moment.

    reader      an open association; raises SilentError where the meter has no power
    instant_ms  what a time of the file means
    now_ms      true time, ms of UTC
    flowed      true energy since the start
    """

    reader: Callable[[], Reader]
    instant_ms: Callable[[str], int]
    now_ms: int
    zone: Zone
    flowed: Flowed


class Finding(NamedTuple):
    """What was expected and what was measured, in words."""

    what: str
    expected: str
    measured: str
    holds: bool


def judge(expect: Expect, view: View) -> Finding:
    """Judge one expectation; a meter that does not answer or has no such object does not hold it."""
    try:
        return _judged(expect, view)
    except SilentError as silence:
        text = str(silence)
    except (RefusedError, DlmsError) as refusal:
        text = f"no value: {refusal}"
    return Finding(subject(expect), wanted(expect), text, False)


def _judged(expect: Expect, view: View) -> Finding:
    match expect:
        case ExpectRegister():
            return _register(expect, view)
        case ExpectEvent():
            return _events(expect, view)
        case ExpectRows():
            return _rows(expect, view)
        case ExpectState():
            return _state(expect, view)
        case ExpectClock():
            return _clock(expect, view)
        case ExpectConserved():
            return _conserved(expect, view)
        case _:
            assert_never(expect)


def subject(expect: Expect) -> str:
    """What an expectation is about."""
    match expect:
        case ExpectRegister():
            return expect.obis if expect.attribute == 2 else f"{expect.obis} attribute {expect.attribute}"
        case ExpectEvent():
            return f"events {expect.event!r}" if isinstance(expect.event, str) else f"events number {expect.event}"
        case ExpectRows():
            return f"rows of {expect.profile}" + (f" marked {expect.status}" if expect.status else "")
        case ExpectState():
            return "state"
        case ExpectClock():
            return "clock error"
        case ExpectConserved():
            return "import and export against the truth"
        case _:
            assert_never(expect)


def wanted(expect: Expect) -> str:
    """What an expectation wants."""
    match expect:
        case ExpectRegister():
            spread = f" ± {expect.tolerance}" if expect.tolerance else ""
            return f"{expect.value}{spread}" if expect.value is not None else _bounds(expect.at_least, expect.at_most)
        case ExpectEvent() | ExpectRows():
            exact = _exact(expect)
            return str(exact) if exact is not None else _bounds(_least(expect), expect.at_most)
        case ExpectState():
            return expect.state
        case ExpectClock():
            return f"≤ {expect.clock_error_s:g} s"
        case ExpectConserved():
            return f"± {expect.tolerance}"
        case _:
            assert_never(expect)


def _bounds(low: object, high: object) -> str:
    return " and ".join(f"{sign} {bound}" for sign, bound in (("≥", low), ("≤", high)) if bound is not None)


# ------------------------------------------------------------------------------------------------ registers


def _register(expect: ExpectRegister, view: View) -> Finding:
    shown = reading.register(view.reader(), name_of(expect.obis), expect.attribute)
    texts = (expect.value, expect.at_least, expect.at_most)
    value, low, high = (None if text is None else inside(text, shown, view.zone, view.instant_ms) for text in texts)
    off = 0.0 if value is None else spread(expect.tolerance, value, shown)
    if value is not None:
        low, high = value - off, value + off
    found = value_of(shown)
    holds = (low is None or found >= low) and (high is None or found <= high)
    text = said(shown, next(each for each in texts if each is not None), view.zone)
    return Finding(subject(expect), wanted(expect), text, holds)


# ------------------------------------------------------------------------------------------------ counts


def _exact(expect: ExpectEvent | ExpectRows) -> int | None:
    return expect.count if isinstance(expect, ExpectEvent) or expect.rows is None else expect.rows


def _least(expect: CountTable) -> int | None:
    return 1 if expect.at_least is None and expect.at_most is None else expect.at_least


def _counted(expect: ExpectEvent | ExpectRows, stamps: list[int], view: View) -> Finding:
    if expect.between is not None:
        first, last = (view.instant_ms(text) for text in expect.between)
        stamps = [stamp for stamp in stamps if first <= stamp <= last]
    exact, found = _exact(expect), len(stamps)
    low, high = (_least(expect), expect.at_most) if exact is None else (exact, exact)
    holds = (low is None or found >= low) and (high is None or found <= high)
    return Finding(subject(expect), wanted(expect), str(found), holds)


def event_number(name: str | int, key: str) -> int:
    """The number of an event; raises KeyProblemError for a name that the table does not have."""
    if isinstance(name, int):
        return name
    if name not in EVENTS:
        known = ", ".join(map(repr, EVENTS))
        raise KeyProblemError(key, f"found {name!r}, expected a number or one of {known}")
    return EVENTS[name]


def status_flag(name: str, key: str) -> Status:
    """The bit of a profile status; raises KeyProblemError."""
    found = {flag.name.lower().replace("_", " "): flag for flag in Status if flag.name}
    if name not in found:
        raise KeyProblemError(key, f"found {name!r}, expected one of {', '.join(map(repr, found))}")
    return found[name]


def _events(expect: ExpectEvent, view: View) -> Finding:
    number = event_number(expect.event, "event")
    rows = reading.rows(view.reader(), name_of(expect.log))
    stamps = [row.utc_ms for row in rows if reading.first_number(row) == number]
    return _counted(expect, stamps, view)


def _rows(expect: ExpectRows, view: View) -> Finding:
    flag = Status(0) if expect.status is None else status_flag(expect.status, "status")
    rows = reading.rows(view.reader(), name_of(expect.profile))
    return _counted(expect, [row.utc_ms for row in rows if row.status & flag == flag], view)


# ------------------------------------------------------------------------------------------------ the rest


def _state(expect: ExpectState, view: View) -> Finding:
    try:
        reader = view.reader()
    except SilentError:
        return Finding("state", expect.state, "off", expect.state == "off")
    found = _states(reader)
    return Finding("state", expect.state, ", ".join(found), expect.state in found)


def _states(reader: Reader) -> tuple[str, ...]:
    time, rate = reading.clock(reader), reading.rate(reader)
    valid = "clock valid" if time.is_valid else "clock invalid"
    season = "summer time" if time.status & ClockStatus.DAYLIGHT_SAVING_ACTIVE else "standard time"
    return ("on", valid, season, *((f"rate {rate}",) if rate is not None else ()))


def _clock(expect: ExpectClock, view: View) -> Finding:
    error_s = (reading.clock(view.reader()).utc_ms - view.now_ms) / 1000.0
    return Finding(subject(expect), wanted(expect), f"{error_s:+g} s", abs(error_s) <= expect.clock_error_s)


def _conserved(expect: ExpectConserved, view: View) -> Finding:
    reader = view.reader()
    parts, holds = [], True
    for sign, name, true_j in (("A+", IMPORT, view.flowed.imported_j), ("A-", EXPORT, view.flowed.exported_j)):
        found_j = value_of(reading.register(reader, name))
        parts.append(f"{sign} {found_j / KWH:.3f} of {true_j / KWH:.3f} kWh")
        holds &= abs(found_j - true_j) <= _allowed_j(expect.tolerance, true_j)
    rates = [value_of(reading.register(reader, name)) for name in RATES if name in reader.classes]
    if rates:
        total_j = value_of(reading.register(reader, IMPORT))
        missing_j = total_j - sum(rates)
        parts.append(f"rates add up to {sum(rates) / KWH:.3f} kWh")
        holds &= abs(missing_j) <= len(rates) * WH  # each register shows whole Wh
    return Finding(subject(expect), wanted(expect), ", ".join(parts), bool(holds))


def _allowed_j(text: str, true_j: float) -> float:
    """The tolerance as energy; the last digit of the register, 1 Wh, is allowed on top."""
    share = parsed(text, units.SHARE)
    own = parsed(text, units.ENERGY)
    return WH + (own if own is not None else (share or 0.0) * true_j)
