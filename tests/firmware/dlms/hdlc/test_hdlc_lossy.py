"""A line that loses, doubles and damages frames: every request is served once and answered once, or the link says that
it failed. And a line full of nonsense: nothing raises, little is kept.
"""

from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ferraris.firmware.dlms.hdlc import client_link, exchange, frames, line
from ferraris.firmware.dlms.hdlc.client_states import Connected, Delivered, Failed, Outcome, Patience, Report, State
from ferraris.firmware.dlms.hdlc.frames import Frame
from ferraris.firmware.dlms.hdlc.line import Line
from ferraris.firmware.dlms.hdlc.link import Settings
from ferraris.firmware.dlms.hdlc.negotiation import Parameters
from hdlc_rig import CLIENT, SERVERS, Echo

FATES = st.sampled_from(["arrives"] * 5 + ["lost", "twice", "damaged"])


class LossyLine:
    """A client and a server over a line whose every frame has a fate of its own; when the fates run out, all arrive."""

    def __init__(self, proposal: Parameters, fates: list[str], size: int, patience: Patience) -> None:
        self.echo = Echo()
        self.line = Line(Settings(device=17, waiting_octets=2000))
        self.link = client_link.client_link(CLIENT.upper, SERVERS[size], proposal, patience)
        self.fates = iter(fates)
        self.now_ms = 0
        self.reports: list[Report] = []

    def carry(self, octets: bytes) -> bytes:
        return b"".join(self._fate(frame) for frame in cut(octets))

    def _fate(self, frame: bytes) -> bytes:
        match next(self.fates, "arrives"):
            case "lost":
                return b""
            case "twice":
                return frame * 2
            case "damaged":
                place = len(frame) // 2
                return frame[:place] + bytes((frame[place] ^ 0x20,)) + frame[place + 1 :]
        return frame

    def settle(self, outcome: Outcome) -> None:
        """Let both ends talk until the client waits for nothing any more."""
        while True:
            self.link, octets, reports = outcome
            self.reports += reports
            self.now_ms += 10
            if octets:
                self.line, answer = line.receive(self.line, self.carry(octets), self.now_ms, self.echo.serve)
                outcome = client_link.receive(self.link, self.carry(answer), self.now_ms)
            elif self.link.deadline_ms is None:
                return
            else:
                self.now_ms = self.link.deadline_ms
                outcome = client_link.tick(self.link, self.now_ms)


def cut(octets: bytes) -> Iterator[bytes]:
    """Each frame of what one end said, by the length it says."""
    while octets:
        end = (int.from_bytes(octets[1:3], "big") & 0x7FF) + 2
        yield octets[:end]
        octets = octets[end:]


PROPOSALS = st.builds(
    Parameters,
    *[st.sampled_from([32, 64, 128, 2030])] * 2,
    *[st.integers(1, 7)] * 2,
)  # fmt: skip
REQUESTS = st.lists(st.binary(min_size=1, max_size=700), max_size=4)


@settings(max_examples=300)
@given(PROPOSALS, REQUESTS, st.lists(FATES, max_size=60), st.sampled_from([1, 2, 4]))
def test_every_request_is_served_once_and_answered_once_or_the_link_says_that_it_failed(
    proposal: Parameters, requests: list[bytes], fates: list[str], size: int
) -> None:
    wire = LossyLine(proposal, fates, size, Patience(3000, 4))
    wire.settle(client_link.connect(wire.link, 0))
    asked: list[bytes] = []
    for apdu in requests:
        if wire.link.state is State.IDLE:
            asked.append(apdu)
            wire.settle(client_link.send(wire.link, apdu, wire.now_ms))
    answers = [report.apdu for report in wire.reports if isinstance(report, Delivered)]
    if wire.link.state is State.FAILED:
        # The last request may or may not have been carried out; nothing else is in doubt.
        assert isinstance(wire.reports[-1], Failed)
        assert wire.echo.served in (asked, asked[:-1])
        assert answers == [apdu[::-1] for apdu in asked[:-1]]
    else:
        assert wire.echo.served == asked == requests
        assert answers == [apdu[::-1] for apdu in requests]


@given(PROPOSALS, REQUESTS, st.sampled_from([1, 2, 4]))
def test_a_line_that_loses_nothing_needs_no_second_try(proposal: Parameters, requests: list[bytes], size: int) -> None:
    wire = LossyLine(proposal, [], size, Patience(3000, 1))
    wire.settle(client_link.connect(wire.link, 0))
    for apdu in requests:
        wire.settle(client_link.send(wire.link, apdu, wire.now_ms))
    assert wire.echo.served == requests
    assert wire.link.state is State.IDLE
    wire.settle(client_link.disconnect(wire.link, wire.now_ms))
    assert wire.link.state is State.APART
    assert wire.echo.ended == [(CLIENT.upper, 1)]
    assert wire.now_ms < 3000, "no time-out was waited for"


