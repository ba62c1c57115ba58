"""`ferraris vectors`: converter codes of a known load, with what a meter must make of them, to test other firmware.

The format is described in docs/vectors.md: one file of little-endian 32-bit integers per channel, and `manifest.json`.
"""

import json
from pathlib import Path
from typing import Any, NamedTuple

import click
import numpy as np
from numpy.typing import NDArray

from ferraris import __version__
from ferraris.app.case import Case, read_case
from ferraris.app.show import UserError
from ferraris.hardware.chain import bitstream, fir, sampled
from ferraris.hardware.chain.calibrate import build, calibrate
from ferraris.hardware.chain.chain import Chain, Fidelity, Span, per_code, tick_period_fs
from ferraris.hardware.chain.measure import delivered
from ferraris.hardware.chain.specimen import Nominal, Seed, element_names, manufacture
from ferraris.hardware.platform.load import load
from ferraris.hardware.platform.models import Platform
from ferraris.hardware.world.mains import Environment
from ferraris.pins import TICKS_PER_SECOND, Reading

FORMAT = 1
"""Rises when a reader of the format before would read something wrong."""

SETTLE_TICKS = TICKS_PER_SECOND
"""What comes before is for filters to fill and windows to lock; expected energies begin with the first window after."""

JOULES_PER_QUANTUM = 1e-6 / TICKS_PER_SECOND


class Metered(NamedTuple):
    """Codes of every tick, (ticks, C) integers; the ticks whose energy the reading holds; and the reading."""

    codes: NDArray[np.int32]
    first_tick: int
    last_tick: int
    reading: Reading


