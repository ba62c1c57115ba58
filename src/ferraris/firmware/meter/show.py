"""From registers and readings to the numbers a display or a head end is shown."""

from fractions import Fraction

from ferraris.firmware.billing.registers import Counters, Register, Registers, per_phase
from ferraris.firmware.meter.config import Config, Netting, Side
from ferraris.pins import QUANTA_PER_MWS

MWS_PER_WH = 3_600_000
CAPACITY_H = 1500
"""A register must count this many hours at Imax and nominal voltage before it rolls over (French order of 1 August
2013, annex 3, seen)."""


def netted(registers: Registers, netting: Netting) -> Counters:
    """One of the two totals."""
    return registers.vector if netting == "vector" else per_phase(registers)


def shown_total(config: Config, registers: Registers) -> Counters:
    """The total that this meter's standard OBIS codes show."""
    return netted(registers, config.netting)


def shown_side(config: Config) -> Side:
    """The side of the measuring transformers that this meter's standard OBIS codes show."""
    return config.transformers.registers if config.transformers else "secondary"


def power_ratio(config: Config, side: Side) -> Fraction:
    """Watts on the asked side for one watt at the meter's terminals."""
    if side == "secondary" or config.transformers is None:
        return Fraction(1)
    return config.transformers.current * config.transformers.voltage


def voltage_ratio(config: Config, side: Side) -> Fraction:
    """Volts on the asked side for one volt at the meter's terminals."""
    return config.transformers.voltage if config.transformers and side == "primary" else Fraction(1)


def current_ratio(config: Config, side: Side) -> Fraction:
    """Amperes on the asked side for one ampere at the meter's terminals."""
    return config.transformers.current if config.transformers and side == "primary" else Fraction(1)


def watt_hours(register: Register, ratio: Fraction) -> int:
    """Whole Wh (varh, VAh) of a register on the side that `ratio` leads to; a begun one is not shown."""
    quanta = register.mws * QUANTA_PER_MWS + register.remainder
    return quanta * ratio.numerator // (ratio.denominator * QUANTA_PER_MWS * MWS_PER_WH)


def needs_64_bits(config: Config, side: Side) -> bool:
    """Whether a 32-bit count of Wh would roll over within the required capacity."""
    full_load_w = config.elements * config.un_v * config.imax_a * power_ratio(config, side)
    return full_load_w * CAPACITY_H >= 2**32
