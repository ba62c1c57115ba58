"""The power is cut after every byte of the first boot: the meter starts all the same, and is nobody else's."""

from dataclasses import replace

import pytest
from test_power_cut import SHEETS, terms

from bench_rig import SECOND, rig
from ferraris.bench.bench import Bench
from ferraris.firmware.billing import registers as billing
from ferraris.firmware.meter.boot import BootRefusedError
from ferraris.hardware.physics.nvm import NvmPart


def meter(technology: str, image: bytes | None, steps: int | None = None, serial: str = "00000042") -> Bench:
    sheet = SHEETS[technology]
    part = NvmPart(sheet, image, tear_seed=steps)
    part.supply(steps)
    bench = rig(terms(sheet), part)
    bench.config = replace(bench.config, identity=replace(bench.config.identity, serial=serial))
    return bench


@pytest.mark.parametrize("technology", SHEETS)
def test_a_cut_anywhere_in_the_first_boot_leaves_a_meter_that_starts_at_zero_and_binds_its_memory(
    technology: str,
) -> None:
    step, died = 0, True
    while died:
        bench = meter(technology, None, step)
        bench.switch_on(0)
        died = bench.state is None
        survivor = meter(technology, bytes(bench.storage.view))
        survivor.switch_on(0)
        assert survivor.state is not None
        assert survivor.state.ledger.registers == billing.zero(1)
        survivor.advance(2 * SECOND)
        with pytest.raises(BootRefusedError, match="belongs to"):
            meter(technology, bytes(survivor.storage.view), serial="00000043").switch_on(0)
        step += 1
    assert step > len(b"FER00000042"), "the identity alone takes more bytes"
