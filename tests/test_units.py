"""Quantities at the door: what is read, what is refused, and that nothing else ever happens."""

import contextlib
import re
import subprocess
import sys
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ferraris import units
from ferraris.units import DIMENSIONS, CurrentRange, Dimension, Range, Ratio, Toleranced, UnitError

READERS = (units.parse, units.parse_toleranced, units.parse_ratio, units.parse_range)
POWERS = {"p": -12, "n": -9, "u": -6, "m": -3, "": 0, "k": 3, "M": 6, "G": 9}
"""SI Brochure, 9th edition, table 7."""

NUMBERS = ["1", "0", "25", ".5", "1e3", "nan", "inf", "e", "E9", "1_0", "\u0664"]
MARKINGS = ["-", "+", "±", "+-", "+/-", "..", "/", "(", ")", "\u2212", "\x00", " ", "\n", "²"]
SYMBOLS = ["%", "ppm", "ohm", "Ω", "u", "µ", "k", "A", "V", "degC", "°C", "K", "A2s", "y"]
TOKENS = st.sampled_from([*NUMBERS, *MARKINGS, *SYMBOLS])
HOSTILE = st.one_of(st.text(max_size=200), st.lists(TOKENS, max_size=12).map("".join))


@pytest.mark.parametrize(
    ("text", "dimension", "value"),
    [
        ("150 uohm", units.RESISTANCE, 0.00015),
        ("150uohm", units.RESISTANCE, 0.00015),
        ("  150   uohm ", units.RESISTANCE, 0.00015),
        ("150 \u00b5\u03a9", units.RESISTANCE, 0.00015),
        ("150 \u03bc\u2126", units.RESISTANCE, 0.00015),
        ("330 kohm", units.RESISTANCE, 330000.0),
        ("1 mohm", units.RESISTANCE, 0.001),
        ("1 Mohm", units.RESISTANCE, 1000000.0),
        ("15 mV", units.VOLTAGE, 0.015),
        ("9.5 uV", units.VOLTAGE, 9.5e-6),
        ("-40 degC", units.TEMPERATURE, -40.0),
        ("\u221240 °C", units.TEMPERATURE, -40.0),
        ("25 ppm/K", units.DRIFT, 25.0),
        ("0.1 %/K", units.DRIFT, 1000.0),
        ("-0.1 %/K", units.SHARE_PER_KELVIN, -0.001),
        ("0.5 %", units.SHARE, 0.005),
        ("30 ppm", units.PARTS_PER_MILLION, 30.0),
        ("0.01 %", units.PARTS_PER_MILLION, 100.0),
        ("15 min", units.DURATION, 900.0),
        ("1 h", units.DURATION, 3600.0),
        ("1 y", units.DURATION, 365.25 * 86400.0),
        ("40 d", units.DAYS, 40.0),
        ("1.2 mrad", units.ANGLE, 0.0012),
        ("180 deg", units.ANGLE, 3.141592653589793),
        ("1 kWh", units.ENERGY, 3.6e6),
        ("1 mWh", units.ENERGY, 3.6),
        ("250e3 A2s", units.LET_THROUGH, 250000.0),
        ("250e3 A²s", units.LET_THROUGH, 250000.0),
        ("128 KiB", units.MEMORY, 131072.0),
        ("128 kB", units.MEMORY, 128000.0),
        ("6.4 imp/Wh", units.METER_CONSTANT, 6400.0),
        ("8 kS/s", units.SAMPLE_RATE, 8000.0),
        (".5 V", units.VOLTAGE, 0.5),
        ("5. V", units.VOLTAGE, 5.0),
    ],
)
def test_a_quantity_is_read_into_its_inside_unit(text: str, dimension: Dimension, value: float) -> None:
    assert units.parse(text, dimension) == value


@pytest.mark.parametrize(
    ("text", "nominal", "tolerance"),
    [
        ("150 uohm ± 1 %", 150e-6, 1.5e-6),
        ("150 uohm +- 1 %", 150e-6, 1.5e-6),
        ("150 uohm +/- 1%", 150e-6, 1.5e-6),
        ("150 uohm ± 1.5 uohm", 150e-6, 1.5e-6),
        ("150 uohm ± 10000 ppm", 150e-6, 1.5e-6),
        ("150 uohm", 150e-6, 0.0),
        ("-2 ohm ± 10 %", -2.0, 0.2),
    ],
)
def test_a_tolerance_is_absolute_and_positive(text: str, nominal: float, tolerance: float) -> None:
    assert units.parse_toleranced(text, units.RESISTANCE) == Toleranced(nominal, pytest.approx(tolerance, rel=1e-15))


def test_a_share_has_no_relative_tolerance_because_it_could_mean_two_things() -> None:
    assert units.parse_toleranced("10 % ± 1 %", units.SHARE) == Toleranced(0.1, 0.01)


