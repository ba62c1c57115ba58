"""The server's data link, statement by statement."""

from collections.abc import Sequence

import pytest

from ferraris.firmware.dlms.hdlc import exchange, frames, line, link, negotiation
from ferraris.firmware.dlms.hdlc.addresses import Address
from ferraris.firmware.dlms.hdlc.frames import Frame, Kind
from ferraris.firmware.dlms.hdlc.line import Line
from ferraris.firmware.dlms.hdlc.link import Event, Settings, State
from ferraris.firmware.dlms.hdlc.negotiation import Parameters
from hdlc_rig import CLIENT, KMETHY_SNRM, KMETHY_UA, SERVERS, Echo

SNRM, DISC, UA, DM, FRMR = 0x93, 0x53, 0x73, 0x1F, 0x97
LLC = exchange.REQUEST_HEADER


class Client:
    """One client that writes its frames by hand."""

    def __init__(self, settings: Settings = Settings(), size: int = 1) -> None:  # noqa: B008  # a value
        self.echo = Echo()
        self.line = Line(settings)
        self.server = SERVERS[size]
        self.now_ms = 0

    def say(self, *said: tuple[int, bytes, bool], source: Address = CLIENT) -> list[Frame]:
        return self.send(*(Frame(self.server, source, *parts) for parts in said))

    def send(self, *said: Frame) -> list[Frame]:
        octets = b"".join(map(frames.encode, said))
        self.line, answer = line.receive(self.line, octets, self.now_ms, self.echo.serve)
        found, rest = frames.split(answer)
        assert rest in {b"", b"\x7e"}
        assert all((frame.destination, frame.source) == (said[-1].source, said[-1].destination) for frame in found)
        return list(found)

    def connect(self, terms: Parameters | None = None, source: Address = CLIENT) -> Parameters:
        (ua,) = self.say(command(SNRM, b"" if terms is None else negotiation.encode(terms)), source=source)
        assert ua.control == UA
        return negotiation.decode(ua.information)

    def ask(self, apdu: bytes, control: int = 0x10, source: Address = CLIENT) -> list[Frame]:
        return self.say(command(control, LLC + apdu), source=source)


def command(control: int, information: bytes = b"", segmented: bool = False) -> tuple[int, bytes, bool]:
    return control, information, segmented


def controls(said: Sequence[Frame]) -> list[str]:
    return [f"{frame.control:02X}" for frame in said]


# ---------------------------------------------------------------- the table


def test_the_table_says_something_in_every_state_about_every_event() -> None:
    assert set(link.TABLE) == {(state, event) for state in State for event in Event}


# ---------------------------------------------------------------- connecting


def test_rule_1_ua_echoes_what_was_agreed() -> None:
    assert Client().connect(Parameters(200, 100, 2, 3)) == Parameters(100, 200, 3, 2)


def test_rule_1_without_parameters_the_defaults_are_agreed_as_in_the_published_example() -> None:
    """Kmethy's meter writes its octets in two, ours in one: the same frame but for that."""
    _, answer = line.receive(Line(), KMETHY_SNRM, 0, Echo().serve)
    ((ours,), _), ((theirs,), _) = frames.split(answer), frames.split(KMETHY_UA)
    assert ours._replace(information=b"") == theirs._replace(information=b"")
    assert negotiation.decode(ours.information) == negotiation.decode(theirs.information) == Parameters()


def test_terms_that_cannot_be_kept_are_answered_with_dm() -> None:
    client = Client()
    (dm,) = client.say(command(SNRM, negotiation.encode(Parameters(16, 16))))
    assert dm.control == DM
    assert not client.line.peers


@pytest.mark.parametrize("control", [DISC, 0x10, 0x11, 0x15, 0x97])
def test_rule_1_a_disconnected_link_says_dm(control: int) -> None:
    client = Client()
    (dm,) = client.say(command(control))
    assert dm.control == DM
    assert client.echo.served == []


def test_disc_is_acknowledged_and_ends_the_association() -> None:
    client = Client()
    client.connect()
    assert controls(client.say(command(DISC))) == ["73"]
    assert client.echo.ended == [(16, 1)]
    assert controls(client.say(command(DISC))) == ["1F"]


def test_rule_1_a_second_snrm_resets_the_numbers_and_drops_the_association() -> None:
    client = Client()
    client.connect()
    assert controls(client.ask(b"one")) == ["30"]
    client.connect()
    assert client.echo.ended == [(16, 1)]
    (answer,) = client.ask(b"two")
    assert (answer.control, answer.information) == (0x30, exchange.RESPONSE_HEADER + b"owt")


def test_the_association_is_dropped_before_the_next_apdu_of_the_same_octets_is_served() -> None:
    client = Client()
    client.connect()
    told: list[bytes | None] = []

    def serve(_: int, __: int, apdu: bytes | None) -> bytes:
        told.append(apdu)
        return b""

    said = (Frame(SERVERS[1], CLIENT, SNRM), Frame(SERVERS[1], CLIENT, 0x10, LLC + b"new"))
    line.receive(client.line, b"".join(map(frames.encode, said)), 0, serve)
    assert told == [None, b"new"]


