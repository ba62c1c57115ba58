"""The loop keeps its two invariants, whatever the front end: cadence independence and replay."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench_rig import (
    PASSWORD,
    RTC_MS,
    SECOND,
    TICK_NS,
    WINDOW,
    Cut,
    Listener,
    Ram,
    Terms,
    cuts,
    play,
    rig,
    total,
    window,
)
from dlms_rig import read_once
from ferraris.bench.assemble import assemble
from ferraris.bench.bench import Bench
from ferraris.bench.clock import Clock
from ferraris.bench.storage import Storage
from ferraris.firmware.billing import registers as billing
from ferraris.firmware.billing.profile import decode_row
from ferraris.firmware.billing.registers import Registers
from ferraris.firmware.meter.boot import BootRefusedError
from ferraris.firmware.meter.config import RecordKind
from ferraris.firmware.store import ring
from ferraris.hardware.chain.calibrate import balanced
from ferraris.hardware.platform.load import load
from ferraris.hardware.world.world import World, sequence
from ferraris.pins import Append, Commit, Opened, Send

PLATFORMS = Path(__file__).resolve().parents[2] / "platforms"
END = 150 * SECOND + 17
DRIFTS = st.integers(-100_000, 100_000)


def registers(bench: Bench) -> Registers:
    assert bench.state is not None
    return bench.state.ledger.registers


def image(bench: Bench) -> bytes:
    return bytes(bench.storage.view)


@given(cuts(END), st.sampled_from([1, 3]), DRIFTS)
@settings(deadline=None)
def test_registers_and_memory_do_not_depend_on_how_time_is_cut(way: list[Cut], elements: int, drift: int) -> None:
    cut = play(rig(Terms(elements), drift_ppb=drift), way, END)
    whole = play(rig(Terms(elements), drift_ppb=drift), [], END)
    assert registers(cut) == registers(whole)
    assert image(cut) == image(whole)


@given(cuts(END, most=4), DRIFTS)
@settings(deadline=None)
def test_registers_are_the_sum_of_the_windows_that_closed(way: list[Cut], drift: int) -> None:
    bench = play(rig(Terms(3), drift_ppb=drift), way, END)
    closed = range(-(-END // TICK_NS) // WINDOW)
    for phase in range(3):
        quanta = total([window(number, phase) for number in closed])
        assert registers(bench).phases[phase] == tuple(billing.count(billing.Register(), q) for q in quanta)
    quanta = total([window(number, 9) for number in closed])
    assert registers(bench).vector == tuple(billing.count(billing.Register(), q) for q in quanta)


@given(cuts(END), DRIFTS)
@settings(deadline=None)
def test_equal_runs_have_equal_traces(way: list[Cut], drift: int) -> None:
    assert play(rig(drift_ppb=drift), way, END).trace == play(rig(drift_ppb=drift), way, END).trace


def platform_bench(name: str, fidelity: str, seed: int) -> Bench:
    """A real chain with its noise, two loads that take turns, commits every second, a row at 07:00."""
    platform = load(PLATFORMS / f"{name}.toml")
    firmware = platform.firmware.model_copy(update={"commit_s": 1})
    platform = platform.model_copy(update={"firmware": firmware})
    heavy, light = (balanced(platform, share * platform.meter.current.ref_a, 40.0) for share in (1.0, 0.1))
    light = replace(light, current_a=light.current_a * np.array([[-1.0]] * platform.elements))
    world = World(sequence([(1_234_567_891, heavy), (777_777_777, light)]))
    clock = Clock(0, RTC_MS, 12_345)
    return assemble(platform, world, Ram(platform.nvm.size_bytes), clock, fidelity=fidelity, seed=seed)  # type: ignore[arg-type]


CHAIN_END = 6 * SECOND + 54_321


@pytest.mark.parametrize("fidelity", ["phasor", "sampled"])
@pytest.mark.parametrize("name", ["home-1p", "shop-3p"])
@given(way=cuts(CHAIN_END, most=5), seed=st.integers(0, 3))
@settings(deadline=None, max_examples=8)
def test_a_real_chain_with_noise_gives_the_same_registers_however_time_is_cut(
    name: str, fidelity: str, way: list[Cut], seed: int
) -> None:
    cut = play(platform_bench(name, fidelity, seed), way, CHAIN_END)
    whole = play(platform_bench(name, fidelity, seed), [], CHAIN_END)
    assert registers(cut) == registers(whole)
    assert registers(cut).vector.active_import.mws > 0
    assert registers(cut).vector.active_export.mws > 0
    assert image(cut) == image(whole)


@pytest.mark.parametrize("fidelity", ["phasor", "sampled"])
@given(way=cuts(CHAIN_END, most=3))
@settings(deadline=None, max_examples=4)
def test_a_real_chain_replays_from_its_seed_and_differs_with_another(fidelity: str, way: list[Cut]) -> None:
    first, again, other = (play(platform_bench("home-1p", fidelity, seed), way, CHAIN_END).trace for seed in (5, 5, 6))
    assert first == again
    assert first != other


def test_registers_are_committed_and_rows_captured_at_the_boundaries_of_the_meters_own_clock() -> None:
    # The clock gains 100 ppm; commits every 20 s and rows every 60 s of what it shows, from 06:59:59.300 on.
    bench = rig(drift_ppb=100_000)
    play(bench, [], 200 * SECOND)
    assert bench.state is not None
    held = bench.state.rings[0]
    rows = [ring.row(bench.config.layout, held, bench.storage.view, number) for number in range(held.first, held.next)]
    stamps = [decode_row(row, 4).stamp_s for row in rows if row is not None]
    assert stamps == [1_795_417_200, 1_795_417_260, 1_795_417_320, 1_795_417_380]


def test_a_row_quotes_the_registers_as_they_stood_at_its_boundary() -> None:
    bench = rig()
    play(bench, [], 70 * SECOND)
    assert bench.state is not None
    row = ring.row(bench.config.layout, bench.state.rings[0], bench.storage.view, 1)
    assert row is not None
    # 07:01:00.000 is 60.7 s after the start: 485 600 ticks, 303 whole windows.
    quanta = total([window(number, 9) for number in range(303)])
    assert decode_row(row, 4).values[0] == billing.count(billing.Register(), quanta.active_import).mws


def test_a_call_that_only_brings_bytes_measures_nothing_but_what_was_due_before() -> None:
    bench = rig()
    bench.switch_on(0)
    bench.deliver(500_000_000, [(1, Opened("a peer"))])
    assert bench.measured_ns == 0
    bench.deliver(900_000_000, [(1, b"\0")])  # 07:00:00 was due at 0.7 s
    assert bench.measured_ns == 700_000_000
    assert bench.now_ns == 900_000_000


def test_what_must_be_durable_is_done_before_anything_is_said() -> None:
    bench = rig()
    bench.switch_on(0)
    done: list[str] = []
    bench.storage.commit = lambda _: done.append("commit")  # type: ignore[method-assign]
    bench.storage.append = lambda _: done.append("append")  # type: ignore[method-assign]
    words = bench._perform((Send(1, b"word"), Append(0, b"row"), Commit(1, b"record")))
    assert done == ["append", "commit"]
    assert words == (Send(1, b"word"),)


def test_a_meter_without_power_lets_time_pass_and_says_nothing() -> None:
    bench = rig()
    bench.switch_on(0)
    bench.advance(5 * SECOND)
    bench.cut_power()
    assert bench.advance(60 * SECOND, [(1, Opened("a peer"))]) == ()
    assert bench.now_ns == 60 * SECOND


def test_a_shut_down_loses_nothing_and_a_cut_at_most_what_was_not_committed() -> None:
    bench = rig()
    play(bench, [], 30 * SECOND)
    before = registers(bench)
    bench.switch_off()
    bench.switch_on(41 * SECOND)
    assert registers(bench) == before
    bench.advance(60 * SECOND)  # the next commit would be at 60.7 s
    assert registers(bench) != before
    bench.cut_power()
    bench.switch_on(70 * SECOND)
    assert registers(bench) == before


def test_an_outage_leaves_the_row_of_the_period_it_interrupted_and_marks_it_and_that_in_which_power_came_back() -> None:
    bench = rig()
    play(bench, [], 65 * SECOND)
    bench.cut_power()
    bench.switch_on(300 * SECOND)
    bench.advance(450 * SECOND)
    assert bench.state is not None
    held = bench.state.rings[0]
    rows = [ring.row(bench.config.layout, held, bench.storage.view, number) for number in range(held.first, held.next)]
    found = [(decode_row(row, 4).stamp_s - 1_795_417_200, int(decode_row(row, 4).status)) for row in rows if row]
    # The outage went on beyond the end of the period it interrupted, into that of the next row.
    assert found == [(0, 0), (60, 0), (120, 0x80), (300, 0x80), (360, 0), (420, 0)]


def test_a_memory_of_another_meter_is_refused_and_left_alone() -> None:
    part = Ram(32_768)
    play(rig(Terms(3), part), [], 30 * SECOND)
    before = bytes(part.image)
    single = rig(Terms(1), part)
    with pytest.raises(BootRefusedError, match="numbers, expected"):
        single.switch_on(0)
    assert single.state is None
    assert bytes(part.image) == before


@pytest.mark.parametrize("rtc_ms", [2**32 * 1000 - 30_000, 253_402_300_800_000 - 30_000, -90_000, 10**17])
def test_a_meter_outlives_its_calendar(rtc_ms: int) -> None:
    """Past 2106 (2^32 s), past the year 9999, before 1970 and far beyond: it captures, answers and starts again."""
    bench = rig()
    bench.clock = Clock(0, rtc_ms)
    bench.switch_on(0)
    bench.advance(150 * SECOND)
    ends = list(range(rtc_ms // 60_000 * 60 + 60, rtc_ms // 1000 + 151, 60))
    for _ in range(2):
        assert bench.state is not None
        held, layout = bench.state.rings[0], bench.config.layout
        rows = [ring.row(layout, held, bench.storage.view, number) for number in range(held.first, held.next)]
        assert [decode_row(row, 4).stamp_s for row in rows if row is not None] == ends
        assert isinstance(read_once(bench, PASSWORD, 8, "0.0.1.0.0.255"), bytes)
        assert len(read_once(bench, PASSWORD, 7, "1.0.99.1.0.255")) == len(ends)  # type: ignore[arg-type]
        bench.cut_power()
        bench.switch_on(bench.now_ns)


def of_serial(serial: str, part: Ram) -> Bench:
    bench = rig(part=part)
    bench.config = replace(bench.config, identity=replace(bench.config.identity, serial=serial))
    return bench


@pytest.mark.parametrize("run_s", [0, 30], ids=["switched on once", "in service"])
def test_a_memory_stays_with_the_meter_that_first_used_it(run_s: int) -> None:
    part = Ram(32_768)
    play(of_serial("00000042", part), [], run_s * SECOND).cut_power()
    before = bytes(part.image)
    other = of_serial("00000043", part)
    with pytest.raises(BootRefusedError, match="belongs to the meter FER00000042, this is FER00000043"):
        other.switch_on(0)
    assert bytes(part.image) == before
    again, listener = of_serial("00000042", part), Listener()
    again.witness = listener
    again.switch_on(0)
    assert RecordKind.LEDGER in listener.committed, "the outage is told"
    assert RecordKind.OWNER not in listener.committed, "the bond is written once"


def test_registers_that_do_not_say_whose_they_are_are_refused() -> None:
    part = Ram(32_768)
    storage = Storage(rig().config.layout, part)
    storage.open()
    storage.commit(Commit(RecordKind.LEDGER, b"whatever it says"))
    with pytest.raises(BootRefusedError, match="not the serial number"):
        rig(part=part).switch_on(0)
