"""`make bench`: speeds as ratios, each pair in turn in one run. Timings on a shared machine wander; ratios less.

Prints one row per figure with what the project asks of it; the exit code stays 0, because a slow machine is no fault.
"""

import re
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import metrology
import year

ROOT = Path(__file__).parents[1]
HOME = ROOT / "platforms" / "home-1p.toml"
SHOP = ROOT / "platforms" / "shop-3p.toml"
ROUNDS = 5
GETS = 4000
WRAPPER = bytes.fromhex("0001000200010000")


def row(name: str, value: float, asked: str, unit: str = "") -> None:
    print(f"{name:<58} {value:>10.3g} {unit:<12} {asked}", flush=True)


def absent(name: str, why: str) -> None:
    print(f"{name:<58} {'-':>10} {'':<12} {why}", flush=True)


def median_of(action: Callable[[], float], rounds: int = ROUNDS) -> float:
    return statistics.median(action() for _ in range(rounds))


# ------------------------------------------------------------------------------------------------ the chain


def chain_times() -> None:
    """Sampled chain, three phases, noise on, against real time and against its closed form."""
    from ferraris.hardware.chain.calibrate import balanced, build, calibrate
    from ferraris.hardware.chain.chain import Fidelity, Span
    from ferraris.hardware.chain.measure import measure, start
    from ferraris.hardware.chain.specimen import Seed, manufacture
    from ferraris.hardware.platform.load import load
    from ferraris.hardware.world.mains import Environment

    platform = load(SHOP)
    specimen = manufacture(platform, Seed(1))
    calibration = calibrate(platform, specimen)
    mains = balanced(platform, 5.0, 30.0)

    def seconds_per_minute(fidelity: Fidelity) -> float:
        chain = build(platform, specimen, calibration, fidelity, seed=1)
        state = start(chain)
        began = time.process_time()  # one thread: processor time is the time of one core, whoever else is busy
        for second in range(60):
            state, _ = measure(chain, state, mains, Environment(), Span(second * 8000, (second + 1) * 8000))
        return time.process_time() - began

    seconds_per_minute("sampled")
    sampled = median_of(lambda: seconds_per_minute("sampled"))
    closed = median_of(lambda: seconds_per_minute("phasor"))
    row("sampled chain, 3 phases + noise, over real time", 60.0 / sampled, "at least 500 on one core", "x")
    row("phasor chain, 3 phases + noise, over real time", 60.0 / closed, "", "x")


# ------------------------------------------------------------------------------------------------ the server


@contextmanager
def running(command: list[str]) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, cwd=ROOT)
    try:
        yield process
    finally:
        process.terminate()
        process.wait(20)


def port_of(process: subprocess.Popen[str], pattern: str) -> int:
    assert process.stdout is not None
    for line in process.stdout:
        if found := re.search(pattern, line):
            return int(found.group(1))
    raise SystemExit("a server did not start")


class Client:
    """A client that knows nothing but bytes."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def ask(self, frame: bytes) -> bytes:
        self.socket.sendall(frame)
        return self.socket.recv(4096)

    def rate(self, frame: bytes) -> float:
        began = time.perf_counter()
        for _ in range(GETS):
            self.ask(frame)
        return GETS / (time.perf_counter() - began)


def framed(apdu: bytes, client: int = 2) -> bytes:
    return b"\x00\x01" + client.to_bytes(2, "big") + b"\x00\x01" + len(apdu).to_bytes(2, "big") + apdu


def get_rates() -> None:
    """GET of one register on one connection, in turn with a server that answers the same length with fixed bytes."""
    from ferraris.hardware.platform.load import load

    password = load(HOME).firmware.lls_password.encode()
    get = framed(bytes.fromhex("C001C10003 0100010800FF 0200"))
    meter = [sys.executable, "-m", "ferraris.app.cli", "run", str(HOME), "--port", "0", "--no-check", "--nvm"]
    with tempfile.TemporaryDirectory() as folder, running([*meter, f"{folder}/bench.nvm"]) as live:
        client = Client(port_of(live, r"127\.0\.0\.1:(\d+)"))
        client.ask(framed(associate(password)))
        reply = client.ask(get)
        assert reply[8:11] == bytes.fromhex("C401C1"), reply.hex()
        with running([sys.executable, str(ROOT / "bench" / "fixed_reply.py"), reply.hex()]) as fixed:
            floor = Client(port_of(fixed, r"(\d+)"))
            pairs = [(client.rate(get), floor.rate(get)) for _ in range(ROUNDS)]
    row("GET of a register on one connection", statistics.median(a for a, _ in pairs), "", "1/s")
    row("fixed-reply asyncio server", statistics.median(b for _, b in pairs), "", "1/s")
    row("GET rate over fixed-reply rate", statistics.median(a / b for a, b in pairs), "at least 0.6", "x")


def associate(password: bytes) -> bytes:
    """AARQ, logical names without ciphering, low level security (IEC 62056-5-3)."""
    name = bytes.fromhex("A109060760857405080101")
    mechanism = bytes.fromhex("8A0207808B0760857405080201")
    secret = bytes([0xAC, len(password) + 2, 0x80, len(password)]) + password
    initiate = bytes.fromhex("01000000065F1F0400007E1F04B0")
    user = bytes([0xBE, len(initiate) + 2, 0x04, len(initiate)]) + initiate
    body = name + mechanism + secret + user
    return bytes([0x60, len(body)]) + body


# ------------------------------------------------------------------------------------------------ the command line


def command_line() -> None:
    """Whole processes: --help against an empty interpreter, and a design check with warm kernels."""

    def wall(command: list[str]) -> float:
        began = time.perf_counter()
        subprocess.run(command, check=False, capture_output=True, cwd=ROOT)
        return time.perf_counter() - began

    ferraris = str(Path(sys.executable).parent / "ferraris")
    wall([ferraris, "--help"])
    row("ferraris --help", median_of(lambda: wall([ferraris, "--help"])), "under 0.3", "s")
    row("python -c pass", median_of(lambda: wall([sys.executable, "-c", "pass"])), "", "s")
    wall([ferraris, "check", str(SHOP)])
    for platform in (HOME, SHOP):
        row(
            f"ferraris check {platform.name}, warm kernels",
            median_of(lambda p=platform: wall([ferraris, "check", str(p)]), 3),
            "under 5",
            "s",
        )
    test = [ferraris, "typetest", str(SHOP)]
    row("ferraris typetest shop-3p.toml, sampled, one specimen", median_of(lambda: wall(test), 1), "under 20", "s")


if __name__ == "__main__":
    print(f"{'figure':<58} {'value':>10} {'':<12} asked")
    chain_times()
    metrology.rows(row, absent)
    year.rows(row)
    get_rates()
    command_line()
