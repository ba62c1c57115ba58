"""AARQ, AARE, RLRQ, RLRE and what rides in them, against published octets."""

from contextlib import suppress

import pytest
from dlms_host import octets
from hypothesis import given
from hypothesis import strategies as st

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
from ferraris.firmware.dlms.initiate import ConfirmedServiceError, Conformance, InitiateRequest, InitiateResponse
from ferraris.firmware.dlms.results import DlmsError, InitiateError

LOGICAL = acse.context_name(ApplicationContext.LOGICAL_NAME)
# Green Book examples, as the tests of u9n/dlms-cosem and gosem quote them
PROPOSAL = octets("01000000065F1F0400007E1F04B0")
AGREEMENT = octets("0800065F1F040000501F01F40007")
AARQ_PUBLIC = octets("601D A109060760857405080101 BE10040E 01000000065F1F0400007E1F04B0")
AARQ_LOW = octets(
    "6036 A109060760857405080101 8A020780 8B0760857405080201 AC0A80083132333435363738 BE10040E"
    "01000000065F1F0400007E1F04B0"
)
AARE = octets("6129 A109060760857405080101 A203020100 A305A103020100 BE10040E 0800065F1F040000501F01F40007")
AARE_CONTEXT = octets("6129 A109060760857405080101 A203020101 A305A103020102 BE10040E 0800065F1F040000501F01F40007")
AARE_VERSION = octets("611F A109060760857405080101 A203020101 A305A103020101 BE060404 0E010601")


def test_the_green_books_initiate_request_reads_and_writes() -> None:
    request = InitiateRequest(0x007E1F, 1200)
    assert initiate.decode_request(PROPOSAL) == request
    assert initiate.encode_request(request) == PROPOSAL


def test_the_green_books_initiate_response_reads_and_writes() -> None:
    response = InitiateResponse(0x00501F, 500)
    assert initiate.decode_response(AGREEMENT) == response
    assert initiate.encode_response(response) == AGREEMENT


def test_the_green_books_aarq_without_security_reads_and_writes() -> None:
    request = AssociationRequest(LOGICAL, PROPOSAL)
    assert acse.decode_request(AARQ_PUBLIC) == request
    assert acse.encode_request(request) == AARQ_PUBLIC


def test_the_green_books_aarq_with_low_level_security_reads_and_writes() -> None:
    request = AssociationRequest(LOGICAL, PROPOSAL, acse.mechanism_name(Mechanism.LOW), b"12345678")
    assert acse.decode_request(AARQ_LOW) == request
    assert acse.encode_request(request) == AARQ_LOW


@pytest.mark.parametrize(
    ("apdu", "response"),
    [
        (AARE, AssociationResponse(LOGICAL, AssociationResult.ACCEPTED, Diagnostic.NULL, AGREEMENT)),
        (
            AARE_CONTEXT,
            AssociationResponse(
                LOGICAL,
                AssociationResult.REJECTED_PERMANENT,
                Diagnostic.APPLICATION_CONTEXT_NOT_SUPPORTED,
                AGREEMENT,
            ),
        ),
        (
            AARE_VERSION,
            AssociationResponse(
                LOGICAL, AssociationResult.REJECTED_PERMANENT, Diagnostic.NO_REASON_GIVEN, octets("0E010601")
            ),
        ),
    ],
)
def test_the_green_books_aares_read_and_write(apdu: bytes, response: AssociationResponse) -> None:
    assert acse.decode_response(apdu) == response
    assert acse.encode_response(response) == apdu


def test_a_refusal_without_user_information_reads_too() -> None:
    """From a Landis+Gyr meter, Gurux.DLMS.Java pull request 22."""
    response = acse.decode_response(octets("6117A109060760857405080101A203020101A305A10302010D"))
    assert (response.diagnostic, response.user_information) == (Diagnostic.AUTHENTICATION_FAILURE, None)


def test_a_confirmed_service_error_reads_and_writes() -> None:
    error = initiate.refusal(InitiateError.DLMS_VERSION_TOO_LOW)
    assert initiate.encode_error(error) == octets("0E010601")
    assert initiate.decode_response(octets("0E010601")) == error == ConfirmedServiceError(1, 6, 1)


def test_titles_qualifiers_and_invocation_identifiers_of_a_client_are_passed_over() -> None:
    """From Gurux's conformance tests."""
    apdu = octets(
        "6036A109060760857405080101A203040144A303040144A403020100A503020100A803020100BE10040E01000000065F1F040060FE9FFFFF"
    )
    request = acse.decode_request(apdu)
    assert request == AssociationRequest(LOGICAL, octets("01000000065F1F040060FE9FFFFF"))


