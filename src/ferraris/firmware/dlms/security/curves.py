"""Keys on the curves of suites 1 and 2, as plain octets: a private key is its number, a public key the point X ‖ Y.

DLMS writes points without the octet 04 in front and numbers with all their leading zeros (Green Book 9.2.3.4.5, as
quoted by an open description). What is no point of the curve never becomes a key here.
"""

from typing import TYPE_CHECKING

from ferraris.firmware.dlms.results import DlmsError
from ferraris.firmware.dlms.security.suites import Suite, curve_parameters

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ec import (
        EllipticCurve,
        EllipticCurvePrivateKey,
        EllipticCurvePublicKey,
    )

_ORDERS = {
    Suite.P256_AES_128: 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551,
    Suite.P384_AES_256: (
        0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFC7634D81F4372DDF581A0DB248B0A77AECEC196ACCC52973
    ),
}
"""Orders of the base points (FIPS 186-4 D.1.2.3 and D.1.2.4; tests hold them against the library's own curves)."""

SPARE_OCTETS = 8
"""Octets of randomness beyond the length of a private key, so that the remainder is even (FIPS 186-5 A.2.1)."""


def generate(suite: Suite, entropy: bytes) -> bytes:
    """Make a private key out of fresh randomness: its length and `SPARE_OCTETS` more are used.

    Raises `DlmsError` when there is too little of it. The same randomness gives the same key: it must never be used for
    anything else.
    """
    size = curve_parameters(suite).coordinate_octets
    if len(entropy) < size + SPARE_OCTETS:
        raise DlmsError(f"a key of suite {int(suite)} takes {size + SPARE_OCTETS} octets of entropy")
    drawn = int.from_bytes(entropy[: size + SPARE_OCTETS], "big")
    return (drawn % (_ORDERS[suite] - 1) + 1).to_bytes(size, "big")


def public_of(suite: Suite, private: bytes) -> bytes:
    """Give the public key X ‖ Y that belongs to a private key. Raises `DlmsError`."""
    return point_octets(suite, private_key(suite, private).public_key())


def private_key(suite: Suite, octets: bytes) -> "EllipticCurvePrivateKey":
    """Give the library's key. Raises `DlmsError` for a number that is none of the curve."""
    from cryptography.hazmat.primitives.asymmetric import ec

    number = int.from_bytes(octets, "big")
    if len(octets) != curve_parameters(suite).coordinate_octets or not 0 < number < _ORDERS[suite]:
        raise DlmsError(f"no private key of suite {int(suite)}")
    return ec.derive_private_key(number, curve(suite))


def public_key(suite: Suite, point: bytes) -> "EllipticCurvePublicKey":
    """Give the library's key. Raises `DlmsError` for octets that are no point of the curve."""
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey

    octets = 2 * curve_parameters(suite).coordinate_octets
    if len(point) != octets:
        raise DlmsError(f"a public key of suite {int(suite)} has {octets} octets, this one has {len(point)}")
    try:
        return EllipticCurvePublicKey.from_encoded_point(curve(suite), b"\x04" + point)
    except ValueError:
        raise DlmsError(f"the public key is no point of the curve of suite {int(suite)}") from None


def point_octets(suite: Suite, key: "EllipticCurvePublicKey") -> bytes:
    """Give the point X ‖ Y of a key of this suite."""
    numbers, size = key.public_numbers(), curve_parameters(suite).coordinate_octets
    return numbers.x.to_bytes(size, "big") + numbers.y.to_bytes(size, "big")


def curve(suite: Suite) -> "EllipticCurve":
    """Give the library's curve of a suite. Raises `DlmsError` for suite 0."""
    from cryptography.hazmat.primitives.asymmetric import ec

    curve_parameters(suite)
    return ec.SECP256R1() if suite is Suite.P256_AES_128 else ec.SECP384R1()
