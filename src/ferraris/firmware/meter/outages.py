"""Taking up work after a reset: what was promised is written, what was missed is told (billing.md, rules 7, 8)."""

from ferraris.firmware.billing.profile import Status
from ferraris.firmware.meter.accounting import log, moment_status
from ferraris.firmware.meter.config import Config, RingId
from ferraris.firmware.meter.events import Event, OutageRow, encode_outage
from ferraris.firmware.meter.state import changed
from ferraris.firmware.meter.turn import Turn, add_row, mark, with_axis
from ferraris.pins import SetRtc

LONGEST_MS = 10 * 31_557_600_000
"""No outage is this long, 10 years: a clock that says so is not believed."""


def resume(config: Config, turn: Turn, now_ms: int, *, was_outage: bool, clock_lost: bool) -> Turn:
    """Take up work after a reset; a clock that went back or far ahead meanwhile is not believed."""
    turn = _write_again(config, turn, now_ms)
    axis = turn.state.ledger.axis
    if not axis.last_ms:
        turn = with_axis(turn, last_ms=now_ms, passed_ms=now_ms)
        return with_axis(_without_clock(config, turn), trusted_s=0) if clock_lost else turn
    is_doubtful = clock_lost or bool(axis.setting) or not 0 <= now_ms - axis.last_ms <= LONGEST_MS
    if is_doubtful:
        turn = _without_clock(config, turn)
    return _after_outage(config, turn, turn.state.rtc_ms, is_doubtful) if was_outage else turn


def _write_again(config: Config, turn: Turn, now_ms: int) -> Turn:
    missing = turn.state.unwritten
    for row in missing:
        turn = add_row(config, turn, RingId(row.ring), row.payload)
    turn = turn._replace(state=changed(turn.state, unwritten=()))
    return log(config, turn, Event.ROW_WRITTEN_AGAIN, now_ms, new=len(missing)) if missing else turn


def _without_clock(config: Config, turn: Turn) -> Turn:
    """Go on from the latest known time, with a clock that is not valid until it is set."""
    axis = turn.state.ledger.axis
    last_ms = axis.last_ms
    # What a change right before the outage left of an older clock still says how far the ends of periods are known.
    trusted_s = axis.trusted_s if axis.clock_invalid or axis.jumped_from_ms else last_ms // 1000
    turn = with_axis(turn, clock_invalid=1, trusted_s=trusted_s, setting=0, jumped_from_ms=0, jumped_to_ms=0)
    turn = turn._replace(state=changed(turn.state, rtc_ms=last_ms), acts=(*turn.acts, SetRtc(last_ms)))
    return log(config, turn, Event.CLOCK_INVALID, last_ms, old=last_ms)


def _after_outage(config: Config, turn: Turn, now_ms: int, is_doubtful: bool) -> Turn:
    axis = turn.state.ledger.axis
    start_s, end_s = axis.last_ms // 1000, now_ms // 1000
    duration_s = -1 if is_doubtful else max(0, now_ms - axis.last_ms) // 1000
    is_long = duration_s >= config.plan.long_outage_s
    counts = {"outages": axis.outages + 1, "long_outages": axis.long_outages + is_long}
    turn = with_axis(turn, outage_end_ms=now_ms, **counts)
    turn = mark(turn, Status.POWER_DOWN)
    row = OutageRow(start_s, end_s, duration_s, moment_status(config, turn.state, end_s))
    turn = add_row(config, turn, RingId.OUTAGES, encode_outage(row))
    if not (is_long or is_doubtful):
        return turn  # the power-fail log has it: whoever plays with a breaker does not roll the event log over
    turn = log(config, turn, Event.POWER_DOWN, start_s * 1000, old=start_s, new=end_s)
    return log(config, turn, Event.POWER_UP, end_s * 1000, old=start_s, new=end_s)
