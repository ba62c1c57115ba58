"""What docs/dlms.md shows is what the code does."""

import re
from pathlib import Path

from ferraris.app.live_server import DEFAULT_LIMITS
from ferraris.firmware.dlms import association, blocks, compact, reading
from ferraris.firmware.dlms.axdr import MAXIMUM_DEPTH
from ferraris.firmware.dlms.host import COMMANDING, READING
from ferraris.firmware.dlms.server import TABLE, Event, State

PAGE = (Path(__file__).resolve().parents[3] / "docs" / "dlms.md").read_text(encoding="utf-8")


def drawn() -> str:
    """The state table as the page has it."""
    head = ["| event | " + " | ".join(state.value for state in State) + " |", "|---" * (len(State) + 1) + "|"]
    rows = [
        f"| {event.value} | " + " | ".join(TABLE[state, event].__name__ for state in State) + " |" for event in Event
    ]
    return "\n".join([*head, *rows])


def test_the_state_table_is_drawn_from_the_code() -> None:
    assert drawn() in PAGE, drawn()


def test_the_limits_are_those_of_the_code() -> None:
    limits = dict(re.findall(r"^\| ([^|]+) \| ([\d.]+)[^|]*\| [^|]+ \|$", PAGE.split("## Limits")[1], re.MULTILINE))
    assert int(limits["an APDU from a client"]) == association.SERVER_MAX_PDU
    assert int(limits["nesting of data"]) == MAXIMUM_DEPTH
    assert int(limits["a block"]) == blocks.MAXIMUM_BLOCK_PDU
    assert int(limits["a value or parameter that comes in blocks"]) << 10 == blocks.MAXIMUM_VALUE
    assert int(limits["answers to one list"]) << 20 == reading.MAXIMUM_ANSWERS
    assert int(limits["values of one compact array"]) == compact.MAXIMUM_VALUES
    assert int(limits["connections"]) == DEFAULT_LIMITS.connections
    assert int(limits["silence"]) == DEFAULT_LIMITS.idle_s
    assert int(limits["replies a peer does not fetch"]) << 20 == DEFAULT_LIMITS.unsent


def test_the_conformance_is_that_of_the_code() -> None:
    assert f"`{READING.to_bytes(3, 'big').hex(' ')}`" in PAGE
    assert f"`{COMMANDING.to_bytes(3, 'big').hex(' ')}`" in PAGE
