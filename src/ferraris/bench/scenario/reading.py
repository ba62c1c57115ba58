"""What a head end reads from the meter for a scenario: registers, profiles, clock, rate; only through a `Peer`."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, NamedTuple, TypeAlias

from ferraris import units
from ferraris.bench.peer import Peer
from ferraris.firmware.dlms import datetimes
from ferraris.firmware.dlms.axdr import Data, Tag
from ferraris.firmware.dlms.client import RefusedError
from ferraris.firmware.dlms.cosem.classes import ClassId, Unit
from ferraris.firmware.dlms.datetimes import ClockStatus
from ferraris.firmware.dlms.obis import obis
from ferraris.firmware.dlms.results import DlmsError
from ferraris.units import Dimension

ASSOCIATION = obis("0.0.40.0.0.255")
CLOCK = obis("0.0.1.0.0.255")
RATE = obis("0.0.96.14.0.255")
"""The rate in force (IEC 62056-6-1; recalled, unverified)."""
STATUS_GROUPS = (96, 10)
"""Groups C and D of the status objects that profiles capture."""
DEMAND_REGISTER = 5
"""Interface class whose scaler and unit stand in attribute 4 instead of 3 (IEC 62056-6-2; recalled, unverified)."""


def _measure(noun: str, unit: str) -> Dimension:
    sizes = {prefix + unit: Decimal(10) ** power for prefix, power in {"": 0, "k": 3, "M": 6, "G": 9}.items()}
    return Dimension(noun, unit, f"1.5 k{unit}", sizes)


REACTIVE_ENERGY = _measure("a reactive energy", "varh")
APPARENT_ENERGY = _measure("an apparent energy", "VAh")

DIMENSIONS: Mapping[int, tuple[Dimension, float]] = {
    Unit.SECOND: (units.DURATION, 1.0),
    Unit.DEGREE_CELSIUS: (units.TEMPERATURE, 1.0),
    Unit.WATT: (units.POWER, 1.0),
    Unit.VOLT_AMPERE: (units.APPARENT_POWER, 1.0),
    Unit.VAR: (units.REACTIVE_POWER, 1.0),
    Unit.WATT_HOUR: (units.ENERGY, 3600.0),
    Unit.VOLT_AMPERE_HOUR: (APPARENT_ENERGY, 1.0),
    Unit.VAR_HOUR: (REACTIVE_ENERGY, 1.0),
    Unit.AMPERE: (units.CURRENT, 1.0),
    Unit.VOLT: (units.VOLTAGE, 1.0),
    Unit.HERTZ: (units.FREQUENCY, 1.0),
}
"""What a unit of COSEM measures, and its size in the dimension's inside unit."""


@dataclass(frozen=True)
class Amount:
    """A number in the inside unit of its dimension; a bare number has none."""

    value: float
    dimension: Dimension | None = None


@dataclass(frozen=True)
class Stamp:
    """An instant, ms of UTC."""

    utc_ms: int


Shown: TypeAlias = Amount | Stamp


class Row(NamedTuple):
    """One row of a profile: its time stamp (ms of UTC), its status (0 where it has none) and all of its cells."""

    utc_ms: int
    status: int
    cells: tuple[Data, ...]


class Columns(NamedTuple):
    """What a profile captures: (class, name, attribute) of each column."""

    objects: tuple[tuple[int, bytes, int], ...]

    def find(self, name: bytes) -> int | None:
        """The column that captures the value of an object; None if no column does."""
        found = (k for k, (_, each, attribute) in enumerate(self.objects) if (each, attribute) == (name, 2))
        return next(found, None)


class Time(NamedTuple):
    """What the meter's clock shows: ms of UTC, and its status octet."""

    utc_ms: int
    status: int

    @property
    def is_valid(self) -> bool:
        """Whether the meter itself trusts it."""
        return not self.status & ClockStatus.INVALID_VALUE


class Reader(NamedTuple):
    """An open association, and what a head end remembers from one to the next because no meter changes it.

    classes    interface class by name of every object that it shows
    scales     scaler and unit of the registers that were read so far, by name
    """

    peer: Peer
    classes: Mapping[bytes, int]
    scales: dict[bytes, Data]


def name_of(text: str) -> bytes:
    """An OBIS code of five or six groups; the sixth is 255 where it is left out."""
    return obis(text if text.count(".") == 5 else f"{text}.255")


def classes(peer: Peer) -> dict[bytes, int]:
    """The interface class of every object that this association lists."""
    entries = _items(peer.get(ClassId.ASSOCIATION_LN, ASSOCIATION, 2))
    return {bytes(_plain(items[2])): int(_plain(items[0])) for items in map(_items, entries)}


