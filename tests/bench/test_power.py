"""The bench with a supply behind its mains: dips, outages, a last gasp, storms, and what a supply too small costs."""

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench_rig import RTC_MS, SECOND, WINDOW, Listener, rig, total, window
from ferraris.bench.bench import Bench
from ferraris.bench.power import Carrier, Power
from ferraris.firmware.billing import registers as billing
from ferraris.firmware.meter.events import decode_outage
from ferraris.firmware.store import ring
from ferraris.hardware.chain.calibrate import balanced
from ferraris.hardware.physics.nvm import NvmPart
from ferraris.hardware.physics.reserve import Capacitor
from ferraris.hardware.physics.supply import PowerSupply
from ferraris.hardware.platform.load import load
from ferraris.hardware.world.world import CutMains, RestoreMains, World, apply
from ferraris.pins import Inputs, Output
from memory_rig import Figures

HOME = load(Path(__file__).resolve().parents[2] / "platforms" / "home-1p.toml")
MS = 1_000_000
ROUND = PowerSupply(
    capacitance_f=1e-3, minimum_v=5.0, full_fj=60 * 10**12, restart_fj=40 * 10**12, load_uw=1_000_000,
    failing_uw=100_000, recharge_uw=2_000_000, detect_ns=20 * MS, boot_ns=300 * MS, dropout=0.6, pickup=0.7,
    efficiency=0.8,
)  # fmt: skip
"""60 mJ: the alarm after 20 ms at 1 W, then 400 ms at 0.1 W. Empty, it restarts after 20 ms at 2 W and boots 300 ms."""
POOR = replace(ROUND, full_fj=20 * 10**12 + 10**9, restart_fj=10 * 10**12)
"""1 uJ is left after the alarm, which programs three bytes."""
SHORT = Capacitor(1e-4, 0.0, 20.0, 3.6, 1.6, 1e-6, 1000.0)
"""2 V of 0.1 mF at 1 uA: the clock runs for 200 s."""


SHEET = Figures("fram", 32_768, 1, 0, write_s=1e-7, erase_s=0.0, write_j=2e-7, endurance_cycles=1e14)


def powered(
    supply: PowerSupply = ROUND, store: Capacitor | None = None, sheet: Figures = SHEET
) -> tuple[Bench, Listener]:
    listener = Listener()
    bench = rig(part=NvmPart(sheet), world=World(balanced(HOME, 1.0, 0.0)))
    carrier = None if store is None else Carrier(store)
    bench.power = Power(supply, 230.0, sheet, 0.01, carrier)  # type: ignore[arg-type]
    bench.witness = listener
    bench.switch_on(0)
    return bench, listener


def cut(bench: Bench, at_ns: int) -> None:
    bench.advance(at_ns)
    bench.world = apply(bench.world, CutMains())


def back(bench: Bench, at_ns: int) -> None:
    bench.advance(at_ns)
    bench.world = apply(bench.world, RestoreMains())


def counted(bench: Bench) -> billing.Counters:
    assert bench.state is not None
    return bench.state.ledger.registers.vector


def of_windows(closed: int) -> billing.Counters:
    """The registers after so many windows of the integer front end."""
    quanta = total([window(number, 9) for number in range(closed)])
    return billing.Counters(*(billing.count(billing.Register(), each) for each in quanta))


def outages(bench: Bench) -> list[tuple[int, int, int]]:
    """Start, end and duration of the power-fail log, ms and s after the start of the test."""
    assert bench.state is not None
    held = bench.state.rings[4]
    rows = [ring.row(bench.config.layout, held, bench.storage.view, at) for at in range(held.first, held.next)]
    found = [decode_outage(row) for row in rows if row is not None]
    return [(row.start_s * 1000 - RTC_MS, row.end_s * 1000 - RTC_MS, row.duration_s) for row in found]


def boots(listener: Listener) -> int:
    return sum(bool(inputs.reset_cause) for inputs, _ in listener.calls)


