"""Each house rule is shown a small bad example, and a good one that looks like it."""

import pytest
import style_rules as rules


@pytest.mark.parametrize(
    ("module", "text", "culprit"),
    [
        ("ferraris.units", "import ferraris.pins", "ferraris.pins"),
        ("ferraris.units", "import numpy as np", "numpy"),
        ("ferraris.pins", "from ferraris import units", "ferraris.units"),
        ("ferraris.hardware.platform.models", "import numpy", "numpy"),
        (
            "ferraris.hardware.world.load",
            "from ferraris.hardware.chain import measure",
            "ferraris.hardware.chain.measure",
        ),
        (
            "ferraris.hardware.chain.dsp",
            "from ferraris.firmware.billing import registers",
            "ferraris.firmware.billing.registers",
        ),
        (
            "ferraris.hardware.physics.nvm",
            "from ferraris.hardware.chain.adc import codes",
            "ferraris.hardware.chain.adc.codes",
        ),
        ("ferraris.firmware.billing.registers", "import numpy", "numpy"),
        (
            "ferraris.firmware.billing.registers",
            "from ferraris.firmware.store import codec",
            "ferraris.firmware.store.codec",
        ),
        ("ferraris.firmware.billing.registers", "from ..store import codec", "ferraris.firmware.store.codec"),
        ("ferraris.firmware.billing.registers", "import cryptography.x509", "cryptography.x509"),
        (
            "ferraris.firmware.meter.step",
            "from ferraris.hardware.platform import load",
            "ferraris.hardware.platform.load",
        ),
        ("ferraris.bench.bench", "from ferraris.verify import finding", "ferraris.verify.finding"),
        ("ferraris.verify.finding", "def f():\n    from ferraris.app import cli", "ferraris.app.cli"),
        ("ferraris.app.cli", "import requests", "requests"),
    ],
)
def test_an_import_outside_the_table_is_found(module: str, text: str, culprit: str) -> None:
    [complaint] = rules.check_imports(module, text)
    assert complaint.endswith(f"may not import {culprit}")


@pytest.mark.parametrize(
    ("module", "text"),
    [
        ("ferraris.pins", "from typing import NamedTuple"),
        ("ferraris.hardware.chain.adc", "from ferraris.hardware.platform.models import Adc\nimport numba"),
        ("ferraris.firmware.meter.step", "from ..billing import registers\nfrom . import state"),
        ("ferraris.firmware.dlms.security", "from cryptography.hazmat.primitives.ciphers import aead"),
        ("ferraris.app.cli", "from ferraris import __version__\nfrom ferraris.verify import finding"),
    ],
)
def test_an_import_the_table_allows_is_let_through(module: str, text: str) -> None:
    assert rules.check_imports(module, text) == []


def test_a_relative_import_of_a_package_counts_from_itself() -> None:
    assert rules.check_imports("ferraris.firmware.store", "from . import codec", is_package=True) == []
    assert rules.check_imports("ferraris.firmware.store", "from ..dlms import axdr", is_package=True) != []


def test_a_room_that_the_table_does_not_know_is_refused() -> None:
    assert rules.check_imports("ferraris.attic.box", "") == ["ferraris.attic.box: the import table knows no such room"]
    assert rules.check_imports("ferraris.hardware.attic", "") != []


def test_a_long_function_is_found_and_a_kernel_is_not() -> None:
    long = "def f():\n" + "    x = 1\n" * 60
    assert rules.check_lengths("m.py", long) == ["m.py:1: f has 61 lines"]
    assert rules.check_lengths("m.py", "def f():\n" + "    x = 1\n" * 59) == []
    assert rules.check_lengths("m.py", "@numba.njit(cache=True)\n" + long) == []
    assert rules.check_lengths("m.py", "@functools.cache\n" + long) != []


def test_a_long_file_is_found_unless_it_is_named() -> None:
    text = "x = 1\n" * 400
    assert rules.check_lengths("m.py", text) == ["m.py: 400 lines"]
    assert rules.check_lengths("m.py", text, file_exempt=True) == []


