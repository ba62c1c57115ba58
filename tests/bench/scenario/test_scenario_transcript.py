"""What the transcript says stands at the moment at which it happened, in true time, or says whose clock it goes by."""

import tomllib
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

import pytest

from ferraris.bench.scenario.load import loads
from ferraris.bench.scenario.run import Outcome, run
from ferraris.bench.scenario.timeline import NS
from ferraris.bench.scenario.transcript import Line, moment, shown
from ferraris.bench.scenario.zone import CENTRAL_EUROPE
from ferraris.hardware.platform.load import load as load_platform

ROOT = Path(__file__).parents[3]
HOME = load_platform(ROOT / "platforms" / "home-1p.toml")
DAYS = tomllib.loads((ROOT / "platforms" / "tariffs" / "home-4.toml").read_text(encoding="utf-8"))["days"]
RATES = {"night": 1, "day": 2, "peak": 3, "holiday": 4}
HEATER = '[[load]]\nname = "heater"\nkind = "resistive"\npower = "3 kW"\n'
BY_ITS_CLOCK = ", by the meter's clock"


def play(start: str, until: str, rest: str = "") -> Outcome:
    heading = f'[scenario]\nname = "a test"\nstart = "{start}"\nuntil = "{until}"\n'
    return run(HOME, loads(heading + rest))


def lines(outcome: Outcome, begins: str) -> list[tuple[str, str]]:
    """Local time of day and text of the lines that begin so."""
    zone = outcome.timeline.zone
    return [(moment(zone, line)[11:19], line.text) for line in outcome.lines if line.text.startswith(begins)]


def test_a_rate_switch_stands_at_its_time_in_the_tariff_however_seldom_samples_are_taken() -> None:
    """2027-03-10 is a Wednesday in winter; of 9 days a sample is taken every hour only."""
    times = [(f"{at}:00", RATES[name]) for at, name in sorted(DAYS["winter_workday"].items())]
    switches = [(at, f"rate {before} → {after}") for (_, before), (at, after) in pairwise(times)]
    assert len(switches) == 4
    outcome = play("2027-03-10 00:00:00", "9 d")
    assert (outcome.samples[2].at_ns - outcome.samples[1].at_ns) // NS == 3600
    assert lines(outcome, "rate")[:4] == switches


def test_a_rate_that_switched_in_an_outage_is_told_when_power_returns() -> None:
    cut = '[[at]]\ntime = "2027-03-10 16:50:00"\ndo = "outage"\nfor = "20 min"\n'
    outcome = play("2027-03-10 16:00:00", "90 min", cut)
    assert lines(outcome, "rate") == [("17:10:00", "rate 2 → 3")]
    first, gone, back = outcome.switches
    assert (first.rate, gone.rate, back.rate) == (2, None, 3)
    assert first.at_ns == 0
    assert 0 <= gone.at_ns - 3000 * NS < NS  # what the supply holds up is less than a second
    assert 0 <= back.at_ns - 4200 * NS < NS  # and so is what it takes to boot


def test_a_clock_that_is_wrong_switches_the_rate_at_the_wrong_time_and_the_transcript_says_so() -> None:
    ahead = '[[at]]\ntime = "2027-03-10 16:05:00"\ndo = "set clock"\nby = "10 min"\n'
    assert lines(play("2027-03-10 16:00:00", "1 h", ahead), "rate") == [("16:50:00", "rate 2 → 3")]


def test_a_maximum_stands_at_the_end_of_its_period() -> None:
    """3 kW from 10:15 on: the quarter that ends at 10:30 is the first with all of it."""
    rise = (
        HEATER.replace("3 kW", "1 kW") + '[[at]]\nafter = "15 min"\ndo = "set load"\nload = "heater"\npower = "3 kW"\n'
    )
    told = lines(play("2027-03-10 10:00:00", "40 min", rise), "maximum demand")
    assert [(at, text.split(", ")[0]) for at, text in told] == [
        ("10:15:00", "maximum demand 1.000 kW"),
        ("10:30:00", "maximum demand 3.000 kW"),
    ]


