"""What a production line gets wrong ends up in the meter as trigonometry and statistics say, and nowhere else."""

from dataclasses import replace

import numpy as np
import pytest

from ferraris.hardware.chain import calibrate as exact
from ferraris.hardware.chain import phasor
from ferraris.hardware.chain.chain import Calibration
from ferraris.hardware.chain.production import LINE, TOLERANCES, Line, calibrate, design, residual
from ferraris.hardware.chain.specimen import Corner, Draw, Ideal, Nominal, Seed, Specimen, manufacture
from ferraris.hardware.platform.models import Platform
from ferraris.hardware.world.mains import Environment

QUIET = Line(power_share=0.0, voltage_share=0.0, phase_rad=0.0, point_s=1e12, air_k=0.0)
STEP_PERCENT = 100.0 * np.sqrt(3.0) * np.pi / 1024.0 / 8000.0 * 50.0
"""Half a step of the delay (1/2048 tick) at 50 Hz and 60 degrees: 0.0033 % of the power."""


def errors(platform: Platform, specimen: Specimen, constants: Calibration, lag_deg: float, current_a: float) -> float:
    chain = exact.build(platform, specimen, constants, "phasor", noise=False)
    seen = phasor.powers(chain, exact.balanced(platform, current_a, lag_deg), exact.REFERENCE)
    true = platform.meter.un_v * current_a * np.cos(np.radians(lag_deg))
    return float(100.0 * (seen.active_w[..., 0] / true - 1.0))


def made(platform: Platform, draw: Draw, line: Line) -> tuple[Specimen, Calibration]:
    specimen = manufacture(platform, draw)
    return specimen, calibrate(platform, specimen, draw, line)


@pytest.mark.parametrize("draw", [Nominal(), Ideal()])
def test_a_meter_without_deviations_meets_an_exact_line(home: Platform, draw: Draw) -> None:
    specimen, constants = made(home, draw, LINE)
    wanted = exact.calibrate(home, specimen)
    assert np.allclose(constants.per_code, wanted.per_code, rtol=1e-15)
    assert np.array_equal(constants.delay_ticks, wanted.delay_ticks)
    assert np.allclose(constants.active_w, wanted.active_w, atol=1e-12)


@pytest.mark.parametrize("meter", ["home", "shop"])
def test_a_perfect_line_calibrates_any_specimen_exactly(meter: str, request: pytest.FixtureRequest) -> None:
    platform: Platform = request.getfixturevalue(meter)
    specimen, constants = made(platform, Seed(4), QUIET)
    assert errors(platform, specimen, constants, 0.0, platform.meter.current.ref_a) == pytest.approx(0.0, abs=0.005)


@pytest.mark.parametrize("lag", [0.0, 60.0, -36.87])
@pytest.mark.parametrize("current", [0.25, 5.0, 100.0])
def test_an_error_of_the_reference_is_the_meter_s_error_everywhere(home: Platform, lag: float, current: float) -> None:
    specimen, constants = made(home, Corner({"line.power": 1.0}), replace(QUIET, power_share=1e-3))
    assert errors(home, specimen, constants, lag, current) == pytest.approx(0.1, abs=STEP_PERCENT + 1e-3)


def test_an_error_of_the_reference_voltage_shows_in_the_voltage_and_not_in_the_power(home: Platform) -> None:
    specimen, constants = made(home, Corner({"line.voltage": 1.0}), replace(QUIET, voltage_share=1e-3))
    chain = exact.build(home, specimen, constants, "phasor", noise=False)
    seen = phasor.powers(chain, exact.balanced(home, 5.0), exact.REFERENCE)
    # the current's own noise, which is taken off again, is 9 ppm of its RMS
    assert seen.rms[:2] == pytest.approx([230.0 * 1.001, 5.0 / 1.001], rel=2e-5)
    assert errors(home, specimen, constants, 0.0, 5.0) == pytest.approx(0.0, abs=1e-4)


def test_an_angle_of_the_reference_costs_its_tangent(home: Platform) -> None:
    """1 mrad at 60 degrees is 0.173 % of the power, and -0.075 % at 36.87 degrees leading."""
    specimen, constants = made(home, Corner({"line.phase": 1.0}), replace(QUIET, phase_rad=1e-3))
    assert errors(home, specimen, constants, 60.0, 5.0) == pytest.approx(0.1732, abs=STEP_PERCENT)
    assert errors(home, specimen, constants, -36.87, 5.0) == pytest.approx(-0.075, abs=STEP_PERCENT)
    assert errors(home, specimen, constants, 0.0, 5.0) == pytest.approx(0.0, abs=1e-4)


