"""From what the non-volatile memory holds to a running state."""

from ferraris.firmware.billing import registers as billing
from ferraris.firmware.billing.registers import CodecError, Registers
from ferraris.firmware.meter.config import LOAD_PROFILE, REGISTERS, Config
from ferraris.firmware.meter.state import State
from ferraris.firmware.store.recovery import Recovered, Refused, recover


class BootRefusedError(RuntimeError):
    """The memory holds something, but not the registers of this meter: starting at zero would lose what was billed."""


def boot(config: Config, memory: bytes | memoryview) -> State:
    """The state of a meter that was just switched on; raises `BootRefusedError`.

    A blank memory is a new meter. Records that had to be passed over are remembered as `is_damaged`, and the first row
    captured afterwards says so. A meter that has a memory was without power, unless `step` is told otherwise.
    """
    recovered = recover(config.layout, memory)
    if isinstance(recovered, Refused):
        raise BootRefusedError(recovered.reason)
    return State(
        registers=_registers(config, recovered),
        profile=recovered.rings[LOAD_PROFILE],
        power_was_down=recovered.journal.generation > 0,
        is_damaged=recovered.is_damaged,
    )


def _registers(config: Config, recovered: Recovered) -> Registers:
    """The registers of the latest good snapshot; zero only on a part that was never written."""
    payload = recovered.journal.latest.get(REGISTERS)
    if payload is None:
        if recovered.journal.generation:
            raise BootRefusedError("the journal holds no good snapshot of the registers")
        return billing.zero(config.elements)
    try:
        registers = billing.decode(payload)
    except CodecError as error:
        raise BootRefusedError(str(error)) from error
    if len(registers.phases) != config.elements:
        raise BootRefusedError(f"the registers are of {len(registers.phases)} phases, the meter has {config.elements}")
    return registers
