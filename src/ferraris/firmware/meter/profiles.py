"""Rings of the non-volatile memory as COSEM objects: load profiles, history, logs; read when they are asked for.

A `Profile` says how the bytes of a row become one whole number for each column, and how each number travels. Ranges
compare those numbers; a time is ms of UTC, so that the hour that autumn repeats is two hours, and rows need not be in
order.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple, TypeAlias

from ferraris.firmware.billing import zone as zones
from ferraris.firmware.billing.profile import Status
from ferraris.firmware.dlms import axdr, datetimes
from ferraris.firmware.dlms.axdr import Data, Tag
from ferraris.firmware.dlms.cosem import classes, selection
from ferraris.firmware.dlms.cosem.classes import ClassId, Column
from ferraris.firmware.dlms.cosem.rows import CLOCK as TIME
from ferraris.firmware.dlms.cosem.rows import buffer, row_encoder
from ferraris.firmware.dlms.cosem.selection import Chosen
from ferraris.firmware.dlms.datetimes import EARLIEST_MS, ClockStatus, Edge
from ferraris.firmware.dlms.host import Answer
from ferraris.firmware.meter.config import Config, RingId
from ferraris.firmware.meter.table import Getter, Item, View, item
from ferraris.firmware.store import ring

CLOCK = (0, 0, 1, 0, 0, 255)
Cells: TypeAlias = tuple[int, ...]


class Field(NamedTuple):
    """One column: what it captures, and how its number travels."""

    column: Column
    tag: Tag = TIME
    """`TIME`: the number is a time, ms of UTC, and travels as local date and time."""
    shown: Callable[[int], int] = int
    """From the number that is kept to the one that travels."""


class Row(NamedTuple):
    """One row: a number for each column, and the status bits that say whether its times can be trusted."""

    cells: Cells
    status: int


class Profile(NamedTuple):
    """One ring as an object of class Profile generic."""

    name: tuple[int, ...]
    ring: RingId
    rows: int
    """Rows that it shows, at most."""
    period_s: int
    """0 where rows are not captured at an interval."""
    fields: tuple[Field, ...]
    decode: Callable[[bytes], Row]

    @property
    def columns(self) -> tuple[Column, ...]:
        """What the rows hold."""
        return tuple(field.column for field in self.fields)


STAMP = Field(Column(ClassId.CLOCK, bytes(CLOCK), 2))
"""The column that every profile begins with."""


def as_item(profile: Profile) -> Item:
    """The object; its buffer can be selected from by range and by entry."""
    getters: dict[int, Getter] = {2: lambda view: _buffer(profile, view)}
    getters |= {number: _attribute(profile, number) for number in range(3, 9)}
    selectors = {2: (selection.BY_RANGE, selection.BY_ENTRY)}
    return item(ClassId.PROFILE_GENERIC, 1, profile.name, getters, selectors=selectors)


def held(profile: Profile, view: View) -> range:
    """The sequences of the rows that the profile shows, oldest first: not more than it promises."""
    found = view.state.rings[profile.ring]
    return range(max(found.first, found.next - profile.rows), found.next)


def row(profile: Profile, view: View, sequence: int) -> Row | None:
    """One row; None if its bytes have changed in memory. Only what is asked for is read, and no row is kept."""
    payload = ring.row(view.config.layout, view.state.rings[profile.ring], view.memory, sequence)
    return None if payload is None else profile.decode(payload)


def _attribute(profile: Profile, number: int) -> Getter:
    """All but the buffer. A row whose bytes have changed still has its number, here as in a selection by entry."""
    return lambda view: classes.profile(
        profile.columns,
        capture_period_s=profile.period_s,
        entries_in_use=len(held(profile, view)),
        profile_entries=profile.rows,
    )[number]


def _buffer(profile: Profile, view: View) -> Answer:
    """The asked part of the buffer; a row that cannot be read is left out."""
    sequences = held(profile, view)
    columns = profile.columns
    chosen = selection.select(
        columns,
        len(sequences),
        lambda column: _keys(profile, view, column),
        view.selection,
        lambda local_ms, edge: instant(view.config, local_ms, edge),
    )
    if not isinstance(chosen, Chosen):
        return chosen
    rows = (row(profile, view, sequences[index]) for index in chosen.rows)
    return encode(profile, view.config, [found for found in rows if found is not None], chosen.columns)


def instant(config: Config, local_ms: int, edge: Edge) -> int:
    """From local time to UTC, both ms; of the two hours that autumn makes of one a range holds both."""
    zone, (local_s, rest_ms) = config.plan.zone, divmod(local_ms, 1000)
    first_s, standard_s = zones.reach(zone, local_s), local_s + 60 * zone.deviation_min
    is_shown_again = edge is Edge.LAST and zones.local_seconds(zone, standard_s) == local_s
    return (standard_s if is_shown_again else first_s) * 1000 + rest_ms


def _keys(profile: Profile, view: View, column: int) -> list[int]:
    rows = (row(profile, view, sequence) for sequence in held(profile, view))
    return [EARLIEST_MS if found is None else found.cells[column] for found in rows]


def encode(profile: Profile, config: Config, rows: Sequence[Row], columns: Sequence[int]) -> bytes:
    """Rows as a profile buffer, with the wanted columns."""
    encoder = row_encoder(tuple(field.tag for field in profile.fields), tuple(columns))
    wanted = frozenset(columns)
    return buffer([encoder(_travelling(profile, config, one, wanted)) for one in rows])


def _travelling(profile: Profile, config: Config, one: Row, wanted: frozenset[int]) -> tuple[int | bytes, ...]:
    """The cells of a row as they travel; those that nobody wants as they are."""
    return tuple(
        cell if place not in wanted else _octets(config, cell, one.status) if field.tag is TIME else field.shown(cell)
        for place, (field, cell) in enumerate(zip(profile.fields, one.cells, strict=True))
    )


def cell(profile: Profile, config: Config, one: Row, column: int) -> bytes:
    """One cell of a row, encoded."""
    field, number = profile.fields[column], one.cells[column]
    if field.tag is TIME:
        return date_time(config, number, one.status)
    return axdr.encode(Data(field.tag, field.shown(number)))


def _octets(config: Config, utc_ms: int, status: int) -> bytes:
    """Local date and time of an instant, twelve octets."""
    utc_s = utc_ms // 1000
    zone = config.plan.zone
    return datetimes.pack_local(utc_ms, zones.deviation(zone, utc_s), _clock_status(config, utc_s, status))


def date_time(config: Config, utc_ms: int, status: int = 0) -> bytes:
    """An instant as local date and time, with the deviation and summer time of that moment.

    status  profile status bits of the moment: they say whether the clock was valid
    """
    return axdr.octet_string(_octets(config, utc_ms, status))


def local(config: Config, utc_ms: int, *, invalid: bool = False) -> datetimes.DateTime:
    """An instant as the fields of local time."""
    utc_s = utc_ms // 1000
    status = _clock_status(config, utc_s, Status.CLOCK_INVALID if invalid else 0)
    return datetimes.local(utc_ms, zones.deviation(config.plan.zone, utc_s), status)


def _clock_status(config: Config, utc_s: int, status: int) -> int:
    """Status octet of a date and time, from the profile status bits of its moment."""
    daylight = int(ClockStatus.DAYLIGHT_SAVING_ACTIVE) if zones.is_daylight(config.plan.zone, utc_s) else 0
    return daylight | (int(ClockStatus.INVALID_VALUE) if status & Status.CLOCK_INVALID else 0)
