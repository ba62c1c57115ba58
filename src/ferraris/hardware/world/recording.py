"""What a recording is, before anyone plays it: channels at their native rate, and the one error every reader raises."""

from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from ferraris.hardware.world.mains import Floats

LARGEST_FILE_BYTES = 512 * 2**20
"""A larger file is refused before it is read."""
LARGEST_VALUES = 2**25
"""Samples times channels that one recording may have (268 MB as floats): half an hour of 2 channels at 8 kS/s."""
LOWEST_HZ = 40.0
HIGHEST_HZ = 70.0
"""A fundamental outside this range is not a mains recording."""
SHORTEST_HOLD_S = 0.02
LONGEST_HOLD_S = 86_400.0
"""A single cycle is held for one cycle of 50 Hz at the least, and a day at the most."""


LOWEST_RATE_HZ = 400.0
HIGHEST_RATE_HZ = 1e9
"""Fewer samples than six per cycle say little about it."""
LARGEST_MAGNITUDE = 1e9
"""V or A: beyond this a file is not a recording of the mains but damaged or wrongly scaled."""


class RecordingError(ValueError):
    """A recording cannot be used; the text names the file, what was found and what would be right."""


@dataclass(frozen=True, eq=False)
class Channel:
    """One channel as the file has it, in volts or amperes.

    number   position in the file, counted from 1
    kind     "U" (volts), "I" (amperes) or "" where the file does not say
    phase    "1", "2", "3", "N" where the file says it, else ""
    samples  (samples,) or, in a file of single cycles, (rows, samples)
    """

    number: int
    name: str
    kind: str
    phase: str
    samples: Floats


@dataclass(frozen=True, eq=False)
class Raw:
    """A file as read: all its channels, not yet mapped to the meter's terminals.

    rate_hz    samples per second
    header_hz  fundamental the file states, Hz, or None
    hold_s     (rows,) seconds each row is to be held; None where rows are not cycles
    notes      what a user should know
    """

    path: Path
    rate_hz: float
    header_hz: float | None
    channels: tuple[Channel, ...]
    hold_s: Floats | None = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class Continuous:
    """Waveforms on end, at the terminals of the meter and at their native rate.

    frequency_hz  fundamental found in the data, Hz
    voltage_v     (elements, samples) V; current_a (elements, samples) A
    neutral_a     (samples,) A; the sum of the currents where the file has no neutral channel
    """

    name: str
    rate_hz: float
    frequency_hz: float
    voltage_v: Floats
    current_a: Floats
    neutral_a: Floats
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class Cycles:
    """Single cycles, each one period of the fundamental, to be held one after the other.

    voltage_v, current_a  (elements, rows, samples); neutral_a (rows, samples)
    hold_s                (rows,) how long each is held, s
    """

    name: str
    rate_hz: float
    frequency_hz: float
    voltage_v: Floats
    current_a: Floats
    neutral_a: Floats
    hold_s: Floats
    notes: tuple[str, ...] = ()


Recording: TypeAlias = Continuous | Cycles


def contents(path: Path) -> bytes:
    """Return a file's bytes, or say why not."""
    if path.is_dir():
        raise RecordingError(f"{path}: is a folder, expected a recording (.cfg, .csv or .npz)")
    if not path.is_file():
        raise RecordingError(f"{path}: no such file")
    size = path.stat().st_size
    if size > LARGEST_FILE_BYTES:
        raise RecordingError(f"{path}: {size} bytes, expected at most {LARGEST_FILE_BYTES}: cut it into pieces")
    try:
        return path.read_bytes()
    except OSError as error:
        raise RecordingError(f"{path}: cannot be read: {error.strerror}") from error
