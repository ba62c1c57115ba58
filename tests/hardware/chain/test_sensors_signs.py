"""Signs, divisors and second terms of the sensors' laws, each by hand arithmetic: what a wrong one would change."""

from typing import Any

import numpy as np
import pytest

from ferraris.hardware.chain import calibrate as exact
from ferraris.hardware.chain import operating, phasor
from ferraris.hardware.chain.calibrate import REFERENCE, balanced, build, calibrate
from ferraris.hardware.chain.chain import Span
from ferraris.hardware.chain.measure import measure, start
from ferraris.hardware.chain.production import Line
from ferraris.hardware.chain.production import calibrate as line_calibrate
from ferraris.hardware.chain.specimen import Corner, Nominal, Specimen, manufacture
from ferraris.hardware.platform.models import CurrentSensor, Platform, Rogowski
from ferraris.hardware.world.mains import Environment, Steady
from ferraris.units import Toleranced


def with_sensor(platform: Platform, line: CurrentSensor) -> Platform:
    return platform.model_copy(update={"current": platform.current.model_copy(update={"line": line})})


def with_line(platform: Platform, **keys: Any) -> Platform:
    return with_sensor(platform, platform.current.line.model_copy(update=keys))


def with_adc(platform: Platform, **keys: Any) -> Platform:
    return platform.model_copy(update={"adc": platform.adc.model_copy(update=keys)})


def lead_rad(specimen: Specimen, load: Steady, environment: Environment = REFERENCE) -> float:
    """Angle of the first element's current before its voltage, behind sensors, filters and converter."""
    codes = operating.point(specimen, load, environment).codes[:, 0]
    return float(np.angle(codes[specimen.elements] / codes[0]))


def coil(**keys: Any) -> Rogowski:
    table = {
        "kind": "rogowski", "sensitivity": "500 uV/A ± 0 %", "sensitivity_frequency": "50 Hz",
        "tempco": "0 ppm/K ± 0 ppm/K", "position_error": "0 %", "integrator": "analog", "integrator_corner": "0.5 Hz",
        "integrator_tolerance": "2 %", "integrator_tempco": "0 ppm/K ± 0 ppm/K", "max_continuous": "120 A",
        "max_energy": "4e6 A2s", "primary": "60 uohm",
    }  # fmt: skip
    return Rogowski.model_validate(table | keys)


def test_a_core_that_loses_permeability_in_the_heat_leads_more(shop: Platform) -> None:
    """tan b = R/(w L): 0.1 %/K less inductance over 20 K is 2 % more of it."""
    other = with_line(shop, tempco_inductance_per_k=-1e-3, winding_tempco_per_k=0.0)
    specimen, load = manufacture(other, Nominal()), balanced(other, 5.0)
    cold, hot = (np.tan(lead_rad(specimen, load, Environment(air_c))) for air_c in (23.0, 43.0))
    assert hot / cold == pytest.approx(1.02, abs=2e-3)


def test_a_shunt_with_inductance_leads(home: Platform) -> None:
    """5 nH in 150 uohm: atan(2 pi 50 x 33.3 us) = 10.47 mrad ahead of the voltage, and of a shunt without."""
    load = balanced(home, 5.0)
    leads = [lead_rad(manufacture(with_line(home, inductance_h=h), Nominal()), load) for h in (5e-9, 0.0)]
    assert leads[0] - leads[1] == pytest.approx(np.arctan(2.0 * np.pi * 50.0 * 5e-9 / 150e-6), rel=1e-3)


def test_a_slow_integrator_gives_less_and_leaks_later(home: Platform) -> None:
    """2 % more time constant: 1/1.02 of the output, and a corner of 0.5 Hz / 1.02."""
    platform = with_sensor(home, coil())
    load = balanced(platform, 5.0)
    plain, slow = (manufacture(platform, draw) for draw in (Nominal(), Corner({"current.line.integrator": 1.0})))
    size = [abs(operating.point(each, load, REFERENCE).codes[1, 0]) for each in (plain, slow)]
    assert size[1] / size[0] == pytest.approx(1.0 / 1.02, rel=1e-5)
    leads = [lead_rad(each, load) for each in (plain, slow)]
    wanted = np.arctan(0.5 / 1.02 / 50.0) - np.arctan(0.5 / 50.0)
    assert leads[1] - leads[0] == pytest.approx(wanted, rel=1e-3)


