"""Opening and releasing an association: what is checked, in which order, and how a refusal is worded.

ACSE is judged first (version, application context, mechanism, password), then xDLMS (version, conformance, PDU size).
A refusal by ACSE still carries what xDLMS would have agreed, a refusal by xDLMS carries a confirmedServiceError, as the
two examples of refused AAREs in the Green Book do.
"""

import hmac
from typing import NamedTuple

from ferraris.firmware.dlms import acse, initiate
from ferraris.firmware.dlms.acse import (
    ApplicationContext,
    AssociationRequest,
    AssociationResponse,
    AssociationResult,
    Diagnostic,
    Mechanism,
    ProviderDiagnostic,
    Release,
)
from ferraris.firmware.dlms.host import COMMANDING, MANAGEMENT_LOGICAL_DEVICE, Host, Policy, Session
from ferraris.firmware.dlms.initiate import ConfirmedServiceError, InitiateResponse
from ferraris.firmware.dlms.results import DlmsError, InitiateError

SERVER_MAX_PDU = 2048
"""Octets of the longest APDU we take; it goes to the client as server-max-receive-pdu-size and bounds every frame."""

LOGICAL_NAME_CONTEXT = acse.context_name(ApplicationContext.LOGICAL_NAME)
MECHANISMS = {acse.mechanism_name(mechanism): mechanism for mechanism in (Mechanism.LOWEST, Mechanism.LOW)}
"""The mechanisms this server can carry out, by their names."""


class Opening(NamedTuple):
    """Outcome of an AARQ: the session if it was accepted, and the AARE."""

    session: Session | None
    apdu: bytes


class Agreed(NamedTuple):
    """Outcome of a successful xDLMS negotiation."""

    response: InitiateResponse
    client_max_pdu: int


def open_association(apdu: bytes, client: int, server: int, host: Host) -> Opening:
    """Judge an AARQ from a client's wPort to a server's. Never raises: whatever came, the client gets an AARE."""
    try:
        request = acse.decode_request(apdu)
    except DlmsError:
        return _rejected(Diagnostic.NO_REASON_GIVEN, initiate.refusal(InitiateError.OTHER))
    policy = host.policy(client) if server == MANAGEMENT_LOGICAL_DEVICE else None
    if policy is None:
        return _rejected(Diagnostic.NO_REASON_GIVEN, initiate.refusal(InitiateError.REFUSED_BY_THE_VDE_HANDLER))
    fault = acse_fault(request, policy)
    agreed = negotiate(request.user_information, policy)
    if isinstance(agreed, ConfirmedServiceError):
        return _rejected(fault or Diagnostic.NO_REASON_GIVEN, agreed)
    if fault is not None:
        return _rejected(fault, agreed.response)
    session = Session(
        client, server, policy.mechanism, initiate.Conformance(agreed.response.conformance),
        agreed.client_max_pdu, agreed.response.server_max_pdu,
    )  # fmt: skip
    return Opening(session, _aare(AssociationResult.ACCEPTED, Diagnostic.NULL, agreed.response))


def acse_fault(request: AssociationRequest, policy: Policy) -> Diagnostic | ProviderDiagnostic | None:
    """Say why ACSE has to refuse, or None. The password is compared in constant time."""
    if not request.version_1:
        return ProviderDiagnostic.NO_COMMON_ACSE_VERSION
    if request.application_context != LOGICAL_NAME_CONTEXT:
        return Diagnostic.APPLICATION_CONTEXT_NOT_SUPPORTED
    if request.mechanism is None and policy.mechanism is not Mechanism.LOWEST:
        return Diagnostic.MECHANISM_REQUIRED
    if request.mechanism is not None and MECHANISMS.get(request.mechanism) is not policy.mechanism:
        return Diagnostic.MECHANISM_NOT_RECOGNISED
    if policy.mechanism is Mechanism.LOW and not hmac.compare_digest(request.authentication or b"", policy.secret):
        return Diagnostic.AUTHENTICATION_FAILURE
    return None


def negotiate(user_information: bytes | None, policy: Policy) -> Agreed | ConfirmedServiceError:
    """Answer an InitiateRequest; services agreed are those that client, policy and server have in common."""
    try:
        request = initiate.decode_request(user_information or b"")
    except DlmsError:
        return initiate.refusal(InitiateError.OTHER)
    conformance = request.conformance & policy.conformance & COMMANDING
    if request.dlms_version != initiate.DLMS_VERSION:
        return initiate.refusal(InitiateError.DLMS_VERSION_TOO_LOW)
    if not conformance:
        return initiate.refusal(InitiateError.INCOMPATIBLE_CONFORMANCE)
    if 0 < request.client_max_pdu < initiate.MINIMUM_PDU:
        return initiate.refusal(InitiateError.PDU_SIZE_TOO_SHORT)
    return Agreed(InitiateResponse(conformance, SERVER_MAX_PDU), request.client_max_pdu)


def release(apdu: bytes, session: Session | None) -> bytes:
    """Answer an RLRQ; releasing what is not open is no error, so that a release can be repeated. Raises `DlmsError`.

    The reply has a reason or user information where the request had one: some clients send a bare `62 00`, others
    check that the negotiated values come back.
    """
    request = acse.decode_release(apdu, acse.RLRQ)
    reason = None if request.reason is None else 0
    information = None
    if request.user_information is not None and session is not None:
        information = initiate.encode_response(InitiateResponse(session.conformance, session.server_max_pdu))
    return acse.encode_release(acse.RLRE, Release(reason, information))


def _rejected(
    diagnostic: Diagnostic | ProviderDiagnostic, information: InitiateResponse | ConfirmedServiceError
) -> Opening:
    return Opening(None, _aare(AssociationResult.REJECTED_PERMANENT, diagnostic, information))


def _aare(
    result: AssociationResult,
    diagnostic: Diagnostic | ProviderDiagnostic,
    information: InitiateResponse | ConfirmedServiceError,
) -> bytes:
    if isinstance(information, InitiateResponse):
        octets = initiate.encode_response(information)
    else:
        octets = initiate.encode_error(information)
    return acse.encode_response(AssociationResponse(LOGICAL_NAME_CONTEXT, result, diagnostic, octets))
