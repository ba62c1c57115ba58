"""The rules of docs/billing.md as functions from books to books; the numbers in the docstrings are its sections."""

from collections.abc import Iterable, Mapping

from ferraris.bench.auditor.almanac import is_summer, next_close, next_end, next_multiple, rate_at
from ferraris.bench.auditor.books import (
    NOTHING,
    Book,
    Books,
    ClockChange,
    Close,
    Closed,
    Four,
    Maxima,
    Maximum,
    Outage,
    Reason,
    Registers,
    Row,
    Status,
    add,
)
from ferraris.bench.auditor.terms import OVER_ALL, Terms
from ferraris.pins import Energies, Reading


def first(terms: Terms, now: int, *, is_valid: bool) -> Books:
    """The books of a meter that has never run: everything begins now."""
    zero = Energies()
    keys = (OVER_ALL, *terms.rates)
    registers = Registers((zero,) * terms.elements, zero, zero, dict.fromkeys(terms.rates, zero))
    begun = Books(
        last=now,
        is_valid=is_valid,
        valid_until=None,
        tariff=terms.tariff,
        passive=None,
        rate=terms.tariff.fallback,
        registers=registers,
        window=(),
        sub=NOTHING,
        energy=NOTHING,
        demand_end=0,
        maxima=dict.fromkeys(keys, (Maximum(),) * 4),
        cumulative=dict.fromkeys(keys, NOTHING),
        profiles=(Book((), 0, {}),) * len(terms.profiles),
        close_end=None,
        history=(),
        by_hand=None,
        outages=(),
        changes=(),
        pending=(),
        passed=(),
    )
    return in_force(terms, _begin(terms, begun, now), now)


def _begin(terms: Terms, books: Books, now: int) -> Books:
    """Periods of every kind that begin now and end at their next boundary."""
    profiles = zip(books.profiles, terms.profiles, strict=True)
    return books._replace(
        demand_end=next_multiple(terms.zone, terms.demand.period_s, now),
        profiles=tuple(book._replace(end=next_end(terms.zone, wanted.period_s, now)) for book, wanted in profiles),
        close_end=next_close(terms.schedule, terms.zone, now) if terms.schedule else None,
        passed=(),
    )


# ------------------------------------------------------------------------------------------------ 1, 2: a reading


def billed(terms: Terms, registers: Registers) -> Energies:
    """The total that the netting bills."""
    return registers.vector if terms.netting == "vector" else registers.per_phase


def count(terms: Terms, books: Books, reading: Reading) -> Books:
    """1: all of a reading counts where the previous measuring call left things."""
    old = books.registers
    summed = Energies(*(sum(column) for column in zip(*reading.phases, strict=True)))
    energies = reading.total if terms.netting == "vector" else summed
    registers = Registers(
        tuple(add(a, b) for a, b in zip(old.phases, reading.phases, strict=True)),
        add(old.vector, reading.total),
        add(old.per_phase, summed),
        {**old.rates, books.rate: add(old.rates[books.rate], energies)},
    )
    return books._replace(registers=registers, sub=_sum((books.sub, _four(energies))))


def in_force(terms: Terms, books: Books, now: int) -> Books:
    """9, then 2: a passive calendar whose time has come becomes the active one; the rate is that of the table."""
    if books.passive and books.is_valid and books.passive.activation <= now:
        books = books._replace(tariff=books.passive.tariff, passive=None)
    rate = rate_at(books.tariff, terms.zone, now) if books.is_valid else terms.tariff.fallback
    return books._replace(rate=rate, last=now)


# ------------------------------------------------------------------------------------------------ boundaries


def due(books: Books) -> tuple[int, int]:
    """The next boundary and its turn among those of the same instant: demand, profiles, billing (1)."""
    ends = [(books.demand_end, 0)] + [(book.end, 1 + number) for number, book in enumerate(books.profiles)]
    if books.close_end is not None:
        ends.append((books.close_end, 1 + len(books.profiles)))
    return min(ends)


