"""The production line: calibration with an imperfect reference, for a limited time, in a hall that is not at 23 degC.

`calibrate.calibrate` finds the constants that an exact line would find. What a real one adds is put on top of them
here, each imperfection a tolerance like those of the meter's parts (names "line.*"), so that a batch, a corner and an
error budget treat it alike. The deviates come from the same draw as the specimen's: `Nominal` and `Ideal` meters meet
an exact line.

Errors are relative and small (1e-3), so that first order is enough: what it leaves out is below 1e-6.
"""

from dataclasses import dataclass, replace
from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from ferraris.hardware.chain import calibrate as exact
from ferraris.hardware.chain import fir, phasor
from ferraris.hardware.chain.chain import Calibration, Chain
from ferraris.hardware.chain.specimen import REFERENCE_C, Deviates, Draw, Nominal, Specimen, element_names, manufacture
from ferraris.hardware.platform.models import Platform
from ferraris.hardware.world.mains import Environment, Steady
from ferraris.pins import TICKS_PER_SECOND

Floats: TypeAlias = NDArray[np.float64]

CELL_S = phasor.CELL_TICKS / TICKS_PER_SECOND
SIGMAS_PER_TOLERANCE = 3.0
"""A tolerance is three sigma, as everywhere in a draw; so noise enters with three times its sigma."""


@dataclass(frozen=True)
class Line:
    """What a production line can do.

    The defaults are those of a good line, and assumptions: an electronic reference standard of class 0.02 (recalled,
    unverified), 10 s for each point, a hall at 23 degC +- 2 K (the reference conditions of the accuracy standards).

    power_share      tolerance of the reference's power at unity power factor, relative
    voltage_share    tolerance of its voltage, relative
    phase_rad        tolerance of its angle between voltage and current, rad
    point_s          time for each point, s; noise averages out with its root
    air_k            how far the air around the meter may be from 23 degC, K
    warm_c           temperature of a second pass that finds the temperature constants, degC; None: there is none
    """

    power_share: float = 200e-6
    voltage_share: float = 200e-6
    phase_rad: float = 50e-6
    point_s: float = 10.0
    air_k: float = 2.0
    warm_c: float | None = None


LINE = Line()

TOLERANCES = (
    "line.power",
    "line.voltage",
    "line.phase",
    "line.air",
    "line.noise.voltage",
    "line.noise.gain",
    "line.noise.phase",
    "line.noise.offset",
)
"""What a line adds to the tolerances of the parts; noise is drawn for each element, the others are common to all."""


def design(platform: Platform) -> Calibration:
    """What the data sheets promise, for every specimen alike: the constants before calibration."""
    return exact.design_values(manufacture(platform, Nominal()))


def calibrate(platform: Platform, specimen: Specimen, draw: Draw, line: Line = LINE) -> Calibration:
    """The constants that a line finds for one specimen or a batch, with the deviates that `draw` supplies."""
    constants = exact.calibrate(platform, specimen)
    if line.warm_c is not None:
        constants = exact.compensate(platform, specimen, constants, line.warm_c)
    return _misled(platform, specimen, constants, _mistakes(platform, specimen, constants, Deviates(draw), line))


class _Mistakes(NamedTuple):
    """What the line gets wrong, each (..., E): positive makes the calibrated meter read too much.

    voltage     relative error left in the voltage
    power       relative error left in the power at unity power factor
    angle       rad by which the current is taken to lag too little
    offset      power that is taken off too much, W or var: noise at Imin while the offset was measured, and there
                once more the noise that the gain was set with
    """

    voltage: Floats
    power: Floats
    angle: Floats
    offset: Floats


def _mistakes(platform: Platform, specimen: Specimen, constants: Calibration, z: Deviates, line: Line) -> _Mistakes:
    chain = exact.build(platform, specimen, constants, "phasor", noise=True)
    names, meter = element_names(platform.elements), platform.meter
    heat = _heat(platform, chain, z, line)

    def noise(name: str, sigma: Floats) -> Floats:
        deviates = np.stack([z(f"line.noise.{name}", element) for element in names], axis=-1)
        return np.asarray(SIGMAS_PER_TOLERANCE * sigma * deviates)

    reference = exact.balanced(platform, meter.current.ref_a)
    lagging = exact.balanced(platform, meter.current.ref_a, exact.LAG_DEG)
    low = exact.balanced(platform, meter.current.min_a)
    watts = meter.un_v * meter.current.ref_a
    gain_noise = noise("gain", _sigma_w(chain, reference, line) / watts)
    slope = np.tan(np.radians(exact.LAG_DEG))
    phase_noise = noise("phase", _sigma_w(chain, lagging, line) / (watts * np.cos(np.radians(exact.LAG_DEG))))
    offset = noise("offset", _sigma_w(chain, low, line))
    return _Mistakes(
        voltage=_common(z("line.voltage") * line.voltage_share)
        - heat.voltage
        - noise("voltage", _sigma_u(chain, meter.un_v, line)),
        power=_common(z("line.power") * line.power_share) - heat.power - gain_noise,
        angle=_common(z("line.phase") * line.phase_rad)
        + (gain_noise + heat.power - phase_noise - heat.lagging) / slope,
        offset=offset - gain_noise * meter.un_v * meter.current.min_a,
    )


