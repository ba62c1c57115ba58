"""Orders of a scenario: what can be sent is sent, what no meter could be sent is refused before the run."""

from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ferraris.bench.scenario.load import load, loads
from ferraris.bench.scenario.models import Write
from ferraris.bench.scenario.problems import ScenarioError
from ferraris.bench.scenario.run import Outcome, plan, run
from ferraris.firmware.dlms import axdr, client
from ferraris.firmware.dlms.host import Attribute
from ferraris.hardware.platform.load import load as load_platform

ROOT = Path(__file__).parents[3]
HOME = load_platform(ROOT / "platforms" / "home-1p.toml")
HEAD = '[scenario]\nname = "a test"\nstart = "2027-03-01 10:00:00"\nuntil = "20 min"\n'
CLOCK_TIME = Attribute(8, bytes((0, 0, 1, 0, 0, 255)), 2)
WRITE = {"object": '"0.0.1.0.0"', "class": "8", "attribute": "2", "data": '"11 01"'}
INVOKE = {"object": '"0.0.1.0.0"', "class": "8", "method": "1", "data": '"11 01"'}


def order(do: str, **keys: str) -> str:
    return HEAD + f'[[at]]\nafter = "5 min"\ndo = "{do}"\n' + "".join(f"{key} = {text}\n" for key, text in keys.items())


def refusal(text: str) -> str:
    with pytest.raises(ScenarioError) as caught:
        plan(HOME, loads(text, "x.toml"), "x.toml")
    (problem,) = caught.value.problems
    assert "\n" not in problem
    return problem


def play(text: str) -> Outcome:
    return run(HOME, loads(text))


@pytest.mark.parametrize(
    ("key", "text", "says"),
    [
        (
            "data",
            '"11"',
            "found '11', expected exactly one A-XDR value in hex (1 octets wanted at octet 1, 0 are there)",
        ),
        ("data", '"11 01 00"', "expected exactly one A-XDR value in hex (1 octets after the end of the value)"),
        ("data", '"FE"', "expected exactly one A-XDR value in hex (unknown tag FE at octet 0)"),
        ("data", '"1"', "found '1', expected exactly one A-XDR value in hex such as '11 01'"),
        ("data", '""', "found '', expected exactly one A-XDR value in hex"),
        ("data", f'"09 84 00 01 11 70 {"00" * 70_000}"', "expected at most 60000 octets"),
        ("number", "300", "found 300, expected less than or equal to 127"),
        ("number", "-129", "found -129, expected greater than or equal to -128"),
        ("class", "65536", "class: found 65536, expected less than or equal to 65535"),
        ("class", "-1", "class: found -1, expected greater than or equal to 0"),
        ("object", '"1.0.1.8.256"', "object: found '1.0.1.8.256', expected an OBIS code of five or six groups"),
        ("object", '"1.0.1.8"', "object: found '1.0.1.8', expected an OBIS code of five or six groups"),
        ("object", '"\u0661.0.1.8.0"', "expected an OBIS code of five or six groups from 0 to 255"),
    ],
)
def test_what_no_meter_could_be_sent_is_refused(key: str, text: str, says: str) -> None:
    for do, keys, number in (("write", WRITE, "attribute"), ("invoke", INVOKE, "method")):
        name = number if key == "number" else key
        problem = refusal(order(do, **{**keys, name: text}))
        assert problem.startswith(f"x.toml: at[0].{name}: ")
        assert says in problem


@pytest.mark.parametrize(
    ("key", "text"),
    [("attribute", "-128"), ("attribute", "127"), ("class", "65535"), ("data", f'"09 7F {"00" * 127}"')],
)
def test_what_is_within_its_octets_is_sent_and_answered(key: str, text: str) -> None:
    outcome = play(order("write", **{**WRITE, key: text}, answer='"refused"'))
    assert [finding.holds for _, finding in outcome.findings] == [True]
    assert outcome.findings[0][1].measured.startswith("refused, ")


@given(st.binary(min_size=1, max_size=12))
@example(bytes.fromhex("0302"))
def test_whatever_octets_are_the_data_they_are_refused_in_one_line_or_can_be_sent(octets: bytes) -> None:
    text = order("write", **WRITE | {"data": f'"{octets.hex()}"'})
    try:
        (deed,) = loads(text).deeds
    except ScenarioError:
        assert refusal(text).startswith("x.toml: at[0].data: found ")
    else:
        assert isinstance(deed, Write)
        # The client encodes anew: 03 02 is true, and goes as 03 01.
        sent = next(client.write(CLOCK_TIME, bytes.fromhex(deed.data)))
        assert sent.endswith(axdr.encode(axdr.decode(octets)))


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (order("set clock", to='"1e12 s"'), "at[0].to: found '1e12 s', expected no more than 100 y from the start"),
        (order("set clock", to='"-1e300 s"'), "at[0].to: found '-1e300 s', expected no more than 100 y"),
        (HEAD + '[[expect]]\nregister = "1.0.1.8.300"\nvalue = "1 Wh"\n', "expect[0].register: found '1.0.1.8.300'"),
        (HEAD + '[[expect]]\nregister = "1.0.1.8.0"\nattribute = 300\nvalue = "1"\n', "expect[0].attribute: found 300"),
        (HEAD + '[[expect]]\nprofile = "1.0.99.1.256"\nrows = 1\n', "expect[0].profile: found '1.0.99.1.256'"),
        (HEAD + '[[expect]]\nevent = 1\nlog = "1.0.99"\n', "expect[0].log: found '1.0.99'"),
        (HEAD + "[[expect]]\nevent = -1\n", "expect[0].event: found -1, expected the name of an event, or its number"),
        (HEAD + "[[expect]]\nevent = true\n", "expect[0].event: found True, expected the name of an event"),
        (HEAD + '[[expect]]\nevent = 1\nbetween = ["1 min"]\n', "between: found ('1 min',), expected two times"),
        (HEAD + '[[expect]]\nevent = 1\nbetween = ["0 s", "1e300 s"]\n', "between: found '1e300 s', expected no more"),
        (HEAD + "[[expect]]\nevent = 1\ncount = 1\nat_most = 2\n", "expect[0]: found count and at_most, expected one"),
        (HEAD + "[[expect]]\nevent = 1\nat_least = 3\nat_most = 2\n", "expected at_least no more than at_most"),
        (HEAD + '[[expect]]\nprofile = "1.0.99.1.0"\nrows = 1\ncount = 1\n', "found rows and count, expected one"),
        (
            HEAD + '[[expect]]\nregister = "1.0.1.8.0"\nvalue = "nan"\n',
            "expect[0].value: found 'nan', expected a quantity",
        ),
        (
            HEAD + '[[expect]]\nregister = "1.0.1.8.0"\nvalue = "1 Wh"\ntolerance = "-1 Wh"\n',
            "expect[0].tolerance: found '-1 Wh', expected a quantity or a share such as '0.5 %', not below zero",
        ),
        (HEAD + '[[expect]]\nconserved = true\ntolerance = "-1 %"\n', "expect[0].tolerance: found '-1 %'"),
        (order("set load", load='"oven"', power='"1 kW"'), "at[0].load: found 'oven', this scenario has no load"),
    ],
)
def test_what_could_never_hold_or_be_done_is_found_before_the_run(text: str, says: str) -> None:
    assert says in refusal(text)


