"""Section 5: links, failover, interfaces and port protection; what has no model yet is named."""

from collections.abc import Iterator

from ferraris.hardware.platform.models import Platform
from ferraris.verify.checklist.registry import item
from ferraris.verify.finding import Incomplete, Outcome


@item("5.1", "Primary communication path")
def primary_path(_: Platform) -> Iterator[Outcome]:
    """Waits for the models named."""
    yield Incomplete("5.1", "power-line, sub-GHz and cellular links: no model of budget, throughput and cost")


@item("5.2", "Backup path and failover")
def backup_path(_: Platform) -> Iterator[Outcome]:
    """Waits for the models named."""
    yield Incomplete("5.2", "second path: no model of its availability, and no failover in the firmware yet")


@item("5.3", "Interfaces and rails for modems")
def interfaces(_: Platform) -> Iterator[Outcome]:
    """Waits for the models named."""
    yield Incomplete("5.3", "modems: the platform file has no table for them (ports in budgets count in item 1.3)")


@item("5.4", "Protection of communication ports")
def port_protection(_: Platform) -> Iterator[Outcome]:
    """Waits for the models named."""
    yield Incomplete("5.4", "port protectors: no surge and discharge model")
