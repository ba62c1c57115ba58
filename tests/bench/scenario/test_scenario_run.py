"""Playing a scenario: what is done reaches the meter, and an expectation that does not hold is found."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from ferraris.bench.scenario import household
from ferraris.bench.scenario.load import loads
from ferraris.bench.scenario.run import Outcome, run
from ferraris.bench.scenario.timeline import NS, Entry, Mains, timeline
from ferraris.bench.scenario.transcript import span
from ferraris.bench.scenario.truth import Flowed, flow
from ferraris.bench.scenario.zone import CENTRAL_EUROPE
from ferraris.hardware.platform.load import load as load_platform
from ferraris.hardware.world.loads import Cycled, Resistive
from ferraris.hardware.world.source import single_phase
from ferraris.hardware.world.world import CutMains, apply
from ferraris.hardware.world.world import household as world_of

ROOT = Path(__file__).parents[3]
HOME = load_platform(ROOT / "platforms" / "home-1p.toml")
SHOP = load_platform(ROOT / "platforms" / "shop-3p.toml")
HEAD = '[scenario]\nname = "a test"\nstart = "2027-03-01 10:00:00"\nuntil = "20 min"\n'
HEATER = '[[load]]\nname = "heater"\nkind = "resistive"\npower = "3 kW"\n'


def play(text: str, **options: object) -> Outcome:
    return run(HOME, loads(text), **options)  # type: ignore[arg-type]


def measured(outcome: Outcome, what: str) -> list[str]:
    return [finding.measured for _, finding in outcome.findings if finding.what == what]


@pytest.mark.parametrize(
    ("expect", "holds"),
    [
        ("register = '1.0.1.8.0'\nvalue = '1 kWh'\ntolerance = '1 Wh'", True),
        ("register = '1.0.1.8.0'\nvalue = '1.002 kWh'\ntolerance = '1 Wh'", False),
        ("register = '1.0.1.8.0'\nvalue = '0.998 kWh'\ntolerance = '1 Wh'", False),
        ("register = '1.0.1.8.0'\nvalue = '1002 Wh'\ntolerance = '0.3 %'", True),
        ("register = '1.0.1.8.0'\nvalue = '1002 Wh'\ntolerance = '0.1 %'", False),
        ("register = '1.0.1.8.0'\nat_least = '999 Wh'", True),
        ("register = '1.0.1.8.0'\nat_least = '1002 Wh'", False),
        ("register = '1.0.1.8.0'\nat_most = '998 Wh'", False),
        ("register = '1.0.1.8.0'\nvalue = '1 kW'", False),
        ("register = '1.0.1.7.0'\nvalue = '3 kW'\ntolerance = '0.1 %'", True),
        ("register = '1.0.32.7.0'\nvalue = '230 V'\ntolerance = '0.1 V'", True),
        ("register = '1.0.1.8.9'\nvalue = '1 kWh'", False),
        ("register = '0.0.1.0.0'\nvalue = '2027-03-01 10:20:00'", True),
        ("register = '0.0.1.0.0'\nvalue = '2027-03-01 10:20:05'\ntolerance = '1 s'", False),
        ("profile = '1.0.99.1.0'\nrows = 1", True),
        ("profile = '1.0.99.1.0'\nrows = 2", False),
        ("profile = '1.0.99.1.0'\nat_most = 0", False),
        ("profile = '1.0.99.1.0'\nbetween = ['16 min', '20 min']\nrows = 0", True),
        ("profile = '1.0.99.1.0'\nbetween = ['15 min', '15 min']\nrows = 1", True),
        ("profile = '1.0.99.1.0'\nbetween = ['0 s', '14 min']\nrows = 0", True),
        ("profile = '1.0.99.1.0'\nstatus = 'power down'\nrows = 0", True),
        ("event = 1\nlog = '0.0.99.98.9'\ncount = 0", False),
        ("state = 'on'", True),
        ("state = 'off'", False),
        ("state = 'clock valid'", True),
        ("clock_error = '0.1 s'", True),
        ("conserved = true\ntolerance = '0.1 %'", True),
    ],
)
def test_an_expectation_holds_if_and_only_if_the_meter_shows_it(expect: str, holds: bool) -> None:
    outcome = play(f"{HEAD}{HEATER}[[expect]]\n{expect}\n")
    assert [finding.holds for _, finding in outcome.findings] == [holds], outcome.findings
    assert outcome.holds is holds


def test_what_flows_past_the_meter_is_found_by_conserved() -> None:
    """A meter that is off for 6 of 20 minutes measures 700 Wh, and so much flowed: nothing flows in an outage."""
    cut = "[[at]]\nafter = '3 min'\ndo = 'outage'\nfor = '6 min'\n"
    outcome = play(f"{HEAD}{HEATER}{cut}[[expect]]\nconserved = true\ntolerance = '2 Wh'\n")
    assert outcome.holds
    assert outcome.flowed.imported_j == pytest.approx(700 * 3600)
    swapped = "[[at]]\nafter='3 min'\ndo='reverse wires'\n"
    lossy = play(f"{HEAD}{HEATER}{swapped}[[expect]]\nregister='1.0.2.8.0'\nvalue='0 Wh'\n")
    assert not lossy.holds
    assert lossy.flowed.exported_j == pytest.approx(850 * 3600)


def test_a_clock_that_runs_fast_is_found() -> None:
    fast = HEAD.replace("until", 'clock_drift = "500 ppm"\nuntil')
    outcome = play(f"{fast}[[expect]]\nclock_error = '0.1 s'\n")
    assert measured(outcome, "clock error") == ["+0.6 s"]  # 1200 s at 500 ppm
    assert not outcome.holds


def test_a_meter_without_mains_answers_nothing() -> None:
    cut = "[[at]]\nafter = '5 min'\ndo = 'cut mains'\n"
    outcome = play(f"{HEAD}{cut}[[expect]]\nstate = 'off'\n[[expect]]\nregister='1.0.1.8.0'\nvalue='0 Wh'\n")
    assert [finding.holds for _, finding in outcome.findings] == [True, False]
    assert [(one.begin_ns, one.end_ns) for one in outcome.outages] == [(300 * NS, 1200 * NS)]


def test_whoever_has_no_password_gets_no_answer_but_a_refusal() -> None:
    orders = "".join(
        f"[[at]]\nafter = '5 min'\ndo = 'set clock'\nas = '{who}'\nby = '1 h'\nanswer = '{answer}'\n"
        for who, answer in (("nobody", "refused"), ("stranger", "refused"), ("stranger", "success"))
    )
    outcome = play(f"{HEAD}{orders}[[expect]]\nclock_error = '0.1 s'\n")
    assert [finding.holds for _, finding in outcome.findings] == [True, True, False, True]
    assert "AUTHENTICATION_FAILURE" in outcome.findings[1][1].measured


def test_the_same_seed_gives_the_same_trace_and_another_seed_another() -> None:
    wandering = HEATER + 'wander = "30 %"\n'
    first, again, other = (play(HEAD + wandering, seed=seed) for seed in (1, 1, 2))
    assert first.trace == again.trace
    assert first.flowed.imported_j != other.flowed.imported_j


def test_an_earlier_end_leaves_out_what_lies_behind_it() -> None:
    text = f"{HEAD}{HEATER}[[expect]]\nstate='off'\n[[expect]]\nat='5 min'\nstate='on'\n"
    outcome = play(text, until_s=600.0)
    assert outcome.holds
    assert len(outcome.findings) == 1


def test_deeds_come_before_expectations_of_the_same_moment() -> None:
    text = "[[expect]]\nat='10 min'\nstate='off'\n[[at]]\nafter='10 min'\ndo='outage'\nfor='1 min'\n"
    made = timeline(loads(HEAD + text), CENTRAL_EUROPE)
    assert [type(entry.what).__name__ for entry in made.entries] == ["Mains", "ExpectState", "Mains"]


def test_a_storm_is_one_outage_after_another() -> None:
    text = "[[at]]\nafter='1 min'\ndo='storm'\ndips=3\noff='2 s'\non='10 s'\n"
    entries = timeline(loads(HEAD + text), CENTRAL_EUROPE).entries
    moments = [(at, on) for first in (60, 72, 84) for at, on in ((first, False), (first + 2, True))]
    assert entries == tuple(Entry(at * NS, Mains(on)) for at, on in moments)


def test_the_truth_is_power_times_time_while_the_mains_are_there() -> None:
    world = world_of(single_phase(), Cycled(Resistive((1000.0,)), 60.0, 15.0))
    assert flow(Flowed(), world, 0, 3600 * NS) == (pytest.approx(1000.0 * 900.0), 0.0)
    assert flow(Flowed(5.0, 6.0), apply(world, CutMains()), 0, 3600 * NS) == (5.0, 6.0)


def test_a_load_shares_its_power_over_the_phases_or_stands_on_one() -> None:
    text = HEAD + HEATER + '[[load]]\nname = "lamp"\nkind = "constant"\npower = "60 W"\nphase = 2\n'
    loads_ = loads(text).loads
    made = household.grid(SHOP, loads_, {"heater": 3000.0, "lamp": 60.0}, (1.0, 0.5), 1.0)
    assert [load.power_w for load in made.loads if not isinstance(load, Cycled)] == [(1000.0,) * 3, (0.0, 30.0, 0.0)]


def test_hours_are_those_of_the_wall_clock() -> None:
    text = HEAD + HEATER + f"hours = {[float(hour) for hour in range(24)]}\n"
    heater = loads(text).loads[0]
    one_o_clock = int(datetime(2027, 3, 28, tzinfo=UTC).timestamp())
    shown = [household.factor(heater, CENTRAL_EUROPE, 0, one_o_clock + 3600 * k) for k in range(3)]
    assert shown == [1.0, 3.0, 4.0]  # 2027-03-28 01:00 CET, then 03:00 and 04:00 CEST


def test_wandering_keeps_its_mean_and_its_spread() -> None:
    drawn = [household.wandering(1, "load", step) for step in range(4000)]
    mean = sum(drawn) / len(drawn)
    spread = (sum((each - mean) ** 2 for each in drawn) / len(drawn)) ** 0.5
    assert abs(mean) < 0.25  # 4000 draws, each much like the 5 to 10 before it
    assert 0.85 < spread < 1.1  # one standard deviation, cut off at two


@pytest.mark.parametrize(
    ("seconds", "said"), [(0.5, "0.5 s"), (300, "5 min"), (4200, "1 h 10 min"), (90_061, "1 d 1 h 1 min 1 s")]
)
def test_durations_are_written_for_people(seconds: float, said: str) -> None:
    assert span(seconds) == said
