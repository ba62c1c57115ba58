"""Command a meter with the client of `gurux-dlms` and print what it saw; see gurux_client.py for how it is run.

It reads every attribute into its own model of the class and sets each from that model again, so that what arrives at
the meter is gurux' own encoding of what gurux understood. Then lists, a long value, and methods.
"""

import argparse
from typing import Any

import report
from gurux_client import connect, exchange, objects, rights
from gurux_dlms import GXDate
from gurux_dlms.enums import DataType
from gurux_dlms.objects import GXDLMSSpecialDay

NOTE = report.Attribute(1, "0.0.96.50.0.255", 2)
LONG = b"note " * 600


def send(session: Any, requests: list[bytes]) -> int:
    """Send the requests of one service; returns the last result."""
    result = 0
    for request in requests:
        result = int(exchange(session, request).error)
    return result


def command(options: argparse.Namespace) -> dict[str, Any]:
    session = connect(options)
    client = session.client
    models = {(int(one.objectType), one.logicalName): one for one in objects(session)}
    echoed, failed = [], []
    for wanted in report.every_readable([rights(one) for one in models.values()]):
        model = models[wanted.class_id, wanted.obis]
        if wanted.class_id == 15 or wanted.number == 1:
            continue
        settable = (wanted.class_id, wanted.number) not in {(4, 4), (5, 5)}  # no type for a status in this client
        try:
            client.updateValue(model, wanted.number, exchange(session, client.read(model, wanted.number)[0]).value)
            if settable:
                echoed.append(wanted.entry(result=send(session, client.write(model, wanted.number))))
        except Exception as error:  # noqa: BLE001 - whatever the model raises is the finding
            failed.append(wanted.entry(error=repr(error)))
    note = models[1, NOTE.obis]
    clock, days = models[8, "0.0.1.0.0.255"], models[11, "0.0.11.0.0.255"]
    day = GXDLMSSpecialDay()
    day.index, day.date, day.dayId = 3, GXDate("2026-12-24", "%Y-%m-%d"), 2
    note.value = LONG
    results = {
        "long": send(session, client.write(note, 2)),
        "shift": send(session, clock.shiftTime(client, 60)),
        "quarter": send(session, clock.adjustToQuarter(client)),
        "preset": send(session, clock.presetAdjustingTime(client, clock.time, clock.time, clock.time)),
        "insert": send(session, days.insert(client, day)),
        "script": send(session, client.method(models[9, "0.0.10.0.100.255"], 1, 2, DataType.UINT16)),
        "no such method": send(session, client.method(models[9, "0.0.10.0.100.255"], 9, 2, DataType.UINT16)),
        "long parameter": send(session, client.method(note, 1, LONG, DataType.OCTET_STRING)),
    }
    session.wire.close()
    return {"echoed": echoed, "failed": failed, "results": results}


if __name__ == "__main__":
    raise SystemExit(report.run(command))
