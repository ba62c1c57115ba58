"""The resource ledger: what metrology, storage and the declared functions take of the processor and of the memories."""

from typing import NamedTuple

from ferraris.bench.configure import JOURNAL_SHARE, SECONDS_PER_DAY, profile_rows
from ferraris.firmware.billing.profile import ROW_SIZE
from ferraris.firmware.billing.registers import encoded_size
from ferraris.firmware.store.codec import extent_of
from ferraris.firmware.store.layout import Geometry, Layout, LayoutError, RingSpec, plan
from ferraris.hardware.chain.fir import TAPS
from ferraris.hardware.platform.models import Absent, Platform
from ferraris.pins import TICKS_PER_SECOND

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


# ------------------------------------------------------------------------------------------------ non-volatile memory


class Wear(NamedTuple):
    """Times the busiest cell of a region is written in a number of years."""

    journal: float
    profile: float


def storage_layout(platform: Platform) -> Layout:
    """The meter's own layout, planned on a part of the same geometry that has room for the whole load profile.

    Raises `LayoutError` where the part's pages or the journal's quarter of it are of no use.
    """
    geometry = Geometry(UNBOUNDED, platform.nvm.page_bytes, platform.nvm.erase_bytes)
    rings = [RingSpec(ROW_SIZE, profile_rows(platform))]
    layout = plan(geometry, rings, platform.nvm.size_bytes // JOURNAL_SHARE)
    if layout.capacity < 2 * _record_bytes(platform):
        raise LayoutError(f"a bank of the journal, {layout.bank} bytes, holds no two register records")
    return layout


def _record_bytes(platform: Platform) -> int:
    return extent_of(encoded_size(platform.elements))


def storage_bytes(platform: Platform) -> int:
    """Bytes that the journal and the load profile take of the part."""
    last = storage_layout(platform).rings[-1]
    return last.address + last.size


def commits_per_day(platform: Platform) -> float:
    """Register snapshots per day: each commit interval, and one before every row of the load profile."""
    firmware = platform.firmware
    return SECONDS_PER_DAY / firmware.commit_s + SECONDS_PER_DAY / firmware.profile_period_s


def wear(platform: Platform, years: float) -> Wear:
    """Write cycles of the busiest cell of journal and load profile after so many years of service.

    A bank is filled once and blanked once for every two banks full of records; a slot of the profile is blanked once
    and written once per round of the ring. A part that is erased counts erasures alone, as its makers do.
    """
    layout = storage_layout(platform)
    cycles_per_use = 1 if platform.nvm.erase_bytes else 2
    records = layout.capacity // _record_bytes(platform)
    days = years * SECONDS_PER_YEAR / SECONDS_PER_DAY
    rows = days * SECONDS_PER_DAY / platform.firmware.profile_period_s
    return Wear(
        journal=cycles_per_use * days * commits_per_day(platform) / (2 * records),
        profile=cycles_per_use * rows / layout.rings[-1].slots,
    )
