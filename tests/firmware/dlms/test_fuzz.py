"""Hostile octets against the whole server: it never raises, never hangs, never loses step, never grants anything."""

from dlms_host import (
    ASSOCIATION,
    CLOCK,
    COMMANDER,
    ECHO,
    ENERGY,
    EXECUTE,
    NOTE,
    PASSWORD,
    PROFILE,
    PUBLIC,
    READER,
    SmallMeter,
    Wire,
)
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from test_xdlms import REQUESTS
from test_xdlms_action import ACTION_REQUESTS, METHODS
from test_xdlms_set import SET_REQUESTS

from ferraris.firmware.dlms import acse, client, server, wrapper, xdlms, xdlms_action, xdlms_set
from ferraris.firmware.dlms.acse import Mechanism
from ferraris.firmware.dlms.association import SERVER_MAX_PDU
from ferraris.firmware.dlms.axdr import Data, Tag
from ferraris.firmware.dlms.host import COMMANDING, Attribute, Method
from ferraris.firmware.dlms.initiate import Conformance
from ferraris.firmware.dlms.wrapper import HEADER, Frame
from ferraris.firmware.dlms.xdlms import GetNext, GetNormal, GetWithList
from ferraris.firmware.dlms.xdlms_parts import Block

METER = SmallMeter(40)
SAPS = st.sampled_from([0, 1, READER, 3, PUBLIC, COMMANDER, COMMANDER, 0xFFFF])
KNOWN = st.sampled_from([CLOCK, ENERGY, PROFILE, ASSOCIATION, Attribute(3, bytes(6), 2)])
SERVICES = st.sampled_from(sorted(first[0] for first in server.EVENTS)) | st.integers(0, 255)


def opening(dialogue: client.Dialogue[object]) -> bytes:
    return next(dialogue)


COMMANDS = [
    xdlms_set.encode_request(xdlms_set.SetNormal(0xC1, NOTE, None, Data(Tag.OCTET_STRING, b"note"))),
    xdlms_set.encode_request(xdlms_set.SetFirstBlock(0xC1, NOTE, None, Block(False, 1, b"\x09"))),
    xdlms_set.encode_request(xdlms_set.SetBlock(0xC1, Block(False, 2, b"\x01"))),
    xdlms_set.encode_request(xdlms_set.SetBlock(0xC1, Block(True, 3, b"x"))),
    xdlms_action.encode_request(xdlms_action.ActionNormal(0xC1, EXECUTE, Data(Tag.LONG_UNSIGNED, 1))),
    xdlms_action.encode_request(xdlms_action.ActionNormal(0xC1, ECHO, Data(Tag.OCTET_STRING, bytes(100)))),
    xdlms_action.encode_request(xdlms_action.ActionFirstBlock(0xC1, ECHO, Block(False, 1, b"\x09"))),
    xdlms_action.encode_request(xdlms_action.ActionBlock(0xC1, Block(True, 2, b"\x01x"))),
    xdlms_action.encode_request(xdlms_action.ActionNext(0xC1, 1)),
]
"""What a commander may say; each of them fits behind some other."""

VALID = st.one_of(
    st.builds(lambda size: opening(client.associate(None, max_pdu=size)), st.sampled_from([0, 12, 40, 500])),
    st.builds(lambda size: opening(client.associate(PASSWORD, max_pdu=size)), st.sampled_from([0, 12, 40, 500])),
    st.builds(lambda attribute: xdlms.encode_request(GetNormal(0xC1, attribute)), KNOWN),
    st.builds(lambda block: xdlms.encode_request(GetNext(0xC1, block)), st.integers(0, 5)),
    st.lists(KNOWN, max_size=4).map(lambda of: xdlms.encode_request(GetWithList(0xC1, tuple((a, None) for a in of)))),
    st.builds(
        lambda size: opening(client.associate(PASSWORD, COMMANDING, max_pdu=size)), st.sampled_from([0, 12, 40, 500])
    ),
    st.sampled_from(COMMANDS),
    REQUESTS.map(xdlms.encode_request),
    SET_REQUESTS.map(xdlms_set.encode_request),
    ACTION_REQUESTS.map(xdlms_action.encode_request),
    st.sampled_from([b"\x62\x00", bytes.fromhex("6203800100"), b""]),
)


