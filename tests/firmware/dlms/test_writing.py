"""The SET service as a client sees it: one test per rule, named after it."""

import pytest
from dlms_host import CLOCK, COMMANDER, ENERGY, NAME, NOTE, PROFILE, PUBLIC, READER, SmallMeter, Wire, octets
from hypothesis import given
from hypothesis import strategies as st

from ferraris.firmware.dlms import axdr, blocks, client, server, xdlms, xdlms_parts, xdlms_set
from ferraris.firmware.dlms.acse import Mechanism
from ferraris.firmware.dlms.axdr import Data, Tag
from ferraris.firmware.dlms.host import COMMANDING, Attribute, Policy, Selection
from ferraris.firmware.dlms.initiate import Conformance
from ferraris.firmware.dlms.obis import obis
from ferraris.firmware.dlms.results import DataAccessResult
from ferraris.firmware.dlms.writing import Writing
from ferraris.firmware.dlms.xdlms import GetNormal
from ferraris.firmware.dlms.xdlms_parts import Block
from ferraris.firmware.dlms.xdlms_set import (
    SetBlock,
    SetFirstBlock,
    SetLast,
    SetListAndFirstBlock,
    SetNormal,
    SetReceived,
    SetRequest,
    SetWithList,
)

BEFORE = b"nothing yet"
HELLO = axdr.octet_string(b"hello")
DENIED = DataAccessResult.READ_WRITE_DENIED
SUCCESS = DataAccessResult.SUCCESS


def commanding(**terms: int) -> Wire:
    wire = Wire()
    wire.associate(COMMANDER, **terms)
    return wire


def ask(wire: Wire, request: SetRequest) -> bytes:
    return wire.exchange(xdlms_set.encode_request(request), COMMANDER)


def answer(wire: Wire, request: SetRequest) -> xdlms_set.SetResponse:
    return xdlms_set.decode_response(ask(wire, request))


def first(octets_: bytes, *, last: bool = False, number: int = 1) -> SetFirstBlock:
    return SetFirstBlock(0xC1, NOTE, None, Block(last, number, octets_))


def following(octets_: bytes, number: int, *, last: bool = False) -> SetBlock:
    return SetBlock(0xC1, Block(last, number, octets_))


def transfer(wire: Wire) -> object:
    return wire.connection.associations[COMMANDER, 1].transfer


def test_an_attribute_takes_the_value_and_shows_it() -> None:
    wire = commanding()
    assert wire.exchange(octets("C101C1 0001 00006032 00FF 02 00 0905 68656C6C6F"), COMMANDER) == octets("C501C100")
    assert wire.hold(client.get(NOTE), COMMANDER) == HELLO


def test_in_one_call_later_requests_see_what_earlier_ones_did() -> None:
    wire = commanding()
    frames = [xdlms_set.encode_request(SetNormal(0xC1, NOTE, None, axdr.decode(HELLO)))]
    frames.append(xdlms.encode_request(GetNormal(0xC1, NOTE)))
    stream = b"".join(server.wrapper.encode(server.Frame(COMMANDER, 1, apdu)) for apdu in frames)
    replies, _ = server.wrapper.split(server.receive(wire.connection, stream, wire.meter).octets)
    assert replies[1].apdu == octets("C401C100") + HELLO


@pytest.mark.parametrize("invoke", [0x00, 0x40, 0x51, 0xC1, 0xFF])
def test_rule_8_invoke_id_and_priority_of_a_set_come_back(invoke: int) -> None:
    wire = commanding()
    request = SetNormal(invoke, NOTE, None, axdr.decode(HELLO))
    assert ask(wire, request) == bytes((0xC5, 1, invoke, 0))


@pytest.mark.parametrize(
    ("attribute", "result"),
    [
        (Attribute(3, obis("1.0.99.99.99.255"), 2), 4),  # no such object
        (Attribute(4, ENERGY.logical_name, 2), 9),  # another class
        (ENERGY, 3),  # may only be read
        (NOTE._replace(number=1), 3),
        (NOTE._replace(number=9), 3),  # no such attribute
        (NOTE._replace(number=0), 3),  # all attributes: not negotiated
    ],
)
def test_rule_8_each_refusal_of_a_set_has_its_own_result(attribute: Attribute, result: int) -> None:
    wire = commanding()
    assert wire.hold(client.write(attribute, HELLO), COMMANDER) == result
    assert wire.meter.note == BEFORE


