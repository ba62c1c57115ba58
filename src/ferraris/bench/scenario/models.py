"""The tables of a scenario file. Times stay texts here: what they mean depends on the platform's zone (`timeline`)."""

from typing import Annotated, Literal, TypeAlias

from pydantic import Field

from ferraris import units
from ferraris.bench.scenario.kinds import (
    AirCelsius,
    Between,
    ClassNumber,
    Drift,
    Event,
    Factors,
    MemberNumber,
    Number,
    Obis,
    PartShare,
    Phase,
    Seconds,
    Text,
    Times,
    Value,
    VoltageShare,
    Watts,
    When,
)
from ferraris.hardware.platform import fields
from ferraris.hardware.platform.quantities import Quantity
from ferraris.hardware.platform.table import Table


class Heading(Table):
    """The scenario itself."""

    name: fields.Name
    """Name of the scenario."""
    about: Annotated[str, Field(max_length=2000)] = ""
    """What it shows, in a sentence."""
    start: When
    """When the meter is switched on: local time, or with an offset."""
    until: When = "1 d"
    """How long it lasts, or when it ends."""
    air_c: AirCelsius = Field(alias="air", default=23.0)
    """Air around the meter."""
    drift_ppm: Drift = Field(alias="clock_drift", default=0.0)
    """How fast the meter's clock runs, against true time."""


class LoadTable(Table):
    """What all loads have."""

    name: fields.Name
    """Name, for `set load`."""
    power_w: Watts = Field(alias="power")
    """Active power at nominal voltage, of all its phases together."""
    phase: Phase | None = None
    """The one phase that it stands on; it stands on all of them equally if left out."""
    hours: Factors | None = None
    """Factors of the power for each hour of the local day, from midnight on."""
    wander: PartShare = 0.0
    """Share by which the power wanders about, in steps of a quarter of an hour; drawn from the seed."""
    period_s: Seconds | None = Field(alias="period", default=None)
    """Period of a load that switches itself on and off."""
    on_s: Seconds | None = Field(alias="on", default=None)
    """How long it is on at the start of every period."""
    first_s: Annotated[float, Quantity(units.DURATION, low=0.0)] = Field(alias="first", default=0.0)
    """When its first period begins, after the start of the scenario."""


class ResistiveLoad(LoadTable):
    """A heater."""

    kind: Literal["resistive"]
    """The load is a resistance."""


class ConstantLoad(LoadTable):
    """A load that takes its power whatever the voltage."""

    kind: Literal["constant"]
    """The load takes the same power at any voltage."""
    power_factor: Annotated[float, Field(gt=0.0, le=1.0)] = 1.0
    """Power factor, inductive."""


class MotorLoad(LoadTable):
    """A motor."""

    kind: Literal["motor"]
    """The load is a motor."""
    power_factor: Annotated[float, Field(gt=0.0, le=1.0)] = 0.8
    """Power factor, inductive."""
    inrush: Annotated[float, Field(ge=1.0, le=12.0)] = 1.0
    """Starting current over running current, for a motor with a period."""


class RectifierLoad(LoadTable):
    """A power supply: current only around the peaks of the voltage."""

    kind: Literal["rectifier"]
    """The load is a rectifier with a smoothing capacitor."""


class PvLoad(LoadTable):
    """Panels on the roof: their power is export."""

    kind: Literal["pv"]
    """The load is an inverter that feeds in."""
    power_factor: Annotated[float, Field(gt=0.0, le=1.0)] = 1.0
    """Power factor."""


AnyLoad: TypeAlias = ResistiveLoad | ConstantLoad | MotorLoad | RectifierLoad | PvLoad


class DeedTable(Table):
    """When something is done."""

    time: When | None = None
    """At this time."""
    after_s: Seconds | None = Field(alias="after", default=None)
    """So long after the start."""
    every_s: Seconds | None = Field(alias="every", default=None)
    """Again after every such time."""
    count: Times | None = None
    """How often in all; until the end if left out."""


class CutMains(DeedTable):
    """All voltages go."""

    do: Literal["cut mains"]
    """What is done."""


class RestoreMains(DeedTable):
    """The mains come back."""

    do: Literal["restore mains"]
    """What is done."""


class Outage(DeedTable):
    """The mains go and come back."""

    do: Literal["outage"]
    """What is done."""
    for_s: Seconds = Field(alias="for")
    """How long they are away."""


class Storm(DeedTable):
    """One short outage after another."""

    do: Literal["storm"]
    """What is done."""
    dips: Times
    """Number of outages."""
    off_s: Seconds = Field(alias="off")
    """How long each of them is."""
    on_s: Seconds = Field(alias="on")
    """How long the mains stay between two of them."""


class BrownOut(DeedTable):
    """The voltage sags and recovers."""

    do: Literal["brown-out"]
    """What is done."""
    voltage: VoltageShare
    """Share of the nominal voltage that is left."""
    for_s: Seconds = Field(alias="for")
    """How long."""


class LoseNeutral(DeedTable):
    """The neutral conductor breaks."""

    do: Literal["lose neutral"]
    """What is done."""


class RestoreNeutral(DeedTable):
    """The neutral conductor is whole again."""

    do: Literal["restore neutral"]
    """What is done."""


class ReverseWires(DeedTable):
    """The wires of one current circuit are swapped, or swapped back."""

    do: Literal["reverse wires"]
    """What is done."""
    phase: Phase = 1
    """Which phase."""


class SetAir(DeedTable):
    """The air takes another temperature."""

    do: Literal["set air"]
    """What is done."""
    air_c: AirCelsius = Field(alias="air")
    """Air around the meter."""