@st.composite
def mutated(draw: st.DrawFn) -> bytes:
    """A valid APDU with some octets changed, cut out, doubled or put in."""
    apdu = bytearray(draw(VALID))
    for _ in range(draw(st.integers(0, 3))):
        at = draw(st.integers(0, len(apdu)))
        match draw(st.integers(0, 3)):
            case 0:
                apdu[at : at + 1] = draw(st.binary(max_size=2))
            case 1:
                del apdu[at : at + draw(st.integers(1, 8))]
            case 2:
                apdu[at:at] = apdu[at : at + draw(st.integers(1, 16))]
            case _:
                apdu[at:at] = draw(st.binary(max_size=6))
    return bytes(apdu)[:SERVER_MAX_PDU]


APDUS = VALID | mutated() | st.builds(lambda tag, rest: bytes((tag,)) + rest, SERVICES, st.binary(max_size=60))


@given(st.lists(st.tuples(SAPS, SAPS, APDUS), max_size=12), st.data())
@settings(max_examples=200)
def test_a_hostile_dialogue_never_raises_and_never_loses_step(
    frames: list[tuple[int, int, bytes]], data: st.DataObject
) -> None:
    stream = b"".join(wrapper.encode(Frame(*frame)) for frame in frames)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=4)))
    connection = server.connect()
    replies = b""
    for start, end in zip([0, *cuts], [*cuts, len(stream)], strict=True):
        connection, part, close = server.receive(connection, stream[start:end], METER)
        assert not close
        replies += part
    assert connection.inbox == b""
    answered, rest = wrapper.split(replies)
    assert rest == b""
    assert len(answered) == sum(1 for source, to, _ in frames if not {source, to} & {0, 0xFFFF})
    for (client_port, _), association in connection.associations.items():
        assert client_port == PUBLIC or association.session.mechanism is Mechanism.LOW


@given(st.lists(st.binary(max_size=80), max_size=6))
def test_a_random_stream_is_answered_or_closed(parts: list[bytes]) -> None:
    connection = server.connect()
    for part in parts:
        connection, _, close = server.receive(connection, part, METER)
        assert len(connection.inbox) < HEADER.size + SERVER_MAX_PDU
        if close:
            return


@given(st.lists(st.tuples(st.sampled_from([PUBLIC, READER]), APDUS), max_size=6))
def test_after_anything_a_good_client_is_served(before: list[tuple[int, bytes]]) -> None:
    wire = Wire(METER)
    for source, apdu in before:
        wire.exchange(apdu, source)
    wire.associate(READER)
    assert wire.hold(client.get(ENERGY)) == bytes.fromhex("06 0001E240")


@given(st.lists(APDUS, max_size=12))
def test_a_hostile_commander_gets_answers_and_a_good_one_is_served_after_it(apdus: list[bytes]) -> None:
    meter = SmallMeter(40)
    meter.echoes = 20
    wire = Wire(meter)
    wire.associate(COMMANDER, max_pdu=40)
    for apdu in apdus:
        assert wire.exchange(apdu, COMMANDER)
    wire.associate(COMMANDER)
    assert wire.hold(client.act(EXECUTE, b"\x12\x00\x07"), COMMANDER).result == 0
    assert meter.ran[-1] == 7


@given(st.lists(APDUS, max_size=12))
def test_a_client_that_may_not_command_changes_nothing(apdus: list[bytes]) -> None:
    meter = SmallMeter(4)
    wire = Wire(meter)
    wire.associate(READER, conformance=COMMANDING)
    wire.associate(PUBLIC, conformance=COMMANDING)
    for source in (READER, PUBLIC):
        for apdu in [*apdus, *COMMANDS]:
            wire.exchange(apdu, source)
    assert (meter.note, meter.ran) == (b"nothing yet", [])


