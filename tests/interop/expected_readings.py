"""What a meter must show, worked out anew from its registers, its memory and the load at its terminals.

Nothing here uses the meter's own COSEM objects or encoders: energies are exact fractions of what the registers hold,
moments follow from the load, date-times from the calendar. Values are in the neutral form of `tests/peers/report.py`.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from fractions import Fraction
from typing import Any

from standing_meter import StandingMeter

from ferraris.firmware.billing.profile import Row
from ferraris.firmware.billing.registers import Counters, Register
from ferraris.pins import QUANTA_PER_MWS

MWS_PER_WH = 3_600_000
WH, VAH, VARH = 30, 31, 32

ENERGIES: dict[int, tuple[int, Callable[[Counters], tuple[Register, ...]]]] = {
    1: (WH, lambda c: (c.active_import,)),
    2: (WH, lambda c: (c.active_export,)),
    3: (VARH, lambda c: (c.reactive_q1, c.reactive_q2)),
    4: (VARH, lambda c: (c.reactive_q3, c.reactive_q4)),
    5: (VARH, lambda c: (c.reactive_q1,)),
    6: (VARH, lambda c: (c.reactive_q2,)),
    7: (VARH, lambda c: (c.reactive_q3,)),
    8: (VARH, lambda c: (c.reactive_q4,)),
    9: (VAH, lambda c: (c.apparent_import,)),
    10: (VAH, lambda c: (c.apparent_export,)),
}
"""Energies by OBIS value group C (IEC 62056-6-1, recalled): unit code, and the registers that are added."""


def octets(data: bytes) -> dict[str, str]:
    """An octet string in neutral form."""
    return {"octets": data.hex()}


def date_time(rtc_ms: int) -> dict[str, str]:
    """A moment as the twelve octets of a COSEM date-time in UTC: deviation 0, status 0, hundredths of a second kept."""
    moment = datetime.fromtimestamp(rtc_ms // 1000, UTC)
    calendar = [moment.month, moment.day, moment.isoweekday(), moment.hour, moment.minute, moment.second]
    return octets(moment.year.to_bytes(2, "big") + bytes([*calendar, rtc_ms % 1000 // 10, 0, 0, 0]))


def ratio(meter: StandingMeter) -> Fraction:
    """Watts on the side that the standard codes show for one watt at the terminals."""
    transformers = meter.platform.transformers
    if transformers is None or transformers.registers == "secondary":
        return Fraction(1)
    return Fraction(transformers.ct.primary / transformers.ct.secondary) * Fraction(
        transformers.vt.primary / transformers.vt.secondary
    )


def whole_wh(registers: tuple[Register, ...], times: Fraction) -> int:
    """Completed Wh (varh, VAh) of a sum of registers, seen through transformers of the given ratio."""
    quanta = sum(register.mws * QUANTA_PER_MWS + register.remainder for register in registers)
    return int(quanta * times / (QUANTA_PER_MWS * MWS_PER_WH))


def energies(meter: StandingMeter) -> dict[str, list[Any]]:
    """Every standard energy register by logical name, as [value, scaler, unit]: totals, then the phases."""
    registers, times = meter.state.ledger.registers, ratio(meter)
    sets = {0: registers.vector} | {20 * (n + 1): phase for n, phase in enumerate(registers.phases)}
    return {
        f"1.0.{code + offset}.8.0.255": [whole_wh(pick(counters), times), 0, unit]
        for offset, counters in sets.items()
        for code, (unit, pick) in ENERGIES.items()
    }


def moments(meter: StandingMeter) -> dict[str, float]:
    """Instantaneous values that follow from the load alone, by logical name, in V, A, W, var and Hz."""
    volts, times = meter.platform.meter.un_v, float(ratio(meter))
    transformers = meter.platform.transformers
    volts_shown = volts * (transformers.vt.primary / transformers.vt.secondary if times != 1 and transformers else 1)
    found = {"1.0.14.7.0.255": meter.platform.meter.frequency_hz}
    for phase, (power, reactive) in enumerate(zip(meter.power_w, meter.reactive_var, strict=True)):
        code = 20 * phase
        found |= {
            f"1.0.{code + 32}.7.0.255": volts_shown,
            f"1.0.{code + 31}.7.0.255": abs(complex(power, reactive)) * times / volts_shown,
            f"1.0.{code + 21}.7.0.255": max(power, 0.0) * times,
            f"1.0.{code + 22}.7.0.255": max(-power, 0.0) * times,
        }
    return found | {"1.0.1.7.0.255": sum(meter.power_w) * times, "1.0.3.7.0.255": sum(meter.reactive_var) * times}


def profile(meter: StandingMeter) -> list[list[Any]]:
    """Every row of the load profile as a client must see it: end of the period, status, A+, A-, R+, R-."""
    return [row(one, ratio(meter)) for one in meter.rows()]


def row(stored: Row, times: Fraction) -> list[Any]:
    """One row: its energies are stored as whole mWs and shown as completed Wh."""
    energies_mws = (stored.active_import, stored.active_export, stored.reactive_import, stored.reactive_export)
    shown = [int(mws * times / MWS_PER_WH) for mws in energies_mws]
    return [date_time(stored.rtc_s * 1000), int(stored.status), *shown]
