"""Addresses in HDLC frames: of a client one octet, of a server one, two or four; the last octet has its lowest bit set.

A server's address has an upper part, the logical device, and, where it is longer than one octet, a lower part, the
physical device: seven bits each in two octets, fourteen bits each in four (seen in the examples of G. Kmethy, "Examples
for DLMS/COSEM information exchange"). Reserved values are recalled (IEC 62056-46), so unverified: 0 is no station, all
bits set is all stations.
"""

from typing import NamedTuple

from ferraris.firmware.dlms.results import DlmsError

SIZES = (1, 2, 4)
"""Octets an address may have."""
UPPER_ALL = {1: 0x7F, 2: 0x7F, 4: 0x3FFF}
"""The part of an address that means all stations, by octets of the address."""
NO_STATION = 0


class FrameError(DlmsError):
    """Octets that are no frame, or a field of one that cannot be; the text says which, and what would be right."""


class Address(NamedTuple):
    """One end of a link."""

    upper: int
    """The client, or the logical device of the server."""
    lower: int = 0
    """The physical device; 0 where the address has one octet only."""
    octets: int = 1
    """How the address is written: a reply uses the form of the question."""


def encode(address: Address) -> bytes:
    """Write an address. Raises `FrameError` for a part that does not fit its size."""
    upper, lower, octets = address
    most = UPPER_ALL.get(octets)
    if most is None:
        raise FrameError(f"an address of {octets} octets, expected 1, 2 or 4")
    if not 0 <= upper <= most or not 0 <= lower <= (most if octets > 1 else 0):
        raise FrameError(f"address {upper}/{lower} does not fit into {octets} octets")
    if octets == 1:
        return bytes((upper << 1 | 1,))
    if octets == 2:
        return bytes((upper << 1, lower << 1 | 1))
    return bytes((upper >> 6 & 0xFE, upper << 1 & 0xFE, lower >> 6 & 0xFE, lower << 1 & 0xFE | 1))


def decode(octets: bytes, position: int) -> Address:
    """Read the address that begins at `position`. Raises `FrameError` where it has another size than 1, 2 or 4."""
    for size in range(1, 5):
        part = octets[position : position + size]
        if len(part) < size:
            raise FrameError(f"the address at octet {position} is cut off")
        if part[-1] & 1:
            return _read(bytes(octet >> 1 for octet in part))
    raise FrameError(f"the address at octet {position} does not end after 4 octets")


def _read(sevens: bytes) -> Address:
    match tuple(sevens):
        case (upper,):
            return Address(upper)
        case (upper, lower):
            return Address(upper, lower, 2)
        case (high, low, lower_high, lower_low):
            return Address(high << 7 | low, lower_high << 7 | lower_low, 4)
    raise FrameError("an address of 3 octets, expected 1, 2 or 4")


def is_for_all(address: Address) -> bool:
    """Whether a frame to this address is for more than one station, so that nobody may answer."""
    every = UPPER_ALL[address.octets]
    return address.upper == every or (address.octets > 1 and address.lower == every)
