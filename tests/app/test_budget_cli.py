"""The verbs calibrate and budget as a user meets them: text, JSON, pages, and one line for what is wrong."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from ferraris.app.cli import main
from ferraris.hardware.chain.constants import decode
from ferraris.hardware.chain.specimen import Seed, manufacture
from ferraris.hardware.platform.load import load

HOME = Path(__file__).parents[2] / "platforms/home-1p.toml"


def run(*arguments: str) -> str:
    done = CliRunner().invoke(main, arguments)
    assert done.exit_code == 0, done.output
    return done.output


def test_calibrate_writes_the_constants_it_shows(tmp_path: Path) -> None:
    out, page = tmp_path / "constants.bin", tmp_path / "page.html"
    found = json.loads(run("calibrate", str(HOME), "--seed", "3", "--json", "--out", str(out), "--report", str(page)))
    constants = decode(out.read_bytes(), manufacture(load(HOME), Seed(3)))
    assert constants.per_code.tolist() == found["constants"]["per_code"]
    assert out.read_bytes().hex() == found["bytes"]
    assert "<svg" in page.read_text(encoding="utf-8")


def test_calibrate_shows_what_is_left() -> None:
    lines = run("calibrate", str(HOME), "--seed", "3", "--reference", "0.1 %").splitlines()
    assert lines[1].startswith("line: reference 0.1 % and 50 µrad, 10 s for each point")
    assert lines[-1].lstrip().startswith("largest left: ")


@pytest.mark.parametrize("warm", ["13 degC", "33 degC", "55 degC"])
def test_a_second_temperature_gives_finite_constants(warm: str) -> None:
    drift = json.loads(run("calibrate", str(HOME), "--warm", warm, "--json"))["constants"]["drift_per_k"]
    assert 1e-7 < max(map(abs, drift)) < 200e-6


@pytest.mark.parametrize(
    ("inductance", "degrees", "left"),
    [("1.03 H", 4.51, False), ("0.5 H", 9.22, True)],  # atan(25.5 ohm / (w L))
)
def test_a_phase_that_cannot_be_corrected_is_said_and_exits_1(
    tmp_path: Path, inductance: str, degrees: float, left: bool
) -> None:
    """The reach is 2.5 ticks, 5.625 degrees: of 9.2 some 3.6 are left, 11 % of the power at PF 0.5."""
    assert (degrees > 2.5 / 8000.0 * 50.0 * 360.0) is left
    shop = HOME.with_name("shop-3p.toml").read_text(encoding="utf-8")
    line = f'part = "CT-2500-AMORPHOUS"\nmagnetising_inductance = "{inductance}"'
    path = tmp_path / "phase.toml"
    shop = shop.replace('tariff = "tariffs/', f'tariff = "{HOME.parent}/tariffs/')
    path.write_text(shop.replace('part = "CT-2500-HYBRID"', line), encoding="utf-8")
    done = CliRunner().invoke(main, ["calibrate", str(path)])
    assert done.exit_code == (1 if left else 0), done.output
    for element in ("L1", "L2", "L3"):
        assert (f"phase correction at its end: I {element}" in done.output) is left
    assert ("outside class C: " in done.output) is left


def test_budget_as_json_adds_up() -> None:
    found = json.loads(run("budget", str(HOME), "--pf", "0.5i", "--air", "55 degC", "--specimens", "200", "--json"))
    sizes = [each["size"] for each in found["contributions"]]
    assert found["root_sum_square"] == pytest.approx(sum(size * size for size in sizes) ** 0.5)
    assert found["margin"]["worst"] == pytest.approx(found["limit"]["value"] - abs(found["worst"]))
    assert (found["yield"]["good"], found["yield"]["of"]) == (200, 200)


def test_budget_as_text_and_page(tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    text = run("budget", str(HOME), "--class", "1", "--specimens", "0", "--report", str(page))
    assert text.startswith("home-1p, class 1, 5 A, PF 1, 23 °C")
    assert "no yield: no meters drawn" in text
    assert page.read_text(encoding="utf-8").count("<svg") == 2


def test_a_nominal_meter_that_fails_is_named_and_no_tolerance_is_blamed() -> None:
    """500 uohm at gain 32 take 1.2 V / 32 / sqrt(2) / 500 uohm = 53 A: at 100 A the converter clips."""
    flawed = str(HOME.with_name("flawed-1p.toml"))
    last = run("budget", flawed, "--specimens", "50").splitlines()[-1]
    assert last.startswith("the nominal meter itself fails, at 100 A, PF ")
    found = json.loads(run("budget", flawed, "--specimens", "50", "--json"))["yield"]
    assert (found["good"], found["costs"]) == (0, [])
    assert found["nominal_fails_at"]["condition"]["current_a"] == 100.0
    assert abs(found["nominal_fails_at"]["error"]) > found["nominal_fails_at"]["limit"]
    assert json.loads(run("budget", str(HOME), "--specimens", "50", "--json"))["yield"]["nominal_fails_at"] is None


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("budget", str(HOME), "--class", "9"), "--class: found '9', expected one of 0.2S"),
        (("budget", str(HOME), "--pf", "0.5"), "--pf: found '0.5'"),
        (("budget", str(HOME), "--current", "5"), "found '5', expected a current"),
        (("budget", str(HOME), "--current", "500 A"), "--current: found '500 A'"),
        (("budget", str(HOME), "--air", "900 degC"), "--air: found '900 degC', expected -40 to 70 degC"),
        (("calibrate", str(HOME), "--reference", "1"), "found '1', expected a share"),
        (("calibrate", str(HOME), "--warm", "23 degC"), "--warm: found 23 °C, expected a temperature of the operating"),
        (("calibrate", str(HOME), "--warm", "32.9 degC"), "at least 10 K from 23 °C"),
        (("calibrate", str(HOME), "--warm", "70.5 degC"), "range, -40 to 70 °C"),
        (("calibrate", str(HOME), "--out", "/nowhere/at/all"), "/nowhere/at/all: cannot be written"),
    ],
)
def test_what_is_wrong_is_one_line(arguments: tuple[str, ...], words: str) -> None:
    done = CliRunner().invoke(main, arguments)
    assert done.exit_code == 2
    assert words in done.output
    assert done.output.count("\n") == 1