@pytest.mark.parametrize("lost", range(12))
def test_one_lost_frame_anywhere_costs_a_time_out_and_nothing_else(lost: int) -> None:
    fates = ["arrives"] * lost + ["lost"]
    wire = LossyLine(Parameters(64, 64, 3, 3), fates, 1, Patience(3000, 2))
    wire.settle(client_link.connect(wire.link, 0))
    wire.settle(client_link.send(wire.link, bytes(range(200)), wire.now_ms))
    assert [type(report) for report in wire.reports] == [Connected, Delivered]
    assert len(wire.echo.served) == 1


def test_a_lost_first_segment_of_a_window_is_sent_again_without_a_time_out() -> None:
    """SNRM and UA arrive, the first of three segments does not: RR says so at once."""
    wire = LossyLine(Parameters(64, 64, 3, 3), ["arrives", "arrives", "lost"], 1, Patience(3000, 2))
    wire.settle(client_link.connect(wire.link, 0))
    wire.settle(client_link.send(wire.link, bytes(150), wire.now_ms))
    assert [type(report) for report in wire.reports] == [Connected, Delivered]
    assert wire.now_ms < 3000


def test_the_end_of_a_window_that_comes_twice_is_not_asked_about_twice() -> None:
    """SNRM, UA and the request arrive; of the answer's first window the end comes twice."""
    fates = ["arrives"] * 3 + ["arrives", "twice"]
    wire = LossyLine(Parameters(128, 32, 1, 2), fates, 1, Patience(3000, 2))
    carried: list[bytes] = []
    carry = wire.carry
    wire.carry = lambda octets: carry(carried.append(octets) or octets)  # type: ignore[method-assign, func-returns-value]
    wire.settle(client_link.connect(wire.link, 0))
    wire.settle(client_link.send(wire.link, bytes(100), wire.now_ms))
    assert [type(report) for report in wire.reports] == [Connected, Delivered]
    questions = [frame.control for said in carried for frame in frames.split(said)[0] if frame.source == CLIENT]
    assert [f"{control:02X}" for control in questions] == ["93", "10", "51"]


def test_a_line_that_is_dead_is_reported_and_not_waited_for_for_ever() -> None:
    wire = LossyLine(Parameters(), ["lost"] * 100, 1, Patience(3000, 3))
    wire.settle(client_link.connect(wire.link, 0))
    assert wire.reports == [Failed("no answer after 3 tries")]
    assert wire.now_ms == pytest.approx(9000, abs=100)


# ---------------------------------------------------------------- hostile octets

CONTROLS = st.sampled_from([0x93, 0x53, 0x10, 0x30, 0x32, 0x00, 0x11, 0x31, 0x15, 0x13, 0x97, 0x73, 0xFF])
HOSTILE = st.builds(
    Frame, st.sampled_from(list(SERVERS.values())), st.integers(0, 127).map(lambda n: CLIENT._replace(upper=n)),
    CONTROLS | st.integers(0, 0xFF), st.binary(max_size=140) | st.just(exchange.REQUEST_HEADER + b"\xc0"),
    st.booleans(),
)  # fmt: skip


@settings(max_examples=200)
@given(st.lists(st.tuples(HOSTILE.map(frames.encode) | st.binary(max_size=60), st.integers(0, 60_000)), max_size=30))
def test_nothing_that_comes_over_a_line_raises_or_piles_up(pieces: list[tuple[bytes, int]]) -> None:
    limits = Settings(Parameters(128, 128, 2, 2), apdu_octets=256, waiting_octets=300, links=3)
    known, now_ms = Line(limits), 0
    echo = Echo()
    for octets, pause_ms in pieces:
        now_ms += pause_ms
        known, said = line.receive(known, octets, now_ms, echo.serve)
        assert b"".join(map(frames.encode, frames.split(said)[0])) == said
        assert len(known.peers) <= 3
        for peer in known.peers.values():
            assert len(peer.exchange.incoming) <= 256 + 3
            assert exchange.waiting_octets(peer.exchange) < 300 + 256 + 3
        assert len(known.inbox) <= 160
    ended = line.close(known, echo.serve)
    assert (ended.peers, ended.inbox) == ({}, b"")


@given(
    st.lists(HOSTILE.map(lambda frame: frame._replace(destination=frame.source, source=frame.destination)), max_size=30)
)
def test_nothing_that_a_meter_says_makes_a_client_raise(said: list[Frame]) -> None:
    link, _, _ = client_link.connect(client_link.client_link(16, SERVERS[1]), 0)
    for frame in said:
        if link.state is State.IDLE:
            link, _, _ = client_link.send(link, b"\xc0", 0)
        octets = frames.encode(frame._replace(source=SERVERS[1], destination=CLIENT))
        link, answer, _ = client_link.receive(link, octets, 0)
        assert frames.split(answer)[1][1:] == b""
