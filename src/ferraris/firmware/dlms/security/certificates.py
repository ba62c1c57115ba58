"""X.509 certificates of DLMS: a system title as the common name, one key, and what that key is for.

    digital signature    key usage digitalSignature
    key agreement        key usage keyAgreement
    authority            basic constraint CA, key usage keyCertSign; its common name is a name, not a title

Source: Green Book 9.2.6.4 and IEC 62056-5-3 annex H are not seen; the title as 16 hexadecimal digits in the common name
and the two key usages are what pydlms-client checks. TLS certificates are not dealt with.

Time is an argument; where a chain ends is a list of authorities that the meter was given.
"""

from collections.abc import Sequence
from datetime import datetime
from enum import Enum
from typing import TYPE_CHECKING, NamedTuple

from ferraris.firmware.dlms.results import DlmsError
from ferraris.firmware.dlms.security import curves, signatures
from ferraris.firmware.dlms.security.suites import DecipheringError, Suite, check_title

if TYPE_CHECKING:
    from cryptography import x509

LONGEST_CHAIN = 3
"""Authorities between a certificate and the list: more is no meter's chain (judgement)."""
LONGEST_CERTIFICATE = 4096
"""Octets taken at most; with P-384 they have about 700."""
_SERIAL_OCTETS = 20
"""A serial number is positive and has at most 20 octets (RFC 5280 4.1.2.2)."""


class Role(Enum):
    """What the key of a certificate is for."""

    SIGNATURE = "digital signature"
    AGREEMENT = "key agreement"
    AUTHORITY = "authority"


class Certificate(NamedTuple):
    """A certificate that has been read, not yet believed (`verify`)."""

    der: bytes
    role: Role
    suite: Suite
    name: str
    """Common name: of an end entity its system title in hexadecimal."""
    issuer: str
    serial: int
    point: bytes
    """The public key, X ‖ Y."""
    begins: datetime
    ends: datetime


class Validity(NamedTuple):
    """From when to when a certificate holds; both with a time zone."""

    begins: datetime
    ends: datetime


def title_of(certificate: Certificate) -> bytes:
    """Give the system title of an end entity's certificate. Raises `DlmsError` where there is none."""
    try:
        title = bytes.fromhex(certificate.name)
    except ValueError:
        title = b""
    if certificate.role is Role.AUTHORITY or len(certificate.name) != 16 or len(title) != 8:
        raise DlmsError(f"the common name {certificate.name!r} is no system title of 16 hexadecimal digits")
    return title


def load(octets: bytes) -> Certificate:
    """Read a certificate, DER or PEM. Raises `DlmsError` for what is none, or none of DLMS."""
    from cryptography import x509

    if len(octets) > LONGEST_CERTIFICATE:
        raise DlmsError(f"a certificate of {len(octets)} octets, at most {LONGEST_CERTIFICATE} are read")
    pem = octets.lstrip().startswith(b"-----BEGIN")
    try:
        read = x509.load_pem_x509_certificate(octets) if pem else x509.load_der_x509_certificate(octets)
        return _taken(read)
    except DlmsError:
        raise
    except Exception as error:  # noqa: BLE001 - the parser has many ways to say no, and all of them mean the same
        raise DlmsError(f"no X.509 certificate: {error}") from None


def _taken(read: "x509.Certificate") -> Certificate:
    from cryptography.hazmat.primitives.serialization import Encoding

    suite, point = _key_of(read.public_key())
    return Certificate(
        read.public_bytes(Encoding.DER), _role_of(read.extensions), suite, _common_name(read.subject),
        _common_name(read.issuer), read.serial_number, point, read.not_valid_before_utc, read.not_valid_after_utc,
    )  # fmt: skip


def _key_of(key: object) -> tuple[Suite, bytes]:
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey

    if isinstance(key, EllipticCurvePublicKey):
        for suite in (Suite.P256_AES_128, Suite.P384_AES_256):
            if key.curve.name == curves.curve(suite).name:
                return suite, curves.point_octets(suite, key)
    raise DlmsError("the key of the certificate is on neither P-256 nor P-384")


def _common_name(name: "x509.Name") -> str:
    from cryptography.x509.oid import NameOID

    found = name.get_attributes_for_oid(NameOID.COMMON_NAME)
    if len(found) != 1 or not isinstance(found[0].value, str):
        raise DlmsError(f"a certificate has one common name, this one has {len(found)}")
    return found[0].value


def _role_of(extensions: "x509.Extensions") -> Role:
    from cryptography import x509

    usage = extensions.get_extension_for_class(x509.KeyUsage).value
    authority = [one.value.ca for one in extensions if isinstance(one.value, x509.BasicConstraints)]
    if authority == [True] and usage.key_cert_sign:
        return Role.AUTHORITY
    if any(authority) or usage.key_cert_sign:
        raise DlmsError("half an authority: basic constraint CA and key usage keyCertSign belong together")
    if usage.digital_signature is usage.key_agreement:
        raise DlmsError("the key is for digital signature or for key agreement, one of them")
    return Role.SIGNATURE if usage.digital_signature else Role.AGREEMENT


