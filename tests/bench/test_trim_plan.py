"""Closed loop: what the firmware's trim leaves of a drawn crystal never exceeds what item 3.1 says it may."""

from pathlib import Path

import pytest

from ferraris.bench.trim_plan import trim_plan
from ferraris.firmware.meter.trim import TrimPlan, correction_ppb
from ferraris.hardware.draws import Corner, Draw, Seed
from ferraris.hardware.physics.time_base import TimeBase, drift_ppb, manufacture_time_base, shown_c
from ferraris.hardware.platform.load import load
from ferraris.hardware.platform.models import Platform
from ferraris.verify import clock_rate

PLATFORMS = Path(__file__).resolve().parents[2] / "platforms"
HOME, SHOP = (load(PLATFORMS / f"{name}.toml") for name in ("home-1p", "shop-3p"))
TEMPERATURES = [float(at_c) for at_c in range(-40, 86)]
ROUNDING_PPB = 6
"""Trim, k, T0, thermometer and drift are each rounded: k to 1e-6 ppm/K^2 (2 ppb at 65 K), T0 and T to 1 mK (2 ppb)."""


def compensated(how: str) -> Platform:
    assert HOME.clock is not None
    assert HOME.clock.kind == "crystal"
    assert HOME.clock.trim is not None
    error = None if how == "none" else HOME.clock.trim.sensor_error_k
    trim = HOME.clock.trim.model_copy(update={"compensation": how, "sensor_error_k": error})
    return HOME.model_copy(update={"clock": HOME.clock.model_copy(update={"trim": trim})})


def clock_of(platform: Platform, draw: Draw) -> tuple[TimeBase, TrimPlan]:
    base = manufacture_time_base(platform, draw)
    plan = trim_plan(platform, base)
    assert base is not None
    assert plan is not None
    return base, plan


def left_ppb(base: TimeBase, plan: TrimPlan, crystal_c: float, supply_v: float, years: float) -> int:
    """Thermometer, firmware, register, crystal."""
    asked = correction_ppb(plan, round(1000 * shown_c(base, crystal_c)))
    return drift_ppb(base, crystal_c, supply_v, years, asked)


def bound_ppb(platform: Platform, crystal_c: float, years: float, swing_v: float) -> float:
    assert platform.clock is not None
    return 1000 * sum(clock_rate.rate(platform.clock, crystal_c, years, swing_v).parts.values())


@pytest.mark.parametrize("how", ["none", "nominal", "individual"])
@pytest.mark.parametrize("seed", range(25))
def test_a_drawn_crystal_keeps_the_bound_of_the_checklist_everywhere(how: str, seed: int) -> None:
    platform = compensated(how)
    base, plan = clock_of(platform, Seed(seed))
    for at_c in TEMPERATURES:
        left = left_ppb(base, plan, at_c, base.rail_v, 0.0)
        assert abs(left) <= bound_ppb(platform, at_c, 0.0, 0.0) + ROUNDING_PPB, f"{at_c} degC"


@pytest.mark.parametrize("how", ["nominal", "individual"])
def test_old_and_on_backup_it_keeps_the_bound_too(how: str) -> None:
    platform = compensated(how)
    for seed in range(10):
        base, plan = clock_of(platform, Seed(seed))
        for at_c in TEMPERATURES[::5]:
            left = left_ppb(base, plan, at_c, 1.6, 15.0)
            assert abs(left) <= bound_ppb(platform, at_c, 15.0, base.rail_v - 1.6) + ROUNDING_PPB


@pytest.mark.parametrize("how", ["none", "nominal", "individual"])
@pytest.mark.parametrize("at_c", [-40.0, 70.0, 85.0])
def test_the_worst_corner_reaches_the_bound(how: str, at_c: float) -> None:
    """The bound is no larger than it need be: some corner of k, T0 and thermometer comes within the register's step."""
    platform = compensated(how)
    corners = [
        {"clock.parabola": k, "clock.turnover": turnover, "clock.trim.sensor_error": sensor}
        for k in (-1.0, 1.0)
        for turnover in (-1.0, 1.0)
        for sensor in (-1.0, 1.0)
    ]
    worst = max(
        abs(left_ppb(*clock_of(platform, Corner(dict(corner))), at_c, base_v, 0.0))
        for corner in corners
        for base_v in [3.366]
    )
    bound = bound_ppb(platform, at_c, 0.0, 0.0)
    assert bound - 954 <= worst <= bound + ROUNDING_PPB


def test_a_module_s_plan_takes_the_soldering_off_and_follows_no_temperature() -> None:
    base, plan = clock_of(SHOP, Corner({"clock.soldering": 1.0}))
    assert (plan.fixed_ppb, plan.curvature_ppt_per_k2) == (-2000, 0)
    assert abs(left_ppb(base, plan, 60.0, base.rail_v, 0.0)) <= 238 / 2 + 1


@pytest.mark.parametrize("seed", range(25))
def test_a_drawn_module_keeps_the_bound_of_the_checklist(seed: int) -> None:
    base, plan = clock_of(SHOP, Seed(seed))
    for at_c in TEMPERATURES:
        assert abs(left_ppb(base, plan, at_c, base.rail_v, 0.0)) <= bound_ppb(SHOP, at_c, 0.0, 0.0) + ROUNDING_PPB


def test_what_cannot_be_trimmed_has_no_plan() -> None:
    assert HOME.clock is not None
    bare = HOME.model_copy(update={"clock": HOME.clock.model_copy(update={"trim": None})})
    assert trim_plan(bare, manufacture_time_base(bare, Seed(1))) is None
    assert trim_plan(HOME, None) is None
