"""The auditor listens to the pins and keeps its own books by docs/billing.md.

It hears `observe` for each call of `step`, then `durable` if what the call committed became durable, then `told` what
the call accepted and the pins do not show; and `power_lost` when the meter died.
"""

from dataclasses import dataclass

from ferraris.bench.auditor.almanac import rate_at
from ferraris.bench.auditor.books import (
    Book,
    Books,
    ClockChange,
    Close,
    Closed,
    Four,
    Maxima,
    Outage,
    Passive,
    Registers,
    Row,
)
from ferraris.bench.auditor.rules import (
    close,
    count,
    due,
    first,
    in_force,
    is_locked,
    mark,
    outage,
    running,
    settle,
    walk,
)
from ferraris.bench.auditor.terms import Terms
from ferraris.pins import RESET_BUTTON, Commit, Inputs, Output, SetRtc


@dataclass(frozen=True)
class Damaged:
    """The memory was found damaged."""


@dataclass(frozen=True)
class Account:
    """What a meter should show; energies and windows in quanta, times in ms of the meter's clock.

    current     energy of the window that ends now: the sub-period in progress and the finished ones before it
    energy      energy of the window at the latest end of a sub-period
    rows        of each load profile
    """

    registers: Registers
    rate: int
    current: Four
    energy: Four
    maxima: Maxima
    cumulative: dict[int, Four]
    rows: tuple[tuple[Row, ...], ...]
    history: tuple[Closed, ...]
    outages: tuple[Outage, ...]
    changes: tuple[ClockChange, ...]
    is_valid: bool


def is_measuring(inputs: Inputs) -> bool:
    """Whether a call brings a reading, or nothing at all (billing.md, words); the first after a reset always counts."""
    return bool(inputs.reading or inputs.reset_cause or inputs.edges or not inputs.received)


class Auditor:
    """Owns the books of one meter.

    terms        what the meter was told to do
    complaints   what the meter did at the pins that the page forbids; it is not forgotten in an outage
    """

    def __init__(self, terms: Terms) -> None:
        """Open the books of a meter that has never run."""
        self.terms = terms
        self.complaints: list[str] = []
        self._books: Books | None = None
        self._kept: Books | None = None
        self._commits = self._is_kept = False

    def observe(self, inputs: Inputs, outputs: tuple[Output, ...]) -> None:
        """Hear of one call of `step`."""
        if is_measuring(inputs):
            self._books = self._measure(inputs)
        assert self._books is not None, "the first call of a meter is a measuring call"
        self._set_clock(inputs, outputs)
        kinds = self.terms.kinds
        self._commits = any(isinstance(one, Commit) and (kinds is None or one.kind in kinds) for one in outputs)
        self._is_kept = False

    def durable(self) -> None:
        """What the latest call committed is in the memory."""
        if self._commits:
            self._kept, self._is_kept = self._books, True

    def power_lost(self) -> None:
        """The meter died: what was not durable is gone."""
        self._books = self._kept

    def told(self, accepted: Close | Passive | Damaged) -> None:
        """Hear what the latest call accepted; it was committed with that call if anything was."""
        assert self._books is not None, "a meter without power accepts nothing"
        match accepted:
            case Close(at):
                if is_locked(self.terms, self._books, at):
                    self.complaints.append(f"clock {at}: a close by {accepted.reason} within the lock-out time")
                pending = (*self._books.pending, accepted)
                self._books = self._books._replace(pending=pending, by_hand=at)
            case Passive():
                self._books = self._books._replace(passive=accepted)
            case Damaged():
                self._books = mark(self._books, "DATA_NOT_VALID", 0)
        if self._is_kept:
            self._kept = self._books

    def account(self) -> Account:
        """What the meter should show now."""
        books = self._books
        assert books is not None, "a meter that has never run shows nothing"
        return Account(
            registers=books.registers,
            rate=books.rate,
            current=running(self.terms, books),
            energy=books.energy,
            maxima=books.maxima,
            cumulative=dict(books.cumulative),
            rows=tuple(map(_rows, books.profiles)),
            history=books.history,
            outages=books.outages,
            changes=books.changes,
            is_valid=books.is_valid,
        )

    def _measure(self, inputs: Inputs) -> Books:
        """Rule 1: count, pass the boundaries, then the rate."""
        terms, books = self.terms, self._books
        if books is None:
            return first(terms, inputs.rtc, is_valid=not inputs.clock_lost)
        if not (inputs.reset_cause or books.pending):
            self._check_reach(books, inputs.rtc)
        books = books._replace(passed=())
        if inputs.reading is not None:
            books = count(terms, books, inputs.reading)
        books = settle(terms, books)
        now = inputs.rtc
        if inputs.clock_lost:  # rule 7: on from the latest time that is remembered
            valid_until = books.last if books.is_valid else books.valid_until
            books, now = books._replace(is_valid=False, valid_until=valid_until), books.last
        if inputs.reset_cause == "power":
            books = outage(terms, books, now)
        books = walk(terms, books, now)
        return in_force(terms, self._press(books, inputs, now), now)

    def _press(self, books: Books, inputs: Inputs, now: int) -> Books:
        """Rule 5: the button closes unless it is locked out."""
        for edge in inputs.edges:
            if edge.pin == RESET_BUTTON and edge.level and not is_locked(self.terms, books, now):
                books = close(books, now, "button")._replace(by_hand=now)
        return books

    def _set_clock(self, inputs: Inputs, outputs: tuple[Output, ...]) -> None:
        """Rule 6: note a change; it takes effect with the reading in progress. Rule 7: no command, no record."""
        assert self._books is not None
        for one in outputs:
            if not isinstance(one, SetRtc):
                continue
            if inputs.clock_lost:
                if one.rtc_ms != self._books.last:
                    self.complaints.append(f"clock lost: set to {one.rtc_ms}, remembered {self._books.last}")
                continue
            event = ClockChange(inputs.rtc, one.rtc_ms)
            changes, pending = (*self._books.changes, event), (*self._books.pending, event)
            by_hand = self._books.by_hand  # 5: the lock-out goes with the clock
            by_hand = None if by_hand is None else by_hand + event.new - event.old
            self._books = self._books._replace(changes=changes, pending=pending, by_hand=by_hand)

    def _check_reach(self, books: Books, now: int) -> None:
        """Rule 1: the meter asks to be called at every boundary, so no reading reaches over one."""
        boundary = due(books)[0]
        if boundary < now:
            self.complaints.append(f"clock {now}: a call that should have been at {boundary}")
        elif books.is_valid and books.last < now and rate_at(books.tariff, self.terms.zone, now - 1) != books.rate:
            self.complaints.append(f"clock {now}: a reading over the switch of a rate since {books.last}")
        if books.is_valid and books.passive and books.last < books.passive.activation < now:
            self.complaints.append(f"clock {now}: a reading over the activation at {books.passive.activation}")


def _rows(book: Book) -> tuple[Row, ...]:
    return book.rows
