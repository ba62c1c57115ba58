"""A meter that has measured for some hours, and then answers on a TCP port while its time stands still.

Standing time makes the comparison exact: every peer, however slow, must read the very integers that the meter holds.
"""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Thread
from typing import NamedTuple

import numpy as np

from ferraris.app.live_server import LiveServer
from ferraris.bench.assemble import assemble
from ferraris.bench.bench import Bench
from ferraris.bench.clock import Clock
from ferraris.firmware.billing.profile import Row, decode_row
from ferraris.firmware.dlms.cosem.objects import Access
from ferraris.firmware.meter import objects
from ferraris.firmware.meter.state import State
from ferraris.firmware.store import ring
from ferraris.hardware.chain.specimen import Nominal
from ferraris.hardware.physics.nvm import NvmPart
from ferraris.hardware.platform.load import load
from ferraris.hardware.platform.models import Platform
from ferraris.hardware.world.mains import Steady
from ferraris.hardware.world.world import World, constant

SWITCHED_ON_MS = 1_774_728_450_000
"""2026-03-28 20:07:30 UTC: half a capture period before the first row."""
MEASURED_S = 3 * 3600 + 600
"""How long it measures before its time stands still: 13 capture periods end in it."""
SECONDS = 10
"""Longest the server may take to start or stop, s."""

LOAD = np.array([0.10, -0.05, 0.08])
"""Active power per phase as a share of Un * Imax: the second phase exports, as with photovoltaics."""
REACTIVE = np.array([0.02, -0.01, 0.03])
"""Reactive power likewise: every quadrant but the fourth is seen by some phase."""


@dataclass(frozen=True)
class StandingMeter:
    """The platform, the bench that owns the meter, and what the terminals have carried all the time."""

    platform: Platform
    bench: Bench
    power_w: tuple[float, ...]
    reactive_var: tuple[float, ...]

    @property
    def state(self) -> State:
        """The firmware's working memory, registers and all."""
        assert self.bench.state is not None
        return self.bench.state

    @property
    def password(self) -> str:
        return self.platform.firmware.lls_password

    def rows(self) -> list[Row]:
        """The load profile as it lies in the non-volatile memory, oldest row first."""
        held, layout, memory = self.state.rings[0], self.bench.config.layout, self.bench.storage.view
        found = [ring.row(layout, held, memory, sequence) for sequence in range(held.first, held.next)]
        return [decode_row(payload) for payload in found if payload is not None]

    def readable(self, client: int) -> set[tuple[int, str, int]]:
        """Every attribute that the meter's own object table grants a client: class, logical name, attribute."""
        entries = objects.index(self.bench.config).shown[client].values()
        return {
            (entry.class_id, ".".join(map(str, entry.logical_name)), right.number)
            for entry in entries
            for right in entry.attributes
            if right.access & Access.READ
        }


class Subject(NamedTuple):
    """A meter and the TCP port on which it answers."""

    meter: StandingMeter
    port: int


def measured(path: Path) -> StandingMeter:
    """A nominal meter of a platform file, after `MEASURED_S` of an unbalanced load."""
    platform = load(path)
    full_w = platform.meter.un_v * platform.meter.current.max_a
    power, reactive = LOAD[: platform.elements] * full_w, REACTIVE[: platform.elements] * full_w
    part, clock = NvmPart(platform.nvm), Clock(0, SWITCHED_ON_MS)
    world = drawing(platform, power, reactive)
    bench = assemble(platform, world, part, clock, fidelity="phasor", draw=Nominal(), noise=False)
    bench.switch_on(0)
    bench.advance(MEASURED_S * 1_000_000_000)
    return StandingMeter(platform, bench, tuple(power), tuple(reactive))


def drawing(platform: Platform, power_w: np.ndarray, reactive_var: np.ndarray) -> World:
    """Nominal sinusoidal voltages and, in each phase, the current of the stated power: I = conj((P + jQ) / U)."""
    voltage = platform.meter.un_v * np.exp(-2j * np.pi * np.arange(platform.elements) / 3.0)
    current = np.conj((power_w + 1j * reactive_var) / voltage)
    neutral = np.array([current.sum()])
    return constant(Steady(platform.meter.frequency_hz, np.array([1.0]), voltage[:, None], current[:, None], neutral))


@contextmanager
def serving(bench: Bench) -> Iterator[int]:
    """Answer on a free TCP port of this computer; what arrives is heard at the moment at which time stands still."""
    loop = asyncio.new_event_loop()
    thread = Thread(target=loop.run_forever)
    thread.start()
    server = LiveServer(lambda port, event: bench.deliver(bench.now_ns, ((port, event),)))
    try:
        yield asyncio.run_coroutine_threadsafe(server.start(port=0), loop).result(SECONDS)
    finally:
        asyncio.run_coroutine_threadsafe(server.stop(), loop).result(SECONDS)
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()
