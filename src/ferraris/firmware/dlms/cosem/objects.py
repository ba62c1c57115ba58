"""Which objects a client sees, with which rights: the object list of an association, and refusals that match it."""

from collections.abc import Iterable, Mapping
from enum import IntEnum
from typing import NamedTuple

from ferraris.firmware.dlms import axdr
from ferraris.firmware.dlms.host import Attribute, Method
from ferraris.firmware.dlms.results import ActionResult, DataAccessResult


class Access(IntEnum):
    """Access mode of an attribute (association versions 0 to 2: an enumeration; version 3 has a bit mask)."""

    NONE = 0
    READ = 1
    WRITE = 2
    READ_WRITE = 3


class AttributeRight(NamedTuple):
    """What a client may do with one attribute, and by which selectors it can be read."""

    number: int
    access: Access = Access.READ
    selectors: tuple[int, ...] = ()


class MethodRight(NamedTuple):
    """Whether a client may call one method."""

    number: int
    allowed: bool = True


class Entry(NamedTuple):
    """One object as an association lists it."""

    class_id: int
    version: int
    logical_name: bytes
    attributes: tuple[AttributeRight, ...]
    methods: tuple[MethodRight, ...] = ()


def readable(last: int, first: int = 1) -> tuple[AttributeRight, ...]:
    """Give the right to read the attributes from `first` to `last`, both included."""
    return tuple(AttributeRight(number) for number in range(first, last + 1))


def object_list(entries: Iterable[Entry]) -> bytes:
    """Encode attribute 2 of an Association LN (versions 1 and 2)."""
    return axdr.array([_entry(entry) for entry in entries])


def _entry(entry: Entry) -> bytes:
    rights = axdr.structure(
        axdr.array([_attribute_right(right) for right in entry.attributes]),
        axdr.array([axdr.structure(axdr.integer(method), axdr.enum(allowed)) for method, allowed in entry.methods]),
    )
    return axdr.structure(
        axdr.long_unsigned(entry.class_id),
        axdr.unsigned(entry.version),
        axdr.octet_string(entry.logical_name),
        rights,
    )


def _attribute_right(right: AttributeRight) -> bytes:
    selectors = axdr.array([axdr.integer(selector) for selector in right.selectors]) if right.selectors else axdr.NULL
    return axdr.structure(axdr.integer(right.number), axdr.enum(right.access), selectors)


def writable(number: int, access: Access = Access.READ_WRITE) -> AttributeRight:
    """Give the right to write an attribute, and to read it unless `access` says otherwise."""
    return AttributeRight(number, access)


def callable_methods(*numbers: int) -> tuple[MethodRight, ...]:
    """Give the right to call the methods of these numbers."""
    return tuple(MethodRight(number) for number in numbers)


def verdict(
    meter: Mapping[bytes, Entry], shown: Mapping[bytes, Entry], attribute: Attribute, wanted: Access = Access.READ
) -> DataAccessResult | None:
    """Say why an attribute cannot be read, or with `Access.WRITE` not be set; None if it can.

    meter  every object the meter has, by logical name
    shown  those that the client's association lists, with its rights

    Object unknown: object-undefined. Known under another class: object-class-inconsistent. Not for this association:
    scope-of-access-violated. No right to do so, or no such attribute: read-write-denied.
    """
    entry = _entry_of(meter, shown, attribute)
    if isinstance(entry, DataAccessResult):
        return entry
    if any(right.number == attribute.number and right.access & wanted for right in entry.attributes):
        return None
    return DataAccessResult.READ_WRITE_DENIED


def act_verdict(meter: Mapping[bytes, Entry], shown: Mapping[bytes, Entry], method: Method) -> ActionResult | None:
    """Say why a method cannot be called, or None if it can; the reasons are those of `verdict`."""
    entry = _entry_of(meter, shown, method)
    if isinstance(entry, DataAccessResult):
        return ActionResult[entry.name]
    if any(right.number == method.number and right.allowed for right in entry.methods):
        return None
    return ActionResult.READ_WRITE_DENIED


def _entry_of(
    meter: Mapping[bytes, Entry], shown: Mapping[bytes, Entry], asked: Attribute | Method
) -> Entry | DataAccessResult:
    """Find the object as the association lists it, or say why it is not there."""
    known = meter.get(asked.logical_name)
    if known is None:
        return DataAccessResult.OBJECT_UNDEFINED
    if known.class_id != asked.class_id:
        return DataAccessResult.OBJECT_CLASS_INCONSISTENT
    entry = shown.get(asked.logical_name)
    return DataAccessResult.SCOPE_OF_ACCESS_VIOLATED if entry is None else entry
