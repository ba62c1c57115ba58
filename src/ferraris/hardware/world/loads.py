"""Loads: what current a household, a shop or a roof full of panels draws from a given voltage.

A load states its power per phase at nominal voltage, so its tuple has as many entries as the source has phases. Current
is positive into the load (import); `draw` gives it as RMS phasors on the load's own list of orders, `add` puts several
loads on one list. `Daily` and `Cycled` wrap a load and change it with time; `acting` takes them off again.
"""

from dataclasses import dataclass
from math import pi
from typing import NamedTuple, TypeAlias, assert_never

import numpy as np

from ferraris.hardware.world.mains import NANOSECONDS, Complexes, Floats
from ferraris.hardware.world.source import Tones

PerPhase: TypeAlias = tuple[float, ...]

DAY_S = 86_400.0
FOREVER_NS = 2**63 - 1
"""`until` of what never changes: 292 years, the largest time a signed 64-bit count of nanoseconds can say."""
STARTING_STEP_NS = 20_000_000
"""A starting motor's current is held constant for this long, about one cycle."""
STARTING_TIME_CONSTANTS = 7
"""After this many time constants the inrush (then below 0.1 % of itself) is dropped and the motor runs."""
STARTING_POWER_FACTOR = 0.35
"""Power factor of the inrush of a direct-on-line induction motor: 0.2 to 0.4 is usual (recalled, unverified)."""
LOWEST_VOLTAGE = 0.5
"""Below this fraction of nominal voltage a constant-power load becomes the impedance it has there (our choice)."""
INVERTER_WINDOW = (0.8, 1.15)
"""Fraction of nominal voltage in which a PV inverter feeds in (as EN 50549-1; recalled, unverified)."""


@dataclass(frozen=True)
class ConstantPower:
    """Takes the same active and reactive power whatever the voltage: sinusoidal current at the fundamental.

    power_w       active power per phase, W; negative is export
    reactive_var  reactive power per phase, var, positive inductive; empty is none. See `at_power_factor`.
    """

    power_w: PerPhase
    reactive_var: PerPhase = ()


@dataclass(frozen=True)
class Resistive:
    """A heater: a resistance in each phase that takes `power_w` (W) at nominal voltage; harmonics and DC follow Ohm."""

    power_w: PerPhase


@dataclass(frozen=True)
class Motor:
    """A lagging load: resistance and inductance in series, sized at nominal voltage and the fundamental.

    power_w       W per phase while running; power_factor lagging, in (0, 1]
    inrush        starting current over running current (6 to 8 direct on line; recalled), 1 = none
    starting_s    time constant of its decay, s (0.1 to 0.5 s; recalled)
    Held to order h the impedance is R + j*h*X; slip is not modelled.
    """

    power_w: PerPhase
    power_factor: float = 0.8
    inrush: float = 1.0
    starting_s: float = 0.15


@dataclass(frozen=True)
class Rectifier:
    """Diode bridge with smoothing capacitor: one current pulse around each voltage peak.

    The pulse is half a period of a cosine, `conduction_deg` wide, centred `lead_deg` before the peak of the
    fundamental (the capacitor stops charging soon after the peak, so the pulse comes early). See `pulse_harmonics`.
    power_w is the active power at the fundamental, W per phase, whatever the voltage; orders up to `highest_order`.
    """

    power_w: PerPhase
    conduction_deg: float = 60.0
    lead_deg: float = 8.0
    highest_order: int = 39


@dataclass(frozen=True)
class PvExport:
    """Photovoltaic inverter: feeds `power_w` (W per phase, positive) at a power factor; sinusoidal current.

    power_factor  in (0, 1]; `absorbs` True: it takes reactive power from the grid (Q > 0), False: it gives
    Outside `INVERTER_WINDOW` it stands still: no grid, no feed-in.
    """

    power_w: PerPhase
    power_factor: float = 1.0
    absorbs: bool = True


@dataclass(frozen=True)
class Daily:
    """A load multiplied by a profile: `steps` factors of equal length over a day that begins at t = 0, then again."""

    load: "Load"
    steps: tuple[float, ...]
    day_s: float = DAY_S


@dataclass(frozen=True)
class Cycled:
    """A load that is on for `on_s` at the start of every `period_s`, first at `first_s` (and off before it)."""

    load: "Load"
    period_s: float
    on_s: float
    first_s: float = 0.0


Plain: TypeAlias = ConstantPower | Resistive | Motor | Rectifier | PvExport
Load: TypeAlias = Plain | Daily | Cycled


class Acting(NamedTuple):
    """What a load is at one moment: a plain load times a factor, unchanged until `until_ns`.

    `since_ns` is the time since it was switched on as far as its current depends on it (0 where it does not).
    """

    load: Plain
    scale: float
    since_ns: int
    until_ns: int


