"""How an optical head asks for HDLC: mode E of IEC 62056-21."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ferraris.firmware.dlms.hdlc import opening
from ferraris.firmware.dlms.hdlc.opening import TABLE, Event, Opening, Outcome, Send, SetLine, State, Who

WHO = Who("FER", "HOME1P", "00012345")
REQUEST, IDENTIFICATION, SELECT = b"/?!\r\n", b"/FER5\\2HOME1P\r\n", b"\x06252\r\n"


def with_parity(octets: bytes) -> bytes:
    """Each octet with even parity in its highest bit, as a port of 8 bits shows what a port of 7E1 sent."""
    return bytes(octet | (octet.bit_count() & 1) << 7 for octet in octets)


def after(*pieces: bytes, before: Opening | None = None, now_ms: int = 0) -> Outcome:
    outcome = Outcome(before or opening.opening(WHO))
    for piece in pieces:
        step = opening.receive(outcome.opening, piece, now_ms)
        outcome = Outcome(step.opening, outcome.outputs + step.outputs, outcome.passed + step.passed)
    return outcome


def test_the_table_says_something_in_every_state_about_every_event() -> None:
    assert set(TABLE) == {(state, event) for state in State for event in Event}


def test_the_meter_identifies_itself_and_switches_at_the_selection() -> None:
    """The confirmation goes out at the new rate with parity, then the parity goes (manual of the MCS301, 12.2.2)."""
    outcome = after(REQUEST, SELECT, b"\x7e\xa0")
    assert outcome.outputs == (
        Send(IDENTIFICATION), SetLine(9600, parity=True), Send(SELECT), SetLine(9600, parity=False),
    )  # fmt: skip
    assert (outcome.opening.state, outcome.passed) == (State.BINARY, b"\x7e\xa0")


def test_a_port_of_eight_bits_that_shows_the_parity_is_understood() -> None:
    """The octets 06 B2 35 B2 8D 0A stand in a published log of a Gurux reader."""
    assert with_parity(SELECT).hex() == "06b235b28d0a"
    assert after(with_parity(REQUEST), with_parity(SELECT)).opening.state is State.BINARY


@given(st.lists(st.integers(0, 40), max_size=6))
def test_however_the_octets_are_cut_the_outcome_is_the_same(cuts: list[int]) -> None:
    stream = b"\x00noise" + REQUEST + SELECT + b"~binary/?!\r\n"
    ends = sorted(min(cut, len(stream)) for cut in cuts)
    pieces = [stream[start:end] for start, end in zip([0, *ends], [*ends, len(stream)], strict=True)]
    assert after(*pieces) == after(stream)
    assert after(stream).passed == b"~binary/?!\r\n"


@pytest.mark.parametrize("address", [b"", b"12345", b"00012345", b"0012345"])
def test_a_request_for_us_or_for_nobody_is_answered(address: bytes) -> None:
    assert after(b"/?" + address + b"!\r\n").outputs == (Send(IDENTIFICATION),)


@pytest.mark.parametrize(
    "said", [b"/?54321!\r\n", b"/!\r\n", b"/?!\n", b"garbage", b"", SELECT, b"/?" + b"1" * 60 + b"!\r\n", b"\x7e\xa0"]
)
def test_what_is_not_for_us_or_no_request_is_not_answered(said: bytes) -> None:
    outcome = after(said)
    assert (outcome.outputs, outcome.opening.state) == ((), State.LISTENING)


def test_a_request_after_noise_is_answered() -> None:
    assert after(b"/garbage that does not end" + b"x" * 20, REQUEST).outputs == (Send(IDENTIFICATION),)
    assert after(b"\x00\xff\n", REQUEST).outputs == (Send(IDENTIFICATION),)


@pytest.mark.parametrize("selection", [b"\x06050\r\n", b"\x06251\r\n", b"\x06052\r\n", b"\x06262\r\n", b"\x06292\r\n"])
def test_another_mode_or_a_rate_we_do_not_have_ends_the_opening(selection: bytes) -> None:
    outcome = after(REQUEST, selection)
    assert outcome.outputs == (Send(IDENTIFICATION),)
    assert outcome.opening.state is State.LISTENING


@pytest.mark.parametrize(("digit", "baud"), [(0, 300), (1, 600), (2, 1200), (3, 2400), (4, 4800), (5, 9600)])
def test_a_slower_rate_than_offered_is_taken(digit: int, baud: int) -> None:
    assert after(REQUEST, b"\x062%d2\r\n" % digit).outputs[-1] == SetLine(baud, parity=False)


def test_an_offer_that_is_not_taken_lapses() -> None:
    offered = after(REQUEST).opening
    assert opening.deadline_ms(offered) == 2201
    assert opening.expire(offered, 2200).opening.state is State.OFFERED
    assert opening.expire(offered, 2201).opening.state is State.LISTENING
    assert after(SELECT, before=offered, now_ms=2201).opening.state is State.LISTENING


def test_a_request_that_does_not_end_is_forgotten() -> None:
    begun = after(REQUEST[:3]).opening
    assert after(REQUEST[3:], before=begun, now_ms=2200).outputs
    assert not after(REQUEST[3:], before=begun, now_ms=2201).outputs
    assert after(REQUEST, before=begun, now_ms=2201).outputs


def test_when_hdlc_ends_the_meter_listens_again_as_in_the_beginning() -> None:
    binary = after(REQUEST, SELECT).opening
    ended = opening.end_link(binary, 0)
    assert ended.outputs == (SetLine(300, parity=True),)
    assert after(REQUEST, before=ended.opening).outputs == (Send(IDENTIFICATION),)
    assert opening.deadline_ms(binary) is None


@given(st.lists(st.binary(max_size=50), max_size=8))
def test_nothing_raises_or_piles_up(pieces: list[bytes]) -> None:
    known = opening.opening(WHO)
    for piece in pieces:
        known = opening.receive(known, piece.replace(b"\x00", REQUEST[:3]), 0).opening
        assert len(known.inbox) <= opening.LONGEST_MESSAGE


@pytest.mark.parametrize(
    ("who", "wrong"),
    [
        (Who("FE", "x", "1"), "three letters"),
        (Who("FER", "x/y", "1"), "printable"),
        (Who("FER", "x" * 17, "1"), "16"),
        (Who("FER", "x", "1", 7), "digit"),
    ],
)
def test_an_identity_that_cannot_be_said_is_refused(who: Who, wrong: str) -> None:
    with pytest.raises(ValueError, match=wrong):
        opening.opening(who)
