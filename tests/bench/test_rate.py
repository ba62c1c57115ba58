"""The clock's rate on the bench: the air, the rail or the backup, the trim and the years; rates by hand arithmetic."""

from dataclasses import replace
from pathlib import Path

import pytest

from bench_rig import RTC_MS, SECOND, rig
from ferraris.bench.clock import Clock, rtc_ms
from ferraris.bench.rate import NS_PER_YEAR, REFRESH_NS, Rate
from ferraris.hardware.chain.calibrate import balanced
from ferraris.hardware.draws import Nominal
from ferraris.hardware.physics.time_base import Ageing, TimeBase, manufacture_time_base
from ferraris.hardware.platform.load import load
from ferraris.hardware.world.world import SetAir, World, apply

HOME = load(Path(__file__).resolve().parents[2] / "platforms" / "home-1p.toml")
COLD_PPB = -143_650
"""-0.034 x 65^2 ppm: what a nominal crystal loses at -40 degC (25 degC is its turnover temperature)."""


def base(**changes: object) -> TimeBase:
    found = manufacture_time_base(HOME, Nominal())
    assert found is not None
    return replace(found, ageing=Ageing(0.0, None, 15.0), supply_ppm_per_v=0.0, **changes)  # type: ignore[arg-type]


def rate(made: TimeBase, **changes: float) -> Rate:
    return Rate(made, 3.3, 2.3, **changes)  # type: ignore[arg-type]


def test_a_cold_crystal_loses_what_its_parabola_says_and_keeps_what_it_showed() -> None:
    found = rate(base())
    clock = found.feel(Clock(0, 0), 1000 * SECOND, -40.0, on_mains=True)
    assert rtc_ms(clock, 1000 * SECOND) == 1_000_000
    assert rtc_ms(clock, 2000 * SECOND) == 2_000_000 - 144  # 143.65 ms, the millisecond begun is not shown


def test_nothing_is_worked_out_again_while_air_and_supply_stay() -> None:
    found = rate(base())
    clock = found.feel(Clock(0, 0), 0, -40.0, on_mains=True)
    assert found.feel(clock, 5 * SECOND, -40.0, on_mains=True) is clock
    assert found.feel(clock, 5 * SECOND, -40.0, on_mains=False) is not clock
    assert found.next_ns == REFRESH_NS


def test_a_trim_takes_off_what_it_is_asked_for_from_that_moment() -> None:
    found = rate(base(register=None))
    assert found.trim(Clock(0, 0), 0, 143_650).drift_ppb == 0, "before the first look at the world nothing changes"
    made = base()
    assert made.register is not None
    fine = replace(made, register=made.register._replace(step_ppm=0.0, range_ppm=1000.0))
    found = rate(fine)
    cold = found.feel(Clock(0, 0), 0, -40.0, on_mains=True)
    trimmed = found.trim(cold, 500 * SECOND, -COLD_PPB)
    assert (cold.drift_ppb, trimmed.drift_ppb) == (COLD_PPB, 0)
    assert rtc_ms(trimmed, 1500 * SECOND) == 1_500_000 - 72  # 71.8 ms of the first 500 s


def test_on_its_backup_the_clock_feels_another_voltage() -> None:
    # 1 ppm per volt: the line measures at the rail, the backup is one volt lower.
    made = replace(base(), supply_ppm_per_v=1.0, rail_v=3.3)
    found = rate(made)
    on_mains = found.feel(Clock(0, 0), 0, 25.0, on_mains=True)
    on_backup = found.feel(on_mains, SECOND, 25.0, on_mains=False)
    assert on_backup.drift_ppb - on_mains.drift_ppb == -1000


def test_an_older_crystal_has_aged_and_goes_on_ageing() -> None:
    made = replace(base(), ageing=Ageing(2.0, None, 15.0))
    young, old = rate(made), rate(made, years=1.0)
    first = young.feel(Clock(0, 0), 0, 25.0, on_mains=True)
    assert first.drift_ppb == 0
    assert old.feel(Clock(0, 0), 0, 25.0, on_mains=True).drift_ppb == pytest.approx(2000, abs=1)
    again = young.feel(first, NS_PER_YEAR, 25.0, on_mains=True)
    assert again.drift_ppb == pytest.approx(2000, abs=1)


def test_on_the_bench_the_clock_follows_the_air_from_the_moment_at_which_it_changes() -> None:
    bench = rig(world=World(balanced(HOME, 1.0, 0.0)))
    bench.world = apply(bench.world, SetAir(25.0))
    bench.rate = rate(base())
    bench.switch_on(0)
    bench.advance(1000 * SECOND)
    assert bench.state is not None
    assert bench.state.rtc_ms - RTC_MS == 1_000_000
    bench.world = apply(bench.world, SetAir(-40.0))
    bench.advance(2000 * SECOND)
    assert bench.state.rtc_ms - RTC_MS == 2_000_000 - 144
