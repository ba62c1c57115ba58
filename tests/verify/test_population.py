"""The laboratory against hand arithmetic: drifts add up, corners are corners, intervals are those of the literature."""

from math import hypot, pi, sin, sqrt

import numpy as np
import pytest
from verify_helpers import altered, shipped

from ferraris.hardware.chain.specimen import Corner, Nominal
from ferraris.hardware.platform.models import CurrentTransformer, Platform, Shunt
from ferraris.units import Toleranced
from ferraris.verify import accuracy, rows
from ferraris.verify.accuracy import Batch, Condition, error_percent, interval, production, saturation_gain
from ferraris.verify.finding import Limit
from ferraris.verify.rows import CompositeCase

LIMIT = Limit(1.0, "a test", "rule")


def drift_ppm_per_k(platform: Platform) -> float:
    """Nominal drift of power by hand: sensor, both amplifiers, minus the reference in both."""
    sensor, adc = platform.current.line, platform.adc
    match sensor:
        case Shunt():
            own = sensor.tempco_ppm_per_k.nominal
        case CurrentTransformer():
            own = sensor.burden_tempco_ppm_per_k.nominal
    return own + 2 * adc.gain_drift_ppm_per_k.nominal - 2 * adc.reference_drift_ppm_per_k.nominal


@pytest.mark.parametrize("name", ["home-1p", "shop-3p", "feeder-3p-ct"])
def test_a_nominal_meter_drifts_by_the_sum_of_its_parts(name: str) -> None:
    drifty = altered(
        shipped(name),
        adc__gain_drift_ppm_per_k=Toleranced(7.0, 0.0),
        adc__reference_drift_ppm_per_k=Toleranced(-11.0, 0.0),
    )
    chain = production(drifty, Nominal())
    cold, warm = (Condition(drifty.meter.current.ref_a, "1", air_c=air_c) for air_c in (23.0, 43.0))
    change = float(error_percent(drifty, chain, warm) - error_percent(drifty, chain, cold))
    expected = 1e-4 * drift_ppm_per_k(drifty) * 20.0
    assert expected != 0.0
    # second-order products of the drifts, and the burden's phase moving with temperature: under 20 ppm together
    assert change == pytest.approx(expected, abs=2e-3)


def test_a_corner_moves_what_its_name_says() -> None:
    home = shipped("home-1p")
    hot = Condition(5.0, "1", air_c=63.0)
    nominal = float(error_percent(home, production(home, Nominal()), hot))
    tracking = float(error_percent(home, production(home, Corner({"voltage.tracking": 1.0})), hot))
    assert tracking - nominal == pytest.approx(1e-4 * home.voltage.tracking_ppm_per_k * 40.0, rel=0.01)
    clock = float(error_percent(home, production(home, Corner({"adc.clock": -1.0})), hot))
    assert clock - nominal == pytest.approx(-1e-4 * home.adc.clock_tolerance_ppm, rel=0.02)


def test_a_filter_mismatch_is_a_delay_and_calibration_removes_it_at_every_frequency() -> None:
    """20 % of 10 us between U and I are 0.14 % of the power at PF 0.5 and 65 Hz; steps of 0.12 us leave 0.009 %."""
    home = altered(
        shipped("home-1p"), filter__resistance=Toleranced(1000.0), filter__capacitance=Toleranced(1e-8, 1e-9)
    )
    apart = production(home, Corner({"filter.capacitance.UL1": 1.0, "filter.capacitance.IL1": -1.0}))
    fast = Condition(5.0, "0.5i", frequency=1.3)
    change = error_percent(home, apart, fast) - error_percent(home, production(home, Nominal()), fast)
    assert abs(float(change)) < 0.0095


def test_one_phase_loaded_means_the_others_carry_nothing() -> None:
    terminals = accuracy.mains(shipped("shop-3p"), Condition(10.0, "0.5i", single_phase=True))
    assert np.abs(terminals.current_a[:, 0]) == pytest.approx([10.0, 0.0, 0.0])
    assert np.abs(terminals.voltage_v[:, 0]) == pytest.approx([230.0] * 3)
    assert np.abs(terminals.neutral_a) == pytest.approx([10.0])
    true = float(np.sum((terminals.voltage_v * np.conj(terminals.current_a)).real))
    assert true == pytest.approx(230.0 * 10.0 * 0.5)


