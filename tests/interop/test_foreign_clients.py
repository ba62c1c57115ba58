"""Clients that we did not write read a meter over a real socket; what they print is what the meter holds."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import expected_readings as expected
import foreign
import pytest
import standing_meter
from foreign import ENTRIES, LISTED, PROFILE, PUBLIC, RANGES, READER, SMALL_PDU, Document, Peer, Reports
from standing_meter import MEASURED_S, SWITCHED_ON_MS, Subject

CLOCK, LOGICAL_DEVICE_NAME, SERIAL = (8, "0.0.1.0.0.255"), (1, "0.0.42.0.0.255"), (1, "0.0.96.1.0.255")
READ_WRITE_DENIED, OBJECT_UNDEFINED, CLASS_INCONSISTENT, SCOPE_VIOLATED = 3, 4, 9, 13
BUFFER = (7, PROFILE, 2)
"""Read as a profile, not as an attribute."""


@pytest.fixture(scope="session", params=["home-1p", "shop-3p", "feeder-3p-ct"])
def subject(request: pytest.FixtureRequest) -> Iterator[Subject]:
    """Each kind of meter in turn, answering on a port of its own."""
    meter = standing_meter.measured(foreign.REPO / "platforms" / f"{request.param}.toml")
    with standing_meter.serving(meter.bench) as port:
        yield Subject(meter, port)


@pytest.fixture(scope="session")
def reports(peer: Peer, subject: Subject) -> Reports:
    """Everything a peer can read of a meter; read once, looked at by many tests."""
    return Reports(
        public=foreign.read_as_public(peer, subject.port),
        reader=foreign.read_as_reader(peer, subject.port, subject.meter.password),
        in_blocks=foreign.read_as_reader(peer, subject.port, subject.meter.password, SMALL_PDU),
    )


def found(document: Document) -> dict[tuple[int, str, int], object]:
    """Values by class, logical name and attribute; an attribute that was refused fails the test."""
    reads = foreign.by_attribute(document["values"])
    assert {key: one["error"] for key, one in reads.items() if "error" in one} == {}
    return {key: one["value"] for key, one in reads.items()}


def granted(document: Document) -> set[tuple[int, str, int]]:
    """What the object list lets its reader read."""
    return {(one["class"], one["obis"], number) for one in document["objects"] for number in one["readable"]}


# ---------------------------------------------------------------- association


def test_a_wrong_password_is_refused_as_an_authentication_failure(peer: Peer, subject: Subject) -> None:
    heard = foreign.start(peer, subject.port, "--client", str(READER), "--password", "x" * len(subject.meter.password))
    assert (heard.code, heard.error) == (foreign.REFUSED, "association refused: result 1, diagnostic 13\n")


def test_the_reader_without_a_password_is_told_that_a_mechanism_is_required(peer: Peer, subject: Subject) -> None:
    heard = foreign.start(peer, subject.port, "--client", str(READER))
    assert (heard.code, heard.error) == (foreign.REFUSED, "association refused: result 1, diagnostic 12\n")


def test_a_client_the_meter_does_not_know_is_refused(peer: Peer, subject: Subject) -> None:
    heard = foreign.start(peer, subject.port, "--client", "77")
    assert (heard.code, heard.error) == (foreign.REFUSED, "association refused: result 1, diagnostic 1\n")


def test_only_services_that_read_are_agreed(reports: Reports) -> None:
    services = set(reports.reader["association"]["conformance"])
    assert {"GET", "BLOCK_TRANSFER_WITH_GET_OR_READ", "MULTIPLE_REFERENCES", "SELECTIVE_ACCESS"} <= services
    assert not {"SET", "ACTION", "ACCESS", "GENERAL_PROTECTION"} & services


def test_a_release_is_answered(reports: Reports) -> None:
    assert [one["released"] for one in reports] == [True, True, True]


# ---------------------------------------------------------------- objects


def test_the_object_list_is_the_meters_own_for_each_client(reports: Reports, subject: Subject) -> None:
    assert granted(reports.reader) == subject.meter.readable(READER)
    assert granted(reports.public) == subject.meter.readable(PUBLIC)
    assert [one["writable"] for one in reports.reader["objects"] if one["writable"]] == []


def test_every_readable_attribute_is_delivered(reports: Reports, subject: Subject) -> None:
    assert set(found(reports.reader)) == subject.meter.readable(READER) - {BUFFER}
    assert set(found(reports.public)) == subject.meter.readable(PUBLIC)


def test_each_peers_own_model_of_a_class_takes_every_attribute(reports: Reports) -> None:
    assert [one["misread"] for one in reports] == [[], [], []]


def test_attribute_one_is_the_logical_name_of_every_object(reports: Reports) -> None:
    names = {obis: value for (_, obis, number), value in found(reports.reader).items() if number == 1}
    assert names == {obis: expected.octets(bytes(map(int, obis.split(".")))) for obis in names}
    assert len(names) == len(reports.reader["objects"])


def test_the_public_client_sees_identity_and_clock_and_nothing_that_is_billed(reports: Reports) -> None:
    seen = {(class_id, obis) for class_id, obis, _ in granted(reports.public)}
    assert {CLOCK, LOGICAL_DEVICE_NAME, SERIAL} <= seen
    assert {class_id for class_id, _ in seen} <= {1, 8, 15, 17}


def test_what_is_asked_for_by_name_is_refused_for_the_right_reason(reports: Reports) -> None:
    reasons = [SCOPE_VIOLATED, OBJECT_UNDEFINED, CLASS_INCONSISTENT, READ_WRITE_DENIED]
    assert [one.get("error") for one in reports.public["asked"]] == reasons


# ---------------------------------------------------------------- values


def test_energy_registers_show_what_the_meter_has_counted(reports: Reports, subject: Subject) -> None:
    values = found(reports.reader)
    for obis, (energy, scaler, unit) in expected.energies(subject.meter).items():
        assert values[3, obis, 2] == energy, obis
        assert values[3, obis, 3] == [scaler, unit], obis


def test_the_imported_energy_is_what_the_load_took(reports: Reports, subject: Subject) -> None:
    taken_wh = sum(subject.meter.power_w) * float(expected.ratio(subject.meter)) * MEASURED_S / 3600
    shown_wh = found(reports.reader)[3, "1.0.1.8.0.255", 2]
    # The class (at most 1 %) would allow more; a nominal, calibrated meter without noise keeps 0.1 %, and the register
    # shows completed Wh only.
    assert shown_wh == pytest.approx(taken_wh, rel=1e-3, abs=1)


def test_moments_are_those_of_the_load(reports: Reports, subject: Subject) -> None:
    values = found(reports.reader)
    for obis, true in expected.moments(subject.meter).items():
        scaler = values[3, obis, 3][0]
        # 0.1 % as above, and half a step of the last digit shown.
        assert values[3, obis, 2] * 10**scaler == pytest.approx(true, rel=1e-3, abs=0.51 * 10**scaler), obis


def test_the_clock_shows_the_meters_time(reports: Reports, subject: Subject) -> None:
    now_ms = SWITCHED_ON_MS + MEASURED_S * 1000
    assert subject.meter.state.rtc_ms == now_ms
    assert found(reports.public)[*CLOCK, 2] == expected.date_time(now_ms)
    assert found(reports.reader)[*CLOCK, 2] == expected.date_time(now_ms)


def test_the_meter_says_who_it_is(reports: Reports, subject: Subject) -> None:
    who = subject.meter.platform.meter
    values = found(reports.public)
    assert values[*LOGICAL_DEVICE_NAME, 2] == expected.octets(f"{who.manufacturer}{who.serial}".encode())
    assert values[*SERIAL, 2] == expected.octets(who.serial.encode())
    assert values[17, "0.0.41.0.0.255", 2] == [[1, values[*LOGICAL_DEVICE_NAME, 2]]]


def test_a_client_that_takes_small_apdus_reads_the_same_in_blocks(reports: Reports) -> None:
    whole, in_blocks = found(reports.reader), found(reports.in_blocks)
    limits = (15, "0.0.40.0.0.255", 5)
    assert (whole.pop(limits)[2], in_blocks.pop(limits)[2]) == (0xFFFF, 128)
    assert in_blocks == whole
    assert in_blocks[15, "0.0.40.0.0.255", 2], "an object list does not fit into one APDU of 128 octets"
    assert reports.in_blocks["objects"] == reports.reader["objects"]
    assert reports.in_blocks["profile"] == reports.reader["profile"]


def test_attributes_read_together_are_those_read_one_by_one(reports: Reports) -> None:
    *together, _ = reports.reader["list"]
    values = found(reports.reader)
    assert [one["value"] for one in together] == [values[key] for key in foreign.by_attribute(together)]
    assert len(together) == len(LISTED) - 1


def test_one_item_that_fails_does_not_take_the_others_with_it(peer: Peer, reports: Reports) -> None:
    *delivered, failed = reports.reader["list"]
    if peer.name == "gurux":  # it puts None in the place of a failed item and forgets the reason (docs/interop.md)
        assert failed["value"] is None
    else:
        assert failed["error"] == OBJECT_UNDEFINED
    assert None not in [one["value"] for one in delivered]


# ---------------------------------------------------------------- load profile


def test_the_load_profile_is_what_lies_in_the_memory(reports: Reports, subject: Subject) -> None:
    rows = expected.profile(subject.meter)
    assert len(rows) == 13, "a row for each quarter of an hour from 20:15 to 23:15"
    assert rows[-1][2] > rows[0][2] > 0, "energy was imported all the time"
    assert reports.reader["profile"]["all"] == rows


def test_the_columns_are_clock_status_and_the_four_energies(reports: Reports) -> None:
    energies = [[3, f"1.0.{code}.8.0.255", 2, 0] for code in (1, 2, 3, 4)]
    assert reports.reader["profile"]["columns"] == [[*CLOCK, 2, 0], [1, "0.0.96.10.1.255", 2, 0], *energies]


@pytest.mark.parametrize("selection", ENTRIES)
def test_entries_count_from_one_and_both_ends_belong_to_the_selection(
    reports: Reports, subject: Subject, selection: str
) -> None:
    rows = reports.reader["profile"]["entries"][list(ENTRIES).index(selection)]
    assert rows == expected.profile(subject.meter)[ENTRIES[selection]]


@pytest.mark.parametrize("selection", RANGES)
def test_a_range_holds_every_row_from_its_first_moment_to_its_last(
    reports: Reports, subject: Subject, selection: str
) -> None:
    """The meter keeps UTC: a time without deviation is UTC too. The peer's computer stands in UTC."""
    rows = reports.reader["profile"]["ranges"][list(RANGES).index(selection)]
    assert rows == expected.profile(subject.meter)[RANGES[selection]]


def test_a_range_without_a_zone_means_what_the_client_sends(peer: Peer, subject: Subject) -> None:
    """On a computer in Berlin one peer sends its winter deviation, the other none, which is UTC to this meter."""
    options = ("--client", str(READER), "--password", subject.meter.password, "--profile", PROFILE)
    quarters = ("--range", "2026-03-28T21:45:00/2026-03-28T22:30:00")
    document = foreign.read(peer, subject.port, *options, *quarters, zone="Europe/Berlin")
    meant = {"gurux": slice(2, 6), "pydlms": slice(6, 10)}[peer.name]
    assert document["profile"]["ranges"] == [expected.profile(subject.meter)[meant]]


# ---------------------------------------------------------------- company


def test_several_clients_at_once_read_the_same(peer: Peer, subject: Subject, reports: Reports) -> None:
    with ThreadPoolExecutor() as clients:
        together = list(
            clients.map(lambda _: foreign.read_as_reader(peer, subject.port, subject.meter.password), range(3))
        )
    assert together == [reports.reader] * 3
