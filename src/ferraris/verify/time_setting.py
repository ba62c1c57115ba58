"""Who may set the clock of a running meter, tried out with real messages at its port (item 3.3)."""

from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

from ferraris.bench.bench import NANOSECONDS_PER_MS, Bench
from ferraris.bench.clock import rtc_ms
from ferraris.bench.peer import Credentials, Peer, SilentError
from ferraris.firmware.dlms import datetimes
from ferraris.firmware.dlms.cosem import classes
from ferraris.firmware.dlms.cosem.classes import ClassId
from ferraris.firmware.dlms.results import DlmsError
from ferraris.firmware.meter.config import Client, RingId
from ferraris.firmware.meter.events import Event, EventRow, decode_event
from ferraris.hardware.platform.models import Platform
from ferraris.verify.running_meter import on_its_board, payloads

CLOCK = bytes((0, 0, 1, 0, 0, 255))
BEGINS = "2026-02-11 10:07"
STEP_MS = 5_000
"""A change that every source may make: 5 s."""
BEYOND_MS = 10_000
"""So much more than a source may."""
BETWEEN_NS = 61_000_000_000
"""Between attempts: a client's refusals are logged once a minute at most."""
WAIT_MS = 60_000
"""Longer than the waiting time of a source, so that it is not refused for that."""
WRONG = b"not the password"


class Change(NamedTuple):
    """A change of the clock that was made, ms."""

    old: int
    new: int
    client: int


Tries: TypeAlias = list[Change | None]
"""What became of attempts; None: the clock goes on as if nobody had asked."""


@dataclass(frozen=True)
class Attempts:
    """What the experiment found.

    sources    clients that may set the clock, best priority first
    accepted   changes of a few seconds by each source, worst first
    strangers  attempts of the public client, of readers, and under the name of each source with a wrong password
    overruled  attempts of sources while the time of a better one held
    beyond     attempts of sources to change the clock by more than they may
    log        the event log afterwards
    """

    sources: tuple[Client, ...]
    accepted: Tries
    strangers: Tries
    overruled: Tries
    beyond: Tries
    log: tuple[EventRow, ...]


def attempt(platform: Platform) -> Attempts:
    """Let everybody try; sources after another, the worst first, for a better one need not wait for it."""
    bench = on_its_board(platform, BEGINS)
    bench.switch_on(0)
    clients = bench.config.clients
    sources = tuple(sorted((each for each in clients if each.priority), key=lambda each: each.priority))
    strangers = [_sets(bench, each, STEP_MS) for each in _strangers(clients)]
    beyond = [_sets(bench, _known(each), each.most_ms + BEYOND_MS) for each in sources if each.most_ms]
    accepted = [_sets(bench, _known(each), _step_ms(each)) for each in reversed(sources)]
    overruled = [_sets(bench, _known(each), _step_ms(each)) for each in _lower(bench, sources)]
    log = tuple(decode_event(row) for row in payloads(bench, RingId.EVENTS))
    return Attempts(sources, accepted, strangers, overruled, beyond, log)


def unlogged(found: Attempts) -> int:
    """Changes made that the event log does not tell, before and after, with both times and who."""
    made = [each for each in (*found.accepted, *found.strangers, *found.overruled, *found.beyond) if each is not None]
    told = Counter((row.code, row.old, row.new, row.client) for row in found.log)
    codes = int(Event.CLOCK_OLD), int(Event.CLOCK_NEW)
    wanted = Counter((code, *each) for each in made for code in codes)
    return (wanted - told).total()


def unlogged_refusals(found: Attempts) -> int:
    """Refusals of sources that the event log does not tell."""
    refused = (*found.overruled, *found.beyond, *found.accepted).count(None)
    return max(refused - sum(row.code == Event.CLOCK_REFUSED for row in found.log), 0)


def _known(client: Client) -> Credentials:
    return Credentials(client.number, client.password)


def _strangers(clients: tuple[Client, ...]) -> Iterator[Credentials]:
    yield Credentials()
    for each in clients:
        yield Credentials(each.number, WRONG)
        if not each.priority:
            yield _known(each)


def _step_ms(client: Client) -> int:
    """A change that this source may make, whole tenths of a second as the clock travels."""
    return min(STEP_MS, client.most_ms // 100 * 100) if client.most_ms else STEP_MS


def _lower(bench: Bench, sources: tuple[Client, ...]) -> Iterator[Client]:
    """Sources that are worse than the best, each when its own waiting time is over while the best one's time holds."""
    best = sources[0].priority if sources else 0
    for each in sources:
        if each.priority > best and each.every_ms + WAIT_MS < bench.config.source_hold_ms:
            bench.advance(max(bench.now_ns, (each.every_ms + WAIT_MS) * NANOSECONDS_PER_MS))
            yield each


def _sets(bench: Bench, who: Credentials, by_ms: int) -> Change | None:
    """Ask for a change; whether it was made is told by the clock itself, not by the reply."""
    bench.advance(bench.now_ns + BETWEEN_NS)
    old_ms = rtc_ms(bench.clock, bench.now_ns)
    asked_ms = (old_ms + by_ms) // 10 * 10
    with suppress(DlmsError, SilentError), Peer(bench, who) as peer:
        peer.set(ClassId.CLOCK, CLOCK, 2, classes.date_time(datetimes.local(asked_ms)))
    new_ms = rtc_ms(bench.clock, bench.now_ns)
    return None if new_ms == old_ms else Change(old_ms, new_ms, who.client)
