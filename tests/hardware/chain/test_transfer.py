"""Channel gains against hand calculation and published values."""

import numpy as np
import pytest

from ferraris.hardware.chain import fir, transfer
from ferraris.hardware.chain.specimen import Nominal, manufacture
from ferraris.hardware.platform.models import Platform


@pytest.mark.parametrize(
    ("frequency_hz", "droop_percent"),
    [(50.0, -0.0193), (60.0, -0.0278), (250.0, -0.48), (350.0, -0.94), (1050.0, -8.2), (2000.0, -27.0)],
)
def test_droop_of_a_third_order_sinc_at_8_ks_per_s(frequency_hz: float, droop_percent: float) -> None:
    """Published series for 8 kS/s; the figures carry two to three digits."""
    measured = 100.0 * (float(transfer.sinc3_droop(np.array(frequency_hz), 512)) - 1.0)
    assert measured == pytest.approx(droop_percent, rel=0.03)


def test_droop_is_one_at_dc() -> None:
    assert transfer.sinc3_droop(np.array([0.0]), 256)[0] == 1.0


def test_current_transformer_leads_by_r_over_omega_l() -> None:
    """72 ohm over 20 H at 50 Hz: beta = atan(72 / 6283.2) = 11.459 mrad, ratio error 1 - cos beta = 66 ppm."""
    gain = transfer.transformer_high_pass(np.array([2 * np.pi * 50.0]), np.array(72.0 / 20.0))[0]
    assert np.angle(gain) == pytest.approx(11.459e-3, abs=1e-6)
    assert abs(gain) == pytest.approx(1.0 - 65.6e-6, abs=1e-6)


def test_shunt_inductance_leads() -> None:
    """200 uohm with 2 nH at 50 Hz: 3.14 mrad = 0.18 degrees."""
    gain = transfer.shunt_lead(np.array([2 * np.pi * 50.0]), np.array(2e-9 / 200e-6))[0]
    assert np.degrees(np.angle(gain)) == pytest.approx(0.18, abs=0.001)


def test_anti_alias_filter_lags_by_omega_rc() -> None:
    """1 kohm and 10 nF at 50 Hz: -3.14 mrad."""
    gain = transfer.low_pass(np.array([2 * np.pi * 50.0]), np.array(1e3 * 10e-9))[0]
    assert np.angle(gain) == pytest.approx(-3.1416e-3, abs=1e-6)


def test_filter_taps_undo_the_droop_and_delay_by_what_was_asked() -> None:
    delays = np.array([-2.5, -1.25, -0.25, 0.0, 0.5, 1.5, 2.5])
    taps = fir.taps_for(delays, 512)
    frequency = np.array([45.0, 50.0, 60.0, 65.0])
    response = fir.response(taps, frequency) * transfer.sinc3_droop(frequency, 512)
    wanted = np.exp(-2j * np.pi * frequency * delays[:, None] / 8000.0)
    assert np.abs(response / wanted - 1.0).max() < 1e-7
    harmonics = np.arange(100.0, 2001.0, 50.0)
    above = fir.response(taps, harmonics) * transfer.sinc3_droop(harmonics, 512)
    assert np.abs(np.abs(above) - 1.0).max() < 1e-3
    assert np.abs(np.abs(above[:, harmonics <= 1050.0]) - 1.0).max() < 4e-4


def test_delay_is_limited_to_the_reach_of_the_filter() -> None:
    assert fir.step_of(np.array([9.0, -9.0])).tolist() == [2560, -2560]
    assert fir.at_end(np.array([-9.0, -2.5, -2.4, 0.0, 2.4, 2.5])).tolist() == [True, True, False, False, False, True]


def test_temperature_moves_the_gain_by_the_summed_coefficients(home: Platform) -> None:
    from ferraris.hardware.chain.specimen import Corner

    pushed = manufacture(home, Corner({"adc.reference_drift": 1.0, "adc.gain_drift": 1.0, "current.line.tempco": 1.0}))
    cold, warm = (transfer.gains(pushed, np.array([0.0]), air)[1, 0].real for air in (23.0, 63.0))
    adc, shunt = home.adc, home.current.line
    channel = 1 + 40e-6 * (
        adc.gain_drift_ppm_per_k.nominal
        + adc.gain_drift_ppm_per_k.tolerance
        - adc.reference_drift_ppm_per_k.nominal
        - adc.reference_drift_ppm_per_k.tolerance
    )
    sensor = 1 + 40e-6 * (shunt.tempco_ppm_per_k.nominal + shunt.tempco_ppm_per_k.tolerance)  # type: ignore[union-attr]
    assert warm / cold == pytest.approx(channel * sensor, rel=1e-9)


def test_crosstalk_leaks_the_voltage_pin_into_the_current_pin(home: Platform) -> None:
    from ferraris.hardware.chain.specimen import Corner

    leaky = manufacture(home, Corner({"adc.crosstalk": 1.0}))
    codes = transfer.codes(
        leaky, np.array([50.0]), np.array([[230.0 + 0j]]), np.zeros((1, 1), complex), np.zeros(1, complex), 23.0
    )
    pin_v = 230.0 * leaky.sensitivity[0]
    full_scale = home.adc.full_scale_v / home.adc.gain_line
    assert abs(codes[1, 0]) == pytest.approx(home.adc.crosstalk * pin_v / full_scale, rel=1e-3)


def test_nominal_front_ends_stay_inside_full_scale_at_imax(home: Platform, shop: Platform, feeder: Platform) -> None:
    for platform in (home, shop, feeder):
        specimen = manufacture(platform, Nominal())
        gains = np.abs(transfer.gains(specimen, np.array([platform.meter.frequency_hz]), 23.0))[:, 0]
        peak = np.sqrt(2.0) * np.array(
            [1.15 * platform.meter.un_v] * platform.elements + [platform.meter.current.max_a] * platform.elements
        )
        assert (gains[: 2 * platform.elements] * peak < 1.0).all()
