"""What the factory writes into the firmware: from the platform file to the firmware's own constants."""

from fractions import Fraction
from typing import NamedTuple

from ferraris import __version__
from ferraris.firmware.billing.profile import ROW_SIZE
from ferraris.firmware.meter.config import Config, Identity, Transformers
from ferraris.firmware.store.layout import Geometry, Layout, RingSpec, plan
from ferraris.hardware.platform.models import Absent, Platform
from ferraris.units import Ratio

SECONDS_PER_DAY = 86_400
JOURNAL_SHARE = 4
"""A quarter of the part is journal: its records wear the part, so they are spread. The rest holds profiles and logs."""


def configure(platform: Platform) -> Config:
    """The firmware's constants for a platform; raises `LayoutError` if its memory part is too small for them."""
    return Config(
        identity=_identity(platform),
        elements=platform.elements,
        has_neutral_sensor=not isinstance(platform.current.neutral, Absent),
        un_v=_exact(platform.meter.un_v),
        imax_a=_exact(platform.meter.current.max_a),
        netting=platform.firmware.netting,
        transformers=_transformers(platform),
        commit_ms=platform.firmware.commit_s * 1000,
        profile_period_ms=platform.firmware.profile_period_s * 1000,
        profile_rows=profile_rows(platform),
        password=platform.firmware.lls_password.encode("ascii"),
        layout=layout(platform),
        needs_calibration=True,
    )


def layout(platform: Platform) -> Layout:
    """Where records and rings lie in the platform's memory part; raises `LayoutError` where they do not fit."""
    geometry = Geometry(platform.nvm.size_bytes, platform.nvm.page_bytes, platform.nvm.erase_bytes)
    return plan(geometry, [use.spec for use in rings(platform)], platform.nvm.size_bytes // JOURNAL_SHARE)


class RingUse(NamedTuple):
    """One ring of the memory: what it is for, and how often it is written."""

    name: str
    spec: RingSpec
    rows_per_day: float


def rings(platform: Platform) -> tuple[RingUse, ...]:
    """The rings in the order in which the firmware numbers them."""
    rows_per_day = SECONDS_PER_DAY / platform.firmware.profile_period_s
    return (RingUse("load profile", RingSpec(ROW_SIZE, profile_rows(platform)), rows_per_day),)


def profile_rows(platform: Platform) -> int:
    """Rows that the stated days of load profile take, a begun period counted whole."""
    return -(-platform.firmware.profile_days * SECONDS_PER_DAY // platform.firmware.profile_period_s)


def _identity(platform: Platform) -> Identity:
    meter = platform.meter
    return Identity(meter.manufacturer, meter.serial, meter.name, __version__)


def _transformers(platform: Platform) -> Transformers | None:
    if platform.transformers is None:
        return None
    ratios = platform.transformers
    return Transformers(_ratio(ratios.ct), _ratio(ratios.vt), ratios.registers)


def _ratio(ratio: Ratio) -> tuple[Fraction, Fraction]:
    return _exact(ratio.primary), _exact(ratio.secondary)


def _exact(value: float) -> Fraction:
    """The decimal that stands in the platform file, exactly: 57.7 is 577/10 and not its nearest binary fraction."""
    return Fraction(repr(value))
