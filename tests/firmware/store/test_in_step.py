"""The store in step with a plain dict and a plain list, through restarts and power cuts in any order."""

from contextlib import suppress

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from ferraris.firmware.store.journal import append
from ferraris.firmware.store.ring import push
from ferraris.hardware.physics.nvm import NvmPart, PowerLost
from memory_rig import EEPROM, FRAM, NOR, ROW_BYTES, ROWS, Figures, Keeper, perform, read, rows_of

kinds = st.integers(1, 4)
payloads = st.binary(max_size=40)
rows = st.binary(max_size=ROW_BYTES)
steps = st.integers(1, 700)
seeds = st.integers(1, 2**32)


class InStep(RuleBasedStateMachine):
    """Three views: what recovery finds, what the running meter believes, and a dict with a list."""

    figures: Figures

    def __init__(self) -> None:
        super().__init__()
        self.keeper = Keeper(self.figures)
        self.records: dict[int, bytes] = {}
        self.rows: dict[int, bytes] = {}
        self.next = 0

    @rule(kind=kinds, payload=payloads)
    def commit(self, kind: int, payload: bytes) -> None:
        self.keeper.commit(kind, payload)
        self.records[kind] = payload

    @rule(payload=rows)
    def push(self, payload: bytes) -> None:
        if not self.records:  # a meter commits its first snapshot before its first row
            self.commit(1, b"")
        self.rows[self.keeper.rings[0].next] = payload
        self.keeper.push(payload)

    @rule()
    def restart(self) -> None:
        self.keeper = Keeper(self.figures, bytes(self.keeper.part.view))

    @rule(kind=kinds, payload=payloads, lasting=steps, seed=seeds)
    def cut_a_commit(self, kind: int, payload: bytes, lasting: int, seed: int) -> None:
        _, operations = append(self.keeper.layout, self.keeper.journal, kind, payload)
        self._cut(operations, lasting, seed)
        found = self.keeper.found().records
        assert dict(found) in (self.records, {**self.records, kind: payload})
        self.records = dict(found)

    @rule(payload=rows, lasting=steps, seed=seeds)
    def cut_a_push(self, payload: bytes, lasting: int, seed: int) -> None:
        if not self.records:
            self.commit(1, b"")
        sequence = self.keeper.rings[0].next
        _, operations = push(self.keeper.layout, self.keeper.rings[0], payload)
        self._cut(operations, lasting, seed)
        if self.keeper.rows().get(sequence) is not None:
            self.rows[sequence] = payload

    def _cut(self, operations, lasting: int, seed: int) -> None:  # noqa: ANN001
        part = NvmPart(self.figures, bytes(self.keeper.part.view), seed)
        part.supply(lasting)
        with suppress(PowerLost):
            perform(part, operations)
        self.keeper = Keeper(self.figures, bytes(part.view))

    @invariant()
    def recovery_finds_what_the_dict_and_the_list_hold(self) -> None:
        view = self.keeper.part.view
        found = read(self.keeper.layout, view)
        assert not found.damage
        assert dict(found.records) == dict(self.keeper.journal.latest) == self.records
        ring = found.rings[0]
        assert ring.next == self.keeper.rings[0].next
        now = rows_of(self.keeper.layout, found, view)
        assert all(self.rows[n] == row for n, row in now.items() if row is not None)
        written = sorted(n for n in self.rows)[-ROWS + 1 :]
        assert all(now[n] == self.rows[n] for n in written), "one of the newest rows is gone"


@pytest.mark.parametrize("figures", [FRAM, EEPROM, NOR], ids=lambda figures: figures.technology)
def test_the_store_is_in_step_with_a_dict_and_a_list(figures: Figures) -> None:
    machine = type("InStepOn" + figures.technology, (InStep,), {"figures": figures})
    test_case = machine.TestCase
    test_case.settings = settings(max_examples=40, stateful_step_count=40, deadline=None)
    test_case().runTest()
