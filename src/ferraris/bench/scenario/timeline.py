"""From what a scenario says to what happens when: a list in order of true time, ns after the start.

At the same moment deeds come before expectations, each in the order of the file: what is expected at 22:00 is what the
meter shows after everything that was done at 22:00.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias, assert_never

from ferraris import units
from ferraris.bench.scenario import zone as zones
from ferraris.bench.scenario.models import (
    BrownOut,
    CloseBilling,
    Command,
    CountTable,
    CutMains,
    Deed,
    Expect,
    Invoke,
    LoadTariff,
    LoseNeutral,
    Outage,
    PressButton,
    ResetDemand,
    RestoreMains,
    RestoreNeutral,
    ReverseWires,
    Scenario,
    SetAir,
    SetClock,
    SetLoad,
    Storm,
    Write,
)
from ferraris.bench.scenario.problems import KeyProblemError
from ferraris.bench.scenario.zone import Zone

NS = 1_000_000_000
MS_NS = 1_000_000
MOST_ENTRIES = 100_000
"""Things that may happen in one scenario; a typing error in `every` must not fill the memory."""
LONGEST_S = 3.2e9
"""A hundred years: what a scenario may last."""


@dataclass(frozen=True)
class Mains:
    """The mains go (False) or come back (True)."""

    on: bool


@dataclass(frozen=True)
class Voltage:
    """The source takes this share of its nominal voltage."""

    share: float


@dataclass(frozen=True)
class Button:
    """The sealed button is pressed, or let go."""

    pressed: bool


Act: TypeAlias = Mains | Voltage | Button | LoseNeutral | RestoreNeutral | ReverseWires | SetAir | SetLoad | Command


class Entry(NamedTuple):
    """One thing that happens or is expected at a moment, ns after the start."""

    at_ns: int
    what: Act | Expect


@dataclass(frozen=True)
class Timeline:
    """What happens when.

    start_ms   true time of the start, ms of UTC since 1970-01-01
    end_ns     how long the scenario lasts, ns
    entries    rising in time; deeds before expectations
    """

    zone: Zone
    start_ms: int
    end_ns: int
    entries: tuple[Entry, ...]

    def utc_ms(self, at_ns: int) -> int:
        """The true time at a moment of the scenario."""
        return self.start_ms + at_ns // MS_NS


def timeline(scenario: Scenario, zone: Zone, until_s: float | None = None) -> Timeline:
    """Put a scenario in order; with `until_s` it ends then, and what lies behind is left out.

    Raises KeyProblemError for a time that is none, or lies before the start or after the end.
    """
    heading = scenario.heading
    start_ms = _time(zone, "scenario.start", heading.start)
    end_ns = _moment(zone, "scenario.until", heading.until, start_ms)
    if not 0 < end_ns <= LONGEST_S * NS:
        raise KeyProblemError("scenario.until", f"found {heading.until!r}, expected later than the start")
    deeds = [entry for k, deed in enumerate(scenario.deeds) for entry in _deed(zone, start_ms, end_ns, deed, k)]
    expects = [Entry(_expected(zone, start_ms, end_ns, each, k), each) for k, each in enumerate(scenario.expects)]
    entries = sorted((*deeds, *expects), key=lambda entry: entry.at_ns)  # stable: the order of the file stays
    last_ns = end_ns if until_s is None else round(until_s * NS)
    return Timeline(zone, start_ms, last_ns, tuple(entry for entry in entries if entry.at_ns <= last_ns))


def _time(zone: Zone, key: str, text: str) -> int:
    try:
        return zones.read(zone, text)
    except ValueError as error:
        raise KeyProblemError(key, str(error)) from None


def _moment(zone: Zone, key: str, text: str, start_ms: int) -> int:
    """A time, or a duration after the start, as ns after the start."""
    if zones.is_time(text):
        return (_time(zone, key, text) - start_ms) * MS_NS
    try:
        after_s = units.parse(text, units.DURATION)
    except units.UnitError as error:
        raise KeyProblemError(key, f"{error}, or a time such as '2027-03-28 01:30:00'") from None
    if abs(after_s) > LONGEST_S:
        raise KeyProblemError(key, f"found {text!r}, expected no more than 100 y from the start")
    return round(after_s * NS)


def instant_ms(zone: Zone, key: str, text: str, start_ms: int) -> int:
    """A time, or a duration after the start, as ms of UTC; raises KeyProblemError."""
    return start_ms + _moment(zone, key, text, start_ms) // MS_NS


def _within(key: str, text: str, at_ns: int, end_ns: int) -> int:
    if not 0 <= at_ns <= end_ns:
        where = "before its start" if at_ns < 0 else "after its end"
        raise KeyProblemError(key, f"found {text!r}, {where}, expected a moment within the scenario")
    return at_ns


def _expected(zone: Zone, start_ms: int, end_ns: int, expect: Expect, k: int) -> int:
    key = f"expect[{k}].at"
    if isinstance(expect, CountTable) and expect.between is not None:
        first, last = (_moment(zone, f"expect[{k}].between", text, start_ms) for text in expect.between)
        if first > last:
            raise KeyProblemError(f"expect[{k}].between", f"found {expect.between}, expected the earlier time first")
    if expect.at == "end":
        return end_ns
    return _within(key, expect.at, _moment(zone, key, expect.at, start_ms), end_ns)


def _deed(zone: Zone, start_ms: int, end_ns: int, deed: Deed, k: int) -> Iterator[Entry]:
    """Every repetition of one deed."""
    where = f"at[{k}]"
    _check(zone, start_ms, deed, where)
    for begin_ns in _begins(zone, start_ms, end_ns, deed, where):
        for entry in _acts(deed, begin_ns):
            _within(where, deed.do, entry.at_ns, end_ns)
            yield entry


def _check(zone: Zone, start_ms: int, deed: Deed, where: str) -> None:
    """Find wrong times inside a deed before the run, not in the middle of it."""
    if isinstance(deed, SetClock) and deed.to is not None:
        _moment(zone, f"{where}.to", deed.to, start_ms)
        if deed.by is not None:
            raise KeyProblemError(where, "found to and by, expected one of them")
    if isinstance(deed, LoadTariff):
        _moment(zone, f"{where}.activate", deed.activate, start_ms)


def _begins(zone: Zone, start_ms: int, end_ns: int, deed: Deed, where: str) -> Sequence[int]:
    """When a deed begins, each time, ns after the start."""
    if deed.time is not None and deed.after_s is not None:
        raise KeyProblemError(where, "found time and after, expected one of them")
    if deed.time is not None:
        text, first_ns = deed.time, (_time(zone, f"{where}.time", deed.time) - start_ms) * MS_NS
    elif deed.after_s is not None:
        text, first_ns = f"{deed.after_s:g} s", round(deed.after_s * NS)
    elif deed.every_s is not None:
        text, first_ns = f"{deed.every_s:g} s", round(deed.every_s * NS)
    else:
        raise KeyProblemError(where, "missing, expected one of time, after or every")
    _within(f"{where}.time", text, first_ns, end_ns)
    if deed.every_s is None:
        if deed.count is not None:
            raise KeyProblemError(f"{where}.count", "found a count without every, expected both")
        return (first_ns,)
    return _repeated(first_ns, round(deed.every_s * NS), deed.count, end_ns, where)


def _repeated(first_ns: int, every_ns: int, count: int | None, end_ns: int, where: str) -> Sequence[int]:
    most = (end_ns - first_ns) // max(every_ns, 1) + 1
    times = most if count is None else min(count, most)
    if times > MOST_ENTRIES:
        raise KeyProblemError(f"{where}.every", f"found {times} repetitions, expected {MOST_ENTRIES} at most")
    return range(first_ns, first_ns + times * every_ns, every_ns)


def _acts(deed: Deed, begin_ns: int) -> Iterator[Entry]:
    """Take a deed that lasts apart into what begins and what ends it."""
    match deed:
        case CutMains() | RestoreMains():
            yield Entry(begin_ns, Mains(isinstance(deed, RestoreMains)))
        case Outage():
            yield Entry(begin_ns, Mains(False))
            yield Entry(begin_ns + round(deed.for_s * NS), Mains(True))
        case Storm():
            period_ns = round((deed.off_s + deed.on_s) * NS)
            for dip in range(deed.dips):
                yield Entry(begin_ns + dip * period_ns, Mains(False))
                yield Entry(begin_ns + dip * period_ns + round(deed.off_s * NS), Mains(True))
        case BrownOut():
            yield Entry(begin_ns, Voltage(deed.voltage))
            yield Entry(begin_ns + round(deed.for_s * NS), Voltage(1.0))
        case LoseNeutral() | RestoreNeutral() | ReverseWires() | SetAir() | SetLoad():
            yield Entry(begin_ns, deed)
        case PressButton():
            yield Entry(begin_ns, Button(True))
            yield Entry(begin_ns + round(deed.for_s * NS), Button(False))
        case SetClock() | LoadTariff() | ResetDemand() | CloseBilling() | Write() | Invoke():
            yield Entry(begin_ns, deed)
        case _:
            assert_never(deed)
