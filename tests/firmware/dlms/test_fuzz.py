"""Hostile octets against the whole server: it never raises, never hangs, never loses step, never grants anything."""

from dlms_host import (
    ASSOCIATION,
    CLOCK,
    ENERGY,
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

from ferraris.firmware.dlms import acse, client, server, wrapper, xdlms
from ferraris.firmware.dlms.acse import Mechanism
from ferraris.firmware.dlms.association import SERVER_MAX_PDU
from ferraris.firmware.dlms.host import Attribute
from ferraris.firmware.dlms.wrapper import HEADER, Frame
from ferraris.firmware.dlms.xdlms import GetNext, GetNormal, GetWithList

METER = SmallMeter(40)
SAPS = st.sampled_from([0, 1, READER, 3, PUBLIC, 0xFFFF])
KNOWN = st.sampled_from([CLOCK, ENERGY, PROFILE, ASSOCIATION, Attribute(3, bytes(6), 2)])
SERVICES = st.sampled_from(sorted(server.EVENTS)) | st.integers(0, 255)


def opening(dialogue: client.Dialogue[object]) -> bytes:
    return next(dialogue)


VALID = st.one_of(
    st.builds(lambda size: opening(client.associate(None, max_pdu=size)), st.sampled_from([0, 12, 40, 500])),
    st.builds(lambda size: opening(client.associate(PASSWORD, max_pdu=size)), st.sampled_from([0, 12, 40, 500])),
    st.builds(lambda attribute: xdlms.encode_request(GetNormal(0xC1, attribute)), KNOWN),
    st.builds(lambda block: xdlms.encode_request(GetNext(0xC1, block)), st.integers(0, 5)),
    st.lists(KNOWN, max_size=4).map(lambda of: xdlms.encode_request(GetWithList(0xC1, tuple((a, None) for a in of)))),
    REQUESTS.map(xdlms.encode_request),
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
