"""The power is cut after every single byte that a whole meter programs in ten minutes, on each kind of memory part."""

from dataclasses import dataclass

import pytest

from bench_rig import PASSWORD, SECOND, Terms, rig
from dlms_rig import read_once
from ferraris.bench.bench import Bench
from ferraris.bench.clock import true_ns
from ferraris.bench.storage import Storage
from ferraris.firmware.billing import registers as billing
from ferraris.firmware.billing.ledger import RingRow
from ferraris.firmware.billing.profile import decode_row
from ferraris.firmware.billing.registers import Registers
from ferraris.firmware.meter.boot import boot
from ferraris.firmware.meter.config import Config
from ferraris.firmware.meter.state import State
from ferraris.firmware.meter.wake import next_wake
from ferraris.firmware.store import ring
from ferraris.firmware.store.layout import Geometry
from ferraris.firmware.store.operations import Erase, Operation, Program
from ferraris.hardware.physics.nvm import ERASE_STEPS, NvmPart, PowerLost
from memory_rig import Figures, Recorder, perform, timeless

COMMIT_MS = 60_000
RUN_NS = 600 * SECOND
GOES_ON_EVERY = 11
"""Neighbouring cuts share what comes after them: every one is recovered from and compared; after every 11th (a prime,
so that it meets every phase of the operations) the meter itself dies of the cut, is read, and goes on."""


SHEETS = {
    "fram": timeless("fram", 12_288, 1, 0),
    "eeprom": timeless("eeprom", 12_288, 64, 0),
    "nor": timeless("nor", 16_384, 256, 512),
}


def terms(sheet: Figures) -> Terms:
    """Commits every minute, a journal so small that it is compacted on the way, and a ring that goes round.

    A row every two minutes; on flash, where rows go a sector of eight at a time, every half minute.
    """
    geometry = Geometry(sheet.size_bytes, sheet.page_bytes, sheet.erase_bytes)
    period_ms = 30_000 if sheet.erase_bytes else 120_000
    return Terms(1, COMMIT_MS, period_ms, rows=3, geometry=geometry, journal=4096)


def fresh(sheet: Figures) -> Bench:
    bench = rig(terms(sheet), NvmPart(sheet))
    bench.switch_on(0)
    return bench


def fork(bench: Bench, sheet: Figures, part: NvmPart) -> Bench:
    """The same meter at the same moment, on another part that holds the same bytes."""
    copy = rig(terms(sheet), part)
    copy.__dict__ |= {key: value for key, value in bench.__dict__.items() if key not in {"storage", "_trace"}}
    copy.storage = Storage(bench.config.layout, part)
    copy.storage.__dict__ |= {key: value for key, value in bench.storage.__dict__.items() if key != "part"}
    return copy


def stop_ns(bench: Bench) -> int:
    assert bench.state is not None
    return true_ns(bench.clock, next_wake(bench.config, bench.state))


