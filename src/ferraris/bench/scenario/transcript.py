"""The transcript: one line per thing that happened, in local time with its offset, for a metering engineer to read."""

from typing import Literal, NamedTuple, TypeAlias

from ferraris.bench.scenario.zone import Zone, written

Kind: TypeAlias = Literal["scenario", "mains", "world", "load", "command", "meter", "expect"]


class Line(NamedTuple):
    """One line; `at_ms` is UTC, `holds` says of an expectation whether it does."""

    at_ms: int
    kind: Kind
    text: str
    holds: bool | None = None


def shown(zone: Zone, line: Line) -> str:
    """The line as it is printed."""
    mark = {True: "ok    ", False: "FAILED", None: "      "}[line.holds]
    return f"{moment(zone, line)}  {mark}  {line.kind:<8}  {line.text}"


def moment(zone: Zone, line: Line) -> str:
    """When it happened, to the nearest second: the meter's clock and with it what it does are a few ms off."""
    return written(zone, (line.at_ms + 500) // 1000 * 1000)


def span(seconds: float) -> str:
    """A duration for people: "5 min", "2 d 3 h", "0.4 s"."""
    if seconds < 60:
        return f"{seconds:.3g} s"
    rest, parts = round(seconds), []
    for size, unit in ((86_400, "d"), (3600, "h"), (60, "min"), (1, "s")):
        count, rest = divmod(rest, size)
        parts += [f"{count} {unit}"] if count else []
    return " ".join(parts)
