"""`ferraris run`: the design check, then the live meter, one status line while it runs."""

import os
import sys
import time
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any

import click

from ferraris.app.check import judge
from ferraris.app.live import CannotListenError, kept_in, run_live
from ferraris.app.measure_notes import notes_at_terminals
from ferraris.app.recorded import recording_for
from ferraris.app.show import UserError
from ferraris.bench.bench import Bench
from ferraris.bench.storage import WornOutError
from ferraris.firmware.billing.registers import Counters
from ferraris.firmware.dlms import datetimes
from ferraris.firmware.meter.boot import BootRefusedError
from ferraris.firmware.store.recovery import Recovered, recover
from ferraris.hardware.chain.constants import ConstantsError
from ferraris.hardware.chain.specimen import Seed, manufacture
from ferraris.hardware.platform.load import load
from ferraris.hardware.platform.models import Platform
from ferraris.hardware.world.loads import Motor, Rectifier, Resistive
from ferraris.hardware.world.recordings import play
from ferraris.hardware.world.source import single_phase, three_phase
from ferraris.hardware.world.truth import truth
from ferraris.hardware.world.world import World, household

HOST = "127.0.0.1"
STATUS_EVERY_S = 10.0
"""Where nobody watches a terminal, a status line is written this often."""
MWS_PER_WH = 3_600_000
INTERRUPTED = 130


def run_platform(
    path: Path,
    *,
    port: int,
    rate: float,
    nvm: Path | None,
    seed: int,
    load: Path | None,
    channel_map: str | None,
    scale: str | None,
    hold_s: float | None,
    fidelity: Any,  # noqa: ANN401 - one of the literals that click let through
    no_check: bool,
) -> int:
    """Check a platform and run it until it is told to stop; returns the exit code (130 after Ctrl-C, 0 after SIGTERM).

    Raises what bad input raises. A design that fails its check still runs: that is how it is debugged.
    """
    platform = _load(path)
    recording = None if load is None else recording_for(platform, load, channel_map, scale)
    world = ordinary(platform) if recording is None else play(recording, hold_s)
    if not no_check:
        click.echo(judge(platform, path.name)[0])
        click.echo()
    if recording is not None:
        specimen, true = manufacture(platform, Seed(seed)), truth(recording, hold_s)
        _note(notes_at_terminals(specimen, fidelity, platform, recording, true))
    memory = nvm or Path(f"{path.stem}.nvm")
    with kept_in(memory, platform, world, _wall_ms, fidelity=fidelity, seed=seed) as bench:
        try:
            return _serve(platform, bench, memory, port, rate)
        except (BootRefusedError, ConstantsError) as error:
            raise UserError(f"{memory}: {error}; it stays as it is: name another file with --nvm") from error
        except WornOutError as error:
            raise UserError(f"{memory}: {error}; what was durable before is still there") from error


def _load(path: Path) -> Platform:
    return load(path)


def _note(notes: Iterable[str]) -> None:
    for note in notes:
        click.echo(f"note: {note}")


def ordinary(platform: Platform) -> World:
    """A heater, a motor and a rectifier that share a third of the reference current, on a clean sine."""
    source = (single_phase if platform.elements == 1 else three_phase)(platform.meter.un_v, platform.meter.frequency_hz)
    each = platform.meter.un_v * platform.meter.current.ref_a / 9.0
    phases = (each,) * platform.elements
    return household(source, Resistive(phases), Motor(phases), Rectifier(phases))


def _serve(platform: Platform, bench: Bench, memory: Path, port: int, rate: float) -> int:
    status = Status()
    try:
        signal_number = run_live(
            bench, HOST, port, rate, bound=lambda bound: _announce(platform, bench, memory, bound, rate), watch=status
        )
    except CannotListenError as error:
        raise UserError(f"{error}: choose another --port") from error
    except BrokenPipeError:  # whoever read the status lines went away: the meter has stopped cleanly
        _silence()
        return 0
    finally:
        with suppress(BrokenPipeError):
            status.close()
    click.echo(f"stopped; the meter's memory is in {memory}")
    return INTERRUPTED if signal_number == 2 else 0


