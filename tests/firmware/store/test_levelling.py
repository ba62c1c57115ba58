"""Wear levelling: no place of the memory is written much more often than its neighbours, heads and notes included."""

import numpy as np
import pytest

from ferraris.firmware.store.journal import Journal, append
from ferraris.firmware.store.layout import Geometry, RingSpec, plan
from ferraris.firmware.store.ring import Ring, push
from ferraris.hardware.physics.nvm import NvmPart
from memory_rig import Figures, perform

TWENTY_YEARS_OF_MINUTES = 20 * 525_960
RUN = 6000
PARTS = (
    Figures("fram", 1 << 15, 256, 0, endurance_cycles=1e14),
    Figures("eeprom", 1 << 15, 256, 0, endurance_cycles=4e6),
    Figures("nor", 1 << 15, 256, 4096, endurance_cycles=1e5),
)


@pytest.mark.parametrize("figures", PARTS, ids=lambda figures: figures.technology)
def test_journal_and_rings_wear_evenly(figures: Figures) -> None:
    """Max over mean of the cycles; what is left over 1 is the bank or round that is under way when the run ends."""
    geometry = Geometry(figures.size_bytes, figures.page_bytes, figures.erase_bytes)
    layout = plan(geometry, [RingSpec(40, 60), RingSpec(120, 12)], 1 << 13)
    part, journal, rings = NvmPart(figures), Journal(), [Ring(0), Ring(1)]
    for minute in range(RUN):
        journal, operations = append(layout, journal, 1, minute.to_bytes(80, "big"))
        perform(part, operations)
        for index, period, size in ((0, 5, 40), (1, 15, 120)):
            if minute % period == 0:
                rings[index], operations = push(layout, rings[index], bytes(size))
                perform(part, operations)
    unit = figures.size_bytes // len(part.cycles)
    regions = [(0, 2 * layout.bank), *((ring.address, ring.address + ring.size) for ring in layout.rings)]
    for begin, end in regions:
        cycles = part.cycles[begin // unit : end // unit].astype(float)
        used = cycles[cycles > 0]
        assert used.max() > 7
        assert used.max() - used.mean() <= 2.0, "one fill and one blanking more than the mean, at most"
        assert used.max() / used.mean() < 1.12
    banks = part.cycles[: 2 * layout.bank // unit]
    heads = {at // unit for bank in (0, 1) for at in (*layout.head_addresses(bank), layout.closing(bank))}
    assert max(int(banks[unit_of_head]) for unit_of_head in heads) <= np.median(banks) + 1, "a head is no hot spot"
    # By hand: a record of 80 bytes takes 104, some 38 fit a bank, which is filled and blanked (on flash only erased)
    # once for every 76 of them: 277 000 cycles in 20 years, 138 000 erasures.
    twenty_years = float(banks.max()) * TWENTY_YEARS_OF_MINUTES / RUN
    assert twenty_years == pytest.approx((1 if figures.erase_bytes else 2) * TWENTY_YEARS_OF_MINUTES / 76, rel=0.05)
