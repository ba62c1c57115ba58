"""The wrapper over UDP: a datagram is one frame, whole, or nothing."""

import pytest
from dlms_host import CLOCK, PROFILE, READER, SmallMeter, Wire
from hypothesis import given
from hypothesis import strategies as st

from ferraris.firmware.dlms import client, server, udp, wrapper
from ferraris.firmware.dlms.initiate import Conformance
from ferraris.firmware.dlms.server import Connection
from ferraris.firmware.dlms.wrapper import Frame


def associated() -> Connection:
    wire = Wire()
    wire.associate()
    return wire.connection


GET = wrapper.encode(Frame(READER, 1, next(client.get(CLOCK))))


def test_a_datagram_with_one_frame_is_served_as_over_tcp() -> None:
    connection, meter = associated(), SmallMeter()
    assert udp.receive(connection, GET, meter) == server.receive(connection, GET, meter)
    assert udp.receive(connection, GET, meter).octets


@pytest.mark.parametrize(
    "datagram", [b"", GET[:-1], GET + b"\x00", GET + GET, GET[:7], b"\x00\x02" + GET[2:], b"~noise"]
)
def test_what_is_not_exactly_one_frame_is_dropped_and_never_glued_to_the_next(datagram: bytes) -> None:
    connection, meter = associated(), SmallMeter()
    reply = udp.receive(connection, datagram, meter)
    assert reply == (connection, b"", False)
    assert udp.receive(reply.connection, GET, meter).octets


@pytest.mark.parametrize(("rows", "fits"), [(2840, True), (2848, False)])
def test_an_answer_that_no_datagram_can_carry_is_not_sent(rows: int, fits: bool) -> None:
    """Rows of 23 octets: the longer answer is one the wrapper could still say, with its 16 bits of length."""
    wire = Wire(SmallMeter(rows))
    wire.associate(conformance=Conformance.GET)
    get = wrapper.encode(Frame(READER, 1, next(client.get(PROFILE))))
    whole = server.receive(wire.connection, get, wire.meter).octets
    assert len(whole) > rows * 23
    assert (len(whole) <= 65535 - 20 - 8) is fits
    assert udp.receive(wire.connection, get, wire.meter).octets == (whole if fits else b"")


@given(st.binary(max_size=100))
def test_nothing_raises(datagram: bytes) -> None:
    assert not udp.receive(server.connect(), datagram, SmallMeter()).close
