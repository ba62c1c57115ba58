"""GET requests and responses and the exception response, against published octets and round trips."""

from contextlib import suppress

import pytest
from dlms_host import octets
from hypothesis import given
from hypothesis import strategies as st
from test_axdr import values

from ferraris.firmware.dlms import axdr, xdlms
from ferraris.firmware.dlms.axdr import Data, Tag
from ferraris.firmware.dlms.host import Attribute, Selection
from ferraris.firmware.dlms.obis import obis, written
from ferraris.firmware.dlms.results import DataAccessResult, DlmsError, ServiceError, StateError
from ferraris.firmware.dlms.xdlms import (
    ExceptionResponse,
    GetNext,
    GetNormal,
    GetRequest,
    GetResponse,
    GetWithList,
    ResultBlock,
    ResultList,
    ResultNormal,
)

FIRST_FIVE = Selection(
    2,
    Data(
        Tag.STRUCTURE,
        (
            Data(Tag.DOUBLE_LONG_UNSIGNED, 0),
            Data(Tag.DOUBLE_LONG_UNSIGNED, 5),
            Data(Tag.LONG_UNSIGNED, 0),
            Data(Tag.LONG_UNSIGNED, 0),
        ),
    ),
)
REGISTER = Attribute(1, obis("1.0.0.3.0.255"), 2)
OTHER = Attribute(1, obis("0.0.8.0.0.255"), 2)
ENTRIES = "01 02 0204 0600000000 0600000005 120000 120000"


@pytest.mark.parametrize(
    ("hexadecimal", "request_"),
    [  # gosem, getRequest_test (MIT)
        (f"C001 51 0001 0100000300FF 02 {ENTRIES}", GetNormal(81, REGISTER, FIRST_FIVE)),
        ("C001 51 0001 0100000300FF 02 00", GetNormal(81, REGISTER)),
        ("C002 51 00000002", GetNext(81, 2)),
        (
            f"C003 45 02 0001 0100000300FF 02 {ENTRIES} 0001 0000080000FF 02 {ENTRIES}",
            GetWithList(69, ((REGISTER, FIRST_FIVE), (OTHER, FIRST_FIVE))),
        ),
        # Green Book, clear text of the ciphering example
        ("C001 00 0008 0000010000FF 02 00", GetNormal(0, Attribute(8, obis("0.0.1.0.0.255"), 2))),
    ],
)
def test_published_requests_read_and_write(hexadecimal: str, request_: GetRequest) -> None:
    assert xdlms.decode_request(octets(hexadecimal)) == request_
    assert xdlms.encode_request(request_) == octets(hexadecimal)


@pytest.mark.parametrize(
    ("hexadecimal", "response"),
    [  # gosem, getResponse_test (MIT)
        ("C401 51 00 0500000045", ResultNormal(81, octets("0500000045"))),
        ("C401 51 01 04", ResultNormal(81, DataAccessResult.OBJECT_UNDEFINED)),
        (
            "C402 51 01 00000001 00 0C 07D20C04030A060BFF007800",
            ResultBlock(81, True, 1, octets("07D20C04030A060BFF007800")),
        ),
        ("C402 51 01 00000002 01 13", ResultBlock(81, True, 2, DataAccessResult.DATA_BLOCK_NUMBER_INVALID)),
        ("C403 45 02 01 04 00 0500000001", ResultList(69, (DataAccessResult.OBJECT_UNDEFINED, octets("0500000001")))),
    ],
)
def test_published_responses_read_and_write(hexadecimal: str, response: GetResponse) -> None:
    assert xdlms.decode_response(octets(hexadecimal)) == response
    assert xdlms.encode_response(response) == octets(hexadecimal)


def test_any_octet_but_zero_says_that_a_block_is_the_last() -> None:
    assert xdlms.decode_response(octets("C402 51 FF 00000001 00 00")) == ResultBlock(81, True, 1, b"")


@pytest.mark.parametrize(
    ("hexadecimal", "response"),
    [
        ("D80101", ExceptionResponse(StateError.SERVICE_NOT_ALLOWED, ServiceError.OPERATION_NOT_POSSIBLE)),
        ("D80202", ExceptionResponse(StateError.SERVICE_UNKNOWN, ServiceError.SERVICE_NOT_SUPPORTED)),
        (
            "D801060000002A",
            ExceptionResponse(StateError.SERVICE_NOT_ALLOWED, ServiceError.INVOCATION_COUNTER_ERROR, 42),
        ),
    ],
)
def test_exception_responses_read_and_write(hexadecimal: str, response: ExceptionResponse) -> None:
    assert xdlms.decode_exception(octets(hexadecimal)) == response
    assert xdlms.encode_exception(response) == octets(hexadecimal)


ATTRIBUTES = st.builds(Attribute, st.integers(0, 0xFFFF), st.binary(min_size=6, max_size=6), st.integers(-128, 127))
SELECTIONS = st.none() | st.builds(Selection, st.integers(0, 255), values())
OCTET = st.integers(0, 255)
BLOCK = st.integers(0, 0xFFFFFFFF)
ANSWERS = st.sampled_from(DataAccessResult) | values().map(axdr.encode)
REQUESTS = st.one_of(
    st.builds(GetNormal, OCTET, ATTRIBUTES, SELECTIONS),
    st.builds(GetNext, OCTET, BLOCK),
    st.builds(GetWithList, OCTET, st.lists(st.tuples(ATTRIBUTES, SELECTIONS), max_size=4).map(tuple)),
)
RESPONSES = st.one_of(
    st.builds(ResultNormal, OCTET, ANSWERS),
    st.builds(ResultBlock, OCTET, st.booleans(), BLOCK, st.sampled_from(DataAccessResult) | st.binary(max_size=300)),
    st.builds(ResultList, OCTET, st.lists(ANSWERS, max_size=4).map(tuple)),
)


@given(REQUESTS)
def test_every_request_comes_back_as_it_was(request: GetRequest) -> None:
    assert xdlms.decode_request(xdlms.encode_request(request)) == request


@given(RESPONSES)
def test_every_response_comes_back_as_it_was(response: GetResponse) -> None:
    assert xdlms.decode_response(xdlms.encode_response(response)) == response


@given(st.sampled_from([b"", b"\xc0\x01", b"\xc0\x03", b"\xc4\x01", b"\xc4\x02", b"\xd8"]), st.binary(max_size=80))
def test_any_octets_are_a_pdu_or_a_dlms_error(head: bytes, random: bytes) -> None:
    for decode in (xdlms.decode_request, xdlms.decode_response, xdlms.decode_exception):
        with suppress(DlmsError):
            decode(head + random)


@given(st.binary(min_size=6, max_size=6))
def test_an_obis_code_is_written_as_it_is_read(name: bytes) -> None:
    assert obis(written(name)) == name


@pytest.mark.parametrize("text", ["1.0.1.8.0", "1.0.1.8.0.256", "1-0:1.8.0*255", "", "1.0.1.8.0.x", "1.0.1.8.0.-1"])
def test_a_text_that_is_no_obis_code_is_refused(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011  # the standard library words some of these
        obis(text)
