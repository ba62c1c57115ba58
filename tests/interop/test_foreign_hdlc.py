"""Clients that we did not write read a meter over HDLC: every size of address, small and large frames, windows."""

import os
from collections.abc import Iterator
from pathlib import Path

import foreign
import hdlc_meter
import pytest
import standing_meter
from foreign import PROFILE, READER, Document, Peer
from standing_meter import StandingMeter

installer = foreign.load_installer()

LINKS = {
    "address 1": ("--size", "1"),
    "address 2, small frames": ("--size", "2", "--octets", "64"),
    "address 4, large frames": ("--size", "4", "--octets", "2030"),
    "address 4, small frames, window 7": ("--size", "4", "--octets", "64", "--window", "7"),
    "large frames, window 7": ("--octets", "2030", "--window", "7"),
}
# gurux-dlms 1.0.203 takes no window but 1: it says RR after each segment, and loses count of those without the final
# bit (its settings note them in a name that nothing reads).
CASES = [(name, link) for name in ("gurux", "pydlms") for link in LINKS if name == "pydlms" or "window" not in link]


@pytest.fixture(scope="module")
def meter() -> StandingMeter:
    return standing_meter.measured(foreign.REPO / "platforms" / "home-1p.toml")


@pytest.fixture(scope="module")
def port(meter: StandingMeter) -> Iterator[int]:
    with hdlc_meter.over_tcp(meter.bench) as port:
        yield port


def installed(name: str, environment: str | None = None) -> Peer:
    """A peer's interpreter, for its program that speaks HDLC."""
    try:
        return Peer(f"{name}_hdlc", installer.install(environment or name))
    except installer.InstallError as error:
        if os.environ.get("CI"):
            pytest.fail(f"continuous integration must have the peer: {error}")
        pytest.skip(f"the peer cannot be installed here: {error}")


def read(name: str, port: int, *options: str) -> Document:
    return foreign.read(installed(name), port, *options)


@pytest.fixture(scope="module")
def over_the_wrapper(meter: StandingMeter) -> dict[str, Document]:
    """What the same clients read over TCP without HDLC."""
    with standing_meter.serving(meter.bench) as port:
        who = ("--client", str(READER), "--password", meter.password, "--profile", PROFILE)
        return {
            name: foreign.read(Peer(name, installed(name).python), port, *who) for name in ("gurux", "pydlms")
        }  # fmt: skip


@pytest.mark.parametrize(("name", "link"), CASES)
def test_everything_is_read_over_hdlc_as_over_the_wrapper(
    name: str, link: str, port: int, meter: StandingMeter, over_the_wrapper: dict[str, Document]
) -> None:
    who = ("--client", str(READER), "--password", meter.password, "--profile", PROFILE)
    document = read(name, port, *who, *LINKS[link])
    assert document == over_the_wrapper[name]
    assert document["released"]
    assert len(document["objects"]) > 10, "an object list that needs many segments"


@pytest.mark.parametrize("name", ["gurux", "pydlms"])
def test_blocks_of_the_application_and_segments_of_the_link_go_together(
    name: str, port: int, meter: StandingMeter, over_the_wrapper: dict[str, Document]
) -> None:
    who = ("--client", str(READER), "--password", meter.password, "--profile", PROFILE, "--pdu", "128")
    document = read(name, port, *who, "--octets", "64", "--window", "1" if name == "gurux" else "3")
    assert document["profile"] == over_the_wrapper[name]["profile"]
    assert document["objects"] == over_the_wrapper[name]["objects"]


@pytest.mark.parametrize("name", ["gurux", "pydlms"])
def test_a_wrong_password_is_refused_over_hdlc_too(name: str, port: int) -> None:
    heard = foreign.start(installed(name), port, "--client", str(READER), "--password", "wrong")
    assert (heard.code, heard.error) == (foreign.REFUSED, "association refused: result 1, diagnostic 13\n")


@pytest.mark.parametrize("size", ["1", "2", "4"])
def test_a_third_client_reads_long_values_in_segments(
    size: str, port: int, meter: StandingMeter, over_the_wrapper: dict[str, Document]
) -> None:
    """dlms-cosem reads raw octets: they are compared in length and beginning, and by value where that is short."""
    asked = foreign.repeated("--read", ["15:0.0.40.0.0.255:2", "1:0.0.42.0.0.255:2"])
    who = ("--client", str(READER), "--password", meter.password, *asked)
    objects, name = (one["value"]["octets"] for one in read("u9n", port, *who, "--size", size)["asked"])
    count = len(over_the_wrapper["pydlms"]["objects"])
    assert 128 <= count < 256, "a length of two octets"
    assert objects.startswith(f"0181{count:02x}0204")
    values = foreign.by_attribute(over_the_wrapper["pydlms"]["values"])
    assert name[4:] == values[1, "0.0.42.0.0.255", 2]["value"]["octets"]


@pytest.mark.parametrize("option", ["--terminal", "--optical"])
def test_a_pseudo_terminal_is_read_like_a_serial_port_with_and_without_the_opening_of_mode_e(
    option: str, meter: StandingMeter, over_the_wrapper: dict[str, Document]
) -> None:
    who = hdlc_meter.WHO if option == "--optical" else None
    with hdlc_meter.over_a_terminal(meter.bench, who) as path:
        options = ("--client", str(READER), "--password", meter.password, "--profile", PROFILE, option, path)
        peer = installed("pydlms", "pydlms_serial")
        assert foreign.read(peer, 0, *options, "--octets", "1000") == over_the_wrapper["pydlms"]


def test_a_client_reads_over_udp_what_it_reads_over_tcp(
    meter: StandingMeter, over_the_wrapper: dict[str, Document]
) -> None:
    with hdlc_meter.over_udp(meter.bench) as port:
        who = ("--client", str(READER), "--password", meter.password, "--profile", PROFILE)
        assert read("pydlms", port, *who, "--udp") == over_the_wrapper["pydlms"]


def test_the_programs_of_the_peers_are_there() -> None:
    for name in ("gurux", "pydlms", "u9n"):
        assert Path(foreign.REPO / "tests" / "peers" / f"{name}_hdlc_client.py").is_file()
