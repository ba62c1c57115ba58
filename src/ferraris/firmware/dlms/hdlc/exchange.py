"""The numbered half of a link: segments out and in, the same for both ends.

What is sent is kept until it is acknowledged. An end that is given the turn goes back to the first segment that the
other has not got (IEC 62056-46 has no selective repeat): so a lost acknowledgement costs a window, and nothing twice.
"""

from typing import NamedTuple

from ferraris.firmware.dlms.hdlc import frames
from ferraris.firmware.dlms.hdlc.addresses import Address
from ferraris.firmware.dlms.hdlc.frames import SEQUENCE, Frame, Kind

REQUEST_HEADER = b"\xe6\xe6\x00"
RESPONSE_HEADER = b"\xe6\xe7\x00"
"""LLC in front of an APDU: only in its first segment, and it counts as information (seen in traces)."""


class Segment(NamedTuple):
    """Information of one I frame."""

    octets: bytes
    more: bool


class Exchange(NamedTuple):
    """Numbers and buffers of one end."""

    acknowledged: int = 0
    """Number of the first segment of `outgoing`: all before it has arrived."""
    sent: int = 0
    """How many segments of `outgoing` have been sent at least once."""
    expected: int = 0
    """Number of the segment we expect next: V(R)."""
    outgoing: tuple[Segment, ...] = ()
    incoming: bytes = b""
    """What has come of an APDU whose end has not."""


def queue(exchange: Exchange, octets: bytes, size: int) -> Exchange:
    """Cut octets, LLC included, into segments of at most `size` and put them behind those that wait."""
    starts = range(0, len(octets), size)
    segments = tuple(Segment(octets[start : start + size], start + size < len(octets)) for start in starts)
    return exchange._replace(outgoing=exchange.outgoing + segments)


def waiting_octets(exchange: Exchange) -> int:
    """How much is kept because it has not been acknowledged."""
    return sum(len(segment.octets) for segment in exchange.outgoing)


def is_possible(exchange: Exchange, number: int) -> bool:
    """Whether an N(R) acknowledges nothing that was not sent."""
    return (number - exchange.acknowledged) % SEQUENCE <= exchange.sent


def acknowledge(exchange: Exchange, number: int) -> Exchange:
    """Forget what has arrived, by a possible N(R)."""
    arrived = (number - exchange.acknowledged) % SEQUENCE
    assert arrived <= exchange.sent
    return exchange._replace(
        acknowledged=number, sent=exchange.sent - arrived, outgoing=exchange.outgoing[arrived:]
    )  # fmt: skip


def is_expected(exchange: Exchange, control: int) -> bool:
    """Whether an I frame is the next one; any other is a repetition, or follows one that was lost."""
    return frames.sent_number(control) == exchange.expected


def take(exchange: Exchange, frame: Frame) -> tuple[Exchange, bytes | None]:
    """Take an expected I frame; with the last segment of an APDU, what was collected comes out."""
    collected = exchange.incoming + frame.information
    after = exchange._replace(expected=(exchange.expected + 1) % SEQUENCE)
    if frame.segmented:
        return after._replace(incoming=collected), None
    return after._replace(incoming=b""), collected


def speak(
    exchange: Exchange, window: int, destination: Address, source: Address, ready: Kind = Kind.RECEIVE_READY
) -> tuple[Exchange, tuple[Frame, ...]]:
    """Use the turn, and give it back: a window of segments from the first that has not arrived, or RR (or RNR).

    A busy end says RNR and keeps its segments, since an I frame cannot say that.
    """
    segments = exchange.outgoing[:window] if ready is Kind.RECEIVE_READY else ()
    if not segments:
        control = frames.supervisory_control(ready, exchange.expected)
        return exchange, (Frame(destination, source, control),)
    last = len(segments) - 1
    spoken = tuple(
        Frame(
            destination, source,
            frames.information_control(
                (exchange.acknowledged + place) % SEQUENCE, exchange.expected, poll=place == last
            ),
            segment.octets, segment.more,
        )
        for place, segment in enumerate(segments)
    )  # fmt: skip
    return exchange._replace(sent=max(exchange.sent, len(segments))), spoken
