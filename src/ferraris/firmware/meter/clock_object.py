"""The clock as a COSEM object (class 8): what it shows, and the ways to set it."""

from collections.abc import Callable, Mapping
from dataclasses import replace

from ferraris.firmware.billing import zone as zones
from ferraris.firmware.billing.zone import When
from ferraris.firmware.dlms import datetimes
from ferraris.firmware.dlms.axdr import Data
from ferraris.firmware.dlms.cosem import classes, clocks
from ferraris.firmware.dlms.cosem.classes import ClassId
from ferraris.firmware.dlms.datetimes import ANY_DEVIATION, UNSPECIFIED, ClockStatus, DateTime
from ferraris.firmware.dlms.results import DataAccessResult, DlmsError
from ferraris.firmware.meter import profiles, timekeeping
from ferraris.firmware.meter.config import Config
from ferraris.firmware.meter.settings import METHOD, changed_setting, given
from ferraris.firmware.meter.table import Action, Call, Done, Getter, Item, View, item

MINUTE_S, QUARTER_S = 60, 900
TIME = 2


def clock() -> Item:
    """The clock: UTC inside, shown as the local time of the meter's zone."""
    methods: dict[int, Action] = {
        1: _rounded(lambda _: QUARTER_S),
        2: _rounded(lambda config: config.plan.profile_s[0]),
        3: _rounded(lambda _: MINUTE_S),
        4: adjust_to_preset_time,
        5: preset_adjusting_time,
        6: shift_time,
    }
    return item(
        ClassId.CLOCK,
        0,
        profiles.CLOCK,
        {number: _shown(number) for number in range(2, 10)},
        setters={TIME: set_time},
        methods=methods,
        is_public=True,
        is_time=True,
    )


def _shown(number: int) -> Getter:
    return lambda view: _attributes(view)[number]


def _attributes(view: View) -> Mapping[int, bytes]:
    zone = view.config.plan.zone
    invalid = bool(view.state.ledger.axis.clock_invalid)
    return classes.clock(
        profiles.local(view.config, view.state.rtc_ms, invalid=invalid),
        zone.deviation_min,
        rule(zone.begin),
        rule(zone.end),
        zone.daylight_min,
        zone.daylight_min != 0,
    )


def rule(when: When | None) -> DateTime:
    """A date with wildcards as it travels; it has no deviation of its own."""
    return UNSPECIFIED if when is None else DateTime(*when, hundredths=0)


# ------------------------------------------------------------------------------------------------ setting it


def set_time(call: Call, value: Data) -> Done:
    """Set attribute 2: a date and time of which nothing but the deviation may be left open."""
    return _set(call, instant(call.config, clocks.time(value)))


def shift_time(call: Call, parameter: Data | None) -> Done:
    """Method 6: change the clock by -900 to 900 s."""
    return _set(call, call.turn.state.rtc_ms + clocks.shift(given(parameter)) * 1000)


def preset_adjusting_time(call: Call, parameter: Data | None) -> Done:
    """Method 5: keep a time to set, and the interval in which method 4 may set it."""
    time, first, last = (instant(call.config, each) for each in clocks.preset(given(parameter)))
    state = replace(call.turn.state, preset=(time, first, last))
    return changed_setting(call, call.turn._replace(state=state), ClassId.CLOCK, METHOD + 5)


def adjust_to_preset_time(call: Call, _: Data | None) -> Done:
    """Method 4: set the time that was kept, if its interval holds the present one."""
    preset, now_ms = call.turn.state.preset, call.turn.state.rtc_ms
    if preset is None or not preset[1] <= now_ms <= preset[2]:
        return Done(call.turn, DataAccessResult.OTHER_REASON)
    return _set(call, preset[0])


def _rounded(step_s: Callable[[Config], int]) -> Action:
    """Methods 1 to 3: go to the nearest whole multiple of a quarter of an hour, a capture period or a minute."""

    def adjust(call: Call, _: Data | None) -> Done:
        zone, now_ms, period_s = call.config.plan.zone, call.turn.state.rtc_ms, step_s(call.config)
        before_ms = zones.boundary(zone, now_ms // 1000, period_s) * 1000
        after_ms = zones.next_boundary(zone, now_ms // 1000, period_s) * 1000
        return _set(call, before_ms if now_ms - before_ms < after_ms - now_ms else after_ms)

    return adjust


def _set(call: Call, new_ms: int) -> Done:
    turn, granted = timekeeping.request(call.config, call.turn, new_ms, call.client)
    return Done(turn, DataAccessResult.SUCCESS if granted else DataAccessResult.OTHER_REASON)


def instant(config: Config, found: DateTime) -> int:
    """The instant that a clock is to show, ms of UTC; raises `DlmsError` where a field is left open.

    Without a deviation it is local time; in the hour that autumn repeats the status says which of the two it is.
    """
    if found.year == datetimes.ANY_YEAR or datetimes.ANY in found[1:3] or datetimes.ANY in found[4:7]:
        raise DlmsError("the time of a clock leaves nothing open")
    hundredths = 0 if found.hundredths == datetimes.ANY else found.hundredths
    found = found._replace(hundredths=hundredths)
    if found.deviation != ANY_DEVIATION:
        return datetimes.utc_ms(found)
    zone = config.plan.zone
    standard_ms = datetimes.utc_ms(found, assumed_deviation=zone.deviation_min)
    summer_ms = standard_ms - zone.daylight_min * 60_000
    fits = [ms for ms in (summer_ms, standard_ms) if _deviation_fits(config, ms, found)]
    wants_summer = bool(found.status & ClockStatus.DAYLIGHT_SAVING_ACTIVE)
    return (fits[0] if wants_summer or len(fits) == 1 else fits[-1]) if fits else standard_ms


def _deviation_fits(config: Config, utc_ms: int, found: DateTime) -> bool:
    """Whether local time at this instant is what the date-time says."""
    shown = profiles.local(config, utc_ms)
    return (shown[:3], shown[4:7]) == (found[:3], found[4:7])  # the weekday may be left open, or be wrong
