"""What SNRM proposes and UA agrees: octets of information in one frame, and frames in one window, in each direction.

    81 80 LL | 05 n transmit octets | 06 n receive octets | 07 n transmit window | 08 n receive window

Each from its sender's view. Lengths are seen in one and two octets (Gurux writes the smallest, Kmethy's example two),
windows in four. What is not there has its default: 128 octets, a window of 1 (seen in Kmethy's example).
"""

from typing import NamedTuple

from ferraris.firmware.dlms.hdlc.addresses import FrameError

FORMAT, GROUP = 0x81, 0x80
USER_DATA = b"\xff"
"""Begins what may follow the group (as pydlms-client has it)."""
TRANSMIT_OCTETS, RECEIVE_OCTETS, TRANSMIT_WINDOW, RECEIVE_WINDOW = 5, 6, 7, 8

SMALLEST, LARGEST = 32, 2030
"""Octets of information that can be agreed on: range of the HDLC setup object (IEC 62056-6-2; recalled, unverified)."""
LARGEST_WINDOW = 7
"""One less than the sequence numbers there are."""
MAXIMUM_VALUE_OCTETS = 4


class Parameters(NamedTuple):
    """Parameters of one end; the defaults are those of the standard."""

    transmit_octets: int = 128
    receive_octets: int = 128
    transmit_window: int = 1
    receive_window: int = 1


DEFAULT = Parameters()
PLACES = {TRANSMIT_OCTETS: 0, RECEIVE_OCTETS: 1, TRANSMIT_WINDOW: 2, RECEIVE_WINDOW: 3}


def encode(parameters: Parameters) -> bytes:
    """Write parameters: octets in the smallest size, windows in four."""
    group = b"".join(
        (
            _octets(TRANSMIT_OCTETS, parameters.transmit_octets),
            _octets(RECEIVE_OCTETS, parameters.receive_octets),
            bytes((TRANSMIT_WINDOW, 4)) + parameters.transmit_window.to_bytes(4, "big"),
            bytes((RECEIVE_WINDOW, 4)) + parameters.receive_window.to_bytes(4, "big"),
        )
    )
    return bytes((FORMAT, GROUP, len(group))) + group


def _octets(identifier: int, value: int) -> bytes:
    size = 1 if value <= 0xFF else 2
    return bytes((identifier, size)) + value.to_bytes(size, "big")


def decode(information: bytes) -> Parameters:
    """Read the information of SNRM or UA; none at all are the defaults. Raises `FrameError` with what is wrong.

    Parameters we do not know are passed over, and so are user data behind them; the order is free; a value of 0 stands
    for the default (IEC 62056-46, 6.4.4.4.3.2, as pydlms-client quotes it).
    """
    if not information:
        return DEFAULT
    if information[:2] != bytes((FORMAT, GROUP)):
        raise FrameError(f"parameters begin with {information[:2].hex()}, expected 8180")
    end = 3 + (information[2] if len(information) > 2 else len(information))
    if end > len(information) or information[end:][:1] not in {b"", USER_DATA}:
        raise FrameError("the length of the parameters is not that of what follows")
    values = list(DEFAULT)
    position = 3
    while position < end:
        identifier, value, position = _parameter(information[:end], position)
        if identifier in PLACES and value:
            values[PLACES[identifier]] = value
    return Parameters(*values)


def _parameter(information: bytes, position: int) -> tuple[int, int, int]:
    """Read one parameter: its identifier, its value, and where the next one begins."""
    if position + 2 > len(information):
        raise FrameError(f"the parameter at octet {position} is cut off")
    identifier, size = information[position : position + 2]
    end = position + 2 + size
    if end > len(information):
        raise FrameError(f"parameter {identifier} is cut off")
    if identifier in PLACES and not 1 <= size <= MAXIMUM_VALUE_OCTETS:
        raise FrameError(f"parameter {identifier} has {size} octets, expected 1 to 4")
    return identifier, int.from_bytes(information[position + 2 : end], "big"), end


def agree(proposed: Parameters, ours: Parameters) -> Parameters:
    """Say what an end may do that was proposed `proposed` by the other: what one sends bounds what the other receives.

    Raises `FrameError` where the proposal is too small to be kept to; what is too large is cut down to ours.
    """
    if min(proposed[:2]) < SMALLEST:
        raise FrameError(f"{min(proposed[:2])} octets of information were proposed, expected at least {SMALLEST}")
    return Parameters(
        min(proposed.receive_octets, ours.transmit_octets),
        min(proposed.transmit_octets, ours.receive_octets),
        min(proposed.receive_window, ours.transmit_window),
        min(proposed.transmit_window, ours.receive_window),
    )
