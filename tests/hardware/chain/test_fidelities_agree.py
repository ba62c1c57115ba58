"""Every fidelity measures one specimen alike, cold and warm, and what they agree on is what hand arithmetic says."""

from dataclasses import replace

import numpy as np
import pytest
from waves import distorted

from ferraris.hardware.chain import fir, phasor
from ferraris.hardware.chain.calibrate import balanced, build, calibrate
from ferraris.hardware.chain.chain import Chain, Fidelity, Span, tick_at, tick_ns
from ferraris.hardware.chain.measure import measure, start
from ferraris.hardware.chain.specimen import Corner, Draw, Nominal, Seed, manufacture
from ferraris.hardware.platform.models import CurrentTransformer, Platform
from ferraris.hardware.world.mains import Environment, Mains, Steady
from ferraris.pins import TICKS_PER_SECOND, Reading
from ferraris.units import Toleranced

FIDELITIES: tuple[Fidelity, ...] = ("phasor", "sampled", "bitstream")
COLD, WARM = Environment(air_c=23.0), Environment(air_c=60.0)
KELVIN = 37.0
SETTLED = 5 * TICKS_PER_SECOND // 4


def chain_of(platform: Platform, draw: Draw, fidelity: Fidelity, *, noise: bool = False) -> Chain:
    specimen = manufacture(platform, draw)
    return build(platform, specimen, calibrate(platform, specimen), fidelity, noise=noise)


def shown(chain: Chain, mains: Mains, environment: Environment, ticks: int = SETTLED) -> Reading:
    """What the meter shows after a while."""
    return measure(chain, start(chain), mains, environment, Span(0, ticks))[1]


def with_neutral(mains: Steady, share: float) -> Steady:
    """The same load with a part of the first phase's current elsewhere: the neutral has a current of its own."""
    return replace(mains, neutral_a=share * mains.current_a[0])


@pytest.mark.parametrize("environment", [COLD, WARM], ids=["23degC", "60degC"])
@pytest.mark.parametrize("seed", [2, 6])
@pytest.mark.parametrize("meter", ["home", "shop"])
def test_all_fidelities_show_the_same_of_one_specimen(
    meter: str, seed: int, environment: Environment, request: pytest.FixtureRequest
) -> None:
    """Powers to 20 ppm of U I, at a current so small that the offsets of the calibration are a good part of them."""
    platform: Platform = request.getfixturevalue(meter)
    low_a = platform.meter.current.min_a
    mains = with_neutral(distorted(platform.elements, 50.0, 230.0, low_a, 37.0), 0.7)
    closed, *others = [shown(chain_of(platform, Seed(seed), each), mains, environment) for each in FIDELITIES]
    near = 2e-5 * 230.0 * low_a
    for other in others:
        for a, b in zip(closed.instant, other.instant, strict=True):
            assert (b.voltage_v, b.current_a) == pytest.approx((a.voltage_v, a.current_a), rel=2e-5)
            assert b[2:5] == pytest.approx(a[2:5], abs=near)
            assert b[5:] == pytest.approx(a[5:], abs=2e-3)
        assert other.frequency_hz == pytest.approx(closed.frequency_hz, abs=1e-5)
        assert other.chip_c == closed.chip_c
        assert (other.neutral_a is None) == (closed.neutral_a is None) == (meter == "shop")
        if closed.neutral_a is not None:
            assert other.neutral_a == pytest.approx(closed.neutral_a, rel=2e-5)


@pytest.mark.parametrize("fidelity", FIDELITIES)
def test_offsets_of_the_calibration_are_taken_off_the_powers(home: Platform, fidelity: Fidelity) -> None:
    """Constants of 0.7 W and -0.4 var, whatever they were found for, move the powers by as much the other way."""
    chain = chain_of(home, Nominal(), fidelity)
    constants = chain.calibration
    moved = replace(constants, active_w=constants.active_w + 0.7, reactive_var=constants.reactive_var - 0.4)
    load = balanced(home, 1.0, 30.0)
    plain, off = (shown(replace(chain, calibration=each), load, COLD).instant[0] for each in (constants, moved))
    assert off.active_w - plain.active_w == pytest.approx(-0.7, abs=1e-5)
    assert off.reactive_var - plain.reactive_var == pytest.approx(0.4, abs=1e-5)
    assert off.current_a == plain.current_a


