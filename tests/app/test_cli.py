"""The command line: what each verb prints, and one clear line for everything a user can get wrong."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result

from ferraris.app.cli import main
from ferraris.app.live import kept_in
from ferraris.app.run import _wall_ms, ordinary
from ferraris.hardware.platform.load import load

ROOT = Path(__file__).parents[2]
HOME = str(ROOT / "platforms" / "home-1p.toml")
SHOP = str(ROOT / "platforms" / "shop-3p.toml")
FLAWED = str(ROOT / "platforms" / "flawed-1p.toml")
HOUSEHOLD = str(ROOT / "recordings" / "household.npz")


def ferraris(*arguments: str) -> Result:
    return CliRunner().invoke(main, list(arguments))


def refusal(*arguments: str) -> str:
    """Run a command that must be refused: one line on standard error, exit code 2, no traceback."""
    result = ferraris(*arguments)
    assert result.exit_code == 2, result.output
    assert isinstance(result.exception, SystemExit), repr(result.exception)
    assert "Traceback" not in result.output
    lines = [line for line in result.stderr.splitlines() if line.startswith("ferraris: ")]
    assert len(lines) == 1, result.stderr
    return lines[0]


@pytest.fixture
def sine(tmp_path: Path) -> Path:
    """Two seconds of 230 V and 5 A at 30 degrees lagging, as CSV at 10 kS/s."""
    t = np.arange(20_000) / 10_000.0
    u = 230.0 * np.sqrt(2.0) * np.sin(2 * np.pi * 50.0 * t)
    i = 5.0 * np.sqrt(2.0) * np.sin(2 * np.pi * 50.0 * t - np.pi / 6)
    path = tmp_path / "sine.csv"
    rows = [f"{a:.6f},{b:.9f},{c:.9f}" for a, b, c in zip(t, u, i, strict=True)]
    path.write_text("\n".join(["t_s,U1_V,I1_A", *rows]) + "\n", encoding="utf-8")
    return path


def test_help_names_every_verb_and_loads_nothing_heavy() -> None:
    script = (
        "import sys\n"
        "from click.testing import CliRunner\n"
        "from ferraris.app.cli import main\n"
        "print(CliRunner().invoke(main, ['--help']).output)\n"
        "heavy = {'numpy', 'numba', 'scipy', 'pydantic', 'cryptography'} & set(sys.modules)\n"
        "assert not heavy, heavy\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    for verb in ("check", "measure", "run", "new", "schema"):
        assert f"\n  {verb} " in done.stdout


def test_check_prints_json_with_the_agreed_keys_and_fails_the_flawed_design() -> None:
    result = ferraris("check", FLAWED, "--json")
    findings = json.loads(result.stdout)["findings"]
    assert result.exit_code == 1
    keys = {"item", "quantity", "measured", "limit", "margin", "unit", "verdict", "evidence"}
    assert all(keys <= set(finding) for finding in findings)
    assert {finding["item"] for finding in findings} >= {"1.1", "2.3", "7.4"}
    assert any(finding["verdict"] == "fail" for finding in findings)


def test_measure_shows_what_was_recorded(sine: Path) -> None:
    """P = 230 * 5 * cos 30 = 995.93 W, Q = 575 var: from trigonometry, not from the meter."""
    result = ferraris("measure", HOME, str(sine), "--json", "--seconds", "5")
    assert result.exit_code == 0, result.output
    rows = {(row["element"], row["quantity"]): row for row in json.loads(result.stdout)["results"]}
    power, reactive = rows["L1", "active power"], rows["L1", "reactive power (fundamental)"]
    assert power["truth"] == pytest.approx(995.929, rel=1e-5)
    assert power["metered"] == pytest.approx(995.929, rel=2e-4)
    assert reactive["metered"] == pytest.approx(575.0, rel=2e-4)
    assert rows["total", "active energy"]["metered"] == pytest.approx(995.929 * 5 / 3600, rel=0.05)


def test_measure_as_text_carries_the_error_and_the_notes() -> None:
    result = ferraris("measure", HOME, HOUSEHOLD, "--seconds", "10")
    assert result.exit_code == 0, result.output
    assert "active energy" in result.stdout
    assert "note: only 10 s of 1440 s were measured" in result.stdout
    [power] = [line for line in result.stdout.splitlines() if line.startswith("L1      active power")]
    [current] = [line for line in result.stdout.splitlines() if line.startswith("L1      current ")]
    assert power.endswith("%")
    assert not current.endswith("%"), "ten seconds have another current than the whole recording"


def test_new_writes_a_platform_that_checks_and_overwrites_only_when_told(tmp_path: Path) -> None:
    target = str(tmp_path / "mine")
    assert ferraris("new", target).exit_code == 0
    assert "exists already" in refusal("new", target)
    assert ferraris("new", target, "--force").exit_code == 0
    assert ferraris("check", f"{target}.toml", "--json").exit_code in {0, 1}


def test_schema_is_json_schema() -> None:
    schema = json.loads(ferraris("schema").stdout)
    assert schema["type"] == "object"
    assert "meter" in schema["properties"]


def test_a_recording_with_other_phases_than_the_meter_is_refused(sine: Path) -> None:
    assert "1 phase(s)" in refusal("measure", SHOP, str(sine))


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("check", "nowhere.toml"), "nowhere.toml"),
        (("check", str(ROOT)), "main" if ROOT.name == "main" else ROOT.name),
        (("measure", HOME, "nowhere.npz"), "nowhere.npz"),
        (("measure", HOME, HOME), "ending"),
        (("measure", HOME, HOUSEHOLD, "--map", "nonsense"), "--map"),
        (("measure", HOME, HOUSEHOLD, "--scale", "U=x"), "--scale"),
        (("run", HOME, "--no-check", "--load", "nowhere.npz"), "nowhere.npz"),
        (("run", "nowhere.toml"), "nowhere.toml"),
        (("new", ""), "expected a name"),
        (("new", ".toml"), "expected a name"),
    ],
)
def test_wrong_input_gives_one_line(arguments: tuple[str, ...], said: str) -> None:
    assert said in refusal(*arguments)


@pytest.mark.parametrize("hold", [1e-6, 1e8, float("nan")])
def test_cycles_held_for_no_time_or_for_years_are_refused_before_anything_runs(tmp_path: Path, hold: float) -> None:
    wave = np.sin(2 * np.pi * np.arange(200) / 200)[None]
    path = tmp_path / "held.npz"
    np.savez(path, u_v=325.0 * wave, i_a=wave, fs_hz=10_000.0, f_hz=50.0, hold_s=np.array([hold]))
    assert "hold_s" in refusal("measure", HOME, str(path))


@pytest.mark.parametrize("option", ["--rate", "--hold"])
def test_nan_is_no_number_of_a_range(option: str) -> None:
    result = ferraris("run", HOME, "--no-check", option, "nan")
    assert result.exit_code == 2
    assert "finite" in result.stderr


def test_a_reader_that_goes_away_ends_the_meter_cleanly(tmp_path: Path) -> None:
    memory = tmp_path / "m.nvm"
    command = [sys.executable, "-m", "ferraris.app.cli", "run", HOME, "--no-check", "--port", "0", "--nvm", str(memory)]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    with subprocess.Popen([*command, "--fidelity", "phasor", "--rate", "60"], **pipes) as meter:
        assert meter.stdout is not None
        assert meter.stderr is not None
        assert meter.stdout.readline()
        meter.stdout.close()
        said = meter.stderr.read()
        assert meter.wait(60) == 0, said
    assert said == ""


def test_run_refuses_a_memory_that_is_not_one(tmp_path: Path) -> None:
    foreign = tmp_path / "letter.txt"
    foreign.write_text("Dear utility,\n" * 100, encoding="utf-8")
    said = refusal("run", HOME, "--no-check", "--port", "0", "--nvm", str(foreign))
    assert "not the memory of a ferraris meter" in said
    assert foreign.read_text(encoding="utf-8").startswith("Dear utility")


def test_run_says_when_the_port_is_taken(tmp_path: Path) -> None:
    import socket

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        said = refusal("run", HOME, "--no-check", "--port", port, "--nvm", str(tmp_path / "m.nvm"))
    assert port in said


@pytest.mark.parametrize("other", [(SHOP, "0"), (HOME, "5")])
def test_run_refuses_the_memory_of_another_meter_and_names_the_way_out(tmp_path: Path, other: tuple[str, str]) -> None:
    memory, platform = tmp_path / "m.nvm", load(HOME)
    with kept_in(memory, platform, ordinary(platform), _wall_ms, fidelity="phasor", seed=1) as bench:
        bench.switch_on(0)
        bench.switch_off()
    before = memory.read_bytes()
    path, seed = other
    said = refusal("run", path, "--no-check", "--port", "0", "--nvm", str(memory), "--seed", seed)
    assert str(memory) in said
    assert "--nvm" in said
    assert memory.read_bytes() == before


def test_a_refused_memory_that_never_had_power_stays_unbound(tmp_path: Path) -> None:
    """What the production line wrote for one front end is not bound to the meter that may not use it."""
    memory, platform = tmp_path / "line.nvm", load(HOME)
    with kept_in(memory, platform, ordinary(platform), _wall_ms, fidelity="phasor", seed=1):
        pass
    before = memory.read_bytes()
    refusal("run", HOME, "--no-check", "--port", "0", "--nvm", str(memory), "--seed", "2", "--fidelity", "phasor")
    assert memory.read_bytes() == before
