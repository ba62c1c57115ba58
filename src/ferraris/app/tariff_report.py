"""The page of `ferraris tariff`: the year as a map of days and hours, the day profiles, and the tables behind them."""

from collections.abc import Iterable, Mapping, Sequence

from ferraris.app.report.bars import Bar, ranked_bars
from ferraris.app.report.page import Section, page, paragraph, table
from ferraris.app.report.scales import Scale, place
from ferraris.app.report.svg import COLOURS, coordinate, figure, legend, tag, text, words
from ferraris.app.tariff_year import Day, Year, clock, offset, stretch
from ferraris.firmware.billing.zone import DAY_S
from ferraris.hardware.platform.localtime import MONTHS, WEEKDAYS

COLUMN = 2.2
"""Width of a day in the map: a whole number of hundredths, so that neighbours share an edge and no gap shows."""
LEFT, RIGHT, TOP = 48.0, 8.0, 14.0
WIDTH = LEFT + 366 * COLUMN + RIGHT
LINE = 18.0
MAP_HEIGHT = 300.0
ROW, GAP = 26.0, 14.0
LABEL = 34.0
"""Width of a time of day, so that no two are written over each other."""


def as_page(
    year: Year,
    facts: Mapping[str, str],
    seasons: Sequence[tuple[str, ...]],
    weeks: Sequence[tuple[str, ...]],
    special: Sequence[tuple[str, ...]],
) -> str:
    """One self-contained HTML page."""
    odd = [day for day in year.days if day.seconds != DAY_S]
    sections = [
        Section("The year", [year_map(year), _hours(year), _hours_table(year)]),
        Section("Day profiles", [profiles(year)]),
        Section("Weeks and seasons", [table(["week", *WEEKDAYS], weeks), table(["season", "from", "week"], seasons)]),
        Section(
            f"Special days of {year.year}",
            [table(["date", "day", "day profile"], special) if special else paragraph("None.")],
        ),
        Section("Days of 23 and 25 hours", [_odd(year, day) for day in odd] or [paragraph("None: no summer time.")]),
    ]
    return page(f"Tariff {year.calendar.name.decode()}, {year.year}", sections, facts=dict(facts))


def _hours_table(year: Year) -> str:
    total = sum(day.seconds for day in year.days)
    rows = [
        (name, k, year.seconds(k) / 3600, round(100 * year.seconds(k) / total, 2))
        for k, name in enumerate(year.rates, 1)
    ]
    return table(["rate", "number", "hours", "share, %"], rows)


def _hours(year: Year) -> str:
    total = sum(day.seconds for day in year.days)
    bars = [Bar(name, 100 * year.seconds(k) / total, f"c{(k - 1) % COLOURS}") for k, name in enumerate(year.rates, 1)]
    return ranked_bars(f"Share of each rate in {year.year}", "%", bars)


def _odd(year: Year, day: Day) -> str:
    rows = []
    for run in day.runs:
        begin, end = stretch(year.zone, run)
        times = f"{clock(begin)} to {clock(end)}"
        rows.append((times, offset(year.zone, run.begin), year.rates[run.rate - 1], (run.end - run.begin) / 3600))
    caption = f"{day.date.isoformat()} has {day.seconds / 3600:g} hours"
    return table(["local time", "ahead of UTC", "rate", "hours"], rows, caption=caption)


# ------------------------------------------------------------------------------------------------ drawings


def year_map(year: Year) -> str:
    """A column for each day, midnight on top; what spring skips stays empty."""
    names, top = _names(year, LEFT)
    boxes: dict[int, list[str]] = {k: [] for k in range(1, len(year.rates) + 1)}
    for column, day in enumerate(year.days):
        for run in day.runs:
            begin, end = (top + MAP_HEIGHT * second / DAY_S for second in stretch(year.zone, run))
            boxes[run.rate].append(_box(LEFT + column * COLUMN, COLUMN, begin, end))
    said = "; ".join(f"{name} {year.seconds(k) / 3600:g} h" for k, name in enumerate(year.rates, 1))
    return figure(
        f"Rate in force in {year.year}, by day and hour of local time",
        f"Each day is a column from midnight to midnight. Hours in the year: {said}.",
        WIDTH,
        top + MAP_HEIGHT + 26,
        names,
        *(_area(year.rates[k - 1], k, found) for k, found in boxes.items() if found),
        _hour_lines(top),
        _month_lines(year, top),
    )


