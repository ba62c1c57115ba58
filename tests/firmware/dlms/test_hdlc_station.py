"""The meter's associations behind an HDLC line: the same answers as over TCP, and gone with their link."""

from dlms_host import ENERGY, PROFILE, READER, SmallMeter, Wire

from dlms_rig import converse
from ferraris.firmware.dlms import client
from ferraris.firmware.dlms.hdlc import client_link, station
from ferraris.firmware.dlms.hdlc.client_states import Delivered
from ferraris.firmware.dlms.hdlc.link import Settings
from ferraris.firmware.dlms.hdlc.negotiation import Parameters
from ferraris.firmware.dlms.server import NOT_ASSOCIATED
from hdlc_rig import SERVERS


class LinkedMeter:
    """A small meter and a client linked to it."""

    def __init__(self) -> None:
        self.meter = SmallMeter()
        self.station = station.connect(Settings(device=17))
        self.link = client_link.client_link(READER, SERVERS[4], Parameters(64, 64, 2, 2))

    def settle(self, outcome: client_link.Outcome) -> bytes:
        while outcome.octets:
            self.station, said = station.receive(self.station, outcome.octets, 0, self.meter)
            outcome = client_link.receive(outcome.link, said, 0)
        self.link = outcome.link
        return next((report.apdu for report in outcome.reports if isinstance(report, Delivered)), b"")

    def connect(self) -> None:
        self.settle(client_link.connect(self.link, 0))

    def exchange(self, apdu: bytes) -> bytes:
        return self.settle(client_link.send(self.link, apdu, 0))


def test_what_is_read_over_hdlc_is_what_is_read_over_tcp() -> None:
    linked, wire = LinkedMeter(), Wire()
    linked.connect()
    wire.associate()
    converse(client.associate(b"12345678"), linked.exchange)
    for attribute in (ENERGY, PROFILE):
        assert converse(client.get(attribute), linked.exchange) == wire.hold(client.get(attribute))


def test_a_second_snrm_takes_the_association_away() -> None:
    linked = LinkedMeter()
    linked.connect()
    converse(client.associate(b"12345678"), linked.exchange)
    assert (READER, 1) in linked.station.connection.associations
    linked.connect()
    assert not linked.station.connection.associations
    assert linked.exchange(next(client.get(ENERGY))) == NOT_ASSOCIATED


def test_a_silent_link_takes_its_association_with_it() -> None:
    linked = LinkedMeter()
    linked.connect()
    converse(client.associate(b"12345678"), linked.exchange)
    deadline_ms = station.deadline_ms(linked.station)
    assert deadline_ms == 120_000
    kept, _ = station.receive(linked.station, b"", deadline_ms - 1, linked.meter)
    assert kept.connection.associations
    gone, _ = station.receive(linked.station, b"", deadline_ms, linked.meter)
    assert not gone.connection.associations
    assert station.deadline_ms(gone) is None
