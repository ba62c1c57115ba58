"""What a load profile can capture: registers of energy, of demand and of the moment, as whole numbers.

A captured value is kept in the unit in which the meter counts (mWs, quanta, or steps of a register of the moment), and
is turned into what the register itself shows when the row is read.
"""

from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple, TypeAlias

from ferraris.firmware.billing.registers import Counters
from ferraris.firmware.dlms.axdr import Tag
from ferraris.firmware.dlms.cosem.classes import ClassId
from ferraris.firmware.meter import catalogue, demands, show
from ferraris.firmware.meter.config import Config
from ferraris.firmware.meter.state import State

Code: TypeAlias = tuple[int, int, int]
"""Value groups C, D and E of an OBIS code 1.0.C.D.E."""


class Source(NamedTuple):
    """Where a captured value comes from and how it is shown."""

    class_id: ClassId
    attribute: int
    take: Callable[[State], int]
    tag: Tag
    show: Callable[[int], int]
    """What the register shows of a captured value, in the type of `tag`."""


class UnknownCaptureError(ValueError):
    """No register of that code can be captured; the message lists the codes that can."""


def sample(config: Config, state: State, codes: tuple[Code, ...]) -> tuple[int, ...]:
    """The values of these registers as they stand."""
    return tuple(take(state) for take in _takers(config, codes))


@lru_cache(maxsize=64)
def _takers(config: Config, codes: tuple[Code, ...]) -> tuple[Callable[[State], int], ...]:
    return tuple(source(config, code).take for code in codes)


@lru_cache(maxsize=512)
def source(config: Config, code: Code) -> Source:
    """The source of a code; raises `UnknownCaptureError`."""
    group_c, group_d, group_e = code
    if group_d == 8 and (found := _energy(config, group_c, group_e)) is not None:
        return found
    if group_d in {4, 5} and group_e == 0 and 1 <= group_c <= 4:
        return _demand(config, group_c - 1, group_d)
    if group_d == 7 and group_e == 0 and (moment := catalogue.table(config).get(group_c)) is not None:
        return Source(ClassId.REGISTER, 2, moment.steps, moment.tag, int)
    raise UnknownCaptureError(
        f"1.0.{group_c}.{group_d}.{group_e} cannot be captured; registers of energy (1.0.C.8.E), of demand (1.0.C.4.0"
        " running, 1.0.C.5.0 the last average) and of the moment (1.0.C.7.0) can"
    )


def _energy(config: Config, group_c: int, group_e: int) -> Source | None:
    phase, code = divmod(group_c, 20)
    pick = catalogue.ENERGY_PICKS.get(code)
    if pick is None or phase > config.elements or (phase and group_e) or group_e > config.plan.shape.rates:
        return None
    tag, shown = energy_cell(config)

    def counters(state: State) -> Counters:
        if phase:
            return state.ledger.registers.phases[phase - 1]
        return state.ledger.rates[group_e - 1] if group_e else show.shown_total(config, state.ledger.registers)

    return Source(ClassId.REGISTER, 2, lambda state: pick(counters(state)).mws, tag, shown)


def energy_cell(config: Config) -> tuple[Tag, Callable[[int], int]]:
    """How a captured energy, mWs, travels: exactly as the register that it quotes."""
    side = show.shown_side(config)
    ratio = show.power_ratio(config, side)
    per_wh, of_mws = ratio.denominator * show.MWS_PER_WH, ratio.numerator
    tag, roll = catalogue.energy_type(config, side)
    mask = roll - 1  # a power of two: this is the remainder, and quicker
    return tag, lambda mws: mws * of_mws // per_wh & mask


def _demand(config: Config, quantity: int, group_d: int) -> Source:
    """Attribute 2 of a demand register is the average so far, attribute 3 the last one; 1.0.C.5.0 stands for it."""
    cell = demands.cell(config)
    if group_d == 4:
        return Source(ClassId.DEMAND_REGISTER, 2, lambda state: demands.running(config, state)[quantity], *cell)
    return Source(ClassId.DEMAND_REGISTER, 3, lambda state: state.ledger.demand.last[quantity], *cell)
