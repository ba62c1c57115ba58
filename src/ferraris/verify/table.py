"""The whole table of one class for one platform, and which meters of a batch keep all of it."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from ferraris.hardware.platform.models import Platform
from ferraris.verify import rows
from ferraris.verify.accuracy import Batch, Case
from ferraris.verify.limits import ClassLimits
from ferraris.verify.rows import CompositeCase, CompositeRow, Row

Flags: TypeAlias = NDArray[np.bool_]


class Table(NamedTuple):
    """Everything that one class asks of one platform."""

    limits: ClassLimits
    rows: list[Row]
    composites: list[CompositeRow]

    def cases(self) -> list[Case]:
        """Every single error with its limit; those of a composite row at the ends of its bands."""
        simple = [case for row in self.rows for case in row.cases]
        return simple + [
            Case(each.condition._replace(air_c=air_c), each.limit)
            for row in self.composites
            for each in row.cases
            for air_c in each.temperatures
        ]


def table(limits: ClassLimits, platform: Platform) -> Table:
    """Load rows at reference conditions and over temperature, as far as they lie between Imin and Imax."""
    simple = rows.reference_rows(limits, platform) + rows.temperature_rows(limits, platform)
    return Table(limits, simple, rows.composite_rows(limits, platform))


def kept(batch: Batch, whole: Table) -> Flags:
    """Which meters of a batch keep every row, shape (S,)."""
    simple: Iterable[Case] = (case for row in whole.rows for case in row.cases)
    flags = [np.abs(batch.error(case.condition)) <= case.limit.value for case in simple]
    across: Sequence[CompositeCase] = [case for row in whole.composites for case in row.cases]
    flags += [rows.composite(batch, case) <= case.limit.value for case in across]
    return np.asarray(np.logical_and.reduce(flags))