def test_mains_that_are_back_before_the_alarm_are_not_noticed() -> None:
    bench, listener = powered()
    cut(bench, 30 * SECOND)
    back(bench, 30 * SECOND + 19 * MS)
    bench.advance(40 * SECOND)
    assert not [edge for inputs, _ in listener.calls for edge in inputs.edges]
    assert counted(bench) == of_windows(40 * SECOND // (WINDOW * 125_000))


def test_mains_that_are_back_after_the_alarm_are_a_dip_and_nothing_is_lost() -> None:
    bench, listener = powered()
    cut(bench, 30 * SECOND)
    back(bench, 30 * SECOND + 400 * MS)
    bench.advance(40 * SECOND)
    assert bench.state is not None
    assert (bench.state.ledger.axis.dips, bench.state.ledger.axis.outages, boots(listener)) == (1, 0, 1)
    assert counted(bench) == of_windows(200)


def test_the_last_gasp_keeps_everything_that_was_measured_up_to_the_alarm() -> None:
    bench, listener = powered()
    cut(bench, 30 * SECOND)
    bench.advance(30 * SECOND + 419 * MS)
    assert bench.state is not None, "60 mJ last for 420 ms"
    bench.advance(30 * SECOND + 421 * MS)
    assert bench.state is None
    back(bench, 130 * SECOND)
    bench.advance(130 * SECOND + 319 * MS)
    assert bench.state is None
    bench.advance(130 * SECOND + 320 * MS)
    assert counted(bench) == of_windows(150), "30.02 s are 150 windows of 200 ms"
    assert boots(listener) == 2
    ((start_ms, end_ms, duration_s),) = outages(bench)
    assert (start_ms // 1000, end_ms // 1000, duration_s) == (29, 129, 100)  # the clock began at .300


def test_a_supply_too_small_for_a_commit_costs_what_was_measured_since_the_last_one() -> None:
    bench, _ = powered(POOR)
    cut(bench, 30 * SECOND)
    back(bench, 130 * SECOND)
    bench.advance(130 * SECOND + 305 * MS)  # 5 ms to 10 mJ, and the boot
    assert counted(bench) == of_windows(103), "the commit of 07:00:20 was at 20.7 s"
    assert bench.state is not None
    assert bench.state.damage == 0, "a commit that was cut is no damage"


def test_mains_that_fail_while_the_meter_boots_make_one_outage_longer() -> None:
    bench, listener = powered(POOR)
    cut(bench, 30 * SECOND)
    for second in (100, 110, 120):
        back(bench, second * SECOND)
        cut(bench, second * SECOND + 200 * MS)
        bench.advance((second + 5) * SECOND)
        assert bench.state is None
    back(bench, 130 * SECOND)
    bench.advance(140 * SECOND)
    assert boots(listener) == 2
    # From the latest commit, which this supply lets the meter make in time only: 20.7 s, to 130.305 s.
    assert [duration_s for _, _, duration_s in outages(bench)] == [109]


class Keeper(Listener):
    """A witness that remembers what was durable, and looks whether each boot finds that and nothing else."""

    def __init__(self, bench: Bench) -> None:
        super().__init__()
        self.bench = bench
        self.kept = counted(bench)

    def observe(self, inputs: Inputs, outputs: tuple[Output, ...]) -> None:
        super().observe(inputs, outputs)
        if inputs.reset_cause:
            assert counted(self.bench) == self.kept

    def durable(self) -> None:
        self.kept = counted(self.bench)


@given(st.lists(st.tuples(st.integers(1, 3000), st.integers(1, 3000)), min_size=1, max_size=8))
@settings(deadline=None, max_examples=25)
def test_a_storm_of_brown_outs_loses_nothing_that_was_durable_and_counts_every_outage(
    storm: list[tuple[int, int]],
) -> None:
    bench, _ = powered()
    keeper = Keeper(bench)
    bench.witness = keeper
    now = 10 * SECOND
    for off_ms, on_ms in storm:
        cut(bench, now)
        back(bench, now + off_ms * MS)
        now += (off_ms + on_ms) * MS
    bench.advance(now + 10 * SECOND)
    assert bench.state is not None
    assert bench.state.ledger.axis.outages == boots(keeper)
    assert bench.state.damage == 0


@pytest.mark.parametrize(("outage_s", "is_lost"), [(190, False), (210, True)])
def test_a_clock_whose_store_ran_out_goes_on_from_the_latest_time_it_remembers(outage_s: int, *, is_lost: bool) -> None:
    bench, listener = powered(store=SHORT)
    cut(bench, 30 * SECOND)
    back(bench, (30 + outage_s) * SECOND)
    bench.advance((31 + outage_s) * SECOND)
    assert bench.state is not None
    assert bench.state.ledger.axis.clock_invalid == is_lost
    assert [inputs.clock_lost for inputs, _ in listener.calls if inputs.reset_cause] == [False, is_lost]
    shown_s = (bench.state.rtc_ms - RTC_MS) / 1000
    assert shown_s == pytest.approx(30.7 if is_lost else 31 + outage_s, abs=0.5)


def test_a_clock_that_ran_through_one_outage_runs_through_the_next() -> None:
    bench, listener = powered(store=replace(SHORT, recharge_s=1.0))
    for second in (30, 200):
        cut(bench, second * SECOND)
        back(bench, (second + 150) * SECOND)
    bench.advance(360 * SECOND)
    assert [inputs.clock_lost for inputs, _ in listener.calls if inputs.reset_cause] == [False, False, False]


def test_what_the_last_commit_takes_shortens_the_life_that_is_left() -> None:
    bench, _ = powered(sheet=replace(SHEET, write_j=4e-5))
    part = bench.storage.part
    assert isinstance(part, NvmPart)
    cut(bench, 30 * SECOND)
    bench.advance(30 * SECOND + 19 * MS)
    before_j = part.energy_j
    bench.advance(30 * SECOND + 21 * MS)
    taken_j = (part.energy_j - before_j) / ROUND.efficiency
    left_ms = (0.040 - taken_j) / 0.1 * 1000
    assert 50 < left_ms < 350, "a commit that is felt, and that succeeds"
    bench.advance(30 * SECOND + round((20 + left_ms - 2) * MS))
    assert bench.state is not None
    bench.advance(30 * SECOND + round((20 + left_ms + 2) * MS))
    assert bench.state is None


def test_a_supply_is_not_drained_by_what_the_mains_feed() -> None:
    bench, _ = powered(POOR)
    bench.advance(120 * SECOND)
    assert bench.power is not None
    assert bench.power.state.energy_fj == POOR.full_fj
