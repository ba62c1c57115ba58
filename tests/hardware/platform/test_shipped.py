"""The shipped designs: the figures their comments state, by hand arithmetic, and the flaws of the flawed one."""

from math import sqrt
from pathlib import Path

import pytest

from ferraris.hardware.platform.load import load
from ferraris.hardware.platform.models import Absent, CurrentTransformer, Platform, Shunt

PLATFORMS = Path(__file__).parents[3] / "platforms"


def platform(name: str) -> Platform:
    return load(PLATFORMS / f"{name}.toml")


def voltage_at_pin(design: Platform) -> float:
    """Peak at Un, V, divider unloaded."""
    divider = design.voltage
    upper = divider.upper_count * divider.upper.nominal
    return sqrt(2) * design.meter.un_v * divider.lower.nominal / (upper + divider.lower.nominal)


def current_at_pin(design: Platform) -> float:
    """Peak at Imax, V."""
    line, imax = design.current.line, design.meter.current.max_a
    factor = line.resistance.nominal if isinstance(line, Shunt) else line.burden.nominal / line.turns
    return sqrt(2) * imax * factor


@pytest.mark.parametrize(
    ("name", "voltage_v", "current_v"),
    [("home-1p", 0.32822, 0.0212132), ("shop-3p", 0.32822, 0.565685), ("feeder-3p-ct", 0.405974, 0.424264)],
)
def test_a_good_design_keeps_its_signals_well_inside_the_converter(
    name: str, voltage_v: float, current_v: float
) -> None:
    # expected by hand: 325.269 V / 991; 141.421 A * 150 uohm; 141.421 A / 2500 * 10 ohm; 81.600 V / 201; 8.48528 A / 20
    design = platform(name)
    assert voltage_at_pin(design) == pytest.approx(voltage_v, rel=1e-4)
    assert current_at_pin(design) == pytest.approx(current_v, rel=1e-4)
    assert voltage_at_pin(design) * 1.9 < design.adc.full_scale_v / design.adc.gain_voltage
    assert current_at_pin(design) * 1.4 < design.adc.full_scale_v / design.adc.gain_line


@pytest.mark.parametrize("name", ["home-1p", "shop-3p", "feeder-3p-ct"])
def test_a_good_design_has_channels_for_its_sensors(name: str) -> None:
    design = platform(name)
    neutral = 0 if isinstance(design.current.neutral, Absent) else 1
    assert 2 * design.elements + neutral <= design.adc.channels


def test_the_flawed_design_has_the_flaws_it_states() -> None:
    design = platform("flawed-1p")
    line = design.current.line
    assert isinstance(line, Shunt)
    assert design.adc.channels < 3  # 1.2
    assert 100.0**2 * line.resistance.nominal > line.power_rating_w  # 2.1: 5 W over 2 W
    assert current_at_pin(design) > design.adc.full_scale_v / design.adc.gain_line  # 2.2: 70.7 mV over 37.5 mV
    assert design.voltage.resistor_voltage_v < 1.15 * 230.0  # 2.3: 264.5 V over 200 V on the one resistor
    assert design.voltage.upper_count == 1


def test_the_phase_error_of_each_transformer_is_that_of_its_circuit() -> None:
    # tan(phi) = (winding + burden) / (2 pi f L): 40 / (314.159 * 45) = 2.829e-3 rad = 9.73 minutes of arc
    line = platform("shop-3p").current.line
    assert isinstance(line, CurrentTransformer)
    minutes = (line.winding_ohm + line.burden.nominal) / (314.159265 * line.magnetising_inductance_h) * 3437.75
    assert minutes == pytest.approx(9.73, rel=1e-3)


def test_ratios_and_registers_of_the_feeder() -> None:
    transformers = platform("feeder-3p-ct").transformers
    assert transformers is not None
    assert transformers.vt.primary / transformers.vt.secondary == 100.0
    assert transformers.ct.primary / transformers.ct.secondary == 200.0
    assert transformers.registers == "primary"
