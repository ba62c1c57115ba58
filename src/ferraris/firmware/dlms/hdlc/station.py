"""The meter's associations behind an HDLC line: APDUs go to the same server that answers over TCP.

`receive` has the shape of `server.receive`, with the time besides. The addresses of the link stand where the wPorts of
the wrapper do: the client's, and the upper one of the server, which is the logical device.
"""

from typing import NamedTuple

from ferraris.firmware.dlms import server, wrapper
from ferraris.firmware.dlms.hdlc import line
from ferraris.firmware.dlms.hdlc.line import Line
from ferraris.firmware.dlms.hdlc.link import DEFAULT_SETTINGS, Settings
from ferraris.firmware.dlms.host import Host
from ferraris.firmware.dlms.server import Connection
from ferraris.firmware.dlms.wrapper import Frame


class Station(NamedTuple):
    """Everything the meter remembers of one HDLC line."""

    line: Line
    connection: Connection
    """Associations by (client, logical device), as over TCP; an inbox it never needs."""


class Reply(NamedTuple):
    """What `receive` returns. A line is never to be closed: noise is passed over."""

    station: Station
    octets: bytes


def connect(settings: Settings = DEFAULT_SETTINGS) -> Station:
    """Give the state of a line over which nothing came yet."""
    return Station(Line(settings), server.connect())


def receive(station: Station, octets: bytes, now_ms: int, host: Host) -> Reply:
    """Take octets from a line. Returns the line after them and the octets to send. Never raises.

    now_ms   a monotonic clock, ms; no octets at all are a look at the clock, see `deadline_ms`
    """
    connection = station.connection

    def serve(client: int, device: int, apdu: bytes | None) -> bytes:
        nonlocal connection
        if apdu is None:
            connection = without(connection, client, device)
            return b""
        framed = wrapper.encode(Frame(client, device, apdu))
        connection, answer, _ = server.receive(connection, framed, host)
        return answer[wrapper.HEADER.size :]

    after, said = line.receive(station.line, octets, now_ms, serve)
    return Reply(Station(after, connection), said)


def without(connection: Connection, client: int, device: int) -> Connection:
    """Drop the association of a pair whose link has ended; there need not be one."""
    kept = {pair: held for pair, held in connection.associations.items() if pair != (client, device)}
    return connection._replace(associations=kept)


def deadline_ms(station: Station) -> int | None:
    """When `receive` has to be called, with or without octets, so that a silent link ends; None while there is none."""
    return line.deadline_ms(station.line)
