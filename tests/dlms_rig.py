"""Reading a meter in a test with our own client: dialogues over a function, or over a socket."""

import socket
from collections.abc import Callable
from typing import TypeVar

from ferraris.bench.bench import Bench
from ferraris.firmware.dlms import axdr, client, wrapper
from ferraris.firmware.dlms.client import Dialogue
from ferraris.firmware.dlms.host import Answer, Attribute, Selection
from ferraris.firmware.dlms.obis import obis
from ferraris.firmware.dlms.wrapper import Frame
from ferraris.pins import Closed, Opened, Send

Learnt = TypeVar("Learnt")
Exchange = Callable[[bytes], bytes]
"""An APDU there, the APDU that answers it back."""


def converse(dialogue: Dialogue[Learnt], exchange: Exchange) -> Learnt:
    """Carry a dialogue to its end."""
    apdu = next(dialogue)
    while True:
        try:
            apdu = dialogue.send(exchange(apdu))
        except StopIteration as end:
            return end.value


def over_bench(bench: Bench, port: int = 1, wport: int = 2) -> Exchange:
    """Exchange APDUs with a bench whose time stands still meanwhile."""

    def exchange(apdu: bytes) -> bytes:
        words = bench.deliver(bench.now_ns, [(port, wrapper.encode(Frame(wport, 1, apdu)))])
        return b"".join(word.data for word in words if isinstance(word, Send))[8:]

    return exchange


def over_socket(wire: socket.socket, wport: int = 2) -> Exchange:
    """Exchange APDUs over a connected socket."""

    def exchange(apdu: bytes) -> bytes:
        wire.sendall(wrapper.encode(Frame(wport, 1, apdu)))
        length = int.from_bytes(_exactly(wire, 8)[6:], "big")
        return _exactly(wire, length)

    return exchange


def _exactly(wire: socket.socket, count: int) -> bytes:
    octets = b""
    while len(octets) < count:
        piece = wire.recv(count - len(octets))
        if not piece:
            raise ConnectionError(f"the meter hung up after {len(octets)} of {count} octets")
        octets += piece
    return octets


def attribute(class_id: int, name: str, number: int = 2) -> Attribute:
    return Attribute(class_id, obis(name), number)


def read(exchange: Exchange, class_id: int, name: str, number: int = 2, selection: Selection | None = None) -> Answer:
    return converse(client.get(attribute(class_id, name, number), selection), exchange)


def value(exchange: Exchange, class_id: int, name: str, number: int = 2) -> axdr.Value:
    """The plain value of an attribute; fails the test if there is none."""
    answer = read(exchange, class_id, name, number)
    assert isinstance(answer, bytes), answer
    return axdr.decode(answer).value


def read_once(bench: Bench, password: bytes, class_id: int, name: str, number: int = 2) -> axdr.Value:
    """Open a connection, associate as the reading client, read one attribute, close."""
    bench.deliver(bench.now_ns, [(1, Opened("a test"))])
    exchange = over_bench(bench)
    converse(client.associate(password), exchange)
    found = value(exchange, class_id, name, number)
    bench.deliver(bench.now_ns, [(1, Closed())])
    return found
