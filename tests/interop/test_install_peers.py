"""The script that installs the foreign clients: what is there is kept, what is torn is redone, failure is said."""

import sys
from pathlib import Path

import foreign
import pytest

installer = foreign.load_installer()


@pytest.fixture
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The installer working in an empty folder, with a package index that holds nothing."""
    monkeypatch.setattr(installer, "ROOT", tmp_path)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path))
    return tmp_path


def test_a_peer_that_cannot_be_installed_is_named_and_fails_the_script(
    elsewhere: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert installer.main(["gurux"]) == 1
    assert "gurux: not installed: gurux-dlms==1.0.203" in capsys.readouterr().err


def test_an_environment_that_was_not_completed_does_not_count_as_present(elsewhere: Path) -> None:
    interpreter = installer.python("gurux")
    interpreter.parent.mkdir(parents=True)
    interpreter.symlink_to(sys.executable)
    assert not installer.present("gurux")
    installer.stamp("gurux").write_text("gurux-dlms==0.0.1", encoding="utf-8")
    assert not installer.present("gurux"), "another version than the pinned one"
    installer.stamp("gurux").write_text(installer.PEERS["gurux"].requirement, encoding="utf-8")
    assert installer.present("gurux")


def test_a_peer_that_is_present_is_not_installed_again(elsewhere: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(installer, "present", lambda _: True)
    monkeypatch.setattr(installer, "_make", lambda name: pytest.fail(f"{name} was made again"))
    assert installer.install("pydlms") == elsewhere / ".peers" / "pydlms" / "bin" / "python"


def test_an_unknown_peer_is_refused_with_the_names_that_exist(capsys: pytest.CaptureFixture[str]) -> None:
    assert installer.main(["guru"]) == 2
    assert "expected one of gurux, pydlms" in capsys.readouterr().err


def test_every_peer_is_pinned_and_has_a_program() -> None:
    for name, peer in installer.PEERS.items():
        assert peer.requirement.endswith(f"=={peer.version}")
        assert (foreign.REPO / "tests" / "peers" / f"{name}_client.py").is_file()


def test_no_peer_is_loaded_by_our_own_process_or_named_as_a_dependency() -> None:
    assert not {"gurux_dlms", "pydlms"} & set(sys.modules)
    project = (foreign.REPO / "pyproject.toml").read_text(encoding="utf-8")
    assert not [peer.distribution for peer in installer.PEERS.values() if peer.distribution in project]
