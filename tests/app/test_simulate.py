"""`ferraris simulate`: exit codes, transcript, data and page."""

import json
import re
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from ferraris.app.cli import main

ROOT = Path(__file__).parents[2]
HOME = str(ROOT / "platforms" / "home-1p.toml")
TEXT = """
[scenario]
name = "A <small> test"
start = "2027-03-01 10:00:00"
until = "31 min"

[[load]]
name = "heater"
kind = "resistive"
power = "2 kW"

[[at]]
after = "20 min"
do = "outage"
for = "1 min"

[[expect]]
register = "1.0.1.8.0"
value = "1 kWh"
tolerance = "2 Wh"
"""

ORDER = """
[[at]]
after = "1 min"
object = "0.0.1.0.0"
class = 8
"""
SWITCH = TEXT.replace("10:00:00", "16:50:00")
"""The peak, rate 3, begins at 17:00 on a winter's workday; 2027-03-01 is a Monday."""


def simulate(folder: Path, text: str, *options: str) -> Result:
    path = folder / "s.toml"
    path.write_text(text, encoding="utf-8")
    return CliRunner().invoke(main, ["simulate", HOME, str(path), *options])


def test_a_scenario_that_holds_exits_0_and_tells_what_happened(tmp_path: Path) -> None:
    result = simulate(tmp_path, TEXT)
    assert result.exit_code == 0
    assert "2027-03-01 10:20:00+01:00          mains     gone" in result.output
    assert "back after 1 min" in result.output
    assert result.output.rstrip().endswith("1 of 1 expectations hold")


def test_a_scenario_broken_on_purpose_exits_1_and_shows_both_values(tmp_path: Path) -> None:
    result = simulate(tmp_path, TEXT.replace("1 kWh", "1.1 kWh"))
    assert result.exit_code == 1
    # 2 kW over the half second in which the meter boots after the outage are 0.3 Wh that nobody measures.
    assert "FAILED  expect    1.0.1.8.0: 0.999 kWh, expected 1.1 kWh ± 2 Wh" in result.output
    assert "0 of 1 expectations hold" in result.output


@pytest.mark.parametrize(
    ("text", "options", "says"),
    [
        (TEXT.replace("2 kW", "2 V"), (), "ferraris: s.toml: load[0].power: found '2 V'"),
        (f'{TEXT}{ORDER}do = "write"\nattribute = 2\ndata = "11 01 02"\n', (), "s.toml: at[1].data: found '11 01 02'"),
        (f'{TEXT}{ORDER}do = "invoke"\nmethod = 300\n', (), "ferraris: s.toml: at[1].method: found 300, expected less"),
        (f'{TEXT}[[at]]\nafter = "1 min"\ndo = "set clock"\nas = "nobdy"\n', (), "s.toml: at[1].as: found 'nobdy'"),
        (TEXT, ("--until", "soon"), "ferraris: --until: found 'soon', expected a duration"),
        (TEXT, ("--report", "/no/such/folder/x.html"), "there is no folder"),
    ],
)
def test_wrong_input_is_one_line_and_exit_code_2(
    tmp_path: Path, text: str, options: tuple[str, ...], says: str
) -> None:
    result = simulate(tmp_path, text, *options)
    assert result.exit_code == 2
    assert says in result.output
    assert len(result.output.strip().splitlines()) == 1


def test_json_has_the_same_facts_as_data(tmp_path: Path) -> None:
    data = json.loads(simulate(tmp_path, TEXT, "--json").output)
    assert data["holds"] is True
    assert data["outages"] == [{"begin": "2027-03-01 10:20:00+01:00", "end": "2027-03-01 10:21:00+01:00"}]
    assert data["true_import_wh"] == pytest.approx(1000.0)  # 2 kW for half an hour
    assert [sample["import_wh"] for sample in data["samples"]][-1] == pytest.approx(1000.0, abs=2.0)
    assert data["expectations"][0]["expected"] == "1 kWh ± 2 Wh"


def test_the_page_is_one_file_and_shows_expectation_and_outage(tmp_path: Path) -> None:
    target = tmp_path / "out.html"
    assert simulate(tmp_path, TEXT, "--report", str(target)).exit_code == 0
    page = target.read_text(encoding="utf-8")
    assert "A &lt;small&gt; test" in page
    assert "✓\u00a0holds" in page
    assert "2027-03-01 10:20:00+01:00, 1 min" in page  # the tooltip of the outage's bar
    assert "http" not in page


def test_a_rate_switch_stands_at_its_moment_in_transcript_data_and_page(tmp_path: Path) -> None:
    assert "2027-03-01 17:00:00+01:00          meter     rate 2 → 3\n" in simulate(tmp_path, SWITCH).output
    target = tmp_path / "out.html"
    data = json.loads(simulate(tmp_path, SWITCH, "--json", "--report", str(target)).output)
    moments = [(datetime.fromisoformat(each["at"]), each["rate"]) for each in data["rates"]]
    clock = [datetime.fromisoformat(f"2027-03-01 {at}:00+01:00") for at in ("16:50", "17:00", "17:10", "17:11")]
    assert [rate for _, rate in moments] == [2, 3, None, 3]  # the outage is from 17:10 to 17:11
    assert all(abs(found - at) < timedelta(seconds=1) for (found, _), at in zip(moments, clock, strict=True))
    bars = re.findall(r'<rect [^>]*width="([\d.]+)"[^>]*><title>rate (\d)</title>', target.read_text("utf-8"))
    assert [int(rate) for _, rate in bars] == [2, 3, 3]
    widths = [float(width) for width, _ in bars]
    assert widths == pytest.approx([widths[0]] * 3, rel=0.01)  # ten minutes each, whatever samples were taken
