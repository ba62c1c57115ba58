"""A live meter: the computer's clock drives the bench, and a TCP port carries what the meter says.

One asyncio task sleeps until the meter's next deadline and then advances the bench; bytes that arrive in between are
delivered at once. The bench stays in step with the computer's monotonic clock times `rate`. A computer that is too slow
for the rate, or was suspended, is not a fault: the meter's time then lags and catches up in slices, and peers are
answered between the slices.
"""

import asyncio
import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias, TypeVar

from ferraris.app.live_server import Event, LiveServer
from ferraris.app.show import UserError
from ferraris.bench.assemble import assemble
from ferraris.bench.bench import SPAN_CAP_NS, Bench
from ferraris.bench.clock import Clock
from ferraris.bench.nvm_file import Stamp, open_nvm
from ferraris.bench.witness import Entropy, Words
from ferraris.firmware.dlms import datetimes
from ferraris.hardware.chain.chain import Fidelity
from ferraris.hardware.platform.models import Platform
from ferraris.hardware.world.world import World

NANOSECONDS = 1_000_000_000
EARLIEST_MS, LATEST_MS = 1_577_836_800_000, 4_102_444_800_000
"""2020-01-01 and 2100-01-01 UTC: a computer whose clock shows anything else has lost it."""
REFRESH_S = 0.25
"""What is shown is never older than this by the computer's clock: short against the second that a display takes."""

Watch: TypeAlias = Callable[[Bench], None]
"""Called after every turn, with the bench at rest: to draw a status line, or to save the time."""
Answer = TypeVar("Answer")


class CannotListenError(Exception):
    """The port is taken or not ours to have; the text says which and why."""


@dataclass(frozen=True)
class Pace:
    """How the computer's clock maps to the bench: `rate` seconds for each, from a common moment on."""

    started_s: float
    started_ns: int
    rate: float

    def bench_ns(self, now_s: float) -> int:
        """True time of the bench when the computer's clock shows `now_s`."""
        return self.started_ns + round((now_s - self.started_s) * self.rate * NANOSECONDS)

    def wait_s(self, until_ns: int, now_s: float) -> float:
        """Seconds of the computer's clock until the bench's true time is `until_ns`, at least 0."""
        return max(0.0, (until_ns - self.bench_ns(now_s)) / (self.rate * NANOSECONDS))


class LiveMeter:
    """Owns a bench that has power, and keeps it in step with a clock."""

    def __init__(self, bench: Bench, pace: Pace, now_s: Callable[[], float]) -> None:
        """Take the bench over; `now_s` is the clock that `pace` speaks of."""
        self.bench = bench
        self._pace = pace
        self._now_s = now_s

    def received(self, port: int, event: Event) -> Words:
        """Deliver what a peer sent, at the present moment."""
        return self.bench.deliver(self._present_ns(), ((port, event),))

    def turn(self) -> Words:
        """Advance to the present moment."""
        return self.bench.advance(self._present_ns())

    def wait_s(self) -> float:
        """How long nothing is due: until the meter's next deadline or the next refresh; 0 while the bench lags."""
        return min(REFRESH_S, self._pace.wait_s(self.bench.next_stop_ns(), self._now_s()))

    def _present_ns(self) -> int:
        """The bench's time now, but at most one slice ahead, so that a bench that lags catches up between its peers."""
        slice_end_ns = self.bench.now_ns + SPAN_CAP_NS
        return max(self.bench.now_ns, min(self._pace.bench_ns(self._now_s()), slice_end_ns))


@contextmanager
def kept_in(
    path: Path,
    platform: Platform,
    world: World,
    wall_ms: Callable[[], int],
    *,
    fidelity: Fidelity = "sampled",
    seed: int = 0,
    drift_ppb: int = 0,
) -> Iterator[Bench]:
    """A meter whose memory is a file, without power; closes the file on leaving.

    A new file is a new meter, and its clock is set to the computer's. A known one goes on from what it remembers: its
    clock ran on its backup for as long as the computer says, so that the time between two runs is an outage.

    wall_ms   the computer's clock, ms since 1970-01-01

    Raises `NvmFileError`, `LayoutError`, and `UserError` if the computer's clock cannot be right.
    """
    _assert_plausible(wall_ms())
    with open_nvm(path, platform.nvm) as nvm:
        entropy: Entropy = lambda _: os.urandom(32)  # noqa: E731  # challenges must not be foretold by knowing a seed
        bench = assemble(platform, world, nvm, Clock(0, 0), fidelity=fidelity, seed=seed, entropy=entropy, board=True)
        if drift_ppb:
            bench.rate = None  # whoever names a drift wants that one and no crystal's
        bench.clock = Clock(0, _resumed_ms(nvm.stamp, wall_ms()), drift_ppb)  # read as late as possible
        bench.untraced()  # the entropy is real: no run has the same trace again
        bench.on_durable = lambda rtc: nvm.put_stamp(rtc, wall_ms())
        yield bench


