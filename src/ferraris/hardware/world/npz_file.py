"""Recordings in NumPy's NPZ format; docs/recordings.md lists the arrays. Nothing in the file is ever unpickled."""

import ast
import io
import zipfile
from math import isfinite
from pathlib import Path
from typing import NamedTuple

import numpy as np

from ferraris.hardware.world.mains import Floats
from ferraris.hardware.world.recording import (
    LARGEST_VALUES,
    LONGEST_HOLD_S,
    SHORTEST_HOLD_S,
    Channel,
    Raw,
    RecordingError,
    contents,
)

DEFAULT_HOLD_S = 1.0
"""How long one cycle is held where the file does not say: 50 or 60 cycles, long enough to be seen on a display."""
WANTED = ("u_v", "i_a", "in_a", "fs_hz", "f_hz", "hold_s")
LONGEST_HEADER = 10_000


class _Header(NamedTuple):
    """What an .npy header says."""

    shape: tuple[int, ...]
    fortran: bool
    dtype: np.dtype[np.generic]


def read_npz(path: Path) -> Raw:
    """Read `u_v`, `i_a` and `fs_hz` (and `in_a`, `f_hz`, `hold_s` where present); RecordingError for anything else.

    Rows are single cycles when `hold_s` is there, when the arrays have three dimensions (elements x rows x samples), or
    when there is `f_hz` and a row is one period long to within half a sample. Otherwise rows are channels.
    """
    arrays = _arrays(path)
    for name in ("u_v", "i_a", "fs_hz"):
        if name not in arrays:
            raise RecordingError(f"{path}: no array {name!r}, expected u_v, i_a (V, A) and fs_hz (samples per second)")
    rate_hz = _scalar(path, arrays, "fs_hz")
    header_hz = _scalar(path, arrays, "f_hz") if "f_hz" in arrays else None
    volts, amperes = np.atleast_2d(arrays["u_v"]), np.atleast_2d(arrays["i_a"])
    if volts.shape != amperes.shape or volts.ndim > 3 or not volts.size:
        raise RecordingError(
            f"{path}: u_v is {volts.shape}, i_a is {amperes.shape}: expected the same shape, not empty"
        )
    if _are_cycles(volts, rate_hz, header_hz, "hold_s" in arrays):
        return _cycles(path, arrays, volts, amperes, rate_hz, header_hz)
    return Raw(path, rate_hz, header_hz, _channels(volts, amperes, _neutral(path, arrays, volts.shape[1:])))


def _are_cycles(volts: Floats, rate_hz: float, header_hz: float | None, has_hold: bool) -> bool:
    """Tell rows that are cycles from rows that are channels."""
    one_period = header_hz is not None and abs(volts.shape[-1] - rate_hz / header_hz) <= 0.5
    return has_hold or volts.ndim == 3 or one_period


def _cycles(
    path: Path, arrays: dict[str, Floats], volts: Floats, amperes: Floats, rate_hz: float, header_hz: float | None
) -> Raw:
    """Give the rows of a file of cycles, with the time each is held."""
    if header_hz is None or abs(volts.shape[-1] - rate_hz / header_hz) > 0.5:
        raise RecordingError(
            f"{path}: rows of {volts.shape[-1]} samples at fs_hz = {rate_hz:g} and f_hz = {header_hz}: "
            "expected rows that are one period of f_hz long"
        )
    if volts.ndim == 2:
        volts, amperes = volts[None], amperes[None]
    hold_s = _hold(path, arrays.get("hold_s", np.array(DEFAULT_HOLD_S)), volts.shape[1])
    channels = _channels(volts, amperes, _neutral(path, arrays, volts.shape[1:]))
    return Raw(path, rate_hz, header_hz, channels, hold_s)


def _hold(path: Path, hold_s: Floats, rows: int) -> Floats:
    """How long each row is held."""
    if hold_s.shape not in {(), (rows,)} or not np.all((hold_s >= SHORTEST_HOLD_S) & (hold_s <= LONGEST_HOLD_S)):
        raise RecordingError(
            f"{path}: hold_s: expected one time from {SHORTEST_HOLD_S:g} to {LONGEST_HOLD_S:g} s, "
            f"or one for each of the {rows} rows"
        )
    return np.broadcast_to(hold_s, (rows,))