def test_a_load_below_the_creep_threshold_is_lost_whole() -> None:
    home = shipped("home-1p")
    threshold = home.firmware.creep_fraction * home.firmware.start_a
    chain = production(home, Nominal())
    assert float(error_percent(home, chain, Condition(0.9 * threshold, "1"))) == -100.0
    assert abs(float(error_percent(home, chain, Condition(1.1 * threshold, "1")))) < 1.0


@pytest.mark.parametrize("peak", [0.5, 1.0, 1.01, 1.9, 40.0])
def test_clipping_takes_what_a_clipped_wave_lacks(peak: float) -> None:
    steps = 200_000
    reference = np.sin((np.arange(steps) + 0.5) * 2 * pi / steps)
    clipped = np.clip(peak * reference, -1.0, 1.0)
    fundamental = 2.0 * float(np.mean(clipped * reference))
    assert float(saturation_gain(np.array(peak))) == pytest.approx(fundamental / peak, rel=1e-8)


def test_clipping_of_the_current_channel_reaches_the_error() -> None:
    """21.2 mV peak of 15 mV RMS in a range of 18.75 mV (gain 64): x = 0.884 by hand."""
    home = altered(
        shipped("home-1p"), adc__gain_line=64, current__line__resistance=Toleranced(150e-6, 0.0), adc__full_scale_v=1.2
    )
    error = float(error_percent(home, production(home, Nominal()), Condition(100.0, "1")))
    x = 1.2 / 64 / (sqrt(2) * 0.015)
    lost = 2 / pi * (np.arcsin(x) + x * sqrt(1 - x * x)) - 1
    assert -10.0 < 100 * lost < -1.0
    # the decimator and the filter take 0.02 % off the peak
    assert error == pytest.approx(100 * lost, abs=0.1)


def test_contributors_are_every_tolerance_but_the_neutral_s() -> None:
    found = accuracy.contributors(shipped("home-1p"))
    assert "current.line.tempco" in found
    assert found["adc.gain_drift (current)"] == ("adc.gain_drift.IL1",)
    assert not [name for name in found if "neutral" in name]
    three = accuracy.contributors(shipped("shop-3p"))
    assert three["filter.capacitance (voltage)"] == tuple(f"filter.capacitance.UL{n}" for n in (1, 2, 3))


def test_the_worst_corner_is_about_the_sum_of_all_shares() -> None:
    home = shipped("home-1p")
    hot = Condition(5.0, "1", air_c=70.0)
    laboratory = accuracy.furnish(home, [hot])
    shares = accuracy.shares(laboratory, hot)
    assert list(shares.values()) == sorted(shares.values(), reverse=True)
    nominal = float(laboratory.alone.error(hot)[0])
    corners = laboratory.corners.error(hot)
    # a hall 2 K off costs 2/47 more, since it is the drift of all parts together that it is calibrated with
    assert corners.max() - nominal == pytest.approx(sum(shares.values()), rel=0.05)
    assert nominal - corners.min() == pytest.approx(sum(shares.values()), rel=0.05)
    assert np.abs(laboratory.drawn.error(hot) - nominal).max() < sum(shares.values())


def test_the_share_of_a_tolerance_is_its_hand_computed_drift() -> None:
    home = shipped("home-1p")
    hot = Condition(5.0, "1", air_c=70.0)
    shares = accuracy.shares(accuracy.furnish(home, [hot]), hot)
    assert isinstance(home.current.line, Shunt)
    assert shares["current.line.tempco"] == pytest.approx(
        1e-4 * home.current.line.tempco_ppm_per_k.tolerance * 47.0, rel=0.01
    )
    assert shares["adc.reference_drift"] == pytest.approx(
        2e-4 * home.adc.reference_drift_ppm_per_k.tolerance * 47.0, rel=0.01
    )


