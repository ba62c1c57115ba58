"""The power is cut after every single byte that a whole meter programs in ten minutes, on each kind of memory part."""

from dataclasses import dataclass
from typing import Literal

import pytest

from bench_rig import SECOND, Terms, rig
from dlms_rig import read_once
from ferraris.bench.bench import Bench
from ferraris.bench.clock import true_ns
from ferraris.bench.storage import Storage
from ferraris.firmware.billing import registers as billing
from ferraris.firmware.billing.profile import decode_row
from ferraris.firmware.billing.registers import Registers
from ferraris.firmware.meter.wake import next_wake
from ferraris.firmware.store import ring
from ferraris.firmware.store.layout import Geometry
from ferraris.hardware.physics.nvm import NvmPart

COMMIT_MS = 60_000
RUN_NS = 600 * SECOND
STEPS = 1_000_000
"""More than any stop programs."""


@dataclass(frozen=True)
class Sheet:
    technology: Literal["fram", "eeprom", "nor"]
    size_bytes: int
    page_bytes: int
    erase_bytes: int
    write_s: float = 0.0
    erase_s: float = 0.0
    write_j: float = 0.0
    endurance_cycles: float = 1e6


SHEETS = {
    "fram": Sheet("fram", 4096, 1, 0),
    "eeprom": Sheet("eeprom", 4096, 64, 0),
    "nor": Sheet("nor", 8192, 256, 1024),
}


def terms(sheet: Sheet) -> Terms:
    """Commits every minute, rows every two, a journal so small that it is compacted on the way."""
    geometry = Geometry(sheet.size_bytes, sheet.page_bytes, sheet.erase_bytes)
    return Terms(1, COMMIT_MS, 120_000, rows=3, geometry=geometry, journal=2048)


def fresh(sheet: Sheet) -> Bench:
    bench = rig(terms(sheet), NvmPart(sheet))
    bench.switch_on(0)
    return bench


def fork(bench: Bench, sheet: Sheet, steps: int | None, tear_seed: int | None) -> Bench:
    """The same meter at the same moment, on a copy of its part, with a supply that lasts for so many bytes."""
    part = NvmPart(sheet, bytes(bench.storage.view), tear_seed)
    part.supply(steps)
    copy = rig(terms(sheet), part)
    copy.__dict__ |= {key: value for key, value in bench.__dict__.items() if key not in {"storage", "_trace"}}
    copy.storage = Storage(bench.config.layout, part)
    copy.storage.__dict__ |= {key: value for key, value in bench.storage.__dict__.items() if key != "part"}
    return copy


def stop_ns(bench: Bench) -> int:
    assert bench.state is not None
    return true_ns(bench.clock, next_wake(bench.config, bench.state))


def programmed(bench: Bench, sheet: Sheet) -> int:
    """Bytes (and eighths of sectors) that the coming stop programs."""
    trial = fork(bench, sheet, STEPS, None)
    trial.advance(stop_ns(trial))
    assert isinstance(trial.storage.part, NvmPart)
    assert trial.storage.part._steps is not None
    return STEPS - trial.storage.part._steps


def stamps(bench: Bench) -> list[int]:
    """The ends of the periods that the profile holds and can read."""
    assert bench.state is not None
    held = bench.state.profile
    rows = (ring.row(bench.config.layout, held, bench.storage.view, number) for number in range(held.first, held.next))
    return [decode_row(row).rtc_s for row in rows if row is not None]


def registers(bench: Bench) -> Registers:
    assert bench.state is not None
    return bench.state.registers


@pytest.mark.parametrize(("technology", "stride"), [("fram", 1), ("eeprom", 1), ("nor", 1), ("eeprom", 7), ("nor", 7)])
def test_a_cut_after_any_byte_leaves_the_old_or_the_new_registers_and_a_meter_that_goes_on(
    technology: str, stride: int
) -> None:
    # Every byte with a tidy cut; with an untidy one, which leaves undefined bytes behind, a byte in seven.
    sheet = SHEETS[technology]
    bench, committed, cut = fresh(sheet), billing.zero(1), 0
    while (at_ns := stop_ns(bench)) <= RUN_NS:
        steps, rows = programmed(bench, sheet), stamps(bench)
        survivor = fork(bench, sheet, None, None)
        survivor.advance(at_ns)
        new = registers(survivor)
        for step in range(cut % stride, steps, stride):
            dying = fork(bench, sheet, step, cut if stride > 1 else None)
            dying.advance(at_ns)
            assert dying.state is None, f"the supply ended after {step} of {steps} bytes and nobody noticed"
            revive(dying, committed, new, rows)
            cut += 1
        bench, committed = survivor, new
    assert cut * stride > 2500, "a run of ten commits, five rows and at least one compaction programs more than this"


def revive(bench: Bench, old: Registers, new: Registers, rows: list[int]) -> None:
    """Give a meter its power back, and see that it lost nothing that was promised and goes on."""
    assert isinstance(bench.storage.part, NvmPart)
    bench.storage.part.supply(None)
    bench.switch_on(bench.now_ns + 5 * SECOND)
    found = registers(bench)
    assert found in (old, new), "registers are those of one whole commit, at most one interval old"
    assert not billing.has_fallen(old, found)
    # On flash a whole sector of rows goes at once, so there the rows that were due to go are not counted by one.
    assert set(rows[1:]) <= set(stamps(bench)) or bench.storage.layout.geometry.erase
    shown = read_once(bench, bench.config.password, 3, "1.0.1.8.0.255")
    assert shown == found.vector.active_import.mws // 3_600_000
    goes_on(bench, found)


def goes_on(bench: Bench, found: Registers) -> None:
    """Over the next commit: it is made, the registers have risen, and they survive another restart."""
    bench.advance(stop_ns(bench))
    after = registers(bench)
    assert not billing.has_fallen(found, after)
    assert after != found
    bench.cut_power()
    bench.switch_on(bench.now_ns)
    assert registers(bench) == after
