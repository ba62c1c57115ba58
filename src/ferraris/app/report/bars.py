"""Bars: groups side by side over a category (harmonics), and a ranking from the longest down (contributions)."""

from collections.abc import Sequence
from typing import NamedTuple

from ferraris.app.report.plots import BOTTOM, HEIGHT, LEFT, RIGHT, TOP, WIDTH, Axis, Frame, axes
from ferraris.app.report.scales import Scale, padded, place, spread, ticks
from ferraris.app.report.svg import COLOURS, coordinate, figure, legend, number, tag, text, words


class Group(NamedTuple):
    """One colour of bars: a value for each category."""

    name: str
    values: Sequence[float]


class Bar(NamedTuple):
    """One row of a ranking. `mark` is a CSS class: "pass", "fail", "warn" or "" for the plain colour."""

    name: str
    value: float
    mark: str = ""


def bar_chart(
    title: str, x: Axis, y: Axis, categories: Sequence[str], groups: Sequence[Group], *, description: str = ""
) -> str:
    """Bars side by side for each category; every bar carries its value as a tooltip."""
    values = [v for group in groups for v in group.values]
    low, high = padded(*spread(values, nought=True))
    slots = len(categories)
    frame = Frame(Scale(0.0, float(max(slots, 1)), LEFT, WIDTH - RIGHT), Scale(low, high, HEIGHT - BOTTOM, TOP))
    return figure(
        title,
        description or f"{y.title} for {slots} values of {x.label}: {', '.join(group.name for group in groups)}.",
        WIDTH,
        HEIGHT,
        axes(frame, x, y, upright=False),
        *(_group(frame, group, k, len(groups), categories, y) for k, group in enumerate(groups)),
        _categories(frame, categories),
        legend([group.name for group in groups], LEFT, 18) if len(groups) > 1 else "",
    )


def _categories(frame: Frame, names: Sequence[str]) -> str:
    every = max(1, -(-sum(len(name) + 1 for name in names) * 8 // int(WIDTH - LEFT - RIGHT)))
    spots = ((k, name) for k, name in enumerate(names) if k % every == 0)
    return "".join(text(name, place(frame.x, k + 0.5), frame.y.start + 17) for k, name in spots)


def _group(frame: Frame, group: Group, k: int, groups: int, categories: Sequence[str], y: Axis) -> str:
    slot = place(frame.x, 1.0) - place(frame.x, 0.0)
    wide = 0.8 * slot / groups
    parts = []
    for n, value in enumerate(group.values):
        left = place(frame.x, float(n)) + 0.1 * slot + k * wide
        top, foot = sorted((place(frame.y, value), place(frame.y, 0.0)))
        hint = tag("title", words(f"{categories[n]}: {group.name} {number(value, 4)} {y.unit}"))
        parts.append(
            tag(
                "rect",
                hint,
                x=left,
                y=top,
                width=max(wide - 0.5, 0.6),
                height=foot - top,
                class_=f"fill c{k % COLOURS}",
            )
        )
    return "".join(parts)


def ranked_bars(
    title: str,
    unit: str,
    bars: Sequence[Bar],
    *,
    limit: tuple[str, float] | None = None,
    longest: int = 20,
    description: str = "",
) -> str:
    """Horizontal bars from the largest magnitude down, at most `longest`; `limit` draws a named vertical line."""
    rows = sorted(bars, key=lambda bar: -abs(bar.value))[:longest]
    values = [bar.value for bar in rows] + ([limit[1]] if limit else [])
    low, high = padded(*spread(values, nought=True))
    gutter = 20.0 + 8.5 * max((len(bar.name) for bar in rows), default=0)
    scale = Scale(low, high, gutter + (60.0 if low < 0.0 else 0.0), WIDTH - 90.0)
    height = 60.0 + 26.0 * len(rows)
    said = "; ".join(f"{bar.name} {number(bar.value, 3)} {unit}" for bar in rows[:5])
    return figure(
        title,
        description or f"Ranking of {len(rows)} values. Largest: {said}.",
        WIDTH,
        height,
        _uprights(scale, height, unit),
        *(_row(scale, bar, 20.0 + 26.0 * k, unit, gutter) for k, bar in enumerate(rows)),
        _limit(scale, height, limit) if limit else "",
    )


def _uprights(scale: Scale, height: float, unit: str) -> str:
    values = ticks(scale)
    grid = "".join(f"M{coordinate(place(scale, v))} 14V{coordinate(height - 38)}" for v in values)
    numbers = "".join(text(number(v), place(scale, v), height - 22) for v in values)
    middle = (scale.start + scale.end) / 2
    return tag("path", d=grid, class_="grid") + numbers + text(unit, middle, height - 5, "title")


def _row(scale: Scale, bar: Bar, top: float, unit: str, gutter: float) -> str:
    left, right = sorted((place(scale, bar.value), place(scale, 0.0)))
    hint = tag("title", words(f"{bar.name}: {number(bar.value)} {unit}"))
    drawn = tag("rect", hint, x=left, y=top, width=max(right - left, 1.0), height=18, class_=f"fill {bar.mark or 'c0'}")
    value = text(number(bar.value, 3), right + 5, top + 13, "note", "start")
    if bar.value < 0.0:
        value = text(number(bar.value, 3), left - 5, top + 13, "note", "end")
    return text(bar.name, gutter - 8, top + 13, "name", "end") + drawn + value


def _limit(scale: Scale, height: float, limit: tuple[str, float]) -> str:
    at = place(scale, limit[1])
    line = tag("line", x1=at, y1=12, x2=at, y2=height - 38, class_="marker")
    return line + text(limit[0], at, 10, "note")
