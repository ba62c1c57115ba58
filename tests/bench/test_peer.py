"""A head end at the pins: real bytes, a password, and silence where there is no power."""

import pytest

from bench_rig import RTC_MS, SECOND, rig
from ferraris.bench.peer import Credentials, Peer, SilentError
from ferraris.firmware.dlms import axdr, datetimes
from ferraris.firmware.dlms.client import RefusedError
from ferraris.firmware.dlms.obis import obis

READER = Credentials(2, b"open sesame")
CLOCK, ENERGY = obis("0.0.1.0.0.255"), obis("1.0.1.8.0.255")


def test_what_the_meter_shows_is_read_over_the_wire() -> None:
    bench = rig()
    bench.switch_on(0)
    bench.advance(10 * SECOND)
    with Peer(bench, READER) as peer:
        octets = peer.get(8, CLOCK, 2).value
    assert isinstance(octets, bytes)
    assert datetimes.utc_ms(datetimes.unpack(octets)) == RTC_MS + 10_000


def test_time_stands_still_while_a_peer_talks() -> None:
    bench = rig()
    bench.switch_on(0)
    bench.advance(SECOND)
    with Peer(bench, READER) as peer:
        peer.get(3, ENERGY, 2)
    assert bench.now_ns == SECOND
    assert bench.state is not None
    assert bench.state.connections == {}


def test_a_meter_without_power_is_silent() -> None:
    with pytest.raises(SilentError, match="no power"), Peer(rig(), READER):
        pass


def test_a_wrong_password_is_refused_and_leaves_no_connection_behind() -> None:
    bench = rig()
    bench.switch_on(0)
    with pytest.raises(RefusedError, match="AUTHENTICATION_FAILURE"), Peer(bench, Credentials(2, b"guess")):
        pass
    assert bench.state is not None
    assert bench.state.connections == {}


def test_an_object_that_the_meter_does_not_have_is_refused_by_name() -> None:
    bench = rig()
    bench.switch_on(0)
    with Peer(bench, READER) as peer, pytest.raises(RefusedError, match="object_undefined"):
        peer.get(3, obis("1.0.99.8.0.255"), 2)


@pytest.mark.parametrize("credentials", [READER, Credentials()], ids=["reader", "nobody"])
def test_neither_a_reader_nor_nobody_may_write(credentials: Credentials) -> None:
    bench = rig()
    bench.switch_on(0)
    with Peer(bench, credentials) as peer, pytest.raises(RefusedError, match="SERVICE_NOT_SUPPORTED"):
        peer.set(3, ENERGY, 2, axdr.double_long_unsigned(1))
