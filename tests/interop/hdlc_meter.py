"""A standing meter behind HDLC: its associations over a data link of each connection, or of a pseudo-terminal."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from threading import Thread
from typing import TypeVar

from standing_meter import SECONDS

from ferraris.app.hdlc_lines import HdlcLines
from ferraris.app.live_serial import LiveSerial
from ferraris.app.live_server import Event, LiveServer, Outputs
from ferraris.app.live_udp import LiveUdp
from ferraris.bench.bench import Bench
from ferraris.firmware.dlms import server, udp, wrapper
from ferraris.firmware.dlms.hdlc import station
from ferraris.firmware.dlms.hdlc.link import Serve, Settings
from ferraris.firmware.dlms.hdlc.opening import Who
from ferraris.firmware.dlms.wrapper import Frame
from ferraris.firmware.meter.objects import MeterHost
from ferraris.firmware.meter.turn import Turn
from ferraris.pins import Send

Bound = TypeVar("Bound")
DEVICE = 17
WHO = Who("FER", "HOME1P", "12345678", 6)


def serve_for(bench: Bench) -> Callable[[int], Serve]:
    """The meter's own server, asked as each line asks it."""
    assert bench.state is not None
    host = MeterHost(bench.config, Turn(bench.state), bench.storage.view)

    def line(_: int) -> Serve:
        connection = server.connect()

        def serve(client: int, device: int, apdu: bytes | None) -> bytes:
            nonlocal connection
            if apdu is None:
                connection = station.without(connection, client, device)
                return b""
            connection, answer, _ = server.receive(connection, wrapper.encode(Frame(client, device, apdu)), host)
            return answer[wrapper.HEADER.size :]

        return serve

    return line


@contextmanager
def over_tcp(bench: Bench) -> Iterator[int]:
    """HDLC on a free TCP port of this computer."""
    lines = HdlcLines(serve_for(bench), lambda: 0, Settings(device=DEVICE))
    shell = LiveServer(lines.received)
    with _looping(lambda: shell.start(port=0), shell.stop) as port:
        yield port


@contextmanager
def over_udp(bench: Bench) -> Iterator[int]:
    """The wrapper on a free UDP port of this computer."""
    assert bench.state is not None
    host = MeterHost(bench.config, Turn(bench.state), bench.storage.view)
    connections: dict[int, server.Connection] = {}

    def received(port: int, event: Event) -> Outputs:
        if not isinstance(event, bytes):
            connections.pop(port, None)
            return ()
        reply = udp.receive(connections.get(port, server.connect()), event, host)
        connections[port] = reply.connection
        return (Send(port, reply.octets),) if reply.octets else ()

    shell = LiveUdp(received)
    with _looping(lambda: shell.start(port=0), shell.stop) as port:
        yield port


@contextmanager
def over_a_terminal(bench: Bench, who: Who | None = None) -> Iterator[str]:
    """HDLC on a pseudo-terminal; with `who`, the opening of mode E comes first."""
    lines = HdlcLines(serve_for(bench), lambda: 0, Settings(device=DEVICE), who)
    serial = LiveSerial(lines.received)

    async def start() -> str:
        return serial.start_terminal()

    async def stop() -> None:
        serial.stop()

    with _looping(start, stop) as path:
        yield path


@contextmanager
def _looping(start: Callable[[], Awaitable[Bound]], stop: Callable[[], Awaitable[None]]) -> Iterator[Bound]:
    """An event loop in a thread of its own, with something that runs on it."""
    loop = asyncio.new_event_loop()
    thread = Thread(target=loop.run_forever)
    thread.start()

    async def begin() -> Bound:
        return await start()

    async def end() -> None:
        await stop()

    try:
        yield asyncio.run_coroutine_threadsafe(begin(), loop).result(SECONDS)
    finally:
        asyncio.run_coroutine_threadsafe(end(), loop).result(SECONDS)
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()
