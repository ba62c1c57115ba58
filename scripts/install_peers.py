#!/usr/bin/env python3
"""Install the foreign DLMS/COSEM clients of the interop tests and an independent power meter, each into an environment.

    python scripts/install_peers.py            # every peer
    python scripts/install_peers.py gurux      # one of them

The peers (most are under the GPL) are never a dependency of this package, never imported by it and never committed.
They live in `.peers/NAME/` (ignored by git), are started as processes of their own, and are reached over a TCP socket
or by files only.
A peer that is present in its pinned version costs one look at a directory, so `make test` may call this every time.
Only the standard library is used, so that any Python 3.11 can run it before anything else is installed.
"""

import fcntl
import subprocess
import sys
import venv
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent
PIP_SECONDS = 600
"""Longest time one installation may take before it counts as failed, s."""


class Peer(NamedTuple):
    """A foreign client: the package that is installed, its pinned version and what else that package needs."""

    distribution: str
    version: str
    extras: str = ""

    @property
    def requirement(self) -> str:
        """What pip is asked for."""
        return f"{self.distribution}{self.extras}=={self.version}"


PEERS = {
    "gurux": Peer("gurux-dlms", "1.0.203"),  # GPL-2.0-only
    "pydlms": Peer("pydlms-client", "0.1.0", "[crypto]"),  # GPL-3.0-only
}
"""Clients that read a meter over its socket."""

LINK_PEERS = {
    "u9n": Peer("dlms-cosem", "25.1.0"),  # BSL-1.1: for tests only
    "pydlms_serial": Peer("pydlms-client", "0.1.0", "[crypto,serial]"),  # GPL-3.0-only; with pyserial, BSD
}
"""Clients that are spoken to over HDLC only."""

ORACLES = {
    "pqopen": Peer("pqopen-lib", "0.10.5"),  # MIT
}
"""Programs that measure the same samples in their own way."""

RIVALS = {
    "pydsm": Peer("pydsm", "0.15.2"),  # GPL-3.0-or-later; builds only where a BLAS header is
}
"""Programs that `make bench` measures itself against where they can be installed; tests do not need them."""

KNOWN = {**PEERS, **LINK_PEERS, **ORACLES, **RIVALS}


class InstallError(RuntimeError):
    """A peer could not be installed; the text ends with pip's own last words."""


def folder(name: str) -> Path:
    """Where the virtual environment of a peer is."""
    return ROOT / ".peers" / name


def python(name: str) -> Path:
    """The interpreter that the peer's program is run with."""
    return folder(name) / "bin" / "python"


def stamp(name: str) -> Path:
    """The file that says which requirement the environment was completed for: written last, so a torn one is redone."""
    return folder(name) / "installed.txt"


def present(name: str) -> bool:
    """Whether the peer stands in its pinned version."""
    mark = stamp(name)
    return python(name).exists() and mark.exists() and mark.read_text(encoding="utf-8") == KNOWN[name].requirement


def install(name: str) -> Path:
    """Make the peer's environment if it is not there, and give its interpreter; raises `InstallError`."""
    with _alone(name):
        if not present(name):
            try:
                _make(name)
            except (OSError, subprocess.SubprocessError) as error:
                raise InstallError(f"{KNOWN[name].requirement}: {_last_words(error)}") from error
    return python(name)


@contextmanager
def _alone(name: str) -> Iterator[None]:
    """Hold the peer's lock: the workers of a parallel test run ask for the same peer at the same moment."""
    folder(name).parent.mkdir(exist_ok=True)
    with folder(name).with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _make(name: str) -> None:
    venv.create(folder(name), with_pip=True, clear=True)
    _pip_install(name)
    stamp(name).write_text(KNOWN[name].requirement, encoding="utf-8")


def _pip_install(name: str) -> None:
    command = [str(python(name)), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run(  # noqa: S603 - the command is this file's own, nothing in it comes from outside
        [*command, KNOWN[name].requirement], check=True, capture_output=True, text=True, timeout=PIP_SECONDS
    )


def _last_words(error: Exception) -> str:
    said = error.stderr if isinstance(error, subprocess.CalledProcessError) else ""
    return str(said).strip().rpartition("\n")[2] or str(error)


def main(names: list[str]) -> int:
    """Install the named peers, or all of them; exit code 1 when one could not be installed."""
    unknown = [name for name in names if name not in KNOWN]
    if unknown:
        print(f"unknown peer {unknown[0]!r}, expected one of {', '.join(KNOWN)}", file=sys.stderr)
        return 2
    failed = False
    for name in names or {**PEERS, **LINK_PEERS, **ORACLES}:
        try:
            print(f"{name}: {KNOWN[name].requirement} in {install(name).parent.parent}")
        except InstallError as error:
            failed = True
            print(f"{name}: not installed: {error}", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
