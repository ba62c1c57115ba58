"""The server's end of one data link: a frame in, frames out. `line` sorts what comes over a wire to its links.

`TABLE` says what answers which frame in which state, and where that leads. The server speaks only when it is polled,
so what gets lost is for the client to ask for again: it polls, and gets what it has not acknowledged.
"""

from collections.abc import Callable, Mapping
from enum import Enum
from typing import NamedTuple, TypeAlias

from ferraris.firmware.dlms.hdlc import exchange, frames, negotiation
from ferraris.firmware.dlms.hdlc.addresses import FrameError
from ferraris.firmware.dlms.hdlc.exchange import Exchange
from ferraris.firmware.dlms.hdlc.frames import Frame, Kind
from ferraris.firmware.dlms.hdlc.negotiation import Parameters

Serve: TypeAlias = Callable[[int, int, bytes | None], bytes]
"""Called with client, logical device and an APDU, returns the APDU that answers it, or nothing.

None instead of an APDU says that the link has ended, by SNRM, DISC or silence: an association over it is gone.
"""


class Settings(NamedTuple):
    """What one line grants; the defaults fit a TCP connection."""

    parameters: Parameters = Parameters(2030, 2030, 7, 7)
    device: int | None = None
    """Lower address of this meter; None answers to any."""
    apdu_octets: int = 2048
    """The longest APDU taken; a client that sends more gets FRMR."""
    waiting_octets: int = 65536
    """With so much unfetched for a client, RNR: it is asked to fetch before it asks for more."""
    links: int = 8
    inactivity_ms: int = 120_000
    """A link over which nothing came for so long has ended (120 s: default of the HDLC setup object, recalled)."""
    inter_octet_ms: int = 1000
    """A frame that pauses for longer is no frame (our choice; the object's 25 ms, recalled, are for bare wires)."""


DEFAULT_SETTINGS = Settings()


class Peer(NamedTuple):
    """One link: normal response mode with one client."""

    agreed: Parameters
    heard_ms: int
    exchange: Exchange = Exchange()
    rejected: bytes = b""
    """Information of the FRMR that stopped the link; until SNRM or DISC there is no other answer."""


class State(Enum):
    """State of one link."""

    DISCONNECTED = "disconnected (NDM)"
    CONNECTED = "connected (NRM)"
    REJECTED = "rejected"


class Event(Enum):
    """What a frame is to the link it is for."""

    CONNECT = "SNRM"
    CONNECT_IN_VAIN = "SNRM, terms out of range or no room"
    DISCONNECT = "DISC"
    INFORMATION = "I, the expected N(S)"
    REPETITION = "I, another N(S)"
    FLOOD = "I, too much unfetched"
    READY = "RR"
    NOT_READY = "RNR"
    INVALID = "N(R) never sent, information too long, unknown control field"
    UNNUMBERED = "UI"


class Turn(NamedTuple):
    """One frame and whom it concerns."""

    settings: Settings
    frame: Frame
    peer: Peer | None
    now_ms: int
    serve: Serve


class Outcome(NamedTuple):
    """What became of the link, and the frames that go back."""

    peer: Peer | None
    frames: tuple[Frame, ...] = ()


class Step(NamedTuple):
    """One cell of the table."""

    action: Callable[[Turn], Outcome]
    state: State


# ---------------------------------------------------------------- states and events


def state_of(peer: Peer | None) -> State:
    """Tell the state of a link."""
    if peer is None:
        return State.DISCONNECTED
    return State.REJECTED if peer.rejected else State.CONNECTED


def event_of(settings: Settings, peer: Peer | None, frame: Frame, *, full: bool) -> Event:
    """Tell what a frame is to a link."""
    kind = frames.kind(frame.control)
    if kind is Kind.SET_NORMAL_RESPONSE_MODE:
        return Event.CONNECT_IN_VAIN if full or _terms(settings, frame) is None else Event.CONNECT
    numbered = kind not in {Kind.DISCONNECT, Kind.UNNUMBERED_INFORMATION}
    if numbered and peer is not None and fault(settings, peer, frame):
        return Event.INVALID
    if kind is Kind.INFORMATION:
        return _information_event(settings, peer, frame)
    return SIMPLE_EVENTS.get(kind, Event.INVALID)


SIMPLE_EVENTS = {
    Kind.DISCONNECT: Event.DISCONNECT,
    Kind.UNNUMBERED_INFORMATION: Event.UNNUMBERED,
    Kind.RECEIVE_READY: Event.READY,
    Kind.RECEIVE_NOT_READY: Event.NOT_READY,
}


