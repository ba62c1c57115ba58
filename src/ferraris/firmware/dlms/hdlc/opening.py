r"""The opening of IEC 62056-21, mode E: how an optical head asks a meter to speak HDLC. Sans-IO.

    reader  /?!            or /?12345678!, at 300 Bd, 7 data bits and even parity
    meter   /FER5\2...     who it is, its highest rate as a digit, and by \2 that it speaks HDLC
    reader  ACK 2 5 2      HDLC, at this rate, in binary mode
    meter   ACK 2 5 2      the same at the new rate, still 7 bits; from then on 8 bits without parity, and HDLC

Sources: the DLMS User Association's page on the enhanced identification character (2 is binary mode, HDLC) and the
manual of the MetCom MCS301, section 12.2.2 (the confirmation at the new rate with parity, then 8N1): seen. Digits of
the rates and the times: IEC 62056-21, recalled, unverified.

`TABLE` says what answers which message in which state and where that leads.
"""

import re
from collections.abc import Callable, Mapping
from enum import Enum
from typing import NamedTuple, TypeAlias

RATES = {0: 300, 1: 600, 2: 1200, 3: 2400, 4: 4800, 5: 9600, 6: 19200}
"""Baud by the digit that stands for it (recalled)."""
OPENING_BAUD = 300
ACKNOWLEDGE = 0x06
LONGEST_MESSAGE = 40
"""Octets: /? and 32 of a device address, !, CR, LF fit (length of the address recalled)."""
PARITY_BIT = 0x80

REQUEST = re.compile(rb"/\?([0-9A-Za-z ]{0,32})!\r\n\Z")
SELECTION = re.compile(rb"\x06([0-9])([0-9])([0-9])\r\n\Z")
IDENTIFIER = re.compile(r"[A-Za-z]{3}")


class Who(NamedTuple):
    """What the meter says of itself."""

    manufacturer: str
    """Three letters."""
    identification: str
    """At most 16 printable characters without / and !."""
    address: str
    """The device address that a reader may ask for."""
    rate: int = 5
    """Digit of the highest rate."""
    patience_ms: int = 2200
    """How long a begun message or an unanswered offer is waited for (recalled: 1.5 s of reaction, and time to send)."""


class Send(NamedTuple):
    """Octets for the reader."""

    octets: bytes


class SetLine(NamedTuple):
    """Set the line, once everything sent before has left it: the rate, and 7 bits with even parity or 8 without."""

    baud: int
    parity: bool


Output: TypeAlias = Send | SetLine


class State(Enum):
    """State of the opening."""

    LISTENING = "listening"
    OFFERED = "identified itself"
    BINARY = "HDLC"


class Event(Enum):
    """What came, or did not come."""

    REQUEST = "request for us"
    OTHER_REQUEST = "request for another"
    SELECT_BINARY = "ACK 2 Z 2, a rate we have"
    SELECT_OTHER = "another selection"
    NOISE = "anything else"
    SILENCE = "nothing for too long"
    LINK_ENDED = "the HDLC link ended"


class Opening(NamedTuple):
    """Everything that is remembered."""

    who: Who
    state: State = State.LISTENING
    inbox: bytes = b""
    heard_ms: int = 0


class Outcome(NamedTuple):
    """The opening afterwards, what to do in this order, and the octets that are HDLC's."""

    opening: Opening
    outputs: tuple[Output, ...] = ()
    passed: bytes = b""


class Step(NamedTuple):
    """One cell of the table."""

    action: Callable[[Who, bytes], tuple[Output, ...]]
    state: State


def opening(who: Who) -> Opening:
    """Give a meter that listens. Raises `ValueError` for what cannot be said in an identification."""
    said = who.identification
    if not IDENTIFIER.fullmatch(who.manufacturer):
        raise ValueError(f"manufacturer {who.manufacturer!r}, expected three letters")
    if len(said) > 16 or not said.isascii() or not said.isprintable() or set(said) & set("/!"):
        raise ValueError(f"identification {said!r}, expected at most 16 printable characters without / and !")
    if who.rate not in RATES:
        raise ValueError(f"rate {who.rate!r}, expected a digit from 0 to {max(RATES)}")
    return Opening(who)


def receive(before: Opening, octets: bytes, now_ms: int) -> Outcome:
    """Take octets from the line. Never raises; in state BINARY they are passed on as they are."""
    outcome = expire(before, now_ms)
    rest = octets
    while rest and outcome.opening.state is not State.BINARY:
        outcome, rest = _message(outcome, rest, now_ms)
    return outcome._replace(passed=rest)


def expire(before: Opening, now_ms: int) -> Outcome:
    """Give up a begun message, or an offer, that nothing followed; to be called now and then."""
    waits = before.inbox or before.state is State.OFFERED
    if before.state is State.BINARY or not waits or now_ms - before.heard_ms <= before.who.patience_ms:
        return Outcome(before)
    return _step(Outcome(before._replace(inbox=b"")), Event.SILENCE, b"", now_ms)


def end_link(before: Opening, now_ms: int) -> Outcome:
    """Go back to listening: the HDLC link was ended, or was silent for too long."""
    return _step(Outcome(before), Event.LINK_ENDED, b"", now_ms)