def _names(year: Year, left: float) -> tuple[str, float]:
    """The legend, in as many lines as it needs, and where the drawing below it begins."""
    lines: list[list[int]] = [[]]
    used = 0.0
    for k, name in enumerate(year.rates):
        wide = 37.0 + 7.0 * len(name)
        if lines[-1] and left + used + wide > WIDTH:
            lines.append([])
            used = 0.0
        lines[-1].append(k)
        used += wide
    parts = (
        legend([year.rates[k] for k in line], left, TOP + row * LINE, [f"c{k % COLOURS}" for k in line])
        for row, line in enumerate(lines)
    )
    return "".join(parts), TOP + len(lines) * LINE


def _box(left: float, wide: float, top: float, bottom: float) -> str:
    return f"M{coordinate(left)} {coordinate(top)}h{coordinate(wide)}V{coordinate(bottom)}h{coordinate(-wide)}z"


def _area(name: str, rate: int, boxes: Iterable[str]) -> str:
    path = tag("path", d="".join(boxes), class_=f"fill c{(rate - 1) % COLOURS}", shape_rendering="crispEdges")
    return tag("g", tag("title", words(name)), path)


def _hour_lines(top: float) -> str:
    parts = []
    for hour in range(0, 25, 6):
        at = top + MAP_HEIGHT * hour / 24
        parts.append(tag("line", x1=LEFT - 4, y1=at, x2=WIDTH - RIGHT, y2=at, class_="grid", stroke_opacity=0.5))
        parts.append(text(f"{hour:02}:00", LEFT - 8, at + 4, anchor="end"))
    return "".join(parts)


def _month_lines(year: Year, top: float) -> str:
    parts = []
    foot = top + MAP_HEIGHT + 6
    for column, day in enumerate(year.days):
        if day.date.day == 1:
            left = LEFT + column * COLUMN
            parts.append(tag("line", x1=left, y1=top, x2=left, y2=foot, class_="grid", stroke_opacity=0.5))
            parts.append(text(MONTHS[day.date.month - 1][:3].capitalize(), left + 15 * COLUMN, foot + 12))
    return "".join(parts)


def profiles(year: Year) -> str:
    """A bar for each day profile, from midnight to midnight, with the times at which the rate switches."""
    rows = len(year.calendar.days)
    left = 24.0 + 8.0 * max(len(name) for name in year.profiles.values())
    names, top = _names(year, left)
    height = top + rows * (ROW + GAP) + 20
    across = Scale(0.0, float(DAY_S), left, WIDTH - 24)
    return figure(
        "Day profiles",
        f"{rows} day profiles: {', '.join(year.profiles.values())}.",
        WIDTH,
        height,
        names,
        *(_profile(year, k, across, top + k * (ROW + GAP)) for k in range(rows)),
        *(text(f"{hour:02}:00", place(across, hour * 3600), height - 6) for hour in range(0, 25, 6)),
    )


def _profile(year: Year, k: int, across: Scale, top: float) -> str:
    profile = year.calendar.days[k]
    switches = profile.switches
    held = [] if switches[0].second_of_day == 0 else [(0, switches[-1].rate)]
    starts = [*held, *switches]
    ends = [at for at, _ in starts[1:]] + [DAY_S]
    parts = [text(year.profiles[profile.day_id], across.start - 10, top + 17, "name", "end")]
    written = across.start
    for (at, rate), end in zip(starts, ends, strict=True):
        left, wide = place(across, at), place(across, end) - place(across, at)
        hint = tag("title", words(f"{clock(at)} to {clock(end)} {year.rates[rate - 1]}"))
        kind = f"fill c{(rate - 1) % COLOURS}"
        parts.append(tag("rect", hint, x=left, y=top, width=max(wide - 1, 0.6), height=ROW, class_=kind))
        if at and left >= written + LABEL:
            parts.append(text(clock(at), left, top + ROW + 10, "note"))
            written = left
    return "".join(parts)
