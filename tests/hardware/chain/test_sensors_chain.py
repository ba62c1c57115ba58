"""What sensors and converter do to a reading, by hand arithmetic: heat, fields, age, mounting, ripple, thermometer."""

from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from ferraris.hardware.chain import operating, phasor
from ferraris.hardware.chain.calibrate import REFERENCE, balanced, build, calibrate, compensate
from ferraris.hardware.chain.chain import Chain, Fidelity, Span, chip_c
from ferraris.hardware.chain.measure import measure, start
from ferraris.hardware.chain.sensors import heat
from ferraris.hardware.chain.specimen import Corner, Draw, Nominal, Seed, manufacture
from ferraris.hardware.platform.models import CurrentSensor, Platform, Rogowski
from ferraris.hardware.world.mains import Environment, Mains, Steady
from ferraris.pins import TICKS_PER_SECOND, Reading
from ferraris.units import Toleranced

CELL = heat.CELL_TICKS


def with_line(platform: Platform, **keys: Any) -> Platform:
    line = platform.current.line.model_copy(update=keys)
    return with_sensor(platform, line)


def with_sensor(platform: Platform, line: CurrentSensor) -> Platform:
    return platform.model_copy(update={"current": platform.current.model_copy(update={"line": line})})


def with_adc(platform: Platform, **keys: Any) -> Platform:
    return platform.model_copy(update={"adc": platform.adc.model_copy(update=keys)})


def chain_of(platform: Platform, draw: Draw | None = None, fidelity: Fidelity = "phasor") -> Chain:
    specimen = manufacture(platform, draw or Nominal())
    return build(platform, specimen, calibrate(platform, specimen), fidelity, noise=False)


def error(chain: Chain, mains: Mains, environment: Environment = REFERENCE, **keys: Any) -> np.ndarray:
    """Relative error of each element's active power."""
    assert isinstance(mains, Steady)
    true = np.sum((mains.voltage_v * np.conj(mains.current_a)).real, axis=-1)
    return np.asarray(phasor.powers(chain, mains, environment, **keys).active_w / true - 1.0)


# ------------------------------------------------------------------------------------------------ own heat


@pytest.fixture(scope="module")
def warm_home(home: Platform) -> Platform:
    """150 uohm, 12 K/W, 100 ppm/K, 40 s: at 100 A 1.5 W, 18 K and 1800 ppm in the end."""
    return with_line(home, thermal_time_s=40.0, tempco_ppm_per_k=Toleranced(100.0, 0.0))


def run(chain: Chain, mains: Mains, cuts: list[int]) -> list[Reading]:
    state, readings = start(chain, cuts[0]), []
    for first, last in pairwise(cuts):
        state, reading = measure(chain, state, mains, REFERENCE, Span(first, last))
        readings.append(reading)
    return readings


def test_a_shunt_warms_as_newtons_law_of_cooling_says(warm_home: Platform) -> None:
    chain = chain_of(warm_home)
    load = balanced(warm_home, 100.0)
    readings = run(chain, load, [0, *(CELL * k for k in range(1, 31))])
    power = np.array([reading.total.active_import * 1e-6 / CELL for reading in readings])
    rise = 18.0 * (1.0 - np.exp(-10.0 * np.arange(30) / 40.0))  # at the start of each cell of 10 s
    assert power / power[0] - 1.0 == pytest.approx(100e-6 * rise, abs=1e-7)
    settled = heat.settled_k(chain.specimen, operating.square_a2(load, chain.specimen))
    assert settled[1] == pytest.approx(18.0)


def test_the_warm_error_can_be_asked_without_waiting(warm_home: Platform) -> None:
    chain, load = chain_of(warm_home), balanced(warm_home, 100.0)
    cold, warm = error(chain, load), error(chain, load, rise_k=(0.0, 18.0, 0.0))
    assert warm - cold == pytest.approx(1800e-6, rel=1e-3)


