"""The measured quantities as COSEM registers: which OBIS code shows what, in which unit and on which scale.

Value group B tells what is being billed. 0 is what this meter's settings chose; the channels from 128 on have a fixed
meaning whatever the settings (docs/decisions/0005-obis-channels.md). Value group C of phase n is 20 n more than that of
the total. Codes and units: IEC 62056-6-1 and 62056-6-2 (recalled; the OBIS names were checked against public tables).
"""

from collections.abc import Callable, Iterator
from fractions import Fraction
from functools import lru_cache
from typing import NamedTuple, TypeAlias

from ferraris.firmware.billing import registers as billing
from ferraris.firmware.billing.registers import Counters, Register
from ferraris.firmware.dlms import axdr
from ferraris.firmware.dlms.axdr import Tag
from ferraris.firmware.dlms.cosem.classes import Unit
from ferraris.firmware.dlms.host import Answer
from ferraris.firmware.dlms.results import DataAccessResult
from ferraris.firmware.meter import instant, show
from ferraris.firmware.meter.config import Config, Netting, Side
from ferraris.firmware.meter.instant import Powers
from ferraris.firmware.meter.state import State
from ferraris.firmware.meter.table import Item, View, register
from ferraris.pins import Instant, Reading


class Channel(NamedTuple):
    """One meaning of value group B: how the phases are netted and on which side of the transformers."""

    group_b: int
    netting: Netting
    side: Side


def channels(config: Config) -> Iterator[Channel]:
    """Every channel that says something on this meter that another does not say already."""
    yield Channel(0, config.netting, show.shown_side(config))
    sides: tuple[Side, ...] = ("secondary", "primary") if config.transformers else ("secondary",)
    for index, side in enumerate(sides):
        if config.elements > 1 or config.transformers:
            yield Channel(128 + 2 * index, "vector", side)
        if config.elements > 1:
            yield Channel(129 + 2 * index, "per_phase", side)


# ---------------------------------------------------------------- energies

Pick: TypeAlias = Callable[[Counters], Register]

ENERGIES: tuple[tuple[int, Unit, Pick], ...] = (
    # C, unit, which register
    (1, Unit.WATT_HOUR, lambda c: c.active_import),
    (2, Unit.WATT_HOUR, lambda c: c.active_export),
    (3, Unit.VAR_HOUR, billing.reactive_import),
    (4, Unit.VAR_HOUR, billing.reactive_export),
    (5, Unit.VAR_HOUR, lambda c: c.reactive_q1),
    (6, Unit.VAR_HOUR, lambda c: c.reactive_q2),
    (7, Unit.VAR_HOUR, lambda c: c.reactive_q3),
    (8, Unit.VAR_HOUR, lambda c: c.reactive_q4),
    (9, Unit.VOLT_AMPERE_HOUR, lambda c: c.apparent_import),
    (10, Unit.VOLT_AMPERE_HOUR, lambda c: c.apparent_export),
)
"""Energies by value group C; group D is 8, the time integral since the meter was made; group E the rate, 0 for all."""

ENERGY_PICKS = {code: pick for code, _, pick in ENERGIES}


def energies(config: Config) -> Iterator[Item]:
    """The energy registers of every channel: the total, and each phase where the channel stands for another side."""
    for channel in channels(config):
        for code, unit, pick in ENERGIES:
            yield _energy(config, channel, code, unit, _total(channel.netting, pick))
            for phase in range(config.elements) if _shows_phases(config, channel) else ():
                yield _energy(config, channel, code + 20 * (phase + 1), unit, _phase(phase, pick))
            for rate in range(1, config.plan.shape.rates + 1) if channel.group_b == 0 else ():
                yield _energy(config, channel, code, unit, _rate(rate, pick), rate)


def _shows_phases(config: Config, channel: Channel) -> bool:
    """A phase alone is not netted: it is shown once per side, beside the vector total."""
    return channel.group_b == 0 or (config.transformers is not None and channel.netting == "vector")


def _total(netting: Netting, pick: Pick) -> Callable[[View], Register]:
    return lambda view: pick(show.netted(view.state.ledger.registers, netting))


def _phase(phase: int, pick: Pick) -> Callable[[View], Register]:
    return lambda view: pick(view.state.ledger.registers.phases[phase])


def _rate(rate: int, pick: Pick) -> Callable[[View], Register]:
    """The billed total, as far as it was counted at one rate."""
    return lambda view: pick(view.state.ledger.rates[rate - 1])


def _energy(
    config: Config, channel: Channel, code: int, unit: Unit, of: Callable[[View], Register], rate: int = 0
) -> Item:
    encode = energy_encoder(config, channel.side)
    return register((1, channel.group_b, code, 8, rate, 255), lambda view: encode(of(view)), 0, unit)


def energy_encoder(config: Config, side: Side) -> Callable[[Register], bytes]:
    """How a register travels: whole Wh, in 32 bits that roll over like a counter, or in 64 where 32 are too few.

    Which of the two is decided once, from the full load of the meter, so that neither type nor scaler ever changes.
    """
    ratio = show.power_ratio(config, side)
    tag, roll = energy_type(config, side)
    encode = axdr.long64_unsigned if tag is Tag.LONG64_UNSIGNED else axdr.double_long_unsigned
    return lambda register: encode(show.watt_hours(register, ratio) % roll)