def test_rule_8_what_the_association_does_not_list_is_out_of_scope() -> None:
    wire = Wire()
    policy = Policy(Mechanism.LOWEST, conformance=COMMANDING)
    wire.meter.policy = lambda _: policy  # type: ignore[method-assign]
    wire.associate(PUBLIC, conformance=COMMANDING)
    assert wire.hold(client.write(NOTE, HELLO), PUBLIC) is DataAccessResult.SCOPE_OF_ACCESS_VIOLATED


def test_rule_8_a_value_of_the_wrong_type_is_type_unmatched() -> None:
    wire = commanding()
    assert wire.hold(client.write(NOTE, axdr.long_unsigned(7)), COMMANDER) is DataAccessResult.TYPE_UNMATCHED
    assert wire.meter.note == BEFORE


def test_rule_12_what_may_only_be_written_cannot_be_read() -> None:
    wire = commanding()
    secret = NOTE._replace(number=3)
    assert wire.hold(client.write(secret, HELLO), COMMANDER) is SUCCESS
    assert wire.hold(client.get(secret), COMMANDER) is DENIED


def test_rule_12_all_attributes_at_once_are_not_set_in_the_meter() -> None:
    wire = commanding()
    wire.meter.set = lambda *_: SUCCESS  # type: ignore[method-assign]
    assert wire.hold(client.write(ENERGY, HELLO), COMMANDER) is SUCCESS
    assert wire.hold(client.write(ENERGY._replace(number=0), HELLO), COMMANDER) is DENIED


# ---------------------------------------------------------------- what was negotiated

SELECTION = Selection(2, Data(Tag.NULL_DATA))
VALUE = axdr.decode(HELLO)
LIST = SetWithList(0xC1, ((NOTE, None),), (VALUE,))
LIST_BLOCK = SetListAndFirstBlock(0xC1, ((NOTE, None),), Block(True, 1, b"\x01" + HELLO))


@pytest.mark.parametrize(
    ("missing", "request_"),
    [
        (Conformance.SET, SetNormal(0xC1, NOTE, None, VALUE)),
        (Conformance.SET, first(HELLO, last=True)),
        (Conformance.SET, following(HELLO, 1, last=True)),
        (Conformance.SET, LIST),
        (Conformance.BLOCK_TRANSFER_WITH_SET, first(HELLO, last=True)),
        (Conformance.BLOCK_TRANSFER_WITH_SET, following(HELLO, 1, last=True)),
        (Conformance.MULTIPLE_REFERENCES, LIST),
        (Conformance.MULTIPLE_REFERENCES, LIST_BLOCK),
        (Conformance.BLOCK_TRANSFER_WITH_SET, LIST_BLOCK),
    ],
)
def test_rule_3_a_form_of_set_that_was_not_negotiated_is_refused(missing: Conformance, request_: SetRequest) -> None:
    wire = commanding(conformance=COMMANDING & ~missing)
    assert ask(wire, request_) == octets("D80102")
    assert wire.meter.note == BEFORE
    assert transfer(wire) is None


def test_rule_3_a_reader_gets_no_set_whatever_it_proposes() -> None:
    wire = Wire()
    wire.associate(READER, conformance=COMMANDING)
    request = xdlms_set.encode_request(SetNormal(0xC1, NOTE, None, VALUE))
    assert wire.exchange(request, READER) == octets("D80102")


def test_the_bits_of_set_and_action_are_those_of_the_standard() -> None:
    """Bits 12, 13, 20 and 23 of the conformance block, from the top of 24 (recalled; both peers agree on them)."""
    bits = {23 - bit for bit in (12, 13, 20, 23)}
    wanted = Conformance.SET | Conformance.ACTION
    wanted |= Conformance.BLOCK_TRANSFER_WITH_SET | Conformance.BLOCK_TRANSFER_WITH_ACTION
    assert wanted == sum(1 << bit for bit in bits)
    assert wire_conformance(commanding()) == 0x005214 | wanted


def wire_conformance(wire: Wire) -> int:
    return wire.connection.associations[COMMANDER, 1].session.conformance


def test_a_selection_that_was_not_negotiated_sets_nothing() -> None:
    wire = commanding(conformance=COMMANDING & ~Conformance.SELECTIVE_ACCESS)
    wire.meter.set = lambda *_: pytest.fail("the meter was asked")  # type: ignore[method-assign]
    assert wire.hold(client.write(NOTE, HELLO, SELECTION), COMMANDER) is DataAccessResult.OTHER_REASON


# ---------------------------------------------------------------- lists


