"""Read a meter with the client of `gurux-dlms` and print what it found (see report.py).

A program of its own, for a reason: gurux-dlms is under GPL-2.0. It runs with the interpreter of `.peers/gurux`, in a
process of its own, and speaks to the meter over a socket; nothing of this project is loaded here, and nothing of
gurux-dlms is loaded there. gurux-dlms takes and gives bytes, so the socket is ours.
"""

import argparse
import socket
from importlib.metadata import version
from typing import Any, NamedTuple

import report
from gurux_dlms import GXBitString, GXByteBuffer, GXDLMSClient, GXDLMSException, GXReplyData
from gurux_dlms.enums import Authentication, Conformance, InterfaceType, ObjectType
from gurux_dlms.objects import GXDLMSObject, GXDLMSProfileGeneric

SECONDS = 10.0
"""Longest wait for an answer, s."""
OCTETS_PER_READ = 4096


class Session(NamedTuple):
    """A client and the connection it speaks over."""

    client: GXDLMSClient
    wire: socket.socket


def exchange(session: Session, request: bytes) -> GXReplyData:
    """Send one request and collect its whole answer, asking for the further blocks of a long one."""
    reply = GXReplyData()
    receive(session, request, reply)
    while reply.isMoreData():
        receive(session, session.client.receiverReady(reply), reply)
    return reply


def receive(session: Session, request: bytes, reply: GXReplyData) -> None:
    session.wire.sendall(request)
    arrived = GXByteBuffer()
    complete = False
    while not complete:
        octets = session.wire.recv(OCTETS_PER_READ)
        if not octets:
            raise ConnectionError("the meter closed the connection in the middle of an answer")
        arrived.set(octets)
        complete = session.client.getData(arrived, reply)


def connect(options: argparse.Namespace) -> Session:
    security = Authentication.NONE if options.password is None else Authentication.LOW
    client = GXDLMSClient(True, options.client, 1, security, options.password, InterfaceType.WRAPPER)
    client.maxReceivePDUSize = options.pdu
    session = Session(client, socket.create_connection((options.host, options.port), timeout=SECONDS))
    try:
        client.parseAareResponse(exchange(session, client.aarqRequest()[0]).data)
    except GXDLMSException as error:
        if not hasattr(error, "diagnostic"):
            raise
        raise report.Refused(f"result {int(error.result)}, diagnostic {int(error.diagnostic)}") from error
    return session


def plain(value: Any) -> Any:
    if isinstance(value, GXBitString):
        return {"bits": str(value)}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    return report.neutral(value)


def objects(session: Session) -> list[GXDLMSObject]:
    reply = exchange(session, session.client.getObjectsRequest())
    return list(session.client.parseObjects(reply.data, onlyKnownObjects=False))


def rights(found: GXDLMSObject) -> dict[str, Any]:
    modes = {int(item.index): int(item.access) for item in found.attributes}
    return {
        "class": int(found.objectType),
        "version": found.version,
        "obis": found.logicalName,
        "readable": [index for index, mode in modes.items() if mode & 1],
        "writable": [index for index, mode in modes.items() if mode & 2],
    }


def bare(wanted: report.Attribute) -> GXDLMSObject:
    """An object that need not be in the object list, so that reads that must fail can be asked for too."""
    return GXDLMSObject(ObjectType(wanted.class_id), wanted.obis)


def get(session: Session, wanted: report.Attribute) -> dict[str, Any]:
    reply = exchange(session, session.client.read(bare(wanted), wanted.number)[0])
    if reply.error:
        return wanted.entry(error=int(reply.error))
    return wanted.entry(value=plain(reply.value))


def misread(session: Session, listed: list[GXDLMSObject]) -> list[dict[str, Any]]:
    """Give every listed value to this client's own model of its class; returns those that it does not take."""
    models = {(int(one.objectType), one.logicalName): one for one in listed}
    refused = []
    for wanted in report.every_readable([rights(one) for one in listed]):
        model = models[wanted.class_id, wanted.obis]
        try:
            session.client.updateValue(
                model, wanted.number, exchange(session, session.client.read(model, wanted.number)[0]).value
            )
        except Exception as error:  # noqa: BLE001 - whatever the model raises is the finding
            refused.append(wanted.entry(error=repr(error)))
    return refused


def get_list(session: Session, wanted: list[report.Attribute]) -> list[dict[str, Any]]:
    """One GET-with-list; gurux keeps only the last error of a list, and shows a failed item as None."""
    if not wanted:
        return []
    messages = session.client.readList([(bare(one), one.number) for one in wanted])
    replies = [exchange(session, request) for message in messages for request in message]
    values = [value for reply in replies for value in reply.value]
    return [one.entry(value=plain(value)) for one, value in zip(wanted, values, strict=True)]


def profile(session: Session, options: argparse.Namespace) -> dict[str, Any]:
    client = session.client
    buffer = GXDLMSProfileGeneric(options.profile)
    client.updateValue(buffer, 3, exchange(session, client.read(buffer, 3)[0]).value)
    columns = [
        [int(of.objectType), of.logicalName, at.attributeIndex, at.dataIndex] for of, at in buffer.captureObjects
    ]
    return {
        "columns": columns,
        "all": rows(session, client.read(buffer, 2)),
        "entries": [rows(session, by_entry(client, buffer, *ends)) for ends in options.entries],
        "ranges": [rows(session, client.readRowsByRange(buffer, *ends)) for ends in options.range],
    }


def by_entry(client: GXDLMSClient, buffer: GXDLMSProfileGeneric, first: int, last: int) -> list[bytes]:
    """Ask by entry: this client wants a count instead of the last entry; a count of 0 makes the last entry 0."""
    return list(client.readRowsByEntry(buffer, first, last - first + 1 if last else 0))


def rows(session: Session, requests: list[bytes]) -> list[Any]:
    reply = exchange(session, requests[0])
    if reply.error:
        raise GXDLMSException(reply.error)
    return [] if reply.value is None else plain(reply.value)


def read(options: argparse.Namespace) -> dict[str, Any]:
    session = connect(options)
    client = session.client
    max_pdu = client.maxReceivePDUSize
    models = objects(session)
    found = [rights(one) for one in models]
    document = {
        "peer": f"gurux-dlms {version('gurux-dlms')}",
        "association": {
            "conformance": sorted(str(bit.name) for bit in Conformance if bit and bit & client.negotiatedConformance),
            "max_pdu": max_pdu,
        },
        "objects": found,
        "values": [get(session, wanted) for wanted in report.every_readable(found)],
        "misread": misread(session, models),
        "asked": [get(session, wanted) for wanted in options.read],
        "list": get_list(session, options.list),
        "profile": profile(session, options) if options.profile else None,
        "also": {obis: profile(session, report.whole(options, obis)) for obis in options.also},
    }
    released = exchange(session, client.releaseRequest()[0])
    session.wire.close()
    return {**document, "released": int(released.command) == 0x63}


if __name__ == "__main__":
    raise SystemExit(report.run(read))
