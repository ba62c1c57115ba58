"""SET requests and responses, against published octets and round trips."""

from contextlib import suppress

import pytest
from dlms_host import octets
from hypothesis import given
from hypothesis import strategies as st
from test_axdr import values
from test_xdlms import ATTRIBUTES, BLOCK, ENTRIES, FIRST_FIVE, OCTET, OTHER, REGISTER, SELECTIONS

from ferraris.firmware.dlms import xdlms_set
from ferraris.firmware.dlms.axdr import Data, Tag
from ferraris.firmware.dlms.host import Attribute
from ferraris.firmware.dlms.obis import obis
from ferraris.firmware.dlms.results import DataAccessResult, DlmsError
from ferraris.firmware.dlms.xdlms_parts import Block
from ferraris.firmware.dlms.xdlms_set import (
    SetBlock,
    SetFirstBlock,
    SetLast,
    SetListAndFirstBlock,
    SetListLast,
    SetListResult,
    SetNormal,
    SetReceived,
    SetRequest,
    SetResponse,
    SetResult,
    SetWithList,
)

TEXT = Data(Tag.OCTET_STRING, bytes((1, 2, 3, 4, 5)))
NUMBER = Data(Tag.DOUBLE_LONG, 69)
PIECE = Block(True, 1, bytes((1, 2, 3, 4, 5)))
TIME = Data(Tag.OCTET_STRING, octets("07E50118FF0E303950FFC400"))
SUCCESS, FAULT, OTHER_REASON = (DataAccessResult(number) for number in (0, 1, 250))


@pytest.mark.parametrize(
    ("hexadecimal", "request_"),
    [  # gosem, setRequest_test (MIT); its lists leave out the octet of selective access, which is put in here
        (f"C101 51 0001 0100000300FF 02 {ENTRIES} 0905 0102030405", SetNormal(81, REGISTER, FIRST_FIVE, TEXT)),
        ("C101 51 0001 0100000300FF 02 00 0905 0102030405", SetNormal(81, REGISTER, None, TEXT)),
        (
            f"C102 51 0001 0100000300FF 02 {ENTRIES} 01 00000001 05 0102030405",
            SetFirstBlock(81, REGISTER, FIRST_FIVE, PIECE),
        ),
        (
            "C102 51 0001 0100000300FF 02 00 01 00000001 05 0102030405",
            SetFirstBlock(81, REGISTER, None, PIECE),
        ),
        ("C103 51 01 00000001 05 0102030405", SetBlock(81, PIECE)),
        (
            "C104 45 02 0001 0100000300FF 02 00 0001 0000080000FF 02 00 02 0905 0102030405 05 00000045",
            SetWithList(69, ((REGISTER, None), (OTHER, None)), (TEXT, NUMBER)),
        ),
        (
            "C105 45 02 0001 0100000300FF 02 00 0001 0000080000FF 02 00 01 00000001 05 0102030405",
            SetListAndFirstBlock(69, ((REGISTER, None), (OTHER, None)), PIECE),
        ),
        # dlms-cosem, its test of SET; octets only
        (
            "C101 C1 0008 0000010000FF 02 00 090C 07E50118FF0E303950FFC400",
            SetNormal(0xC1, Attribute(8, obis("0.0.1.0.0.255"), 2), None, TIME),
        ),
    ],
)
def test_published_set_requests_read_and_write(hexadecimal: str, request_: SetRequest) -> None:
    assert xdlms_set.decode_request(octets(hexadecimal)) == request_
    assert xdlms_set.encode_request(request_) == octets(hexadecimal)


@pytest.mark.parametrize(
    ("hexadecimal", "response"),
    [  # gosem, setResponse_test (MIT)
        ("C501 51 00", SetResult(81, SUCCESS)),
        ("C502 51 00000001", SetReceived(81, 1)),
        ("C503 51 00 00000001", SetLast(81, SUCCESS, 1)),
        ("C504 51 03 00 01 FA 00000001", SetListLast(81, (SUCCESS, FAULT, OTHER_REASON), 1)),
        ("C505 51 03 00 01 FA", SetListResult(81, (SUCCESS, FAULT, OTHER_REASON))),
    ],
)
def test_published_set_responses_read_and_write(hexadecimal: str, response: SetResponse) -> None:
    assert xdlms_set.decode_response(octets(hexadecimal)) == response
    assert xdlms_set.encode_response(response) == octets(hexadecimal)


BLOCKS = st.builds(Block, st.booleans(), BLOCK, st.binary(max_size=300))
LISTS = st.lists(st.tuples(ATTRIBUTES, SELECTIONS, values()), max_size=4)
ITEMS = st.lists(st.tuples(ATTRIBUTES, SELECTIONS), max_size=4).map(tuple)
RESULTS = st.lists(st.sampled_from(DataAccessResult), max_size=200).map(tuple)
SET_REQUESTS = st.one_of(
    st.builds(SetNormal, OCTET, ATTRIBUTES, SELECTIONS, values()),
    st.builds(SetFirstBlock, OCTET, ATTRIBUTES, SELECTIONS, BLOCKS),
    st.builds(SetBlock, OCTET, BLOCKS),
    st.builds(
        lambda invoke, of: SetWithList(invoke, tuple(one[:2] for one in of), tuple(one[2] for one in of)), OCTET, LISTS
    ),
    st.builds(SetListAndFirstBlock, OCTET, ITEMS, BLOCKS),
)
SET_RESPONSES = st.one_of(
    st.builds(SetResult, OCTET, st.sampled_from(DataAccessResult)),
    st.builds(SetReceived, OCTET, BLOCK),
    st.builds(SetLast, OCTET, st.sampled_from(DataAccessResult), BLOCK),
    st.builds(SetListLast, OCTET, RESULTS, BLOCK),
    st.builds(SetListResult, OCTET, RESULTS),
)


@given(SET_REQUESTS)
def test_every_set_request_comes_back_as_it_was(request: SetRequest) -> None:
    assert xdlms_set.decode_request(xdlms_set.encode_request(request)) == request


@given(SET_RESPONSES)
def test_every_set_response_comes_back_as_it_was(response: SetResponse) -> None:
    assert xdlms_set.decode_response(xdlms_set.encode_response(response)) == response


@given(SET_REQUESTS.map(xdlms_set.encode_request) | SET_RESPONSES.map(xdlms_set.encode_response), st.data())
def test_a_set_apdu_that_is_cut_short_or_goes_on_is_refused(apdu: bytes, data: st.DataObject) -> None:
    decode = xdlms_set.decode_request if apdu[:1] == b"\xc1" else xdlms_set.decode_response
    with pytest.raises(DlmsError):
        decode(apdu[: data.draw(st.integers(0, len(apdu) - 1))])
    with pytest.raises(DlmsError, match="after the end"):
        decode(apdu + b"\x00")


@given(st.sampled_from([bytes((tag, form)) for tag in (0xC1, 0xC5, 0xC0) for form in range(7)]), st.binary(max_size=80))
def test_any_octets_are_a_set_apdu_or_a_dlms_error(head: bytes, rest: bytes) -> None:
    for decode in (xdlms_set.decode_request, xdlms_set.decode_response):
        with suppress(DlmsError):
            decode(head + rest)


def test_a_list_with_fewer_values_than_attributes_is_refused() -> None:
    with pytest.raises(DlmsError, match="2 attributes and 1 values"):
        xdlms_set.decode_request(
            octets("C104 45 02 0001 0100000300FF 02 00 0001 0000080000FF 02 00 01 0905 0102030405")
        )
