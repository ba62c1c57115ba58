"""HDLC frames of format type 3, and how they are found in a stream of octets.

    7E | format 2 | destination 1, 2, 4 | source 1, 2, 4 | control 1 | HCS 2 | information | FCS 2 | 7E

The format is 1010 S LLLLLLLLLLL: segmentation bit, and the octets of everything between the flags. The header check
sequence is there only where there is information; both checks are CRC-16/X-25, low octet first. Layout and checks are
seen in published traces (docs/hdlc.md). Nothing is escaped: a flag inside a frame is data, so the length leads from
one flag to the other, and what does not end in a flag there was no frame.
"""

import binascii
from enum import IntEnum
from typing import NamedTuple

from ferraris.firmware.dlms.hdlc import addresses
from ferraris.firmware.dlms.hdlc.addresses import Address, FrameError

FLAG = 0x7E
FORMAT_TYPE = 0xA000
SEGMENTED = 0x0800
LONGEST = 0x07FF
"""The most the eleven bits of the length can say: all octets between the flags."""
SHORTEST = 7
"""Format, two addresses of one octet, control, FCS."""
POLL = 0x10
"""Poll in a command, final in a response: the right to speak is handed over."""
SEQUENCE = 8
"""Sequence numbers count modulo 8."""


class Kind(IntEnum):
    """What a control field says, without its numbers and the poll bit (seen in published traces, FRMR recalled)."""

    INFORMATION = 0x00
    RECEIVE_READY = 0x01
    RECEIVE_NOT_READY = 0x05
    UNNUMBERED_INFORMATION = 0x03
    DISCONNECTED_MODE = 0x0F
    DISCONNECT = 0x43
    UNNUMBERED_ACKNOWLEDGE = 0x63
    SET_NORMAL_RESPONSE_MODE = 0x83
    FRAME_REJECT = 0x87
    UNKNOWN = 0xFF


class Frame(NamedTuple):
    """One frame between its flags."""

    destination: Address
    source: Address
    control: int
    information: bytes = b""
    segmented: bool = False
    """More of the same APDU follows in the next frame."""


# ---------------------------------------------------------------- the control field


def kind(control: int) -> Kind:
    """Tell what a control field is."""
    if control & 1 == 0:
        return Kind.INFORMATION
    bare = control & (0x0F if control & 3 == 1 else 0xEF)
    return Kind(bare) if bare in KINDS else Kind.UNKNOWN


KINDS = frozenset(Kind) - {Kind.UNKNOWN}


def polls(control: int) -> bool:
    """Whether the poll or final bit is set."""
    return bool(control & POLL)


def sent_number(control: int) -> int:
    """N(S): the number of an I frame."""
    return control >> 1 & 7


def expected_number(control: int) -> int:
    """N(R) of I, RR and RNR: the number that its sender expects next, and so the first it has not got."""
    return control >> 5


def information_control(sent: int, expected: int, *, poll: bool) -> int:
    """Control field of an I frame."""
    return expected << 5 | (POLL if poll else 0) | sent << 1


def supervisory_control(what: Kind, expected: int) -> int:
    """Control field of RR or RNR; always with the poll bit, since it says nothing without the turn."""
    return expected << 5 | POLL | what


# ---------------------------------------------------------------- check sequences

REVERSED = bytes(int(f"{octet:08b}"[::-1], 2) for octet in range(256))
"""Each octet with its bits reversed: the CRC of HDLC takes the lowest bit first, that of `binascii` the highest."""


def check_sequence(octets: bytes) -> bytes:
    """CRC-16/X-25: polynomial 1021, preset to ones, complemented, bits reflected; as it is sent, low octet first."""
    upright = binascii.crc_hqx(octets.translate(REVERSED), 0xFFFF) ^ 0xFFFF
    return bytes((REVERSED[upright >> 8], REVERSED[upright & 0xFF]))


# ---------------------------------------------------------------- frames


