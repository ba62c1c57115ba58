"""Invocation counters: what we accept from others, and what we use ourselves. Pure values; the meter keeps them.

A counter belongs to a link: a sender's system title and a key. Two keys or two clients never share one, and the two
directions differ by the sender's title.

**Received.** A counter must be higher than the last one accepted on its link, and is taken only after the tag has been
verified: who has no key moves nothing. The highest value of all is never accepted (Green Book 9.2.2.5, as quoted by an
open description: the function fails there). The standard allows any gap; we do not, by the rule the same clause leaves
to the project: a counter may be at most `WINDOW` ahead. A single message with an absurd counter, sent by a faulty
head end that does have the key, so cannot use the link up; it is refused and told what is expected.

**Own.** A counter used twice under one key gives the key away, so what may have been used before a power cut must not
be used after it. Counters are reserved in blocks: `reserve` names a new high-water mark, the meter commits it, and only
then `reserved` lets them be drawn. After a reset the meter goes on at the mark, whatever was left below it. One commit
pays for a block of replies; a reset costs at most one block of the 4 294 967 295 there are.

**Order of duties.** Received: `check`, verify, act, `accept`, commit, reply: a commit that is lost with the power loses
the reply too, and then the message had an effect that its sender did not hear of, as without any security. Where acting
twice is not harmless (a token, a key) the accepted counter goes into the same commit as the effect.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from ferraris.firmware.dlms.results import DlmsError
from ferraris.firmware.dlms.security.suites import COUNTER_OCTETS, TITLE_OCTETS, check_title

END = 0xFFFF_FFFF
"""The counter that is never used and never accepted."""
WINDOW = 1 << 28
"""Furthest a counter may be ahead, and what a first contact leaves over. Judgement, no standard: eight years of a head
end that counts in seconds fit in, and it takes sixteen such leaps, each with the key, to use a link up."""
BLOCK = 1024
"""Own counters reserved at a time unless told otherwise: 4 million resets fit in."""
LINKS = 255
"""Links that are remembered; their number is written in one octet."""


class CounterError(DlmsError):
    """A counter that came before, or is too far ahead; `expected` is the lowest that would do."""

    def __init__(self, message: str, expected: int) -> None:
        super().__init__(message)
        self.expected = expected


class ExhaustedError(DlmsError):
    """All counters under a key are used up: nothing can be sent until there is another key."""


class Link(NamedTuple):
    """Who sends, and under which key."""

    title: bytes
    key: int
    """Number of the key in the vault."""


Received = Mapping[Link, int]
"""The lowest counter that is still acceptable on each link; 0 where a link is not there."""

NOTHING: Received = MappingProxyType({})


def check(received: Received, link: Link, counter: int, window: int = WINDOW) -> None:
    """Raise `CounterError` unless the counter is new and plausible. To be called before any key is touched."""
    lowest = received.get(link, 0)
    if counter < lowest:
        raise CounterError(f"invocation counter {counter} came before, {lowest} or more is expected", lowest)
    highest = _highest(received, link, window)
    if counter > highest:
        raise CounterError(f"invocation counter {counter} is not plausible, {lowest} to {highest} is expected", lowest)


def _highest(received: Received, link: Link, window: int) -> int:
    """Give the highest counter that is plausible: on a first contact, one that leaves a whole window over."""
    if link not in received:
        return END - 1 - window
    return min(received[link] + window, END - 1)


def accept(received: Received, link: Link, counter: int) -> Received:
    """Take a counter whose message has been verified. Raises `DlmsError` when there are too many links."""
    assert received.get(link, 0) <= counter < END, "checked before"
    check_title(link.title)
    if link not in received and len(received) >= LINKS:
        raise DlmsError(f"counters of {LINKS} links are kept, this would be one more")
    return MappingProxyType({**received, link: counter + 1})


def forget(received: Received, key: int) -> Received:
    """Begin anew under a key that has just been changed (Green Book 9.2.2.5: a new key resets its counters).

    Only ever with a new key: with the old one every recorded message would be accepted once more.
    """
    return MappingProxyType({link: lowest for link, lowest in received.items() if link.key != key})


# ---------------------------------------------------------------- own


class Own(NamedTuple):
    """Counters of ours under one key: the next one to use, and how far they are durably reserved."""

    following: int = 0
    mark: int = 0
    """High-water mark: counters below it may be used, once the memory says so."""


def resume(mark: int) -> Own:
    """Go on after a reset from the mark in the memory: everything below it may have been used."""
    return Own(mark, mark)


def reserve(own: Own, block: int = BLOCK) -> int:
    """Give the high-water mark to commit so that `block` more counters can be used. Raises `ExhaustedError`."""
    assert block > 0
    if own.mark >= END:
        raise ExhaustedError("the invocation counter is used up: change the key")
    return min(own.mark + block, END)


def reserved(own: Own, mark: int) -> Own:
    """Take a mark that the memory now holds."""
    assert own.mark <= mark <= END
    return own._replace(mark=mark)


def left(own: Own) -> int:
    """Number of counters that can be used before another commit."""
    return own.mark - own.following


def draw(own: Own) -> tuple[int, Own]:
    """Use one counter. Raises `ExhaustedError` when none is reserved: sending then waits for a commit."""
    if not left(own):
        raise ExhaustedError("no invocation counter is reserved")
    return own.following, own._replace(following=own.following + 1)


# ---------------------------------------------------------------- in the memory


def encode(received: Received) -> bytes:
    """Encode the counters received, for a record of the meter's journal."""
    rows = [
        link.title + bytes((link.key,)) + lowest.to_bytes(COUNTER_OCTETS, "big")
        for link, lowest in sorted(received.items())
    ]
    return bytes((len(rows),)) + b"".join(rows)


def decode(octets: bytes) -> Received:
    """Decode the counters received. Raises `DlmsError`: a meter must not go on with counters it cannot read."""
    size = TITLE_OCTETS + 1 + COUNTER_OCTETS
    if not octets or len(octets) != 1 + octets[0] * size:
        raise DlmsError(f"{len(octets)} octets are no table of invocation counters")
    rows = [octets[at : at + size] for at in range(1, len(octets), size)]
    return MappingProxyType(
        {Link(row[:TITLE_OCTETS], row[TITLE_OCTETS]): int.from_bytes(row[TITLE_OCTETS + 1 :], "big") for row in rows}
    )
