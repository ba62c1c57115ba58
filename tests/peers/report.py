"""What the programs in this folder share: their command line, and the one JSON document each of them prints.

This file is ours and loads no foreign package. It is imported by `gurux_client.py` and `pydlms_client.py`, each of
which runs in its peer's own virtual environment and process. The document, all values in the form that `neutral` gives:

    peer          distribution and version that did the talking
    association   {"conformance": [names], "max_pdu": octets the meter takes}
    objects       [{"class", "version", "obis", "readable": [attributes], "writable": [attributes]}]
    values        [{"class", "obis", "attribute", "value"} or {..., "error": DataAccessResult}]: all that the object
                  list grants, buffers of profiles apart, one GET each
    misread       those whose value the peer's own model of the class does not take: {..., "error": text}
    asked         the same for the attributes named by --read, whether listed or not
    list          the same for the attributes named by --list, read with one GET-with-list
    profile       {"columns": [[class, obis, attribute, data_index]], "all": rows,
                  "entries": [rows of each --entries], "ranges": [rows of each --range]}
    also          {logical name: {"columns", "all"}} of the profiles named by --also
    released      whether the meter answered the release

Exit codes: 0 the document is on stdout, 3 the association was refused, 4 anything else; 3 and 4 leave one line on
stderr.
"""

import argparse
import datetime as dt
import json
import sys
from collections.abc import Callable
from typing import Any, NamedTuple

REFUSED = 3
BROKEN = 4
PROFILE_GENERIC = 7
"""Interface class whose attribute 2 is a buffer."""


class Attribute(NamedTuple):
    """One attribute of one object, as a command line can name it: CLASS:OBIS:ATTRIBUTE."""

    class_id: int
    obis: str
    number: int

    def entry(self, **found: Any) -> dict[str, Any]:
        """The attribute with what a read of it gave: `value=` or `error=`."""
        return {"class": self.class_id, "obis": self.obis, "attribute": self.number, **found}


class Refused(Exception):  # noqa: N818 - named for what the meter did
    """The meter did not accept the association; carries the diagnostic it gave."""


def attribute(text: str) -> Attribute:
    """Parse CLASS:OBIS:ATTRIBUTE."""
    class_id, obis, number = text.split(":")
    return Attribute(int(class_id), obis, int(number))


def entries(text: str) -> tuple[int, int]:
    """Parse FIRST-LAST, entry numbers of a profile from 1; LAST 0 is the last one."""
    first, last = text.split("-")
    return int(first), int(last)


def period(text: str) -> tuple[dt.datetime, dt.datetime]:
    """Parse FROM/TO, two ISO 8601 times: with an offset they carry a deviation on the wire, without one they do not."""
    start, end = text.split("/")
    return dt.datetime.fromisoformat(start), dt.datetime.fromisoformat(end)


def arguments() -> argparse.Namespace:
    """The command line, the same for every peer."""
    parser = argparse.ArgumentParser(
        description="Read a DLMS/COSEM meter over the TCP wrapper; print one JSON document."
    )
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--client", type=int, default=16, help="client SAP")
    parser.add_argument("--password", help="low-level security with this secret; without it, no security")
    parser.add_argument("--pdu", type=int, default=0xFFFF, help="largest APDU this client takes, octets")
    parser.add_argument("--read", type=attribute, action="append", default=[], help="one more, listed or not")
    parser.add_argument("--list", type=attribute, action="append", default=[], help="read together in one request")
    parser.add_argument("--profile", help="logical name of a profile generic object")
    parser.add_argument("--also", action="append", default=[], help="logical name of one more, read whole")
    parser.add_argument("--entries", type=entries, action="append", default=[], metavar="FIRST-LAST")
    parser.add_argument("--range", type=period, action="append", default=[], metavar="FROM/TO")
    return parser.parse_args()


def neutral(value: Any) -> Any:
    """A decoded value without its codec's types: octets as {"octets": hex}, the rest as JSON has it."""
    match value:
        case None | bool():
            return value
        case int():
            return int(value)
        case float():
            return float(value)
        case str():
            return str(value)
        case bytes() | bytearray():
            return {"octets": bytes(value).hex()}
        case list() | tuple():
            return [neutral(item) for item in value]
    raise TypeError(f"no neutral form for {type(value).__name__}")


def every_readable(objects: list[dict[str, Any]]) -> list[Attribute]:
    """What one plain GET each reads: all the object list grants, except buffers of profiles, which --profile reads."""
    granted = [Attribute(found["class"], found["obis"], number) for found in objects for number in found["readable"]]
    return [one for one in granted if (one.class_id, one.number) != (PROFILE_GENERIC, 2)]


def whole(options: argparse.Namespace, obis: str) -> argparse.Namespace:
    """The options that read another profile whole, without any selection."""
    return argparse.Namespace(**{**vars(options), "profile": obis, "entries": [], "range": []})


def run(read: Callable[[argparse.Namespace], dict[str, Any]]) -> int:
    """Do what a peer's program does: read, print the document, or say in one line what went wrong."""
    try:
        document = read(arguments())
    except Refused as refusal:
        print(f"association refused: {refusal}", file=sys.stderr)
        return REFUSED
    except Exception as error:  # noqa: BLE001 - a foreign library raises what it likes; the test shows the line
        print(f"{type(error).__name__}: {error}", file=sys.stderr)
        return BROKEN
    print(json.dumps(document, indent=1))
    return 0
