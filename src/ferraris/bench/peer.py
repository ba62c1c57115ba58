"""A head end at the pins of a bench: it opens a port, associates, and reads, writes and invokes with real bytes.

Time stands still while it talks. A meter without power is silent; one that refuses raises `RefusedError`.
"""

from types import TracebackType
from typing import NamedTuple, Self, TypeVar

from ferraris.bench.bench import Bench
from ferraris.firmware.dlms import axdr, client, wrapper
from ferraris.firmware.dlms.axdr import Data
from ferraris.firmware.dlms.client import Dialogue, RefusedError
from ferraris.firmware.dlms.host import (
    COMMANDING,
    MANAGEMENT_LOGICAL_DEVICE,
    PUBLIC_CLIENT,
    Attribute,
    Method,
    Selection,
)
from ferraris.firmware.dlms.results import ActionResult, DataAccessResult, DlmsError
from ferraris.firmware.dlms.wrapper import Frame
from ferraris.pins import PORT_DLMS, Closed, Opened, Send

SCENARIO_PORT = PORT_DLMS + 1000
"""Port of a scenario's own head end, out of the way of live connections."""

Learnt = TypeVar("Learnt")


class SilentError(Exception):
    """No answer came: the meter has no power, or hung up."""


class Credentials(NamedTuple):
    """Who knocks: wPort of the client, and the password of low-level security; None knocks without one."""

    client: int = PUBLIC_CLIENT
    password: bytes | None = None


class Reply(NamedTuple):
    """The answer to a SET or an ACTION."""

    is_success: bool
    text: str


class Peer:
    """Owns one connection to a meter on the bench; a context manager that associates and leaves."""

    def __init__(self, bench: Bench, credentials: Credentials, port: int = SCENARIO_PORT) -> None:
        """Say who talks to whom; nothing is sent yet."""
        self._bench = bench
        self._port = port
        self._credentials = credentials

    def __enter__(self) -> Self:
        """Connect and associate; raises SilentError, RefusedError and DlmsError."""
        if self._bench.state is None:
            raise SilentError("the meter has no power")
        self._bench.deliver(self._bench.now_ns, [(self._port, Opened("scenario"))])
        try:
            self._carry(client.associate(self._credentials.password, COMMANDING))
        except (DlmsError, SilentError):
            self._leave()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Disconnect."""
        self._leave()

    def get(self, class_id: int, name: bytes, number: int, selection: Selection | None = None) -> Data:
        """Read one attribute; raises RefusedError with the meter's reason."""
        answer = self._carry(client.get(Attribute(class_id, name, number), selection))
        if isinstance(answer, DataAccessResult):
            raise RefusedError(answer.name.lower())
        return axdr.decode(answer)

    def set(self, class_id: int, name: bytes, number: int, value: bytes) -> Reply:
        """Write one attribute, the value in A-XDR; raises RefusedError if the service itself is refused."""
        result = self._carry(client.write(Attribute(class_id, name, number), value))
        return Reply(result is DataAccessResult.SUCCESS, result.name.lower())

    def act(self, class_id: int, name: bytes, method: int, parameter: bytes) -> Reply:
        """Invoke one method, the parameter in A-XDR; raises likewise."""
        result = self._carry(client.act(Method(class_id, name, method), parameter)).result
        return Reply(result is ActionResult.SUCCESS, result.name.lower())

    def _leave(self) -> None:
        self._bench.deliver(self._bench.now_ns, [(self._port, Closed())])

    def _carry(self, dialogue: Dialogue[Learnt]) -> Learnt:
        """Carry a dialogue to its end."""
        try:
            apdu = next(dialogue)
            while True:
                apdu = dialogue.send(self._exchange(apdu))
        except StopIteration as end:
            learnt: Learnt = end.value
            return learnt

    def _exchange(self, apdu: bytes) -> bytes:
        frame = wrapper.encode(Frame(self._credentials.client, MANAGEMENT_LOGICAL_DEVICE, apdu))
        words = self._bench.deliver(self._bench.now_ns, [(self._port, frame)])
        frames, _ = wrapper.split(b"".join(w.data for w in words if isinstance(w, Send) and w.port == self._port))
        if not frames:
            raise SilentError("the meter does not answer")
        return frames[0].apdu
