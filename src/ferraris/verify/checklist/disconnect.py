"""Section 6: the disconnect device, its drive, feedback and heat; what has no model yet is named."""

from collections.abc import Iterator

from ferraris.hardware.platform.models import Platform
from ferraris.verify.checklist.registry import item
from ferraris.verify.finding import Incomplete, Outcome


@item("6.1", "Disconnect device rating and life")
def device_rating(_: Platform) -> Iterator[Outcome]:
    """Waits for the models named."""
    yield Incomplete("6.1", "switch: no model of contacts, their ratings and wear")


@item("6.2", "Zero crossing and inrush")
def zero_crossing(_: Platform) -> Iterator[Outcome]:
    """Waits for the models named."""
    yield Incomplete("6.2", "switch drive: no model of operating time and inrush of loads")


@item("6.3", "Welded contact detection")
def welded_contact(_: Platform) -> Iterator[Outcome]:
    """Waits for the models named."""
    yield Incomplete("6.3", "contact feedback: neither command nor detection in the firmware yet")


@item("6.4", "Heat and derating of the switching path")
def switch_heat(_: Platform) -> Iterator[Outcome]:
    """Waits for the models named."""
    yield Incomplete("6.4", "switching path: no thermal model of contacts and terminals")
