"""A live meter over real sockets: it answers, keeps its memory in a file, and ends with nothing lost."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic

import pytest

from bench_rig import SECOND, rig
from dlms_rig import Exchange, converse, over_socket, value
from ferraris.app.live import Background, LiveMeter, Pace, in_thread, kept_in
from ferraris.app.show import UserError
from ferraris.bench.bench import SPAN_CAP_NS
from ferraris.firmware.billing.registers import has_fallen
from ferraris.firmware.dlms import client
from ferraris.firmware.meter.boot import BootRefusedError
from ferraris.hardware.chain.calibrate import balanced
from ferraris.hardware.platform.load import load
from ferraris.hardware.world.world import World

REPO = Path(__file__).resolve().parents[2]
HOME = load(REPO / "platforms" / "home-1p.toml")
WORLD = World(balanced(HOME, 10.0))
"""2300 W."""
WALL_MS = 1_795_417_200_000


@contextmanager
def reader(running: Background, password: str) -> Iterator[Exchange]:
    with socket.create_connection(("127.0.0.1", running.port), timeout=20.0) as wire:
        exchange = over_socket(wire)
        converse(client.associate(password.encode()), exchange)
        yield exchange


def test_a_live_meter_is_read_over_tcp_and_its_registers_rise(tmp_path: Path) -> None:
    with (
        kept_in(tmp_path / "m.nvm", HOME, WORLD, lambda: WALL_MS, fidelity="phasor") as bench,
        in_thread(bench, rate=600.0) as running,
        reader(running, HOME.firmware.lls_password) as exchange,
    ):
        deadline = monotonic() + 20.0
        shown = [int(str(value(exchange, 3, "1.0.1.8.0.255")))]
        while len(set(shown)) < 5 and monotonic() < deadline:  # 2300 W at rate 600: 383 Wh a second
            shown.append(int(str(value(exchange, 3, "1.0.1.8.0.255"))))
    assert len(set(shown)) >= 5
    assert shown == sorted(shown)


def test_what_the_socket_says_is_what_the_meter_knows(tmp_path: Path) -> None:
    with (
        kept_in(tmp_path / "m.nvm", HOME, WORLD, lambda: WALL_MS, fidelity="phasor") as bench,
        in_thread(bench, rate=1.0) as running,
        reader(running, HOME.firmware.lls_password) as exchange,
    ):
        while running.ask(lambda b: b.measured_ns) < SECOND // 4:
            pass
        volts = value(exchange, 3, "1.0.32.7.0.255")
        known = running.ask(lambda b: b.state.reading.instant[0].voltage_v if b.state and b.state.reading else None)
    assert known is not None
    assert volts == round(known * 100)


def test_a_restart_goes_on_from_the_file_and_is_an_outage_as_long_as_the_computer_says(tmp_path: Path) -> None:
    path = tmp_path / "m.nvm"
    with kept_in(path, HOME, WORLD, lambda: WALL_MS, fidelity="phasor") as bench:
        bench.switch_on(0)
        bench.advance(1000 * SECOND)
        assert bench.state is not None
        before = bench.state.ledger.registers
        bench.switch_off()
    # The meter's clock is 1000 s ahead of the computer's, and stays so: 77 s pass for both.
    with kept_in(path, HOME, WORLD, lambda: WALL_MS + 77_000, fidelity="phasor") as bench:
        bench.switch_on(0)
        assert bench.state is not None
        assert bench.state.ledger.registers == before
        assert bench.state.rtc_ms == WALL_MS + 1_077_000
        assert len(bench.state.rings[0]) == 1


def test_a_computer_whose_clock_went_back_does_not_set_the_meter_back(tmp_path: Path) -> None:
    path = tmp_path / "m.nvm"
    for wall_ms in (WALL_MS, WALL_MS - 3_600_000):
        with kept_in(path, HOME, WORLD, lambda at=wall_ms: at, fidelity="phasor") as bench:  # type: ignore[misc]
            bench.switch_on(0)
            assert bench.state is not None
            assert bench.state.rtc_ms == WALL_MS
            bench.switch_off()


def test_leaving_the_thread_makes_the_registers_durable() -> None:
    bench = rig()
    with in_thread(bench, rate=100.0) as running:
        while running.ask(lambda b: b.now_ns) < 5 * SECOND:
            pass
        low = running.ask(lambda b: b.state.ledger.registers if b.state else None)
    assert bench.state is None
    bench.switch_on(bench.now_ns)
    assert bench.state is not None
    assert low is not None
    assert not has_fallen(low, bench.state.ledger.registers)


def test_a_meter_with_an_unusable_memory_never_listens(tmp_path: Path) -> None:
    path = tmp_path / "m.nvm"
    with kept_in(path, HOME, WORLD, lambda: WALL_MS, fidelity="phasor") as bench:
        bench.switch_on(0)
        bench.switch_off()
    with path.open("r+b") as file:
        file.seek(4096)
        file.write(os.urandom(HOME.nvm.size_bytes))
    with (
        kept_in(path, HOME, WORLD, lambda: WALL_MS, fidelity="phasor") as bench,
        pytest.raises(BootRefusedError),
        in_thread(bench),
    ):
        pytest.fail("it listens")


@pytest.mark.parametrize(
    ("wall_ms", "shown"),
    [(0, "the year 1970"), (5_000_000_000_000, "the year 2128"), (-1, "the year 1969"), (10**18, "no year")],
)
def test_a_computer_that_lost_its_clock_is_refused_before_it_gets_into_the_memory(
    tmp_path: Path, wall_ms: int, shown: str
) -> None:
    path = tmp_path / "m.nvm"
    with (
        pytest.raises(UserError, match=f"clock shows {shown}.*set it first$"),
        kept_in(path, HOME, WORLD, lambda: wall_ms, fidelity="phasor"),
    ):
        pytest.fail("it starts")
    assert not path.exists()


def test_a_lagging_bench_catches_up_in_slices() -> None:
    bench = rig()
    bench.switch_on(0)
    now = 0.0
    meter = LiveMeter(bench, Pace(0.0, 0, 1.0), lambda: now)
    now = 3600.0
    meter.turn()
    assert bench.now_ns == SPAN_CAP_NS
    assert meter.wait_s() == 0.0
    while bench.now_ns < 3600 * SECOND:
        meter.turn()
    assert bench.now_ns == 3600 * SECOND
    assert meter.wait_s() > 0.0


@pytest.mark.parametrize("rate", [0.5, 1.0, 60.0])
def test_pace_waits_as_long_as_the_rate_says(rate: float) -> None:
    pace = Pace(100.0, 7 * SECOND, rate)
    assert pace.bench_ns(110.0) == 7 * SECOND + round(10 * rate * SECOND)
    assert pace.wait_s(7 * SECOND + round(rate * 30 * SECOND), 110.0) == pytest.approx(20.0)
    assert pace.wait_s(0, 110.0) == 0.0


PROGRAM = """
import sys
from pathlib import Path
from ferraris.app.live import kept_in, run_live
from ferraris.hardware.chain.calibrate import balanced
from ferraris.hardware.platform.load import load
from ferraris.hardware.world.world import World