def test_rule_1_several_clients_share_one_line_and_are_not_aware_of_each_other() -> None:
    client, other = Client(), Address(2)
    client.connect()
    client.connect(Parameters(64, 64), source=other)
    assert controls(client.ask(b"one")) == ["30"]
    assert controls(client.ask(b"two", source=other)) == ["30"]
    assert controls(client.ask(b"three", 0x32)) == ["52"]
    client.say(command(DISC), source=other)
    assert client.echo.ended == [(2, 1)]
    assert controls(client.ask(b"four", 0x54)) == ["74"]
    assert client.echo.served == [b"one", b"two", b"three", b"four"]


def test_one_client_speaks_to_two_logical_devices_over_two_links() -> None:
    client = Client()
    client.connect()
    client.server = Address(2)
    assert controls(client.say(command(0x10, LLC + b"x"))) == ["1F"]
    client.connect()
    assert controls(client.ask(b"x")) == ["30"]


def test_a_line_has_room_for_so_many_links() -> None:
    client = Client(Settings(links=2))
    client.connect(source=Address(1))
    client.connect(source=Address(2))
    assert controls(client.say(command(SNRM), source=Address(3))) == ["1F"]
    client.connect(source=Address(1))


@pytest.mark.parametrize("size", [1, 2, 4])
def test_the_answer_uses_the_form_of_address_that_was_used(size: int) -> None:
    client = Client(Settings(device=17), size)
    client.connect()
    assert controls(client.ask(b"x")) == ["30"]


@pytest.mark.parametrize(
    ("server", "source"),
    [
        (Address(1, 18, 2), CLIENT),
        (Address(0x7F), CLIENT),
        (Address(1, 0x7F, 2), CLIENT),
        (Address(1, 0x3FFF, 4), CLIENT),
        (Address(0), CLIENT),
        (Address(1), Address(0)),
        (Address(1), Address(16, 1, 2)),
    ],
)
def test_what_is_for_another_meter_or_for_all_or_from_no_client_gets_no_answer(
    server: Address, source: Address
) -> None:
    client = Client(Settings(device=17))
    assert client.send(Frame(server, source, SNRM)) == []
    assert not client.line.peers


# ---------------------------------------------------------------- requests and answers


def test_an_answer_acknowledges_the_request_and_the_numbers_run_modulo_8() -> None:
    client = Client()
    client.connect()
    for turn in range(20):
        (answer,) = client.ask(b"x", turn % 8 << 5 | 0x10 | turn % 8 << 1)
        assert frames.sent_number(answer.control) == turn % 8
        assert frames.expected_number(answer.control) == (turn + 1) % 8


def test_rule_1_the_llc_is_in_the_first_segment_only_both_ways() -> None:
    client = Client()
    client.connect()
    apdu = bytes(range(200))
    assert controls(client.say(command(0x10, LLC + apdu[:100], True))) == ["31"]
    (first,) = client.say(command(0x12, apdu[100:]))
    assert client.echo.served == [apdu]
    (second,) = client.say(command(0x31))
    assert (first.segmented, second.segmented) == (True, False)
    assert first.information + second.information == exchange.RESPONSE_HEADER + apdu[::-1]
    assert len(first.information) == 128


def test_rule_1_after_each_window_the_client_says_rr() -> None:
    client = Client()
    client.connect(Parameters(128, 32, 1, 3))
    answer = client.ask(bytes(range(125)))
    assert controls(answer) == ["20", "22", "34"], "only the last of a window hands the turn over"
    assert [frame.segmented for frame in answer] == [True] * 3
    rest = client.say(command(0x71))
    assert controls(rest) == ["36"]
    assert b"".join(frame.information for frame in (*answer, *rest))[3:] == bytes(range(125))[::-1]
    assert controls(client.say(command(0x91))) == ["31"], "nothing is left"


def test_a_lost_rr_brings_the_window_again_and_a_lost_segment_what_follows_it() -> None:
    client = Client()
    client.connect(Parameters(128, 32, 1, 3))
    first = client.ask(bytes(range(125)))
    assert client.say(command(0x11)) == first, "N(R) 0: nothing of it arrived"
    assert controls(client.say(command(0x31))) == ["22", "24", "36"], "N(R) 1: one arrived"


def test_a_repeated_request_is_not_served_again_and_brings_its_answer_again() -> None:
    client = Client()
    client.connect()
    assert client.ask(b"once") == client.ask(b"once")
    assert client.echo.served == [b"once"]


def test_rule_1_a_segment_out_of_sequence_is_dropped_and_rr_says_what_is_expected() -> None:
    """FRMR is not for this: the client goes back to what the meter expects, and nothing is lost."""
    client = Client()
    client.connect()
    assert controls(client.say(command(0x14, LLC + b"later"))) == ["11"]
    assert client.echo.served == []
    assert controls(client.ask(b"now")) == ["30"]