def at_power_factor(power_w: PerPhase, power_factor: float, *, leading: bool = False) -> ConstantPower:
    """Constant power with Q from the power factor: Q = P*tan(acos PF), inductive unless `leading`."""
    tangent = np.tan(np.arccos(power_factor)) * (-1 if leading else 1)
    return ConstantPower(power_w, tuple(float(power * tangent) for power in power_w))


def evenly(total_w: float, phases: int) -> PerPhase:
    """Share a power equally between the phases."""
    return (total_w / phases,) * phases


def phases(load: Load) -> int:
    """Return for how many phases a load is described."""
    match load:
        case Daily() | Cycled():
            return phases(load.load)
        case _:
            return len(load.power_w)


def acting(load: Load, t_ns: int) -> Acting:
    """Return what `load` is at t_ns >= 0, and until when it stays that."""
    match load:
        case Daily():
            return _daily(load, t_ns)
        case Cycled():
            return _cycled(load, t_ns)
        case Motor():
            return _starting(load, t_ns)
        case ConstantPower() | Resistive() | Rectifier() | PvExport():
            return Acting(load, 1.0, 0, FOREVER_NS)
        case _:
            assert_never(load)


def _daily(daily: Daily, t_ns: int) -> Acting:
    """Scale by the step of the day; steps end at the nanosecond at or after their exact end."""
    day_ns, count = round(daily.day_s * NANOSECONDS), len(daily.steps)
    day, within = divmod(t_ns, day_ns)
    step = within * count // day_ns
    end_ns = day * day_ns - (-(step + 1) * day_ns // count)
    inner = acting(daily.load, t_ns)
    return inner._replace(scale=inner.scale * daily.steps[step], until_ns=min(inner.until_ns, end_ns))


def _cycled(cycled: Cycled, t_ns: int) -> Acting:
    """Switch on and off; the inner load counts its own time from the moment it was switched on."""
    period_ns, on_ns = round(cycled.period_s * NANOSECONDS), round(cycled.on_s * NANOSECONDS)
    elapsed = t_ns - round(cycled.first_s * NANOSECONDS)
    within = elapsed % period_ns if elapsed >= 0 else on_ns
    on_since = t_ns - within
    inner = acting(cycled.load, max(within, 0))
    if elapsed < 0:
        return inner._replace(scale=0.0, since_ns=0, until_ns=t_ns - elapsed)
    if within >= on_ns:
        return inner._replace(scale=0.0, since_ns=0, until_ns=on_since + period_ns)
    change_ns = on_ns if inner.until_ns == FOREVER_NS else min(on_ns, inner.until_ns)
    return inner._replace(until_ns=on_since + change_ns)


def _starting(motor: Motor, t_ns: int) -> Acting:
    """Hold the inrush constant in steps until it has died away."""
    over_ns = round(motor.starting_s * NANOSECONDS * STARTING_TIME_CONSTANTS) if motor.inrush > 1 else 0
    if t_ns >= over_ns:
        return Acting(motor, 1.0, over_ns, FOREVER_NS)
    step = t_ns // STARTING_STEP_NS
    return Acting(motor, 1.0, step * STARTING_STEP_NS, min((step + 1) * STARTING_STEP_NS, over_ns))


def draw(now: Acting, voltage: Tones, nominal_v: float) -> Tones:
    """Return the current phasors (A RMS) that an acting load takes from the voltages of all phases."""
    tones = _plain(now.load, voltage, nominal_v, now.since_ns / NANOSECONDS)
    return Tones(tones.orders, tones.phasors * now.scale)


def _plain(load: Plain, voltage: Tones, nominal_v: float, since_s: float) -> Tones:
    """Current of a load without wrappers; `since_s` seconds after it was switched on."""
    fundamental = _fundamental(voltage)
    match load:
        case ConstantPower():
            reactive = load.reactive_var or (0.0,) * len(load.power_w)
            power = np.array(load.power_w) + 1j * np.array(reactive)
            return _at_fundamental(_constant_power(power, fundamental, LOWEST_VOLTAGE * nominal_v))
        case Resistive():
            conductance = np.array(load.power_w)[:, None] / nominal_v**2
            return Tones(voltage.orders, voltage.phasors * conductance)
        case Motor():
            return _motor(load, voltage, nominal_v, since_s)
        case Rectifier():
            return _rectifier(load, fundamental, nominal_v)
        case PvExport():
            return _at_fundamental(_inverter(load, fundamental, nominal_v))
        case _:
            assert_never(load)


def _fundamental(voltage: Tones) -> Complexes:
    """Voltage phasor of the fundamental of each phase, (elements,)."""
    column: Complexes = voltage.phasors[:, int(np.searchsorted(voltage.orders, 1.0))]
    return column


def _at_fundamental(phasors: Complexes) -> Tones:
    """Tones of a current that has a fundamental only."""
    return Tones(np.array([1.0]), phasors[:, None])


def _constant_power(power: Complexes, voltage: Complexes, lowest_v: float) -> Complexes:
    """I = conj(S/U); below `lowest_v` the impedance that takes S at `lowest_v`, so that no voltage means no current."""
    reference = np.maximum(np.abs(voltage), lowest_v)
    current: Complexes = np.conj(power) * voltage / reference**2
    return current


def _motor(motor: Motor, voltage: Tones, nominal_v: float, since_s: float) -> Tones:
    """Series R-L at every order, and the inrush of the first moments at its own power factor."""
    power = np.array(motor.power_w)[:, None]
    running = _series_admittance(power, motor.power_factor, voltage.orders, nominal_v)
    extra = (motor.inrush - 1) * np.exp(-since_s / motor.starting_s) if motor.inrush > 1 else 0.0
    if since_s > motor.starting_s * STARTING_TIME_CONSTANTS * (1 - 1e-9):  # the settled age was rounded to nanoseconds
        extra = 0.0
    starting_w = power * STARTING_POWER_FACTOR / motor.power_factor  # same magnitude of current, other angle
    starting = _series_admittance(starting_w, STARTING_POWER_FACTOR, voltage.orders, nominal_v)
    return Tones(voltage.orders, voltage.phasors * (running + extra * starting))


def _series_admittance(power: Floats, power_factor: float, orders: Floats, nominal_v: float) -> Complexes:
    """Y = 1/(R + j*h*X) that takes `power` (elements, 1) at `power_factor` and order 1.

    No DC: R stands mostly for the power at the shaft, which a direct voltage does not turn.
    """
    tangent = np.tan(np.arccos(power_factor))
    scale = power / nominal_v**2 * (1 + tangent**2)  # 1/R, as P = U^2*R/(R^2 + X^2)
    admittance: Complexes = np.where(orders == 0, 0.0, scale / (1 + 1j * orders * tangent))
    return admittance


def _rectifier(load: Rectifier, voltage: Complexes, nominal_v: float) -> Tones:
    """Pulse spectrum with each phase's power and angle: I_k = I1*(c_k/c_1)*exp(j*k*(angle + lead))."""
    orders = np.arange(1, load.highest_order + 1, 2, dtype=float)
    shape = pulse_harmonics(orders, np.radians(load.conduction_deg))
    lead = np.radians(load.lead_deg)
    power = np.array(load.power_w, dtype=complex)
    in_phase = np.abs(_constant_power(power, voltage, LOWEST_VOLTAGE * nominal_v)) / np.cos(lead)
    turns = np.exp(1j * np.outer(np.angle(voltage) + lead, orders))
    return Tones(orders, in_phase[:, None] * (shape / shape[0]) * turns)


def pulse_harmonics(orders: Floats, conduction: float) -> Floats:
    """Fourier coefficients of two opposite half-cosine pulses per cycle, at odd orders, up to a common factor.

    c_k = integral of cos(a*x)*cos(k*x) over |x| < w with w = conduction/2 and a = pi/(2*w)
        = 2*a*cos(k*w)/(a^2 - k^2),  and w at k = a (the limit).
    Own derivation of the textbook pulse of a capacitor-input rectifier; holds for conduction angles below pi.
    """
    width = conduction / 2
    a = pi / (2 * width)
    resonant = np.isclose(orders, a)
    denominator = np.where(resonant, 1.0, a**2 - orders**2)
    coefficients: Floats = np.where(resonant, width, 2 * a * np.cos(orders * width) / denominator)
    return coefficients


def _inverter(load: PvExport, voltage: Complexes, nominal_v: float) -> Complexes:
    """Feed in -P with the Q of its power factor, while the phase's voltage is inside the window."""
    tangent = np.tan(np.arccos(load.power_factor)) * (1 if load.absorbs else -1)
    power = -np.array(load.power_w) * (1 - 1j * tangent)
    low, high = INVERTER_WINDOW
    magnitude = np.abs(voltage)
    inside = (magnitude >= low * nominal_v) & (magnitude <= high * nominal_v)
    return np.where(inside, _constant_power(power, voltage, low * nominal_v), 0.0)


def add(parts: list[Tones], elements: int) -> Tones:
    """Sum the currents of several loads on the union of their orders; no load at all is a fundamental of zero."""
    orders = np.unique(np.concatenate([part.orders for part in parts])) if parts else np.array([1.0])
    total = np.zeros((elements, len(orders)), dtype=complex)
    for part in parts:
        total += place(part, orders)
    return Tones(orders, total)


def place(tones: Tones, orders: Floats) -> Complexes:
    """Put phasors on a longer list of orders that contains all of theirs."""
    placed = np.zeros((len(tones.phasors), len(orders)), dtype=complex)
    placed[:, np.searchsorted(orders, tones.orders)] = tones.phasors
    return placed
