"""Which channel goes to which terminal (`--map`), and by what factor (`--scale`).

Map:    "U1=SBUS A, I1=SBUS A 25, IN=7"    terminal = channel
        Terminals are U1 U2 U3 I1 I2 I3 IN. A channel is its name (case and runs of blanks do not matter), or the
        beginning of exactly one name of the right kind (volts for U, amperes for I), or its number counted from 1.
Scale:  "U=0.1, I2=0.05"                   the values are multiplied by this factor
        "U=2400/230, I=400/5"              a ratio: recorded value / value at the meter's terminals
        U and I stand for all terminals of that kind; a single terminal goes before them.
"""

from collections.abc import Mapping
from math import isfinite

import numpy as np

from ferraris.hardware.world.mains import Floats
from ferraris.hardware.world.recording import LARGEST_MAGNITUDE, Channel, Raw, RecordingError

TERMINALS = ("U1", "U2", "U3", "I1", "I2", "I3", "IN")
UNITS = {"V": ("U", 1.0), "KV": ("U", 1e3), "A": ("I", 1.0), "KA": ("I", 1e3)}
"""Units in headers, without regard to case; milli is spelled with a small m and handled in `unit_of`."""
PHASES = {"A": "1", "B": "2", "C": "3", "L1": "1", "L2": "2", "L3": "3", "1": "1", "2": "2", "3": "3", "N": "N"}


def unit_of(text: str) -> tuple[str, float] | None:
    """Return (kind, factor to SI) of a unit such as "kV"; None where it is neither volts nor amperes."""
    text = text.strip()
    if text in {"mV", "mA"}:
        return ("U" if text == "mV" else "I"), 1e-3
    return UNITS.get(text.upper())


def parse_map(text: str) -> dict[str, str]:
    """Parse the text of `--map` into {terminal: channel}; RecordingError says what is wrong."""
    return dict(_pairs(text, "--map", 'such as "U1=1, I1=2"', TERMINALS))


def parse_scale(text: str) -> dict[str, float]:
    """Parse the text of `--scale` into {terminal or kind: factor}; RecordingError says what is wrong."""
    pairs = _pairs(text, "--scale", 'such as "U=2400/230, I=0.05"', (*TERMINALS, "U", "I"))
    return {terminal: _factor(terminal, value) for terminal, value in pairs}


def _pairs(text: str, option: str, example: str, allowed: tuple[str, ...]) -> list[tuple[str, str]]:
    """Split "a=b, c=d" and check what stands before each equals sign."""
    pairs: list[tuple[str, str]] = []
    for item in text.split(","):
        terminal, equals, value = (part.strip() for part in item.partition("="))
        terminal = terminal.upper()
        if not equals or not value:
            raise RecordingError(f"{option}: found {item.strip()!r}, expected terminal=value {example}")
        if terminal not in allowed:
            raise RecordingError(f"{option}: found terminal {terminal!r}, expected one of {', '.join(allowed)}")
        if terminal in dict(pairs):
            raise RecordingError(f"{option}: {terminal} is given twice")
        pairs.append((terminal, value))
    return pairs


def _factor(terminal: str, text: str) -> float:
    """Read "0.05" or "2400/230" (recorded / at the terminals)."""
    above, slash, below = text.partition("/")
    try:
        factor = float(below) / float(above) if slash else float(above)
    except (ValueError, ZeroDivisionError):
        factor = float("nan")
    if not isfinite(factor) or factor == 0:
        raise RecordingError(f"--scale: {terminal}: found {text!r}, expected a factor (0.05) or a ratio (2400/230)")
    return factor


def assign(raw: Raw, channel_map: Mapping[str, str] | None, scale: Mapping[str, float] | None) -> dict[str, Floats]:
    """Return {terminal: samples at the terminal} by the map, or by the file's own names where they are clear."""
    chosen = {t: _find(raw, t, name) for t, name in channel_map.items()} if channel_map else _by_label(raw)
    count = _check_complete(raw, chosen)
    factors = {t: (scale or {}).get(t, (scale or {}).get(t[0], 1.0)) for t in chosen}
    unused = set(scale or {}) - set(chosen) - {t[0] for t in chosen}
    if unused:
        raise RecordingError(
            f"{raw.path}: --scale names {', '.join(sorted(unused))}, the recording has {', '.join(chosen)}"
        )
    assert count in {1, 2, 3}
    return {terminal: _scaled(raw, terminal, channel, factors[terminal]) for terminal, channel in chosen.items()}


