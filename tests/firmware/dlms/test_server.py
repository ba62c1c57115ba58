"""The server as a client sees it: one test per rule, named after it. Expected octets are written from the rules."""

import pytest
from dlms_host import (
    ASSOCIATION,
    CLOCK,
    ENERGY,
    NAME,
    PASSWORD,
    PROFILE,
    PUBLIC,
    READER,
    START_MS,
    SmallMeter,
    Wire,
    octets,
)

from ferraris.firmware.dlms import (
    acse,
    association,
    axdr,
    blocks,
    client,
    datetimes,
    initiate,
    reading,
    server,
    wrapper,
    xdlms,
)
from ferraris.firmware.dlms.acse import (
    ApplicationContext,
    AssociationRequest,
    Diagnostic,
    Mechanism,
    ProviderDiagnostic,
)
from ferraris.firmware.dlms.axdr import Data, Tag
from ferraris.firmware.dlms.host import READING, Attribute, Selection, Session
from ferraris.firmware.dlms.initiate import Conformance, InitiateRequest, InitiateResponse
from ferraris.firmware.dlms.obis import obis
from ferraris.firmware.dlms.results import DataAccessResult, InitiateError, ServiceError, StateError
from ferraris.firmware.dlms.server import Event, State
from ferraris.firmware.dlms.wrapper import Frame
from ferraris.firmware.dlms.xdlms import GetNext, GetNormal, GetWithList, ResultBlock, ResultList, ResultNormal

LOGICAL = acse.context_name(ApplicationContext.LOGICAL_NAME)
CLOCK_OCTETS = b"\x09\x0c" + datetimes.pack(datetimes.local(START_MS))


def aarq(
    *,
    context: bytes = LOGICAL,
    mechanism: bytes | None = None,
    password: bytes | None = None,
    version_1: bool = True,
    proposal: InitiateRequest = InitiateRequest(READING, 1024),  # noqa: B008  # a value
) -> bytes:
    return acse.encode_request(
        AssociationRequest(context, initiate.encode_request(proposal), mechanism, password, version_1=version_1)
    )


LOW = acse.mechanism_name(Mechanism.LOW)


def get(attribute: Attribute, invoke: int = 0xC1, selection: Selection | None = None) -> bytes:
    return xdlms.encode_request(GetNormal(invoke, attribute, selection))


def is_open(wire: Wire, source: int = READER) -> bool:
    return wire.exchange(get(CLOCK), source)[:1] == b"\xc4"


# ---------------------------------------------------------------- opening an association


def test_a_public_client_associates_without_security() -> None:
    """AARQ of the Green Book; what is agreed is what both sides have: block, list, GET, selection, priorities."""
    wire = Wire()
    reply = wire.exchange(octets("601DA109060760857405080101BE10040E01000000065F1F0400007E1F04B0"), PUBLIC)
    agreed = 0x007E1F & 0x005214  # bits 9, 11, 14, 19, 21 of the conformance block
    expected = "6129A109060760857405080101A203020100A305A103020100BE10040E0800065F1F0400" + f"{agreed:06X}08000007"
    assert reply == octets(expected)
    assert is_open(wire, PUBLIC)


def test_a_reader_associates_with_its_password() -> None:
    wire = Wire()
    reply = wire.exchange(aarq(mechanism=LOW, password=PASSWORD))
    assert acse.decode_response(reply).diagnostic is Diagnostic.NULL
    assert is_open(wire)


