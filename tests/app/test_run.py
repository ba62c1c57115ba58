"""What `ferraris run` says on the terminal, beside what the sockets say."""

from dataclasses import replace
from pathlib import Path

from bench_rig import RTC_MS, SECOND, Ram, rig
from ferraris.app.run import ordinary, status_line
from ferraris.bench.assemble import assemble
from ferraris.bench.clock import Clock
from ferraris.hardware.chain.specimen import Nominal
from ferraris.hardware.platform.load import load

HOME = load(Path(__file__).resolve().parents[2] / "platforms" / "home-1p.toml")


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
