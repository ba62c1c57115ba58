"""What `ferraris run` says on the terminal, beside what the sockets say."""

from pathlib import Path

from bench_rig import RTC_MS, SECOND, Ram
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
