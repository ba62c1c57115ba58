"""Every COSEM object of the meter, as one table, and the host that answers the DLMS server from it."""

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import NamedTuple

from ferraris.firmware.dlms import axdr, datetimes
from ferraris.firmware.dlms.acse import Mechanism
from ferraris.firmware.dlms.axdr import Data
from ferraris.firmware.dlms.cosem import classes, objects
from ferraris.firmware.dlms.cosem.classes import ClassId
from ferraris.firmware.dlms.cosem.objects import Access, Entry
from ferraris.firmware.dlms.host import (
    MANAGEMENT_LOGICAL_DEVICE,
    PUBLIC_CLIENT,
    ActionAnswer,
    Answer,
    Attribute,
    Method,
    Policy,
    Selection,
    Session,
)
from ferraris.firmware.dlms.results import ActionResult, DataAccessResult
from ferraris.firmware.meter import catalogue, load_profile
from ferraris.firmware.meter.config import Config
from ferraris.firmware.meter.state import State
from ferraris.firmware.meter.table import Getter, Item, Memory, View, constant, data, item

READING_CLIENT = 2
"""The client that reads everything, with the password of low-level security."""


def identity(config: Config) -> Iterator[Item]:
    """Who the meter is: what even the public client may read."""
    who = config.identity
    device_name = who.logical_device_name.encode()
    yield data((0, 0, 42, 0, 0, 255), axdr.octet_string(device_name), is_public=True)
    yield data((0, 0, 96, 1, 0, 255), axdr.octet_string(who.serial.encode()), is_public=True)
    yield data((0, 0, 96, 1, 1, 255), axdr.octet_string(who.manufacturer.encode()), is_public=True)
    yield data((0, 0, 96, 1, 2, 255), axdr.octet_string(who.name.encode()), is_public=True)
    yield data((1, 0, 0, 2, 0, 255), axdr.octet_string(who.firmware.encode()), is_public=True)
    devices = classes.sap_assignment([(MANAGEMENT_LOGICAL_DEVICE, device_name)])
    yield item(ClassId.SAP_ASSIGNMENT, 0, (0, 0, 41, 0, 0, 255), {2: constant(devices[2])}, is_public=True)


def clock() -> Item:
    """The clock. This meter keeps UTC: no deviation, no daylight saving."""
    return item(ClassId.CLOCK, 0, load_profile.CLOCK, {n: _clock(n) for n in range(2, 10)}, is_public=True)


def _clock(number: int) -> Getter:
    return lambda view: classes.clock(datetimes.local(view.state.rtc_ms))[number]


def association() -> Item:
    """The association of whoever asks; the secret (attribute 7) is nobody's to read."""
    getters: dict[int, Getter] = {2: lambda view: listed(view.config, view.session.client)}
    getters |= {number: _association(number) for number in (3, 4, 5, 6, 8, 9)}
    return item(ClassId.ASSOCIATION_LN, 1, (0, 0, 40, 0, 0, 255), getters, is_public=True)


def _association(number: int) -> Getter:
    return lambda view: classes.association_ln(view.session)[number]


def ratios(config: Config) -> Iterator[Item]:
    """Ratios of the transformers in front of the meter, each as numerator and denominator (1.0.0.4.2 to .6)."""
    if config.transformers is None:
        return
    current, voltage = config.transformers.current, config.transformers.voltage
    for group_e, number in ((2, current.numerator), (3, voltage.numerator)):
        yield data((1, 0, 0, 4, group_e, 255), axdr.double_long_unsigned(number))
    for group_e, number in ((5, current.denominator), (6, voltage.denominator)):
        yield data((1, 0, 0, 4, group_e, 255), axdr.double_long_unsigned(number))


def items(config: Config) -> Iterator[Item]:
    """Every object of the meter, in the order of its list."""
    yield clock()
    yield association()
    yield from identity(config)
    yield from ratios(config)
    yield from catalogue.energies(config)
    yield from catalogue.moments(config)
    yield load_profile.status()
    yield load_profile.profile(config)


class Index(NamedTuple):
    """The table, ready to be asked."""

    items: Mapping[bytes, Item]
    """By logical name."""
    entries: Mapping[bytes, Entry]
    shown: Mapping[int, Mapping[bytes, Entry]]
    """The entries that each client's association lists."""


@lru_cache(maxsize=256)
def index(config: Config) -> Index:
    """The object table of a meter; made once, since a configuration never changes."""
    table = {each.entry.logical_name: each for each in items(config)}
    entries = {name: each.entry for name, each in table.items()}
    public = {name: each.entry for name, each in table.items() if each.is_public}
    return Index(table, entries, {PUBLIC_CLIENT: public, READING_CLIENT: entries})


@lru_cache(maxsize=512)
def listed(config: Config, client: int) -> bytes:
    """The object list of a client's association."""
    return objects.object_list(index(config).shown[client].values())


class MeterHost:
    """The meter as the DLMS server sees it: a view of one state that answers questions and changes nothing."""

    def __init__(self, config: Config, state: State, memory: Memory) -> None:
        """Look at this state."""
        self._config = config
        self._state = state
        self._memory = memory

    def policy(self, client: int) -> Policy | None:
        """Say how a client may associate: the public one freely, the reading one with its password."""
        policies = {
            PUBLIC_CLIENT: Policy(Mechanism.LOWEST),
            READING_CLIENT: Policy(Mechanism.LOW, self._config.password),
        }
        return policies.get(client)

    def get(self, session: Session, attribute: Attribute, selection: Selection | None) -> Answer:
        """Give an attribute's value, or the reason why this client does not get it."""
        table = index(self._config)
        refusal = objects.verdict(table.entries, table.shown[session.client], attribute)
        if refusal is not None:
            return refusal
        if attribute.number == 1:
            return classes.logical_name(attribute.logical_name)
        getter = table.items[attribute.logical_name].getters[attribute.number]
        return getter(View(self._config, self._state, self._memory, session, selection))

    def set(
        self,
        session: Session,
        attribute: Attribute,
        selection: Selection | None,  # noqa: ARG002
        value: Data,  # noqa: ARG002
    ) -> DataAccessResult:
        """Set an attribute: nothing of this meter can be set yet."""
        table = index(self._config)
        refusal = objects.verdict(table.entries, table.shown[session.client], attribute, Access.WRITE)
        return refusal or DataAccessResult.READ_WRITE_DENIED

    def act(self, session: Session, method: Method, parameter: Data | None) -> ActionAnswer:  # noqa: ARG002
        """Call a method: this meter has none yet."""
        table = index(self._config)
        refusal = objects.act_verdict(table.entries, table.shown[session.client], method)
        return ActionAnswer(refusal or ActionResult.READ_WRITE_DENIED)
