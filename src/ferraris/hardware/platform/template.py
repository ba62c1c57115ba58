"""The file that `ferraris new NAME` writes: small, complete, commented, and it loads as it is."""

import json

from ferraris.hardware.platform.problems import PlatformError
from ferraris.units import shown

_TEMPLATE = """\
# {title}: a design of a smart meter, for `ferraris check`, `ferraris measure` and `ferraris run`.
#
# Every quantity is a string with its unit: "150 uohm ± 1 %" (or "+-", "+/-"), "25 ppm/K", "0.25-5(100) A", "-40 degC".
# A bare number is a count. part = "NAME" takes values from the parts catalogue; a key written beside it overrides the
# part's value. An unknown key, a wrong unit or an impossible value gives one line that says what would be right.
# `ferraris schema > ferraris.schema.json` and the line "#:schema ./ferraris.schema.json" make an editor complete keys.

[meter]
name = {name}
manufacturer = "FER"              # three capital letters, as in the FLAG list
serial = "00000001"
service = "1p2w"                  # "1p2w" one phase, two wires; "3p4w" three phases, four wires
connection = "direct"             # "direct", or "transformer" with a table [transformers]
un = "230 V"                      # reference voltage, phase to neutral
current = "0.25-5(100) A"         # Imin-Iref(Imax)
frequency = "50 Hz"
classes = ["B"]                   # one or more of A B C D (MID), 0.2S 0.5S (IEC 62053-22), 0.5 1 2 (IEC 62053-21)
constant = "1000 imp/kWh"         # test output
reactive_constant = "1000 imp/kvarh"
temperature = "-25..55 degC"      # of the air around the meter
enclosure_rise = "15 K"           # air inside over air outside at Imax

# Behind instrument transformers only; un and current then hold at the meter's terminals.
# [transformers]
# vt = "10000/100 V"
# ct = "200/5 A"
# registers = "secondary"         # which side the standard OBIS codes show

[voltage]                         # divider: `upper_count` resistors `upper` in series over `lower`
part = "DIVIDER-991K"

[filter]                          # anti-alias RC in every channel
part = "RC-1K-10N"

[current.line]                    # kind = "shunt" or "ct", one for each phase
kind = "shunt"
part = "MANGANIN-150U"
# resistance = "150 uohm ± 1 %"   # overrides the part

[current.neutral]                 # what is left out on purpose says why
kind = "none"
because = "a first draft; currents that leave past the meter stay unseen"

[adc]
part = "ADS131M04"
gain_voltage = 1                  # full scale ±1.2 V at gain 1
gain_line = 32                    # ±37.5 mV, for 21.2 mV peak at Imax

[soc]
part = "MSPM0G3507"

[nvm]
part = "FM25V10"

# Left out, items 3.1 and 3.2 of the checklist stay incomplete.
# [clock]                         # kind = "crystal" or "tcxo"
# kind = "tcxo"
# part = "RV-8803-C7"
# life = "15 y"                   # years in service
# [backup]                        # kind = "supercapacitor", "lithium" or "none"
# kind = "lithium"
# part = "ER14250"
# minimum_voltage = "2 V"         # at the clock
# unpowered_share = "10 %"        # of its life without mains
# service_temperature = "35 degC" # mean over the years
# hold_up = "36 h"                # longest outage to bridge

# Left out, item 3.4 stays incomplete.
# [supply]                        # bulk capacitor behind the rectifier
# bulk = "1000 uF ± 20 %"
# voltage = "12 V ± 5 %"          # full
# minimum_voltage = "5.5 V"       # the regulators drop out
# restart_voltage = "9 V"
# load = "0.6 W"                  # everything on
# failing_load = "60 mW"          # after the alarm
# efficiency = "85 %"
# detect = "20 ms"                # from the failure of the mains to the alarm
# dropout = "60 %"                # of Un
# pickup = "70 %"
# recharge = "1.5 W"
# boot = "0.3 s"
# life = "15 y"
# worn = "20 %"                   # of the capacitance, at the end of that life

[firmware]
commit = "10 s"                   # the most that a power cut can lose
profile_period = "15 min"
profile_days = "7 d"
netting = "vector"                # or "per_phase"
start = "20 mA"                   # starting current
creep_fraction = "50 %"           # nothing is registered below this share of the power at starting current
lls_password = "change-me-please" # of the reading client
# tariff = "tariffs/home-4.toml"  # left out, one rate; `ferraris tariff` shows a year of it
# [firmware.zone]                 # local time; left out, UTC
# standard = "UTC+01:00"
# daylight = "60 min"
# begin = "last sunday of march 02:00"
# end = "last sunday of october 03:00"

[[firmware.budget]]               # one for each function: what it needs, as you estimate it
name = "metrology"
ram = "5 KiB"
flash = "20 KiB"
spi = 1

[[firmware.budget]]
name = "protocol"
ram = "8 KiB"
flash = "40 KiB"
cpu_share = "5 %"
uart = 1
"""


def new_platform(name: str) -> str:
    """Return the text of a commented platform file for a design of this name (1 to 64 characters, one line).

    Raises PlatformError for another name.
    """
    if not 1 <= len(name) <= 64 or not name.isprintable():
        raise PlatformError("new", [f"found {shown(name)}, expected a name of 1 to 64 printable characters"])
    return _TEMPLATE.format(title=name, name=_basic_string(name))


def _basic_string(text: str) -> str:
    """Return a TOML basic string; its escapes for quotes and backslashes are those of JSON."""
    return json.dumps(text, ensure_ascii=False)
