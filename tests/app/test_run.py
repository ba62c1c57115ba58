"""What `ferraris run` says on the terminal, beside what the sockets say."""

import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from bench_rig import RTC_MS, SECOND, Ram, rig
from ferraris.app.live import kept_in
from ferraris.app.run import _wall_ms, damage_notes, ordinary, status_line
from ferraris.bench.assemble import assemble
from ferraris.bench.bench import Bench
from ferraris.bench.clock import Clock
from ferraris.bench.nvm_file import IMAGE_AT
from ferraris.firmware.billing.profile import Row, Status, decode_row
from ferraris.firmware.store import ring
from ferraris.hardware.chain.specimen import Nominal
from ferraris.hardware.platform.load import load

REPO = Path(__file__).resolve().parents[2]
HOME = load(REPO / "platforms" / "home-1p.toml")


def test_the_status_line_says_starting_until_there_is_a_measurement() -> None:
    part, clock = Ram(HOME.nvm.size_bytes), Clock(0, RTC_MS)
    bench = assemble(HOME, ordinary(HOME), part, clock, fidelity="sampled", draw=Nominal(), noise=False)
    bench.switch_on(0)
    assert "starting" in status_line(bench)
    bench.advance(SECOND // 50)  # less than any measuring window
    assert bench.state is not None
    assert bench.state.reading is not None
    assert "  starting  A+ 0.00 Wh" in status_line(bench)
    bench.advance(SECOND)
    assert "  230.0 V  " in status_line(bench)
    assert "starting" not in status_line(bench)


def test_the_status_line_shows_the_meters_clock_in_any_year() -> None:
    bench = rig()
    bench.switch_on(0)
    assert bench.state is not None
    for rtc_ms, shown in (
        (RTC_MS, "2026-11-23 06:59:59Z  starting"),
        (4_294_967_296_000, "2106-02-07 06:28:16Z  starting"),
        (10**15, "1000000000000 s since 1970  starting"),
    ):
        bench.state = replace(bench.state, rtc_ms=rtc_ms)
        assert status_line(bench).startswith(shown)


def recorded(path: Path, hertz: float, current_a: float) -> Path:
    t = np.arange(10_000) / 10_000.0
    wave = np.sqrt(2.0) * np.cos(2.0 * np.pi * hertz * t)
    rows = np.stack([t, 230.0 * wave, current_a * wave], axis=1)
    text = "\n".join(",".join(f"{value:.8f}" for value in row) for row in rows)
    path.write_text(f"t_s,U1_V,I1_A\n{text}\n", encoding="utf-8")
    return path


@contextmanager
def started(tmp_path: Path, *options: str) -> Iterator[list[str]]:
    """What `ferraris run` has said when it says that it can be ended; it is ended afterwards."""
    command = [sys.executable, "-u", "-m", "ferraris.app.cli", "run", str(REPO / "platforms" / "home-1p.toml")]
    command += ["--no-check", "--port", "0", "--nvm", str(tmp_path / "m.nvm"), *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as meter:
        assert meter.stdout is not None
        said = []
        for line in meter.stdout:
            said.append(line.rstrip())
            if "Z  " in line:  # the first status line stands behind all notes
                break
        try:
            yield said
        finally:
            meter.send_signal(signal.SIGTERM)
            meter.stdout.close()
            meter.wait(60)


@pytest.mark.parametrize(
    ("fidelity", "clips"),
    [("sampled", "the converter clips at"), ("phasor", "which the phasor fidelity does not model")],
)
def test_run_notes_what_is_peculiar_about_a_recording(tmp_path: Path, fidelity: str, clips: str) -> None:
    load_at = recorded(tmp_path / "loud.csv", 60.0, 1000.0)
    with started(tmp_path, "--load", str(load_at), "--fidelity", fidelity) as said:
        notes = [line for line in said if line.startswith("note: ")]
    assert any("I1 peaks at 1414" in note and clips in note for note in notes), said
    assert any("has 60 Hz, the meter was calibrated at 50 Hz" in note for note in notes), said


def test_run_notes_nothing_about_an_ordinary_recording(tmp_path: Path) -> None:
    load_at = recorded(tmp_path / "quiet.csv", 50.0, 10.0)
    with started(tmp_path, "--load", str(load_at), "--fidelity", "phasor") as said:
        assert not [line for line in said if "peaks" in line or "Hz, the meter" in line or "damage" in line], said


def test_run_says_once_that_its_memory_was_found_damaged() -> None:
    bench = rig()
    bench.switch_on(0)
    bench.advance(200 * SECOND)
    assert damage_notes(bench) == []
    bench.cut_power()
    assert isinstance(bench.storage.part, Ram)
    row = bench.config.layout.rings[0].address
    assert bench.storage.part.image[row + 12] != 0x55
    bench.storage.part.image[row + 12] = 0x55
    bench.switch_on(bench.now_ns)
    (note,) = damage_notes(bench)
    assert "damaged at start (ring 0)" in note
    bench.advance(bench.now_ns + 121 * SECOND)
    statuses = [read_row(bench, place).status for place in (-2, -1)]
    assert statuses == [Status.DATA_NOT_VALID | Status.POWER_DOWN, 0], "and the first row has said so, once"


def read_row(bench: Bench, place: int) -> Row:
    """A row of load profile 1, counted from the end."""
    assert bench.state is not None
    held = bench.state.rings[0]
    payload = ring.row(bench.config.layout, held, bench.storage.view, held.next + place)
    assert payload is not None
    return decode_row(payload, 4)


def test_run_prints_the_damage_before_the_first_status_line(tmp_path: Path) -> None:
    memory = tmp_path / "m.nvm"
    with kept_in(memory, HOME, ordinary(HOME), _wall_ms, fidelity="phasor") as bench:
        bench.switch_on(0)
        bench.advance(2000 * SECOND)
        row = IMAGE_AT + bench.config.layout.rings[0].address
        bench.switch_off()
    image = bytearray(memory.read_bytes())
    image[row + 12] ^= 0xFF
    memory.write_bytes(image)
    with started(tmp_path, "--fidelity", "phasor") as said:
        assert len([line for line in said if line.startswith("note: the memory was found damaged at start")]) == 1, said