def walk(terms: Terms, books: Books, until: int) -> Books:
    """1: pass every boundary up to an instant in order of time; those passed before are not due any more (6)."""
    while (boundary := due(books))[0] <= until:
        stamp, turn = boundary
        if turn == 0:
            books = _demand_boundary(terms, books, stamp)
        elif turn <= len(books.profiles):
            books = _profile_boundary(terms, books, stamp, turn - 1)
        else:
            books = _billing_boundary(terms, books, stamp)
    return books


def _once(books: Books, name: str) -> tuple[Books, bool]:
    """Whether a boundary of this name is the first one of the call."""
    if name in books.passed:
        return books, False
    return books._replace(passed=(*books.passed, name)), True


def _demand_boundary(terms: Terms, books: Books, stamp: int) -> Books:
    """3: later ends of the same call were without power: they count nothing, and make no maximum."""
    books, is_first = _once(books, "demand")
    ended = end_sub_period(terms, books, stamp, counts=is_first)
    return ended._replace(demand_end=next_multiple(terms.zone, terms.demand.period_s, stamp))


def _profile_boundary(terms: Terms, books: Books, stamp: int, number: int) -> Books:
    """4: a row at the first boundary of the call, none at the others."""
    books, is_first = _once(books, f"profile {number}")
    if is_first:
        books = write_row(terms, books, stamp, number)
    end = next_end(terms.zone, terms.profiles[number].period_s, stamp)
    return _with_book(books, number, books.profiles[number]._replace(end=end))


def _billing_boundary(terms: Terms, books: Books, stamp: int) -> Books:
    """5, 7: the schedule closes, but not by a clock that is not valid."""
    assert terms.schedule
    if books.is_valid:
        books = close_once(books, stamp)
    return books._replace(close_end=next_close(terms.schedule, terms.zone, stamp))


# ------------------------------------------------------------------------------------------------ 3: demand


def _four(energies: Energies) -> Four:
    e = energies
    return (e.active_import, e.active_export, e.reactive_q1 + e.reactive_q2, e.reactive_q3 + e.reactive_q4)


def _sum(fours: Iterable[Four]) -> Four:
    a, b, c, d = (sum(column) for column in zip(NOTHING, *fours, strict=True))
    return (a, b, c, d)


def running(terms: Terms, books: Books) -> Four:
    """The window that ends now: the sub-period in progress and the finished ones before it, quanta."""
    return _sum((*books.window, books.sub)[-terms.demand.count :])


def end_sub_period(terms: Terms, books: Books, stamp: int, *, counts: bool) -> Books:
    """3: the sum of the last n sub-periods, and a maximum if it is more than that."""
    window = (*books.window, books.sub)[-terms.demand.count :]
    energy = _sum(window)
    maxima = books.maxima
    if counts:
        higher = {key: _higher(maxima[key], energy, stamp) for key in (OVER_ALL, books.rate)}
        maxima = {**maxima, **higher}
    return books._replace(window=window, sub=NOTHING, energy=energy, maxima=maxima)


def _higher(maxima: tuple[Maximum, ...], energy: Four, stamp: int) -> tuple[Maximum, ...]:
    pairs = zip(maxima, energy, strict=True)
    return tuple(Maximum(new, stamp) if new > old.window else old for old, new in pairs)


def _reset(maxima: Maxima, cumulative: Mapping[int, Four]) -> dict[int, Four]:
    """3: the maxima go into the cumulative demand."""
    return {key: _sum((cumulative[key], _windows(maxima[key]))) for key in maxima}


def _windows(maxima: tuple[Maximum, ...]) -> Four:
    a, b, c, d = (maximum.window for maximum in maxima)
    return (a, b, c, d)


# ------------------------------------------------------------------------------------------------ 4: load profiles


def _with_book(books: Books, number: int, book: Book) -> Books:
    return books._replace(profiles=(*books.profiles[:number], book, *books.profiles[number + 1 :]))


def mark(books: Books, status: Status, until: int) -> Books:
    """Let the next row of each profile say this, and every row until one is stamped `until` or later."""
    marked = (book._replace(marks={**book.marks, status: until}) for book in books.profiles)
    return books._replace(profiles=tuple(marked))


