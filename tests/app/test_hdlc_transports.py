"""HDLC and UDP over real sockets and pseudo-terminals, with a small fixed answer behind them."""

import asyncio
import builtins
import os
import socket
import subprocess
import sys
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from ferraris.app import live_serial
from ferraris.app.hdlc_lines import HdlcLines, Switch
from ferraris.app.live import CannotListenError
from ferraris.app.live_serial import Limits as SerialLimits
from ferraris.app.live_serial import LiveSerial
from ferraris.app.live_server import Event, LiveServer
from ferraris.app.live_udp import Limits, LiveUdp
from ferraris.firmware.dlms.hdlc import client_link, frames
from ferraris.firmware.dlms.hdlc.client_states import Connected, Delivered, Ended, Outcome, Report
from ferraris.firmware.dlms.hdlc.frames import Frame
from ferraris.firmware.dlms.hdlc.link import Settings
from ferraris.firmware.dlms.hdlc.negotiation import Parameters
from ferraris.firmware.dlms.hdlc.opening import SetLine, Who
from ferraris.pins import PORT_DLMS, Closed, Hangup, Opened, Send
from hdlc_rig import CLIENT, SERVERS, Echo

SECONDS = 10.0
SNRM = frames.encode(Frame(SERVERS[1], CLIENT, 0x93))
WHO = Who("FER", "HOME1P", "1")

Exchange = Callable[[bytes], Awaitable[bytes]]


def run(test: Awaitable[None]) -> None:
    async def main() -> None:
        await asyncio.wait_for(test, SECONDS)

    asyncio.run(main())


async def until(condition: Callable[[], bool]) -> None:
    while not condition():  # noqa: ASYNC110  # the condition is a plain fact, nothing sets an event
        await asyncio.sleep(0.005)


async def converse(write: Callable[[bytes], Any], read: Callable[[], Awaitable[bytes]], apdu: bytes) -> list[Report]:
    """Connect, ask once and leave, with our own client over something that reads and writes."""
    link = client_link.client_link(CLIENT.upper, SERVERS[4], Parameters(64, 64, 3, 3))
    reports: list[Report] = []

    async def settle(outcome: Outcome) -> None:
        nonlocal link
        while True:
            link, octets, news = outcome
            reports.extend(news)
            if octets:
                write(octets)
            if link.deadline_ms is None:
                return
            outcome = client_link.receive(link, await read(), 0)

    await settle(client_link.connect(link, 0))
    await settle(client_link.send(link, apdu, 0))
    await settle(client_link.disconnect(link, 0))
    return reports


def spoken(apdu: bytes) -> list[Report]:
    return [Connected(Parameters(64, 64, 3, 3)), Delivered(apdu[::-1]), Ended()]


# ---------------------------------------------------------------- TCP


def test_hdlc_over_tcp_answers_each_connection_as_a_line_of_its_own() -> None:
    echoes: list[Echo] = []

    def serve_for(_: int) -> Callable[[int, int, bytes | None], bytes]:
        echoes.append(Echo())
        return echoes[-1].serve

    async def test() -> None:
        server = LiveServer(HdlcLines(serve_for, lambda: 0).received)
        port = await server.start(port=0)
        for apdu in (b"one" * 100, b"two"):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            assert await converse(writer.write, lambda reader=reader: reader.read(4096), apdu) == spoken(apdu)
            writer.close()
        await until(lambda: server.connections == 0)
        await server.stop()

    run(test())
    assert [echo.served for echo in echoes] == [[b"one" * 100], [b"two"]]


def test_a_connection_that_breaks_ends_its_links() -> None:
    echo = Echo()
    lines = HdlcLines(lambda _: echo.serve, lambda: 0)
    lines.received(7, Opened("x"))
    assert [type(output) for output in lines.received(7, SNRM)] == [Send]
    lines.received(7, Closed())
    assert echo.ended == [(16, 1)]
    assert lines.expire() == []


