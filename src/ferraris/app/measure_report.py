"""The page of `ferraris measure --report`: errors, wiring, waveforms, phasors, quantities and harmonics."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
from numpy.typing import NDArray

from ferraris.app.report.bars import Group, bar_chart
from ferraris.app.report.page import Cell, Marked, Section, bullets, page, pair, paragraph, table
from ferraris.app.report.phasors import Arrow, phasor_diagram
from ferraris.app.report.plots import Axis, Series, line_plot
from ferraris.app.snapshot import CONVENTION, Row, Snapshot, facts, heading, percent, rows, strongest
from ferraris.hardware.chain.analysis.samples import POINTS_PER_CYCLE
from ferraris.hardware.chain.analysis.spectrum import HIGHEST_ORDER

if TYPE_CHECKING:
    from ferraris.app.measure import Result

Floats: TypeAlias = NDArray[np.float64]

CYCLES_SHOWN = 2


def measure_page(result: "Result") -> str:
    """One self-contained HTML document."""
    snapshot, platform = result.snapshot, result.platform
    worst = max((abs(row.error_percent) for row in result.rows if row.error_percent is not None), default=0.0)
    return page(
        f"{platform.meter.name} measures {result.recording.name}",
        [
            Section("Errors", [_errors(result), bullets(result.notes, "quiet")]),
            Section("Wiring", [_wiring(snapshot)]),
            Section(
                "Waveforms",
                [paragraph(f"{CYCLES_SHOWN} cycles, {snapshot.begin_s:g} s into the measurement."), *_waves(snapshot)],
            ),
            Section("Phasors", [_phasors(snapshot)]),
            Section(
                "Quantities",
                [
                    paragraph(heading(snapshot).capitalize() + "."),
                    _quantities(snapshot),
                    _facts(snapshot),
                    paragraph(CONVENTION, "quiet"),
                ],
            ),
            Section("Harmonics", [*_bars(snapshot), _harmonics(snapshot)]),
            Section("Course", _course(snapshot)),
        ],
        summary=f"What the meter shows, beside the truth of the recording itself. The largest error is {worst:.4f} %.",
        facts={
            "classes": ", ".join(platform.meter.classes),
            "service": platform.meter.service,
            "Un": f"{platform.meter.un_v:g} V",
            "frequency": f"{snapshot.quantities.frequency_hz:.4f} Hz",
            "measured": f"{result.run.seconds:.1f} s",
            "fidelity": result.run.fidelity,
        },
    )


def _errors(result: "Result") -> str:
    body = [
        [
            row.element,
            row.quantity,
            row.metered,
            row.truth,
            row.unit,
            row.error_percent if row.error_percent is None else f"{row.error_percent:+.4f}".replace("-", "−"),
        ]
        for row in result.rows
    ]
    return table(["", "quantity", "metered", "truth", "unit", "error, %"], body, caption="Metered beside true")


def _wiring(snapshot: Snapshot) -> str:
    if not snapshot.wiring:
        return paragraph("Nothing odd in the angles and magnitudes of the fundamentals.", "pass")
    marks = {"fault": "fail", "question": "warn"}
    body: list[list[Cell]] = [
        [Marked(found.level.upper(), marks[found.level]), found.subject, found.says, found.evidence]
        for found in snapshot.wiring
    ]
    return table(["", "about", "what it says", "evidence"], body)


def _waves(snapshot: Snapshot) -> list[str]:
    points = CYCLES_SHOWN * POINTS_PER_CYCLE
    step_ms = 1e3 / snapshot.blocks.frequency_hz[0] / POINTS_PER_CYCLE
    times = (step_ms * np.arange(points)).tolist()
    shown = snapshot.blocks.values[0, :, :points]

    def figure(title: str, axis: Axis, names: Sequence[str], waves: Floats) -> str:
        curves = [Series(name, times, wave.tolist()) for name, wave in zip(names, waves, strict=True)]
        return line_plot(title, Axis("time", "ms"), axis, curves)

    count = snapshot.quantities.elements
    voltage = figure("Voltage", Axis("voltage", "V"), _names("U", count), shown[:count])
    currents = [*_names("I", count), *(["IN"] if len(shown) > 2 * count else [])]
    return [voltage, figure("Current", Axis("current", "A"), currents, shown[count:])]


def _names(kind: str, count: int) -> list[str]:
    return [f"{kind}{e + 1}" for e in range(count)]


def _phasors(snapshot: Snapshot) -> str:
    found, tones = snapshot.quantities, snapshot.quantities.spectrum
    arrows = [
        Arrow(f"{kind}{e + 1}", complex(values[e, 1]), unit, e)
        for kind, unit, values in (("U", "V", tones.voltage), ("I", "A", tones.current))
        for e in range(found.elements)
    ]
    body: list[list[Cell]] = [
        [arrow.name, float(f"{abs(arrow.value):.6g}"), arrow.unit, f"{_degrees(arrow.value):+.3f}°".replace("-", "−")]
        for arrow in arrows
    ]
    listed = table(["", "RMS", "unit", "angle"], body, caption="Fundamentals")
    return pair(phasor_diagram("Phasor diagram of the fundamentals", arrows), listed)


def _degrees(value: complex) -> float:
    angle = float(np.degrees(np.angle(value)))
    return 0.0 if abs(angle) < 5e-4 else angle


def _quantities(snapshot: Snapshot) -> str:
    several = len(snapshot.names) > 1
    heads = ["quantity", "unit", *snapshot.names, *(["total"] if several else [])]
    return table(heads, [_cells(row, several=several) for row in rows(snapshot.quantities)])


def _cells(row: Row, *, several: bool) -> list[Cell]:
    values = (*row.values, row.total) if several else ((row.total,) if row.values == (None,) else row.values)
    name: Cell = Marked(row.quantity.strip(), "sub") if row.quantity.startswith(" ") else row.quantity
    return [name, row.unit, *(0.0 if isinstance(v, float) and abs(v) < 1e-9 else v for v in values)]


def _facts(snapshot: Snapshot) -> str:
    return table(["", ""], [[name, said] for name, said in facts(snapshot.quantities)], caption="All elements")


def _bars(snapshot: Snapshot) -> list[str]:
    shares, count = percent(snapshot.quantities), snapshot.quantities.elements
    orders = [str(h) for h in range(2, HIGHEST_ORDER + 1)]

    def figure(title: str, kind: str, rows_of: Floats) -> str:
        groups = [Group(name, rows_of[e, 2:].tolist()) for e, name in enumerate(_names(kind, count))]
        return bar_chart(title, Axis("order"), Axis("of the fundamental", "%"), orders, groups)

    return [figure("Voltage harmonics", "U", shares[:count]), figure("Current harmonics", "I", shares[count:])]


def _harmonics(snapshot: Snapshot) -> str:
    tones, count = snapshot.quantities.spectrum, snapshot.quantities.elements
    orders = [1, *strongest(snapshot.quantities)]
    heads = ["order"]
    for e in range(count):
        heads += [f"U{e + 1}, V", f"I{e + 1}, A", f"P{e + 1}, W"]
    body: list[list[Cell]] = []
    for h in orders:
        row: list[Cell] = [str(h)]
        for e in range(count):
            row += [_short(abs(tones.voltage[e, h])), _short(abs(tones.current[e, h])), _short(tones.active_w[e, h])]
        body.append(row)
    return table(heads, body, caption="Orders with more than 0.5 % in some voltage or current")


def _short(value: float) -> float:
    return float(f"{value:.4g}")


def _course(snapshot: Snapshot) -> list[str]:
    found = snapshot.quantities
    cycle_s = np.repeat(1.0 / found.course.frequency_hz, found.cycles)
    times = (np.cumsum(cycle_s) - cycle_s).tolist()

    def figure(title: str, axis: Axis, names: list[str], begin: int) -> str:
        columns = found.course.cycle_rms[:, begin : begin + len(names)].T
        curves = [Series(name, times, column.tolist(), "step") for name, column in zip(names, columns, strict=True)]
        return line_plot(title, Axis("time", "s"), axis, curves)

    return [
        figure("Voltage, RMS of each cycle", Axis("voltage", "V"), _names("U", found.elements), 0),
        figure("Current, RMS of each cycle", Axis("current", "A"), _names("I", found.elements), found.elements),
    ]
