"""The memory in a file: it outlives the process, is held by one at a time, and is never overwritten by mistake."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from ferraris.bench.nvm_file import IMAGE_AT, NvmFileError, Stamp, open_nvm
from ferraris.firmware.store.journal import append
from ferraris.hardware.physics.nvm import PowerLost
from memory_rig import EEPROM, FRAM, NOR, Keeper, read, small_layout


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "home.nvm"


def test_what_was_programmed_is_there_after_a_restart(path: Path) -> None:
    with open_nvm(path, NOR) as file:
        file.program(10, b"\x0f\x0f")
        file.program(10, b"\xf8\xff")
        file.program(600, b"gone")
        file.erase(512, 512)
    with open_nvm(path, NOR) as file:
        assert bytes(file.view[9:13]) == b"\xff\x08\x0f\xff"
        assert bytes(file.view[512:1024]) == b"\xff" * 512
    assert path.read_bytes()[IMAGE_AT + 10 : IMAGE_AT + 12] == b"\x08\x0f"


def test_a_new_file_is_a_part_as_delivered_and_leaves_nothing_beside_it(path: Path) -> None:
    with open_nvm(path, FRAM) as file:
        assert bytes(file.view) == b"\x00" * FRAM.size_bytes
        assert file.stamp is None
    assert [entry.name for entry in path.parent.iterdir()] == ["home.nvm"]


def test_a_supply_that_fails_leaves_the_same_torn_bytes_in_the_file(path: Path) -> None:
    with open_nvm(path, EEPROM) as file:
        file.part.supply(70)
        with pytest.raises(PowerLost):
            file.program(0, b"x" * 100)
        torn = bytes(file.view)
    assert torn[:100] == b"x" * 70 + b"\xff" * 30
    assert path.read_bytes()[IMAGE_AT:] == torn


def test_a_killed_process_leaves_every_commit_it_finished(path: Path) -> None:
    """The writer is killed without a chance to close; another process then finds its last record."""
    script = (
        "import os, sys; sys.path.insert(0, sys.argv[2])\n"
        "from memory_rig import *\n"
        "from pathlib import Path\n"
        "from ferraris.bench.nvm_file import open_nvm\n"
        "file = open_nvm(Path(sys.argv[1]), FRAM)\n"
        "journal = read(small_layout(FRAM), file.view).journal\n"
        "for n in range(40):\n"
        "    journal, operations = append(small_layout(FRAM), journal, 1, b'commit %d' % n)\n"
        "    for operation in operations:\n"
        "        file.program(*operation)\n"
        "os.kill(os.getpid(), 9)\n"
    )
    helpers = str(Path(__file__).parents[1])
    done = subprocess.run([sys.executable, "-c", script, str(path), helpers], check=False, capture_output=True)
    assert done.returncode == -9, done.stderr
    with open_nvm(path, FRAM) as file:
        found = read(small_layout(FRAM), file.view)
    assert found.records[1] == b"commit 39"
    assert not found.damage


def test_sync_reaches_the_disk_once_for_what_was_programmed_and_not_for_reads(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with open_nvm(path, FRAM) as file:
        calls: list[int] = []
        monkeypatch.setattr(os, "fsync", calls.append)
        file.sync()
        assert not calls
        file.program(0, b"x")
        file.program(1, b"y")
        file.sync()
        file.sync()
        assert len(calls) == 1


def test_a_second_holder_is_refused_until_the_first_lets_go(path: Path) -> None:
    with open_nvm(path, FRAM), pytest.raises(NvmFileError, match="in use by another running meter"):
        open_nvm(path, FRAM)
    open_nvm(path, FRAM).close()


def test_the_latest_stamp_is_found_again(path: Path) -> None:
    for number in range(5):
        with open_nvm(path, FRAM) as file:
            assert file.stamp == (Stamp(1000 + number - 1, -number + 1) if number else None)
            file.put_stamp(1000 + number, -number)
            assert file.stamp == Stamp(1000 + number, -number)


@pytest.mark.parametrize("writes", [1, 2, 3])
def test_a_torn_stamp_leaves_the_one_before(path: Path, writes: int) -> None:
    with open_nvm(path, FRAM) as file:
        for number in range(1, writes + 1):
            file.put_stamp(number, number)
        before = path.read_bytes()
        file.put_stamp(77, 77)
    after = path.read_bytes()
    changed = [n for n in range(len(after)) if before[n] != after[n]]
    for last in range(changed[0], changed[-1]):
        path.write_bytes(after[: last + 1] + before[last + 1 :])
        with open_nvm(path, FRAM) as file:
            assert file.stamp == Stamp(writes, writes)


def spoilt_header(content: bytes) -> bytes:
    return content[:20] + bytes([content[20] ^ 1]) + content[21:]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (lambda _: b"", "not the memory"),
        (lambda _: b"[meter]\nname = 'home'\n" * 400, "not the memory"),
        (spoilt_header, "header of this memory file is damaged"),
        (lambda good: good[:-1], "bytes long, expected"),
        (lambda good: good + b"\0", "bytes long, expected"),
        (lambda good: good[:30], "header of this memory file is damaged"),
    ],
)
def test_a_file_that_is_not_such_a_memory_is_refused_and_stays_as_it_is(path: Path, content: Any, words: str) -> None:
    open_nvm(path, FRAM).close()
    path.write_bytes(content(path.read_bytes()))
    before = path.read_bytes()
    with pytest.raises(NvmFileError, match=words) as refusal:
        open_nvm(path, FRAM)
    assert str(path) in str(refusal.value)
    assert path.read_bytes() == before


def test_the_memory_of_a_part_of_another_size_is_refused(path: Path) -> None:
    open_nvm(path, FRAM).close()
    with pytest.raises(NvmFileError, match="a part of 2048 bytes, the platform's has 4096"):
        open_nvm(path, NOR)


def test_what_cannot_be_a_file_is_refused_without_waiting(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "loop").symlink_to(tmp_path / "nowhere")
    for name in (".", "pipe", "loop", "no/such/folder"):
        with pytest.raises(NvmFileError):
            open_nvm(tmp_path / name, FRAM)


def test_an_unfinished_creation_leaves_no_file(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(NvmFileError, match="No space left"):
        open_nvm(path, FRAM)
    assert not list(path.parent.iterdir())


def test_the_file_takes_the_place_of_a_part(path: Path) -> None:
    """The same operations on a part in memory and on one in a file leave the same image."""
    keeper = Keeper(EEPROM)
    with open_nvm(path, EEPROM) as file:
        journal = read(keeper.layout, file.view).journal
        for number in range(30):
            payload = b"%d" % number * 9
            keeper.commit(1, payload)
            journal, operations = append(keeper.layout, journal, 1, payload)
            for operation in operations:
                file.program(*operation)
        assert file.view == keeper.part.view
