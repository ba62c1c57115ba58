"""The door of the platform file: what loads, and one clear line for what does not."""

import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from pydantic import ValidationError

from ferraris.hardware.platform.load import LARGEST_FILE, LONGEST_LINE, MOST_PROBLEMS, PlatformError, load, loads
from ferraris.hardware.platform.models import Absent, Platform, Shunt
from ferraris.hardware.platform.template import new_platform
from ferraris.units import CurrentRange, Range, Toleranced

PLATFORMS = Path(__file__).parents[3] / "platforms"
HOME = (PLATFORMS / "home-1p.toml").read_text(encoding="utf-8")
FEEDER = (PLATFORMS / "feeder-3p-ct.toml").read_text(encoding="utf-8")


def changed(*pairs: tuple[str, str], text: str = HOME) -> str:
    for old, new in pairs:
        assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times in the file"
        text = text.replace(old, new)
    return text


def problems(text: str) -> tuple[str, ...]:
    with pytest.raises(PlatformError) as caught:
        loads(text, "home.toml")
    lines = str(caught.value).splitlines()
    assert tuple(lines) == caught.value.problems
    assert all(line.startswith("home.toml: ") for line in lines)
    return tuple(line.removeprefix("home.toml: ") for line in lines)


def test_values_are_si_floats_and_overrides_win_over_the_part() -> None:
    text = changed(('part = "MANGANIN-150U"', 'part = "MANGANIN-150U"\nresistance = "200 uohm ± 2 %"'))
    platform = loads(text)
    assert platform.meter.un_v == 230.0
    assert platform.meter.current == CurrentRange(0.25, 5.0, 100.0)
    assert platform.meter.temperature == Range(-40.0, 70.0)
    assert isinstance(platform.current.line, Shunt)
    assert platform.current.line.resistance == Toleranced(0.0002, pytest.approx(4e-6, rel=1e-12))
    assert platform.current.line.inductance_h == 1e-9  # from the part
    assert platform.nvm.size_bytes == 512 * 1024
    assert (platform.firmware.commit_s, platform.firmware.profile_days) == (10, 40)
    assert isinstance(platform.firmware.commit_s, int)


def test_a_loaded_platform_cannot_be_changed() -> None:
    platform = loads(HOME)
    with pytest.raises(ValidationError):
        platform.meter.un_v = 400.0  # type: ignore[misc]
    assert isinstance(platform.adc.gains, tuple)