def register(reader: Reader, name: bytes, attribute: int = 2) -> Shown:
    """What one attribute of an object shows; raises RefusedError, also for an object that the meter does not have."""
    class_id = _class(reader, name)
    found = reader.peer.get(class_id, name, attribute)
    if (utc_ms := stamp_ms(found)) is not None:
        return Stamp(utc_ms)
    value = _number(found)
    scaled = {ClassId.REGISTER: (2,), 4: (2,), DEMAND_REGISTER: (2, 3)}.get(class_id, ())
    if attribute not in scaled:
        return Amount(value)
    if name not in reader.scales:
        reader.scales[name] = reader.peer.get(class_id, name, 4 if class_id == DEMAND_REGISTER else 3)
    return amount(value, reader.scales[name])


def amount(value: float, scaler_unit: Data) -> Amount:
    """A number with the scaler and unit that belong to it."""
    scaler, unit = (int(_plain(each)) for each in _items(scaler_unit))
    dimension, size = DIMENSIONS.get(unit, (None, 1.0))
    return Amount(value * 10.0**scaler * size, dimension)


def clock(reader: Reader) -> Time:
    """What the clock shows; raises DlmsError where it shows no date."""
    octets = bytes(_plain(reader.peer.get(ClassId.CLOCK, CLOCK, 2)))
    moment = datetimes.unpack(octets)
    return Time(datetimes.utc_ms(moment), moment.status)


def rate(reader: Reader) -> int | None:
    """The rate in force, as a number; None where the meter knows no rates."""
    if RATE not in reader.classes:
        return None
    value = _plain(reader.peer.get(_class(reader, RATE), RATE, 2))
    if isinstance(value, bytes):
        text = value.decode("ascii", "replace")
        return int(text) if text.isdecimal() else int.from_bytes(value, "big")
    return int(value)


def columns(reader: Reader, profile: bytes) -> Columns:
    """What a profile captures; raises RefusedError for an object that is none."""
    if (class_id := _class(reader, profile)) != ClassId.PROFILE_GENERIC:
        raise RefusedError(f"this object is no profile but of class {class_id}")
    objects = (_items(each) for each in _items(reader.peer.get(_class(reader, profile), profile, 3)))
    return Columns(tuple((int(_plain(o[0])), bytes(_plain(o[1])), int(_plain(o[2]))) for o in objects))


def rows(reader: Reader, profile: bytes, captured: Columns | None = None) -> Iterator[Row]:
    """The rows of a profile, in its own order; rows without a time stamp are left out."""
    captured = captured or columns(reader, profile)
    status = next((k for k, o in enumerate(captured.objects) if tuple(o[1][2:4]) == STATUS_GROUPS), None)
    for each in _items(reader.peer.get(_class(reader, profile), profile, 2)):
        cells = _items(each)
        found = (utc_ms for cell in cells if (utc_ms := stamp_ms(cell)) is not None)
        if (utc_ms := next(found, None)) is not None:
            yield Row(utc_ms, 0 if status is None else int(_plain(cells[status])), cells)


def stamp_ms(cell: Data) -> int | None:
    """The instant of a date-time; None for anything else."""
    if cell.tag not in {Tag.OCTET_STRING, Tag.DATE_TIME} or not isinstance(cell.value, bytes):
        return None
    if len(cell.value) != datetimes.OCTETS:
        return None
    moment = datetimes.unpack(cell.value)
    return None if moment.year == datetimes.ANY_YEAR else datetimes.utc_ms(moment)


def number_in(cell: Data) -> int | None:
    """The whole number of a cell; None for anything else."""
    return cell.value if isinstance(cell.value, int) else None


def first_number(row: Row) -> int | None:
    """The first whole number in a row: the code of an event, the seconds of an outage."""
    return next((cell.value for cell in row.cells if isinstance(cell.value, int)), None)


def _class(reader: Reader, name: bytes) -> int:
    if name not in reader.classes:
        raise RefusedError("this meter has no such object")
    return reader.classes[name]


def _number(found: Data) -> float:
    value = found.value
    if isinstance(value, bool | int | float):
        return float(value)
    if isinstance(value, bytes) and 0 < len(value) <= 8:
        return float(int.from_bytes(value, "big"))
    raise DlmsError(f"found {found.tag.name.lower()}, expected a number")


def _items(found: Data) -> tuple[Data, ...]:
    if not isinstance(found.value, tuple) or not all(isinstance(each, Data) for each in found.value):
        raise DlmsError(f"found {found.tag.name.lower()}, expected an array or a structure")
    return tuple(each for each in found.value if isinstance(each, Data))


def _plain(found: Data) -> Any:  # noqa: ANN401 (what a value is follows from its tag)
    return found.value
