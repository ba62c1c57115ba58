"""Which objects a client sees, with which rights: the object list of an association, and refusals that match it."""

from collections.abc import Iterable, Mapping
from enum import IntEnum
from typing import NamedTuple

from ferraris.firmware.dlms import axdr
from ferraris.firmware.dlms.host import Attribute
from ferraris.firmware.dlms.results import DataAccessResult


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


def verdict(
    meter: Mapping[bytes, Entry], shown: Mapping[bytes, Entry], attribute: Attribute
) -> DataAccessResult | None:
    """Say why an attribute cannot be read, or None if it can.

    meter  every object the meter has, by logical name
    shown  those that the client's association lists, with its rights

    Object unknown: object-undefined. Known under another class: object-class-inconsistent. Not for this association:
    scope-of-access-violated. No right to read, or no such attribute: read-write-denied.
    """
    known = meter.get(attribute.logical_name)
    if known is None:
        return DataAccessResult.OBJECT_UNDEFINED
    if known.class_id != attribute.class_id:
        return DataAccessResult.OBJECT_CLASS_INCONSISTENT
    entry = shown.get(attribute.logical_name)
    if entry is None:
        return DataAccessResult.SCOPE_OF_ACCESS_VIOLATED
    if any(right.number == attribute.number and right.access & Access.READ for right in entry.attributes):
        return None
    return DataAccessResult.READ_WRITE_DENIED
