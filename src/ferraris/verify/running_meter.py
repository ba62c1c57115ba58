"""A whole meter of a platform for the experiments of the checklist: nominal, as phasors, at a steady load."""

from datetime import UTC, datetime
from typing import TypeAlias

from ferraris.bench.assemble import assemble
from ferraris.bench.bench import Bench
from ferraris.bench.clock import Clock
from ferraris.bench.tariff import zone_of
from ferraris.firmware.meter.config import RingId
from ferraris.firmware.store import ring
from ferraris.hardware.chain.specimen import Nominal
from ferraris.hardware.physics.nvm import NvmPart
from ferraris.hardware.platform.models import Platform
from ferraris.hardware.world.loads import FOREVER_NS, ConstantPower
from ferraris.hardware.world.source import single_phase, three_phase
from ferraris.hardware.world.world import household

LOAD = 0.1
"""The load as a part of Imax."""

Rows: TypeAlias = list[bytes]


def on_its_board(platform: Platform, begins: str) -> Bench:
    """A meter without power whose clock shows a local standard time, "YYYY-MM-DD hh:mm", at true time 0.

    A tenth of Imax at Un in every phase. Commits that nobody sees are skipped; they are made before anything happens.
    """
    meter = platform.meter
    source = (single_phase if platform.elements == 1 else three_phase)(meter.un_v, meter.frequency_hz)
    load = ConstantPower((LOAD * meter.un_v * meter.current.max_a,) * platform.elements)
    local = datetime.strptime(begins, "%Y-%m-%d %H:%M").replace(tzinfo=UTC)
    clock = Clock(0, round(local.timestamp() * 1000) + zone_of(platform).deviation_min * 60_000)
    bench = assemble(
        platform, household(source, load), NvmPart(platform.nvm), clock,
        fidelity="phasor", draw=Nominal(), noise=False, board=True,
    )  # fmt: skip
    bench.untraced()
    bench.patient = True
    bench.span_cap_ns = FOREVER_NS
    return bench


def payloads(bench: Bench, number: RingId) -> Rows:
    """The rows of a ring that can be read, oldest first."""
    assert bench.state is not None, "a meter without power shows nothing"
    held = bench.state.rings[number]
    rows = (ring.row(bench.config.layout, held, bench.storage.view, at) for at in range(held.first, held.next))
    return [row for row in rows if row is not None]
