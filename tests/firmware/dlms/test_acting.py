"""The ACTION service as a client sees it: one test per rule, named after it."""

import pytest
from dlms_host import CLOCK, COMMANDER, ECHO, EXECUTE, READER, Wire, octets
from hypothesis import given
from hypothesis import strategies as st
from test_writing import commanding, transfer

from ferraris.firmware.dlms import acting, axdr, blocks, client, xdlms, xdlms_action
from ferraris.firmware.dlms.acting import Calling, Returning
from ferraris.firmware.dlms.axdr import Data, Tag
from ferraris.firmware.dlms.host import COMMANDING, ActionAnswer, Method
from ferraris.firmware.dlms.initiate import Conformance
from ferraris.firmware.dlms.results import ActionResult, DataAccessResult
from ferraris.firmware.dlms.xdlms import GetNormal
from ferraris.firmware.dlms.xdlms_action import (
    ActionBlock,
    ActionFirstBlock,
    ActionListAndFirstBlock,
    ActionNext,
    ActionNormal,
    ActionReceived,
    ActionRequest,
    ActionResponse,
    ActionResultBlock,
    ActionResultList,
    ActionResultNormal,
    ActionWithList,
)
from ferraris.firmware.dlms.xdlms_parts import Block

SCRIPT_3 = axdr.long_unsigned(3)
DONE = ActionResult.SUCCESS


def ask(wire: Wire, request: ActionRequest) -> bytes:
    return wire.exchange(xdlms_action.encode_request(request), COMMANDER)


def answer(wire: Wire, request: ActionRequest) -> ActionResponse:
    return xdlms_action.decode_response(ask(wire, request))


def refused(result: ActionResult) -> ActionResultNormal:
    return ActionResultNormal(0xC1, ActionAnswer(result))


def first(octets_: bytes, *, last: bool = False, number: int = 1, method: Method = EXECUTE) -> ActionFirstBlock:
    return ActionFirstBlock(0xC1, method, Block(last, number, octets_))


def following(octets_: bytes, number: int, *, last: bool = False) -> ActionBlock:
    return ActionBlock(0xC1, Block(last, number, octets_))


def test_a_method_is_called_with_its_parameter() -> None:
    wire = commanding()
    assert wire.exchange(octets("C301C1 0009 00000A0064FF 01 01 120003"), COMMANDER) == octets("C701C1 00 00")
    assert wire.meter.ran == [3]


def test_what_a_method_returns_comes_with_its_result() -> None:
    wire = commanding()
    reply = wire.exchange(octets("C301C1 0009 00000A0064FF 02 01 120003"), COMMANDER)
    assert reply == octets("C701C1 00 01 00 0101 120003")


@pytest.mark.parametrize("parameter", ["00", "01 00"])
def test_no_parameter_and_null_data_are_the_same_to_the_meter(parameter: str) -> None:
    wire = commanding()
    seen: list[object] = []
    wire.meter.act = lambda _s, _m, given: seen.append(given) or ActionAnswer(DONE)  # type: ignore[method-assign, func-returns-value]
    assert wire.exchange(octets(f"C301C1 0009 00000A0064FF 01 {parameter}"), COMMANDER) == octets("C701C1 00 00")
    assert seen == [None]


@pytest.mark.parametrize("invoke", [0x00, 0x40, 0x51, 0xC1, 0xFF])
def test_rule_8_invoke_id_and_priority_of_an_action_come_back(invoke: int) -> None:
    reply = ask(commanding(), ActionNormal(invoke, EXECUTE, axdr.decode(SCRIPT_3)))
    assert reply == bytes((0xC7, 1, invoke, 0, 0))


@pytest.mark.parametrize(
    ("method", "result"),
    [
        (Method(9, bytes(6), 1), 4),  # no such object
        (Method(10, EXECUTE.logical_name, 1), 9),  # another class
        (Method(8, CLOCK.logical_name, 1), 3),  # an object without methods
        (EXECUTE._replace(number=3), 3),  # no such method
        (EXECUTE._replace(number=0), 3),
        (EXECUTE._replace(number=-1), 3),
    ],
)
def test_rule_8_each_refusal_of_an_action_has_its_own_result(method: Method, result: int) -> None:
    wire = commanding()
    assert wire.hold(client.act(method, SCRIPT_3), COMMANDER) == ActionAnswer(ActionResult(result))
    assert wire.meter.ran == []


def test_rule_8_a_parameter_of_the_wrong_type_is_type_unmatched() -> None:
    wire = commanding()
    assert wire.hold(client.act(EXECUTE, axdr.unsigned(3)), COMMANDER).result is ActionResult.TYPE_UNMATCHED
    assert wire.meter.ran == []


