"""The ledger: everything about billing that an outage must not take, as one value that is stored as one record.

Registers, the registers of the rates, demand, and where on the axis of time the meter stands are true only together, so
they are made durable together. A record is either a *snapshot*, every number of the ledger, or a *delta*, the numbers
that differ from the latest snapshot. A delta names its snapshot by checksum, so it is never applied to another one,
whatever damage left behind; deltas do not build on each other, so only the latest of each counts.

A record also holds the rows of the rings that were due with it. They are appended after it; if the supply fails in
between, boot appends them again (`State` of the meter), so a row is written exactly once.
"""

import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from typing import NamedTuple, TypeAlias

from ferraris.firmware.billing import demand as demands
from ferraris.firmware.billing import registers as registering
from ferraris.firmware.billing.demand import Demand, Maximum
from ferraris.firmware.billing.numbers import NumbersError, pack, unpack
from ferraris.firmware.billing.registers import Counters, Register, Registers
from ferraris.firmware.billing.standing import Axis
from ferraris.pins import QUANTA_PER_MWS, Energies

VERSION = 1
"""Of the stored form; another one is refused and not misread."""


@dataclass(frozen=True)
class Ledger:
    """Everything that bills."""

    registers: Registers
    rates: tuple[Counters, ...]
    """The billed total, split by the rate at which it was counted; rate 1 first."""
    demand: Demand
    axis: Axis

    @property
    def parts(self) -> tuple[Registers, tuple[Counters, ...], Demand, Axis]:
        """All of it, in the order of the fields."""
        return self.registers, self.rates, self.demand, self.axis


class Shape(NamedTuple):
    """What decides how many numbers a ledger has."""

    elements: int
    rates: int
    periods: int
    """Sub-periods of the demand window."""


class RingRow(NamedTuple):
    """A row that belongs to a record: to be appended to this ring, there to have this sequence."""

    ring: int
    sequence: int
    payload: bytes


Numbers: TypeAlias = tuple[int, ...]


class Base(NamedTuple):
    """A snapshot that deltas are made from."""

    checksum: int
    """CRC-32 of its record."""
    numbers: Numbers


class Stored(NamedTuple):
    """What the records said."""

    base: Base
    ledger: Ledger
    rows: tuple[RingRow, ...]


class LedgerError(ValueError):
    """Bytes that are not a ledger of this meter; the message says why."""


def zero(shape: Shape) -> Ledger:
    """The ledger of a new meter."""
    empty = (Counters(),) * shape.rates
    return Ledger(registering.zero(shape.elements), empty, demands.zero(shape.rates), Axis())


def count(ledger: Ledger, phases: Sequence[Energies], total: Energies, billed: Energies) -> Ledger:
    """Count a reading: in the registers, at the rate in force, and in the demand sub-period in progress.

    billed  the total that bills: `total`, or the sum of `phases`
    """
    registers, rates, demand, axis = ledger.parts
    rate = axis.rate - 1
    counted = registering.count_all(rates[rate], billed)
    return Ledger(
        registering.add(registers, phases, total),
        (*rates[:rate], counted, *rates[rate + 1 :]),
        demands.count(demand, demands.quantities(billed)),
        axis,
    )


# ------------------------------------------------------------------------------------------------ numbers


def numbers(ledger: Ledger, shape: Shape) -> Numbers:
    """Every number of a ledger, in one order; as many for every ledger of a shape."""
    registers = chain(registering.flatten(ledger.registers), *ledger.rates)
    demand = ledger.demand
    blank = shape.periods - len(demand.ended)
    return (
        *ledger.axis,
        *chain.from_iterable(registers),
        *demand.current,
        len(demand.ended),
        *chain.from_iterable(demand.ended),
        *(0,) * (blank * len(demands.QUANTITIES)),
        *demand.last,
        demand.last_ended_s,
        demand.began_s,
        *chain.from_iterable(chain.from_iterable(demand.maxima)),
        *chain.from_iterable(demand.cumulative),
    )


def from_numbers(found: Numbers, shape: Shape) -> Ledger:
    """The ledger with these numbers; raises `LedgerError` where `numbers` could not have made them."""
    if len(found) != _count(shape):
        raise LedgerError(f"a ledger of {len(found)} numbers, expected {_count(shape)}")
    source = iter(found)
    axis = Axis(*_take(source, len(Axis._fields)))
    sets = [_counters(source) for _ in range(shape.elements + 1 + shape.rates)]
    registers = Registers(tuple(sets[: shape.elements]), sets[shape.elements])
    ledger = Ledger(registers, tuple(sets[shape.elements + 1 :]), _demand(source, shape), axis)
    if not 1 <= axis.rate <= shape.rates:
        raise LedgerError(f"rate {axis.rate} in force, of {shape.rates}")
    return ledger


def _count(shape: Shape) -> int:
    width = len(demands.QUANTITIES)
    counters = (shape.elements + 1 + shape.rates) * len(Counters._fields) * len(Register._fields)
    return len(Axis._fields) + counters + 2 * width + shape.periods * width + 3 + 3 * width * (1 + shape.rates)


def _take(source: Iterator[int], count: int) -> tuple[int, ...]:
    return tuple(islice(source, count))


