"""One step of the meter: what came in through the pins, and what the meter does about it.

`step` is the meter's whole behaviour. It is pure: the same arguments give the same state and the same outputs, so a
live meter, a simulated year and a crash test run the same code.
"""

from typing import TypeAlias

from ferraris.firmware.billing.profile import Status
from ferraris.firmware.dlms import server
from ferraris.firmware.meter import accounting, outages
from ferraris.firmware.meter.config import Config, RecordKind
from ferraris.firmware.meter.events import Event
from ferraris.firmware.meter.history import Reason
from ferraris.firmware.meter.objects import MeterHost
from ferraris.firmware.meter.state import State, changed
from ferraris.firmware.meter.trim import correction_ppb
from ferraris.firmware.meter.turn import Turn, mark, with_axis
from ferraris.firmware.meter.wake import next_commit
from ferraris.firmware.store import ring
from ferraris.pins import (
    POWER_FAIL,
    RESET_BUTTON,
    Closed,
    Commit,
    Edge,
    Hangup,
    Inputs,
    LoadCalibration,
    Opened,
    Output,
    Received,
    Send,
    TrimRtc,
)

Memory: TypeAlias = bytes | memoryview
Duties: TypeAlias = tuple[Output, ...]


def step(config: Config, state: State, memory: Memory, inputs: Inputs) -> tuple[State, Duties]:
    """Take one step: bind the memory, calibrate, keep time, account, watch, converse, remember.

    Outputs stand in the order in which they must happen.

    `memory` is the non-volatile part as it is before this step's outputs. The meter therefore converses before it
    decides what to remember, but what it remembers is made durable before a word is sent.
    """
    state, bond = _bind(config, state)
    state, settings = _calibrate(state, inputs)
    state = _follow(config, state, memory)
    if _only_brings_bytes(inputs):
        turn = Turn(changed(state, rtc_ms=inputs.rtc))
        must_commit = False
    else:
        turn, must_commit = _measured(config, state, inputs)
    turn, words = _converse(config, turn, memory, inputs.received)
    state, records = accounting.sealed(config, turn, must_commit=must_commit)
    return state, bond + settings + records + words


def _follow(config: Config, state: State, memory: Memory) -> State:
    """Where a slot of a ring did not take the row of the call before, the row is in the next slot."""
    if not state.appended:
        return state
    rings = list(state.rings)
    for number in state.appended:
        rings[number] = ring.follow(config.layout, rings[number], memory)
    return changed(state, rings=tuple(rings), appended=())


def _only_brings_bytes(inputs: Inputs) -> bool:
    """A call between two readings, made so that a peer need not wait for the next one."""
    return inputs.reading is None and bool(inputs.received)


def _bind(config: Config, state: State) -> tuple[State, Duties]:
    """Write down whose memory this is, before anything is kept in it: once in the life of a memory."""
    if state.is_bound:
        return state, ()
    return changed(state, is_bound=True), (Commit(RecordKind.OWNER, config.identity.owner),)


def _calibrate(state: State, inputs: Inputs) -> tuple[State, Duties]:
    """Give the front end its constants after a reset, before the first reading; they need not be kept in RAM."""
    if not inputs.reset_cause or state.constants is None:
        return state, ()
    return changed(state, constants=None), (LoadCalibration(state.constants),)


def _measured(config: Config, state: State, inputs: Inputs) -> tuple[Turn, bool]:
    """A measuring call: count the reading, pass the boundaries, watch the pins; and whether to commit in any case."""
    turn = Turn(changed(state, rtc_ms=inputs.rtc))
    if inputs.reset_cause:
        turn = _take_up(config, turn, inputs)
    if inputs.reading is not None:
        turn = accounting.account(config, turn, inputs.reading)
    is_due = turn.state.rtc_ms >= next_commit(config, turn.state) or bool(turn.state.ledger.axis.setting)
    turn = accounting.pass_time(config, turn, turn.state.rtc_ms)
    for edge in inputs.edges:
        turn = _watch(config, turn, edge)
    alarm = turn.state.is_failing and not state.is_failing
    return _trim(config, turn), is_due or alarm or bool(inputs.reset_cause)


