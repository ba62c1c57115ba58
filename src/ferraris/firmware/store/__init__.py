"""What the meter remembers: records in a journal, rows in rings, and recovery from any bytes whatever.

The problem, the designs that fail and why, and the layout byte by byte are told in docs/storage.md.
"""

from ferraris.firmware.store.damage import Damage
from ferraris.firmware.store.journal import Journal, JournalFullError, append, avoid, compact, headroom
from ferraris.firmware.store.layout import Geometry, Layout, LayoutError, RingSpec, plan
from ferraris.firmware.store.operations import Erase, Operation, Program, blanks, programmed, unread
from ferraris.firmware.store.recovery import Recovered, Refused, recover
from ferraris.firmware.store.ring import Ring, advance, follow, push, row

__all__ = [
    "Damage",
    "Erase",
    "Geometry",
    "Journal",
    "JournalFullError",
    "Layout",
    "LayoutError",
    "Operation",
    "Program",
    "Recovered",
    "Refused",
    "Ring",
    "RingSpec",
    "advance",
    "append",
    "avoid",
    "blanks",
    "compact",
    "follow",
    "headroom",
    "plan",
    "programmed",
    "push",
    "recover",
    "row",
    "unread",
]
