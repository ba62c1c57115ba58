"""The store through outages: by hand arithmetic, however outages are cut, and never longer than item 3.2 promises."""

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ferraris.hardware.draws import Nominal, Seed
from ferraris.hardware.physics.reserve import (
    WORST,
    Capacitor,
    Cell,
    Reserve,
    Store,
    after_outage,
    full,
    manufacture_store,
    recharged,
    store_v,
    time_left_s,
)
from ferraris.hardware.platform.load import load
from ferraris.hardware.platform.models import Absent, Platform
from ferraris.verify import hold_up

PLATFORMS = Path(__file__).resolve().parents[3] / "platforms"
HOME, SHOP = (load(PLATFORMS / f"{name}.toml") for name in ("home-1p", "shop-3p"))
FARAD = Capacitor(1.0, 0.0, 20.0, 3.6, 1.6, 1e-6, 1000.0)
"""1 F from 3.6 to 1.6 V at 1 uA: two million seconds."""
LEAKY = replace(FARAD, leakage_siemens=2e-6)
CELL = Cell(0.96, 0.01, 10.0, 3.6, 10e-6)


def made(platform: Platform, draw: Nominal | Seed, years: float = 0.0) -> Store:
    found = manufacture_store(platform, draw, years)
    assert found is not None
    return found


def test_a_farad_feeds_a_microampere_for_two_million_seconds() -> None:
    assert time_left_s(FARAD, full(FARAD), 20.0) == pytest.approx(2e6)
    assert after_outage(FARAD, full(FARAD), 1e6, 20.0).holds == pytest.approx(2.6)
    assert not after_outage(FARAD, full(FARAD), 1.99e6, 20.0).lost
    assert after_outage(FARAD, full(FARAD), 2.01e6, 20.0).lost


def test_a_leaky_one_falls_towards_minus_i_over_g() -> None:
    """U + I/G = (3.6 + 0.5) e^(-G t/C): after 100 000 s 4.1 e^-0.2 - 0.5; at 40 degC twice the leakage, e^-0.4."""
    assert after_outage(LEAKY, full(LEAKY), 1e5, 20.0).holds == pytest.approx(4.1 * 0.8187308 - 0.5)
    assert after_outage(LEAKY, full(LEAKY), 1e5, 40.0).holds == pytest.approx(3.85 * 0.6703200 - 0.25)


def test_a_cell_under_ten_microamperes_lasts_ten_years() -> None:
    """ln(1 + 0.01 x 0.96/0.08766)/0.01 = 10.39 years."""
    assert time_left_s(CELL, full(CELL), 20.0) / 8766 / 3600 == pytest.approx(10.39, abs=0.01)
    assert recharged(CELL, Reserve(0.5), 1e9) == Reserve(0.5)
    assert (store_v(CELL, Reserve(0.5)), store_v(CELL, Reserve(0.0))) == (3.6, 0.0)


@pytest.mark.parametrize("store", [FARAD, LEAKY, CELL], ids=["ideal", "leaky", "cell"])
@given(cuts=st.lists(st.floats(1.0, 3e5), min_size=1, max_size=8), air_c=st.floats(-40.0, 70.0))
def test_an_outage_in_pieces_leaves_what_a_whole_one_leaves(store: Store, cuts: list[float], air_c: float) -> None:
    reserve = full(store)
    for each in cuts:
        reserve = after_outage(store, reserve, each, air_c)
    whole = after_outage(store, full(store), sum(cuts), air_c)
    assert reserve.holds == pytest.approx(whole.holds, rel=1e-9, abs=1e-9)
    left = time_left_s(store, full(store), air_c)
    if abs(sum(cuts) / left - 1.0) > 1e-9:  # at the very end the two may round to different sides
        assert reserve.lost == whole.lost == (sum(cuts) >= left)


@pytest.mark.parametrize("store", [FARAD, LEAKY, CELL], ids=["ideal", "leaky", "cell"])
@given(share=st.floats(0.0, 0.99), air_c=st.floats(-40.0, 70.0))
def test_the_time_left_falls_as_time_passes(store: Store, share: float, air_c: float) -> None:
    whole = time_left_s(store, full(store), air_c)
    later = after_outage(store, full(store), share * whole, air_c)
    assert time_left_s(store, later, air_c) == pytest.approx((1 - share) * whole, rel=1e-6)


def test_a_series_of_outages_loses_a_clock_that_one_would_not() -> None:
    """1.6 V of 2 V used, an hour of mains: 1.6 e^-3.6 = 44 mV are still missing; after a minute 1.51 V are."""
    outage_s = 1.6e6
    once = after_outage(FARAD, full(FARAD), outage_s, 20.0)
    rested = recharged(FARAD, once, 3600.0)
    assert rested.holds == pytest.approx(3.6 - 1.6 * 0.0273237, rel=1e-6)
    assert not after_outage(FARAD, rested, outage_s, 20.0).lost
    assert after_outage(FARAD, recharged(FARAD, once, 60.0), outage_s, 20.0).lost


def test_a_lost_clock_stays_lost_on_the_mains() -> None:
    gone = after_outage(FARAD, full(FARAD), 3e6, 20.0)
    assert recharged(FARAD, gone, 1e6).lost
    assert time_left_s(FARAD, recharged(FARAD, gone, 1e6), 20.0) == 0.0


@pytest.mark.parametrize("platform", [HOME, SHOP], ids=["capacitor", "cell"])
@pytest.mark.parametrize("years", [0.0, 15.0])
def test_the_worst_store_lasts_exactly_as_item_3_2_says_and_a_drawn_one_no_less(
    platform: Platform, years: float
) -> None:
    table, clock = platform.backup, platform.clock
    assert table is not None
    assert not isinstance(table, Absent)
    assert clock is not None
    worst = manufacture_store(platform, WORST, years)
    assert worst is not None
    for air_c in platform.meter.temperature:
        promised_s = 3600 * hold_up.hours(clock, table, hold_up.State(years, air_c))
        assert time_left_s(worst, full(worst), air_c) == pytest.approx(promised_s, rel=1e-9)
        for seed in range(20):
            drawn = made(platform, Seed(seed), years)
            assert time_left_s(drawn, full(drawn), air_c) >= promised_s


def test_without_a_store_or_a_clock_there_is_none() -> None:
    assert manufacture_store(HOME.model_copy(update={"backup": None}), Nominal()) is None
    assert manufacture_store(HOME.model_copy(update={"clock": None}), Nominal()) is None
    absent = Absent(kind="none", because="set by the head end")
    assert manufacture_store(HOME.model_copy(update={"backup": absent}), Nominal()) is None
