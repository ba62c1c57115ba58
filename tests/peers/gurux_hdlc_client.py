"""`gurux_client.py` over HDLC: the same reads, and the link of gurux-dlms below them. Runs as that program does."""

import argparse
import socket
from typing import Any

import gurux_client
import link_options
import report
from gurux_client import OCTETS_PER_READ, SECONDS, Session
from gurux_dlms import GXByteBuffer, GXDLMSClient, GXDLMSException, GXReplyData
from gurux_dlms.enums import Authentication, InterfaceType

LINK = link_options.take()
ARRIVED = GXByteBuffer()
"""What has come and was not used: with a window, more than one frame comes at once."""


def receive(session: Session, request: bytes | None, reply: GXReplyData) -> None:
    """Send a request, if any, and take one frame."""
    if request:
        session.wire.sendall(request)
    while not session.client.getData(ARRIVED, reply):
        octets = session.wire.recv(OCTETS_PER_READ)
        if not octets:
            raise ConnectionError("the meter closed the connection in the middle of an answer")
        rest = ARRIVED.array()[ARRIVED.position :]
        ARRIVED.clear()
        ARRIVED.set(rest + octets)


def exchange(session: Session, request: bytes) -> GXReplyData:
    reply = GXReplyData()
    receive(session, request, reply)
    while reply.isMoreData():
        receive(session, None if reply.isStreaming() else session.client.receiverReady(reply), reply)
    return reply


def connect(options: argparse.Namespace) -> Session:
    security = Authentication.NONE if options.password is None else Authentication.LOW
    server = 1 if LINK.size == 1 else GXDLMSClient.getServerAddress(1, LINK.device, LINK.size)
    client = GXDLMSClient(True, options.client, server, security, options.password, InterfaceType.HDLC)
    client.serverAddressSize = LINK.size
    client.maxReceivePDUSize = options.pdu
    for name in ("maxInfoTX", "maxInfoRX"):
        setattr(client.hdlcSettings, name, LINK.octets)
    for name in ("windowSizeTX", "windowSizeRX"):
        setattr(client.hdlcSettings, name, LINK.window)
    session = Session(client, socket.create_connection((options.host, options.port), timeout=SECONDS))
    client.parseUAResponse(exchange(session, client.snrmRequest()).data)
    agreed = (client.hdlcSettings.maxInfoTX, client.hdlcSettings.windowSizeRX)
    if agreed != (LINK.octets, LINK.window):
        raise ValueError(f"{agreed} was agreed, not what was proposed")
    try:
        replies = [exchange(session, segment) for segment in client.aarqRequest()]
        client.parseAareResponse(replies[-1].data)
    except GXDLMSException as error:
        if not hasattr(error, "diagnostic"):
            raise
        raise report.Refused(f"result {int(error.result)}, diagnostic {int(error.diagnostic)}") from error
    return session


def read(options: argparse.Namespace) -> dict[str, Any]:
    return gurux_client.read(options)


gurux_client.connect = connect
gurux_client.exchange = exchange

if __name__ == "__main__":
    raise SystemExit(report.run(read))