def _assert_plausible(wall_ms: int) -> None:
    """Refuse a wrong clock before it gets into a memory, where rows and registers would carry its date for ever."""
    if not EARLIEST_MS <= wall_ms < LATEST_MS:
        shown = datetimes.local(wall_ms)
        year = "no year of the calendar" if shown.year == datetimes.ANY_YEAR else f"the year {shown.year}"
        raise UserError(f"the computer's clock shows {year}, expected 2020 to 2099: set it first")


def _resumed_ms(stamp: Stamp | None, wall_ms: int) -> int:
    """What the meter's clock shows after an outage; a computer whose clock went back adds nothing to it."""
    return wall_ms if stamp is None else stamp.rtc_ms + max(0, wall_ms - stamp.wall_ms)


async def live(
    bench: Bench,
    host: str = "127.0.0.1",
    port: int = 4059,
    rate: float = 1.0,
    *,
    stop: asyncio.Event | None = None,
    bound: Callable[[int], None] | None = None,
    watch: Watch | None = None,
) -> None:
    """Run a meter until `stop` is set, or for ever; then make its registers durable and take its power away.

    rate    seconds of the meter for one of the computer
    bound   told the TCP port once the meter listens, which is news if `port` is 0
    watch   called after every turn

    Raises `BootRefusedError` before it listens if the meter's memory is unusable, and `CannotListenError`.
    """
    loop = asyncio.get_running_loop()
    if bench.state is None:
        bench.switch_on(bench.now_ns)
    meter = LiveMeter(bench, Pace(loop.time(), bench.now_ns, rate), loop.time)
    server = LiveServer(meter.received)
    try:
        listening = await _listen(server, host, port)
        if bound is not None:
            bound(listening)
        await _keep(meter, server, stop or asyncio.Event(), watch)
    finally:
        await server.stop()
        bench.switch_off()


async def _listen(server: LiveServer, host: str, port: int) -> int:
    try:
        return await server.start(host, port)
    except OSError as error:
        raise CannotListenError(f"cannot listen on {host}:{port}: {error.strerror or error}") from error


async def _keep(meter: LiveMeter, server: LiveServer, stop: asyncio.Event, watch: Watch | None) -> None:
    """Turn after turn until told to stop."""
    while not stop.is_set():
        server.perform(meter.turn())
        if watch is not None:
            watch(meter.bench)
        with suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), meter.wait_s() or 0.001)


def run_live(
    bench: Bench,
    host: str,
    port: int,
    rate: float,
    bound: Callable[[int], None] | None = None,
    watch: Watch | None = None,
) -> int:
    """Run a meter in this process until Ctrl-C or SIGTERM; returns the signal's number. Raises what `live` raises."""
    return asyncio.run(_until_signalled(bench, host, port, rate, bound, watch))


async def _until_signalled(
    bench: Bench, host: str, port: int, rate: float, bound: Callable[[int], None] | None, watch: Watch | None
) -> int:
    stop = asyncio.Event()
    caught: list[int] = []

    def end(number: int) -> None:
        caught.append(number)
        stop.set()

    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, end, number)
    await live(bench, host, port, rate, stop=stop, bound=bound, watch=watch)
    return caught[0] if caught else 0


class Background:
    """A live meter in a thread of its own, for tests and notebooks."""

    def __init__(self, bench: Bench, loop: asyncio.AbstractEventLoop, port: int) -> None:
        """See `in_thread`."""
        self.port = port
        self._bench = bench
        self._loop = loop

    def ask(self, question: Callable[[Bench], Answer]) -> Answer:
        """Let a function look at the bench between two turns, and return what it found."""

        async def look() -> Answer:
            return question(self._bench)

        return asyncio.run_coroutine_threadsafe(look(), self._loop).result(timeout=30.0)


@contextmanager
def in_thread(bench: Bench, rate: float = 1.0, port: int = 0) -> Iterator[Background]:
    """Run a meter beside the caller, on a free port if none is given; leaving the context ends it cleanly.

    Raises what the meter raised, on entry or on leaving.
    """
    loop = asyncio.new_event_loop()
    stop = asyncio.Event()
    listening = threading.Event()
    ports: list[int] = []
    failures: list[BaseException] = []

    def bound(number: int) -> None:
        ports.append(number)
        listening.set()

    def body() -> None:
        try:
            loop.run_until_complete(live(bench, "127.0.0.1", port, rate, stop=stop, bound=bound))
        except BaseException as error:  # noqa: BLE001  # carried to the caller's thread
            failures.append(error)
        finally:
            loop.close()
            listening.set()

    thread = threading.Thread(target=body, name="live meter")
    thread.start()
    listening.wait()
    try:
        if ports:
            yield Background(bench, loop, ports[0])
    finally:
        if thread.is_alive():
            with suppress(RuntimeError):  # the loop may have ended in between
                loop.call_soon_threadsafe(stop.set)
        thread.join()
        if failures:
            raise failures[0]
