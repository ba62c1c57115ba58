"""What the wiring check looks at and what it says."""

from typing import Literal, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from ferraris.hardware.chain.analysis.quantities import Quantities

Complexes: TypeAlias = NDArray[np.complex128]
Level: TypeAlias = Literal["fault", "question"]

STRAIGHT = (0, 1, 2)
NAMES = ("L1", "L2", "L3")


class Terminals(NamedTuple):
    """Fundamental phasors at the meter's terminals.

    voltage, current   (E,) complex RMS, V and A;  neutral  measured neutral current, A, or None
    un_v               phase-to-neutral voltage the meter is made for
    least_a            a current below this has no angle worth reading
    """

    voltage: Complexes
    current: Complexes
    neutral: complex | None
    un_v: float
    least_a: float


class WiringFinding(NamedTuple):
    """One thing about the connections: what it is, in a sentence, and the figures behind it."""

    level: Level
    subject: str
    says: str
    evidence: str


def terminals(found: Quantities, un_v: float, least_a: float) -> Terminals:
    """Terminals as a measurement has seen them."""
    voltage, current = found.spectrum.voltage[:, 1], found.spectrum.current[:, 1]
    return Terminals(voltage, current, found.neutral.measured, un_v, least_a)


def fault(subject: str, says: str, evidence: str) -> WiringFinding:
    """A finding that no healthy installation can cause."""
    return WiringFinding("fault", subject, says, evidence)


def question(subject: str, says: str, evidence: str) -> WiringFinding:
    """A finding that a healthy installation can cause too."""
    return WiringFinding("question", subject, says, evidence)


def angles_in_words(lag_deg: tuple[float, ...], live: tuple[bool, ...]) -> str:
    """Lags of the live currents, in words."""
    return ", ".join(f"{NAMES[k]} {lag_deg[k]:+.1f}°" if live[k] else f"{NAMES[k]} no current" for k in STRAIGHT)


def polar(phasors: Complexes, unit: str) -> str:
    """Magnitudes and angles of phasors, in words."""
    parts = zip(NAMES, phasors.tolist(), strict=False)
    return ", ".join(f"{name} {abs(x):.4g} {unit} at {np.degrees(np.angle(x)):+.1f}°" for name, x in parts)
