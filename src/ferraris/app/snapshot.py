"""The quantities of a measurement as rows for people and as a document for programs.

They come from up to 15 consecutive blocks of 10 or 12 cycles, 150 or 180 cycles in all: the "very short time" of
IEC 61000-4-30 (recalled), about three seconds.
"""

from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from ferraris.hardware.chain.analysis.definitions import character, direction, quadrant
from ferraris.hardware.chain.analysis.quantities import Quantities, analyse, corrections
from ferraris.hardware.chain.analysis.samples import LIVE_V, Blocks, synchronous
from ferraris.hardware.chain.analysis.terminals import WiringFinding, terminals
from ferraris.hardware.chain.analysis.wiring import check_wiring
from ferraris.hardware.chain.chain import Chain
from ferraris.hardware.chain.specimen import element_names
from ferraris.hardware.platform.models import Platform

Floats: TypeAlias = NDArray[np.float64]
Value: TypeAlias = float | str | None

BLOCKS = 15
STRETCH_S = 3.6
"""Time that holds 15 blocks of 10 cycles down to 43 Hz, with what interpolation needs at either end."""

CONVENTION = (
    "Current counts into the load. Active power and power factor are positive for import; reactive power is positive "
    "for a current that lags at import. Quadrants 1 and 3 are inductive, 2 and 4 capacitive. Angles stand against the "
    "fundamental of the first voltage. DC is left out of every quantity but the means. The totals of S1, "
    "SN, DI, DV and SH are the effective ones of IEEE 1459; the total power factor is P over the effective apparent "
    "power."
)


@dataclass(frozen=True, eq=False)
class Snapshot:
    """What the stretch that began `begin_s` into the measurement held."""

    begin_s: float
    names: tuple[str, ...]
    blocks: Blocks
    quantities: Quantities
    wiring: tuple[WiringFinding, ...]


class Row(NamedTuple):
    """One quantity: a value for each element, and one for all of them together."""

    quantity: str
    unit: str
    values: tuple[Value, ...]
    total: Value = None


def take(platform: Platform, chain: Chain, waves: Floats, begin_s: float) -> Snapshot:
    """Analyse waves (N, C) in V and A as the metrology saw them."""
    elements = platform.elements
    blocks = synchronous(waves, elements, platform.meter.frequency_hz, BLOCKS)
    found = analyse(blocks, elements, corrections(chain))
    seen = terminals(found, platform.meter.un_v, platform.firmware.start_a)
    return Snapshot(begin_s, element_names(elements), blocks, found, check_wiring(seen))


def rows(found: Quantities) -> list[Row]:
    """Every quantity that has a value per element, the totals beside them."""
    return [*_levels(found), *_powers(found), *_resolved(found), *_characters(found)]


def _row(quantity: str, unit: str, values: Floats, total: Value = None) -> Row:
    return Row(quantity, unit, tuple(float(value) for value in values), total)


def _levels(found: Quantities) -> list[Row]:
    phases, tones = found.phases, found.spectrum
    u, i = tones.voltage[:, 1], tones.current[:, 1]
    return [
        _row("voltage", "V", phases.voltage_v),
        _row("  fundamental", "V", np.abs(u)),
        _row("  angle", "°", np.degrees(np.angle(u))),
        _row("  mean (DC)", "V", phases.voltage_dc_v),
        _row("  THD, lines to the 40th", "%", 100.0 * tones.voltage_thd),
        _row("  THD, subgroups", "%", 100.0 * tones.voltage_thds),
        _row("current", "A", phases.current_a),
        _row("  fundamental", "A", np.abs(i)),
        _row("  angle", "°", np.degrees(np.angle(i))),
        _row("  mean (DC)", "A", phases.current_dc_a),
        _row("  THD, lines to the 40th", "%", 100.0 * tones.current_thd),
        _row("  THD, subgroups", "%", 100.0 * tones.current_thds),
        _row("lag of I behind U", "°", np.degrees(np.angle(u * np.conj(i)))),
    ]


def _powers(found: Quantities) -> list[Row]:
    phases, resolved, total = found.phases, found.resolution, found.total
    none: tuple[Value, ...] = (None,) * found.elements
    effective = (
        [] if total.effective is None else [Row("  effective, IEEE 1459", "VA", none, total.effective.apparent_va)]
    )
    return [
        _row("active power", "W", phases.active_w, total.active_w),
        _row("  fundamental", "W", resolved.fundamental_w, total.fundamental_w),
        _row("  harmonics", "W", resolved.harmonic_w, total.harmonic_w),
        _row("reactive power (fundamental)", "var", phases.reactive_var, total.reactive_var),
        _row("  by quarter period (total)", "var", phases.quarter_var, total.quarter_var),
        _row("apparent power (U·I, arithmetic)", "VA", phases.apparent_va, total.arithmetic_va),
        Row("  vector", "VA", none, total.vector_va),
        *effective,
    ]


