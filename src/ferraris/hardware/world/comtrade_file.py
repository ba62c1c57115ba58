"""Recordings in COMTRADE (IEC 60255-24 / IEEE C37.111, revisions 1991 to 2013), read with the package `comtrade`.

The package trusts its input: it reserves memory for all samples the header claims, and what a short data file leaves
out becomes zeros. So the header's figures are held against the data file before it may read any of it, and whatever
it raises becomes one RecordingError, here and nowhere else.
"""

import re
import warnings
from math import ceil, isfinite
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from ferraris.hardware.world.channels import PHASES, unit_of
from ferraris.hardware.world.recording import LARGEST_VALUES, Channel, Raw, RecordingError, contents

COUNTS = re.compile(r"\s*\d+\s*,\s*(\d{1,6})\s*A\s*,\s*(\d{1,6})\s*D\s*", re.IGNORECASE)
VALUE_BYTES = {"BINARY": 2, "BINARY32": 4, "FLOAT32": 4}
"""Bytes of one analog value, by the data file's type (IEC 60255-24:2013 clause 8, as recalled)."""
FEWEST_SAMPLES = 16


class _Header(NamedTuple):
    """What the header promises."""

    analog: int
    status: int
    samples: int
    rate_hz: float
    kind: str


def read_comtrade(path: Path) -> Raw:
    """Read a .cfg and the .dat beside it; RecordingError for anything that does not fit together.

    Values come in volts and amperes; channels marked secondary are multiplied by their primary/secondary factor, so all
    channels are primary values, and `--scale` brings them to the terminals of a meter behind transformers.
    """
    cfg_path, dat_path = _beside(path, ".cfg"), _beside(path, ".dat")
    text, data = _text(contents(cfg_path)), contents(dat_path)
    _check_counts(cfg_path, text)
    try:
        header = _header(cfg_path, text)
        _check_data(dat_path, data, header)
        record = _parse(text, data, header)
        channels = tuple(_channel(cfg_path, record, k) for k in range(header.analog))
        skewed = [channel.name for channel in record.cfg.analog_channels if channel.skew]
        stated_hz = float(record.frequency)
    except RecordingError:
        raise
    except Exception as error:  # the fence: on hostile input the package raises whatever Python raises
        raise RecordingError(f"{cfg_path}: not readable as COMTRADE ({type(error).__name__}: {error})") from error
    note = (f"time skew stated for {', '.join(skewed)} is not applied",) if skewed else ()
    return Raw(path, header.rate_hz, stated_hz if isfinite(stated_hz) and stated_hz > 0 else None, channels, None, note)


def _beside(path: Path, ending: str) -> Path:
    """The file of the pair with this ending, in the case of the given one or the other."""
    for candidate in (path.with_suffix(ending), path.with_suffix(ending.upper())):
        if candidate.exists():
            return candidate
    raise RecordingError(f"{path.with_suffix(ending)}: no such file; COMTRADE is a pair of .cfg and .dat")


def _text(data: bytes) -> str:
    """Headers are meant to be UTF-8; older devices write Latin-1, which never fails."""
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("latin-1")


def _check_counts(path: Path, text: str) -> None:
    """The header has a line for every channel it promises."""
    lines = text.splitlines()
    counts = COUNTS.fullmatch(lines[1]) if len(lines) > 1 else None
    if counts is None:
        raise RecordingError(f"{path}:2: expected the numbers of channels, such as 8,6A,2D")
    promised = int(counts[1]) + int(counts[2])
    if len(lines) < promised + 7 or counts[1].strip("0") == "":
        raise RecordingError(
            f"{path}: {len(lines)} lines, its second promises {promised} channels: the header is cut off"
        )


def _parser() -> Any:  # noqa: ANN401  the package has no types
    """A quiet reader with double precision."""
    import comtrade

    return comtrade.Comtrade(ignore_warnings=True, use_numpy_arrays=True, use_double_precision=True)


def _header(path: Path, text: str) -> _Header:
    """Parse the header alone and refuse what a meter cannot play."""
    cfg = _parser().cfg
    cfg.read(text)
    if cfg.nrates != 1 or cfg.timestamp_critical:
        raise RecordingError(f"{path}: expected one sampling rate for the whole file, not time stamps or several rates")
    rate_hz, samples = cfg.sample_rates[0]
    if not isfinite(rate_hz) or rate_hz <= 0:
        raise RecordingError(f"{path}: sampling rate {rate_hz:g} Hz, expected more than 0")
    if samples < FEWEST_SAMPLES or samples * (cfg.analog_count + cfg.status_count + 1) > LARGEST_VALUES:
        raise RecordingError(
            f"{path}: {samples} samples of {cfg.analog_count + cfg.status_count} channels, expected at least "
            f"{FEWEST_SAMPLES} samples and at most {LARGEST_VALUES} values"
        )
    return _Header(cfg.analog_count, cfg.status_count, samples, rate_hz, cfg.ft.upper())


def _check_data(path: Path, data: bytes, header: _Header) -> None:
    """The data file has exactly the rows its header promises."""
    if header.kind == "ASCII":
        rows = [line for line in data.replace(b"\x1a", b"").splitlines() if line.strip()]
        found, width = len(rows), 2 + header.analog + header.status
        if any(row.count(b",") != width - 1 for row in rows):
            raise RecordingError(f"{path}: expected {width} values in every row, as its header promises")
    elif header.kind in VALUE_BYTES:
        found = len(data) // (8 + header.analog * VALUE_BYTES[header.kind] + 2 * ceil(header.status / 16))
    else:
        raise RecordingError(f"{path}: data type {header.kind!r}, expected ASCII, BINARY, BINARY32 or FLOAT32")
    if found != header.samples:
        raise RecordingError(
            f"{path}: {found} whole rows, its header promises {header.samples}: truncated or not its own"
        )


def _parse(text: str, data: bytes, header: _Header) -> Any:  # noqa: ANN401  the package has no types
    """Let the package read the values."""
    record = _parser()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        record.read(text, "\n".join(_rows(data)) if header.kind == "ASCII" else data)
    return record


def _rows(data: bytes) -> list[str]:
    """Rows of an ASCII data file without empty ones."""
    return [line for line in data.replace(b"\x1a", b"").decode("ascii").splitlines() if line.strip()]


def _channel(path: Path, record: Any, index: int) -> Channel:  # noqa: ANN401  the package has no types
    """One analog channel in volts or amperes, primary."""
    described = record.cfg.analog_channels[index]
    kind, factor = unit_of(described.uu) or ("", 1.0)
    if described.pors.upper() == "S":
        factor *= described.primary / described.secondary
    with np.errstate(all="ignore"):
        samples = np.asarray(record.analog[index], dtype=np.float64) * factor
    if not np.isfinite(samples).all():
        raise RecordingError(f"{path}: channel {index + 1} ({described.name}) has missing or infinite values")
    return Channel(index + 1, described.name, kind, PHASES.get(described.ph.strip().upper(), ""), samples)