def write_vectors(
    platform_path: Path,
    case_path: Path,
    out: Path,
    *,
    seconds: float,
    seed: int | None,
    fidelity: Fidelity,
    noise: bool,
) -> None:
    """Write the folder; raises UserError, the loader's errors, or OSError."""
    platform = load(platform_path)
    case = read_case(case_path, platform)
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise UserError(f"{out}: exists and is not an empty folder: vectors are not mixed with other files")
    specimen = manufacture(platform, Nominal() if seed is None else Seed(seed))
    chain = build(platform, specimen, calibrate(platform, specimen), fidelity, seed=seed or 0, noise=noise)
    metered = _metered(chain, case, round(seconds * TICKS_PER_SECOND))
    out.mkdir(parents=True, exist_ok=True)
    names = channel_names(platform, chain)
    for name, column in zip(names, metered.codes.T, strict=True):
        (out / f"{name}.i32").write_bytes(column.astype("<i4").tobytes())
    document = manifest(platform, case, chain, metered)
    (out / "manifest.json").write_text(json.dumps(document, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    click.echo(f"{out}: {len(names)} channels of {len(metered.codes)} codes, and manifest.json")


def channel_names(platform: Platform, chain: Chain) -> list[str]:
    """U1 ..., I1 ... and IN where a neutral current is measured: the order of the converter's channels."""
    numbers = range(1, platform.elements + 1)
    neutral = ["IN"] if chain.specimen.neutral else []
    return [*(f"U{n}" for n in numbers), *(f"I{n}" for n in numbers), *neutral]


def _metered(chain: Chain, case: Case, ticks: int) -> Metered:
    """Codes and our own metrology on them: settle, then one reading to the end."""
    environment, spans = Environment(), (Span(0, SETTLE_TICKS), Span(SETTLE_TICKS, SETTLE_TICKS + ticks))
    state = bitstream.start(chain) if chain.fidelity == "bitstream" else sampled.start(chain)
    pieces, first = [], 0
    for span in spans:
        first = delivered(state)
        if isinstance(state, bitstream.BitstreamState):
            _, found = bitstream.codes(chain, state, case.mains, environment, span)
            pieces += list(found)
            state, reading = bitstream.measure(chain, state, case.mains, environment, span)
        else:
            _, each = sampled.codes(chain, state, case.mains, environment, span)
            pieces += list(each)
            state, reading = sampled.measure(chain, state, case.mains, environment, span)
    counts = np.rint(np.concatenate(pieces) * 2.0 ** (chain.specimen.bits - 1)).astype(np.int32)
    return Metered(counts, first, delivered(state), reading)


def manifest(platform: Platform, case: Case, chain: Chain, metered: Metered) -> dict[str, Any]:
    """Everything a reader needs; docs/vectors.md says what each key means."""
    return {
        "format": FORMAT,
        "made_by": f"ferraris {__version__}",
        "platform": platform.meter.name,
        "case": {"name": case.name, "title": case.title, "source": case.source},
        "fidelity": chain.fidelity,
        "seed": chain.seed,
        "noise": chain.noise,
        "sample_rate_hz": 1e15 / tick_period_fs(chain),
        "ticks": len(metered.codes),
        "bits": chain.specimen.bits,
        "channels": _channels(platform, chain),
        "meter": {
            "elements": platform.elements,
            "impulses_per_kwh": platform.meter.constant_imp_per_kwh,
            "impulses_per_kvarh": platform.meter.reactive_constant_imp_per_kvarh,
            "creep_w": chain.creep_w,
            "active_offset_w": chain.calibration.active_w.tolist(),
            "reactive_offset_var": chain.calibration.reactive_var.tolist(),
        },
        "expected": _expected(metered),
        "truth": _truth(case),
    }


def _channels(platform: Platform, chain: Chain) -> list[dict[str, Any]]:
    names = channel_names(platform, chain)
    taps = fir.taps_for(chain.calibration.delay_ticks, chain.specimen.decimation)
    per_count = per_code(chain, Environment()) / 2.0 ** (chain.specimen.bits - 1)
    return [
        {
            "name": name,
            "file": f"{name}.i32",
            "unit": "V" if name.startswith("U") else "A",
            "per_count": float(per_count[c]),
            "delay_ticks": float(chain.calibration.delay_ticks[c]),
            "noise_square": float(chain.calibration.noise_square[c]),
            "taps": taps[c].tolist(),
        }
        for c, name in enumerate(names)
    ]


def _expected(metered: Metered) -> dict[str, Any]:
    """What our own metrology makes of the codes: energy of the ticks [first_tick, last_tick), values at the end."""
    reading = metered.reading
    seconds = (metered.last_tick - metered.first_tick) / TICKS_PER_SECOND
    elements = []
    for name, energies, instant in zip(
        element_names(len(reading.phases)), reading.phases, reading.instant, strict=True
    ):
        active = (energies.active_import - energies.active_export) * JOULES_PER_QUANTUM
        reactive = sum(energies[2:4]) - sum(energies[4:6])
        elements.append(
            {
                "element": name,
                "active_energy_j": active,
                "active_w": active / seconds,
                "reactive_energy_vars": reactive * JOULES_PER_QUANTUM,
                "reactive_var": reactive * JOULES_PER_QUANTUM / seconds,
                "voltage_v": instant.voltage_v,
                "current_a": instant.current_a,
                "apparent_va": instant.apparent_va,
            }
        )
    return {
        "first_tick": metered.first_tick,
        "last_tick": metered.last_tick,
        "elements": elements,
        "neutral_a": reading.neutral_a,
        "frequency_hz": reading.frequency_hz,
        "active_pulses_ticks": [edge / 65536.0 for edge in reading.active_pulses],
        "reactive_pulses_ticks": [edge / 65536.0 for edge in reading.reactive_pulses],
    }


def _truth(case: Case) -> list[dict[str, float]]:
    """What stands at the terminals, from the tones alone, without DC; what the case expects is compared in tests."""
    mains = case.mains
    tones = mains.orders > 0.0
    fundamental = int(np.flatnonzero(mains.orders == 1.0)[0])
    power = mains.voltage_v * np.conj(mains.current_a)
    return [
        {
            "active_w": float(power[e, tones].real.sum()),
            "reactive_var": float(power[e, fundamental].imag),
            "voltage_v": float(np.linalg.norm(mains.voltage_v[e, tones])),
            "current_a": float(np.linalg.norm(mains.current_a[e, tones])),
        }
        for e in range(mains.voltage_v.shape[0])
    ]
