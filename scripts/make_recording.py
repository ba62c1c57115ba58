# ruff: noqa: INP001  a script, not a package
"""Make recordings/household.npz: a day of one household, one minute in a second, drawn by the project's own world.

Usage: python scripts/make_recording.py [FILE]

A 230 V 50 Hz source with a little third, fifth and seventh harmonic feeds a refrigerator, lights, a television, an
induction hob, a kettle, a water heater and standby loads; at noon the roof exports. Whenever anything changes, one
cycle is written and the time it is held. Nothing is random: the same code gives the same samples.
"""

import sys
from collections.abc import Iterator
from math import pi, sin
from pathlib import Path

import numpy as np

from ferraris.hardware.world.loads import Cycled, Daily, Load, Motor, PvExport, Rectifier, Resistive, at_power_factor
from ferraris.hardware.world.mains import NANOSECONDS, Complexes, Floats, Steady
from ferraris.hardware.world.source import Harmonic, single_phase
from ferraris.hardware.world.world import at, household

DAY_S = 1440.0
"""One minute of the day lasts one second."""
SAMPLES = 128
"""Samples per cycle: 6.4 kS/s, so the 39th harmonic of the rectifiers (1950 Hz) lies well inside."""
FREQUENCY_HZ = 50.0
TARGET = Path(__file__).parent.parent / "recordings" / "household.npz"


def once(load: Load, first_s: float, on_s: float) -> Cycled:
    """Switch on once a day."""
    return Cycled(load, DAY_S, on_s, first_s)


def loads() -> tuple[Load, ...]:
    """Everything behind the meter; times in seconds of the short day, so minutes of a real one."""
    lights = (0.2, 0.1, 0.0, 0.0, 0.0, 0.3, 1.0, 0.8, 0.3, 0, 0, 0, 0, 0, 0, 0, 0.2, 0.6, 1.0, 1.0, 1.0, 1.0, 0.8, 0.4)
    roof = tuple(max(0.0, sin(pi * (step - 12.5) / 28)) if 12 < step < 41 else 0.0 for step in range(48))
    refrigerator = Motor((90.0,), 0.65, inrush=6.0, starting_s=0.04)
    kettle, boiler, hob = Resistive((2000.0,)), Resistive((1500.0,)), Resistive((1800.0,))
    return (
        at_power_factor((55.0,), 0.6, leading=True),  # standby: small supplies with filter capacitors
        Cycled(refrigerator, period_s=120.0, on_s=45.0, first_s=20.0),
        Daily(Rectifier((140.0,), conduction_deg=55.0), lights, DAY_S),
        once(Rectifier((110.0,), conduction_deg=65.0), first_s=1110.0, on_s=240.0),  # television
        once(kettle, first_s=415.0, on_s=3.0),
        once(kettle, first_s=960.0, on_s=4.0),
        once(boiler, first_s=240.0, on_s=120.0),
        once(boiler, first_s=1290.0, on_s=60.0),
        once(Cycled(hob, period_s=2.0, on_s=1.2), first_s=1080.0, on_s=25.0),  # induction, in bursts
        Daily(PvExport((2400.0,), power_factor=0.98), roof, DAY_S),
    )


def pieces() -> Iterator[tuple[float, Steady]]:
    """Every state of the day and how long it lasts, s."""
    harmonics = (Harmonic(3, 0.010, 20.0), Harmonic(5, 0.025, 180.0), Harmonic(7, 0.012, 0.0))
    world = household(single_phase(230.0, FREQUENCY_HZ, harmonics), *loads())
    t_ns, end_ns = 0, round(DAY_S * NANOSECONDS)
    while t_ns < end_ns:
        moment = at(world, t_ns)
        assert isinstance(moment.mains, Steady)
        until_ns = min(moment.until_ns, end_ns)
        yield (until_ns - t_ns) / NANOSECONDS, moment.mains
        t_ns = until_ns


def cycle(orders: Floats, phasors: Complexes) -> Floats:
    """One period of a set of tones, SAMPLES values."""
    angle = 2 * pi * np.outer(orders, np.arange(SAMPLES) / SAMPLES)
    samples: Floats = np.sqrt(2) * (phasors[:, None] * np.exp(1j * angle)).real.sum(axis=0)
    return samples


def render() -> dict[str, np.ndarray]:
    """Return the arrays of the file."""
    day = list(pieces())
    return {
        "u_v": np.array([cycle(piece.orders, piece.voltage_v[0]) for _, piece in day], dtype=np.float32),
        "i_a": np.array([cycle(piece.orders, piece.current_a[0]) for _, piece in day], dtype=np.float32),
        "hold_s": np.array([hold_s for hold_s, _ in day]),
        "fs_hz": np.array(SAMPLES * FREQUENCY_HZ),
        "f_hz": np.array(FREQUENCY_HZ),
    }


def main() -> None:
    """Write the file."""
    target = Path(sys.argv[1]) if len(sys.argv) > 1 else TARGET
    arrays = render()
    np.savez_compressed(target, allow_pickle=False, **arrays)
    print(f"{target}: {len(arrays['hold_s'])} cycles, {arrays['hold_s'].sum():g} s, {target.stat().st_size} bytes")


if __name__ == "__main__":
    main()
