"""The asyncio shell around a serial line: a port of the computer, or a pseudo-terminal that another program opens.

It has the shape of `LiveServer`, and knows as little of what the octets mean. A line is one port, open from `start` to
`stop`. A reader that does not fetch what is sent is not read from; when that lasts, what waits is thrown away: on a
line, octets get lost, and the protocols on it are made for that.
"""

import asyncio
import os
import termios
import tty
from collections import deque
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Any, NamedTuple, TypeAlias

from ferraris.app.hdlc_lines import Switch
from ferraris.app.live import CannotListenError
from ferraris.app.live_server import Event
from ferraris.firmware.dlms.hdlc.opening import SetLine
from ferraris.pins import PORT_DLMS, Closed, Hangup, Opened, Send

Outputs: TypeAlias = Iterable[Send | Hangup | Switch]
Received: TypeAlias = Callable[[int, Event], Outputs]


class Limits(NamedTuple):
    """What a line grants."""

    piece: int = 4096
    """Octets handed on at once."""
    unsent: int = 1 << 20
    """Octets that may wait; beyond it they are thrown away."""
    stall_s: float = 5.0
    """So long nobody fetches what waits, and it is thrown away."""


DEFAULT_LIMITS = Limits()


class LiveSerial:
    """One line. Everything runs on the event loop that `start` or `start_terminal` was called on."""

    def __init__(self, received: Received, limits: Limits = DEFAULT_LIMITS, port: int = PORT_DLMS) -> None:
        """Take who hears what happens, and the number that the line has for it."""
        self._received = received
        self._limits = limits
        self._port = port
        self._descriptor = -1
        self._close: Callable[[], None] = lambda: None
        self._serial: Any = None
        """The port as pyserial has it; None for a pseudo-terminal, which has no rate."""
        self._waiting: deque[bytes | SetLine] = deque()
        self._stalled: asyncio.TimerHandle | None = None
        self._draining: asyncio.Task[None] | None = None

    def start(self, path: str, baud: int = 9600) -> None:
        """Open a serial port. Raises `CannotListenError` if pyserial is not there or the port cannot be had."""
        self._serial = _open(path, baud)
        self._begin(self._serial.fileno(), self._serial.close, path)

    def start_terminal(self) -> str:
        """Make a pseudo-terminal, and return the path at which another program opens the other end."""
        ours, theirs = os.openpty()
        # Held open on both sides: a program that leaves does not end the line, and the next one finds it.
        tty.setraw(theirs)
        path = os.ttyname(theirs)

        def close() -> None:
            os.close(ours)
            os.close(theirs)

        self._begin(ours, close, path)
        return path

    def stop(self) -> None:
        """Close the line; what was not sent yet is lost."""
        if self._descriptor < 0:
            return
        loop = asyncio.get_running_loop()
        loop.remove_reader(self._descriptor)
        self._forget()
        if self._draining is not None:
            self._draining.cancel()
        self._descriptor = -1
        self._close()
        self._received(self._port, Closed())

    def perform(self, outputs: Outputs) -> None:
        """Send, and set the line, in this order; outputs for other ports are passed over, and so is a hangup."""
        for output in outputs:
            if output.port != self._port or self._descriptor < 0:
                continue
            if isinstance(output, Send):
                self._waiting.append(output.data)
            elif isinstance(output, Switch):
                self._waiting.append(output.line)
        if sum(len(item) for item in self._waiting if isinstance(item, bytes)) > self._limits.unsent:
            self._forget()
        self._pump()

    def _begin(self, descriptor: int, close: Callable[[], None], path: str) -> None:
        os.set_blocking(descriptor, False)
        self._descriptor, self._close = descriptor, close
        asyncio.get_running_loop().add_reader(descriptor, self._readable)
        self.perform(self._received(self._port, Opened(path)))

    def _readable(self) -> None:
        try:
            octets = os.read(self._descriptor, self._limits.piece)
        except BlockingIOError:
            return
        except OSError:  # the adapter was pulled out
            octets = b""
        if not octets:
            self.stop()
            return
        self.perform(self._received(self._port, octets))

    def _pump(self) -> None:
        """Send what waits, as far as the line takes it; while something waits, nothing is read."""
        while self._waiting and self._draining is None and self._descriptor >= 0:
            item = self._waiting[0]
            if isinstance(item, SetLine):
                self._draining = asyncio.get_running_loop().create_task(self._switch(item))
            elif not self._wrote(item):
                break
        self._watch()

    def _wrote(self, octets: bytes) -> bool:
        """Write the octets in front; whether all of them went."""
        written = 0
        with suppress(BlockingIOError):
            written = os.write(self._descriptor, octets)
        if written == len(octets):
            self._waiting.popleft()
            return True
        self._waiting[0] = octets[written:]
        return False

    def _watch(self) -> None:
        """Wait for room while something waits, and for octets otherwise."""
        loop = asyncio.get_running_loop()
        if self._descriptor < 0:
            return
        loop.remove_writer(self._descriptor)
        if self._stalled is not None:
            self._stalled.cancel()
            self._stalled = None
        if not self._waiting:
            loop.add_reader(self._descriptor, self._readable)
            return
        loop.remove_reader(self._descriptor)
        if self._draining is None:
            loop.add_writer(self._descriptor, self._pump)
            self._stalled = loop.call_later(self._limits.stall_s, self._give_up)

    def _give_up(self) -> None:
        self._forget()
        self._watch()

    def _forget(self) -> None:
        """Throw away what waits to be sent; how the line is to be set still counts."""
        settings = [item for item in self._waiting if isinstance(item, SetLine)]
        self._waiting = deque(settings)
        if self._stalled is not None:
            self._stalled.cancel()
            self._stalled = None
        asyncio.get_running_loop().remove_writer(self._descriptor)

    async def _switch(self, wanted: SetLine) -> None:
        """Set the line once all octets have left it, which at 300 Bd takes a second that the loop is not to wait."""
        if self._serial is not None:
            await asyncio.get_running_loop().run_in_executor(None, termios.tcdrain, self._descriptor)
            try:
                _set(self._serial, wanted)
            except (OSError, ValueError, termios.error):  # what cannot be set as the other end will be is of no use
                self._draining = None
                self.stop()
                return
        self._waiting.popleft()
        self._draining = None
        self._pump()


def _open(path: str, baud: int) -> Any:  # noqa: ANN401  # pyserial says nothing of its types
    try:
        import serial
    except ImportError as error:
        raise CannotListenError(f"{path}: a serial port needs pyserial: pip install 'ferraris[serial]'") from error
    try:
        return serial.Serial(path, baud, timeout=0, exclusive=True)
    except (OSError, ValueError) as error:  # SerialException is an OSError
        raise CannotListenError(f"cannot open {path} at {baud} Bd: {error}") from error


def _set(port: Any, wanted: SetLine) -> None:  # noqa: ANN401
    """Set rate and parity: 7E1 or 8N1."""
    port.apply_settings(
        {
            "baudrate": wanted.baud,
            "bytesize": 7 if wanted.parity else 8,
            "parity": "E" if wanted.parity else "N",
        }
    )
