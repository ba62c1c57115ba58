"""The store in step with a plain dict and plain lists: cuts, flipped, stuck and worn bits in any order."""

from contextlib import suppress
from dataclasses import replace

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from ferraris.bench.storage import Storage, WornOutError
from ferraris.firmware.store.recovery import Recovered
from ferraris.firmware.store.ring import follow
from ferraris.hardware.physics.nvm import NvmPart, PowerLost
from ferraris.pins import Append, Commit
from memory_rig import (
    EEPROM,
    FRAM,
    NOR,
    ROW_BYTES,
    ROWS,
    SHORT_ROW_BYTES,
    SHORT_ROWS,
    Figures,
    read,
    rows_of,
    small_layout,
)

kinds = st.integers(1, 8)
payloads = st.binary(max_size=26)
indices = st.integers(0, 1)
steps = st.integers(1, 700)
seeds = st.integers(1, 2**32)
places = st.integers(0, 8 * 4096 - 1)


class InStep(RuleBasedStateMachine):
    """Three views: what recovery finds, what the running driver believes, and a dict with two lists."""

    figures: Figures

    @initialize(seed=seeds)
    def leave_the_factory(self, seed: int) -> None:
        self.part = NvmPart(self.figures, tear_seed=seed, fault_seed=seed)
        self.storage = Storage(small_layout(self.figures), self.part)
        self.storage.open()
        self.storage.commit(Commit(1, b""))  # a meter commits its first snapshot before its first row
        self.records: dict[int, bytes] = {1: b""}
        self.rows: tuple[list[bytes], list[bytes]] = ([], [])
        self.ever: set[tuple[int, bytes]] = {(1, b"")}
        self.is_over = False

    @precondition(lambda self: not self.is_over)
    @rule(kind=kinds, payload=payloads)
    def commit(self, kind: int, payload: bytes) -> None:
        try:
            self.storage.commit(Commit(kind, payload))
        except WornOutError:
            assert self.part.faults.stuck > 1, "one bit does not wear a part out"
            self.is_over = True
        else:
            self.records[kind] = payload
            found = read(self.storage.layout, self.storage.view)
            assert found.records[kind] == payload, "what was just promised is there, whatever cells have failed"
        self.ever.add((kind, payload))

    @precondition(lambda self: not self.is_over)
    @rule(index=indices, payload=st.binary(max_size=SHORT_ROW_BYTES))
    def push(self, index: int, payload: bytes) -> None:
        payload = payload.ljust(ROW_BYTES, b".") if index == 0 else payload
        before, skips = self.storage._rings[index], self.storage.skips
        self.storage.append(Append(index, payload))
        self.rows[index].append(payload)
        assert self._held(index)[-1] == payload
        after = self.storage._rings[index]
        assert after.next == before.next + 1 + self.storage.skips - skips
        assert follow(self.storage.layout, after, self.storage.view) == after

    @rule()
    def restart(self) -> None:
        self.part.supply(None)
        self.part.power_up()
        self.storage = Storage(self.storage.layout, self.part)
        self.storage.open()

    @precondition(lambda self: not self.is_over)
    @rule(kind=kinds, payload=payloads, lasting=steps)
    def cut_a_commit(self, kind: int, payload: bytes, lasting: int) -> None:
        self.part.supply(lasting)
        with suppress(PowerLost, WornOutError):
            self.storage.commit(Commit(kind, payload))
        self.restart()
        found = read(self.storage.layout, self.storage.view)
        self.ever.add((kind, payload))
        if dict(found.records) == {**self.records, kind: payload}:
            self.records[kind] = payload

    @precondition(lambda self: not self.is_over)
    @rule(index=indices, payload=st.binary(max_size=SHORT_ROW_BYTES), lasting=steps)
    def cut_a_push(self, index: int, payload: bytes, lasting: int) -> None:
        payload = payload.ljust(ROW_BYTES, b".") if index == 0 else payload
        before = self.storage._rings[index].next
        self.part.supply(lasting)
        with suppress(PowerLost):
            self.storage.append(Append(index, payload))
        self.restart()
        found = read(self.storage.layout, self.storage.view)
        rows = rows_of(self.storage.layout, found, self.storage.view, index)
        if any(sequence >= before and content is not None for sequence, content in rows.items()):
            self.rows[index].append(payload)

    @precondition(lambda self: not self.is_over and self.part.faults.flipped < 2)
    @rule(place=places)
    def flip(self, place: int) -> None:
        self.part.flip(place % (8 * self.figures.size_bytes))
        self.restart()

    @precondition(lambda self: not self.is_over and self.part.faults.stuck < 3)
    @rule(place=places, value=st.booleans())
    def stick(self, place: int, value: bool) -> None:
        self.part.stick(place % (8 * self.figures.size_bytes), value=value)
        self.restart()

    def _held(self, index: int, found: Recovered | None = None) -> list[bytes]:
        found = found or read(self.storage.layout, self.storage.view)
        rows = rows_of(self.storage.layout, found, self.storage.view, index)
        return [payload for payload in rows.values() if payload is not None]

    @invariant()
    def recovery_finds_what_the_dict_and_the_lists_hold(self) -> None:
        """Without a fault, exactly; with faults, what is missing is told and what is shown was once true."""
        found = read(self.storage.layout, self.storage.view)
        has_faults = bool(self.part.faults.flipped or self.part.faults.stuck)
        if dict(found.records) != self.records or not has_faults:
            assert has_faults == bool(found.damage)
        assert set(found.records.items()) <= self.ever
        self.records = dict(found.records) if has_faults else self.records
        assert dict(found.records) == self.records
        for index, promised in enumerate((ROWS, SHORT_ROWS)):
            held, pushed = self._held(index, found), self.rows[index]
            later = iter(pushed)
            assert all(payload in later for payload in held), "rows that were pushed, in that order"
            kept = 0 if has_faults else min(len(pushed), promised - 1)
            assert held[len(held) - kept :] == pushed[len(pushed) - kept :], "one of the newest rows is gone"


@pytest.mark.parametrize("figures", [FRAM, EEPROM, NOR], ids=lambda figures: figures.technology)
def test_the_store_is_in_step_with_a_dict_and_lists(figures: Figures) -> None:
    machine = type("InStepOn" + figures.technology, (InStep,), {"figures": figures})
    test_case = machine.TestCase
    test_case.settings = settings(max_examples=30, stateful_step_count=30, deadline=None)
    test_case().runTest()


@pytest.mark.parametrize("figures", [FRAM, EEPROM, NOR], ids=lambda figures: figures.technology)
def test_a_part_that_wears_out_in_service_loses_nothing_unnoticed(figures: Figures) -> None:
    """Cells of a hundred cycles: the meter steps over what fails, and stops in words when nothing is left."""
    part = NvmPart(replace(figures, endurance_cycles=60.0), fault_seed=5)
    storage = Storage(small_layout(figures), part)
    storage.open()
    done = 0
    with suppress(WornOutError):
        for number in range(5000):
            storage.commit(Commit(1 + number % 3, number.to_bytes(20, "big")))
            done = number
            found = read(storage.layout, storage.view)
            is_latest = found.records[1 + number % 3] == number.to_bytes(20, "big")
            assert is_latest or found.damage, "a cell that failed in an older place is told"
    assert done < 4999, "the part must have worn out"
    assert part.faults.worn > 4
    assert storage.skips > 0