def test_rule_4_a_list_is_set_in_order_and_each_item_has_its_own_result() -> None:
    wire = commanding()
    items = ((NOTE, None), (ENERGY, None), (NOTE, None), (NOTE, None))
    values = (HELLO, HELLO, axdr.long(1), axdr.octet_string(b"last"))
    results = wire.hold(client.write_list(items, values), COMMANDER)
    assert results == (SUCCESS, DENIED, DataAccessResult.TYPE_UNMATCHED, SUCCESS)
    assert wire.meter.note == b"last"


@pytest.mark.parametrize(("count", "fits"), [(8, True), (9, False)])
def test_a_list_whose_results_do_not_fit_sets_nothing(count: int, fits: bool) -> None:
    """12 octets: tag, form, invoke-id, number, and 8 results."""
    wire = commanding(max_pdu=12)
    reply = ask(wire, SetWithList(0xC1, ((NOTE, None),) * count, (VALUE,) * count))
    assert reply == (octets("C505C108") + bytes(8) if fits else octets("D80101"))
    assert wire.meter.note == (b"hello" if fits else BEFORE)


@pytest.mark.parametrize(("count", "fits"), [(4, True), (5, False)])
def test_a_list_in_blocks_whose_results_do_not_fit_sets_nothing(count: int, fits: bool) -> None:
    wire = commanding(max_pdu=12)
    block = Block(True, 1, bytes((count,)) + HELLO * count)
    reply = ask(wire, SetListAndFirstBlock(0xC1, ((NOTE, None),) * count, block))
    assert reply == (octets("C504C104 00000000 00000001") if fits else octets("D80101"))
    assert wire.meter.note == (b"hello" if fits else BEFORE)


# ---------------------------------------------------------------- blocks


def test_rule_4_a_long_value_is_set_when_its_last_block_is_there() -> None:
    wire = commanding()
    assert answer(wire, first(HELLO[:3])) == SetReceived(0xC1, 1)
    assert answer(wire, following(HELLO[3:5], 2)) == SetReceived(0xC1, 2)
    assert wire.meter.note == BEFORE
    assert answer(wire, following(HELLO[5:], 3, last=True)) == SetLast(0xC1, SUCCESS, 3)
    assert wire.meter.note == b"hello"
    assert transfer(wire) is None


@given(st.binary(max_size=3000), st.integers(64, 2048))
def test_our_client_sets_a_value_of_any_length_in_apdus_of_any_length(note: bytes, max_pdu: int) -> None:
    wire = commanding()
    lengths: list[int] = []
    exchange = wire.exchange
    wire.exchange = lambda apdu, *to: lengths.append(len(apdu)) or exchange(apdu, *to)  # type: ignore[method-assign, func-returns-value]
    assert wire.hold(client.write(NOTE, axdr.octet_string(note), max_pdu=max_pdu), COMMANDER) is SUCCESS
    assert wire.meter.note == note
    assert max(lengths) <= max_pdu
    # Every block but first and last is full; at 137 and 266 one more octet would need a longer length.
    assert all(length == max_pdu or max_pdu in {137, 266} for length in lengths[1:-1])


def test_a_list_with_long_values_comes_in_blocks_too() -> None:
    wire = commanding()
    values = (axdr.octet_string(bytes(300)), HELLO, axdr.octet_string(b"x" * 300))
    items = ((NOTE, None), (ENERGY, None), (NOTE, None))
    assert wire.hold(client.write_list(items, values, max_pdu=128), COMMANDER) == (SUCCESS, DENIED, SUCCESS)
    assert wire.meter.note == b"x" * 300


@pytest.mark.parametrize("number", [0, 1, 3, 0xFFFFFFFF])
def test_rule_4_a_wrong_block_number_ends_a_long_set(number: int) -> None:
    wire = commanding()
    ask(wire, first(HELLO[:3]))
    reply = answer(wire, following(HELLO[3:], number, last=True))
    assert reply == SetLast(0xC1, DataAccessResult.DATA_BLOCK_NUMBER_INVALID, number)
    reply = answer(wire, following(HELLO[3:], 2, last=True))
    assert reply == SetLast(0xC1, DataAccessResult.NO_LONG_SET_IN_PROGRESS, 2)
    assert wire.meter.note == BEFORE


def test_rule_4_the_first_block_has_the_number_one() -> None:
    wire = commanding()
    reply = answer(wire, first(HELLO, last=True, number=2))
    assert reply == SetLast(0xC1, DataAccessResult.DATA_BLOCK_NUMBER_INVALID, 2)


