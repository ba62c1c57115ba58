"""The error budget of one load point, and the yield of a production line with the tolerance that costs most of it.

Budget: every tolerance alone at its ends, the others nominal; their root sum square is three sigma of a meter (a
tolerance is three sigma of its part), their worst case a meter in which all of them stand at the end that hurts.

Yield: meters drawn at random and calibrated by the line; those that keep every row of the class pass. What a tolerance
costs is found by drawing the very same meters again with that tolerance nominal: all that failed, and of those that
passed as many as make the loss known, up to `PANEL` of either.
"""

from collections.abc import Callable, Iterator, Mapping
from math import hypot
from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from ferraris.hardware.chain.specimen import REFERENCE_C, Corner, Deviates, Nominal, Seed
from ferraris.hardware.platform.models import Platform
from ferraris.verify import accuracy
from ferraris.verify.accuracy import Batch, Case, Condition, Yield
from ferraris.verify.finding import Limit
from ferraris.verify.limits import ClassLimits, Load
from ferraris.verify.rows import allowance, span_a
from ferraris.verify.table import Table, kept, table

Floats: TypeAlias = NDArray[np.float64]
Integers: TypeAlias = NDArray[np.int64]
Progress: TypeAlias = Callable[[float, str], None]

PANEL = 250
"""Meters of either kind, failing and passing, that are built again for every tolerance."""


# ------------------------------------------------------------------------------------------------ one load point


class Share(NamedTuple):
    """What one tolerance alone does to the error, %: at its lower and at its upper end."""

    name: str
    low_percent: float
    high_percent: float

    @property
    def size(self) -> float:
        """The larger of the two, without its sign."""
        return max(abs(self.low_percent), abs(self.high_percent))


class Budget(NamedTuple):
    """The error budget at one condition, all in %.

    nominal     error of a meter without any deviation, with its sign
    shares      largest first
    worst       largest error of the two corners of all tolerances together, with its sign
    limit       what the class allows there; None where no row of its table applies
    """

    condition: Condition
    nominal: float
    shares: tuple[Share, ...]
    worst: float
    limit: Limit | None

    @property
    def root_sum_square(self) -> float:
        """Three sigma of the tolerances together, if they are independent."""
        return hypot(*(share.size for share in self.shares))

    @property
    def expected(self) -> float:
        """Nominal error and root sum square together, without sign: what 99.7 % of the meters stay under."""
        return abs(self.nominal) + self.root_sum_square

    def margin(self, used: float) -> float | None:
        """What the limit leaves over an error."""
        return None if self.limit is None else self.limit.value - abs(used)


def budget(platform: Platform, condition: Condition, limits: ClassLimits | None) -> Budget:
    """The error budget of a platform at one condition, against a class."""
    alone = accuracy.one_at_a_time(platform)
    errors = alone.error(condition)
    corner = accuracy.cornered(alone, [condition]).error(condition)
    change = errors[1:] - errors[0]
    found = [
        Share(name, float(change[2 * k + 1]), float(change[2 * k]))
        for k, name in enumerate(accuracy.contributors(platform))
    ]
    return Budget(
        condition=condition,
        nominal=float(errors[0]),
        shares=tuple(sorted(found, key=lambda share: -share.size)),
        worst=float(corner[np.argmax(np.abs(corner))]),
        limit=None if limits is None else limit_at(platform, condition, limits),
    )


def limit_at(platform: Platform, condition: Condition, limits: ClassLimits) -> Limit | None:
    """What a class allows at a load, off 23 degC with its temperature coefficient; None where it says nothing.

    Between the power factors of the tables the limit of the lower one holds ("0.9i" is held to the row of "0.5i").
    """
    rows = [load for load in limits.loads if _covers(load, platform, condition)]
    if not rows:
        return None
    nearest = min(rows, key=lambda load: abs(_cosine(load.where.factor) - _cosine(condition.factor)))
    kelvin = abs(condition.air_c - REFERENCE_C)
    return allowance(limits, nearest.limit, condition.factor, kelvin) if kelvin >= 1.0 else nearest.limit


def _covers(load: Load, platform: Platform, condition: Condition) -> bool:
    where = load.where
    low, high = span_a(where, platform.meter)
    side = where.factor[-1:] == condition.factor[-1:] if condition.factor != "1" else where.factor == "1"
    inside = low <= condition.current_a < high or (where.closed and condition.current_a == high)
    single = where.single_phase == (condition.single_phase and platform.elements > 1)
    return inside and side and single and _cosine(where.factor) <= _cosine(condition.factor)


