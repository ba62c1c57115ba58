"""All quantities of one stretch of measurement, from blocks of 10 or 12 whole cycles.

Powers are means over the blocks, RMS values the root of the mean square, as IEC 61000-4-30 aggregates (4.5, recalled);
the angle of a harmonic is that of its mean phasor, each block turned so that the reference voltage stands at nought.
The constants of the calibration that belong to whole quantities (noise floor, power offsets) are applied as in the
metering kernel, so that a display and a register agree.
"""

from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from ferraris.hardware.chain.analysis import definitions, spectrum
from ferraris.hardware.chain.analysis.definitions import Resolution, ratio
from ferraris.hardware.chain.analysis.effective import Effective, arithmetic_va, effective, vector_va
from ferraris.hardware.chain.analysis.samples import POINTS_PER_CYCLE, Blocks
from ferraris.hardware.chain.chain import Calibration, Chain

Floats: TypeAlias = NDArray[np.float64]
Complexes: TypeAlias = NDArray[np.complex128]


class Phases(NamedTuple):
    """Quantities of every element; arrays (E,)."""

    voltage_v: Floats
    """RMS without DC, V."""
    current_a: Floats
    voltage_dc_v: Floats
    """Mean, V: what the converter shows, its own offset included."""
    current_dc_a: Floats
    active_w: Floats
    reactive_var: Floats
    """Of the fundamental, Im(U1 I1*): what the registers count."""
    quarter_var: Floats
    """Total, by a tracked quarter period: for comparison."""
    apparent_va: Floats
    power_factor: Floats
    """P/S with the sign of P."""
    counts: NDArray[np.bool_]
    """False below the no-load threshold: the registers stand still."""


class Total(NamedTuple):
    """Quantities of all elements together; W, var, VA."""

    active_w: float
    fundamental_w: float
    harmonic_w: float
    reactive_var: float
    quarter_var: float
    vector_va: float
    arithmetic_va: float
    effective: Effective | None
    """IEEE 1459 effective quantities, of three elements only."""


class Symmetry(NamedTuple):
    """Symmetrical components of the fundamental of three phases; phasors against the first voltage, ratios."""

    voltage: tuple[complex, complex, complex]
    """Zero, positive, negative sequence, V."""
    current: tuple[complex, complex, complex]
    voltage_negative: float
    """|U2/U1|."""
    voltage_zero: float
    """|U0/U1|."""
    voltage_negative_from_lines: float
    """The same as `voltage_negative`, from the line-to-line magnitudes alone."""
    current_negative: float
    current_zero: float
    sequence: str
    """"L1-L2-L3", "L1-L3-L2" or "none"."""


class Neutral(NamedTuple):
    """Current of the neutral conductor, A: the sum of the phases, and what its own sensor shows."""

    computed_a: float
    computed: complex
    measured_a: float | None
    measured: complex | None


class Spectrum(NamedTuple):
    """Harmonics of every element, orders 0 to 40 along the last axis."""

    voltage: Complexes
    """(E, 41) RMS phasors, V, at the angle they have when the reference voltage stands at nought."""
    current: Complexes
    active_w: Floats
    """(E, 41) active power of each order, W."""
    voltage_subgroup: Floats
    """(E, 41) RMS of the harmonic subgroups of IEC 61000-4-7, V."""
    current_subgroup: Floats
    voltage_thd: Floats
    """(E,) from the lines, orders 2 to 40, ratio."""
    current_thd: Floats
    voltage_thds: Floats
    """(E,) from the subgroups."""
    current_thds: Floats


class Course(NamedTuple):
    """How things went: RMS of every cycle (cycles, C) and every block (B, C), frequency of every block (B,)."""

    cycle_rms: Floats
    block_rms: Floats
    frequency_hz: Floats


@dataclass(frozen=True, eq=False)
class Quantities:
    """Everything; see the tuples above. `resolution` has arrays (E,), formed from the harmonics to the 40th."""

    elements: int
    seconds: float
    cycles: int
    frequency_hz: float
    phases: Phases
    resolution: Resolution
    total: Total
    symmetry: Symmetry | None
    neutral: Neutral
    spectrum: Spectrum
    course: Course