@pytest.mark.parametrize(
    ("apdu", "source", "diagnostic"),
    [
        (aarq(context=acse.context_name(ApplicationContext.SHORT_NAME)), PUBLIC, 2),
        (aarq(context=acse.context_name(ApplicationContext.LOGICAL_NAME_CIPHERED)), PUBLIC, 2),
        (aarq(), READER, 12),
        (aarq(mechanism=acse.mechanism_name(Mechanism.HIGH_GMAC), password=PASSWORD), READER, 11),
        (aarq(mechanism=acse.mechanism_name(Mechanism.LOWEST)), READER, 11),
        (aarq(mechanism=b"\x01\x02", password=PASSWORD), READER, 11),
        (aarq(mechanism=LOW, password=PASSWORD), PUBLIC, 11),
        (aarq(mechanism=LOW, password=b"12345679"), READER, 13),
        (aarq(mechanism=LOW, password=b"1234567"), READER, 13),
        (aarq(mechanism=LOW, password=b""), READER, 13),
        (aarq(mechanism=LOW), READER, 13),
    ],
)
def test_rule_3_a_refused_aarq_says_which_part_was_wrong(apdu: bytes, source: int, diagnostic: int) -> None:
    wire = Wire()
    response = acse.decode_response(wire.exchange(apdu, source))
    assert response.result is acse.AssociationResult.REJECTED_PERMANENT
    assert response.diagnostic is Diagnostic(diagnostic)
    assert isinstance(initiate.decode_response(response.user_information or b""), InitiateResponse)
    assert not is_open(wire, source)


def test_rule_3_another_version_of_acse_is_refused_by_the_provider() -> None:
    response = acse.decode_response(Wire().exchange(aarq(version_1=False), PUBLIC))
    assert response.diagnostic is ProviderDiagnostic.NO_COMMON_ACSE_VERSION


@pytest.mark.parametrize(
    ("proposal", "reason"),
    [
        (InitiateRequest(READING, 1024, dlms_version=5), "0E010601"),
        (InitiateRequest(Conformance.READ | Conformance.ACTION, 1024), "0E010602"),
        (InitiateRequest(0, 1024), "0E010602"),
        (InitiateRequest(READING, 11), "0E010603"),
    ],
)
def test_rule_3_a_failed_negotiation_carries_a_confirmed_service_error(proposal: InitiateRequest, reason: str) -> None:
    wire = Wire()
    response = acse.decode_response(wire.exchange(aarq(proposal=proposal), PUBLIC))
    assert response.result is acse.AssociationResult.REJECTED_PERMANENT
    assert response.user_information == octets(reason)
    assert not is_open(wire, PUBLIC)


@pytest.mark.parametrize("max_pdu", [0, 12, 0xFFFF])
def test_rule_3_pdu_sizes_from_12_octets_on_and_0_for_no_limit_are_taken(max_pdu: int) -> None:
    wire = Wire()
    wire.associate(PUBLIC, max_pdu=max_pdu)
    assert wire.hold(client.get(CLOCK), PUBLIC) == CLOCK_OCTETS


@pytest.mark.parametrize("information", ["", "01", "21", "01000000065F1F0400", "01000000065F1F0400007E1F04B000"])
def test_rule_3_user_information_that_is_no_initiate_request_is_refused(information: str) -> None:
    apdu = acse.encode_request(AssociationRequest(LOGICAL, octets(information)))
    response = acse.decode_response(Wire().exchange(apdu, PUBLIC))
    assert response.user_information == octets("0E010600")


@pytest.mark.parametrize("apdu", ["60", "6000", "6003A10100", "6080"])
def test_a_malformed_aarq_gets_an_aare_too(apdu: str) -> None:
    response = acse.decode_response(Wire().exchange(octets(apdu), PUBLIC))
    assert response.result is acse.AssociationResult.REJECTED_PERMANENT
    assert response.user_information == initiate.encode_error(initiate.refusal(InitiateError.OTHER))


@pytest.mark.parametrize(("source", "destination"), [(3, 1), (17, 1), (1, 1), (PUBLIC, 2), (READER, 16)])
def test_a_client_or_device_that_does_not_exist_is_refused(source: int, destination: int) -> None:
    reply = Wire().exchange(aarq(mechanism=LOW, password=PASSWORD), source, destination)
    assert reply == octets("611FA109060760857405080101A203020101A305A103020101BE0604040E010604")