def _cosine(factor: str) -> float:
    return float(factor.rstrip("ic"))


# ------------------------------------------------------------------------------------------------ yield


class Cost(NamedTuple):
    """Part of all meters that would pass in addition (or no longer, if negative) with one tolerance nominal."""

    name: str
    share: float


class Fault(NamedTuple):
    """Where a meter without any deviation uses most of its limits, with more error there than the class allows."""

    case: Case
    error_percent: float


class Run(NamedTuple):
    """Yield of one class over so many drawn meters; costs largest first, empty if every meter passes.

    tightest    the case in which a drawn meter uses most of its limit, and how much of it (1 is all)
    fault       where the nominal meter fails; no tolerance is to blame then, and no costs are worked out
    """

    name: str
    passed: Yield
    costs: tuple[Cost, ...]
    tightest: Case
    use: float
    fault: Fault | None = None


def yields(
    platform: Platform, limits: ClassLimits, count: int, seed: int = accuracy.SEED, progress: Progress | None = None
) -> Run | None:
    """Yield of one class over `count` drawn meters; None where no row of the class lies between Imin and Imax."""
    say = progress or (lambda _share, _text: None)
    whole = table(limits, platform)
    if not whole.rows:
        return None
    say(0.0, f"{count} meters")
    batch = Batch(platform, accuracy.production(platform, Seed(seed, count)))
    flags = kept(batch, whole)
    tightest = max(whole.cases(), key=lambda case: _use(batch, case))
    use, fault = _use(batch, tightest), _fault(platform, whole)
    costs = [] if flags.all() or fault else list(_costs(platform, whole, Seed(seed, count), flags, say))
    return Run(
        limits.name,
        accuracy.interval(int(flags.sum()), count),
        tuple(sorted(costs, key=lambda cost: -cost.share)),
        tightest,
        use,
        fault,
    )


def _fault(platform: Platform, whole: Table) -> Fault | None:
    """What a nominal meter, calibrated by an exact line, does not keep."""
    nominal = Batch(platform, accuracy.production(platform, Nominal()))
    if kept(nominal, whole).all():
        return None
    worst = max(whole.cases(), key=lambda case: _use(nominal, case))
    return Fault(worst, float(nominal.error(worst.condition)))


def _use(batch: Batch, case: Case) -> float:
    return float(np.max(np.abs(batch.error(case.condition)))) / case.limit.value


def _costs(platform: Platform, whole: Table, draw: Seed, flags: NDArray[np.bool_], say: Progress) -> Iterator[Cost]:
    """What every tolerance costs: the same meters with that tolerance nominal, strata weighted by their size."""
    bad, good = np.flatnonzero(~flags), np.flatnonzero(flags)
    chosen = np.concatenate([bad[:PANEL], good[:PANEL]])
    failing = min(bad.size, PANEL)
    parts = accuracy.contributors(platform)
    for k, (name, keys) in enumerate(parts.items()):
        say(k / len(parts), name)
        again = Batch(platform, accuracy.production(platform, Corner(Again(draw, chosen, keys))))
        passes = kept(again, whole)
        gained = bad.size * float(passes[:failing].mean())
        lost = good.size * float((~passes[failing:]).mean()) if good.size else 0.0
        yield Cost(name, (gained - lost) / flags.size)


class Again(Mapping[str, Floats]):
    """The deviates of chosen meters of a drawn batch, with some tolerances nominal: for `Corner`.

    Keys are a tolerance's name with its element ("adc.gain.UL1"), or with nothing behind the dot where it has none.
    """

    def __init__(self, draw: Seed, chosen: Integers, nominal: tuple[str, ...]) -> None:
        self._deviates = Deviates(draw)
        self._chosen = chosen
        self._nominal = nominal

    def __getitem__(self, key: str) -> Floats:
        """Deviates of one tolerance, shape (S,)."""
        name, _, element = key.rpartition(".")
        if element and not element[0].isupper():
            raise KeyError(key)  # the name alone: deviates are drawn for each element
        if name in self._nominal or key in self._nominal:
            return np.zeros(self._chosen.size)
        return np.asarray(self._deviates(name, element)[self._chosen])

    def __iter__(self) -> Iterator[str]:
        """Nobody lists deviates that are drawn when they are asked for."""
        return iter(())

    def __len__(self) -> int:
        """See `__iter__`."""
        return 0
