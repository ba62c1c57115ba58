"""The wrapper over UDP: one datagram, one APDU (IEC 62056-47; recalled that nothing but this differs from TCP).

A datagram is whole or it is nothing: what is not exactly one frame is dropped, and never glued to the next. There is
no connection, so whoever keeps associations keeps them by the peer's address.
"""

from ferraris.firmware.dlms import server, wrapper
from ferraris.firmware.dlms.association import SERVER_MAX_PDU
from ferraris.firmware.dlms.host import Host
from ferraris.firmware.dlms.server import Connection, Reply
from ferraris.firmware.dlms.wrapper import StreamError

MAXIMUM_PAYLOAD = 65507
"""Octets of the longest UDP datagram over IPv4: 65535 less the headers of IP (20, RFC 791) and UDP (8, RFC 768)."""


def is_whole(datagram: bytes, limit: int = SERVER_MAX_PDU) -> bool:
    """Whether a datagram is exactly one frame whose APDU is not over the limit."""
    try:
        frames, rest = wrapper.split(datagram, limit)
    except StreamError:
        return False
    return len(frames) == 1 and not rest


def receive(connection: Connection, datagram: bytes, host: Host) -> Reply:
    """Serve one datagram, as `server.receive` serves a stream. Never raises; what no datagram can carry is not sent.

    A client that reads long values over UDP agrees on block transfer: blocks fit.
    """
    if not is_whole(datagram):
        return Reply(connection, b"", close=False)
    reply = server.receive(connection, datagram, host)
    return reply if len(reply.octets) <= MAXIMUM_PAYLOAD else reply._replace(octets=b"")
