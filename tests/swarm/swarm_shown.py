"""What a meter shows, in one form for meter and auditor: energies in quanta or whole mWs, stamps in whole seconds."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from ferraris.bench.auditor.auditor import Account
from ferraris.bench.auditor.books import Closed, Maximum, Row
from ferraris.bench.auditor.terms import OVER_ALL, Terms
from ferraris.bench.bench import Bench
from ferraris.firmware.billing import registers as registering
from ferraris.firmware.billing.demand import Maximum as MeterMaximum
from ferraris.firmware.billing.profile import Status, decode_row
from ferraris.firmware.billing.registers import Counters
from ferraris.firmware.meter import demands, history
from ferraris.firmware.meter.config import RingId
from ferraris.firmware.meter.events import Event, decode_event, decode_outage
from ferraris.firmware.meter.history import Reason
from ferraris.firmware.store import ring
from ferraris.pins import QUANTA_PER_MWS, Energies

NAMES = ("POWER_DOWN", "CLOCK_ADJUSTED", "CLOCK_INVALID", "DAYLIGHT_SAVING", "DATA_NOT_VALID")
REASONS = {Reason.SCHEDULE: "schedule", Reason.COMMAND: "command", Reason.BUTTON: "button"}


class ShownRow(NamedTuple):
    stamp_s: int
    status: frozenset[str]
    mws: tuple[int, ...]


class ShownClose(NamedTuple):
    stamp_s: int
    reason: str
    mws: Mapping[int, tuple[int, ...]]
    """A+, A-, R+, R- over all (0) and for each rate."""
    maxima: Mapping[int, tuple[tuple[int, int], ...]]
    """Quanta and end, s."""
    cumulative: Mapping[int, tuple[int, ...]]
    """The maxima of the period included."""
    is_valid: bool


@dataclass(frozen=True)
class Shown:
    """Everything that is compared."""

    phases: tuple[tuple[int, ...], ...]
    vector: tuple[int, ...]
    per_phase: tuple[int, ...]
    rates: Mapping[int, tuple[int, ...]]
    rate: int
    current: tuple[int, ...]
    energy: tuple[int, ...]
    maxima: Mapping[int, tuple[tuple[int, int], ...]]
    cumulative: Mapping[int, tuple[int, ...]]
    rows: tuple[tuple[ShownRow, ...], ...]
    history: tuple[ShownClose, ...]
    outages: tuple[tuple[int, int, bool, bool], ...]
    """Start, end, s; long; whether the clock was valid at its end."""
    changes: tuple[tuple[int, int], ...]
    is_valid: bool


# ------------------------------------------------------------------------------------------------ the auditor


def of_auditor(account: Account, terms: Terms) -> Shown:
    registers = account.registers
    return Shown(
        phases=tuple(map(tuple, registers.phases)),
        vector=tuple(registers.vector),
        per_phase=tuple(registers.per_phase),
        rates={rate: tuple(found) for rate, found in registers.rates.items()},
        rate=account.rate,
        current=account.current,
        energy=account.energy,
        maxima=_maxima(account.maxima),
        cumulative=account.cumulative,
        rows=tuple(tuple(map(_row, rows)) for rows in account.rows),
        history=tuple(_close(each, terms) for each in account.history),
        outages=tuple((each.start // 1000, each.end // 1000, each.is_long, each.is_valid) for each in account.outages),
        changes=tuple((each.old, each.new) for each in account.changes),
        is_valid=account.is_valid,
    )


def _maxima(maxima: Mapping[int, tuple[Maximum, ...]]) -> dict[int, tuple[tuple[int, int], ...]]:
    return {rate: tuple((each.window, (each.stamp or 0) // 1000) for each in row) for rate, row in maxima.items()}


def _row(row: Row) -> ShownRow:
    return ShownRow(row.stamp // 1000, frozenset(row.status), tuple(value // QUANTA_PER_MWS for value in row.values))


def _close(close: Closed, terms: Terms) -> ShownClose:
    total = close.registers.vector if terms.netting == "vector" else close.registers.per_phase
    cumulative = {
        rate: tuple(old + new.window for old, new in zip(found, close.maxima[rate], strict=True))
        for rate, found in close.cumulative.items()
    }
    sets = {OVER_ALL: total, **close.registers.rates}
    return ShownClose(
        close.stamp // 1000,
        close.reason,
        {rate: _four(found) for rate, found in sets.items()},
        _maxima(close.maxima),
        cumulative,
        close.is_valid,
    )


def _four(e: Energies) -> tuple[int, ...]:
    four = e.active_import, e.active_export, e.reactive_q1 + e.reactive_q2, e.reactive_q3 + e.reactive_q4
    return tuple(quanta // QUANTA_PER_MWS for quanta in four)


# ------------------------------------------------------------------------------------------------ the meter


def of_meter(bench: Bench, terms: Terms) -> Shown:
    assert bench.state is not None
    config, ledger = bench.config, bench.state.ledger
    keys = (OVER_ALL, *terms.rates)
    return Shown(
        phases=tuple(map(_quanta, ledger.registers.phases)),
        vector=_quanta(ledger.registers.vector),
        per_phase=_quanta(registering.per_phase(ledger.registers)),
        rates={rate: _quanta(found) for rate, found in zip(terms.rates, ledger.rates, strict=True)},
        rate=ledger.axis.rate,
        current=demands.running(config, bench.state),
        energy=ledger.demand.last,
        maxima=_by_rate(keys, ledger.demand.maxima),
        cumulative=_turned(keys, ledger.demand.cumulative),
        rows=tuple(
            tuple(_meter_row(bench, number, len(config.profiles[number].captures)))
            for number in (RingId.PROFILE_1, RingId.PROFILE_2)
        ),
        history=tuple(_meter_close(each, keys) for each in _payloads(bench, RingId.BILLING)),
        outages=tuple(_meter_outage(each, terms) for each in _payloads(bench, RingId.OUTAGES)),
        changes=tuple(
            (event.old, event.new)
            for event in map(decode_event, _payloads(bench, RingId.EVENTS))
            if event.code == Event.CLOCK_NEW
        ),
        is_valid=not ledger.axis.clock_invalid,
    )


def _payloads(bench: Bench, number: RingId) -> list[bytes]:
    assert bench.state is not None
    held = bench.state.rings[number]
    rows = [ring.row(bench.config.layout, held, bench.storage.view, at) for at in range(held.first, held.next)]
    assert None not in rows, "a row that cannot be read"
    return [row for row in rows if row is not None]


def _quanta(counters: Counters) -> tuple[int, ...]:
    return tuple(each.mws * QUANTA_PER_MWS + each.remainder for each in counters)


def _by_rate(
    keys: tuple[int, ...], maxima: tuple[tuple[MeterMaximum, ...], ...]
) -> dict[int, tuple[tuple[int, int], ...]]:
    return {key: tuple(tuple(row[place]) for row in maxima) for place, key in enumerate(keys)}  # type: ignore[misc]


def _turned(keys: tuple[int, ...], cumulative: tuple[tuple[int, ...], ...]) -> dict[int, tuple[int, ...]]:
    return {key: tuple(row[place] for row in cumulative) for place, key in enumerate(keys)}


def _status(status: int) -> frozenset[str]:
    return frozenset(name for name in NAMES if status & Status[name])


def _meter_row(bench: Bench, number: RingId, columns: int) -> list[ShownRow]:
    rows = (decode_row(payload, columns) for payload in _payloads(bench, number))
    return [ShownRow(row.stamp_s, _status(row.status), row.values) for row in rows]


def _meter_close(payload: bytes, keys: tuple[int, ...]) -> ShownClose:
    row = history.decode_row(payload, len(keys) - 1)
    return ShownClose(
        row.stamp_s,
        REASONS[Reason(row.reason)],
        _turned(keys, row.energies),
        _by_rate(keys, row.maxima),
        _turned(keys, row.cumulative),
        not row.status & Status.CLOCK_INVALID,
    )


def _meter_outage(payload: bytes, terms: Terms) -> tuple[int, int, bool, bool]:
    row = decode_outage(payload)
    is_valid = not row.status & Status.CLOCK_INVALID
    return row.start_s, row.end_s, row.duration_s >= terms.long_outage_s, is_valid
