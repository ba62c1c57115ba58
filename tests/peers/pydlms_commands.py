"""Command a meter with the client of `pydlms-client` and print what it saw; see pydlms_client.py for how it is run."""

import argparse
from typing import Any

import report
from pydlms import DlmsData, ServiceError
from pydlms.cosem.data import encode_data
from pydlms_client import connect, listed, misread

NOTE = ("0.0.96.50.0.255", 1, 2)
SCRIPTS = ("0.0.10.0.100.255", 9, 1)
ECHO = ("0.0.96.50.0.255", 1, 1)
LONG = b"note " * 600


def outcome(call: Any, *arguments: Any) -> Any:
    """What a call gave: the encoded data, or the number of the result that refused it."""
    try:
        given = call(*arguments)
    except ServiceError as error:
        return int(error.result)
    return [shown(one) for one in given] if isinstance(given, list) else shown(given)


def shown(given: Any) -> Any:
    return encode_data(given).hex() if isinstance(given, DlmsData) else None if given is None else int(given)


def command(options: argparse.Namespace) -> dict[str, Any]:
    client = connect(options)
    view = [listed(entry) for entry in client.get_association_view()]
    text, script = DlmsData.octet_string(b"hello"), DlmsData.uint16(2)
    document = {
        "failed": misread(client, view),
        "results": {
            "set": outcome(client.set, *NOTE, text),
            "wrong attribute": outcome(client.set, "0.0.96.50.0.255", 1, 9, text),
            "long": outcome(client.set, *NOTE, DlmsData.octet_string(LONG)),
            "list": outcome(client.set_many, [(*NOTE, text), ("0.0.96.50.0.255", 1, 9, text)]),
            "long list": outcome(client.set_many, [(*NOTE, DlmsData.octet_string(LONG)), (*NOTE, text)]),
            "script": outcome(client.action, *SCRIPTS, script),
            "no such method": outcome(client.action, "0.0.10.0.100.255", 9, 9, script),
            "echo": outcome(client.action, *ECHO, text),
            "long echo": outcome(client.action, *ECHO, DlmsData.octet_string(LONG)),
            "methods": outcome(client.action_many, [(*ECHO, text), (*SCRIPTS, script)]),
            # This client takes no answer to a list of methods in blocks: what goes is long, what comes is not.
            "long methods": outcome(client.action_many, [("0.0.10.0.100.255", 9, 2, DlmsData.octet_string(LONG))] * 2),
        },
    }
    client.close()
    return document


if __name__ == "__main__":
    raise SystemExit(report.run(command))
