"""The layout: nothing overlaps, nothing straddles a page or sector, and what does not fit is said so."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ferraris.firmware.store.codec import extent_of
from ferraris.firmware.store.layout import Geometry, LayoutError, RingSpec, plan

GEOMETRIES = (Geometry(1 << 20), Geometry(1 << 20, 256), Geometry(1 << 20, 256, 4096), Geometry(1 << 20, 64, 512))
specs = st.lists(st.builds(RingSpec, st.integers(1, 400), st.integers(1, 60)), max_size=4)


@given(st.sampled_from(GEOMETRIES), specs, st.integers(1000, 60_000))
def test_banks_and_slots_are_apart_and_keep_to_pages_and_sectors(
    geometry: Geometry, rings: list[RingSpec], journal: int
) -> None:
    layout = plan(geometry, rings, journal)
    assert 2 * layout.bank >= journal
    assert layout.bank % max(geometry.page, geometry.erase, 8) == 0
    end = 2 * layout.bank
    for ring, spec in zip(layout.rings, rings, strict=True):
        assert ring.rows >= spec.rows
        for slot in range(ring.slots):
            address = ring.slot_address(slot)
            assert address >= end
            end = address + ring.extent
            if geometry.page > 1 and ring.extent <= geometry.page and not geometry.erase:
                assert address // geometry.page == (end - 1) // geometry.page, "a slot lies in two pages"
            if geometry.erase:
                assert address // geometry.erase == (end - 1) // geometry.erase, "a slot lies in two sectors"
    assert end <= geometry.size


@given(st.sampled_from(GEOMETRIES[2:]), st.integers(1, 400), st.integers(1, 60))
def test_on_flash_a_turn_is_a_sector_of_its_own(geometry: Geometry, payload: int, rows: int) -> None:
    ring = plan(geometry, [RingSpec(payload, rows)], 4096).rings[0]
    sectors = [ring.slot_address(slot) // geometry.erase for slot in range(ring.slots)]
    assert ring.slots % ring.turn == 0
    assert all(sectors[slot] == sectors[slot - slot % ring.turn] for slot in range(ring.slots))
    assert len(set(sectors)) == ring.slots // ring.turn
    assert ring.turn == geometry.erase // extent_of(payload)


@pytest.mark.parametrize(
    ("geometry", "rings", "journal", "words"),
    [
        (Geometry(4096), [RingSpec(30, 1000)], 1024, "the memory part has 4096"),
        (Geometry(4096), [], 8192, "the memory part has 4096"),
        (Geometry(4096), [], 100, "too small"),
        (Geometry(4096, 12), [], 1024, "multiples of 8"),
        (Geometry(4096, 256, 1000), [], 1024, "multiples of 8"),
        (Geometry(4096), [RingSpec(0, 5)], 1024, "ring 0"),
        (Geometry(4096), [RingSpec(5, 5), RingSpec(5, 0)], 1024, "ring 1"),
        (Geometry(1 << 20, 64, 512), [RingSpec(600, 5)], 1024, "longer than a sector"),
    ],
)
def test_what_cannot_be_laid_out_is_refused_in_words(
    geometry: Geometry, rings: list[RingSpec], journal: int, words: str
) -> None:
    with pytest.raises(LayoutError, match=words):
        plan(geometry, rings, journal)


def test_every_change_of_the_layout_changes_its_fingerprint() -> None:
    variants = [
        plan(Geometry(1 << 20, page, erase), [RingSpec(payload, rows)], journal)
        for page, erase in ((1, 0), (256, 0), (256, 4096))
        for payload in (30, 60)
        for rows in (10, 300)
        for journal in (8192, 16384)
    ]
    assert len({layout.fingerprint for layout in variants}) == len(variants)
