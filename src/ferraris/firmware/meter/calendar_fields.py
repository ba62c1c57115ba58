"""A calendar between its two forms: as the meter keeps it, and as it travels."""

from ferraris.firmware.billing.calendar import Calendar, DayProfile, Season, SpecialDay, Switch, Week
from ferraris.firmware.billing.zone import ANY, When
from ferraris.firmware.dlms.cosem import calendars
from ferraris.firmware.dlms.datetimes import Date, DateTime, Time
from ferraris.firmware.dlms.results import DlmsError

TARIFF_SCRIPTS = (0, 0, 10, 0, 100, 255)


def shown(calendar: Calendar) -> calendars.Calendar:
    """A calendar as it travels."""
    return calendars.Calendar(
        calendar.name,
        tuple(calendars.Season(each.name, DateTime(*each.start, hundredths=0), each.week) for each in calendar.seasons),
        tuple(calendars.Week(each.name, _seven(each.days)) for each in calendar.weeks),
        tuple(calendars.Day(each.day_id, tuple(map(_shown_switch, each.switches))) for each in calendar.days),
    )


def _seven(days: tuple[int, ...]) -> tuple[int, int, int, int, int, int, int]:
    monday, tuesday, wednesday, thursday, friday, saturday, sunday = days
    return monday, tuesday, wednesday, thursday, friday, saturday, sunday


def _shown_switch(switch: Switch) -> calendars.Switch:
    minutes, second = divmod(switch.second_of_day, 60)
    return calendars.Switch(Time(minutes // 60, minutes % 60, second, 0), bytes(TARIFF_SCRIPTS), switch.rate)


def shown_special_day(day: SpecialDay) -> calendars.SpecialDay:
    """A special day as it travels."""
    date = day.date
    return calendars.SpecialDay(day.index, Date(date.year, date.month, date.day, date.weekday), day.day_id)


def special_day_from(day: calendars.SpecialDay) -> SpecialDay:
    """A special day as the meter keeps it."""
    return SpecialDay(day.number, When(*day.date), day.day_id)


def season_from(season: calendars.Season) -> Season:
    """A season as the meter keeps it; it begins at a whole second."""
    return Season(season.name, When(*season.start[:7]), season.week)


def week_from(week: calendars.Week) -> Week:
    """A week as the meter keeps it."""
    return Week(week.name, week.days)


def day_from(day: calendars.Day, rates: int) -> DayProfile:
    """A day profile as the meter keeps it, its switches in order; raises `DlmsError` for what no rate can follow."""
    switches = sorted(Switch(_second_of_day(each.start), _rate(each, rates)) for each in day.switches)
    return DayProfile(day.day_id, tuple(switches))


def _rate(switch: calendars.Switch, rates: int) -> int:
    if switch.script != bytes(TARIFF_SCRIPTS) or not 1 <= switch.selector <= rates:
        raise DlmsError(f"a switch runs one of the scripts 1 to {rates} of 0.0.10.0.100")
    return switch.selector


def _second_of_day(time: Time) -> int:
    hour, minute, second, hundredths = time
    if hour > 23 or minute > 59 or (second > 59 and second != ANY) or hundredths not in {0, ANY}:
        raise DlmsError("a switch has an hour, a minute and whole seconds")
    return (hour * 60 + minute) * 60 + (0 if second == ANY else second)
