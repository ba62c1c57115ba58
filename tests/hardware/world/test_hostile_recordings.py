"""Whatever a file holds, it is read or refused in words: never a traceback of another kind, never without its name."""

import io
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from recorded_files import three_phase_waves, write_comtrade, write_csv

from ferraris.hardware.world.recording import RecordingError
from ferraris.hardware.world.recordings import play, read

FUZZ = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
WAVES = three_phase_waves(samples=240)


def refusal(path: Path) -> str:
    with pytest.raises(RecordingError) as refused:
        read(path)
    assert path.stem in str(refused.value)
    return str(refused.value)


def read_or_refused(path: Path) -> None:
    try:
        play(read(path))
    except RecordingError as error:
        text = str(error)
    else:
        return
    assert path.stem in text


def npz_bytes(**arrays: Any) -> bytes:
    file = io.BytesIO()
    np.savez(file, allow_pickle=True, **arrays)
    return file.getvalue()


GOOD_NPZ = npz_bytes(u_v=WAVES[:1], i_a=WAVES[3:4], fs_hz=4000.0, f_hz=50.0)


def damaged(good: bytes) -> st.SearchStrategy[bytes]:
    """A good file cut off somewhere, or with some of its bytes replaced."""
    cut = st.integers(0, len(good) - 1).map(lambda at: good[:at])
    patches = st.lists(
        st.tuples(st.integers(0, len(good) - 1), st.binary(min_size=1, max_size=6)), min_size=1, max_size=4
    )

    def patched(changes: list[tuple[int, bytes]]) -> bytes:
        data = bytearray(good)
        for place, junk in changes:
            data[place : place + len(junk)] = junk
        return bytes(data)

    return cut | patches.map(patched) | st.binary(max_size=200)


@FUZZ
@given(data=st.data())
def test_damaged_npz_is_read_or_refused(tmp_path: Path, data: st.DataObject) -> None:
    path = tmp_path / "damaged.npz"
    path.write_bytes(data.draw(damaged(GOOD_NPZ)))
    read_or_refused(path)


@FUZZ
@given(data=st.data())
def test_damaged_csv_is_read_or_refused(tmp_path: Path, data: st.DataObject) -> None:
    good = write_csv(tmp_path, WAVES[:, :60]).read_bytes()
    path = tmp_path / "damaged.csv"
    path.write_bytes(data.draw(damaged(good)))
    read_or_refused(path)


@pytest.mark.parametrize("kind", ["ASCII", "BINARY", "FLOAT32"])
@FUZZ
@given(data=st.data())
def test_damaged_comtrade_is_read_or_refused(tmp_path: Path, kind: str, data: st.DataObject) -> None:
    cfg = write_comtrade(tmp_path, kind, WAVES)
    dat = cfg.with_suffix(".dat")
    if data.draw(st.booleans()):
        cfg.write_bytes(data.draw(damaged(cfg.read_bytes())))
    else:
        dat.write_bytes(data.draw(damaged(dat.read_bytes())))
    read_or_refused(cfg)


