"""Registers with more than a value: extended, demand, and which of them count (classes 4, 5, 6; IEC 62056-6-2).

As in `classes`: encoders give the attributes by number, without attribute 1. Layouts are recalled from the Blue Book
and checked against what Gurux and pydlms read (docs/interop.md); the standard itself was not seen.
"""

from collections.abc import Sequence
from typing import NamedTuple

from ferraris.firmware.dlms import axdr
from ferraris.firmware.dlms.axdr import Data, Tag
from ferraris.firmware.dlms.cosem import classes, parameters
from ferraris.firmware.dlms.cosem.classes import Attributes, Unit
from ferraris.firmware.dlms.datetimes import UNSPECIFIED, DateTime

MOST_REGISTERS = 64
"""Registers and masks that a client may name: what one request can make us hold."""

RESET = 1
"""Method of classes 4 and 5; its parameter, integer 0, says nothing."""
NEXT_PERIOD = 2
"""Method of class 5; likewise."""


def extended_register(
    value: bytes, scaler: int, unit: Unit, status: bytes = axdr.NULL, captured: DateTime = UNSPECIFIED
) -> Attributes:
    """Class 4, Extended register: a register with an encoded status, and the moment at which its value was captured."""
    return {**classes.register(value, scaler, unit), 4: status, 5: classes.date_time(captured)}


class Demand(NamedTuple):
    """What a demand register shows beside its values."""

    period_s: int
    """Length of a sub-period."""
    number_of_periods: int
    """1 for block demand, more for a sliding window."""
    captured: DateTime = UNSPECIFIED
    """When the last average value was taken."""
    start_time_current: DateTime = UNSPECIFIED
    """Begin of the sub-period in progress."""
    status: bytes = axdr.NULL


def demand_register(current: bytes, last: bytes, scaler: int, unit: Unit, demand: Demand) -> Attributes:
    """Class 5, Demand register: encoded averages, of the period in progress and of the last one, of the same type."""
    return {
        2: current,
        3: last,
        4: classes.register(axdr.NULL, scaler, unit)[3],
        5: demand.status,
        6: classes.date_time(demand.captured),
        7: classes.date_time(demand.start_time_current),
        8: axdr.double_long_unsigned(demand.period_s),
        9: axdr.long_unsigned(demand.number_of_periods),
    }


def period(data: Data) -> int:
    """Attribute 8 of class 5 as a client sets it: s. Raises `DlmsError`."""
    return parameters.number(data, Tag.DOUBLE_LONG_UNSIGNED, low=1)


def number_of_periods(data: Data) -> int:
    """Attribute 9 of class 5 as a client sets it. Raises `DlmsError`."""
    return parameters.number(data, Tag.LONG_UNSIGNED, low=1)


# ---------------------------------------------------------------- register activation


class Assigned(NamedTuple):
    """One register that an activation governs."""

    class_id: int
    logical_name: bytes


class Mask(NamedTuple):
    """Which of the assigned registers count while this mask is active."""

    name: bytes
    indices: tuple[int, ...]
    """Counted from 1 in the order of assignment."""


def register_activation(registers: Sequence[Assigned], masks: Sequence[Mask], active_mask: bytes) -> Attributes:
    """Class 6, Register activation: the registers of the rates, and which of them count now."""
    return {
        2: axdr.array([_assigned(register) for register in registers]),
        3: axdr.array([_mask(mask) for mask in masks]),
        4: axdr.octet_string(active_mask),
    }


def _assigned(register: Assigned) -> bytes:
    return axdr.structure(axdr.long_unsigned(register.class_id), axdr.octet_string(register.logical_name))


def _mask(mask: Mask) -> bytes:
    indices = axdr.array([axdr.unsigned(index) for index in mask.indices])
    return axdr.structure(axdr.octet_string(mask.name), indices)


def assigned(data: Data) -> Assigned:
    """Parameter of method 1 of class 6, add_register, and element of attribute 2. Raises `DlmsError`."""
    class_id, name = parameters.members(data, 2)
    return Assigned(parameters.number(class_id, Tag.LONG_UNSIGNED), parameters.logical_name(name))


def mask(data: Data) -> Mask:
    """Parameter of method 2 of class 6, add_mask, and element of attribute 3. Raises `DlmsError`."""
    name, indices = parameters.members(data, 2)
    return Mask(parameters.octets(name), parameters.elements(indices, _index, MOST_REGISTERS))


def _index(data: Data) -> int:
    return parameters.number(data, Tag.UNSIGNED, low=1)


def mask_name(data: Data) -> bytes:
    """Parameter of method 3 of class 6, delete_mask, and attribute 4. Raises `DlmsError`."""
    return parameters.octets(data)
