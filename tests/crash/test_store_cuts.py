"""The power fails after every single programmed byte of ten minutes of commits and rows: nothing promised is lost."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

import pytest

from ferraris.firmware.store.layout import Layout
from ferraris.firmware.store.operations import Operation
from ferraris.firmware.store.recovery import Recovered
from ferraris.firmware.store.ring import row
from memory_rig import PARTS, ROW_BYTES, SHORT_ROW_BYTES, Figures, Keeper, cuts, read, rows_of, small_layout

REGISTERS, EVENT, SETTING = 1, 2, 3
OTHERS = {4: 0, 5: 1, 6: 3, 7: 14, 8: 22}
"""Kinds that are written once each, and their lengths: nothing, within a grain, a whole grain, over one."""
TIDY, UNTIDY = None, 7
GOES_ON_EVERY, SECOND_CUT_EVERY = 7, 499
"""Going on is tried after every seventh cut, and a second cut, again at every byte, after every 499th: primes, so that
they meet every phase of the operations."""


Rows: TypeAlias = dict[int, bytes | None]


@dataclass(frozen=True)
class Act:
    """One durable write of the run: what was true before, what is true after."""

    image: bytes
    operations: tuple[Operation, ...]
    before: dict[int, bytes]
    after: dict[int, bytes]
    rows_before: tuple[Rows, Rows]
    rows_after: tuple[Rows, Rows]


def registers(moment: int) -> bytes:
    """Registers that only rise: a snapshot of 32 bytes every ten seconds."""
    return b"".join((moment * 997 * factor).to_bytes(8, "big") for factor in (1, 3, 7, 11))


def profile_row(moment: int) -> bytes:
    return moment.to_bytes(4, "big") + registers(moment)[-(ROW_BYTES - 4) :]


def short_row(moment: int) -> bytes:
    return b"log" + moment.to_bytes(SHORT_ROW_BYTES - 3, "big")


def ten_minutes(figures: Figures) -> Iterator[Act]:
    """Registers each twenty seconds, a row each minute, a short row and an event now and then, all others once."""
    keeper = Keeper(figures)
    for moment in range(30):
        yield _commit(keeper, REGISTERS, registers(moment))
        if moment == 3:
            yield _commit(keeper, SETTING, b"tariff" * 5)
        if moment % 17 == 5:
            yield _commit(keeper, EVENT, b"event %d" % moment)
        if moment % 5 == 1 and (kind := 4 + moment // 5) in OTHERS:
            yield _commit(keeper, kind, bytes([kind]) * OTHERS[kind])
        if moment % 3 == 2:
            yield _push(keeper, 0, profile_row(moment))
        if moment % 4 == 3:
            yield _push(keeper, 1, short_row(moment))


def _commit(keeper: Keeper, kind: int, payload: bytes) -> Act:
    image, before, rows = bytes(keeper.part.view), dict(keeper.found().records), _rows(keeper)
    operations = keeper.commit(kind, payload)
    return Act(image, operations, before, {**before, kind: payload}, rows, _rows(keeper))


def _push(keeper: Keeper, index: int, payload: bytes) -> Act:
    image, before, rows = bytes(keeper.part.view), dict(keeper.found().records), _rows(keeper)
    operations = keeper.push(payload, index)
    return Act(image, operations, before, before, rows, _rows(keeper))


def _rows(keeper: Keeper) -> tuple[Rows, Rows]:
    return keeper.rows(0), keeper.rows(1)


@pytest.mark.parametrize("tear_seed", [TIDY, UNTIDY], ids=["tidy", "untidy"])
@pytest.mark.parametrize("figures", PARTS, ids=lambda figures: figures.technology)
def test_a_cut_after_any_byte_leaves_the_old_or_the_new_record_and_the_meter_goes_on(
    figures: Figures, tear_seed: int | None
) -> None:
    layout = small_layout(figures)
    compactions, images, seen = 0, 0, [0, 0]
    for act in ten_minutes(figures):
        compactions += len(act.operations) > 3
        for torn in cuts(figures, act.image, act.operations, tear_seed):
            images += 1
            found = read(layout, torn)
            seen[_is_new(layout, act, found, torn)] += 1
            if images % GOES_ON_EVERY == 0:
                _goes_on(Keeper(figures, torn, layout, found), found)
            if images % SECOND_CUT_EVERY == 0:
                _survives_a_second_cut(figures, layout, torn, tear_seed)
    assert min(seen) > 60, "both outcomes must have been met"
    assert compactions >= 5, "the run must contain compactions to prove anything about them"


def _is_new(layout: Layout, act: Act, found: Recovered, torn: bytes) -> bool:
    """Whether the write came through; anything but the old or the new is an error."""
    assert not found.damage, found.damage
    assert dict(found.records) in (act.before, act.after)
    is_new = dict(found.records) == act.after
    for index in (0, 1):
        rows = rows_of(layout, found, torn, index)
        _rows_are_kept(act.rows_before[index], act.rows_after[index], rows)
        is_new = is_new and rows.keys() >= act.rows_after[index].keys()
    return is_new


def _rows_are_kept(before: Rows, after: Rows, rows: Rows) -> None:
    """Every row there is, is right; no row is missing but those that were due to make room."""
    known = {**before, **after}
    assert all(payload is None or payload == known[sequence] for sequence, payload in rows.items())
    staying = before.keys() & after.keys()
    assert all(rows.get(sequence) is not None for sequence in staying), (rows, staying)


def _goes_on(keeper: Keeper, held: Recovered) -> None:
    """After the cut the meter writes on, and everything it writes is there."""
    keeper.commit(REGISTERS, registers(100))
    sequence = keeper.rings[0].next
    keeper.push(profile_row(100))
    short = keeper.rings[1].next
    keeper.push(short_row(100), 1)
    found = keeper.found()
    assert row(keeper.layout, found.rings[1], keeper.part.view, short) == short_row(100)
    assert not found.damage
    assert dict(found.records) == {**held.records, REGISTERS: registers(100)}
    assert row(keeper.layout, found.rings[0], keeper.part.view, sequence) == profile_row(100)
    assert found.journal == keeper.journal


def _survives_a_second_cut(figures: Figures, layout: Layout, torn: bytes, tear_seed: int | None) -> None:
    """The power fails again during the first write after the first failure, at any byte."""
    keeper = Keeper(figures, torn, layout)
    held = dict(keeper.found().records)
    operations = keeper.commit(REGISTERS, registers(100))
    for again in cuts(figures, torn, operations, tear_seed and tear_seed + 1000):
        found = read(layout, again)
        assert not found.damage
        assert dict(found.records) in (held, {**held, REGISTERS: registers(100)})