@pytest.mark.parametrize(
    "text",
    [
        "import time\ntime.time()",
        "import time as clock\nf(now=clock.monotonic)",
        "from time import perf_counter as tick\ntick()",
        "from datetime import datetime\ndatetime.now()",
        "import datetime as dt\ndt.date.today()",
        "import random\nrandom.random()",
        "from os import urandom\nurandom(8)",
        "import secrets\nsecrets.token_bytes(8)",
        "import numpy as np\nnp.random.default_rng()",
        "from numpy.random import normal\nnormal()",
        "print('x')",
        "async def f(): pass",
        "import uuid\nuuid.uuid4()",
    ],
)
def test_a_clock_or_chance_below_app_is_found(text: str) -> None:
    assert rules.check_banned("m.py", text) != []


@pytest.mark.parametrize(
    "text",
    [
        "import numpy as np\nnp.random.Generator(np.random.Philox(key=1))",
        "from datetime import datetime\ndatetime.fromtimestamp(0, tz=None)",
        "def f(time):\n    return time + 1",
        "import secrets\nsecrets.compare_digest(b'', b'')",
        "fingerprint = 1\nprinted = fingerprint",
        "import uuid\nx = uuid.UUID",
        "def f(time):\n    return time.status",
    ],
)
def test_what_only_looks_banned_is_let_through(text: str) -> None:
    assert rules.check_banned("m.py", text) == []


@pytest.mark.parametrize(
    "text",
    ["open('x')", "import io\nio.open('x')", "p.read_text()", "import numpy as np\nnp.load('x')", "p.open('rb')"],
)
def test_opening_a_file_is_found(text: str) -> None:
    assert rules.check_files("m.py", text) != []


def test_calling_something_opened_is_no_file() -> None:
    assert rules.check_files("m.py", "opened = Opened(peer)\nreader.read(4)\nstorage.open()") == []


def test_a_silent_module_is_found() -> None:
    assert rules.check_docstring("m.py", "x = 1") == ["m.py: no module docstring"]
    assert rules.check_docstring("m.py", '"""What it is."""\nx = 1') == []


@pytest.mark.parametrize("line", ["see /tmp/x.txt", "cd /home/ann/ferraris", "open('/work/a')", "read shared/notes.md"])
def test_a_path_of_one_machine_is_found(line: str) -> None:
    assert rules.check_local_paths("m.md", line) == [f"m.md:1: {line}"]


@pytest.mark.parametrize(
    "line", ["a frame/work/order", "$(tmp)/x", "shared/recordings/a.npz", "./tmp/x", "tmp_path / 'x'"]
)
def test_a_path_of_the_clone_is_let_through(line: str) -> None:
    assert rules.check_local_paths("m.md", line) == []


def test_names_in_backticks_are_looked_up_without_importing() -> None:
    page = "`ferraris.pins.Reading` and `ferraris run` and `src/ferraris/pins.py` and `x.y`"
    assert rules.code_names(page) == ["ferraris.pins.Reading", "src/ferraris/pins.py"]
    assert rules.exists("ferraris.pins")
    assert rules.exists("ferraris.pins.Reading.first_tick")
    assert rules.exists("ferraris.pins.TICKS_PER_SECOND")
    assert rules.exists("src/ferraris/pins.py")
    assert not rules.exists("ferraris.pins.Needle")
    assert not rules.exists("ferraris.pins.Reading.no_such_field")
    assert not rules.exists("ferraris.haystack.needle")
    assert not rules.exists("src/ferraris/haystack.py")


def test_items_missing_doubled_and_unknown_are_found() -> None:
    assert len(rules.ITEMS) == 26
    assert (rules.ITEMS[0], rules.ITEMS[-1]) == ("1.1", "7.4")
    text = '@item("1.1", "accuracy")\ndef f(platform): ...\n@other("1.2")\ndef g(): ...'
    assert rules.item_ids(text) == ["1.1"]
    assert rules.check_items(list(rules.ITEMS)) == []
    assert rules.check_items(list(rules.ITEMS[1:])) == ["1.1: no function"]
    assert rules.check_items([*rules.ITEMS, "2.2"]) == ["2.2: 2 functions"]
    assert rules.check_items([*rules.ITEMS, "1.4"]) == ["1.4: not an item of the checklist"]
