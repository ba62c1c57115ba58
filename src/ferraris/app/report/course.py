"""Figures over a stretch of time: curves or stacked columns with lanes of coloured bars below them."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite
from typing import NamedTuple

from ferraris.app.report.plots import LEFT, RIGHT, TOP, WIDTH, Axis, Frame, Series
from ferraris.app.report.scales import Scale, labels, padded, place, spread, ticks
from ferraris.app.report.svg import COLOURS, coordinate, figure, legend, number, tag, text

PLOT_HEIGHT = 210.0
LANE_HEIGHT, LANE_GAP = 16.0, 8.0
FOOT = 40.0


class Stretch(NamedTuple):
    """A bar of a lane from `first` to `last`, in the unit of the axis; `mark` is its CSS class."""

    first: float
    last: float
    mark: str
    hint: str


class Lane(NamedTuple):
    """A named row of bars."""

    name: str
    stretches: Sequence[Stretch]


class Column(NamedTuple):
    """A stacked column from `first` to `last`: one value for each name of the stack."""

    first: float
    last: float
    values: Sequence[float]


@dataclass(frozen=True)
class Course:
    """The time axis of a figure: where it begins and ends, and what is written where."""

    low: float
    high: float
    ticks: Sequence[tuple[float, str]]
    title: str


def curves(
    title: str,
    x: Course,
    y: Axis,
    series: Sequence[Series],
    *,
    points: Series | None = None,
    lanes: Sequence[Lane] = (),
    description: str = "",
) -> str:
    """Held values over time, single points on top of them, lanes below."""
    values = [v for s in (*series, *([points] if points else [])) for v in s.y]
    frame = _frame(x, values, nought=y.nought)
    names = [s.name for s in (*series, *([points] if points else []))]
    drawn = [tag("path", d=_steps(frame, s), class_=f"line c{k % COLOURS}") for k, s in enumerate(series)]
    if points is not None:
        mark = f"c{len(series) % COLOURS}"
        drawn += [_point(frame, a, b, mark, y.unit) for a, b in zip(points.x, points.y, strict=True)]
    return _whole(
        title, description or f"{y.title} over time", frame, x, y, drawn, names if len(names) > 1 else [], lanes
    )


def columns(
    title: str, x: Course, y: Axis, names: Sequence[str], stacks: Sequence[Column], *, description: str = ""
) -> str:
    """Stacked columns over time, one colour for each name."""
    frame = _frame(x, [sum(stack.values) for stack in stacks], nought=True)
    drawn = [part for stack in stacks for part in _stack(frame, stack, names, y.unit)]
    said = description or f"{y.title} of {len(stacks)} periods"
    return _whole(title, said, frame, x, y, drawn, list(names) if len(names) > 1 else [], ())


def _frame(x: Course, values: Sequence[float], *, nought: bool) -> Frame:
    low, high = padded(*spread(values, nought=nought))
    return Frame(Scale(x.low, x.high, LEFT, WIDTH - RIGHT), Scale(low, high, TOP + PLOT_HEIGHT, TOP))


def _whole(
    title: str,
    description: str,
    frame: Frame,
    x: Course,
    y: Axis,
    drawn: Sequence[str],
    names: list[str],
    lanes: Sequence[Lane],
) -> str:
    below = frame.y.start + LANE_GAP
    foot = below + len(lanes) * (LANE_HEIGHT + LANE_GAP)
    parts = [part for k, lane in enumerate(lanes) for part in _lane(frame, lane, below + k * (LANE_HEIGHT + LANE_GAP))]
    height = foot + FOOT
    return figure(
        title,
        description,
        WIDTH,
        height,
        _grid(frame, x, y, foot),
        *drawn,
        *parts,
        text(x.title, (frame.x.start + frame.x.end) / 2, height - 6, "title"),
        legend(names, LEFT, 18) if names else "",
    )


def _grid(frame: Frame, x: Course, y: Axis, foot: float) -> str:
    along = ticks(frame.y, 5)
    left, right = frame.x.start, frame.x.end
    upright = (f"M{coordinate(place(frame.x, at))} {coordinate(foot)}V{frame.y.end:g}" for at, _ in x.ticks)
    level = (f"M{left:g} {coordinate(place(frame.y, v))}H{right:g}" for v in along)
    parts = [tag("path", d="".join((*upright, *level)), class_="grid")]
    parts += [_named(place(frame.x, at), foot + 16, said, right) for at, said in x.ticks if said]
    parts += [
        text(said, left - 7, place(frame.y, v) + 4, anchor="end") for v, said in zip(along, labels(along), strict=True)
    ]
    if frame.y.low <= 0.0 <= frame.y.high:
        nought = place(frame.y, 0.0)
        parts.append(tag("line", x1=left, y1=nought, x2=right, y2=nought, class_="axis"))
    middle = coordinate((frame.y.start + frame.y.end) / 2)
    parts.append(text(y.title, 0, 0, "title", transform=f"translate(15 {middle}) rotate(-90)"))
    return "".join(parts)


def _named(x: float, y: float, said: str, right: float) -> str:
    """A tick's name; one near the right edge ends at it, so that nothing is cut off."""
    overhangs = x + 3.5 * len(said) > right + RIGHT
    return text(said, right + RIGHT if overhangs else x, y, anchor="end" if overhangs else "middle")


def _steps(frame: Frame, series: Series) -> str:
    """Every value is held until the next one; what is not finite is a gap."""
    parts, pen = [], False
    for a, b in zip(series.x, series.y, strict=True):
        x = coordinate(place(frame.x, a))
        if not isfinite(b):
            parts += [f"H{x}"] if pen else []
            pen = False
            continue
        y = coordinate(place(frame.y, b))
        parts.append(f"H{x}V{y}" if pen else f"M{x} {y}")
        pen = True
    return "".join(parts)


def _point(frame: Frame, a: float, b: float, mark: str, unit: str) -> str:
    x, y = place(frame.x, a), place(frame.y, b)
    shape = f"M{coordinate(x)} {coordinate(y - 4.5)}l4.5 4.5l-4.5 4.5l-4.5 -4.5z"
    return tag("path", tag("title", f"{number(b, 5)} {unit}"), d=shape, class_=f"fill {mark}")


def _stack(frame: Frame, stack: Column, names: Sequence[str], unit: str) -> list[str]:
    left, right = place(frame.x, stack.first), place(frame.x, stack.last)
    gap = min(0.12 * (right - left), 3.0)
    parts, foot = [], 0.0
    for k, (name, value) in enumerate(zip(names, stack.values, strict=True)):
        if value <= 0.0:
            continue
        top, bottom = place(frame.y, foot + value), place(frame.y, foot)
        hint = tag("title", f"{name}: {number(value, 5)} {unit}".strip())
        mark = f"fill c{k % COLOURS}"
        size = {"width": right - left - 2 * gap, "height": bottom - top}
        parts.append(tag("rect", hint, x=left + gap, y=top, class_=mark, **size))
        foot += value
    return parts


def _lane(frame: Frame, lane: Lane, top: float) -> list[str]:
    parts = [text(lane.name, frame.x.start - 7, top + LANE_HEIGHT - 4, anchor="end")]
    for stretch in lane.stretches:
        left, right = place(frame.x, stretch.first), place(frame.x, stretch.last)
        bar = {"x": left, "y": top, "width": max(right - left, 1.5), "height": LANE_HEIGHT}
        parts.append(tag("rect", tag("title", stretch.hint), class_=stretch.mark, **bar))
    return parts
