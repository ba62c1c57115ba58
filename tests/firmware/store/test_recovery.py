"""Recovery from anything: noise, flipped bits, lost banks, other layouts; never wrong without saying so."""

import hashlib
from collections.abc import Callable, Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ferraris.firmware.store.codec import has_complete_mark
from ferraris.firmware.store.journal import JournalFullError, compact, headroom
from ferraris.firmware.store.layout import HEAD_SIZE
from ferraris.firmware.store.operations import GRAIN, Erase, Operation, Program
from ferraris.firmware.store.recovery import Recovered, Refused, recover
from ferraris.hardware.physics.nvm import NvmPart
from memory_rig import FRAM, NOR, PARTS, Figures, Keeper, cuts, perform, read, rows_of, small_layout

technologies = pytest.mark.parametrize("figures", PARTS, ids=lambda figures: figures.technology)


def noise(seed: int, size: int) -> bytes:
    return hashlib.shake_128(seed.to_bytes(8, "big")).digest(size)


def used(figures: Figures, commits: int = 23) -> Keeper:
    """A part that has seen some compactions and whose ring has gone round; kind 2 was written once, early."""
    keeper = Keeper(figures)
    keeper.commit(2, b"a setting")
    for n in range(commits):
        keeper.commit(1, payload(n))
        keeper.push(payload(n)[:20])
    return keeper


def payload(n: int) -> bytes:
    return b"registers" + n.to_bytes(20, "big")


@technologies
def test_a_part_as_delivered_is_a_valid_beginning(figures: Figures) -> None:
    for fill in (b"\xff", b"\x00"):
        found = read(small_layout(figures), fill * figures.size_bytes)
        assert not found.records
        assert not found.is_damaged
        assert not found.torn
        assert len(found.rings[0]) == 0


@technologies
def test_what_was_written_is_found(figures: Figures) -> None:
    found = used(figures).found()
    assert dict(found.records) == {1: payload(22), 2: b"a setting"}
    assert not found.damage
    assert not found.torn


@technologies
@given(seed=st.integers(0, 2**32))
def test_noise_is_refused(figures: Figures, seed: int) -> None:
    assert isinstance(recover(small_layout(figures), noise(seed, figures.size_bytes)), Refused)


USED = {figures: bytes(used(figures).part.view) for figures in PARTS}
WRITTEN = {1: {payload(n) for n in range(23)}, 2: {b"a setting"}}
changes = st.lists(st.tuples(st.integers(0, 4095), st.binary(min_size=1, max_size=90)), min_size=1, max_size=6)
fills = st.tuples(st.integers(0, 4095), st.integers(1, 700), st.sampled_from([b"\xff", b"\x00"]))


@technologies
@given(spoils=changes, fill=fills)
def test_any_change_of_a_used_part_gives_true_records_or_a_refusal(
    figures: Figures, spoils: list[tuple[int, bytes]], fill: tuple[int, int, bytes]
) -> None:
    memory = bytearray(USED[figures])
    for place, content in [*spoils, (fill[0], fill[1] * fill[2])]:
        at = place % len(memory)
        memory[at : at + len(content)] = content[: len(memory) - at]
    found = recover(small_layout(figures), memory)
    if isinstance(found, Recovered):
        _is_true(figures, found, bytes(memory))


def _is_true(figures: Figures, found: Recovered, memory: bytes) -> None:
    """Everything shown was once written, nothing older is shown without a word, and the meter can go on.

    Where a stretch of the bank's end was wiped, it looks as if the last records had been torn or never written.
    """
    assert all(content in WRITTEN[kind] for kind, content in found.records.items())
    if dict(found.records) != {1: payload(22), 2: b"a setting"}:
        begin, end = found.journal.position, small_layout(figures).closing(found.journal.generation)
        was_wiped = memory[begin:end] != USED[figures][begin:end]
        assert found.damage or found.torn or was_wiped
    rows = rows_of(small_layout(figures), found, memory)
    assert all(content is None or content == payload(n)[:20] for n, content in rows.items())
    keeper = Keeper(figures, memory, found=found)
    keeper.commit(1, b"later")
    keeper.push(b"later")
    again = keeper.found()
    assert dict(again.records) == {**found.records, 1: b"later"}
    assert keeper.rows()[keeper.rings[0].next - 1] == b"later"


