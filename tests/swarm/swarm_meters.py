"""The meters on which a week can be played, by name. A meter on a real bench is added here."""

from functools import partial

from swarm_firmware import Firmware
from swarm_model import Model
from swarm_story import Maker

MAKERS: dict[str, Maker] = {"firmware": Firmware, "model": Model}


def maker(name: str, fault: str = "") -> Maker:
    """A maker by its name; the model can be made with one of its faults.

    Raises `ValueError` for a name that is not in `MAKERS`, and for a fault of anything but the model.
    """
    if name not in MAKERS:
        raise ValueError(f"meter {name!r}: expected one of {', '.join(MAKERS)}")
    if fault and name != "model":
        raise ValueError(f"fault {fault!r}: only the model has faults")
    return partial(Model, fault=fault) if fault else MAKERS[name]
