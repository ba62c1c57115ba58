"""Calibration constants as bytes: what the production line writes into the meter's memory, and the chip reads back.

      0      3       4        8       12     14                                  n - 4
      +------+-------+--------+-------+------+-----------------~-----------------+-------+
      | FCC  | ver.  | fields | board | size | values of the first field ...     | CRC   |
      +------+-------+--------+-------+------+-----------------~-----------------+-------+
                                      |<- size and values, once for each field ->|

Integers and floats (IEEE 754 double, so that what the line found is what the meter uses) are big-endian. `fields` is
the CRC-32 of the names of the constants in their order: constants of another kind are refused, never misread. `board`
is the CRC-32 of the front end they were found for: constants of another meter would be wrong by per cents. `size` is
the number of values, 0 for a single one that is the same for all channels. The last four bytes are the CRC-32 (that of
zlib) of all before, little-endian, so that the CRC-32 over everything is `pins.WHOLE`.
"""

import zlib
from dataclasses import fields
from struct import Struct, error

import numpy as np

from ferraris.hardware.chain.chain import Calibration
from ferraris.hardware.chain.specimen import Specimen
from ferraris.pins import WHOLE

MAGIC = b"FCC"
VERSION = 1
"""Rises when the meaning of a field changes under the same name."""

_HEADER = Struct(">3sBII")
_SIZE = Struct(">H")
_CRC = Struct("<I")
_NAMES = tuple(field.name for field in fields(Calibration))
_FIELDS = zlib.crc32(" ".join(_NAMES).encode("ascii"))


class ConstantsError(ValueError):
    """Bytes that are no calibration constants of this front end; the text says why. Nothing of them is used."""


def encode(calibration: Calibration, specimen: Specimen) -> bytes:
    """The constants of one meter (no batch) as bytes; raises ConstantsError for a value that is no finite number."""
    assert specimen.batch == (), "a batch has no single set of constants"
    body = _HEADER.pack(MAGIC, VERSION, _FIELDS, board(specimen))
    for name in _NAMES:
        values = np.asarray(getattr(calibration, name), dtype=np.float64)
        assert values.ndim <= 1, name
        if not np.isfinite(values).all():
            raise ConstantsError(f"calibration found no finite value for {name}: nothing is stored")
        body += _SIZE.pack(values.size if values.ndim else 0) + values.astype(">f8").tobytes()
    return body + _CRC.pack(zlib.crc32(body))


def decode(constants: bytes, specimen: Specimen) -> Calibration:
    """The constants in these bytes, to the last bit; raises ConstantsError unless they are whole and this meter's."""
    if zlib.crc32(constants) != WHOLE:
        raise ConstantsError("calibration constants are corrupt: their checksum does not hold")
    try:
        magic, version, names, home = _HEADER.unpack_from(constants)
    except error:
        raise ConstantsError("calibration constants are cut short") from None
    if (magic, version, names) != (MAGIC, VERSION, _FIELDS):
        raise ConstantsError("calibration constants are of another version of the front end")
    if home != board(specimen):
        raise ConstantsError(
            "calibration constants are of another front end (other parts, or another seed): "
            "this meter needs a memory of its own"
        )
    return _values(memoryview(constants)[_HEADER.size : -_CRC.size])


def _values(body: memoryview) -> Calibration:
    found = {}
    for name in _NAMES:
        (size,) = _SIZE.unpack_from(body)
        end = _SIZE.size + 8 * max(size, 1)
        values = np.frombuffer(body[_SIZE.size : end], dtype=">f8").astype(np.float64)
        found[name] = values if size else values[0] * np.ones(())
        body = body[end:]
    assert not body, "the checksum held and the fields are ours"
    return Calibration(**found)


def board(specimen: Specimen) -> int:
    """A number for one front end, as chips carry one: the CRC-32 of what its parts came out as."""
    parts = (specimen.sensitivity, specimen.gain, specimen.offset)
    return zlib.crc32(b"".join(np.ascontiguousarray(part, dtype=">f8").tobytes() for part in parts))
