"""Quantities at the door: "150 uohm ± 1 %", "0.25-5(100) A", "-40..70 degC" become SI floats, and nothing else gets in.

A closed table: a dimension knows its units, and a text is read against exactly one dimension. A bare number is refused,
because 150 may be ohms or microohms and only its author knows. Arithmetic is decimal until the last step, so "15 mV" is
the float nearest to 0.015 and not a neighbour of it. Every refusal is a `UnitError` that says what was found and what
would be right. This module imports nothing of ours.
"""

import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Context, Decimal
from typing import NamedTuple

LONGEST_TEXT = 120
"""Characters a quantity may have; a longer text is a mistake, and refusing it keeps every later step cheap."""

_EXACT = Context(prec=120)
"""Wide enough that a product of 50 digits and a unit factor is exact, and independent of the caller's context."""
_WRITTEN = Context(prec=18)
"""One digit more than tells any two floats apart."""

_NUMBER = r"[+-]?(?:[0-9]{1,25}(?:\.[0-9]{0,25})?|\.[0-9]{1,25})(?:[eE][+-]?[0-9]{1,3})?"
_UNSIGNED = _NUMBER.removeprefix("[+-]?")
_END = r"[+-]?[0-9]{1,25}(?:\.[0-9]{1,25})?(?:[eE][+-]?[0-9]{1,3})?"
"""An end of a range: no dot at its edges, so that "5..10" is 5 and 10, and "5...10" is nothing."""
_PLUS_MINUS = r"(?:±|\+/-|\+-)"

_PREFIXES = {"p": -12, "n": -9, "u": -6, "m": -3, "": 0, "k": 3, "M": 6, "G": 9}

_OTHERS = {
    "u": "\u00b5\u03bc",
    "ohm": "\u03a9\u2126",
    "deg": "°",
    "2": "²",
    "": "·",
    "-": "\u2212\u2013",
    "..": "\u2026",
}
_OTHERS[" "] = "\u00a0\u2009\u202f"
_SPELLINGS = {ord(other): ours for ours, others in _OTHERS.items() for other in others}
"""Other ways to write the same thing, each replaced before reading: micro sign and Greek mu, ohm sign and Greek omega,
minus sign and the en dash of nameplates, ellipsis, no-break and thin spaces."""


class UnitError(ValueError):
    """A text that is no quantity of the dimension asked for; `found` and `expected` are the halves of its message."""

    def __init__(self, found: object, expected: str) -> None:
        self.found = shown(found)
        self.expected = expected
        super().__init__(f"found {self.found}, expected {expected}")


@dataclass(frozen=True, eq=False)
class Dimension:
    """One kind of quantity: its name, its unit inside the program, and every unit it may be written in."""

    noun: str
    inside: str
    example: str
    units: Mapping[str, Decimal]
    """Symbol -> size in the inside unit."""
    spread: str = "± 1 %"
    """An example of a tolerance, for messages."""


class Toleranced(NamedTuple):
    """A value and how far a manufactured one may lie from it, in the same unit; the tolerance is never negative."""

    nominal: float
    tolerance: float = 0.0


class Ratio(NamedTuple):
    """An instrument transformer's ratio: rated primary and rated secondary, in the same unit."""

    primary: float
    secondary: float


class Range(NamedTuple):
    """From `low` to `high`, in the same unit; low < high."""

    low: float
    high: float


class CurrentRange(NamedTuple):
    """The currents on a nameplate, "0.25-5(100) A": Imin, Iref (In of a transformer-connected meter) and Imax, in A.

    The designation is that of EN 50470-1 (unverified: recalled); 0 < min_a <= ref_a <= max_a.
    """

    min_a: float
    ref_a: float
    max_a: float


def _prefixed(*symbols: str) -> dict[str, Decimal]:
    """Every SI prefix from pico to giga on each of these symbols."""
    return {prefix + symbol: Decimal(1).scaleb(power) for symbol in symbols for prefix, power in _PREFIXES.items()}


def _sized(**sizes: str) -> dict[str, Decimal]:
    return {symbol: Decimal(size) for symbol, size in sizes.items()}


_SHARES = {"1": "1", "%": "1e-2", "‰": "1e-3", "ppm": "1e-6"}


def _shares(inside: str, per: str = "") -> dict[str, Decimal]:
    """Relative units counted in `inside` ("1" or "ppm"), with an optional denominator such as "/K"."""
    return {symbol + per: Decimal(size) / Decimal(_SHARES[inside]) for symbol, size in _SHARES.items()}


