"""Load profile 1 as a COSEM object: rows of the ring in the non-volatile memory, read when they are asked for."""

from collections.abc import Sequence

from ferraris.firmware.billing.profile import Row, Status, decode_row
from ferraris.firmware.dlms import axdr, datetimes
from ferraris.firmware.dlms.axdr import Tag
from ferraris.firmware.dlms.cosem import classes, selection
from ferraris.firmware.dlms.cosem.classes import ClassId, Column
from ferraris.firmware.dlms.cosem.rows import CLOCK as CLOCK_COLUMN
from ferraris.firmware.dlms.cosem.rows import buffer, row_encoder
from ferraris.firmware.dlms.cosem.selection import Chosen
from ferraris.firmware.dlms.datetimes import EARLIEST_MS
from ferraris.firmware.dlms.host import Answer
from ferraris.firmware.meter import show
from ferraris.firmware.meter.catalogue import energy_type
from ferraris.firmware.meter.config import Config
from ferraris.firmware.meter.state import State
from ferraris.firmware.meter.table import Getter, Item, View, item
from ferraris.firmware.store import ring

NAME = (1, 0, 99, 1, 0, 255)
CLOCK = (0, 0, 1, 0, 0, 255)
STATUS = (0, 0, 96, 10, 1, 255)
"""Profile status: captured in every row, and an object that shows what the next row would say."""

COLUMNS = (
    Column(ClassId.CLOCK, bytes(CLOCK), 2),
    Column(ClassId.DATA, bytes(STATUS), 2),
    *(Column(ClassId.REGISTER, bytes((1, 0, code, 8, 0, 255)), 2) for code in (1, 2, 3, 4)),
)
"""What a row holds, in the order of `billing.profile.Row`: clock, status, A+, A-, R+, R-."""


def profile(config: Config) -> Item:
    """The object; its buffer can be selected from by range and by entry."""
    getters: dict[int, Getter] = {2: _buffer}
    getters |= {number: _attribute(number) for number in range(3, 9)}
    selectors = {2: (selection.BY_RANGE, selection.BY_ENTRY)}
    assert config.profile_rows > 0, "a load profile of no rows"
    return item(ClassId.PROFILE_GENERIC, 1, NAME, getters, selectors=selectors)


def status() -> Item:
    """The object that the status column captures: what has happened since the latest row."""
    return item(ClassId.DATA, 0, STATUS, {2: lambda view: axdr.unsigned(pending(view.state))})


def pending(state: State) -> Status:
    """What sets the next row apart: the power was down since the row before, or the memory was found damaged."""
    power = Status.POWER_DOWN if state.power_was_down else Status(0)
    return power | (Status.DATA_NOT_VALID if state.is_damaged else Status(0))


def held(view: View) -> range:
    """The sequences of the rows that the profile shows, oldest first: not more than it promises."""
    ring_held = view.state.profile
    return range(max(ring_held.first, ring_held.next - view.config.profile_rows), ring_held.next)


def row(view: View, sequence: int) -> Row | None:
    """One row; None if its bytes have changed in memory. Only what is asked for is read, and no row is kept."""
    payload = ring.row(view.config.layout, view.state.profile, view.memory, sequence)
    return None if payload is None else decode_row(payload)


def _attribute(number: int) -> Getter:
    """All but the buffer. A row whose bytes have changed still has its number, here as in a selection by entry."""
    return lambda view: classes.profile(
        COLUMNS,
        capture_period_s=view.config.profile_period_ms // 1000,
        entries_in_use=len(held(view)),
        profile_entries=view.config.profile_rows,
    )[number]


def _buffer(view: View) -> Answer:
    """The asked part of the buffer; a row that cannot be read is left out."""
    sequences = held(view)
    chosen = selection.select(COLUMNS, len(sequences), lambda column: _keys(view, column), view.selection)
    if not isinstance(chosen, Chosen):
        return chosen
    rows = (row(view, sequences[index]) for index in chosen.rows)
    return encode(view.config, [found for found in rows if found is not None], chosen.columns)


def _keys(view: View, column: int) -> list[int]:
    """What a range compares: ms of UTC for the clock, the plain number for everything else."""
    factor = 1000 if column == 0 else 1
    rows = (row(view, sequence) for sequence in held(view))
    return [EARLIEST_MS if found is None else int(found[column]) * factor for found in rows]


def encode(config: Config, rows: Sequence[Row], columns: Sequence[int]) -> bytes:
    """Rows as a profile buffer, with the wanted columns; energies travel exactly as the registers that they quote."""
    side = show.shown_side(config)
    ratio = show.power_ratio(config, side)
    per_wh, of_mws = ratio.denominator * show.MWS_PER_WH, ratio.numerator
    tag, roll = energy_type(config, side)
    mask = roll - 1  # a power of two: this is the remainder, and quicker
    encoder, pack_local = (
        row_encoder((CLOCK_COLUMN, Tag.UNSIGNED, tag, tag, tag, tag), tuple(columns)),
        datetimes.pack_local,
    )
    return buffer([
        encoder((
            pack_local(rtc_s * 1000),
            status,
            taken * of_mws // per_wh & mask,
            given * of_mws // per_wh & mask,
            reactive_taken * of_mws // per_wh & mask,
            reactive_given * of_mws // per_wh & mask,
        ))
        for rtc_s, status, taken, given, reactive_taken, reactive_given in rows
    ])  # fmt: skip
