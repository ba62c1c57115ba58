"""Outages of a running meter: what they cost, and whether everything was there afterwards (item 3.4).

The whole meter on its board, nominal, at a steady load, and a twin beside it whose mains never fail. Two outages: ten
seconds, and a night over midnight, the end of a month and whatever the tariff switches meanwhile.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import NamedTuple

from ferraris.bench.bench import Bench
from ferraris.firmware.billing.ledger import Ledger
from ferraris.firmware.billing.profile import decode_row
from ferraris.firmware.meter.config import RingId
from ferraris.firmware.meter.events import Event, decode_event, decode_outage
from ferraris.hardware.platform.models import Platform
from ferraris.hardware.world.world import CutMains, RestoreMains, apply
from ferraris.pins import QUANTA_PER_MWS, Inputs, Output
from ferraris.verify.running_meter import Rows, on_its_board, payloads

NS_PER_S = 1_000_000_000
QUANTA_PER_WH = 28_800_000_000_000
"""Micro-watt-ticks in a watt-hour: 3600 s of 8000 ticks, 10^6 uW."""
WINDOW_S = 0.2
"""A front end hands energy over when a measuring window closes, about 200 ms (docs/billing.md, rule 8)."""
BEGINS = "2026-11-30 22:50"
"""Local standard time at true time 0."""
STARTS_S = (300.137, 1564.071)
"""True times at which the mains fail, on no boundary of anything: the second at 23:16."""
LASTS_S = (10.0, 26_640.0)
"""The second until 06:40 of the next month."""
ENDS_S = 31_000.0


@dataclass
class Seen:
    """Owns what is noted at the pins: the latest durable ledger, and each return of power.

    boots  true time of the first call after each reset, ns, and the durable ledger before it
    """

    bench: Bench
    durable_ledger: Ledger | None = None
    boots: list[tuple[int, Ledger | None]] = field(default_factory=list)
    begun: list[Ledger] = field(default_factory=list)

    def observe(self, inputs: Inputs, outputs: tuple[Output, ...]) -> None:  # noqa: ARG002 - a witness hears both
        """Note a return of power."""
        if inputs.reset_cause:
            assert self.bench.state is not None, "a meter that was called runs"
            self.boots.append((self.bench.now_ns, self.durable_ledger))
            self.begun.append(self.bench.state.ledger)

    def durable(self) -> None:
        """Keep the ledger that the memory holds now."""
        assert self.bench.state is not None, "a meter that committed runs"
        self.durable_ledger = self.bench.state.ledger

    def power_lost(self) -> None:
        """Nothing: what is durable stays."""


class Stretch(NamedTuple):
    """A stretch without mains, s."""

    failed_s: float
    returned_s: float


@dataclass(frozen=True)
class Outages:
    """What the experiment found.

    lost_wh         for each outage: energy that flowed and that no register has
    registers       registers and those of the rates that differ from the last commit before the outage, all outages
    tariff          parts of the tariff and of the billing period that differ from the twin's at the end
    rows_missing    rows of load profiles and history that should be there; rows_odd that should not, or differ
    events_missing  rows of the power-fail log and its events that should be there
    load_w          the load, by the meter itself
    """

    lost_wh: tuple[float, ...]
    registers: int
    tariff: int
    rows_missing: int
    rows_odd: int
    events_missing: int
    load_w: float


def suffer(platform: Platform) -> Outages:
    """Let a meter of this platform live through the outages; it has a table [supply]."""
    meter, twin = on_its_board(platform, BEGINS), on_its_board(platform, BEGINS)
    seen = Seen(meter)
    meter.witness = seen
    meter.switch_on(0)
    twin.switch_on(0)
    for stretch in stretches():
        meter.advance(_ns(stretch.failed_s))
        meter.world = apply(meter.world, CutMains())
        meter.advance(_ns(stretch.returned_s))
        meter.world = apply(meter.world, RestoreMains())
    for bench in (meter, twin):
        bench.advance(_ns(ENDS_S))
    quanta_per_ns = Fraction(_billed(_ledger(twin)), twin.measured_ns)
    missing, odd = _compared(meter, twin)
    return Outages(
        lost_wh=tuple(_lost(seen, quanta_per_ns)),
        registers=sum(_differing(before, after) for (_, before), after in zip(seen.boots, seen.begun, strict=True)),
        tariff=sum(ours != theirs for ours, theirs in zip(_tariff(meter), _tariff(twin), strict=True)),
        rows_missing=missing,
        rows_odd=odd,
        events_missing=_untold(meter),
        load_w=float(quanta_per_ns * NS_PER_S * 3600 / QUANTA_PER_WH),
    )


def stretches() -> list[Stretch]:
    """The stretches without mains."""
    return [Stretch(start, start + lasts) for start, lasts in zip(STARTS_S, LASTS_S, strict=True)]


def _ns(seconds: float) -> int:
    return round(seconds * NS_PER_S)


def _ledger(bench: Bench) -> Ledger:
    assert bench.state is not None, "the mains are on"
    return bench.state.ledger


def _billed(ledger: Ledger) -> int:
    """All active energy that the rates have counted, quanta."""
    found = (each.active_import for each in ledger.rates)
    return sum(each.mws * QUANTA_PER_MWS + each.remainder for each in found)


def _lost(seen: Seen, quanta_per_ns: Fraction) -> Iterator[float]:
    """What flowed from one start to the next failure, less what the registers gained of it, Wh."""
    for (begun_ns, _), begun, after, stretch in zip(seen.boots, seen.begun, seen.begun[1:], stretches(), strict=False):
        flowed = quanta_per_ns * (_ns(stretch.failed_s) - begun_ns)
        yield float((flowed - (_billed(after) - _billed(begun))) / QUANTA_PER_WH)


def _differing(before: Ledger | None, after: Ledger) -> int:
    """Registers that are not what the last commit before the outage said."""
    if before is None:
        return 0
    old, new = ((*each.registers.phases, each.registers.vector, *each.rates) for each in (before, after))
    return sum(one != other for a, b in zip(old, new, strict=True) for one, other in zip(a, b, strict=True))


def _tariff(bench: Bench) -> tuple[object, ...]:
    """What the outages must not have changed in the end."""
    state, axis = bench.state, _ledger(bench).axis
    assert state is not None, "the mains are on"
    calendars = state.calendar, state.passive, state.special_days
    return (*calendars, axis.rate, axis.activation_s, axis.closes, axis.closed_s, axis.clock_invalid)


# ------------------------------------------------------------------------------------------------ rows


def _compared(meter: Bench, twin: Bench) -> tuple[int, int]:
    """Rows that are missing, and rows that should not be there or hold something else, in profiles and history."""
    missing = odd = 0
    for number in (RingId.PROFILE_1, RingId.PROFILE_2):
        columns = len(meter.config.profiles[number].captures)
        ours, theirs = (_stamped(payloads(bench, number), columns) for bench in (meter, twin))
        period_s = meter.config.plan.profile_s[number]
        wanted = {stamp: row for stamp, row in theirs.items() if _had_power(meter, stamp - period_s, stamp)}
        first_s = _shown_s(meter, STARTS_S[0])
        missing += len(wanted.keys() - ours.keys())
        odd += len(ours.keys() - wanted.keys()) + len(payloads(meter, number)) - len(ours)
        odd += sum(ours.get(stamp, row) != row for stamp, row in wanted.items() if stamp < first_s)
    closes = len(payloads(twin, RingId.BILLING)) - len(payloads(meter, RingId.BILLING))
    return missing + max(closes, 0), odd + max(-closes, 0)


def _stamped(found: Rows, columns: int) -> dict[int, bytes]:
    return {decode_row(row, columns).stamp_s: row for row in found}


def _shown_s(bench: Bench, true_s: float) -> int:
    """What a clock without error shows, s of UTC."""
    return bench.clock.origin_ms // 1000 + round(true_s - bench.clock.origin_ns / NS_PER_S)


def _had_power(bench: Bench, begin_s: int, end_s: int) -> bool:
    """Whether the mains were on for any of a capture period; periods end far from the failures."""
    shown = [Stretch(_shown_s(bench, each.failed_s), _shown_s(bench, each.returned_s)) for each in stretches()]
    return not any(each.failed_s <= begin_s and end_s <= each.returned_s for each in shown)


def _untold(bench: Bench) -> int:
    """Outages that the power-fail log does not tell to the second or two, and missing events of long ones."""
    logged = [decode_outage(row) for row in payloads(bench, RingId.OUTAGES)]
    events = [decode_event(row).code for row in payloads(bench, RingId.EVENTS)]
    reach_s = bench.config.commit_ms / 1000 + 2
    told = sum(_is_told(bench, each, [(row.start_s, row.end_s) for row in logged], reach_s) for each in stretches())
    long = sum(lasts_s >= bench.config.plan.long_outage_s for lasts_s in LASTS_S)
    codes = sum(max(long - events.count(code), 0) for code in (Event.POWER_DOWN, Event.POWER_UP))
    return len(LASTS_S) - told + codes


def _is_told(bench: Bench, stretch: Stretch, logged: Sequence[tuple[int, int]], reach_s: float) -> bool:
    """One row whose start is at most a commit interval early, and whose end is that of the outage."""
    start_s, end_s = _shown_s(bench, stretch.failed_s), _shown_s(bench, stretch.returned_s)
    return sum(abs(start_s - start) <= reach_s and abs(end_s - end) <= 2 for start, end in logged) == 1