def _silence() -> None:
    """Send what is left of standard output nowhere, so that the interpreter does not stumble over the pipe again."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _wall_ms() -> int:
    return time.time_ns() // 1_000_000


def _announce(platform: Platform, bench: Bench, memory: Path, port: int, rate: float) -> None:
    """Where to connect and with what."""
    clients = bench.config.clients
    lines = [
        f"{platform.meter.name} is running, serial {platform.meter.serial}; its memory is {memory}",
        f"listening on {HOST}:{port}  DLMS/COSEM, TCP wrapper, logical names, server (SAP) 1",
        "  client 16  no security         identity and clock",
        *(f"  client {each.number:<3} password {each.password.decode():<16} {MAY[each.role]}" for each in clients),
        f"its time runs at {rate:g} x the computer's; Ctrl-C ends it with nothing lost",
    ]
    click.echo("\n".join(lines))
    _note(damage_notes(bench))
    sys.stdout.flush()


def damage_notes(bench: Bench) -> list[str]:
    """One line if the meter has found damage in its memory as it was switched on."""
    assert bench.state is not None, "a meter without power has found nothing"
    if not bench.state.damage:
        return []
    found = recover(bench.config.layout, bench.storage.view)
    places = sorted({flaw.place for flaw in found.damage}) if isinstance(found, Recovered) else []
    where = f" ({', '.join(places)})" if places else ""
    return [
        f"the memory was found damaged at start{where}: some of it may be older than it was, as event log and rows say"
    ]


MAY = {
    "reader": "reads everything",
    "manager": "reads everything, sets clock and tariff, closes billing periods",
    "timekeeper": "reads identity and clock, sets the clock",
}
"""What a client of each role may do."""


class Status:
    """One line that shows the meter's clock, what it measures and its import register."""

    def __init__(self) -> None:
        """Write over the same line on a terminal, and a new line every ten seconds elsewhere."""
        self._on_terminal = sys.stdout.isatty()
        self._shown_s = -STATUS_EVERY_S

    def __call__(self, bench: Bench) -> None:
        """Show the bench as it is now."""
        now_s = time.monotonic()
        if bench.state is None or now_s - self._shown_s < (0.2 if self._on_terminal else STATUS_EVERY_S):
            return
        self._shown_s = now_s
        text = status_line(bench)
        sys.stdout.write(f"\r{text:<118}" if self._on_terminal else f"{text}\n")
        sys.stdout.flush()

    def close(self) -> None:
        """Leave the line."""
        if self._on_terminal:
            sys.stdout.write("\n")


def status_line(bench: Bench) -> str:
    """Meter's time, voltages, currents, power, frequency and the vector total's active import and export."""
    state = bench.state
    assert state is not None, "a meter without power shows nothing"
    shown = _clock(state.rtc_ms)
    total = state.ledger.registers.vector
    if state.reading is None or not state.reading.instant:
        return f"{shown}  starting  {_energies(total)}"
    instant = state.reading.instant
    volts = "/".join(f"{phase.voltage_v:.1f}" for phase in instant)
    amperes = "/".join(f"{phase.current_a:.3f}" for phase in instant)
    watts = sum(phase.active_w for phase in instant)
    hertz = state.reading.frequency_hz
    return f"{shown}  {volts} V  {amperes} A  {watts:+.1f} W  {hertz:.3f} Hz  {_energies(total)}"


def _clock(rtc_ms: int) -> str:
    """The meter's clock as people read it; bare seconds where no calendar reaches."""
    moment = datetimes.local(rtc_ms)
    if moment.year == datetimes.ANY_YEAR:
        return f"{rtc_ms // 1000} s since 1970"
    date = f"{moment.year:04}-{moment.month:02}-{moment.day:02}"
    return f"{date} {moment.hour:02}:{moment.minute:02}:{moment.second:02}Z"


def _energies(total: Counters) -> str:
    imported, exported = total.active_import.mws / MWS_PER_WH, total.active_export.mws / MWS_PER_WH
    return f"A+ {imported:.2f} Wh  A- {exported:.2f} Wh"