@given(st.lists(METHODS, max_size=3), st.integers(0, 60))
def test_without_block_transfer_no_answer_is_longer_than_the_client_takes(methods: list[Method], echoes: int) -> None:
    meter = SmallMeter(4)
    meter.echoes = echoes
    wire = Wire(meter)
    wire.associate(COMMANDER, conformance=COMMANDING & ~Conformance.BLOCK_TRANSFER_WITH_ACTION, max_pdu=32)
    calls = tuple((method, b"\x11\x07") for method in (*methods, ECHO, ECHO))
    apdu = opening(client.act_list(calls))
    reply = xdlms_action.decode_response(wire.exchange(apdu, COMMANDER))
    assert len(xdlms_action.encode_response(reply)) <= 32
    assert isinstance(reply, xdlms_action.ActionResultList)
    assert len(reply.answers) == len(calls)


@given(st.binary(max_size=20).filter(lambda guess: guess != PASSWORD), APDUS)
def test_without_the_password_a_reader_reads_nothing(guess: bytes, apdu: bytes) -> None:
    wire = Wire(METER)
    wire.exchange(opening(client.associate(guess)))
    reply = wire.exchange(xdlms.encode_request(GetNormal(0xC1, ENERGY)))
    assert reply == server.NOT_ASSOCIATED
    if apdu[:1] != bytes((acse.AARQ,)):
        wire.exchange(apdu)
        assert not wire.connection.associations


class Conversations(RuleBasedStateMachine):
    """Two clients on one connection, each checked against a model of three facts: open, under way, and which block."""

    def __init__(self) -> None:
        super().__init__()
        self.wire = Wire(METER)
        self.open: set[int] = set()
        self.block: dict[int, int] = {}

    clients = st.sampled_from([PUBLIC, READER])

    @rule(source=clients)
    def associate(self, source: int) -> None:
        self.wire.associate(source, max_pdu=64)
        self.open.add(source)
        self.block.pop(source, None)

    @rule(source=clients)
    def release(self, source: int) -> None:
        assert self.wire.exchange(b"\x62\x00", source) == b"\x63\x00"
        self.open.discard(source)
        self.block.pop(source, None)

    @rule(source=clients)
    def read_long(self, source: int) -> None:
        reply = self.wire.exchange(xdlms.encode_request(GetNormal(0xC1, ASSOCIATION)), source)
        assert reply[:1] == (b"\xc4" if source in self.open else b"\xd8")
        if source in self.open:
            self.block[source] = 1

    @rule(source=clients)
    def disturb(self, source: int) -> None:
        assert self.wire.exchange(b"\xc1\x01\xc1", source)[:1] == b"\xd8"
        self.block.pop(source, None)

    @rule(source=clients, skip=st.integers(0, 1))
    def next_block(self, source: int, skip: int) -> None:
        wanted = self.block.get(source, 1) + skip
        reply = self.wire.exchange(xdlms.encode_request(GetNext(0xC1, wanted)), source)
        if source not in self.open:
            assert reply == server.NOT_ASSOCIATED
        elif source not in self.block:
            assert reply[-2:] == b"\x01\x10"
        elif skip:
            assert reply[-2:] == b"\x01\x13"
            del self.block[source]
        else:
            self.delivered(source, xdlms.decode_response(reply))

    def delivered(self, source: int, response: xdlms.GetResponse) -> None:
        assert isinstance(response, xdlms.ResultBlock)
        assert response.block == self.block[source] + 1
        self.block[source] += 1
        if response.last:
            del self.block[source]

    @invariant()
    def the_server_knows_what_the_model_knows(self) -> None:
        known = {source: association.transfer for (source, _), association in self.wire.connection.associations.items()}
        assert set(known) == self.open
        assert {source: found.block for source, found in known.items() if found} == self.block


TestConversations = Conversations.TestCase
