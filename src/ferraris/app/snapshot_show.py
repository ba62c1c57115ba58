"""A snapshot of quantities as text for people and as a document for programs."""

from typing import Any

import numpy as np

from ferraris.app.snapshot import CONVENTION, Snapshot, Value, facts, heading, percent, rows, strongest
from ferraris.hardware.chain.analysis.definitions import character, direction, quadrant
from ferraris.hardware.chain.analysis.quantities import Quantities


def lines(snapshot: Snapshot) -> list[str]:
    """The snapshot as text."""
    found, names = snapshot.quantities, snapshot.names
    total = ("total",) if found.elements > 1 else ()
    table = [f"{'':<34}" + "".join(f"{name:>13}" for name in (*names, *total))]
    for row in rows(found):
        cells = (*row.values, *((row.total,) if total else ()))
        if found.elements == 1 and row.values == (None,):
            cells = (row.total,)
        table.append(f"{row.quantity:<34}" + "".join(f"{_text(cell):>13}" for cell in cells) + f" {row.unit}")
    return [
        heading(snapshot),
        *table,
        *(f"{name}: {said}" for name, said in facts(found)),
        *_harmonics(found),
        *wiring_lines(snapshot),
    ]


def _text(value: Value) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else f"{0.0 if abs(value) < 1e-9 else value:.6g}"


def _harmonics(found: Quantities) -> list[str]:
    orders = strongest(found)
    if not orders:
        return ["harmonics: none above 0.5 % of the fundamental"]
    heads = [f"{kind}{e + 1}" for kind in "UI" for e in range(found.elements)]
    shares = percent(found)
    table = [f"{h:>9} " + "".join(f"{shares[c, h]:>9.3f}" for c in range(len(heads))) for h in orders]
    return ["harmonics, % of the fundamental", f"{'order':>9} " + "".join(f"{h:>9}" for h in heads), *table]


def wiring_lines(snapshot: Snapshot) -> list[str]:
    """The wiring check in words."""
    if not snapshot.wiring:
        return ["wiring: nothing odd in the angles and magnitudes of the fundamentals"]
    return [f"wiring {found.level}: {found.says} ({found.evidence})" for found in snapshot.wiring]


# ------------------------------------------------------------------------------------------------ for programs


def document(snapshot: Snapshot) -> dict[str, Any]:
    """Everything the snapshot holds, for JSON: arrays per element as lists, phasors as RMS and degrees."""
    found = snapshot.quantities
    return {
        "begin_s": snapshot.begin_s,
        "seconds": found.seconds,
        "blocks": len(snapshot.blocks.frequency_hz),
        "cycles_per_block": found.cycles,
        "frequency_hz": found.frequency_hz,
        "frequency_timed": snapshot.blocks.timed,
        "convention": CONVENTION,
        "elements": [_element(snapshot, e) for e in range(found.elements)],
        "total": plain(found.total._asdict()),
        "symmetry": None if found.symmetry is None else plain(found.symmetry._asdict()),
        "neutral": plain(found.neutral._asdict()),
        "course": plain(found.course._asdict()),
        "wiring": [finding._asdict() for finding in snapshot.wiring],
    }


def _element(snapshot: Snapshot, e: int) -> dict[str, Any]:
    found = snapshot.quantities
    active, reactive = float(found.phases.active_w[e]), float(found.phases.reactive_var[e])
    kinds = (found.resolution, found.spectrum, found.phases)  # each has an active power: that of the whole signal stays
    return {
        "element": snapshot.names[e],
        **{name: plain(value[e]) for kind in kinds for name, value in kind._asdict().items()},
        "quadrant": quadrant(active, reactive),
        "direction": direction(active),
        "character": character(active, reactive),
        "harmonic_active_w": plain(found.spectrum.active_w[e]),
    }


def plain(value: Any) -> Any:  # noqa: ANN401 - whatever a tuple of quantities holds
    """A value as JSON knows it."""
    if isinstance(value, np.ndarray):
        return [plain(item) for item in value]
    if isinstance(value, complex):
        return {"rms": abs(value), "deg": float(np.degrees(np.angle(value)))}
    if hasattr(value, "_asdict"):
        return plain(value._asdict())
    if isinstance(value, dict):
        return {name: plain(item) for name, item in value.items()}
    if isinstance(value, tuple):
        return [plain(item) for item in value]
    return value.item() if isinstance(value, np.generic) else value
