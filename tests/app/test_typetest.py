"""`ferraris typetest`: platforms against the classes they claim, several specimens, the report."""

import json
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from ferraris.app.cli import main

PLATFORMS = Path(__file__).resolve().parents[2] / "platforms"


def typetest(name: str, *options: str) -> tuple[int, dict[str, Any]]:
    path = str(PLATFORMS / f"{name}.toml")
    fidelity = [] if "--fidelity" in options else ["--fidelity", "phasor"]
    ran = CliRunner().invoke(main, ["typetest", path, "--json", *fidelity, *options])
    return ran.exit_code, json.loads(ran.stdout)


@pytest.mark.parametrize(
    ("name", "fidelity"), [("home-1p", "sampled"), ("shop-3p", "phasor"), ("feeder-3p-ct", "phasor")]
)
def test_the_good_platforms_pass_every_row_of_what_they_claim(name: str, fidelity: str) -> None:
    code, document = typetest(name, "--fidelity", fidelity)
    assert code == 0
    for each in document["classes"]:
        assert each["verdict"] in {"pass", "pass on recalled limits"}
        assert {row["verdict"] for row in each["findings"]} <= {"pass", "not applicable"}


def test_two_specimens_give_a_range_for_every_row() -> None:
    _, document = typetest("home-1p", "--class", "2", "--seeds", "2", "--reactive", "3")
    assert [(each["class"], each["energy"]) for each in document["classes"]] == [("2", "active"), ("3", "reactive")]
    judged = [row for row in document["classes"][0]["findings"] if row["measured"] is not None]
    assert all(row["lowest"] <= row["highest"] for row in judged)
    assert any(row["lowest"] < row["highest"] for row in judged)
    assert {point["seed"] for point in document["classes"][0]["points"]} == {1, 2}


def test_a_class_without_a_table_is_one_line_and_exit_2() -> None:
    ran = CliRunner().invoke(main, ["typetest", str(PLATFORMS / "home-1p.toml"), "--class", "0.1S"])
    assert ran.exit_code == 2
    assert "class 0.1S: no table of its limits" in ran.stderr
    assert "Traceback" not in ran.stderr


class Outside(HTMLParser):
    """Collects what a page would fetch."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self.figures = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.figures += tag == "svg"
        self.found += [f"{tag} {key}" for key, _ in attrs if key in {"src", "href", "xlink:href"}]


def test_the_report_holds_curves_and_every_row_and_fetches_nothing(tmp_path: Path) -> None:
    target = tmp_path / "report.html"
    code, document = typetest("flawed-1p", "--class", "B", "--report", str(target), "--fidelity", "sampled")
    assert (code, document["classes"][0]["verdict"]) == (1, "fail")
    page = target.read_text(encoding="utf-8")
    reader = Outside()
    reader.feed(page)
    assert reader.found == []
    assert reader.figures == 2 * 3  # power factors 1, 0.5i and 0.8c, each inside its limits and alone
    assert all(row["source"] in page for row in document["classes"][0]["findings"] if row.get("source"))
    failing = {row["item"] for row in document["classes"][0]["findings"] if row["verdict"] == "fail"}
    assert failing == {"load", "composite", "fifth harmonic"}  # built to clip: gain for 150 uohm, a shunt of 500
    assert "✗ fail" in page
