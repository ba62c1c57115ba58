"""A crystal's rate against temperature, load and age; all as relative deviations in ppm, positive runs fast.

1 ppm is 0.0864 s a day. Figures of sources that were only recalled are called so.
"""

from math import log

SECONDS_PER_DAY_PER_PPM = 0.0864
"""86 400 s in a day."""

AGEING_ONSET_YEARS = 2.0 / 365.25
"""Time constant of logarithmic ageing: 2 days (typical curve in J. R. Vig's quartz tutorial, recalled)."""


def seconds_per_day(ppm: float) -> float:
    """What a rate error of so many ppm gains in a day, s."""
    return ppm * SECONDS_PER_DAY_PER_PPM


def parabola_ppm(k_ppm_per_k2: float, turnover_c: float, crystal_c: float) -> float:
    """Rate of a tuning-fork crystal against that at its turnover temperature: k (T - T0)^2, ppm.

    Source: makers' data sheets, k = -0.034 ± 0.006 ppm/K^2, T0 = 25 ± 5 degC (recalled). Holds from -40 to 85 degC; a
    small cubic term, under 2 ppm at the ends, is left out.
    """
    return k_ppm_per_k2 * (crystal_c - turnover_c) ** 2


def load_f(capacitor_f: float, stray_f: float) -> float:
    """Load capacitance that two equal capacitors to ground and the stray one across the crystal make, F.

    Source: series connection, C/2 + Cs. The two pins' own capacitances to ground belong to the capacitors.
    """
    return capacitor_f / 2.0 + stray_f


def pulling_ppm(motional_f: float, shunt_f: float, actual_f: float, specified_f: float) -> float:
    """Change of rate when the load is not the one the crystal was cut for, ppm: C1/2 (1/(C0 + CL) - 1/(C0 + CLs)).

    motional_f  C1, F
    shunt_f     C0, F
    actual_f    CL, F; too little load runs fast
    specified_f CLs, F
    Source: equivalent circuit of a crystal, as in Petermann-Technik's pulling calculator. Holds for C1 << C0 + CL.
    """
    return motional_f / 2.0 * (1.0 / (shunt_f + actual_f) - 1.0 / (shunt_f + specified_f)) * 1e6


def ageing_ppm(first_year_ppm: float, years: float) -> float:
    """Change of rate after so many years, from that of the first: A ln(1 + t/t1), ppm, either sign.

    Source: logarithmic ageing of crystals, t1 = 2 d (recalled). Holds for a crystal that is not overdriven, at about
    room temperature; some crystals turn round and end lower.
    """
    return first_year_ppm * log(1.0 + years / AGEING_ONSET_YEARS) / log(1.0 + 1.0 / AGEING_ONSET_YEARS)


def since_trimming_ppm(k_ppm_per_k2: float, turnover_c: float, crystal_c: float, trimmed_c: float) -> float:
    """Rate that temperature has added since the crystal was trimmed at another one, ppm.

    The difference of two points of `parabola_ppm`: trimming takes the whole error at its own temperature off.
    """
    now, then = (parabola_ppm(k_ppm_per_k2, turnover_c, each) for each in (crystal_c, trimmed_c))
    return now - then