_DEGREE = Decimal("0.01745329251994329576923690768488612713")
_WATT_HOURS = {prefix + "Wh": Decimal(3600).scaleb(power) for prefix, power in _PREFIXES.items()}
_BINARY = {"KiB": Decimal(2**10), "MiB": Decimal(2**20), "GiB": Decimal(2**30)}
_DRIFT = _shares("ppm", "/K") | _shares("ppm", "/degC")

RESISTANCE = Dimension("a resistance", "ohm", "150 uohm", _prefixed("ohm"))
CURRENT = Dimension("a current", "A", "20 mA", _prefixed("A"))
VOLTAGE = Dimension("a voltage", "V", "230 V", _prefixed("V"))
POWER = Dimension("an active power", "W", "250 mW", _prefixed("W"))
REACTIVE_POWER = Dimension("a reactive power", "var", "1.5 kvar", _prefixed("var"))
APPARENT_POWER = Dimension("an apparent power", "VA", "10 VA", _prefixed("VA"))
CAPACITANCE = Dimension("a capacitance", "F", "10 nF", _prefixed("F"))
INDUCTANCE = Dimension("an inductance", "H", "2 nH", _prefixed("H"))
FREQUENCY = Dimension("a frequency", "Hz", "50 Hz", _prefixed("Hz"))
SAMPLE_RATE = Dimension("a sample rate", "S/s", "8 kS/s", _prefixed("S/s"))
DURATION = Dimension(
    "a duration", "s", "15 min", _prefixed("s") | _sized(min="60", h="3600", d="86400", y="31557600")
)  # y is the Julian year, 365.25 d
DAYS = Dimension("a number of days", "d", "40 d", _sized(d="1", y="365.25"))
YEARS = Dimension("a number of years", "y", "10 y", _sized(y="1"))
SHARE = Dimension("a share", "1", "0.5 %", _shares("1"))
PARTS_PER_MILLION = Dimension("a relative deviation", "ppm", "30 ppm", _shares("ppm"))
DRIFT = Dimension("a temperature coefficient", "ppm/K", "25 ppm/K", _DRIFT, "± 10 ppm/K")
SHARE_PER_VOLT = Dimension("a voltage coefficient", "ppm/V", "0.1 ppm/V", _shares("ppm", "/V"))
TRANSRESISTANCE = Dimension("a sensitivity", "V/A", "500 uV/A", _prefixed("V/A"))
PICKUP = Dimension("a pick-up of magnetic induction", "A/T", "2 A/T", _prefixed("A/T"))
REJECTION = Dimension("a rejection", "dB", "80 dB", _sized(dB="1"))
SHARE_PER_KELVIN = Dimension(
    "a relative temperature coefficient", "1/K", "-0.1 %/K", _shares("1", "/K") | _shares("1", "/degC")
)
TEMPERATURE = Dimension("a temperature", "degC", "-40 degC", _sized(degC="1"), "± 2 degC")
TEMPERATURE_RISE = Dimension("a temperature difference", "K", "15 K", _prefixed("K"))
THERMAL_RESISTANCE = Dimension("a thermal resistance", "K/W", "10 K/W", _prefixed("K/W"))
ENERGY = Dimension("an energy", "J", "1.3 mJ", _prefixed("J") | _WATT_HOURS)
ENERGY_PER_BYTE = Dimension("an energy per byte", "J/B", "2 nJ/B", _prefixed("J/B"))
FLUX_DENSITY = Dimension("a flux density", "T", "0.5 mT", _prefixed("T"))
FLUX_LINKAGE = Dimension("a flux linkage", "Vs", "60 mVs", _prefixed("Vs"))
CURVATURE = Dimension(
    "a parabolic temperature coefficient", "ppm/K2", "-0.034 ppm/K2", _shares("ppm", "/K2"), "± 0.006 ppm/K2"
)
CHARGE = Dimension("a charge", "Ah", "1.2 Ah", _prefixed("Ah"))
SHARE_PER_YEAR = Dimension("a share per year", "1/y", "1 %/y", _shares("1", "/y"))
LET_THROUGH = Dimension("a let-through integral", "A2s", "250e3 A2s", _sized(A2s="1"))
ANGLE = Dimension("an angle", "rad", "1.2 mrad", _prefixed("rad") | {"deg": _DEGREE, "mdeg": _DEGREE.scaleb(-3)})
METER_CONSTANT = Dimension(
    "a meter constant", "imp/kWh", "1000 imp/kWh", {"imp/kWh": Decimal(1), "imp/Wh": Decimal(1000)}
)
REACTIVE_CONSTANT = Dimension(
    "a reactive meter constant", "imp/kvarh", "1000 imp/kvarh", {"imp/kvarh": Decimal(1), "imp/varh": Decimal(1000)}
)
MEMORY = Dimension("a size of memory", "B", "128 KiB", _sized(B="1", kB="1e3", MB="1e6", GB="1e9") | _BINARY)

