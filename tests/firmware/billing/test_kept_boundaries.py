"""What is kept for an hour or a day gives the same boundaries as looking each time anew."""

from hypothesis import given
from hypothesis import strategies as st

from ferraris.firmware.billing.schedule import next_pass, passes
from ferraris.firmware.billing.zone import ANY, DAY_S, LAST_DAY, UTC, When, Zone, local, next_boundary

EUROPE = Zone(-60, 60, When(month=3, day=LAST_DAY, weekday=7, hour=2), When(month=10, day=LAST_DAY, weekday=7, hour=3))
ODD = Zone(-345, 30, When(month=4, day=1, hour=2, minute=15), When(month=9, day=1, hour=2, minute=45))
"""A zone whose local midnights and changes lie on no whole hour of UTC."""
ZONES = st.sampled_from([UTC, EUROPE, ODD])
TIMES = st.integers(1_700_000_000, 1_900_000_000) | st.sampled_from(
    [1_774_746_000 + d for d in (-7201, -3600, -1, 0, 1, 3600)]
    + [1_792_890_000 + d for d in (-3601, -1, 0, 1799, 3600)]
)
"""Any, and those around two changes of European time in 2026."""


@given(ZONES, TIMES)
def test_the_next_local_midnight_is_the_first_second_of_the_next_local_date(zone: Zone, utc_s: int) -> None:
    found = next_boundary(zone, utc_s, DAY_S)
    today = local(zone, utc_s)[:3]
    assert found > utc_s
    assert local(zone, found)[:3] > today
    assert local(zone, found - 1)[:3] <= today  # autumn may repeat the end of a day: then it was passed before


WHENS = st.sampled_from(
    [
        When(day=1, hour=0, minute=0, second=0),
        When(hour=2, minute=30, second=0),
        When(minute=0, second=0),
        When(weekday=7, hour=23, minute=59, second=59),
        When(day=LAST_DAY, hour=12, minute=ANY, second=0),
    ]
)


@given(ZONES, WHENS, TIMES, st.integers(1, 3 * DAY_S))
def test_the_next_pass_does_not_depend_on_from_where_in_the_day_it_is_asked(
    zone: Zone, when: When, utc_s: int, later: int
) -> None:
    found = next_pass(zone, when, utc_s)
    assert found is not None
    assert found > utc_s
    assert passes(zone, when, utc_s, found - 1, 4) == ()
    assert next_pass(zone, when, found - 1) == found
    moved = next_pass(zone, when, utc_s + later)
    assert moved is not None
    assert moved == found if utc_s + later < found else moved > utc_s + later
    step = range(max(utc_s, found - 7200), found, 600)
    assert {next_pass(zone, when, second) for second in step} <= {found}
