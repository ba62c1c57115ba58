"""Recordings are read as they are, and played without a step."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from recorded_files import RATE_HZ, three_phase_waves, write_comtrade, write_csv

from ferraris.hardware.world.channels import parse_map, parse_scale
from ferraris.hardware.world.frequency import fundamental_hz
from ferraris.hardware.world.looping import closes, loop
from ferraris.hardware.world.mains import Recorded, Steady
from ferraris.hardware.world.recording import Continuous, Cycles, RecordingError
from ferraris.hardware.world.recordings import fourier, play, playlist, read
from ferraris.hardware.world.truth import truth, truth_of_loop
from ferraris.hardware.world.world import Playlist, at

SHARED = Path(__file__).parents[3].parent / "shared" / "recordings"
needs_shared = pytest.mark.skipif(not SHARED.is_dir(), reason="no folder shared/recordings beside the checkout")


def continuous(volts: np.ndarray, amperes: np.ndarray, rate_hz: float, frequency_hz: float) -> Continuous:
    return Continuous("test", rate_hz, frequency_hz, volts[None], amperes[None], amperes)


# Reading


@pytest.mark.parametrize(("kind", "steps"), [("ASCII", 1.0), ("BINARY", 1.0), ("BINARY32", 1.0), ("FLOAT32", 0.0)])
def test_comtrade_comes_back_as_it_was_written(tmp_path: Path, kind: str, steps: float) -> None:
    waves = three_phase_waves()
    recording = read(write_comtrade(tmp_path, kind, waves))
    assert isinstance(recording, Continuous)
    step = np.abs(waves).max(axis=1) / 30_000 * (0.51 * steps) + 1e-5  # half a step of the file, or single precision
    assert (np.abs(np.vstack([recording.voltage_v, recording.current_a]) - waves) < step[:, None] + 2e-5).all()
    assert recording.rate_hz == RATE_HZ
    assert recording.frequency_hz == pytest.approx(50, abs=1e-3)
    np.testing.assert_allclose(recording.neutral_a, recording.current_a.sum(axis=0))
    assert recording.notes == ()


def test_either_file_of_a_comtrade_pair_may_be_named(tmp_path: Path) -> None:
    cfg = write_comtrade(tmp_path, "BINARY", three_phase_waves())
    np.testing.assert_array_equal(read(cfg).voltage_v, read(cfg.with_suffix(".dat")).voltage_v)


def test_secondary_values_are_brought_to_the_primary_side(tmp_path: Path) -> None:
    cfg = write_comtrade(tmp_path, "FLOAT32", three_phase_waves(), channel="1,0,0,-9,9,2000,5,S")
    recording = read(cfg)
    assert np.abs(recording.current_a[0]).max() == pytest.approx(5 * np.sqrt(2) * 400, rel=1e-3)


def test_a_header_that_contradicts_the_waveform_is_reported_and_overruled(tmp_path: Path) -> None:
    recording = read(write_comtrade(tmp_path, "FLOAT32", three_phase_waves(60.0), header_hz=50.0))
    assert recording.frequency_hz == pytest.approx(60, abs=1e-3)
    assert any("50 Hz" in note and "60.0" in note for note in recording.notes)


def test_csv_comes_back_as_it_was_written(tmp_path: Path) -> None:
    waves = three_phase_waves(49.9)
    recording = read(write_csv(tmp_path, waves))
    np.testing.assert_allclose(np.vstack([recording.voltage_v, recording.current_a]), waves, atol=1e-6)
    assert recording.rate_hz == pytest.approx(RATE_HZ)
    assert recording.frequency_hz == pytest.approx(49.9, abs=1e-3)


def test_csv_units_semicolons_and_a_neutral_channel_are_understood(tmp_path: Path) -> None:
    angle = 2 * np.pi * 50 * np.arange(200) / 4000
    path = tmp_path / "one.csv"
    rows = [f"{n / 4};{0.325 * np.cos(a)};{5000 * np.sin(a)};{7 * np.sin(a)}" for n, a in enumerate(angle)]
    path.write_text("t_ms;U1_kV;I1_mA;IN_A\n" + "\n".join(rows))
    recording = read(path)
    np.testing.assert_allclose(recording.voltage_v[0], 325 * np.cos(angle))
    np.testing.assert_allclose(recording.current_a[0], 5 * np.sin(angle), atol=1e-12)
    np.testing.assert_allclose(recording.neutral_a, 7 * np.sin(angle), atol=1e-12)


def write_npz(folder: Path, **arrays: Any) -> Path:
    path = folder / "file.npz"
    np.savez(path, allow_pickle=True, **arrays)
    return path


def test_npz_rows_are_channels_when_they_are_longer_than_a_period(tmp_path: Path) -> None:
    waves = three_phase_waves()
    recording = read(write_npz(tmp_path, u_v=waves[:3], i_a=waves[3:], in_a=np.ones(960), fs_hz=RATE_HZ, f_hz=50.0))
    assert isinstance(recording, Continuous)
    np.testing.assert_array_equal(recording.current_a, waves[3:])
    np.testing.assert_array_equal(recording.neutral_a, np.ones(960))


@pytest.mark.parametrize("extra", [{}, {"hold_s": 2.0}, {"hold_s": np.array([1.0, 2.0, 0.5])}])
def test_npz_rows_of_one_period_are_cycles(tmp_path: Path, extra: dict[str, Any]) -> None:
    rows = three_phase_waves(samples=80)
    recording = read(write_npz(tmp_path, u_v=rows[:3], i_a=rows[3:], fs_hz=RATE_HZ, f_hz=50.0, **extra))
    assert isinstance(recording, Cycles)
    assert recording.voltage_v.shape == (1, 3, 80)
    np.testing.assert_array_equal(recording.hold_s, np.broadcast_to(extra.get("hold_s", 1.0), 3))


def test_npz_with_three_dimensions_holds_cycles_of_several_phases(tmp_path: Path) -> None:
    waves = three_phase_waves(samples=80)
    volts, amperes = np.stack([waves[:3]] * 4, axis=1), np.stack([waves[3:]] * 4, axis=1)
    recording = read(write_npz(tmp_path, u_v=volts, i_a=amperes, fs_hz=RATE_HZ, f_hz=50.0))
    assert isinstance(recording, Cycles)
    assert recording.voltage_v.shape == (3, 4, 80)
    np.testing.assert_allclose(recording.neutral_a, amperes.sum(axis=0))


# Map and scale


def test_a_map_chooses_by_name_beginning_and_number(tmp_path: Path) -> None:
    waves = three_phase_waves()
    cfg = write_comtrade(tmp_path, "FLOAT32", waves)
    recording = read(cfg, parse_map("u1 = ul2  BUS, I1=6"))
    np.testing.assert_allclose(recording.voltage_v, waves[1:2], atol=1e-4)
    np.testing.assert_allclose(recording.current_a, waves[5:6], atol=1e-5)
    by_beginning = read(cfg, parse_map("U1=UL2,I1=IL3"))
    np.testing.assert_array_equal(by_beginning.voltage_v, recording.voltage_v)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("U1=UL,I1=IL1", "fits several"),
        ("U1=IL1 bus,I1=IL1 bus", "no such channel in volts"),
        ("U1=99,I1=4", "no such channel"),
        ("U1=1", "expected U1 and I1"),
        ("U1=1,U2=2,I1=4,I2=5", "expected U1 and I1"),
        ("U1=1,U2=2,U3=3,I1=4", "expected U1 and I1"),
    ],
)
def test_a_map_that_does_not_fit_the_file_is_refused(tmp_path: Path, text: str, complaint: str) -> None:
    cfg = write_comtrade(tmp_path, "FLOAT32", three_phase_waves())
    with pytest.raises(RecordingError, match=complaint) as refusal:
        read(cfg, parse_map(text))
    assert str(cfg) in str(refusal.value)


@pytest.mark.parametrize("text", ["", "U1", "U1=", "=1", "U4=1", "U1=1,U1=2", "U=1"])
def test_a_map_that_cannot_be_read_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(RecordingError, match="--map"):
        parse_map(text)


@pytest.mark.parametrize("text", ["", "U", "U=", "U=x", "U=0", "U=1/0", "U=0/5", "U=nan", "U=1/2/3", "Q=1", "U=1,U=2"])
def test_a_scale_that_cannot_be_read_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(RecordingError, match="--scale"):
        parse_scale(text)


def test_a_ratio_divides_and_a_single_terminal_goes_before_its_kind() -> None:
    assert parse_scale("U=2400/240, i=0.5, I2=-3") == {"U": 0.1, "I": 0.5, "I2": -3.0}


def test_scaling_brings_the_values_to_the_terminals(tmp_path: Path) -> None:
    waves = three_phase_waves()
    cfg = write_comtrade(tmp_path, "FLOAT32", waves)
    recording = read(cfg, scale=parse_scale("U=230/57.5,I=0.5,I2=-3"))
    np.testing.assert_allclose(recording.voltage_v, waves[:3] / 4, atol=1e-4)
    np.testing.assert_allclose(recording.current_a, waves[3:] * np.array([[0.5], [-3], [0.5]]), atol=1e-4)
    with pytest.raises(RecordingError, match="IN"):
        read(cfg, scale={"IN": 2.0})


# Frequency


@given(st.floats(45, 65), st.floats(0.06, 2), st.floats(0, 6.28), st.sampled_from([3200.0, 8000.0, 30_000.0]))
def test_the_frequency_comes_from_the_data(frequency_hz: float, seconds: float, phase: float, rate_hz: float) -> None:
    """Harmonics and an offset may not move it: 20 ppm from a quarter second on, 300 ppm from three cycles on."""
    # With few samples per cycle a whole number of samples is not quite a cycle, and harmonics leak in.
    angle = 2 * np.pi * frequency_hz * np.arange(round(seconds * rate_hz)) / rate_hz + phase
    volts = 325 * np.cos(angle) + 20 * np.cos(3 * angle + 1) + 15 * np.cos(5 * angle) + 4
    found, notes = fundamental_hz(Path("x"), volts, rate_hz, None)
    assert found == pytest.approx(frequency_hz, rel=20e-6 if seconds > 0.25 and rate_hz > 4000 else 300e-6)
    assert notes == ()


def test_a_phase_jump_does_not_move_the_frequency() -> None:
    """A fault turns the voltage; with half the recording on either side a mean would be off by 140 ppm."""
    time = np.arange(8000) / 20_000
    volts = np.cos(2 * np.pi * 60 * time + np.where(time > 0.2, 0.02, 0))
    assert fundamental_hz(Path("x"), volts, 20_000.0, None)[0] == pytest.approx(60, rel=30e-6)


def test_less_than_two_cycles_need_a_frequency_in_the_header() -> None:
    volts = np.cos(2 * np.pi * 50 * np.arange(240) / 8000)
    found, notes = fundamental_hz(Path("x"), volts, 8000.0, 50.0)
    assert found == 50.0
    assert "header" in notes[0]
    with pytest.raises(RecordingError, match="two cycles"):
        fundamental_hz(Path("x"), volts, 8000.0, None)


@pytest.mark.parametrize(
    "volts", [np.zeros(8000), np.full(8000, 3.0), np.cos(np.arange(8000) * 2 * np.pi * 400 / 8000)]
)
def test_a_voltage_without_a_fundamental_is_refused(volts: np.ndarray) -> None:
    with pytest.raises(RecordingError, match=r"constant|no fundamental"):
        fundamental_hz(Path("x"), volts, 8000.0, None)


# Looping


@given(st.floats(45, 65), st.floats(0.05, 0.5), st.floats(0, 6.28))
def test_a_loop_is_whole_cycles_and_its_seam_is_no_step(frequency_hz: float, seconds: float, phase: float) -> None:
    rate_hz = 20_000.0
    angle = 2 * np.pi * frequency_hz * np.arange(round(seconds * rate_hz)) / rate_hz + phase
    looped = loop(continuous(325 * np.cos(angle), 5 * np.cos(angle - 1), rate_hz, frequency_hz))
    samples = looped.voltage_v.shape[1]
    cycles = samples * frequency_hz / rate_hz
    assert cycles == pytest.approx(round(cycles), abs=0.5 * frequency_hz / rate_hz + 1e-9)
    assert round(cycles) >= int(seconds * frequency_hz - 1e-6) - 1
    assert looped.frequency_hz * samples / rate_hz == pytest.approx(round(cycles))
    slope = 325 * 2 * np.pi * frequency_hz / rate_hz
    twice = np.concatenate([looped.voltage_v[0]] * 2)
    assert np.abs(np.diff(twice)).max() < 1.6 * slope  # half a sample's slope may fall on the seam, never a step


def test_a_recording_of_exactly_whole_cycles_is_left_as_it_is() -> None:
    waves = three_phase_waves()
    recording = Continuous("test", RATE_HZ, 50.0, waves[:3], waves[3:], waves[3:].sum(axis=0))
    np.testing.assert_array_equal(loop(recording).voltage_v, waves[:3])


def test_a_recording_that_ends_elsewhere_fades_into_its_beginning() -> None:
    """The current grows tenfold, as in a fault: the last quarter cycle leads back to the first."""
    rate_hz = 10_000.0
    angle = 2 * np.pi * 50 * np.arange(2100) / rate_hz
    amperes = np.where(np.arange(2100) > 1000, 100, 10) * np.cos(angle)
    looped = loop(continuous(325 * np.cos(angle), amperes, rate_hz, 50.0))
    assert looped.current_a.shape == (1, 2000)
    np.testing.assert_array_equal(looped.current_a[0, :1950], amperes[50:2000])
    closed = looped.current_a[0]
    assert abs(closed[0] - closed[-1]) < 1.1 * np.abs(np.diff(closed[:900])).max()
    np.testing.assert_allclose(looped.voltage_v[0], 325 * np.cos(angle[50:2050]), atol=1e-9)  # periodic: not changed


def test_one_cycle_alone_is_closed_by_a_ramp_that_keeps_its_mean() -> None:
    angle = 2 * np.pi * np.arange(200) / 200
    volts = 325 * np.cos(angle) + np.linspace(0, 20, 200)
    looped = loop(continuous(volts, np.cos(angle), 10_000.0, 50.0)).voltage_v[0]
    assert not closes(volts[None])
    assert looped.mean() == pytest.approx(volts.mean())
    np.testing.assert_allclose(looped, 325 * np.cos(angle) + 10, atol=0.2)


def test_a_recording_shorter_than_a_cycle_is_refused() -> None:
    with pytest.raises(RecordingError, match="shorter than one cycle"):
        loop(continuous(np.ones(150), np.ones(150), 10_000.0, 50.0))


# Playing single cycles


def ragged(rows: int = 3, samples: int = 500) -> Cycles:
    """Cycles of 60 Hz whose ends do not meet, as measured ones."""
    random = np.random.default_rng(3)
    angle = 2 * np.pi * np.arange(samples) / samples
    volts = 170 * np.sin(angle) + np.linspace(-2, 2, samples) + random.normal(size=(rows, 1))
    amperes = random.normal(size=(rows, samples)).cumsum(axis=1) / 10
    return Cycles("test", samples * 60.0, 60.0, volts[None], amperes[None], amperes, np.array([1.0, 2.5, 0.5][:rows]))


def wave(mains: Steady, turns: np.ndarray) -> np.ndarray:
    return np.where(mains.orders == 0, 1, np.sqrt(2)) @ (
        mains.voltage_v[0, :, None] * np.exp(2j * np.pi * np.outer(mains.orders, turns))
    ).real  # fmt: skip


def test_fourier_phasors_are_those_of_the_definition() -> None:
    samples = np.random.default_rng(1).normal(size=40)
    phasors = fourier(samples, 19)
    angle = 2 * np.pi * np.arange(40) / 40
    naive = [np.mean(samples)] + [np.sqrt(2) * np.mean(samples * np.exp(-1j * k * angle)) for k in range(1, 20)]
    np.testing.assert_allclose(phasors, naive)


def test_cycles_play_in_the_order_of_the_file_each_for_its_time() -> None:
    cycles = ragged()
    songs = playlist(cycles)
    assert songs.ends_ns == (1_000_000_000, 3_500_000_000, 4_000_000_000)
    assert playlist(cycles, hold_s=0.25).ends_ns == (250_000_000, 500_000_000, 750_000_000)
    for row, song in enumerate(songs.mains):
        assert isinstance(song, Steady)
        turns = np.arange(100, 400) / 500  # away from the ends the tones follow the samples
        np.testing.assert_allclose(wave(song, turns), cycles.voltage_v[0, row, 100:400], atol=0.15)


def test_where_the_ends_of_a_cycle_do_not_meet_there_is_a_slope_and_no_step() -> None:
    song = playlist(ragged()).mains[0]
    assert isinstance(song, Steady)
    assert song.orders[-1] * song.frequency_hz <= 3200
    fine = wave(song, np.linspace(0.99, 1.01, 20_001))
    assert np.abs(np.diff(fine)).max() < 0.01  # 4 V between the ends, in 333 us


def test_the_power_of_a_played_cycle_is_that_of_its_samples_in_the_band() -> None:
    cycles = ragged()
    for row, song in enumerate(playlist(cycles).mains):
        assert isinstance(song, Steady)
        volts, amperes = (np.fft.rfft(x[0, row]) / 500 for x in (cycles.voltage_v, cycles.current_a))
        both = np.concatenate([[1], np.full(53, 2)])
        in_band = (both * (volts * np.conj(amperes)).real[:54]).sum()
        assert (song.voltage_v * np.conj(song.current_a)).real.sum() == pytest.approx(in_band)


@pytest.mark.parametrize("hold_s", [0.0, -1.0, float("nan"), float("inf")])
def test_a_holding_time_that_is_none_is_refused(hold_s: float) -> None:
    with pytest.raises(RecordingError, match="hold"):
        playlist(ragged(), hold_s)


def test_a_recording_plays_for_ever() -> None:
    world = play(ragged())
    assert isinstance(world.supply, Playlist)
    assert at(world, 4_000_000_000 * 10**6 + 1).mains is world.supply.mains[0]
    waves = three_phase_waves()
    assert isinstance(at(play(Continuous("t", RATE_HZ, 50.0, waves[:3], waves[3:], waves[0])), 10**15).mains, Recorded)


# Truth


def test_truth_of_a_sine_is_the_textbook() -> None:
    waves = three_phase_waves()
    found = truth(Continuous("t", RATE_HZ, 50.0, waves[:3], waves[3:], waves[0]))
    assert found.duration_s == 0.24
    assert found.frequency_hz == pytest.approx(50.0)
    for phase, amperes in zip(found.phases, (5, 10, 2), strict=True):
        fundamental_v = 325 / np.sqrt(2)
        assert phase.voltage_v == pytest.approx(np.hypot(325, 13) / np.sqrt(2))
        assert phase.current_a == pytest.approx(amperes)
        assert phase.active_w == pytest.approx(fundamental_v * amperes * np.cos(np.radians(30)))
        assert phase.reactive_var == pytest.approx(fundamental_v * amperes * 0.5)  # lagging: positive
        assert phase.apparent_va == pytest.approx(phase.voltage_v * amperes)
        assert phase.dc_w == pytest.approx(0, abs=1e-9)


@given(st.integers(1, 9), st.integers(40, 200))
def test_truth_is_parseval_s_sum_over_all_lines(cycles: int, samples: int) -> None:
    random = np.random.default_rng(samples)
    volts, amperes = random.normal(size=(2, 1, samples))
    found = truth_of_loop(Recorded(samples * 50.0 / cycles, 50.0, volts, amperes, amperes[0])).phases[0]
    lines = np.fft.rfft(volts[0]) * np.conj(np.fft.rfft(amperes[0])) / samples**2
    twice = np.full(len(lines), 2.0)
    twice[0] = 1
    if samples % 2 == 0:
        twice[-1] = 1  # the line at half the rate stands for itself alone
    assert found.active_w == pytest.approx((twice * lines.real).sum())
    assert found.dc_w == pytest.approx(lines[0].real)
    assert found.reactive_var == pytest.approx(2 * lines[cycles].imag)


def test_truth_counts_a_direct_part_in_rms_and_active_but_not_in_apparent_power() -> None:
    """325 V and 7 A peak in phase, on 10 V and 2 A direct."""
    wave = np.cos(2 * np.pi * np.arange(160) / 160)[None]
    found = truth_of_loop(Recorded(8000.0, 50.0, 325 * wave + 10, 7 * wave + 2, wave[0])).phases[0]
    assert found.voltage_v == pytest.approx(np.sqrt(325**2 / 2 + 100))
    assert found.current_a == pytest.approx(np.sqrt(7**2 / 2 + 4))
    assert found.dc_w == pytest.approx(20)
    assert found.active_w == pytest.approx(325 * 7 / 2 + 20)
    assert found.apparent_va == pytest.approx(325 * 7 / 2)


def test_truth_of_held_cycles_weighs_them_with_their_time() -> None:
    cycles = ragged()
    power = (cycles.voltage_v * cycles.current_a).mean(axis=-1)[0]
    found = truth(cycles)
    assert found.duration_s == 4.0
    assert found.phases[0].active_w == pytest.approx((power @ [1, 2.5, 0.5]) / 4)
    assert truth(cycles, hold_s=3.0).phases[0].active_w == pytest.approx(power.mean())


# The two recordings to try


@needs_shared
def test_the_appliances_become_250_cycles_of_60_hz() -> None:
    recording = read(SHARED / "appliance_cycles.npz")
    assert isinstance(recording, Cycles)
    assert recording.voltage_v.shape == (1, 250, 500)
    assert recording.frequency_hz == 60.0
    songs = playlist(recording)
    played = np.array([(song.voltage_v * np.conj(song.current_a)).real.sum() for song in songs.mains])
    recorded = (recording.voltage_v * recording.current_a).mean(axis=-1)[0]
    np.testing.assert_allclose(played, recorded, atol=0.06)  # W: what lies above 3.2 kHz
    assert played.sum() == pytest.approx(recorded.sum(), rel=1e-6)


@needs_shared
def test_the_feeder_needs_a_map_and_is_60_hz_whatever_its_header_says() -> None:
    path = SHARED / "feeder_fault.cfg"
    with pytest.raises(RecordingError, match="give a map"):
        read(path)
    mapped = parse_map("U1=SBUS A,U2=SBUS B,U3=SBUS C,I1=SBUS A 25,I2=SBUS B 25,I3=SBUS C 25")
    recording = read(path, mapped, parse_scale("U=2400/230,I=100/1"))
    assert recording.frequency_hz == pytest.approx(60, abs=0.01)
    assert "50 Hz" in recording.notes[0]
    assert isinstance(recording, Continuous)
    looped = loop(recording)
    assert looped.voltage_v.shape[1] == pytest.approx(23 * 100_000 / 60, abs=3)
    assert truth(recording).phases[0].voltage_v == pytest.approx(230, rel=0.02)