def test_a_link_that_is_silent_for_too_long_ends_without_an_octet() -> None:
    echo, now = Echo(), [0]
    lines = HdlcLines(lambda _: echo.serve, lambda: now[0], Settings(inactivity_ms=1000))
    lines.received(7, Opened("x"))
    lines.received(7, SNRM)
    now[0] = 1000
    assert lines.expire() == []
    assert echo.ended == [(16, 1)]


def test_a_look_at_the_clock_does_not_keep_a_begun_frame_alive() -> None:
    now = [0]
    lines = HdlcLines(lambda _: Echo().serve, lambda: now[0], Settings(inter_octet_ms=100))
    lines.received(7, Opened("x"))
    lines.received(7, SNRM[:4])
    for now[0] in (60, 120):
        lines.expire()
    assert lines.received(7, SNRM[4:]) == []


# ---------------------------------------------------------------- the opening


def test_an_optical_line_opens_switches_speaks_and_listens_again() -> None:
    lines = HdlcLines(lambda _: Echo().serve, lambda: 0, who=WHO)
    assert lines.received(3, Opened("head")) == [Switch(3, SetLine(300, parity=True))]
    assert lines.received(3, b"/?!\r\n") == [Send(3, b"/FER5\\2HOME1P\r\n")]
    assert lines.received(3, b"\x06252\r\n") == [
        Switch(3, SetLine(9600, parity=True)), Send(3, b"\x06252\r\n"), Switch(3, SetLine(9600, parity=False)),
    ]  # fmt: skip
    (ua,) = lines.received(3, SNRM)
    assert isinstance(ua, Send)
    acknowledged, back = lines.received(3, frames.encode(Frame(SERVERS[1], CLIENT, 0x53)))
    assert isinstance(acknowledged, Send)
    assert back == Switch(3, SetLine(300, parity=True))
    assert lines.received(3, b"/?!\r\n") == [Send(3, b"/FER5\\2HOME1P\r\n")]


def test_an_optical_line_over_which_no_link_begins_listens_again() -> None:
    now = [0]
    lines = HdlcLines(lambda _: Echo().serve, lambda: now[0], Settings(inactivity_ms=1000), WHO)
    for event in (Opened("head"), b"/?!\r\n", b"\x06252\r\n"):
        lines.received(3, event)
    now[0] = 999
    assert lines.expire() == []
    now[0] = 1000
    assert lines.expire() == [Switch(3, SetLine(300, parity=True))]


# ---------------------------------------------------------------- serial lines


def open_terminal(path: str) -> int:
    return os.open(path, os.O_RDWR | os.O_NOCTTY)


async def read_some(descriptor: int) -> bytes:
    """Read what is there, once something is; unlike a read in a thread, this can be given up."""
    readable = asyncio.Event()
    loop = asyncio.get_running_loop()
    loop.add_reader(descriptor, readable.set)
    try:
        await readable.wait()
    finally:
        loop.remove_reader(descriptor)
    return os.read(descriptor, 4096)


def test_hdlc_over_a_pseudo_terminal() -> None:
    apdu = bytes(range(256)) * 4

    async def test() -> None:
        serial = LiveSerial(HdlcLines(lambda _: Echo().serve, lambda: 0).received)
        path = serial.start_terminal()
        for _ in range(2):  # a program that leaves does not end the line
            theirs = open_terminal(path)
            said = await converse(lambda octets, to=theirs: os.write(to, octets), lambda to=theirs: read_some(to), apdu)
            assert said == spoken(apdu)
            os.close(theirs)
        serial.stop()

    run(test())


