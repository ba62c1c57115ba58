"""The compiled loops are what their Python says, function by function, on short inputs."""

from types import ModuleType
from typing import Any

import numpy as np
import pytest

from ferraris.hardware.chain import kernel, modulator, synthesis
from ferraris.hardware.chain.lanes import LANES
from ferraris.hardware.chain.sensors import core

TICKS = 4200


def interpret(module: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    """Put the plain Python of every compiled function of a module in its place."""
    compiled = {name: each for name, each in vars(module).items() if hasattr(each, "py_func")}
    assert compiled, module.__name__
    for name, each in compiled.items():
        monkeypatch.setattr(module, name, each.py_func)


def waveform(rng: np.random.Generator, *, dead: bool) -> np.ndarray:
    """(TAPS - 1 + TICKS, 3) of volts and amperes with an offset and noise; `dead` has no voltage to time."""
    angle = 2.0 * np.pi * 50.3 / 8000.0 * np.arange(kernel.TAPS - 1 + TICKS)
    peaks = np.array([0.0 if dead else 325.0, 7.0, 1.0])
    return peaks * np.cos(angle[:, None] - np.array([0.0, 0.6, 2.0])) + rng.normal(0.1, 0.3, (angle.size, 3))


def metered(frames: np.ndarray, taps: np.ndarray) -> tuple[int, np.ndarray, np.ndarray, kernel.Carry]:
    """Through the kernel in two calls of unequal length."""
    carry = kernel.fresh(3, 1, 100)
    table = np.zeros((kernel.rows(TICKS), kernel.COLUMNS + 15))
    energies, closed, past = np.zeros((kernel.rows(TICKS), 1), np.int64), 0, kernel.TAPS - 1
    for first, last in ((0, 1777), (1777, TICKS)):
        piece = np.ascontiguousarray(frames[first : last + past])
        closed += kernel.meter(piece, taps, 100 + first, carry, 1, table[closed:], energies[closed:])
    return closed, table, energies, carry


@pytest.mark.parametrize("dead", [False, True], ids=["live", "without voltage"])
def test_the_metrology(rng: np.random.Generator, monkeypatch: pytest.MonkeyPatch, dead: bool) -> None:
    frames, taps = waveform(rng, dead=dead), rng.normal(1.0 / kernel.TAPS, 0.02, (kernel.TAPS, 3))
    compiled = metered(frames, taps)
    interpret(kernel, monkeypatch)
    plain = metered(frames, taps)
    assert compiled[0] == plain[0] >= 1
    assert compiled[1] == pytest.approx(plain[1], rel=1e-9, abs=1e-7)
    assert compiled[2] == pytest.approx(plain[2], abs=1), "a product may be rounded to either side"
    for one, other in zip(compiled[3], plain[3], strict=True):
        assert np.asarray(one) == pytest.approx(np.asarray(other), rel=1e-9, abs=1e-6)


@pytest.mark.parametrize("part", [0.0, 0.2, 0.5, 1.0])
@pytest.mark.parametrize(("before", "now"), [(3.0, 7.0), (-2.0, 5.0), (4.0, 4.0)])
def test_an_end_piece_is_the_area_under_a_straight_line(before: float, now: float, part: float) -> None:
    """Width times the height in the middle, which is exact for a straight line; less half of the sample that opens."""
    middle = before + (now - before) * part / 2.0
    for function in (kernel._end_piece, kernel._end_piece.py_func):
        assert function(before, now, part) == pytest.approx(part * middle - before / 2.0, abs=1e-12)


@pytest.mark.parametrize("noisy", [False, True])
def test_the_converter_of_the_samples(rng: np.random.Generator, noisy: bool) -> None:
    codes = rng.uniform(-1.3, 1.3, (50, 3))
    offset, noise = np.array([0.01, -0.02, 0.0]), np.array([1e-3, 0.0, 2e-3])
    normal = rng.standard_normal((50 if noisy else 0, 3), dtype=np.float32)
    compiled, plain = codes.copy(), codes.copy()
    synthesis.digitise(compiled, offset, noise, normal, 2.0**11)
    synthesis.digitise.py_func(plain, offset, noise, normal, 2.0**11)
    assert np.array_equal(compiled, plain)
    level = codes + offset + (noise * normal if noisy else 0.0)
    naive = np.clip(np.rint(level * 2**11), -(2**11), 2**11 - 1) / 2**11
    assert np.abs(plain - naive).max() == 0.0


def test_the_rotating_phasors(rng: np.random.Generator) -> None:
    real, imaginary = rng.normal(size=(2, 4, 3))
    step = np.array([0.0, 0.04, 0.12, 1.9])
    compiled, plain = np.empty((60, 3)), np.empty((60, 3))
    synthesis.rotate(real, imaginary, np.cos(step), np.sin(step), compiled)
    synthesis.rotate.py_func(real, imaginary, np.cos(step), np.sin(step), plain)
    naive = (np.exp(1j * np.outer(np.arange(60), step)) @ (real + 1j * imaginary)).real
    assert compiled == pytest.approx(plain, abs=1e-12)
    assert plain == pytest.approx(naive, abs=1e-12)


def test_the_modulator(rng: np.random.Generator, monkeypatch: pytest.MonkeyPatch) -> None:
    """All of it at once, from codes to codes, with every imperfection."""
    codes, offset = rng.uniform(-1.2, 1.2, (3 * 8 + modulator.AROUND, 2)), np.array([0.01, -0.03])
    imperfect: dict[str, Any] = {"keep": 0.999, "dither": 0.25, "seed": 5, "first_tick": 70}

    def converted() -> tuple[np.ndarray, modulator.Memory]:
        memory, out = modulator.fresh(16), np.empty((3, 2))
        with np.errstate(over="ignore"):  # the dither's counter is meant to wrap
            knots = modulator.knots(codes, offset, 1.25)
            modulator.convert_plain(knots, 8, 16, 1.0 / 16**3, memory, out, **imperfect)
        return out, memory

    compiled = converted()
    interpret(modulator, monkeypatch)
    plain = converted()
    assert np.array_equal(compiled[0], plain[0])
    assert np.array_equal(compiled[1].ones, plain[1].ones)
    assert np.array_equal(compiled[1].integrators, plain[1].integrators)


def test_the_cubic_goes_through_its_knots(rng: np.random.Generator) -> None:
    """Stepped on by its differences it is the polynomial that numpy fits through the four knots."""
    knots, out = rng.normal(size=(4, LANES)), np.empty((4, LANES))
    modulator.differences.py_func(knots, 1, 0.125, out)
    value, first, second, third = out[:, 0]
    polynomial = np.polyfit([-1.0, 0.0, 1.0, 2.0], knots[:, 0], 3)
    for step in range(9):
        assert value == pytest.approx(np.polyval(polynomial, step / 8.0), abs=1e-9)
        value, first, second = value + first, first + second, second + third


def test_the_saturating_core(monkeypatch: pytest.MonkeyPatch) -> None:
    drive = 0.03 * np.cos(2.0 * np.pi * np.arange(48) / 48.0) + 0.004
    compiled, plain = np.empty(48), np.empty(48)
    arguments = drive, 0.02 / 48, 122.0, 7.4, 0.1, 0.02
    passes = core.periodic(*arguments, compiled)
    interpret(core, monkeypatch)
    assert core.periodic(*arguments, plain) == passes
    assert compiled == pytest.approx(plain, rel=1e-9, abs=1e-12)