DIMENSIONS: tuple[Dimension, ...] = tuple(each for each in list(globals().values()) if isinstance(each, Dimension))
"""The whole table, in the order in which it stands above."""


def parse(text: object, dimension: Dimension) -> float:
    """Read one quantity, "150 uohm"; the result is in the dimension's inside unit.

    Raises UnitError for anything that is not a finite number followed by one of the dimension's units.
    """
    expected = f"{dimension.noun} such as {dimension.example!r}"
    value = _value(_tidy(text, expected), dimension)
    if value is None:
        raise UnitError(text, expected)
    return value


def parse_toleranced(text: object, dimension: Dimension) -> Toleranced:
    """Read "150 uohm ± 1 %", "0 V ± 0.5 mV" or a plain "150 uohm" (no tolerance); relative tolerances become absolute.

    Raises UnitError, also for a tolerance with a sign of its own.
    """
    expected = f"{dimension.noun} such as '{dimension.example} {dimension.spread}'"
    head, mark, tail = _split(_tidy(text, expected), _PLUS_MINUS)
    nominal = _value(head, dimension)
    tolerance = _tolerance(tail, nominal, dimension) if mark else 0.0
    if nominal is None or tolerance is None:
        raise UnitError(text, expected)
    return Toleranced(nominal, tolerance)


def parse_ratio(text: object, dimension: Dimension) -> Ratio:
    """Read a transformer ratio, "10000/100 V"; both sides must be above zero. Raises UnitError."""
    expected = f"a ratio of primary to secondary such as {ratio_example(dimension)!r}"
    match = re.fullmatch(rf"({_NUMBER}) ?/ ?({_NUMBER}) ?(\S+)", _tidy(text, expected))
    values = [_scaled(each, match[3], dimension) for each in match.group(1, 2)] if match else []
    primary, secondary = _all_positive(values) or (0.0, 0.0)
    if not primary:
        raise UnitError(text, expected)
    return Ratio(primary, secondary)


def parse_range(text: object, dimension: Dimension) -> Range:
    """Read "-40..70 degC"; low must be below high. Raises UnitError."""
    expected = f"a range, low to high, such as {range_example(dimension)!r}"
    match = re.fullmatch(rf"({_END}) ?\.\. ?({_END}) ?(\S+)", _tidy(text, expected))
    low, high = (_scaled(each, match[3], dimension) for each in match.group(1, 2)) if match else (None, None)
    if low is None or high is None or not low < high:
        raise UnitError(text, expected)
    return Range(low, high)


def parse_current_range(text: object) -> CurrentRange:
    """Read the currents of a nameplate, "0.25-5(100) A"; 0 < Imin <= Iref <= Imax. Raises UnitError."""
    expected = "the currents Imin-Iref(Imax) such as '0.25-5(100) A'"
    pattern = rf"({_UNSIGNED}) ?- ?({_UNSIGNED}) ?\( ?({_UNSIGNED}) ?\) ?(\S+)"
    match = re.fullmatch(pattern, _tidy(text, expected))
    values = _all_positive([_scaled(each, match[4], CURRENT) for each in match.group(1, 2, 3)]) if match else None
    if not values or sorted(values) != list(values):
        raise UnitError(text, expected)
    return CurrentRange(*values)


def ratio_example(dimension: Dimension) -> str:
    """Return a ratio as instrument transformers of this dimension have it."""
    return {"V": "10000/100 V", "A": "200/5 A"}.get(dimension.inside, f"2/1 {dimension.inside}")


def range_example(dimension: Dimension) -> str:
    """Return a range as this dimension has it: degrees on both sides of zero, supply voltages above it."""
    return {"V": "1.5..5.5 V"}.get(dimension.inside, f"-40..70 {dimension.inside}")


def render(value: float, dimension: Dimension, unit: str = "") -> str:
    """Write a finite value of a dimension in one of its units (the inside unit if none is named).

    The shortest digits that read back: `parse(render(x, d), d) == x` exactly in decimal units.
    """
    symbol = unit or dimension.inside
    number = _EXACT.divide(Decimal(repr(float(value))), dimension.units[symbol])
    return f"{_digits(number)} {symbol}"


