"""What billing does in one measuring call: count, pass boundaries, survive outages and clock changes, and be durable.

Each function takes a `Turn` and gives the next: the state, and what has to go into the memory with it. `sealed` turns
that into outputs: first one record with everything, rows included, then the rows (docs/billing.md, docs/storage.md).
"""

import zlib
from dataclasses import replace
from typing import assert_never

from ferraris.firmware.billing import axis as axes
from ferraris.firmware.billing import demand as demands
from ferraris.firmware.billing import ledger as ledgers
from ferraris.firmware.billing import zone as zones
from ferraris.firmware.billing.axis import Boundary, Kind
from ferraris.firmware.billing.calendar import Calendar, SpecialDay
from ferraris.firmware.billing.calendar_check import problems
from ferraris.firmware.billing.calendar_codec import encode
from ferraris.firmware.billing.ledger import Ledger, RingRow
from ferraris.firmware.billing.profile import Row, Status, encode_row
from ferraris.firmware.meter import captures, history
from ferraris.firmware.meter.config import Config, RecordKind, RingId
from ferraris.firmware.meter.events import Event, EventRow, encode_event
from ferraris.firmware.meter.history import Reason
from ferraris.firmware.meter.state import State, changed
from ferraris.firmware.meter.turn import Turn, add_row, mark, with_axis, with_ledger
from ferraris.pins import Append, Commit, Energies, Output, Reading, SetRtc

CALENDAR_LOST, SPECIAL_DAYS_LOST = 1, 2
PROFILES = {Kind.PROFILE_1: RingId.PROFILE_1, Kind.PROFILE_2: RingId.PROFILE_2}