class Corrections(NamedTuple):
    """Calibration constants of whole quantities, as `Calibration` has them: (C,), (E,), (E,), W."""

    noise_square: Floats
    active_w: Floats
    reactive_var: Floats
    creep_w: float


def corrections(chain: Chain) -> Corrections:
    """Take the corrections of a chain."""
    constants: Calibration = chain.calibration
    return Corrections(constants.noise_square, constants.active_w, constants.reactive_var, chain.creep_w)


def uncorrected(channels: int, elements: int) -> Corrections:
    """For samples that need none."""
    return Corrections(np.zeros(channels), np.zeros(elements), np.zeros(elements), 0.0)


def analyse(blocks: Blocks, elements: int, correct: Corrections | None = None) -> Quantities:
    """All quantities of blocks with `elements` voltages, as many currents and perhaps a neutral current."""
    correct = uncorrected(blocks.values.shape[1], elements) if correct is None else correct
    found = spectrum.lines(blocks.values)
    tones = _turned(spectrum.harmonics(found, blocks.cycles), elements)
    phases = _phases(blocks, tones, elements, correct)
    mean = _phasors(tones)
    voltage, current = mean[:elements], mean[elements : 2 * elements]
    resolution = definitions.resolve(voltage[:, 1:], current[:, 1:])
    return Quantities(
        elements=elements,
        seconds=float(np.sum(blocks.cycles / blocks.frequency_hz)),
        cycles=blocks.cycles,
        frequency_hz=float(len(blocks.frequency_hz) / np.sum(1.0 / blocks.frequency_hz)),
        phases=phases,
        resolution=resolution,
        total=_total(phases, resolution, voltage, current),
        symmetry=_symmetry(voltage[:, 1], current[:, 1]) if elements == 3 else None,
        neutral=_neutral(blocks, mean, elements, correct),
        spectrum=_spectrum(found, tones, mean, blocks.cycles, elements),
        course=_course(blocks),
    )


def _turned(tones: Complexes, elements: int) -> Complexes:
    """Every block turned so that its reference, the first live voltage (or else current), has the angle nought.

    tones (B, C, 41); order h turns h times as far, so that the waveform keeps its shape.
    """
    size = np.abs(tones[:, : 2 * elements, 1]).mean(axis=0)
    live = size[:elements] > 0.1 * max(float(size[:elements].max()), 1e-9)
    reference = int(np.argmax(live)) if live.any() else int(np.argmax(size))
    angle = np.angle(tones[:, reference, 1])
    return np.asarray(tones * np.exp(-1j * angle[:, None, None] * np.arange(tones.shape[-1])))


def _phasors(tones: Complexes) -> Complexes:
    """RMS over the blocks as magnitude, angle of the mean phasor, (C, 41); order 0 keeps the sign of the mean."""
    size = np.sqrt(np.mean(np.abs(tones) ** 2, axis=0))
    mean = tones.mean(axis=0)
    whole = np.abs(mean)
    return np.asarray(np.where(whole > 0.0, size * mean / np.where(whole > 0.0, whole, 1.0), 0.0))


def _phases(blocks: Blocks, tones: Complexes, elements: int, correct: Corrections) -> Phases:
    mean = blocks.values.mean(axis=-1)
    waves = blocks.values - mean[..., None]
    u, i = waves[:, :elements], waves[:, elements : 2 * elements]
    rms = np.sqrt(np.maximum(np.mean(waves**2, axis=(0, 2)) - correct.noise_square, 0.0))
    volts, amperes = rms[:elements], rms[elements : 2 * elements]
    active = np.mean(u * i, axis=(0, 2)) - correct.active_w
    cross = tones[:, :elements, 1] * np.conj(tones[:, elements : 2 * elements, 1])
    reactive = cross.imag.mean(axis=0) - correct.reactive_var
    return Phases(
        voltage_v=volts,
        current_a=amperes,
        voltage_dc_v=mean[:, :elements].mean(axis=0),
        current_dc_a=mean[:, elements : 2 * elements].mean(axis=0),
        active_w=active,
        reactive_var=reactive,
        quarter_var=definitions.quarter_period_var(u, i, blocks.cycles).mean(axis=0),
        apparent_va=volts * amperes,
        power_factor=ratio(active, volts * amperes),
        counts=np.hypot(active, reactive) >= correct.creep_w,
    )


