"""`pydlms_client.py` over HDLC: the same reads, and the link of pydlms-client below them. Runs as that program does."""

import argparse

import link_options
import pydlms_client
import report
from pydlms import AssociationError, DlmsClient, Mechanism
from pydlms.hdlc.connection import HdlcParameters

LINK = link_options.take()


def connect(options: argparse.Namespace) -> DlmsClient:
    security = {
        "mechanism": Mechanism.NONE if options.password is None else Mechanism.LLS,
        "password": options.password,
    }
    common = {"client_sap": options.client, "max_receive_pdu_size": options.pdu, **security}
    link = {
        "server_physical": None if LINK.size == 1 else LINK.device,
        "address_size": LINK.size,
        "hdlc_parameters": HdlcParameters(LINK.octets, LINK.octets, LINK.window, LINK.window),
    }
    if LINK.udp:
        client = DlmsClient.udp(options.host, options.port, **common)
    elif LINK.optical is not None:
        client = DlmsClient.optical(LINK.optical, **common, **link)
    elif LINK.terminal is not None:
        client = DlmsClient.serial(LINK.terminal, **common, **link)
    else:
        client = DlmsClient.tcp(options.host, options.port, hdlc=True, **common, **link)
    try:
        return client.connect()
    except AssociationError as error:
        if error.result is None or error.diagnostic is None:
            raise
        raise report.Refused(f"result {int(error.result)}, diagnostic {int(error.diagnostic)}") from error


pydlms_client.connect = connect

if __name__ == "__main__":
    raise SystemExit(report.run(pydlms_client.read))
