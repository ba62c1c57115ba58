"""What is wrong with a calendar is said, and only that: each one here has one fault, made on purpose."""

from dataclasses import replace

import pytest
from calendars import HOME

from ferraris.firmware.billing.calendar import Calendar, DayProfile, Season, SpecialDay, Switch, Week
from ferraris.firmware.billing.calendar_check import problems
from ferraris.firmware.billing.zone import When


def with_day(*switches: Switch) -> Calendar:
    return replace(HOME, days=(*HOME.days, DayProfile(9, switches)))


def with_season(name: bytes, start: When, week: bytes = b"dark") -> Calendar:
    return replace(HOME, seasons=(*HOME.seasons, Season(name, start, week)))


def with_special(date: When, day_id: int = 1, index: int = 20) -> Calendar:
    return replace(HOME, special_days=(*HOME.special_days, SpecialDay(index, date, day_id)))


def test_a_good_calendar_has_no_problems() -> None:
    assert problems(HOME) == ()


@pytest.mark.parametrize(
    ("calendar", "words"),
    [
        (replace(HOME, seasons=()), "seasons: found 0 entries, expected 1 to 12"),
        (replace(HOME, rates=9), "rates: found 9, expected 1 to 8"),
        (replace(HOME, fallback=5), "fallback: found rate 5, expected 1 to 4"),
        (replace(HOME, fallback=0), "fallback: found rate 0, expected 1 to 4"),
        (replace(HOME, name=b"x" * 33), "name: found 33 octets, expected 32 at most"),
        (with_day(), "day 9: found 0 switches, expected 1 to 24"),
        (with_day(*(Switch(k, 1) for k in range(25))), "day 9: found 25 switches, expected 1 to 24"),
        (with_day(Switch(0, 5)), "day 9: found rate 5, expected 1 to 4"),
        (with_day(Switch(0, 0)), "day 9: found rate 0, expected 1 to 4"),
        (with_day(Switch(86400, 1)), "day 9: found a switch at second 86400, expected 0 to 86399"),
        (with_day(Switch(9, 1), Switch(9, 2)), "day 9: found switches out of order"),
        (replace(HOME, days=(*HOME.days, HOME.days[0])), "day 1: found twice"),
        (replace(HOME, weeks=(*HOME.weeks, HOME.weeks[0])), "week 'light': found twice"),
        (replace(HOME, weeks=(*HOME.weeks, Week(b"w", (1,) * 6))), "week 'w': found 6 days"),
        (
            replace(HOME, weeks=(*HOME.weeks, Week(b"w", (1,) * 6 + (8,)))),
            "week 'w': found day 8, which is in no table",
        ),
        (with_season(b"s", When(month=5, day=1), b"none"), "season 's': found week 'none', which is in no table"),
        (with_season(b"summer", When(month=5, day=1)), "season 'summer': found twice"),
        (with_season(b"s", When(month=4, day=1)), "season 's': found the start of season 'summer'"),
        (with_season(b"s", When(month=2, day=29)), "season 's': found a start that some years do not have"),
        (with_season(b"s", When(2027, 5, 1)), "season 's': found a start in 2027"),
        (with_season(b"s", When(month=5, day=1, hour=24)), "season 's': found a time of day that is none"),
        (with_special(When(month=2, day=30)), "special day 20: found a date that is in no calendar"),
        (with_special(When(2027, 2, 29)), "special day 20: found a date that is in no calendar"),
        (with_special(When(month=5, day=1), day_id=8), "special day 20: found day 8, which is in no table"),
        (with_special(When(month=5, day=1), index=3), "special day 3: found twice"),
    ],
)
def test_each_fault_is_said_once(calendar: Calendar, words: str) -> None:
    (line,) = problems(calendar)
    assert line.startswith(words)
