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

from ferraris.firmware.dlms import acse, association, reading, wrapper, xdlms
from ferraris.firmware.dlms.association import SERVER_MAX_PDU
from ferraris.firmware.dlms.host import Host, Session
from ferraris.firmware.dlms.reading import Transfer
from ferraris.firmware.dlms.results import DlmsError, ServiceError, StateError
from ferraris.firmware.dlms.wrapper import Frame
from ferraris.firmware.dlms.xdlms import ExceptionResponse

NO_STATION = 0x0000
ALL_STATIONS = 0xFFFF
"""Reserved wPorts: nobody, and everybody. What comes from or goes to them gets no reply."""


class Association(NamedTuple):
    """An open association, and the long value it is fetching, if any."""

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
    TRANSFER = "transfer"


class Event(Enum):
    """What an APDU is, by its first octets."""

    AARQ = "AARQ"
    RLRQ = "RLRQ"
    GET = "GET normal, GET with list"
    NEXT = "GET next"
    COMMAND = "SET, ACTION"
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
    return State.OPEN if association.transfer is None else State.TRANSFER


def event_of(apdu: bytes) -> Event:
    """Tell what an APDU is."""
    event = EVENTS.get(apdu[0], Event.OTHER) if apdu else Event.OTHER
    if event is Event.GET and apdu[1:2] == bytes((xdlms.Form.NEXT,)):
        return Event.NEXT
    return event


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
    delivery = reading.read(xdlms.decode_request(turn.apdu), session, transfer, turn.host)
    if delivery.transfer is None and transfer is None:
        return Outcome(turn.association, delivery.apdu)
    return Outcome(Association(session, delivery.transfer), delivery.apdu)


def refuse_closed(turn: Turn) -> Outcome:
    """Refuse a service without an association."""
    return _kept(turn, NOT_ASSOCIATED)


def refuse_service(turn: Turn) -> Outcome:
    """Refuse a service that we know and never negotiate."""
    return _kept(turn, reading.NOT_NEGOTIATED)


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
    acse.AARQ: Event.AARQ,
    acse.RLRQ: Event.RLRQ,
    int(xdlms.Tag.GET_REQUEST): Event.GET,
    int(xdlms.Tag.SET_REQUEST): Event.COMMAND,
    int(xdlms.Tag.ACTION_REQUEST): Event.COMMAND,
}
"""Events by the first octet of the APDU."""

TABLE: Mapping[tuple[State, Event], Action] = {
    (State.CLOSED, Event.AARQ): associate,
    (State.CLOSED, Event.RLRQ): release,
    (State.CLOSED, Event.GET): refuse_closed,
    (State.CLOSED, Event.NEXT): refuse_closed,
    (State.CLOSED, Event.COMMAND): refuse_closed,
    (State.CLOSED, Event.OTHER): refuse_unknown,
    (State.OPEN, Event.AARQ): associate,
    (State.OPEN, Event.RLRQ): release,
    (State.OPEN, Event.GET): read,
    (State.OPEN, Event.NEXT): read,
    (State.OPEN, Event.COMMAND): refuse_service,
    (State.OPEN, Event.OTHER): refuse_unknown,
    (State.TRANSFER, Event.AARQ): associate,
    (State.TRANSFER, Event.RLRQ): release,
    (State.TRANSFER, Event.GET): read,
    (State.TRANSFER, Event.NEXT): read,
    (State.TRANSFER, Event.COMMAND): refuse_service,
    (State.TRANSFER, Event.OTHER): refuse_unknown,
}
"""The whole state machine. `associate` leads to open or closed, `release` to closed, `read` to transfer or open; a
refusal leaves closed closed, and leads to open from everywhere else."""