def test_a_maximum_that_is_known_already_is_not_told_again_after_an_outage() -> None:
    cut = '[[at]]\nafter = "20 min"\ndo = "outage"\nfor = "30 min"\n'
    told = lines(play("2027-03-10 10:00:00", "1 h", HEATER + cut), "maximum demand")
    assert [at for at, _ in told] == ["10:15:00"]


def test_samples_are_taken_5_s_after_the_step_so_that_they_show_what_ended_there() -> None:
    outcome = play("2027-03-10 10:00:00", "31 min", HEATER)
    assert [sample.at_ns // NS for sample in outcome.samples] == [0, 905, 1805, 1860]
    maxima = [sample.demand for sample in outcome.samples[1:3]]
    quarters = [datetime(2027, 3, 10, 9, minute, tzinfo=UTC).timestamp() for minute in (15, 30)]
    assert [stamp_ms / 1000 for _, stamp_ms in filter(None, maxima)] == quarters


def test_what_bears_the_stamp_of_a_lost_clock_says_so_and_an_unknown_duration_is_no_number() -> None:
    """The supercapacitor holds the clock up for a week or so: after 30 d it starts at the last time it knew."""
    cut = '[[at]]\ntime = "2027-03-10 17:30:00"\ndo = "outage"\nfor = "30 d"\n'
    outcome = play("2027-03-10 16:30:00", "745 h", cut)
    assert lines(outcome, "power-fail log") == [("17:30:00", f"power-fail log: unknown duration{BY_ITS_CLOCK}")]
    for event in ("power up", "clock invalid"):
        assert lines(outcome, f"event log: {event}") == [("17:30:00", f"event log: {event}{BY_ITS_CLOCK}")]
    back = next(k for k, line in enumerate(outcome.lines) if line.text == "back after 30 d")
    assert all(BY_ITS_CLOCK in line.text for line in outcome.lines[:back] if "log: " in line.text)
    assert lines(outcome, "rate") == [("17:00:00", "rate 2 → 3"), ("18:30:00", "rate 3 → 2")]  # the fallback is "day"


def test_a_right_clock_needs_no_word() -> None:
    cut = '[[at]]\nafter = "20 min"\ndo = "outage"\nfor = "5 min"\n'
    outcome = play("2027-03-10 10:00:00", "1 h", cut)
    assert lines(outcome, "power-fail log") == [("10:25:00", "power-fail log: 5 min")]
    assert not any(BY_ITS_CLOCK in line.text for line in outcome.lines)


def test_a_clock_that_was_set_to_a_wrong_time_is_named_until_it_is_right_again() -> None:
    ahead = '[[at]]\nafter = "5 min"\ndo = "set clock"\nby = "2 h"\n'
    cut = '[[at]]\nafter = "40 min"\ndo = "outage"\nfor = "1 min"\n'
    right = '[[at]]\nafter = "65 min"\ndo = "set clock"\n'
    later = '[[at]]\nafter = "4 h"\ndo = "outage"\nfor = "2 min"\n'
    told = lines(play("2027-03-10 10:00:00", "5 h", ahead + cut + right + later), "power-fail log")
    assert told == [
        ("12:41:00", f"power-fail log: 1 min{BY_ITS_CLOCK}"),
        ("14:02:00", "power-fail log: 2 min"),
    ]


@pytest.mark.parametrize(("at_ms", "second"), [(999, "01"), (1000, "01"), (1499, "01"), (1500, "02")])
def test_a_line_is_written_to_the_nearest_second(at_ms: int, second: str) -> None:
    assert shown(CENTRAL_EUROPE, Line(at_ms, "meter", "so")).startswith(f"1970-01-01 01:00:{second}+01:00 ")
