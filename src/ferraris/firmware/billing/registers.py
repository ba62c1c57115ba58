"""The registers a bill is made from: exact integers that only ever rise.

A register is a count of whole milliwatt-seconds (or millivar-, milli-volt-ampere-seconds) and the remainder that does
not fill one yet, in the quanta of the pins. Nothing is rounded on the way in, so however many readings bring the same
energy, the register ends at the same integer.

Netting. With photovoltaics on one phase the two usual ways to add up three phases bill differently, and the choice
cannot be undone afterwards, so both are kept:

    vector      the signed powers of the phases are added first and the sum is either import or export
    per phase   every phase counts its own import and export, and the total is the sum of the phases' registers

Only the vector total is counted on its own; the per-phase-netted total is the exact sum of the phases.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from ferraris.pins import QUANTA_PER_MWS, Energies

QUANTITIES = Energies._fields
"""Names of the registers of one phase or total, in the order in which they are stored."""


class Register(NamedTuple):
    """One energy register: `mws` whole mWs (mvars, mVAs) and `remainder` quanta in [0, QUANTA_PER_MWS)."""

    mws: int = 0
    remainder: int = 0


class Counters(NamedTuple):
    """The registers of one phase, or of one total; quadrants as in `pins.Energies`."""

    active_import: Register = Register()
    active_export: Register = Register()
    reactive_q1: Register = Register()
    reactive_q2: Register = Register()
    reactive_q3: Register = Register()
    reactive_q4: Register = Register()
    apparent_import: Register = Register()
    apparent_export: Register = Register()


@dataclass(frozen=True)
class Registers:
    """Every energy register of a meter: one set per phase, and the vectorially netted total."""

    phases: tuple[Counters, ...]
    vector: Counters


def zero(elements: int) -> Registers:
    """The registers of a new meter with `elements` phases."""
    return Registers((Counters(),) * elements, Counters())


def add(registers: Registers, phases: Sequence[Energies], total: Energies) -> Registers:
    """Return the registers after one reading; asserts that no energy is negative, so that no register ever falls."""
    assert len(phases) == len(registers.phases), f"a reading of {len(phases)} phases on {len(registers.phases)} sets"
    counted = tuple(count_all(counters, energies) for counters, energies in zip(registers.phases, phases, strict=True))
    return Registers(counted, count_all(registers.vector, total))


def count_all(counters: Counters, energies: Energies) -> Counters:
    """Count every energy in the register of its name."""
    pairs = zip(counters, energies, strict=True)
    # Most energies are nought: power has one direction and one quadrant at a time.
    return Counters(*[count(register, quanta) if quanta else register for register, quanta in pairs])


def count(register: Register, quanta: int) -> Register:
    """Add `quanta` (>= 0) to a register, carrying what does not fill a whole mWs."""
    assert quanta >= 0, f"an energy of {quanta} quanta would make a register fall"
    whole, remainder = divmod(register.remainder + quanta, QUANTA_PER_MWS)
    return Register(register.mws + whole, remainder)


def combine(registers: Iterable[Register]) -> Register:
    """The exact sum of several registers, remainders included."""
    mws = remainder = 0
    for register in registers:
        mws += register.mws
        remainder += register.remainder
    return count(Register(mws), remainder)


def per_phase(registers: Registers) -> Counters:
    """The total netted phase by phase: the sum of the phases' own registers."""
    return Counters(*(combine(column) for column in zip(*registers.phases, strict=True)))


def reactive_import(counters: Counters) -> Register:
    """Reactive import R+ = Q1 + Q2, the two quadrants in which Q is positive (IEC 62053-23 Annex C, recalled)."""
    return combine((counters.reactive_q1, counters.reactive_q2))


def reactive_export(counters: Counters) -> Register:
    """Reactive export R- = Q3 + Q4, the two quadrants in which Q is negative (IEC 62053-23 Annex C, recalled)."""
    return combine((counters.reactive_q3, counters.reactive_q4))


def has_fallen(before: Registers, after: Registers) -> bool:
    """Whether any register of `after` stands lower than in `before`: must never be true."""
    return any(late < early for early, late in zip(flatten(before), flatten(after), strict=True))


def flatten(registers: Registers) -> tuple[Register, ...]:
    """Every register in the order of the stored form: each phase, then the vector total."""
    return tuple(register for counters in (*registers.phases, registers.vector) for register in counters)