def _take_up(config: Config, turn: Turn, inputs: Inputs) -> Turn:
    """After a reset: correlate the time without power, and tell what the memory has lost."""
    was_outage = inputs.reset_cause == "power"
    turn = outages.resume(config, turn, inputs.rtc, was_outage=was_outage, clock_lost=inputs.clock_lost)
    turn = _tell_tariff(config, turn)
    damage = turn.state.damage
    if not damage:
        return turn
    doubt = Status.CRITICAL_ERROR if turn.state.is_ledger_doubtful else Status(0)
    turn = mark(turn, Status.DATA_NOT_VALID | doubt)
    return accounting.log(config, turn, Event.MEMORY_ERROR, turn.state.rtc_ms, new=damage)


def _tell_tariff(config: Config, turn: Turn) -> Turn:
    """Tell what of the tariff the memory has lost, and what of it was changed without a record in the log."""
    state = turn.state
    for class_id in state.unlogged:
        turn = accounting.log(config, turn, Event.PARAMETER_CHANGED, state.rtc_ms, old=class_id)
    if state.tariff_doubt:
        turn = with_axis(turn, tariff_lost=state.ledger.axis.tariff_lost | state.tariff_doubt)
        turn = accounting.log(config, turn, Event.TARIFF_LOST, state.rtc_ms, new=state.tariff_doubt)
    elif state.unlogged:
        turn = with_axis(turn, calendar_crc=state.tariff_crcs[0], special_crc=state.tariff_crcs[1])
    return turn


def _watch(config: Config, turn: Turn, edge: Edge) -> Turn:
    """Deal with one pin that changed."""
    match edge.pin, edge.level:
        case pin, level if pin == POWER_FAIL:
            return _watch_supply(turn, is_failing=level)
        case pin, True if pin == RESET_BUTTON:
            return accounting.obey(config, accounting.close_by_hand(config, turn, Reason.BUTTON)[0])
        case _:
            return turn


def _watch_supply(turn: Turn, *, is_failing: bool) -> Turn:
    """An alarm that passes without an outage is a dip."""
    if turn.state.is_failing and not is_failing:
        turn = with_axis(turn, dips=turn.state.ledger.axis.dips + 1)
    return turn._replace(state=changed(turn.state, is_failing=is_failing))


def _trim(config: Config, turn: Turn) -> Turn:
    """Let the clock follow the temperature that the metering chip shows, a step of its register at a time."""
    reading = turn.state.reading
    if config.trim is None or reading is None:
        return turn
    found = correction_ppb(config.trim, round(reading.chip_c * 1000))
    if found == turn.state.trim_ppb:
        return turn
    return turn._replace(state=changed(turn.state, trim_ppb=found), acts=(*turn.acts, TrimRtc(found)))


def _converse(config: Config, turn: Turn, memory: Memory, received: tuple[Received, ...]) -> tuple[Turn, Duties]:
    """Answer every peer that said something, in the order in which it came."""
    words: list[Output] = []
    for port, event in received:
        turn, spoken = _answer(config, turn, memory, port, event)
        words += spoken
    return turn, tuple(words)


def _answer(
    config: Config, turn: Turn, memory: Memory, port: int, event: Opened | bytes | Closed
) -> tuple[Turn, Duties]:
    match event:
        case Opened():
            return _with_connection(turn, port, server.connect()), ()
        case Closed():
            return _without_connection(turn, port), ()
        case bytes():
            return _hear(config, turn, memory, port, event)


def _hear(config: Config, turn: Turn, memory: Memory, port: int, data: bytes) -> tuple[Turn, Duties]:
    """Let the DLMS server answer; bytes for a port that is not open are a peer's that already left."""
    if port not in turn.state.connections:
        return turn, ()
    host = MeterHost(config, turn, memory)
    connection, reply, closes = server.receive(turn.state.connections[port], data, host)
    words: Duties = (Send(port, reply),) if reply else ()
    if closes:
        return _without_connection(host.turn, port), (*words, Hangup(port))
    return _with_connection(host.turn, port, connection), words


def _with_connection(turn: Turn, port: int, connection: server.Connection) -> Turn:
    connections = {**turn.state.connections, port: connection}
    return turn._replace(state=changed(turn.state, connections=connections))


def _without_connection(turn: Turn, port: int) -> Turn:
    connections = {key: value for key, value in turn.state.connections.items() if key != port}
    return turn._replace(state=changed(turn.state, connections=connections))


def snapshot(config: Config, state: State) -> Commit:
    """The record that makes the ledger durable as it stands, for a meter that is switched off."""
    return accounting.committed(config, state)[1]