@pytest.mark.parametrize("fidelity", ["phasor", "sampled"])
def test_heat_does_not_depend_on_how_time_is_cut(warm_home: Platform, fidelity: Fidelity) -> None:
    chain, load = chain_of(warm_home, Seed(4), fidelity), balanced(warm_home, 90.0, 20.0)
    end = 2 * CELL + 20_000
    whole = run(chain, load, [0, end])
    pieces = run(chain, load, [0, 17, 4_000, 31_313, CELL - 1, CELL, CELL + 3, 2 * CELL + 9_999, end])
    assert sum(r.total.active_import for r in pieces) == whole[0].total.active_import
    assert sum(r.total.reactive_q1 for r in pieces) == whole[0].total.reactive_q1


def test_both_fidelities_warm_alike(warm_home: Platform) -> None:
    load = balanced(warm_home, 100.0)
    shown = {}
    for fidelity in ("phasor", "sampled"):
        chain = chain_of(warm_home, fidelity=fidelity)
        cuts = [0, 2 * CELL, 2 * CELL + 2 * TICKS_PER_SECOND]
        shown[fidelity] = run(chain, load, cuts)[-1].instant[0].active_w
    assert shown["sampled"] == pytest.approx(shown["phasor"], rel=3e-6)


# ------------------------------------------------------------------------------------------------ divider


def test_a_voltage_coefficient_bends_the_voltage_channel(home: Platform) -> None:
    """2 ppm/V in each of three resistors: (2/3) ppm 8/(3 pi) per volt of peak; from 230 V to 265 V that is 28.0 ppm."""
    bent = home.model_copy(update={"voltage": home.voltage.model_copy(update={"voltage_coefficient_ppm_per_v": 2.0})})
    chain = chain_of(bent)
    at_un, high = (error(chain, balanced(bent, 5.0, voltage_v=volts)) for volts in (230.0, 265.0))
    assert high - at_un == pytest.approx(-2e-6 / 3.0 * 8.0 / (3.0 * np.pi) * np.sqrt(2.0) * 35.0, rel=0.01)


def test_ageing_moves_the_voltage_and_the_reference_everything(home: Platform) -> None:
    old = Environment(service=1.0)
    worn = with_adc(home, reference_ageing_ppm=100.0)
    corner = Corner({"voltage.ageing": 1.0, "adc.reference_ageing": 1.0})
    chain, load = chain_of(worn, corner), balanced(worn, 5.0)
    half = Environment(service=0.5)
    expected = home.voltage.ageing_ppm - 2.0 * 100.0
    assert 1e6 * (error(chain, load, old) - error(chain, load)) == pytest.approx(expected, rel=1e-3)
    assert 1e6 * (error(chain, load, half) - error(chain, load)) == pytest.approx(expected / 2.0, rel=1e-3)


# ------------------------------------------------------------------------------------------------ Rogowski coil


@pytest.fixture(scope="module")
def coil_home(home: Platform) -> Platform:
    coil = Rogowski.model_validate(
        {
            "kind": "rogowski",
            "sensitivity": "200 uV/A ± 1 %",
            "sensitivity_frequency": "50 Hz",
            "tempco": "40 ppm/K ± 0 ppm/K",
            "position_error": "0.5 %",
            "integrator": "analog",
            "integrator_corner": "0.5 Hz",
            "integrator_tolerance": "2 %",
            "integrator_tempco": "100 ppm/K ± 0 ppm/K",
            "max_continuous": "120 A",
            "max_energy": "1e6 A2s",
            "primary": "60 uohm",
            "field_pickup": "20 A/T",
        }
    )
    return with_sensor(home, coil)


def test_a_coil_with_its_integrator_is_flat_and_leads_by_its_leak(coil_home: Platform) -> None:
    """atan(0.5/50) = 0.573 degrees: the integrator's 90 degrees less and the derivative's 90 more cancel."""
    specimen = manufacture(coil_home, Nominal())
    at = {f: operating.point(specimen, balanced(coil_home, 5.0, 0.0, f), REFERENCE).codes[:2, 0] for f in (50.0, 60.0)}
    lead = np.degrees(np.angle(at[50.0][1] / at[50.0][0]))
    assert lead == pytest.approx(np.degrees(np.arctan(0.5 / 50.0)), abs=1e-3)
    assert abs(at[60.0][1]) == pytest.approx(abs(at[50.0][1]), rel=1e-4)


