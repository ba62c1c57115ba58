"""The power fails after every single programmed byte of ten minutes of commits and rows: nothing promised is lost."""

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from ferraris.firmware.store.layout import Layout
from ferraris.firmware.store.operations import Operation
from ferraris.firmware.store.recovery import Recovered
from ferraris.firmware.store.ring import row
from memory_rig import PARTS, ROW_BYTES, Figures, Keeper, cuts, read, rows_of, small_layout

REGISTERS, EVENT, SETTING = 1, 2, 3
TIDY, UNTIDY = None, 7
GOES_ON_EVERY, SECOND_CUT_EVERY = 3, 211
"""Going on is tried after every third cut, and a second cut, again at every byte, after every 211th: primes, so that
they meet every phase of the operations."""


@dataclass(frozen=True)
class Act:
    """One durable write of the run: what was true before, what is true after."""

    image: bytes
    operations: tuple[Operation, ...]
    before: dict[int, bytes]
    after: dict[int, bytes]
    rows_before: dict[int, bytes | None]
    rows_after: dict[int, bytes | None]


def registers(moment: int) -> bytes:
    """Registers that only rise: a snapshot of 32 bytes every ten seconds."""
    return b"".join((moment * 997 * factor).to_bytes(8, "big") for factor in (1, 3, 7, 11))


def profile_row(moment: int) -> bytes:
    return moment.to_bytes(4, "big") + registers(moment)[-(ROW_BYTES - 4) :]


def ten_minutes(figures: Figures) -> Iterator[Act]:
    """A commit of registers each ten seconds, a row each minute, an event now and then, settings once."""
    keeper = Keeper(figures)
    for moment in range(60):
        yield _act(keeper, REGISTERS, registers(moment))
        if moment == 3:
            yield _act(keeper, SETTING, b"tariff" * 5)
        if moment % 17 == 5:
            yield _act(keeper, EVENT, b"event %d" % moment)
        if moment % 6 == 5:
            yield _act(keeper, None, profile_row(moment))


def _act(keeper: Keeper, kind: int | None, payload: bytes) -> Act:
    image, before, rows_before = bytes(keeper.part.view), dict(keeper.found().records), keeper.rows()
    operations = keeper.push(payload) if kind is None else keeper.commit(kind, payload)
    after = before if kind is None else {**before, kind: payload}
    return Act(image, operations, before, after, rows_before, keeper.rows())


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
    rows = rows_of(layout, found, torn)
    assert dict(found.records) in (act.before, act.after)
    _rows_are_kept(act, rows)
    return dict(found.records) == act.after and rows.keys() >= act.rows_after.keys()


def _rows_are_kept(act: Act, rows: dict[int, bytes | None]) -> None:
    """Every row there is, is right; no row is missing but those that were due to make room."""
    known = {**act.rows_before, **act.rows_after}
    assert all(payload is None or payload == known[sequence] for sequence, payload in rows.items())
    staying = act.rows_before.keys() & act.rows_after.keys()
    assert all(rows.get(sequence) is not None for sequence in staying), (rows, staying)


def _goes_on(keeper: Keeper, held: Recovered) -> None:
    """After the cut the meter writes on, and everything it writes is there."""
    keeper.commit(REGISTERS, registers(100))
    sequence = keeper.rings[0].next
    keeper.push(profile_row(100))
    found = keeper.found()
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
