"""Calendars for the tests: one by hand, and random ones without problems."""

from hypothesis import strategies as st

from ferraris.firmware.billing.calendar import Calendar, DayProfile, Season, SpecialDay, Switch, Week
from ferraris.firmware.billing.zone import LAST_DAY, When, Zone

BERLIN = Zone(-60, 60, When(month=3, day=LAST_DAY, weekday=7, hour=2), When(month=10, day=LAST_DAY, weekday=7, hour=3))
SYDNEY = Zone(-600, 60, When(month=10, day=1, weekday=7, hour=2), When(month=4, day=1, weekday=7, hour=3))
PLACES = {"Europe/Berlin": BERLIN, "Australia/Sydney": SYDNEY}

WORK, REST, FEAST = 1, 2, 3
HOME = Calendar(
    name=b"HOME",
    seasons=(
        Season(b"summer", When(month=4, day=1), b"light"),
        Season(b"winter", When(month=10, day=1, hour=12, minute=30), b"dark"),
    ),
    weeks=(Week(b"light", (REST,) * 7), Week(b"dark", (WORK,) * 5 + (REST,) * 2)),
    days=(
        DayProfile(WORK, (Switch(0, 1), Switch(6 * 3600, 2), Switch(17 * 3600, 3), Switch(20 * 3600, 2))),
        DayProfile(REST, (Switch(2 * 3600 + 1800, 1), Switch(22 * 3600, 4))),
        DayProfile(FEAST, (Switch(0, 4),)),
    ),
    special_days=(
        SpecialDay(3, When(month=12, day=25), FEAST),
        SpecialDay(1, When(month=12, day=25), REST),
        SpecialDay(9, When(2027, 12, 25), WORK),
        SpecialDay(4, When(month=2, day=29), FEAST),
    ),
    rates=4,
    fallback=2,
)

_SECONDS = st.integers(0, 86399) | st.sampled_from([0, 3600, 7200, 9000, 10800, 86399])
_PLAIN = st.tuples(st.sampled_from([0xFFFF, 2027, 2028]), st.integers(1, 12), st.integers(1, 28))
_OTHER = st.sampled_from([When(month=12, day=LAST_DAY), When(month=5, day=1, weekday=1), When(month=2, day=29)])
_DATES = _PLAIN.map(lambda date: When(*date)) | _OTHER


@st.composite
def calendars(draw: st.DrawFn) -> Calendar:
    """A calendar that `problems` finds nothing wrong with."""
    rates = draw(st.integers(1, 8))
    ids = draw(st.lists(st.integers(0, 255), min_size=1, max_size=5, unique=True))
    seconds = st.lists(_SECONDS, min_size=1, max_size=6, unique=True).map(sorted)
    days = [
        DayProfile(day_id, tuple(Switch(second, draw(st.integers(1, rates))) for second in draw(seconds)))
        for day_id in ids
    ]
    day = st.sampled_from(ids)
    names = draw(st.lists(st.binary(min_size=1, max_size=8), min_size=1, max_size=4, unique=True))
    weeks = [Week(name, tuple(draw(day) for _ in range(7))) for name in names]
    starts = draw(st.lists(st.tuples(st.integers(1, 12), st.integers(1, 28)), min_size=1, max_size=4, unique=True))
    seasons = [
        Season(
            bytes((k,)),
            When(month=m, day=d, hour=draw(st.sampled_from([0xFF, 0, 2, 15]))),
            draw(st.sampled_from(names)),
        )
        for k, (m, d) in enumerate(starts)
    ]
    dates = draw(st.lists(_DATES, max_size=8))
    special = [SpecialDay(index, date, draw(day)) for index, date in enumerate(dates)]
    fallback = draw(st.integers(1, rates))
    return Calendar(b"ANY", tuple(seasons), tuple(weeks), tuple(days), tuple(special), rates, fallback)