platform = load(Path(sys.argv[1]))
NOW = lambda: 1_795_417_200_000
with kept_in(Path(sys.argv[2]), platform, World(balanced(platform, 10.0)), NOW, fidelity="phasor") as bench:
    number = run_live(bench, "127.0.0.1", 0, 60.0, bound=lambda port: print(port, flush=True))
    print("ended by", number, "at", bench.now_ns, flush=True)
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_cleanly_and_nothing_is_lost(tmp_path: Path, number: signal.Signals) -> None:
    path = tmp_path / "m.nvm"
    command = [sys.executable, "-c", PROGRAM, str(REPO / "platforms" / "home-1p.toml"), str(path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        port = int(process.stdout.readline())
        with socket.create_connection(("127.0.0.1", port), timeout=20.0) as wire:
            exchange = over_socket(wire)
            converse(client.associate(HOME.firmware.lls_password.encode()), exchange)
            shown = 0
            while shown < 5:  # 2300 W at rate 60: 38 Wh a second
                shown = int(str(value(exchange, 3, "1.0.1.8.0.255")))
        process.send_signal(number)
        out, err = process.communicate(timeout=30.0)
    assert (process.returncode, err) == (0, "")
    assert f"ended by {int(number)} " in out
    with kept_in(path, HOME, WORLD, lambda: WALL_MS, fidelity="phasor") as bench:
        bench.switch_on(0)
        assert bench.state is not None
        assert bench.state.ledger.registers.vector.active_import.mws // 3_600_000 >= shown
