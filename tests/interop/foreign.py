"""Starts a foreign DLMS/COSEM client in a process of its own and takes in the JSON document it prints.

Nothing of a peer is ever loaded here: what is known of it is its interpreter, our program in `tests/peers` that drives
it, and that program's exit code and output (both described in `tests/peers/report.py`).
"""

import importlib.util
import json
import os
import subprocess
from collections.abc import Iterable
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

REPO = Path(__file__).resolve().parents[2]
SECONDS = 120
"""Longest a peer may talk, s: a hang is a failure, not a wait."""
REFUSED = 3
"""Exit code of a peer's program whose association the meter refused."""

PUBLIC, READER = 16, 2
"""The meter's clients: one that needs no password, and one that reads everything."""
PROFILE = "1.0.99.1.0.255"
OTHERS = ("1.0.99.2.0.255", "0.0.98.1.0.255", "0.0.99.98.0.255", "1.0.99.97.0.255")
"""The other load profile, the billing history, the event log and the power-fail log."""
SMALL_PDU = 128
"""A client that takes no more than this, octets, must be served in blocks."""

ASKED = ("3:1.0.1.8.0.255:2", "3:1.0.199.8.0.255:2", "1:1.0.1.8.0.255:2", "8:0.0.1.0.0.255:12")
"""What the public client may not read: a billing register, no object, another class, no attribute."""
LISTED = ("3:1.0.1.8.0.255:2", "1:0.0.42.0.0.255:2", "3:1.0.1.8.0.255:3", "8:0.0.1.0.0.255:2", "3:1.0.199.8.0.255:2")
"""Read together by the reader; the last does not exist."""

ENTRIES = {
    "2-5": slice(1, 5),
    "1-1": slice(0, 1),
    "10-0": slice(9, None),  # an end of 0 is the last row
    "12-999": slice(11, None),  # an end beyond the last row
    "5000-5060": slice(0, 0),
}
"""Selections by entry, and the rows they must give, counted from 0."""

RANGES = (
    # Both ends are rows and belong to the range.
    "2026-03-28T20:45:00+00:00/2026-03-28T21:30:00+00:00",
    "2026-03-28T22:45:00+02:00/2026-03-28T23:30:00+02:00",
    # The ends lie between rows, one second from the nearest row inside and outside.
    "2026-03-28T20:29:59+00:00/2026-03-28T20:59:59+00:00",
    "2026-03-28T20:30:01+00:00/2026-03-28T21:00:01+00:00",
    # Over the night in which summer time begins; over an outage; all of it, and nothing.
    "2026-03-29T01:45:00+01:00/2026-03-29T03:15:00+02:00",
    "2026-03-30T01:00:00+00:00/2026-03-30T06:00:00+00:00",
    "2026-01-01T00:00:00-05:00/2026-12-31T00:00:00-05:00",
    "2026-05-29T00:00:00+00:00/2026-05-30T00:00:00+00:00",
)
"""Selections by range; the first row is of 28 March 2026, 20:15:00 UTC, and there is one each quarter hour."""

Document = dict[str, Any]


class Peer(NamedTuple):
    """A foreign client that stands installed."""

    name: str
    python: Path


class Heard(NamedTuple):
    """What a peer's program left behind."""

    code: int
    out: str
    error: str


class Reports(NamedTuple):
    """What one peer found on one meter: as the public client, as the reader, and as a reader that takes small APDUs."""

    public: Document
    reader: Document
    in_blocks: Document


def load_installer() -> ModuleType:
    """The script that installs the peers, as a module: scripts are no package."""
    spec = importlib.util.spec_from_file_location("install_peers", REPO / "scripts" / "install_peers.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def start(peer: Peer, port: int, *options: str, zone: str = "UTC") -> Heard:
    """Run a peer against the meter on `port`, its computer's clock being in `zone`."""
    program = REPO / "tests" / "peers" / f"{peer.name}_client.py"
    command = [str(peer.python), str(program), "--port", str(port), *options]
    environment = {"PATH": os.environ.get("PATH", ""), "TZ": zone, "PYTHONIOENCODING": "utf-8"}
    done = subprocess.run(
        command, env=environment, capture_output=True, text=True, timeout=SECONDS, check=False, cwd=program.parent
    )
    return Heard(done.returncode, done.stdout, done.stderr)


def read(peer: Peer, port: int, *options: str, zone: str = "UTC") -> Document:
    """What a peer read from the meter; fails with the peer's own words when it did not come to an end."""
    heard = start(peer, port, *options, zone=zone)
    assert heard.code == 0, f"{peer.name} ended with code {heard.code}: {heard.error}"
    document: Document = json.loads(heard.out)
    return document


def read_as_public(peer: Peer, port: int) -> Document:
    """Everything the public client sees, and some things it must not."""
    return read(peer, port, "--client", str(PUBLIC), *repeated("--read", ASKED))


def read_as_reader(peer: Peer, port: int, password: str, pdu: int = 0xFFFF) -> Document:
    """Everything the meter has, load profile 1 by all selections, as a client that takes APDUs of `pdu` octets."""
    who = ("--client", str(READER), "--password", password, "--pdu", str(pdu))
    selections = (*repeated("--entries", ENTRIES), *repeated("--range", RANGES))
    profiles = ("--profile", PROFILE, *selections, *repeated("--also", OTHERS))
    return read(peer, port, *who, *repeated("--list", LISTED), *profiles)


def repeated(option: str, values: Iterable[str]) -> list[str]:
    """An option, once for each value."""
    return [part for value in values for part in (option, value)]


def by_attribute(reads: list[Document]) -> dict[tuple[int, str, int], Document]:
    """The reads of a document keyed by class, logical name and attribute; asserts that none is there twice."""
    keyed = {(one["class"], one["obis"], one["attribute"]): one for one in reads}
    assert len(keyed) == len(reads), "an attribute was read twice"
    return keyed
