"""Laws of heat and saturation against hand arithmetic and numerical integration."""

from math import isclose, pi, sqrt

import numpy as np
import pytest

from ferraris.hardware.physics import heat


def test_joule_heat_of_a_hundred_amperes_in_half_a_milliohm_is_five_watts() -> None:
    assert isclose(heat.joule_w(100.0, 0.5e-3), 5.0)


def test_temperature_rise_is_power_times_thermal_resistance() -> None:
    assert isclose(heat.rise_k(1.5, 18.0), 27.0)


def test_thirty_times_a_hundred_amperes_for_one_half_cycle_is_ninety_thousand() -> None:
    assert isclose(heat.let_through_a2s(3000.0, 0.01), 90e3)


def test_half_wave_law_agrees_with_the_integral_of_the_waveform() -> None:
    angle = (np.arange(100_000) + 0.5) * 2 * pi / 100_000
    wave = heat.half_wave_peak_a(70.7) * np.maximum(np.sin(angle), 0.0)
    assert sqrt(float(np.mean(wave**2))) == pytest.approx(70.7, rel=1e-9)
    assert float(np.mean(wave)) == pytest.approx(heat.half_wave_dc_a(70.7), rel=1e-9)


def test_flux_linkage_is_the_integral_of_the_induced_voltage() -> None:
    rate = 1e6
    time = np.arange(int(rate / 100)) / rate  # the positive half cycle of 50 Hz
    voltage = sqrt(2) * 100.0 / 2500 * (13.0 + 30.0) * np.sin(2 * pi * 50 * time)
    swing = float(np.sum(voltage)) / rate  # from one peak of the flux to the other
    assert heat.flux_linkage_vs(100.0, 2500.0, 43.0, 50.0) == pytest.approx(swing / 2, rel=1e-6)
