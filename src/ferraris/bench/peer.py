"""A head end at the pins of a bench: it opens a port, associates, and reads, writes and invokes with real bytes.

Time stands still while it talks. A meter without power is silent; one that refuses raises `RefusedError`.
"""

from types import TracebackType
from typing import NamedTuple, Self, TypeVar

from ferraris.bench.bench import Bench
from ferraris.firmware.dlms import axdr, client, wrapper, xdlms
from ferraris.firmware.dlms.axdr import Data
from ferraris.firmware.dlms.client import Dialogue, RefusedError
from ferraris.firmware.dlms.host import MANAGEMENT_LOGICAL_DEVICE, PUBLIC_CLIENT, READING, Attribute, Selection
from ferraris.firmware.dlms.initiate import Conformance
from ferraris.firmware.dlms.results import DataAccessResult, DlmsError
from ferraris.firmware.dlms.wrapper import Frame
from ferraris.pins import PORT_DLMS, Closed, Opened, Send

HEAD_END_CLIENT = 2
"""wPort of the client that associates with a password."""
COMMANDING = READING | Conformance.SET | Conformance.ACTION
"""What a head end proposes."""
SCENARIO_PORT = PORT_DLMS + 1000
"""Port of a scenario's own head end, out of the way of live connections."""
SET_REQUEST, SET_RESPONSE, ACTION_REQUEST, ACTION_RESPONSE = 0xC1, 0xC5, 0xC3, 0xC7
"""APDU tags (IEC 62056-5-3; recalled, unverified)."""

Learnt = TypeVar("Learnt")


class SilentError(Exception):
    """No answer came: the meter has no power, or hung up."""


class Reply(NamedTuple):
    """The answer to a SET or an ACTION: its result code, 0 is success."""

    code: int

    @property
    def is_success(self) -> bool:
        """Whether the meter did it."""
        return self.code == 0

    @property
    def text(self) -> str:
        """The result in words where it has some."""
        known = self.code in DataAccessResult._value2member_map_
        return "success" if self.is_success else DataAccessResult(self.code).name.lower() if known else str(self.code)


class Peer:
    """Owns one connection to a meter on the bench; a context manager that associates and leaves.

    password   of low-level security; None associates as the public client, without one
    """

    def __init__(self, bench: Bench, password: bytes | None, port: int = SCENARIO_PORT) -> None:
        """Say who talks to whom; nothing is sent yet."""
        self._bench = bench
        self._port = port
        self._password = password
        self._client = PUBLIC_CLIENT if password is None else HEAD_END_CLIENT

    def __enter__(self) -> Self:
        """Connect and associate; raises SilentError, RefusedError and DlmsError."""
        if self._bench.state is None:
            raise SilentError("the meter has no power")
        self._bench.deliver(self._bench.now_ns, [(self._port, Opened("scenario"))])
        try:
            self._carry(client.associate(self._password, COMMANDING))
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
        return self._carry(_set(Attribute(class_id, name, number), value))

    def act(self, class_id: int, name: bytes, method: int, parameter: bytes) -> Reply:
        """Invoke one method, the parameter in A-XDR; raises likewise."""
        return self._carry(_act(Attribute(class_id, name, method), parameter))

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
        frame = wrapper.encode(Frame(self._client, MANAGEMENT_LOGICAL_DEVICE, apdu))
        words = self._bench.deliver(self._bench.now_ns, [(self._port, frame)])
        frames, _ = wrapper.split(b"".join(w.data for w in words if isinstance(w, Send) and w.port == self._port))
        if not frames:
            raise SilentError("the meter does not answer")
        return frames[0].apdu


def _set(attribute: Attribute, value: bytes) -> Dialogue[Reply]:
    """SET normal without access selection."""
    return (yield from _order(SET_REQUEST, SET_RESPONSE, attribute, b"\x00" + value))


def _act(method: Attribute, parameter: bytes) -> Dialogue[Reply]:
    """ACTION normal; what it may return beside the result is not looked at."""
    return (yield from _order(ACTION_REQUEST, ACTION_RESPONSE, method, b"\x01" + parameter))


def _order(tag: int, answered: int, target: Attribute, rest: bytes) -> Dialogue[Reply]:
    """Both have the same form: class, name, number, an option, the data; the answer is a result code."""
    head = bytes((tag, xdlms.Form.NORMAL, client.INVOKE)) + target.class_id.to_bytes(2, "big") + target.logical_name
    apdu = yield head + bytes((target.number,)) + rest
    if apdu[:1] == bytes((xdlms.Tag.EXCEPTION_RESPONSE,)):
        state, service, _ = xdlms.decode_exception(apdu)
        raise RefusedError(f"{state.name.lower()}: {service.name.lower()}")
    if len(apdu) < 4 or apdu[:3] != bytes((answered, xdlms.Form.NORMAL, client.INVOKE)):
        raise DlmsError(f"{apdu[:4].hex(' ')} is no answer to what was asked")
    return Reply(apdu[3])