def _scaled(raw: Raw, terminal: str, channel: Channel, factor: float) -> Floats:
    """Samples at the terminal, in a range that mains can have."""
    with np.errstate(over="ignore"):
        samples = channel.samples * factor
    if samples.size and not np.abs(samples).max() < LARGEST_MAGNITUDE:
        raise RecordingError(f"{raw.path}: {terminal} reaches {np.abs(samples).max():g}: damaged, or a wrong scale?")
    return samples


def listing(raw: Raw) -> str:
    """Name every channel of a file, for errors and for `--map`."""
    unit = {"U": "V", "I": "A"}
    return "; ".join(
        f"{c.number} = {' '.join(c.name.split())!r} ({unit.get(c.kind, 'unit unknown')})" for c in raw.channels
    )


def _find(raw: Raw, terminal: str, wanted: str) -> Channel:
    """Find the channel a map entry means: full name, then a unique beginning, then a number."""
    fitting = [channel for channel in raw.channels if channel.kind in {terminal[0], ""}]
    key = _plain(wanted)
    for candidates in (
        [channel for channel in fitting if _plain(channel.name) == key],
        [channel for channel in fitting if _plain(channel.name).startswith(key) and not key.isdigit()],
        [channel for channel in fitting if key.isdigit() and channel.number == int(key)],
    ):
        if len(candidates) == 1:
            return candidates[0]
        if candidates:
            names = ", ".join(repr(" ".join(channel.name.split())) for channel in candidates)
            raise RecordingError(f"{raw.path}: --map: {terminal}={wanted} fits several channels: {names}")
    kind = "volts" if terminal[0] == "U" else "amperes"
    raise RecordingError(f"{raw.path}: --map: {terminal}={wanted}: no such channel in {kind}; there are {listing(raw)}")


def _plain(name: str) -> str:
    """Name without case and with single blanks."""
    return " ".join(name.split()).casefold()


def _by_label(raw: Raw) -> dict[str, Channel]:
    """Map by the file's own names ("U1", "IN") or phases, when each terminal is claimed by one channel only."""
    claims: dict[str, list[Channel]] = {}
    for channel in raw.channels:
        terminal = channel.name.strip().upper()
        terminal = terminal if terminal in TERMINALS else channel.kind + channel.phase
        if terminal in TERMINALS:
            claims.setdefault(terminal, []).append(channel)
    doubtful = [terminal for terminal in TERMINALS if len(claims.get(terminal, ())) > 1]
    if doubtful or not {"U1", "I1"} <= set(claims):
        why = f"several channels could be {doubtful[0]}" if doubtful else "no channel says that it is U1 or I1"
        raise RecordingError(f'{raw.path}: {why}; give a map, such as --map "U1=1,I1=2"; there are {listing(raw)}')
    return {terminal: claims[terminal][0] for terminal in TERMINALS if terminal in claims}


def _check_complete(raw: Raw, chosen: Mapping[str, Channel]) -> int:
    """Every element needs a voltage and a current, and elements count from 1 without a gap."""
    volts = sorted(t[1] for t in chosen if t[0] == "U")
    amperes = sorted(t[1] for t in chosen if t[0] == "I" and t != "IN")
    if volts != amperes or volts not in (["1"], ["1", "2", "3"]):
        raise RecordingError(
            f"{raw.path}: terminals {', '.join(sorted(chosen))}, expected U1 and I1 (single phase) "
            "or U1 U2 U3 and I1 I2 I3 (three phases), each with or without IN"
        )
    return len(volts)


def stacked(terminals: Mapping[str, Floats]) -> tuple[Floats, Floats, Floats]:
    """Return voltages (elements, ...), currents (elements, ...) and the neutral current (...), by default the sum."""
    volts = np.stack([terminals[t] for t in sorted(terminals) if t[0] == "U"])
    amperes = np.stack([terminals[t] for t in sorted(terminals) if t[0] == "I" and t != "IN"])
    neutral: Floats = terminals["IN"] if "IN" in terminals else amperes.sum(axis=0)
    return volts, amperes, neutral