def write_row(terms: Terms, books: Books, stamp: int, number: int) -> Books:
    """4: a row with the registers as they stand.

    An outage or a clock change that went on beyond the stamp lies in the next period as well: its row says so too.
    """
    book = books.profiles[number]
    status: set[Status] = set(book.marks)
    status |= {"DAYLIGHT_SAVING"} if is_summer(terms.zone, stamp) else set()
    status |= set() if books.is_valid else {"CLOCK_INVALID"}
    total, rates = billed(terms, books.registers), books.registers.rates
    wanted = terms.profiles[number].captures
    values = tuple(getattr(total if rate == OVER_ALL else rates[rate], name) for name, rate in wanted)
    left = {name: until for name, until in book.marks.items() if until > stamp}
    row = Row(stamp, frozenset(status), values)
    return _with_book(books, number, book._replace(rows=(*book.rows, row), marks=left))


# ------------------------------------------------------------------------------------------------ 5: billing


def close(books: Books, stamp: int, reason: Reason) -> Books:
    """5: a row of the history, then the demand reset of 3."""
    row = Closed(stamp, reason, books.registers, books.maxima, books.cumulative, books.is_valid)
    cumulative = _reset(books.maxima, books.cumulative)
    return books._replace(
        history=(*books.history, row),
        cumulative=cumulative,
        maxima=dict.fromkeys(books.maxima, (Maximum(),) * 4),
    )


def close_once(books: Books, stamp: int) -> Books:
    """5: a scheduled end that was the latest one closed is not closed again after the clock was set back over it."""
    latest = next((row.stamp for row in reversed(books.history) if row.reason == "schedule"), None)
    return books if stamp == latest else close(books, stamp, "schedule")


def is_locked(terms: Terms, books: Books, now: int) -> bool:
    """5: whether a close by hand is too soon after the one before; one that lies in the future locks nothing."""
    return books.by_hand is not None and 0 <= now - books.by_hand < terms.lock_out_s * 1000


# ------------------------------------------------------------------------------------------------ 6, 7, 8: time


def settle(terms: Terms, books: Books) -> Books:
    """What was commanded since the previous measuring call, each in its place in time."""
    waiting, books = books.pending, books._replace(pending=())
    for event in waiting:
        match event:
            case Close():
                books = close(walk(terms, books, event.at), event.at, event.reason)
            case ClockChange():
                books = change(terms, walk(terms, books, event.old), event)
    return books


def change(terms: Terms, books: Books, event: ClockChange) -> Books:
    """6, and 7: an invalid clock is always set by a jump."""
    if books.is_valid and abs(event.new - event.old) <= terms.small_shift_s * 1000:
        moved = mark(books, "CLOCK_ADJUSTED", event.new) if event.new != event.old else books
        return moved._replace(last=event.new)
    books = mark(books, "CLOCK_ADJUSTED", event.old)
    books = end_sub_period(terms, books, event.old, counts="demand" not in books.passed)
    for number in range(len(books.profiles)):
        books = write_row(terms, books, event.old, number)
    since = event.old if books.is_valid else books.valid_until
    books = books._replace(is_valid=True, valid_until=None)
    fresh = close_missed(terms, books, since, event.new)._replace(window=(), last=event.new)
    return _begin(terms, mark(fresh, "CLOCK_ADJUSTED", event.new), event.new)


def close_missed(terms: Terms, books: Books, since: int | None, new: int) -> Books:
    """6, 7: of the billing periods that ended up to the new time one is closed, with the stamp of the last."""
    latest, end = None, None
    if terms.schedule and since is not None:
        end = next_close(terms.schedule, terms.zone, since)
    while terms.schedule and end is not None and end <= new:
        latest, end = end, next_close(terms.schedule, terms.zone, end)
    return books if latest is None else close_once(books, latest)


def outage(terms: Terms, books: Books, end: int) -> Books:
    """8: from the latest clock in the memory to the one at boot."""
    found = Outage(books.last, end, end - books.last >= terms.long_outage_s * 1000, books.is_valid)
    return mark(books._replace(outages=(*books.outages, found)), "POWER_DOWN", end)
