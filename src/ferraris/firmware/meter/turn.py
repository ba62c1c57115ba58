"""A state on its way through one call of `step`, with what has to go into the memory with it."""

from typing import NamedTuple

from ferraris.firmware.billing.ledger import Ledger, RingRow
from ferraris.firmware.billing.profile import Status
from ferraris.firmware.meter.config import Config, RingId
from ferraris.firmware.meter.state import State, changed
from ferraris.firmware.store import ring
from ferraris.pins import Commit, Output


class Turn(NamedTuple):
    """A state on its way through one call."""

    state: State
    rows: tuple[RingRow, ...] = ()
    """To be appended."""
    records: tuple[Commit, ...] = ()
    """To be committed beside the ledger."""
    acts: tuple[Output, ...] = ()


def with_axis(turn: Turn, **changes: int) -> Turn:
    """The turn with other values on the axis."""
    registers, rates, demand, axis = turn.state.ledger.parts
    return with_ledger(turn, Ledger(registers, rates, demand, axis._replace(**changes)))


def with_ledger(turn: Turn, ledger: Ledger) -> Turn:
    """The turn with another ledger."""
    return turn._replace(state=changed(turn.state, ledger=ledger))


def add_row(config: Config, turn: Turn, number: RingId, payload: bytes) -> Turn:
    """Append a row to a ring."""
    held = turn.state.rings[number]
    moved = ring.advance(config.layout, held)
    rings = (*turn.state.rings[:number], moved, *turn.state.rings[number + 1 :])
    row = RingRow(number, held.next, payload)
    return turn._replace(state=changed(turn.state, rings=rings), rows=(*turn.rows, row))


def mark(turn: Turn, status: Status) -> Turn:
    """Let the next row of each load profile carry a status."""
    axis = turn.state.ledger.axis
    return with_axis(turn, status_1=int(axis.status_1 | status), status_2=int(axis.status_2 | status))
