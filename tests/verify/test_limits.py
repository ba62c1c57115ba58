"""The limit tables say what the published ones say, cover their currents without a gap, and name their sources."""

import tomllib
from importlib.resources import files
from itertools import pairwise

import pytest

from ferraris.verify import limits
from ferraris.verify.limits import ClassLimits, of_class, phase_deg, transitional_a

BOTH = ("direct", "transformer")


def table(name: str, connection: str = "direct") -> ClassLimits:
    found = of_class(name, connection)
    assert found is not None
    return found


def test_composite_digits_are_those_of_the_directive() -> None:
    """Directive 2014/32/EU, Annex V, Table 2: balanced load, classes A, B, C by temperature band."""
    published = {
        "A": [(3.5, 5.0, 7.0, 9.0), (3.5, 4.5, 7.0, 9.0)],
        "B": [(2.0, 2.5, 3.5, 4.0), (2.0, 2.5, 3.5, 4.0)],
        "C": [(1.0, 1.3, 1.7, 2.0), (0.7, 1.0, 1.3, 1.5)],
    }
    for name, rows in published.items():
        balanced = [row for row in table(name).composites if not row.where.single_phase]
        assert [tuple(limit.value for limit in row.limits) for row in balanced] == [rows[0]] + [rows[1]] * 3
        assert {limit.basis for row in balanced for limit in row.limits} == {"seen"}


def test_class_02s_digits_are_those_of_the_decree() -> None:
    """French arrêté of 1 August 2013, annex 3."""
    seen = {
        (row.where.low.times, row.where.factor, row.where.single_phase): row.limit.value
        for row in table("0.2S", "transformer").loads
    }
    assert seen == {
        (0.01, "1", False): 0.4,
        (0.05, "1", False): 0.2,
        (0.02, "0.5i", False): 0.5,
        (0.02, "0.8c", False): 0.5,
        (0.1, "0.5i", False): 0.3,
        (0.1, "0.8c", False): 0.3,
        (0.05, "1", True): 0.3,
        (0.1, "0.5i", True): 0.4,
    }
    coefficients = table("0.2S").influences
    assert coefficients["temperature coefficient", "1"].value == 0.01
    assert coefficients["temperature coefficient", "0.5i"].value == 0.02


def test_class_d_is_class_02s_under_its_own_name() -> None:
    ours, theirs = table("D"), table("0.2S")
    assert (ours.name, ours.loads, ours.influences) == ("D", theirs.loads, theirs.influences)


def test_iec_table_8_digits() -> None:
    """IEC 62053-21:2003, Table 8: temperature coefficient and frequency influence, classes 1 and 2."""
    one, two = table("1").influences, table("2").influences
    kinds = [("temperature coefficient", "1"), ("temperature coefficient", "0.5i"), ("frequency", "1")]
    assert [one[kind].value for kind in kinds] == [0.05, 0.07, 0.5]
    assert [two[kind].value for kind in kinds] == [0.10, 0.15, 0.8]
    assert {one[kind].basis for kind in kinds} == {"seen"}


def test_starting_currents_are_those_of_annex_4() -> None:
    """French arrêté of 1 August 2013, annex 4: in terms of Iref, direct and behind transformers."""
    published = {"A": (0.005, 0.003), "B": (0.004, 0.002), "C": (0.004, 0.001), "D": (0.001, 0.001)}
    for name, values in published.items():
        found = tuple(table(name, c).currents["starting current over Iref"].value for c in BOTH)
        assert found == values


@pytest.mark.parametrize("name", limits.CLASSES)
@pytest.mark.parametrize("connection", BOTH)
def test_rows_of_one_power_factor_follow_each_other_up_to_imax(name: str, connection: str) -> None:
    rows = [row.where for row in table(name, connection).loads if not row.where.single_phase]
    for factor in {row.factor for row in rows}:
        chain = [row for row in rows if row.factor == factor]
        assert all(before.high == after.low for before, after in pairwise(chain))
        assert [row.closed for row in chain] == [False] * (len(chain) - 1) + [True]
        assert chain[-1].high == (1.0, "Imax")


@pytest.mark.parametrize("name", limits.CLASSES)
@pytest.mark.parametrize("connection", BOTH)
def test_a_row_of_higher_currents_never_has_a_wider_limit(name: str, connection: str) -> None:
    rows = [row for row in table(name, connection).loads if not row.where.single_phase]
    for factor in {row.where.factor for row in rows}:
        chain = [row.limit.value for row in rows if row.where.factor == factor]
        assert chain == sorted(chain, reverse=True)