def test_the_sources_of_catalogue_values_are_told_and_those_of_own_values_are_not() -> None:
    text = changed(('part = "MANGANIN-150U"', 'part = "MANGANIN-150U"\nresistance = "200 uohm ± 2 %"'))
    sources = {each.key: each for each in loads(text).sources}
    assert "current.line.resistance" not in sources
    assert sources["current.line.tempco"].part == "MANGANIN-150U"
    assert not sources["current.line.tempco"].seen
    assert sources["adc.full_scale"].seen
    assert not any(key.startswith(("meter", "firmware")) for key in sources)


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        ('un = "230 V"', "un = 230", "meter.un: found 230, expected a voltage such as '230 V'"),
        ('un = "230 V"', 'un = "230 A"', "meter.un: found '230 A', expected a voltage such as '230 V'"),
        ('un = "230 V"', 'un = "-230 V"', "meter.un: found '-230 V', expected a voltage such as '230 V', above 0 V"),
        ('un = "230 V"', "", "meter.un: missing, expected a voltage such as '230 V'"),
        ('un = "230 V"', 'u = "230 V"', "meter.u: unknown key, did you mean 'un'?"),
        (
            'current = "0.25-5(100) A"',
            'current = "5-0.25(100) A"',
            "meter.current: found '5-0.25(100) A', expected the currents Imin-Iref(Imax) such as '0.25-5(100) A'",
        ),
        (
            '"-40..70 degC"',
            '"70..-40 degC"',
            "meter.temperature: found '70..-40 degC', expected a range, low to high, such as '-40..70 degC'",
        ),
        (
            '"-40..70 degC"',
            '"-400..70 degC"',
            (
                "meter.temperature: found '-400..70 degC', expected a range such as '-40..70 degC', "
                "at least -273.15 degC and at most 200 degC"
            ),
        ),
        (
            'part = "MANGANIN-150U"',
            'part = "MANGANIN-150U"\nresistance = "150 uF"',
            "current.line.resistance: found '150 uF', expected a resistance such as '150 uohm ± 1 %'",
        ),
        (
            'part = "MANGANIN-150U"',
            'part = "MANGANIN-150U"\nresistance = "150 uohm ± 100 %"',
            (
                "current.line.resistance: found '150 uohm ± 100 %', expected a resistance such as '150 uohm ± 1 %', "
                "with a tolerance smaller than the value"
            ),
        ),
        (
            'part = "MANGANIN-150U"',
            'part = "MANGANIN-151U"',
            "current.line.part: found 'MANGANIN-151U', expected a part of kind 'shunt': did you mean 'MANGANIN-150U'?",
        ),
        (
            'part = "MANGANIN-150U"',
            'part = "ADS131M04"',
            (
                "current.line.part: found 'ADS131M04', which is of kind 'adc', expected a part of kind 'shunt': "
                "the catalogue has MANGANIN-150U, MANGANIN-500U"
            ),
        ),
        (
            'kind = "shunt"',
            'kind = "hall"',
            "current.line.kind: found 'hall', expected one of 'shunt', 'ct', 'rogowski'",
        ),
        ('kind = "shunt"', "", "current.line.kind: missing, expected one of 'shunt', 'ct'"),
        ('service = "1p2w"', 'service = "2p"', "meter.service: found '2p', expected '1p2w' or '3p4w'"),
        ('service = "1p2w"', "", "meter.service: missing, expected '1p2w' or '3p4w'"),
        ('name = "home-1p"', "", "meter.name: missing, expected a value (Name of the design)"),
        ('classes = ["B", "1"]', 'classes = ["B", "B"]', "meter.classes: found ('B', 'B'), expected each class once"),
        ("gain_line = 32", "gain_line = 33", "adc.gain_line: found 33, expected one of the gains the converter has: "),
        ("gain_line = 32", "gain_line = true", "adc.gain_line: found True, expected a whole number"),
        ("gain_line = 32", "gain_line = 32.0", "adc.gain_line: found 32.0, expected a whole number"),
        (
            "gain_line = 32",
            "gain_line = 32\ndecimation = 1024",
            "adc.decimation: found 1024, which gives 4000 S/s, expected 512, for 8000 S/s",
        ),
        (
            'commit = "10 s"',
            'commit = "1.5 s"',
            (
                "firmware.commit: found '1.5 s', expected a duration such as '15 min', "
                "at least 1 s and at most 86400 s and a whole number of s"
            ),
        ),
        (
            'profile_period = "15 min"',
            'profile_period = "7 min"',
            "firmware.profile_period: found 420 s, expected a period that divides the day evenly",
        ),
        (
            'start = "20 mA"',
            'start = "200 A"',
            "firmware.start: found 200 A, expected a current below Imax, 100 A",
        ),
        (
            'name = "billing"',
            'name = "metrology"',
            "firmware.budget: found 'metrology' twice, expected each function once",
        ),
        (
            'connection = "direct"',
            'connection = "transformer"',
            "transformers: missing, expected a table with vt, ct, ",
        ),
        (
            'part = "CY15B104Q"',
            'part = "CY15B104Q"\nerase = "4 KiB"',
            "nvm.erase: found 4096 B, expected '0 B', because only NOR flash needs erasing",
        ),
        (
            'part = "CY15B104Q"',
            'part = "CY15B104Q"\npage = "300 B"',
            "nvm.page: found 300 B, expected a divisor of the size, 524288 B",
        ),
        (
            'part = "CY15B104Q"',
            'part = "W25Q16JV"\nerase = "0 B"',
            "nvm.erase: found 0 B, expected a divisor of the size",
        ),
        ("[soc]", "[soc]\ncycles_per_mac = inf", "soc.cycles_per_mac: found inf, expected a finite number"),
        ("[soc]", "[[soc]]", "soc: found ({'part': 'MSPM0G3507'},), expected a table"),
        ("[soc]", "_sources = 1\n[soc]", "adc._sources: unknown key, expected one of part, channels"),
        ("[meter]", "meter = 1979-05-27\n[miter]", "meter: found datetime.date(1979, 5, 27), expected a table"),
        ('"15 K"', '"15 K', "not valid TOML: Illegal character '\\n' (at line "),
        ("[meter]", "[meter]\n[meter]", "not valid TOML: Cannot declare ('meter',) twice (at line "),
    ],
)
def test_a_mistake_is_one_line_that_says_what_would_be_right(old: str, new: str, line: str) -> None:
    assert any(each.startswith(line) for each in problems(changed((old, new)))), problems(changed((old, new)))