# ---------------------------------------------------------------- what was negotiated

CALL = ActionNormal(0xC1, EXECUTE, axdr.decode(SCRIPT_3))
LIST = ActionWithList(0xC1, (EXECUTE,), (axdr.decode(SCRIPT_3),))
LIST_BLOCK = ActionListAndFirstBlock(0xC1, (EXECUTE,), Block(True, 1, b"\x01" + SCRIPT_3))


@pytest.mark.parametrize(
    ("missing", "request_"),
    [
        (Conformance.ACTION, CALL),
        (Conformance.ACTION, LIST),
        (Conformance.ACTION, ActionNext(0xC1, 1)),
        (Conformance.ACTION, first(SCRIPT_3, last=True)),
        (Conformance.BLOCK_TRANSFER_WITH_ACTION, ActionNext(0xC1, 1)),
        (Conformance.BLOCK_TRANSFER_WITH_ACTION, first(SCRIPT_3, last=True)),
        (Conformance.BLOCK_TRANSFER_WITH_ACTION, following(SCRIPT_3, 1, last=True)),
        (Conformance.BLOCK_TRANSFER_WITH_ACTION, LIST_BLOCK),
        (Conformance.MULTIPLE_REFERENCES, LIST),
        (Conformance.MULTIPLE_REFERENCES, LIST_BLOCK),
    ],
)
def test_rule_3_a_form_of_action_that_was_not_negotiated_is_refused(
    missing: Conformance, request_: ActionRequest
) -> None:
    wire = commanding(conformance=COMMANDING & ~missing)
    assert ask(wire, request_) == octets("D80102")
    assert wire.meter.ran == []
    assert transfer(wire) is None


def test_rule_3_a_reader_gets_no_action_whatever_it_proposes() -> None:
    wire = Wire()
    wire.associate(READER, conformance=COMMANDING)
    assert wire.exchange(xdlms_action.encode_request(CALL), READER) == octets("D80102")


# ---------------------------------------------------------------- lists


def test_rule_4_methods_of_a_list_are_called_in_order_and_each_has_its_own_answer() -> None:
    wire = commanding()
    calls = (
        (EXECUTE, axdr.long_unsigned(1)),
        (EXECUTE, None),
        (Method(9, bytes(6), 1), None),
        (ECHO, axdr.unsigned(7)),
        (EXECUTE, axdr.long_unsigned(2)),
    )
    assert wire.hold(client.act_list(calls), COMMANDER) == (
        ActionAnswer(DONE),
        ActionAnswer(ActionResult.TYPE_UNMATCHED),
        ActionAnswer(ActionResult.OBJECT_UNDEFINED),
        ActionAnswer(DONE, octets("0101 1107")),
        ActionAnswer(DONE),
    )
    assert wire.meter.ran == [1, 2]


def test_a_list_whose_results_cannot_be_told_calls_nothing() -> None:
    """Two answers of four octets each, without their data, behind four octets of head."""
    conformance = COMMANDING & ~Conformance.BLOCK_TRANSFER_WITH_ACTION
    request = ActionWithList(0xC1, (EXECUTE,) * 3, (axdr.decode(SCRIPT_3),) * 3)
    wire = commanding(conformance=conformance, max_pdu=15)
    assert ask(wire, request) == octets("D80101")
    assert wire.meter.ran == []
    wire = commanding(conformance=conformance, max_pdu=16)
    assert ask(wire, request) == octets("C703C103 0000 0000 0000")
    assert wire.meter.ran == [3, 3, 3]


# ---------------------------------------------------------------- long answers


@pytest.mark.parametrize("max_pdu", [12, 13, 40, 128, 136, 137, 138, 265, 266, 267, 1024, 0xFFFF, 0])
def test_rule_4_a_long_answer_comes_in_blocks_that_the_client_takes(max_pdu: int) -> None:
    wire = commanding(max_pdu=max_pdu)
    wire.meter.echoes = 9000
    whole = b"\x01\x82\x23\x28" + b"\x11\x07" * 9000
    limit = min(max_pdu or 0xFFFF, blocks.MAXIMUM_BLOCK_PDU)
    parts: list[bytes] = []
    reply = ask(wire, ActionNormal(0xC1, ECHO, Data(Tag.UNSIGNED, 7)))
    if max_pdu in {0xFFFF, 0}:
        assert len(whole) > limit
    while True:
        assert len(reply) <= limit
        block = xdlms_action.decode_response(reply)
        assert isinstance(block, ActionResultBlock)
        assert block.block.number == len(parts) + 1
        more = len(block.block.octets) + 1
        assert block.block.last or 8 + len(axdr.length(more)) + more > limit
        parts.append(block.block.octets)
        if block.block.last:
            break
        reply = ask(wire, ActionNext(0xC1, block.block.number))
    assert b"".join(parts) == whole
    assert answer(wire, ActionNext(0xC1, len(parts))) == refused(ActionResult.NO_LONG_ACTION_IN_PROGRESS)


