"""Plays a week on a meter, with the auditor listening, and compares the two to the integer."""

from collections.abc import Iterator
from dataclasses import fields
from typing import Any

from swarm_shown import Shown, of_auditor
from swarm_story import CloseBilling, Dip, Event, LoadCalendar, Look, Maker, Meter, Outage, Press, SetClock, Story

from ferraris.bench.auditor.auditor import Account, Auditor


def play(story: Story, maker: Maker) -> list[str]:
    """Differences between meter and auditor, each one line; empty if they agree. Stops at the first that differ."""
    auditor = Auditor(story.terms)
    meter = maker(story, auditor)
    meter.switch_on(0, loses_clock=False)
    for event in (*story.events, Look(story.end)):
        _do(meter, event)
        if isinstance(event, Look):
            found = compared(meter.account(event.at), auditor) + auditor.complaints
            if found:
                return [f"at {event.at} ms: {line}" for line in found]
    return []


def _do(meter: Meter, event: Event) -> None:
    match event:
        case Outage():
            meter.cut(event.at, is_warned=event.is_warned)
            meter.switch_on(event.at + event.for_ms, loses_clock=event.loses_clock)
        case Dip():
            meter.dip(event.at, event.for_ms)
        case SetClock():
            meter.set_clock(event.at, event.by_ms)
        case CloseBilling():
            meter.close_billing(event.at)
        case Press():
            meter.press(event.at)
        case LoadCalendar():
            meter.load_calendar(event.at, event.tariff, event.activation)
        case Look():
            pass


def compared(meter: Account | Shown, auditor: Auditor) -> list[str]:
    """Compare the two; a real meter keeps whole mWs and seconds in its rows: the auditor is rounded down, too."""
    if isinstance(meter, Shown):
        return differences(meter, of_auditor(auditor.account(), auditor.terms))
    return differences(meter, auditor.account())


def differences(meter: Any, auditor: Any) -> list[str]:
    """One line for each field of the account that differs, with the place of the first difference in it."""
    return [
        f"{field.name}{where}: meter {one}, auditor {other}"
        for field in fields(auditor)
        for where, one, other in _first(getattr(meter, field.name), getattr(auditor, field.name), "")
    ]


def _first(one: Any, other: Any, where: str) -> Iterator[tuple[str, Any, Any]]:
    """The first place at which two values differ: (where, one, other)."""
    if one == other:
        return
    for key, a, b in _parts(one, other):
        if a != b:
            yield from _first(a, b, f"{where}{key}")
            return
    yield where, one, other


def _parts(one: Any, other: Any) -> list[tuple[str, Any, Any]]:
    """The same parts of two values, as far as both have them."""
    if type(one) is not type(other):
        return []
    if isinstance(one, dict):
        return [(f"[{key}]", one[key], other[key]) for key in one if key in other]
    if hasattr(one, "_fields"):
        return [(f".{name}", getattr(one, name), getattr(other, name)) for name in one._fields]
    if hasattr(one, "__dataclass_fields__"):
        return [(f".{name}", getattr(one, name), getattr(other, name)) for name in one.__dataclass_fields__]
    if isinstance(one, tuple):
        return [(f"[{index}]", a, b) for index, (a, b) in enumerate(zip(one, other, strict=False))]
    return []
