"""HDLC lines for a callable that answers APDUs: the link between a transport and whoever knows the associations.

    lines = HdlcLines(serve_for, now_ms)
    server = LiveServer(lines.received)                       HDLC over TCP
    serial = LiveSerial(lines.received)                       HDLC over a serial port or a pseudo-terminal

Every port of the transport is a line of its own. With a `Who`, a line begins with the opening of mode E, and goes back
to it when its links have ended.
"""

from collections.abc import Callable, Iterable
from typing import NamedTuple, TypeAlias

from ferraris.app.live_server import Event
from ferraris.firmware.dlms.hdlc import line, opening
from ferraris.firmware.dlms.hdlc.line import Line
from ferraris.firmware.dlms.hdlc.link import DEFAULT_SETTINGS, Serve, Settings
from ferraris.firmware.dlms.hdlc.opening import Opening, SetLine, State, Who
from ferraris.pins import Closed, Opened, Send


class Switch(NamedTuple):
    """Set the line of this port, once everything sent before has left it."""

    port: int
    line: SetLine


Outputs: TypeAlias = Iterable[Send | Switch]


class _Held(NamedTuple):
    """What is remembered of one port."""

    line: Line
    serve: Serve
    opening: Opening | None


class HdlcLines:
    """Owns the lines of one transport."""

    def __init__(
        self,
        serve_for: Callable[[int], Serve],
        now_ms: Callable[[], int],
        settings: Settings = DEFAULT_SETTINGS,
        who: Who | None = None,
    ) -> None:
        """Take `serve_for`, which is asked for the callable of each port that opens, and a monotonic clock in ms."""
        self._serve_for = serve_for
        self._now_ms = now_ms
        self._settings = settings
        self._who = who
        self._held: dict[int, _Held] = {}

    def received(self, port: int, event: Event) -> Outputs:
        """Take what happened on a port, and return what to do there."""
        match event:
            case Opened():
                return self._opened(port)
            case Closed():
                held = self._held.pop(port)
                line.close(held.line, held.serve)
                return ()
            case bytes():
                return self._heard(port, event)

    def expire(self) -> Outputs:
        """End what was silent for too long; to be called now and then, once a second or so."""
        outputs: list[Send | Switch] = []
        for port in self._held:
            outputs += self._heard(port, b"")
        return outputs

    def _opened(self, port: int) -> Outputs:
        begins = None if self._who is None else opening.opening(self._who)
        self._held[port] = _Held(Line(self._settings), self._serve_for(port), begins)
        return () if begins is None else [Switch(port, SetLine(opening.OPENING_BAUD, parity=True))]

    def _heard(self, port: int, octets: bytes) -> list[Send | Switch]:
        held = self._held[port]
        if held.opening is None:
            return self._spoken(port, held, octets)
        outcome = opening.receive(held.opening, octets, self._now_ms())
        outputs = [_performed(port, output) for output in outcome.outputs]
        began = held.opening.state is not State.BINARY is outcome.opening.state
        held = held._replace(opening=outcome.opening, line=Line(self._settings) if began else held.line)
        self._held[port] = held
        return (
            outputs if outcome.opening.state is not State.BINARY else self._binary(port, held, outcome.passed, outputs)
        )

    def _binary(self, port: int, held: _Held, octets: bytes, outputs: list[Send | Switch]) -> list[Send | Switch]:
        """Let HDLC speak, and go back to listening when its last link ends, or when none begins."""
        assert held.opening is not None
        outputs += self._spoken(port, held, octets)
        after = self._held[port].line
        waited_ms = self._now_ms() - max(held.opening.heard_ms, after.heard_ms)
        if after.peers or (not held.line.peers and waited_ms < self._settings.inactivity_ms):
            return outputs
        ended = opening.end_link(held.opening, self._now_ms())
        self._held[port] = self._held[port]._replace(opening=ended.opening)
        return outputs + [_performed(port, output) for output in ended.outputs]

    def _spoken(self, port: int, held: _Held, octets: bytes) -> list[Send | Switch]:
        after, said = line.receive(held.line, octets, self._now_ms(), held.serve)
        self._held[port] = held._replace(line=after)
        return [Send(port, said)] if said else []


def _performed(port: int, output: opening.Output) -> Send | Switch:
    return Switch(port, output) if isinstance(output, SetLine) else Send(port, output.octets)
