"""Demand as it is shown: watts and vars, averaged over the window."""

from collections.abc import Callable
from fractions import Fraction

from ferraris.firmware.billing.demand import Quanta, in_progress
from ferraris.firmware.dlms import axdr
from ferraris.firmware.dlms.axdr import Tag
from ferraris.firmware.meter import show
from ferraris.firmware.meter.config import Config
from ferraris.firmware.meter.state import State
from ferraris.pins import QUANTA_PER_MWS

QUANTA_PER_WS = QUANTA_PER_MWS * 1000


def running(config: Config, state: State) -> Quanta:
    """Energy so far of the window that the sub-period in progress will complete."""
    return in_progress(state.ledger.demand, config.plan.window)


def watts(config: Config, quanta: int) -> int:
    """A window's energy as its mean power, whole W (var) on the shown side; a begun one is not shown."""
    ratio = show.power_ratio(config, show.shown_side(config))
    return int(Fraction(quanta) * ratio / (QUANTA_PER_WS * config.plan.window.length_s) // 1)


def encoder(config: Config) -> Callable[[int], bytes]:
    """How demand travels: whole W, or var, in 32 bits where four times full load fits; else in 64."""
    tag, shown = cell(config)
    encode = axdr.double_long_unsigned if tag is Tag.DOUBLE_LONG_UNSIGNED else axdr.long64_unsigned
    return lambda quanta: encode(shown(quanta))


def cell(config: Config) -> tuple[Tag, Callable[[int], int]]:
    """The type in which demand travels, and the number that shows a window's energy in it."""
    full_load_w = config.elements * config.un_v * config.imax_a * show.power_ratio(config, show.shown_side(config))
    tag, most = (Tag.DOUBLE_LONG_UNSIGNED, 2**32 - 1) if 4 * full_load_w < 2**32 else (Tag.LONG64_UNSIGNED, 2**64 - 1)
    return tag, lambda quanta: min(watts(config, quanta), most)
