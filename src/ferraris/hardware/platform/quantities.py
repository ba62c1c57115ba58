"""Where pydantic meets units: a field that takes a quantity as a string and holds an SI float.

`Annotated[float, Quantity(RESISTANCE, above=0)]` reads "150 uohm" into 1.5e-4, refuses 1.5e-4 written bare, and tells
the JSON schema which strings are right. Four forms: one value, a value with its tolerance, a range, a ratio.
"""

import math
from dataclasses import dataclass
from typing import Annotated, Any, TypeAlias

from pydantic import GetCoreSchemaHandler, PlainValidator, WithJsonSchema

from ferraris import units
from ferraris.units import CurrentRange, Dimension, Range, Ratio, Toleranced, UnitError

Parsed: TypeAlias = float | Toleranced | Range | Ratio | CurrentRange


@dataclass(frozen=True)
class Quantity:
    """One value of a dimension, within physical bounds given in the dimension's inside unit.

    above   the value must be greater than this (exclusive)
    low     the value must be at least this
    high    the value must be at most this
    whole   the value must be a whole number of inside units, and becomes an `int`
    """

    dimension: Dimension
    above: float = -math.inf
    low: float = -math.inf
    high: float = math.inf
    whole: bool = False

    def read(self, text: object) -> Parsed:
        """Return the quantity, or raise UnitError."""
        value = units.parse(text, self.dimension)
        self.check(text, value)
        return int(value) if self.whole else value

    def check(self, text: object, value: float) -> None:
        """Raise UnitError where a value lies outside the bounds or is not whole."""
        inside = self.above < value and self.low <= value <= self.high
        if not inside or (self.whole and value != int(value)):
            raise UnitError(text, f"{self.expected()}, {self._bounds()}")

    def expected(self) -> str:
        """Return what belongs here, as the end of a sentence."""
        return f"{self.dimension.noun} such as {self.example()!r}"

    def example(self) -> str:
        """Return a text of the right form."""
        return self.dimension.example

    def pattern(self) -> str:
        """Return the regular expression for the JSON schema."""
        return units.pattern(self.dimension)

    def _bounds(self) -> str:
        unit = "" if self.dimension.inside == "1" else f" {self.dimension.inside}"
        parts = [f"above {self.above:g}{unit}"] if self.above > -math.inf else []
        parts += [f"at least {self.low:g}{unit}"] if self.low > -math.inf else []
        parts += [f"at most {self.high:g}{unit}"] if self.high < math.inf else []
        parts += [f"a whole number of{unit}"] if self.whole else []
        return " and ".join(parts)

    def __get_pydantic_core_schema__(self, _source: Any, handler: GetCoreSchemaHandler) -> Any:  # noqa: ANN401 (pydantic's signature)
        """Tell pydantic to read with `read`, and the JSON schema which strings can be read."""
        shape = WithJsonSchema({"type": "string", "pattern": self.pattern(), "examples": [self.example()]})
        return handler.generate_schema(Annotated[Any, PlainValidator(self.read), shape])


@dataclass(frozen=True)
class ToleranceQuantity(Quantity):
    """A value with its tolerance, "150 uohm ± 1 %"; the bounds hold for the nominal value."""

    def read(self, text: object) -> Toleranced:
        """Return nominal and absolute tolerance, or raise UnitError."""
        pair = units.parse_toleranced(text, self.dimension)
        self.check(text, pair.nominal)
        if self.above == 0.0 and pair.tolerance >= pair.nominal:  # a manufactured value could be zero or below
            raise UnitError(text, f"{self.expected()}, with a tolerance smaller than the value")
        return pair

    def example(self) -> str:
        """Return a text of the right form."""
        return f"{self.dimension.example} {self.dimension.spread}"

    def pattern(self) -> str:
        """Return the regular expression for the JSON schema."""
        return units.pattern(self.dimension, tolerance=True)


@dataclass(frozen=True)
class RangeQuantity(Quantity):
    """A range, "-40..70 degC"; the bounds hold for both ends."""

    def read(self, text: object) -> Range:
        """Return low and high, or raise UnitError."""
        ends = units.parse_range(text, self.dimension)
        self.check(text, ends.low)
        self.check(text, ends.high)
        return ends

    def expected(self) -> str:
        """Return what belongs here, as the end of a sentence."""
        return f"a range such as {self.example()!r}"

    def example(self) -> str:
        """Return a text of the right form."""
        return units.range_example(self.dimension)

    def pattern(self) -> str:
        """Return the regular expression for the JSON schema."""
        return units.range_pattern(self.dimension)


@dataclass(frozen=True)
class RatioQuantity(Quantity):
    """An instrument transformer's ratio, "10000/100 V"."""

    def read(self, text: object) -> Ratio:
        """Return rated primary and secondary, or raise UnitError."""
        return units.parse_ratio(text, self.dimension)

    def expected(self) -> str:
        """Return what belongs here, as the end of a sentence."""
        return f"a ratio of primary to secondary such as {self.example()!r}"

    def example(self) -> str:
        """Return a text of the right form."""
        return units.ratio_example(self.dimension)

    def pattern(self) -> str:
        """Return the regular expression for the JSON schema."""
        return units.ratio_pattern(self.dimension)


@dataclass(frozen=True)
class NameplateCurrents(Quantity):
    """The currents on a nameplate, "0.25-5(100) A"."""

    dimension: Dimension = units.CURRENT

    def read(self, text: object) -> CurrentRange:
        """Return Imin, Iref and Imax, or raise UnitError."""
        return units.parse_current_range(text)

    def expected(self) -> str:
        """Return what belongs here, as the end of a sentence."""
        return f"the currents Imin-Iref(Imax) such as {self.example()!r}"

    def example(self) -> str:
        """Return a text of the right form."""
        return "0.25-5(100) A"

    def pattern(self) -> str:
        """Return the regular expression for the JSON schema."""
        return units.current_range_pattern()