LENGTHS = {1: 29, 2: 0, 3: 1, 4: 6, 5: 14, 6: 15, 7: 40, 8: 22}
"""Kinds and their lengths: nothing, less than a grain, whole grains, one byte more."""


def of_all_kinds(figures: Figures) -> tuple[bytes, dict[int, set[bytes]], list[set[bytes]]]:
    """A part that was compacted, with eight kinds and two rings gone round; and everything ever written to it."""
    keeper, ever = Keeper(figures), {kind: set[bytes]() for kind in LENGTHS}
    rows = [set[bytes](), set[bytes]()]
    for n in range(27):
        kind = 1 + n % 8 if n < 16 else 1 + 6 * (n % 2)
        ever[kind].add(bytes([n]) * LENGTHS[kind])
        keeper.commit(kind, bytes([n]) * LENGTHS[kind])
        for index, size in enumerate((20, 7)):
            keeper.push(bytes([n]) * size, index)
            rows[index].add(bytes([n]) * size)
    assert keeper.journal.generation > 2
    assert set(keeper.journal.latest) == set(LENGTHS)
    return bytes(keeper.part.view), ever, rows


MANY = {figures: of_all_kinds(figures) for figures in PARTS}


def is_never_silently_wrong(figures: Figures, truth: Recovered, bits: Iterable[int]) -> bool:
    """With these bits flipped all is as it was, or damage is told and only older truth shown. Whether it is told."""
    image, ever, pushed = MANY[figures]
    layout, memory = small_layout(figures), bytearray(image)
    for bit in bits:
        memory[bit // 8] ^= 1 << bit % 8
    found = recover(layout, memory)
    if isinstance(found, Refused):
        return True
    rows = [rows_of(layout, found, memory, index) for index in (0, 1)]
    held = [rows_of(layout, truth, image, index) for index in (0, 1)]
    is_same = found.records == truth.records and all(
        now.get(number) == row for now, was in zip(rows, held, strict=True) for number, row in was.items()
    )
    assert is_same or found.damage, f"bits {tuple(bits)}"
    assert all(content in ever[kind] for kind, content in found.records.items())
    for now, written in zip(rows, pushed, strict=True):
        assert all(content is None or content in written for content in now.values())
    return bool(found.damage)


@technologies
def test_no_single_flipped_bit_is_silently_wrong(figures: Figures) -> None:
    """Every bit of the part; of flash, twice as large and mostly blank, every fifth: 5 and 8 have no common factor."""
    truth = read(small_layout(figures), MANY[figures][0])
    told = 0
    for bit in range(0, 8 * figures.size_bytes, 5 if figures.erase_bytes else 1):
        told += is_never_silently_wrong(figures, truth, [bit])
    assert told > 8 * 100


@technologies
def test_no_two_flipped_bits_are_silently_wrong(figures: Figures) -> None:
    """6700 pairs on each part, half of them close together, where they can meet in one record."""
    truth = read(small_layout(figures), MANY[figures][0])
    draws = memoryview(noise(2, 8 * 6700)).cast("I")
    for first, second in zip(draws[::2], draws[1::2], strict=True):
        bit = first % (8 * figures.size_bytes)
        other = bit ^ (second % 255 + 1) if second & 0x8000_0000 else second % (8 * figures.size_bytes)
        is_never_silently_wrong(figures, truth, {bit, other})


def spoil(keeper: Keeper, address: int, size: int = 1) -> bytes:
    memory = bytearray(keeper.part.view)
    for n in range(address, address + size):
        memory[n] ^= 0x10
    return bytes(memory)


@technologies
def test_the_newest_record_spoilt_is_damage_and_the_one_before_stands_in(figures: Figures) -> None:
    keeper = used(figures)
    spoilt = spoil(keeper, keeper.commit(1, payload(99))[0].address + 20)
    found = read(keeper.layout, spoilt)
    assert [(flaw.kind, flaw.place) for flaw in found.damage] == [(1, f"bank {keeper.journal.generation % 2}")]
    assert found.records[1] == payload(22)


@technologies
def test_the_newest_header_spoilt_and_a_bit_behind_the_record_is_damage(figures: Figures) -> None:
    """With the header unreadable nobody knows where the record ended; its mark shows that it was finished."""
    keeper = used(figures, 20)
    body, mark = keeper.commit(1, payload(99))
    assert isinstance(mark, Program)
    behind = range(mark.address + GRAIN, keeper.layout.closing(keeper.journal.generation))
    assert len(behind) > 2 * GRAIN
    for address in (behind[0], behind[GRAIN + 1], behind[-1]):
        memory = bytearray(spoil(keeper, body.address + 7))
        memory[address] ^= 0x10
        found = read(keeper.layout, bytes(memory))
        assert found.is_damaged, address
        assert found.records[1] == payload(19)


@technologies
def test_a_spoilt_header_in_the_middle_does_not_hide_the_records_behind_it(figures: Figures) -> None:
    keeper = used(figures, 4)
    address = keeper.commit(3, b"an event")[0].address
    keeper.commit(1, payload(50))
    found = read(keeper.layout, spoil(keeper, address + 3))
    assert found.records[1] == payload(50)
    assert len(found.damage) == 1
    assert 3 not in found.records


@technologies
@pytest.mark.parametrize("copy", [0, 1])
def test_a_spoilt_copy_of_a_head_costs_nothing_but_is_told(figures: Figures, copy: int) -> None:
    keeper = used(figures)
    address = keeper.layout.head_addresses(keeper.journal.generation)[copy]
    found = read(keeper.layout, spoil(keeper, address + 12))
    assert found.records == keeper.journal.latest
    assert len(found.damage) == 1


def fresh_from_compaction(figures: Figures) -> Keeper:
    """A part whose newest bank holds only what compaction copied."""
    keeper = used(figures)
    while headroom(keeper.layout, keeper.journal) >= len(payload(0)):
        keeper.commit(1, payload(21))
    keeper.commit(1, payload(22))
    return keeper


@technologies
@pytest.mark.parametrize("lose", [lambda n: b"\xff" * n, lambda n: noise(1, n)], ids=["wiped", "noise"])
def test_a_lost_bank_cannot_pass_for_an_old_state(figures: Figures, lose: Callable[[int], bytes]) -> None:
    keeper = fresh_from_compaction(figures)
    begin = keeper.layout.bank_address(keeper.journal.generation)
    memory = bytearray(keeper.part.view)
    memory[begin : begin + keeper.layout.bank] = lose(keeper.layout.bank)
    found = read(keeper.layout, memory)
    assert found.damage
    assert found.records[1] == payload(21)
    assert found.records[2] == b"a setting"
    assert found.journal.generation == keeper.journal.generation - 1


@technologies
def test_a_record_that_only_the_other_bank_still_knows_survives_a_cut_at_any_byte(figures: Figures) -> None:
    """The copy of the setting is spoilt; before the other bank is blanked the setting is copied over once more."""
    keeper = fresh_from_compaction(figures)
    setting = bytes(keeper.part.view).index(b"a setting", keeper.layout.first_record(keeper.journal.generation))
    spoilt = spoil(keeper, setting)
    found = read(keeper.layout, spoilt)
    assert found.journal.borrowed == (2,)
    assert found.records[2] == b"a setting"
    after = Keeper(figures, spoilt)
    for torn in cuts(figures, spoilt, after.commit(1, b"later")):
        assert read(keeper.layout, torn).records[2] == b"a setting"
    assert not after.found().damage, "the bank with the damage was left"


@technologies
def test_both_banks_lost_is_a_refusal(figures: Figures) -> None:
    keeper = used(figures)
    memory = bytearray(keeper.part.view)
    for address in (*keeper.layout.head_addresses(0), *keeper.layout.head_addresses(1)):
        memory[address : address + HEAD_SIZE] = b"\xff" * HEAD_SIZE
    refused = recover(keeper.layout, memory)
    assert isinstance(refused, Refused)
    assert "neither bank" in refused.reason


@technologies
def test_wiped_heads_of_the_first_generation_are_not_taken_for_a_new_part(figures: Figures) -> None:
    keeper = Keeper(figures)
    keeper.commit(1, b"one")
    keeper.commit(1, b"two")
    memory = bytearray(keeper.part.view)
    for address in keeper.layout.head_addresses(1):
        memory[address : address + HEAD_SIZE] = b"\xff" * HEAD_SIZE
    assert isinstance(recover(keeper.layout, memory), Refused)


def test_a_part_laid_out_otherwise_is_refused() -> None:
    memory = USED[FRAM]
    other = recover(small_layout(FRAM, 896), memory)
    assert isinstance(other, Refused)
    assert isinstance(recover(small_layout(FRAM), memory[:-1]), Refused)
    assert isinstance(recover(small_layout(FRAM), b""), Refused)


@technologies
def test_a_row_spoilt_is_a_hole_and_the_newest_row_spoilt_is_not_forgotten(figures: Figures) -> None:
    keeper = used(figures)
    ring, plan = keeper.rings[0], keeper.layout.rings[0]
    for sequence in (ring.next - 3, ring.next - 1):
        memory = spoil(keeper, plan.slot_address(sequence % plan.slots) + 14)
        found = read(keeper.layout, memory)
        assert found.rings[0].next == ring.next
        assert [flaw.sequence for flaw in found.damage] == [sequence]
        assert rows_of(keeper.layout, found, memory)[sequence] is None


@technologies
def test_a_row_wiped_from_the_middle_is_told(figures: Figures) -> None:
    keeper = used(figures)
    plan, sequence = keeper.layout.rings[0], keeper.rings[0].next - 3
    memory = bytearray(keeper.part.view)
    address = plan.slot_address(sequence % plan.slots)
    memory[address : address + plan.extent] = b"\xff" * plan.extent
    assert [flaw.sequence for flaw in read(keeper.layout, memory).damage] == [sequence]


@pytest.mark.parametrize("gone", [1, 8, 20, 31])
def test_an_erase_cut_within_the_oldest_row_is_no_damage_and_no_row_to_come(gone: int) -> None:
    """Flash: the sector of the next turn is half erased; its first row has lost its head and still has its mark."""
    keeper = used(NOR)
    plan, operations = keeper.layout.rings[0], tuple[Operation, ...]()
    while not any(isinstance(operation, Erase) for operation in operations):
        image, sequence = bytes(keeper.part.view), keeper.rings[0].next
        operations = keeper.push(payload(sequence)[:20])
    *written, erase = operations
    assert isinstance(erase, Erase)
    part = NvmPart(NOR, image)
    perform(part, written)
    memory = bytearray(part.view)
    assert has_complete_mark(memoryview(memory), erase.address + plan.extent - 8), "an old row is there to be erased"
    memory[erase.address : erase.address + gone] = b"\xff" * gone
    found = read(keeper.layout, memory)
    assert not found.damage
    assert found.rings[0].next == sequence + 1
    rows = rows_of(keeper.layout, found, memory)
    assert all(rows[n] == payload(n)[:20] for n in range(sequence - 5, sequence + 1))
    after = Keeper(NOR, bytes(memory), found=found)
    after.push(b"later")
    assert after.rows()[sequence + 1] == b"later"


def test_records_that_do_not_fit_one_bank_together_are_an_error_and_nothing_is_lost() -> None:
    keeper = used(FRAM)
    before = bytes(keeper.part.view)
    with pytest.raises(JournalFullError, match="a bank of the journal holds"):
        keeper.commit(5, b"x" * 400)
    assert bytes(keeper.part.view) == before
    keeper.commit(1, payload(30))
    assert keeper.found().records[1] == payload(30)


@technologies
def test_a_compaction_ahead_of_need_gives_headroom_and_changes_no_record(figures: Figures) -> None:
    keeper = used(figures, 9)
    journal, operations = compact(keeper.layout, keeper.journal)
    assert headroom(keeper.layout, journal) >= headroom(keeper.layout, keeper.journal)
    for torn in cuts(figures, bytes(keeper.part.view), operations):
        assert read(keeper.layout, torn).records == keeper.journal.latest
    assert journal.latest == keeper.journal.latest
