"""The modelled memory part: what each technology does with bytes, and what a failing supply leaves."""

import hashlib
import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ferraris.hardware.physics.nvm import ERASE_STEPS, NvmPart, PowerLost
from memory_rig import EEPROM, FRAM, NOR, PARTS, Figures

ranges = st.tuples(st.integers(0, 1500), st.binary(min_size=1, max_size=300))


def part_with_noise(figures: Figures, tear_seed: int | None = None) -> NvmPart:
    return NvmPart(figures, hashlib.shake_128(b"old").digest(figures.size_bytes), tear_seed)


@given(ranges)
def test_fram_and_eeprom_take_any_byte_and_flash_only_clears_bits(change: tuple[int, bytes]) -> None:
    address, data = change
    for figures in PARTS:
        part = part_with_noise(figures)
        old = bytes(part.view)
        part.program(address, data)
        want = [a & b for a, b in zip(old[address:], data, strict=False)] if figures is NOR else list(data)
        assert bytes(part.view) == old[:address] + bytes(want) + old[address + len(data) :]


@pytest.mark.parametrize("figures", PARTS, ids=lambda figures: figures.technology)
@given(change=ranges, lasting=st.integers(0, 300))
def test_a_tidy_cut_leaves_exactly_so_many_bytes(figures: Figures, change: tuple[int, bytes], lasting: int) -> None:
    address, data = change
    cut, whole = part_with_noise(figures), part_with_noise(figures)
    whole.program(address, data[:lasting])
    cut.supply(lasting)
    if lasting < len(data):
        with pytest.raises(PowerLost):
            cut.program(address, data)
        with pytest.raises(PowerLost):
            cut.program(0, b"x")
    else:
        cut.program(address, data)
    assert cut.view == whole.view


