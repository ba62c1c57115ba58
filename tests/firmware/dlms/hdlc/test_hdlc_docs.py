"""What docs/hdlc.md draws and says is what the code does."""

import importlib.util
import re
from pathlib import Path
from types import ModuleType

import pytest

from ferraris.app import live_serial, live_udp
from ferraris.firmware.dlms.hdlc import link
from ferraris.firmware.dlms.hdlc.link import DEFAULT_SETTINGS

REPO = Path(__file__).resolve().parents[4]
PAGE = (REPO / "docs" / "hdlc.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def painter() -> ModuleType:
    spec = importlib.util.spec_from_file_location("draw_states", REPO / "scripts" / "draw_states.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_diagrams_are_drawn_from_the_tables(painter: ModuleType) -> None:
    assert painter.drawn(PAGE) == PAGE, "python scripts/draw_states.py draws them anew"
    for name in painter.MACHINES:
        assert f"<!-- states {name} -->\n\n```mermaid\nstateDiagram-v2" in PAGE


def test_a_changed_table_changes_the_page(painter: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    key = (link.State.CONNECTED, link.Event.READY)
    changed = {**link.TABLE, key: link.Step(link.reject, link.State.REJECTED)}
    monkeypatch.setitem(painter.MACHINES, "server", changed)
    assert "CONNECTED --> REJECTED: RR / reject\n" in painter.drawn(PAGE)
    assert "| RR | refuse | reject → rejected | reject_again |" in painter.drawn(PAGE)
    assert painter.drawn(PAGE) != PAGE


def test_the_limits_are_those_of_the_code() -> None:
    limits = dict(re.findall(r"^\| ([^|]+) \| ([\d.]+)[^|]*\| [^|]+ \|$", PAGE.split("## Limits")[1], re.MULTILINE))
    assert {name: float(value) for name, value in limits.items()} == {
        "links of a line": DEFAULT_SETTINGS.links,
        "a request": DEFAULT_SETTINGS.apdu_octets,
        "unfetched answers": DEFAULT_SETTINGS.waiting_octets,
        "silence of a link": DEFAULT_SETTINGS.inactivity_ms / 1000,
        "pause within a frame": DEFAULT_SETTINGS.inter_octet_ms,
        "unsent on a serial line": live_serial.DEFAULT_LIMITS.stall_s,
        "UDP peers": live_udp.DEFAULT_LIMITS.peers,
    }
