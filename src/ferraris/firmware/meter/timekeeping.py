"""Who may set the clock, and to what: sources with priorities, plausible times, and a limit to how often.

A change that is granted is recorded with old time, new time and client before it is made (`accounting.set_clock`); one
that is refused is recorded as well. Nobody without an association that a password opened gets here.
"""

from ferraris.firmware.billing.standing import Axis
from ferraris.firmware.meter import accounting
from ferraris.firmware.meter.config import Client, Config
from ferraris.firmware.meter.events import Event
from ferraris.firmware.meter.turn import Turn, with_axis

DAY_MS = 86_400_000
EARLIEST_MS, LATEST_MS = 1_577_836_800_000, 4_102_444_800_000
"""2020-01-01 and 2100-01-01 UTC: no meter of this make runs before or after; any such time is a mistake or worse."""


def request(config: Config, turn: Turn, new_ms: int, number: int) -> tuple[Turn, bool]:
    """Let a client set the clock to `new_ms`; whether it was granted."""
    old_ms, axis = turn.state.rtc_ms, turn.state.ledger.axis
    client = next(each for each in config.clients if each.number == number)
    if refusal(config, axis, client, old_ms, new_ms):
        return accounting.log_refusal(config, turn, Event.CLOCK_REFUSED, old=old_ms, new=new_ms, client=number), False
    if new_ms == old_ms and not axis.clock_invalid:
        return turn, True
    turn = accounting.set_clock(config, turn, new_ms, number)
    if not client.most_ms or axis.clock_invalid:
        return turn, True
    moved_ms = _moved_ms(axis, old_ms) + abs(new_ms - old_ms)
    return with_axis(turn, moved_day=old_ms // DAY_MS, moved_ms=moved_ms), True


def _moved_ms(axis: Axis, now_ms: int) -> int:
    """By how much limited sources have changed the clock today."""
    return axis.moved_ms if axis.moved_day == now_ms // DAY_MS else 0


def refusal(config: Config, axis: Axis, client: Client, old_ms: int, new_ms: int) -> str:
    """Why a client may not change the clock from one time to another, in words; empty if it may.

    A clock that is not valid may be set by any source, by any amount.
    """
    if not client.priority:
        return "this client is no source of time"
    if not EARLIEST_MS <= new_ms < LATEST_MS:
        return "no plausible time"
    if axis.clock_invalid and client.priority > 1 and new_ms < old_ms:
        return "earlier than the latest time that the meter knows"
    return "" if axis.clock_invalid else _refusal_of_valid(config, axis, client, old_ms, new_ms)


def _refusal_of_valid(config: Config, axis: Axis, client: Client, old_ms: int, new_ms: int) -> str:
    if client.most_ms and abs(new_ms - old_ms) > client.most_ms:
        return "more than this source may change it by"
    if client.daily_ms and _moved_ms(axis, old_ms) + abs(new_ms - old_ms) > client.daily_ms:
        return "more than sources like this one may change it by in a day"
    better = _is_better(config, client, axis)
    since_ms = old_ms - axis.set_ms
    if axis.set_ms and not better and 0 <= since_ms < client.every_ms:
        return "the clock was set not long ago"
    if axis.set_ms and _is_worse(config, client, axis) and 0 <= since_ms < config.source_hold_ms:
        return "a better source has set the clock not long ago"
    return ""


def _is_better(config: Config, client: Client, axis: Axis) -> bool:
    """Whether a client goes before the source that set the clock last."""
    last = _priority(config, axis.set_by)
    return last == 0 or client.priority < last


def _is_worse(config: Config, client: Client, axis: Axis) -> bool:
    last = _priority(config, axis.set_by)
    return last != 0 and client.priority > last


def _priority(config: Config, number: int) -> int:
    return next((each.priority for each in config.clients if each.number == number), 0)
