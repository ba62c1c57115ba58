"""What the laboratory can be asked to set up and measure: load points, and the few tests that are not an error.

All of them are plain values, equal when they ask the same: a point that several rows need is measured once.
"""

from dataclasses import dataclass
from typing import Literal, TypeAlias

from ferraris.hardware.chain.specimen import REFERENCE_C
from ferraris.verify.accuracy import Condition
from ferraris.verify.limits import Energy

Wave: TypeAlias = Literal["sine", "fifth harmonic", "phase-fired", "burst", "half wave"]


@dataclass(frozen=True)
class Tone:
    """One more tone on top of the load, at a multiple of the mains frequency that need not be whole."""

    order: float
    voltage: float = 0.0
    """RMS, in terms of Un."""
    current_a: float = 0.0


@dataclass(frozen=True)
class Point:
    """A load and its surroundings under which the error is wanted.

    current_a    RMS, A; of a switched wave that of the sine before switching
    factor       power factor ("1", "0.5i", "0.8c"); of reactive energy sin phi
    export       power flows out of the load
    loaded       the one element that carries current (0 is the first); None: all of them
    voltage, frequency   in terms of Un and of the reference frequency
    interrupted  elements without voltage and current
    alternating_t, static_t  induction at the meter, T
    field_deg    angle of the alternating induction against the voltage of L1, degrees
    field_turned elements whose sensors face it the other way round
    soak_s       time that the load has stood before the test begins, s
    """

    current_a: float
    factor: str = "1"
    energy: Energy = "active"
    export: bool = False
    loaded: int | None = None
    voltage: float = 1.0
    frequency: float = 1.0
    air_c: float = REFERENCE_C
    reversed_sequence: bool = False
    interrupted: tuple[int, ...] = ()
    wave: Wave = "sine"
    tone: Tone | None = None
    alternating_t: float = 0.0
    field_deg: float = 0.0
    field_turned: tuple[int, ...] = ()
    static_t: float = 0.0
    soak_s: float = 0.0

    def __str__(self) -> str:
        """How a report names it."""
        name = {"active": "PF", "reactive": "sin φ"}[self.energy]
        words = [f"{self.current_a:.4g} A", f"{name} {self.factor}", "export" if self.export else ""]
        words += [f"L{self.loaded + 1} alone loaded" if self.loaded is not None else ""]
        words += [f"{self.voltage:g} Un" if self.voltage != 1.0 else ""]
        words += [f"{self.frequency:g} fn" if self.frequency != 1.0 else ""]
        words += [f"{self.air_c:g} °C" if self.air_c != REFERENCE_C else ""]
        words += ["reversed phase sequence" if self.reversed_sequence else ""]
        words += ["without " + " and ".join(f"L{e + 1}" for e in self.interrupted) if self.interrupted else ""]
        words += [self.wave if self.wave != "sine" else "", self._tone()]
        words += [self._field() if self.alternating_t else ""]
        words += [f"{1e3 * self.static_t:g} mT static" if self.static_t else ""]
        words += [f"after {self.soak_s / 60.0:g} min" if self.soak_s else ""]
        return ", ".join(word for word in words if word)

    def _field(self) -> str:
        turned = "".join(f", L{e + 1} facing it the other way" for e in self.field_turned)
        return f"{1e3 * self.alternating_t:g} mT alternating at {self.field_deg:g}°{turned}"

    def _tone(self) -> str:
        if self.tone is None:
            return ""
        what = f"{self.tone.voltage:g} Un" if self.tone.voltage else f"{self.tone.current_a:.3g} A"
        return f"{what} at {self.tone.order:g} fn"


@dataclass(frozen=True)
class Repeats:
    """The same error several times in a row: the result is the standard deviation, %."""

    point: Point
    count: int = 5


@dataclass(frozen=True)
class Starting:
    """Starting current from rest: pulses within `times` the time between two pulses of an exact meter."""

    point: Point
    times: float


@dataclass(frozen=True)
class NoLoad:
    """Voltage alone: pulses within `seconds`."""

    energy: Energy
    voltage: float
    seconds: float


@dataclass(frozen=True)
class Constant:
    """Energy of `pulses` pulses of the test output against what the registers added meanwhile, %."""

    point: Point
    pulses: int


Task: TypeAlias = Point | Repeats | Starting | NoLoad | Constant


def of_condition(condition: Condition, energy: Energy, element: int) -> Point:
    """The point that means the same as a condition of the accuracy tables; `element` is the one loaded alone."""
    return Point(
        current_a=condition.current_a,
        factor=condition.factor,
        energy=energy,
        loaded=element if condition.single_phase else None,
        air_c=condition.air_c,
        voltage=condition.voltage,
        frequency=condition.frequency,
    )
