"""ECDSA with SHA-256 on P-256 and with SHA-384 on P-384, as plain octets r ‖ s (Green Book 9.2.3.4.5, as quoted).

The secret number of a signature is drawn from key and message (RFC 6979): no randomness that could be poor or come
twice, and the same message gets the same signature in every run.
"""

from typing import TYPE_CHECKING

from ferraris.firmware.dlms.results import DlmsError
from ferraris.firmware.dlms.security import curves
from ferraris.firmware.dlms.security.suites import DecipheringError, Suite, curve_parameters

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.hashes import HashAlgorithm


def sign(suite: Suite, private: bytes, message: bytes) -> bytes:
    """Sign: r ‖ s, each as long as a coordinate. Raises `DlmsError` for what is no key of the suite."""
    from cryptography.hazmat.primitives.asymmetric.ec import ECDSA
    from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

    algorithm = ECDSA(digest(suite), deterministic_signing=True)
    r, s = decode_dss_signature(curves.private_key(suite, private).sign(message, algorithm))
    size = curve_parameters(suite).coordinate_octets
    return r.to_bytes(size, "big") + s.to_bytes(size, "big")


def verify(suite: Suite, point: bytes, message: bytes, signature: bytes) -> None:
    """Raise `DecipheringError` unless the signature is this key's over this message, `DlmsError` for a wrong length."""
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ec import ECDSA
    from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

    size = curve_parameters(suite).coordinate_octets
    if len(signature) != 2 * size:
        raise DlmsError(f"a signature of suite {int(suite)} has {2 * size} octets, this one has {len(signature)}")
    r, s = int.from_bytes(signature[:size], "big"), int.from_bytes(signature[size:], "big")
    try:
        curves.public_key(suite, point).verify(encode_dss_signature(r, s), message, ECDSA(digest(suite)))
    except InvalidSignature:
        raise DecipheringError("the signature does not fit") from None


def digest(suite: Suite) -> "HashAlgorithm":
    """Give the library's hash of a suite. Raises `DlmsError` for suite 0."""
    from cryptography.hazmat.primitives import hashes

    curve_parameters(suite)
    return hashes.SHA256() if suite is Suite.P256_AES_128 else hashes.SHA384()