def test_one_mistake_is_one_line() -> None:
    assert len(problems(changed(('un = "230 V"', "un = 230")))) == 1
    assert len(problems(changed(("gain_line = 32", "gain_lime = 32")))) == 2  # one is missing and one unknown
    assert len(problems(changed(('part = "MANGANIN-150U"', 'part = "NO-SUCH"')))) == 1


def test_a_direct_meter_has_no_transformers() -> None:
    text = changed(('connection = "transformer"', 'connection = "direct"'), text=FEEDER)
    assert problems(text) == ("transformers: found a table, expected none, because meter.connection is 'direct'",)


def test_what_is_absent_says_why() -> None:
    text = new_platform("draft")
    absent = loads(text).current.neutral
    assert isinstance(absent, Absent)
    assert absent.because.startswith("a first draft")
    assert "current.neutral.because: missing" in problems(changed(("because =", "# because ="), text=text))[0]


def test_many_problems_are_cut_short() -> None:
    lines = problems("\n".join(f"key{number} = 1" for number in range(500)))
    assert len(lines) == MOST_PROBLEMS + 1
    assert lines[-1].startswith("and ")


def test_a_design_that_is_merely_bad_still_loads() -> None:
    text = changed(("gain_line = 32", "gain_line = 128\nchannels = 1"), ('un = "230 V"', 'un = "5 kV"'))
    assert loads(text).adc.channels == 1


@pytest.mark.parametrize("kind", ["directory", "missing", "binary", "huge", "zero byte", "fifo", "unreadable"])
def test_what_is_no_text_file_is_one_clear_line(kind: str, tmp_path: Path) -> None:
    path: Any = tmp_path / "p.toml"
    match kind:
        case "directory":
            path.mkdir()
        case "binary":
            path.write_bytes(b'[meter]\nname = "\xff\xfe"')
        case "huge":
            path.write_bytes(b"#" * (LARGEST_FILE + 1))
        case "zero byte":
            path = "p\0.toml"
        case "fifo":
            os.mkfifo(path)
        case "unreadable":
            path = tmp_path / ("x" * 300)
        case _:
            pass
    with pytest.raises(PlatformError) as caught:
        load(path)
    assert len(str(caught.value).splitlines()) == 1


def test_the_line_of_bytes_that_are_no_text_is_told(tmp_path: Path) -> None:
    path = tmp_path / "p.toml"
    path.write_bytes(b'[meter]\nname = "\xff\xfe"')
    with pytest.raises(PlatformError, match=r"^p\.toml: line 2: found bytes that are not UTF-8"):
        load(path)


def test_a_byte_order_mark_is_no_mistake(tmp_path: Path) -> None:
    path = tmp_path / "p.toml"
    text = new_platform("p")
    path.write_text(text, encoding="utf-8-sig")
    assert load(path) == loads(text)


def test_a_file_name_with_a_line_break_stays_on_one_line(tmp_path: Path) -> None:
    with pytest.raises(PlatformError) as caught:
        load(tmp_path / "a\nb.toml")
    assert "\n" not in str(caught.value)


