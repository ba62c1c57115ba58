"""The asyncio shell around a UDP port: each peer's address is a port in the sense of `pins`, each datagram one event.

It has the shape of `LiveServer`. UDP knows no connections, so a peer is there from its first datagram until it was
silent for a while; when there are too many, the one that has been quiet for longest makes room. A datagram is handed on
whole. An answer goes to where the question came from and is one datagram: nothing waits, nothing is sent again.
"""

import asyncio
from itertools import count
from typing import NamedTuple, TypeAlias, cast

from ferraris.app.live_server import Outputs, Received
from ferraris.pins import PORT_DLMS, Closed, Hangup, Opened

Address: TypeAlias = tuple[str | int, ...]
"""As the socket gives it: host, port, and for IPv6 flow and scope."""


class Limits(NamedTuple):
    """What one UDP port grants."""

    peers: int = 1000
    idle_s: float = 300.0
    """A peer that sent nothing for so long is forgotten."""


DEFAULT_LIMITS = Limits()


class _Peer(NamedTuple):
    address: Address
    heard: float
    """Loop time at which it was last heard, s."""


class LiveUdp(asyncio.DatagramProtocol):
    """A bound socket and its peers. Everything runs on the event loop that `start` was awaited on."""

    def __init__(self, received: Received, limits: Limits = DEFAULT_LIMITS, first_port: int = PORT_DLMS) -> None:
        """Take who hears what happens, and the number of the first peer."""
        self._received = received
        self._limits = limits
        self._numbers = count(first_port)
        self._peers: dict[int, _Peer] = {}
        self._known: dict[Address, int] = {}
        self._transport: asyncio.DatagramTransport | None = None
        self._sweeper: asyncio.Task[None] | None = None

    async def start(self, host: str = "127.0.0.1", port: int = 4059) -> int:
        """Listen; returns the UDP port, which the system picks for 0. Raises `OSError` if it cannot be had."""
        loop = asyncio.get_running_loop()
        self._transport, _ = await loop.create_datagram_endpoint(lambda: self, (host, port))
        self._sweeper = loop.create_task(self._sweep())
        return cast("int", self._transport.get_extra_info("sockname")[1])

    async def stop(self) -> None:
        """Stop listening and forget every peer."""
        if self._transport is None or self._sweeper is None:
            return
        self._sweeper.cancel()
        await asyncio.gather(self._sweeper, return_exceptions=True)
        for number in list(self._peers):
            self._drop(number)
        self._transport.close()
        self._transport = None

    @property
    def peers(self) -> int:
        """Number of peers that are remembered."""
        return len(self._peers)

    def perform(self, outputs: Outputs) -> None:
        """Send, and forget peers, as told; a port that is gone is passed over."""
        for output in outputs:
            peer = self._peers.get(output.port)
            if peer is None or self._transport is None:
                continue
            if isinstance(output, Hangup):
                self._drop(output.port)
            else:
                self._transport.sendto(output.data, peer.address)

    def datagram_received(self, data: bytes, addr: Address) -> None:
        """Called by asyncio."""
        number = self._known.get(addr) or self._opened(addr)
        self._peers[number] = _Peer(addr, asyncio.get_running_loop().time())
        self.perform(self._received(number, data))

    def error_received(self, exc: Exception) -> None:
        """Called by asyncio: a peer that is gone does not concern the others."""

    def _opened(self, address: Address) -> int:
        if len(self._peers) >= self._limits.peers:
            self._drop(min(self._peers, key=lambda known: self._peers[known].heard))
        number = next(self._numbers)
        self._known[address] = number
        self._peers[number] = _Peer(address, asyncio.get_running_loop().time())
        self.perform(self._received(number, Opened(":".join(str(part) for part in address[:2]))))
        return number

    def _drop(self, number: int) -> None:
        peer = self._peers.pop(number)
        del self._known[peer.address]
        self.perform(self._received(number, Closed()))

    async def _sweep(self) -> None:
        """Forget quiet peers, looking four times per idle time."""
        while True:
            await asyncio.sleep(self._limits.idle_s / 4)
            oldest = asyncio.get_running_loop().time() - self._limits.idle_s
            for number in [number for number, peer in self._peers.items() if peer.heard < oldest]:
                self._drop(number)
