"""Cells that stick while the meter goes on: what is written is read back, and no record or row is lost unnoticed."""

from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest

from ferraris.bench.storage import Storage, WornOutError
from ferraris.firmware.store.layout import HEAD_SIZE
from ferraris.firmware.store.recovery import Recovered
from ferraris.firmware.store.ring import advance, follow, row
from ferraris.hardware.physics.nvm import NvmPart, PowerLost
from ferraris.pins import Append, Commit
from memory_rig import EEPROM, FRAM, NOR, PARTS, ROWS, SHORT_ROWS, Figures, read, rows_of, small_layout

technologies = pytest.mark.parametrize("figures", PARTS, ids=lambda figures: figures.technology)
EVERY = 131
"""Every 131st bit sticks in a run of its own: a prime, so all bits of a byte and all places in a grain occur."""


@dataclass
class Meter:
    """Writes through the driver, and remembers in a dict and in lists what was promised."""

    storage: Storage
    records: dict[int, bytes] = field(default_factory=dict)
    rows: tuple[list[bytes], list[bytes]] = field(default_factory=lambda: ([], []))

    def commit(self, kind: int, payload: bytes) -> None:
        self.storage.commit(Commit(kind, payload))
        self.records[kind] = payload

    def push(self, index: int, payload: bytes) -> None:
        self.storage.append(Append(index, payload))
        self.rows[index].append(payload)

    def found(self) -> Recovered:
        return read(self.storage.layout, self.storage.view)


def meter(figures: Figures) -> Meter:
    """As it comes from the factory, with a first record."""
    part = NvmPart(figures)
    storage = Storage(small_layout(figures), part)
    storage.open()
    one = Meter(storage)
    one.commit(2, b"a setting")
    return one


def work(one: Meter, moments: range) -> Iterator[int]:
    for moment in moments:
        one.commit(1, b"registers" + moment.to_bytes(24, "big"))
        one.push(0, b"row %d" % moment)
        one.push(1, b"log%d" % (moment % 1000))
        if moment % 5 == 0:
            one.commit(3 + moment % 4, b"other %d" % moment)
        yield moment


def nothing_is_missing(one: Meter) -> None:
    """Every latest record and the newest rows; a skipped slot costs the ring a row of what it promises."""
    found, layout = one.found(), one.storage.layout
    assert dict(found.records) == one.records
    for index, promised in enumerate((ROWS, SHORT_ROWS)):
        held = [payload for payload in rows_of(layout, found, one.storage.view, index).values() if payload is not None]
        kept = min(promised - 1, len(one.rows[index]))
        assert held[-kept:] == one.rows[index][-kept:]


@technologies
@pytest.mark.parametrize("value", [False, True], ids=["0", "1"])
def test_one_stuck_bit_anywhere_costs_no_record_and_no_row(figures: Figures, value: bool) -> None:
    skips = 0
    for bit in range(0, 8 * figures.size_bytes, EVERY):
        one = meter(figures)
        assert isinstance(one.storage.part, NvmPart)
        one.storage.part.stick(bit, value=value)
        for moment in work(one, range(26)):
            if moment % 6 == 5:
                nothing_is_missing(one)
            if moment % 11 == 10:
                one.storage.open()
        skips += one.storage.skips
    assert skips > 20, "some of the bits must have been in the way"


@technologies
def test_bits_that_stick_one_after_the_other_are_stepped_over_until_there_is_no_place_left(figures: Figures) -> None:
    """And then the meter says so, in words, with everything before still there."""
    one = meter(figures)
    assert isinstance(one.storage.part, NvmPart)
    with pytest.raises(WornOutError, match="worn out"):
        bits_stick(one, one.storage.part)
    assert one.storage.part.faults.stuck > 8
    assert dict(one.found().records) == one.records


def bits_stick(one: Meter, part: NvmPart) -> None:
    """A bit more at each round of work; the ones that spoil what was written before are told as damage."""
    for moment in work(one, range(3000)):
        part.stick((moment * 7919) % (8 * 2 * one.storage.layout.bank), value=moment % 2 == 0)
        found = one.found()
        if dict(found.records) != one.records:
            assert found.damage, "a bit that stuck in an old record is damage, and told"
            one.records = dict(found.records)
            one.storage.open()


