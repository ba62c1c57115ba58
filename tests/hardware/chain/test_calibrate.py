"""Calibration brings any specimen inside the production line's limits, and leaves what it cannot reach."""

from dataclasses import replace

import numpy as np
import pytest

from ferraris.hardware.chain import phasor
from ferraris.hardware.chain.calibrate import REFERENCE, balanced, build, calibrate
from ferraris.hardware.chain.specimen import Corner, Seed, manufacture
from ferraris.hardware.platform.models import Platform


@pytest.mark.parametrize("meter", ["home", "shop", "feeder"])
def test_every_specimen_reads_right_at_the_points_it_was_calibrated_at(
    meter: str, request: pytest.FixtureRequest
) -> None:
    platform: Platform = request.getfixturevalue(meter)
    specimen = manufacture(platform, Seed(2, count=200))
    chain = build(platform, specimen, calibrate(platform, specimen), "phasor", noise=False)
    un, reference, low = platform.meter.un_v, platform.meter.current.ref_a, platform.meter.current.min_a
    at_reference = phasor.powers(chain, balanced(platform, reference), REFERENCE)
    lagging = phasor.powers(chain, balanced(platform, reference, 60.0), REFERENCE)
    at_low = phasor.powers(chain, balanced(platform, low), REFERENCE)
    volts = at_reference.rms[..., : platform.elements]
    assert np.abs(volts / un - 1.0).max() < 1e-6
    # half a delay step is 0.061 us = 19 urad at 50 Hz: 33 ppm of power at 60 degrees; the offset moves Iref by its
    # share
    assert np.abs(at_reference.active_w / (un * reference) - 1.0).max() < 5e-5
    assert np.abs(lagging.active_w / (un * reference * 0.5) - 1.0).max() < 1e-4
    assert np.abs(at_low.active_w / (un * low) - 1.0).max() < 1e-6


def test_an_uncorrected_phase_error_costs_what_trigonometry_says(shop: Platform) -> None:
    """Take the delays away again: at 60 degrees P errs by tan 60 times the transformer's lead."""
    specimen = manufacture(shop, Corner({}))
    calibration = calibrate(shop, specimen)
    ct = shop.current.line
    lead = np.arctan((ct.winding_ohm + ct.burden.nominal) / (2 * np.pi * 50.0 * ct.magnetising_inductance_h))  # type: ignore[union-attr]
    assert calibration.delay_ticks[3:6] == pytest.approx(lead / (2 * np.pi * 50.0) * 8000.0, abs=1e-3)
    without = replace(calibration, delay_ticks=np.zeros_like(calibration.delay_ticks))
    seen = phasor.powers(build(shop, specimen, without, "phasor", noise=False), balanced(shop, 5.0, 60.0), REFERENCE)
    expected = np.cos(np.radians(60.0) - lead) / 0.5
    assert seen.active_w / (230.0 * 5.0 * 0.5) == pytest.approx(expected, rel=1e-4)


def test_offset_calibration_takes_crosstalk_off(home: Platform) -> None:
    leaky = manufacture(home, Corner({"adc.crosstalk": 1.0}))
    calibration = calibrate(home, leaky)
    clean = calibrate(home, manufacture(home, Corner({})))
    assert abs(calibration.active_w[0]) > 100.0 * abs(clean.active_w[0])
    chain = build(home, leaky, calibration, "phasor", noise=False)
    idle = phasor.powers(chain, balanced(home, 1e-6), REFERENCE)
    assert abs(idle.active_w[0]) < 0.2 * abs(calibration.active_w[0])


def test_temperature_drift_remains_after_calibration(home: Platform) -> None:
    pushed = manufacture(home, Corner({"current.line.tempco": 1.0}))
    chain = build(home, pushed, calibrate(home, pushed), "phasor", noise=False)
    hot = replace(REFERENCE, air_c=63.0)
    seen = phasor.powers(chain, balanced(home, 5.0), hot)
    shunt = home.current.line.tempco_ppm_per_k  # type: ignore[union-attr]
    own = home.adc.gain_drift_ppm_per_k.nominal - home.adc.reference_drift_ppm_per_k.nominal
    expected = (1 + 40e-6 * (shunt.nominal + shunt.tolerance)) * (1 + 40e-6 * own) ** 2
    assert seen.active_w[0] / 1150.0 == pytest.approx(expected, rel=2e-5)