@pytest.mark.parametrize(("source", "destination"), [(0, 1), (PUBLIC, 0), (PUBLIC, 0xFFFF), (0xFFFF, 1)])
def test_reserved_addresses_get_no_reply(source: int, destination: int) -> None:
    assert Wire().exchange(aarq(), source, destination) == b""


def test_rule_3_an_aarq_on_an_open_association_opens_it_anew() -> None:
    wire = Wire()
    wire.associate(conformance=READING)
    wire.associate(conformance=Conformance.GET)
    assert list(wire.connection.associations) == [(READER, 1)]
    assert wire.connection.associations[READER, 1].session.conformance is Conformance.GET


def test_rule_3_a_refused_aarq_on_an_open_association_ends_it() -> None:
    wire = Wire()
    wire.associate()
    wire.exchange(aarq(mechanism=LOW, password=b"wrong"))
    assert not is_open(wire)


def test_rule_3_what_was_not_negotiated_is_never_answered() -> None:
    wire = Wire()
    wire.associate(conformance=Conformance.GET)
    with_list = xdlms.encode_request(GetWithList(0xC1, ((CLOCK, None),)))
    assert wire.exchange(with_list) == blocks.NOT_NEGOTIATED == octets("D80102")
    assert wire.exchange(xdlms.encode_request(GetNext(0xC1, 1))) == octets("D80102")
    entry = Selection(2, Data(Tag.NULL_DATA))
    assert wire.exchange(get(PROFILE, selection=entry)) == octets("C401C101FA")
    assert wire.exchange(get(PROFILE)) == octets("C401C1") + b"\x00" + wire_buffer()


def wire_buffer() -> bytes:
    buffer = SmallMeter().buffer(None)
    assert isinstance(buffer, bytes)
    return buffer


def test_without_get_negotiated_nothing_can_be_read() -> None:
    wire = Wire()
    wire.associate(conformance=Conformance.MULTIPLE_REFERENCES)
    assert wire.exchange(get(CLOCK)) == octets("D80102")


@pytest.mark.parametrize("apdu", ["C101C10008 0000010000FF 02 00 00", "C301C10046 0000600 30AFF 01 00", "C1", "C3"])
def test_rule_3_set_and_action_that_the_policy_does_not_grant_are_refused(apdu: str) -> None:
    wire = Wire()
    wire.associate(conformance=READING | Conformance.SET | Conformance.ACTION)
    assert wire.exchange(bytes.fromhex(apdu.replace(" ", ""))) == octets("D80102")
    assert is_open(wire)


# ---------------------------------------------------------------- without an association


@pytest.mark.parametrize("apdu", ["C001C100080000010000FF0200", "C002C100000001", "C1", "C301"])
def test_a_service_without_an_association_is_not_allowed(apdu: str) -> None:
    assert Wire().exchange(octets(apdu), PUBLIC) == octets("D80101")


@pytest.mark.parametrize("apdu", ["", "05010204", "D9", "FF", "C4", "61", "C8200000", "0F", "E0"])
@pytest.mark.parametrize("opened", [False, True])
def test_what_is_no_service_is_unknown(apdu: str, opened: bool) -> None:
    wire = Wire()
    if opened:
        wire.associate()
    assert wire.exchange(octets(apdu)) == octets("D80202")
    assert is_open(wire) is opened


@pytest.mark.parametrize("apdu", ["C0", "C001", "C001C1", "C001C100080000010000FF02", "C001C100080000010000FF020000",
                                  "C004C1", "C002C1000000", "C003C1", "C003C102", "C003C1FF",
                                  "C001C100080000010000FF0201", "C001C100080000010000FF020102"])  # fmt: skip
def test_a_malformed_get_is_refused_and_the_association_stays(apdu: str) -> None:
    wire = Wire()
    wire.associate()
    assert wire.exchange(octets(apdu)) == octets("D80103")
    assert is_open(wire)