def energy_type(config: Config, side: Side) -> tuple[Tag, int]:
    """The type in which energies of this meter travel, and where they roll over, Wh."""
    return (Tag.LONG64_UNSIGNED, 2**64) if show.needs_64_bits(config, side) else (Tag.DOUBLE_LONG_UNSIGNED, 2**32)


# ---------------------------------------------------------------- the moment

Measure: TypeAlias = Callable[[Config, Reading], float]


class Moment(NamedTuple):
    """A register of the moment."""

    unit: Unit
    scaler: int
    measure: Measure
    ratio: Fraction
    """What the meter's terminals are multiplied with on the shown side."""
    config: Config

    def value(self, view: View) -> Answer:
        """What the register shows; until the first window after a reset has closed there is nothing."""
        reading = view.state.reading
        if reading is None or not reading.instant:
            return DataAccessResult.TEMPORARY_FAILURE
        return self.encode(instant.steps(self.measure(view.config, reading), self.ratio, self.scaler))

    def steps(self, state: State) -> int:
        """The same as a whole number of steps; nought where there is nothing to show."""
        reading = state.reading
        if reading is None or not reading.instant:
            return 0
        return instant.steps(self.measure(self.config, reading), self.ratio, self.scaler)

    @property
    def tag(self) -> Tag:
        """The type in which the steps travel."""
        return Tag.LONG if self.unit == Unit.NONE else Tag.DOUBLE_LONG_UNSIGNED

    def encode(self, steps: int) -> bytes:
        """Steps as they travel."""
        return axdr.long(steps) if self.unit == Unit.NONE else axdr.double_long_unsigned(steps)


POWERS: tuple[tuple[int, Unit, Callable[[Powers], float]], ...] = (
    # C, unit, which power
    (1, Unit.WATT, lambda p: p.active_import),
    (2, Unit.WATT, lambda p: p.active_export),
    (3, Unit.VAR, lambda p: p.reactive_import),
    (4, Unit.VAR, lambda p: p.reactive_export),
    (9, Unit.VOLT_AMPERE, lambda p: p.apparent_import),
    (10, Unit.VOLT_AMPERE, lambda p: p.apparent_export),
)
"""Powers by value group C; group D is 7, the instantaneous value. In tenths of a watt."""

PHASES: tuple[tuple[int, Unit, int, Callable[[Instant], float]], ...] = (
    # C of the first phase, unit, scaler, which quantity
    (31, Unit.AMPERE, -3, lambda i: i.current_a),
    (32, Unit.VOLT, -2, lambda i: i.voltage_v),
    (33, Unit.NONE, -3, lambda i: instant.power_factor(i.active_w, i.apparent_va)),
)
"""What only a phase has, by value group C of the first phase."""


@lru_cache(maxsize=256)
def table(config: Config) -> dict[int, Moment]:
    """The instantaneous values by value group C: of the total and each phase, then what only phases or totals have."""
    found: dict[int, tuple[Unit, int, Measure]] = {}
    for code, unit, power in POWERS:
        found[code] = unit, -1, _of_all(power)
        for phase in range(config.elements):
            found[code + 20 * (phase + 1)] = unit, -1, _of_phase(phase, power)
    for code, unit, scaler, quantity in PHASES:
        for phase in range(config.elements):
            found[code + 20 * phase] = unit, scaler, _of_instant(phase, quantity)
    found[13] = Unit.NONE, -3, _total_power_factor
    found[14] = Unit.HERTZ, -3, lambda _, reading: reading.frequency_hz
    if config.has_neutral_sensor:
        found[91] = Unit.AMPERE, -3, lambda _, reading: reading.neutral_a or 0.0
    return {
        code: Moment(unit, scaler, measure, _ratio(config, unit), config)
        for code, (unit, scaler, measure) in found.items()
    }


def moments(config: Config) -> Iterator[Item]:
    """The instantaneous values as registers; value group D is 7."""
    for code, moment in table(config).items():
        yield register((1, 0, code, 7, 0, 255), moment.value, moment.scaler, moment.unit)


def _of_all(power: Callable[[Powers], float]) -> Measure:
    return lambda config, reading: power(instant.of_all(reading.instant, config.netting))


def _of_phase(phase: int, power: Callable[[Powers], float]) -> Measure:
    return lambda _, reading: power(instant.of_phase(reading.instant[phase]))


def _of_instant(phase: int, quantity: Callable[[Instant], float]) -> Measure:
    return lambda _, reading: quantity(reading.instant[phase])


def _total_power_factor(config: Config, reading: Reading) -> float:
    powers = instant.of_all(reading.instant, config.netting)
    active_w = powers.active_import - powers.active_export
    return instant.power_factor(active_w, powers.apparent_import + powers.apparent_export)


def _ratio(config: Config, unit: Unit) -> Fraction:
    """What the meter's terminals are multiplied with on the shown side, for a quantity in this unit."""
    side = show.shown_side(config)
    match unit:
        case Unit.VOLT:
            return show.voltage_ratio(config, side)
        case Unit.AMPERE:
            return show.current_ratio(config, side)
        case Unit.WATT | Unit.VOLT_AMPERE | Unit.VAR:
            return show.power_ratio(config, side)
        case _:
            return Fraction(1)
