"""The asyncio shell around a meter's TCP port: connections in, octets out. It knows nothing of what they mean.

Every connection gets a number of its own, its port in the sense of `pins`. What happens on it (opened, octets, closed)
is handed to `received`, and what that returns is performed at once; outputs that come later go through `perform`.

A peer cannot make the shell hold much: octets are handed on in small pieces, and a peer that does not fetch its replies
is not read from until it does. A connection that says nothing for a while is closed; when there are too many, the one
that has been quiet for longest makes room.
"""

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from itertools import count
from typing import NamedTuple, TypeAlias, cast

from ferraris.pins import PORT_DLMS, Closed, Hangup, Opened, Send

Event: TypeAlias = Opened | bytes | Closed
Outputs: TypeAlias = Iterable[Send | Hangup]
Received: TypeAlias = Callable[[int, Event], Outputs]
"""Called for each event of a port; what it returns is performed before the next event."""


class Limits(NamedTuple):
    """What one server grants."""

    connections: int = 1000
    idle_s: float = 300.0
    """A connection that sent nothing for so long is closed."""
    piece: int = 4096
    """Octets handed on at once."""
    unsent: int = 8 << 20
    """Octets that may wait for a peer to fetch them; beyond it the connection is dropped."""


DEFAULT_LIMITS = Limits()
LINGER_S = 1.0
"""How long `stop` waits for peers to fetch what was already written."""


@dataclass
class _Wire:
    """One open connection."""

    transport: asyncio.Transport
    heard: float
    """Loop time at which it was last heard, s."""
    held: bytearray = field(default_factory=bytearray)
    """Octets read while the peer was not fetching replies: at most one read of the transport."""
    writable: bool = True


class LiveServer:
    """A listening socket and its connections. Everything runs on the event loop that `start` was awaited on."""

    def __init__(self, received: Received, limits: Limits = DEFAULT_LIMITS, first_port: int = PORT_DLMS) -> None:
        self._received = received
        self._limits = limits
        self._wires: dict[int, _Wire] = {}
        self._ports = count(first_port)
        self._server: asyncio.Server | None = None
        self._sweeper: asyncio.Task[None] | None = None

    async def start(self, host: str = "127.0.0.1", port: int = 4059) -> int:
        """Listen; returns the TCP port, which the system picks for 0. Raises `OSError` if it cannot be had."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(lambda: _Protocol(self), host, port)
        self._sweeper = loop.create_task(self._sweep())
        return cast("int", self._server.sockets[0].getsockname()[1])

    async def stop(self) -> None:
        """Stop listening and close every connection; what was written is delivered to peers that fetch it soon."""
        if self._server is None:
            return
        assert self._sweeper is not None
        self._sweeper.cancel()
        self._server.close()
        transports = [wire.transport for wire in self._wires.values()]
        for port in list(self._wires):
            self._drop(port)
        await asyncio.gather(self._sweeper, return_exceptions=True)
        await _drained(transports)
        await self._server.wait_closed()
        self._server = None

    @property
    def connections(self) -> int:
        """Number of open connections."""
        return len(self._wires)

    def perform(self, outputs: Outputs) -> None:
        """Send and hang up as told; a port that is gone is passed over."""
        for output in outputs:
            wire = self._wires.get(output.port)
            if wire is None:
                continue
            if isinstance(output, Hangup):
                self._drop(output.port)
            else:
                self._send(output.port, wire, output.data)

    def _send(self, port: int, wire: _Wire, data: bytes) -> None:
        if wire.transport.get_write_buffer_size() + len(data) > self._limits.unsent:
            self._lost(port)
            wire.transport.abort()
            return
        wire.transport.write(data)

    def _drop(self, port: int) -> None:
        """Close a connection after what was written has gone out."""
        wire = self._wires.get(port)
        if wire is not None:
            self._lost(port)
            wire.transport.close()

    async def _sweep(self) -> None:
        """Close quiet connections, looking four times per idle time."""
        while True:
            await asyncio.sleep(self._limits.idle_s / 4)
            oldest = asyncio.get_running_loop().time() - self._limits.idle_s
            for port in [port for port, wire in self._wires.items() if wire.heard < oldest]:
                self._drop(port)

    # ------------------------------------------------ called by the protocol of a connection

    def _opened(self, transport: asyncio.Transport) -> int:
        if len(self._wires) >= self._limits.connections:
            self._drop(min(self._wires, key=lambda known: self._wires[known].heard))
        port = next(self._ports)
        self._wires[port] = _Wire(transport, asyncio.get_running_loop().time())
        peer = transport.get_extra_info("peername")
        self.perform(self._received(port, Opened(":".join(str(part) for part in (peer or ())[:2]))))
        return port

    def _heard(self, port: int, data: bytes) -> None:
        wire = self._wires.get(port)
        if wire is None:
            return
        wire.heard = asyncio.get_running_loop().time()
        wire.held += data
        self._hand_on(port, wire)

    def _hand_on(self, port: int, wire: _Wire) -> None:
        """Hand on what is held, piece by piece, for as long as the peer fetches its replies."""
        while wire.held and wire.writable and port in self._wires:
            piece = bytes(wire.held[: self._limits.piece])
            del wire.held[: self._limits.piece]
            self.perform(self._received(port, piece))

    def _set_writable(self, port: int, writable: bool) -> None:
        wire = self._wires.get(port)
        if wire is None:
            return
        wire.writable = writable
        if not writable:
            wire.transport.pause_reading()
            return
        self._hand_on(port, wire)
        if wire.writable and port in self._wires:
            wire.transport.resume_reading()

    def _lost(self, port: int) -> None:
        """Forget a connection and report it, once, however it ended."""
        if self._wires.pop(port, None) is not None:
            self.perform(self._received(port, Closed()))


async def _drained(transports: list[asyncio.Transport]) -> None:
    """Let closing transports deliver what they hold, then abort those whose peer does not fetch it."""
    loop = asyncio.get_running_loop()
    until = loop.time() + LINGER_S
    while any(transport.get_write_buffer_size() for transport in transports) and loop.time() < until:  # noqa: ASYNC110  # no event tells
        await asyncio.sleep(0.01)
    for transport in transports:
        transport.abort()


class _Protocol(asyncio.Protocol):
    """What asyncio wants per connection; everything goes to the server."""

    def __init__(self, server: LiveServer) -> None:
        self._server = server
        self._port = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._port = self._server._opened(cast("asyncio.Transport", transport))  # noqa: SLF001  # one unit, two classes

    def data_received(self, data: bytes) -> None:
        self._server._heard(self._port, data)  # noqa: SLF001

    def pause_writing(self) -> None:
        self._server._set_writable(self._port, False)  # noqa: SLF001

    def resume_writing(self) -> None:
        self._server._set_writable(self._port, True)  # noqa: SLF001

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002  # asyncio names it; why does not matter
        self._server._lost(self._port)  # noqa: SLF001
