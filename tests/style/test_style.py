"""The tree keeps the house rules (style_rules.py); each exception is named here with its reason."""

import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
import style_rules as rules

MODULES = sorted(rules.SOURCE.rglob("*.py"))
BELOW_APP = [path for path in MODULES if "app" not in path.relative_to(rules.SOURCE).parts]
IDS = [path.relative_to(rules.SOURCE / "ferraris").as_posix() for path in MODULES]
BELOW_IDS = [path.relative_to(rules.SOURCE / "ferraris").as_posix() for path in BELOW_APP]

LONG_FILES = {
    "bench/bench.py": "the one loop: its stops, its calls of the firmware and its duties are read together",
    "app/cli.py": "a table: one small function for each verb, its options in front of it",
    "bench/scenario/models.py": "a table: one class for each table of a scenario, a docstring for each key",
    "firmware/dlms/axdr.py": "one encoding: the table of its tags, and both directions of each side by side",
    "units.py": "the closed table of units, and one reader for each form",
    "hardware/platform/models.py": "a table: one class for each table of the platform file, a docstring for each key",
}
"""Files of more than about 300 lines, each with its reason (tables and kernels)."""

MAY_OPEN_FILES = {
    "hardware/platform/load.py": "the door through which a platform file comes in",
    "hardware/platform/catalogue.py": "the parts catalogue is package data",
    "hardware/world/npz_file.py": "reader of recordings",
    "hardware/world/recording.py": "reader of recordings",
    "bench/nvm_file.py": "the non-volatile part of a live meter is a file",
    "bench/scenario/load.py": "the door through which a scenario comes in",
    "plan/requirements.py": "the door through which a requirements file comes in",
    "verify/limits/__init__.py": "the limit tables are package data",
}

TEXTS = {".py", ".md", ".toml", ".json", ".txt", ".yml", ".yaml", ".cfg", ".csv", ""}


def module_name(path: Path) -> str:
    parts = path.relative_to(rules.SOURCE).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def committed() -> list[Path]:
    listed = subprocess.run(["git", "ls-files"], cwd=rules.REPO, capture_output=True, text=True, check=False)
    if listed.returncode != 0:
        pytest.skip("not a git checkout: committed files cannot be told from the others")
    paths = [rules.REPO / name for name in listed.stdout.splitlines()]
    return [path for path in paths if path.suffix in TEXTS and path.is_file()]


def read(path: Path) -> str:
    return path.read_text(encoding="utf-8")


@pytest.mark.parametrize("path", MODULES, ids=IDS)
def test_the_import_table_holds(path: Path) -> None:
    assert rules.check_imports(module_name(path), read(path), is_package=path.name == "__init__.py") == []


@pytest.mark.parametrize("path", MODULES, ids=IDS)
def test_functions_and_files_fit_the_eye(path: Path) -> None:
    where = path.relative_to(rules.SOURCE / "ferraris").as_posix()
    assert rules.check_lengths(where, read(path), file_exempt=where in LONG_FILES) == []


@pytest.mark.parametrize("path", BELOW_APP, ids=BELOW_IDS)
def test_time_chance_and_wire_are_arguments_below_app(path: Path) -> None:
    assert rules.check_banned(path.name, read(path)) == []


@pytest.mark.parametrize("path", BELOW_APP, ids=BELOW_IDS)
def test_only_the_named_readers_open_files(path: Path) -> None:
    where = path.relative_to(rules.SOURCE / "ferraris").as_posix()
    if where not in MAY_OPEN_FILES:
        assert rules.check_files(where, read(path)) == []


@pytest.mark.parametrize("path", MODULES, ids=IDS)
def test_every_module_says_what_it_is_for(path: Path) -> None:
    assert rules.check_docstring(path.name, read(path)) == []


def test_exceptions_are_still_needed() -> None:
    named = {*LONG_FILES, *MAY_OPEN_FILES}
    assert [name for name in named if not (rules.SOURCE / "ferraris" / name).is_file()] == []
    idle = [name for name in MAY_OPEN_FILES if not rules.check_files(name, read(rules.SOURCE / "ferraris" / name))]
    assert idle == [], "these no longer open files: strike them from MAY_OPEN_FILES"
    short = [name for name in LONG_FILES if not rules.check_lengths(name, read(rules.SOURCE / "ferraris" / name))]
    assert short == [], "these are short now: strike them from LONG_FILES"


def test_no_committed_file_names_a_path_of_one_machine() -> None:
    complaints = [
        complaint
        for path in committed()
        if path != Path(__file__).with_name("test_style_rules.py")  # holds the bad examples
        for complaint in rules.check_local_paths(path.relative_to(rules.REPO).as_posix(), read(path))
    ]
    assert complaints == []


@pytest.mark.parametrize("page", ["README.md", "docs/tour.md", "docs/design.md", "docs/checklist.md"])
def test_names_in_the_pages_exist(page: str) -> None:
    names = rules.code_names(read(rules.REPO / page))
    assert [name for name in names if not rules.exists(name)] == []


def test_every_link_of_a_page_leads_somewhere_and_no_placeholder_is_left() -> None:
    broken = []
    for page in [path for path in committed() if path.suffix == ".md"]:
        text = read(page)
        targets = re.findall(r"\]\(([^)#:\s]+)(?:#[^)]*)?\)", text)
        broken += [f"{page.name}: {target}" for target in targets if not (page.parent / target).exists()]
        broken += [f"{page.name}: {mark}" for mark in re.findall(r"@@\w*@@", text)]
    assert broken == []


def test_no_two_test_files_share_a_name() -> None:
    """Pytest imports test files by their base name: of two alike, one would never run."""
    names = Counter(path.name for path in (rules.REPO / "tests").rglob("test_*.py"))
    assert [name for name, count in names.items() if count > 1] == []


def test_the_tour_leads_through_the_code() -> None:
    assert len(rules.code_names(read(rules.REPO / "docs/tour.md"))) >= 10


def test_each_checklist_item_has_exactly_one_function() -> None:
    files = sorted((rules.SOURCE / "ferraris/verify/checklist").glob("*.py"))
    assert rules.check_items([item for path in files for item in rules.item_ids(read(path))]) == []


def test_help_loads_no_slow_package() -> None:
    """House style 6: --help, the firmware and the protocol never wait for these."""
    program = (
        "import sys, ferraris.app.cli, ferraris.firmware.meter.step, ferraris.firmware.dlms.security.exchange\n"
        "print(*[name for name in ('numpy', 'numba', 'scipy', 'cryptography') if name in sys.modules])"
    )
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stdout.split(), ran.stderr) == (0, [], "")
