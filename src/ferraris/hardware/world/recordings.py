"""Recordings: read a file, and play it at the meter's terminals.

`read` gives the waveforms as recorded, at their native rate; `play` makes a supply of them that never ends: one loop of
a continuous recording, or a list of single cycles, each held for a while. docs/recordings.md says all of this with
examples.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import assert_never

import numpy as np

from ferraris.hardware.world.channels import assign, stacked
from ferraris.hardware.world.looping import loop
from ferraris.hardware.world.mains import NANOSECONDS, Complexes, Floats, Mains, Steady
from ferraris.hardware.world.recording import (
    HIGHEST_HZ,
    HIGHEST_RATE_HZ,
    LARGEST_VALUES,
    LONGEST_HOLD_S,
    LOWEST_HZ,
    LOWEST_RATE_HZ,
    SHORTEST_HOLD_S,
    Continuous,
    Cycles,
    Raw,
    Recording,
    RecordingError,
)
from ferraris.hardware.world.world import Playlist, World, sequence

BAND_HZ = 3200.0
"""Highest tone taken from a cycle: the 53rd harmonic of 60 Hz, and well inside the 4 kHz that 8 kS/s can carry."""


def read(
    path: str | Path, channel_map: Mapping[str, str] | None = None, scale: Mapping[str, float] | None = None
) -> Recording:
    """Read a COMTRADE (.cfg with .dat), CSV or NPZ file.

    channel_map  {terminal: channel}, from `channels.parse_map`; needed where the file does not say it by itself
    scale        {terminal or kind: factor}, from `channels.parse_scale`; brings the values to the meter's terminals
    RecordingError for every file that cannot be used, with the file, what was found and what would be right.
    """
    raw = _raw(Path(path))
    if not LOWEST_RATE_HZ <= raw.rate_hz <= HIGHEST_RATE_HZ:
        raise RecordingError(f"{path}: {raw.rate_hz:g} samples per second, expected at least {LOWEST_RATE_HZ:g}")
    if sum(channel.samples.size for channel in raw.channels) > LARGEST_VALUES:
        raise RecordingError(f"{path}: more than {LARGEST_VALUES} values: cut it, or lower its rate")
    volts, amperes, neutral = stacked(assign(raw, channel_map, scale))
    if raw.hold_s is not None:
        return _single_cycles(raw, volts, amperes, neutral, raw.hold_s)
    return _continuous(raw, volts, amperes, neutral)


def _raw(path: Path) -> Raw:
    """Choose the reader by the file's ending."""
    match path.suffix.lower():
        case ".npz":
            from ferraris.hardware.world.npz_file import read_npz

            return read_npz(path)
        case ".csv":
            from ferraris.hardware.world.csv_file import read_csv

            return read_csv(path)
        case ".cfg" | ".dat":
            from ferraris.hardware.world.comtrade_file import read_comtrade

            return read_comtrade(path)
        case other:
            raise RecordingError(f"{path}: ending {other!r}, expected .cfg (COMTRADE), .csv or .npz")


def _single_cycles(raw: Raw, volts: Floats, amperes: Floats, neutral: Floats, hold_s: Floats) -> Cycles:
    """Cycles take their frequency from the file: a single period has no other."""
    assert raw.header_hz is not None, "a file of cycles states its frequency"
    if not LOWEST_HZ <= raw.header_hz <= HIGHEST_HZ:
        raise RecordingError(f"{raw.path}: f_hz = {raw.header_hz:g} Hz, expected {LOWEST_HZ:g} to {HIGHEST_HZ:g} Hz")
    return Cycles(raw.path.name, raw.rate_hz, raw.header_hz, volts, amperes, neutral, hold_s, raw.notes)


def _continuous(raw: Raw, volts: Floats, amperes: Floats, neutral: Floats) -> Continuous:
    """Find the fundamental in the first voltage and hold the header against it."""
    from ferraris.hardware.world.frequency import fundamental_hz

    found_hz, notes = fundamental_hz(raw.path, volts[0], raw.rate_hz, raw.header_hz)
    return Continuous(raw.path.name, raw.rate_hz, found_hz, volts, amperes, neutral, raw.notes + notes)


def play(recording: Recording, hold_s: float | None = None) -> World:
    """Return the world in which a recording stands at the terminals for ever."""
    match recording:
        case Continuous():
            return World(loop(recording))
        case Cycles():
            return World(playlist(recording, hold_s))
        case _:
            assert_never(recording)


def playlist(cycles: Cycles, hold_s: float | None = None) -> Playlist:
    """Hold every cycle for its time (or all of them for `hold_s`), in the order of the file, then from the start again.

    Each cycle becomes its Fourier series with the orders 0 (DC) to BAND_HZ: so where the two ends of a recorded cycle
    do not meet, the step between them becomes a slope of that bandwidth, with the same mean power in every order.
    All cycles count their angles from t = 0, so the fundamental goes on without a jump, whatever the holding time.
    """
    if hold_s is not None and not SHORTEST_HOLD_S <= hold_s <= LONGEST_HOLD_S:
        raise RecordingError(f"{cycles.name}: hold {hold_s} s, expected {SHORTEST_HOLD_S:g} to {LONGEST_HOLD_S:g} s")
    times_s = cycles.hold_s if hold_s is None else np.full(len(cycles.hold_s), hold_s)
    highest = min(int(BAND_HZ / cycles.frequency_hz), (cycles.voltage_v.shape[-1] - 1) // 2)
    orders = np.arange(highest + 1, dtype=float)
    volts, amperes = fourier(cycles.voltage_v, highest), fourier(cycles.current_a, highest)
    neutral = fourier(cycles.neutral_a, highest)
    pieces: list[tuple[int, Mains]] = [
        (round(time_s * NANOSECONDS), Steady(cycles.frequency_hz, orders, volts[:, row], amperes[:, row], neutral[row]))
        for row, time_s in enumerate(times_s.tolist())
    ]
    return sequence(pieces)


def fourier(samples: Floats, highest: int) -> Complexes:
    """RMS phasors of orders 0 to `highest` of one period along the last axis; order 0 is the mean itself."""
    lines: Complexes = np.fft.rfft(samples, axis=-1)[..., : highest + 1] / samples.shape[-1]
    lines[..., 1:] *= np.sqrt(2)
    return lines
