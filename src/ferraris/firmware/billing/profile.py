"""Load profile 1: the registers as they stood at the end of every capture period.

A capture is due whenever the meter's clock passes a whole multiple of the period, counted from 1970-01-01 00:00 UTC,
so that a period of 15 minutes ends at :00, :15, :30 and :45 whatever the time at which the meter was switched on. Rows
have one fixed size and live in a ring of the non-volatile memory; an outage leaves no row.
"""

from enum import IntFlag
from struct import Struct
from typing import NamedTuple

from ferraris.firmware.billing.registers import Counters, reactive_export, reactive_import


class Status(IntFlag):
    """What marks a row as different from an undisturbed one.

    The layout of these bits is the companion specification's to choose; this one follows the AMR profile status of
    DSMR/IDIS (recalled, unverified).
    """

    CRITICAL_ERROR = 0x01
    CLOCK_INVALID = 0x02
    DATA_NOT_VALID = 0x04
    DAYLIGHT_SAVING = 0x08
    CLOCK_ADJUSTED = 0x20
    POWER_DOWN = 0x80


class Row(NamedTuple):
    """One captured row; the energies are the totals that bill, mWs and mvars."""

    rtc_s: int
    """The end of the period: seconds of UTC since 1970-01-01."""
    status: Status
    active_import: int
    active_export: int
    reactive_import: int
    reactive_export: int


_ROW = Struct("<qB4Q")
ROW_SIZE = _ROW.size
"""Bytes of one row. Its seconds have 64 bits: 32 would end in the year 2106, and a wrong clock must not end a meter."""


def boundary(rtc_ms: int, period_ms: int) -> int:
    """The latest end of a period at or before `rtc_ms`, ms; periods are counted from 1970-01-01 00:00 UTC."""
    return rtc_ms - rtc_ms % period_ms


def next_boundary(rtc_ms: int, period_ms: int) -> int:
    """The first end of a period after `rtc_ms`, ms."""
    return boundary(rtc_ms, period_ms) + period_ms


def is_due(before_ms: int, now_ms: int, period_ms: int) -> bool:
    """Whether a period ended after `before_ms` and not after `now_ms`."""
    return boundary(now_ms, period_ms) > boundary(before_ms, period_ms)


def capture(rtc_ms: int, status: Status, total: Counters) -> Row:
    """The row of the period that ends at `rtc_ms`."""
    return Row(
        rtc_s=rtc_ms // 1000,
        status=status,
        active_import=total.active_import.mws,
        active_export=total.active_export.mws,
        reactive_import=reactive_import(total).mws,
        reactive_export=reactive_export(total).mws,
    )


def encode_row(row: Row) -> bytes:
    """The stored form of a row, `ROW_SIZE` bytes."""
    return _ROW.pack(*row)


def decode_row(payload: bytes) -> Row:
    """A row from its stored form; raises ValueError for bytes of another size."""
    if len(payload) != ROW_SIZE:
        raise ValueError(f"a profile row of {len(payload)} bytes, expected {ROW_SIZE}")
    rtc_s, status, *energies = _ROW.unpack(payload)
    return Row(rtc_s, Status(status), *energies)
