"""Load profile 1 as a COSEM object: rows of the ring in the non-volatile memory, read when they are asked for."""

from collections.abc import Callable, Sequence

from ferraris.firmware.billing.profile import Row, decode_row
from ferraris.firmware.billing.registers import Register
from ferraris.firmware.dlms import axdr, datetimes
from ferraris.firmware.dlms.cosem import classes, selection
from ferraris.firmware.dlms.cosem.classes import ClassId, Column
from ferraris.firmware.dlms.cosem.selection import Chosen
from ferraris.firmware.dlms.host import Answer
from ferraris.firmware.meter import show
from ferraris.firmware.meter.catalogue import energy_encoder
from ferraris.firmware.meter.config import Config
from ferraris.firmware.meter.table import Getter, Item, View, item
from ferraris.firmware.store import ring

NAME = (1, 0, 99, 1, 0, 255)
CLOCK = (0, 0, 1, 0, 0, 255)
STATUS = (0, 0, 96, 10, 1, 255)
"""Profile status: captured in every row and not an object of its own."""

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


def rows(view: View) -> list[Row]:
    """Every row, oldest first; a row whose bytes have changed in memory is passed over."""
    held = view.state.profile
    payloads = (ring.row(view.config.layout, held, view.memory, sequence) for sequence in range(held.first, held.next))
    kept = [decode_row(payload) for payload in payloads if payload is not None]
    return kept[-view.config.profile_rows :]


def _attribute(number: int) -> Getter:
    """All but the buffer. The rows of a memory without damage are counted without reading them."""
    return lambda view: classes.profile(
        COLUMNS,
        capture_period_s=view.config.profile_period_ms // 1000,
        entries_in_use=min(len(view.state.profile), view.config.profile_rows),
        profile_entries=view.config.profile_rows,
    )[number]


def _buffer(view: View) -> Answer:
    """The asked part of the buffer."""
    held = rows(view)
    chosen = selection.select(COLUMNS, len(held), lambda column: _keys(held, column), view.selection)
    if not isinstance(chosen, Chosen):
        return chosen
    return encode(view.config, [held[index] for index in chosen.rows], chosen.columns)


def _keys(held: Sequence[Row], column: int) -> list[int]:
    """What a range compares: ms of UTC for the clock, the plain number for everything else."""
    return [int(row[column]) * (1000 if column == 0 else 1) for row in held]


def encode(config: Config, held: Sequence[Row], columns: Sequence[int]) -> bytes:
    """Rows as a profile buffer, with the wanted columns."""
    encoders = cell_encoders(config)
    wanted = [(column, encoders[column]) for column in columns]
    return classes.buffer([[encoder(row[column]) for column, encoder in wanted] for row in held])


def cell_encoders(config: Config) -> tuple[Callable[[int], bytes], ...]:
    """How each column of a row travels; energies travel exactly as the registers that they quote."""
    energy = energy_encoder(config, show.shown_side(config))
    energies = (lambda mws: energy(Register(mws)),) * 4
    return (lambda rtc_s: classes.date_time(datetimes.local(rtc_s * 1000)), axdr.unsigned, *energies)
