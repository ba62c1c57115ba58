"""Rows of a profile, quickly: the tags of a row never change, so they stand in a template and a row is one call.

`classes.buffer` joins cells that are encoded one by one and takes any; `row_encoder` is for long buffers of plain
numbers and date-times.
"""

import struct
from collections.abc import Callable, Sequence
from functools import lru_cache
from operator import itemgetter
from typing import Any

from ferraris.firmware.dlms import axdr
from ferraris.firmware.dlms.axdr import NUMBERS, Tag
from ferraris.firmware.dlms.datetimes import OCTETS

CLOCK = Tag.OCTET_STRING
"""A column of date-times: twelve octets, under the tag and length of an octet-string."""


@lru_cache(maxsize=64)
def row_encoder(tags: tuple[Tag, ...], columns: tuple[int, ...]) -> Callable[[tuple[Any, ...]], bytes]:
    """Make the encoder of rows, once for the same arguments.

    It takes all cells of a row, and encodes those of `columns` as a structure.

    tags     the type of each cell: `CLOCK`, whose cell is twelve octets, or an integer type
    columns  which of them, in which order

    The encoder raises `struct.error` for a number out of its type's range.
    """
    head = bytes((Tag.STRUCTURE,)) + axdr.length(len(columns))
    if not columns:
        return lambda _: head
    constants = (head, OCTETS, *(int(tag) for tag in tags))
    form, order = f">{len(head)}s", [len(tags)]
    for column in columns:
        order.append(len(tags) + 2 + column)
        if tags[column] is CLOCK:
            order.append(len(tags) + 1)
            form += f"BB{OCTETS}s"
        else:
            form += "B" + NUMBERS[tags[column]].format[1:]
        order.append(column)
    pick, pack = itemgetter(*order), struct.Struct(form).pack
    return lambda cells: pack(*pick(cells + constants))


def buffer(rows: Sequence[bytes]) -> bytes:
    """Encode the buffer of a profile from rows that are encoded already."""
    return axdr.array(rows)