def _total(phases: Phases, resolution: Resolution, voltage: Complexes, current: Complexes) -> Total:
    return Total(
        active_w=float(phases.active_w.sum()),
        fundamental_w=float(resolution.fundamental_w.sum()),
        harmonic_w=float(resolution.harmonic_w.sum()),
        reactive_var=float(phases.reactive_var.sum()),
        quarter_var=float(phases.quarter_var.sum()),
        vector_va=vector_va(phases.active_w, phases.reactive_var),
        arithmetic_va=arithmetic_va(phases.apparent_va),
        effective=effective(voltage[:, 1:], current[:, 1:]) if len(voltage) == 3 else None,
    )


def _symmetry(voltage: Complexes, current: Complexes) -> Symmetry:
    """Components of the fundamental phasors (3,) of voltage and current."""
    negative, zero = definitions.unbalance(voltage)
    current_negative, current_zero = definitions.unbalance(current)
    return Symmetry(
        voltage=definitions.sequences(voltage),
        current=definitions.sequences(current),
        voltage_negative=negative,
        voltage_zero=zero,
        voltage_negative_from_lines=definitions.line_unbalance(np.abs(definitions.line_to_line(voltage))),
        current_negative=current_negative,
        current_zero=current_zero,
        sequence=definitions.rotation(voltage),
    )


def _neutral(blocks: Blocks, mean: Complexes, elements: int, correct: Corrections) -> Neutral:
    """The sum is formed sample by sample: harmonics of the third order add where fundamentals cancel."""
    waves = blocks.values - blocks.values.mean(axis=-1, keepdims=True)
    computed = waves[:, elements : 2 * elements].sum(axis=1)
    noise = correct.noise_square[elements : 2 * elements].sum()
    fitted = blocks.values.shape[1] > 2 * elements
    measured = np.mean(waves[:, -1] ** 2) - correct.noise_square[-1] if fitted else 0.0
    return Neutral(
        computed_a=float(np.sqrt(max(float(np.mean(computed**2) - noise), 0.0))),
        computed=complex(mean[elements : 2 * elements, 1].sum()),
        measured_a=float(np.sqrt(max(float(measured), 0.0))) if fitted else None,
        measured=complex(mean[-1, 1]) if fitted else None,
    )


def _spectrum(found: Complexes, tones: Complexes, mean: Complexes, cycles: int, elements: int) -> Spectrum:
    power = (tones[:, :elements] * np.conj(tones[:, elements : 2 * elements])).real.mean(axis=0)
    grouped = np.sqrt(np.mean(spectrum.subgroups(found, cycles) ** 2, axis=0))
    voltage, current = mean[:elements], mean[elements : 2 * elements]
    return Spectrum(
        voltage=voltage,
        current=current,
        active_w=power,
        voltage_subgroup=grouped[:elements],
        current_subgroup=grouped[elements : 2 * elements],
        voltage_thd=spectrum.distortion(np.abs(voltage)),
        current_thd=spectrum.distortion(np.abs(current)),
        voltage_thds=spectrum.distortion(grouped[:elements]),
        current_thds=spectrum.distortion(grouped[elements : 2 * elements]),
    )


def _course(blocks: Blocks) -> Course:
    """RMS of each cycle, without the mean of that cycle, and of each block."""
    count, channels = blocks.values.shape[:2]
    cycles = blocks.values.reshape(count, channels, blocks.cycles, POINTS_PER_CYCLE)
    each = np.moveaxis(cycles.std(axis=-1), 1, -1).reshape(count * blocks.cycles, channels)
    return Course(each, blocks.values.std(axis=-1), blocks.frequency_hz)
