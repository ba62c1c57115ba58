"""Trimming of the clock: what the crystal does with temperature, and what the line measured, taken off again.

Integers only: rates in parts per 10^9 (ppb) or 10^12 (ppt), temperatures in thousandths of a degree Celsius.
"""

from typing import NamedTuple

PPT_PER_PPB = 1000
SQUARE_MILLIKELVINS = 1_000_000
"""In a square kelvin."""


class TrimPlan(NamedTuple):
    """What production writes into the firmware.

    fixed_ppb              correction at the turnover temperature; with a curvature of nothing, at every temperature
    curvature_ppt_per_k2   the crystal's parabolic coefficient k, negative; 0 compensates nothing
    turnover_millicelsius  the crystal's turnover temperature T0, thousandths of a degree Celsius
    step_ppt               smallest change of the register; 0 where it is as fine as its request
    range_ppb              largest correction to either side
    """

    fixed_ppb: int
    curvature_ppt_per_k2: int
    turnover_millicelsius: int
    step_ppt: int
    range_ppb: int


def correction_ppb(plan: TrimPlan, chip_millicelsius: int) -> int:
    """What the clock's divider must add at this temperature of the thermometer, ppb: fixed - k (T - T0)^2.

    The sum goes to the nearest step and stops at the register's range, so the value changes only where the register
    does. Source: the parabola of makers' data sheets, k = -0.034 ± 0.006 ppm/K^2 (recalled).
    """
    away = chip_millicelsius - plan.turnover_millicelsius
    bend_ppt = plan.curvature_ppt_per_k2 * away * away // SQUARE_MILLIKELVINS
    asked_ppt = plan.fixed_ppb * PPT_PER_PPB - bend_ppt
    step_ppt = plan.step_ppt or PPT_PER_PPB
    reach = plan.range_ppb * PPT_PER_PPB // step_ppt
    steps = min(max(_nearest(asked_ppt, step_ppt), -reach), reach)
    return _nearest(steps * step_ppt, PPT_PER_PPB)


def _nearest(value: int, unit: int) -> int:
    """Whole units nearest to a value; halves go up."""
    return (2 * value + unit) // (2 * unit)
