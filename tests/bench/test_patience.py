"""A patient bench skips calls that nobody sees, and nobody sees a difference: ledger and rows, outages included."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ferraris.bench.assemble import assemble
from ferraris.bench.bench import Bench
from ferraris.bench.clock import Clock
from ferraris.bench.front_end import joined
from ferraris.firmware.store import ring
from ferraris.hardware.chain.calibrate import balanced
from ferraris.hardware.physics.nvm import NvmPart
from ferraris.hardware.platform.load import load
from ferraris.hardware.world.world import CutMains, World, apply, at, sequence
from ferraris.pins import Energies, Instant, Opened, Reading

HOME = load(Path(__file__).resolve().parents[2] / "platforms" / "home-1p.toml")
MINUTE = 60_000_000_000
START_MS = 1_767_222_000_000
"""2025-12-31 23:00 UTC: midnight in Central Europe, the end of a billing period, comes within the hour."""
LOADS = tuple(balanced(HOME, amperes, 20.0) for amperes in (0.5, 7.0, 1.3, 22.0, 3.1))
DARK = at(apply(World(LOADS[0]), CutMains()), 0).mains


def bench_of(pieces: list[tuple[int, int]], *, patient: bool) -> Bench:
    """A whole meter with its board; a piece is a length in ns and a load, the last of which is none at all."""
    world = World(sequence([(length, (*LOADS, DARK)[which]) for length, which in pieces]))
    bench = assemble(HOME, world, NvmPart(HOME.nvm), Clock(0, START_MS), fidelity="phasor", board=True)
    bench.span_cap_ns, bench.patient = 10**18, patient
    bench.switch_on(0)
    return bench


def rows(bench: Bench) -> list[list[bytes | None]]:
    assert bench.state is not None
    layout, view = bench.config.layout, bench.storage.view
    return [[ring.row(layout, held, view, n) for n in range(held.first, held.next)] for held in bench.state.rings]


PIECES = st.lists(
    st.tuples(st.integers(1, 40 * MINUTE) | st.integers(1, 2 * 10**9), st.integers(0, len(LOADS))), max_size=8
)


@given(PIECES, st.integers(1, 10 * MINUTE))
@settings(deadline=None, max_examples=25)
def test_ledger_and_rows_are_those_of_a_bench_that_makes_every_call(pieces: list[tuple[int, int]], tail: int) -> None:
    found = []
    for patient in (False, True):
        bench = bench_of([(3 * MINUTE, 0), *pieces, (30 * MINUTE, 1)], patient=patient)
        end = 33 * MINUTE + sum(length for length, _ in pieces)
        bench.advance(end - tail)
        bench.advance(end)
        assert bench.state is not None
        found.append((bench.state.ledger, rows(bench)))
    assert found[0] == found[1]


def test_a_change_of_load_makes_no_call_and_its_energy_counts_with_the_next() -> None:
    bench = bench_of([(MINUTE * 7 + 5, 0), (MINUTE * 7, 3)], patient=True)
    seen: list[Reading] = []

    class Eyes:
        def observe(self, inputs, outputs) -> None:  # type: ignore[no-untyped-def]  # noqa: ANN001, ARG002
            seen.extend([inputs.reading] if inputs.reading is not None else [])

        def durable(self) -> None: ...

        def power_lost(self) -> None: ...

    bench.witness = Eyes()
    bench.advance(13 * MINUTE)
    # 13 minutes with no boundary: one call for the commit before the end, at most one at the end, none at the change.
    assert bench.front_end.tick_at(MINUTE * 7 + 5) not in [reading.last_tick for reading in seen]
    assert seen[0].first_tick == 0
    assert seen[-1].last_tick == bench.front_end.tick_at(13 * MINUTE)
    assert [a.last_tick for a in seen[:-1]] == [b.first_tick for b in seen[1:]]


def test_a_peer_is_told_what_was_measured_before_the_load_changed() -> None:
    told = []
    for patient in (False, True):
        bench = bench_of([(7 * MINUTE, 3), (7 * MINUTE, 0)], patient=patient)
        bench.deliver(8 * MINUTE + 1, [(1, Opened("a peer"))])
        assert bench.state is not None
        told.append(bench.state.ledger.registers.vector.active_import.mws)
    # 22 A for seven minutes are there; of the minute at 0.5 A only the bench that calls every ten seconds tells.
    assert told[1] > 0
    assert 0 <= told[0] - told[1] < 0.5 * 231 * 61 * 1000


def test_what_is_held_is_counted_before_the_meter_is_switched_off() -> None:
    bench = bench_of([(7 * MINUTE, 3), (7 * MINUTE, 0)], patient=True)
    bench.deliver(8 * MINUTE + 1, [])
    bench.switch_off()
    bench.switch_on(9 * MINUTE)
    assert bench.state is not None
    assert bench.state.ledger.registers.vector.active_import.mws > 22 * 229 * 419 * 800


def test_two_readings_joined_add_what_counts_and_show_the_later() -> None:
    early, late = (Instant(230.0, amperes) for amperes in (1.0, 2.0))
    first = Reading(10, 20, (Energies(1, 2),), Energies(3), (early,), 0.1, 50.0, 20.0, (5,), ())
    second = Reading(20, 50, (Energies(4, 8),), Energies(5), (late,), 0.2, 49.0, 21.0, (7, 9), (8,))
    assert joined(first, second) == Reading(
        10, 50, (Energies(5, 10),), Energies(8), (late,), 0.2, 49.0, 21.0, (5, 7, 9), (8,)
    )


@pytest.mark.parametrize("length", [1, 10**9])
def test_an_outage_right_after_a_change_of_load_finds_the_last_commit_in_the_memory(length: int) -> None:
    logs = []
    for patient in (False, True):
        pieces = [(10 * MINUTE + 30 * 10**9, 0), (length, 1), (5 * MINUTE, len(LOADS)), (20 * MINUTE, 2)]
        bench = bench_of(pieces, patient=patient)
        bench.advance(20 * MINUTE)
        assert bench.state is not None
        assert bench.state.ledger.axis.outages == 1
        logs.append(rows(bench))
    assert logs[0] == logs[1]


def test_what_a_cut_by_hand_leaves_is_the_last_commit_before_it() -> None:
    # Commits every 10 s; the load changes 3 s after one, and the supply is taken away 1 s later, without an alarm.
    second = 10**9
    kept = []
    for patient in (False, True):
        bench = bench_of([(633 * second, 0), (40 * MINUTE, 3)], patient=patient)
        bench.advance(634 * second)
        bench.cut_power()
        bench.switch_on(15 * MINUTE)
        assert bench.state is not None
        kept.append((bench.state.ledger, rows(bench)))
    assert kept[0] == kept[1]
