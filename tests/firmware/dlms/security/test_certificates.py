"""Certificates: what OpenSSL reads of ours, chains that hold and chains that do not, hostile octets."""

import shutil
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ferraris.firmware.dlms.results import DlmsError
from ferraris.firmware.dlms.security import certificates, curves, signatures
from ferraris.firmware.dlms.security.certificates import Certificate, Issuer, Role, Validity, load, title_of, verify
from ferraris.firmware.dlms.security.suites import DecipheringError, Suite

NOW = datetime(2026, 3, 25, tzinfo=UTC)
VALID = Validity(NOW - timedelta(days=1), NOW + timedelta(days=365))
TITLE = b"FER\x00\x00\x00\x00\x01"
NAME = "4645520000000001"


def private(suite: Suite, seed: int) -> bytes:
    return curves.generate(suite, bytes(range(seed, seed + 56)))


def root(suite: Suite, seed: int = 0, validity: Validity = VALID) -> tuple[Issuer, Certificate]:
    issuer = Issuer("Root", suite, private(suite, seed))
    point = curves.public_of(suite, issuer.private)
    return issuer, certificates.issue(issuer, "Root", Role.AUTHORITY, suite, point, 1, validity)


ROOTS = {suite: root(suite) for suite in (Suite.P256_AES_128, Suite.P384_AES_256)}
P256 = Suite.P256_AES_128


def meters(suite: Suite = P256, role: Role = Role.SIGNATURE, validity: Validity = VALID) -> Certificate:
    point = curves.public_of(suite, private(suite, 5))
    return certificates.issue(ROOTS[suite][0], NAME, role, suite, point, 7, validity)


@pytest.mark.parametrize("suite", ROOTS)
@pytest.mark.parametrize("role", [Role.SIGNATURE, Role.AGREEMENT])
def test_a_certificate_says_whose_key_it_is_and_what_for(suite: Suite, role: Role) -> None:
    found = meters(suite, role)
    verify(found, [ROOTS[suite][1]], NOW)
    assert title_of(found) == TITLE
    assert (found.role, found.suite, found.issuer, found.serial) == (role, suite, "Root", 7)
    assert found.point == curves.public_of(suite, private(suite, 5))
    assert load(found.der) == found


