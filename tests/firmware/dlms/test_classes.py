"""Attributes of the interface classes, against octets written out from their definitions, and the object list."""

import pytest
from dlms_host import ASSOCIATION, ENERGY, ENTRIES, PROFILE, PUBLIC, PUBLIC_NAMES, Wire, octets

from ferraris.firmware.dlms import axdr, client
from ferraris.firmware.dlms.axdr import Data
from ferraris.firmware.dlms.cosem import classes, objects
from ferraris.firmware.dlms.cosem.classes import Column, SortMethod, Unit
from ferraris.firmware.dlms.cosem.objects import Access, AttributeRight, Entry, MethodRight
from ferraris.firmware.dlms.datetimes import DateTime
from ferraris.firmware.dlms.host import Attribute, Method
from ferraris.firmware.dlms.obis import obis
from ferraris.firmware.dlms.results import ActionResult, DataAccessResult


def test_a_register_is_a_number_with_scaler_and_unit() -> None:
    assert classes.register(axdr.long(2301), -1, Unit.VOLT) == {2: octets("1008FD"), 3: octets("0202 0FFF 1623")}


def test_a_clock_has_its_eight_attributes() -> None:
    noon = DateTime(2026, 7, 1, 3, 12, 0, 0, 0, -120, 0x80)
    begin = DateTime(0xFFFF, 3, 0xFE, 7, 2, 0, 0, 0)
    assert classes.clock(noon, -60, begin, daylight_saving_deviation=60, daylight_saving_enabled=True) == {
        2: octets("090C 07EA0701030C000000FF8880"),
        3: octets("10FFC4"),
        4: octets("1180"),
        5: octets("090C FFFF03FE0702000000800000"),
        6: octets("090C FFFFFFFFFFFFFFFFFF800000"),
        7: octets("0F3C"),
        8: octets("0301"),
        9: octets("1601"),
    }


def test_a_profile_describes_its_columns_and_its_buffer() -> None:
    column = Column(8, obis("0.0.1.0.0.255"), 2)
    assert classes.profile([column], 900, 3, 8640, SortMethod.FIFO, column) == {
        3: octets("0101 0204 120008 0906 0000010000FF 0F02 120000"),
        4: octets("0600000384"),
        5: octets("1601"),
        6: octets("0204 120008 0906 0000010000FF 0F02 120000"),
        7: octets("0600000003"),
        8: octets("06000021C0"),
    }


def test_a_buffer_is_an_array_of_structures() -> None:
    assert classes.buffer([(b"\x11\x01", b"\x00"), (b"\x11\x02", b"\x00")]) == octets("0102 0202 1101 00 0202 1102 00")
    assert classes.buffer([]) == octets("0100")


def test_sap_assignment_names_the_logical_devices() -> None:
    assert classes.sap_assignment([(1, b"FER1")]) == {2: octets("0101 0202 120001 0904 46455231")}


def test_an_object_list_element_has_class_version_name_and_rights() -> None:
    entry = Entry(
        7, 1, PROFILE.logical_name,
        (AttributeRight(1), AttributeRight(2, selectors=(1, 2)), AttributeRight(4, Access.READ_WRITE)),
        (MethodRight(1), MethodRight(2, allowed=False)),
    )  # fmt: skip
    assert objects.object_list([entry]) == octets(
        "0101 0204 120007 1101 0906 0100630100FF 0202"
        "0103 0203 0F01 1601 00  0203 0F02 1601 0102 0F01 0F02  0203 0F04 1603 00"
        "0102 0202 0F01 1601  0202 0F02 1600"
    )


@pytest.mark.parametrize(("source", "names"), [(PUBLIC, PUBLIC_NAMES), (2, {entry.logical_name for entry in ENTRIES})])
def test_rule_12_the_object_list_shows_what_the_association_may_see(source: int, names: set[bytes]) -> None:
    wire = Wire()
    wire.associate(source)
    listed = axdr.decode(wire.hold(client.get(ASSOCIATION), source))  # type: ignore[arg-type]  # octets, as asserted
    assert isinstance(listed.value, tuple)
    assert {name_of(element) for element in listed.value} == names


def name_of(element: Data) -> bytes:
    assert isinstance(element.value, tuple)
    name = element.value[2].value
    assert isinstance(name, bytes)
    return name


@pytest.mark.parametrize(
    ("source", "visible"), [(PUBLIC, PUBLIC_NAMES), (2, {entry.logical_name for entry in ENTRIES})]
)
def test_rule_12_what_the_list_grants_can_be_read_and_nothing_else(source: int, visible: set[bytes]) -> None:
    wire = Wire()
    wire.associate(source)
    for entry in ENTRIES:
        for number in range(1, 12):
            answer = wire.hold(client.get(Attribute(entry.class_id, entry.logical_name, number)), source)
            granted = entry.logical_name in visible and number in {
                right.number for right in entry.attributes if right.access & Access.READ
            }
            assert isinstance(answer, bytes) is granted, (entry, number, answer)


def test_an_attribute_that_may_only_be_written_cannot_be_read() -> None:
    entry = Entry(3, 0, ENERGY.logical_name, (AttributeRight(2, Access.WRITE),))
    shown = {ENERGY.logical_name: entry}
    assert objects.verdict(shown, shown, ENERGY) is DataAccessResult.READ_WRITE_DENIED


def test_a_method_that_is_listed_as_not_allowed_cannot_be_called() -> None:
    entry = Entry(3, 0, ENERGY.logical_name, (), (MethodRight(1), MethodRight(2, allowed=False)))
    shown = {ENERGY.logical_name: entry}
    verdicts = [objects.act_verdict(shown, shown, Method(3, ENERGY.logical_name, number)) for number in (1, 2, 3)]
    assert verdicts == [None, ActionResult.READ_WRITE_DENIED, ActionResult.READ_WRITE_DENIED]