@pytest.mark.parametrize(
    "other",
    [
        xdlms.encode_request(GetNormal(0xC1, CLOCK)),
        octets("C002C100000001"),
        xdlms_set.encode_request(SetNormal(0xC1, ENERGY, None, VALUE)),
        octets("C301C1 0009 0000 0A00 64FF 01 00"),
        octets("C302C100000001"),
        octets("C306C1 01 00000002 00"),
        b"\xc1",
        b"\xff",
    ],
)
def test_rule_4_any_other_request_ends_a_long_set(other: bytes) -> None:
    wire = commanding()
    ask(wire, first(HELLO[:3]))
    assert isinstance(transfer(wire), Writing)
    wire.exchange(other, COMMANDER)
    assert not isinstance(transfer(wire), Writing)
    reply = answer(wire, following(HELLO[3:], 2, last=True))
    assert reply == SetLast(0xC1, DataAccessResult.NO_LONG_SET_IN_PROGRESS, 2)
    assert wire.meter.note == BEFORE


def test_a_set_ends_a_long_get() -> None:
    wire = commanding(max_pdu=40)
    wire.exchange(xdlms.encode_request(GetNormal(0xC1, PROFILE)), COMMANDER)
    assert transfer(wire) is not None
    ask(wire, SetNormal(0xC1, NOTE, None, VALUE))
    assert transfer(wire) is None


@pytest.mark.parametrize("value", [b"", HELLO[:-1], HELLO + b"\x00", b"\x09\x05", b"\xfe"])
def test_blocks_that_add_up_to_no_value_set_nothing(value: bytes) -> None:
    wire = commanding()
    assert answer(wire, first(value, last=True)) == SetLast(0xC1, DataAccessResult.TYPE_UNMATCHED, 1)
    assert wire.meter.note == BEFORE


@pytest.mark.parametrize("value", [b"", b"\x01" + HELLO, b"\x03" + HELLO * 3, b"\x02" + HELLO, HELLO * 2])
def test_blocks_of_a_list_have_to_hold_one_value_for_each_item(value: bytes) -> None:
    wire = commanding()
    reply = answer(wire, SetListAndFirstBlock(0xC1, ((NOTE, None),) * 2, Block(True, 1, value)))
    assert reply == SetLast(0xC1, DataAccessResult.TYPE_UNMATCHED, 1)
    assert wire.meter.note == BEFORE


def test_a_long_set_cannot_make_the_meter_hold_more_than_its_limit() -> None:
    wire = commanding()
    piece = bytes(1024)
    assert answer(wire, first(piece)) == SetReceived(0xC1, 1)
    for number in range(2, blocks.MAXIMUM_VALUE // 1024 + 1):
        assert answer(wire, following(piece, number)) == SetReceived(0xC1, number)
    held = transfer(wire)
    assert isinstance(held, Writing)
    assert len(held.value.octets) == blocks.MAXIMUM_VALUE
    reply = answer(wire, following(b"\x00", held.value.block + 1))
    assert reply == SetLast(0xC1, DataAccessResult.LONG_SET_ABORTED, held.value.block + 1)
    assert transfer(wire) is None


def test_a_long_set_of_one_client_is_not_disturbed_by_another() -> None:
    wire = commanding()
    wire.associate(READER)
    ask(wire, first(HELLO[:3]))
    assert wire.hold(client.get(NAME), READER) == axdr.octet_string(b"FER0000000000001")
    assert answer(wire, following(HELLO[3:], 2, last=True)) == SetLast(0xC1, SUCCESS, 2)


@pytest.mark.parametrize("apdu", ["C1", "C101", "C101C1", "C106C100", "C100C1", "C101C1 0001 0000603200FF 02 00",
                                  "C101C1 0001 0000603200FF 02 00 0905 68", "C103C1 01 00000001 05 00"])  # fmt: skip
def test_a_malformed_set_is_refused_and_the_association_stays(apdu: str) -> None:
    wire = commanding()
    assert wire.exchange(octets(apdu), COMMANDER) == octets("D80103")
    assert wire.hold(client.write(NOTE, HELLO), COMMANDER) is SUCCESS


def test_values_of_a_list_are_cut_from_their_number_and_themselves() -> None:
    assert xdlms_parts.encode_values((VALUE, VALUE)) == b"\x02" + HELLO * 2


def test_a_meter_without_a_commander_is_not_asked() -> None:
    meter = SmallMeter()
    meter.set = lambda *_: pytest.fail("the meter was asked")  # type: ignore[method-assign]
    assert Wire(meter).exchange(octets("C101C1"), COMMANDER) == octets("D80101")