def test_drift_goes_with_the_sensor_s_own_temperature(home: Platform) -> None:
    """0.1 %/K, air at 63 degC, the shunt 100 K over it: 1 + 0.14 of its cold value, 1 + 0.04 without own heat."""
    platform = with_line(home, tempco_ppm_per_k=Toleranced(1000.0, 0.0), thermal_time_s=40.0)
    specimen, load = manufacture(platform, Nominal()), balanced(platform, 5.0)
    hot = operating.point(specimen, load, Environment(63.0), (0.0, 100.0, 0.0)[: specimen.channels]).codes[1, 0]
    cool = operating.point(specimen, load, Environment(63.0)).codes[1, 0]
    assert abs(hot / cool) == pytest.approx(1.14 / 1.04, rel=1e-9)


def test_a_batch_of_biased_cores_follows_burdens_far_apart(shop: Platform) -> None:
    """Burdens 10 % apart move the phase of a biased core: every meter of the batch as solved alone."""
    line = shop.current.line
    other = with_line(shop, burden=Toleranced(line.burden.nominal, 0.05 * line.burden.nominal))  # type: ignore[union-attr]
    load = balanced(other, 20.0, 60.0)
    biased = Steady(
        50.0,
        np.array([0.0, 1.0]),
        np.insert(load.voltage_v, 0, 0.0, axis=-1),
        np.insert(load.current_a, 0, 6.0, axis=-1),
        np.insert(load.neutral_a, 0, 18.0),
    )
    ends = np.array([-1.0, 0.0, 1.0])
    spread = {"current.line.burden": ends, "current.line.inductance": 0.3 * ends}
    batch = operating.point(manufacture(other, Corner(spread)), biased, REFERENCE).codes[:, 3:6, 1]
    for k in range(3):
        alone = manufacture(other, Corner({name: float(values[k]) for name, values in spread.items()}))
        assert batch[k] == pytest.approx(operating.point(alone, biased, REFERENCE).codes[3:6, 1], rel=2e-4)


def test_ripple_droops_like_a_signal_of_its_frequency(home: Platform) -> None:
    """sinc^3 of 100 Hz at 8000 samples a second: 0.0771 % less; a modulator sees all of it."""
    noisy = with_adc(home, supply_ripple_v=0.1, supply_rejection_db=60.0)
    specimen, load = manufacture(noisy, Nominal()), balanced(noisy, 5.0)
    seen = [operating.point(specimen, load, REFERENCE, decimated=each).codes[0, 1] for each in (True, False)]
    assert seen[0] / seen[1] == pytest.approx(np.sinc(100.0 / 8000.0) ** 3, rel=1e-6)


def test_an_offset_found_after_a_noisy_gain_leaves_nothing_at_imin(home: Platform) -> None:
    """The offset is set at Imin with the gain as it stands: there the error is nought, at Iref the gain's, less 5 %."""
    hasty = Line(power_share=0.0, voltage_share=0.0, phase_rad=0.0, point_s=0.02, air_k=0.0)
    draw = Corner({"line.noise.gain": 1.0})
    specimen = manufacture(home, draw)
    wrong, right = line_calibrate(home, specimen, draw, hasty), exact.calibrate(home, specimen)

    def watts(constants: Any, current_a: float) -> float:
        chain = exact.build(home, specimen, constants, "phasor", noise=False)
        return float(phasor.powers(chain, balanced(home, current_a), REFERENCE).active_w[0])

    low, full = (watts(wrong, each) / watts(right, each) - 1.0 for each in (0.25, 5.0))
    gain = float(wrong.per_code[0] * wrong.per_code[1] / right.per_code[0] / right.per_code[1]) - 1.0
    assert gain < -1e-6
    assert low == pytest.approx(0.0, abs=1e-3 * abs(gain))
    assert full == pytest.approx(0.95 * gain, rel=1e-3)


def test_a_neutral_without_current_reads_next_to_nothing(home: Platform) -> None:
    """The noise of the neutral's channel is taken off before the root; alone it would be read as a current."""
    specimen = manufacture(home, Nominal())
    chain = build(home, specimen, calibrate(home, specimen), "phasor", noise=True)
    load = balanced(home, home.meter.current.ref_a)
    quiet = Steady(load.frequency_hz, load.orders, load.voltage_v, load.current_a, np.zeros(1))
    _, reading = measure(chain, start(chain), quiet, REFERENCE, Span(0, 8000))
    floor = float(np.sqrt(phasor.noise_square(chain)[-1]))
    assert floor > 0.0
    assert reading.neutral_a is not None
    assert reading.neutral_a < 0.01 * floor
