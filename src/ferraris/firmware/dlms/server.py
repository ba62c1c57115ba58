"""The server: octets of a connection in, octets out. It touches no socket and no clock.

`receive` takes what came in over one TCP connection, in whatever pieces, and returns the connection as it is then, the
octets to send, and whether to close. A connection carries as many associations as clients speak over it, each known by
its pair of wPorts and none aware of the others. `TABLE` says which action answers which event in which state.

Whatever arrives, `receive` does not raise: what is no wrapper stream closes the connection, what is no APDU gets an
exception response.
"""

from collections.abc import Callable, Mapping
from enum import Enum
from types import MappingProxyType
from typing import NamedTuple, TypeAlias

from ferraris.firmware.dlms import (
    acse,
    acting,
    association,
    blocks,
    reading,
    wrapper,
    writing,
    xdlms,
    xdlms_action,
    xdlms_set,
)
from ferraris.firmware.dlms.acting import Calling, Returning
from ferraris.firmware.dlms.association import SERVER_MAX_PDU
from ferraris.firmware.dlms.blocks import Outgoing
from ferraris.firmware.dlms.host import Host, Session
from ferraris.firmware.dlms.initiate import Conformance
from ferraris.firmware.dlms.results import DlmsError, ServiceError, StateError
from ferraris.firmware.dlms.wrapper import Frame
from ferraris.firmware.dlms.writing import Writing
from ferraris.firmware.dlms.xdlms import ExceptionResponse

NO_STATION = 0x0000
ALL_STATIONS = 0xFFFF
"""Reserved wPorts: nobody, and everybody. What comes from or goes to them gets no reply."""


Transfer: TypeAlias = Outgoing | Writing | Calling | Returning
"""A long value under way: read, set, given to a method, returned by one."""


class Association(NamedTuple):
    """An open association, and the long value under way, if any."""

    session: Session
    transfer: Transfer | None = None


class Connection(NamedTuple):
    """Everything the server remembers of one TCP connection."""

    inbox: bytes = b""
    """The beginning of a frame whose rest has not come yet."""
    associations: Mapping[tuple[int, int], Association] = MappingProxyType({})
    """Open associations by (client wPort, server wPort)."""


class Reply(NamedTuple):
    """What `receive` returns."""

    connection: Connection
    octets: bytes
    close: bool


class State(Enum):
    """State of one association."""

    CLOSED = "closed"
    OPEN = "open"
    READING = "reading"
    WRITING = "writing"
    CALLING = "calling"
    RETURNING = "returning"


class Event(Enum):
    """What an APDU is, by its first octets."""

    AARQ = "AARQ"
    RLRQ = "RLRQ"
    GET = "GET normal, GET with list"
    NEXT = "GET next"
    SET = "SET normal, first block, with list"
    SET_BLOCK = "SET with block"
    ACTION = "ACTION normal, first block, with list"
    ACTION_BLOCK = "ACTION with block"
    ACTION_NEXT = "ACTION next"
    OTHER = "anything else"


class Turn(NamedTuple):
    """One APDU and whom it concerns."""

    client: int
    server: int
    apdu: bytes
    association: Association | None
    host: Host


class Outcome(NamedTuple):
    """What became of the association, and the APDU that goes back."""

    association: Association | None
    apdu: bytes


Action: TypeAlias = Callable[[Turn], Outcome]


def connect() -> Connection:
    """Give the state of a connection that has just been made."""
    return Connection()


def receive(connection: Connection, octets: bytes, host: Host) -> Reply:
    """Take octets from a connection. Returns the connection after them, the octets to send, and whether to close it."""
    try:
        frames, inbox = wrapper.split(connection.inbox + octets, SERVER_MAX_PDU)
    except wrapper.StreamError:
        return Reply(connect(), b"", close=True)
    associations = connection.associations
    replies = []
    for frame in frames:
        associations, apdu = _converse(associations, frame, host)
        if apdu:
            replies.append(wrapper.encode(Frame(frame.destination, frame.source, apdu)))
    return Reply(Connection(inbox, associations), b"".join(replies), close=False)


def _converse(
    associations: Mapping[tuple[int, int], Association], frame: Frame, host: Host
) -> tuple[Mapping[tuple[int, int], Association], bytes]:
    """Serve one frame; the associations come back as they are after it."""
    pair = frame.source, frame.destination
    if not {NO_STATION, ALL_STATIONS}.isdisjoint(pair):
        return associations, b""
    before = associations.get(pair)
    after, apdu = serve(Turn(*pair, frame.apdu, before, host))
    if after is before:
        return associations, apdu
    others = {known: association for known, association in associations.items() if known != pair}
    return (others if after is None else {**others, pair: after}), apdu


def serve(turn: Turn) -> Outcome:
    """Answer one APDU as `TABLE` says. Never raises."""
    action = TABLE[state_of(turn.association), event_of(turn.apdu)]
    try:
        return action(turn)
    except DlmsError:
        return _kept(turn, MALFORMED)


def state_of(association: Association | None) -> State:
    """Tell the state of an association."""
    if association is None:
        return State.CLOSED
    return State.OPEN if association.transfer is None else TRANSFERS[type(association.transfer)]


def event_of(apdu: bytes) -> Event:
    """Tell what an APDU is."""
    return BLOCK_EVENTS.get(apdu[:2]) or EVENTS.get(apdu[:1], Event.OTHER)


# ---------------------------------------------------------------- actions


def associate(turn: Turn) -> Outcome:
    """Judge an AARQ. An association that was open is over either way: an AARQ re-opens, or it fails."""
    session, apdu = association.open_association(turn.apdu, turn.client, turn.server, turn.host)
    return Outcome(None if session is None else Association(session), apdu)


