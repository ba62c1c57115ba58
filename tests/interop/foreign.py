"""Starts a foreign DLMS/COSEM client in a process of its own and takes in the JSON document it prints.

Nothing of a peer is ever loaded here: what is known of it is its interpreter, our program in `tests/peers` that drives
it, and that program's exit code and output (both described in `tests/peers/report.py`).
"""

import importlib.util
import json
import os
import subprocess
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

REPO = Path(__file__).resolve().parents[2]
SECONDS = 120
"""Longest a peer may talk, s: a hang is a failure, not a wait."""
REFUSED = 3
"""Exit code of a peer's program whose association the meter refused."""

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


def by_attribute(reads: list[Document]) -> dict[tuple[int, str, int], Document]:
    """The reads of a document keyed by class, logical name and attribute; asserts that none is there twice."""
    keyed = {(one["class"], one["obis"], one["attribute"]): one for one in reads}
    assert len(keyed) == len(reads), "an attribute was read twice"
    return keyed
