"""The pins: everything that crosses between hardware and firmware, and nothing else.

The hardware half never sees billing, the firmware half never sees the mains. What one knows of the other is what stands
here: tuples of integers, floats and bytes, as the wires of a real board would carry them. This module imports nothing.

Units at the pins
    tick        one period of the metrology sample clock, nominally 1/8000 s; counted from power-on of the bench
    uwt         micro-watt-tick: 1 uW for one tick (1 uW * 125 us = 0.125 nJ); likewise micro-var- and micro-VA-tick
    q16         1/65536 of a tick, for pulse edges between two samples
"""

from typing import NamedTuple, TypeAlias

TICKS_PER_SECOND = 8000
"""Nominal rate of the metrology sample clock, Hz. The real clock has its own ppm; firmware counts with this figure."""

QUANTA_PER_MWS = 1_000 * TICKS_PER_SECOND
"""Micro-watt-ticks in one milliwatt-second: 1 mWs = 1000 uWs, and one second has 8000 ticks."""

PORT_DLMS = 1
"""First of the ports that carry DLMS wrapper streams; each connection gets a port number of its own from here on."""


class Energies(NamedTuple):
    """Energy of one phase, or of all phases netted, that became known in one reading; every field counts up from zero.

    Unit: uwt (active), uvar-tick (reactive), uVA-tick (apparent). Quadrants as in IEC 62053-23 Annex C (recalled): Q1
    import/inductive, Q2 export/Q positive, Q3 export/Q negative, Q4 import/capacitive.
    """

    active_import: int = 0
    active_export: int = 0
    reactive_q1: int = 0
    reactive_q2: int = 0
    reactive_q3: int = 0
    reactive_q4: int = 0
    apparent_import: int = 0
    apparent_export: int = 0


class Instant(NamedTuple):
    """What one element (one phase) showed in the last closed measuring window of about 200 ms."""

    voltage_v: float = 0.0
    """True RMS voltage, V (all harmonics, without DC)."""
    current_a: float = 0.0
    """True RMS current, A."""
    active_w: float = 0.0
    """Mean active power, W; positive is import."""
    reactive_var: float = 0.0
    """Reactive power of the fundamental, var; positive is inductive at import."""
    apparent_va: float = 0.0
    """RMS voltage times RMS current, VA."""
    voltage_deg: float = 0.0
    """Angle of the fundamental voltage against that of the first phase, degrees in (-180, 180]."""
    current_deg: float = 0.0
    """Angle of the fundamental current against the same reference, degrees in (-180, 180]."""


class Reading(NamedTuple):
    """What the metering front end hands to firmware for the ticks [first_tick, last_tick).

    Energies belong to the measuring windows that closed inside the span: a window still open at `last_tick` is
    delivered by a later reading, so nothing is counted twice or dropped however the time is cut.
    """

    first_tick: int
    last_tick: int
    phases: tuple[Energies, ...]
    """Per element, each with its own sign: the sum over elements is the per-phase-netted total."""
    total: Energies
    """Netted vectorially: signed sums over the elements first, then the quadrant, window by window."""
    instant: tuple[Instant, ...]
    """Per element; empty until the first measuring window after power-on has closed: there is nothing to show yet."""
    neutral_a: float | None
    """RMS of the measured neutral current, A; None without a neutral sensor, and as long as `instant` is empty."""
    frequency_hz: float
    """0.0 while no phase has a voltage to time."""
    chip_c: float
    """Temperature the metering chip reports, degC."""
    active_pulses: tuple[int, ...]
    """Times of the active-energy pulse edges, q16 ticks, in rising order (chain/pulses says when they are emitted)."""
    reactive_pulses: tuple[int, ...]


class Opened(NamedTuple):
    """A peer connected to a port."""

    peer: str = ""


class Closed(NamedTuple):
    """The peer of a port went away, or the meter closed it."""


Received: TypeAlias = tuple[int, Opened | bytes | Closed]


POWER_FAIL = "power_fail"
"""Pin of the supply's monitor: True when the mains no longer feed the meter and it lives on its bulk capacitor."""
RESET_BUTTON = "reset_button"
"""Pin of the sealed button that resets demand: True while it is pressed."""


class Edge(NamedTuple):
    """A digital input changed at a known moment of `uptime_ms`."""

    pin: str
    """One of the names above."""
    level: bool
    uptime_ms: int


class Inputs(NamedTuple):
    """Everything firmware may know at one call of `step`."""

    rtc: int
    """The meter's own clock: milliseconds of UTC since 1970-01-01, as its crystal counts them."""
    uptime_ms: int
    """Monotonic since reset: for time-outs and debounce, never for billing."""
    reading: Reading | None = None
    received: tuple[Received, ...] = ()
    edges: tuple[Edge, ...] = ()
    entropy: bytes = b""
    """Fresh random bytes, operating-system randomness when live and a seeded stream in simulation."""
    reset_cause: str = ""
    """Not empty at the first call after a reset: "power", "watchdog", "command"."""
    clock_lost: bool = False
    """True once after a reset at which the backup supply of the clock had run out."""
    supply_v: float = 0.0
    """Voltage of the bulk capacitor."""
    backup_v: float = 0.0
    """Voltage of the store that carries the clock."""


class Commit(NamedTuple):
    """Make this record durable before anything that follows it in the same list of outputs happens."""

    kind: int
    payload: bytes


class Append(NamedTuple):
    """Add one row to a ring buffer of the non-volatile memory (a load profile, a log); durable like a `Commit`."""

    ring: int
    payload: bytes


class SetRtc(NamedTuple):
    """Let the clock show this from now on: milliseconds of UTC since 1970-01-01."""

    rtc_ms: int


class TrimRtc(NamedTuple):
    """Let the clock's divider add (positive) or drop cycles, parts per 10^9; it rounds to its own steps and limits."""

    ppb: int


class Send(NamedTuple):
    """Bytes for the peer of a port."""

    port: int
    data: bytes


class Hangup(NamedTuple):
    """Close this port."""

    port: int


WHOLE = 0x2144_DF1C
"""CRC-32 (that of zlib) over bytes that end with their own CRC-32, little-endian: so calibration constants end."""


class LoadCalibration(NamedTuple):
    """Write these calibration constants into the front end; firmware knows of them only that they are `WHOLE`."""

    constants: bytes


Output: TypeAlias = Commit | Append | LoadCalibration | SetRtc | TrimRtc | Send | Hangup
"""Duties of the bench, performed in this order of kinds: durable first, then act, then speak."""