# ---------------------------------------------------------------- releasing


def test_a_release_is_answered_and_ends_the_association() -> None:
    wire = Wire()
    wire.associate()
    assert wire.exchange(octets("6203800100")) == octets("6303800100")
    assert not wire.connection.associations
    assert not is_open(wire)


def test_rule_3_a_bare_release_is_answered_in_kind() -> None:
    wire = Wire()
    wire.associate()
    assert wire.exchange(octets("6200")) == octets("6300")
    assert not is_open(wire)


def test_a_release_with_user_information_gets_what_was_agreed() -> None:
    wire = Wire()
    wire.associate(PUBLIC)
    request = acse.encode_release(acse.RLRQ, acse.Release(0, octets("01000000065F1F0400007E1F04B0")))
    response = acse.decode_release(wire.exchange(request, PUBLIC), acse.RLRE)
    agreed = InitiateResponse(READING, association.SERVER_MAX_PDU)
    assert initiate.decode_response(response.user_information or b"") == agreed


def test_a_release_of_nothing_is_answered_all_the_same() -> None:
    assert Wire().exchange(octets("6203800100"), PUBLIC) == octets("6303800100")


def test_a_malformed_release_is_refused_and_releases_nothing() -> None:
    wire = Wire()
    wire.associate()
    assert wire.exchange(octets("6205")) == octets("D80103")
    assert is_open(wire)


# ---------------------------------------------------------------- several clients on one connection


def test_rule_2_one_connection_carries_associations_of_several_clients() -> None:
    wire = Wire()
    wire.associate(PUBLIC)
    assert not is_open(wire, READER)
    wire.associate(READER)
    assert is_open(wire, PUBLIC)
    assert is_open(wire, READER)
    wire.exchange(octets("6200"), PUBLIC)
    assert not is_open(wire, PUBLIC)
    assert is_open(wire, READER)


def test_a_long_value_of_one_client_is_not_disturbed_by_another() -> None:
    wire = Wire()
    wire.associate(PUBLIC, max_pdu=40)
    wire.associate(READER, max_pdu=40)
    listing = wire.hold(client.get(ASSOCIATION), PUBLIC)
    seen = []
    buffer = wire.hold(client.get(PROFILE), READER, lambda: seen.append(wire.hold(client.get(ASSOCIATION), PUBLIC)))
    assert buffer == wire_buffer()
    assert len(seen) > 10
    assert set(seen) == {listing}


# ---------------------------------------------------------------- GET


@pytest.mark.parametrize("invoke", [0x00, 0x40, 0x51, 0xC1, 0xFF])
def test_rule_8_invoke_id_and_priority_come_back(invoke: int) -> None:
    wire = Wire()
    wire.associate()
    assert wire.exchange(get(CLOCK, invoke)) == bytes((0xC4, 1, invoke, 0)) + CLOCK_OCTETS


@pytest.mark.parametrize(
    ("source", "attribute", "result"),
    [
        (READER, Attribute(3, obis("1.0.99.99.99.255"), 2), 4),  # no such object
        (READER, Attribute(4, ENERGY.logical_name, 2), 9),  # another class
        (PUBLIC, ENERGY, 13),  # not for this association
        (PUBLIC, PROFILE, 13),
        (READER, Attribute(3, ENERGY.logical_name, 9), 3),  # no such attribute
        (READER, Attribute(3, ENERGY.logical_name, 0), 3),  # all attributes: not negotiated
        (READER, Attribute(3, ENERGY.logical_name, -1), 3),
        (READER, Attribute(15, ASSOCIATION.logical_name, 7), 3),  # the secret
    ],
)
def test_rule_8_each_refusal_has_its_own_result(source: int, attribute: Attribute, result: int) -> None:
    wire = Wire()
    wire.associate(source)
    assert wire.exchange(get(attribute), source) == bytes((0xC4, 1, 0xC1, 1, result))


