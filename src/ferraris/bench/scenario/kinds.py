"""Kinds of field that a scenario's tables are made of; each refuses with one line that says what would be right."""

import re
from collections.abc import Callable
from typing import Annotated, TypeVar

from pydantic import AfterValidator, Field, PlainValidator

from ferraris import units
from ferraris.firmware.dlms import axdr
from ferraris.firmware.dlms.axdr import AxdrError
from ferraris.hardware.platform.quantities import Quantity

LONGEST_VALUE = 60_000
"""Octets of a value in an order: with what stands around it, it must fit the 16-bit length of a wrapper frame."""
LARGEST_NUMBER = 10_000_000
_OBIS = re.compile(r"([0-9]{1,3}\.){4}[0-9]{1,3}(\.[0-9]{1,3})?")
_OCTETS = re.compile(r"([0-9A-Fa-f]{2} ?)+")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")

Given = TypeVar("Given")


def _must(holds: Callable[[Given], bool], expected: str) -> AfterValidator:
    """Refuse what does not hold, with what would have been right."""

    def checked(given: Given) -> Given:
        if not holds(given):
            raise ValueError(expected)
        return given

    return AfterValidator(checked)


def _line(longest: int) -> AfterValidator:
    def is_line(text: str) -> bool:
        return 0 < len(text) <= longest and not _CONTROL.search(text)

    return _must(is_line, f"1 to {longest} printable characters")


def _is_obis(text: str) -> bool:
    return _OBIS.fullmatch(text) is not None and all(int(group) <= 255 for group in text.split("."))


def _value(text: str) -> str:
    """Refuse what no meter could be sent as one value."""
    expected = "exactly one A-XDR value in hex"
    if not _OCTETS.fullmatch(text):
        raise ValueError(expected)
    octets = bytes.fromhex(text)
    if len(octets) > LONGEST_VALUE:
        raise ValueError(f"at most {LONGEST_VALUE} octets in hex")
    try:
        axdr.decode(octets)
    except AxdrError as error:
        raise ValueError(f"{expected} ({error})") from None
    return text


def _event(found: object) -> str | int:
    """Either form of an event; one kind of field, so that a wrong one is one problem and not two."""
    if isinstance(found, str) and 0 < len(found) <= 60 and not _CONTROL.search(found):
        return found
    if isinstance(found, int) and not isinstance(found, bool) and 0 <= found <= LARGEST_NUMBER:
        return found
    raise ValueError(f"the name of an event, or its number from 0 to {LARGEST_NUMBER}")


Text = Annotated[str, _line(200)]
When = Annotated[str, _line(60)]
Obis = Annotated[
    str, _must(_is_obis, "an OBIS code of five or six groups from 0 to 255"), Field(examples=["1.0.1.8.0"])
]
Value = Annotated[str, AfterValidator(_value), Field(examples=["11 01"])]
Event = Annotated[str | int, PlainValidator(_event)]
ClassNumber = Annotated[int, Field(ge=0, le=65535)]
"""Number of an interface class: unsigned, 16 bits (IEC 62056-5-3; recalled, unverified)."""
MemberNumber = Annotated[int, Field(ge=-128, le=127)]
"""Number of an attribute or a method: signed, 8 bits, those below zero a maker's own (same source; unverified)."""
Phase = Annotated[int, Field(ge=1, le=3)]
Times = Annotated[int, Field(ge=1, le=10_000)]
Number = Annotated[int, Field(ge=0, le=LARGEST_NUMBER)]
_Factor = Annotated[float, Field(ge=0.0, le=100.0)]
Factors = Annotated[
    tuple[_Factor, ...], _must(lambda given: len(given) == 24, "24 factors, one for each hour of the day")
]
Between = Annotated[tuple[When, ...], _must(lambda given: len(given) == 2, "two times, from and to")]
Seconds = Annotated[float, Quantity(units.DURATION, above=0.0, high=3.2e9)]
Watts = Annotated[float, Quantity(units.POWER, low=0.0, high=1e7)]
VoltageShare = Annotated[float, Quantity(units.SHARE, low=0.0, high=2.0)]
PartShare = Annotated[float, Quantity(units.SHARE, low=0.0, high=1.0)]
Drift = Annotated[float, Quantity(units.PARTS_PER_MILLION, low=-1000.0, high=1000.0)]
AirCelsius = Annotated[float, Quantity(units.TEMPERATURE, low=-60.0, high=100.0)]
