"""One step of the meter: what came in through the pins, and what the meter does about it.

`step` is the meter's whole behaviour. It is pure: the same arguments give the same state and the same outputs, so a
live meter, a simulated year and a crash test run the same code.
"""

from dataclasses import replace
from typing import TypeAlias

from ferraris.firmware.billing import profile
from ferraris.firmware.billing import registers as billing
from ferraris.firmware.dlms import server
from ferraris.firmware.meter import load_profile
from ferraris.firmware.meter.config import LOAD_PROFILE, OWNER, REGISTERS, Config
from ferraris.firmware.meter.objects import MeterHost
from ferraris.firmware.meter.show import shown_total
from ferraris.firmware.meter.state import State
from ferraris.firmware.store import ring
from ferraris.pins import (
    Append,
    Closed,
    Commit,
    Hangup,
    Inputs,
    LoadCalibration,
    Opened,
    Output,
    Reading,
    Received,
    Send,
)

Memory: TypeAlias = bytes | memoryview
Duties: TypeAlias = tuple[Output, ...]


def step(config: Config, state: State, memory: Memory, inputs: Inputs) -> tuple[State, Duties]:
    """Take one step: bind the memory, calibrate, keep time, account, converse, remember.

    Outputs stand in the order in which they must happen.

    `memory` is the non-volatile part as it is before this step's outputs. The meter therefore converses before it
    decides what to remember, but what it remembers is made durable before a word is sent.
    """
    state, bond = _bind(config, state)
    state, settings = _calibrate(state, inputs)
    state = _keep_time(state, inputs)
    state = _follow(config, state, memory)
    if inputs.reading is not None:
        state = _account(state, inputs.reading)
    state, words = _converse(config, state, memory, inputs.received)
    if _only_brings_bytes(inputs):
        return state, bond + settings + words
    state, records = _remember(config, state)
    return state, bond + records + settings + words


def _follow(config: Config, state: State, memory: Memory) -> State:
    """Where a slot of the profile's ring did not take its row, the row is in the next slot."""
    followed = ring.follow(config.layout, state.profile, memory)
    return state if followed is state.profile else replace(state, profile=followed)


def _only_brings_bytes(inputs: Inputs) -> bool:
    """A call between two readings, made so that a peer need not wait for the next one."""
    return inputs.reading is None and bool(inputs.received)


def _bind(config: Config, state: State) -> tuple[State, Duties]:
    """Write down whose memory this is, before anything is kept in it: once in the life of a memory."""
    if state.is_bound:
        return state, ()
    return replace(state, is_bound=True), (Commit(OWNER, config.identity.owner),)


def _calibrate(state: State, inputs: Inputs) -> tuple[State, Duties]:
    """Give the front end its constants after a reset, before the first reading; they need not be kept in RAM."""
    if not inputs.reset_cause or state.constants is None:
        return state, ()
    return replace(state, constants=None), (LoadCalibration(state.constants),)


def _keep_time(state: State, inputs: Inputs) -> State:
    """Take the clock over; after a reset, account from here on, so that an outage is an absence and not a period."""
    if inputs.reset_cause:
        power_was_down = state.power_was_down and inputs.reset_cause == "power"
        state = replace(state, accounted_ms=inputs.rtc, power_was_down=power_was_down)
    return replace(state, rtc_ms=inputs.rtc)


def _account(state: State, reading: Reading) -> State:
    """Add what the reading brought to the registers, and keep it as what the meter shows."""
    registers = billing.add(state.registers, reading.phases, reading.total)
    return replace(state, registers=registers, reading=reading)


def _converse(config: Config, state: State, memory: Memory, received: tuple[Received, ...]) -> tuple[State, Duties]:
    """Answer every peer that said something, in the order in which it came."""
    words: list[Output] = []
    for port, event in received:
        state, spoken = _answer(config, state, memory, port, event)
        words += spoken
    return state, tuple(words)


def _answer(
    config: Config, state: State, memory: Memory, port: int, event: Opened | bytes | Closed
) -> tuple[State, Duties]:
    match event:
        case Opened():
            return _with_connection(state, port, server.connect()), ()
        case Closed():
            return _without_connection(state, port), ()
        case bytes():
            return _hear(config, state, memory, port, event)


def _hear(config: Config, state: State, memory: Memory, port: int, data: bytes) -> tuple[State, Duties]:
    """Let the DLMS server answer; bytes for a port that is not open are a peer's that already left."""
    if port not in state.connections:
        return state, ()
    connection, reply, closes = server.receive(state.connections[port], data, MeterHost(config, state, memory))
    words: Duties = (Send(port, reply),) if reply else ()
    if closes:
        return _without_connection(state, port), (*words, Hangup(port))
    return _with_connection(state, port, connection), words


def _with_connection(state: State, port: int, connection: server.Connection) -> State:
    return replace(state, connections={**state.connections, port: connection})


def _without_connection(state: State, port: int) -> State:
    return replace(state, connections={key: value for key, value in state.connections.items() if key != port})


def _remember(config: Config, state: State) -> tuple[State, Duties]:
    """Commit the registers at the ends of commit intervals and capture periods, before the row that quotes them.

    If the clock has passed several ends at once there is one row, for the last: the meter does not know how the energy
    was spread over the others.
    """
    captures = profile.is_due(state.accounted_ms, state.rtc_ms, config.profile_period_ms)
    commits = captures or profile.is_due(state.accounted_ms, state.rtc_ms, config.commit_ms)
    state = replace(state, accounted_ms=state.rtc_ms)
    records: Duties = (snapshot(state),) if commits else ()
    if not captures:
        return state, records
    state, row = _capture(config, state)
    return state, (*records, row)


def snapshot(state: State) -> Commit:
    """The record that makes the registers durable."""
    return Commit(REGISTERS, billing.encode(state.registers))


def _capture(config: Config, state: State) -> tuple[State, Append]:
    """Close the capture period that ended at or before now; its row follows the registers into the memory."""
    ended_ms = profile.boundary(state.rtc_ms, config.profile_period_ms)
    row = profile.encode_row(
        profile.capture(ended_ms, load_profile.pending(state), shown_total(config, state.registers))
    )
    advanced = ring.advance(config.layout, state.profile)
    return replace(state, profile=advanced, power_was_down=False, is_damaged=False), Append(LOAD_PROFILE, row)
