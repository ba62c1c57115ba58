"""Cipher, decipher, prove and sign with `gurux-dlms` (see jobs.py), in its own process: GPL-2.0.

Its ECDSA signs on P-256 only and its general-ciphering calls methods that are not there (1.0.203): not asked for.
"""

import contextlib
import io

import jobs
from gurux_dlms import GXByteBuffer
from gurux_dlms.AesGcmParameter import AesGcmParameter
from gurux_dlms.ecdsa.GXEcdsa import GXEcdsa
from gurux_dlms.ecdsa.GXPrivateKey import GXPrivateKey
from gurux_dlms.ecdsa.GXPublicKey import GXPublicKey
from gurux_dlms.enums import Authentication, Security
from gurux_dlms.GXCiphering import GXCiphering
from gurux_dlms.GXDLMSChippering import GXDLMSChippering
from gurux_dlms.GXSecure import GXSecure
from gurux_dlms.objects.enums.SecuritySuite import SecuritySuite
from jobs import Job, octets

SERVICES = {0x01: 0x21, 0x08: 0x28, 0xC0: 0xC8, 0xC1: 0xC9, 0xC3: 0xCB, 0xC4: 0xCC, 0xC5: 0xCD, 0xC7: 0xCF}
DEDICATED = {0xC0: 0xD0, 0xC1: 0xD1, 0xC3: 0xD3, 0xC4: 0xD4, 0xC5: 0xD5, 0xC7: 0xD7}


class Settings:
    """What its proof of high-level authentication reads of a client's settings."""

    def __init__(self, job: Job) -> None:
        self.authentication = Authentication(job["mechanism"])
        self.cipher = GXCiphering(octets(job, "own"))
        self.cipher.blockCipherKey = octets(job, "encryption")
        self.cipher.authenticationKey = octets(job, "authentication")
        self.cipher.securitySuite = SecuritySuite(job["suite"])


def parameters(job: Job, sender: str) -> AesGcmParameter:
    family = job["family"]
    key = octets(job, "dedicated" if family.endswith("DEDICATED") else "encryption")
    made = AesGcmParameter(0, octets(job, sender), key, octets(job, "authentication"))
    made.security = Security.AUTHENTICATION_ENCRYPTION
    made.securitySuite = SecuritySuite(job["suite"])
    made.invocationCounter = job["counter"]
    return made


def cipher(job: Job) -> bytes:
    apdu, made = octets(job, "apdu"), parameters(job, "own")
    tags = {"SERVICE_GLOBAL": SERVICES, "SERVICE_DEDICATED": DEDICATED}.get(job["family"])
    made.tag = tags[apdu[0]] if tags else {"GENERAL_GLOBAL": 0xDB, "GENERAL_DEDICATED": 0xDC}[job["family"]]
    return bytes(GXDLMSChippering.encryptAesGcm(made, apdu))


def decipher(job: Job) -> bytes:
    with contextlib.redirect_stdout(io.StringIO()):  # it prints what it finds in the control octet
        return bytes(GXDLMSChippering.decryptAesGcm(None, parameters(job, "peer"), GXByteBuffer(octets(job, "apdu"))))


def prove(job: Job) -> bytes:
    own, peer, received, set_ = (octets(job, name) for name in ("own", "peer", "received", "set"))
    secret = octets(job, "secret")
    if job["mechanism"] == 5:
        secret = own
    elif job["mechanism"] == 6:  # joined by its client, not by its `secure`
        secret = secret + own + peer + received + set_
    elif job["mechanism"] == 7:
        key = GXPrivateKey.fromRawBytes(octets(job, "signing"))
        return bytes(GXEcdsa(key).sign(own + peer + received + set_))
    return bytes(GXSecure.secure(Settings(job), Settings(job).cipher, job["counter"], received, secret))


def verify(job: Job) -> bytes:
    """Check our signature of mechanism 7; raises where it does not hold."""
    own, peer, received, set_ = (octets(job, name) for name in ("own", "peer", "received", "set"))
    point = GXPublicKey.fromRawBytes(b"\x04" + octets(job, "peer_signing"))
    if not GXEcdsa(point).verify(octets(job, "proof"), peer + own + received + set_):
        raise ValueError("the signature does not verify")
    return b""


if __name__ == "__main__":
    jobs.answers({"cipher": cipher, "decipher": decipher, "prove": prove, "verify": verify})
