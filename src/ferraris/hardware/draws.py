"""Where the deviates of manufactured parts come from: none, drawn at random, or chosen corners.

A tolerance is named after its place in the platform file ("current.line.resistance"); where a meter has several such
parts, the element is appended ("current.line.resistance.L2"). What a draw supplies is the deviate z in [-1, 1]: the
value becomes nominal + z * tolerance. `Seed` draws z from a normal distribution with sigma = 1/3, cut at the tolerance
(the usual assumption that a tolerance is three sigma of a controlled process; an assumption, not a maker's statement).
"""

import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeAlias, assert_never

import numpy as np
from numpy.typing import NDArray

Floats: TypeAlias = NDArray[np.float64]

SIGMA_PER_TOLERANCE = 1.0 / 3.0


@dataclass(frozen=True)
class Nominal:
    """Every part exactly as its data sheet's nominal value, with its systematic imperfections."""


@dataclass(frozen=True)
class Ideal:
    """No tolerance, no phase error, no drift, no noise, no crosstalk: what only mathematics can build."""


@dataclass(frozen=True)
class Seed:
    """Parts drawn at random. `count` gives a leading specimen axis of that length, None a single meter."""

    seed: int
    count: int | None = None


@dataclass(frozen=True)
class Corner:
    """Chosen deviates by tolerance name; a name without element applies to all of them, others stay nominal.

    An array of shape (S,) in place of a number makes a batch of S corners.
    """

    deviates: Mapping[str, float | Floats] = field(default_factory=dict)


Draw: TypeAlias = Nominal | Ideal | Seed | Corner


class Deviates:
    """Answers z for a tolerance name; remembers the names asked so that a budget can list the contributors."""

    def __init__(self, draw: Draw) -> None:
        self.draw = draw
        self.names: list[str] = []

    def __call__(self, name: str, element: str = "") -> Floats:
        """Deviate of one tolerance of one element, shape () or (S,)."""
        self.names.append(name)
        match self.draw:
            case Nominal() | Ideal():
                return np.zeros(())
            case Corner(deviates):
                return np.asarray(deviates.get(f"{name}.{element}", deviates.get(name, 0.0)), dtype=np.float64)
            case Seed(seed, count):
                return _drawn(seed, f"{name}.{element}", count)
        assert_never(self.draw)

    def spread(self, name: str, element: str, tolerance: float) -> Floats:
        """Deviate times tolerance; a tolerance of nothing is not drawn, and so is no contributor."""
        return np.asarray(self(name, element) * tolerance) if tolerance else np.zeros(())


def _drawn(seed: int, stream: str, count: int | None) -> Floats:
    """Normal deviates with sigma 1/3, redrawn beyond +-1; the stream's name, not the order of calls, decides them."""
    generator = np.random.Generator(np.random.Philox(key=[seed & 0xFFFF_FFFF_FFFF_FFFF, zlib.crc32(stream.encode())]))
    size = 1 if count is None else count
    deviates = generator.normal(0.0, SIGMA_PER_TOLERANCE, size)
    while (outside := np.abs(deviates) > 1.0).any():
        deviates[outside] = generator.normal(0.0, SIGMA_PER_TOLERANCE, int(outside.sum()))
    return deviates[0] * np.ones(()) if count is None else deviates
