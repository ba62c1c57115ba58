"""Every load draws the current its power, power factor and shape say."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ferraris.hardware.world.loads import (
    FOREVER_NS,
    INVERTER_WINDOW,
    Acting,
    ConstantPower,
    Cycled,
    Daily,
    Load,
    Motor,
    PvExport,
    Rectifier,
    Resistive,
    acting,
    add,
    at_power_factor,
    draw,
    evenly,
    phases,
    pulse_harmonics,
)
from ferraris.hardware.world.source import Harmonic, Source, Tones, single_phase, three_phase, voltages

DIRTY = (Harmonic(3, 0.02, 40.0), Harmonic(5, 0.05, 180.0), Harmonic(0, 0.001))


def current(load: Load, source: Source, t_ns: int = 0) -> Tones:
    return draw(acting(load, t_ns), voltages(source), source.nominal_v)


def fundamental(tones: Tones) -> np.ndarray:
    return tones.phasors[:, list(tones.orders).index(1.0)]


def complex_power(load: Load, source: Source, t_ns: int = 0) -> np.ndarray:
    """S = U * conj(I) of the fundamental, per phase."""
    return fundamental(voltages(source)) * np.conj(fundamental(current(load, source, t_ns)))


@given(
    st.tuples(*[st.floats(-20e3, 20e3)] * 3),
    st.tuples(*[st.floats(-20e3, 20e3)] * 3),
    st.tuples(*[st.floats(120, 300)] * 3),
)
def test_constant_power_takes_its_power_at_any_voltage(
    power: tuple[float, ...], reactive: tuple[float, ...], volts: tuple[float, ...]
) -> None:
    source = Source(volts, (10.0, -130.0, 95.0))
    np.testing.assert_allclose(
        complex_power(ConstantPower(power, reactive), source), np.array(power) + 1j * np.array(reactive), atol=1e-6
    )


def test_constant_power_draws_a_sine_from_a_distorted_voltage() -> None:
    assert current(ConstantPower((500.0,)), single_phase(harmonics=DIRTY)).orders.tolist() == [1.0]


def test_constant_power_draws_nothing_without_voltage_and_no_surge_just_above() -> None:
    load = ConstantPower((1000.0,), (300.0,))
    assert fundamental(current(load, Source((0.0,), (0.0,))))[0] == 0
    at_half = abs(fundamental(current(load, Source((115.0,), (0.0,))))[0])
    at_tenth = abs(fundamental(current(load, Source((23.0,), (0.0,))))[0])
    assert at_tenth == pytest.approx(at_half / 5)  # an impedance below half of nominal


@pytest.mark.parametrize(("leading", "sign"), [(False, 1), (True, -1)])
def test_power_factor_half_means_sixty_degrees(leading: bool, sign: int) -> None:
    power = complex_power(at_power_factor((1000.0,), 0.5, leading=leading), single_phase())[0]
    assert np.degrees(np.angle(power)) == pytest.approx(sign * 60)
    assert power.real == pytest.approx(1000)


def test_a_resistance_follows_ohm_at_every_order() -> None:
    source = single_phase(harmonics=DIRTY)
    volts, amperes = voltages(source), current(Resistive((1000.0,)), source)
    np.testing.assert_allclose(amperes.phasors, volts.phasors / 52.9)  # 230 V squared over 1000 W
    np.testing.assert_array_equal(amperes.orders, volts.orders)


def test_a_running_motor_has_its_power_and_lags() -> None:
    power = complex_power(Motor((1000.0,), 0.6), single_phase())[0]
    assert power.real == pytest.approx(1000)
    assert power.imag == pytest.approx(1000 * 0.8 / 0.6)  # sin over cos of acos 0.6


def test_a_motor_is_one_resistance_and_one_inductance_for_all_orders() -> None:
    source = single_phase(harmonics=DIRTY)
    volts, amperes = voltages(source), current(Motor((1000.0,), 0.6), source)
    direct, first, third, fifth = range(4)
    impedance = volts.phasors[0, first:] / amperes.phasors[0, first:]
    np.testing.assert_allclose(impedance.real, impedance[0].real)
    np.testing.assert_allclose(impedance.imag, impedance[0].imag * np.array([1, 3, 5]))
    assert amperes.phasors[0, direct] == 0
    assert (third, fifth) == (2, 3)


def test_a_starting_motor_takes_its_inrush_and_settles_for_good() -> None:
    motor, source = Motor((1000.0,), 0.8, inrush=6.0, starting_s=0.1), single_phase()
    running = 1000 / 230 / 0.8
    lag = np.exp(-1j * np.arccos([0.8, 0.35]))
    first = fundamental(current(motor, source))[0]
    assert first == pytest.approx(running * (lag[0] + 5 * lag[1]))
    one_time_constant = fundamental(current(motor, source, 100_000_000))[0]
    assert one_time_constant == pytest.approx(running * (lag[0] + 5 * np.exp(-1) * lag[1]))
    settled = acting(motor, 700_000_000)
    assert settled.until_ns == FOREVER_NS
    assert abs(fundamental(draw(settled, voltages(source), 230.0))[0]) == pytest.approx(running)


def test_the_rectifier_spectrum_is_that_of_its_drawn_pulse() -> None:
    conduction = np.radians(70)
    angle = np.linspace(-np.pi, np.pi, 20_000, endpoint=False)
    pulse = np.where(np.abs(angle) < conduction / 2, np.cos(np.pi * angle / conduction), 0)
    train = pulse - np.roll(pulse, 10_000)  # the other half cycle, upside down
    orders = np.arange(1, 40, 2, dtype=float)
    naive = np.array([np.mean(train * np.cos(k * angle)) for k in orders])
    closed = pulse_harmonics(orders, conduction)
    np.testing.assert_allclose(closed / closed[0], naive / naive[0], atol=1e-6)


def test_the_pulse_formula_holds_at_its_removable_pole() -> None:
    # Conduction of 60 degrees puts the pole at the third harmonic: a = pi / (2 * 30 degrees) = 3.
    near = pulse_harmonics(np.array([3.0]), np.radians(60.001))
    assert pulse_harmonics(np.array([3.0]), np.radians(60))[0] == pytest.approx(near[0], rel=1e-4)


def test_a_rectifier_takes_its_power_in_pulses_just_before_the_peaks() -> None:
    source = three_phase()
    tones = current(Rectifier(evenly(900.0, 3), conduction_deg=60.0, lead_deg=8.0, highest_order=199), source)
    volts = voltages(source).phasors
    power = (volts[:, 0] * np.conj(tones.phasors[:, 0])).real
    np.testing.assert_allclose(power, 300)
    angle = np.linspace(0, 2 * np.pi, 3600, endpoint=False)
    waves = (tones.phasors @ np.exp(1j * np.outer(tones.orders, angle))).real
    for phase, peak_deg in enumerate((0, 120, 240)):  # the voltage peaks where angle + its own angle = 0
        assert np.argmax(waves[phase]) / 10 == pytest.approx((peak_deg - 8) % 360, abs=0.2)
        assert np.mean(np.abs(waves[phase]) > 0.05 * waves[phase].max()) == pytest.approx(120 / 360, abs=0.02)


def test_rectifier_harmonics_fall_and_the_third_adds_up_in_the_neutral() -> None:
    tones = current(Rectifier(evenly(900.0, 3)), three_phase())
    magnitude = np.abs(tones.phasors[0])
    assert magnitude[0] > magnitude[1] > magnitude[2] > magnitude[3]
    assert magnitude[-5:].max() < 0.03 * magnitude[0]
    neutral = np.abs(tones.phasors.sum(axis=0))
    assert neutral[0] < 1e-9
    assert neutral[1] == pytest.approx(3 * magnitude[1])


@pytest.mark.parametrize(("absorbs", "sign"), [(True, 1), (False, -1)])
def test_photovoltaics_feed_in_with_the_reactive_power_of_their_power_factor(absorbs: bool, sign: int) -> None:
    power = complex_power(PvExport((3000.0,), 0.9, absorbs), single_phase())[0]
    assert power.real == pytest.approx(-3000)
    assert power.imag == pytest.approx(sign * 3000 * np.sqrt(1 - 0.81) / 0.9)


@pytest.mark.parametrize(
    ("fraction", "feeds"), [(0.0, False), (0.79, False), (0.81, True), (1.14, True), (1.16, False)]
)
def test_an_inverter_stands_still_outside_its_voltage_window(fraction: float, feeds: bool) -> None:
    assert INVERTER_WINDOW == (0.8, 1.15)
    power = complex_power(PvExport((3000.0,)), Source((230.0 * fraction,), (0.0,)))[0]
    assert power.real == pytest.approx(-3000 if feeds else 0)


@given(st.lists(st.floats(0, 2), min_size=1, max_size=96), st.integers(0, 400_000_000_000_000))
def test_a_daily_profile_has_the_step_of_the_time_of_day_and_says_when_it_ends(steps: list[float], t_ns: int) -> None:
    daily = Daily(Resistive((1000.0,)), tuple(steps))
    now = acting(daily, t_ns)
    day_ns = 86_400_000_000_000
    assert now.scale == steps[t_ns % day_ns * len(steps) // day_ns]
    assert t_ns < now.until_ns
    last, following = now.until_ns - 1, now.until_ns
    assert last % day_ns * len(steps) // day_ns == t_ns % day_ns * len(steps) // day_ns
    assert (following * len(steps) // day_ns) == (t_ns * len(steps) // day_ns) + 1


@given(st.integers(0, 100_000_000_000), st.integers(0, 20_000_000_000))
def test_a_cycled_load_is_on_at_the_start_of_each_period(t_ns: int, first_ns: int) -> None:
    now = acting(Cycled(Resistive((1000.0,)), 10.0, 3.0, first_ns / 1e9), t_ns)
    since = t_ns - first_ns
    is_on = since >= 0 and since % 10_000_000_000 < 3_000_000_000
    assert (now.scale == 1.0) == is_on
    edge = now.until_ns - first_ns
    assert now.until_ns > t_ns
    assert edge % 10_000_000_000 in ({0} if not is_on else {3_000_000_000})
    assert edge - since <= (10_000_000_000 if since >= 0 else first_ns)


def test_a_motor_that_is_switched_on_again_starts_again() -> None:
    fridge = Cycled(Motor((100.0,), inrush=5.0), 60.0, 20.0, 7.0)
    running, starting = acting(fridge, 25_000_000_000), acting(fridge, 67_000_000_000)
    source = single_phase()
    assert starting.until_ns == 67_020_000_000
    ratio = abs(fundamental(draw(starting, voltages(source), 230.0))) / abs(
        fundamental(draw(running, voltages(source), 230.0))
    )
    assert 4 < ratio[0] < 5  # the inrush has another angle than the running current


def test_loads_add_up_on_the_union_of_their_orders() -> None:
    one = Tones(np.array([1.0, 5.0]), np.array([[1.0 + 1j, 2.0]]))
    two = Tones(np.array([0.0, 1.0, 3.0]), np.array([[9.0, 10.0, 11.0]]))
    total = add([one, two], 1)
    assert total.orders.tolist() == [0, 1, 3, 5]
    assert total.phasors.tolist() == [[9, 11 + 1j, 11, 2]]
    assert add([], 3).phasors.tolist() == [[0], [0], [0]]


def test_a_wrapped_load_still_knows_its_phases() -> None:
    assert phases(Daily(Cycled(Resistive((1.0, 2.0, 3.0)), 5, 1), (1.0,))) == 3
    assert isinstance(acting(Resistive((1.0,)), 0), Acting)