# ---------------------------------------------------------------- belief


def verify(certificate: Certificate, authorities: Sequence[Certificate], at: datetime) -> None:
    """Believe a certificate, or raise `DecipheringError` that says why not.

    It, and every authority on the way, must hold at `at` (with a time zone) and be signed by the next; the way ends at
    an authority that signed itself and is in the list.
    """
    current = certificate
    for _ in range(LONGEST_CHAIN):
        if not current.begins <= at <= current.ends:
            raise DecipheringError(f"the certificate of {current.name} does not hold at {at.isoformat()}")
        issuer = _issuer(current, authorities)
        if issuer.der == current.der:
            return
        current = issuer
    raise DecipheringError(f"no chain of {LONGEST_CHAIN} certificates leads to an authority that signed itself")


def _issuer(certificate: Certificate, authorities: Sequence[Certificate]) -> Certificate:
    for authority in authorities:
        if (
            authority.role is Role.AUTHORITY
            and authority.name == certificate.issuer
            and _signed(certificate, authority)
        ):
            return authority
    raise DecipheringError(f"no authority here has signed the certificate of {certificate.name}")


def _signed(certificate: Certificate, authority: Certificate) -> bool:
    from cryptography import x509
    from cryptography.exceptions import InvalidSignature

    read = x509.load_der_x509_certificate(certificate.der)
    try:
        read.verify_directly_issued_by(x509.load_der_x509_certificate(authority.der))
    except (InvalidSignature, ValueError, TypeError):
        return False
    return True


# ---------------------------------------------------------------- requests, and issuing them


def request(suite: Suite, private: bytes, title: bytes) -> bytes:
    """Ask an authority for a certificate: PKCS #10 in DER, signed by the key it is for. Raises `DlmsError`."""
    from cryptography import x509
    from cryptography.hazmat.primitives.serialization import Encoding

    check_title(title)
    asking = x509.CertificateSigningRequestBuilder().subject_name(_named(title.hex().upper()))
    signed = asking.sign(curves.private_key(suite, private), signatures.digest(suite), ecdsa_deterministic=True)  # type: ignore[arg-type]
    return signed.public_bytes(Encoding.DER)


class Issuer(NamedTuple):
    """An authority with its private key, as the bench and the tests have one; a meter has none."""

    name: str
    suite: Suite
    private: bytes


def issue(
    issuer: Issuer, name: str, role: Role, suite: Suite, point: bytes, serial: int, validity: Validity
) -> Certificate:
    """Issue a certificate over a public key; an authority's own when name and point are its own. Raises `DlmsError`."""
    from cryptography import x509
    from cryptography.hazmat.primitives.serialization import Encoding

    if not 0 < serial < 1 << 8 * _SERIAL_OCTETS - 1:
        raise DlmsError(f"a serial number is positive and has at most {_SERIAL_OCTETS} octets")
    subject, key = curves.public_key(suite, point), curves.private_key(issuer.suite, issuer.private)
    builder = (
        x509.CertificateBuilder()
        .subject_name(_named(name))
        .issuer_name(_named(issuer.name))
        .public_key(subject)
        .serial_number(serial)
        .not_valid_before(validity.begins)
        .not_valid_after(validity.ends)
        .add_extension(_usage(role), critical=True)
        .add_extension(x509.BasicConstraints(ca=role is Role.AUTHORITY, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(subject), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(key.public_key()), critical=False)
    )
    algorithm = signatures.digest(issuer.suite)
    return load(builder.sign(key, algorithm, ecdsa_deterministic=True).public_bytes(Encoding.DER))  # type: ignore[arg-type]


def issue_requested(issuer: Issuer, octets: bytes, role: Role, serial: int, validity: Validity) -> Certificate:
    """Issue what a request (`request`) asks for, once it has shown to have the key. Raises `DlmsError`."""
    from cryptography import x509

    try:
        asked = x509.load_der_x509_csr(octets)
        valid = asked.is_signature_valid
        name = _common_name(asked.subject)
        suite, point = _key_of(asked.public_key())
    except DlmsError:
        raise
    except Exception as error:  # noqa: BLE001 - as in `load`
        raise DlmsError(f"no certificate request: {error}") from None
    if not valid:
        raise DecipheringError("the request is not signed by the key it is for")
    return issue(issuer, name, role, suite, point, serial, validity)


def _named(name: str) -> "x509.Name":
    from cryptography import x509
    from cryptography.x509.oid import NameOID

    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def _usage(role: Role) -> "x509.KeyUsage":
    from cryptography import x509

    return x509.KeyUsage(
        digital_signature=role is Role.SIGNATURE,
        key_agreement=role is Role.AGREEMENT,
        key_cert_sign=role is Role.AUTHORITY,
        crl_sign=role is Role.AUTHORITY,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        encipher_only=False,
        decipher_only=False,
    )