def encode(frame: Frame) -> bytes:
    """Write a frame with its flags. Raises `FrameError` where it would be longer than 2047 octets."""
    where = addresses.encode(frame.destination) + addresses.encode(frame.source)
    header = where + bytes((frame.control,))
    length = 2 + len(header) + 2 + (2 + len(frame.information) if frame.information else 0)
    if length > LONGEST:
        raise FrameError(f"a frame of {length} octets, at most {LONGEST} can be said")
    start = (FORMAT_TYPE | (SEGMENTED if frame.segmented else 0) | length).to_bytes(2, "big") + header
    if frame.information:
        start += check_sequence(start) + frame.information
    return bytes((FLAG,)) + start + check_sequence(start) + bytes((FLAG,))


def decode(octets: bytes) -> Frame:
    """Read what stands between two flags. Raises `FrameError` with what is wrong."""
    if len(octets) < SHORTEST:
        raise FrameError(f"a frame of {len(octets)} octets, expected at least {SHORTEST}")
    said = int.from_bytes(octets[:2], "big")
    if said & 0xF000 != FORMAT_TYPE:
        raise FrameError(f"frame format {said:04X}, expected type 3 (A...)")
    if said & LONGEST != len(octets):
        raise FrameError(f"a frame of {len(octets)} octets says that it has {said & LONGEST}")
    if check_sequence(octets[:-2]) != octets[-2:]:
        raise FrameError(f"frame check sequence {octets[-2:].hex()}, expected {check_sequence(octets[:-2]).hex()}")
    destination = addresses.decode(octets[:-2], 2)
    source = addresses.decode(octets[:-2], 2 + destination.octets)
    header = 2 + destination.octets + source.octets + 1
    information = _information(octets[:-2], header)
    return Frame(destination, source, octets[header - 1], information, bool(said & SEGMENTED))


def _information(octets: bytes, header: int) -> bytes:
    """Take the information off a frame without its FCS; a header alone has none, and no HCS."""
    if len(octets) < header:
        raise FrameError("a frame without a control field")
    if len(octets) == header:
        return b""
    found, right = octets[header : header + 2], check_sequence(octets[:header])
    if found != right:
        raise FrameError(f"header check sequence {found.hex()}, expected {right.hex()}")
    return octets[header + 2 :]


# ---------------------------------------------------------------- the stream


def split(stream: bytes, limit: int = LONGEST) -> tuple[tuple[Frame, ...], bytes]:
    """Find the whole frames in a stream; returns them and what is left, which may be the beginning of one.

    What is no frame is passed over, up to the next flag: a line has noise, and other stations' frames may have been
    cut by it. What is left is never longer than a frame of `limit` octets with its flags. However a stream is cut,
    the same frames come out.
    """
    found: list[Frame] = []
    position = stream.find(FLAG)
    while position >= 0:
        end = _end(stream, position, limit)
        if end is None:
            return tuple(found), stream[position:]
        frame = _frame(stream[position + 1 : end]) if end else None
        if frame is not None:
            found.append(frame)
        # The flag that closes one frame may open the next.
        position = stream.find(FLAG, position + 1) if frame is None else end
    return tuple(found), b""


def _end(stream: bytes, start: int, limit: int) -> int | None:
    """Where the flag is that closes the frame opened at `start`; 0 if there is no frame, None if it is not all here."""
    if len(stream) < start + 3:
        return 0 if len(stream) == start + 2 and stream[start + 1] & 0xF0 != FORMAT_TYPE >> 8 else None
    said = stream[start + 1] << 8 | stream[start + 2]
    length = said & LONGEST
    if said & 0xF000 != FORMAT_TYPE or not SHORTEST <= length <= limit:
        return 0
    end = start + 1 + length
    if end >= len(stream):
        return None
    return end if stream[end] == FLAG else 0


def _frame(octets: bytes) -> Frame | None:
    try:
        return decode(octets)
    except FrameError:
        return None
