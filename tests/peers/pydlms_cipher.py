"""Cipher, decipher, prove and sign with the security of `pydlms-client` (see jobs.py), in its own process: GPL-3.0."""

from typing import Any

import jobs
from jobs import Job, octets
from pydlms.security import ciphering, ec, general, hls, keywrap
from pydlms.security.certificates import load_certificate
from pydlms.security.context import SecurityContext


def context(job: Job) -> SecurityContext:
    suite = job["suite"]
    ours: dict[str, Any] = {}
    if "signing" in job:
        ours |= {
            "signing_key": private(job, "signing"),
            "key_agreement_key": private(job, "agreement"),
            "peer_signing_key": ec.load_public_key(suite, octets(job, "peer_signing")),
            "peer_key_agreement_key": ec.load_public_key(suite, octets(job, "peer_agreement")),
            "master_key": octets(job, "master"),
        }
    made = SecurityContext(
        encryption_key=octets(job, "encryption"),
        authentication_key=octets(job, "authentication"),
        client_system_title=octets(job, "own"),
        server_system_title=octets(job, "peer"),
        invocation_counter=job.get("counter", 0),
        suite=suite,
        general_aad=job.get("aad", "with-header"),
        signing_form=job.get("form", "length-prefixed-content"),
        **ours,
    )
    made.set_dedicated_key(octets(job, "dedicated"))
    return made


def private(job: Job, name: str) -> Any:
    from cryptography.hazmat.primitives.asymmetric import ec as library

    return library.derive_private_key(int(job[name], 16), ec.curve_for_suite(job["suite"]))


def cipher(job: Job) -> bytes:
    apdu, made, family = octets(job, "apdu"), context(job), job["family"]
    dedicated = family.endswith("DEDICATED")
    if family.startswith("SERVICE"):
        return ciphering.wrap(made, apdu, dedicated=dedicated)
    if family == "GENERAL_CIPHERING":
        key = general.KeyInfo(job.get("kind", "identified"), scheme=job.get("scheme", 1))
        return general.wrap_general_ciphering(made, apdu, octets(job, "peer"), key, octets(job, "transaction"))
    return ciphering.wrap_general_glo(made, apdu, dedicated=dedicated)


def decipher(job: Job) -> bytes:
    found = ciphering.unwrap(context(job), octets(job, "apdu"))
    assert found.authenticated
    return found.plaintext


def sign(job: Job) -> bytes:
    return general.wrap_general_signing(context(job), octets(job, "apdu"), octets(job, "peer"))


def opened(job: Job) -> bytes:
    return general.verify_general_signing(context(job), octets(job, "apdu"))[1]


def prove(job: Job) -> bytes:
    own, peer, received, set_ = (octets(job, name) for name in ("own", "peer", "received", "set"))
    match job["mechanism"]:
        case 2:
            return hls.hls_manufacturer_aes(received, octets(job, "secret"))
        case 5:
            keys = octets(job, "encryption"), octets(job, "authentication")
            return hls.hls_gmac(*keys, own, job["counter"], received, job["suite"])
        case 6:
            return hls.hls_sha256(octets(job, "secret"), own, peer, received, set_)
    return hls.hls_ecdsa_sign(private(job, "signing"), own, peer, received, set_)


def verify(job: Job) -> bytes:
    """Check our signature of mechanism 7; raises where it does not hold."""
    own, peer, received, set_, proof = (octets(job, name) for name in ("own", "peer", "received", "set", "proof"))
    point = ec.load_public_key(job["suite"], octets(job, "peer_signing"))
    hls.hls_ecdsa_verify(point, peer, own, received, set_, proof)
    return b""


def unwrap(job: Job) -> bytes:
    return keywrap.unwrap_key(octets(job, "master"), octets(job, "wrapped"))


def certificate(job: Job) -> bytes:
    """Read our certificate: the title and the point it found."""
    found = load_certificate(octets(job, "certificate"), job["suite"])
    assert found.can_sign
    assert not found.can_agree
    return found.system_title + ec.public_key_bytes(found.public_key)


if __name__ == "__main__":
    jobs.answers({
        "cipher": cipher,
        "decipher": decipher,
        "sign": sign,
        "opened": opened,
        "prove": prove,
        "verify": verify,
        "unwrap": unwrap,
        "certificate": certificate,
    })  # fmt: skip
