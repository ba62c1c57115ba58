"""A case: tones at the meter's terminals in a TOML file, with what they must be metered as (see docs/vectors.md)."""

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ferraris.app.show import UserError
from ferraris.hardware.platform.models import Platform
from ferraris.hardware.world.mains import Complexes, Steady

TABLES = ("voltage_v", "voltage_deg", "current_a", "current_deg")


@dataclass(frozen=True, eq=False)
class Case:
    """title and source as written; mains as the table [mains] says; expected as written, unchecked."""

    name: str
    title: str
    source: str
    mains: Steady
    expected: dict[str, list[float]]


def read_case(path: Path, platform: Platform) -> Case:
    """Read a case for this platform; raises UserError that says what is wrong and where, or OSError."""
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UserError(f"{path.name}: {error}") from error
    mains = _mains(path.name, document.get("mains"), platform.elements)
    title, source = (str(document.get(key, "")) for key in ("title", "source"))
    return Case(path.stem, title, source, mains, dict(document.get("expected", {})))


def _mains(name: str, table: Any, elements: int) -> Steady:  # noqa: ANN401 - whatever the file says
    if not isinstance(table, dict):
        raise UserError(
            f"{name}: mains: found none, expected a table with frequency_hz, orders and {', '.join(TABLES)}"
        )
    orders = _numbers(name, table, "orders", 1)
    frequency = float(_numbers(name, table, "frequency_hz", 0))
    shape = (elements, orders.size)
    size_v, angle_v, size_a, angle_a = (_numbers(name, table, key, 2) for key in TABLES)
    for key, found in zip(TABLES, (size_v, angle_v, size_a, angle_a), strict=True):
        if found.shape != shape:
            raise UserError(
                f"{name}: mains.{key}: found {found.shape[0]} rows of {found.shape[1]}, expected {shape[0]} (one for "
                f"each element of the platform) of {shape[1]} (one for each order)"
            )
    if not 40.0 <= frequency <= 70.0:
        raise UserError(f"{name}: mains.frequency_hz: found {frequency:g}, expected 40 to 70")
    if 1.0 not in orders or (np.diff(orders) <= 0.0).any() or orders[0] < 0.0:
        raise UserError(f"{name}: mains.orders: expected rising numbers from 0 with 1, the fundamental, among them")
    current = _phasors(size_a, angle_a)
    return Steady(frequency, orders, _phasors(size_v, angle_v), current, current.sum(axis=0))


def _phasors(size: np.ndarray, angle_deg: np.ndarray) -> Complexes:
    return np.asarray(size * np.exp(1j * np.radians(angle_deg)))


def _numbers(name: str, table: dict[str, Any], key: str, dimensions: int) -> np.ndarray:
    """The finite numbers under a key: one, a list, or a list of lists of equal lengths."""
    if key not in table:
        raise UserError(f"{name}: mains.{key}: missing")
    try:
        found = np.array(table[key], dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise UserError(f"{name}: mains.{key}: expected numbers, in rows of equal length") from error
    if found.ndim != dimensions or not np.isfinite(found).all() or found.size == 0:
        kind = ("one number", "a list of numbers", "a list of lists of numbers")[dimensions]
        raise UserError(f"{name}: mains.{key}: expected {kind}")
    return found
