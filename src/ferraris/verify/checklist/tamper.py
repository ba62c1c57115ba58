"""Section 4: attacks, their sensors, secure element and event log; what has no model yet is named."""

from collections.abc import Iterator

from ferraris.hardware.platform.models import Platform
from ferraris.verify.checklist.registry import item
from ferraris.verify.finding import Incomplete, Outcome


@item("4.1", "Detection of tamper cases")
def tamper_cases(_: Platform) -> Iterator[Outcome]:
    """Waits for the models named."""
    yield Incomplete("4.1", "detectors of reversal, bypass, lost neutral, imbalance and magnets: not in firmware yet")


@item("4.2", "Cover, tilt and field sensors")
def tamper_sensors(_: Platform) -> Iterator[Outcome]:
    """Waits for the models named."""
    yield Incomplete("4.2", "tamper sensors: no model of cover switches, tilt and magnetic field sensors")


@item("4.3", "Secure element")
def secure_element(_: Platform) -> Iterator[Outcome]:
    """Waits for the models named."""
    yield Incomplete("4.3", "secure element: no part model with its algorithms, slots, counters and latency")


@item("4.4", "Authenticated event records")
def event_records(_: Platform) -> Iterator[Outcome]:
    """Waits for the models named."""
    yield Incomplete("4.4", "event log: no chained and signed records yet")
