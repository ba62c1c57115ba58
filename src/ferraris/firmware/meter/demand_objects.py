"""Demand as COSEM objects: running averages, maxima with their times, cumulative demand."""

from collections.abc import Iterator, Mapping

from ferraris.firmware.billing.demand import QUANTITIES
from ferraris.firmware.dlms import axdr
from ferraris.firmware.dlms.cosem import registers
from ferraris.firmware.dlms.cosem.classes import ClassId, Unit
from ferraris.firmware.dlms.cosem.registers import Demand
from ferraris.firmware.dlms.datetimes import UNSPECIFIED, DateTime
from ferraris.firmware.meter import accounting, demands, profiles
from ferraris.firmware.meter.config import Config
from ferraris.firmware.meter.table import Getter, Item, View, item, register

UNITS = (Unit.WATT, Unit.WATT, Unit.VAR, Unit.VAR)


def items(config: Config) -> Iterator[Item]:
    """Every object of demand: value groups C 1 to 4 are A+, A-, R+ and R-, group E the rate, 0 for all."""
    for quantity in range(len(QUANTITIES)):
        yield _averages(quantity)
        for rate in range(config.plan.shape.rates + 1):
            yield _maximum(quantity, rate)
            yield _cumulative(config, quantity, rate)


def _averages(quantity: int) -> Item:
    getters = {number: _average(quantity, number) for number in range(2, 10)}
    return item(ClassId.DEMAND_REGISTER, 0, (1, 0, quantity + 1, 4, 0, 255), getters)


def _average(quantity: int, number: int) -> Getter:
    def attributes(view: View) -> Mapping[int, bytes]:
        encode = demands.encoder(view.config)
        found, window = view.state.ledger.demand, view.config.plan.window
        return registers.demand_register(
            encode(demands.running(view.config, view.state)[quantity]),
            encode(found.last[quantity]),
            0,
            UNITS[quantity],
            Demand(
                window.period_s,
                window.periods,
                _moment(view, found.last_ended_s),
                _moment(view, found.began_s),
                axdr.unsigned(accounting.moment_status(view.config, view.state, view.state.rtc_ms // 1000)),
            ),
        )

    return lambda view: attributes(view)[number]


def _moment(view: View, utc_s: int) -> DateTime:
    return profiles.local(view.config, utc_s * 1000) if utc_s else UNSPECIFIED


def _maximum(quantity: int, rate: int) -> Item:
    def attributes(view: View) -> Mapping[int, bytes]:
        found = view.state.ledger.demand.maxima[quantity][rate]
        value = demands.encoder(view.config)(found.quanta)
        return registers.extended_register(value, 0, UNITS[quantity], captured=_moment(view, found.ended_s))

    def getter(number: int) -> Getter:
        return lambda view: attributes(view)[number]

    getters = {number: getter(number) for number in range(2, 6)}
    return item(ClassId.EXTENDED_REGISTER, 0, (1, 0, quantity + 1, 6, rate, 255), getters)


def _cumulative(config: Config, quantity: int, rate: int) -> Item:
    encode = demands.encoder(config)
    return register(
        (1, 0, quantity + 1, 2, rate, 255),
        lambda view: encode(view.state.ledger.demand.cumulative[quantity][rate]),
        0,
        UNITS[quantity],
    )
