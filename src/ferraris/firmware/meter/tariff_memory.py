"""The tariff as the memory holds it, and whether that is the one that the meter went by.

The ledger knows the checksum of the calendar that is in force and of the special days. Where a record has another one,
either the supply failed between the record and the ledger, and the record is the newer; or the memory has lost the
newer record, and what stands in for it is an old one. Only damage in the journal can do the latter.
"""

import zlib
from collections.abc import Mapping
from typing import NamedTuple

from ferraris.firmware.billing.calendar import Calendar, SpecialDay
from ferraris.firmware.billing.calendar_codec import CalendarError, decode
from ferraris.firmware.billing.standing import Axis
from ferraris.firmware.dlms.cosem.classes import ClassId
from ferraris.firmware.meter.accounting import CALENDAR_LOST, SPECIAL_DAYS_LOST
from ferraris.firmware.meter.config import Config, RecordKind


class TariffError(ValueError):
    """The memory holds a tariff that cannot be read; the message says why."""


class Remembered(NamedTuple):
    """What the memory says of the tariff."""

    active: Calendar
    passive: Calendar
    special_days: tuple[SpecialDay, ...]
    lost: int
    """As `Axis.tariff_lost`."""
    checksums: tuple[int, int]
    """Of the records of active calendar and special days; 0 where there is none."""
    unlogged: tuple[int, ...]
    """Classes of the objects whose change the log does not know."""


def remembered(config: Config, records: Mapping[int, bytes], axis: Axis, *, is_doubtful: bool) -> Remembered:
    """The tariff of the memory, the factory's where none was ever loaded; raises `TariffError`.

    is_doubtful  the journal has damage: a record may be older than what was once durable
    """
    passive = _read(config, records.get(RecordKind.PASSIVE_CALENDAR))
    active, active_state = _checked(config, records, RecordKind.ACTIVE_CALENDAR, axis.calendar_crc, is_doubtful)
    special, special_state = _checked(config, records, RecordKind.SPECIAL_DAYS, axis.special_crc, is_doubtful)
    lost = CALENDAR_LOST * (active_state == "lost") | SPECIAL_DAYS_LOST * (special_state == "lost")
    if active_state == "lost" and _checksum(records.get(RecordKind.PASSIVE_CALENDAR)) == axis.calendar_crc:
        active, lost = passive, lost & ~CALENDAR_LOST  # it was activated from there, and is there still
    unlogged = [ClassId.ACTIVITY_CALENDAR] if active_state == "newer" else []
    unlogged += [ClassId.SPECIAL_DAYS_TABLE] if special_state == "newer" else []
    kinds = RecordKind.ACTIVE_CALENDAR, RecordKind.SPECIAL_DAYS
    checksums = _checksum(records.get(kinds[0])), _checksum(records.get(kinds[1]))
    return Remembered(active, passive, special.special_days, lost, checksums, tuple(map(int, unlogged)))


def _checked(
    config: Config, records: Mapping[int, bytes], kind: RecordKind, checksum: int, is_doubtful: bool
) -> tuple[Calendar, str]:
    """The calendar of a record, and whether it is the right one: "right", "newer" or "lost"."""
    payload = records.get(kind)
    found = _read(config, payload)
    if _checksum(payload) == checksum:
        return found, "right"
    return found, "lost" if is_doubtful or payload is None else "newer"


def _checksum(payload: bytes | None) -> int:
    return 0 if payload is None else zlib.crc32(payload)


def _read(config: Config, payload: bytes | None) -> Calendar:
    if payload is None:
        return config.calendar
    try:
        return decode(payload)
    except CalendarError as error:
        raise TariffError(f"the memory holds a tariff that cannot be read: {error}") from error
