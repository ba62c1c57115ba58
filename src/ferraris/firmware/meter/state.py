"""What the firmware knows between two calls of `step`; all of it lives in RAM and is rebuilt by `boot`."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from ferraris.firmware.billing.registers import Registers
from ferraris.firmware.dlms.server import Connection
from ferraris.firmware.store.ring import Ring
from ferraris.pins import Reading


@dataclass(frozen=True)
class State:
    """The meter's working memory. Long buffers are not here: they are read from the non-volatile memory."""

    registers: Registers
    profile: Ring
    """Where load profile 1 begins and ends in its ring."""
    rtc_ms: int = 0
    """The meter's clock at the latest call, ms of UTC since 1970-01-01."""
    accounted_ms: int = 0
    """The clock at the latest call that measured: ends of periods up to here have been dealt with."""
    power_was_down: bool = False
    """The supply failed since the latest captured row; never of a meter that is switched on for the first time."""
    reading: Reading | None = None
    """The latest reading, for everything that is shown and not counted; None until the first after a reset."""
    connections: Mapping[int, Connection] = field(default_factory=dict)
    """What was said so far on every open port."""
    constants: bytes | None = None
    """Calibration constants that the memory held at boot; the front end gets them at the first call."""
    is_bound: bool = False
    """The memory says that it is this meter's; if not, the first call writes it down."""
    is_damaged: bool = False
    """The memory held records that had to be passed over at boot, and no row has said so yet."""
