"""What keeps a clock running without mains: a double-layer capacitor or a primary lithium cell, new and worn."""

from math import exp, expm1, log1p

HOURS_PER_YEAR = 8766.0
"""365.25 days."""

LEAKAGE_AFTER_S = 72.0 * 3600.0
"""Makers state leakage after three days on charge."""

MOST_DERATING_V = 1.0
"""The voltage law of ageing is not used further than this below the rated voltage: nobody has measured that far."""


def doublings(rise: float, step: float) -> float:
    """How many times something has grown that doubles with every `step`: 2^(rise/step). Dimensionless.

    Source: Arrhenius' law about one temperature, as rules of thumb put it. Holds over some 60 K.
    """
    return float(2.0 ** (rise / step))


# ------------------------------------------------------------------------------------------------ capacitor


def leakage_siemens(leakage_a: float, rated_v: float, charged_s: float, decay: float) -> float:
    """Leakage of a double-layer capacitor as a conductance, S: I/U (72 h / t)^n.

    leakage_a  maker's figure after 72 h at the rated voltage, A
    charged_s  time on charge before the outage, s; before 72 h the law gives more than the maker's figure
    decay      n, 0 to 1; 0 keeps the figure
    Source: charge that creeps into the pores goes with the root of time (KYOCERA AVX on leakage and self-discharge). A
    conductance, since leakage grows with voltage; in truth it grows faster, so this overstates it below the rated one.
    """
    return leakage_a / rated_v * float((LEAKAGE_AFTER_S / charged_s) ** decay)


def capacitor_life_s(rated_s: float, warmer_k: float, lower_v: float, doubling_v: float) -> float:
    """Life of a double-layer capacitor until its end-of-life figures: L 2^(-dT/10 K) 2^(dU/Ud), s.

    rated_s     life at the rated voltage and temperature, s
    warmer_k    service temperature over the rated one, K
    lower_v     working voltage under the rated one, V; used up to 1 V
    doubling_v  Ud, V
    Source: makers' rules of thumb (recalled); measurements find that the rate depends on what has already worn, so this
    is an estimate.
    """
    return rated_s * doublings(-warmer_k, 10.0) * doublings(min(lower_v, MOST_DERATING_V), doubling_v)


def worn(new: float, share_at_end: float, used: float) -> float:
    """A value that goes from `new` to `new * share_at_end` as `used` goes from 0 to 1 of its life; in its unit.

    Source: straight line through the maker's two points; goes on beyond the end, but not below zero.
    """
    return max(new * (1.0 + (share_at_end - 1.0) * used), 0.0)


def hold_up_s(capacitance_f: float, first_v: float, last_v: float, load_a: float, siemens: float) -> float:
    """Time a capacitor takes from one voltage to another under a constant current and a leakage, s.

    C dU/dt = -(I + G U), so t = C/G ln((U1 + I/G) / (U2 + I/G)); without leakage C (U1 - U2)/I. Zero if U1 <= U2.
    load_a     I, A; what the clock draws does not depend on voltage
    siemens    G, S; the leakage and any resistive load
    Source: as in Maxim's application note 3517, which gives the constant and the resistive load apart.
    """
    assert load_a > 0 or siemens > 0, "nothing draws current"
    drop = first_v - last_v
    if drop <= 0:
        return 0.0
    end_a = load_a + siemens * last_v
    ratio = siemens * drop / end_a
    # log1p(x)/x goes to 1 as the leakage goes to nothing, where dividing by G would not work.
    return capacitance_f * drop / end_a * (log1p(ratio) / ratio if ratio > 0 else 1.0)


# ------------------------------------------------------------------------------------------------ cell


def cell_years(capacity_ah: float, load_a: float, loss_per_year: float, reserve_ah: float = 0.0) -> float:
    """Time until a cell that feeds a load and loses a share of what it holds has come down to a reserve, in years.

    t = ln((Q + I/s) / (R + I/s))/s, which is ln(1 + s Q/I)/s without a reserve, and (Q - R)/I without loss.
    load_a         I, mean current, A, above zero
    loss_per_year  s, share of what is left that goes in a year
    reserve_ah     R, Ah; zero years if the cell holds no more
    Source: dQ/dt = -I - s Q. Holds for currents far below the cell's rated one.
    """
    surplus_ah = capacity_ah - reserve_ah
    if surplus_ah <= 0:
        return 0.0
    end_ah = load_a * HOURS_PER_YEAR + loss_per_year * reserve_ah
    ratio = loss_per_year * surplus_ah / end_ah
    return surplus_ah / end_ah * (log1p(ratio) / ratio if ratio > 0 else 1.0)


def cell_left_ah(capacity_ah: float, load_a: float, loss_per_year: float, years: float) -> float:
    """What is left in such a cell after so many years, Ah: (Q + I/s) e^(-s t) - I/s, not below zero.

    Source: the same equation as `cell_years`.
    """
    yearly_ah = load_a * HOURS_PER_YEAR
    lost = loss_per_year * years
    # Part of what the load drew would have been lost anyway; the factor goes to 1 with the loss.
    drawn_ah = yearly_ah * years * (-expm1(-lost) / lost if lost > 0 else 1.0)
    return max(capacity_ah * exp(-lost) - drawn_ah, 0.0)


def cell_v(open_v: float, load_a: float, film_ohm: float) -> float:
    """Lowest voltage of a passivated lithium cell as a load is put on, V: OCV - I R.

    Source: Ohm's law on the film's resistance, which is not constant; take that of the coldest and longest storage.
    """
    return open_v - load_a * film_ohm