def deadline_ms(before: Opening) -> int | None:
    """When `expire` will have something to do."""
    if before.state is State.BINARY or not (before.inbox or before.state is State.OFFERED):
        return None
    return before.heard_ms + before.who.patience_ms + 1


def _message(outcome: Outcome, octets: bytes, now_ms: int) -> tuple[Outcome, bytes]:
    """Take octets up to the end of one message. Messages begin with / or ACK: what is before that is noise."""
    seven = bytes(octet & ~PARITY_BIT for octet in octets)
    held = outcome.opening.inbox
    if not held:
        begins = [place for place, octet in enumerate(seven) if octet in b"/\x06"]
        if not begins:
            return outcome, b""
        seven, octets = seven[begins[0] :], octets[begins[0] :]
    size = seven.find(b"\n") + 1 or len(seven)
    message = held + seven[:size]
    if message.endswith(b"\n") or len(message) > LONGEST_MESSAGE:
        emptied = outcome._replace(opening=outcome.opening._replace(inbox=b""))
        return _step(emptied, event_of(outcome.opening.who, message), message, now_ms), octets[size:]
    return outcome._replace(opening=outcome.opening._replace(inbox=message, heard_ms=now_ms)), octets[size:]


def _step(outcome: Outcome, event: Event, message: bytes, now_ms: int) -> Outcome:
    before = outcome.opening
    step = TABLE[before.state, event]
    after = before._replace(state=step.state, inbox=b"", heard_ms=now_ms)
    return Outcome(after, outcome.outputs + step.action(before.who, message))


def event_of(who: Who, message: bytes) -> Event:
    """Tell what a message is to this meter."""
    if request := REQUEST.match(message):
        return Event.REQUEST if _is_for(who, request[1].decode()) else Event.OTHER_REQUEST
    if selection := SELECTION.match(message):
        protocol, rate, mode = (int(digit) for digit in selection.groups())
        is_ours = (protocol, mode) == (2, 2) and rate <= who.rate
        return Event.SELECT_BINARY if is_ours else Event.SELECT_OTHER
    return Event.NOISE


def _is_for(who: Who, address: str) -> bool:
    """Whether a request is for this meter: it names nobody, or its address; leading zeros do not count (recalled)."""
    return not address or address.lstrip("0") == who.address.lstrip("0")


# ---------------------------------------------------------------- actions


def identify(who: Who, _: bytes) -> tuple[Output, ...]:
    """Say who we are, and that HDLC can be had."""
    return (Send(f"/{who.manufacturer}{who.rate}\\2{who.identification}\r\n".encode("ascii")),)


def switch(_: Who, message: bytes) -> tuple[Output, ...]:
    """Confirm at the new rate, then drop the parity."""
    baud = RATES[message[2] - ord("0")]
    return SetLine(baud, parity=True), Send(message), SetLine(baud, parity=False)


def return_to_start(_: Who, __: bytes) -> tuple[Output, ...]:
    """Set the line as an opening needs it."""
    return (SetLine(OPENING_BAUD, parity=True),)


def ignore(_: Who, __: bytes) -> tuple[Output, ...]:
    """Say nothing."""
    return ()


TABLE: Mapping[tuple[State, Event], Step] = {
    (State.LISTENING, Event.REQUEST): Step(identify, State.OFFERED),
    (State.LISTENING, Event.OTHER_REQUEST): Step(ignore, State.LISTENING),
    (State.LISTENING, Event.SELECT_BINARY): Step(ignore, State.LISTENING),
    (State.LISTENING, Event.SELECT_OTHER): Step(ignore, State.LISTENING),
    (State.LISTENING, Event.NOISE): Step(ignore, State.LISTENING),
    (State.LISTENING, Event.SILENCE): Step(ignore, State.LISTENING),
    (State.LISTENING, Event.LINK_ENDED): Step(ignore, State.LISTENING),
    (State.OFFERED, Event.REQUEST): Step(identify, State.OFFERED),
    (State.OFFERED, Event.OTHER_REQUEST): Step(ignore, State.LISTENING),
    (State.OFFERED, Event.SELECT_BINARY): Step(switch, State.BINARY),
    (State.OFFERED, Event.SELECT_OTHER): Step(ignore, State.LISTENING),
    (State.OFFERED, Event.NOISE): Step(ignore, State.LISTENING),
    (State.OFFERED, Event.SILENCE): Step(ignore, State.LISTENING),
    (State.OFFERED, Event.LINK_ENDED): Step(ignore, State.OFFERED),
    (State.BINARY, Event.REQUEST): Step(ignore, State.BINARY),
    (State.BINARY, Event.OTHER_REQUEST): Step(ignore, State.BINARY),
    (State.BINARY, Event.SELECT_BINARY): Step(ignore, State.BINARY),
    (State.BINARY, Event.SELECT_OTHER): Step(ignore, State.BINARY),
    (State.BINARY, Event.NOISE): Step(ignore, State.BINARY),
    (State.BINARY, Event.SILENCE): Step(ignore, State.BINARY),
    (State.BINARY, Event.LINK_ENDED): Step(return_to_start, State.LISTENING),
}
"""The whole state machine. In state HDLC nothing is looked at: those rows are never reached but the last."""
