"""Read a few attributes over HDLC with the client of `dlms-cosem` and print them (the document of report.py, in part).

A program of its own, for a reason: dlms-cosem is under the Business Source License. It runs with the interpreter of
`.peers/u9n`, in a process of its own; nothing of this project is loaded here, and nothing of it is loaded there.
It proposes no parameters (its link cannot), so the defaults of the standard hold.
"""

import argparse
import logging
from importlib.metadata import version
from typing import Any

import link_options
import report
import structlog
from dlms_cosem import cosem, enumerations
from dlms_cosem.client import DlmsClient
from dlms_cosem.io import BlockingTcpIO, HdlcTransport
from dlms_cosem.security import LowLevelSecurityAuthentication, NoSecurityAuthentication

LINK = link_options.take()


def get(client: DlmsClient, wanted: report.Attribute) -> dict[str, Any]:
    """The A-XDR octets of one attribute."""
    name = cosem.Obis(*(int(part) for part in wanted.obis.split(".")))
    attribute = cosem.CosemAttribute(enumerations.CosemInterface(wanted.class_id), name, wanted.number)
    return wanted.entry(value=report.neutral(client.get(attribute)))


def read(options: argparse.Namespace) -> dict[str, Any]:
    transport = HdlcTransport(
        client_logical_address=options.client,
        server_logical_address=1,
        server_physical_address=None if LINK.size == 1 else LINK.device,
        extended_addressing=LINK.size == 4,
        io=BlockingTcpIO(options.host, options.port),
    )
    secret = options.password
    security = NoSecurityAuthentication() if secret is None else LowLevelSecurityAuthentication(secret.encode())
    client = DlmsClient(transport=transport, authentication=security, max_pdu_size=options.pdu)
    client.connect()
    client.associate()
    document = {
        "peer": f"dlms-cosem {version('dlms-cosem')}",
        "asked": [get(client, wanted) for wanted in options.read],
    }
    released = client.release_association()
    client.disconnect()
    return {**document, "released": released is not None}


structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))

if __name__ == "__main__":
    raise SystemExit(report.run(read))
