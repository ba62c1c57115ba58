"""The commit of a dying supply: no longer than the checklist says, and never with a compaction."""

from dataclasses import dataclass, field
from pathlib import Path

import pytest

from ferraris.bench.bench import Bench
from ferraris.bench.storage import GROWTH, Storage
from ferraris.firmware.meter.config import RecordKind
from ferraris.firmware.store.journal import headroom
from ferraris.firmware.store.layout import Geometry, Layout, plan
from ferraris.hardware.physics.nvm import NvmPart
from ferraris.hardware.platform.load import load
from ferraris.hardware.platform.models import Platform
from ferraris.hardware.world.world import CutMains, RestoreMains, apply
from ferraris.pins import POWER_FAIL, Commit, Inputs, Output
from ferraris.verify.ledger import last_gasp_bytes
from ferraris.verify.running_meter import on_its_board
from memory_rig import PARTS, Figures

PLATFORMS = Path(__file__).resolve().parents[2] / "platforms"
SECOND = 10**9
OUTAGES, APART_S, LASTS_S = 30, 421, 6
"""A prime of seconds apart: the mains fail in every phase of commits and rows; for more than a round of a bank."""


class Counted(NvmPart):
    """A part that notes where it was programmed."""

    def __init__(self, platform: Platform) -> None:
        super().__init__(platform.nvm)
        self.pages: list[set[int]] = []
        self.bytes = 0
        self.size = platform.nvm.page_bytes if platform.nvm.technology == "eeprom" else 1

    def program(self, address: int, data: bytes) -> None:
        super().program(address, data)
        self.bytes += (((address + len(data) - 1) // self.size) - address // self.size + 1) * self.size


@dataclass
class Gasps:
    """What was programmed in each call that heard the alarm; None where it did not become durable."""

    part: Counted
    found: list[int | None] = field(default_factory=list)
    begun: int | None = None

    def observe(self, inputs: Inputs, outputs: tuple[Output, ...]) -> None:  # noqa: ARG002 - a witness hears both
        alarmed = any(edge.pin == POWER_FAIL and edge.level for edge in inputs.edges)
        self.begun = self.part.bytes if alarmed else None
        if alarmed:
            self.found.append(None)

    def durable(self) -> None:
        if self.begun is not None:
            self.found[-1] = self.part.bytes - self.begun

    def power_lost(self) -> None:
        pass


def many_outages(platform: Platform) -> tuple[Bench, Gasps]:
    bench = on_its_board(platform, "2026-03-04 05:06")
    part = Counted(platform)
    part._image[:] = bench.storage.view
    bench.storage = Storage(bench.config.layout, part)
    bench.patient = False
    gasps = Gasps(part)
    bench.witness = gasps
    bench.switch_on(0)
    for number in range(1, OUTAGES + 1):
        bench.advance(number * APART_S * SECOND + 70_000_000)
        bench.world = apply(bench.world, CutMains())
        bench.advance(bench.now_ns + LASTS_S * SECOND)
        bench.world = apply(bench.world, RestoreMains())
    bench.advance(bench.now_ns + 10 * SECOND)
    return bench, gasps


@pytest.mark.parametrize("name", ["home-1p", "shop-3p"])
def test_a_last_gasp_always_succeeds_and_programs_no_more_than_the_checklist_counts(name: str) -> None:
    platform = load(PLATFORMS / f"{name}.toml")
    bench, gasps = many_outages(platform)
    sizes = [size for size in gasps.found if size is not None]
    assert len(sizes) == len(gasps.found) == OUTAGES, "a last commit that did not become durable"
    assert 0 < max(sizes) <= last_gasp_bytes(platform)
    assert bench.storage._journal.generation > 1, "a run without compaction proves nothing about it"


def test_a_bulk_that_is_empty_before_the_alarm_makes_no_last_gasp() -> None:
    _, gasps = many_outages(load(PLATFORMS / "flawed-1p.toml"))
    assert gasps.found == []


@pytest.mark.parametrize("figures", PARTS, ids=lambda figures: figures.technology)
def test_room_for_a_last_record_is_kept_without_moving_a_small_journal_at_every_commit(figures: Figures) -> None:
    storage = Storage(
        plan(Geometry(figures.size_bytes, figures.page_bytes, figures.erase_bytes), [], 2048), NvmPart(figures)
    )
    storage.open()
    commits = 400
    for number in range(commits):
        kind = RecordKind.LEDGER if number % 7 == 0 else RecordKind.DELTA
        storage.commit(Commit(kind, bytes([number % 251]) * (150 if kind is RecordKind.LEDGER else 60)))
        storage.tidy()
        assert headroom(storage.layout, storage._journal) >= 150 * GROWTH
    assert storage._journal.generation < commits / 3


@pytest.mark.parametrize("figures", PARTS, ids=lambda figures: figures.technology)
@pytest.mark.parametrize("length", [20, 60, 100, 150])
def test_a_journal_nearly_full_of_its_latest_records_is_moved_at_most_twice_as_often(
    figures: Figures, length: int
) -> None:
    tidied, left = (rounds(figures, length, tidies=tidies) for tidies in (True, False))
    assert left <= tidied <= 2 * left


def rounds(figures: Figures, length: int, *, tidies: bool) -> int:
    """Compactions in 120 commits to banks of 512 bytes."""
    storage = Storage(layout_of(figures, 1024), NvmPart(figures))
    storage.open()
    for number in range(120):
        storage.commit(Commit(RecordKind.LEDGER, bytes([number]) * length))
        if tidies:
            storage.tidy()
    return storage._journal.generation


def layout_of(figures: Figures, journal: int) -> Layout:
    return plan(Geometry(figures.size_bytes, figures.page_bytes, figures.erase_bytes), [], journal)