def test_a_window_of_the_client_is_served_when_the_turn_comes() -> None:
    client = Client()
    client.connect(Parameters(128, 128, 7, 7))
    said = client.say(command(0x00, LLC + b"ab", True), command(0x02, b"cd"), command(0x14, LLC + b"ef"))
    assert controls(said) == ["60", "72"]
    assert client.echo.served == [b"abcd", b"ef"]


def test_a_client_that_is_not_ready_gets_no_segments() -> None:
    client = Client()
    client.connect(Parameters(128, 32))
    client.ask(bytes(100))
    assert controls(client.say(command(0x35))) == ["31"]
    assert controls(client.say(command(0x31))) == ["32"]


def test_a_client_that_does_not_fetch_is_told_that_we_are_not_ready() -> None:
    client = Client(Settings(waiting_octets=100))
    client.connect(Parameters(128, 32))
    client.ask(bytes(110))
    assert controls(client.say(command(0x12, LLC + b"more"))) == ["35"]
    assert len(client.echo.served) == 1
    assert controls(client.say(command(0x31))) == ["32"], "it can still fetch"


def test_an_apdu_without_the_llc_of_a_request_is_not_served() -> None:
    client = Client()
    client.connect()
    assert controls(client.say(command(0x10, exchange.RESPONSE_HEADER + b"x"))) == ["31"]
    assert client.echo.served == []


def test_ui_gets_no_answer() -> None:
    client = Client()
    assert client.say(command(0x13, LLC + b"x")) == []
    client.connect()
    assert client.say(command(0x13, LLC + b"x")) == []
    assert controls(client.ask(b"y")) == ["30"]


def test_a_frame_without_the_poll_bit_gets_no_answer() -> None:
    client = Client()
    client.connect()
    assert client.ask(b"x", 0x00) == []
    assert client.echo.served == [b"x"]
    assert controls(client.say(command(0x11))) == ["30"]


@pytest.mark.parametrize("control", [SNRM & ~0x10, DISC & ~0x10, 0x00, 0x19 & ~0x10])
def test_without_the_poll_bit_not_even_ua_or_dm_is_said(control: int) -> None:
    client = Client()
    assert client.say(command(control)) == []
    client.connect()
    assert client.say(command(control)) == []


# ---------------------------------------------------------------- FRMR


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        (command(0x51), link.IMPOSSIBLE_NUMBER),
        (command(0x19), link.NOT_IMPLEMENTED),
        (command(0x10, LLC + bytes(126)), link.TOO_LONG),
    ],
)
def test_rule_1_what_cannot_be_right_is_rejected_until_snrm_or_disc(said: tuple[int, bytes, bool], reason: int) -> None:
    client = Client()
    client.connect()
    (first,) = client.say(said)
    assert (first.control, first.information) == (FRMR, bytes((said[0], 0, reason)))
    assert client.ask(b"x") == [first]
    assert client.echo.served == []
    client.connect()
    assert client.echo.ended == [(16, 1)]
    client.say(said)
    assert controls(client.say(command(DISC))) == ["73"]


def test_an_apdu_over_the_limit_is_rejected_before_it_is_kept() -> None:
    client = Client(Settings(apdu_octets=300))
    client.connect()
    for place in range(2):
        assert controls(client.say(command(0x10 | place << 1, bytes(128), True)))[0][1] == "1"
    assert controls(client.say(command(0x14, bytes(48), True))) == ["97"]


# ---------------------------------------------------------------- time


def test_a_link_that_is_silent_for_too_long_has_ended() -> None:
    client = Client(Settings(inactivity_ms=1000))
    client.connect()
    assert line.deadline_ms(client.line) == 1000
    client.now_ms = 999
    client.ask(b"x")
    assert line.deadline_ms(client.line) == 1999
    client.now_ms = 1999
    assert controls(client.ask(b"y", 0x32)) == ["1F"]
    assert client.echo.ended == [(16, 1)]
    assert line.deadline_ms(client.line) is None


def test_a_frame_that_pauses_for_too_long_is_no_frame() -> None:
    octets = frames.encode(Frame(SERVERS[1], CLIENT, SNRM))
    begun, _ = line.receive(Line(Settings(inter_octet_ms=100)), octets[:5], 0, Echo().serve)
    assert line.receive(begun, octets[5:], 100, Echo().serve).octets
    assert line.receive(begun, octets[5:], 101, Echo().serve).octets == b""
    assert line.receive(begun, octets, 101, Echo().serve).octets


def test_the_end_of_the_line_ends_every_link() -> None:
    client = Client()
    client.connect()
    client.connect(source=Address(2))
    assert line.close(client.line, client.echo.serve) == Line()
    assert sorted(client.echo.ended) == [(2, 1), (16, 1)]


def test_every_kind_of_frame_has_a_control_field() -> None:
    assert {frames.kind(control) for control in range(256)} == set(Kind)
