"""The client's end of a data link as a table: what is done on which event in which state, and where that leads.

`client_link` is what a user of a link calls.
"""

from collections.abc import Callable, Mapping
from enum import Enum
from typing import NamedTuple, TypeAlias

from ferraris.firmware.dlms.hdlc import exchange, frames, negotiation
from ferraris.firmware.dlms.hdlc.addresses import Address, FrameError
from ferraris.firmware.dlms.hdlc.exchange import Exchange
from ferraris.firmware.dlms.hdlc.frames import Frame, Kind
from ferraris.firmware.dlms.hdlc.negotiation import Parameters

MAXIMUM_ANSWER = 0xFFFF + len(exchange.RESPONSE_HEADER)
"""Octets of the longest answer taken: no APDU size that can be agreed on is larger."""


class Patience(NamedTuple):
    """How long a client waits."""

    answer_ms: int = 3000
    """From the last octet sent, or received, to the answer."""
    tries: int = 3
    """Questions, the first included, before the link fails."""


DEFAULT_PATIENCE = Patience()


class State(Enum):
    """State of the client."""

    APART = "disconnected"
    CONNECTING = "SNRM sent"
    IDLE = "connected, nothing asked"
    ASKING = "asking"
    LEAVING = "DISC sent"
    FAILED = "failed"


class Event(Enum):
    """What happens to the client."""

    ACKNOWLEDGED = "UA"
    REFUSED = "DM"
    REJECTED = "FRMR"
    INFORMATION = "I, the expected N(S)"
    REPETITION = "I, another N(S)"
    READY = "RR"
    NOT_READY = "RNR"
    NONSENSE = "anything else"
    SILENCE = "no answer in time"
    LAST_SILENCE = "no answer to the last try"


class Connected(NamedTuple):
    """The meter agreed: the link carries requests on these terms, from the client's view."""

    agreed: Parameters


class Delivered(NamedTuple):
    """An APDU came whole."""

    apdu: bytes


class Ended(NamedTuple):
    """The link was ended as asked."""


class Failed(NamedTuple):
    """The link is of no more use; the text says why."""

    reason: str


Report: TypeAlias = Connected | Delivered | Ended | Failed


class ClientLink(NamedTuple):
    """One link as its client sees it."""

    client: Address
    server: Address
    proposal: Parameters
    patience: Patience
    state: State = State.APART
    agreed: Parameters = Parameters()
    exchange: Exchange = Exchange()
    inbox: bytes = b""
    tries: int = 0
    deadline_ms: int | None = None
    """When `tick` has to be called; None while no answer is waited for."""


class Outcome(NamedTuple):
    """The link afterwards, the octets to send, and what there is to know."""

    link: ClientLink
    octets: bytes = b""
    reports: tuple[Report, ...] = ()


class Step(NamedTuple):
    """One cell of the table."""

    action: Callable[[ClientLink, Frame, int], Outcome]
    state: tuple[State, ...]
    """Where it can lead."""


# ---------------------------------------------------------------- events


def event_of(link: ClientLink, frame: Frame) -> Event:
    """Tell what a frame is to the link."""
    kind = frames.kind(frame.control)
    if kind in KINDS:
        return KINDS[kind]
    numbered = {Kind.INFORMATION, Kind.RECEIVE_READY, Kind.RECEIVE_NOT_READY}
    if kind not in numbered or not exchange.is_possible(link.exchange, frames.expected_number(frame.control)):
        return Event.NONSENSE
    if kind is Kind.INFORMATION:
        return Event.INFORMATION if exchange.is_expected(link.exchange, frame.control) else Event.REPETITION
    return Event.READY if kind is Kind.RECEIVE_READY else Event.NOT_READY


KINDS = {
    Kind.UNNUMBERED_ACKNOWLEDGE: Event.ACKNOWLEDGED,
    Kind.DISCONNECTED_MODE: Event.REFUSED,
    Kind.FRAME_REJECT: Event.REJECTED,
}


# ---------------------------------------------------------------- actions


def begin(link: ClientLink, frame: Frame, _: int) -> Outcome:
    """Take the meter's terms; they are its view, so what it sends is what we receive."""
    try:
        agreed = negotiation.agree(negotiation.decode(frame.information), link.proposal)
    except FrameError as error:
        return fail(link, f"the meter's terms cannot be kept: {error}")
    return Outcome(_resting(link._replace(agreed=agreed, exchange=Exchange()), State.IDLE), b"", (Connected(agreed),))


def take(link: ClientLink, frame: Frame, now_ms: int) -> Outcome:
    """Take the next segment; with the last one the answer is whole."""
    after, collected = exchange.take(_acknowledged(link, frame), frame)
    link = link._replace(exchange=after, tries=0)
    if collected is None:
        if len(after.incoming) > MAXIMUM_ANSWER:
            return fail(link, f"an answer of more than {MAXIMUM_ANSWER} octets")
        return ask(link, now_ms) if frames.polls(frame.control) else Outcome(_waiting(link, now_ms))
    if not collected.startswith(exchange.RESPONSE_HEADER):
        return fail(link, f"an answer begins with {collected[:3].hex()}, expected e6e700")
    return Outcome(_resting(link, State.IDLE), b"", (Delivered(collected[3:]),))


def skip(link: ClientLink, frame: Frame, now_ms: int) -> Outcome:
    """Drop the segment. If it is the end of a window of which something was lost, ask from there.

    The end of a window that came whole is the segment before the expected one: then it came twice, and the question
    for what follows is on its way.
    """
    link = link._replace(exchange=_acknowledged(link, frame))
    came_twice = (frames.sent_number(frame.control) + 1) % frames.SEQUENCE == link.exchange.expected
    return _perhaps_ask(link, now_ms, needed=frames.polls(frame.control) and not came_twice)


