"""The TCP wrapper of DLMS/COSEM: eight octets of header before each APDU (IEC 62056-47; seen as used by all peers).

Header: version 0001, source wPort, destination wPort, length of the APDU; each 16 bits, most significant octet first.
In a reply source and destination are swapped. TCP is a stream: a frame can come in pieces, or several at once.
"""

import struct
from typing import NamedTuple

from ferraris.firmware.dlms.results import DlmsError

VERSION = 1
HEADER = struct.Struct(">HHHH")
MAXIMUM_LENGTH = 0xFFFF
"""The most the length field can say."""


class Frame(NamedTuple):
    """One APDU with its addresses."""

    source: int
    destination: int
    apdu: bytes


class StreamError(DlmsError):
    """The stream is not a wrapper stream, or a frame is longer than the receiver takes: the link has to be closed."""


def encode(frame: Frame) -> bytes:
    """Put the header before an APDU of at most 65535 octets."""
    return HEADER.pack(VERSION, frame.source, frame.destination, len(frame.apdu)) + frame.apdu


def split(stream: bytes, limit: int = MAXIMUM_LENGTH) -> tuple[tuple[Frame, ...], bytes]:
    """Cut the whole frames off the front of a stream; returns them and what is left, less than one frame.

    Raises `StreamError` as soon as a header shows another version or a length over `limit`: after that there is no
    telling where the next frame begins.
    """
    frames = []
    position = 0
    while len(stream) - position >= HEADER.size:
        version, source, destination, size = HEADER.unpack_from(stream, position)
        if version != VERSION:
            raise StreamError(f"wrapper version {version:04X}, expected 0001")
        if size > limit:
            raise StreamError(f"a frame of {size} octets, at most {limit} are taken")
        end = position + HEADER.size + size
        if end > len(stream):
            break
        frames.append(Frame(source, destination, stream[position + HEADER.size : end]))
        position = end
    return tuple(frames), stream[position:]
