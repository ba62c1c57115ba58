"""The non-volatile memory part: FRAM, EEPROM or NOR flash, with a supply that can fail between any two bytes.

`part` writes and is cut off, `faults` holds the cells that do not do what they are told, `retention` is the charge that
goes with the years, `wear` counts cycles and says which cells they break. All of it is drawn from seeds: the same part
fails in the same way.
"""

from ferraris.hardware.physics.nvm.faults import Faults
from ferraris.hardware.physics.nvm.part import ERASE_STEPS, NvmPart, PowerLost
from ferraris.hardware.physics.nvm.retention import Retention
from ferraris.hardware.physics.nvm.sheet import Sheet, Technology
from ferraris.hardware.physics.nvm.wear import WearOut

__all__ = ["ERASE_STEPS", "Faults", "NvmPart", "PowerLost", "Retention", "Sheet", "Technology", "WearOut"]
