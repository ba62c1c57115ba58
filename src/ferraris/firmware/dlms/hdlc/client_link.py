"""The client's end of a data link, sans-IO, with the same codec: it polls, and asks again for what does not come.

    link, octets = connect(client_link(client, server, proposal), now_ms)    send the octets, then feed what comes back
    link, octets, reports = receive(link, octets, now_ms)                    Connected, Delivered, Ended or Failed
    link, octets, reports = tick(link, now_ms)                               when `deadline_ms` has come

One request at a time: `send` and `disconnect` are for a link in state IDLE. A link fails when a question stays without
an answer as often as `Patience.tries` says, or the meter rejects; then nothing more comes of it, and whether the last
request was carried out is not known.
"""

from ferraris.firmware.dlms.hdlc import exchange, frames, negotiation
from ferraris.firmware.dlms.hdlc.addresses import Address
from ferraris.firmware.dlms.hdlc.client_states import (
    DEFAULT_PATIENCE,
    TABLE,
    ClientLink,
    Event,
    Outcome,
    Patience,
    State,
    ask,
    event_of,
)
from ferraris.firmware.dlms.hdlc.exchange import Exchange
from ferraris.firmware.dlms.hdlc.frames import Frame
from ferraris.firmware.dlms.hdlc.negotiation import Parameters


def client_link(
    client: int, server: Address, proposal: Parameters = negotiation.DEFAULT, patience: Patience = DEFAULT_PATIENCE
) -> ClientLink:
    """Give a link that is not connected yet, from a client to a server's address."""
    return ClientLink(Address(client), server, proposal, patience)


def connect(link: ClientLink, now_ms: int) -> Outcome:
    """Propose a link."""
    assert link.state in {State.APART, State.IDLE}
    fresh = link._replace(state=State.CONNECTING, tries=0, exchange=Exchange(), inbox=b"")
    return ask(fresh, now_ms)


def send(link: ClientLink, apdu: bytes, now_ms: int) -> Outcome:
    """Send a request; the answer is reported as `Delivered`."""
    assert link.state is State.IDLE
    queued = exchange.queue(link.exchange, exchange.REQUEST_HEADER + apdu, link.agreed.transmit_octets)
    return ask(link._replace(state=State.ASKING, exchange=queued, tries=0), now_ms)


def disconnect(link: ClientLink, now_ms: int) -> Outcome:
    """End the link."""
    assert link.state is State.IDLE
    return ask(link._replace(state=State.LEAVING, tries=0), now_ms)


def receive(link: ClientLink, octets: bytes, now_ms: int) -> Outcome:
    """Take octets from the line; frames of others, and what is no frame, are passed over. Never raises."""
    found, inbox = frames.split(link.inbox + octets)
    outcome = Outcome(link._replace(inbox=inbox))
    for frame in found:
        if (frame.source, frame.destination) == (link.server, link.client):
            outcome = _join(outcome, _step(outcome.link, event_of(outcome.link, frame), frame, now_ms))
    return outcome


def tick(link: ClientLink, now_ms: int) -> Outcome:
    """Ask again, or give up, if the answer is late."""
    if link.deadline_ms is None or now_ms < link.deadline_ms:
        return Outcome(link)
    event = Event.SILENCE if link.tries < link.patience.tries else Event.LAST_SILENCE
    # A frame that was begun and did not end in all this time never will.
    return _step(link._replace(inbox=b""), event, _NO_FRAME, now_ms)


_NO_FRAME = Frame(Address(0), Address(0), 0)
"""Stands for the frame that did not come."""


def _join(before: Outcome, after: Outcome) -> Outcome:
    return Outcome(after.link, before.octets + after.octets, before.reports + after.reports)


def _step(link: ClientLink, event: Event, frame: Frame, now_ms: int) -> Outcome:
    step = TABLE[link.state, event]
    outcome = step.action(link, frame, now_ms)
    assert outcome.link.state in step.state
    return outcome