def test_spread_of_the_drawn_meters_is_that_of_a_cut_normal_distribution() -> None:
    """One tolerance alone: sigma is a third of it (0.333 x 0.9867 for the cut at three sigma, by integration)."""
    home = shipped("home-1p")
    quiet = altered(
        home,
        voltage__tracking_ppm_per_k=0.0,
        adc__gain_drift_ppm_per_k=Toleranced(0.0, 0.0),
        adc__reference_drift_ppm_per_k=Toleranced(0.0, 0.0),
        adc__clock_tolerance_ppm=0.0,
        current__line__tempco_ppm_per_k=Toleranced(0.0, 30.0),
    )
    hot, cold = Condition(5.0, "1", air_c=63.0), Condition(5.0, "1")
    laboratory = accuracy.furnish(quiet, [hot])
    drift = laboratory.drawn.error(hot) - laboratory.drawn.error(cold)
    # 1000 meters: the standard deviation itself scatters by 2.2 %, four of those are allowed
    assert float(np.std(drift)) == pytest.approx(1e-4 * 30.0 * 40.0 / 3 * 0.9867, rel=0.09)
    assert np.abs(drift).max() <= 1e-4 * 30.0 * 40.0 * 1.001


def test_composite_error_is_the_root_of_the_squared_sum() -> None:
    shop = shipped("shop-3p")
    chain = production(shop, Nominal())
    at = Condition(5.0, "0.5i")

    def error(**changes: float) -> float:
        return float(error_percent(shop, chain, at._replace(**changes)))

    here = error()
    by_heat = max(abs(error(air_c=t) - here) for t in (55.0, 70.0))
    by_voltage = max(abs(error(voltage=u) - here) for u in (0.9, 1.1))
    by_frequency = max(abs(error(frequency=f) - here) for f in (0.98, 1.02))
    expected = hypot(here, by_heat, by_voltage, by_frequency)
    found = rows.composite(Batch(shop, chain), CompositeCase(at, (55.0, 70.0), LIMIT))
    assert float(found) == pytest.approx(expected, rel=1e-12)
    assert by_frequency > 1e-3, "the transformer's phase must move with frequency, or the test shows nothing"


def test_a_transformer_s_phase_moves_with_frequency_as_its_corner_says() -> None:
    """Phase is atan(R/(w L)); calibrated at 50 Hz as a delay, what is left at f is atan(R/wL) - (f/50) atan(R/w0 L)."""
    shop = shipped("shop-3p")
    ct = shop.current.line
    assert isinstance(ct, CurrentTransformer)
    corner = (ct.winding_ohm + ct.burden.nominal) / ct.magnetising_inductance_h / (2 * pi)
    chain = production(shop, Nominal())
    left = np.arctan(corner / 65.0) - 65.0 / 50.0 * np.arctan(corner / 50.0)
    expected = 100.0 * (np.cos(pi / 3 - left) / np.cos(pi / 3) - 1.0)
    change = float(
        error_percent(shop, chain, Condition(5.0, "0.5i", frequency=1.3))
        - error_percent(shop, chain, Condition(5.0, "0.5i"))
    )
    assert abs(expected) > 0.1
    # delays are set in steps of 0.12 us (0.004 % at PF 0.5), and the ratio itself rises by a few ppm with frequency
    assert change == pytest.approx(float(expected), abs=0.01)
    assert sin(left) < 0.0


@pytest.mark.parametrize(
    ("good", "of", "low", "high"),
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_intervals_are_those_newcombe_printed(good: int, of: int, low: float, high: float) -> None:
    """R. G. Newcombe, Statistics in Medicine 17 (1998) 857, Table I, method 3 (recalled)."""
    found = interval(good, of)
    assert (found.low, found.high) == pytest.approx((low, high), abs=5e-5)


def test_an_interval_mirrors_when_good_and_bad_change_places() -> None:
    few, many = interval(3, 50), interval(47, 50)
    assert (1 - many.high, 1 - many.low) == pytest.approx((few.low, few.high))