def test_a_coil_can_be_calibrated_and_keeps_the_error_of_its_position(coil_home: Platform) -> None:
    chain = chain_of(coil_home, Corner({"current.line.sensitivity": 1.0, "current.line.integrator": -1.0}))
    assert error(chain, balanced(coil_home, 5.0, 60.0)) == pytest.approx(0.0, abs=1e-4)
    moved = chain_of(coil_home, Corner({"current.line.position": 1.0}))
    assert error(moved, balanced(coil_home, 5.0)) == pytest.approx(0.005, rel=1e-3)


def test_a_coil_drifts_by_its_own_coefficient_less_its_integrators(coil_home: Platform) -> None:
    chain = chain_of(
        with_adc(coil_home, reference_drift_ppm_per_k=Toleranced(0.0), gain_drift_ppm_per_k=Toleranced(0.0))
    )
    load = balanced(coil_home, 5.0)
    assert error(chain, load, Environment(33.0)) - error(chain, load) == pytest.approx(
        10.0 * (40 - 100) * 1e-6, rel=1e-2
    )


# ------------------------------------------------------------------------------------------------ fields, mounting


def test_an_alternating_field_adds_a_false_current(coil_home: Platform) -> None:
    """20 A/T at 0.5 mT: 10 mA, beside 5 A 0.2 %; at 90 degrees nothing."""
    chain, load = chain_of(coil_home), balanced(coil_home, 5.0)
    change = error(chain, load, Environment(alternating_field_t=0.5e-3)) - error(chain, load)
    across = error(chain, load, Environment(alternating_field_t=0.5e-3, field_deg=90.0)) - error(chain, load)
    assert change == pytest.approx(0.002, rel=1e-3)
    assert across == pytest.approx(0.0, abs=2e-6)


def test_a_magnet_blinds_a_core_and_leaves_a_shunt_alone(shop: Platform, home: Platform) -> None:
    magnet = Environment(static_field_t=0.2)
    seen = with_line(shop, field_bias_a_per_t=2000.0, saturated_inductance_h=0.0)
    chain = chain_of(seen)
    # 400 A of bias leave the coil in air, 45 mH under 40 ohm: j14.1/(40 + j14.1) = 0.333 at 70.5 degrees of lead
    expected = 0.333 * np.cos(np.radians(60.0 - 70.5 + 0.16)) / np.cos(np.radians(60.0)) - 1.0
    assert error(chain, balanced(seen, 5.0, 60.0), magnet) == pytest.approx(expected, abs=0.01)
    assert error(chain_of(home), balanced(home, 5.0), magnet) == error(chain_of(home), balanced(home, 5.0))


def test_a_sensor_mounted_the_wrong_way_round_counts_backwards(shop: Platform) -> None:
    wrong = shop.model_copy(update={"current": shop.current.model_copy(update={"reversed": ("L2",)})})
    load = balanced(shop, 5.0, 30.0)
    right, turned = (phasor.powers(chain_of(each), load, REFERENCE).active_w for each in (shop, wrong))
    assert turned / right == pytest.approx([1.0, -1.0, 1.0], rel=1e-3)


# ------------------------------------------------------------------------------------------------ converter


def test_ripple_of_the_supply_makes_a_false_power(home: Platform) -> None:
    """100 mV at 60 dB: 0.1 mV at gain 1. As voltage 0.1 mV x 994, as current 0.1 mV over 150 uohm: both in phase."""
    noisy = with_adc(home, supply_ripple_v=0.1, supply_rejection_db=60.0)
    quiet_chain, chain = chain_of(home), chain_of(noisy)
    load = balanced(home, 5.0)
    clean = operating.point(quiet_chain.specimen, load, REFERENCE)
    dirty = operating.point(chain.specimen, load, REFERENCE)
    assert clean.frequency_hz.tolist() == [50.0]
    assert dirty.frequency_hz.tolist() == [50.0, 100.0]
    assert dirty.codes[0, 1] == pytest.approx(1e-4 / 1.2, rel=1e-3)
    assert dirty.codes[1, 1] == pytest.approx(1e-4 * 32.0 / 1.2, rel=1e-3)
    constants = quiet_chain.calibration
    open_line = build(noisy, chain.specimen, constants, "phasor", noise=False)
    false_w = phasor.powers(open_line, load, REFERENCE).active_w - phasor.powers(quiet_chain, load, REFERENCE).active_w
    ratio = 1.0 / float(quiet_chain.specimen.sensitivity[0])
    assert false_w == pytest.approx((1e-4 * ratio) * (1e-4 / 150e-6), rel=2e-3)