def test_ranges_ratios_and_nameplate_currents_are_read() -> None:
    assert units.parse_range("-25..55 degC", units.TEMPERATURE) == Range(-25.0, 55.0)
    assert units.parse_range("-25 .. +55 °C", units.TEMPERATURE) == Range(-25.0, 55.0)
    assert units.parse_range("5..10 kHz", units.FREQUENCY) == Range(5000.0, 10000.0)
    assert units.parse_ratio("10000/100 V", units.VOLTAGE) == Ratio(10000.0, 100.0)
    assert units.parse_ratio("0.2/0.005 kA", units.CURRENT) == Ratio(200.0, 5.0)
    assert units.parse_current_range("0.25-5(100) A") == CurrentRange(0.25, 5.0, 100.0)
    assert units.parse_current_range("0.25–5 (100) A") == CurrentRange(0.25, 5.0, 100.0)
    assert units.parse_current_range("10-1000(6000) mA") == CurrentRange(0.01, 1.0, 6.0)


NO_TEXTS: list[object] = ["", 150, 1.5e-4, True, None, [], {}, b"1 ohm", "1 ohm" + " " * 200]
NO_NUMBERS: list[object] = [
    "150",
    "ohm",
    "nan ohm",
    "inf ohm",
    "1e999 ohm",
    "1_0 ohm",
    "0x10 ohm",
    "1,5 ohm",
    "--1 ohm",
]
NO_UNITS: list[object] = ["150 uF", "150 OHM", "1 k ohm", "\u0661 ohm", "1 ohm 2", "1 ohm ± 1 %", "1e3e3 ohm"]


@pytest.mark.parametrize("text", [*NO_TEXTS, *NO_NUMBERS, *NO_UNITS])
def test_what_is_no_resistance_is_refused(text: object) -> None:
    with pytest.raises(UnitError):
        units.parse(text, units.RESISTANCE)


@pytest.mark.parametrize(
    "text", ["5 ohm ± -1 %", "5 ohm ±", "± 1 %", "5 ± 1 %", "5 ohm ± 1 V", "5 ohm ± 1", "5 ohm ± 1 % ± 1 %"]
)
def test_a_tolerance_that_makes_no_sense_is_refused(text: str) -> None:
    with pytest.raises(UnitError):
        units.parse_toleranced(text, units.RESISTANCE)


@pytest.mark.parametrize("text", ["55..-25 degC", "5..5 degC", "5 degC", "..5 degC", "1..2 V", "1...2 degC", "1..2"])
def test_a_range_rises(text: str) -> None:
    with pytest.raises(UnitError):
        units.parse_range(text, units.TEMPERATURE)


@pytest.mark.parametrize("text", ["0/100 V", "100/0 V", "-100/1 V", "100 V", "100/1", "100/1/1 V", "100/5 A"])
def test_a_ratio_has_two_positive_sides(text: str) -> None:
    with pytest.raises(UnitError):
        units.parse_ratio(text, units.VOLTAGE)


@pytest.mark.parametrize(
    "text", ["5-0.25(100) A", "0.25-5 A", "5(100) A", "0-5(100) A", "0.25-5(1) A", "0.25-5(100) V", 5]
)
def test_nameplate_currents_rise(text: object) -> None:
    with pytest.raises(UnitError):
        units.parse_current_range(text)


def test_the_error_says_what_was_found_and_what_would_be_right() -> None:
    with pytest.raises(UnitError) as caught:
        units.parse_toleranced("150 uF", units.RESISTANCE)
    assert str(caught.value) == "found '150 uF', expected a resistance such as '150 uohm ± 1 %'"
    assert (caught.value.found, caught.value.expected) == ("'150 uF'", "a resistance such as '150 uohm ± 1 %'")


def test_what_is_shown_of_a_finding_is_one_short_line() -> None:
    endless: list[object] = []
    for _ in range(5000):
        endless = [endless]
    for value in ("x" * 10_000, "a\nb", 10**5000, endless):
        assert len(units.shown(value)) <= 60
        assert units.shown(value).isprintable()


@pytest.mark.parametrize("dimension", DIMENSIONS, ids=lambda each: each.noun)
def test_every_dimension_reads_its_own_example(dimension: Dimension) -> None:
    units.parse(dimension.example, dimension)
    units.parse_toleranced(f"{dimension.example} {dimension.spread}", dimension)
    assert dimension.units[dimension.inside] == 1


def test_no_two_dimensions_have_the_same_name_or_an_unknown_prefix_slipped_in() -> None:
    assert len({each.noun for each in DIMENSIONS}) == len(DIMENSIONS) == 36
    for symbol, size in units.VOLTAGE.units.items():
        assert Fraction(size) == Fraction(10) ** POWERS[symbol.removesuffix("V")]