def test_a_password_given_as_a_bit_string_is_read_without_its_count_of_unused_bits() -> None:
    apdu = octets("6013 A109060760857405080101 AC06 8104 00 414243")
    assert acse.decode_request(apdu).authentication == b"ABC"


@pytest.mark.parametrize(("versions", "speaks"), [("0780", True), ("0740", False), ("00", False)])
def test_the_protocol_version_is_read_where_it_is_given(versions: str, speaks: bool) -> None:
    field = bytes((0x80, len(octets(versions)))) + octets(versions)
    apdu = b"\x60" + bytes((0x1D + len(field),)) + field + AARQ_PUBLIC[2:]
    assert acse.decode_request(apdu).version_1 is speaks


@pytest.mark.parametrize(
    "hexadecimal",
    [
        "", "60", "6000", "601C A109060760857405080101 BE10040E 01000000065F1F0400007E1F04B0",
        "6080 A1090607608574050801010000", "6016 A109060760857405080101 A109060760857405080101",
        "600B A109040760857405080101", "6012A109060760857405080101 AC058201003132", "6100",
    ],
)  # fmt: skip
def test_a_malformed_aarq_is_a_dlms_error(hexadecimal: str) -> None:
    with pytest.raises(DlmsError):
        acse.decode_request(octets(hexadecimal))


@pytest.mark.parametrize(
    ("hexadecimal", "release"),
    [
        ("6200", Release(None)),
        ("6203800100", Release(0)),
        ("6215800100BE10040E01000000065F1F0400007E1F04B0", Release(0, PROPOSAL)),
    ],
)
def test_releases_read_and_write_the_bare_form_included(hexadecimal: str, release: Release) -> None:
    assert acse.decode_release(octets(hexadecimal), acse.RLRQ) == release
    assert acse.encode_release(acse.RLRQ, release) == octets(hexadecimal)


OPTIONAL = st.none() | st.binary(max_size=40)
BITS = st.integers(0, 0xFFFFFF)
WORD = st.integers(0, 0xFFFF)
OCTET = st.none() | st.integers(0, 255)


@given(
    st.builds(
        AssociationRequest, st.binary(max_size=9), st.none() | st.binary(max_size=300), OPTIONAL, OPTIONAL, OPTIONAL
    )
)
def test_every_aarq_comes_back_as_it_was(request: AssociationRequest) -> None:
    assert acse.decode_request(acse.encode_request(request)) == request


@given(
    st.builds(
        AssociationResponse,
        st.binary(max_size=9),
        st.sampled_from(AssociationResult),
        st.sampled_from([*Diagnostic, *ProviderDiagnostic]),
        OPTIONAL,
        OPTIONAL,
        OPTIONAL,
        OPTIONAL,
    )
)
def test_every_aare_comes_back_as_it_was(response: AssociationResponse) -> None:
    again = acse.decode_response(acse.encode_response(response))
    assert again == response
    assert type(again.diagnostic) is type(response.diagnostic)


@given(
    st.builds(InitiateRequest, BITS, WORD, st.integers(0, 255), OPTIONAL, st.booleans(), OCTET),
    st.builds(InitiateResponse, BITS, WORD, st.integers(0, 255), WORD, OCTET),
)
def test_every_negotiation_comes_back_as_it_was(request: InitiateRequest, response: InitiateResponse) -> None:
    assert initiate.decode_request(initiate.encode_request(request)) == request
    assert initiate.decode_response(initiate.encode_response(response)) == response


def test_conformance_bits_are_where_the_standard_counts_them_from_the_left() -> None:
    """Positions as cosemlib and GuruxDLMS.c have them; 24 bits, bit 0 on top."""
    positions = {Conformance.GENERAL_PROTECTION: 1, Conformance.BLOCK_TRANSFER_WITH_GET: 11,
                 Conformance.MULTIPLE_REFERENCES: 14, Conformance.GET: 19, Conformance.SET: 20,
                 Conformance.SELECTIVE_ACCESS: 21, Conformance.ACTION: 23}  # fmt: skip
    assert {bit: 23 - (bit.value.bit_length() - 1) for bit in positions} == positions


@given(st.binary(max_size=80))
def test_any_octets_are_a_pdu_or_a_dlms_error(random: bytes) -> None:
    for decode in (
        acse.decode_request, acse.decode_response, initiate.decode_request, initiate.decode_response,
        lambda apdu: acse.decode_release(apdu, acse.RLRQ),
    ):  # fmt: skip
        with suppress(DlmsError):
            decode(random)
