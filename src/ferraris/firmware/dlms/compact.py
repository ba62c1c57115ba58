"""Compact arrays: a type description once, then the contents without tags (IEC 62056-6-2, `compact-array`, recalled).

`axdr` carries a compact array as octets; here it is spread out into the values it stands for.
"""

from ferraris.firmware.dlms import axdr
from ferraris.firmware.dlms.axdr import AxdrError, CompactArray, Data, Tag

MAXIMUM_VALUES = 1 << 16
"""Values one compact array may spread out to: a few octets of description can announce millions."""


def expand(compact: CompactArray) -> tuple[Data, ...]:
    """Spread out the elements. Raises `AxdrError` if contents and description do not fit, or it would be too much."""
    cost = _cost(compact.description, 0)[0]
    elements: list[Data] = []
    position = 0
    while position < len(compact.contents):
        if cost * (len(elements) + 1) > MAXIMUM_VALUES:
            raise AxdrError(f"a compact array of more than {MAXIMUM_VALUES} values")
        before = position
        element, _, position = _spread(compact, 0, position)
        if position == before:
            raise AxdrError("an element without octets")
        elements.append(element)
    return tuple(elements)


def _cost(description: bytes, start: int) -> tuple[int, int]:
    """Count the values one element stands for; returns the number and the position after the description."""
    tag = description[start]
    if tag == Tag.ARRAY:
        inner, end = _cost(description, start + 3)
        return 1 + inner * int.from_bytes(description[start + 1 : start + 3], "big"), end
    if tag != Tag.STRUCTURE:
        return 1, start + 1
    count, position = axdr.length_from(description, start + 1)
    total = 1
    for _ in range(count):
        member, position = _cost(description, position)
        total += member
    return total, position


def _spread(compact: CompactArray, at: int, position: int) -> tuple[Data, int, int]:
    """Read one value as the description at `at` has it; returns it and the positions after it in both."""
    tag = Tag(compact.description[at])
    if tag is Tag.ARRAY:
        count = int.from_bytes(compact.description[at + 1 : at + 3], "big")
        return _spread_array(compact, at + 3, count, position)
    if tag is Tag.STRUCTURE:
        count, at = axdr.length_from(compact.description, at + 1)
        members = []
        for _ in range(count):
            member, at, position = _spread(compact, at, position)
            members.append(member)
        return Data(tag, tuple(members)), at, position
    value, end = axdr.body_from(tag, compact.contents, position)
    return value, at + 1, end


def _spread_array(compact: CompactArray, at: int, count: int, position: int) -> tuple[Data, int, int]:
    elements = []
    for _ in range(count):
        element, _, position = _spread(compact, at, position)
        elements.append(element)
    return Data(Tag.ARRAY, tuple(elements)), _cost(compact.description, at)[1], position