def steps_of(sheet: Figures, operations: list[Operation]) -> int:
    """Bytes (and eighths of sectors) that these operations program."""
    erased = sum(operation.size for operation in operations if isinstance(operation, Erase))
    written = sum(len(operation.data) for operation in operations if isinstance(operation, Program))
    return written + (erased // sheet.erase_bytes * ERASE_STEPS if erased else 0)


def torn(sheet: Figures, image: bytes, operations: list[Operation], steps: int, tear_seed: int | None) -> bytes:
    """What these operations leave on a part whose supply lasts for so many bytes of them."""
    part = NvmPart(sheet, image, tear_seed)
    part.supply(steps)
    with pytest.raises(PowerLost):
        perform(part, operations)
    return bytes(part.view)


def stamps(bench: Bench) -> list[int]:
    """The ends of the periods that the profile holds and can read."""
    assert bench.state is not None
    return stamps_in(bench.config, bench.state.rings[0], bench.storage.view)


def stamps_in(config: Config, held: ring.Ring, memory: bytes | memoryview) -> list[int]:
    rows = (ring.row(config.layout, held, memory, number) for number in range(held.first, held.next))
    return [decode_row(row, 4).stamp_s for row in rows if row is not None]


def registers(bench: Bench) -> Registers:
    assert bench.state is not None
    return bench.state.ledger.registers


@dataclass(frozen=True)
class Stop:
    """One stop of the run, at which records are made durable: what it does, and what must stand whatever happens."""

    sheet: Figures
    before: Bench
    at_ns: int
    operations: list[Operation]
    old: Registers
    new: Registers
    staying: set[int]
    """Rows that are there before and after."""
    after: set[int]
    """Rows that are there once it is done."""


def stop_of(bench: Bench, sheet: Figures, committed: Registers) -> tuple[Stop, Bench]:
    """The coming stop, and the meter that got through it."""
    at_ns, rows = stop_ns(bench), stamps(bench)
    survivor = fork(bench, sheet, Recorder(sheet, bytes(bench.storage.view)))
    survivor.advance(at_ns)
    assert isinstance(survivor.storage.part, Recorder)
    staying = set(rows) & set(stamps(survivor))
    assert set(rows[bench.config.layout.rings[0].turn :]) <= staying, (
        "one row makes room for one row, or for one sector"
    )
    return Stop(
        sheet, bench, at_ns, survivor.storage.part.done, committed, registers(survivor), staying, set(stamps(survivor))
    ), survivor


@pytest.mark.parametrize(("technology", "stride"), [("fram", 1), ("eeprom", 1), ("nor", 1), ("eeprom", 7), ("nor", 7)])
def test_a_cut_after_any_byte_leaves_the_old_or_the_new_registers_and_a_meter_that_goes_on(
    technology: str, stride: int
) -> None:
    # Every byte with a tidy cut; with an untidy one, which leaves undefined bytes behind, a byte in seven.
    sheet = SHEETS[technology]
    bench, committed, cut, gone = fresh(sheet), billing.zero(1), 0, 0
    while stop_ns(bench) <= RUN_NS:
        stop, survivor = stop_of(bench, sheet, committed)
        for step in range(cut % stride, steps_of(sheet, stop.operations), stride):
            tear_seed = cut if stride > 1 else None
            image = torn(sheet, bytes(bench.storage.view), stop.operations, step, tear_seed)
            recovers(stop, image)
            if cut % GOES_ON_EVERY == 0:
                dies_and_goes_on(stop, step, tear_seed, image)
            cut += 1
        gone += len(set(stamps(bench)) - stop.staying)
        bench, committed = survivor, stop.new
    assert cut * stride > 2500, "a run of ten commits, five rows and at least one compaction programs more than this"
    assert gone, "the ring must go round to prove anything about the rows that stay"


def recovers(stop: Stop, image: bytes) -> None:
    """What a cut left is whole: registers of one commit, an interval old at most, and every row but those due to go."""
    config = stop.before.config
    found = boot(config, image)
    assert found.ledger.registers in (stop.old, stop.new)
    assert not billing.has_fallen(stop.old, found.ledger.registers)
    assert not found.damage, "a cut is no damage"
    rows = stamps_in(config, found.rings[0], image)
    assert stop.staying <= set(rows)
    if found.ledger.registers == stop.new:
        promised = [decode_row(row.payload, 4).stamp_s for row in missing(found)]
        assert stop.after <= {*rows, *promised}, "the record of the registers holds the rows that were due with it"


def missing(found: State) -> list[RingRow]:
    """Rows of load profile 1 that the record promised and its ring lacks."""
    return [row for row in found.unwritten if row.ring == 0]


def dies_and_goes_on(stop: Stop, step: int, tear_seed: int | None, image: bytes) -> None:
    """The meter itself, cut at that byte: it stops at once, leaves those bytes, and comes back with what they hold."""
    part = NvmPart(stop.sheet, bytes(stop.before.storage.view), tear_seed)
    part.supply(step)
    bench = fork(stop.before, stop.sheet, part)
    bench.advance(stop.at_ns)
    assert bench.state is None, f"the supply ended after {step} bytes and nobody noticed"
    assert part.view == image
    part.supply(None)
    bench.switch_on(bench.now_ns + 5 * SECOND)
    found = registers(bench)
    booted = boot(bench.config, image)
    assert found == booted.ledger.registers
    written = stamps(bench)
    assert len(set(written)) == len(written), "a row is written again only if it is not there"
    assert {decode_row(row.payload, 4).stamp_s for row in missing(booted)} <= set(written)
    shown = read_once(bench, PASSWORD, 3, "1.0.1.8.0.255")
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
