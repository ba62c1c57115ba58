"""The asyncio shell over real sockets: delivery, limits, back-pressure, and a clean end."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress

from ferraris.app.live_server import Event, Limits, LiveServer
from ferraris.pins import PORT_DLMS, Closed, Hangup, Opened, Send

SECONDS = 10.0
Peer = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class Echo:
    """Sends everything back, hangs up on "bye", and remembers what it was told."""

    def __init__(self) -> None:
        self.events: list[tuple[int, Event]] = []

    def received(self, port: int, event: Event) -> Iterable[Send | Hangup]:
        self.events.append((port, event))
        if not isinstance(event, bytes):
            return ()
        return (Send(port, event), *([Hangup(port)] if b"bye" in event else []))

    def of(self, kind: type) -> list[int]:
        return [port for port, event in self.events if isinstance(event, kind)]


def serve(
    test: Callable[[LiveServer, int], Awaitable[None]],
    received: Callable[[int, Event], Iterable[Send | Hangup]],
    limits: Limits = Limits(),  # noqa: B008  # a value
) -> None:
    """Run a test with a server on a port that the system picks."""

    async def main() -> None:
        server = LiveServer(received, limits)
        port = await server.start(port=0)
        try:
            await asyncio.wait_for(test(server, port), SECONDS)
        finally:
            await server.stop()
        assert server.connections == 0

    asyncio.run(main())


async def connect(port: int) -> Peer:
    return await asyncio.open_connection("127.0.0.1", port)


async def until(condition: Callable[[], bool]) -> None:
    """Wait for something the other task does; the time limit of `serve` bounds it."""
    while not condition():  # noqa: ASYNC110  # the condition is a plain fact, nothing sets an event
        await asyncio.sleep(0.005)


async def leave(peer: Peer) -> None:
    peer[1].close()
    with suppress(ConnectionError):
        await peer[1].wait_closed()


def test_each_connection_has_a_port_of_its_own_and_its_own_octets() -> None:
    echo = Echo()

    async def test(_: LiveServer, port: int) -> None:
        one, two = await connect(port), await connect(port)
        one[1].write(b"one")
        two[1].write(b"two")
        assert await one[0].readexactly(3) == b"one"
        assert await two[0].readexactly(3) == b"two"
        await leave(one)
        await leave(two)
        await until(lambda: len(echo.of(Closed)) == 2)

    serve(test, echo.received)
    assert sorted(echo.of(Opened)) == sorted(echo.of(Closed)) == [PORT_DLMS, PORT_DLMS + 1]
    assert all(isinstance(event, bytes) or event.peer.startswith("127.0.0.1:") for _, event in echo.events[:2]
               if not isinstance(event, Closed))  # fmt: skip


def test_a_hangup_goes_out_after_what_was_sent() -> None:
    async def test(server: LiveServer, port: int) -> None:
        peer = await connect(port)
        peer[1].write(b"bye")
        assert await peer[0].read() == b"bye"
        assert server.connections == 0
        await leave(peer)

    serve(test, Echo().received)


def test_outputs_can_come_later_and_for_ports_that_are_gone() -> None:
    echo = Echo()

    async def test(server: LiveServer, port: int) -> None:
        peer = await connect(port)
        await until(lambda: bool(echo.of(Opened)))
        server.perform([Send(PORT_DLMS, b"unasked"), Send(99, b"nobody"), Hangup(98)])
        assert await peer[0].readexactly(7) == b"unasked"
        await leave(peer)

    serve(test, echo.received)


def test_octets_are_handed_on_in_small_pieces() -> None:
    echo = Echo()
    sent = bytes(range(256)) * 64

    async def test(_: LiveServer, port: int) -> None:
        peer = await connect(port)
        peer[1].write(sent)
        assert await peer[0].readexactly(len(sent)) == sent
        await leave(peer)

    serve(test, echo.received, Limits(piece=1000))
    pieces = [event for _, event in echo.events if isinstance(event, bytes)]
    assert b"".join(pieces) == sent
    assert max(map(len, pieces)) == 1000


def test_a_peer_that_does_not_fetch_its_replies_is_not_read_from_and_loses_nothing() -> None:
    """Each octet asks for 64 KiB: the server stops taking requests long before it holds all the replies."""
    asked = 0

    def received(port: int, event: Event) -> Iterable[Send | Hangup]:
        nonlocal asked
        if not isinstance(event, bytes):
            return ()
        asked += len(event)
        return (Send(port, event * 65536),)

    async def test(_: LiveServer, port: int) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=65536)
        requests = bytes(range(200)) + bytes(200)
        writer.write(requests)
        await asyncio.sleep(0.3)
        assert 0 < asked < len(requests)
        for request in requests:
            assert await reader.readexactly(65536) == bytes((request,)) * 65536
        await leave((reader, writer))

    serve(test, received, Limits(piece=1))


def test_a_peer_for_which_too_much_waits_is_dropped() -> None:
    closed: list[int] = []

    def received(port: int, event: Event) -> Iterable[Send | Hangup]:
        if isinstance(event, Closed):
            closed.append(port)
        return (Send(port, bytes(1 << 24)),) if isinstance(event, bytes) else ()

    async def test(server: LiveServer, port: int) -> None:
        peer = await connect(port)
        peer[1].write(b"x")
        await until(lambda: server.connections == 0 and bool(closed))
        await leave(peer)

    serve(test, received, Limits(unsent=1 << 20))
    assert closed == [PORT_DLMS]


def test_a_quiet_connection_is_closed_and_a_busy_one_is_not() -> None:
    async def test(server: LiveServer, port: int) -> None:
        quiet, busy = await connect(port), await connect(port)

        async def chat() -> None:
            while True:
                busy[1].write(b".")
                await busy[0].readexactly(1)
                await asyncio.sleep(0.02)

        chatting = asyncio.create_task(chat())
        assert await quiet[0].read() == b""
        assert server.connections == 1
        chatting.cancel()
        await leave(quiet)
        await leave(busy)

    serve(test, Echo().received, Limits(idle_s=0.4))


def test_when_there_are_too_many_the_quietest_makes_room() -> None:
    async def test(server: LiveServer, port: int) -> None:
        peers = []
        for number in range(3):
            peers.append(await connect(port))
            await until(lambda number=number: server.connections == number + 1)  # type: ignore[misc]
        peers[0][1].write(b"here")
        assert await peers[0][0].readexactly(4) == b"here"
        peers.append(await connect(port))
        assert await peers[1][0].read() == b""
        for number in (0, 2, 3):
            peers[number][1].write(b"good")
            assert await peers[number][0].readexactly(4) == b"good"
        assert server.connections == 3
        for peer in peers:
            await leave(peer)

    serve(test, Echo().received, Limits(connections=3))


def test_stopping_closes_every_connection_and_reports_each_once() -> None:
    echo = Echo()

    async def test(server: LiveServer, port: int) -> None:
        peers = [await connect(port) for _ in range(5)]
        await until(lambda: server.connections == 5)
        server.perform([Send(PORT_DLMS, b"last words")])
        await server.stop()
        assert await peers[0][0].read() == b"last words"
        assert [await peer[0].read() for peer in peers[1:]] == [b""] * 4
        for peer in peers:
            await leave(peer)
        await server.stop()

    serve(test, echo.received)
    assert sorted(echo.of(Closed)) == [PORT_DLMS + number for number in range(5)]
