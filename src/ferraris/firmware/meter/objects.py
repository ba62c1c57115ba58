"""Every COSEM object of the meter, as one table, and the host that answers the DLMS server from it."""

from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from typing import NamedTuple, assert_never

from ferraris.firmware.dlms import axdr
from ferraris.firmware.dlms.acse import Mechanism
from ferraris.firmware.dlms.axdr import Data
from ferraris.firmware.dlms.cosem import classes, objects
from ferraris.firmware.dlms.cosem.classes import ClassId
from ferraris.firmware.dlms.cosem.objects import Access, Entry
from ferraris.firmware.dlms.host import (
    COMMANDING,
    MANAGEMENT_LOGICAL_DEVICE,
    PUBLIC_CLIENT,
    READING,
    ActionAnswer,
    Answer,
    Attribute,
    Method,
    Policy,
    Selection,
    Session,
)
from ferraris.firmware.dlms.results import ActionResult, DataAccessResult, DlmsError
from ferraris.firmware.meter import (
    accounting,
    catalogue,
    clock_object,
    counters,
    demand_objects,
    logs,
    profiles,
    tariff_objects,
)
from ferraris.firmware.meter.config import Config, Role
from ferraris.firmware.meter.table import Call, Done, Getter, Item, Memory, View, constant, data, item
from ferraris.firmware.meter.turn import Turn


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


def statuses() -> Iterator[Item]:
    """What the status column of each load profile captures: what its next row would say."""
    for number, name in enumerate(logs.STATUS):
        yield item(ClassId.DATA, 0, name, {2: _pending(number)})


def _pending(number: int) -> Getter:
    def status(view: View) -> bytes:
        axis = view.state.ledger.axis
        pending = (axis.status_1, axis.status_2)[number]
        return axdr.unsigned(pending | accounting.moment_status(view.config, view.state, view.state.rtc_ms // 1000))

    return status


def items(config: Config) -> Iterator[Item]:
    """Every object of the meter, in the order of its list."""
    yield clock_object.clock()
    yield association()
    yield from identity(config)
    yield from ratios(config)
    yield from catalogue.energies(config)
    yield from catalogue.moments(config)
    yield from tariff_objects.items(config)
    yield from demand_objects.items(config)
    yield from statuses()
    yield from counters.items()
    for profile in logs.all_profiles(config).values():
        yield profiles.as_item(profile)


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
    shown = {client.number: _shown(table, client.role) for client in config.clients}
    public = {name: only_read(each.entry) for name, each in table.items() if each.is_public}
    return Index(table, entries, {PUBLIC_CLIENT: public, **shown})


def _shown(table: Mapping[bytes, Item], role: Role) -> Mapping[bytes, Entry]:
    """The entries that a client of this role sees, with its rights."""
    match role:
        case "manager":
            return {name: each.entry for name, each in table.items()}
        case "reader":
            return {name: only_read(each.entry) for name, each in table.items()}
        case "timekeeper":
            seen = {name: each for name, each in table.items() if each.is_public or each.is_time}
            return {name: each.entry if each.is_time else only_read(each.entry) for name, each in seen.items()}
    assert_never(role)


def only_read(entry: Entry) -> Entry:
    """An entry without the right to command."""
    readable = tuple(right._replace(access=Access.READ) for right in entry.attributes if right.access & Access.READ)
    return entry._replace(attributes=readable, methods=())


@lru_cache(maxsize=512)
def listed(config: Config, client: int) -> bytes:
    """The object list of a client's association."""
    return objects.object_list(index(config).shown[client].values())


MOST_ROWS = 24
"""Rows that the commands of one call may write: more than a head end asks for at once, and no record gets long."""


class MeterHost:
    """The meter as the DLMS server sees it while it answers one peer: commands change the turn that it holds."""

    def __init__(self, config: Config, turn: Turn, memory: Memory) -> None:
        """Look at this state; `turn` is what has become of it."""
        self._config = config
        self.turn = turn
        self._memory = memory

    def policy(self, client: int) -> Policy | None:
        """Say how a client may associate: the public one freely, the others with their passwords."""
        if client == PUBLIC_CLIENT:
            return Policy(Mechanism.LOWEST)
        known = next((each for each in self._config.clients if each.number == client), None)
        if known is None:
            return None
        return Policy(Mechanism.LOW, known.password, READING if known.role == "reader" else COMMANDING)

    def get(self, session: Session, attribute: Attribute, selection: Selection | None) -> Answer:
        """Give an attribute's value, or the reason why this client does not get it."""
        table = index(self._config)
        refusal = objects.verdict(table.entries, table.shown[session.client], attribute)
        if refusal is not None:
            return refusal
        if attribute.number == 1:
            return classes.logical_name(attribute.logical_name)
        getter = table.items[attribute.logical_name].getters[attribute.number]
        return getter(View(self._config, self.turn.state, self._memory, session, selection))

    def set(self, session: Session, attribute: Attribute, selection: Selection | None, value: Data) -> DataAccessResult:
        """Give an attribute a new value, as a whole or not at all."""
        table = index(self._config)
        refusal = objects.verdict(table.entries, table.shown[session.client], attribute, Access.WRITE)
        if refusal is not None:
            return refusal
        if selection is not None:
            return DataAccessResult.OTHER_REASON
        setter = table.items[attribute.logical_name].setters[attribute.number]
        return self._do(session, lambda call: setter(call, value))

    def act(self, session: Session, method: Method, parameter: Data | None) -> ActionAnswer:
        """Call a method."""
        table = index(self._config)
        refusal = objects.act_verdict(table.entries, table.shown[session.client], method)
        if refusal is not None:
            return ActionAnswer(refusal)
        action = table.items[method.logical_name].methods[method.number]
        return ActionAnswer(ActionResult(self._do(session, lambda call: action(call, parameter))))

    def _do(self, session: Session, command: Callable[[Call], Done]) -> DataAccessResult:
        if len(self.turn.rows) >= MOST_ROWS:
            return DataAccessResult.TEMPORARY_FAILURE
        try:
            self.turn, result = command(Call(self._config, self.turn, session.client))
        except DlmsError:
            return DataAccessResult.TYPE_UNMATCHED
        return result
