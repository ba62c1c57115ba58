"""What the server asks of the meter: the `Host`, and the values that pass between them.

The server knows protocol, the meter knows objects. The server opens and closes associations, negotiates, cuts answers
into blocks, puts blocks together and words every refusal of its own; for the rest it asks: who may open an association,
what is the value of this attribute for this client, set it, call this method. Each is answered from the state as it is
at that moment, and a value is whole: a long one is kept by the server as it was when it was asked for, so that a client
sees one snapshot however slowly it fetches the blocks, and one on its way in reaches the meter only when all of it is
there.

A host may change the meter as it answers a SET or an ACTION. The next question, be it in the same call of
`server.receive` or in the same list, is then answered by the changed meter.
"""

from typing import NamedTuple, Protocol, TypeAlias

from ferraris.firmware.dlms.acse import Mechanism
from ferraris.firmware.dlms.axdr import Data
from ferraris.firmware.dlms.initiate import Conformance
from ferraris.firmware.dlms.results import ActionResult, DataAccessResult

PUBLIC_CLIENT = 0x10
MANAGEMENT_LOGICAL_DEVICE = 1
"""The logical device every meter has, at this wPort."""

READING = (
    Conformance.GET
    | Conformance.BLOCK_TRANSFER_WITH_GET
    | Conformance.MULTIPLE_REFERENCES
    | (Conformance.SELECTIVE_ACCESS | Conformance.PRIORITY_MANAGEMENT)
)
"""Everything this server can do for a client that reads."""

COMMANDING = (
    READING
    | (Conformance.SET | Conformance.BLOCK_TRANSFER_WITH_SET)
    | (Conformance.ACTION | Conformance.BLOCK_TRANSFER_WITH_ACTION)
)
"""Everything this server can do: also set attributes and call methods."""


class Policy(NamedTuple):
    """Under which conditions a client may open an association."""

    mechanism: Mechanism
    secret: bytes = b""
    """The password of low-level security."""
    conformance: Conformance = READING
    """The services the client may have; what is agreed is what client, policy and server have in common."""


class Session(NamedTuple):
    """An open association: who is there and what was agreed."""

    client: int
    """wPort of the client: 16 is public."""
    server: int
    """wPort of the logical device."""
    mechanism: Mechanism
    conformance: Conformance
    client_max_pdu: int
    """Octets of an APDU that the client takes; 0 is no limit."""
    server_max_pdu: int
    """Octets of an APDU that we take."""


class Attribute(NamedTuple):
    """One attribute of one object."""

    class_id: int
    logical_name: bytes
    """Six octets, see `obis`."""
    number: int
    """1 is the logical name, 0 stands for all of them."""


class Method(NamedTuple):
    """One method of one object."""

    class_id: int
    logical_name: bytes
    """Six octets, see `obis`."""
    number: int
    """Counts from 1."""


class Selection(NamedTuple):
    """Selective access: which selector, and its parameter as it came (see `cosem.selection` for profiles)."""

    selector: int
    parameter: Data


Answer: TypeAlias = bytes | DataAccessResult
"""The A-XDR octets of the value, or why there is none."""


class ActionAnswer(NamedTuple):
    """What became of a method, and what it returns: data, why there are none, or nothing at all."""

    result: ActionResult
    data: Answer | None = None


class Host(Protocol):
    """The meter behind the server. No call may raise; `policy` and `get` change nothing."""

    def policy(self, client: int) -> Policy | None:
        """Say how this client may associate; None for a client that has no association here."""
        ...

    def get(self, session: Session, attribute: Attribute, selection: Selection | None) -> Answer:
        """Give an attribute's value for the client of this session.

        `cosem.objects.verdict` words the refusals: unknown object, wrong class, hidden from this client, no access.
        """
        ...

    def set(self, session: Session, attribute: Attribute, selection: Selection | None, value: Data) -> DataAccessResult:
        """Give an attribute a new value, as a whole or not at all; say what became of it.

        `cosem.objects.verdict` words the refusals, as for `get`; a value of another type is type-unmatched. The server
        never asks for attribute 0, nor with a selection that was not negotiated.
        """
        ...

    def act(self, session: Session, method: Method, parameter: Data | None) -> ActionAnswer:
        """Call a method; say what became of it and what it returns. Refusals as of `set` (`cosem.objects.act_verdict`).

        The parameter is None where the client gave none or null-data. What a method does not need may still be there:
        most clients send an integer 0.
        """
        ...
