"""Any single bit of a whole meter's memory turned over, and pairs of them: told or harmless, never another value."""

import os
from dataclasses import dataclass
from functools import lru_cache
from random import Random

import pytest
from every_record_rig import Life, born, live, rows

from bench_rig import SECOND
from ferraris.firmware.billing.profile import Status, decode_row
from ferraris.firmware.meter.boot import BootRefusedError, boot
from ferraris.firmware.meter.config import RingId
from ferraris.firmware.meter.events import Event, decode_event
from ferraris.firmware.meter.state import State

IS_WHOLE = bool(os.environ.get("FERRARIS_EVERY_BYTE"))
STRIDE = 1 if IS_WHOLE else 29
"""By default every 29th bit (a prime to 8, so that it meets every bit of a byte); `make crash` turns over each."""
PHASES = {"fram": 0, "eeprom": 0 if IS_WHOLE else 14}
PAIRS = 20_000 if IS_WHOLE else 1000
STARTS_EVERY = 101
"""Every image is booted; of those that are told, each 101st (a prime) is switched on to see where it is told."""


@dataclass(frozen=True)
class Shown:
    """Everything of a memory that a meter shows, now or ever."""

    state: State
    rows: tuple[dict[int, bytes], ...]


def looked_at(bench: Life, image: bytes) -> Shown | None:
    """What a meter makes of these bytes; None if it refuses them."""
    try:
        state = boot(bench.config, image)
    except BootRefusedError:
        return None
    return Shown(state, tuple(rows(bench.config, state.rings, image)))


@lru_cache
def lived(technology: str) -> Life:
    """A meter at the end of its life; its memory holds every kind of record and row."""
    bench = born(technology)
    live(bench)
    bench.cut_power()
    return bench


def flipped(image: bytes, *bits: int) -> bytes:
    turned = bytearray(image)
    for bit in bits:
        turned[bit // 8] ^= 1 << bit % 8
    return bytes(turned)


def is_silent_lie(whole: Shown, found: Shown | None) -> bool:
    """Something that was shown is shown otherwise, and nobody is told."""
    if found is None or found.state.damage:
        return False
    return what_bills(found) != what_bills(whole)


def what_bills(shown: Shown) -> tuple[object, ...]:
    """Rows that a ring gives up are those it no longer promises; the others, and all of the state, must be the same."""
    state = shown.state
    return (
        state.ledger, state.calendar, state.passive, state.special_days, state.constants, state.unwritten,
        state.is_bound, state.base, shown.rows,
    )  # fmt: skip


@pytest.mark.parametrize("technology", ["fram", "eeprom"])
def test_no_single_flipped_bit_shows_another_value_untold(technology: str) -> None:
    bench = lived(technology)
    image = bytes(bench.storage.view)
    whole = looked_at(bench, image)
    assert whole is not None
    assert whole.state.damage == 0
    told = 0
    for bit in range(PHASES[technology], 8 * len(image), STRIDE):
        found = looked_at(bench, flipped(image, bit))
        assert not is_silent_lie(whole, found), f"bit {bit}"
        if found is not None and found.state.damage:
            told += 1
            if told % STARTS_EVERY == 1:
                tells(bench, flipped(image, bit))
    assert told > 200, "most of what is not blank is noticed"


def tells(bench: Life, image: bytes) -> None:
    """The meter starts, logs the damage, and marks its next row."""
    starts = bench.beside(image)
    starts.witness = None
    starts.switch_on(starts.now_ns + 5 * SECOND)
    starts.advance(starts.now_ns + 65 * SECOND)
    assert starts.state is not None
    found = rows(starts.config, starts.state.rings, starts.storage.view)
    assert Event.MEMORY_ERROR in {decode_event(row).code for row in found[RingId.EVENTS].values()}
    marked = [decode_row(row, 4).status for row in found[RingId.PROFILE_1].values()][-3:]
    assert any(status & Status.DATA_NOT_VALID for status in marked)


def test_no_pair_of_flipped_bits_shows_another_value_untold() -> None:
    """Pairs anywhere, and pairs within 128 bytes, as one record holds them."""
    bench = lived("fram")
    image = bytes(bench.storage.view)
    whole = looked_at(bench, image)
    assert whole is not None
    chance = Random(7)
    used = [bit for bit in range(8 * len(image)) if image[bit // 8] not in {0xFF, 0x00}]
    for number in range(PAIRS):
        first = chance.choice(used)
        second = chance.choice(used) if number % 2 else first ^ chance.randrange(1, 1024)
        if second == first or second >= 8 * len(image):
            continue
        found = looked_at(bench, flipped(image, first, second))
        assert not is_silent_lie(whole, found), f"bits {first} and {second}, seed 7"
