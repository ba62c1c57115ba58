"""Accuracy limits as data: one TOML file per class, every value with its clause and whether that was seen.

Currents in the tables are in terms of the meter's designation Imin-Iref(Imax); `amperes` turns them into a meter's own.
"""

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from math import acos, asin, degrees
from typing import Any, Literal, NamedTuple, TypeAlias

from ferraris.verify.finding import Basis, Limit, Sense

CLASSES = "0.2S", "0.5S", "0.5", "1", "2", "A", "B", "C", "D"
"""Classes of active energy that have a table."""

REACTIVE_CLASSES = "0.5S", "1S", "1", "2", "3"
"""Classes of reactive energy that have a table."""

Energy: TypeAlias = Literal["active", "reactive"]

BANDS_C = (
    ((5.0, 30.0),),
    ((-10.0, 5.0), (30.0, 40.0)),
    ((-25.0, -10.0), (40.0, 55.0)),
    ((-40.0, -25.0), (55.0, 70.0)),
)
"""Temperature bands of Directive 2014/32/EU, Annex V, Table 2 (seen), degC, in the order of `Composite.limits`."""


class Bound(NamedTuple):
    """A current such as 0.05 Iref."""

    times: float
    of: str


class Range(NamedTuple):
    """Where a row of a table holds: currents from `low` to `high`, the latter included when `closed`."""

    low: Bound
    high: Bound
    closed: bool
    factor: str
    """Power factor: "1", "0.5i" (inductive, current lags), "0.8c" (capacitive); of reactive energy, sin phi instead."""
    single_phase: bool
    """Load in one element of a polyphase meter while all voltages stand."""


class Load(NamedTuple):
    """Largest error in percent of the true energy, at reference conditions."""

    where: Range
    limit: Limit


class Composite(NamedTuple):
    """Largest composite error in percent, one limit per temperature band."""

    where: Range
    limits: tuple[Limit, ...]


class ShortTime(NamedTuple):
    """Overcurrent that must be survived: so many times Imax RMS for so long."""

    times_imax: float
    duration_s: float
    source: str
    basis: Basis


@dataclass(frozen=True)
class ClassLimits:
    """Everything one class asks of a meter with one kind of connection.

    energy         what is registered; the factors of a reactive class are sin phi
    influences     (kind, power factor) -> limit; kinds: "temperature coefficient" (%/K) and, all in %, "voltage",
                   "severe voltage", "low voltage", "frequency", "self-heating", "reversed sequence", "unbalance",
                   "single-phase difference", "fifth harmonic", "odd harmonics", "sub-harmonics",
                   "high-order harmonics", "2 to 150 kHz", "DC magnetic induction", "AC magnetic induction"
    currents       kind ("Imin over Itr") -> limit on that ratio
    half_wave      error in percent under a half-wave rectified current, where the class asks for it
    repeatability  part of a row's limit that the standard deviation of repeated results may take
    no_load        C of the shortest test without load, C 10^6 / (k m Un Imax) minutes
    starting       times the exact time between pulses, within which a pulse comes at starting current
    constant       part of the smallest load limit by which pulses and register may differ
    """

    name: str
    loads: tuple[Load, ...]
    composites: tuple[Composite, ...]
    influences: Mapping[tuple[str, str], Limit]
    currents: Mapping[str, Limit]
    short_time: ShortTime
    half_wave: Limit | None
    repeatability: Limit
    no_load: Limit
    starting: Limit
    constant: Limit
    energy: Energy = "active"


@lru_cache(maxsize=32)
def of_class(name: str, connection: str, energy: Energy = "active") -> ClassLimits | None:
    """Limits of a class for a "direct" or "transformer" connected meter; None where no table exists."""
    if name not in (CLASSES if energy == "active" else REACTIVE_CLASSES):
        return None
    table = _read(name if energy == "active" else f"reactive-{name}")
    source = _Sources(table["sources"])

    def rows(key: str) -> list[dict[str, Any]]:
        return [row for row in table.get(key, ()) if row.get("connection", connection) == connection]

    [short] = rows("short_time")
    return ClassLimits(
        name=name,
        loads=tuple(Load(where, source.limit(row, "percent")) for row in rows("load") for where in _ranges(row)),
        composites=tuple(Composite(where, source.limits(row)) for row in rows("composite") for where in _ranges(row)),
        influences=_influences(rows("influence"), source),
        currents={row["kind"]: source.ratio(row) for row in rows("current")},
        short_time=ShortTime(short["times_imax"], short["duration_s"], *source[short["source"]]),
        half_wave=next((source.limit(row, "percent") for row in rows("half_wave")), None),
        repeatability=source.limit(table["repeatability"], "share_of_limit"),
        no_load=source.limit(table["no_load"], "minutes_factor", "min"),
        starting=source.limit(table["starting"], "times_exact"),
        constant=source.limit(table["meter_constant"], "share_of_limit"),
        energy=energy,
    )


def _read(name: str) -> dict[str, Any]:
    """The table of a class; `like` takes everything but the name from another class."""
    table = tomllib.loads(files(__package__).joinpath(f"{name}.toml").read_text(encoding="utf-8"))
    return _read(table["like"]) if "like" in table else table


class _Sources(dict[str, tuple[str, Basis]]):
    """Short names of sources -> (text, basis)."""

    def __init__(self, table: Mapping[str, Any]) -> None:
        super().__init__({key: (row["text"], "seen" if row["seen"] else "recalled") for key, row in table.items()})

    def limit(self, row: Mapping[str, Any], key: str, sense: Sense = "max") -> Limit:
        return Limit(float(row[key]), *self[row["source"]], sense)

    def limits(self, row: Mapping[str, Any]) -> tuple[Limit, ...]:
        return tuple(Limit(float(value), *self[row["source"]]) for value in row["percent"])

    def ratio(self, row: Mapping[str, Any]) -> Limit:
        return self.limit(row, "at_most") if "at_most" in row else self.limit(row, "at_least", "min")


def _influences(rows: Iterable[Mapping[str, Any]], source: _Sources) -> dict[tuple[str, str], Limit]:
    return {
        (row["kind"], factor): Limit(float(value), *source[row["source"]])
        for row in rows
        for factor, value in row["factors"].items()
    }


def _ranges(row: Mapping[str, Any]) -> list[Range]:
    low, high = _bound(row["from"]), _bound(row.get("to") or row["below"])
    single = row.get("single_phase", False)
    return [Range(low, high, "to" in row, factor, single) for factor in row["factors"]]


_BOUND = re.compile(r"(\d+(?:\.\d+)?) (Iref|Itr|Imin|Imax)")


def _bound(text: str) -> Bound:
    found = _BOUND.fullmatch(text)
    assert found, f"limit table: {text!r} is no current such as '0.05 Iref'"
    return Bound(float(found[1]), found[2])


def transitional_a(ref_a: float, connection: str) -> float:
    """Itr in A: Iref is 10 Itr of a directly connected meter and 20 Itr behind transformers.

    Source: Directive 2014/32/EU, Annex V, and the French arrêté of 1 August 2013, annex 1 (seen).
    """
    return ref_a / (10.0 if connection == "direct" else 20.0)


def phase_deg(factor: str, energy: Energy = "active") -> float:
    """Angle by which the current lags the voltage, degrees: "0.5i" -> 60, "0.8c" -> -36.87, "1" -> 0.

    Of a reactive class the factor is sin phi: "1" -> 90, "0.5i" -> 30, "0.5c" -> -30.
    """
    size = float(factor.rstrip("ic"))
    lag = degrees(acos(size) if energy == "active" else asin(size))
    return -lag if factor.endswith("c") else lag
