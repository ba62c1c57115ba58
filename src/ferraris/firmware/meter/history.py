"""A closed billing period as a row of the history: what it holds, and its stored form.

Every row has the registers as they stood, in whole mWs or mvars, the maxima of the period and the cumulative demand
after it, in quanta of the pins; each over all and for every rate.
"""

from enum import IntEnum
from itertools import chain
from typing import NamedTuple

from ferraris.firmware.billing import registers as registering
from ferraris.firmware.billing.demand import QUANTITIES, Maximum
from ferraris.firmware.billing.numbers import pack, unpack
from ferraris.firmware.billing.registers import Counters
from ferraris.firmware.meter.config import Config
from ferraris.firmware.meter.show import shown_total
from ferraris.firmware.meter.state import State


class Reason(IntEnum):
    """What closed a billing period."""

    SCHEDULE = 1
    COMMAND = 2
    BUTTON = 3


class HistoryRow(NamedTuple):
    """One closed billing period."""

    stamp_s: int
    status: int
    reason: int
    closes: int
    """Number of this close, from 1."""
    energies: tuple[tuple[int, ...], ...]
    """A+, A-, R+, R-: each over all, then for each rate; mWs, mvars."""
    maxima: tuple[tuple[Maximum, ...], ...]
    """The same for the demand of the period."""
    cumulative: tuple[tuple[int, ...], ...]
    """The same for the cumulative demand, this period's maxima included; quanta."""


def row_size(rates: int) -> int:
    """Bytes of the longest row: registers up to 2^55 mWs, maxima up to 2^69 quanta, cumulative ones up to 2^83."""
    return 24 + len(QUANTITIES) * (1 + rates) * (8 + 10 + 6 + 12)


def encode_row(config: Config, state: State, stamp_s: int, status: int, reason: Reason) -> bytes:
    """The row that closes the present period, whose maxima have not been reset yet."""
    ledger = state.ledger
    sets = (shown_total(config, ledger.registers), *ledger.rates)
    energies = zip(*map(billed, sets), strict=True)
    maxima = chain.from_iterable(ledger.demand.maxima)
    cumulative = (
        total + maximum.quanta
        for totals, row in zip(ledger.demand.cumulative, ledger.demand.maxima, strict=True)
        for total, maximum in zip(totals, row, strict=True)
    )
    head = stamp_s, status, reason, ledger.axis.closes
    return pack((*head, *chain.from_iterable(energies), *chain.from_iterable(maxima), *cumulative))


def billed(counters: Counters) -> tuple[int, ...]:
    """A+, A-, R+, R- of a set of registers: whole mWs, mvars."""
    reactive = registering.reactive_import(counters), registering.reactive_export(counters)
    return tuple(each.mws for each in (counters.active_import, counters.active_export, *reactive))


def decode_row(payload: bytes, rates: int) -> HistoryRow:
    """A row from its stored form; raises ValueError for bytes that are none."""
    width = 1 + rates
    found = unpack(payload)
    if len(found) != 4 + len(QUANTITIES) * width * 4:
        raise ValueError(f"a closed billing period of {len(found)} numbers")
    cells = len(QUANTITIES) * width
    energies, rest = found[4 : 4 + cells], found[4 + cells :]
    pairs = [Maximum(*pair) for pair in zip(rest[: 2 * cells : 2], rest[1 : 2 * cells : 2], strict=True)]
    stamp_s, status, reason, closes = found[:4]
    return HistoryRow(
        stamp_s,
        status,
        reason,
        closes,
        energies=_folded(energies, width),
        maxima=tuple(tuple(pairs[at : at + width]) for at in range(0, cells, width)),
        cumulative=_folded(rest[2 * cells :], width),
    )


def _folded(cells: list[int], width: int) -> tuple[tuple[int, ...], ...]:
    return tuple(tuple(cells[at : at + width]) for at in range(0, len(cells), width))
