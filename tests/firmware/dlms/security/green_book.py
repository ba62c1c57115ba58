"""The Green Book's own examples for suite 0, as many open codecs quote them (jDLMS, gosem, dlms-cosem, OpenMUC)."""

from ferraris.firmware.dlms.security.protection import Keys
from ferraris.firmware.dlms.security.suites import SUITES, Suite


def octets(hexadecimal: str) -> bytes:
    return bytes.fromhex(hexadecimal)


KEYS = Keys(octets("000102030405060708090A0B0C0D0E0F"), octets("D0D1D2D3D4D5D6D7D8D9DADBDCDDDEDF"))
SERVER = octets("4D4D4D0000BC614E")
CLIENT = octets("4D4D4D0000000001")
COUNTER = 0x01234567
GET_CLOCK = octets("C0010000080000010000FF0200")
INITIATE = octets("01011000112233445566778899AABBCCDDEEFF0000065F1F0400007E1F04B0")
"""InitiateRequest with a dedicated key."""
CIPHERED_INITIATE = octets(
    "21303001234567801302FF8A7874133D414CED25B42534D28DB0047720606B175BD52211BE6841DB204D39EE6FDB8E356855"
)

PROTECTED_CLOCK = {
    # authenticated, encrypted: the whole APDU as it travels
    (True, False): octets("C81E1001234567C0010000080000010000FF020006725D910F9221D263877516"),
    (False, True): octets("C8122001234567411312FF935A47566827C467BC"),
    (True, True): octets("C81E3001234567411312FF935A47566827C467BC7D825C3BE4A77C3FCC056B6B"),
}


def keys_for(suite: Suite, seed: int = 1) -> Keys:
    """Keys of the length a suite wants."""
    size = SUITES[suite].key_octets
    return Keys(bytes(range(seed, seed + size)), bytes(range(seed + 100, seed + 100 + size)))
