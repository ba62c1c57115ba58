"""Registers are exact: checked against `fractions`, which shares no arithmetic with them."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ferraris.firmware.billing import registers as reg
from ferraris.pins import QUANTA_PER_MWS, Energies

ENERGIES = st.builds(Energies, *[st.integers(0, 10**14)] * 8)
"""Energies of one reading: 10^14 quanta are 12.5 kWs, more than 200 ms at any rating we know."""


def readings(elements: int) -> st.SearchStrategy[list[tuple[tuple[Energies, ...], Energies]]]:
    return st.lists(st.tuples(st.tuples(*[ENERGIES] * elements), ENERGIES), max_size=6)


RUNS = st.integers(1, 3).flatmap(lambda elements: st.tuples(st.just(elements), readings(elements)))


def exact(register: reg.Register) -> Fraction:
    return Fraction(register.mws) + Fraction(register.remainder, QUANTA_PER_MWS)


def after(elements: int, run: list[tuple[tuple[Energies, ...], Energies]]) -> reg.Registers:
    registers = reg.zero(elements)
    for phases, total in run:
        registers = reg.add(registers, phases, total)
    return registers


@given(RUNS)
def test_a_register_is_the_exact_sum_of_what_was_read(
    case: tuple[int, list[tuple[tuple[Energies, ...], Energies]]],
) -> None:
    elements, run = case
    registers = after(elements, run)
    for index in range(8):
        for phase in range(elements):
            expected = Fraction(sum(phases[phase][index] for phases, _ in run), QUANTA_PER_MWS)
            assert exact(registers.phases[phase][index]) == expected
        assert exact(registers.vector[index]) == Fraction(sum(total[index] for _, total in run), QUANTA_PER_MWS)


@given(RUNS)
def test_the_per_phase_total_is_the_exact_sum_of_the_phases(
    case: tuple[int, list[tuple[tuple[Energies, ...], Energies]]],
) -> None:
    elements, run = case
    total = reg.per_phase(after(elements, run))
    for index in range(8):
        quanta = sum(energies[index] for phases, _ in run for energies in phases)
        assert exact(total[index]) == Fraction(quanta, QUANTA_PER_MWS)
        assert 0 <= total[index].remainder < QUANTA_PER_MWS


def test_the_two_nettings_differ_when_one_phase_exports() -> None:
    # Phases of +3, +2 and -4 W for one second: the vector sum is 1 W of import, per phase it is 5 W in and 4 W out.
    second = 1000 * QUANTA_PER_MWS
    phases = (Energies(3 * second), Energies(2 * second), Energies(active_export=4 * second))
    registers = reg.add(reg.zero(3), phases, Energies(1 * second))
    assert registers.vector.active_import.mws == 1000
    assert registers.vector.active_export.mws == 0
    assert reg.per_phase(registers).active_import.mws == 5000
    assert reg.per_phase(registers).active_export.mws == 4000


def test_one_watt_hour_is_3600000_milliwatt_seconds() -> None:
    # 1000 W for 3.6 s, in the unit the pins document: micro-watts times ticks of 1/8000 s.
    registers = reg.add(reg.zero(1), (Energies(10**9 * 28_800),), Energies(10**9 * 28_800))
    assert registers.phases[0].active_import == (3_600_000, 0)


def test_reactive_import_is_q1_and_q2_and_export_is_q3_and_q4() -> None:
    quanta = [1, 10, 100, 1000]
    counters = reg.Counters(*[reg.Register()] * 2, *[reg.Register(q) for q in quanta], *[reg.Register()] * 2)
    assert reg.reactive_import(counters).mws == 11
    assert reg.reactive_export(counters).mws == 1100


def test_remainders_are_carried_when_registers_are_combined() -> None:
    half = reg.Register(0, QUANTA_PER_MWS // 2)
    assert reg.combine((half, half, half)) == (1, QUANTA_PER_MWS // 2)


def test_a_negative_energy_is_an_assertion_because_a_register_never_falls() -> None:
    with pytest.raises(AssertionError, match="fall"):
        reg.add(reg.zero(1), (Energies(-1),), Energies())


def test_a_reading_of_other_phases_than_the_meter_has_is_an_assertion() -> None:
    with pytest.raises(AssertionError, match="3 phases"):
        reg.add(reg.zero(1), (Energies(),) * 3, Energies())


def test_has_fallen_sees_one_quantum() -> None:
    low, high = reg.zero(1), reg.add(reg.zero(1), (Energies(reactive_q3=1),), Energies())
    assert reg.has_fallen(high, low)
    assert not reg.has_fallen(low, high)
    assert not reg.has_fallen(low, low)
