"""The story that `step` tells, one rule at a time; `step` is called here without any bench."""

from dataclasses import replace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from bench_rig import RTC_MS, TERMS, configuration
from ferraris.firmware.billing import registers as billing
from ferraris.firmware.billing.ledger import decode, encode_snapshot
from ferraris.firmware.billing.profile import Row, Status, decode_row
from ferraris.firmware.dlms import wrapper
from ferraris.firmware.meter.boot import boot
from ferraris.firmware.meter.config import Config, RecordKind, RingId
from ferraris.firmware.meter.events import Event, decode_event, decode_outage
from ferraris.firmware.meter.state import State
from ferraris.firmware.meter.step import step
from ferraris.firmware.meter.wake import next_wake
from ferraris.pins import Append, Closed, Commit, Energies, Hangup, Inputs, Opened, Output, Reading, Send

SEVEN = 1_795_417_200_000
"""2026-11-23 07:00:00 UTC: the end of a commit interval (20 s) and of a capture period (60 s) of the test's meter."""
BLANK = b"\xff" * 32_768
AARQ = bytes.fromhex("601DA109060760857405080101BE10040E01000000065F1F0400007E1F04B0")
"""Association without security, as the Green Book prints it."""


def reading(quanta: int = 1) -> Reading:
    energies = Energies(active_import=quanta)
    return Reading(0, 1, (energies,), energies, (), None, 50.0, 25.0, (), ())


def started(config: Config, rtc: int = RTC_MS) -> State:
    state, outputs = step(config, boot(config, BLANK), BLANK, Inputs(rtc, 0, reset_cause="power"))
    owner, ledger = outputs
    assert owner == Commit(RecordKind.OWNER, b"FER00000042")
    assert isinstance(ledger, Commit)
    assert ledger.kind == RecordKind.LEDGER
    return state


def row_of(output: Output) -> Row:
    assert isinstance(output, Append)
    assert output.ring == RingId.PROFILE_1
    return decode_row(output.payload, 4)


def kinds(outputs: tuple[Output, ...]) -> list[type[Output]]:
    return [type(output) for output in outputs]


def test_between_two_boundaries_a_reading_only_adds_to_the_registers() -> None:
    config = configuration()
    state, outputs = step(config, started(config), BLANK, Inputs(SEVEN - 1, 1, reading(5)))
    assert outputs == ()
    assert state.ledger.registers == billing.add(billing.zero(1), (Energies(5),), Energies(5))


def test_at_the_end_of_a_commit_interval_what_has_changed_is_committed_with_the_reading_in_it() -> None:
    config = configuration()
    before = started(config, SEVEN)
    state, outputs = step(config, before, BLANK, Inputs(SEVEN + 20_000, 1, reading(5)))
    (commit,) = outputs
    assert isinstance(commit, Commit)
    assert commit.kind == RecordKind.DELTA
    assert before.base is not None
    snapshot = encode_snapshot(before.base.numbers, ())[0]
    assert decode(snapshot, commit.payload, config.plan.shape).ledger == state.ledger
    assert state.ledger.registers.vector.active_import.remainder == 5