def _information_event(settings: Settings, peer: Peer | None, frame: Frame) -> Event:
    if peer is None:
        return Event.INFORMATION
    if not exchange.is_expected(peer.exchange, frame.control):
        return Event.REPETITION
    after = exchange.acknowledge(peer.exchange, frames.expected_number(frame.control))
    return Event.FLOOD if exchange.waiting_octets(after) >= settings.waiting_octets else Event.INFORMATION


# Bits of the third octet of FRMR (ISO/IEC 13239; recalled, unverified).
NOT_IMPLEMENTED, TOO_LONG, IMPOSSIBLE_NUMBER = 0x01, 0x04, 0x08


def fault(settings: Settings, peer: Peer, frame: Frame) -> int:
    """Say why a frame has to be rejected, as the reason bits of FRMR; 0 for one that can be taken."""
    kind = frames.kind(frame.control)
    if kind not in {Kind.INFORMATION, Kind.RECEIVE_READY, Kind.RECEIVE_NOT_READY}:
        return NOT_IMPLEMENTED
    if not exchange.is_possible(peer.exchange, frames.expected_number(frame.control)):
        return IMPOSSIBLE_NUMBER
    if len(frame.information) > peer.agreed.receive_octets:
        return TOO_LONG
    collected = len(peer.exchange.incoming) + len(frame.information)
    too_much = collected > settings.apdu_octets + len(exchange.REQUEST_HEADER)
    return TOO_LONG if too_much and exchange.is_expected(peer.exchange, frame.control) else 0


def _terms(settings: Settings, frame: Frame) -> Parameters | None:
    try:
        return negotiation.agree(negotiation.decode(frame.information), settings.parameters)
    except FrameError:
        return None


# ---------------------------------------------------------------- actions


def connect(turn: Turn) -> Outcome:
    """Begin anew with UA: numbers from 0, and an association that was there is gone."""
    agreed = _terms(turn.settings, turn.frame)
    assert agreed is not None
    _lose(turn)
    return Outcome(
        Peer(agreed, turn.now_ms), _unnumbered(turn, Kind.UNNUMBERED_ACKNOWLEDGE, negotiation.encode(agreed))
    )


def disconnect(turn: Turn) -> Outcome:
    """End the link with UA."""
    _lose(turn)
    return Outcome(None, _unnumbered(turn, Kind.UNNUMBERED_ACKNOWLEDGE))


def refuse(turn: Turn) -> Outcome:
    """Say DM: there is no link, and none now."""
    _lose(turn)
    return Outcome(None, _unnumbered(turn, Kind.DISCONNECTED_MODE))


def take(turn: Turn) -> Outcome:
    """Take the next segment, and serve the APDU that it completes. One without the LLC of a request gets no answer."""
    peer = _acknowledged(turn)
    after, collected = exchange.take(peer.exchange, turn.frame)
    if collected is not None and collected.startswith(exchange.REQUEST_HEADER):
        apdu = turn.serve(turn.frame.source.upper, turn.frame.destination.upper, collected[3:])
        if apdu:
            after = exchange.queue(after, exchange.RESPONSE_HEADER + apdu, peer.agreed.transmit_octets)
    return _speak(turn, peer._replace(exchange=after))


def repeat(turn: Turn) -> Outcome:
    """Drop the segment, and say again what the client has not got: its number tells what we expect."""
    return _speak(turn, _acknowledged(turn))


def hold(turn: Turn) -> Outcome:
    """Do not take the segment; RNR."""
    return _speak(turn, _acknowledged(turn), Kind.RECEIVE_NOT_READY)


def go_on(turn: Turn) -> Outcome:
    """Send the next segments, or those again that did not arrive, or RR."""
    return _speak(turn, _acknowledged(turn))


def wait(turn: Turn) -> Outcome:
    """Send no segments to a client that takes none."""
    peer = _acknowledged(turn)
    number = frames.supervisory_control(Kind.RECEIVE_READY, peer.exchange.expected)
    return Outcome(peer, (_answer(turn, number),))


def reject(turn: Turn) -> Outcome:
    """Say FRMR, and why; from now on the link only waits for SNRM or DISC."""
    assert turn.peer is not None
    numbers = turn.peer.exchange
    sending = (numbers.acknowledged + numbers.sent) % frames.SEQUENCE
    variables = numbers.expected << 5 | sending << 1
    why = bytes((turn.frame.control, variables, fault(turn.settings, turn.peer, turn.frame)))
    # Nothing that was under way can go on: do not keep it.
    peer = turn.peer._replace(rejected=why, exchange=Exchange())
    return Outcome(peer, _unnumbered(turn, Kind.FRAME_REJECT, why))


