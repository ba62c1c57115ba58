"""The server's end of an HDLC line: octets in, octets out, for all clients that share it. No socket, no clock.

Each pair of client and server address is a link of its own (`link`), and none is aware of the others. Whatever
arrives, `receive` does not raise. A line keeps at most `Settings.links` links, one beginning of a frame, and for each
link one request and the replies that were not fetched.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple, TypeAlias

from ferraris.firmware.dlms.hdlc import addresses, frames, link
from ferraris.firmware.dlms.hdlc.addresses import Address
from ferraris.firmware.dlms.hdlc.frames import Frame
from ferraris.firmware.dlms.hdlc.link import DEFAULT_SETTINGS, Peer, Serve, Settings, Turn

FRAME_OVERHEAD = 2 + 4 + 4 + 1 + 2 + 2
"""Octets, at most, around the information: format, two addresses of up to 4, control, two checks."""

Pair: TypeAlias = tuple[Address, Address]
"""Client and server."""


class Line(NamedTuple):
    """Everything the server remembers of one line."""

    settings: Settings = DEFAULT_SETTINGS
    inbox: bytes = b""
    """The beginning of a frame whose rest has not come yet."""
    heard_ms: int = 0
    peers: Mapping[Pair, Peer] = MappingProxyType({})


class Reply(NamedTuple):
    """What `receive` returns."""

    line: Line
    octets: bytes


def receive(line: Line, octets: bytes, now_ms: int, serve: Serve) -> Reply:
    """Take octets that came over a line. Returns the line after them and the octets to send. Never raises.

    now_ms   a monotonic clock, ms
    """
    line = expire(line, now_ms, serve)
    late = now_ms - line.heard_ms > line.settings.inter_octet_ms
    longest = min(frames.LONGEST, line.settings.parameters.receive_octets + FRAME_OVERHEAD)
    found, inbox = frames.split((b"" if late else line.inbox) + octets, longest)
    line = line._replace(inbox=inbox, heard_ms=now_ms if octets else line.heard_ms)
    spoken: list[bytes] = []
    for frame in found:
        if is_ours(line.settings, frame):
            line, answer = _converse(line, frame, now_ms, serve)
            spoken += map(frames.encode, answer)
    return Reply(line, b"".join(spoken))


def expire(line: Line, now_ms: int, serve: Serve) -> Line:
    """End the links that were silent for too long; to be called when `deadline_ms` has come."""
    oldest = now_ms - line.settings.inactivity_ms
    quiet = [pair for pair, peer in line.peers.items() if peer.heard_ms <= oldest]
    if not quiet:
        return line
    for client, server in quiet:
        serve(client.upper, server.upper, None)
    return line._replace(peers={pair: peer for pair, peer in line.peers.items() if pair not in quiet})


def close(line: Line, serve: Serve) -> Line:
    """End all links: the line itself is gone."""
    for client, server in line.peers:
        serve(client.upper, server.upper, None)
    return Line(line.settings)


def deadline_ms(line: Line) -> int | None:
    """When the next link will have been silent for too long; None while there is none."""
    heard = [peer.heard_ms for peer in line.peers.values()]
    return min(heard) + line.settings.inactivity_ms if heard else None


def is_ours(settings: Settings, frame: Frame) -> bool:
    """Whether a frame is from a client to this meter alone; others on the line are none of our business."""
    _, server = pair = frame.source, frame.destination
    if frame.source.octets != 1 or addresses.NO_STATION in {address.upper for address in pair}:
        return False
    if addresses.is_for_all(server):
        return False
    return settings.device is None or server.octets == 1 or server.lower == settings.device


def _converse(line: Line, frame: Frame, now_ms: int, serve: Serve) -> tuple[Line, tuple[Frame, ...]]:
    pair = frame.source, frame.destination
    before = line.peers.get(pair)
    full = before is None and len(line.peers) >= line.settings.links
    step = link.TABLE[link.state_of(before), link.event_of(line.settings, before, frame, full=full)]
    after, answer = step.action(Turn(line.settings, frame, before, now_ms, serve))
    assert link.state_of(after) is step.state
    others = {known: peer for known, peer in line.peers.items() if known != pair}
    peers = others if after is None else {**others, pair: after._replace(heard_ms=now_ms)}
    # A server that was not polled has no right to speak; what it has to say waits for the poll.
    return line._replace(peers=peers), answer if frames.polls(frame.control) else ()