@given(st.integers(0, 2000), st.integers(12, 300), st.integers(1, 4))
def test_our_client_collects_answers_of_any_length(echoes: int, max_pdu: int, calls: int) -> None:
    wire = commanding(max_pdu=max_pdu)
    wire.meter.echoes = echoes
    returned = ActionAnswer(DONE, axdr.array([b"\x11\x07"] * echoes))
    assert wire.hold(client.act(ECHO, b"\x11\x07"), COMMANDER) == returned
    assert wire.hold(client.act_list(((ECHO, b"\x11\x07"),) * calls), COMMANDER) == (returned,) * calls


def test_without_block_transfer_the_result_is_told_and_the_data_give_way() -> None:
    wire = commanding(conformance=COMMANDING & ~Conformance.BLOCK_TRANSFER_WITH_ACTION, max_pdu=64)
    wire.meter.echoes = 100
    assert ask(wire, ActionNormal(0xC1, ECHO, Data(Tag.UNSIGNED, 7))) == octets("C701C1 00 01 01 FA")
    dropped = ActionAnswer(DONE, DataAccessResult.OTHER_REASON)
    assert wire.hold(client.act_list(((ECHO, b"\x11\x07"), (EXECUTE, SCRIPT_3))), COMMANDER) == (
        dropped,
        ActionAnswer(DONE),
    )


def test_the_answers_of_a_list_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(acting, "MAXIMUM_ANSWERS", 500)
    wire = commanding()
    wire.meter.echoes = 100  # 202 octets each
    answers = wire.hold(client.act_list(((ECHO, b"\x11\x07"),) * 3), COMMANDER)
    assert [isinstance(one.data, bytes) for one in answers] == [True, True, False]
    assert [one.result for one in answers] == [DONE] * 3


@pytest.mark.parametrize("wrong", [0, 2, 0xFFFFFFFF])
def test_rule_4_a_wrong_block_number_ends_a_long_answer(wrong: int) -> None:
    wire = commanding(max_pdu=40)
    wire.meter.echoes = 100
    ask(wire, ActionNormal(0xC1, ECHO, Data(Tag.UNSIGNED, 7)))
    assert isinstance(transfer(wire), Returning)
    assert answer(wire, ActionNext(0xC1, wrong)) == refused(ActionResult.LONG_ACTION_ABORTED)
    assert answer(wire, ActionNext(0xC1, 1)) == refused(ActionResult.NO_LONG_ACTION_IN_PROGRESS)


OTHERS = [
    xdlms.encode_request(GetNormal(0xC1, CLOCK)),
    octets("C002C100000001"),
    octets("C101C1 0001 00006032 00FF 02 00 0900"),
    octets("C103C1 01 00000002 00"),
    xdlms_action.encode_request(ActionNormal(0xC1, EXECUTE)),
    b"\xc3",
    b"\xff",
]


@pytest.mark.parametrize("other", [*OTHERS, octets("C306C1 01 00000002 00")])
def test_rule_4_any_other_request_ends_a_long_answer(other: bytes) -> None:
    wire = commanding(max_pdu=40)
    wire.meter.echoes = 100
    ask(wire, ActionNormal(0xC1, ECHO, Data(Tag.UNSIGNED, 7)))
    wire.exchange(other, COMMANDER)
    assert answer(wire, ActionNext(0xC1, 1)) == refused(ActionResult.NO_LONG_ACTION_IN_PROGRESS)


# ---------------------------------------------------------------- long parameters


def test_rule_4_a_method_is_called_when_the_last_block_of_its_parameter_is_there() -> None:
    wire = commanding()
    assert answer(wire, first(SCRIPT_3[:1])) == ActionReceived(0xC1, 1)
    assert answer(wire, following(SCRIPT_3[1:2], 2)) == ActionReceived(0xC1, 2)
    assert wire.meter.ran == []
    assert answer(wire, following(SCRIPT_3[2:], 3, last=True)) == refused(DONE)
    assert wire.meter.ran == [3]
    assert answer(wire, following(SCRIPT_3[2:], 3, last=True)) == refused(ActionResult.NO_LONG_ACTION_IN_PROGRESS)
    assert wire.meter.ran == [3]


