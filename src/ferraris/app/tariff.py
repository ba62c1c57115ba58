"""`ferraris tariff`: the calendar that a platform's tariff results in, hours of each rate, and the two odd days."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from ferraris.app.show import check_target, write_report
from ferraris.app.tariff_report import as_page
from ferraris.app.tariff_year import Day, Year, ahead, clock, offset, stretch, year_of
from ferraris.firmware.billing.zone import DAY_S, date_of, days_of
from ferraris.hardware.platform.load import load
from ferraris.hardware.platform.localtime import MONTHS, WEEKDAYS
from ferraris.hardware.platform.models import Platform

SLOT_S = 1800
"""Seconds for which one character of a day's picture stands."""
RATES = "12345678"
PROFILES = "abcdefghijklmnopqrstuvwxyzABCDEF"
"""Characters for rates and for day profiles in the pictures."""


def show_tariff(path: Path, *, year: int | None, report: Path | None, as_json: bool) -> None:
    """Print one year of a platform's tariff (this year if None); raises what bad input raises."""
    check_target(report)
    platform = load(path)
    found = year_of(platform, datetime.now(UTC).year if year is None else year)
    if report is not None:
        write_report(
            report, as_page(found, facts(platform, found), season_rows(found), week_rows(found), special_rows(found))
        )
    text = (
        json.dumps(as_document(platform, found), indent=2, ensure_ascii=False) if as_json else as_text(platform, found)
    )
    click.echo(text)


# ------------------------------------------------------------------------------------------------ what there is to say


def facts(platform: Platform, year: Year) -> dict[str, str]:
    """Tariff, zone and fallback, each in a few words."""
    zone = year.zone
    standard, summer = ahead(zone.deviation_min), ahead(zone.deviation_min - zone.daylight_min)
    changing = zone.begin is not None and zone.daylight_min != 0
    return {
        "tariff": year.calendar.name.decode(),
        "file": platform.firmware.tariff_file or "none, one rate",
        "local time": f"{standard}, {f'{summer} in summer' if changing else 'no summer time'}",
        "rate while the time is unknown": year.rates[year.calendar.fallback - 1],
    }


def season_rows(year: Year) -> list[tuple[str, str, str]]:
    """Season, first day (with its time where it is not midnight) in this year, week."""
    rows = []
    for season in year.calendar.seasons:
        days = days_of(season.start, year.year)
        second = sum(
            0 if part == 0xFF else part * unit for part, unit in zip(season.start[4:], (3600, 60, 1), strict=True)
        )
        start = f"{_iso(days[0])}{f' {clock(second)}' if second else ''}" if days else "-"
        rows.append((season.name.decode(), start, season.week.decode()))
    return rows


def week_rows(year: Year) -> list[tuple[str, ...]]:
    """Week, and the day profile of each of its days."""
    return [(week.name.decode(), *(year.profiles[day] for day in week.days)) for week in year.calendar.weeks]


def special_rows(year: Year) -> list[tuple[str, str, str]]:
    """Date, day of the week and day profile of the special days in this year, those that win on their date."""
    rows = []
    by_date = {day.date: day for day in year.days}
    for day in sorted({day for special in year.calendar.special_days for day in days_of(special.date, year.year)}):
        found = by_date[datetime.fromtimestamp(day * DAY_S, UTC).date()]
        assert found.day_id is not None, "a special day names a day profile"
        rows.append((found.date.isoformat(), WEEKDAYS[found.date.weekday()], year.profiles[found.day_id]))
    return rows


def odd_days(year: Year) -> list[Day]:
    """The days that are not 24 hours long."""
    return [day for day in year.days if day.seconds != DAY_S]


def _iso(day: int) -> str:
    year, month, number, _ = date_of(day)
    return f"{year:04}-{month:02}-{number:02}"


# ------------------------------------------------------------------------------------------------ text


def as_text(platform: Platform, year: Year) -> str:
    """Tables, pictures and sums, for a terminal of 100 columns."""
    total = sum(day.seconds for day in year.days)
    heading = [
        f"{platform.meter.name}, {year.year}",
        *(f"  {key}: {value}" for key, value in facts(platform, year).items()),
    ]
    blocks = [
        heading,
        ["rates                      hours   share", *(_hours(year, k, total) for k in range(len(year.rates)))],
        [f"day profiles, a character for each half hour, the rate's number{'':<6}", *_profiles(year)],
        [
            f"weeks{'':<14}" + " ".join(f"{day[:3]:<4}" for day in WEEKDAYS),
            *(_week(year, k) for k in range(len(year.calendar.weeks))),
        ],
        ["seasons", *(f"  {name:<24} from {start:<18} week {week}" for name, start, week in season_rows(year))],
        ["special days", *(f"  {date} {weekday:<10} {profile}" for date, weekday, profile in special_rows(year))],
        [f"{year.year}, a letter for each day{'':<4}", f"  {'':<10}{'1234567890' * 3}1", *_months(year)],
        *(_odd(year, day) for day in odd_days(year)),
    ]
    return "\n\n".join("\n".join(line.rstrip() for line in block) for block in blocks if len(block) > 1)