@pytest.mark.parametrize("fidelity", ["phasor", "sampled"])
def test_a_calibrated_specimen_is_right_where_its_offset_was_set(home: Platform, fidelity: Fidelity) -> None:
    """At Imin and unity the power is U I, of which this specimen's crosstalk alone would make 0.37 % less."""
    low_a = home.meter.current.min_a
    chain = chain_of(home, Seed(2), fidelity)
    load = balanced(home, low_a)
    assert shown(chain, load, COLD).instant[0].active_w == pytest.approx(230.0 * low_a, rel=2e-5)
    without = replace(chain, calibration=replace(chain.calibration, active_w=np.zeros(1)))
    assert shown(without, load, COLD).instant[0].active_w < 0.997 * 230.0 * low_a


def white_through_the_filter(chain: Chain, rng: np.random.Generator) -> float:
    """What the metrology filter, which lifts what the decimator lets droop, makes of white noise: RMS out over in."""
    taps = fir.taps_for(chain.calibration.delay_ticks, chain.specimen.decimation)[1]
    return float(np.convolve(rng.normal(size=200_000), taps, "valid").std())


@pytest.mark.parametrize("fidelity", FIDELITIES)
def test_the_noise_of_a_channel_is_not_current(home: Platform, fidelity: Fidelity, rng: np.random.Generator) -> None:
    """1.9 uV over 150 uohm are 12.7 mA in every sample, filtered 21 mA: beside 20 mA half of the square is noise.

    The constants that take it off are those of the data sheet; without them the noise is there, at every fidelity.
    """
    sample_a = dict(home.adc.noise_at_gain)[home.adc.gain_line] / 150e-6
    load = balanced(home, 20e-3)
    chain = chain_of(home, Nominal(), fidelity, noise=True)
    noise_a = sample_a * white_through_the_filter(chain, rng)
    assert noise_a == pytest.approx(21e-3, rel=0.05)
    assert shown(chain, load, COLD).instant[0].current_a == pytest.approx(20e-3, rel=0.15)
    raw = replace(chain, calibration=replace(chain.calibration, noise_square=np.zeros(3)))
    assert shown(raw, load, COLD).instant[0].current_a == pytest.approx(np.hypot(20e-3, noise_a), rel=0.1)


# ------------------------------------------------------------------------------------------------ by hand


def test_the_neutral_channel_is_built_from_the_neutral_sensor(home: Platform) -> None:
    """10 ohm over 2500 turns; (45 + 10) ohm over 90 H; and a shunt in the line, which has no corner."""
    specimen = manufacture(home, Nominal())
    assert specimen.sensitivity[1:] == pytest.approx([150e-6, 10.0 / 2500.0])
    assert specimen.corner_rad_s == pytest.approx([0.0, 0.0, 55.0 / 90.0])
    assert specimen.lead_s[1:] == pytest.approx([1e-9 / 150e-6, 0.0])
    assert specimen.cores[1] is None
    assert specimen.cores[2] is not None


def test_a_fast_clock_counts_more_ticks_and_a_lower_frequency(home: Platform) -> None:
    """+30 ppm: 8000.24 ticks in a second, 50 Hz looks like 50/1.00003 = 49.9985 Hz."""
    assert home.adc.clock_tolerance_ppm == 30.0
    for deviate, ticks, counted_hz in ((1.0, 8_000_240, 49.9985), (-1.0, 7_999_760, 50.0015)):
        for fidelity in FIDELITIES:
            chain = chain_of(home, Corner({"adc.clock": deviate}), fidelity)
            assert tick_at(chain, 1000 * 10**9) == pytest.approx(ticks, abs=1)
            assert tick_ns(chain, ticks) == pytest.approx(1000 * 10**9, rel=2e-9)
            reading = shown(chain, balanced(home, 5.0), COLD)
            assert reading.frequency_hz == pytest.approx(counted_hz, abs=2e-5)


def warming(platform: Platform, corner: Corner | Nominal, phi_deg: float, fidelity: Fidelity) -> float:
    """How much more active power is shown at 60 degC than at 23 degC, relative."""
    chain, load = chain_of(platform, corner, fidelity), balanced(platform, 5.0, phi_deg)
    cold, warm = (shown(chain, load, each).instant[0].active_w for each in (COLD, WARM))
    return warm / cold - 1.0