def test_rule_12_all_attributes_at_once_are_not_asked_of_the_meter(monkeypatch: pytest.MonkeyPatch) -> None:
    wire = Wire()
    monkeypatch.setattr(wire.meter, "get", lambda *_: b"\x00")
    wire.associate()
    assert wire.exchange(get(ENERGY)) == octets("C401C10000")
    assert wire.exchange(get(ENERGY._replace(number=0))) == octets("C401C10103")


def test_the_logical_name_of_an_object_is_its_first_attribute() -> None:
    wire = Wire()
    wire.associate()
    assert wire.hold(client.get(ENERGY._replace(number=1))) == axdr.octet_string(ENERGY.logical_name)


def test_rule_4_a_list_keeps_its_order_and_each_item_its_own_result() -> None:
    wire = Wire()
    wire.associate()
    items = (NAME, Attribute(9, CLOCK.logical_name, 2), CLOCK, Attribute(1, bytes(6), 2), ENERGY)
    answers = wire.hold(client.get_list(tuple((attribute, None) for attribute in items)))
    assert answers == (
        axdr.octet_string(b"FER0000000000001"),
        DataAccessResult.OBJECT_CLASS_INCONSISTENT,
        CLOCK_OCTETS,
        DataAccessResult.OBJECT_UNDEFINED,
        axdr.double_long_unsigned(123_456),
    )


def test_an_empty_list_has_an_empty_answer() -> None:
    wire = Wire()
    wire.associate()
    assert wire.exchange(octets("C003C100")) == octets("C403C100")


# ---------------------------------------------------------------- long values


@pytest.mark.parametrize("max_pdu", [12, 13, 40, 128, 136, 137, 138, 139, 140, 265, 266, 267, 268, 269, 1024, 65535, 0])
def test_rule_4_no_block_is_longer_than_the_client_takes_and_none_is_missing(max_pdu: int) -> None:
    meter = SmallMeter(900)
    wire = Wire(meter)
    wire.associate(max_pdu=max_pdu)
    whole = meter.buffer(None)
    limit = min(max_pdu or 65535, blocks.MAXIMUM_BLOCK_PDU)
    assert isinstance(whole, bytes)
    assert len(whole) > blocks.MAXIMUM_BLOCK_PDU
    parts: list[bytes] = []
    apdu = get(PROFILE)
    last = False
    while not last:
        reply = wire.exchange(apdu)
        assert len(reply) <= limit
        block = xdlms.decode_response(reply)
        assert isinstance(block, ResultBlock)
        assert isinstance(block.answer, bytes)
        assert block.block == len(parts) + 1
        more = len(block.answer) + 1  # a block is as full as the limit allows: only the last may be shorter
        assert block.last or xdlms.BLOCK_OVERHEAD + len(axdr.length(more)) + more > limit
        parts.append(block.answer)
        last = block.last
        apdu = xdlms.encode_request(GetNext(0xC1, block.block))
    assert b"".join(parts) == whole
    assert wire.exchange(apdu)[-2:] == octets("0110")  # the transfer is over: no-long-get-in-progress


def test_a_value_that_fills_its_last_block_has_no_empty_one_after_it() -> None:
    """18 octets in blocks of two: an APDU of 12 octets has 10 of overhead and length."""
    wire = Wire()
    wire.associate(max_pdu=12)
    wire.exchange(get(NAME))
    replies = [wire.exchange(xdlms.encode_request(GetNext(0xC1, block))) for block in range(1, 9)]
    blocks = [xdlms.decode_response(reply) for reply in replies]
    assert [block.last for block in blocks if isinstance(block, ResultBlock)] == [False] * 7 + [True]
    assert [len(reply) for reply in replies] == [12] * 8


