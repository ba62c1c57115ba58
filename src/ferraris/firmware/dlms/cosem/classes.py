"""Attributes of COSEM interface classes: from plain values to A-XDR, one function per class (IEC 62056-6-2).

Each returns the attributes by number, without attribute 1: that is the logical name of every class, `logical_name`.
Layouts follow what Gurux, u9n and OSGP's public profiles agree on; the standard itself was not seen.
"""

from collections.abc import Mapping, Sequence
from enum import IntEnum
from typing import NamedTuple, TypeAlias

from ferraris.firmware.dlms import acse, axdr, datetimes, initiate
from ferraris.firmware.dlms.acse import ApplicationContext
from ferraris.firmware.dlms.axdr import Bits
from ferraris.firmware.dlms.datetimes import UNSPECIFIED, DateTime
from ferraris.firmware.dlms.host import Session

Attributes: TypeAlias = Mapping[int, bytes]
"""Encoded attributes by number."""

MAXIMUM_SEND_PDU = 0xFFFF


class ClassId(IntEnum):
    """Numbers of the interface classes in use."""

    DATA = 1
    REGISTER = 3
    EXTENDED_REGISTER = 4
    DEMAND_REGISTER = 5
    REGISTER_ACTIVATION = 6
    PROFILE_GENERIC = 7
    CLOCK = 8
    SCRIPT_TABLE = 9
    SPECIAL_DAYS_TABLE = 11
    ASSOCIATION_LN = 15
    SAP_ASSIGNMENT = 17
    ACTIVITY_CALENDAR = 20
    REGISTER_MONITOR = 21
    SINGLE_ACTION_SCHEDULE = 22
    DISCONNECT_CONTROL = 70


class Unit(IntEnum):
    """Physical units (W, var, A and V seen in captured meter telegrams; the others recalled, unverified)."""

    SECOND = 7
    DEGREE = 8
    DEGREE_CELSIUS = 9
    WATT = 27
    VOLT_AMPERE = 28
    VAR = 29
    WATT_HOUR = 30
    VOLT_AMPERE_HOUR = 31
    VAR_HOUR = 32
    AMPERE = 33
    VOLT = 35
    HERTZ = 44
    NONE = 255


class SortMethod(IntEnum):
    """Order of a profile's buffer."""

    FIFO = 1
    LIFO = 2
    LARGEST = 3
    SMALLEST = 4
    NEAREST_TO_ZERO = 5
    FARTHEST_FROM_ZERO = 6


class ClockBase(IntEnum):
    """What a clock counts with."""

    NOT_DEFINED = 0
    INTERNAL_CRYSTAL = 1
    MAINS_50_HZ = 2
    MAINS_60_HZ = 3
    GPS = 4
    RADIO = 5


class Column(NamedTuple):
    """One capture object of a profile: an attribute of an object, or an element of it (`data_index`, 0 is all)."""

    class_id: int
    logical_name: bytes
    attribute: int
    data_index: int = 0


NO_COLUMN = Column(0, bytes(6), 0)
"""A sort object that is none, as for a buffer in order of capture."""


def logical_name(name: bytes) -> bytes:
    """Encode attribute 1 of any class."""
    return axdr.octet_string(name)


def data(value: bytes) -> Attributes:
    """Class 1, Data: any encoded value."""
    return {2: value}


def register(value: bytes, scaler: int, unit: Unit) -> Attributes:
    """Class 3, Register: an encoded number that counts `unit` times ten to the power of `scaler`."""
    return {2: value, 3: axdr.structure(axdr.integer(scaler), axdr.enum(unit))}


def profile(
    columns: Sequence[Column],
    capture_period_s: int,
    entries_in_use: int,
    profile_entries: int,
    sort_method: SortMethod = SortMethod.FIFO,
    sort_object: Column = NO_COLUMN,
) -> Attributes:
    """Class 7 version 1, Profile generic, all but its buffer (attribute 2), which `buffer` encodes."""
    return {
        3: axdr.array([capture_object(column) for column in columns]),
        4: axdr.double_long_unsigned(capture_period_s),
        5: axdr.enum(sort_method),
        6: capture_object(sort_object),
        7: axdr.double_long_unsigned(entries_in_use),
        8: axdr.double_long_unsigned(profile_entries),
    }


def capture_object(column: Column) -> bytes:
    """Encode a capture object definition."""
    return axdr.structure(
        axdr.long_unsigned(column.class_id),
        axdr.octet_string(column.logical_name),
        axdr.integer(column.attribute),
        axdr.long_unsigned(column.data_index),
    )


def buffer(rows: Sequence[Sequence[bytes]]) -> bytes:
    """Encode rows of encoded cells as the buffer of a profile."""
    return axdr.array([axdr.structure(*row) for row in rows])


def clock(
    time: DateTime,
    time_zone: int = 0,
    daylight_saving_begin: DateTime = UNSPECIFIED,
    daylight_saving_end: DateTime = UNSPECIFIED,
    daylight_saving_deviation: int = 0,
    daylight_saving_enabled: bool = False,
    clock_base: ClockBase = ClockBase.INTERNAL_CRYSTAL,
) -> Attributes:
    """Class 8 version 0, Clock. time_zone is minutes from local normal time to UTC, the sign of a deviation."""
    return {
        2: date_time(time),
        3: axdr.long(time_zone),
        4: axdr.unsigned(time.status),
        5: date_time(daylight_saving_begin),
        6: date_time(daylight_saving_end),
        7: axdr.integer(daylight_saving_deviation),
        8: axdr.boolean(daylight_saving_enabled),
        9: axdr.enum(clock_base),
    }


def date_time(moment: DateTime) -> bytes:
    """Encode a date-time as the octet string in which clocks and profiles carry it."""
    return b"\x09\x0c" + datetimes.pack(moment)


def association_ln(session: Session) -> Attributes:
    """Class 15 version 1, Association LN, of the session that asks; all but its object list (`objects.object_list`).

    Attribute 7, the secret, is nobody's to read and not here.
    """
    return {
        3: axdr.structure(axdr.integer(session.client), axdr.long_unsigned(session.server)),
        4: axdr.octet_string(acse.context_name(ApplicationContext.LOGICAL_NAME)),
        5: _context_info(session),
        6: axdr.octet_string(acse.mechanism_name(session.mechanism)),
        8: axdr.enum(2),  # association_status: associated
        9: axdr.octet_string(bytes(6)),  # security_setup_reference: none, and pydlms takes only six octets
    }


def _context_info(session: Session) -> bytes:
    """Encode xDLMS_context_info; max_send_pdu is the client's limit, where it set one."""
    return axdr.structure(
        axdr.bit_string(Bits(24, session.conformance.to_bytes(3, "big"))),
        axdr.long_unsigned(session.server_max_pdu),
        axdr.long_unsigned(session.client_max_pdu or MAXIMUM_SEND_PDU),
        axdr.unsigned(initiate.DLMS_VERSION),
        axdr.integer(0),
        axdr.octet_string(b""),
    )


def sap_assignment(devices: Sequence[tuple[int, bytes]]) -> Attributes:
    """Class 17, SAP assignment: the wPort and logical device name of each logical device."""
    return {2: axdr.array([axdr.structure(axdr.long_unsigned(sap), axdr.octet_string(name)) for sap, name in devices])}