@pytest.mark.skipif(shutil.which("openssl") is None, reason="the openssl command is not here")
def test_openssl_reads_and_believes_our_certificates(tmp_path: Path) -> None:
    from cryptography import x509
    from cryptography.hazmat.primitives.serialization import Encoding

    for name, found in (("root", ROOTS[P256][1]), ("meter", meters())):
        pem = x509.load_der_x509_certificate(found.der).public_bytes(Encoding.PEM)
        (tmp_path / f"{name}.pem").write_bytes(pem)
        assert load(pem) == found
    command = ["openssl", "verify", "-attime", str(int(NOW.timestamp())), "-x509_strict", "-CAfile", "root.pem"]
    done = subprocess.run([*command, "meter.pem"], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.stdout == "meter.pem: OK\n", done.stderr


@pytest.mark.parametrize("suite", ROOTS)
def test_a_meter_asks_for_a_certificate_and_gets_it(suite: Suite) -> None:
    asked = certificates.request(suite, private(suite, 5), TITLE)
    found = certificates.issue_requested(ROOTS[suite][0], asked, Role.SIGNATURE, 7, VALID)
    assert found == meters(suite)


def test_a_request_changed_on_its_way_is_refused() -> None:
    asked = bytearray(certificates.request(P256, private(P256, 5), TITLE))
    at = asked.index(NAME.encode())
    asked[at] ^= 1
    with pytest.raises(DecipheringError, match="not signed by the key it is for"):
        certificates.issue_requested(ROOTS[P256][0], bytes(asked), Role.SIGNATURE, 7, VALID)


def test_a_chain_through_another_authority_holds() -> None:
    between = Issuer("Between", P256, private(P256, 9))
    point = curves.public_of(P256, between.private)
    middle = certificates.issue(ROOTS[P256][0], "Between", Role.AUTHORITY, P256, point, 2, VALID)
    found = certificates.issue(between, NAME, Role.SIGNATURE, P256, meters().point, 7, VALID)
    verify(found, [ROOTS[P256][1], middle], NOW)
    with pytest.raises(DecipheringError, match="no authority here has signed the certificate of Between"):
        verify(found, [middle], NOW)


def test_who_is_no_authority_cannot_issue() -> None:
    signer = Issuer(NAME, P256, private(P256, 5))
    found = certificates.issue(signer, "4556494C00000001", Role.SIGNATURE, P256, meters().point, 7, VALID)
    with pytest.raises(DecipheringError, match="no authority here"):
        verify(found, [ROOTS[P256][1], meters()], NOW)


def test_an_authority_of_the_same_name_and_another_key_is_refused() -> None:
    _, other = root(P256, seed=30)
    with pytest.raises(DecipheringError, match="no authority here has signed"):
        verify(meters(), [other], NOW)
    verify(meters(), [other, ROOTS[P256][1]], NOW)


def test_a_self_signed_certificate_of_a_meter_is_not_believed() -> None:
    issuer = Issuer(NAME, P256, private(P256, 5))
    found = certificates.issue(issuer, NAME, Role.SIGNATURE, P256, meters().point, 7, VALID)
    with pytest.raises(DecipheringError):
        verify(found, [ROOTS[P256][1]], NOW)


@pytest.mark.parametrize("at", [VALID.begins - timedelta(seconds=1), VALID.ends + timedelta(seconds=1)])
def test_outside_its_time_a_certificate_does_not_hold(at: datetime) -> None:
    verify(meters(), [ROOTS[P256][1]], VALID.begins)
    verify(meters(), [ROOTS[P256][1]], VALID.ends)
    with pytest.raises(DecipheringError, match="does not hold at 202"):
        verify(meters(), [ROOTS[P256][1]], at)


def test_a_root_out_of_its_time_does_not_carry() -> None:
    _, old = root(P256, validity=Validity(NOW - timedelta(days=9), NOW - timedelta(days=8)))
    with pytest.raises(DecipheringError, match="the certificate of Root does not hold"):
        verify(meters(), [old], NOW)


@pytest.mark.parametrize("name", ["Root", "46455200000000", "464552000000000Z", "4645520000 000001"])
def test_a_common_name_that_is_no_title_gives_none(name: str) -> None:
    found = certificates.issue(ROOTS[P256][0], name, Role.SIGNATURE, P256, meters().point, 7, VALID)
    with pytest.raises(DlmsError, match="no system title of 16 hexadecimal digits"):
        title_of(found)


def test_the_key_of_a_certificate_verifies_what_its_owner_signs() -> None:
    signature = signatures.sign(P256, private(P256, 5), b"message")
    signatures.verify(P256, meters().point, b"message", signature)


@given(st.integers(0, 10_000))
@settings(max_examples=150)
def test_a_flipped_bit_is_never_believed(bit: int) -> None:
    der = bytearray(meters().der)
    der[bit // 8 % len(der)] ^= 1 << bit % 8
    with pytest.raises(DlmsError):
        verify(load(bytes(der)), [ROOTS[P256][1]], NOW)


@given(st.binary(max_size=200), st.integers(0, 400), st.binary(max_size=4))
def test_hostile_octets_raise_only_our_error(octets: bytes, at: int, inserted: bytes) -> None:
    good = meters().der
    for tried in (octets, good[:at] + inserted + good[at + 1 :], b"-----BEGIN CERTIFICATE-----" + octets):
        try:
            load(tried)
            certificates.issue_requested(ROOTS[P256][0], tried, Role.SIGNATURE, 1, VALID)
        except DlmsError:
            continue


def test_more_octets_than_any_certificate_has_are_not_read() -> None:
    with pytest.raises(DlmsError, match="at most 4096 are read"):
        load(bytes(5000))


def test_a_serial_number_is_positive() -> None:
    with pytest.raises(DlmsError, match="a serial number is positive"):
        certificates.issue(ROOTS[P256][0], NAME, Role.SIGNATURE, P256, meters().point, 0, VALID)


@pytest.mark.parametrize(
    ("usages", "authority", "text"),
    [
        ({"digital_signature", "key_agreement"}, False, "one of them"),
        (set(), False, "one of them"),
        ({"digital_signature"}, True, "half an authority"),
        ({"key_cert_sign"}, False, "half an authority"),
    ],
)
def test_a_certificate_for_two_uses_or_half_a_use_is_refused(usages: set[str], authority: bool, text: str) -> None:
    from cryptography import x509
    from cryptography.hazmat.primitives.serialization import Encoding
    from cryptography.x509.oid import NameOID

    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, NAME)])
    every = (
        "digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement",
        "key_cert_sign", "crl_sign", "encipher_only", "decipher_only",
    )  # fmt: skip
    key = curves.private_key(P256, private(P256, 5))
    builder = x509.CertificateBuilder(name, name, key.public_key(), 1, VALID.begins, VALID.ends)
    builder = builder.add_extension(x509.KeyUsage(**{one: one in usages for one in every}), critical=True)
    builder = builder.add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
    der = builder.sign(key, signatures.digest(P256), ecdsa_deterministic=True).public_bytes(Encoding.DER)
    with pytest.raises(DlmsError, match=text):
        load(der)
