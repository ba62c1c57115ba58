"""Demand over the wire: watts of the whole window, maxima with their times, what a reset leaves; worked out by hand."""

from dataclasses import replace

import pytest

from bench_rig import TERMS
from ferraris.firmware.billing.demand import Window
from ferraris.firmware.dlms import axdr
from ferraris.firmware.dlms.cosem import classes
from ferraris.firmware.dlms.datetimes import UNSPECIFIED, local
from ferraris.pins import QUANTA_PER_MWS
from meter_rig import MINUTE, SEVEN, Meter, act, get, reading, talk

WS = 1000 * QUANTA_PER_MWS
"""One watt-second in quanta of the pins."""
SLIDING = replace(TERMS, window=Window(60, 3))


def value(meter: Meter, class_id: int, name: str, number: int = 2) -> axdr.Value:
    answer = get(talk(meter), class_id, name, number)
    assert isinstance(answer, bytes)
    return axdr.decode(answer).value


def minutes(meter: Meter, *energies_ws: int) -> None:
    """One sub-period after another, each with so much energy."""
    start = meter.rtc
    for number, energy in enumerate(energies_ws, 1):
        meter.call(start + number * MINUTE, energy * WS)


def test_averages_are_energy_over_the_whole_window_begun_watts_not_shown() -> None:
    meter = Meter(SLIDING)
    minutes(meter, 600, 1200, 179)
    assert value(meter, 5, "1.0.1.4.0.255", 3) == (600 + 1200 + 179) // 180
    meter.call(meter.rtc + 1000, 18_000 * WS)
    assert value(meter, 5, "1.0.1.4.0.255", 2) == (1200 + 179 + 18_000) // 180, "the window in progress, so far"
    assert value(meter, 5, "1.0.1.4.0.255", 3) == 10, "the last whole one"


def test_a_window_that_is_not_known_whole_is_averaged_over_its_whole_length() -> None:
    meter = Meter(SLIDING)
    minutes(meter, 1800)
    assert value(meter, 5, "1.0.1.4.0.255", 3) == 10


def test_times_and_window_of_a_demand_register() -> None:
    meter = Meter(SLIDING)
    assert get(talk(meter), 5, "1.0.1.4.0.255", 6) == classes.date_time(UNSPECIFIED), "none has ended yet"
    minutes(meter, 60, 60)
    meter.call(meter.rtc + 5000, WS)
    for number in (6, 7):
        assert get(talk(meter), 5, "1.0.1.4.0.255", number) == classes.date_time(local(SEVEN + 2 * MINUTE))
    assert (value(meter, 5, "1.0.1.4.0.255", 8), value(meter, 5, "1.0.1.4.0.255", 9)) == (60, 3)


def test_a_maximum_has_its_time_and_a_reset_takes_it_into_the_cumulative_demand() -> None:
    meter = Meter()
    minutes(meter, 600, 1200, 900)
    assert value(meter, 4, "1.0.1.6.0.255") == 20
    assert get(talk(meter), 4, "1.0.1.6.0.255", 5) == classes.date_time(local(SEVEN + 2 * MINUTE))
    assert value(meter, 4, "1.0.1.6.1.255") == 20, "rate 1 has been in force"
    assert value(meter, 4, "1.0.1.6.2.255") == 0
    assert get(talk(meter), 4, "1.0.1.6.2.255", 5) == classes.date_time(UNSPECIFIED)
    act(talk(meter), 9, "0.0.10.0.1.255", 1, axdr.long_unsigned(1))
    meter.call()
    assert value(meter, 4, "1.0.1.6.0.255") == 0
    assert value(meter, 3, "1.0.1.2.0.255") == 20
    minutes(meter, 300)
    assert value(meter, 4, "1.0.1.6.0.255") == 5


@pytest.mark.parametrize(("code", "unit"), [(1, 27), (2, 27), (3, 29), (4, 29)])
def test_units_are_watt_and_var_in_ones(code: int, unit: int) -> None:
    shown = (axdr.Data(axdr.Tag.INTEGER, 0), axdr.Data(axdr.Tag.ENUM, unit))
    meter = Meter()
    assert value(meter, 5, f"1.0.{code}.4.0.255", 4) == shown
    assert value(meter, 4, f"1.0.{code}.6.0.255", 3) == shown
    assert value(meter, 3, f"1.0.{code}.2.0.255", 3) == shown


def test_export_has_demand_of_its_own() -> None:
    meter = Meter()
    meter.call(SEVEN + MINUTE, reading=reading(60 * WS, 120 * WS))
    assert [value(meter, 4, f"1.0.{code}.6.0.255") for code in (1, 2, 3, 4)] == [1, 2, 0, 0]