def release(turn: Turn) -> Outcome:
    """Answer an RLRQ and forget the association."""
    session = None if turn.association is None else turn.association.session
    return Outcome(None, association.release(turn.apdu, session))


def read(turn: Turn) -> Outcome:
    """Serve a GET of any form."""
    assert turn.association is not None
    session, transfer = turn.association
    fetched = transfer if isinstance(transfer, Outgoing) else None
    return _outcome(turn.association, reading.read(xdlms.decode_request(turn.apdu), session, fetched, turn.host))


def write(turn: Turn) -> Outcome:
    """Serve a SET of any form. An APDU of a service that was not negotiated is not even decoded."""
    assert turn.association is not None
    session, transfer = turn.association
    if not session.conformance & Conformance.SET:
        return _kept(turn, blocks.NOT_NEGOTIATED)
    under_way = transfer if isinstance(transfer, Writing) else None
    return _outcome(turn.association, writing.write(xdlms_set.decode_request(turn.apdu), session, under_way, turn.host))


def act(turn: Turn) -> Outcome:
    """Serve an ACTION of any form. An APDU of a service that was not negotiated is not even decoded."""
    assert turn.association is not None
    session, transfer = turn.association
    if not session.conformance & Conformance.ACTION:
        return _kept(turn, blocks.NOT_NEGOTIATED)
    under_way = transfer if isinstance(transfer, Calling | Returning) else None
    return _outcome(turn.association, acting.act(xdlms_action.decode_request(turn.apdu), session, under_way, turn.host))


def _outcome(before: Association, delivery: reading.Delivery | writing.Delivery | acting.Delivery) -> Outcome:
    if delivery.transfer is None and before.transfer is None:
        return Outcome(before, delivery.apdu)
    return Outcome(Association(before.session, delivery.transfer), delivery.apdu)


def refuse_closed(turn: Turn) -> Outcome:
    """Refuse a service without an association."""
    return _kept(turn, NOT_ASSOCIATED)


def refuse_unknown(turn: Turn) -> Outcome:
    """Refuse what is no service we know."""
    return _kept(turn, UNKNOWN)


def _kept(turn: Turn, apdu: bytes) -> Outcome:
    """Reply and keep the association, without its transfer: any other request ends that."""
    if turn.association is None or turn.association.transfer is None:
        return Outcome(turn.association, apdu)
    return Outcome(Association(turn.association.session), apdu)


NOT_ASSOCIATED = xdlms.encode_exception(
    ExceptionResponse(StateError.SERVICE_NOT_ALLOWED, ServiceError.OPERATION_NOT_POSSIBLE)
)
MALFORMED = xdlms.encode_exception(ExceptionResponse(StateError.SERVICE_NOT_ALLOWED, ServiceError.OTHER_REASON))
UNKNOWN = xdlms.encode_exception(ExceptionResponse(StateError.SERVICE_UNKNOWN, ServiceError.SERVICE_NOT_SUPPORTED))

EVENTS = {
    bytes((tag,)): event
    for tag, event in {
        acse.AARQ: Event.AARQ,
        acse.RLRQ: Event.RLRQ,
        xdlms.Tag.GET_REQUEST: Event.GET,
        xdlms.Tag.SET_REQUEST: Event.SET,
        xdlms.Tag.ACTION_REQUEST: Event.ACTION,
    }.items()
}
"""Events by the first octet of the APDU."""

BLOCK_EVENTS = {
    bytes((tag, form)): event
    for tag, form, event in (
        (xdlms.Tag.GET_REQUEST, xdlms.Form.NEXT, Event.NEXT),
        (xdlms.Tag.SET_REQUEST, xdlms_set.RequestForm.BLOCK, Event.SET_BLOCK),
        (xdlms.Tag.ACTION_REQUEST, xdlms_action.RequestForm.BLOCK, Event.ACTION_BLOCK),
        (xdlms.Tag.ACTION_REQUEST, xdlms_action.RequestForm.NEXT, Event.ACTION_NEXT),
    )
}
"""Events by the first two octets: what keeps a transfer going."""

TRANSFERS: Mapping[type, State] = {
    Outgoing: State.READING,
    Writing: State.WRITING,
    Calling: State.CALLING,
    Returning: State.RETURNING,
}
"""States by what is under way."""

_OPEN: Mapping[Event, Action] = {
    Event.AARQ: associate,
    Event.RLRQ: release,
    Event.GET: read,
    Event.NEXT: read,
    Event.SET: write,
    Event.SET_BLOCK: write,
    Event.ACTION: act,
    Event.ACTION_BLOCK: act,
    Event.ACTION_NEXT: act,
    Event.OTHER: refuse_unknown,
}

_CLOSED: Mapping[Event, Action] = {
    **dict.fromkeys(Event, refuse_closed),
    Event.AARQ: associate,
    Event.RLRQ: release,
    Event.OTHER: refuse_unknown,
}

TABLE: Mapping[tuple[State, Event], Action] = {
    (state, event): (_CLOSED if state is State.CLOSED else _OPEN)[event] for state in State for event in Event
}
"""The whole state machine: what differs between the states of an open association is where an action leads.

`associate` leads to open or closed, `release` to closed. `read` leads to reading while there are blocks to fetch,
`write` to writing while blocks have to come, `act` to calling likewise and to returning while there is an answer to
fetch; else they lead to open, whatever was under way before. A refusal leaves closed closed, and leads to open from
everywhere else."""