def reject_again(turn: Turn) -> Outcome:
    """Repeat the first FRMR."""
    assert turn.peer is not None
    return Outcome(turn.peer, _unnumbered(turn, Kind.FRAME_REJECT, turn.peer.rejected))


def ignore(turn: Turn) -> Outcome:
    """Say nothing: an unnumbered frame carries what needs no answer, and there is nothing of that here."""
    return Outcome(turn.peer)


def _lose(turn: Turn) -> None:
    if turn.peer is not None:
        turn.serve(turn.frame.source.upper, turn.frame.destination.upper, None)


def _acknowledged(turn: Turn) -> Peer:
    assert turn.peer is not None
    number = frames.expected_number(turn.frame.control)
    return turn.peer._replace(exchange=exchange.acknowledge(turn.peer.exchange, number))


def _speak(turn: Turn, peer: Peer, ready: Kind = Kind.RECEIVE_READY) -> Outcome:
    if not frames.polls(turn.frame.control):
        return Outcome(peer)
    where = turn.frame.source, turn.frame.destination
    after, spoken = exchange.speak(peer.exchange, peer.agreed.transmit_window, *where, ready)
    return Outcome(peer._replace(exchange=after), spoken)


def _unnumbered(turn: Turn, kind: Kind, information: bytes = b"") -> tuple[Frame, ...]:
    return (_answer(turn, kind | frames.POLL, information),)


def _answer(turn: Turn, control: int, information: bytes = b"") -> Frame:
    return Frame(turn.frame.source, turn.frame.destination, control, information)


TABLE: Mapping[tuple[State, Event], Step] = {
    (State.DISCONNECTED, Event.CONNECT): Step(connect, State.CONNECTED),
    (State.DISCONNECTED, Event.CONNECT_IN_VAIN): Step(refuse, State.DISCONNECTED),
    (State.DISCONNECTED, Event.DISCONNECT): Step(refuse, State.DISCONNECTED),
    (State.DISCONNECTED, Event.INFORMATION): Step(refuse, State.DISCONNECTED),
    (State.DISCONNECTED, Event.REPETITION): Step(refuse, State.DISCONNECTED),
    (State.DISCONNECTED, Event.FLOOD): Step(refuse, State.DISCONNECTED),
    (State.DISCONNECTED, Event.READY): Step(refuse, State.DISCONNECTED),
    (State.DISCONNECTED, Event.NOT_READY): Step(refuse, State.DISCONNECTED),
    (State.DISCONNECTED, Event.INVALID): Step(refuse, State.DISCONNECTED),
    (State.DISCONNECTED, Event.UNNUMBERED): Step(ignore, State.DISCONNECTED),
    (State.CONNECTED, Event.CONNECT): Step(connect, State.CONNECTED),
    (State.CONNECTED, Event.CONNECT_IN_VAIN): Step(refuse, State.DISCONNECTED),
    (State.CONNECTED, Event.DISCONNECT): Step(disconnect, State.DISCONNECTED),
    (State.CONNECTED, Event.INFORMATION): Step(take, State.CONNECTED),
    (State.CONNECTED, Event.REPETITION): Step(repeat, State.CONNECTED),
    (State.CONNECTED, Event.FLOOD): Step(hold, State.CONNECTED),
    (State.CONNECTED, Event.READY): Step(go_on, State.CONNECTED),
    (State.CONNECTED, Event.NOT_READY): Step(wait, State.CONNECTED),
    (State.CONNECTED, Event.INVALID): Step(reject, State.REJECTED),
    (State.CONNECTED, Event.UNNUMBERED): Step(ignore, State.CONNECTED),
    (State.REJECTED, Event.CONNECT): Step(connect, State.CONNECTED),
    (State.REJECTED, Event.CONNECT_IN_VAIN): Step(refuse, State.DISCONNECTED),
    (State.REJECTED, Event.DISCONNECT): Step(disconnect, State.DISCONNECTED),
    (State.REJECTED, Event.INFORMATION): Step(reject_again, State.REJECTED),
    (State.REJECTED, Event.REPETITION): Step(reject_again, State.REJECTED),
    (State.REJECTED, Event.FLOOD): Step(reject_again, State.REJECTED),
    (State.REJECTED, Event.READY): Step(reject_again, State.REJECTED),
    (State.REJECTED, Event.NOT_READY): Step(reject_again, State.REJECTED),
    (State.REJECTED, Event.INVALID): Step(reject_again, State.REJECTED),
    (State.REJECTED, Event.UNNUMBERED): Step(ignore, State.REJECTED),
}
"""The whole state machine: what is done, and where it leads."""
