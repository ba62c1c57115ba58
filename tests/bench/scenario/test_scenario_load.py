"""A wrong scenario gets one line for each thing that is wrong: where, what was found, what would be right."""

from pathlib import Path

import pytest

from ferraris.bench.scenario.load import load, loads
from ferraris.bench.scenario.problems import ScenarioError
from ferraris.bench.scenario.run import plan
from ferraris.hardware.platform.load import load as load_platform

HOME = load_platform(Path(__file__).parents[3] / "platforms" / "home-1p.toml")
HEAD = '[scenario]\nname = "a test"\nstart = "2027-03-01 00:00:00"\nuntil = "2 h"\n'
HEATER = '[[load]]\nname = "heater"\nkind = "resistive"\npower = "1 kW"\n'


def refusal(text: str) -> list[str]:
    """The problems of a scenario, wherever on the way to the first second they are found."""
    with pytest.raises(ScenarioError) as caught:
        plan(HOME, loads(text, "x.toml"), "x.toml")
    return list(caught.value.problems)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("", "x.toml: scenario: missing"),
        (HEAD + "[[expects]]\nstate = 'on'\n", "x.toml: 'expects': unknown table, did you mean 'expect'?"),
        (HEAD.replace("until", "untill"), "x.toml: scenario.untill: unknown key, did you mean 'until'?"),
        (HEAD.replace("2 h", "2 hours"), "x.toml: scenario.until: found '2 hours', expected a duration"),
        (HEAD.replace("2 h", "2027-02-01 00:00:00"), "x.toml: scenario.until: found '2027-02-01 00:00:00', expected"),
        (HEAD.replace("03-01", "02-30"), "x.toml: scenario.start: found '2027-02-30 00:00:00', expected a date"),
        (HEAD + HEATER.replace("kW", "kWh"), "x.toml: load[0].power: found '1 kWh', expected an active power"),
        (HEAD + HEATER.replace("resistive", "oven"), "x.toml: load[0].kind: found 'oven', expected one of"),
        (HEAD + HEATER + HEATER, "x.toml: load: found 'heater' twice"),
        (HEAD + HEATER + "phase = 2\n", "x.toml: load[0].phase: found 2, this meter has 1"),
        (HEAD + HEATER + "period = '1 h'\n", "x.toml: load[0]: found one of period and on"),
        (HEAD + HEATER + "hours = [1, 2]\n", "x.toml: load[0].hours: found (1, 2)"),
        (HEAD + "[[at]]\nafter = '1 h'\n", "x.toml: at[0].do: missing, expected one of"),
        (HEAD + "[[at]]\nafter = '1 h'\ndo = 'cut main'\n", "x.toml: at[0].do: found 'cut main'"),
        (HEAD + "[[at]]\ndo = 'cut mains'\n", "x.toml: at[0]: missing, expected one of time, after or every"),
        (HEAD + "[[at]]\nafter = '3 h'\ndo = 'cut mains'\n", "x.toml: at[0].time: found '10800 s', after its end"),
        (HEAD + "[[at]]\nafter = '110 min'\ndo = 'outage'\nfor = '1 h'\n", "x.toml: at[0]: found 'outage', after its"),
        (HEAD + "[[at]]\nafter = '1 h'\ncount = 2\ndo = 'cut mains'\n", "x.toml: at[0].count: found a count without"),
        (HEAD + "[[at]]\nevery = '1 us'\ndo = 'cut mains'\n", "x.toml: at[0].every: found"),
        (HEAD + "[[at]]\nafter = '1 h'\ndo = 'lose neutral'\n", "x.toml: at[0].do: found a neutral on a single-phase"),
        (HEAD + HEATER + "[[at]]\nafter='1 h'\ndo='set load'\nload='heatr'\npower='1 W'\n", "did you mean 'heater'?"),
        (HEAD + "[[expect]]\nat = 'end'\n", "x.toml: expect[0]: found none of them, expected exactly one of register"),
        (HEAD + "[[expect]]\nregister = '1.0.1.8.0'\n", "x.toml: expect[0]: missing, expected a value"),
        (HEAD + "[[expect]]\nregister = '1.0.1.8'\nvalue = '1'\n", "x.toml: expect[0].register: found '1.0.1.8'"),
        (HEAD + "[[expect]]\nregister = '1.0.1.8.0'\nvalue = '1 kwh'\n", "x.toml: expect[0].value: found '1 kwh'"),
        (
            HEAD + "[[expect]]\nregister = '1.0.1.8.0'\nvalue = '1 kWh'\ntolerance = 'some'\n",
            "x.toml: expect[0].tolerance: found 'some'",
        ),
        (HEAD + "[[expect]]\nevent = 'lunch'\n", "x.toml: expect[0].event: found 'lunch', expected a number or one of"),
        (HEAD + "[[expect]]\nprofile = '1.0.99.1.0'\nstatus = 'bad'\n", "x.toml: expect[0].status: found 'bad'"),
        (HEAD + "[[expect]]\nstate = 'rate 9'\n", "x.toml: expect[0].state: found 'rate 9'"),
        (HEAD + "[[expect]]\nconserved = true\ntolerance = '1 V'\n", "x.toml: expect[0].tolerance: found '1 V'"),
        (
            HEAD + "[[expect]]\nevent = 1\nbetween = ['1 h', '30 min']\n",
            "x.toml: expect[0].between: found ('1 h', '30 min'), expected the earlier time first",
        ),
        ("[scenario\n", "x.toml: not valid TOML"),
    ],
)
def test_what_is_wrong_is_said_with_its_place_and_what_would_be_right(text: str, line: str) -> None:
    problems = refusal(text)
    assert any(line in problem for problem in problems), problems
    assert all(problem.startswith("x.toml: ") and "\n" not in problem for problem in problems)


def test_every_problem_of_a_file_is_told_at_once() -> None:
    assert len(refusal(HEAD + HEATER.replace("1 kW", "1 V") + "[[at]]\ndo = 'dance'\n[[expect]]\nstate = 'odd'\n")) == 3


def test_a_file_that_is_not_there_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(ScenarioError, match=r"^none\.toml: cannot be read: No such file"):
        load(tmp_path / "none.toml")


def test_a_tariff_is_read_beside_the_scenario(tmp_path: Path) -> None:
    order = "[[at]]\nafter = '1 h'\ndo = 'load tariff'\nfile = 't.toml'\nactivate = '90 min'\n"
    (tmp_path / "s.toml").write_text(HEAD + order, encoding="utf-8")
    with pytest.raises(ScenarioError, match=r"s\.toml: tariff t\.toml: cannot be read"):
        load(tmp_path / "s.toml")
    (tmp_path / "t.toml").write_text("the tariff", encoding="utf-8")
    assert load(tmp_path / "s.toml").files == (("t.toml", "the tariff"),)