def test_a_value_that_just_fits_is_not_cut() -> None:
    whole = len(wire_buffer()) + 4
    for max_pdu, kind in ((whole, ResultNormal), (whole - 1, ResultBlock)):
        wire = Wire()
        wire.associate(max_pdu=max_pdu)
        assert isinstance(xdlms.decode_response(wire.exchange(get(PROFILE))), kind)


def test_rule_4_a_list_that_is_too_long_comes_in_blocks_too() -> None:
    wire = Wire()
    wire.associate(max_pdu=64)
    items = ((PROFILE, None), (Attribute(1, bytes(6), 2), None), (CLOCK, None))
    expected = (wire_buffer(), DataAccessResult.OBJECT_UNDEFINED, CLOCK_OCTETS)
    assert wire.hold(client.get_list(items)) == expected


def test_without_block_transfer_a_long_value_is_refused_not_cut() -> None:
    wire = Wire()
    wire.associate(conformance=Conformance.GET | Conformance.MULTIPLE_REFERENCES, max_pdu=64)
    assert wire.exchange(get(PROFILE)) == octets("C401C101FA")
    with_list = xdlms.encode_request(GetWithList(0xC1, ((PROFILE, None),)))
    assert wire.exchange(with_list) == blocks.TOO_LONG == octets("D80101")
    assert is_open(wire)


@pytest.mark.parametrize("wrong", [0, 2, 7, 0xFFFFFFFF])
def test_rule_4_a_wrong_block_number_aborts_the_transfer(wrong: int) -> None:
    wire = Wire()
    wire.associate(max_pdu=40)
    wire.exchange(get(PROFILE))
    reply = xdlms.decode_response(wire.exchange(xdlms.encode_request(GetNext(0xC5, wrong))))
    assert reply == ResultBlock(0xC5, True, wrong, DataAccessResult.DATA_BLOCK_NUMBER_INVALID)
    reply = xdlms.decode_response(wire.exchange(xdlms.encode_request(GetNext(0xC5, 1))))
    assert reply == ResultBlock(0xC5, True, 1, DataAccessResult.NO_LONG_GET_IN_PROGRESS)


@pytest.mark.parametrize("other", [get(CLOCK), b"\xc1\x01", b"\xff", b"\xc0", octets("C003C100")])
def test_rule_4_any_other_request_ends_a_transfer(other: bytes) -> None:
    wire = Wire()
    wire.associate(max_pdu=40)
    wire.exchange(get(PROFILE))
    assert wire.connection.associations[READER, 1].transfer is not None
    wire.exchange(other)
    assert wire.connection.associations[READER, 1].transfer is None
    reply = xdlms.decode_response(wire.exchange(xdlms.encode_request(GetNext(0xC1, 1))))
    assert reply == ResultBlock(0xC1, True, 1, DataAccessResult.NO_LONG_GET_IN_PROGRESS)
    assert wire.hold(client.get(PROFILE)) == wire_buffer()


def test_rule_9_a_long_value_is_a_snapshot_of_the_moment_it_was_asked_for() -> None:
    meter = SmallMeter()
    wire = Wire(meter)
    wire.associate(max_pdu=40)
    before = meter.buffer(None)
    assert wire.hold(client.get(PROFILE), READER, meter.capture) == before != meter.buffer(None)


