"""Section 3: clock, backup, time sources, outage; what has no model yet is named, never passed."""

from collections.abc import Iterator

from ferraris.hardware.platform.models import Platform
from ferraris.verify.checklist.registry import item
from ferraris.verify.finding import Incomplete, Outcome


@item("3.1", "Clock accuracy over temperature and life")
def clock_accuracy(_: Platform) -> Iterator[Outcome]:
    """Waits for the models named."""
    yield Incomplete("3.1", "crystal and its trimming: no model of frequency against temperature, load and age")


@item("3.2", "Backup energy for the clock")
def clock_backup(_: Platform) -> Iterator[Outcome]:
    """Waits for the models named."""
    yield Incomplete("3.2", "backup store: no model of supercapacitor or cell, nor of what the clock draws from it")


@item("3.3", "Time sources and their authentication")
def time_sources(_: Platform) -> Iterator[Outcome]:
    """Waits for the models named."""
    yield Incomplete("3.3", "time setting: the firmware takes no command that sets the clock yet")


@item("3.4", "Behaviour at outage and return")
def outage(_: Platform) -> Iterator[Outcome]:
    """Waits for the models named."""
    yield Incomplete("3.4", "hold-up: no supply model says how many bytes can still be programmed when the mains fails")
    yield Incomplete("3.4", "tariff state and event log: not kept yet (registers and load profile are)")
