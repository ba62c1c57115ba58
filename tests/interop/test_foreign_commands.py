"""Clients that we did not write set attributes and call methods over a real socket; the meter keeps a record."""

import json
import os
import subprocess
from typing import NamedTuple

import commanded_meter
import foreign
import pytest
from commanded_meter import OBJECTS, PASSWORD, CommandedMeter
from foreign import Document, Peer

from ferraris.firmware.dlms import axdr
from ferraris.firmware.dlms.cosem import calendars, clocks, registers, scripts
from ferraris.firmware.dlms.cosem.calendars import SpecialDay
from ferraris.firmware.dlms.cosem.clocks import Preset
from ferraris.firmware.dlms.datetimes import Date

READ_WRITE_DENIED = 3
NOTE, SCRIPTS, CLOCK = (1, "0.0.96.50.0.255"), (9, "0.0.10.0.100.255"), (8, "0.0.1.0.0.255")
TEXT = axdr.octet_string(b"hello")
LONG = axdr.octet_string(b"note " * 600)


class Commanded(NamedTuple):
    """What a peer saw, and what the meter was told."""

    peer: str
    document: Document
    told: list[tuple[str, int, str, int, bytes | None]]

    def given(self, verb: str, asked: tuple[int, str], number: int) -> list[bytes | None]:
        return [octets for how, *who, octets in self.told if (how, *who) == (verb, *asked, number)]


@pytest.fixture(scope="module", params=[0xFFFF, 128])
def commanded(peer: Peer, request: pytest.FixtureRequest) -> Commanded:
    """A meter after a peer has said all it has to say, as a client that takes APDUs of any length, or short ones."""
    meter = CommandedMeter()
    program = foreign.REPO / "tests" / "peers" / f"{peer.name}_commands.py"
    with commanded_meter.serving(meter) as port:
        done = subprocess.run(
            [str(peer.python), str(program), "--port", str(port), "--client", "2", "--password", PASSWORD,
             "--pdu", str(request.param)],
            env={"PATH": os.environ.get("PATH", ""), "TZ": "UTC"}, capture_output=True, text=True,
            timeout=foreign.SECONDS, check=False, cwd=program.parent,
        )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return Commanded(peer.name, json.loads(done.stdout), meter.told)


def test_a_foreign_model_of_each_class_takes_every_attribute(commanded: Commanded) -> None:
    assert commanded.document["failed"] == []


def test_a_script_is_executed_and_an_unknown_method_denied(commanded: Commanded) -> None:
    assert commanded.given("act", SCRIPTS, 1)[0] == axdr.long_unsigned(2)
    assert scripts.script_identifier(axdr.decode(axdr.long_unsigned(2))) == 2
    assert commanded.document["results"]["no such method"] == READ_WRITE_DENIED
    assert commanded.given("act", SCRIPTS, 9) == []


def test_a_long_value_and_a_long_parameter_arrive_whole(commanded: Commanded) -> None:
    """3003 octets do not fit into the 2048 that the meter takes."""
    assert LONG in commanded.given("set", NOTE, 2)
    assert LONG in commanded.given("act", NOTE, 1)


# ---------------------------------------------------------------- gurux: its models encode what they understood


@pytest.fixture
def gurux(commanded: Commanded) -> Commanded:
    if commanded.peer != "gurux":
        pytest.skip("the other peer's models do not encode")
    return commanded


def test_what_a_foreign_model_understood_it_encodes_as_we_do(gurux: Commanded) -> None:
    differing = {}
    for (class_id, name), attributes in OBJECTS.items():
        for number, ours in attributes.items():
            if (class_id, number) in {(4, 4), (5, 5)}:
                continue
            theirs = gurux.given("set", (class_id, name), number)[0]
            if theirs != ours:
                differing[class_id, number] = ours, theirs
    assert set(differing) == {(11, 2), (21, 4)}, "an entry's weekday, which it drops; the tag of an array"
    ours, theirs = differing.pop((11, 2))
    assert theirs == ours.replace(bytes.fromhex("07EA040601"), bytes.fromhex("07EA0406FF"))
    ours, theirs = differing.pop((21, 4))
    assert theirs == b"\x02" + ours[1:]


def test_what_a_foreign_model_encodes_our_decoders_take(gurux: Commanded) -> None:
    readers = {
        (5, 8): registers.period, (5, 9): registers.number_of_periods, (6, 4): registers.mask_name,
        (8, 2): clocks.time, (8, 3): clocks.time_zone, (8, 5): clocks.daylight_saving_change,
        (8, 6): clocks.daylight_saving_change, (8, 7): clocks.daylight_saving_deviation,
        (8, 8): clocks.daylight_saving_enabled, (11, 2): calendars.special_day_table, (20, 6): calendars.calendar_name,
        (20, 7): calendars.seasons, (20, 8): calendars.weeks, (20, 9): calendars.days,
        (20, 10): calendars.activation_time, (22, 2): scripts.reference, (22, 4): scripts.executions,
        (70, 4): scripts.control_mode,
    }  # fmt: skip
    read = 0
    for verb, class_id, _, number, given in gurux.told:
        if verb == "set" and (class_id, number) in readers:
            assert given is not None
            readers[class_id, number](axdr.decode(given))
            read += 1
    assert read == len(readers)


def test_methods_of_a_foreign_clock_and_table_are_understood(gurux: Commanded) -> None:
    (shift,), (preset,) = gurux.given("act", CLOCK, 6), gurux.given("act", CLOCK, 5)
    (day,) = gurux.given("act", (11, "0.0.11.0.0.255"), 1)
    assert shift is not None
    assert preset is not None
    assert day is not None
    assert clocks.shift(axdr.decode(shift)) == 60
    assert clocks.preset(axdr.decode(preset)) == Preset(*[commanded_meter.NOW] * 3)
    assert calendars.special_day(axdr.decode(day)) == SpecialDay(3, Date(2026, 12, 24), 2)
    assert gurux.given("act", CLOCK, 1) == [axdr.integer(0)]


# ---------------------------------------------------------------- pydlms: lists, and blocks in every direction


@pytest.fixture
def pydlms(commanded: Commanded) -> Commanded:
    if commanded.peer != "pydlms":
        pytest.skip("the other peer has no lists of methods")
    return commanded


def test_results_come_as_the_meter_gave_them(pydlms: Commanded) -> None:
    results = pydlms.document["results"]
    assert results["set"] is None
    assert results["wrong attribute"] == READ_WRITE_DENIED
    assert results["long"] is None
    assert results["list"] == [0, READ_WRITE_DENIED]
    assert results["long list"] == [0, 0]
    assert results["script"] is None


def test_what_a_method_returns_is_read_in_one_apdu_and_in_blocks(pydlms: Commanded) -> None:
    results = pydlms.document["results"]
    assert results["echo"] == TEXT.hex()
    assert results["long echo"] == LONG.hex()
    assert results["methods"] == [TEXT.hex(), None]
    assert results["long methods"] == [None, None]


def test_values_arrive_in_the_order_in_which_they_were_sent(pydlms: Commanded) -> None:
    assert pydlms.given("set", NOTE, 2) == [TEXT, LONG, TEXT, LONG, TEXT]
    assert pydlms.given("act", SCRIPTS, 2) == [LONG, LONG]
