"""What an experiment found, beside what it may be; margin and verdict are arithmetic on the two."""

from collections.abc import Iterable
from dataclasses import dataclass
from math import isfinite
from typing import Literal, NamedTuple, TypeAlias

Sense: TypeAlias = Literal["max", "min"]
"""Whether the limit is the most or the least the measured value may be."""

Basis: TypeAlias = Literal["seen", "recalled", "platform", "rule"]
"""Where a limit comes from.

seen      a published limit or a part's data sheet, read in the source named
recalled  the same quoted from memory: unverified until somebody opens the document
platform  a rating that the platform file states itself
rule      a design rule of this project, argued in docs/checklist.md
"""

Verdict: TypeAlias = Literal["pass", "fail", "incomplete", "not applicable"]


class Limit(NamedTuple):
    """What a quantity may at most (or at least) be, and who says so."""

    value: float
    source: str
    basis: Basis
    sense: Sense = "max"


@dataclass(frozen=True)
class Finding:
    """One measured value against one limit.

    quantity  what was measured, with its conditions
    measured  in `unit`, finite
    evidence  the experiment or law that produced the value
    """

    item: str
    quantity: str
    measured: float
    limit: Limit
    unit: str
    evidence: str

    def __post_init__(self) -> None:
        assert isfinite(self.measured), f"{self.item} {self.quantity}: {self.measured}"
        assert isfinite(self.limit.value), f"{self.item} {self.quantity}: limit {self.limit.value}"

    @property
    def margin(self) -> float:
        """Distance to the limit in `unit`; negative when the limit is broken."""
        room = self.limit.value - self.measured
        return room if self.limit.sense == "max" else -room

    @property
    def verdict(self) -> Verdict:
        """A value exactly on its limit passes, as the standards' "shall not exceed" says."""
        return "pass" if self.margin >= 0 else "fail"


@dataclass(frozen=True)
class Incomplete:
    """Part of an item that cannot be judged: the platform does not say enough, or nothing models it yet."""

    item: str
    part: str
    verdict: Verdict = "incomplete"


@dataclass(frozen=True)
class NotApplicable:
    """Part of an item that does not concern this meter, and why."""

    item: str
    part: str
    reason: str
    verdict: Verdict = "not applicable"


Outcome: TypeAlias = Finding | Incomplete | NotApplicable


def judge(outcomes: Iterable[Outcome]) -> Verdict:
    """The verdict on all of them together: one failure fails, one gap leaves it incomplete, and nothing is no pass."""
    verdicts = {outcome.verdict for outcome in outcomes}
    order: tuple[Verdict, ...] = ("fail", "incomplete", "pass", "not applicable")
    return next((verdict for verdict in order if verdict in verdicts), "incomplete")


def recalled(outcomes: Iterable[Outcome]) -> bool:
    """Whether any of them rests on a limit that was only recalled."""
    return any(isinstance(outcome, Finding) and outcome.limit.basis == "recalled" for outcome in outcomes)
