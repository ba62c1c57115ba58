"""Selective access to the buffer of a profile (class 7): by range (selector 1) and by entry (selector 2).

Entries and columns count from 1, both ends belong to the selection, and 0 as an end means the last there is. Entries
count from the oldest row. A range compares instants in UTC, so that an hour that daylight saving repeats is two hours.
A selection that holds nothing is an empty buffer, not an error. (Blue Book 4.3.6, recalled; the ends are checked
against what two foreign clients expect.)
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from ferraris.firmware.dlms import datetimes
from ferraris.firmware.dlms.axdr import Data, Tag
from ferraris.firmware.dlms.cosem.classes import Column
from ferraris.firmware.dlms.datetimes import ANY_DEVIATION, ANY_YEAR, EARLIEST_MS, LATEST_MS, OCTETS, Edge
from ferraris.firmware.dlms.host import Selection
from ferraris.firmware.dlms.results import DataAccessResult, DlmsError

BY_RANGE = 1
BY_ENTRY = 2


class ByRange(NamedTuple):
    """Rows whose value in one column lies between two values, both included."""

    restricting: Column
    first: Data
    last: Data
    columns: tuple[Column, ...]
    """Wanted columns; none named means all."""


class ByEntry(NamedTuple):
    """Rows and columns by their numbers, from 1; 0 as the last means the last there is."""

    first: int
    last: int
    first_column: int
    last_column: int


class Chosen(NamedTuple):
    """What a selection picks: indices from 0, rows oldest first, columns in their order of capture."""

    rows: Sequence[int]
    columns: tuple[int, ...]


def parse(selection: Selection) -> ByRange | ByEntry:
    """Read a selector's parameter. Raises `DlmsError` for an unknown selector or another shape."""
    if selection.selector == BY_RANGE:
        restricting, first, last, wanted = _members(selection.parameter, 4)
        if wanted.tag is not Tag.ARRAY:
            raise DlmsError("the wanted columns are an array")
        assert isinstance(wanted.value, tuple)
        return ByRange(_column(restricting), first, last, tuple(_column(column) for column in wanted.value))
    if selection.selector == BY_ENTRY:
        return ByEntry(*(_number(member) for member in _members(selection.parameter, 4)))
    raise DlmsError(f"a profile has no selector {selection.selector}")


def as_utc(local_ms: int, _: Edge) -> int:
    """Local time of a meter that has no zone."""
    return local_ms


def select(
    columns: Sequence[Column],
    count: int,
    keys: Callable[[int], Sequence[int]],
    selection: Selection | None,
    utc_of: Callable[[int, Edge], int] = as_utc,
) -> Chosen | DataAccessResult:
    """Pick rows and columns of a buffer of `count` rows.

    keys(column)       the numbers of that column in every row, oldest first; a date-time as ms of UTC
    utc_of(local, end) from local time, ms, to UTC, for an end of a range that does not say its deviation

    Rows need not be in order of time: after the clock was set back they are not. A selection that makes no sense is
    type-unmatched, one that names what was not captured is other-reason.
    """
    if selection is None:
        return Chosen(range(count), tuple(range(len(columns))))
    try:
        wanted = parse(selection)
        if isinstance(wanted, ByEntry):
            return _by_entry(wanted, count, len(columns))
        return _by_range(wanted, tuple(columns), keys, utc_of)
    except DlmsError:
        return DataAccessResult.TYPE_UNMATCHED


def _by_entry(wanted: ByEntry, count: int, width: int) -> Chosen | DataAccessResult:
    if max(wanted.first_column, wanted.last_column) > width:
        return DataAccessResult.OTHER_REASON
    return Chosen(
        _numbered(wanted.first, wanted.last, count),
        tuple(_numbered(wanted.first_column, wanted.last_column, width)),
    )


def _numbered(first: int, last: int, count: int) -> range:
    """Indices of the numbers `first` to `last`, of `count` there are; a first number of 0 is taken as 1."""
    end = min(last, count) if last else count
    return range(max(first, 1) - 1, end)


def _by_range(
    wanted: ByRange,
    columns: tuple[Column, ...],
    keys: Callable[[int], Sequence[int]],
    utc_of: Callable[[int, Edge], int],
) -> Chosen | DataAccessResult:
    if not {wanted.restricting, *wanted.columns}.issubset(columns):
        return DataAccessResult.OTHER_REASON
    low = _bound(wanted.first, Edge.FIRST, utc_of)
    high = _bound(wanted.last, Edge.LAST, utc_of)
    restricting = keys(columns.index(wanted.restricting))
    rows = [row for row, key in enumerate(restricting) if low <= key <= high]
    kept = wanted.columns or columns
    return Chosen(rows, tuple(number for number, column in enumerate(columns) if column in kept))


def _bound(data: Data, edge: Edge, utc_of: Callable[[int, Edge], int]) -> int:
    """Give one end of a range as a number; null-data is no limit."""
    if data.tag is Tag.NULL_DATA:
        return EARLIEST_MS if edge is Edge.FIRST else LATEST_MS
    if isinstance(data.value, bytes) and len(data.value) == OCTETS:
        found = datetimes.unpack(data.value)
        shown_ms = datetimes.utc_ms(found, edge)
        is_local = found.deviation == ANY_DEVIATION and found.year != ANY_YEAR
        return utc_of(shown_ms, edge) if is_local else shown_ms
    return _number(data)


def _column(data: Data) -> Column:
    class_id, name, attribute, data_index = _members(data, 4)
    if not isinstance(name.value, bytes) or len(name.value) != 6:
        raise DlmsError("a logical name has six octets")
    return Column(_number(class_id), name.value, _number(attribute), _number(data_index))


def _members(data: Data, count: int) -> tuple[Data, ...]:
    if data.tag is not Tag.STRUCTURE or not isinstance(data.value, tuple) or len(data.value) != count:
        raise DlmsError(f"a structure of {count} members is expected")
    return tuple(member for member in data.value if isinstance(member, Data))


def _number(data: Data) -> int:
    if not isinstance(data.value, int) or isinstance(data.value, bool):
        raise DlmsError(f"a whole number is expected, not {data.tag.name}")
    return data.value