def hostile() -> Iterator[str]:
    yield "a." * 900 + "a = 1"
    yield "\n".join(f"x{number}." + "a." * 900 + "a = 1" for number in range(30))
    yield "a = " + "[" * 1500
    yield "a = " + "[\n" * 20000
    yield "a = " + "{a = " * 300
    yield "a = " + "9" * 1900
    yield "[soc]\ncycles_per_mac = " + "9" * 1900
    yield "[soc]\nuart = 0x" + "f" * 1500
    yield "a" * (LONGEST_LINE + 1)
    yield "." * 30000
    yield "[adc]\npart = 1\n[nvm]\npart = []\n[current]\nline = 1\nneutral = {part = {}}"
    yield "current = []\nadc = 'x'\nfilter.part.part = 1"
    yield "\x00\x00"


@pytest.mark.parametrize("text", list(hostile()), ids=lambda text: text[:12])
def test_hostile_toml_is_refused_quickly(text: str) -> None:
    begin = time.perf_counter()
    problems(text)
    assert time.perf_counter() - begin < 5.0  # a generous multiple of the worst seen, 0.8 s on a busy machine


KEYS = st.sampled_from(
    ["meter", "adc", "current.line", "current", "part", "kind", "un", "gains", "'", '"x y"', "\n", "budget"]
)
VALUES = st.sampled_from(
    ['"230 V"', '"shunt"', '"ADS131M04"', "1", "-1", "inf", "nan", "[]", "{}", "[[1, 2], 3]", "true", "''"]
)
LINES = st.lists(
    st.one_of(KEYS.map("[{}]".format), KEYS.map("[[{}]]".format), st.builds("{} = {}".format, KEYS, VALUES))
)


@given(st.one_of(st.text(max_size=300), LINES.map("\n".join)))
@example("")
def test_no_text_gives_anything_but_a_platform_error(text: str) -> None:
    with pytest.raises(PlatformError):
        loads(text)


@given(st.data())
def test_a_file_with_one_line_replaced_loads_or_is_refused(data: st.DataObject) -> None:
    lines = HOME.splitlines()
    number = data.draw(st.integers(0, len(lines) - 1))
    key = lines[number].partition(" = ")[0]
    value = data.draw(st.one_of(VALUES, st.text(max_size=20).map(repr), st.integers().map(str), st.floats().map(str)))
    lines[number] = f"{key} = {value}"
    try:
        loaded = loads("\n".join(lines))
    except PlatformError as error:
        shown = error.problems
        assert shown
        assert all("\n" not in line for line in shown)
    else:
        assert isinstance(loaded, Platform)


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        (
            'sensor_error = "2 K"\n',
            "",
            "clock.trim.sensor_error: expected with a compensation of temperature, and only with one",
        ),
        (
            'compensation = "nominal" ',
            'compensation = "none" ',
            "clock.trim.sensor_error: expected with a compensation of temperature, and only with one",
        ),
        (
            'restart_voltage = "9 V"',
            'restart_voltage = "11.5 V"',
            (
                "supply.restart_voltage: found 11.5 V, expected above minimum_voltage, 5.5 V, and at most voltage less "
                "its tolerance, 11.4 V"
            ),
        ),
        (
            'pickup = "70 %"',
            'pickup = "60 %"',
            "supply.pickup: found 0.6, expected more than dropout, 0.6",
        ),
        (
            'voltage = "3.3 V ± 2 %" ',
            'voltage = "5.5 V ± 2 %" ',
            "backup.voltage: found more than the capacitor bears, 5.5 V, tolerance included",
        ),
        (
            'part = "KW-5R5C105"',
            'part = "ER14250"',
            (
                "backup.part: found 'ER14250', which is of kind 'lithium', expected a part of kind 'supercapacitor': "
                "the catalogue has KR-5R5V334, KW-5R5C105"
            ),
        ),
        (
            'supply = "1.5..3.6 V"',
            'supply = "-1..3.6 V"',
            "clock.supply: found '-1..3.6 V', expected a range such as '1.5..5.5 V', at least 0 V",
        ),
    ],
)
def test_clock_and_backup_are_checked_at_the_door(old: str, new: str, line: str) -> None:
    assert problems(changed((old, new))) == (line,)


def test_clock_and_backup_may_be_left_out() -> None:
    design = loads(HOME[: HOME.index("[clock]")] + HOME[HOME.index("# What each function") :])
    assert (design.clock, design.backup) == (None, None)
