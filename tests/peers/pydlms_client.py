"""Read a meter with the client of `pydlms-client` and print what it found (see report.py).

A program of its own, for a reason: pydlms-client is under GPL-3.0. It runs with the interpreter of `.peers/pydlms`, in
a process of its own, and speaks to the meter over a socket; nothing of this project is loaded here, and nothing of
pydlms-client is loaded there.
"""

import argparse
from importlib.metadata import version
from typing import Any

import report
from pydlms import AssociationError, DlmsClient, DlmsData, Mechanism, ServiceError
from pydlms.apdu.xdlms import SelectiveAccess, date_time_value, entry_descriptor, range_descriptor
from pydlms.client import ObjectListEntry
from pydlms.cosem.enums import DataAccessResult, DataType


def connect(options: argparse.Namespace) -> DlmsClient:
    mechanism = Mechanism.NONE if options.password is None else Mechanism.LLS
    client = DlmsClient.tcp(
        options.host,
        options.port,
        client_sap=options.client,
        mechanism=mechanism,
        password=options.password,
        max_receive_pdu_size=options.pdu,
    )
    try:
        return client.connect()
    except AssociationError as error:
        if error.result is None or error.diagnostic is None:
            raise
        raise report.Refused(f"result {int(error.result)}, diagnostic {int(error.diagnostic)}") from error


def plain(data: DlmsData) -> Any:
    if data.tag == DataType.BIT_STRING:
        return {"bits": "".join("01"[bit] for bit in data.value)}
    if data.tag in {DataType.ARRAY, DataType.STRUCTURE}:
        return [plain(item) for item in data.value]
    return report.neutral(data.to_python())


def listed(entry: ObjectListEntry) -> dict[str, Any]:
    if entry.rights is None:
        raise ValueError(f"{entry}: access rights do not decode")
    return {
        "class": int(entry.class_id),
        "version": entry.version,
        "obis": str(entry.logical_name),
        "readable": [item.attribute_id for item in entry.rights.attributes if item.readable],
        "writable": [item.attribute_id for item in entry.rights.attributes if item.writable],
    }


def get(client: DlmsClient, wanted: report.Attribute) -> dict[str, Any]:
    try:
        return wanted.entry(value=plain(client.get(wanted.obis, wanted.class_id, wanted.number)))
    except ServiceError as error:
        if not isinstance(error.result, int):
            raise
        return wanted.entry(error=int(error.result))


def misread(client: DlmsClient, objects: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Read every listed attribute through this client's own model of its class; returns those that it does not take."""
    versions = {(entry["class"], entry["obis"]): entry["version"] for entry in objects}
    refused = []
    for wanted in report.every_readable(objects):
        model = client.object(wanted.obis, wanted.class_id, versions[wanted.class_id, wanted.obis])
        try:
            model.get(wanted.number)
        except Exception as error:  # noqa: BLE001 - whatever the model raises is the finding
            refused.append(wanted.entry(error=repr(error)))
    return refused


def get_list(client: DlmsClient, wanted: list[report.Attribute]) -> list[dict[str, Any]]:
    results = client.get_many([(one.obis, one.class_id, one.number) for one in wanted])
    return [
        one.entry(error=int(result)) if isinstance(result, DataAccessResult) else one.entry(value=plain(result))
        for one, result in zip(wanted, results, strict=True)
    ]


def rows(client: DlmsClient, obis: str, access: SelectiveAccess | None) -> list[list[Any]]:
    return [[plain(cell) for cell in row] for row in client.read_profile(obis, access).cells]


def profile(client: DlmsClient, options: argparse.Namespace) -> dict[str, Any]:
    columns = client.read_profile(options.profile, entry_descriptor(1, 1)).columns
    ranges = [range_descriptor(*map(date_time_value, ends)) for ends in options.range]
    return {
        "columns": [[int(cls), str(obis), attribute, index] for cls, obis, attribute, index in columns],
        "all": rows(client, options.profile, None),
        "entries": [rows(client, options.profile, entry_descriptor(*ends)) for ends in options.entries],
        "ranges": [rows(client, options.profile, access) for access in ranges],
    }


def read(options: argparse.Namespace) -> dict[str, Any]:
    client = connect(options)
    association = client.association
    objects = [listed(entry) for entry in client.get_association_view()]
    document = {
        "peer": f"pydlms-client {version('pydlms-client')}",
        "association": {
            "conformance": sorted(str(bit.name) for bit in client.conformance),
            "max_pdu": association.server_max_pdu,
        },
        "objects": objects,
        "values": [get(client, wanted) for wanted in report.every_readable(objects)],
        "misread": misread(client, objects),
        "asked": [get(client, wanted) for wanted in options.read],
        "list": get_list(client, options.list),
        "profile": profile(client, options) if options.profile else None,
        "also": {obis: profile(client, report.whole(options, obis)) for obis in options.also},
    }
    client.close()
    return {**document, "released": association.release_status == "plain"}


if __name__ == "__main__":
    raise SystemExit(report.run(read))