def test_a_list_cannot_ask_for_more_than_the_server_holds(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = len(wire_buffer())
    monkeypatch.setattr(reading, "MAXIMUM_ANSWERS", 2 * whole)
    wire = Wire()
    wire.associate()
    answers = wire.hold(client.get_list(((PROFILE, None),) * 3))
    assert answers == (wire_buffer(), wire_buffer(), DataAccessResult.TEMPORARY_FAILURE)


# ---------------------------------------------------------------- the stream


def test_a_stream_in_pieces_of_one_octet_gets_the_same_replies() -> None:
    frames = [aarq(), get(CLOCK), get(ENERGY), octets("6200"), get(CLOCK)]
    stream = b"".join(wrapper.encode(Frame(PUBLIC, 1, apdu)) for apdu in frames)
    meter = SmallMeter()
    whole = server.receive(server.connect(), stream, meter)
    connection = server.connect()
    replies = b""
    for octet in stream:
        connection, part, close = server.receive(connection, bytes((octet,)), meter)
        assert not close
        replies += part
    assert (connection, replies) == (whole.connection, whole.octets)
    assert len(wrapper.split(replies)[0]) == len(frames)


@pytest.mark.parametrize("header", ["0002001000010001", "0001001000010801", "GET / HTTP/1.0"])
def test_what_is_no_wrapper_stream_closes_the_connection(header: str) -> None:
    stream = header.encode() if "/" in header else octets(header)
    wire = Wire()
    wire.associate()
    connection, replies, close = server.receive(wire.connection, stream, wire.meter)
    assert close
    assert replies == b""
    assert connection == server.connect()


def test_frames_before_a_broken_one_are_lost_with_the_connection() -> None:
    """The peer is out of step; an answer to what may never have been meant helps nobody."""
    stream = wrapper.encode(Frame(PUBLIC, 1, aarq())) + b"\xff" * 8
    assert server.receive(server.connect(), stream, SmallMeter()).close


# ---------------------------------------------------------------- the table


def test_every_state_has_an_action_for_every_event() -> None:
    assert set(server.TABLE) == {(state, event) for state in State for event in Event}


def test_only_an_aarq_leads_out_of_the_closed_state() -> None:
    for event, apdu in {
        Event.RLRQ: b"\x62\x00", Event.GET: get(CLOCK), Event.NEXT: b"\xc0\x02\xc1\x00\x00\x00\x01",
        Event.SET: b"\xc1", Event.SET_BLOCK: b"\xc1\x03", Event.ACTION: b"\xc3", Event.ACTION_NEXT: b"\xc3\x02",
        Event.ACTION_BLOCK: b"\xc3\x06", Event.OTHER: b"\xff",
    }.items():  # fmt: skip
        wire = Wire()
        assert server.event_of(apdu) is event
        wire.exchange(apdu)
        assert not wire.connection.associations


def test_the_exception_responses_mean_what_their_names_say() -> None:
    decoded = {name: xdlms.decode_exception(getattr(server, name))[:2] for name in ("NOT_ASSOCIATED", "UNKNOWN")}
    assert decoded == {
        "NOT_ASSOCIATED": (StateError.SERVICE_NOT_ALLOWED, ServiceError.OPERATION_NOT_POSSIBLE),
        "UNKNOWN": (StateError.SERVICE_UNKNOWN, ServiceError.SERVICE_NOT_SUPPORTED),
    }


def test_the_association_object_tells_the_terms_of_the_session_that_asks() -> None:
    wire = Wire()
    wire.associate(PUBLIC, max_pdu=777, conformance=Conformance.GET)
    partners = wire.hold(client.get(ASSOCIATION._replace(number=3)), PUBLIC)
    context = wire.hold(client.get(ASSOCIATION._replace(number=5)), PUBLIC)
    assert partners == octets("0202 0F10 120001")
    assert context == octets("0206 0418000010 120800 120309 1106 0F00 0900")


def test_the_list_of_results_reads_the_same_from_blocks_and_from_one_apdu() -> None:
    wire = Wire()
    wire.associate()
    items = ((CLOCK, None), (ENERGY, None))
    response = xdlms.decode_response(wire.exchange(xdlms.encode_request(GetWithList(0xC1, items))))
    assert isinstance(response, ResultList)
    wire.associate(max_pdu=12)
    assert wire.hold(client.get_list(items)) == response.answers


def test_a_session_knows_who_is_there() -> None:
    wire = Wire()
    wire.associate(max_pdu=500)
    assert wire.connection.associations[READER, 1].session == Session(READER, 1, Mechanism.LOW, READING, 500, 2048)