@pytest.mark.parametrize("name", [name for name in limits.CLASSES if name != "D"])
def test_every_source_of_a_table_is_used_and_named(name: str) -> None:
    text = files(limits).joinpath(f"{name}.toml").read_text(encoding="utf-8")
    sources = tomllib.loads(text)["sources"]
    for key, source in sources.items():
        assert f'source = "{key}"' in text
        assert source["seen"] or "unverified" in source["text"]


def test_a_class_without_a_table_has_no_limits() -> None:
    assert of_class("0.1S", "direct") is None
    assert of_class("../secret", "direct") is None


def test_power_factor_to_angle() -> None:
    assert phase_deg("1") == 0.0
    assert phase_deg("0.5i") == pytest.approx(60.0)
    assert phase_deg("0.8c") == pytest.approx(-36.8699, abs=1e-4)


def test_transitional_current_is_a_tenth_of_iref_and_a_twentieth_behind_transformers() -> None:
    assert (transitional_a(5.0, "direct"), transitional_a(1.0, "transformer")) == (0.5, 0.05)


def test_influence_digits_of_class_02s_are_those_of_the_decree() -> None:
    """French arrêté of 1 August 2013, annex 3: additional errors in %, and all of them seen."""
    published = {
        ("reversed sequence", "1"): 0.05,
        ("unbalance", "1"): 0.5,
        ("severe voltage", "1"): 0.3,
        ("severe voltage", "0.5i"): 0.6,
        ("fifth harmonic", "1"): 0.4,
        ("sub-harmonics", "1"): 0.6,
        ("DC magnetic induction", "1"): 2.0,
        ("AC magnetic induction", "1"): 0.5,
        ("self-heating", "1"): 0.1,
        ("single-phase difference", "1"): 0.4,
    }
    found = table("0.2S", "transformer").influences
    assert {kind: found[kind].value for kind in published} == published
    assert {found[kind].basis for kind in published} == {"seen"}


def test_influence_digits_of_classes_1_and_2_are_those_of_table_8() -> None:
    """IEC 62053-21:2003, Table 8: reversed sequence, unbalance, harmonics in voltage and current, half wave."""
    kinds = ("reversed sequence", "unbalance", "fifth harmonic")
    for name, published, half in (("1", [1.5, 2.0, 0.8], 3.0), ("2", [1.5, 4.0, 1.0], 6.0)):
        found = table(name)
        assert [found.influences[kind, "1"].value for kind in kinds] == published
        assert {found.influences[kind, "1"].basis for kind in kinds} == {"seen"}
        assert found.half_wave is not None
        assert found.half_wave.value == half


def test_severe_voltage_is_three_times_the_voltage_influence_where_iec_says_so() -> None:
    """IEC 62053-21 and -22: three times from -20 to -10 % and from +10 to +15 % (recalled; seen for class 0.2S)."""
    for name in ("0.2S", "0.5S", "1", "2"):
        found = table(name).influences
        for factor in ("1", "0.5i"):
            assert found["severe voltage", factor].value == pytest.approx(3.0 * found["voltage", factor].value)


def test_every_active_class_limits_the_same_influences() -> None:
    kinds = {name: {kind for kind, _ in table(name).influences} for name in limits.CLASSES}
    assert len(kinds["1"]) == 16
    assert all(each == kinds["1"] for each in kinds.values())


@pytest.mark.parametrize("name", limits.REACTIVE_CLASSES)
@pytest.mark.parametrize("connection", BOTH)
def test_reactive_rows_cover_their_currents_and_say_that_they_are_recalled(name: str, connection: str) -> None:
    found = of_class(name, connection, "reactive")
    assert found is not None
    assert (found.name, found.energy) == (name, "reactive")
    assert {load.limit.basis for load in found.loads} == {"recalled"}
    rows = [row.where for row in found.loads if not row.where.single_phase]
    for factor in {row.factor for row in rows}:
        chain = [row for row in rows if row.factor == factor]
        assert all(before.high == after.low for before, after in pairwise(chain))
        assert chain[-1].high == (1.0, "Imax")


def test_sine_of_a_reactive_class_to_angle() -> None:
    assert phase_deg("1", "reactive") == pytest.approx(90.0)
    assert phase_deg("0.5i", "reactive") == pytest.approx(30.0)
    assert phase_deg("0.25c", "reactive") == pytest.approx(-14.4775, abs=1e-4)