@pytest.mark.parametrize("fidelity", ["phasor", "sampled"])
@pytest.mark.parametrize("deviate", [1.0, -1.0])
def test_a_warm_burden_of_more_ohms_reads_more(shop: Platform, fidelity: Fidelity, deviate: float) -> None:
    """+15 ppm/K over 37 K: the same secondary current makes 555 ppm more voltage."""
    ct = shop.current.line
    assert isinstance(ct, CurrentTransformer)
    assert ct.burden_tempco_ppm_per_k == (0.0, 15.0)
    moved = warming(shop, Corner({"current.line.burden_tempco": deviate}), 0.0, fidelity)
    assert moved == pytest.approx(deviate * 15e-6 * KELVIN, abs=5e-6)


@pytest.mark.parametrize("fidelity", ["phasor", "sampled"])
@pytest.mark.parametrize("phi_deg", [60.0, -60.0])
def test_a_warm_core_of_less_inductance_leads_more(shop: Platform, fidelity: Fidelity, phi_deg: float) -> None:
    """-0.1 %/K over 37 K: the lead of 40 ohm/(w 45 H) = 2.83 mrad grows by 3.7 %, 0.105 mrad.

    A leading current is nearer to the voltage it lags: at 60 degrees lagging the power rises by tan 60 times that.
    The whole loop is burden here, so that no copper warms with it.
    """
    ct = shop.current.line
    assert isinstance(ct, CurrentTransformer)
    assert (ct.tempco_inductance_per_k, ct.magnetising_inductance_h) == (-0.001, 45.0)
    line = ct.model_copy(update={"winding_ohm": 0.0, "burden": Toleranced(40.0, 0.0)})
    bare = shop.model_copy(update={"current": shop.current.model_copy(update={"line": line})})
    lead = 40.0 / (2.0 * np.pi * 50.0 * 45.0)
    expected = np.tan(np.radians(phi_deg)) * lead * 1e-3 * KELVIN
    assert abs(expected) == pytest.approx(181e-6, rel=0.01)
    assert warming(bare, Nominal(), phi_deg, fidelity) == pytest.approx(expected, abs=5e-6)


@pytest.mark.parametrize("fidelity", ["phasor", "sampled"])
def test_a_warm_shunt_reads_more_and_the_neutral_follows_its_own_sensor(home: Platform, fidelity: Fidelity) -> None:
    """Line 20 + 30 ppm/K, neutral burden 25 ppm/K, over 37 K: 1850 ppm and 925 ppm, apart from heat by own current."""
    warm = Corner({"current.line.tempco": 1.0, "current.neutral.burden_tempco": 1.0})
    chain, load = chain_of(home, warm, fidelity), with_neutral(balanced(home, 1.0), 0.5)
    cold, hot = shown(chain, load, COLD), shown(chain, load, WARM)
    assert hot.instant[0].current_a / cold.instant[0].current_a - 1.0 == pytest.approx(50e-6 * KELVIN, abs=1e-5)
    assert cold.neutral_a is not None
    assert hot.neutral_a is not None
    assert cold.neutral_a == pytest.approx(0.5, rel=1e-4)
    assert hot.neutral_a / cold.neutral_a - 1.0 == pytest.approx(25e-6 * KELVIN, abs=1e-5)


def test_the_closed_form_of_a_batch_is_that_of_each_of_its_meters(home: Platform) -> None:
    """Corners side by side, neutral included, at 60 degC."""
    ends = np.array([-1.0, 0.5, 1.0])
    load = with_neutral(balanced(home, 1.0, 30.0), 0.5)
    batch = chain_of(home, Corner({"current.neutral.burden": ends, "current.line.tempco": ends}), "phasor")
    together = phasor.powers(batch, load, WARM)
    for row, end in enumerate(ends):
        one = chain_of(home, Corner({"current.neutral.burden": end, "current.line.tempco": end}), "phasor")
        alone = phasor.powers(one, load, WARM)
        assert together.rms[row] == pytest.approx(alone.rms, rel=1e-9)
        assert together.active_w[row] == pytest.approx(alone.active_w, rel=1e-9)
