#!/usr/bin/env python3
"""Feed every decoder of the protocol with octets that atheris finds interesting: each gives a value or its own error.

    python scripts/fuzz.py                 # all of them, 20 000 inputs altogether
    python scripts/fuzz.py -runs=1000000   # options are libFuzzer's

Needs `pip install atheris`, which is no dependency of anything else here. Ends with a traceback and the input in a file
`crash-*` when a decoder raises something else or does not come back.
"""

import sys
from collections.abc import Callable
from contextlib import suppress

import atheris

with atheris.instrument_imports(include=["ferraris.firmware.dlms"]):
    from ferraris.firmware.dlms import acse, axdr, compact, initiate, wrapper, xdlms
    from ferraris.firmware.dlms.axdr import AxdrError
    from ferraris.firmware.dlms.results import DlmsError
    from ferraris.firmware.dlms.security import ciphered, counters, exchange
    from ferraris.firmware.dlms.security.exchange import Context
    from ferraris.firmware.dlms.security.suites import Suite
    from ferraris.firmware.dlms.security.vault import Kind, MemoryVault, number

VAULT = MemoryVault().put(number(Kind.UNICAST), bytes(16)).put(number(Kind.AUTHENTICATION), bytes(16))
CONTEXT = Context(Suite.AES_128, b"FER00001", b"HES00001")


def compact_array(octets: bytes) -> None:
    """A compact array, decoded and spread out."""
    found = axdr.decode(bytes((axdr.Tag.COMPACT_ARRAY,)) + octets).value
    assert isinstance(found, axdr.CompactArray)
    compact.expand(found)


DECODERS: tuple[Callable[[bytes], object], ...] = (
    axdr.decode,
    compact_array,
    acse.decode_request,
    acse.decode_response,
    lambda octets: acse.decode_release(octets, acse.RLRQ),
    initiate.decode_request,
    initiate.decode_response,
    xdlms.decode_request,
    xdlms.decode_response,
    xdlms.decode_exception,
    lambda octets: wrapper.split(octets, 2048),
    ciphered.decode,
    counters.decode,
    lambda octets: exchange.receive(CONTEXT, VAULT, counters.NOTHING, octets),
)
"""Every way in for octets from outside."""


def one(octets: bytes) -> None:
    """Give one input to the decoder that its first octet names."""
    if not octets:
        return
    with suppress(DlmsError, AxdrError, wrapper.StreamError):
        DECODERS[octets[0] % len(DECODERS)](octets[1:])


if __name__ == "__main__":
    bounded = any(option.startswith("-runs=") for option in sys.argv)
    atheris.Setup([*sys.argv, *([] if bounded else ["-runs=20000"])], one)
    atheris.Fuzz()
