"""The phasor diagram: voltages and currents as arrows, each kind to its own longest arrow."""

from cmath import phase
from collections.abc import Sequence
from math import cos, degrees, radians, sin
from typing import NamedTuple

from ferraris.app.report.svg import COLOURS, coordinate, figure, number, tag, text

SIZE = 460.0
CENTRE = SIZE / 2
LONGEST = {"V": 165.0, "A": 110.0}
"""Length of the longest arrow of a unit: voltages reach further than currents, so that neither hides the other."""


class Arrow(NamedTuple):
    """One phasor: RMS value as a complex number, in V or A; `colour` is its place in the palette."""

    name: str
    value: complex
    unit: str
    colour: int = 0


def phasor_diagram(title: str, arrows: Sequence[Arrow], *, description: str = "") -> str:
    """Arrows from one origin, 0 degrees to the right, angles counter-clockwise; a lagging current lies clockwise."""
    longest = {unit: max((abs(a.value) for a in arrows if a.unit == unit), default=0.0) for unit in LONGEST}
    said = "; ".join(
        f"{a.name} {number(abs(a.value), 4)} {a.unit} at {number(degrees(phase(a.value)), 4)}°" for a in arrows
    )
    drawn = [_arrow(a, abs(a.value) / longest[a.unit] * LONGEST[a.unit]) for a in arrows if longest[a.unit] > 0.0]
    return figure(title, description or f"{said}.", SIZE, SIZE, _compass(), *drawn)


def _compass() -> str:
    rings = "".join(tag("circle", cx=CENTRE, cy=CENTRE, r=r, class_="ring") for r in (LONGEST["A"], LONGEST["V"]))
    spokes, names = [], []
    for angle in range(0, 360, 30):
        x, y = _at(LONGEST["V"], angle)
        spokes.append(f"M{coordinate(CENTRE)} {coordinate(CENTRE)}L{coordinate(x)} {coordinate(y)}")
        x, y = _at(LONGEST["V"] + 42, angle)
        signed = angle if angle <= 180 else angle - 360
        names.append(text(f"{number(signed)}°", x, y + 4))
    return rings + tag("path", d="".join(spokes), class_="grid") + "".join(names)


def _at(radius: float, angle_deg: float) -> tuple[float, float]:
    return CENTRE + radius * cos(radians(angle_deg)), CENTRE - radius * sin(radians(angle_deg))


def _arrow(arrow: Arrow, length: float) -> str:
    """Currents are dashed: they differ from voltages by more than length."""
    if length < 1.0:
        return ""
    angle = degrees(phase(arrow.value))
    tip = _at(length, angle)
    left, right = _at_from(tip, angle + 158), _at_from(tip, angle - 158)
    head = "M" + "L".join(f"{coordinate(x)} {coordinate(y)}" for x, y in (tip, left, right)) + "z"
    kind = f"c{arrow.colour % COLOURS}" + (" dashed" if arrow.unit == "A" else "")
    shaft = tag("line", x1=CENTRE, y1=CENTRE, x2=tip[0], y2=tip[1], class_=f"line thick {kind}")
    label_x, label_y = _at(length + 14, angle)
    hint = tag("title", f"{arrow.name}: {number(abs(arrow.value), 5)} {arrow.unit} at {number(angle, 5)}°")
    name = text(arrow.name, label_x, label_y + 4, "name")
    return tag("g", hint, shaft, tag("path", d=head, class_=f"fill c{arrow.colour % COLOURS}"), name)


def _at_from(tip: tuple[float, float], angle_deg: float) -> tuple[float, float]:
    return tip[0] + 11 * cos(radians(angle_deg)), tip[1] - 11 * sin(radians(angle_deg))
