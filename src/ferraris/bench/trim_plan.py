"""What a production line writes into the firmware about the clock of one meter."""

from ferraris.firmware.meter.trim import TrimPlan
from ferraris.hardware.physics.crystal import parabola_ppm
from ferraris.hardware.physics.time_base import Parabola, Register, TimeBase, production_trim_ppb
from ferraris.hardware.platform.models import Platform
from ferraris.hardware.platform.timekeeping import Crystal, Trim

PPT_PER_PPM = 1_000_000
THOUSANDTHS = 1000


def trim_plan(platform: Platform, base: TimeBase | None) -> TrimPlan | None:
    """Correction of a clock at every temperature; None for one that cannot be trimmed.

    Compensation goes by the data sheet's k and T0 or by the crystal's own, as the platform says; the crystal's own are
    taken as exactly measured.
    """
    if base is None or base.register is None:
        return None
    parabola = _compensated(platform, base)
    fixed = production_trim_ppb(base)
    if parabola is None:
        return _plan(fixed, Parabola(0.0, 0.0), base.register)
    at_line = parabola_ppm(*parabola, base.trimmed_c)
    return _plan(fixed + round(at_line * THOUSANDTHS), parabola, base.register)


def _compensated(platform: Platform, base: TimeBase) -> Parabola | None:
    match platform.clock, base.temperature:
        case Crystal(trim=Trim(compensation="nominal")) as clock, _:
            return Parabola(clock.parabola_ppm_per_k2.nominal, clock.turnover_c.nominal)
        case Crystal(trim=Trim(compensation="individual")), Parabola() as own:
            return own
    return None


def _plan(fixed_ppb: int, parabola: Parabola, register: Register) -> TrimPlan:
    return TrimPlan(
        fixed_ppb=fixed_ppb,
        curvature_ppt_per_k2=round(parabola.k_ppm_per_k2 * PPT_PER_PPM),
        turnover_millicelsius=round(parabola.turnover_c * THOUSANDTHS),
        step_ppt=round(register.step_ppm * PPT_PER_PPM),
        range_ppb=round(register.range_ppm * THOUSANDTHS),
    )
