"""The page of `ferraris tariff`: the year as a map of days and hours, the day profiles, and the tables behind them."""

from collections.abc import Iterable, Mapping, Sequence

from ferraris.app.report.bars import Bar, ranked_bars
from ferraris.app.report.page import Section, page, paragraph, table
from ferraris.app.report.svg import COLOURS, coordinate, figure, legend, tag, text
from ferraris.app.tariff_year import Day, Year, clock, offset, stretch
from ferraris.firmware.billing.zone import DAY_S
from ferraris.hardware.platform.localtime import MONTHS, WEEKDAYS

WIDTH, LEFT, RIGHT, TOP = 860.0, 48.0, 8.0, 30.0
MAP_HEIGHT = 300.0
ROW, GAP = 26.0, 14.0
PROFILE_LEFT = 150.0


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
    bars = [Bar(name, year.seconds(k) / 3600, f"c{(k - 1) % COLOURS}") for k, name in enumerate(year.rates, 1)]
    return ranked_bars(f"Hours of each rate in {year.year}", "h", bars)


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
    wide = (WIDTH - LEFT - RIGHT) / len(year.days)
    boxes: dict[int, list[str]] = {k: [] for k in range(1, len(year.rates) + 1)}
    for place, day in enumerate(year.days):
        for run in day.runs:
            begin, end = stretch(year.zone, run)
            boxes[run.rate].append(_box(LEFT + place * wide, wide, _down(begin), _down(end)))
    said = "; ".join(f"{name} {year.seconds(k) / 3600:g} h" for k, name in enumerate(year.rates, 1))
    return figure(
        f"Rate in force in {year.year}, by day and hour of local time",
        f"Each day is a column from midnight to midnight. Hours in the year: {said}.",
        WIDTH,
        TOP + MAP_HEIGHT + 26,
        *(_area(year.rates[k - 1], k, found) for k, found in boxes.items() if found),
        _hour_lines(TOP, TOP + MAP_HEIGHT),
        _month_lines(year, wide),
        legend(list(year.rates), LEFT, 16),
    )


def _down(second: int) -> float:
    return TOP + MAP_HEIGHT * second / DAY_S


def _box(left: float, wide: float, top: float, bottom: float) -> str:
    return f"M{coordinate(left)} {coordinate(top)}h{coordinate(wide)}V{coordinate(bottom)}h{coordinate(-wide)}z"


def _area(name: str, rate: int, boxes: Iterable[str]) -> str:
    path = tag("path", d="".join(boxes), class_=f"fill c{(rate - 1) % COLOURS}", shape_rendering="crispEdges")
    return tag("g", tag("title", name), path)


def _hour_lines(top: float, bottom: float) -> str:
    parts = []
    for hour in range(0, 25, 6):
        at = top + (bottom - top) * hour / 24
        parts.append(tag("line", x1=LEFT - 4, y1=at, x2=WIDTH - RIGHT, y2=at, class_="grid", stroke_opacity=0.5))
        parts.append(text(f"{hour:02}:00", LEFT - 8, at + 4, anchor="end"))
    return "".join(parts)


def _month_lines(year: Year, wide: float) -> str:
    parts = []
    for place, day in enumerate(year.days):
        if day.date.day == 1:
            left = LEFT + place * wide
            foot = TOP + MAP_HEIGHT + 6
            parts.append(tag("line", x1=left, y1=TOP, x2=left, y2=foot, class_="grid", stroke_opacity=0.5))
            parts.append(text(MONTHS[day.date.month - 1][:3].capitalize(), left + 15 * wide, foot + 12))
    return "".join(parts)


def profiles(year: Year) -> str:
    """A bar for each day profile, from midnight to midnight, with the times at which the rate switches."""
    rows = len(year.calendar.days)
    height = TOP + rows * (ROW + GAP) + 20
    return figure(
        "Day profiles",
        f"{rows} day profiles: {', '.join(year.profiles.values())}.",
        WIDTH,
        height,
        *(_profile(year, k, TOP + k * (ROW + GAP)) for k in range(rows)),
        _hours_below(height),
        legend(list(year.rates), PROFILE_LEFT, 16),
    )


def _across(second: int) -> float:
    return PROFILE_LEFT + (WIDTH - PROFILE_LEFT - 24) * second / DAY_S


def _profile(year: Year, k: int, top: float) -> str:
    profile = year.calendar.days[k]
    switches = profile.switches
    held = [] if switches[0].second_of_day == 0 else [(0, switches[-1].rate)]
    starts = [*held, *switches]
    ends = [at for at, _ in starts[1:]] + [DAY_S]
    parts = [text(year.profiles[profile.day_id], PROFILE_LEFT - 10, top + 17, "name", "end")]
    for (at, rate), end in zip(starts, ends, strict=True):
        hint = tag("title", f"{clock(at)} to {clock(end)} {year.rates[rate - 1]}")
        wide = _across(end) - _across(at)
        kind = f"fill c{(rate - 1) % COLOURS}"
        parts.append(tag("rect", hint, x=_across(at), y=top, width=max(wide - 1, 0.6), height=ROW, class_=kind))
        if at:
            parts.append(text(clock(at), _across(at), top + ROW + 10, "note"))
    return "".join(parts)


def _hours_below(height: float) -> str:
    return "".join(text(f"{hour:02}:00", _across(hour * 3600), height - 6) for hour in range(0, 25, 6))