def test_a_line_is_opened_and_closed_once_and_octets_come_in_small_pieces() -> None:
    events: list[tuple[int, Event]] = []

    def received(port: int, event: Event) -> list[Send]:
        events.append((port, event))
        return []

    async def test() -> None:
        serial = LiveSerial(received, SerialLimits(piece=10), port=5)
        theirs = open_terminal(serial.start_terminal())
        os.write(theirs, bytes(35))
        await until(lambda: sum(len(event) for _, event in events if isinstance(event, bytes)) == 35)
        serial.stop()
        serial.stop()
        os.close(theirs)

    run(test())
    assert {port for port, _ in events} == {5}
    assert isinstance(events[0][1], Opened)
    assert [type(event) for _, event in events].count(Closed) == 1
    assert max(len(event) for _, event in events if isinstance(event, bytes)) <= 10


def test_what_nobody_fetches_is_thrown_away_and_the_line_goes_on() -> None:
    heard: list[bytes] = []

    def received(_: int, event: Event) -> list[Send]:
        if not isinstance(event, bytes):
            return []
        heard.append(event)
        return [Send(PORT_DLMS, bytes(1 << 18))] if event == b"flood" else [Send(PORT_DLMS, b"fine")]

    async def test() -> None:
        serial = LiveSerial(received, SerialLimits(stall_s=0.05))
        theirs = open_terminal(serial.start_terminal())
        os.write(theirs, b"flood")
        await until(lambda: heard == [b"flood"])
        os.write(theirs, b"again")
        await until(lambda: heard == [b"flood", b"again"])
        octets = b""
        while not octets.endswith(b"fine"):
            octets += await read_some(theirs)
        assert len(octets) < 1 << 18
        serial.stop()
        os.close(theirs)

    run(test())


def test_octets_and_settings_keep_their_order_and_hangups_and_other_ports_are_passed_over() -> None:
    async def test() -> None:
        serial = LiveSerial(lambda *_: [])
        theirs = open_terminal(serial.start_terminal())
        setting = Switch(PORT_DLMS, SetLine(9600, parity=True))
        serial.perform([Send(PORT_DLMS, b"a"), setting, Send(PORT_DLMS, b"b"), Send(99, b"x"), Hangup(PORT_DLMS)])
        octets = b""
        while octets != b"ab":
            octets += await read_some(theirs)
        serial.stop()
        serial.perform([Send(PORT_DLMS, b"gone")])
        os.close(theirs)

    run(test())


def test_a_serial_port_is_driven_through_pyserial_and_set_as_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """The other end of a pseudo-terminal stands for the port. It has no parity, so what would be set is noted."""
    pytest.importorskip("serial")
    wanted: list[SetLine] = []
    monkeypatch.setattr(live_serial, "_set", lambda _, setting: wanted.append(setting))

    async def test() -> None:
        ours, theirs = os.openpty()
        lines = HdlcLines(lambda _: Echo().serve, lambda: 0, who=WHO)
        serial = LiveSerial(lines.received)
        serial.start(os.ttyname(theirs), 300)
        os.write(ours, b"/?!\r\n")
        assert await read_some(ours) == b"/FER5\\2HOME1P\r\n"
        os.write(ours, b"\x06252\r\n")
        assert await read_some(ours) == b"\x06252\r\n"
        await until(lambda: len(wanted) == 3)
        assert wanted == [SetLine(300, parity=True), SetLine(9600, parity=True), SetLine(9600, parity=False)]
        os.write(ours, SNRM)
        assert frames.split(await read_some(ours))[0][0].control == 0x73
        serial.stop()
        os.close(ours)
        os.close(theirs)

    run(test())


def test_pyserial_is_told_seven_bits_and_even_parity_or_eight_without() -> None:
    class Port:
        def apply_settings(self, settings: dict[str, object]) -> None:
            told.append(settings)

    told: list[dict[str, object]] = []
    live_serial._set(Port(), SetLine(300, parity=True))
    live_serial._set(Port(), SetLine(9600, parity=False))
    assert told == [
        {"baudrate": 300, "bytesize": 7, "parity": "E"},
        {"baudrate": 9600, "bytesize": 8, "parity": "N"},
    ]


