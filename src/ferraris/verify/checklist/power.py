"""Section 7: supply, surge front end, backup and phase loss; what has no model yet is named."""

from collections.abc import Iterator

from ferraris.hardware.platform.models import Platform
from ferraris.verify.checklist.registry import item
from ferraris.verify.finding import Incomplete, Outcome


@item("7.1", "Conversion and rails")
def conversion(_: Platform) -> Iterator[Outcome]:
    """Waits for the models named."""
    yield Incomplete("7.1", "power supply: no model of converter, rails and their ripple")


@item("7.2", "Surge front end")
def surge_front_end(_: Platform) -> Iterator[Outcome]:
    """Waits for the models named."""
    yield Incomplete("7.2", "surge protectors: no circuit model of varistors, gas tubes and diodes")


@item("7.3", "Backup energy of clock, secure element and log")
def backup_energy(_: Platform) -> Iterator[Outcome]:
    """Waits for the models named."""
    yield Incomplete("7.3", "backup store: no model, and no outage profile to hold it against")


@item("7.4", "Phase loss and reversal")
def phase_loss(_: Platform) -> Iterator[Outcome]:
    """Waits for the models named."""
    yield Incomplete("7.4", "supply under phase loss: no model says which rails remain")
