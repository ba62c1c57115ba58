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
        self.holes = 0
        """Rows that faults may have cost each ring."""
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

    @precondition(lambda self: not self.is_over)
    @rule(index=indices, payload=st.binary(max_size=SHORT_ROW_BYTES))
    def push(self, index: int, payload: bytes) -> None:
        payload = payload.ljust(ROW_BYTES, b".") if index == 0 else payload
        before, skips = self.storage._rings[index], self.storage.skips
        self.storage.append(Append(index, payload))
        self.rows[index].append(payload)
        self.holes += self.storage.skips - skips
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
        found = dict(read(self.storage.layout, self.storage.view).records)
        assert found in (self.records, {**self.records, kind: payload})
        self.records = found

    @precondition(lambda self: not self.is_over)
    @rule(index=indices, payload=st.binary(max_size=SHORT_ROW_BYTES), lasting=steps)
    def cut_a_push(self, index: int, payload: bytes, lasting: int) -> None:
        self.part.supply(lasting)
        with suppress(PowerLost):
            self.storage.append(Append(index, payload))
        self.restart()
        self.holes += 2 * bool(self.part.faults.stuck)
        held = self._held(index)
        if held and held[-1] == payload and held[-2:] != self.rows[index][-2:]:
            self.rows[index].append(payload)

    @precondition(lambda self: not self.is_over)
    @rule(place=places)
    def flip(self, place: int) -> None:
        """A bit turns over; what it cost is told, and the records shown are older truth."""
        self.part.flip(place % (8 * self.figures.size_bytes))
        self._after_a_fault()

    @precondition(lambda self: not self.is_over and self.part.faults.stuck < 6)
    @rule(place=places, value=st.booleans())
    def stick(self, place: int, value: bool) -> None:
        self.part.stick(place % (8 * self.figures.size_bytes), value=value)
        self._after_a_fault()

    def _after_a_fault(self) -> None:
        found = read(self.storage.layout, self.storage.view)
        if dict(found.records) != self.records:
            assert found.damage
        self.records = dict(found.records)
        self.holes += 2
        self.restart()

    def _held(self, index: int, found: Recovered | None = None) -> list[bytes]:
        found = found or read(self.storage.layout, self.storage.view)
        rows = rows_of(self.storage.layout, found, self.storage.view, index)
        return [payload for payload in rows.values() if payload is not None]

    @invariant()
    def recovery_finds_what_the_dict_and_the_lists_hold(self) -> None:
        found = read(self.storage.layout, self.storage.view)
        assert dict(found.records) == self.records
        assert self.part.faults.flipped or self.part.faults.stuck or not found.damage
        for index, promised in enumerate((ROWS, SHORT_ROWS)):
            held, rows = self._held(index, found), self.rows[index]
            newest = rows[-min(len(rows), max(promised - 1 - self.holes, 0)) :] if promised - 1 > self.holes else []
            assert held[len(held) - len(newest) :] == newest, "one of the newest rows is gone"


@pytest.mark.parametrize("figures", [FRAM, EEPROM, NOR], ids=lambda figures: figures.technology)
def test_the_store_is_in_step_with_a_dict_and_lists(figures: Figures) -> None:
    machine = type("InStepOn" + figures.technology, (InStep,), {"figures": figures})
    test_case = machine.TestCase
    test_case.settings = settings(max_examples=20, stateful_step_count=30, deadline=None)
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
