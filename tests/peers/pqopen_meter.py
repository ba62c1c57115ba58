"""The package pqopen-lib (MIT) as a power meter of its own: run with its own interpreter, takes a file, prints JSON.

    pqopen_meter.py WAVES.npz

WAVES.npz holds, for each run k: rate_k (Hz), frequency_k (nominal, Hz), cycles_k (in one interval), harmonics_k (how
many are wanted, or 0), u_k and i_k (phases, samples) in V and A. Printed: for each run the mean power of each phase
over its intervals, W; the RMS of harmonics 0 to harmonics_k of voltage and current, averaged over the intervals; the
samples these cover; and the seconds it took.
"""

import json
import sys
import time
from typing import Any

import numpy as np
from daqopen.channelbuffer import AcqBuffer
from pqopen.powersystem import PowerSystem

CHUNK = 8000


def measure(
    rate_hz: float, frequency_hz: float, cycles: int, harmonics: int, u: np.ndarray, i: np.ndarray
) -> dict[str, Any]:
    phases, samples = u.shape
    buffers = [[AcqBuffer(size=4 * CHUNK, dtype=np.float64) for _ in range(phases)] for _ in range(2)]
    system = PowerSystem(buffers[0][0], rate_hz, nominal_frequency=frequency_hz, nper=cycles)
    for voltage, current in zip(*buffers, strict=True):
        system.add_phase(voltage, current)
    if harmonics:
        system.enable_harmonic_calculation(num_harmonics=harmonics)
    began = time.thread_time()
    for first in range(0, samples, CHUNK):
        for waves, column in zip((u, i), buffers, strict=True):
            for phase, buffer in enumerate(column):
                buffer.put_data(waves[phase, first : first + CHUNK])
        system.process()
    seconds = time.thread_time() - began
    found: dict[str, Any] = {"seconds": seconds, "active_w": [], "voltage_v": [], "current_a": []}
    for phase in range(1, phases + 1):
        ends, power = read(system, f"P{phase}", samples)
        lengths = np.diff(ends)
        found["active_w"].append(float(np.sum(power[1:] * lengths) / np.sum(lengths)))
        found["samples"] = [int(ends[0]), int(ends[-1])]
        for kind, key in (("U", "voltage_v"), ("I", "current_a")):
            if harmonics:
                _, rms = read(system, f"{kind}{phase}_H_rms", samples)
                found[key].append(np.mean(rms[1:], axis=0).tolist())
    return found


def read(system: PowerSystem, name: str, samples: int) -> tuple[np.ndarray, np.ndarray]:
    values, ends = system.output_channels[name].read_data_by_acq_sidx(0, samples + 1)
    return np.asarray(ends, dtype=np.float64), np.asarray(values, dtype=np.float64)


def main(path: str) -> None:
    file = np.load(path)
    runs = sum(name.startswith("u_") for name in file.files)
    numbers = ("rate", float), ("frequency", float), ("cycles", int), ("harmonics", int)
    found = [
        measure(*(kind(file[f"{name}_{k}"]) for name, kind in numbers), file[f"u_{k}"], file[f"i_{k}"])
        for k in range(runs)
    ]
    print(json.dumps(found))


if __name__ == "__main__":
    main(sys.argv[1])
