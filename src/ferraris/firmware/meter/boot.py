"""From what the non-volatile memory holds to a running state."""

import zlib

from ferraris.firmware.billing import registers as billing
from ferraris.firmware.billing.registers import CodecError, Registers
from ferraris.firmware.meter.config import CALIBRATION, LOAD_PROFILE, OWNER, REGISTERS, Config
from ferraris.firmware.meter.state import State
from ferraris.firmware.store.recovery import Recovered, Refused, recover
from ferraris.pins import WHOLE


class BootRefusedError(RuntimeError):
    """The memory holds something, but not the registers and the constants of this meter.

    Starting at zero would lose what was billed; measuring without calibration would bill by per cents wrong.
    """


def boot(config: Config, memory: bytes | memoryview) -> State:
    """The state of a meter that was just switched on; raises `BootRefusedError`.

    A memory without registers is that of a new meter: blank, or with nothing in it but the production line's
    calibration constants and the meter's identity. Records that had to be passed over are remembered as `is_damaged`,
    and the first row captured afterwards says so. A meter that has a memory was without power, unless `step` is told
    otherwise. The first call of `step` binds a new memory to this meter; the memory of another meter is refused.
    """
    recovered = recover(config.layout, memory)
    if isinstance(recovered, Refused):
        raise BootRefusedError(recovered.reason)
    is_bound = _is_bound(config, recovered)
    return State(
        registers=_registers(config, recovered),
        profile=recovered.rings[LOAD_PROFILE],
        power_was_down=REGISTERS in recovered.records,
        constants=_constants(config, recovered),
        is_damaged=recovered.is_damaged,
        is_bound=is_bound,
    )


def _is_bound(config: Config, recovered: Recovered) -> bool:
    """Whether the memory says that it is this meter's; the registers of another are never carried on.

    The identity is durable before the first registers are, so registers without one are not known to be this meter's.
    """
    owner = recovered.records.get(OWNER)
    if owner is not None and owner != config.identity.owner:
        theirs, ours = (name.decode(errors="replace") for name in (owner, config.identity.owner))
        raise BootRefusedError(f"the memory belongs to the meter {theirs}, this is {ours}")
    if owner is None and REGISTERS in recovered.records:
        raise BootRefusedError("the memory holds registers, but not the serial number of the meter that they belong to")
    return owner is not None


def _registers(config: Config, recovered: Recovered) -> Registers:
    """The registers of the latest good snapshot; zero only on a part that never held any."""
    payload = recovered.records.get(REGISTERS)
    if payload is None:
        if recovered.is_damaged or recovered.records.keys() - {CALIBRATION, OWNER}:
            raise BootRefusedError("the journal holds no good snapshot of the registers")
        return billing.zero(config.elements)
    try:
        registers = billing.decode(payload)
    except CodecError as error:
        raise BootRefusedError(str(error)) from error
    if len(registers.phases) != config.elements:
        raise BootRefusedError(f"the registers are of {len(registers.phases)} phases, the meter has {config.elements}")
    return registers


def _constants(config: Config, recovered: Recovered) -> bytes | None:
    """The calibration constants, whole; what they mean only the front end knows."""
    payload = recovered.records.get(CALIBRATION)
    if payload is None:
        if config.needs_calibration:
            raise BootRefusedError("the memory holds no calibration constants of the front end")
        return None
    if zlib.crc32(payload) != WHOLE:
        raise BootRefusedError("the calibration constants are corrupt: their checksum does not hold")
    return payload