def _neutral(path: Path, arrays: dict[str, Floats], shape: tuple[int, ...]) -> Floats | None:
    """The neutral current, where the file has one."""
    neutral = arrays.get("in_a")
    if neutral is not None and neutral.size != np.prod(shape):
        raise RecordingError(f"{path}: in_a is {neutral.shape}, expected {shape} like one channel of i_a")
    return None if neutral is None else neutral.reshape(shape)


def _channels(volts: Floats, amperes: Floats, neutral: Floats | None) -> tuple[Channel, ...]:
    """Name the rows U1, U2 ..., I1, I2 ... and IN, numbered in this order."""
    named = [("U", str(k + 1), samples) for k, samples in enumerate(volts)]
    named += [("I", str(k + 1), samples) for k, samples in enumerate(amperes)]
    named += [("I", "N", neutral)] if neutral is not None else []
    return tuple(Channel(k, kind + phase, kind, phase, row) for k, (kind, phase, row) in enumerate(named, 1))


def _scalar(path: Path, arrays: dict[str, Floats], name: str) -> float:
    """One positive number."""
    value = float(arrays[name].ravel()[0]) if arrays[name].size == 1 else float("nan")
    if not isfinite(value) or value <= 0:
        raise RecordingError(f"{path}: {name}: expected one number greater than 0")
    return value


def _arrays(path: Path) -> dict[str, Floats]:
    """Read the arrays we know, as floats; every size is checked before memory is taken for it."""
    data = contents(path)
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = {info.filename.removesuffix(".npy"): info for info in archive.infolist()}
            return {name: _array(archive, members[name]) for name in WANTED if name in members}
    except RecordingError as error:
        raise RecordingError(f"{path}: {error}") from error
    except Exception as error:  # a hostile zip or header can raise nearly anything: this is the fence
        raise RecordingError(f"{path}: not a readable NPZ file ({type(error).__name__}: {error})") from error


def _array(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> Floats:
    """One member; the length its header claims must be the length that is there."""
    if info.file_size > LARGEST_VALUES * 8:
        raise RecordingError(f"{info.filename}: {info.file_size} bytes, expected at most {LARGEST_VALUES * 8}")
    with archive.open(info) as member:
        data = member.read(info.file_size + 1)
    header, start = _header(info.filename, data)
    count = 1
    for length in header.shape:
        count *= length
    if count * header.dtype.itemsize != len(data) - start:
        raise RecordingError(f"{info.filename}: {len(data) - start} bytes of data, its header claims {count} values")
    values = np.frombuffer(data, header.dtype, offset=start).reshape(header.shape, order="F" if header.fortran else "C")
    with np.errstate(over="ignore"):
        floats = values.astype(np.float64)
    if not np.isfinite(floats).all():
        raise RecordingError(f"{info.filename}: holds values that are not numbers (NaN or infinite)")
    return floats


def _header(name: str, data: bytes) -> tuple[_Header, int]:
    """Read the .npy header (format 1.0 to 3.0): magic, version, length, a Python literal. Only plain numbers pass."""
    if data[:6] != b"\x93NUMPY" or data[6] not in {1, 2, 3}:
        raise RecordingError(f"{name}: expected an array in NumPy's format 1.0 to 3.0")
    width = 2 if data[6] == 1 else 4
    length = int.from_bytes(data[8 : 8 + width], "little")
    if length > LONGEST_HEADER:
        raise RecordingError(f"{name}: header of {length} bytes, expected at most {LONGEST_HEADER}")
    fields = ast.literal_eval(data[8 + width : 8 + width + length].decode("utf-8").strip())
    dtype = np.dtype(fields["descr"]) if isinstance(fields["descr"], str) else np.dtype(object)
    if dtype.kind not in "iuf":
        raise RecordingError(f"{name}: holds {dtype}, expected numbers (no objects: nothing is unpickled)")
    shape = fields["shape"]
    if not isinstance(shape, tuple) or not all(type(length) is int and length >= 0 for length in shape):
        raise RecordingError(f"{name}: shape {shape!r}, expected whole numbers")
    return _Header(shape, bool(fields["fortran_order"]), dtype), 8 + width + length