@given(st.binary(max_size=2000), st.integers(64, 2048))
def test_our_client_gives_parameters_of_any_length_and_gets_them_back(given_: bytes, max_pdu: int) -> None:
    """Blocks in both directions in one service."""
    wire = commanding(max_pdu=64)
    parameter = axdr.octet_string(given_)
    expected = ActionAnswer(DONE, b"\x01\x01" + parameter)
    assert wire.hold(client.act(ECHO, parameter, max_pdu), COMMANDER) == expected
    calls = ((ECHO, parameter), (EXECUTE, SCRIPT_3), (ECHO, parameter))
    assert wire.hold(client.act_list(calls, max_pdu), COMMANDER) == (expected, ActionAnswer(DONE), expected)


@pytest.mark.parametrize("number", [0, 1, 3, 0xFFFFFFFF])
def test_rule_4_a_wrong_block_number_ends_a_long_parameter(number: int) -> None:
    wire = commanding()
    ask(wire, first(SCRIPT_3[:1]))
    assert answer(wire, following(SCRIPT_3[1:], number, last=True)) == refused(ActionResult.LONG_ACTION_ABORTED)
    assert answer(wire, following(SCRIPT_3[1:], 2, last=True)) == refused(ActionResult.NO_LONG_ACTION_IN_PROGRESS)
    assert wire.meter.ran == []


@pytest.mark.parametrize("other", [*OTHERS, octets("C302C100000001")])
def test_rule_4_any_other_request_ends_a_long_parameter(other: bytes) -> None:
    wire = commanding()
    ask(wire, first(SCRIPT_3[:1]))
    assert isinstance(transfer(wire), Calling)
    wire.exchange(other, COMMANDER)
    assert answer(wire, following(SCRIPT_3[1:], 2, last=True)) == refused(ActionResult.NO_LONG_ACTION_IN_PROGRESS)
    assert wire.meter.ran == []


@pytest.mark.parametrize("parameter", [b"", SCRIPT_3[:-1], SCRIPT_3 + b"\x00", b"\xfe"])
def test_blocks_that_add_up_to_no_parameter_call_nothing(parameter: bytes) -> None:
    wire = commanding()
    wire.meter.act = lambda *_: pytest.fail("the meter was asked")  # type: ignore[method-assign]
    assert answer(wire, first(parameter, last=True)) == refused(ActionResult.TYPE_UNMATCHED)


@pytest.mark.parametrize("value", [b"\x01" + SCRIPT_3, b"\x03" + SCRIPT_3 * 3, b"\x02" + SCRIPT_3])
def test_blocks_of_a_list_have_to_hold_one_parameter_for_each_method(value: bytes) -> None:
    wire = commanding()
    reply = answer(wire, ActionListAndFirstBlock(0xC1, (EXECUTE, EXECUTE), Block(True, 1, value)))
    assert reply == refused(ActionResult.TYPE_UNMATCHED)
    assert wire.meter.ran == []


def test_a_long_parameter_cannot_make_the_meter_hold_more_than_its_limit() -> None:
    wire = commanding()
    piece = bytes(1024)
    ask(wire, first(piece))
    for number in range(2, blocks.MAXIMUM_VALUE // 1024 + 1):
        assert answer(wire, following(piece, number)) == ActionReceived(0xC1, number)
    held = transfer(wire)
    assert isinstance(held, Calling)
    assert len(held.value.octets) == blocks.MAXIMUM_VALUE
    assert answer(wire, following(b"\x00", held.value.block + 1)) == refused(ActionResult.LONG_ACTION_ABORTED)
    assert transfer(wire) is None


CUT = "C301C1 0009 00000A0064FF 01"


@pytest.mark.parametrize("apdu", ["C3", "C301", "C301C1", "C307C100", "C300C1", CUT, CUT + "01", "C302C1000000",
                                  CUT + "00 00"])  # fmt: skip
def test_a_malformed_action_is_refused_and_the_association_stays(apdu: str) -> None:
    wire = commanding()
    assert wire.exchange(octets(apdu), COMMANDER) == octets("D80103")
    assert wire.hold(client.act(EXECUTE, SCRIPT_3), COMMANDER).result is DONE


def test_an_empty_list_has_an_empty_answer() -> None:
    wire = commanding()
    assert ask(wire, ActionWithList(0xC1, (), ())) == xdlms_action.encode_response(ActionResultList(0xC1, ()))
    assert wire.exchange(octets("C104C1 00 00"), COMMANDER) == octets("C505C1 00")
