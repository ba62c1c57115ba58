"""The stop-watch finds errors that were put into the meter, from pulse edges, at every fidelity."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from verify_helpers import shipped

from ferraris.hardware.chain.calibrate import build, calibrate
from ferraris.hardware.chain.chain import Chain, Fidelity
from ferraris.hardware.chain.specimen import Ideal, manufacture
from ferraris.verify.typetest.laboratory import Bench, mount, observe
from ferraris.verify.typetest.points import Constant, NoLoad, Point, Repeats, Starting, Tone, Wave

LOAD = Point(5.0, "0.5i")


def ideal(name: str = "home-1p", fidelity: Fidelity = "phasor", *, noise: bool = False) -> Bench:
    platform = shipped(name)
    specimen = manufacture(platform, Ideal())
    return Bench(platform, build(platform, specimen, calibrate(platform, specimen), fidelity, noise=noise))


def changed(bench: Bench, change: Callable[[Chain], Chain]) -> Bench:
    return replace(bench, chain=change(bench.chain))


def scaled_current(chain: Chain, factor: float) -> Chain:
    per_code = chain.calibration.per_code * np.array([1.0, factor, 1.0])
    return replace(chain, calibration=replace(chain.calibration, per_code=per_code))


@pytest.mark.parametrize("fidelity", ["phasor", "sampled"])
@pytest.mark.parametrize("point", [LOAD, Point(5.0, export=True), Point(5.0, "0.5i", energy="reactive")], ids=str)
def test_an_ideal_meter_errs_by_less_than_5_ppm(fidelity: Fidelity, point: Point) -> None:
    assert abs(observe(ideal(fidelity=fidelity), point).value) < 5e-4


@pytest.mark.parametrize("wave", ["fifth harmonic", "phase-fired", "half wave"])
def test_an_ideal_meter_keeps_to_the_integral_of_a_distorted_load(wave: Wave) -> None:
    """Within 0.01 %, what the converter's 24 bits and the filter's band leave; a meter of the fundamental errs 4 %."""
    assert abs(observe(ideal(fidelity="sampled"), Point(20.0, wave=wave)).value) < 0.01


def test_bursts_are_timed_over_so_many_that_windows_do_not_matter() -> None:
    """One cycle too much or too little of 3000 that conduct is 0.03 %."""
    assert abs(observe(ideal(fidelity="sampled"), Point(50.0, wave="burst")).value) < 0.04


def test_interrupted_phases_leave_the_others_right() -> None:
    for gone in ((0,), (0, 1)):
        assert abs(observe(ideal("shop-3p", "sampled"), Point(5.0, interrupted=gone)).value) < 5e-4


@pytest.mark.parametrize("percent", [-2.0, 1.0])
def test_an_error_put_into_the_calibration_is_found(percent: float) -> None:
    wrong = changed(ideal(fidelity="sampled"), lambda chain: scaled_current(chain, 1.0 + percent / 100.0))
    assert observe(wrong, Point(5.0)).value == pytest.approx(percent, abs=0.001)


def test_a_fast_sample_clock_counts_more_energy() -> None:
    """+100 ppm of clock is +0.01 % of energy: edges are timed in true seconds, not in the meter's own."""

    def fast(chain: Chain) -> Chain:
        return replace(chain, specimen=replace(chain.specimen, clock_ppm=np.array(100.0)))

    assert observe(changed(ideal(), fast), Point(5.0)).value == pytest.approx(0.01, abs=1e-4)


def test_energy_in_the_wrong_direction_is_an_error_of_200_per_cent() -> None:
    wrong = changed(ideal(), lambda chain: scaled_current(chain, -1.0))
    assert observe(wrong, Point(5.0)).value == pytest.approx(-200.0, abs=0.001)


def test_a_meter_without_pulses_errs_by_100_per_cent() -> None:
    silent = changed(ideal(), lambda chain: replace(chain, creep_w=1e6))
    assert observe(silent, Point(5.0)).value == -100.0


def test_repeatability_is_the_scatter_that_noise_makes() -> None:
    """Without noise results repeat; with noise they scatter as the closed form of its power says."""
    task = Repeats(Point(0.25), 40)
    assert observe(ideal(), task).value < 1e-6
    platform = shipped("home-1p")
    specimen = manufacture(platform, Ideal())
    louder = replace(specimen, noise=np.array([0.0, 1e-3, 0.0]))
    bench = Bench(platform, build(platform, louder, calibrate(platform, specimen), "phasor", noise=True))
    volts_per_code = 230.0 * 1e-3 * float(bench.chain.calibration.per_code[1])  # W per sample, RMS
    seconds = 3.6e6 / 1000.0 / (230.0 * 0.25)
    wanted = 100.0 * volts_per_code / np.sqrt(8000.0 * seconds) / (230.0 * 0.25)
    assert observe(bench, task).value == pytest.approx(wanted, rel=0.35)  # 40 results: +-23 % at two sigma


def test_starting_needs_a_pulse_in_time() -> None:
    task = Starting(Point(0.02), 1.5)
    assert observe(ideal(), task).value >= 1.0
    asleep = changed(ideal(), lambda chain: replace(chain, creep_w=230.0 * 0.03))
    assert observe(asleep, task).value == 0.0
    slow = changed(ideal(), lambda chain: scaled_current(chain, 0.6))  # 1.67 times the exact time
    assert observe(slow, task).value == 0.0


def test_no_load_counts_what_an_offset_makes() -> None:
    """5 W of offset give 5 pulses of 3600 J in an hour, and the one that was due at the start."""
    task = NoLoad("active", 1.15, 3600.0)
    assert observe(ideal(), task).value == 0.0

    def creeping(chain: Chain) -> Chain:
        return replace(chain, creep_w=0.0, calibration=replace(chain.calibration, active_w=np.array([-5.0])))

    assert observe(changed(ideal(), creeping), task).value in {5.0, 6.0}


def test_the_meter_constant_compares_pulses_with_registers() -> None:
    task = Constant(Point(100.0), 1000)
    assert abs(observe(ideal(fidelity="sampled"), task).value) < 0.05
    short = changed(ideal(), lambda chain: replace(chain, active_pulse_uwt=round(chain.active_pulse_uwt / 1.01)))
    assert observe(short, task).value == pytest.approx(1.0, abs=0.06)  # half a pulse of a thousand


def test_what_is_asked_decides_the_noise_not_the_order() -> None:
    bench = mount(shipped("home-1p"), 1, "sampled")
    first, again = observe(bench, LOAD), observe(bench, LOAD)
    assert first == again
    assert first.value != observe(bench, replace(LOAD, tone=Tone(15.2, current_a=1e-12))).value


def test_soaking_is_the_same_heat_in_both_fidelities() -> None:
    """An hour at Imax warms the shunt; the quick fidelity waits, the slow one measures."""
    platform = shipped("home-1p")
    specimen: Any = manufacture(platform, Ideal())
    hot = replace(
        specimen,
        drift_per_k=np.array([0.0, 1e-3, 0.0]),
        heat_k_per_a2=np.array([0.0, 1e-3, 0.0]),
        heat_s=np.array([0.0, 30.0, 0.0]),
    )
    for fidelity in ("phasor", "sampled"):
        bench = Bench(platform, build(platform, hot, calibrate(platform, specimen), fidelity, noise=False))
        cold, warm = observe(bench, Point(100.0)).value, observe(bench, Point(100.0, soak_s=3600.0)).value
        assert abs(cold) < 0.1
        assert warm == pytest.approx(1.0, abs=0.01)  # 10 K at 0.1 %/K