def test_a_warm_hall_is_calibrated_in_as_if_it_were_23_degrees(home: Platform) -> None:
    """Then the meter errs at 23 degC by minus its drift over the difference."""
    warm = replace(QUIET, air_k=10.0)
    specimen, constants = made(home, Corner({"line.air": 1.0}), warm)
    exactly = exact.build(home, specimen, exact.calibrate(home, specimen), "phasor", noise=False)
    load = exact.balanced(home, 5.0)
    drift = (
        phasor.powers(exactly, load, Environment(33.0)).active_w
        / phasor.powers(exactly, load, exact.REFERENCE).active_w
    )
    assert abs(float(drift[0]) - 1.0) > 1e-4
    assert errors(home, specimen, constants, 0.0, 5.0) == pytest.approx(-100.0 * (float(drift[0]) - 1.0), abs=1e-3)


@pytest.mark.parametrize(("seconds", "ratio"), [(10.0, 1.0), (1000.0, 0.1)])
def test_the_noise_of_a_point_falls_with_the_root_of_its_time(home: Platform, seconds: float, ratio: float) -> None:
    """sigma(P) = sqrt((U sigma_i)^2 + (I sigma_u)^2) / sqrt(N): metrology of two white noises, N samples."""
    draw = Seed(9, 4000)
    specimen = manufacture(home, draw)
    constants = calibrate(home, specimen, draw, replace(QUIET, point_s=seconds))
    quiet = calibrate(home, specimen, draw, QUIET)
    spread = float(np.std((constants.active_w - quiet.active_w)[:, 0]))
    adc, sensor = home.adc, home.current.line
    noise = dict(adc.noise_at_gain).get(adc.gain_line, adc.noise_v) / sensor.resistance.nominal  # type: ignore[union-attr]
    sigma_w = 230.0 * noise / np.sqrt(10.0 * 8000.0)
    # the voltage's noise at Imin, the filter's gain and the scatter of 4000 draws (1.1 %) stay within 5 %
    assert spread == pytest.approx(ratio * sigma_w, rel=0.05)


def test_every_named_tolerance_of_the_line_moves_something(shop: Platform) -> None:
    hasty = replace(LINE, point_s=0.02)  # or the noise of the phase is lost in the delay's steps
    plain = made(shop, Nominal(), hasty)[1]
    for name in TOLERANCES:
        pushed = made(shop, Corner({name: 1.0}), hasty)[1]
        moved = [not np.array_equal(getattr(plain, key), getattr(pushed, key)) for key in vars(plain)]
        # the shop's nominal drift is nought, so the hall's temperature has nothing to spoil there
        assert any(moved) or name == "line.air", name


def test_the_residual_curve_shows_the_specimen_before_and_its_calibration_after(home: Platform) -> None:
    draw = Corner({"current.line.resistance": 1.0})
    specimen = manufacture(home, draw)
    curve = residual(home, specimen, calibrate(home, specimen, draw, QUIET))
    shunt = home.current.line.resistance  # type: ignore[union-attr]
    unity = [each for each in curve if each.factor == "1"]
    assert [each.before_percent for each in unity] == pytest.approx(
        [100.0 * shunt.tolerance / shunt.nominal] * len(unity), abs=0.06
    )
    assert max(abs(each.after_percent) for each in unity) < 1e-3
    assert (unity[0].current_a, unity[-1].current_a) == pytest.approx((0.25, 100.0))


def test_design_values_know_nothing_of_the_specimen(home: Platform) -> None:
    nominal = manufacture(home, Nominal())
    assert np.array_equal(design(home).per_code, 1.0 / (nominal.sensitivity * nominal.gain))


def test_a_second_pass_finds_temperature_constants(home: Platform) -> None:
    draw = Corner({"current.line.tempco": 1.0})
    specimen = manufacture(home, draw)
    load = exact.balanced(home, 5.0)
    hot = Environment(63.0)

    def drift(line: Line) -> float:
        chain = exact.build(home, specimen, calibrate(home, specimen, draw, line), "phasor", noise=False)
        return abs(float(phasor.powers(chain, load, hot).active_w[0]) / 1150.0 - 1.0)

    assert drift(QUIET) > 1e-3
    assert drift(replace(QUIET, warm_c=55.0)) < 1e-4
