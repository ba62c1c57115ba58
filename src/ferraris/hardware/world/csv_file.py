"""Recordings as CSV: a header that names each column and its unit, then numbers at a uniform rate.

    t_s,U1_V,I1_A
    0.000000,1.52,0.031
    0.000125,14.29,0.072

The first column is the time (t_s, t_ms or t_us), the others are NAME_UNIT with a unit of V, mV, kV, A, mA or kA.
Columns are separated by commas or, throughout the file, by semicolons; lines that begin with # are skipped.
"""

from pathlib import Path
from typing import NamedTuple

import numpy as np

from ferraris.hardware.world.channels import PHASES, TERMINALS, unit_of
from ferraris.hardware.world.mains import Floats
from ferraris.hardware.world.recording import LARGEST_VALUES, Channel, Raw, RecordingError, contents

TIME_UNITS = {"s": 1.0, "ms": 1e-3, "us": 1e-6, "µs": 1e-6}
JITTER = 0.1
"""A time may lie this fraction of a step beside its place: printed times are rounded, real gaps are whole steps."""
FEWEST_ROWS = 16
LARGEST_NUMBER = 1e15


class _Column(NamedTuple):
    """One column of values."""

    name: str
    kind: str
    factor: float


def read_csv(path: Path) -> Raw:
    """Read a CSV recording; RecordingError names file, line and what would be right."""
    numbered = _lines(path)
    number, header = numbered[0]
    separator = ";" if ";" in header else ","
    titles = [title.strip().strip('"') for title in header.split(separator)]
    time_unit_s = _time_unit(path, number, titles[0])
    columns = [_column(path, number, title) for title in titles[1:]]
    table = _table(path, numbered[1:], separator, len(titles))
    rate_hz = _uniform_rate(path, table[:, 0] * time_unit_s, [line for line, _ in numbered[1:]])
    channels = tuple(
        Channel(k, column.name, column.kind, _phase(column.name), table[:, k] * column.factor)
        for k, column in enumerate(columns, 1)
    )
    return Raw(path, rate_hz, None, channels)


def _lines(path: Path) -> list[tuple[int, str]]:
    """Every line that says something, with its number."""
    try:
        text = contents(path).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise RecordingError(f"{path}: byte {error.start} is not text, expected CSV in UTF-8") from error
    numbered = [(k, line) for k, line in enumerate(text.splitlines(), 1) if line.strip() and line.lstrip()[0] != "#"]
    if len(numbered) <= FEWEST_ROWS:
        raise RecordingError(f"{path}: {max(len(numbered) - 1, 0)} rows of values, expected at least {FEWEST_ROWS}")
    return numbered


def _time_unit(path: Path, line: int, title: str) -> float:
    """Seconds in one unit of the time column."""
    name, _, unit = title.rpartition("_")
    if name.casefold() not in {"t", "time"} or unit not in TIME_UNITS:
        raise RecordingError(f"{path}:{line}: first column is {title!r}, expected the time: t_s, t_ms or t_us")
    return TIME_UNITS[unit]


def _column(path: Path, line: int, title: str) -> _Column:
    """Take a title such as "U1_V" apart."""
    name, _, unit = title.rpartition("_")
    known = unit_of(unit)
    if not name or known is None:
        raise RecordingError(f"{path}:{line}: column {title!r}, expected a name and a unit, such as U1_V or I1_mA")
    return _Column(name, *known)


def _phase(name: str) -> str:
    """Phase of a column named after a terminal."""
    return PHASES.get(name[1:].upper(), "") if name.upper() in TERMINALS else ""


def _table(path: Path, numbered: list[tuple[int, str]], separator: str, width: int) -> Floats:
    """Turn all rows into numbers, (rows, columns)."""
    if width < 2 or len(numbered) * width > LARGEST_VALUES:
        raise RecordingError(f"{path}: {len(numbered)} rows of {width} columns, expected 2 columns or more and at most "
                             f"{LARGEST_VALUES} values")  # fmt: skip
    table = np.empty((len(numbered), width))
    for row, (line, text) in enumerate(numbered):
        cells = text.split(separator)
        if len(cells) != width:
            raise RecordingError(f"{path}:{line}: {len(cells)} values, expected {width} as in the header")
        try:
            table[row] = [float(cell) for cell in cells]
        except ValueError as error:
            raise RecordingError(f"{path}:{line}: {error}, expected numbers with a decimal point") from error
    usable = np.abs(table) < LARGEST_NUMBER
    if not usable.all():
        row = int(np.argmin(usable.all(axis=1)))
        raise RecordingError(f"{path}:{numbered[row][0]}: not a finite number, expected a value in every column")
    return table


def _uniform_rate(path: Path, times_s: Floats, lines: list[int]) -> float:
    """Samples per second; RecordingError where the times do not rise evenly."""
    steps = len(times_s) - 1
    step_s = (times_s[-1] - times_s[0]) / steps
    if not step_s > 0:
        raise RecordingError(f"{path}: the time does not rise from first to last row")
    beside = np.abs(times_s - times_s[0] - step_s * np.arange(steps + 1))
    if beside.max() > JITTER * step_s:
        gap = int(np.argmax(np.abs(np.diff(times_s) - np.median(np.diff(times_s))))) + 1
        raise RecordingError(
            f"{path}:{lines[gap]}: time step {times_s[gap] - times_s[gap - 1]:g} s, on average {step_s:g} s: "
            "expected a uniform rate without gaps"
        )
    return float(1 / step_s)
