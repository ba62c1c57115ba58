"""What a meter shows beside what the auditor says that it should: one complaint for each thing that differs."""

from collections.abc import Iterator

from every_record_rig import Ear, Life, rows

from ferraris.bench.auditor.auditor import Account
from ferraris.bench.auditor.books import Maximum, Row
from ferraris.firmware.billing.demand import Maximum as Shown
from ferraris.firmware.billing.profile import Status, decode_row
from ferraris.firmware.billing.registers import Counters
from ferraris.firmware.meter import history
from ferraris.firmware.meter.config import RingId
from ferraris.firmware.meter.events import Event, decode_event, decode_outage
from ferraris.firmware.meter.history import Reason
from ferraris.pins import QUANTA_PER_MWS

NAMES = ("POWER_DOWN", "CLOCK_ADJUSTED", "CLOCK_INVALID", "DAYLIGHT_SAVING", "DATA_NOT_VALID")
REASONS = {Reason.SCHEDULE: "schedule", Reason.COMMAND: "command", Reason.BUTTON: "button"}


def differences(bench: Life) -> list[str]:
    """Everything in which the meter and its auditor do not agree."""
    ear = bench.witness
    assert isinstance(ear, Ear)
    account = ear.auditor.account()
    pairs = [*_numbers(bench, account), *_rows(bench, account)]
    return [f"{name}: meter {ours}, auditor {theirs}" for name, ours, theirs in pairs if ours != theirs]


def _numbers(bench: Life, account: Account) -> Iterator[tuple[str, object, object]]:
    assert bench.state is not None
    ledger = bench.state.ledger
    yield "phases", [_quanta(each) for each in ledger.registers.phases], [tuple(e) for e in account.registers.phases]
    yield "total", _quanta(ledger.registers.vector), tuple(account.registers.vector)
    yield "rates", [_quanta(each) for each in ledger.rates], [tuple(account.registers.rates[rate]) for rate in (1, 2)]
    yield "rate", ledger.axis.rate, account.rate
    yield "demand", ledger.demand.last, account.energy
    yield "maxima", _maxima(ledger.demand.maxima), [tuple(map(_maximum, account.maxima[key])) for key in (0, 1, 2)]
    yield "cumulative", _turned(ledger.demand.cumulative), [tuple(account.cumulative[key]) for key in (0, 1, 2)]
    yield "validity", not ledger.axis.clock_invalid, account.is_valid


def _rows(bench: Life, account: Account) -> Iterator[tuple[str, object, object]]:
    assert bench.state is not None
    held = rows(bench.config, bench.state.rings, bench.storage.view)
    for number in (RingId.PROFILE_1, RingId.PROFILE_2):
        shown = [_profile_row(payload) for payload in held[number].values()]
        yield f"profile {number + 1}", *_latest(bench, number, shown, [_told_row(row) for row in account.rows[number]])
    closes = [history.decode_row(payload, 2) for payload in held[RingId.BILLING].values()]
    told = [(each.stamp // 1000, each.reason) for each in account.history]
    yield (
        "closes",
        *_latest(bench, RingId.BILLING, [(row.stamp_s, REASONS[Reason(row.reason)]) for row in closes], told),
    )
    outages = [decode_outage(payload)[:2] for payload in held[RingId.OUTAGES].values()]
    told_outages = [(each.start // 1000, each.end // 1000) for each in account.outages]
    yield "outages", *_latest(bench, RingId.OUTAGES, outages, told_outages)
    events = [decode_event(payload) for payload in held[RingId.EVENTS].values()]
    changes = [(event.old, event.new) for event in events if event.code == Event.CLOCK_NEW]
    yield "clock changes", changes, [(each.old, each.new) for each in account.changes][-len(changes) :]


def _latest(bench: Life, number: RingId, ours: list[object], theirs: list[object]) -> tuple[object, object]:
    """The rows that the ring promises must be there, each once and in order; older ones may be."""
    wanted = min(bench.config.layout.rings[number].rows, len(theirs))
    return (ours[-max(wanted, 1) :], theirs[-max(wanted, 1) :]) if len(ours) >= wanted else (ours, theirs)


def _profile_row(payload: bytes) -> tuple[object, ...]:
    row = decode_row(payload, 4)
    return row.stamp_s, frozenset(name for name in NAMES if row.status & Status[name]), row.values[:2]


def _told_row(row: Row) -> tuple[object, ...]:
    return row.stamp // 1000, row.status, tuple(value // QUANTA_PER_MWS for value in row.values)


def _quanta(counters: Counters) -> tuple[int, ...]:
    return tuple(each.mws * QUANTA_PER_MWS + each.remainder for each in counters)


def _maxima(maxima: tuple[tuple[Shown, ...], ...]) -> list[object]:
    return [tuple(tuple(row[place]) for row in maxima) for place in range(3)]


def _maximum(maximum: Maximum) -> tuple[int, int]:
    return maximum.window, (maximum.stamp or 0) // 1000


def _turned(cumulative: tuple[tuple[int, ...], ...]) -> list[object]:
    return [tuple(row[place] for row in cumulative) for place in range(3)]