@pytest.mark.parametrize("kind", ["ASCII", "BINARY", "BINARY32", "FLOAT32"])
def test_a_data_file_that_lost_its_end_is_refused_and_not_filled_with_zeros(tmp_path: Path, kind: str) -> None:
    cfg = write_comtrade(tmp_path, kind, WAVES)
    dat = cfg.with_suffix(".dat")
    dat.write_bytes(dat.read_bytes()[: len(dat.read_bytes()) * 3 // 4])
    assert any(part in refusal(cfg) for part in ("promises 240", "10 values in every row"))


Edit = tuple[str, str]
COMTRADE: list[tuple[str, Edit, str]] = [
    ("more channels than lines", ("8,6A,2D", "80000,80000A,0D"), "cut off"),
    ("no channels", ("8,6A,2D", "0,0A,0D"), "cut off"),
    ("counts that are none", ("8,6A,2D", "many"), "numbers of channels"),
    ("more samples than memory", ("4000,240", "4000,999999999999"), "at most"),
    ("no samples", ("4000,240", "4000,0"), "at least"),
    ("zero rate", ("4000,240", "0,240"), "rate"),
    ("negative rate", ("4000,240", "-4000,240"), "rate"),
    ("a rate that is not a number", ("4000,240", "nan,240"), "rate"),
    ("several rates", ("\r\n1\r\n4000,240", "\r\n2\r\n4000,100\r\n8000,240"), "one sampling rate"),
    ("time stamps for a rate", ("\r\n1\r\n4000,240", "\r\n0\r\n0,240"), "one sampling rate"),
    ("an unknown data type", ("FLOAT32", "FLOAT64"), "FLOAT64"),
    ("a factor that is not a number", (",1,0,0,-99999", ",nan,0,0,-99999"), "missing or infinite"),
    ("a date that is none", ("01/02/2026", "99/99/2026"), "COMTRADE"),
    ("a year of ten digits", ("01/02/2026", "01/02/2026555555"), "COMTRADE|"),
]


@pytest.mark.parametrize(("edit", "complaint"), [c[1:] for c in COMTRADE[:-1]], ids=[c[0] for c in COMTRADE[:-1]])
def test_a_comtrade_header_that_cannot_be_is_refused(tmp_path: Path, edit: Edit, complaint: str) -> None:
    cfg = write_comtrade(tmp_path, "FLOAT32", WAVES)
    text = cfg.read_bytes().decode()
    assert edit[0] in text
    cfg.write_bytes(text.replace(*edit).encode())
    assert complaint in refusal(cfg)


def test_comtrade_without_its_data_file_is_refused(tmp_path: Path) -> None:
    cfg = write_comtrade(tmp_path, "FLOAT32", WAVES)
    cfg.with_suffix(".dat").unlink()
    assert "pair" in refusal(cfg)


def test_missing_values_in_comtrade_are_refused(tmp_path: Path) -> None:
    waves = WAVES.copy()
    waves[4, 17] = np.nan
    assert "missing" in refusal(write_comtrade(tmp_path, "FLOAT32", waves))


CSV: dict[str, tuple[Callable[[list[str]], list[str]], str]] = {
    "empty": (lambda _: [], "0 rows"),
    "header alone": (lambda lines: lines[:2], "0 rows"),
    "no header": (lambda lines: lines[2:], "expected the time"),
    "no unit": (lambda lines: [lines[0], lines[1].replace("U2_V", "U2"), *lines[2:]], "such as U1_V"),
    "a unit of something else": (
        lambda lines: [lines[0], lines[1].replace("U2_V", "U2_W"), *lines[2:]],
        "such as U1_V",
    ),
    "a word": (lambda lines: [*lines[:20], lines[20].replace(",", ",none,", 1).rsplit(",", 1)[0], *lines[21:]], ":21:"),
    "a value too few": (lambda lines: [*lines[:20], lines[20].rsplit(",", 1)[0], *lines[21:]], ":21: 6 values"),
    "nan": (lambda lines: [*lines[:20], lines[20].rsplit(",", 1)[0] + ",nan", *lines[21:]], ":21: not a finite"),
    "beyond any number": (
        lambda lines: [*lines[:20], lines[20].rsplit(",", 1)[0] + ",1e300", *lines[21:]],
        ":21: not a f",
    ),
    "a gap": (lambda lines: lines[:40] + lines[45:], ":41: time step"),
    "time that stands still": (lambda lines: lines[:2] + [lines[2]] * 30, "does not rise"),
    "the same column twice": (
        lambda lines: [lines[0], lines[1].replace("U2_V", "U1_V"), *lines[2:]],
        "several channels",
    ),
    "a decimal comma": (lambda lines: lines[:2] + [line.replace(".", ",") for line in lines[2:]], ":3: 14 values"),
}


@pytest.mark.parametrize("name", CSV)
def test_a_csv_file_that_cannot_be_is_refused_by_line(tmp_path: Path, name: str) -> None:
    change, complaint = CSV[name]
    path = write_csv(tmp_path, WAVES)
    path.write_text("\n".join(change(path.read_text().splitlines())))
    assert complaint in refusal(path)


ONES = np.ones((1, 100))
NPZ: dict[str, tuple[dict[str, Any], str]] = {
    "no current": ({"u_v": ONES, "fs_hz": 1.0}, "no array 'i_a'"),
    "no rate": ({"u_v": ONES, "i_a": ONES}, "no array 'fs_hz'"),
    "zero rate": ({"u_v": ONES, "i_a": ONES, "fs_hz": 0.0}, "fs_hz"),
    "rate not a number": ({"u_v": ONES, "i_a": ONES, "fs_hz": np.nan}, "not numbers"),
    "two rates": ({"u_v": ONES, "i_a": ONES, "fs_hz": [1.0, 2.0]}, "fs_hz"),
    "negative frequency": ({"u_v": ONES, "i_a": ONES, "fs_hz": 1.0, "f_hz": -50.0}, "f_hz"),
    "other shapes": ({"u_v": ONES, "i_a": np.ones((1, 99)), "fs_hz": 1.0}, "same shape"),
    "empty": ({"u_v": np.ones((1, 0)), "i_a": np.ones((1, 0)), "fs_hz": 1.0}, "not empty"),
    "four dimensions": ({"u_v": np.ones((1, 1, 1, 9)), "i_a": np.ones((1, 1, 1, 9)), "fs_hz": 1.0}, "same shape"),
    "not a number": ({"u_v": ONES * np.nan, "i_a": ONES, "fs_hz": 1.0}, "not numbers"),
    "objects": ({"u_v": np.array([{"a": 1}, None]), "i_a": ONES, "fs_hz": 1.0}, "nothing is unpickled"),
    "words": ({"u_v": np.array(["a", "b"]), "i_a": ONES, "fs_hz": 1.0}, "expected numbers"),
    "complex": ({"u_v": ONES * 1j, "i_a": ONES, "fs_hz": 1.0}, "expected numbers"),
    "hold without period": ({"u_v": ONES, "i_a": ONES, "fs_hz": 8000.0, "hold_s": 1.0}, "one period"),
    "hold of another length": (
        {"u_v": ONES, "i_a": ONES, "fs_hz": 5000.0, "f_hz": 50.0, "hold_s": [1.0, 1.0]},
        "hold_s",
    ),
    "hold of no time": ({"u_v": ONES, "i_a": ONES, "fs_hz": 5000.0, "f_hz": 50.0, "hold_s": 0.0}, "hold_s"),
    "cycles of 400 Hz": ({"u_v": ONES, "i_a": ONES, "fs_hz": 40_000.0, "f_hz": 400.0}, "expected 40 to 70"),
    "neutral of another length": ({"u_v": ONES, "i_a": ONES, "fs_hz": 9.0, "in_a": np.ones(7)}, "in_a"),
    "two phases": ({"u_v": np.ones((2, 100)), "i_a": np.ones((2, 100)), "fs_hz": 8e3}, "three phases"),
    "a rate without meaning": ({"u_v": ONES, "i_a": ONES, "fs_hz": 1e-300}, "samples per second"),
    "no voltage of this world": ({"u_v": ONES * 1e300, "i_a": ONES, "fs_hz": 8000.0}, "wrong scale"),
    "constant": ({"u_v": ONES, "i_a": ONES, "fs_hz": 500.0}, "constant"),
}


@pytest.mark.parametrize("name", NPZ)
def test_an_npz_file_that_cannot_be_is_refused(tmp_path: Path, name: str) -> None:
    arrays, complaint = NPZ[name]
    path = tmp_path / "bad.npz"
    path.write_bytes(npz_bytes(**arrays))
    assert complaint in refusal(path)


def zipped(**members: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name + ".npy", data)
    return file.getvalue()


def npy(shape: str, data: bytes, descr: str = "'<f8'") -> bytes:
    header = f"{{'descr': {descr}, 'fortran_order': False, 'shape': {shape}}}\n".encode()
    return b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header + data


@pytest.mark.parametrize(
    ("member", "complaint"),
    [
        (npy("(1000000000000000,)", b"12345678"), "header claims"),
        (npy("(-1, -1)", b"12345678"), "whole numbers"),
        (npy("(True,)", b"12345678"), "whole numbers"),
        (npy("__import__('os')", b""), "not a readable NPZ"),
        (npy("((((((1,),),),),),)", b""), "whole numbers"),
        (npy("(1,)", b"12345678", "[('a', '<f8')]"), "expected numbers"),
        (npy("(1,)", b"12345678", "'|O'"), "nothing is unpickled"),
        (b"\x93NUMPY\x02\x00\xff\xff\xff\xff", "header of"),
        (b"", "not a readable NPZ|expected an array"),
    ],
)
def test_a_forged_array_header_takes_no_memory_and_runs_nothing(tmp_path: Path, member: bytes, complaint: str) -> None:
    path = tmp_path / "forged.npz"
    path.write_bytes(zipped(u_v=member))
    assert any(part in refusal(path) for part in complaint.split("|"))


def test_a_zip_bomb_is_refused_before_it_is_unpacked(tmp_path: Path) -> None:
    path = tmp_path / "bomb.npz"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive, archive.open("u_v.npy", "w") as member:
        for _ in range(300):
            member.write(bytes(2**20))
    assert path.stat().st_size < 400_000
    assert "at most" in refusal(path)


@pytest.mark.parametrize("ending", [".npz", ".csv", ".cfg"])
def test_a_folder_is_no_recording(tmp_path: Path, ending: str) -> None:
    folder = tmp_path / f"folder{ending}"
    folder.mkdir()
    assert "folder" in refusal(folder)


@pytest.mark.parametrize("name", ["none.npz", "none.csv", "none.cfg", "none.wav", "none"])
def test_a_file_that_is_not_there_or_of_another_kind_is_refused(tmp_path: Path, name: str) -> None:
    assert "expected" in refusal(tmp_path / name) or "no such file" in refusal(tmp_path / name)
