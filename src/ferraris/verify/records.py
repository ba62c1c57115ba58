"""How long the meter's records are, found by making them: of a meter at full load, and late in its life."""

from dataclasses import replace

from ferraris.bench.configure import configure
from ferraris.firmware.billing import demand as demands
from ferraris.firmware.billing import ledger as ledgers
from ferraris.firmware.billing.ledger import Ledger
from ferraris.firmware.meter.config import Config
from ferraris.firmware.store.codec import extent_of
from ferraris.hardware.platform.models import Platform
from ferraris.pins import TICKS_PER_SECOND, Energies

LIFE_S = 20 * 31_557_600
"""Energy registers are as long as after so many seconds of full load, 20 years."""
REMAINDER = 4_321_987
"""Quanta beyond whole mWs, of seven digits as most are."""
NOW_MS = 2_000_000_000_000
"""A time of the meter's life, in 2033: times take as many bytes for two centuries."""


def full_load(platform: Platform, seconds: int) -> Energies:
    """Energies of one element at Imax and Un, in all four kinds that can flow at once."""
    quanta = round(platform.meter.un_v * platform.meter.current.max_a * 1e6) * TICKS_PER_SECOND * seconds
    return Energies(active_import=quanta, reactive_q1=quanta, apparent_import=quanta)


def old_ledger(platform: Platform, config: Config) -> Ledger:
    """The ledger of a meter that ran at full load for its whole life."""
    ledger = _loaded(platform, ledgers.zero(config.plan.shape), LIFE_S)
    axis = ledger.axis._replace(last_ms=NOW_MS, passed_ms=NOW_MS)
    return replace(ledger, axis=axis)


def _loaded(platform: Platform, ledger: Ledger, seconds: int) -> Ledger:
    one = full_load(platform, seconds)
    total = Energies(*(each * platform.elements for each in one))
    return ledgers.count(ledger, (one,) * platform.elements, total, total)


def snapshot_bytes(platform: Platform) -> int:
    """Bytes of the journal that a snapshot of the ledger takes, of an old meter; rows that it promises not counted."""
    config = configure(platform)
    found = ledgers.numbers(old_ledger(platform, config), config.plan.shape)
    return extent_of(len(ledgers.encode_snapshot(found, ())[0]))


def delta(platform: Platform) -> bytes:
    """The record of what has changed since the latest snapshot of the ledger, at full load for an hour.

    The latest snapshot is never older than a capture period.
    """
    config = configure(platform)
    shape = config.plan.shape
    before = old_ledger(platform, config)
    after = _loaded(platform, before, 3600)
    axis = after.axis._replace(last_ms=NOW_MS + 3_600_000, passed_ms=NOW_MS + 3_600_000)
    base = ledgers.encode_snapshot(ledgers.numbers(before, shape), ())[1]
    return ledgers.encode_delta(base, ledgers.numbers(replace(after, axis=axis), shape), ())


def longest_delta(platform: Platform) -> bytes:
    """The longest record of what has changed since the latest snapshot of the ledger, which no row has followed since.

    Everything has moved that moves without a row: energy of every kind at full load for a whole capture period, as if
    the load had turned round all the time, with its remainders; a sub-period of demand, with its maxima; times; a dip.
    """
    config = configure(platform)
    shape = config.plan.shape
    before = old_ledger(platform, config)
    seconds = min(config.plan.profile_s)
    most = full_load(platform, seconds).active_import + REMAINDER
    one, total = Energies(*(most,) * 8), Energies(*(most * platform.elements,) * 8)
    after = ledgers.count(before, (one,) * platform.elements, total, total)
    if config.plan.window.period_s < seconds:
        after = replace(after, demand=demands.end(after.demand, config.plan.window, NOW_MS // 1000, after.axis.rate))
        after = ledgers.count(after, (one,) * platform.elements, total, total)
    now_ms = NOW_MS + seconds * 1000
    after = replace(after, axis=after.axis._replace(last_ms=now_ms, passed_ms=now_ms, dips=after.axis.dips + 1))
    base = ledgers.encode_snapshot(ledgers.numbers(before, shape), ())[1]
    return ledgers.encode_delta(base, ledgers.numbers(after, shape), ())
