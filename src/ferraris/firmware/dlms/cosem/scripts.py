"""What is done, and when or at which value: scripts, schedules, monitors, the supply switch (classes 9, 22, 21, 70).

Encoders give the attributes by number, without attribute 1; decoders read what a client sets or gives to a method, and
raise `DlmsError` for another shape. Layouts are recalled from the Blue Book (IEC 62056-6-2) and checked against what
Gurux and pydlms read (docs/interop.md).
"""

from collections.abc import Sequence
from enum import IntEnum
from typing import NamedTuple

from ferraris.firmware.dlms import axdr, datetimes
from ferraris.firmware.dlms.axdr import Data, Tag
from ferraris.firmware.dlms.cosem import parameters
from ferraris.firmware.dlms.cosem.classes import Attributes
from ferraris.firmware.dlms.datetimes import Date, Time

MOST_EXECUTIONS = 64
MOST_THRESHOLDS = 64
"""Elements a client may send of each: what one request can make us hold."""

EXECUTE = 1
"""Method of class 9: run the script of this number."""


class Service(IntEnum):
    """What an action of a script does."""

    WRITE = 1
    EXECUTE = 2


class Action(NamedTuple):
    """One step of a script: set an attribute or call a method."""

    service: Service
    class_id: int
    logical_name: bytes
    number: int
    """Of the attribute or method."""
    parameter: bytes = axdr.NULL
    """Encoded value."""


class Script(NamedTuple):
    """A script of a table, by its number."""

    identifier: int
    actions: tuple[Action, ...]


class Reference(NamedTuple):
    """A script somewhere: the script table's logical name, and its number there; 0 is no script."""

    table: bytes = bytes(6)
    selector: int = 0


def script_table(scripts: Sequence[Script]) -> Attributes:
    """Class 9, Script table."""
    return {2: axdr.array([_script(script) for script in scripts])}


def _script(script: Script) -> bytes:
    actions = axdr.array([_action(action) for action in script.actions])
    return axdr.structure(axdr.long_unsigned(script.identifier), actions)


def _action(action: Action) -> bytes:
    return axdr.structure(
        axdr.enum(action.service),
        axdr.long_unsigned(action.class_id),
        axdr.octet_string(action.logical_name),
        axdr.integer(action.number),
        action.parameter,
    )


def script_identifier(data: Data) -> int:
    """Parameter of `EXECUTE`."""
    return parameters.number(data, Tag.LONG_UNSIGNED)


def encode_reference(reference: Reference) -> bytes:
    """Encode a reference to a script."""
    return axdr.structure(axdr.octet_string(reference.table), axdr.long_unsigned(reference.selector))


def reference(data: Data) -> Reference:
    """Attribute 2 of class 22, and the members of an action of class 21."""
    table, selector = parameters.members(data, 2)
    return Reference(parameters.logical_name(table), parameters.number(selector, Tag.LONG_UNSIGNED))


# ---------------------------------------------------------------- single action schedule


class ScheduleType(IntEnum):
    """How the execution times of a schedule may look."""

    ONE_WITH_WILDCARDS = 1
    SAME_TIMES = 2
    SAME_TIMES_WITH_WILDCARDS = 3
    ANY_TIMES = 4
    ANY_TIMES_WITH_WILDCARDS = 5


class Execution(NamedTuple):
    """One execution time; fields may be left open where the type says so."""

    time: Time
    date: Date


def single_action_schedule(
    script: Reference, executions: Sequence[Execution], schedule_type: ScheduleType = ScheduleType.ONE_WITH_WILDCARDS
) -> Attributes:
    """Class 22, Single action schedule: which script, and when."""
    return {
        2: encode_reference(script),
        3: axdr.enum(schedule_type),
        4: axdr.array([_execution(execution) for execution in executions]),
    }


def _execution(execution: Execution) -> bytes:
    return axdr.structure(
        axdr.octet_string(datetimes.pack_time(execution.time)), axdr.octet_string(datetimes.pack_date(execution.date))
    )


def executions(data: Data) -> tuple[Execution, ...]:
    """Attribute 4 of class 22."""
    return parameters.elements(data, _execution_from, MOST_EXECUTIONS)


def _execution_from(data: Data) -> Execution:
    time, date = parameters.members(data, 2)
    return Execution(parameters.time(time), parameters.date(date))


# ---------------------------------------------------------------- register monitor


class Monitored(NamedTuple):
    """The attribute that a monitor watches."""

    class_id: int
    logical_name: bytes
    attribute: int


class Crossing(NamedTuple):
    """What is done when a threshold is crossed upwards, and downwards."""

    up: Reference = Reference()
    down: Reference = Reference()


def register_monitor(thresholds: Sequence[bytes], monitored: Monitored, crossings: Sequence[Crossing]) -> Attributes:
    """Class 21, Register monitor: encoded thresholds of the monitored attribute's type, and a crossing for each."""
    return {
        2: axdr.array(thresholds),
        3: axdr.structure(
            axdr.long_unsigned(monitored.class_id),
            axdr.octet_string(monitored.logical_name),
            axdr.integer(monitored.attribute),
        ),
        4: axdr.array(
            [axdr.structure(encode_reference(crossing.up), encode_reference(crossing.down)) for crossing in crossings]
        ),
    }


def thresholds(data: Data, tag: Tag) -> tuple[int, ...]:
    """Attribute 2 of class 21: numbers of the monitored attribute's type."""
    return parameters.elements(data, lambda element: parameters.number(element, tag), MOST_THRESHOLDS)


# ---------------------------------------------------------------- disconnect control


class ControlState(IntEnum):
    """State of a disconnect control."""

    DISCONNECTED = 0
    CONNECTED = 1
    READY_FOR_RECONNECTION = 2


class DisconnectMethod(IntEnum):
    """Methods of a disconnect control; their parameter, integer 0, says nothing."""

    REMOTE_DISCONNECT = 1
    REMOTE_RECONNECT = 2


def disconnect_control(output_state: bool, control_state: ControlState, control_mode: int) -> Attributes:
    """Class 70, Disconnect control; output_state is whether the switch is closed, whatever was asked for."""
    return {2: axdr.boolean(output_state), 3: axdr.enum(control_state), 4: axdr.enum(control_mode)}


def control_mode(data: Data) -> int:
    """Attribute 4 of class 70."""
    return parameters.number(data, Tag.ENUM, 0, 6)
