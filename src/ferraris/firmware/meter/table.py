"""The shape of the COSEM object table: an object is its entry in an association's list and its attributes' getters."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import NamedTuple, TypeAlias

from ferraris.firmware.dlms import axdr
from ferraris.firmware.dlms.axdr import Data
from ferraris.firmware.dlms.cosem import classes
from ferraris.firmware.dlms.cosem.classes import ClassId, Unit
from ferraris.firmware.dlms.cosem.objects import Access, AttributeRight, Entry, callable_methods
from ferraris.firmware.dlms.host import Answer, Selection, Session
from ferraris.firmware.dlms.results import DataAccessResult
from ferraris.firmware.meter.config import Config
from ferraris.firmware.meter.state import State
from ferraris.firmware.meter.turn import Turn

Memory: TypeAlias = bytes | memoryview


class View(NamedTuple):
    """What a getter may look at: the meter as it is, who asks, and for which part."""

    config: Config
    state: State
    memory: Memory
    session: Session
    selection: Selection | None = None


Getter: TypeAlias = Callable[[View], Answer]


class Call(NamedTuple):
    """A command on its way: the meter as it is now, and who asks."""

    config: Config
    turn: Turn
    client: int


class Done(NamedTuple):
    """What a command made of the meter, and what the client is told; a refusal changes nothing but the log."""

    turn: Turn
    result: DataAccessResult


Setter: TypeAlias = Callable[[Call, Data], Done]
Action: TypeAlias = Callable[[Call, Data | None], Done]
"""Both may raise `DlmsError` for a value of another shape: the client is told type-unmatched."""


class Item(NamedTuple):
    """One COSEM object of the meter."""

    entry: Entry
    """With every right that anybody has."""
    getters: Mapping[int, Getter]
    """By attribute number, without 1: that is the logical name of every object."""
    setters: Mapping[int, Setter] = MappingProxyType({})
    methods: Mapping[int, Action] = MappingProxyType({})
    is_public: bool = False
    """Whether the public client (16), which needs no password, may see it."""
    is_time: bool = False
    """Whether sources of time other than the head end may use it as the head end does."""


def item(
    class_id: ClassId,
    version: int,
    name: tuple[int, ...],
    getters: Mapping[int, Getter],
    *,
    setters: Mapping[int, Setter] | None = None,
    methods: Mapping[int, Action] | None = None,
    is_public: bool = False,
    is_time: bool = False,
    selectors: Mapping[int, tuple[int, ...]] | None = None,
) -> Item:
    """An object whose attributes with a getter, and its logical name, can be read.

    name       the six value groups of its OBIS code
    setters    attributes that a manager can write, and methods it can call, by number
    selectors  the selectors of selective access that an attribute understands
    """
    known, written, called = selectors or {}, setters or {}, methods or {}
    rights = tuple(
        AttributeRight(number, _access(number, getters, written), known.get(number, ()))
        for number in sorted({1, *getters, *written})
    )
    entry = Entry(class_id, version, bytes(name), rights, callable_methods(*sorted(called)))
    return Item(entry, getters, written, called, is_public, is_time)


def _access(number: int, getters: Mapping[int, Getter], setters: Mapping[int, Setter]) -> Access:
    if number not in setters:
        return Access.READ
    return Access.READ_WRITE if number in getters else Access.WRITE


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
