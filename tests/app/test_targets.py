"""A report that cannot be written is refused before the run that makes it: in one line, exit 2."""

from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from ferraris.app import budget, calibrate, measure, plan, tariff, typetest
from ferraris.app.cli import main
from ferraris.app.show import UserError, check_target

ROOT = Path(__file__).resolve().parents[2]
HOME = str(ROOT / "platforms" / "home-1p.toml")

VERBS: dict[str, tuple[Any, list[str], str]] = {
    "typetest": (typetest, [HOME], "--report"),
    "measure": (measure, [HOME, "no-such-recording.csv"], "--report"),
    "budget": (budget, [HOME], "--report"),
    "tariff": (tariff, [HOME], "--report"),
    "plan": (plan, [str(ROOT / "requirements" / "house.toml")], "--report"),
    "calibrate": (calibrate, [HOME], "--report"),
    "calibrate, constants": (calibrate, [HOME], "--out"),
}


def too_late(_path: Path) -> None:
    raise AssertionError("the run began")


@pytest.mark.parametrize("verb", VERBS)
def test_a_folder_and_a_place_in_no_folder_are_refused_before_the_run(
    verb: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    module, arguments, option = VERBS[verb]
    monkeypatch.setattr(module, "load", too_late)
    for target, words in ((tmp_path, "it is a folder"), (tmp_path / "none" / "page.html", "there is no folder")):
        ran = CliRunner().invoke(main, [verb.split(",", maxsplit=1)[0], *arguments, option, str(target)])
        assert ran.exit_code == 2, ran.output
        [line] = ran.stderr.splitlines()
        assert line.startswith(f"ferraris: {target}: cannot be written: {words}")


def test_a_file_without_permission_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Asked of the system, so that it holds for an administrator, whom nothing is forbidden, as well."""
    target = tmp_path / "page.html"
    monkeypatch.setattr("os.access", lambda path, _mode: Path(path) != tmp_path)
    with pytest.raises(UserError, match="permission denied"):
        check_target(target)
    target.write_text("old")
    check_target(target)
    assert target.read_text() == "old"
    check_target(None)
