"""Texts of a scenario against what the meter shows: quantities, bare numbers and times, with their tolerances."""

from collections.abc import Callable
from math import isfinite

from ferraris import units
from ferraris.bench.scenario import reading
from ferraris.bench.scenario import zone as zones
from ferraris.bench.scenario.models import ExpectRegister
from ferraris.bench.scenario.problems import KeyProblemError
from ferraris.bench.scenario.reading import Amount, Shown, Stamp
from ferraris.bench.scenario.zone import Zone
from ferraris.firmware.dlms.results import DlmsError
from ferraris.units import Dimension


def check(expect: ExpectRegister, instant_ms: Callable[[str], int], key: str) -> None:
    """Raise KeyProblemError for a value that nothing can show, before the run and not at its end."""
    known = _DIMENSIONS
    for name in ("value", "at_least", "at_most"):
        text = getattr(expect, name)
        if text is None or number(text) is not None or any(parsed(text, each) is not None for each in known):
            continue
        if not zones.is_time(text):
            right = "a quantity such as '12.3 kWh', a bare number, or a time"
            raise KeyProblemError(f"{key}.{name}", f"found {text!r}, expected {right}")
        instant_ms(text)
    if expect.tolerance is not None and not _is_tolerance(expect.tolerance):
        raise KeyProblemError(
            f"{key}.tolerance",
            f"found {expect.tolerance!r}, expected a quantity or a share such as '0.5 %', not below zero",
        )


def check_energy(text: str, key: str) -> None:
    """Raise KeyProblemError for a tolerance that is neither an energy nor a share, or below zero."""
    if not _is_spread([parsed(text, each) for each in (units.ENERGY, units.SHARE)]):
        raise KeyProblemError(key, f"found {text!r}, expected an energy or a share such as '0.5 %', not below zero")


_DIMENSIONS: tuple[Dimension, ...] = (*(dimension for dimension, _ in reading.DIMENSIONS.values()),)


def _is_tolerance(text: str) -> bool:
    return _is_spread([number(text), *(parsed(text, each) for each in (*_DIMENSIONS, units.SHARE))])


def _is_spread(read: list[float | None]) -> bool:
    """Whether a text could be read in one of the ways tried, as something that is not below zero."""
    return any(each is not None and each >= 0.0 for each in read)


def parsed(text: str, dimension: Dimension) -> float | None:
    """A quantity in the inside unit of a dimension; None where the text is none of it."""
    try:
        return units.parse(text, dimension)
    except units.UnitError:
        return None


def number(text: str) -> float | None:
    """A bare number; None where the text is none, or none that is finite."""
    try:
        value = float(text)
    except ValueError:
        return None
    return value if isfinite(value) else None


def value_of(shown: Shown) -> float:
    """A plain number: the amount in its inside unit, or s of UTC."""
    return shown.utc_ms / 1000.0 if isinstance(shown, Stamp) else shown.value


def inside(text: str, shown: Shown, zone: Zone, instant_ms: Callable[[str], int]) -> float:
    """What the file says, in the unit of what the meter shows; raises DlmsError where they are of different kinds."""
    if isinstance(shown, Stamp):
        if not zones.is_time(text):
            raise DlmsError(f"the meter shows the time {zones.written(zone, shown.utc_ms)}")
        return instant_ms(text) / 1000.0
    found = number(text) if shown.dimension is None else parsed(text, shown.dimension)
    if found is None:
        noun = "a bare number" if shown.dimension is None else shown.dimension.noun
        raise DlmsError(f"the meter shows {noun}")
    return found


def spread(text: str | None, value: float, shown: Shown) -> float:
    """A tolerance in the unit of the value."""
    if text is None:
        return 1e-9 * abs(value)  # floats, not a licence
    share = parsed(text, units.SHARE)
    own = parsed(text, units.DURATION) if isinstance(shown, Stamp) else None
    if isinstance(shown, Amount) and shown.dimension is not None:
        own = parsed(text, shown.dimension)
    if own is None and isinstance(shown, Amount) and shown.dimension is None:
        own = number(text)
    if own is None and share is None:
        raise DlmsError(f"a tolerance of {text!r} does not belong to what the meter shows")
    return own if own is not None else (share or 0.0) * abs(value)


def said(shown: Shown, like: str, zone: Zone) -> str:
    """What the meter shows, in the unit of a text where that is one of its units."""
    if isinstance(shown, Stamp):
        return zones.written(zone, shown.utc_ms)
    if shown.dimension is None:
        return f"{shown.value:g}"
    unit = like.rsplit(maxsplit=1)[-1] if like.split() else ""
    unit = unit if unit in shown.dimension.units else shown.dimension.inside
    return f"{shown.value / float(shown.dimension.units[unit]):.6g} {unit}"
