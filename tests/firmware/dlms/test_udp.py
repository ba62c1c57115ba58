"""The wrapper over UDP: a datagram is one frame, whole, or nothing."""

import pytest
from dlms_host import CLOCK, READER, SmallMeter, Wire
from hypothesis import given
from hypothesis import strategies as st

from ferraris.firmware.dlms import client, server, udp, wrapper
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


def test_an_answer_that_no_datagram_can_carry_is_not_sent() -> None:
    wire = Wire(SmallMeter(rows=8000))
    wire.associate(conformance=0x10)
    meter = wire.meter
    get = wrapper.encode(Frame(READER, 1, bytes.fromhex("C001C1000701006301 00FF0200".replace(" ", ""))))
    whole = server.receive(wire.connection, get, meter).octets
    assert udp.receive(wire.connection, get, meter).octets == (whole if len(whole) <= 65507 else b"")


@given(st.binary(max_size=100))
def test_nothing_raises(datagram: bytes) -> None:
    assert not udp.receive(server.connect(), datagram, SmallMeter()).close