@pytest.mark.parametrize("figures", PARTS, ids=lambda figures: figures.technology)
@given(change=ranges, lasting=st.integers(1, 300), seed=st.integers(1, 2**32))
def test_an_untidy_cut_spoils_no_more_than_what_was_being_programmed(
    figures: Figures, change: tuple[int, bytes], lasting: int, seed: int
) -> None:
    address, data = change
    lasting = min(lasting, len(data) - 1)
    part, again = part_with_noise(figures, seed), part_with_noise(figures, seed)
    old = bytes(part.view)
    for one in (part, again):
        one.supply(lasting)
        with pytest.raises(PowerLost):
            one.program(address, data)
    assert part.view == again.view, "the same seed leaves the same bytes"
    assert part.view[:address] == old[:address]
    assert part.view[address + len(data) :] == old[address + len(data) :]
    page = figures.page_bytes if figures.page_bytes > 1 else len(old)
    edges = sorted({address, address + len(data), *range(address // page * page + page, address + len(data), page)})
    spoilt = 0
    for begin, end in itertools.pairwise(edges):
        was, now, want = old[begin:end], bytes(part.view[begin:end]), data[begin - address : end - address]
        want = bytes(a & b for a, b in zip(was, want, strict=True)) if figures is NOR else want
        spoilt += now not in {was, want}
        # NOR and FRAM program byte after byte: all before the cut new, all behind it old, on NOR one byte between
        cut = next((n for n in range(end - begin + 1) if now[n + (figures is NOR) :] == was[n + (figures is NOR) :]), 0)
        assert figures is EEPROM or now[:cut] == want[:cut]
    assert spoilt <= 1, "pages are programmed one after the other, in whatever order"


@pytest.mark.parametrize("figures", [EEPROM, NOR], ids=lambda figures: figures.technology)
def test_pages_and_sectors_of_an_untidy_operation_may_come_in_any_order_before_a_cut(figures: Figures) -> None:
    firsts, sectors = set[int](), set[int]()
    for seed in range(1, 40):
        part = NvmPart(figures, b"\xff" * figures.size_bytes, seed)
        part.supply(64)
        with pytest.raises(PowerLost):
            part.program(0, b"\x55" * 256)
        firsts |= {n for n in range(4) if part.view[64 * n : 64 * n + 64] == b"\x55" * 64}
        if figures.erase_bytes:
            flash = NvmPart(figures, bytes(figures.size_bytes), seed)
            flash.supply(ERASE_STEPS)
            with pytest.raises(PowerLost):
                flash.erase(0, 2048)
            sectors |= {n for n in range(4) if flash.view[512 * n : 512 * n + 512] == b"\xff" * 512}
    assert firsts == {0, 1, 2, 3}
    assert sectors == ({0, 1, 2, 3} if figures.erase_bytes else set())


def test_an_untidy_cut_of_an_eeprom_page_is_not_a_prefix() -> None:
    """Otherwise the untidy mode would prove nothing that the tidy one does not."""
    part = NvmPart(EEPROM, b"\x00" * 2048, 3)
    part.supply(20)
    with pytest.raises(PowerLost):
        part.program(0, b"\x55" * 40)
    content = bytes(part.view[:40])
    assert content != b"\x55" * 20 + b"\x00" * 20
    assert {0x00, 0x55, 0xFF} < set(content)


@pytest.mark.parametrize("steps", range(ERASE_STEPS + 1))
@pytest.mark.parametrize("seed", [None, 5])
def test_a_cut_erase_spoils_only_its_own_sector(steps: int, seed: int | None) -> None:
    part = part_with_noise(NOR, seed)
    old = bytes(part.view)
    part.supply(ERASE_STEPS + steps)
    part.erase(512, 512)
    if steps < ERASE_STEPS:
        with pytest.raises(PowerLost):
            part.erase(1024, 512)
    else:
        part.erase(1024, 512)
    assert part.view[:512] == old[:512]
    assert part.view[512:1024] == b"\xff" * 512
    assert part.view[1536:] == old[1536:]
    assert (part.view[1024:1536] == old[1024:1536]) == (steps == 0)
    assert (part.view[1024:1536] == b"\xff" * 512) == (steps == ERASE_STEPS)


@pytest.mark.parametrize(
    ("figures", "time_s"),
    # 100 bytes from address 60: pages of 64 bytes are touched at 60..63, 64..127, 128..159.
    [(FRAM, 100 * 5e-3), (EEPROM, 3 * 5e-3), (NOR, 3 * 5e-3)],
)
def test_time_and_energy_are_those_of_the_sheet(figures: Figures, time_s: float) -> None:
    part = NvmPart(figures)
    part.program(60, b"x" * 100)
    assert part.time_s == pytest.approx(time_s, rel=1e-12)
    assert part.energy_j == pytest.approx(100 * 1e-7, rel=1e-12)


def test_wear_counts_the_cells_that_wear_together() -> None:
    fram, eeprom, nor = NvmPart(FRAM), NvmPart(EEPROM), NvmPart(NOR)
    for part in (fram, eeprom, nor):
        for _ in range(5):
            part.program(3, b"ab")  # bytes 3 and 4: one row of 8, two groups of 4
    assert fram.cycles[:2].tolist() == [5, 0]
    assert eeprom.cycles[:3].tolist() == [5, 5, 0]
    assert nor.cycles.max() == 0, "flash wears by erasing"
    nor.erase(512, 512)
    assert nor.cycles[:3].tolist() == [0, 1, 0]
    assert eeprom.life_used == pytest.approx(5e-6, rel=1e-12)


def test_the_view_shows_later_changes_and_cannot_be_written() -> None:
    part = NvmPart(FRAM)
    view = part.view
    part.program(0, b"new")
    assert view[:3] == b"new"
    with pytest.raises(TypeError):
        view[0] = 1
    part.flip(8)
    assert view[1] == ord("e") ^ 1


def test_a_new_part_reads_as_delivered() -> None:
    assert set(NvmPart(FRAM).view) == {0x00}
    assert set(NvmPart(EEPROM).view) == set(NvmPart(NOR).view) == {0xFF}
