"""A life that meets every kind of record and row; the supply fails at every byte and at every output of it.

By default a cut is made at the first and the last byte of each operation and at every `STRIDE`th byte between, another
phase for each of the cases; FERRARIS_EVERY_BYTE=1 (make crash) visits every byte of every case.
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache

import pytest
from every_record_books import differences
from every_record_rig import Ear, Life, Moment, born, holds_record, live, operations_of, rows, steps_of

from bench_rig import SECOND
from ferraris.bench.clock import rtc_ms
from ferraris.firmware.billing import registers as billing
from ferraris.firmware.billing.profile import Row, Status, decode_row
from ferraris.firmware.meter.boot import boot
from ferraris.firmware.meter.config import Config, RecordKind, RingId
from ferraris.firmware.meter.events import Event, decode_event
from ferraris.firmware.meter.state import State
from ferraris.firmware.store.operations import Operation
from ferraris.hardware.physics.nvm import NvmPart, PowerLost
from ferraris.pins import Append, Commit, LoadCalibration, Output, Send, SetRtc, TrimRtc
from memory_rig import perform

STRIDE = 1 if os.environ.get("FERRARIS_EVERY_BYTE") else 307
GOES_ON_EVERY = 17
"""Every cut is recovered from and compared; after each 17th (a prime) the meter itself dies of it and goes on."""
CASES = [("fram", None), ("eeprom", None), ("nor", None), ("eeprom", 5), ("nor", 11)]
"""Technology, and the seed of untidy cuts."""
PHASES = dict(zip(CASES, range(0, STRIDE, max(STRIDE // len(CASES), 1)), strict=False))


@dataclass(frozen=True)
class Cut:
    """The supply failed after so many bytes of what a moment asked of the part."""

    moment: Moment
    steps: int
    image: bytes


@lru_cache
def story(technology: str) -> tuple[Moment, ...]:
    bench = born(technology)
    bench.moments = []
    live(bench)
    assert differences(bench) == []
    assert isinstance(bench.witness, Ear)
    assert bench.witness.auditor.complaints == []
    return tuple(bench.moments)


@pytest.mark.parametrize("technology", ["fram", "eeprom", "nor"])
def test_the_life_meets_every_kind_of_record_row_and_output(technology: str) -> None:
    outputs = [output for moment in story(technology) for output in moment.outputs]
    assert {each.kind for each in outputs if isinstance(each, Commit)} == set(RecordKind) - {RecordKind.CALIBRATION}
    assert {each.ring for each in outputs if isinstance(each, Append)} == set(RingId)
    assert {type(each) for each in outputs} >= {LoadCalibration, SetRtc, TrimRtc, Send}
    last = story(technology)[-1].bench
    assert last.storage._journal.generation > 3, "compactions"
    assert boot(last.config, last.storage.view).constants is not None, "the production line's record"
    state = last.state
    assert state is not None
    events = {
        decode_event(row).code for row in rows(last.config, state.rings, last.storage.view)[RingId.EVENTS].values()
    }
    assert events >= {Event.POWER_DOWN, Event.CLOCK_NEW, Event.CLOCK_INVALID, Event.CLOCK_REFUSED}


@pytest.mark.parametrize(("technology", "tear_seed"), CASES)
def test_a_cut_after_any_byte_leaves_one_commit_every_row_once_and_a_meter_that_goes_on(
    technology: str, tear_seed: int | None
) -> None:
    seen, number = {False: 0, True: 0}, 0
    for moment in story(technology):
        for cut in cuts(moment, tear_seed, PHASES[technology, tear_seed]):
            seen[holds(cut)] += 1
            if number % GOES_ON_EVERY == 0:
                dies_and_goes_on(cut, tear_seed)
            number += 1
    assert min(seen.values()) > 200, "both outcomes must have been met"


def cuts(moment: Moment, tear_seed: int | None, phase: int) -> Iterator[Cut]:
    """Every cut that is visited; images that follow each other and are equal come once."""
    sheet, base, before, last = moment.bench.sheet, 0, moment.image, b""
    for operation in operations_of(moment):
        count = steps_of(sheet, operation)
        for step in range(count):
            if 0 < step < count - 1 and (base + step) % STRIDE != phase:
                continue
            image = torn(moment, before, operation, step, tear_seed)
            if image != last:
                yield Cut(moment, base + step, image)
            last = image
        base += count
        before = torn(moment, before, operation, None, None)
    if base:
        yield Cut(moment, base, before)


def torn(moment: Moment, before: bytes, operation: Operation, steps: int | None, tear_seed: int | None) -> bytes:
    """What an operation leaves on a part whose supply lasts for so many bytes of it."""
    part = NvmPart(moment.bench.sheet, before, tear_seed)
    part.supply(steps)
    try:
        perform(part, [operation])
    except PowerLost:
        assert steps is not None
    return bytes(part.view)


# ------------------------------------------------------------------------------------------------ what was kept


@lru_cache(maxsize=4)
def began(config: Config, image: bytes) -> State:
    """What a moment began with."""
    return boot(config, image)


def holds(cut: Cut) -> bool:
    """What a cut left is whole; whether it is the new commit."""
    moment, config = cut.moment, cut.moment.bench.config
    found = boot(config, cut.image)
    assert not found.damage, "a cut is no damage"
    assert found.ledger in (moment.old, moment.new)
    assert not billing.has_fallen(moment.old.registers, found.ledger.registers)
    is_new = holds_record(config, cut.image, moment.new, moment.outputs)
    assert_rows(cut, found, is_new=is_new)
    assert_calendars(moment, found)
    return is_new


def assert_rows(cut: Cut, found: State, *, is_new: bool) -> None:
    """Rows before the moment are there but those due to go; those of the moment are there or promised, if it counts."""
    moment, config = cut.moment, cut.moment.bench.config
    before = began(config, moment.image)
    old = rows(config, before.rings, moment.image)
    held = rows(config, found.rings, cut.image)
    for number, plan in enumerate(config.layout.rings):
        due = [each.payload for each in moment.outputs if isinstance(each, Append) and each.ring == number]
        first = before.rings[number].next
        promised = {row.sequence: row.payload for row in found.unwritten if row.ring == number}
        wanted = old[number] | dict(enumerate(due, first)) if is_new else old[number]
        known = promised | held[number]
        newest = first + len(due)
        staying = {at: row for at, row in wanted.items() if at >= newest - plan.rows}
        assert staying.items() <= known.items(), f"ring {number}: a row is missing"
        assert held[number].items() <= wanted.items(), f"ring {number}: a row that nobody wrote"


def assert_calendars(moment: Moment, found: State) -> None:
    """Each part of the tariff is the old one or the new one."""
    old, new = began(moment.bench.config, moment.image), moment.bench.state
    assert new is not None
    assert found.passive in (old.passive, new.passive)
    assert found.special_days in (old.special_days, new.special_days)
    assert replace(found.calendar, special_days=()) in [replace(each.calendar, special_days=()) for each in (old, new)]


# ------------------------------------------------------------------------------------------------ going on


def dies_and_goes_on(cut: Cut, tear_seed: int | None) -> None:
    """The meter itself dies there: it says nothing any more, comes back, and its next minute is right."""
    bench = cut.moment.bench.beside(cut.moment.image, tear_seed)
    part = bench.storage.part
    assert isinstance(part, NvmPart)
    if cut.steps < sum(steps_of(bench.sheet, each) for each in operations_of(cut.moment)):
        part.supply(cut.steps)
        assert bench._perform(cut.moment.outputs) == (), "a reply about something that is lost"
        assert bench.state is None
        part.supply(None)
    else:
        bench._make_durable([each for each in cut.moment.outputs if isinstance(each, Commit | Append)])
        bench.cut_power()
    comes_back(bench)


def comes_back(bench: Life) -> State:
    """Power returns after five seconds; everything is as the auditor says, now and after the next boundary."""
    stored = boot(bench.config, bench.storage.view)
    bench.switch_on(bench.now_ns + 5 * SECOND)
    begun, ear = bench.state, bench.witness
    assert begun is not None
    assert isinstance(ear, Ear)
    assert begun.ledger.registers == stored.ledger.registers
    assert {LoadCalibration} <= {type(each) for each in ear.outputs}, "the front end has lost its constants"
    bench.advance(bench.now_ns + 65 * SECOND)
    assert bench.state is not None
    assert not billing.has_fallen(begun.ledger.registers, bench.state.ledger.registers)
    assert bench.state.ledger.registers != begun.ledger.registers
    if ear.is_doubtful:
        assert_told_as_invalid(bench)
    else:
        assert differences(bench) == []
    return begun


def assert_told_as_invalid(bench: Life) -> None:
    """The auditor does not know which of two times the clock shows, and nor does the meter: it says so everywhere."""
    assert bench.state is not None
    found = rows(bench.config, bench.state.rings, bench.storage.view)
    events = [decode_event(row) for row in found[RingId.EVENTS].values()]
    assert Event.CLOCK_INVALID in {event.code for event in events}
    latest = decode_row(list(found[RingId.PROFILE_1].values())[-1], 4)
    assert latest.status & Status.CLOCK_INVALID
    assert len({row.stamp_s for row in profile(found)}) == len(profile(found)), "a row twice"


def profile(found: list[dict[int, bytes]]) -> list[Row]:
    return [decode_row(row, 4) for row in found[RingId.PROFILE_1].values()]


# ------------------------------------------------------------------------------------------------ between outputs


@pytest.mark.parametrize("technology", ["fram", "nor"])
def test_a_cut_between_any_two_outputs_leaves_a_clock_that_is_right_or_marked(technology: str) -> None:
    clocks = 0
    for moment in story(technology):
        records, acts = in_order(moment)
        for done in range(len(acts) + 1) if acts else ():
            bench = moment.bench.beside(moment.image)
            bench._make_durable(records)
            for act in acts[:done]:
                bench._act(act)
            bench.cut_power()
            wanted = wanted_ms(moment)
            begun = comes_back(bench)
            clocks += any(isinstance(act, SetRtc) for act in acts)
            assert begun.ledger.axis.clock_invalid or begun.rtc_ms == wanted
    assert clocks >= 8, "four changes of the clock, each cut before and after"


def wanted_ms(moment: Moment) -> int:
    """What a clock that is right shows five seconds after a moment: counted from what it was set to, where it was."""
    sets = [each.rtc_ms for each in moment.outputs if isinstance(each, SetRtc)]
    begun_ms = sets[-1] if sets else rtc_ms(moment.bench.clock, moment.bench.now_ns)
    return begun_ms + 5000


def in_order(moment: Moment) -> tuple[list[Commit | Append], list[Output]]:
    """Records and acts; the meter itself puts what must be durable first, and words last."""
    records = [each for each in moment.outputs if isinstance(each, Commit | Append)]
    acts = [each for each in moment.outputs if not isinstance(each, Commit | Append)]
    says = [isinstance(each, Send) for each in acts]
    assert says == sorted(says), "something is done after the meter spoke of it"
    return records, acts


@pytest.mark.parametrize("technology", ["fram", "nor"])
def test_what_a_reply_is_about_is_in_the_memory_before_it_is_sent(technology: str) -> None:
    replies = 0
    for moment in story(technology):
        records, acts = in_order(moment)
        if not records or not any(isinstance(act, Send) for act in acts):
            continue
        bench, new = moment.bench.beside(moment.image), moment.bench.state
        assert new is not None
        assert bench._perform(moment.outputs)
        found = boot(bench.config, bench.storage.view)
        assert found.ledger == new.ledger
        assert (found.calendar, found.passive, found.special_days) == (new.calendar, new.passive, new.special_days)
        replies += 1
    assert replies >= 10, "tariff in six parts, a close, three clock changes and one refused"