def listen(link: ClientLink, frame: Frame, now_ms: int) -> Outcome:
    """Note what has arrived, and send what is left. A meter that has all of it and no answer yet is asked later."""
    after = _acknowledged(link, frame)
    progress = len(after.outgoing) < len(link.exchange.outgoing)
    link = link._replace(exchange=after, tries=0 if progress else link.tries)
    return _perhaps_ask(link, now_ms, needed=bool(progress or after.outgoing))


def hold(link: ClientLink, frame: Frame, now_ms: int) -> Outcome:
    """Note what has arrived; a meter that takes no more may have segments for us, so poll for those first."""
    link = link._replace(exchange=_acknowledged(link, frame))
    if link.tries >= link.patience.tries:
        return Outcome(link)
    control = frames.supervisory_control(Kind.RECEIVE_READY, link.exchange.expected)
    poll = frames.encode(Frame(link.server, link.client, control))
    return Outcome(_waiting(link._replace(tries=link.tries + 1), now_ms), poll)


def ask_again(link: ClientLink, _: Frame, now_ms: int) -> Outcome:
    """Send again what has not been answered."""
    return ask(link, now_ms)


def end(link: ClientLink, _: Frame, __: int) -> Outcome:
    """The link has ended as asked."""
    return Outcome(_resting(link, State.APART), b"", (Ended(),))


def give_up(link: ClientLink, _: Frame, __: int) -> Outcome:
    """Nobody answers."""
    return fail(link, f"no answer after {link.tries} tries")


def be_refused(link: ClientLink, _: Frame, __: int) -> Outcome:
    """The meter has no link with us."""
    return fail(link, "the meter is disconnected (DM)")


def be_rejected(link: ClientLink, frame: Frame, _: int) -> Outcome:
    """The meter could make nothing of what we sent."""
    return fail(link, f"the meter rejected a frame (FRMR {frame.information.hex()})")


def ignore(link: ClientLink, _: Frame, __: int) -> Outcome:
    """Let it pass."""
    return Outcome(link)


def fail(link: ClientLink, reason: str) -> Outcome:
    """Give the link up."""
    return Outcome(_resting(link, State.FAILED), b"", (Failed(reason),))


def _resting(link: ClientLink, state: State) -> ClientLink:
    return link._replace(state=state, tries=0, deadline_ms=None)


def _waiting(link: ClientLink, now_ms: int) -> ClientLink:
    return link._replace(deadline_ms=now_ms + link.patience.answer_ms)


def _acknowledged(link: ClientLink, frame: Frame) -> Exchange:
    return exchange.acknowledge(link.exchange, frames.expected_number(frame.control))


def _perhaps_ask(link: ClientLink, now_ms: int, *, needed: bool) -> Outcome:
    """Ask at once where that is needed and there are tries left, else when the deadline has come."""
    if needed and link.tries < link.patience.tries:
        return ask(link, now_ms)
    return Outcome(link)


def ask(link: ClientLink, now_ms: int) -> Outcome:
    """Say, or say again, what the state is about, and wait for an answer."""
    link = _waiting(link._replace(tries=link.tries + 1), now_ms)
    match link.state:
        case State.CONNECTING:
            terms = b"" if link.proposal == negotiation.DEFAULT else negotiation.encode(link.proposal)
            spoken: tuple[Frame, ...] = (_command(link, Kind.SET_NORMAL_RESPONSE_MODE, terms),)
        case State.LEAVING:
            spoken = (_command(link, Kind.DISCONNECT),)
        case _:
            after, spoken = exchange.speak(link.exchange, link.agreed.transmit_window, link.server, link.client)
            link = link._replace(exchange=after)
    return Outcome(link, b"".join(map(frames.encode, spoken)))


def _command(link: ClientLink, kind: Kind, information: bytes = b"") -> Frame:
    return Frame(link.server, link.client, kind | frames.POLL, information)


_LATE = {Event.SILENCE: Step(ask_again, (State.ASKING,)), Event.LAST_SILENCE: Step(give_up, (State.FAILED,))}
_BROKEN = {Event.REFUSED: Step(be_refused, (State.FAILED,)), Event.REJECTED: Step(be_rejected, (State.FAILED,))}
_ROWS: Mapping[State, Mapping[Event, Step]] = {
    State.APART: {},
    State.CONNECTING: {
        **_BROKEN,
        **_LATE,
        Event.ACKNOWLEDGED: Step(begin, (State.IDLE, State.FAILED)),
        Event.SILENCE: Step(ask_again, (State.CONNECTING,)),
    },
    State.IDLE: _BROKEN,
    State.ASKING: {
        **_BROKEN,
        **_LATE,
        Event.INFORMATION: Step(take, (State.ASKING, State.IDLE, State.FAILED)),
        Event.REPETITION: Step(skip, (State.ASKING,)),
        Event.READY: Step(listen, (State.ASKING,)),
        Event.NOT_READY: Step(hold, (State.ASKING,)),
    },
    State.LEAVING: {
        **_LATE,
        Event.ACKNOWLEDGED: Step(end, (State.APART,)),
        Event.REFUSED: Step(end, (State.APART,)),
        Event.SILENCE: Step(ask_again, (State.LEAVING,)),
    },
    State.FAILED: {},
}

TABLE: Mapping[tuple[State, Event], Step] = {
    (state, event): row.get(event, Step(ignore, (state,))) for state, row in _ROWS.items() for event in Event
}
"""The whole state machine; what a row does not name is ignored."""
