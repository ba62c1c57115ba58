"""Vectors for other firmware: read back by a reader that knows docs/vectors.md and `struct`, nothing of ours."""

import json
import struct
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from ferraris.app.cli import main

REPO = Path(__file__).resolve().parents[2]
CASE = REPO / "tests" / "cases" / "sine_half_lagging_60hz.toml"


def written(folder: Path, platform: str, case: Path, *options: str) -> dict[str, Any]:
    arguments = ["vectors", str(REPO / "platforms" / f"{platform}.toml"), str(case), "--out", str(folder), *options]
    result = CliRunner().invoke(main, arguments)
    assert result.exit_code == 0, result.output
    document: dict[str, Any] = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    return document


def channel(folder: Path, table: dict[str, Any]) -> list[float]:
    """Volts or amperes of every tick: counts through the channel's filter."""
    data = (folder / table["file"]).read_bytes()
    counts = struct.unpack(f"<{len(data) // 4}i", data)
    taps = table["taps"]
    padded = (0,) * (len(taps) - 1) + counts
    taken = range(len(counts))
    return [table["per_count"] * sum(tap * padded[n + len(taps) - 1 - k] for k, tap in enumerate(taps)) for n in taken]


def mean(values: list[float]) -> float:
    return sum(values) / len(values)


@pytest.mark.parametrize("fidelity", ["sampled", "bitstream"])
def test_a_reader_in_a_few_lines_finds_the_expected_energy(tmp_path: Path, fidelity: str) -> None:
    document = written(tmp_path / "out", "home-1p", CASE, "--seconds", "2", "--fidelity", fidelity)
    expected, tables = document["expected"], {table["name"]: table for table in document["channels"]}
    inside = slice(expected["first_tick"], expected["last_tick"])
    u, i = (channel(tmp_path / "out", tables[name])[inside] for name in ("U1", "I1"))
    assert document["ticks"] == 3 * 8000
    products = mean([a * b for a, b in zip(u, i, strict=True)]) - mean(u) * mean(i)
    active_w = products - document["meter"]["active_offset_w"][0]
    element = expected["elements"][0]
    assert active_w == pytest.approx(element["active_w"], rel=2e-6)
    assert element["active_energy_j"] == pytest.approx(active_w * len(u) / 8000, rel=2e-6)
    for wave, shown, table in ((u, "voltage_v", "U1"), (i, "current_a", "I1")):
        square = mean([x * x for x in wave]) - mean(wave) ** 2 - tables[table]["noise_square"]
        assert square**0.5 == pytest.approx(element[shown], rel=2e-4)


def test_pulses_lie_as_far_apart_as_the_power_says(tmp_path: Path) -> None:
    """11.96 kW in each of three phases at 500 imp/kWh: one pulse in 0.2007 s."""
    document = written(
        tmp_path / "out", "shop-3p", REPO / "tests/cases/fifth_harmonic.toml", "--fidelity", "sampled", "--no-noise"
    )
    edges = document["expected"]["active_pulses_ticks"]
    seconds = (edges[-1] - edges[0]) / 8000 / (len(edges) - 1)
    assert seconds == pytest.approx(3.6e6 / 500 / (3 * 11960), rel=2e-4)
    assert document["truth"][0]["active_w"] == pytest.approx(11960.0)
    assert [table["name"] for table in document["channels"]] == ["U1", "U2", "U3", "I1", "I2", "I3"]


def test_the_same_seed_writes_the_same_bytes(tmp_path: Path) -> None:
    for name, seed in (("a", "3"), ("b", "3"), ("c", "4")):
        written(tmp_path / name, "home-1p", CASE, "--seconds", "1", "--seed", seed, "--fidelity", "sampled")
    first, again, other = ((tmp_path / name / "I1.i32").read_bytes() for name in "abc")
    assert first == again
    assert first != other


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("orders = [1]", "orders = [2]"), "mains.orders: expected rising numbers"),
        (("frequency_hz = 60.0", "frequency_hz = 400.0"), "mains.frequency_hz: found 400, expected 40 to 70"),
        (("current_a = [[5.0]]", ""), "mains.current_a: missing"),
        (("current_a = [[5.0]]", "current_a = [[5.0], [5.0]]"), "mains.current_a: found 2 rows of 1, expected 1"),
        (("voltage_v = [[230.0]]", 'voltage_v = [["230 V"]]'), "mains.voltage_v: expected numbers"),
        (("voltage_v = [[230.0]]", "voltage_v = 230.0"), "mains.voltage_v: expected a list of lists of numbers"),
        (("[mains]", "[means]"), "mains: found none"),
        (("[mains]", "[mains"), "broken.toml: "),
    ],
)
def test_a_bad_case_is_one_clear_line(tmp_path: Path, change: tuple[str, str], said: str) -> None:
    broken = tmp_path / "broken.toml"
    text = CASE.read_text(encoding="utf-8")
    assert change[0] in text
    broken.write_text(text.replace(*change), encoding="utf-8")
    out = tmp_path / "out"
    platform = str(REPO / "platforms" / "home-1p.toml")
    result = CliRunner().invoke(main, ["vectors", platform, str(broken), "--out", str(out)])
    assert result.exit_code == 2
    assert said in result.output
    assert result.output.count("\n") == 1
    assert not out.exists()


def test_what_lies_in_the_folder_is_never_overwritten(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("x", encoding="utf-8")
    platform = str(REPO / "platforms" / "home-1p.toml")
    result = CliRunner().invoke(main, ["vectors", platform, str(CASE), "--out", str(tmp_path)])
    assert result.exit_code == 2
    assert "not an empty folder" in result.output
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]
