"""A meter that has lived for some days, and then answers on a TCP port while its time stands still.

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
from audited import Ear, terms_of

from ferraris.app.live_server import LiveServer
from ferraris.bench.assemble import assemble
from ferraris.bench.auditor.auditor import Account, Auditor
from ferraris.bench.auditor.terms import Terms
from ferraris.bench.bench import Bench
from ferraris.bench.clock import Clock
from ferraris.bench.peer import Credentials, Peer
from ferraris.firmware.dlms import axdr
from ferraris.firmware.dlms.cosem.objects import Access
from ferraris.firmware.dlms.obis import obis
from ferraris.firmware.meter import objects
from ferraris.firmware.meter.state import State
from ferraris.hardware.chain.specimen import Nominal
from ferraris.hardware.physics.nvm import NvmPart
from ferraris.hardware.platform.load import load
from ferraris.hardware.platform.models import Platform
from ferraris.hardware.world.mains import Steady
from ferraris.hardware.world.world import World, constant
from ferraris.pins import POWER_FAIL

SWITCHED_ON_MS = 1_774_728_450_000
"""2026-03-28 20:07:30 UTC: half a capture period before the first row; summer time begins in the night that follows."""
MEASURED_S = 80 * 3600
"""How long it lives before its time stands still: a billing period ends on 1 April."""
SECOND = 1_000_000_000

MORE_LOAD_S = 10 * 3600
"""From here on it carries `MORE` times as much."""
MORE = 1.7
OUTAGES_S = ((6 * 3600, 90), (30 * 3600, 2 * 3600))
"""Beginning and length: a short one and a long one."""
CLOSED_S = 40 * 3600
"""When the head end closes a billing period."""
SHIFTED_S, SHIFT_S = 45 * 3600, 5
"""When the head end shifts the clock, and by how much: so little that nothing ends."""
NOW_MS = SWITCHED_ON_MS + (MEASURED_S + SHIFT_S) * 1000
"""What its clock shows as it stands still."""

SECONDS = 10
"""Longest the server may take to start or stop, s."""

LOAD = np.array([0.10, -0.05, 0.08])
"""Active power per phase as a share of Un * Imax: the second phase exports, as with photovoltaics."""
REACTIVE = np.array([0.02, -0.01, 0.03])
"""Reactive power likewise: every quadrant but the fourth is seen by some phase."""


@dataclass(frozen=True)
class StandingMeter:
    """The platform, the bench that owns the meter, and what its terminals carry at last."""

    platform: Platform
    bench: Bench
    power_w: tuple[float, ...]
    reactive_var: tuple[float, ...]
    terms: Terms
    account: Account
    """What the auditor says that it has to show."""
    taken_wh: float
    """What the terminals have carried while the meter measured, all phases together."""

    @property
    def state(self) -> State:
        """The firmware's working memory, registers and all."""
        assert self.bench.state is not None
        return self.bench.state

    @property
    def password(self) -> str:
        return self.platform.firmware.lls_password

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
    """A nominal meter of a platform file that has lived through outages, closes and a shift of its clock."""
    platform = load(path)
    full_w = platform.meter.un_v * platform.meter.current.max_a
    power, reactive = LOAD[: platform.elements] * full_w, REACTIVE[: platform.elements] * full_w
    part, clock = NvmPart(platform.nvm), Clock(0, SWITCHED_ON_MS)
    light, heavy = (drawing(platform, share * power, share * reactive) for share in (1.0, MORE))
    bench = assemble(platform, light, part, clock, fidelity="phasor", draw=Nominal(), noise=False)
    bench.power = bench.rate = None  # power and clock are the story's
    auditor = Auditor(terms_of(platform))
    bench.witness, bench.patient, bench.span_cap_ns = Ear(auditor, bench), True, MEASURED_S * SECOND
    live(bench, heavy, platform)
    lived_s = MEASURED_S - sum(length for _, length in OUTAGES_S)
    light_s = MORE_LOAD_S - OUTAGES_S[0][1]
    taken_wh = float(power.sum()) * (light_s + MORE * (lived_s - light_s)) / 3600
    account = auditor.account()
    assert auditor.complaints == []
    return StandingMeter(platform, bench, tuple(MORE * power), tuple(MORE * reactive), auditor.terms, account, taken_wh)


def live(bench: Bench, heavy: World, platform: Platform) -> None:
    """The story of a standing meter."""
    bench.switch_on(0)
    outage(bench, *OUTAGES_S[0])
    bench.advance(MORE_LOAD_S * SECOND)
    bench.world = heavy
    outage(bench, *OUTAGES_S[1])
    password = platform.firmware.management_password
    assert password is not None
    head_end = Credentials(1, password.encode())
    bench.advance(CLOSED_S * SECOND)
    with Peer(bench, head_end) as peer:
        assert peer.act(9, obis("0.0.10.0.1.255"), 1, axdr.long_unsigned(1)).is_success
    bench.advance(SHIFTED_S * SECOND)
    with Peer(bench, head_end) as peer:
        assert peer.act(8, obis("0.0.1.0.0.255"), 6, axdr.long(SHIFT_S)).is_success
    bench.advance(MEASURED_S * SECOND)


def outage(bench: Bench, begin_s: int, length_s: int) -> None:
    """The supply gives its alarm, and fails; then it is back."""
    bench.advance(begin_s * SECOND)
    bench.press(POWER_FAIL, level=True)
    bench.advance(begin_s * SECOND)
    bench.cut_power()
    bench.switch_on((begin_s + length_s) * SECOND)


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
