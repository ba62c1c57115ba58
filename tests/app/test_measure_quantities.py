"""`ferraris measure`: the quantities, the wiring check in words, and the report, for three phases."""

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner, Result

from ferraris.app.cli import main

ROOT = Path(__file__).parents[2]
SHOP = str(ROOT / "platforms" / "shop-3p.toml")
HOME = str(ROOT / "platforms" / "home-1p.toml")

VOLTAGE_V = np.array([230.0, 228.0, 232.0])
CURRENT_A = np.array([10.0, 7.0, 12.0])
LAG_DEG = np.array([20.0, 10.0, 30.0])
FIFTH_V, FIFTH_A = 0.03, 0.2


def ferraris(*arguments: str) -> Result:
    return CliRunner().invoke(main, list(arguments))


def record(path: Path, order: tuple[int, ...] = (0, 1, 2)) -> Path:
    """One second of three phases with a fifth harmonic; the currents in `order`."""
    t = np.arange(10_000) / 10_000.0
    turn = 2 * np.pi * 50.0 * t - 2 * np.pi / 3 * np.arange(3)[:, None]
    lag = np.radians(LAG_DEG)[:, None]
    u = np.sqrt(2) * VOLTAGE_V[:, None] * (np.cos(turn) + FIFTH_V * np.cos(5 * turn))
    i = np.sqrt(2) * CURRENT_A[:, None] * (np.cos(turn - lag) + FIFTH_A * np.cos(5 * turn))
    rows = np.concatenate([t[None], u, i[list(order)]]).T
    lines = [",".join(f"{value:.8f}" for value in row) for row in rows]
    path.write_text("\n".join(["t_s,U1_V,U2_V,U3_V,I1_A,I2_A,I3_A", *lines]) + "\n", encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, Any], str]:
    """The JSON document of a healthy recording, and its report."""
    folder = tmp_path_factory.mktemp("measure")
    recording, report = record(folder / "three.csv"), folder / "three.html"
    result = ferraris("measure", SHOP, str(recording), "--seconds", "4", "--json", "--report", str(report))
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)["quantities"], report.read_text(encoding="utf-8")


def test_the_document_has_every_quantity_of_every_phase(shown: tuple[dict[str, Any], str]) -> None:
    """Expected values from the phasors the recording was made of."""
    fundamental_w = VOLTAGE_V * CURRENT_A * np.cos(np.radians(LAG_DEG))
    reactive = VOLTAGE_V * CURRENT_A * np.sin(np.radians(LAG_DEG))
    harmonic_w = VOLTAGE_V * CURRENT_A * FIFTH_V * FIFTH_A
    quantities, _ = shown
    for e, element in enumerate(quantities["elements"]):
        assert element["fundamental_w"] == pytest.approx(fundamental_w[e], rel=2e-4)
        assert element["harmonic_w"] == pytest.approx(harmonic_w[e], rel=2e-3)
        assert element["active_w"] == pytest.approx(fundamental_w[e] + harmonic_w[e], rel=2e-4)
        assert element["reactive_var"] == pytest.approx(reactive[e], rel=1e-3)
        assert element["voltage_thd"] == pytest.approx(FIFTH_V, rel=1e-3)
        assert element["current_thd"] == pytest.approx(FIFTH_A, rel=1e-3)
        assert element["current"][5]["rms"] == pytest.approx(FIFTH_A * CURRENT_A[e], rel=1e-3)
        assert (element["quadrant"], element["direction"], element["character"]) == (1, "import", "inductive")
        assert element["counts"] is True
    assert quantities["total"]["active_w"] == pytest.approx(float((fundamental_w + harmonic_w).sum()), rel=2e-4)
    assert quantities["symmetry"]["sequence"] == "L1-L2-L3"
    assert quantities["frequency_hz"] == pytest.approx(50.0, rel=1e-5)
    assert quantities["wiring"] == []


def test_the_neutral_current_is_the_sum_of_the_phases(shown: tuple[dict[str, Any], str]) -> None:
    turns = np.exp(-2j * np.pi * np.arange(3) / 3)
    first = abs(np.sum(CURRENT_A * np.exp(-1j * np.radians(LAG_DEG)) * turns))
    fifth = abs(np.sum(FIFTH_A * CURRENT_A * turns**5))
    assert shown[0]["neutral"]["computed_a"] == pytest.approx(np.hypot(first, fifth), rel=1e-3)
    assert shown[0]["neutral"]["measured_a"] is None


def test_the_report_is_one_file_with_its_figures(shown: tuple[dict[str, Any], str]) -> None:
    html = shown[1]
    assert html.count("<svg ") == 7  # two waveforms, phasors, two spectra, two courses
    assert len(re.findall(r"<svg [^>]*><title>[^<]+</title><desc>[^<]+</desc>", html)) == 7
    assert not re.search(r"(src|href)=|url\(|@import|<script", html)
    for heading in ("Errors", "Wiring", "Waveforms", "Phasors", "Quantities", "Harmonics", "Course"):
        assert f"<h2>{heading}</h2>" in html


def test_exchanged_currents_are_said_in_words(tmp_path: Path) -> None:
    recording = record(tmp_path / "swapped.csv", (1, 0, 2))
    result = ferraris("measure", SHOP, str(recording), "--seconds", "2")
    assert result.exit_code == 0, result.output
    assert "wiring fault: the currents of L1 and L2 are exchanged" in result.stdout
    assert "quantities of" in result.stdout


def test_text_shows_harmonics_and_the_course(tmp_path: Path) -> None:
    recording = record(tmp_path / "three.csv")
    result = ferraris("measure", SHOP, str(recording), "--seconds", "2", "--fidelity", "bitstream")
    assert result.exit_code == 0, result.output
    assert "wiring: nothing odd" in result.stdout
    assert "per 10 cycles" in result.stdout
    (fifth,) = re.findall(r"^ +5 (.*)$", result.stdout, re.MULTILINE)
    assert [float(value) for value in fifth.split()] == pytest.approx([3.0] * 3 + [20.0] * 3, rel=2e-3)


def test_a_stretch_beyond_the_measurement_is_refused(tmp_path: Path) -> None:
    recording = record(tmp_path / "three.csv")
    result = ferraris("measure", SHOP, str(recording), "--seconds", "2", "--at", "1.9")
    assert result.exit_code == 2
    assert "--at 1.9: 2 s are measured, expected at most 1.5" in result.stderr


def test_a_report_that_cannot_be_written_is_one_line(tmp_path: Path) -> None:
    recording = record(tmp_path / "three.csv")
    missing = tmp_path / "nowhere" / "page.html"
    result = ferraris("measure", SHOP, str(recording), "--seconds", "1", "--report", str(missing))
    assert result.exit_code == 2
    assert "cannot be written" in result.stderr


def test_an_open_current_circuit_shows_no_harmonics_of_its_noise(tmp_path: Path) -> None:
    t = np.arange(10_000) / 10_000.0
    rows = [f"{a:.4f},{230 * np.sqrt(2) * np.cos(2 * np.pi * 50 * a):.8f},0.0" for a in t]
    recording = tmp_path / "open.csv"
    recording.write_text("\n".join(["t_s,U1_V,I1_A", *rows]) + "\n", encoding="utf-8")
    result = ferraris("measure", HOME, str(recording), "--seconds", "2", "--report", str(tmp_path / "open.html"))
    assert result.exit_code == 0, result.output
    assert "harmonics: none above" in result.stdout
    assert "no load" in result.stdout