def _hours(year: Year, k: int, total: int) -> str:
    seconds = year.seconds(k + 1)
    return f"  {k + 1} {year.rates[k]:<20}{seconds / 3600:>9.10g}{100 * seconds / total:>7.2f} %"


def _profiles(year: Year) -> list[str]:
    wide = max(len(name) for name in year.profiles.values()) + 1
    ruler = "".join(f"{hour:<6}" for hour in range(0, 24, 3))
    lines = [f"  {'':<{wide + 2}}{ruler}"]
    for k, profile in enumerate(year.calendar.days):
        rates = "".join(str(_held(year, k, second)) for second in range(0, DAY_S, SLOT_S))
        lines.append(f"  {PROFILES[k]} {year.profiles[profile.day_id]:<{wide}}{rates}")
        lines.append(
            f"  {'':<{wide + 2}}" + ", ".join(f"{clock(at)} {year.rates[rate - 1]}" for at, rate in profile.switches)
        )
    return lines


def _held(year: Year, k: int, second: int) -> int:
    switches = year.calendar.days[k].switches
    return next((rate for at, rate in reversed(switches) if at <= second), switches[-1].rate)


def _letters(year: Year) -> dict[int | None, str]:
    return {None: "?"} | {profile.day_id: PROFILES[k] for k, profile in enumerate(year.calendar.days)}


def _week(year: Year, k: int) -> str:
    week, letters = year.calendar.weeks[k], _letters(year)
    return f"  {week.name.decode():<17}" + " ".join(f"{letters[day]:<4}" for day in week.days)


def _months(year: Year) -> list[str]:
    letters = _letters(year)
    return [
        f"  {name:<10}" + "".join(letters[day.day_id] for day in year.days if day.date.month == number)
        for number, name in enumerate(MONTHS, 1)
    ]


def _odd(year: Year, day: Day) -> list[str]:
    lines = [f"{day.date.isoformat()} has {day.seconds / 3600:g} hours"]
    for run in day.runs:
        begin, end = stretch(year.zone, run)
        span = f"{clock(begin)} to {clock(end)} {offset(year.zone, run.begin)}"
        lines.append(f"  {span:<28}{year.rates[run.rate - 1]:<18}{(run.end - run.begin) / 3600:g} h")
    return lines


# ------------------------------------------------------------------------------------------------ JSON


def as_document(platform: Platform, year: Year) -> dict[str, Any]:
    """Everything as one JSON object: every day with its runs, local times as text and instants in s of UTC."""
    return {
        "platform": platform.meter.name,
        "year": year.year,
        **facts(platform, year),
        "rates": [
            {"rate": k, "name": name, "seconds": year.seconds(k), "hours": year.seconds(k) / 3600}
            for k, name in enumerate(year.rates, 1)
        ],
        "seasons": [dict(zip(("name", "from", "week"), row, strict=True)) for row in season_rows(year)],
        "weeks": [{"name": name, **dict(zip(WEEKDAYS, days, strict=True))} for name, *days in week_rows(year)],
        "profiles": {
            year.profiles[profile.day_id]: {clock(at): year.rates[rate - 1] for at, rate in profile.switches}
            for profile in year.calendar.days
        },
        "special": {date: profile for date, _, profile in special_rows(year)},
        "days": [_day_document(year, day) for day in year.days],
    }


def _day_document(year: Year, day: Day) -> dict[str, Any]:
    runs = []
    for run in day.runs:
        begin, end = stretch(year.zone, run)
        times = {"from": clock(begin), "to": clock(end), "offset": offset(year.zone, run.begin)}
        runs.append(times | {"begin": run.begin, "end": run.end, "rate": year.rates[run.rate - 1]})
    profile = None if day.day_id is None else year.profiles[day.day_id]
    return {"date": day.date.isoformat(), "profile": profile, "hours": day.seconds / 3600, "runs": runs}
