"""BER as ACSE uses it: tag, length, contents, with definite lengths and tags of one octet (ISO/IEC 8825-1)."""

from collections.abc import Iterator

from ferraris.firmware.dlms import axdr
from ferraris.firmware.dlms.axdr import AxdrError
from ferraris.firmware.dlms.results import DlmsError

INTEGER = 0x02
OCTET_STRING = 0x04
OBJECT_IDENTIFIER = 0x06


def element(tag: int, contents: bytes) -> bytes:
    """Encode one element; BER and A-XDR write a length alike."""
    return bytes((tag,)) + axdr.length(len(contents)) + contents


def elements(octets: bytes) -> Iterator[tuple[int, bytes]]:
    """Walk over the elements that make up the octets. Raises `DlmsError` when they do not add up."""
    position = 0
    while position < len(octets):
        tag = octets[position]
        try:
            size, start = axdr.length_from(octets, position + 1)
            contents, position = axdr.take(octets, start, size)
        except AxdrError as error:
            raise DlmsError(str(error)) from error
        yield tag, contents


def only(octets: bytes, tag: int) -> bytes:
    """Give the contents of the one element there is, which has to have this tag. Raises `DlmsError`."""
    found = list(elements(octets))
    if len(found) != 1 or found[0][0] != tag:
        raise DlmsError(f"one element with tag {tag:02X} expected")
    return found[0][1]


def small_integer(octets: bytes) -> int:
    """Read an element INTEGER of one octet. Raises `DlmsError`."""
    contents = only(octets, INTEGER)
    if len(contents) != 1:
        raise DlmsError(f"an integer of one octet expected, it has {len(contents)}")
    return contents[0]
