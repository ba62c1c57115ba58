"""What the meter has counted and seen last, as COSEM objects: outages, closes, clock changes, the latest event."""

from collections.abc import Callable, Iterator

from ferraris.firmware.billing.standing import Axis
from ferraris.firmware.dlms import axdr
from ferraris.firmware.dlms.cosem.classes import ClassId
from ferraris.firmware.dlms.host import Answer
from ferraris.firmware.meter import accounting, logs, profiles
from ferraris.firmware.meter.config import RingId
from ferraris.firmware.meter.table import Getter, Item, View, item

OUTAGES = (0, 0, 96, 7, 21, 255)
LONG_OUTAGES = (0, 0, 96, 7, 9, 255)
DIPS = (0, 128, 96, 7, 0, 255)
"""Ours: alarms of the supply that passed without an outage."""
CLOCK_CHANGES = (0, 128, 96, 2, 1, 255)
"""Ours: how often the clock was set."""
LATEST_CLOSE = (0, 0, 0, 1, 2, 255)

COUNTS: tuple[tuple[tuple[int, ...], Callable[[Axis], int]], ...] = (
    (OUTAGES, lambda axis: axis.outages),
    (LONG_OUTAGES, lambda axis: axis.long_outages),
    (DIPS, lambda axis: axis.dips),
    (CLOCK_CHANGES, lambda axis: axis.clock_changes),
    (logs.CLOSES, lambda axis: axis.closes),
)

LATEST: tuple[tuple[tuple[int, ...], RingId, int], ...] = (
    # object, ring, and column of its latest row
    (logs.EVENT_CODE, RingId.EVENTS, 1),
    (logs.EVENT_OLD, RingId.EVENTS, 2),
    (logs.EVENT_NEW, RingId.EVENTS, 3),
    (logs.EVENT_CLIENT, RingId.EVENTS, 4),
    (logs.OUTAGE_START, RingId.OUTAGES, 1),
    (logs.OUTAGE_DURATION, RingId.OUTAGES, 2),
    (logs.CLOSE_REASON, RingId.BILLING, 2),
)
"""What the columns of the logs capture: each shows its latest row, and nothing before the first."""


def items() -> Iterator[Item]:
    """Every object."""
    for name, count in COUNTS:
        yield item(ClassId.DATA, 0, name, {2: _count(count)})
    yield item(ClassId.DATA, 0, LATEST_CLOSE, {2: _latest_close})
    yield item(ClassId.DATA, 0, logs.RECORD_STATUS, {2: _status})
    for name, ring, column in LATEST:
        yield item(ClassId.DATA, 0, name, {2: _latest(ring, column)})


def _count(count: Callable[[Axis], int]) -> Getter:
    return lambda view: axdr.double_long_unsigned(count(view.state.ledger.axis) % 2**32)


def _latest_close(view: View) -> Answer:
    closed_s = view.state.ledger.axis.closed_s
    return profiles.date_time(view.config, closed_s * 1000) if closed_s else axdr.NULL


def _status(view: View) -> Answer:
    return axdr.unsigned(accounting.moment_status(view.config, view.state, view.state.rtc_ms // 1000))


def _latest(number: RingId, column: int) -> Getter:
    def value(view: View) -> Answer:
        profile = logs.all_profiles(view.config)[number]
        held = profiles.held(profile, view)
        row = profiles.row(profile, view, held[-1]) if held else None
        return axdr.NULL if row is None else profiles.cell(profile, view.config, row, column)

    return value
