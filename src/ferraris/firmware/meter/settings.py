"""What commands have in common: a parameter that must be there, and the record of what they changed."""

from ferraris.firmware.dlms.axdr import Data
from ferraris.firmware.dlms.cosem.classes import ClassId
from ferraris.firmware.dlms.results import DataAccessResult, DlmsError
from ferraris.firmware.meter import accounting
from ferraris.firmware.meter.events import Event
from ferraris.firmware.meter.table import Call, Done
from ferraris.firmware.meter.turn import Turn

METHOD = 256
"""Added to the number of a method where an attribute's stands otherwise."""


def given(data: Data | None) -> Data:
    """The parameter of a method that needs one; raises `DlmsError` where there is none."""
    if data is None:
        raise DlmsError("this method takes a parameter")
    return data


def changed_setting(call: Call, turn: Turn, class_id: ClassId, how: int) -> Done:
    """Success, logged: who changed an object of which class by which attribute, or method."""
    stamp_ms, who = turn.state.rtc_ms, call.client
    turn = accounting.log(call.config, turn, Event.PARAMETER_CHANGED, stamp_ms, old=class_id, new=how, client=who)
    return Done(turn, DataAccessResult.SUCCESS)