def _common(value: Floats) -> Floats:
    """Shape () or (S,) as (..., 1): the same for every element."""
    return np.asarray(value)[..., None]


class _Heat(NamedTuple):
    """Relative change of what the meter reads at the temperature of the hall, (..., E)."""

    voltage: Floats
    power: Floats
    lagging: Floats


def _heat(platform: Platform, chain: Chain, z: Deviates, line: Line) -> _Heat:
    """Change from 23 degC to the warm end of the hall's range, in proportion to where in the range the hall is."""
    quiet = replace(chain, noise=False)
    count, current = chain.specimen.elements, platform.meter.current.ref_a

    def change(phi_deg: float) -> tuple[Floats, Floats]:
        load = exact.balanced(platform, current, phi_deg)
        before = phasor.powers(quiet, load, exact.REFERENCE)
        after = phasor.powers(quiet, load, Environment(air_c=REFERENCE_C + line.air_k))
        share = _common(z("line.air"))
        voltage = share * (after.rms[..., :count] / before.rms[..., :count] - 1.0)
        return voltage, share * (after.active_w / before.active_w - 1.0)

    voltage, power = change(0.0)
    return _Heat(voltage, power, change(exact.LAG_DEG)[1])


def _sigma_w(chain: Chain, load: Steady, line: Line) -> Floats:
    """Standard deviation of each element's power averaged over one point, W."""
    return np.asarray(phasor.powers(chain, load, exact.REFERENCE).active_sigma_w * np.sqrt(CELL_S / line.point_s))


def _sigma_u(chain: Chain, un_v: float, line: Line) -> Floats:
    """The same of the RMS voltage, relative to it: sigma of one sample over U and the root of the number of samples."""
    sample_v = np.sqrt(phasor.noise_square(chain)[..., : chain.specimen.elements])
    return np.asarray(sample_v / un_v / np.sqrt(line.point_s * TICKS_PER_SECOND))


def _misled(platform: Platform, specimen: Specimen, constants: Calibration, wrong: _Mistakes) -> Calibration:
    """Constants with which the meter errs as the line made it err.

    Gain: P is the product of both channels, so the current's gain takes what the voltage's does not. Phase: a current
    that is delayed by less reads more under a lagging load. Offset: found after the gain, with the same reference and
    in the same hall, so that their errors leave nothing there.
    """
    count = specimen.elements
    per_code, delay = _spread(constants.per_code, wrong.power), _spread(constants.delay_ticks, wrong.power)
    per_code[..., :count] *= 1.0 + wrong.voltage
    per_code[..., count : 2 * count] *= (1.0 + wrong.power) / (1.0 + wrong.voltage)
    ticks = wrong.angle / (2.0 * np.pi * platform.meter.frequency_hz) * TICKS_PER_SECOND
    settled = fir.step_of(delay[..., count : 2 * count] - ticks) / fir.DELAY_STEPS
    delay[..., count : 2 * count] = settled
    return replace(
        constants,
        per_code=per_code,
        delay_ticks=delay,
        active_w=constants.active_w + wrong.offset,
        reactive_var=constants.reactive_var + wrong.offset,
    )


def _spread(values: Floats, like: Floats) -> Floats:
    """A copy that has the batch axis of `like`, even where all specimens of the batch had the same constant."""
    return np.broadcast_to(values, np.broadcast_shapes(values.shape, (*like.shape[:-1], values.shape[-1]))).copy()


# ------------------------------------------------------------------------------------------------ what the line reports

RESIDUAL_FACTORS = {"1": 0.0, "0.5i": 60.0, "0.8c": -36.86989764584402}
"""Power factor -> lag of the current, degrees."""


class Residual(NamedTuple):
    """Error of the calibrated meter at one load, % of the true power; truth and not what the line's reference says."""

    current_a: float
    factor: str
    before_percent: float
    after_percent: float


def residual(platform: Platform, specimen: Specimen, constants: Calibration, points: int = 13) -> list[Residual]:
    """The residual curve of one meter from Imin to Imax, balanced, noise aside, with design values and calibrated."""
    chains = [exact.build(platform, specimen, each, "phasor", noise=False) for each in (design(platform), constants)]
    low, _, high = platform.meter.current
    return [
        Residual(float(current), factor, *(_percent(platform, chain, float(current), lag) for chain in chains))
        for factor, lag in RESIDUAL_FACTORS.items()
        for current in np.geomspace(low, high, points)
    ]


def _percent(platform: Platform, chain: Chain, current_a: float, lag_deg: float) -> float:
    """Error of the energy: a fast sample clock counts more ticks and so more of it."""
    seen = phasor.powers(chain, exact.balanced(platform, current_a, lag_deg), exact.REFERENCE)
    true = platform.elements * platform.meter.un_v * current_a * np.cos(np.radians(lag_deg))
    return float(100.0 * (seen.active_w.sum() * (1.0 + 1e-6 * float(chain.specimen.clock_ppm)) / true - 1.0))