@technologies
def test_a_record_that_does_not_read_back_is_written_behind_the_place(figures: Figures) -> None:
    one = meter(figures)
    assert isinstance(one.storage.part, NvmPart)
    address = one.storage._journal.position
    one.storage.part.stick(8 * address + 3, value=False)  # 0xA5, the first byte of a record, has bit 5 set
    one.storage.part.stick(8 * address + 5, value=False)
    one.commit(1, b"registers")
    assert one.storage.skips == 1
    found = one.found()
    assert dict(found.records) == one.records
    assert not found.damage, "nothing is missing between the records"
    assert [flaw.address for flaw in found.torn] == [address]


@technologies
def test_a_skipped_slot_is_no_damage_and_the_firmware_s_ring_follows(figures: Figures) -> None:
    one = meter(figures)
    assert isinstance(one.storage.part, NvmPart)
    layout = one.storage.layout
    one.push(0, b"first")
    before = one.storage._rings[0]
    one.storage.part.stick(8 * layout.rings[0].slot_address(before.next) + 5, value=False)
    one.push(0, b"second")
    after = one.storage._rings[0]
    assert after.next == before.next + 2
    assert follow(layout, advance(layout, before), one.storage.view) == after
    assert follow(layout, after, one.storage.view) == after
    found = one.found()
    assert not found.damage
    assert found.rings[0].next == after.next
    assert [row(layout, found.rings[0], one.storage.view, n) for n in range(after.next)] == [b"first", None, b"second"]


@pytest.mark.parametrize("figures", [FRAM, EEPROM], ids=lambda figures: figures.technology)
def test_a_cut_while_a_record_is_written_once_more_leaves_the_old_or_the_new(figures: Figures) -> None:
    """The cell is broken and says so by damage; the state is one of the two all the same."""
    lasting, whole = 0, False
    while not whole:
        one = meter(figures)
        part = one.storage.part
        assert isinstance(part, NvmPart)
        one.commit(1, b"old")
        old = dict(one.records)
        part.stick(8 * (one.storage._journal.position + 12), value=not b"new"[2] & 1)
        part.supply(lasting)
        try:
            one.commit(1, b"new")
            whole = True
        except PowerLost:
            pass
        assert dict(one.found().records) in (old, {**old, 1: b"new"})
        part.supply(None)
        one.storage.open()
        one.commit(4, b"later")
        assert one.found().records[4] == b"later"
        lasting += 1
    assert one.storage.skips == 1
    assert lasting == 16 + 24 + 1, "a body without its mark, and a record, were written"


@technologies
def test_a_bank_of_which_both_heads_fail_is_said_and_the_other_bank_stays_valid(figures: Figures) -> None:
    one = meter(figures)
    part, layout = one.storage.part, one.storage.layout
    assert isinstance(part, NvmPart)
    other = one.storage._journal.generation + 1
    for head in layout.head_addresses(other):
        for byte in range(head, head + HEAD_SIZE):
            part.stick(8 * byte, value=False)
            part.stick(8 * byte + 1, value=False)
    with pytest.raises(WornOutError, match="neither head"):
        for _ in work(one, range(100)):
            pass
    assert dict(one.found().records) == one.records


def test_an_unsettled_bit_in_a_record_never_shows_what_was_not_written() -> None:
    """It reads one way at one power-up and the other at the next: the record, or the one before with damage told."""
    one = meter(NOR)
    part = one.storage.part
    assert isinstance(part, NvmPart)
    one.commit(1, b"old")
    address = one.storage._journal.position
    one.commit(1, b"new")
    part.unsettle(8 * (address + 11) + 2)
    seen = set()
    for _ in range(20):
        part.power_up()
        found = one.found()
        seen.add((found.records[1], bool(found.damage)))
    assert seen == {(b"new", False), (b"old", True)}