def test_a_tolerance_of_nothing_is_one() -> None:
    text = HEAD + '[[expect]]\nregister = "1.0.2.8.0"\nvalue = "0 Wh"\ntolerance = "0 Wh"\n'
    assert play(text + '[[expect]]\nconserved = true\ntolerance = "0 %"\n').holds


def test_factors_and_problems_of_later_tables_are_said_in_plain_words() -> None:
    oven = '[[load]]\nname = "oven"\nkind = "gas"\npower = "1 kW"\n'
    heater = '[[load]]\nname = "heater"\nkind = "resistive"\npower = "1 kW"\nperiod = "1 h"\n'
    with pytest.raises(ScenarioError) as caught:
        loads(HEAD + oven + heater, "x.toml")
    assert caught.value.problems[1:] == ("x.toml: load[1]: found one of period and on, expected both or neither",)
    hours = heater.replace('period = "1 h"', "hours = [1, 2]")
    assert refusal(HEAD + hours).endswith(
        "load[0].hours: found (1, 2), expected 24 factors, one for each hour of the day"
    )


def test_a_load_that_is_not_there_is_answered_with_those_that_are() -> None:
    text = order("set load", load='"heatr"', power='"1 kW"') + '[[load]]\nname = "heater"\nkind = "pv"\npower = "1 W"\n'
    assert refusal(text) == "x.toml: at[0].load: found 'heatr', expected one of 'heater', did you mean 'heater'?"


def test_a_profile_that_is_none_is_a_finding_and_no_error() -> None:
    """The activity calendar's third attribute is text: nothing of it is a column."""
    outcome = play(HEAD + '[[expect]]\nprofile = "0.0.13.0.0"\n')
    assert [finding.measured for _, finding in outcome.findings] == [
        "no value: this object is no profile but of class 20"
    ]


def test_a_tariff_that_is_none_is_found_before_the_run(tmp_path: Path) -> None:
    (tmp_path / "t.toml").write_text("[tariff]\nname = 5\n", encoding="utf-8")
    (tmp_path / "s.toml").write_text(order("load tariff", file='"t.toml"', activate='"6 min"'), encoding="utf-8")
    with pytest.raises(ScenarioError, match=r"^s\.toml: tariff: t\.toml: tariff\.name: found 5"):
        plan(HOME, load(tmp_path / "s.toml"), "s.toml")


# ------------------------------------------------------------------------------------------------ who


def test_an_unknown_name_is_answered_with_all_that_are_known() -> None:
    assert refusal(order("set clock", **{"as": '"concentrater"'})) == (
        "x.toml: at[0].as: found 'concentrater', "
        "expected one of 'head end', 'nobody', 'stranger', 'concentrator', did you mean 'concentrator'?"
    )


def test_a_platform_without_sources_of_time_knows_none() -> None:
    firmware = HOME.firmware.model_copy(update={"time_sources": ()})
    alone = HOME.model_copy(update={"firmware": firmware})
    text = order("set clock", **{"as": '"concentrator"'})
    with pytest.raises(ScenarioError, match=r"found 'concentrator', expected one of 'head end', 'nobody', 'stranger'$"):
        plan(alone, loads(text))


@pytest.mark.parametrize(("by", "answer"), [(59, "success"), (-59, "success"), (61, "refused"), (-61, "refused")])
def test_a_source_of_time_moves_the_clock_by_no_more_than_the_platform_lets_it(by: int, answer: str) -> None:
    """The platform says most = "60 s"; the head end has no such limit."""
    keys = {"by": f'"{by} s"', "answer": f'"{answer}"'}
    outcome = play(order("set clock", **{**keys, "as": '"concentrator"'}))
    assert outcome.holds, outcome.findings
    moved_s = by if answer == "success" else 0
    assert outcome.samples[-1].clock_error_s == pytest.approx(moved_s, abs=0.05)
    assert play(order("set clock", **{**keys, "answer": '"success"'})).holds


def test_a_source_of_time_may_not_load_a_tariff_or_close_a_period() -> None:
    outcome = play(order("close billing", **{"as": '"concentrator"', "answer": '"refused"'}))
    assert outcome.holds, outcome.findings
