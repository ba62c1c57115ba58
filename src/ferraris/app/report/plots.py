"""Plots over an axis: lines, steps and points with shaded bands, and the error curve of a meter over current."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from math import isfinite
from typing import Literal, NamedTuple, TypeAlias

from ferraris.app.report.scales import Scale, labels, padded, place, spread, ticks
from ferraris.app.report.svg import COLOURS, coordinate, figure, legend, number, tag, text, words

Style: TypeAlias = Literal["line", "step", "points", "marked"]

WIDTH, HEIGHT = 760.0, 340.0
LEFT, RIGHT, TOP, BOTTOM = 70.0, 16.0, 34.0, 48.0


@dataclass(frozen=True)
class Axis:
    """What one axis shows. Limits left None come from the data; `nought` takes 0 into them."""

    label: str
    unit: str = ""
    log: bool = False
    low: float | None = None
    high: float | None = None
    nought: bool = False

    @property
    def title(self) -> str:
        """The label with its unit: "current / A", as ISO 80000-1 writes it."""
        return f"{self.label} / {self.unit}" if self.unit else self.label


@dataclass(frozen=True)
class Series:
    """One curve; a value that is not finite is a gap. "marked" is a line with its points, "step" holds each value."""

    name: str
    x: Sequence[float]
    y: Sequence[float]
    style: Style = "line"


class Band(NamedTuple):
    """The shaded stretch from `low` to `high` for x in [first, last]."""

    first: float
    last: float
    low: float
    high: float


class Limit(NamedTuple):
    """An error limit of ± `percent` for currents from `first_a` to `last_a`."""

    first_a: float
    last_a: float
    percent: float


class Frame(NamedTuple):
    """The drawing area: both scales and the size of the whole figure."""

    x: Scale
    y: Scale
    width: float = WIDTH
    height: float = HEIGHT


def line_plot(
    title: str,
    x: Axis,
    y: Axis,
    series: Sequence[Series],
    *,
    bands: Sequence[Band] = (),
    band_name: str = "limit",
    lines: Sequence[tuple[str, float]] = (),
    description: str = "",
) -> str:
    """A figure of curves over one x axis.

    bands        shaded stretches behind the curves, named once in the legend; `lines`  (name, y) horizontal markers
    description  what it shows, in words; left empty it names axes, series and their ranges
    """
    across = (v for s in series for v in s.x)
    along = [v for s in series for v in s.y] + [v for b in bands for v in (b.low, b.high)] + [v for _, v in lines]
    frame = _frame(x, y, across, along)
    names = [s.name for s in series] + ([band_name] if bands else [])
    marks = [f"c{k % COLOURS}" for k in range(len(series))] + (["band"] if bands else [])
    return figure(
        title,
        description or _in_words(x, y, series),
        frame.width,
        frame.height,
        *(_band(frame, b) for b in bands),
        axes(frame, x, y),
        *(_marker(frame, name, value) for name, value in lines),
        *(_curve(frame, s, k) for k, s in enumerate(series)),
        legend(names, LEFT, 18, marks) if len(names) > 1 else "",
    )


def error_curve(
    title: str, series: Sequence[Series], limits: Sequence[Limit], *, unit: str = "%", description: str = ""
) -> str:
    """Percentage error over current on a logarithmic axis, with the band each class limit leaves open."""
    bands = [Band(limit.first_a, limit.last_a, -limit.percent, limit.percent) for limit in limits]
    edges = [v for s in series for v in s.x] + [v for b in bands for v in (b.first, b.last)]
    low, high = spread(edges, log=True)
    x = Axis("current", "A", log=True, low=low / 1.1, high=high * 1.1)
    y = Axis("error", unit, nought=True)
    return line_plot(title, x, y, series, bands=bands, band_name="permitted", description=description)


def _frame(x: Axis, y: Axis, across: Iterable[float], along: Iterable[float]) -> Frame:
    def span(axis: Axis, values: Iterable[float], *, wide: bool) -> tuple[float, float]:
        low, high = spread(values, log=axis.log, nought=axis.nought)
        low, high = padded(low, high) if wide and not axis.log else (low, high)
        return (low if axis.low is None else axis.low), (high if axis.high is None else axis.high)

    return Frame(
        Scale(*span(x, across, wide=False), LEFT, WIDTH - RIGHT, x.log),
        Scale(*span(y, along, wide=True), HEIGHT - BOTTOM, TOP, y.log),
    )


def axes(frame: Frame, x: Axis, y: Axis, *, upright: bool = True) -> str:
    """Grid lines, numbers and titles of both axes; without `upright` the x axis has its title only."""
    across, along = ticks(frame.x, 8) if upright else [], ticks(frame.y)
    left, right, bottom, top = frame.x.start, frame.x.end, frame.y.start, frame.y.end
    parts = [tag("path", d=_grid(frame, across, along), class_="grid")]
    for value, label in zip(across, labels(across), strict=True):
        parts.append(text(label, place(frame.x, value), bottom + 17))
    for value, label in zip(along, labels(along), strict=True):
        parts.append(text(label, left - 7, place(frame.y, value) + 4, anchor="end"))
    if frame.y.low <= 0.0 <= frame.y.high and not frame.y.log:
        parts.append(_straight(left, place(frame.y, 0.0), right, place(frame.y, 0.0), "axis"))
    parts.append(text(x.title, (left + right) / 2, frame.height - 8, "title"))
    middle = (top + bottom) / 2
    parts.append(text(y.title, 0, 0, "title", transform=f"translate(15 {coordinate(middle)}) rotate(-90)"))
    return "".join(parts)


def _grid(frame: Frame, across: list[float], along: list[float]) -> str:
    upright = (f"M{coordinate(place(frame.x, v))} {frame.y.start:g}V{frame.y.end:g}" for v in across)
    level = (f"M{frame.x.start:g} {coordinate(place(frame.y, v))}H{frame.x.end:g}" for v in along)
    return "".join((*upright, *level))


def _straight(x1: float, y1: float, x2: float, y2: float, kind: str) -> str:
    return tag("line", x1=x1, y1=y1, x2=x2, y2=y2, class_=kind)


def _marker(frame: Frame, name: str, value: float) -> str:
    at = place(frame.y, value)
    return _straight(frame.x.start, at, frame.x.end, at, "marker") + text(name, frame.x.end - 4, at - 4, "note", "end")


def _band(frame: Frame, band: Band) -> str:
    left, right = place(frame.x, band.first), place(frame.x, band.last)
    top, bottom = place(frame.y, band.high), place(frame.y, band.low)
    return tag("rect", x=left, y=top, width=max(right - left, 0.5), height=max(bottom - top, 0.5), class_="fill band")


def _curve(frame: Frame, series: Series, k: int) -> str:
    points = list(zip(series.x, series.y, strict=True))
    seen = [(place(frame.x, a), place(frame.y, b)) for a, b in points if isfinite(a) and isfinite(b)]
    parts = []
    if series.style != "points":
        parts.append(tag("path", d=_path(frame, points, step=series.style == "step"), class_=f"line c{k % COLOURS}"))
    if series.style in {"points", "marked"}:
        draw = SHAPES[k % len(SHAPES)]
        parts += [tag("path", d=draw(a, b), class_=f"fill c{k % COLOURS}") for a, b in seen]
    return tag("g", tag("title", words(series.name)), *parts)


def _path(frame: Frame, points: list[tuple[float, float]], *, step: bool) -> str:
    parts, pen = [], False
    for a, b in points:
        if not (isfinite(a) and isfinite(b)):
            pen = False
            continue
        x, y = coordinate(place(frame.x, a)), coordinate(place(frame.y, b))
        parts.append(f"M{x} {y}" if not pen else f"H{x}V{y}" if step else f"L{x} {y}")
        pen = True
    return "".join(parts)


def _disc(x: float, y: float) -> str:
    return f"M{coordinate(x - 3.5)} {coordinate(y)}a3.5 3.5 0 1 0 7 0a3.5 3.5 0 1 0 -7 0"


def _square(x: float, y: float) -> str:
    return f"M{coordinate(x - 3)} {coordinate(y - 3)}h6v6h-6z"


def _triangle(x: float, y: float) -> str:
    return f"M{coordinate(x)} {coordinate(y - 4.5)}l4 7h-8z"


def _diamond(x: float, y: float) -> str:
    return f"M{coordinate(x)} {coordinate(y - 4.5)}l4.5 4.5l-4.5 4.5l-4.5 -4.5z"


SHAPES: tuple[Callable[[float, float], str], ...] = (_disc, _square, _triangle, _diamond)
"""Point shapes, so that curves differ by more than colour."""


def _in_words(x: Axis, y: Axis, series: Sequence[Series]) -> str:
    parts = []
    for s in series:
        low, high = spread(s.y)
        parts.append(f"{s.name}: {number(low, 4)} to {number(high, 4)} {y.unit}".strip())
    return f"{y.title} over {x.title}. {'; '.join(parts)}."
