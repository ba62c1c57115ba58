"""How charge goes with the years: a cell that was not written for long reads as if it had been erased."""

from dataclasses import dataclass
from math import exp

import numpy as np
from numpy.typing import NDArray

BOLTZMANN_EV = 8.617333262e-5
"""Boltzmann constant, eV/K (CODATA 2018, exact in SI; recalled)."""
ZERO_C_K = 273.15


@dataclass(frozen=True)
class Retention:
    """How long a part keeps what it holds. Everything here is recalled or ours, and unverified; edit it for a part."""

    years: float = 20.0
    """Time that the data sheet promises, a."""
    rated_c: float = 55.0
    """Temperature for which it does, degC (recalled for flash; FM25V10 states 151 years at 65 degC, seen)."""
    activation_ev: float = 1.1
    """Activation energy of the loss, eV (recalled for intrinsic loss of floating gates; defects have 0.3 to 0.8)."""
    lost_at_rating: float = 1e-9
    """Share of the bits that is lost when the promised time is over (ours: the promise has a little to spare)."""
    shape: float = 3.0
    """The share lost grows with this power of the time (ours)."""


def equivalent_years(law: Retention, years: float, celsius: float) -> float:
    """Years at the rated temperature in which as much is lost: t exp(Ea/k (1/Tr - 1/T)), Arrhenius; T in kelvin.

    Holds where one mechanism dominates, for EEPROM and flash about -40 to 150 degC (recalled, unverified).
    """
    inverse = 1.0 / (law.rated_c + ZERO_C_K) - 1.0 / (celsius + ZERO_C_K)
    return years * exp(law.activation_ev / BOLTZMANN_EV * inverse)


def lost_share(law: Retention, before: NDArray[np.float64], after: NDArray[np.float64]) -> NDArray[np.float64]:
    """Share of the bits that hold at the age `before` and are lost by `after`, both in equivalent years; 0 to 1."""
    hazard = law.lost_at_rating * ((after / law.years) ** law.shape - (before / law.years) ** law.shape)
    return -np.expm1(-hazard)