def _resolved(found: Quantities) -> list[Row]:
    """The resolution of IEEE 1459."""
    part, total = found.resolution, found.total.effective
    return [
        _row("S1 fundamental apparent", "VA", part.fundamental_va, total and total.fundamental_va),
        _row("SN non-fundamental apparent", "VA", part.nonfundamental_va, total and total.nonfundamental_va),
        _row("DI current distortion", "var", part.current_distortion_var, total and total.current_distortion_var),
        _row("DV voltage distortion", "var", part.voltage_distortion_var, total and total.voltage_distortion_var),
        _row("SH harmonic apparent", "VA", part.harmonic_va, total and total.harmonic_va),
        _row("N non-active", "var", part.nonactive_var),
    ]


def _characters(found: Quantities) -> list[Row]:
    phases, total = found.phases, found.total
    pairs = list(zip(phases.active_w.tolist(), phases.reactive_var.tolist(), strict=True))
    whole = (total.active_w, total.reactive_var)
    apparent = total.arithmetic_va if total.effective is None else total.effective.apparent_va
    return [
        _row("power factor P/S", "", phases.power_factor, total.active_w / apparent if apparent else None),
        _row("power factor of the fundamental", "", found.resolution.fundamental_power_factor),
        Row("direction", "", tuple(direction(p) for p, _ in pairs), direction(whole[0])),
        Row("quadrant", "", tuple(_quadrant(*pair) for pair in pairs), _quadrant(*whole)),
        Row("registers", "", tuple("count" if c else "no load" for c in phases.counts.tolist())),
    ]


def _quadrant(active_w: float, reactive_var: float) -> str:
    number = quadrant(active_w, reactive_var)
    return f"{number} {character(active_w, reactive_var)}" if number else "–"


def facts(found: Quantities) -> list[tuple[str, str]]:
    """What belongs to no single element, as names and sentences."""
    course = found.course.frequency_hz
    span = f"{course.min():.5f} to {course.max():.5f} from block to block"
    return [
        ("frequency", f"{found.frequency_hz:.5f} Hz ({span})"),
        *_unbalance(found),
        ("neutral current", _neutral(found)),
        *_course(found),
    ]


def _unbalance(found: Quantities) -> list[tuple[str, str]]:
    symmetry, effective = found.symmetry, found.total.effective
    if symmetry is None or effective is None:
        return []
    lines = f"{_percent(symmetry.voltage_negative_from_lines)} from line-to-line magnitudes"
    voltage = f"negative {_percent(symmetry.voltage_negative)} ({lines}), zero {_percent(symmetry.voltage_zero)}"
    current = f"negative {_percent(symmetry.current_negative)}, zero {_percent(symmetry.current_zero)}"
    root = f"Ve {effective.voltage_v:.5g} V, Ie {effective.current_a:.5g} A"
    cost = f"S1+ {effective.positive_va:.5g} VA, unbalance SU1 {effective.unbalance_va:.5g} VA"
    return [
        ("phase sequence", symmetry.sequence),
        ("voltage unbalance", voltage),
        ("current unbalance", current),
        ("effective", f"{root}, {cost}"),
    ]


def _percent(ratio: float) -> str:
    return f"{100.0 * ratio:.3f} %"


def _neutral(found: Quantities) -> str:
    computed = f"{found.neutral.computed_a:.5g} A computed from the phases"
    measured = found.neutral.measured_a
    return f"{computed}, no sensor of its own" if measured is None else f"{computed}, {measured:.5g} A measured"


def _course(found: Quantities) -> list[tuple[str, str]]:
    """Smallest and largest RMS of a cycle and of a block, for each element's voltage and current."""
    return [
        (f"{kind}{e + 1} RMS", _spans(found, at + e, unit))
        for kind, unit, at in (("U", "V", 0), ("I", "A", found.elements))
        for e in range(found.elements)
    ]


def _spans(found: Quantities, channel: int, unit: str) -> str:
    cycle, block = found.course.cycle_rms[:, channel], found.course.block_rms[:, channel]
    return f"{_span(cycle)} {unit} per cycle, {_span(block)} {unit} per {found.cycles} cycles"


def _span(values: Floats) -> str:
    return f"{values.min():.5g} to {values.max():.5g}"


def percent(found: Quantities) -> Floats:
    """Harmonics in per cent of their fundamental, (2 E, 41), voltages first; nought without a fundamental.

    The noise of an open current channel has no harmonics worth the name.
    """
    size = np.abs(np.concatenate([found.spectrum.voltage, found.spectrum.current]))
    live = np.concatenate([size[: found.elements, 1] > LIVE_V, found.phases.counts])[:, None]
    return np.asarray(np.where(live, 100.0 * size / np.where(live, size[:, 1:2], 1.0), 0.0))


def strongest(found: Quantities, least_percent: float = 0.5) -> list[int]:
    """Orders of which some voltage or current holds more than `least_percent` of its fundamental."""
    return [h for h, column in enumerate(percent(found).T) if h > 1 and bool((column > least_percent).any())]


def heading(snapshot: Snapshot) -> str:
    """What the quantities are about."""
    found = snapshot.quantities
    blocks = f"{len(snapshot.blocks.frequency_hz)} blocks of {found.cycles} cycles"
    timed = "" if snapshot.blocks.timed else "; no voltage to time, nominal frequency taken"
    return f"quantities of {found.seconds:.3g} s from {snapshot.begin_s:g} s on: {blocks}{timed}"