def test_a_port_that_cannot_be_set_as_told_is_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("serial")

    def refuse(*_: object) -> None:
        raise ValueError("no such rate")

    monkeypatch.setattr(live_serial, "_set", refuse)
    events: list[Event] = []

    async def test() -> None:
        ours, theirs = os.openpty()
        serial = LiveSerial(lambda _, event: events.append(event) or [])  # type: ignore[func-returns-value]
        serial.start(os.ttyname(theirs))
        serial.perform([Switch(PORT_DLMS, SetLine(300, parity=True))])
        await until(lambda: Closed() in events)
        os.close(ours)
        os.close(theirs)

    run(test())


def test_a_port_that_is_not_there_is_one_clear_error() -> None:
    pytest.importorskip("serial")

    async def test() -> None:
        with pytest.raises(CannotListenError, match="cannot open /dev/nothing-here at 9600 Bd"):
            LiveSerial(lambda *_: []).start("/dev/nothing-here")

    run(test())


def test_without_pyserial_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    known = builtins.__import__

    def without(name: str, *rest: Any) -> Any:
        if name == "serial":
            raise ImportError(name)
        return known(name, *rest)

    monkeypatch.setattr(builtins, "__import__", without)

    async def test() -> None:
        with pytest.raises(CannotListenError, match=r"pip install 'ferraris\[serial\]'"):
            LiveSerial(lambda *_: []).start("/dev/ttyUSB0")

    run(test())


def test_pyserial_is_not_loaded_before_it_is_needed() -> None:
    program = "import sys, ferraris.app.live_serial; print('serial' in sys.modules)"
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert ran.stdout == "False\n"


# ---------------------------------------------------------------- UDP


class Udp:
    """Sends each datagram back, and remembers what it was told."""

    def __init__(self) -> None:
        self.events: list[tuple[int, Event]] = []

    def received(self, port: int, event: Event) -> list[Send | Hangup]:
        self.events.append((port, event))
        if not isinstance(event, bytes):
            return []
        return [Send(port, event), *([Hangup(port)] if event == b"bye" else [])]

    def of(self, kind: type) -> list[int]:
        return [port for port, event in self.events if isinstance(event, kind)]


async def ask(peer: socket.socket, datagram: bytes) -> bytes:
    loop = asyncio.get_running_loop()
    await loop.sock_sendall(peer, datagram)
    return await loop.sock_recv(peer, 70_000)


def peer_of(port: int) -> socket.socket:
    peer = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    peer.setblocking(False)
    peer.connect(("127.0.0.1", port))
    return peer


def test_each_peer_has_a_port_of_its_own_and_each_datagram_is_one_event() -> None:
    udp = Udp()

    async def test() -> None:
        server = LiveUdp(udp.received, first_port=100)
        port = await server.start(port=0)
        with peer_of(port) as one, peer_of(port) as two:
            assert await ask(one, b"one") == b"one"
            assert await ask(two, b"t" * 20_000) == b"t" * 20_000
            assert await ask(one, b"bye") == b"bye"
            assert server.peers == 1
            assert await ask(one, b"again") == b"again"
        await server.stop()
        assert server.peers == 0

    run(test())
    assert udp.of(Opened) == [100, 101, 102]
    assert udp.of(bytes) == [100, 101, 100, 102]
    assert sorted(udp.of(Closed)) == [100, 101, 102]


def test_the_quietest_peer_makes_room_and_silent_ones_are_forgotten() -> None:
    udp = Udp()

    async def test() -> None:
        server = LiveUdp(udp.received, Limits(peers=2, idle_s=0.2))
        port = await server.start(port=0)
        with peer_of(port) as one, peer_of(port) as two, peer_of(port) as three:
            for peer in (one, two, one, three):
                await ask(peer, b"x")
            assert udp.of(Closed) == [2]
            await until(lambda: server.peers == 0)
        await server.stop()

    run(test())
    assert sorted(udp.of(Closed)) == [1, 2, 3]