def log(
    config: Config, turn: Turn, event: Event, stamp_ms: int, *, old: int = 0, new: int = 0, client: int = 0
) -> Turn:
    """Write an event into the log."""
    row = EventRow(stamp_ms, moment_status(config, turn.state, stamp_ms // 1000), event, old, new, client)
    return add_row(config, turn, RingId.EVENTS, encode_event(row))


REFUSALS_EVERY_MS = 60_000
"""Refusals of one kind to one client are logged at most once in this time: nobody can push the log out of its ring."""


def log_refusal(config: Config, turn: Turn, event: Event, *, old: int, new: int, client: int) -> Turn:
    """Log that something was refused, unless the same was not long ago."""
    now_ms, key = turn.state.rtc_ms, (int(event), client)
    before_ms = turn.state.refusals.get(key)
    if before_ms is not None and 0 <= now_ms - before_ms < REFUSALS_EVERY_MS:
        return turn
    turn = turn._replace(state=changed(turn.state, refusals={**turn.state.refusals, key: now_ms}))
    return log(config, turn, event, now_ms, old=old, new=new, client=client)


def moment_status(config: Config, state: State, stamp_s: int) -> Status:
    """The status bits of a moment: summer time, and a clock that is not valid."""
    daylight = zones.is_daylight(config.plan.zone, stamp_s)
    invalid = state.ledger.axis.clock_invalid
    return (Status.DAYLIGHT_SAVING if daylight else Status(0)) | (Status.CLOCK_INVALID if invalid else Status(0))


# ------------------------------------------------------------------------------------------------ counting


def account(config: Config, turn: Turn, reading: Reading) -> Turn:
    """Count a reading where it belongs: at the moment at which it began (rule 1), and keep it as what is shown."""
    billed = reading.total if config.netting == "vector" else added(reading.phases)
    ledger = ledgers.count(turn.state.ledger, reading.phases, reading.total, billed)
    return turn._replace(state=changed(turn.state, ledger=ledger, reading=reading))


def added(phases: tuple[Energies, ...]) -> Energies:
    """The sum of all phases, each with its own sign."""
    return phases[0] if len(phases) == 1 else Energies(*map(sum, zip(*phases, strict=True)))


# ------------------------------------------------------------------------------------------------ time


def pass_time(config: Config, turn: Turn, now_ms: int) -> Turn:
    """Pass the boundaries up to now, deal with a clock that jumped before, and bring the right rate into force."""
    turn = obey(config, turn)
    axis = turn.state.ledger.axis
    found = axes.reached(config.plan, axis, now_ms)
    for each in found:
        turn = _pass(config, turn, each)
    passed_ms = max(axis.passed_ms, axes.passed_ms(found, now_ms))
    turn = _idle(config, turn, found, passed_ms // 1000)
    turn = _tell_daylight(config, turn, axis.last_ms, now_ms)
    rate = axes.rate(config.plan, turn.state.calendar, turn.state.ledger.axis, now_ms)
    backlog = int(passed_ms < now_ms)
    return with_axis(turn, last_ms=now_ms, passed_ms=passed_ms, setting=0, backlog=backlog, rate=rate)


def obey(config: Config, turn: Turn) -> Turn:
    """What was commanded since the previous measuring call, now that the reading before it has been counted."""
    if turn.state.ledger.axis.closing and not turn.state.ledger.axis.closing_after_jump:
        turn = _close_as_commanded(config, turn)
    if turn.state.ledger.axis.jumped_from_ms:
        turn = _end_at_jump(config, turn)
    return _close_as_commanded(config, turn) if turn.state.ledger.axis.closing else turn


def _close_as_commanded(config: Config, turn: Turn) -> Turn:
    axis = turn.state.ledger.axis
    turn = with_axis(turn, closing=0, closing_s=0, closing_client=0, closing_after_jump=0)
    return close(config, turn, axis.closing_s, Reason(axis.closing), axis.closing_client)


def _pass(config: Config, turn: Turn, boundary: Boundary) -> Turn:
    match boundary.kind:
        case Kind.DEMAND:
            return _end_demand(config, turn, boundary.at_s)
        case Kind.PROFILE_1 | Kind.PROFILE_2:
            return capture(config, turn, PROFILES[boundary.kind], boundary.at_s)
        case Kind.BILLING:
            return close_by_schedule(config, turn, boundary.at_s)
        case Kind.ACTIVATION:
            return activate(config, turn, boundary.at_s * 1000, turn.state.ledger.axis.activation_client)
    assert_never(boundary.kind)


def _end_demand(config: Config, turn: Turn, at_s: int) -> Turn:
    ledger = turn.state.ledger
    ended = demands.end(ledger.demand, config.plan.window, at_s, ledger.axis.rate)
    return with_ledger(turn, Ledger(ledger.registers, ledger.rates, ended, ledger.axis))


def _idle(config: Config, turn: Turn, found: list[Boundary], until_s: int) -> Turn:
    """Demand sub-periods after the first one reached were wholly without power."""
    ledger = turn.state.ledger
    ends = [each.at_s for each in found if each.kind is Kind.DEMAND]
    after_s = ends[0] if ends else ledger.demand.last_ended_s
    if not ends and not ledger.axis.backlog:
        return turn
    ended, last_s = axes.idle_periods(config.plan, after_s, until_s)
    if not ended:
        return turn
    return with_ledger(turn, replace(ledger, demand=demands.idle(ledger.demand, config.plan.window, ended, last_s)))


def _tell_daylight(config: Config, turn: Turn, before_ms: int, now_ms: int) -> Turn:
    """Log that summer time began or ended, where time was running."""
    old, new = (zones.deviation(config.plan.zone, ms // 1000) for ms in (before_ms, now_ms))
    return turn if old == new else log(config, turn, Event.DAYLIGHT_SAVING, now_ms, old=old, new=new)


def capture(config: Config, turn: Turn, number: RingId, stamp_s: int) -> Turn:
    """Write a row of a load profile; what its status told is told."""
    state = turn.state
    field = "status_1" if number is RingId.PROFILE_1 else "status_2"
    pending = Status(getattr(state.ledger.axis, field))
    status = pending | moment_status(config, state, stamp_s)
    row = Row(stamp_s, status, captures.sample(config, state, config.profiles[number].captures))
    return with_axis(add_row(config, turn, number, encode_row(row)), **{field: int(pending & _lasting(state, stamp_s))})


def _lasting(state: State, stamp_s: int) -> Status:
    """What of a row's marks the next row carries as well: what went on beyond its stamp."""
    axis = state.ledger.axis
    outage = Status.POWER_DOWN if axis.outage_end_ms > stamp_s * 1000 else Status(0)
    return outage | (Status.CLOCK_ADJUSTED if axis.adjusted_ms > stamp_s * 1000 else Status(0))


# ------------------------------------------------------------------------------------------------ billing periods


def close(config: Config, turn: Turn, stamp_s: int, reason: Reason, client: int = 0) -> Turn:
    """Close the billing period: a row of the history, then the demand reset (rule 5)."""
    turn = with_axis(turn, closes=turn.state.ledger.axis.closes + 1)
    status = moment_status(config, turn.state, stamp_s)
    turn = add_row(config, turn, RingId.BILLING, history.encode_row(config, turn.state, stamp_s, status, reason))
    turn = with_axis(turn, closed_s=stamp_s)
    ledger = turn.state.ledger
    turn = with_ledger(turn, replace(ledger, demand=demands.reset(ledger.demand)))
    return log(config, turn, Event.PERIOD_CLOSED, stamp_s * 1000, old=reason, new=ledger.axis.closes, client=client)


def close_by_schedule(config: Config, turn: Turn, stamp_s: int) -> Turn:
    """Close at a scheduled end; one that was closed before the clock was set back over it is not closed again."""
    if turn.state.ledger.axis.scheduled_s == stamp_s:
        return turn
    return with_axis(close(config, turn, stamp_s, Reason.SCHEDULE), scheduled_s=stamp_s)


def close_by_hand(config: Config, turn: Turn, reason: Reason, client: int = 0) -> tuple[Turn, bool]:
    """Close by command or button, unless the lock-out of the one before still holds; whether it will be done.

    It is done in the measuring call that follows at once: the reading in progress belongs to the period that ends.
    """
    now_ms, manual_ms = turn.state.rtc_ms, turn.state.ledger.axis.manual_ms
    left_ms = manual_ms + config.plan.lockout_ms - now_ms
    if turn.state.ledger.axis.closing or (manual_ms and 0 < left_ms <= config.plan.lockout_ms):
        return log_refusal(config, turn, Event.CLOSE_REFUSED, old=reason, new=left_ms, client=client), False
    after_jump = int(turn.state.ledger.axis.jumped_from_ms != 0)
    closing = {"closing": int(reason), "closing_s": now_ms // 1000, "closing_client": client}
    return with_axis(turn, manual_ms=now_ms, closing_after_jump=after_jump, **closing), True


# ------------------------------------------------------------------------------------------------ tariff


def activate(config: Config, turn: Turn, stamp_ms: int, client: int = 0) -> Turn:
    """Make the passive calendar the active one; one that makes no sense is refused, and the event log says so."""
    state = turn.state
    if unfit(config, state.passive):
        turn = with_axis(turn, activation_s=0)
        return log(config, turn, Event.TARIFF_REFUSED, stamp_ms, client=client)
    before = state.ledger.axis.rate
    record = active_record(state.passive)
    turn = turn._replace(
        state=changed(state, calendar=effective(state.passive, state.special_days)), records=(*turn.records, record)
    )
    lost = state.ledger.axis.tariff_lost & ~CALENDAR_LOST
    turn = with_axis(turn, activation_s=0, calendar_crc=zlib.crc32(record.payload), tariff_lost=lost)
    after = axes.rate(config.plan, turn.state.calendar, turn.state.ledger.axis, stamp_ms)
    turn = with_axis(turn, rate=after)
    return log(config, turn, Event.TARIFF_ACTIVATED, stamp_ms, old=before, new=after, client=client)


def unfit(config: Config, calendar: Calendar) -> tuple[str, ...]:
    """Why this meter cannot go by a calendar; empty if it can."""
    found = problems(replace(calendar, special_days=()))
    rates = config.plan.shape.rates
    return found if calendar.rates <= rates else (*found, f"rates: found {calendar.rates}, this meter has {rates}")


def effective(calendar: Calendar, special_days: tuple[SpecialDay, ...]) -> Calendar:
    """A calendar with those special days whose day profile it knows; the others wait for one that does."""
    known = {day.day_id for day in calendar.days}
    return replace(calendar, special_days=tuple(each for each in special_days if each.day_id in known))


def active_record(calendar: Calendar) -> Commit:
    """The record that makes a calendar the active one."""
    return Commit(RecordKind.ACTIVE_CALENDAR, encode(calendar))


# ------------------------------------------------------------------------------------------------ clock


def set_clock(config: Config, turn: Turn, new_ms: int, client: int) -> Turn:
    """Change the clock: recorded before it is done; what ends with it ends at the measuring call that follows."""
    old_ms, axis = turn.state.rtc_ms, turn.state.ledger.axis
    is_jump = abs(new_ms - old_ms) > config.plan.small_shift_ms or bool(axis.clock_invalid)
    turn = log(config, turn, Event.CLOCK_OLD, old_ms, old=old_ms, new=new_ms, client=client)
    was_invalid = Status.CLOCK_INVALID if axis.clock_invalid else Status(0)
    turn = with_axis(
        mark(turn, Status.CLOCK_ADJUSTED | was_invalid),
        last_ms=axis.last_ms + new_ms - old_ms,
        jumped_from_ms=axis.jumped_from_ms or (old_ms if is_jump else 0),
        jumped_to_ms=new_ms if is_jump else axis.jumped_to_ms,
        trusted_s=axis.trusted_s if axis.jumped_from_ms or axis.clock_invalid else old_ms // 1000,
        adjusted_ms=old_ms if is_jump else new_ms,
        setting=1,
        clock_invalid=0,
        clock_changes=axis.clock_changes + 1,
        set_ms=new_ms,
        set_by=client,
        manual_ms=axis.manual_ms and axis.manual_ms + new_ms - old_ms,
    )
    turn = log(config, turn, Event.CLOCK_NEW, new_ms, old=old_ms, new=new_ms, client=client)
    state = changed(turn.state, rtc_ms=new_ms)
    return turn._replace(state=state, acts=(*turn.acts, SetRtc(new_ms)))


def _end_at_jump(config: Config, turn: Turn) -> Turn:
    """End at the old time what was in progress as the clock jumped, and begin anew at the new time (rule 6).

    Of the billing periods that ended in between, one is closed, with the stamp of the last.
    """
    axis = turn.state.ledger.axis
    old_s, new_ms = axis.jumped_from_ms // 1000, axis.jumped_to_ms
    if axis.backlog:
        for stamp_s in axes.closes_between(config.plan, axis.passed_ms // 1000, old_s):
            turn = close_by_schedule(config, turn, stamp_s)
    turn = _end_demand(config, turn, old_s)
    for number in PROFILES.values():
        turn = capture(config, turn, number, old_s)
    missed_s = axes.latest_close(config.plan, axis.trusted_s, new_ms // 1000) if axis.trusted_s else None
    turn = turn if missed_s is None else close_by_schedule(config, turn, missed_s)
    ledger = turn.state.ledger
    turn = with_ledger(turn, replace(ledger, demand=demands.forget(ledger.demand, new_ms // 1000)))
    turn = with_axis(turn, jumped_from_ms=0, jumped_to_ms=0, trusted_s=0, passed_ms=new_ms, last_ms=new_ms, backlog=0)
    turn = with_axis(turn, adjusted_ms=new_ms)
    return mark(turn, Status.CLOCK_ADJUSTED)


# ------------------------------------------------------------------------------------------------ memory


def sealed(config: Config, turn: Turn, *, must_commit: bool) -> tuple[State, tuple[Output, ...]]:
    """Make it durable: other records, then the ledger with the rows, then the rows, then the acts."""
    if not (must_commit or turn.rows or turn.records):
        return turn.state, turn.acts
    state, commit = committed(config, turn.state, turn.rows)
    appends = tuple(Append(row.ring, row.payload) for row in turn.rows)
    state = changed(state, appended=tuple({row.ring for row in turn.rows}))
    return state, (*turn.records, commit, *appends, *turn.acts)


def committed(config: Config, state: State, rows: tuple[RingRow, ...] = ()) -> tuple[State, Commit]:
    """The record of the ledger: what differs from the latest snapshot; with rows a new snapshot, it is long anyway."""
    found = ledgers.numbers(state.ledger, config.plan.shape)
    if state.base is not None and not rows:
        return state, Commit(RecordKind.DELTA, ledgers.encode_delta(state.base, found, rows))
    payload, base = ledgers.encode_snapshot(found, rows)
    return changed(state, base=base), Commit(RecordKind.LEDGER, payload)
