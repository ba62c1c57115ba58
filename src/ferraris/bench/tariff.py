"""What the factory programs into the meter: activity calendar and time zone, from the names of the files."""

from ferraris.firmware.billing.calendar import Calendar, DayProfile, Season, SpecialDay, Switch, Week, flat
from ferraris.firmware.billing.zone import ANY, ANY_YEAR, LAST_DAY, When, Zone
from ferraris.hardware.platform.localtime import Yearly
from ferraris.hardware.platform.models import Platform
from ferraris.hardware.platform.tariff import Tariff, date_of, second_of, start_of


def calendar_of(tariff: Tariff | None) -> Calendar:
    """The calendar of a loaded tariff; without one, a calendar with one rate.

    Rates and day ids are numbered from 1 in the order of the file, special days too.
    """
    if tariff is None:
        return flat(b"SINGLE")
    ids = {name: number for number, name in enumerate(tariff.days, 1)}
    rates = {name: number for number, name in enumerate(tariff.head.rates, 1)}
    return Calendar(
        name=tariff.head.name.encode(),
        seasons=tuple(
            Season(name.encode(), _start(each.start), each.week.encode()) for name, each in tariff.seasons.items()
        ),
        weeks=tuple(
            Week(name.encode(), tuple(ids[day] for day in week.named() if day is not None))
            for name, week in tariff.weeks.items()
        ),
        days=tuple(DayProfile(ids[name], _switches(given, rates)) for name, given in tariff.days.items()),
        special_days=tuple(
            SpecialDay(index, _date(date), ids[day]) for index, (date, day) in enumerate(tariff.special.items(), 1)
        ),
        rates=len(rates),
        fallback=rates[tariff.head.fallback],
    )


def zone_of(platform: Platform) -> Zone:
    """The zone in the COSEM sign (minutes from local time to UTC); UTC where the platform names none."""
    given = platform.firmware.zone
    if given is None:
        return Zone()
    if given.daylight_s is None or given.begin is None or given.end is None:
        return Zone(-given.standard_min)
    return Zone(-given.standard_min, given.daylight_s // 60, _yearly(given.begin), _yearly(given.end))


def _yearly(moment: Yearly) -> When:
    day = moment.day or LAST_DAY
    return _at(When(month=moment.month, day=day, weekday=moment.weekday or ANY), moment.second_of_day)


def _at(date: When, second_of_day: int) -> When:
    minutes, second = divmod(second_of_day, 60)
    return date._replace(hour=minutes // 60, minute=minutes % 60, second=second)


def _start(text: str) -> When:
    found = start_of(text)
    assert found is not None, "a loaded tariff has no other starts"
    return _at(When(month=found.month, day=found.day), found.second_of_day)


def _date(text: str) -> When:
    found = date_of(text)
    assert found is not None, "a loaded tariff has no other dates"
    return When(found.year or ANY_YEAR, found.month, found.day)


def _switches(given: dict[str, str], rates: dict[str, int]) -> tuple[Switch, ...]:
    return tuple(Switch(second, rates[rate]) for time, rate in given.items() if (second := second_of(time)) is not None)
