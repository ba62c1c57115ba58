"""Agreeing on a key: elliptic-curve Diffie-Hellman, and the one-step key derivation behind it (NIST SP 800-56A 5.8.1).

    K = H(00000001 ‖ Z ‖ AlgorithmID ‖ PartyUInfo ‖ PartyVInfo ‖ SuppPubInfo), the first octets of it

The hash is that of the suite, the AlgorithmID that of its AES-GCM. Three schemes, by who brings ephemeral keys (e) and
static ones (s); U is the originator, or the client where keys are set up:

    C(2e,0s)  both ephemeral; for global keys         U ‖ V: titles of client and server
    C(1e,1s)  U ephemeral, V static; one message      U ‖ V: titles of originator and recipient
    C(0e,2s)  both static; one message                U: originator; V: length and value of the transaction identifier,
                                                      and the recipient behind it

Sources: the parties and their order as an open Rust codec (with the Green Book's table of the one-pass scheme as its
test), an open C example (the static scheme) and pydlms-client have them. One open Java stack derives another key from
the same Z; its AlgorithmID is not ours.
"""

import hashlib

from ferraris.firmware.dlms import axdr
from ferraris.firmware.dlms.security import curves
from ferraris.firmware.dlms.security.suites import SUITES, Suite, check_title, curve_parameters

_FIRST = (1).to_bytes(4, "big")
"""Number of the hash block; every key of DLMS fits in the first."""


def shared_secret(suite: Suite, private: bytes, point: bytes) -> bytes:
    """Z, the X coordinate both sides arrive at. Raises `DlmsError` for what is no key of the curve."""
    from cryptography.hazmat.primitives.asymmetric.ec import ECDH

    return curves.private_key(suite, private).exchange(ECDH(), curves.public_key(suite, point))


def derive(suite: Suite, secret: bytes, information: bytes) -> bytes:
    """Derive an AES key of the suite's length; `information` is what stands behind the AlgorithmID."""
    parameters = curve_parameters(suite)
    digest = hashlib.new(parameters.digest, _FIRST + secret + parameters.algorithm + information).digest()
    return digest[: SUITES[suite].key_octets]


def ephemeral(client: bytes, server: bytes) -> bytes:
    """Information of C(2e,0s), by the titles. Raises `DlmsError` for a title that is none."""
    check_title(client)
    check_title(server)
    return client + server


def one_pass(originator: bytes, recipient: bytes) -> bytes:
    """Information of C(1e,1s), by the titles. Raises `DlmsError` for a title that is none."""
    return ephemeral(originator, recipient)


def static(originator: bytes, recipient: bytes, transaction: bytes) -> bytes:
    """Information of C(0e,2s): the transaction identifier is its nonce, and must not come twice.

    Raises `DlmsError` for a title that is none.
    """
    check_title(originator)
    check_title(recipient)
    return originator + axdr.length(len(transaction)) + transaction + recipient