def _counters(source: Iterator[int]) -> Counters:
    pairs = [Register(*_take(source, 2)) for _ in Counters._fields]
    if any(pair.mws < 0 or not 0 <= pair.remainder < QUANTA_PER_MWS for pair in pairs):
        raise LedgerError("a register that is negative, or whose remainder fills a unit")
    return Counters(*pairs)


def _demand(source: Iterator[int], shape: Shape) -> Demand:
    width = len(demands.QUANTITIES)
    current = _take(source, width)
    known = next(source)
    ended = tuple(_take(source, width) for _ in range(shape.periods))
    if not 0 <= known <= shape.periods:
        raise LedgerError(f"{known} sub-periods of demand known, of {shape.periods}")
    last, last_ended_s, began_s = _take(source, width), next(source), next(source)
    rows = [[Maximum(*_take(source, 2)) for _ in range(1 + shape.rates)] for _ in demands.QUANTITIES]
    cumulative = tuple(_take(source, 1 + shape.rates) for _ in demands.QUANTITIES)
    return Demand(current, ended[:known], last, last_ended_s, began_s, tuple(map(tuple, rows)), cumulative)


# ------------------------------------------------------------------------------------------------ records


def encode_snapshot(found: Numbers, rows: Sequence[RingRow]) -> tuple[bytes, Base]:
    """A record of every number, and the base that it makes for deltas."""
    payload = _sealed((VERSION, 0, len(found)), found, rows)
    return payload, Base(zlib.crc32(payload), found)


def encode_delta(base: Base, found: Numbers, rows: Sequence[RingRow]) -> bytes:
    """A record of the numbers that differ from those of a snapshot: each as places skipped, and difference."""
    old = base.numbers
    changed = [place for place, pair in enumerate(zip(old, found, strict=True)) if pair[0] != pair[1]]
    skips = (place - before - 1 for before, place in zip([-1, *changed], changed, strict=False))
    differences = (found[place] - old[place] for place in changed)
    pairs = chain.from_iterable(zip(skips, differences, strict=True))
    return _sealed((VERSION, base.checksum, len(changed)), pairs, rows)


def decode(snapshot: bytes, delta: bytes | None, shape: Shape) -> Stored:
    """The ledger that a snapshot and the latest delta say; a delta of another snapshot says nothing.

    Raises `LedgerError` for what could not have been encoded for a meter of this shape.
    """
    try:
        found, rows = _snapshot(snapshot)
        base = Base(zlib.crc32(snapshot), found)
        if delta is not None and (changed := _delta(delta, base)) is not None:
            found, rows = changed
        return Stored(base, from_numbers(found, shape), rows)
    except NumbersError as error:
        raise LedgerError(f"a ledger that cannot be read: {error}") from error


def _sealed(head: tuple[int, ...], body: Sequence[int] | Iterator[int], rows: Sequence[RingRow]) -> bytes:
    """Length of the numbers, the numbers, and the rows as they are."""
    packed = pack(chain(head, body))
    index = pack(chain((len(rows),), *((row.ring, row.sequence, len(row.payload)) for row in rows)))
    heads = len(packed).to_bytes(2, "big") + len(index).to_bytes(2, "big")
    return heads + packed + index + b"".join(row.payload for row in rows)


def _opened(payload: bytes) -> tuple[list[int], tuple[RingRow, ...]]:
    split = 4 + int.from_bytes(payload[:2], "big")
    start = split + int.from_bytes(payload[2:4], "big")
    if start > len(payload):
        raise LedgerError(f"a ledger record of {len(payload)} bytes ends too early")
    body, index = unpack(payload[4:split]), unpack(payload[split:start])
    if not body or body[0] != VERSION or len(body) < 3:
        raise LedgerError("a ledger record of another version")
    return body, tuple(_rows(index, payload, start))


def _rows(index: list[int], payload: bytes, start: int) -> Iterator[RingRow]:
    if not index or len(index) != 1 + 3 * index[0]:
        raise LedgerError("a ledger record whose index of rows is cut off")
    for ring, sequence, size in zip(index[1::3], index[2::3], index[3::3], strict=True):
        if ring < 0 or sequence < 0 or size < 0 or start + size > len(payload):
            raise LedgerError("a row of a ledger record ends too early")
        yield RingRow(ring, sequence, payload[start : start + size])
        start += size
    if start != len(payload):
        raise LedgerError("a ledger record with bytes behind its rows")


def _snapshot(payload: bytes) -> tuple[Numbers, tuple[RingRow, ...]]:
    body, rows = _opened(payload)
    _, _, length, *found = body
    if len(found) != length:
        raise LedgerError(f"a snapshot of {len(found)} numbers says that it has {length}")
    return tuple(found), rows


def _delta(payload: bytes, base: Base) -> tuple[Numbers, tuple[RingRow, ...]] | None:
    body, rows = _opened(payload)
    _, checksum, length, *pairs = body
    if checksum != base.checksum:
        return None
    if len(pairs) != 2 * length:
        raise LedgerError(f"a delta of {len(pairs)} numbers says that it changes {length}")
    found, place = list(base.numbers), -1
    for skip, difference in zip(pairs[::2], pairs[1::2], strict=True):
        place += 1 + skip
        if skip < 0 or place >= len(found):
            raise LedgerError(f"a delta changes number {place} of {len(found)}")
        found[place] += difference
    return tuple(found), rows
