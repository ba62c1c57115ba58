"""The ledger survives its stored forms, a delta belongs to its snapshot alone, and hostile bytes are refused."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ferraris.firmware.billing import demand as demands
from ferraris.firmware.billing import ledger as ledgers
from ferraris.firmware.billing.demand import Window
from ferraris.firmware.billing.ledger import Ledger, LedgerError, RingRow, Shape
from ferraris.firmware.billing.numbers import NumbersError, pack, unpack
from ferraris.firmware.billing.standing import Axis
from ferraris.pins import Energies

SHAPE = Shape(elements=3, rates=4, periods=3)
ENERGIES = st.builds(Energies, *[st.integers(0, 10**18)] * 8)
ROWS = st.lists(st.builds(RingRow, st.integers(0, 4), st.integers(0, 10**6), st.binary(max_size=50)), max_size=3)


def ran(run: list[tuple[Energies, Energies, int]]) -> Ledger:
    """A ledger after readings at some rates, a demand period after each."""
    ledger = ledgers.zero(SHAPE)
    for number, (phase, total, rate) in enumerate(run):
        ledger = replace(ledger, axis=ledger.axis._replace(rate=rate, last_ms=number * 900_000))
        ledger = ledgers.count(ledger, (phase,) * 3, total, total)
        ledger = replace(ledger, demand=demands.end(ledger.demand, Window(900, 3), number * 900, rate))
    return ledger


RUNS = st.lists(st.tuples(ENERGIES, ENERGIES, st.integers(1, 4)), max_size=5)
LEDGERS = st.builds(ran, RUNS)


@given(st.lists(st.integers(-(2**130), 2**130)))
def test_numbers_of_any_size_survive_their_stored_form(found: list[int]) -> None:
    assert unpack(pack(found)) == found


def test_small_numbers_take_one_byte_and_signs_alternate() -> None:
    assert pack([0, -1, 1, -2, 2, 63, -64]) == bytes([0, 1, 2, 3, 4, 126, 127])
    assert pack([64]) == bytes([0x80, 0x01])


@given(st.binary(max_size=60))
def test_any_bytes_are_numbers_or_one_error(packed: bytes) -> None:
    try:
        found = unpack(packed)
    except NumbersError:
        return
    assert unpack(pack(found)) == found


def test_a_number_without_end_is_refused() -> None:
    with pytest.raises(NumbersError, match="more than 20 bytes"):
        unpack(b"\x80" * 21)
    with pytest.raises(NumbersError, match="cut off"):
        unpack(b"\x80")


@given(LEDGERS, ROWS)
def test_a_snapshot_brings_back_the_ledger_to_the_quantum(ledger: Ledger, rows: list[RingRow]) -> None:
    payload, base = ledgers.encode_snapshot(ledgers.numbers(ledger, SHAPE), rows)
    stored = ledgers.decode(payload, None, SHAPE)
    assert (stored.ledger, stored.base, list(stored.rows)) == (ledger, base, rows)


@given(LEDGERS, LEDGERS, ROWS)
def test_a_delta_brings_back_the_later_ledger(before: Ledger, after: Ledger, rows: list[RingRow]) -> None:
    snapshot, base = ledgers.encode_snapshot(ledgers.numbers(before, SHAPE), ())
    delta = ledgers.encode_delta(base, ledgers.numbers(after, SHAPE), rows)
    stored = ledgers.decode(snapshot, delta, SHAPE)
    assert (stored.ledger, stored.base, list(stored.rows)) == (after, base, rows)


@given(LEDGERS, LEDGERS, LEDGERS)
def test_a_delta_of_another_snapshot_says_nothing(one: Ledger, other: Ledger, after: Ledger) -> None:
    snapshot, base = ledgers.encode_snapshot(ledgers.numbers(one, SHAPE), ())
    _, strange = ledgers.encode_snapshot(ledgers.numbers(other, SHAPE), (RingRow(1, 2, b"x"),))
    delta = ledgers.encode_delta(strange, ledgers.numbers(after, SHAPE), ())
    assert ledgers.decode(snapshot, delta, SHAPE) == ledgers.decode(snapshot, None, SHAPE)
    assert base != strange


@given(st.binary(max_size=400), st.booleans())
def test_any_bytes_are_a_ledger_or_one_error(payload: bytes, as_delta: bool) -> None:
    snapshot = ledgers.encode_snapshot(ledgers.numbers(ledgers.zero(SHAPE), SHAPE), ())[0]
    records = (snapshot, payload) if as_delta else (payload, None)
    try:
        ledgers.decode(*records, SHAPE)
    except LedgerError:
        return


@given(LEDGERS, st.data())
def test_a_record_that_lacks_bytes_or_has_some_too_many_is_refused(ledger: Ledger, data: st.DataObject) -> None:
    payload = ledgers.encode_snapshot(ledgers.numbers(ledger, SHAPE), (RingRow(0, 7, b"row"),))[0]
    cut = payload[: data.draw(st.integers(0, len(payload) - 1))]
    for spoilt in (cut, payload + b"\0"):
        with pytest.raises(LedgerError):
            ledgers.decode(spoilt, None, SHAPE)


def test_a_ledger_of_another_shape_is_refused() -> None:
    payload = ledgers.encode_snapshot(ledgers.numbers(ledgers.zero(SHAPE), SHAPE), ())[0]
    with pytest.raises(LedgerError, match="numbers, expected"):
        ledgers.decode(payload, None, SHAPE._replace(rates=5))


@pytest.mark.parametrize(("place", "value"), [(len(Axis._fields), -1), (len(Axis._fields) + 1, 8_000_000)])
def test_a_register_that_cannot_be_is_refused(place: int, value: int) -> None:
    found = list(ledgers.numbers(ledgers.zero(SHAPE), SHAPE))
    found[place] = value
    with pytest.raises(LedgerError, match="register"):
        ledgers.from_numbers(tuple(found), SHAPE)


@given(RUNS)
def test_the_rates_add_up_to_what_was_billed_remainders_included(run: list[tuple[Energies, Energies, int]]) -> None:
    ledger = ran(run)
    for quantity in range(8):
        whole = sum(rate[quantity].mws * 8_000_000 + rate[quantity].remainder for rate in ledger.rates)
        assert whole == sum(total[quantity] for _, total, _ in run)