def test_channels_that_sample_apart_err_by_the_angle_between_them(home: Platform) -> None:
    """1 us is 314 urad at 50 Hz, and tan 60 times that at 60 degrees lagging; calibration takes it off again."""
    late = with_adc(home, delay_tolerance_s=1e-6)
    specimen = manufacture(late, Corner({"adc.delay.IL1": 1.0}))
    blind = build(late, specimen, chain_of(home).calibration, "phasor", noise=False)
    load = balanced(home, 5.0, 60.0)
    change = error(blind, load) - error(chain_of(home), load)
    assert change == pytest.approx(-np.tan(np.radians(60.0)) * 2.0 * np.pi * 50.0 * 1e-6, rel=1e-3)
    assert error(build(late, specimen, calibrate(late, specimen), "phasor", noise=False), load) == pytest.approx(
        0.0, abs=1e-4
    )


def test_the_chips_thermometer_errs_by_offset_and_degree(home: Platform) -> None:
    sensor = with_adc(home, chip_offset_k=3.0, chip_gain_tolerance=0.02)
    specimen = manufacture(sensor, Corner({"adc.chip_sensor_offset": 1.0, "adc.chip_sensor_gain": -1.0}))
    assert chip_c(specimen, Environment(63.0)) == pytest.approx(23.0 + 3.0 + 40.0 * 0.98)
    chain = build(sensor, specimen, calibrate(sensor, specimen), "phasor", noise=False)
    load = balanced(home, 5.0)
    _, reading = measure(chain, start(chain), load, Environment(63.0), Span(0, 8000))
    assert reading.chip_c == pytest.approx(65.2)


@pytest.mark.parametrize("meter", ["home", "shop", "feeder"])
def test_compensation_takes_linear_drift_off_in_spite_of_a_poor_thermometer(
    meter: str, request: pytest.FixtureRequest
) -> None:
    platform = with_adc(request.getfixturevalue(meter), chip_offset_k=5.0, chip_gain_tolerance=0.05)
    specimen = manufacture(platform, Seed(5, count=50))
    plain = calibrate(platform, specimen)
    better = compensate(platform, specimen, plain, 60.0)
    load = balanced(platform, platform.meter.current.ref_a)
    for air_c, allowed in ((60.0, 2e-6), (-25.0, 1e-4), (40.0, 2e-5)):
        left = error(build(platform, specimen, better, "phasor", noise=False), load, Environment(air_c))
        bare = error(build(platform, specimen, plain, "phasor", noise=False), load, Environment(air_c))
        assert np.abs(left).max() < allowed
        assert np.abs(bare).max() > 5.0 * np.abs(left).max()


# ------------------------------------------------------------------------------------------------ mutations


def test_half_the_burden_is_half_the_reading_and_half_the_phase(shop: Platform) -> None:
    line = shop.current.line
    half = with_line(shop, burden=Toleranced(line.burden.nominal / 2.0))  # type: ignore[union-attr]
    constants, specimen = chain_of(shop).calibration, manufacture(half, Nominal())
    chain, load = build(half, specimen, constants, "phasor", noise=False), balanced(shop, 5.0)
    seen, right = (phasor.powers(each, load, REFERENCE) for each in (chain, chain_of(shop)))
    assert seen.active_w / right.active_w == pytest.approx(0.5, rel=1e-4)
    assert seen.rms[:3] == pytest.approx(right.rms[:3])


def test_swapped_phases_read_minus_half(shop: Platform) -> None:
    """Currents of L2 and L3 exchanged: cos(+-120 degrees) = -1/2 on both, L1 as before."""
    load = balanced(shop, 5.0)
    swapped = Steady(50.0, load.orders, load.voltage_v, load.current_a[[0, 2, 1]], load.neutral_a)
    seen, right = (phasor.powers(chain_of(shop), each, REFERENCE).active_w for each in (swapped, load))
    assert seen / right == pytest.approx([1.0, -0.5, -0.5], rel=1e-4)
