"""A manufactured clock: its rate by hand arithmetic, its register's steps and ends, its tolerances drawn by name."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ferraris.hardware.draws import Corner, Ideal, Nominal, Seed
from ferraris.hardware.physics.time_base import (
    Ageing,
    Parabola,
    Register,
    TimeBase,
    drift_ppb,
    manufacture_time_base,
    production_trim_ppb,
    shown_c,
    stated_ppm,
    trimmed_ppb,
)
from ferraris.hardware.platform.load import load
from ferraris.hardware.platform.models import Platform

PLATFORMS = Path(__file__).resolve().parents[3] / "platforms"
HOME, SHOP = (load(PLATFORMS / f"{name}.toml") for name in ("home-1p", "shop-3p"))
STEADY = Ageing(0.0, None, 15.0)


def made(platform: Platform, **deviates: float) -> TimeBase:
    """Deviates by name; two underscores stand for a dot."""
    corner = Corner({name.replace("__", "."): value for name, value in deviates.items()})
    base = manufacture_time_base(platform, corner)
    assert base is not None
    return base


def test_a_platform_without_a_clock_has_no_time_base() -> None:
    assert manufacture_time_base(HOME.model_copy(update={"clock": None}), Seed(1)) is None


def test_the_same_seed_makes_the_same_clock_and_another_one_another() -> None:
    assert manufacture_time_base(HOME, Seed(7)) == manufacture_time_base(HOME, Seed(7))
    assert manufacture_time_base(HOME, Seed(7)) != manufacture_time_base(HOME, Seed(8))


@pytest.mark.parametrize("platform", [HOME, SHOP], ids=["crystal", "module"])
def test_an_ideal_clock_keeps_time_everywhere(platform: Platform) -> None:
    base = manufacture_time_base(platform, Ideal())
    assert base is not None
    assert [drift_ppb(base, at_c, 2.0, 15.0, production_trim_ppb(base)) for at_c in (-40.0, 23.0, 85.0)] == [0, 0, 0]


def test_a_nominal_crystal_runs_slow_by_its_parabola() -> None:
    """-0.034 x 65^2 = -143.65 ppm at -40 degC; 18 pF / 2 and 3.5 pF are the 12.5 pF it was cut for."""
    base = manufacture_time_base(HOME, Nominal())
    assert base is not None
    assert drift_ppb(base, -40.0, base.rail_v, 0.0, 0) == -143_650


@pytest.mark.parametrize(
    ("name", "deviate", "at_c", "ppm"),
    [
        ("clock.tolerance", 0.5, 25.0, 10.0),  # half of 20 ppm
        ("clock.turnover", 1.0, 25.0, -0.034 * 5.0**2),
        ("clock.parabola", -1.0, 75.0, -0.040 * 50.0**2),
        ("clock.parabola", 1.0, 75.0, -0.028 * 50.0**2),
    ],
)
def test_each_tolerance_moves_the_rate_as_its_law_says(name: str, deviate: float, at_c: float, ppm: float) -> None:
    base = made(HOME, **{name.replace(".", "__"): deviate})
    assert drift_ppb(base, at_c, base.rail_v, 0.0, 0) / 1000 == pytest.approx(ppm, abs=0.001)


@pytest.mark.parametrize(("name", "less_f"), [("clock__stray", 1e-12), ("clock__capacitors", 0.45e-12)])
def test_too_little_load_runs_fast(name: str, less_f: float) -> None:
    """A picofarad less between the pins, or two capacitors of 18 pF 5 % too small; C1 is 3 fF."""
    clock = HOME.clock
    assert clock is not None
    assert clock.kind == "crystal"
    assert clock.motional_f == 3e-15
    whole = clock.shunt_f + 12.5e-12
    base = made(HOME, **{name: -1.0})
    expected = 1.5e-15 * (1 / (whole - less_f) - 1 / whole) * 1e6
    assert drift_ppb(base, 25.0, base.rail_v, 0.0, 0) / 1000 == pytest.approx(expected, abs=0.001)


def test_supply_and_years_move_it_too() -> None:
    """1 ppm/V from the full capacitor's 3.366 V down to 1.6 V; a logarithmic curve through the first year's 3 ppm."""
    base = made(HOME, clock__ageing=-1.0)
    still = drift_ppb(base, 25.0, base.rail_v, 0.0, 0)
    assert drift_ppb(base, 25.0, 1.6, 0.0, 0) - still == pytest.approx(-1766, abs=1)
    assert base.ageing.first_year_ppm < 0
    assert drift_ppb(base, 25.0, base.rail_v, 1.0, 0) == round(1000 * base.ageing.first_year_ppm) + still


def test_the_register_goes_to_its_nearest_step_and_stops_at_its_end() -> None:
    """Steps of 0.954 ppm up to 487 ppm: 510 whole ones, 486.54 ppm."""
    register = Register(0.954, 487.0)
    assert trimmed_ppb(register, 1400) == pytest.approx(954.0)
    assert trimmed_ppb(register, 1450) == pytest.approx(1908.0)
    assert trimmed_ppb(register, -1450) == pytest.approx(-1908.0)
    assert trimmed_ppb(register, 600_000) == pytest.approx(510 * 954.0)
    assert trimmed_ppb(register, -600_000) == pytest.approx(-510 * 954.0)
    assert trimmed_ppb(Register(0.0, 5.0), 4321) == 4321.0
    assert trimmed_ppb(Register(0.0, 5.0), 6000) == 5000.0
    assert trimmed_ppb(None, 1000) == 0.0


@given(st.integers(0, 2**63))
def test_the_line_takes_off_all_but_half_a_step_at_its_own_temperature(seed: int) -> None:
    base = manufacture_time_base(HOME, Seed(seed))
    assert base is not None
    left = drift_ppb(base, base.trimmed_c, base.rail_v, 0.0, production_trim_ppb(base))
    assert abs(left) <= 954 / 2 + 1  # two values rounded to whole parts per 10^9


def test_a_correction_beyond_the_range_leaves_the_rest() -> None:
    """150 ppm of error, a register of 100 ppm in steps of 1: 50 ppm stay."""
    base = TimeBase(Parabola(0.0, 25.0), 150.0, 0.0, 3.0, STEADY, register=Register(1.0, 100.0))
    assert production_trim_ppb(base) == -150_000
    assert drift_ppb(base, 25.0, 3.0, 0.0, production_trim_ppb(base)) == 50_000


def test_a_module_is_off_by_its_share_of_what_its_maker_states() -> None:
    """RV-8803: 1.5 ppm from 0 to 50 degC, 3 ppm outside; 2 ppm by soldering, taken off in steps of 0.238 ppm."""
    base = made(SHOP, clock__accuracy=-1.0, clock__soldering=1.0)
    assert drift_ppb(base, 23.0, base.rail_v, 0.0, 0) == pytest.approx(500, abs=1)
    assert drift_ppb(base, -20.0, base.rail_v, 0.0, 0) == pytest.approx(-1000, abs=1)
    assert production_trim_ppb(base) == -2000
    assert drift_ppb(base, 23.0, base.rail_v, 0.0, -2000) == pytest.approx(500 - 8 * 238, abs=1)


def test_outside_its_makers_ranges_the_coarsest_accuracy_holds() -> None:
    clock = SHOP.clock
    assert clock is not None
    assert clock.kind == "tcxo"
    assert stated_ppm(clock.accuracy, 200.0) == max(ppm for _, ppm in clock.accuracy)


def test_the_thermometer_is_off_by_what_was_drawn() -> None:
    assert shown_c(made(HOME, clock__trim__sensor_error=-1.0), 60.0) == pytest.approx(58.0)