@given(st.decimals(-(10**12), 10**12, places=6), st.sampled_from(sorted(POWERS)))
def test_reading_is_exact_to_the_last_bit(number: object, prefix: str) -> None:
    # Python's own exact fraction, rounded once, is the independent answer
    exact = Fraction(str(number)) * Fraction(10) ** POWERS[prefix]
    assert units.parse(f"{number} {prefix}V", units.VOLTAGE) == float(exact)


FINITE = st.floats(min_value=1e-80, max_value=1e80) | st.floats(min_value=-1e80, max_value=-1e-80) | st.just(0.0)


@given(FINITE, st.sampled_from(DIMENSIONS), st.data())
def test_what_is_written_reads_back(value: float, dimension: Dimension, data: st.DataObject) -> None:
    unit = data.draw(st.sampled_from(sorted(dimension.units)))
    back = units.parse(units.render(value, dimension, unit), dimension)
    assert back == pytest.approx(value, rel=1e-15, abs=0.0)


@given(st.floats(min_value=1e-12, max_value=1e9), st.sampled_from(["uohm", "mohm", "ohm", "kohm"]))
def test_decimal_units_read_back_exactly(value: float, unit: str) -> None:
    assert units.parse(units.render(value, units.RESISTANCE, unit), units.RESISTANCE) == value


@given(HOSTILE, st.sampled_from(DIMENSIONS))
def test_hostile_text_gives_a_unit_error_or_a_finite_value(text: str, dimension: Dimension) -> None:
    for reader in READERS:
        try:
            values = reader(text, dimension)
        except UnitError as error:
            message = str(error)
            assert "\n" not in message
        else:
            numbers = values if isinstance(values, tuple) else (values,)
            assert all(abs(each) < float("inf") for each in numbers)
    with contextlib.suppress(UnitError):
        units.parse_current_range(text)


WORDS = st.sampled_from(["1", "-2.5", "+.5", "3e-6", "1e4"])
GAPS = st.sampled_from(["", " ", "  "])
MARKS = st.sampled_from(["±", "+-", "+/-", "-", ".."])


@given(st.tuples(WORDS, GAPS, st.sampled_from(["ohm", "uohm", "µΩ", "kΩ", "V", "OHM", ""]), GAPS))
def test_the_schema_pattern_accepts_exactly_what_is_read(parts: tuple[str, ...]) -> None:
    text = "".join(parts)
    accepted = re.search(units.pattern(units.RESISTANCE), text) is not None
    assert accepted == _reads(units.parse, text)


@given(
    st.tuples(WORDS, st.sampled_from(["ohm", "Ω", "F"]), GAPS, MARKS, GAPS, WORDS, st.sampled_from(["%", "ohm", "K"]))
)
def test_the_schema_pattern_of_a_tolerance_accepts_exactly_what_is_read(parts: tuple[str, ...]) -> None:
    text = "".join(parts)
    accepted = re.search(units.pattern(units.RESISTANCE, tolerance=True), text) is not None
    assert accepted == _reads(units.parse_toleranced, text)


@pytest.mark.parametrize("text", ["-40..70 degC", "5..10 °C", "-1.5 .. 2 degC", "5 degC", "0...2 degC", "1..2 K"])
def test_the_schema_pattern_of_a_range_accepts_what_is_read(text: str) -> None:
    accepted = re.search(units.range_pattern(units.TEMPERATURE), text) is not None
    assert accepted == _reads(units.parse_range, text, units.TEMPERATURE)


@pytest.mark.parametrize("text", ["200/5 A", "200 / 5 A", "1/1 kA", "200 A", "200/5 V"])
def test_the_schema_pattern_of_a_ratio_accepts_what_is_read(text: str) -> None:
    accepted = re.search(units.ratio_pattern(units.CURRENT), text) is not None
    assert accepted == _reads(units.parse_ratio, text, units.CURRENT)


@pytest.mark.parametrize("text", ["0.25-5(100) A", "0.25–5 (100) A", "250-5000(100000) mA", "5(100) A", "1-5(100) V"])
def test_the_schema_pattern_of_nameplate_currents_accepts_what_is_read(text: str) -> None:
    accepted = re.search(units.current_range_pattern(), text) is not None
    assert accepted == _reads(lambda each, _: units.parse_current_range(each), text)


def test_units_are_ready_without_numpy() -> None:
    code = "import sys, ferraris.units; print(sorted({'numpy', 'pydantic', 'numba'} & sys.modules.keys()))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def _reads(reader: object, text: str, dimension: Dimension = units.RESISTANCE) -> bool:
    try:
        reader(text, dimension)  # type: ignore[operator]
    except UnitError:
        return False
    return True
