"""What a platform file says of its power supply, as far as it decides what a failing mains leaves time for."""

from pydantic import Field

from ferraris.hardware.platform import fields
from ferraris.hardware.platform.table import Table


class Supply(Table):
    """The bulk capacitor behind the mains rectifier, what it feeds, and the monitor that sees the mains fail."""

    bulk_f: fields.FaradsTolerance = Field(alias="bulk")
    """Bulk capacitor as delivered."""
    full_v: fields.SupplyTolerance = Field(alias="voltage")
    """Voltage to which the mains charge it."""
    minimum_v: fields.Volts = Field(alias="minimum_voltage")
    """Voltage of the bulk at which the regulators behind it drop out."""
    restart_v: fields.Volts = Field(alias="restart_voltage")
    """Voltage of the bulk at which the processor leaves reset again, and at which the alarm is taken back."""
    load_w: fields.Watts = Field(alias="load")
    """Taken behind the regulators by the running meter, everything on."""
    failing_load_w: fields.Watts = Field(alias="failing_load")
    """Taken behind the regulators after the alarm, modem and front end shed; without what programming takes."""
    efficiency: fields.SomeShare
    """Share of what is taken from the bulk that the regulators pass on."""
    detect_s: fields.Seconds = Field(alias="detect")
    """Time from the failure of the mains to the alarm; a shorter dip raises none."""
    dropout: fields.SomeShare
    """Share of Un below which the mains no longer feed the bulk."""
    pickup: fields.SomeShare
    """Share of Un from which they feed it again; above `dropout`."""
    recharge_w: fields.Watts = Field(alias="recharge")
    """What the mains put into the bulk beyond the load while it is not full."""
    boot_s: fields.Seconds = Field(alias="boot")
    """Time from leaving reset to the first measurement."""
    life_years: fields.Years = Field(alias="life")
    """Years in service after which the bulk has lost what `worn` says."""
    worn: fields.Share
    """Share of its capacitance that the bulk has lost at the end of its life."""
    cold_loss: fields.Share = 0.0
    """Share of its capacitance that is missing at the lowest operating temperature; nothing if left out."""
