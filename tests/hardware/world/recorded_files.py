"""Recordings written by the tests, byte by byte, so that a reader is not tested against its own library."""

import struct
from pathlib import Path

import numpy as np

from ferraris.hardware.world.mains import Floats

RATE_HZ = 4000.0
SAMPLES = 960
"""Twelve cycles of 50 Hz."""


def three_phase_waves(frequency_hz: float = 50.0, samples: int = SAMPLES, rate_hz: float = RATE_HZ) -> Floats:
    """Return U1 U2 U3 I1 I2 I3: 230 V with a fifth harmonic, 5, 10 and 2 A at 30 degrees lag."""
    angle = 2 * np.pi * frequency_hz * np.arange(samples) / rate_hz
    turns = np.radians([0, -120, 120])[:, None]
    volts = 325 * np.cos(angle + turns) + 13 * np.cos(5 * (angle + turns))
    amperes = np.array([[5.0], [10.0], [2.0]]) * np.sqrt(2) * np.cos(angle + turns - np.radians(30))
    return np.vstack([volts, amperes])


def write_comtrade(
    folder: Path, kind: str, waves: Floats, header_hz: float = 50.0, channel: str = "{a:.9g},0,0,-99999,99999,1,1,P"
) -> Path:
    """Write U1 U2 U3 in kV and I1 I2 I3 in A; ASCII and BINARY count in steps of `a`, FLOAT32 holds the values."""
    units = ["kV"] * 3 + ["A"] * 3
    values = waves.copy()
    values[:3] /= 1000
    steps = np.full(6, 1.0) if kind == "FLOAT32" else np.abs(values).max(axis=1) / 30_000
    lines = ["station,device,1999", "8,6A,2D"]
    for k, unit in enumerate(units):
        name, phase = f"{'U' if k < 3 else 'I'}L{k % 3 + 1}", "ABC"[k % 3]
        lines.append(f"{k + 1},{name} bus,{phase},,{unit}," + channel.format(a=steps[k]))
    lines += ["1,trip,,,0", "2,close,,,0", f"{header_hz:g}", "1", f"{RATE_HZ:g},{waves.shape[1]}"]
    lines += ["01/02/2026,12:00:00.000000"] * 2 + [kind, "1"]
    cfg = folder / "bay.cfg"
    cfg.write_text("\r\n".join(lines) + "\r\n")
    (folder / "bay.dat").write_bytes(_rows(kind, values / steps[:, None]))
    return cfg


def _rows(kind: str, values: Floats) -> bytes:
    """The data file: sample number, time stamp in us, six values, two status bits."""
    if kind == "ASCII":
        cells = (f"{n + 1},{n * 250}," + ",".join(f"{v:.0f}" for v in row) + ",0,1" for n, row in enumerate(values.T))
        return ("\r\n".join(cells) + "\r\n\x1a").encode()
    form = {"BINARY": "<II6hH", "BINARY32": "<II6iH", "FLOAT32": "<II6fH"}[kind]
    convert = float if kind == "FLOAT32" else round
    return b"".join(struct.pack(form, n + 1, n * 250, *map(convert, row), 2) for n, row in enumerate(values.T.tolist()))


def write_csv(folder: Path, waves: Floats, header: str = "t_s,U1_V,U2_V,U3_V,I1_A,I2_A,I3_A") -> Path:
    """Write one row per sample."""
    rows = [f"{n / RATE_HZ:.6f}," + ",".join(f"{v:.6f}" for v in row) for n, row in enumerate(waves.T)]
    path = folder / "bay.csv"
    path.write_text("# made by a test\n" + header + "\n" + "\n".join(rows) + "\n")
    return path
