"""The shape of the COSEM object table: an object is its entry in an association's list and its attributes' getters."""

from collections.abc import Callable, Mapping
from typing import NamedTuple, TypeAlias

from ferraris.firmware.dlms import axdr
from ferraris.firmware.dlms.cosem import classes
from ferraris.firmware.dlms.cosem.classes import ClassId, Unit
from ferraris.firmware.dlms.cosem.objects import AttributeRight, Entry
from ferraris.firmware.dlms.host import Answer, Selection, Session
from ferraris.firmware.meter.config import Config
from ferraris.firmware.meter.state import State

Memory: TypeAlias = bytes | memoryview


class View(NamedTuple):
    """What a getter may look at: the meter as it is, who asks, and for which part."""

    config: Config
    state: State
    memory: Memory
    session: Session
    selection: Selection | None = None


Getter: TypeAlias = Callable[[View], Answer]


class Item(NamedTuple):
    """One COSEM object of the meter."""

    entry: Entry
    getters: Mapping[int, Getter]
    """By attribute number, without 1: that is the logical name of every object."""
    is_public: bool = False
    """Whether the public client (16), which needs no password, may see it."""


def item(
    class_id: ClassId,
    version: int,
    name: tuple[int, ...],
    getters: Mapping[int, Getter],
    *,
    is_public: bool = False,
    selectors: Mapping[int, tuple[int, ...]] | None = None,
) -> Item:
    """An object whose attributes with a getter, and its logical name, can be read.

    name       the six value groups of its OBIS code
    selectors  the selectors of selective access that an attribute understands
    """
    known = selectors or {}
    rights = tuple(AttributeRight(number, selectors=known.get(number, ())) for number in (1, *sorted(getters)))
    return Item(Entry(class_id, version, bytes(name), rights), getters, is_public)


def constant(encoded: bytes) -> Getter:
    """A getter of what never changes."""
    return lambda _: encoded


def data(name: tuple[int, ...], value: bytes, *, is_public: bool = False) -> Item:
    """An object of class Data whose value never changes."""
    return item(ClassId.DATA, 0, name, {2: constant(value)}, is_public=is_public)


def register(name: tuple[int, ...], value: Getter, scaler: int, unit: Unit) -> Item:
    """An object of class Register: the value counts in steps of 10^scaler units, and both never change."""
    fixed = classes.register(axdr.NULL, scaler, unit)
    return item(ClassId.REGISTER, 0, name, {2: value, 3: constant(fixed[3])})
