"""From what the non-volatile memory holds to a running state."""

import zlib

from ferraris.firmware.billing import ledger as ledgers
from ferraris.firmware.billing.ledger import LedgerError, RingRow, Stored
from ferraris.firmware.billing.standing import Axis
from ferraris.firmware.meter.accounting import effective
from ferraris.firmware.meter.config import Config, RecordKind
from ferraris.firmware.meter.state import State
from ferraris.firmware.meter.tariff_memory import Remembered, TariffError, remembered
from ferraris.firmware.store import ring
from ferraris.firmware.store.recovery import Recovered, Refused, recover
from ferraris.pins import WHOLE


class BootRefusedError(RuntimeError):
    """The memory holds something, but not the ledger and the constants of this meter.

    Starting at zero would lose what was billed; measuring without calibration would bill by per cents wrong.
    """


def boot(config: Config, memory: bytes | memoryview) -> State:
    """The state of a meter that was just switched on; raises `BootRefusedError`.

    A memory without a ledger is that of a new meter: blank, or with nothing in it but the production line's
    calibration constants and the meter's identity. Records that had to be passed over are counted as `damage`,
    and the first rows captured afterwards say so. The first call of `step` binds a new memory to this meter; the
    memory of another meter is refused.
    """
    recovered = recover(config.layout, memory)
    if isinstance(recovered, Refused):
        raise BootRefusedError(recovered.reason)
    is_bound = _is_bound(config, recovered)
    stored = _stored(config, recovered)
    ledger = ledgers.zero(config.plan.shape) if stored is None else stored.ledger
    is_doubtful = any(not flaw.place.startswith("ring") for flaw in recovered.damage)
    tariff = _tariff(config, recovered, ledger.axis, is_doubtful=is_doubtful)
    return State(
        ledger=ledger,
        rings=recovered.rings,
        calendar=effective(tariff.active, tariff.special_days),
        passive=tariff.passive,
        special_days=tariff.special_days,
        base=None if stored is None else stored.base,
        unwritten=() if stored is None else _unwritten(config, recovered, memory, stored.rows),
        constants=_constants(config, recovered),
        damage=len(recovered.damage),
        is_ledger_doubtful=is_doubtful,
        tariff_doubt=tariff.lost,
        tariff_crcs=tariff.checksums,
        unlogged=tariff.unlogged,
        is_bound=is_bound,
    )


def _is_bound(config: Config, recovered: Recovered) -> bool:
    """Whether the memory says that it is this meter's; the ledger of another is never carried on.

    The identity is durable before the first ledger is, so a ledger without one is not known to be this meter's.
    """
    owner = recovered.records.get(RecordKind.OWNER)
    if owner is not None and owner != config.identity.owner:
        theirs, ours = (name.decode(errors="replace") for name in (owner, config.identity.owner))
        raise BootRefusedError(f"the memory belongs to the meter {theirs}, this is {ours}")
    if owner is None and RecordKind.LEDGER in recovered.records:
        raise BootRefusedError("the memory holds registers, but not the serial number of the meter that they belong to")
    return owner is not None


def _stored(config: Config, recovered: Recovered) -> Stored | None:
    """The latest good ledger; None only on a part that never held any."""
    snapshot = recovered.records.get(RecordKind.LEDGER)
    if snapshot is None:
        new = {RecordKind.CALIBRATION, RecordKind.OWNER}
        if recovered.is_damaged or recovered.records.keys() - new:
            raise BootRefusedError("the journal holds no good snapshot of the registers")
        return None
    try:
        stored = ledgers.decode(snapshot, recovered.records.get(RecordKind.DELTA), config.plan.shape)
    except LedgerError as error:
        raise BootRefusedError(str(error)) from error
    unknown = [row.ring for row in stored.rows if row.ring >= len(recovered.rings)]
    if unknown:
        raise BootRefusedError(f"the memory promises a row of ring {unknown[0]}, this meter has {len(recovered.rings)}")
    return stored


def _unwritten(
    config: Config, recovered: Recovered, memory: bytes | memoryview, promised: tuple[RingRow, ...]
) -> tuple[RingRow, ...]:
    """The promised rows that did not get into their rings.

    A row's sequence alone does not tell: on flash, recovery steps over the slot in which the row was torn; and where a
    slot did not take the row, it is in a later one. What the ring has given up since the promise was kept.
    """
    missing: list[RingRow] = []
    for held in recovered.rings:
        rows = [row for row in promised if row.ring == held.index and row.sequence >= held.first]
        if rows:
            sequences = range(rows[0].sequence, held.next)
            there = [ring.row(config.layout, held, memory, sequence) for sequence in sequences]
            missing += rows[_kept(rows, there) :]
    return tuple(missing)


def _kept(rows: list[RingRow], there: list[bytes | None]) -> int:
    """How many rows up to the last one that is there; they were written in order, so those before it were there too."""
    kept = begin = 0
    for count, row in enumerate(rows, 1):
        if row.payload in there[begin:]:
            begin = there.index(row.payload, begin) + 1
            kept = count
    return kept


def _tariff(config: Config, recovered: Recovered, axis: Axis, *, is_doubtful: bool) -> Remembered:
    try:
        return remembered(config, recovered.records, axis, is_doubtful=is_doubtful)
    except TariffError as error:
        raise BootRefusedError(str(error)) from error


def _constants(config: Config, recovered: Recovered) -> bytes | None:
    """The calibration constants, whole; what they mean only the front end knows."""
    payload = recovered.records.get(RecordKind.CALIBRATION)
    if payload is None:
        if config.needs_calibration:
            raise BootRefusedError("the memory holds no calibration constants of the front end")
        return None
    if zlib.crc32(payload) != WHOLE:
        raise BootRefusedError("the calibration constants are corrupt: their checksum does not hold")
    return payload