class SetLoad(DeedTable):
    """A load takes another power."""

    do: Literal["set load"]
    """What is done."""
    load: fields.Name
    """Name of the load."""
    power_w: Watts = Field(alias="power")
    """Its power from now on, before the factors of the hours."""


class PressButton(DeedTable):
    """Somebody presses the sealed button on the meter."""

    do: Literal["press button"]
    """What is done."""
    for_s: Seconds = Field(alias="for", default=1.0)
    """How long."""


KNOWN = ("head end", "nobody", "stranger")
"""Who may try: with the password, as the public client without one, or with a wrong one."""


class CommandTable(DeedTable):
    """An order to the meter, over the wire."""

    who: fields.Name = Field(alias="as", default="head end")
    """One of `KNOWN`, or the name of a source of time on the platform."""
    answer: Literal["success", "refused"] | None = None
    """What the meter must answer; not judged if left out."""


class SetClock(CommandTable):
    """The meter's clock is set."""

    do: Literal["set clock"]
    """What is done."""
    to: When | None = None
    """To this time; to the true time if neither this nor `by` is given."""
    by: Annotated[float, Quantity(units.DURATION, low=-3.2e9, high=3.2e9)] | None = None
    """By so much from what it shows; below zero is back."""


class LoadTariff(CommandTable):
    """Another calendar is loaded, and becomes the active one later."""

    do: Literal["load tariff"]
    """What is done."""
    file: Text
    """The tariff, a path relative to the scenario."""
    activate: When
    """When it becomes active."""


class ResetDemand(CommandTable):
    """The demand maxima are taken and begin anew."""

    do: Literal["reset demand"]
    """What is done."""


class CloseBilling(CommandTable):
    """The billing period is closed."""

    do: Literal["close billing"]
    """What is done."""


class Write(CommandTable):
    """Any attribute is written, for what has no verb of its own."""

    do: Literal["write"]
    """What is done."""
    object: Obis
    """OBIS code of the object."""
    class_id: ClassNumber = Field(alias="class")
    """Its interface class."""
    attribute: MemberNumber
    """Number of the attribute."""
    data: Value
    """The value in A-XDR."""


class Invoke(CommandTable):
    """Any method is invoked."""

    do: Literal["invoke"]
    """What is done."""
    object: Obis
    """OBIS code of the object."""
    class_id: ClassNumber = Field(alias="class")
    """Its interface class."""
    method: MemberNumber
    """Number of the method."""
    data: Value = "0F 00"
    """The parameter in A-XDR; the integer 0 if left out."""


Command: TypeAlias = SetClock | LoadTariff | ResetDemand | CloseBilling | Write | Invoke
Plain: TypeAlias = CutMains | RestoreMains | Outage | Storm | BrownOut | LoseNeutral | RestoreNeutral | ReverseWires
Deed: TypeAlias = Plain | SetAir | SetLoad | PressButton | Command


class ExpectTable(Table):
    """When something is expected, and why."""

    at: When = "end"
    """A time, so long after the start, or the end of the scenario."""
    about: Annotated[str, Field(max_length=400)] = ""
    """Where the number comes from; shown beside it."""


class ExpectRegister(ExpectTable):
    """What a register shows."""

    obis: Obis = Field(alias="register")
    """OBIS code."""
    attribute: MemberNumber = 2
    """Which attribute: 2 is the value, 5 of a maximum its time."""
    value: Text | None = None
    """What it must show: a quantity, a bare number, or a time."""
    tolerance: Text | None = None
    """How far it may be off: a quantity, or a share such as '0.5 %'; not at all if left out."""
    at_least: Text | None = None
    """It must show this or more."""
    at_most: Text | None = None
    """It must show this or less."""


class CountTable(ExpectTable):
    """How many there must be."""

    between: Between | None = None
    """Only those with a time stamp from the first to the second of these times, both included."""
    count: Number | None = None
    """Exactly so many."""
    at_least: Number | None = None
    """So many or more; 1 where nothing is said."""
    at_most: Number | None = None
    """So many or fewer."""


class ExpectEvent(CountTable):
    """Records in an event log."""

    event: Event
    """Name or number of the event."""
    log: Obis = "0.0.99.98.0"
    """Which log."""


class ExpectRows(CountTable):
    """Rows of a profile."""

    profile: Obis
    """OBIS code of the profile."""
    rows: Number | None = None
    """Exactly so many; the same as `count`."""
    status: Text | None = None
    """Only rows whose status says this: 'power down', 'clock adjusted', 'daylight saving', 'clock invalid', ..."""


class ExpectState(ExpectTable):
    """What the meter is."""

    state: Annotated[str, Field(pattern=r"^(on|off|clock valid|clock invalid|summer time|standard time|rate [1-8])$")]
    """On, off, its clock, its time of year, its rate."""


class ExpectClock(ExpectTable):
    """How wrong the clock may be."""

    clock_error_s: Annotated[float, Quantity(units.DURATION, low=0.0)] = Field(alias="clock_error")
    """Most by which it may differ from true time."""


class ExpectConserved(ExpectTable):
    """That nothing was lost or invented: the import register against what really flowed, and the rates against it."""

    conserved: Literal[True]
    """Say true."""
    tolerance: Text = "1 %"
    """Most by which the register may differ: an energy, or a share of what flowed."""


Expect: TypeAlias = ExpectRegister | ExpectEvent | ExpectRows | ExpectState | ExpectClock | ExpectConserved


class Scenario(Table):
    """One scenario, whole; `files` holds the text of every tariff it loads, by the name that it uses."""

    heading: Heading
    loads: tuple[AnyLoad, ...] = ()
    deeds: tuple[Deed, ...] = ()
    expects: tuple[Expect, ...] = ()
    files: tuple[tuple[str, str], ...] = ()
