"""`ferraris run` as a user starts it: foreign clients read it while it measures, and it goes on from its memory."""

import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import foreign
import pytest
from foreign import PROFILE, READER, Document, Peer

from ferraris.bench.configure import configure
from ferraris.bench.nvm_file import open_nvm
from ferraris.firmware.billing import ledger as ledgers
from ferraris.firmware.meter.config import RecordKind
from ferraris.firmware.store.recovery import Recovered, recover
from ferraris.hardware.platform.load import load

PLATFORM = foreign.REPO / "platforms" / "home-1p.toml"
RATE = 600
"""The meter's time runs so much faster: a capture period of a quarter of an hour is over in 1.5 s."""
SECONDS = 120
"""Longest a start or a stop may take, s: the first start may have to compile numeric kernels."""
EXIT_CODES = {signal.SIGINT: 130, signal.SIGTERM: 0}
"""How the meter ends after Ctrl-C and after being told to terminate."""
ENERGY_BY_NAME = (3, "1.0.1.8.0.255", 2)
MWS_PER_WH = 3_600_000


class Run(NamedTuple):
    """A running `ferraris run`."""

    process: subprocess.Popen[bytes]
    port: int


@contextmanager
def running(memory: Path, ending: signal.Signals) -> Iterator[Run]:
    """Start the meter on a free port with its memory in a file; end it with a signal, which must be clean."""
    said = memory.with_suffix(".log")
    options = ["--port", "0", "--nvm", str(memory), "--seed", "3", "--rate", str(RATE), "--fidelity", "phasor"]
    command = [sys.executable, "-u", "-m", "ferraris.app.cli", "run", str(PLATFORM), *options, "--no-check"]
    with said.open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT)
        try:
            yield Run(process, listening_port(process, said))
            process.send_signal(ending)
            assert process.wait(SECONDS) == EXIT_CODES[ending], said.read_text(encoding="utf-8")
        finally:
            process.kill()
            process.wait()


def listening_port(process: subprocess.Popen[bytes], said: Path) -> int:
    """Wait for the line that says where to connect."""
    until = time.monotonic() + SECONDS
    while time.monotonic() < until and process.poll() is None:
        line = re.search(r"listening on 127\.0\.0\.1:(\d+)", said.read_text(encoding="utf-8"))
        if line:
            return int(line[1])
        time.sleep(0.05)
    pytest.fail(f"no line 'listening on 127.0.0.1:PORT' from ferraris run:\n{said.read_text(encoding='utf-8')}")


def read(peer: Peer, run: Run) -> Document:
    password = load(PLATFORM).firmware.lls_password
    options = ("--client", str(READER), "--password", password, "--profile", PROFILE)
    return foreign.read(peer, run.port, *options)


def imported_wh(document: Document) -> int:
    value = foreign.by_attribute(document["values"])[ENERGY_BY_NAME]["value"]
    assert isinstance(value, int)
    return value


def rows(document: Document) -> list[object]:
    found = document["profile"]["all"]
    assert isinstance(found, list)
    return found


def read_after_a_capture(peer: Peer, run: Run, before: Document) -> Document:
    """Read again and again until the load profile has grown, which takes 1.5 s where the computer keeps the pace."""
    until = time.monotonic() + SECONDS
    while time.monotonic() < until:
        document = read(peer, run)
        if len(rows(document)) > len(rows(before)):
            return document
    pytest.fail("the running meter captures no rows")


def kept_wh(memory: Path) -> int:
    """Imported energy as it lies in the memory file, completed Wh, read without the meter."""
    platform = load(PLATFORM)
    with open_nvm(memory, platform.nvm) as part:
        config = configure(platform)
        found = recover(config.layout, part.view)
    assert isinstance(found, Recovered)
    assert not found.damage
    snapshot, delta = found.records[RecordKind.LEDGER], found.records.get(RecordKind.DELTA)
    return ledgers.decode(snapshot, delta, config.plan.shape).ledger.registers.vector.active_import.mws // MWS_PER_WH


def test_a_running_meter_is_read_stopped_and_goes_on_where_it_was(peer: Peer, tmp_path: Path) -> None:
    memory = tmp_path / "home.nvm"
    with running(memory, signal.SIGINT) as run:
        first = read(peer, run)
        second = read_after_a_capture(peer, run, first)
    stopped_wh = kept_wh(memory)
    with running(memory, signal.SIGTERM) as run:
        third = read(peer, run)
    assert imported_wh(first) < imported_wh(second) <= stopped_wh <= imported_wh(third)
    assert rows(third)[: len(rows(second))] == rows(second), "rows once read stay, through a restart too"