def pattern(dimension: Dimension, tolerance: bool = False) -> str:
    """Return an ECMA 262 regular expression for what `parse` (or `parse_toleranced`) reads, for the JSON schema."""
    quantity = rf"{_NUMBER}\s*{_choice(dimension.units)}"
    if not tolerance:
        return rf"^\s*{quantity}\s*$"
    spread = rf"{_UNSIGNED}\s*{_choice([*dimension.units, *_relative(dimension)])}"
    return rf"^\s*{quantity}\s*(?:{_PLUS_MINUS}\s*{spread}\s*)?$"


def range_pattern(dimension: Dimension) -> str:
    """Return the same for `parse_range`."""
    return rf"^\s*{_END}\s*(?:\.\.|…)\s*{_END}\s*{_choice(dimension.units)}\s*$"


def ratio_pattern(dimension: Dimension) -> str:
    """Return the same for `parse_ratio`."""
    return rf"^\s*{_NUMBER}\s*/\s*{_NUMBER}\s*{_choice(dimension.units)}\s*$"


def current_range_pattern() -> str:
    """Return the same for `parse_current_range`."""
    return rf"^\s*{_UNSIGNED}\s*[-–−]\s*{_UNSIGNED}\s*\(\s*{_UNSIGNED}\s*\)\s*{_choice(CURRENT.units)}\s*$"


def shown(value: object, longest: int = 60) -> str:
    """Return what was found as one line fit for a message: its repr, cut when long."""
    try:
        text = repr(value)
    except (ValueError, RecursionError):  # an integer of thousands of digits, or tables nested without end
        text = f"a {type(value).__name__}"
    return text if len(text) <= longest else f"{text[: longest - 3]}..."


def _tidy(text: object, expected: str) -> str:
    """One spelling for each character, single spaces, no ends; UnitError for what is not a text of sensible length."""
    if not isinstance(text, str) or len(text) > LONGEST_TEXT:
        raise UnitError(text, expected)
    return " ".join(text.translate(_SPELLINGS).split())


def _split(text: str, separator: str) -> tuple[str, str, str]:
    head, mark, tail = [*re.split(f"({separator})", text, maxsplit=1), "", ""][:3]
    return head.strip(), mark, tail.strip()


def _value(text: str, dimension: Dimension) -> float | None:
    match = re.fullmatch(rf"({_NUMBER}) ?(\S*)", text)
    return _scaled(match[1], match[2], dimension) if match else None


def _scaled(number: str, unit: str, dimension: Dimension) -> float | None:
    """The number in the inside unit, or None when it has no such unit or is too large for a float."""
    factor = dimension.units.get(unit)
    if factor is None or not number:
        return None
    value = float(_EXACT.multiply(Decimal(number), factor))
    return value if math.isfinite(value) else None


def _relative(dimension: Dimension) -> Mapping[str, Decimal]:
    """Units of a tolerance that is a share of the nominal; none where the dimension itself is counted in shares."""
    return {} if "%" in dimension.units else {"%": Decimal("1e-2"), "ppm": Decimal("1e-6")}


def _tolerance(text: str, nominal: float | None, dimension: Dimension) -> float | None:
    match = re.fullmatch(rf"({_UNSIGNED}) ?(\S*)", text)
    if match is None or nominal is None:
        return None
    share = _relative(dimension).get(match[2])
    if share is None:
        return _scaled(match[1], match[2], dimension)
    return abs(float(_EXACT.multiply(_EXACT.multiply(Decimal(match[1]), share), Decimal(repr(nominal)))))


def _all_positive(values: list[float | None]) -> tuple[float, ...] | None:
    known = tuple(value for value in values if value is not None and value > 0.0)
    return known if len(known) == len(values) else None


def _digits(number: Decimal) -> str:
    short = _WRITTEN.normalize(number)
    return f"{short:f}" if -6 <= short.adjusted() <= 15 else str(short)


def _choice(symbols: Iterable[str]) -> str:
    return "(?:" + "|".join(map(_spelled, sorted(symbols))) + ")"


def _spelled(symbol: str) -> str:
    """A regular expression for every spelling of a unit."""
    text = re.escape(symbol)
    text = f"[uµμ]{text[1:]}" if text.startswith("u") else text
    return (
        text.replace("ohm", "(?:ohm|Ω|Ω)")
        .replace("degC", "(?:degC|°C)")
        .replace("A2s", "A[2²]s")
        .replace("K2", "K[2²]")
    )
