"""The resource ledger: who takes how much of the converter, the processor, the memories and the ports.

An open table: each row says kind, amount and by whom. A room that needs resources adds one function to `CONTRIBUTORS`;
kinds are plain words, so that it can bring its own (a supply rail, a timer).
"""

from collections.abc import Callable, Iterator
from typing import NamedTuple, TypeAlias

from ferraris.bench.configure import JOURNAL_SHARE, SECONDS_PER_DAY, rings
from ferraris.firmware.meter.config import RecordKind
from ferraris.firmware.store.codec import Record, extent_of
from ferraris.firmware.store.codec import encode as encode_record
from ferraris.firmware.store.layout import HEAD_SIZE, Geometry, Layout, LayoutError, plan
from ferraris.firmware.store.operations import GRAIN, programmed
from ferraris.hardware.chain.constants import encode
from ferraris.hardware.chain.fir import TAPS
from ferraris.hardware.chain.production import design
from ferraris.hardware.chain.specimen import Nominal, manufacture
from ferraris.hardware.platform.models import Absent, Platform
from ferraris.pins import TICKS_PER_SECOND
from ferraris.verify.records import delta, longest_delta, snapshot_bytes

SECONDS_PER_YEAR = 31_557_600
UNBOUNDED = 1 << 40
"""Bytes of a part on which any profile fits: the need is computed apart from what the part offers."""


# ------------------------------------------------------------------------------------------------ channels


class Channels(NamedTuple):
    """Simultaneous converter channels that the service needs."""

    voltage: int
    current: int
    neutral: int

    @property
    def total(self) -> int:
        """All of them."""
        return sum(self)


def channels(platform: Platform) -> Channels:
    """One voltage and one current channel per element, and one for the neutral where it has a sensor."""
    neutral = 0 if isinstance(platform.current.neutral, Absent) else 1
    return Channels(platform.elements, platform.elements, neutral)


# ------------------------------------------------------------------------------------------------ processor time

CHANNEL_OTHER_MACS = 5
"""Per sample and channel besides the metrology filter: square, two products with the fundamental, two plain sums."""

COMMON_MACS = 8
"""Per sample: rotation of the fundamental's reference (4), two one-pole low passes of the crossing detector (4)."""


def macs_per_sample(platform: Platform) -> int:
    """Multiply-accumulates of one tick: filter taps and sums per channel, one product per element, the common part.

    Counted in the loop of the sampled fidelity, which does what a metering SoC does with every sample.
    """
    need = channels(platform)
    return need.total * (TAPS + CHANNEL_OTHER_MACS) + platform.elements + COMMON_MACS


def metrology_cpu_share(platform: Platform) -> float:
    """Share of the processor's time for metrology: MAC per sample x samples per second x cycles per MAC / clock."""
    soc = platform.soc
    return macs_per_sample(platform) * TICKS_PER_SECOND * soc.cycles_per_mac / soc.cpu_hz


# ------------------------------------------------------------------------------------------------ the table


class Use(NamedTuple):
    """One row: `by` takes `amount` of a kind of resource.

    Kinds so far: "channels", "cpu" (share of its time), "ram", "flash", "nvm" (bytes), "uart", "spi", "i2c", "gpio".
    """

    kind: str
    amount: float
    by: str


Contributor: TypeAlias = Callable[[Platform], Iterator[Use]]


def uses(platform: Platform, kind: str) -> tuple[Use, ...]:
    """Every row of one kind, in the order of the contributors."""
    return tuple(use for contributor in CONTRIBUTORS for use in contributor(platform) if use.kind == kind)


def total(platform: Platform, kind: str) -> float:
    """Sum of all rows of one kind."""
    return sum(use.amount for use in uses(platform, kind))


def users(platform: Platform, kind: str) -> str:
    """Who takes how much, as a sentence for evidence."""
    return ", ".join(f"{use.by} {use.amount:.6g}" for use in uses(platform, kind)) or "nobody"


def _sensing(platform: Platform) -> Iterator[Use]:
    need = channels(platform)
    yield Use("channels", need.voltage, "voltage")
    yield Use("channels", need.current, "line current")
    yield Use("channels", need.neutral, "neutral")


def _metrology(platform: Platform) -> Iterator[Use]:
    yield Use("cpu", metrology_cpu_share(platform), "metrology's arithmetic")


def _declared(platform: Platform) -> Iterator[Use]:
    for budget in platform.firmware.budgets:
        rows = {"cpu": budget.cpu_share, "ram": budget.ram_bytes, "flash": budget.flash_bytes, "nvm": budget.nvm_bytes}
        rows |= {"uart": budget.uart, "spi": budget.spi, "i2c": budget.i2c, "gpio": budget.gpio}
        yield from (Use(kind, amount, budget.name) for kind, amount in rows.items() if amount)


def _stored(platform: Platform) -> Iterator[Use]:
    """Journal, profiles and logs; nothing where no layout is possible, which item 1.3 says apart."""
    try:
        size = storage_bytes(platform)
    except LayoutError:
        return
    yield Use("nvm", size, "journal, profiles and logs")


CONTRIBUTORS: tuple[Contributor, ...] = (_sensing, _metrology, _declared, _stored)
"""Everybody who takes resources; a new room adds itself here."""


# ------------------------------------------------------------------------------------------------ non-volatile memory