def test_at_the_end_of_a_capture_period_the_ledger_goes_before_the_row_and_promises_it() -> None:
    config = configuration()
    state, outputs = step(config, started(config), BLANK, Inputs(SEVEN, 1, reading(8_000_000_000)))
    commit, row, _ = outputs
    assert isinstance(commit, Commit)
    assert row_of(row) == (SEVEN // 1000, 0, (1000, 0, 0, 0))
    stored = decode(commit.payload, None, config.plan.shape)
    assert [(each.ring, each.sequence) for each in stored.rows] == [(RingId.PROFILE_1, 0), (RingId.PROFILE_2, 0)]
    assert stored.rows[0].payload == row.payload  # type: ignore[union-attr]
    assert len(state.rings[RingId.PROFILE_1]) == 1


def test_a_boundary_is_taken_once() -> None:
    config = configuration()
    state, _ = step(config, started(config), BLANK, Inputs(SEVEN, 1, reading()))
    assert step(config, state, BLANK, Inputs(SEVEN, 2, reading()))[1] == ()
    assert step(config, state, BLANK, Inputs(SEVEN + 19_999, 3, reading()))[1] == ()


def test_several_boundaries_passed_at_once_give_one_row_stamped_with_the_first() -> None:
    config = configuration()
    _, outputs = step(config, started(config, SEVEN + 1), BLANK, Inputs(SEVEN + 150_000, 1, reading()))
    assert kinds(outputs) == [Commit, Append]
    assert row_of(outputs[1]).stamp_s == SEVEN // 1000 + 60


def test_a_call_that_only_brings_bytes_leaves_the_boundary_to_the_next_that_measures() -> None:
    config = configuration()
    state, outputs = step(config, started(config), BLANK, Inputs(SEVEN, 1, received=((1, Opened()),)))
    assert outputs == ()
    assert next_wake(config, state) == SEVEN
    assert kinds(step(config, state, BLANK, Inputs(SEVEN + 5, 2, reading()))[1]) == [Commit, Append, Append]


def test_a_boundary_without_a_reading_is_taken_all_the_same() -> None:
    config = configuration()
    assert kinds(step(config, started(config), BLANK, Inputs(SEVEN, 1))[1]) == [Commit, Append, Append]


def test_records_stand_before_words() -> None:
    config = configuration()
    state, _ = step(config, started(config), BLANK, Inputs(SEVEN - 5, 1, received=((7, Opened()),)))
    request = wrapper.encode(wrapper.Frame(16, 1, AARQ))
    _, outputs = step(config, state, BLANK, Inputs(SEVEN, 2, reading(), received=((7, request),)))
    assert kinds(outputs) == [Commit, Append, Append, Send]
    assert outputs[3].port == 7  # type: ignore[union-attr]


def test_the_meter_wakes_at_the_earlier_of_commit_and_capture() -> None:
    config = configuration()
    assert next_wake(config, started(config, SEVEN)) == SEVEN + 20_000
    assert next_wake(config, started(config, SEVEN + 40_000)) == SEVEN + 60_000
    assert next_wake(config, started(config, SEVEN + 59_999)) == SEVEN + 60_000


def again(config: Config, state: State, **changes: Any) -> State:
    """The state that a boot finds after an outage, if the ledger was durable."""
    return replace(boot(config, BLANK), ledger=state.ledger, base=state.base, is_bound=True, **changes)


def test_after_an_outage_the_interrupted_period_gets_its_row_and_the_outage_is_told() -> None:
    config = configuration()
    state, _ = step(config, started(config, SEVEN + 1), BLANK, Inputs(SEVEN + 30_000, 1, reading(8_000_000_000)))
    end = SEVEN + 3_600_001
    state, outputs = step(config, again(config, state), BLANK, Inputs(end, 0, reset_cause="power"))
    rows = {output.ring: output.payload for output in outputs if isinstance(output, Append)}
    start_s, end_s = SEVEN // 1000 + 30, end // 1000
    assert decode_outage(rows[RingId.OUTAGES]) == (start_s, end_s, end_s - start_s, 0)
    row = decode_row(rows[RingId.PROFILE_1], 4)
    assert row == (SEVEN // 1000 + 60, Status.POWER_DOWN, (1000, 0, 0, 0))
    assert (state.ledger.axis.outages, state.ledger.axis.long_outages) == (1, 1)


def test_rows_after_damage_say_that_their_data_may_not_be_valid() -> None:
    config = configuration()
    state = again(config, started(config), damage=2)
    state, outputs = step(config, state, BLANK, Inputs(RTC_MS + 1, 0, reset_cause="watchdog"))
    events = [decode_event(output.payload) for output in outputs if isinstance(output, Append)]
    assert [(event.code, event.new) for event in events] == [(Event.MEMORY_ERROR, 2)]
    state, outputs = step(config, state, BLANK, Inputs(SEVEN, 1, reading()))
    assert row_of(outputs[1]).status == Status.DATA_NOT_VALID
    _, outputs = step(config, state, BLANK, Inputs(SEVEN + 60_000, 2, reading()))
    assert row_of(outputs[1]).status == 0


def test_a_watchdog_reset_is_no_outage() -> None:
    config = configuration()
    state, _ = step(config, again(config, started(config)), BLANK, Inputs(SEVEN, 0, reset_cause="watchdog"))
    assert state.ledger.axis.outages == 0
    assert state.ledger.axis.status_1 == 0


def test_a_stream_that_is_no_wrapper_is_hung_up_and_forgotten() -> None:
    config = configuration()
    events = ((3, Opened()), (3, b"GET / HTTP/1.1\r\n\r\n"))
    state, outputs = step(config, started(config), BLANK, Inputs(SEVEN - 1, 1, received=events))
    assert kinds(outputs) == [Hangup]
    assert 3 not in state.connections


def test_a_peer_that_leaves_is_forgotten() -> None:
    config = configuration()
    state, _ = step(config, started(config), BLANK, Inputs(SEVEN - 1, 1, received=((3, Opened()), (4, Opened()))))
    state, _ = step(config, state, BLANK, Inputs(SEVEN - 1, 1, received=((3, Closed()),)))
    assert set(state.connections) == {4}


EVENTS = st.lists(
    st.tuples(st.integers(1, 3), st.one_of(st.just(Opened()), st.just(Closed()), st.binary(max_size=60))), max_size=6
).map(tuple)


@given(st.lists(st.tuples(st.integers(0, 70_000), EVENTS, st.booleans()), max_size=8))
def test_whatever_peers_send_nothing_raises_and_no_register_moves(
    calls: list[tuple[int, tuple[tuple[int, Opened | bytes | Closed], ...], bool]],
) -> None:
    config = configuration()
    state, silent = started(config), started(config)
    rtc = RTC_MS
    for passed, events, measures in calls:
        rtc += passed
        measured = reading(passed) if measures else None
        state, _ = step(config, state, BLANK, Inputs(rtc, rtc - RTC_MS, measured, received=events))
        silent, _ = step(config, silent, BLANK, Inputs(rtc, rtc - RTC_MS, measured))
    assert state.ledger.registers == silent.ledger.registers


def test_a_capture_commits_even_where_no_commit_interval_ends() -> None:
    config = configuration(replace(TERMS, commit_ms=7000))
    assert SEVEN % 7000 != 0
    _, outputs = step(config, started(config, SEVEN - 1), BLANK, Inputs(SEVEN, 1, reading()))
    assert kinds(outputs) == [Commit, Append, Append]