def storage_layout(platform: Platform) -> Layout:
    """The meter's own layout, planned on a part of the same geometry that has room for all profiles and logs.

    Raises `LayoutError` where the part's pages or the journal's quarter of it are of no use.
    """
    geometry = Geometry(UNBOUNDED, platform.nvm.page_bytes, platform.nvm.erase_bytes)
    layout = plan(geometry, [use.spec for use in rings(platform)], platform.nvm.size_bytes // JOURNAL_SHARE)
    if _room(platform, layout) < 2 * snapshot_bytes(platform):
        raise LayoutError(f"a bank of the journal, {layout.bank} bytes, holds no two ledgers beside the constants")
    return layout


def constants_bytes(platform: Platform) -> int:
    """Length of the calibration constants, which every bank of the journal begins with a copy of."""
    return len(encode(design(platform), manufacture(platform, Nominal())))


def _room(platform: Platform, layout: Layout) -> int:
    """Bytes of a bank for the ledger's records, beside the constants and the meter's identity."""
    identity = platform.meter.manufacturer + platform.meter.serial
    return layout.capacity - extent_of(constants_bytes(platform)) - extent_of(len(identity.encode()))


def storage_bytes(platform: Platform) -> int:
    """Bytes that journal, profiles and logs take of the part."""
    last = storage_layout(platform).rings[-1]
    return last.address + last.size


def last_gasp_bytes(platform: Platform) -> int:
    """Bytes that must be programmed when the supply fails: what has changed since the latest snapshot of the ledger.

    On a part that programs by pages each page that is touched counts whole, at the worst place in it.
    """
    record = encode_record(0, 0, Record(RecordKind.DELTA, 0, longest_delta(platform)))
    if platform.nvm.technology == "fram":
        return programmed(record)
    page = platform.nvm.page_bytes
    return sum(pages_touched(len(each.data), page) * page for each in record)


def pages_touched(size: int, page: int) -> int:
    """Most pages that so many bytes lie in, where they begin at a multiple of the codec's grain."""
    return (size - min(GRAIN, page) + page - 1) // page + 1


def boundaries_per_day(platform: Platform) -> float:
    """Snapshots of the ledger per day: one for every row of a load profile, at most one for every demand period."""
    firmware, billing = platform.firmware, platform.billing
    return SECONDS_PER_DAY / firmware.profile_period_s + SECONDS_PER_DAY / billing.profile_2_period_s


def journal_bytes_per_day(platform: Platform) -> float:
    """What is appended to the journal in a day: what has changed at every commit, the whole ledger at boundaries."""
    commits = SECONDS_PER_DAY / platform.firmware.commit_s
    return commits * extent_of(len(delta(platform))) + boundaries_per_day(platform) * snapshot_bytes(platform)


def wear(platform: Platform, years: float) -> dict[str, float]:
    """Write cycles of the busiest cell of the journal and of each ring after so many years of service.

    A bank is filled once and blanked once for every two banks full of records; a slot of a ring is blanked once and
    written once per round of the ring. A part that is erased counts erasures alone, as its makers do.
    """
    layout = storage_layout(platform)
    cycles_per_use = 1 if platform.nvm.erase_bytes else 2
    days = years * SECONDS_PER_YEAR / SECONDS_PER_DAY
    cycles = {"journal": cycles_per_use * days * journal_bytes_per_day(platform) / (2 * _room(platform, layout))}
    for use, ring in zip(rings(platform), layout.rings, strict=True):
        cycles[use.name] = cycles_per_use * days * use.rows_per_day / ring.slots
    return cycles


def wear_life_years(platform: Platform) -> dict[str, float]:
    """Years until the busiest cell of the journal and of each ring reaches the part's endurance."""
    return {region: platform.nvm.endurance_cycles / cycles for region, cycles in wear(platform, 1.0).items()}


class WriteCost(NamedTuple):
    """What one durable write takes of the part."""

    size: int
    """Bytes programmed."""
    seconds: float
    joules: float


def commit_cost(platform: Platform) -> WriteCost:
    """One commit that needs no compaction, what has changed, read-back not counted: its body, then its mark.

    The body is taken to begin at the last grain of a page; FRAM takes bytes at the pace of its bus.
    """
    return _cost(platform, (extent_of(len(delta(platform))) - GRAIN, GRAIN))


def compaction_cost(platform: Platform) -> WriteCost:
    """What is added when a record does not fit: blanking a bank, the latest records, three heads.

    Constants and identity are copied with the ledger; other kinds are not counted.
    """
    layout, nvm = storage_layout(platform), platform.nvm
    copies = layout.capacity - _room(platform, layout) + snapshot_bytes(platform) + 3 * HEAD_SIZE
    written = _cost(platform, (copies,) if nvm.erase_bytes else (layout.bank, copies))
    erased = layout.bank if nvm.erase_bytes else 0
    sectors = layout.bank // nvm.erase_bytes if nvm.erase_bytes else 0
    return WriteCost(written.size, written.seconds + sectors * nvm.erase_s, written.joules + erased * nvm.erase_j)


def _cost(platform: Platform, writes: tuple[int, ...]) -> WriteCost:
    nvm, size = platform.nvm, sum(writes)
    if nvm.technology == "fram":
        seconds = size / nvm.page_bytes * nvm.write_s
    else:
        seconds = sum(-(-(write - GRAIN) // nvm.page_bytes) + 1 for write in writes) * nvm.write_s
    return WriteCost(size, seconds, size * nvm.write_j)
